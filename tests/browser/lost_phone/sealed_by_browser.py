"""Opens what Chromium seals with a key that everybody knows.

Without a desktop keyring Chromium on Linux encrypts cookies and session files, but under a fixed passphrase: whoever
has the files has the text. A search that stopped at that lock would call a phone clean which is not.
"""

import hashlib
import struct
from collections.abc import Iterator

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MARK = b"v10"
_KEY = hashlib.pbkdf2_hmac("sha1", b"peanuts", b"saltysalt", 1, 16)
_BLOCK = 16


class NotOursError(Exception):
    """Sealed with a key this cannot know, or not sealed at all."""


def is_sealed(value: bytes) -> bool:
    """Says whether a value has the mark and a length that fits it."""
    return value.startswith(MARK) and len(value) > len(MARK) and (len(value) - len(MARK)) % _BLOCK == 0


def open_value(value: bytes) -> bytes:
    """Returns the text of one sealed value, its padding checked."""
    if not is_sealed(value):
        raise NotOursError
    opening = Cipher(algorithms.AES(_KEY), modes.CBC(b" " * _BLOCK)).decryptor()
    text = opening.update(value[len(MARK) :]) + opening.finalize()
    padding = text[-1]
    if not 1 <= padding <= _BLOCK or text[-padding:] != bytes([padding]) * padding:
        raise NotOursError
    return text[:-padding]


def seal_value(text: bytes) -> bytes:
    """Makes such a value, for planting one."""
    padding = _BLOCK - len(text) % _BLOCK
    sealing = Cipher(algorithms.AES(_KEY), modes.CBC(b" " * _BLOCK)).encryptor()
    return MARK + sealing.update(text + bytes([padding]) * padding) + sealing.finalize()


def commands(session: bytes) -> Iterator[bytes]:
    """Yields each command of an encrypted session file: after eight bytes of header, a length and a sealed value."""
    at = 8
    while at + 4 <= len(session):
        (length,) = struct.unpack_from("<I", session, at)
        value = session[at + 4 : at + 4 + length]
        if len(value) < length:
            return  # the phone died while writing this one
        yield open_value(value)
        at += 4 + length
