"""What things are called: hashes, random ids, tokens, and the words people compare keys by."""

from __future__ import annotations

import hashlib
import secrets

from fieldapp.practice.words import words
from sync import entry


def sha256(data: bytes) -> bytes:
    """The hash that `sync` is handed."""
    return hashlib.sha256(data).digest()


def hash_text(data: bytes) -> str:
    """SHA-256 as 43 characters."""
    return entry.b64u(sha256(data))


def new_id() -> str:
    """A random id: 22 characters."""
    return entry.b64u(secrets.token_bytes(16))


def new_token() -> str:
    """A bearer token of 256 bits; only its hash is ever kept."""
    return entry.b64u(secrets.token_bytes(32))


def token_hash(token: str) -> str:
    """What is kept of a token. A plain hash is enough: there is nothing to guess in 256 random bits."""
    return hash_text(b"fieldapp token 1\n" + token.encode("utf-8", "replace"))


_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans("OIL", "011")


def letters(data: bytes) -> str:
    """Spells bytes for people: five bits a character, none of which is easily taken for another (no I, L, O, U). Padded with zero bits."""
    count = -(-len(data) * 8 // 5)
    bits = int.from_bytes(data) << (count * 5 - len(data) * 8)
    return "".join(_LETTERS[bits >> 5 * (count - 1 - at) & 31] for at in range(count))


def read_letters(text: str) -> bytes:
    """Reads what `letters` spelled, however it was typed: small letters, spaces, dashes, O for 0, I and L for 1. Raises ValueError."""
    typed = plain(text)
    bits = 0
    for each in typed:
        bits = bits << 5 | _LETTERS.index(each)
    spare = len(typed) * 5 % 8
    if spare > 4 or bits & ((1 << spare) - 1):
        raise ValueError("no whole bytes")
    return (bits >> spare).to_bytes(len(typed) * 5 // 8)


def plain(typed: str) -> str:
    """What was typed, in the letters that `letters` uses, without spaces and dashes."""
    return "".join(each for each in typed.upper().translate(_ALIKE) if not each.isspace() and each not in "-–.")


def check_words(office_kid: str) -> list[str]:
    """The four words by which people compare office keys: 44 bits of a hash, 11 for each word."""
    bits = int.from_bytes(sha256(f"fieldapp check words 1\n{office_kid}".encode())) >> (256 - 44)
    return [words()[bits >> shift & 2047] for shift in (33, 22, 11, 0)]
