"""Reads raw Snappy streams: Chromium compresses LevelDB blocks and larger IndexedDB values with it."""


class BrokenStreamError(Exception):
    """The bytes are not a whole Snappy stream."""


def _varint(stream: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(stream) and shift < 35:
        byte = stream[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise BrokenStreamError


def decompress(stream: bytes, at: int = 0, limit: int = 64 << 20) -> bytes:
    """Returns what the stream beginning at `at` says, and ignores whatever follows its end.

    A search does not know where a stream ends inside a larger file, so its declared length decides.
    """
    length, at = _varint(stream, at)
    if not 0 < length <= limit:
        raise BrokenStreamError
    out = bytearray()
    while len(out) < length:
        if at >= len(stream):
            raise BrokenStreamError
        tag = stream[at]
        at += 1
        kind = tag & 3
        if kind == 0:
            size = tag >> 2
            if size >= 60:
                wide = size - 59
                size = int.from_bytes(stream[at : at + wide], "little")
                at += wide
            size += 1
            literal = stream[at : at + size]
            if len(literal) < size:
                raise BrokenStreamError
            out += literal
            at += size
            continue
        if kind == 1:
            size = ((tag >> 2) & 7) + 4
            back = ((tag >> 5) << 8) | int.from_bytes(stream[at : at + 1], "little")
            at += 1
        else:
            wide = 2 if kind == 2 else 4
            size = (tag >> 2) + 1
            back = int.from_bytes(stream[at : at + wide], "little")
            at += wide
        if not 0 < back <= len(out):
            raise BrokenStreamError
        while size > 0:  # a copy may overlap what it is writing: that is how runs are said
            chunk = out[len(out) - back : len(out) - back + size] if back >= size else out[-back:]
            out += chunk[:size]
            size -= len(chunk)
    if len(out) != length:
        raise BrokenStreamError
    return bytes(out)
