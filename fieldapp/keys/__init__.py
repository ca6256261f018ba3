"""The one door to `cryptography`: seals, opens, signs and verifies.

`Keys` stands on the 32-byte master key alone: it wraps casefiles' keys, the key of secrets and the office's private keys. `Ring` is what
it unwrapped of the office's keys for one key set. `moving` takes an office from one master key to another. Formats: docs/protocol.md §1, §3 and §5.
"""

from __future__ import annotations

from fieldapp.keys.master import KeyMissing, Master
from fieldapp.keys.names import check_words, hash_text, letters, new_id, new_token, read_letters, sha256, token_hash
from fieldapp.keys.office import NONCE_LASTS, Keys, NoOfficeKeys, Ring, Use
from fieldapp.keys.sealed import CannotOpen, CasefileKey
from fieldapp.keys.signing import Jwk, SigningKey, kid_of, read_jwk, seal_envelope, stored_jwk, verifies, verify_jws

__all__ = [
    "NONCE_LASTS",
    "CannotOpen",
    "CasefileKey",
    "Jwk",
    "KeyMissing",
    "Keys",
    "Master",
    "NoOfficeKeys",
    "Ring",
    "SigningKey",
    "Use",
    "check_words",
    "hash_text",
    "kid_of",
    "letters",
    "new_id",
    "new_token",
    "read_jwk",
    "read_letters",
    "seal_envelope",
    "sha256",
    "stored_jwk",
    "token_hash",
    "verifies",
    "verify_jws",
]
