"""The one door to `cryptography`: seals, opens, signs and verifies.

`Keys` stands on the 32-byte master key alone: it wraps casefile keys, secrets and the office's private keys. `Ring` is what
it unwrapped of the office's keys for one key set. Formats: docs/protocol.md §1, §3 and §5.
"""

from __future__ import annotations

from fieldapp.keys.names import check_words, hash_text, new_id, new_token, sha256, token_hash
from fieldapp.keys.office import NONCE_LASTS, Keys, NoOfficeKeys, Ring
from fieldapp.keys.sealed import CannotOpen, CasefileKey
from fieldapp.keys.signing import Jwk, SigningKey, kid_of, read_jwk, seal_envelope, stored_jwk, verifies, verify_jws

__all__ = [
    "NONCE_LASTS",
    "CannotOpen",
    "CasefileKey",
    "Jwk",
    "Keys",
    "NoOfficeKeys",
    "Ring",
    "SigningKey",
    "check_words",
    "hash_text",
    "kid_of",
    "new_id",
    "new_token",
    "read_jwk",
    "seal_envelope",
    "sha256",
    "stored_jwk",
    "token_hash",
    "verifies",
    "verify_jws",
]
