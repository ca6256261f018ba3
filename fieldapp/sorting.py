"""What a named person decides about what could not be placed, and what is tried again by itself.

Nothing here is ever thrown away. Placing is judged again by the same rules, with a person answering for those that a person
can answer for; putting away keeps the bytes as they came and can be taken back. What a phone was told is kept stays kept.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from fieldapp.believing import BEFORE_UNLOCKING, Item
from fieldapp.errors import FieldappError
from fieldapp.judging import PlacingDesk, openings_first
from fieldapp.keys import Keys
from fieldapp.people import Person
from fieldapp.records import NotOpen
from fieldapp.store import Store, StoreFailed
from fieldapp.store.quarantine import QuarantineRow
from fieldapp.unsorted import Closed, Eye, Inside, Waiting, brief, judgeable
from sync.entry import NOT_CONTENT, stamp, write_json

if TYPE_CHECKING:
    from fieldapp.practice import Practice

LONGEST_WHY = 1_000

_log = logging.getLogger(__name__)
# Errors are logged by their type alone: a message or a traceback might quote what somebody wrote.

NotPlaceable = Literal["", "role", "own", "unreadable", "not_believed", "no_opening", "wrong_casefile", "office_only"]


class AlreadySorted(FieldappError):
    """Somebody else decided meanwhile, or it was placed by itself; nothing was done."""


class CannotPlace(FieldappError):
    """No person can answer for placing this; nothing was done. `code` is the reason it waits for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


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
        return Eye(store, keys, person, stamp(now)).those_seen(store.quarantine.briefs())


def put_away(store: Store, keys: Keys, person: Person, now: datetime) -> list[Waiting]:
    """Lists what was put away, the newest first."""
    with store.reading():
        return Eye(store, keys, person, stamp(now)).those_seen(store.quarantine.put_away())


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
        item = judgeable(store, keys, row)
        inside, closed = Eye(store, keys, person, at).inside(practice, row, item)
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
        item = judgeable(tx, keys, row)
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
        if not _may_put_away(person, row, judgeable(tx, keys, row)):
            raise CannotPlace("role")
        tx.quarantine.discard(row.hash, person.id, _audit(tx, keys, at, person, "put away", row, why, row.casefile), at)


def put_back(store: Store, keys: Keys, person: Person, envelope_hash: str, now: datetime) -> None:
    """Lets what was put away wait again: for whoever might have put it away. Raises NotOpen, AlreadySorted and CannotPlace("role")."""
    at = stamp(now)
    with store.writing() as tx:
        row, _ = _found(tx, keys, person, envelope_hash, at)
        if row.placed_at is not None or row.discarded_at is None:
            raise AlreadySorted(envelope_hash)
        if not _may_put_away(person, row, judgeable(tx, keys, row)):
            raise CannotPlace("role")
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
    found = [(row, judgeable(tx, keys, row)) for row in rows]
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
    if row.is_believed and not item.is_believed:
        # The key that opens it was burned since: what was known of it stays known.
        return False
    if row.placed_at is not None and (item.ready is None or item.ready.id != row.entry):
        tx.quarantine.open_again(row.hash)
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
            entry=item.names,
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


def _found(store: Store, keys: Keys, person: Person, envelope_hash: str, at: str) -> tuple[QuarantineRow, Waiting]:
    row = store.quarantine.get(envelope_hash)
    if row is None:
        raise NotOpen(envelope_hash)
    seen = Eye(store, keys, person, at).those_seen([brief(row)])
    if not seen:
        raise NotOpen(envelope_hash)
    return row, seen[0]


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
    """A keyworker's own words are for a supervisor to judge, and for nobody who wrote them; junk may go by either.

    What was believed once and cannot be opened any more, because its key was burned, is nobody's to put away: who could say what it is?
    """
    if item.code == BEFORE_UNLOCKING and item.ready is not None:
        return person.role == "supervisor" and item.ready.header["author"] != person.id
    if not (row.is_believed or item.is_believed):
        return person.role in {"supervisor", "administrator"}
    return person.role == "supervisor" and item.is_believed and item.stands()[0].header["author"] != person.id
