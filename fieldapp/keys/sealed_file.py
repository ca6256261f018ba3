"""A whole file sealed for an office: for backups, which lie where the office's own machine does not watch.

    fieldapp sealed file 1 LF
    {"about":…,"key":name of the master key,"wrapped":the file's own key} LF
    pieces: length[4] ‖ AES-256-GCM ciphertext of up to 1 MiB

The nonce of a piece is its number, and whether it is the last: pieces cannot be left out, doubled, exchanged or cut off. Each file has a random key
of its own, so numbers may serve as nonces. What stands before the pieces is bound to every one of them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fieldapp.errors import FieldappError
from fieldapp.keys.master import Masters
from fieldapp.keys.sealed import CannotOpen
from sync import entry
from sync.errors import Malformed

MAGIC = b"fieldapp sealed file 1\n"
_PIECE = 1_048_576
_HEAD_LIMIT = 4096
_TAG = 16

Tell = Callable[[int], None]
"""Told from time to time how many bytes of content are done."""


class NotSealed(FieldappError):
    """This is no sealed file."""


@dataclass(frozen=True, slots=True)
class SealedHead:
    """What a sealed file says of itself in the clear: what it is, and the name of the master key that opens it."""

    about: str
    key: str
    wrapped: bytes
    raw: bytes


def read_head(file: BinaryIO) -> SealedHead:
    """Reads what stands before the pieces. Raises NotSealed."""
    if file.read(len(MAGIC)) != MAGIC:
        raise NotSealed("other beginning")
    line = file.readline(_HEAD_LIMIT)
    try:
        said = json.loads(line)
        about, key, wrapped = said["about"], said["key"], said["wrapped"]
        if not all(isinstance(each, str) for each in (about, key, wrapped)):
            raise ValueError("not text")
        _place(about)  # a lone surrogate is no text either
        return SealedHead(about, key, entry.unb64u(wrapped), line)
    except (ValueError, TypeError, KeyError, RecursionError, Malformed):
        raise NotSealed("no head") from None


def seal_file(masters: Masters, name: str, about: str, source: BinaryIO, target: BinaryIO, tell: Tell) -> bytes:
    """Seals `source` to `target` for the master key `name`. Returns the hash of what was sealed, to hold against what can be read again."""
    raw = secrets.token_bytes(32)
    wrapped = masters.named(name).wrap(_place(about), raw)
    line = json.dumps({"about": about, "key": name, "wrapped": entry.b64u(wrapped)}).encode() + b"\n"
    target.write(MAGIC + line)
    aes, bound, read = AESGCM(raw), _bound(line), sha256()
    n, done, piece = 0, 0, source.read(_PIECE)
    while True:
        following = source.read(_PIECE) if piece else b""
        sealed = aes.encrypt(_nonce(n, is_last=not following), piece, bound)
        target.write(len(sealed).to_bytes(4) + sealed)
        read.update(piece)
        n, done = n + 1, done + len(piece)
        tell(done)
        if not following:
            return read.digest()
        piece = following


def open_file(masters: Masters, source: BinaryIO, write: Callable[[bytes], object], tell: Tell = lambda done: None) -> bytes:
    """Opens a sealed file piece by piece; returns the hash of its content. Raises NotSealed, CannotOpen.

    A piece is handed to `write` once it is known to be whole; that there is another after it may still be missing when this raises.
    """
    head = read_head(source)
    aes, bound, read = AESGCM(masters.unwrap(_place(head.about), head.wrapped)), _bound(head.raw), sha256()
    n, done, sealed = 0, 0, _next_piece(source)
    while True:
        following = _next_piece(source)
        try:
            piece = aes.decrypt(_nonce(n, is_last=following is None), sealed or b"", bound)
        except InvalidTag:
            raise CannotOpen("a piece was changed or is missing") from None
        write(piece)
        read.update(piece)
        n, done, sealed = n + 1, done + len(piece), following
        tell(done)
        if following is None:
            return read.digest()


def _next_piece(source: BinaryIO) -> bytes | None:
    length = source.read(4)
    if not length:
        return None
    size = int.from_bytes(length)
    if len(length) < 4 or size > _PIECE + _TAG:
        raise CannotOpen("a piece was changed or is missing")
    return source.read(size)


def _place(about: str) -> bytes:
    return f"fieldapp sealed file 1\n{about}".encode()


def _bound(line: bytes) -> bytes:
    return sha256(MAGIC + line).digest()


def _nonce(n: int, *, is_last: bool) -> bytes:
    return n.to_bytes(11) + (b"\x01" if is_last else b"\x00")
