"""Packets, envelopes and frames. Twin of static/src/sync/wire.js; docs/protocol.md §3 settles it."""

from __future__ import annotations

import struct
import zlib
from typing import Literal, NamedTuple

from sync.errors import Malformed

INFLATE_LIMIT = 1_048_576
PUSH_FRAMES = 64
PUSH_BYTES = 1_048_576
ALONE_BYTES = 524_288
ENVELOPE_VERSION = 1
WAITING = b"fieldapp waiting 1\n"
"""The line that begins a file of what waits on a phone (docs/protocol.md §10); envelopes follow it, framed as in a push."""
_SMALLEST_PACKET = 512
_PACKET_HEAD = 32 + 64 + 4
_KID, _ENCAPSULATED, _TAG = 32, 65, 16
_LENGTH = struct.Struct(">I")


class Parts(NamedTuple):
    """The three texts of an entry. A draft has no slip (b"")."""

    header: bytes
    body: bytes
    slip: bytes


class Packet(NamedTuple):
    """What is inside an envelope: who signed (32 bytes), the signature (64), and the deflated parts."""

    kid: bytes
    signature: bytes
    deflated: bytes


def padme(length: int) -> int:
    """Rounds a length up so that it tells little of what is inside (PADMÉ)."""
    if length < 2:
        return length
    e = length.bit_length() - 1
    step = 1 << max(0, e - e.bit_length())
    return -(-length // step) * step


def lay_parts(parts: Parts) -> bytes:
    """Lays header, body and slip side by side, ready for DEFLATE."""
    header, body, slip = parts
    return b"".join((_LENGTH.pack(len(header)), header, _LENGTH.pack(len(body)), body, slip))


def read_parts(raw: bytes) -> Parts:
    """Takes apart what `lay_parts` laid."""
    header_end = 4 + _length_at(raw, 0)
    body_end = header_end + 4 + _length_at(raw, header_end)
    if body_end > len(raw):
        raise Malformed("short")
    return Parts(raw[4:header_end], raw[header_end + 4 : body_end], raw[body_end:])


def _length_at(data: bytes, at: int) -> int:
    if at + 4 > len(data):
        raise Malformed("short")
    length: int = _LENGTH.unpack_from(data, at)[0]
    return length


def deflate(raw: bytes) -> bytes:
    """Raw DEFLATE."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(raw) + packer.flush()


def inflate(deflated: bytes) -> bytes:
    """Undoes raw DEFLATE; stops at 1 MiB, whatever a few hostile bytes promise."""
    unpacker = zlib.decompressobj(-15)
    try:
        raw = unpacker.decompress(deflated, INFLATE_LIMIT + 1)
    except zlib.error:
        raise Malformed("inflate") from None
    if len(raw) > INFLATE_LIMIT:
        raise Malformed("too_large")
    if not unpacker.eof or unpacker.unused_data:
        raise Malformed("inflate")
    return raw


def lay_packet(packet: Packet) -> bytes:
    """Makes a padded packet."""
    if len(packet.kid) != _KID or len(packet.signature) != 64:
        raise Malformed("packet")
    length = _PACKET_HEAD + len(packet.deflated)
    head = packet.kid + packet.signature + _LENGTH.pack(len(packet.deflated))
    return (head + packet.deflated).ljust(max(_SMALLEST_PACKET, padme(length)), b"\0")


def read_packet(data: bytes) -> Packet:
    """Reads a packet; padding must be zeros of exactly the PADMÉ size."""
    if len(data) < _SMALLEST_PACKET:
        raise Malformed("short")
    end = _PACKET_HEAD + _length_at(data, 96)
    if end > len(data):
        raise Malformed("short")
    if len(data) != max(_SMALLEST_PACKET, padme(end)) or data.count(0, end) != len(data) - end:
        raise Malformed("padding")
    return Packet(data[:32], data[32:96], data[_PACKET_HEAD:end])


def lay_envelope(ingest_kid: bytes, sealed: bytes) -> bytes:
    """Puts version and key before what HPKE sealed (encapsulated key ‖ ciphertext)."""
    return b"".join((bytes([ENVELOPE_VERSION]), ingest_kid, sealed))


def read_envelope(envelope: bytes) -> tuple[bytes, bytes]:
    """The ingest kid (32 bytes) and what HPKE sealed."""
    if len(envelope) < 1 + _KID + _ENCAPSULATED + _TAG:
        raise Malformed("short")
    if envelope[0] != ENVELOPE_VERSION:
        raise Malformed("envelope_version")
    return envelope[1:33], envelope[33:]


def envelope_info(kid: str, use: Literal["entry", "draft"]) -> bytes:
    """What HPKE binds an envelope to."""
    return f"fieldapp envelope 1\n{kid}\n{use}".encode()


def lay_frames(envelopes: list[bytes]) -> bytes:
    """Lays envelopes as length-prefixed frames."""
    return b"".join(_LENGTH.pack(len(envelope)) + envelope for envelope in envelopes)


def read_frames(data: bytes) -> list[bytes]:
    """Reads frames; a length that overruns is Malformed, as is nothing at all."""
    envelopes: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 4 + _length_at(data, at)
        if end > len(data):
            raise Malformed("short")
        envelopes.append(data[at + 4 : end])
        at = end
    if not envelopes:
        raise Malformed("no_frames")
    return envelopes


def lay_waiting(envelopes: list[bytes]) -> bytes:
    """Makes the file in which somebody carries what waits on a phone."""
    return WAITING + lay_frames(envelopes)
