"""Reads LevelDB's two kinds of files far enough to see every byte that was put into them."""

import struct
from collections.abc import Iterator

from tests.browser.lost_phone import snappy

TABLE_MAGIC = bytes.fromhex("57fb808b247547db")
_FOOTER = 48
_LOG_BLOCK = 32768


class OpaqueError(Exception):
    """A block this reader cannot see through. A search must report it, never pass over it."""


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def is_table(data: bytes) -> bool:
    """Says whether these are the bytes of a finished table (.ldb, formerly .sst)."""
    return len(data) >= _FOOTER and data.endswith(TABLE_MAGIC)


def _block(data: bytes, handle: tuple[int, int]) -> bytes:
    offset, size = handle
    body, kind = data[offset : offset + size], data[offset + size]
    if kind == 0:
        return body
    if kind != 1:
        raise OpaqueError(f"block at {offset} has compression {kind}")
    try:
        return snappy.decompress(body)
    except snappy.BrokenStreamError as broken:
        raise OpaqueError(f"block at {offset} does not decompress") from broken


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Gives keys whole: on disk each shares a prefix with the one before, where a word could hide."""
    (restarts,) = struct.unpack_from("<I", block, len(block) - 4)
    end, at, key = len(block) - 4 - 4 * restarts, 0, b""
    while at < end:
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + length]
        at += length


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return (offset, size), at


def entries_of_table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields each (key, value) of a table, deleted and overwritten ones that still lie in it included."""
    footer = data[-_FOOTER:]
    _meta, at = _handle(footer, 0)
    index, _ = _handle(footer, at)
    for _key, where in _entries(_block(data, index)):
        yield from _entries(_block(data, _handle(where, 0)[0]))


def records_of_log(data: bytes) -> Iterator[bytes]:
    """Yields each record of a write-ahead log or manifest, whole again where a 32 KiB block cut it.

    A damaged header ends a block, not the search: a phone killed in mid-write leaves such files, and old
    records may follow.
    """
    parts: list[bytes] = []
    for start in range(0, len(data), _LOG_BLOCK):
        block = data[start : start + _LOG_BLOCK]
        at = 0
        while at + 7 <= len(block):
            length, kind = struct.unpack_from("<HB", block, at + 4)
            if not 1 <= kind <= 4:
                break
            piece = block[at + 7 : at + 7 + length]
            at += 7 + length
            if kind in (1, 2):
                parts = []
            parts.append(piece)
            if kind in (1, 4):
                yield b"".join(parts)
                parts = []
    if parts:
        yield b"".join(parts)
