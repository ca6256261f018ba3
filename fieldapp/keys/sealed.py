"""What lies in the store: bytes under AES-GCM, each bound to the place it was sealed for."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fieldapp.errors import FieldappError
from fieldapp.store import Sealed

_SEALED_1 = b"\x01"
_NONCE = 12


class CannotOpen(FieldappError):
    """Sealed bytes did not open: another key, another place, or changed since."""


class CasefileKey:
    """The key of one casefile's content. Every sealing is bound to the casefile and to what it is about."""

    def __init__(self, casefile: str, raw: bytes) -> None:
        self._prefix = f"fieldapp sealed 1\n{casefile}\n".encode()
        self._aes = AESGCM(raw)

    def seal(self, about: str, content: bytes) -> Sealed:
        """Seals content; it opens only under the same casefile and `about` (an entry's id, "title")."""
        return seal(self._aes, self._prefix + about.encode(), content)

    def open(self, about: str, sealed: Sealed) -> bytes:
        return open_sealed(self._aes, self._prefix + about.encode(), sealed)


def seal(aes: AESGCM, bound: bytes, content: bytes) -> Sealed:
    """Seals content under a random nonce; `bound` says for which place."""
    nonce = secrets.token_bytes(_NONCE)
    return Sealed(_SEALED_1 + nonce + aes.encrypt(nonce, content, bound))


def open_sealed(aes: AESGCM, bound: bytes, sealed: bytes) -> bytes:
    """Opens what was sealed for this place; CannotOpen otherwise."""
    if sealed[:1] != _SEALED_1 or len(sealed) < 1 + _NONCE + 16:
        raise CannotOpen("not sealed")
    try:
        return aes.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], bound)
    except InvalidTag:
        raise CannotOpen("sealed under another key or for another place") from None
