"""Packets, envelopes, frames, and every request and answer. Twin of static/src/sync/wire.js; docs/protocol.md §3 and §7 settle it."""

from __future__ import annotations

import struct
import zlib
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

from sync.errors import Malformed

INFLATE_LIMIT = 1_048_576
PUSH_FRAMES = 64
PUSH_BYTES = 1_048_576
ALONE_BYTES = 524_288
ENVELOPE_VERSION = 1
HAVE_IDS = 2_000
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


HashText = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]
RandomId = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{22}$")]
Time = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Count = Annotated[int, Meta(ge=0, le=9_007_199_254_740_991)]
Jws = Annotated[str, Meta(max_length=65_536)]
V = Literal[1]


class PersonBrief(Struct, frozen=True):
    """Who somebody is, as far as everybody may know."""

    id: RandomId
    name: str
    role: str


class OfficeBrief(Struct, frozen=True):
    """What a phone pins: the office key and the newest key set."""

    jwk: dict[str, str]
    keyset: Jws


class BeginRequest(Struct, frozen=True, kw_only=True):
    """Password and second factor, to set up a phone."""

    v: V
    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=1024)]
    code: Annotated[str, Meta(max_length=16)]


class BeginAnswer(Struct, frozen=True, kw_only=True):
    """Everything a phone needs to make its signer. `nonce` is good once."""

    v: V = 1
    person: PersonBrief
    device: RandomId
    nonce: str
    office: OfficeBrief
    check_words: list[str]
    practice: str
    policy: dict[str, Any]


class EnrolRequest(Struct, frozen=True, kw_only=True):
    """The enrolment, signed by the new key."""

    v: V
    enrolment: Jws


class EnrolAnswer(Struct, frozen=True, kw_only=True):
    """The read token; the device token comes as a cookie."""

    v: V = 1
    read_token: str
    time: Time
    epoch: Count


class SignerHead(Struct, frozen=True):
    """The head of a signer's own chain: n is 0 and id "" before its first entry."""

    kid: HashText
    n: Count
    id: Annotated[str, Meta(pattern="^([A-Za-z0-9_-]{43})?$")]


class Waiting(Struct, frozen=True):
    """How much lies unsent on a phone, and since when; never what."""

    count: Count
    oldest_at: Time | None = None


class HelloRequest(Struct, frozen=True, kw_only=True):
    """A phone's greeting. `digest` needs the reading proof."""

    v: V
    signers: Annotated[list[SignerHead], Meta(max_length=64)]
    keyset_n: Count = 0
    removals_done: Annotated[list[RandomId], Meta(max_length=2000)] = []
    waiting: Waiting = Waiting(0)
    app: Annotated[str, Meta(max_length=40)] = ""
    digest: HashText | UnsetType = UNSET
    checkpoint: Jws | UnsetType = UNSET
    responders: Annotated[str, Meta(pattern="^([A-Za-z0-9_-]{43})?$")] = ""


class DeviceState(Struct, frozen=True):
    """Anything but ok ends fetching, never sending."""

    status: Literal["ok", "lost", "cloned", "ended"]


class Responder(Struct, frozen=True):
    """Who is told when a questionnaire shows risk, and how they are reached."""

    who: str
    how: str


class Responders(Struct, frozen=True):
    """Who responds, by id of the questionnaire without its version; `hash` is for the next hello."""

    hash: Annotated[str, Meta(pattern="^([A-Za-z0-9_-]{43})?$")]
    named: dict[str, Responder]


class HelloAnswer(Struct, frozen=True, kw_only=True):
    """What is new, in one answer. `same` true: no pull is needed."""

    v: V = 1
    time: Time
    epoch: Count
    keyset_n: Count
    keyset: Jws | UnsetType = UNSET
    device: DeviceState
    signers: list[SignerHead]
    durable_through: Time
    practice: str
    nonce: str
    same: bool | UnsetType = UNSET
    checkpoint: Jws | UnsetType = UNSET
    responders: Responders | UnsetType = UNSET


class PushResult(Struct, frozen=True, kw_only=True):
    """What happened to one envelope."""

    hash: HashText
    status: Literal["stored", "duplicate", "quarantined", "retry"]
    id: HashText | UnsetType = UNSET
    code: str | UnsetType = UNSET
    retry_after: Count | UnsetType = UNSET
    receipt: Jws | UnsetType = UNSET


class PushAnswer(Struct, frozen=True, kw_only=True):
    """One result for each frame, in their order."""

    v: V = 1
    epoch: Count
    time: Time
    durable_through: Time
    results: list[PushResult]


class DraftAnswer(Struct, frozen=True, kw_only=True):
    """Whether this draft stands now, or a newer one already did; `n` is that of the one that stands."""

    v: V = 1
    status: Literal["kept", "older"]
    n: Count


class HaveRequest(Struct, frozen=True, kw_only=True):
    """Asks which entries of this device's signers the office lacks."""

    v: V
    ids: Annotated[list[HashText], Meta(max_length=HAVE_IDS)]


class HaveReceipt(Struct, frozen=True):
    """A receipt for an entry that is placed."""

    id: HashText
    receipt: Jws


class HaveAnswer(Struct, frozen=True, kw_only=True):
    """Missing ones are to be sent again."""

    v: V = 1
    missing: list[HashText]
    receipts: list[HaveReceipt]


Cursor = tuple[Count, str]


class PullRequest(Struct, frozen=True, kw_only=True):
    """How far the phone has each casefile: (seq, log_hash). `removals`: casefiles it has dropped."""

    v: V
    cursors: Annotated[dict[str, Cursor], Meta(max_length=10_000)]
    removals: dict[str, Any] | UnsetType = UNSET


class Removed(Struct, frozen=True):
    """A casefile this person may no longer read."""

    casefile: str
    reason: str


class EnrolmentLink(Struct, frozen=True):
    """One link of the enrolment chain."""

    jws: Jws
    n: Count
    received_at: Time
    log_hash: HashText


class PulledEntry(Struct, frozen=True, kw_only=True):
    """One entry: its body, or the id of the erasure by which the body is gone."""

    seq: Count
    received_at: Time
    log_hash: HashText
    jws: str
    body: str | UnsetType = UNSET
    gone: str | UnsetType = UNSET


class PulledCasefile(Struct, frozen=True, kw_only=True):
    """Entries of one casefile in chain order; `seq` and `log_hash` are its head at the office."""

    id: RandomId
    seq: Count
    log_hash: str
    entries: list[PulledEntry]


class PullAnswer(Struct, frozen=True, kw_only=True):
    """What is new. `more`: ask again with the moved cursors; `total`: how many entries remain after this answer."""

    v: V = 1
    epoch: Count
    nonce: str
    added: list[RandomId]
    removed: list[Removed]
    confirm: bool
    diverged: list[RandomId]
    people: list[PersonBrief]
    enrolments: list[EnrolmentLink]
    casefiles: list[PulledCasefile]
    more: bool
    total: Count


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """Why a request could not be answered. It never means that anything may be thrown away."""

    v: V = 1
    error: str
    nonce: str | UnsetType = UNSET
    retry_after: Count | UnsetType = UNSET


REQUESTS = (BeginRequest, EnrolRequest, HelloRequest, HaveRequest, PullRequest)
ANSWERS = (
    BeginAnswer,
    EnrolAnswer,
    HelloAnswer,
    PushAnswer,
    DraftAnswer,
    HaveAnswer,
    PullAnswer,
    ErrorAnswer,
)
