"""Puts believed entries into their casefiles' chains: numbers them, chains them, seals them.

Used by `intake` for what phones send and by `records` for what people do at the desk, so that both look alike for ever.

What lies sealed in the store is the packet as it was signed: `0x01 ‖ kid ‖ signature ‖ length ‖ deflated`; once an
erasure took the body, `0x02 ‖ erasure's id (43 bytes) ‖` the same with an empty body.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fieldapp.keys import CasefileKey, Keys, new_id, sha256
from fieldapp.store import Sealed, Store
from fieldapp.store.casefiles import CasefileRow
from fieldapp.store.entries import EntryRow, EntryValues, Placed
from fieldapp.store.records import RecordCount
from sync import chain, entry, wire
from sync.errors import Malformed

_WHOLE, _GONE = b"\x01", b"\x02"
_ID_LENGTH = 43
UNNUMBERED = -1
"""The number of an entry whose slip has not come: a reader's phone gave it back after a restore, and slips are never served."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An entry whose signature and hashes hold. `kept` is what will be sealed; `n` its slip's number, 0 at the desk,
    UNNUMBERED while the slip is not known."""

    id: str
    kid: str
    header: entry.Header
    jws: str
    signature: bytes
    body: bytes
    kept: bytes
    n: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry read back. `body` is b"" and `gone` names the erasure once the body is gone."""

    id: str
    jws: str
    header: bytes
    body: bytes
    slip: bytes
    gone: str = ""


def ready(packet: wire.Packet, parts: wire.Parts, header: entry.Header, n: int) -> Ready:
    """Makes an entry ready for placing; whoever calls has checked signature and hashes."""
    kid = entry.b64u(packet.kid)
    signed = entry.signing_input("fieldapp-entry", kid, parts.header)
    kept = _WHOLE + _laid(packet)
    jws = entry.compact(signed, packet.signature)
    return Ready(entry.id_of(sha256, signed), kid, header, jws, packet.signature, parts.body, kept, n)


def read_kept(key: CasefileKey, row: EntryRow) -> Kept:
    """Opens one placed entry; keys.CannotOpen when the store was tampered with."""
    gone, packet = _unwrapped(key.open(row.id, row.sealed))
    parts = wire.read_parts(wire.inflate(packet.deflated))
    signed = entry.signing_input("fieldapp-entry", entry.b64u(packet.kid), parts.header)
    return Kept(row.id, entry.compact(signed, packet.signature), parts.header, parts.body, parts.slip, gone)


def without_body(key: CasefileKey, row: EntryRow, erasure: str) -> Sealed:
    """The sealed form of an entry whose body an erasure took: signature and chain still verify."""
    _, packet = _unwrapped(key.open(row.id, row.sealed))
    parts = wire.read_parts(wire.inflate(packet.deflated))
    bare = packet._replace(deflated=wire.deflate(wire.lay_parts(parts._replace(body=b""))))
    return key.seal(row.id, _GONE + erasure.encode() + _laid(bare))


def with_slip(key: CasefileKey, row: EntryRow, item: Ready) -> Sealed:
    """The sealed form of an entry that was placed without its slip, once the slip has come.

    The signature stays the one that is in the chain, because another valid one would break it; a body that is gone stays gone.
    """
    gone, packet = _unwrapped(key.open(row.id, row.sealed))
    parts = wire.read_parts(wire.inflate(packet.deflated))
    slip = wire.read_parts(wire.inflate(_unwrapped(item.kept)[1].deflated)).slip
    whole = packet._replace(deflated=wire.deflate(wire.lay_parts(parts._replace(slip=slip))))
    return key.seal(row.id, (_GONE + gone.encode() if gone else _WHOLE) + _laid(whole))


def _laid(packet: wire.Packet) -> bytes:
    return b"".join((packet.kid, packet.signature, len(packet.deflated).to_bytes(4), packet.deflated))


def _unwrapped(data: bytes) -> tuple[str, wire.Packet]:
    """The erasure that took the body ("" for none), and the packet."""
    gone, start = "", 1
    if data[:1] == _GONE:
        gone, start = data[1 : 1 + _ID_LENGTH].decode(), 1 + _ID_LENGTH
    elif data[:1] != _WHOLE:
        raise Malformed("kept")
    return gone, wire.Packet(data[start : start + 32], data[start + 32 : start + 96], data[start + 100 :])


class Placer:
    """Numbers and chains entries within one transaction. `add` as many as there are, then `write` once.

    Made inside `store.writing()`: the heads it starts from cannot move under it.
    """

    def __init__(self, tx: Store, keys: Keys, received_at: str) -> None:
        self._tx = tx
        self._keys = keys
        self._received_at = received_at
        self._heads: dict[str, tuple[int, str]] = {}
        self._rows: list[EntryValues] = []
        self._counts: list[RecordCount] = []

    def add(self, item: Ready, casefile: CasefileRow, flags: str = "") -> Placed:
        """Gives an entry its number in the casefile's chain."""
        header = item.header
        seq, prev = self._heads.get(casefile.id, (casefile.seq, casefile.log_hash))
        seq += 1
        log_hash = chain.log_hash(sha256, prev, casefile.id, seq, item.id, item.jws, self._received_at)
        self._heads[casefile.id] = (seq, log_hash)
        sealed = self._keys.casefile(casefile.id, casefile.key).seal(item.id, item.kept)
        facts = (header["record"], header["kind"], header["schema"], header["author"])
        place = (item.kid, item.n, header["written_at"], self._received_at, log_hash, sealed, flags)
        self._rows.append((casefile.id, seq, item.id, *facts, *place))
        self._counts.append((facts[0], casefile.id, *facts[1:], seq, self._received_at))
        return Placed(item.id, casefile.id, seq, self._received_at, log_hash)

    def write(self) -> None:
        """Writes what was added: entries, the count of their records, the casefiles' heads."""
        at = self._received_at
        self._tx.entries.add_many(self._rows)
        self._tx.records.count_in(self._counts)
        self._tx.casefiles.advance([(seq, head, at, casefile) for casefile, (seq, head) in self._heads.items()])
        self._rows, self._counts = [], []


@dataclass(frozen=True, slots=True)
class Opening:
    """What an opening entry says.

    `practice`, `family` (whose private section this is, "" of none) and `kept_out` count only where the desk signed it: nobody takes a
    family out of every count, lays a section beside somebody's family or keeps a colleague out from a phone.
    """

    about: str
    sort: str
    readers: tuple[str, ...]
    title: str
    practice: bool = False
    family: str = ""
    kept_out: tuple[str, ...] = ()


def read_opening(body: bytes) -> Opening:
    """Reads the body of an opening; Malformed when it is none."""
    fields = entry.read_body(body)["fields"]
    about, sort, title = (fields.get(name) for name in ("about", "sort", "title"))
    # The form asks for readers only where it is restricted.
    readers = fields.get("readers", [])
    if about not in ("family", "person", "group") or sort not in ("main", "restricted"):
        raise Malformed("opening", "about or sort")
    if not isinstance(readers, list) or not all(entry.is_random_id(each) for each in readers):
        raise Malformed("opening", "readers")
    if not isinstance(title, str):
        raise Malformed("opening", "title")
    family, kept_out = fields.get("family"), fields.get("kept_out")
    # What only the desk says holds up no opening in which a phone wrote something else under that name.
    return Opening(
        str(about), str(sort), tuple(str(each) for each in readers), title, fields.get("practice") is True,
        family if isinstance(family, str) and entry.is_random_id(family) and sort == "restricted" else "",
        tuple(str(each) for each in kept_out if entry.is_random_id(each)) if isinstance(kept_out, list) else (),
    )  # fmt: skip


def open_casefile(
    tx: Store,
    keys: Keys,
    casefile: str,
    opening: Opening,
    *,
    author: str,
    team: str | None,
    at: str,
    is_desk: bool = False,
) -> CasefileRow:
    """Makes a casefile with its own key and its first readers: the author and whom the opening names.

    `is_desk`: the desk signed it, so what it says of practice, of a section's family and of who is kept out holds too, also where a phone
    gives it back after a restore. The family may be unknown as yet: it is lacking as well, and comes by an opening of its own.
    """
    wrapped = keys.new_casefile(tx, casefile)
    title = keys.casefile(casefile, wrapped).seal("title", opening.title.encode())
    practice = is_desk and opening.practice
    row = CasefileRow(casefile, opening.sort, opening.about, title, wrapped, team, 0, "", at, author, at, practice)
    tx.casefiles.add(row)
    known = tx.people.several([author, *opening.readers, *opening.kept_out])
    for person in dict.fromkeys((author, *opening.readers)):
        if person in known:
            tx.casefiles.grant(casefile, person, at, "opened" if person == author else "named")
    if is_desk and opening.family:
        tx.casefiles.tie_section(casefile, opening.family)
    for person in dict.fromkeys(opening.kept_out if is_desk else ()):
        if person in known:
            tx.casefiles.keep_out(casefile, person, at)
    return row


def place_office_entry(
    tx: Store,
    keys: Keys,
    *,
    author: str,
    via: str,
    kind: str,
    schema: str,
    casefile: str,
    record: str = "",
    parents: Iterable[str] = (),
    fields: Mapping[str, Any],
    at: str,
    form: str = "",
    app: str = "desk",
    zone: str = "Europe/London",
    mode: str = "",
    team: str | None = None,
    practice: bool = False,
) -> Placed:
    """Signs an entry with the desk key and places it: what a signed-in person did on an office page.

    `via` is the audit row (store.audit.add) that tells of it; `record` is drawn at random when it is "". An opening makes its
    casefile, of that `team`. Whoever calls has asked `access`. Raises LookupError for an unknown casefile.
    """
    # Said in the entry itself, so that it is known again when a restore lost the casefile and a phone gives it back.
    body = entry.make_body(secrets.token_bytes(16), {**fields, "practice": True} if practice and kind == "opening" else fields)
    header = entry.make_header(
        sha256,
        kind=kind,
        schema=schema,
        casefile=casefile,
        record=record or new_id(),
        author=author,
        device="",
        written_at=at,
        body=body,
        slip=b"",
        parents=parents,
        form=form,
        app=app,
        zone=zone,
        mode=mode,
        via=via,
    )
    desk = keys.ring(tx).desk
    signature = desk.sign(entry.signing_input("fieldapp-entry", desk.kid, header).encode())
    parts = wire.Parts(header, body, b"")
    packet = wire.Packet(entry.unb64u(desk.kid), signature, wire.deflate(wire.lay_parts(parts)))
    item = ready(packet, parts, entry.read_header(header), 0)
    if kind == "opening":
        opening = read_opening(body)
        row = open_casefile(tx, keys, casefile, opening, author=author, team=team, at=at, is_desk=True)
    else:
        found = tx.casefiles.get(casefile)
        if found is None:
            raise LookupError("no such casefile")
        row = found
    placer = Placer(tx, keys, at)
    placed = placer.add(item, row)
    placer.write()
    return placed
