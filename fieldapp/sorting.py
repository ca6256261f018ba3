"""What came and could not be placed: who is shown it, what is inside, and what a named person decides about it.

Nothing here is ever thrown away. Placing is judged again by the same rules, with a person answering for those that a person
can answer for; putting away keeps the bytes as they came and can be taken back. What a phone was told is kept stays kept.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from fieldapp import access, placing, records, scope
from fieldapp.believing import Item, believe, opened
from fieldapp.errors import FieldappError
from fieldapp.judging import PlacingDesk, openings_first
from fieldapp.keys import Keys, Ring
from fieldapp.people import Person
from fieldapp.records import Casefile, Entry, NotOpen, Record
from fieldapp.sheet import Names
from fieldapp.store import Store, StoreFailed
from fieldapp.store.casefiles import CasefileRow
from fieldapp.store.quarantine import QuarantineBrief, QuarantineRow
from fieldapp.store.signers import SignerRow
from sync.entry import NOT_CONTENT, read_body, stamp, write_json
from sync.errors import Malformed, SyncError

if TYPE_CHECKING:
    from fieldapp.practice import Practice

LONGEST_WHY = 1_000

_log = logging.getLogger(__name__)
# Errors are logged by their type alone: a message or a traceback might quote what somebody wrote.

UNREADABLE = frozenset({"unknown_key", "cannot_open", "not_an_entry", "too_large"})
"""Reasons with which nobody at the office can read it; the phone seals it again by itself."""

Closed = Literal["role", "unreadable", "no_family"]
NotPlaceable = Literal["", "role", "own", "unreadable", "not_believed", "no_opening", "wrong_casefile", "office_only"]


class AlreadySorted(FieldappError):
    """Somebody else decided meanwhile, or it was placed by itself; nothing was done."""


class CannotPlace(FieldappError):
    """No person can answer for placing this; nothing was done. `code` is the reason it waits for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits, as far as lists tell: never whose family it is about.

    `author` is the person whose signature holds, or whose key it names; "" where nobody knows. `carriers` are the people
    of the phone that brought it.
    """

    hash: str
    reason: str
    device: str
    author: str
    carriers: tuple[str, ...]
    received_at: str
    size: int
    is_believed: bool
    put_away_at: str | None = None
    put_away_by: str | None = None


@dataclass(frozen=True, slots=True)
class Inside:
    """What is in it, for somebody who may read that casefile, or would if this opening made it."""

    casefile: Casefile
    record: Record
    entry: Entry


@dataclass(frozen=True, slots=True)
class Looked:
    """One thing that waits with what this person may see of it and decide about it."""

    waiting: Waiting
    inside: Inside | None
    closed: Closed | None
    not_placeable: NotPlaceable
    may_put_away: bool
    why_away: str = ""


def waiting(store: Store, keys: Keys, person: Person, now: datetime) -> list[Waiting]:
    """Lists what waits and is this person's to know of, oldest first."""
    with store.reading():
        return _Eye(store, keys, person, stamp(now)).those_seen(store.quarantine.briefs())


def put_away(store: Store, keys: Keys, person: Person, now: datetime) -> list[Waiting]:
    """Lists what was put away, the newest first."""
    with store.reading():
        return _Eye(store, keys, person, stamp(now)).those_seen(store.quarantine.put_away())


def look(
    store: Store, keys: Keys, practice: Practice, person: Person, envelope_hash: str, clock: Callable[[], datetime]
) -> Looked:
    """Shows one of them, and what is inside where this person may read that casefile, which is written down.

    Raises NotOpen, and AlreadySorted where it was placed meanwhile.
    """
    now = clock()
    at = stamp(now)
    with store.reading():
        row, seen = _found(store, keys, person, envelope_hash, at)
        if row.placed_at is not None:
            raise AlreadySorted(envelope_hash)
        item = _judgeable(store, keys, row)
        inside, closed = _Eye(store, keys, person, at).inside(practice, row, item)
        away = store.audit.get(row.discard_why or "")
    if inside is not None:
        with store.writing() as tx:
            tx.audit.add(at, person.id, "read what waits", inside.casefile.id, inside.record.id)
    why = str(json.loads(keys.open_secret("sorting", away.detail))["why"]) if away is not None and away.detail is not None else ""
    return Looked(seen, inside, closed, _not_placeable(person, row, item), _may_put_away(person, row, item), why)


def release(store: Store, keys: Keys, person: Person, envelope_hash: str, why: str, now: datetime) -> str:
    """Places it after all on this person's word, judged again; returns the record it went to. The phone hears by `have`.

    Raises NotOpen, AlreadySorted, and CannotPlace where no person can answer for it: then nothing has changed.
    """
    at = stamp(now)
    with store.writing() as tx:
        row, _ = _found(tx, keys, person, envelope_hash, at)
        if row.placed_at is not None or row.discarded_at is not None:
            raise AlreadySorted(envelope_hash)
        item = _judgeable(tx, keys, row)
        refused = _not_placeable(person, row, item)
        if refused:
            raise CannotPlace(refused)
        ready, _ = item.stands()
        desk = PlacingDesk(tx, keys, at, [item], decided_by=person.id, is_again=True)
        desk.judge(item)
        desk.write()
        if item.placed is None:
            raise CannotPlace(item.code)
        tx.quarantine.mark_placed(ready.id, at)
        record = ready.header["record"]
        _audit(tx, keys, at, person, "placed by decision", row, why, ready.header["casefile"], record)
    return record


def discard(store: Store, keys: Keys, person: Person, envelope_hash: str, why: str, now: datetime) -> None:
    """Puts it away, with a reason. The bytes stay as they came: the phone was told that they are kept.

    Raises NotOpen, AlreadySorted and CannotPlace("role") for what is not this person's to decide.
    """
    at = stamp(now)
    with store.writing() as tx:
        row, _ = _found(tx, keys, person, envelope_hash, at)
        if row.placed_at is not None or row.discarded_at is not None:
            raise AlreadySorted(envelope_hash)
        if not _may_put_away(person, row, _judgeable(tx, keys, row)):
            raise CannotPlace("role")
        tx.quarantine.discard(row.hash, person.id, _audit(tx, keys, at, person, "put away", row, why, row.casefile), at)


def put_back(store: Store, keys: Keys, person: Person, envelope_hash: str, now: datetime) -> None:
    """Lets what was put away wait again. Raises NotOpen and AlreadySorted."""
    at = stamp(now)
    with store.writing() as tx:
        row, _ = _found(tx, keys, person, envelope_hash, at)
        if row.placed_at is not None or row.discarded_at is None:
            raise AlreadySorted(envelope_hash)
        tx.quarantine.put_back(row.hash)
        _audit(tx, keys, at, person, "put back", row, "", row.casefile)


def try_again(store: Store, keys: Keys, now: datetime) -> int:
    """Judges again what waited for a signer, a key of the office or an opening that has come since; returns how many found
    their place. Called when the office starts and when a signer is enrolled; an opening that comes places what waits by itself.

    Never fails: what cannot be judged now waits as before.
    """
    rows = store.quarantine.lacking_nothing(list(keys.ring(store).ingest))
    if not rows:
        return 0
    try:
        with store.writing() as tx:
            return _judge_again(tx, keys, rows, stamp(now))
    except StoreFailed as error:
        _log.error("what waits to be sorted could not be tried again (%s)", type(error).__name__)
        return 0


def try_device_again(tx: Store, keys: Keys, device: str, reason: str, now: datetime) -> int:
    """Judges again what waited because of this device, inside the transaction that says the device may go on."""
    return _judge_again(tx, keys, tx.quarantine.of_device(device, reason), stamp(now))


def _judge_again(tx: Store, keys: Keys, rows: Iterable[QuarantineRow], at: str) -> int:
    found = [(row, _judgeable(tx, keys, row)) for row in rows]
    placed = 0
    for row, item in sorted(found, key=lambda one: openings_first(one[1])):
        try:
            with tx.writing():
                placed += _judge_one(tx, keys, row, item, at)
        except StoreFailed:
            raise
        except Exception as error:
            # One that makes the office stumble must not keep it from starting, nor the others from their place.
            _log.error("an envelope could not be judged again (%s)", type(error).__name__)
    return placed


def _judge_one(tx: Store, keys: Keys, row: QuarantineRow, item: Item, at: str) -> bool:
    _keep_as(tx, row, item)
    if not item.is_believed:
        return False
    desk = PlacingDesk(tx, keys, at, [item], is_again=True)
    desk.judge(item)
    desk.write()
    if item.placed is None:
        tx.quarantine.move_on(item.hash, item.code)
        return False
    tx.quarantine.mark_placed(item.placed.id, at)
    return True


def _keep_as(tx: Store, row: QuarantineRow, item: Item) -> None:
    """Notes what is known of an envelope by now; its bytes and when they came stay as they are."""
    ready = item.ready if item.is_believed else None
    tx.quarantine.add(
        replace(
            row,
            kid=item.kid,
            entry="" if ready is None else ready.id,
            casefile="" if ready is None else ready.header["casefile"],
            reason=item.code or row.reason,
            is_believed=item.is_believed,
        )
    )


def _audit(
    tx: Store, keys: Keys, at: str, person: Person, what: str, row: QuarantineRow, why: str, casefile: str, record: str = ""
) -> str:
    detail = keys.seal_secret("sorting", write_json({"item": row.hash, "reason": row.reason, "why": why}))
    return tx.audit.add(at, person.id, what, casefile, record, detail)


def _judgeable(store: Store, keys: Keys, row: QuarantineRow) -> Item:
    item = opened(keys.ring(store), row.envelope)
    believe(store, [item])
    return item


def _found(store: Store, keys: Keys, person: Person, envelope_hash: str, at: str) -> tuple[QuarantineRow, Waiting]:
    row = store.quarantine.get(envelope_hash)
    if row is None:
        raise NotOpen(envelope_hash)
    seen = _Eye(store, keys, person, at).those_seen([_brief(row)])
    if not seen:
        raise NotOpen(envelope_hash)
    return row, seen[0]


def _brief(row: QuarantineRow) -> QuarantineBrief:
    return QuarantineBrief(
        row.hash, row.device, row.kid, row.entry, row.casefile, row.reason, row.is_believed, row.received_at, row.size,
        row.discarded_at, row.discarded_by,
    )  # fmt: skip


def _not_placeable(person: Person, row: QuarantineRow, item: Item) -> NotPlaceable:
    """Says why this person cannot place it, as far as can be told beforehand; "" when they may try."""
    if person.role != "supervisor":
        return "role"
    if not item.is_believed:
        return "unreadable" if item.ready is None else "not_believed"
    header = item.stands()[0].header
    if header["kind"] in NOT_CONTENT:
        return "office_only"
    if row.reason == "no_opening" or row.reason == "wrong_casefile":
        return "no_opening" if row.reason == "no_opening" else "wrong_casefile"
    return "own" if header["author"] == person.id else ""


def _may_put_away(person: Person, row: QuarantineRow, item: Item) -> bool:
    """A keyworker's own words are for a supervisor to judge, and for nobody who wrote them; junk may go by either."""
    if not row.is_believed:
        return person.role in {"supervisor", "administrator"}
    return person.role == "supervisor" and item.stands()[0].header["author"] != person.id


class _Eye:
    """What one person may know of what waits.

    Administrators see that something waits and why, never what. A supervisor sees what belongs to a casefile they may read;
    of what belongs to none yet, or cannot be read, what their team's phones sent, and what nobody can be told to have sent.
    """

    def __init__(self, store: Store, keys: Keys, person: Person, at: str) -> None:
        self._store, self._keys, self._person, self._at = store, keys, person, at
        self._reader = scope.reader(store, person.id)
        self._team = set(store.people.members_of(store.people.teams_of(person.id, at), at))
        self._ring: Ring | None = None

    def those_seen(self, rows: list[QuarantineBrief]) -> list[Waiting]:
        signers = self._store.signers.several({row.kid for row in rows if row.kid})
        casefiles = self._store.casefiles.several({row.casefile for row in rows if row.casefile})
        carriers = {
            device: tuple(dict.fromkeys(signer.person for signer in self._store.signers.of_device(device)))
            for device in {row.device for row in rows}
        }
        return [
            _told(row, signers.get(row.kid), carriers[row.device])
            for row in rows
            if self._sees(row, signers.get(row.kid), casefiles.get(row.casefile), carriers[row.device])
        ]

    def inside(self, practice: Practice, row: QuarantineRow, item: Item) -> tuple[Inside | None, Closed | None]:
        """Opens it for somebody who may read its casefile; otherwise says why it stays closed."""
        if self._person.role != "supervisor":
            return None, "role"
        if item.ready is None:
            return None, "unreadable"
        header = item.ready.header
        casefile = self._store.casefiles.get(header["casefile"])
        opening = _opening(item) if item.is_believed else None
        if casefile is None and opening is None:
            return None, "no_family"
        if not (
            self._may_read(casefile) if casefile is not None else self._would_read(header["casefile"], header["author"], opening)
        ):
            return None, "no_family"
        shown = _opened(self._store, self._keys, practice, casefile, item, row.received_at, self._at)
        return shown, None

    def _sees(
        self, row: QuarantineBrief, signer: SignerRow | None, casefile: CasefileRow | None, carriers: tuple[str, ...]
    ) -> bool:
        if self._person.role == "administrator":
            return True
        if self._person.role != "supervisor" or self._reader is None or not access.is_active(self._reader, self._at):
            return False
        if row.is_believed and casefile is not None:
            return self._may_read(casefile)
        if row.is_believed and row.reason != "no_opening":
            # It may be the opening of a restricted casefile, which exists for those it names and nobody else.
            kept = self._store.quarantine.get(row.hash)
            opening = None if kept is None else _opening(self._open(kept))
            if opening is not None and signer is not None:
                return self._would_read(row.casefile, signer.person, opening)
        owners = (signer.person,) if signer is not None else carriers
        return not owners or any(owner in self._team for owner in owners)

    def _open(self, row: QuarantineRow) -> Item:
        self._ring = self._ring or self._keys.ring(self._store)
        return opened(self._ring, row.envelope)

    def _may_read(self, casefile: CasefileRow) -> bool:
        grants = scope.grants_on(self._store, [casefile.id])[casefile.id]
        return self._reader is not None and access.may_read(self._reader, scope.scope(casefile), grants, self._at)

    def _would_read(self, casefile: str, author: str, opening: placing.Opening | None) -> bool:
        """Would this person read the casefile, if this opening made it?"""
        row = self._store.people.by_id(author)
        if opening is None or self._reader is None:
            return False
        grants = [access.Grant(casefile, each, self._at) for each in (author, *opening.readers)]
        about = access.Scope(casefile, opening.sort, None if row is None else row.team)
        return access.may_read(self._reader, about, grants, self._at)


def _told(row: QuarantineBrief, signer: SignerRow | None, carriers: tuple[str, ...]) -> Waiting:
    return Waiting(
        row.hash, row.reason, row.device if signer is None else signer.device, "" if signer is None else signer.person, carriers,
        row.received_at, row.size, row.is_believed, row.discarded_at, row.discarded_by,
    )  # fmt: skip


def _opening(item: Item) -> placing.Opening | None:
    """What it says of a new casefile, where it is one's first entry."""
    if item.ready is None or item.ready.header["kind"] != "opening" or item.ready.header["parents"]:
        return None
    try:
        return placing.read_opening(item.ready.body)
    except SyncError:
        return None


def _opened(
    store: Store, keys: Keys, practice: Practice, casefile: CasefileRow | None, item: Item, received_at: str, at: str
) -> Inside:
    if item.ready is None:
        raise LookupError("nothing was opened")
    header = item.ready.header
    fields, raw = None, item.ready.body.decode("utf-8", "replace")
    with suppress(Malformed):
        fields = read_body(item.ready.body)["fields"]
    is_content = fields is not None and header["kind"] not in NOT_CONTENT
    entry = Entry(
        item.ready.id, 0, header["record"], header["kind"], header["schema"], header["author"], tuple(header["parents"]),
        header["written_at"], received_at, header["mode"], fields, "" if is_content else raw,
    )  # fmt: skip
    record = records.folded(header["record"], [entry])
    if casefile is None:
        title = str((fields or {}).get("title", ""))
        names = Names(staff=store.people.names(), vocabularies=practice.plain_vocabularies())
        return Inside(Casefile(header["casefile"], title, "main", False, (), {}, names), record, entry)
    near = [each for each in store.entries.in_casefile(casefile.id) if each.kind in {"family", "goal"}]
    return Inside(records.opened_casefile(store, keys, practice, casefile, near, at), record, entry)
