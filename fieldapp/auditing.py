"""Who did what: per family for its supervisors, per person for administrators and for the person, and as lines for an organisation's own logging.

The chain itself is the store's, and `fieldapp verify` walks it. Nothing here says what a record says, and looking is written down too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from fieldapp import access, records, scope
from fieldapp.errors import FieldappError
from fieldapp.keys import Keys
from fieldapp.people import Person
from fieldapp.store import Store
from fieldapp.store.audit import AuditRow
from sync.entry import stamp

AT_ONCE = 200
REFUSED = "refused "
"""How the deed of a refusal begins: why, how often in that hour, and which route."""
MOST_REFUSALS = 1000
"""Refusals that are counted one by one; from there on a counter stands still and nothing more is written in that hour."""
ANY_ROUTE = "any"
"""Of those whom nobody knows one counter for each reason: they can ask every route there is, and make the office write for each."""
PATIENCE_S = 0.1
"""A refusal waits no longer for whoever writes just now: it would hold one of the few threads that phones are answered on."""


class NotForThem(FieldappError):
    """There is no such person or family, or what was done there is not for this person to see."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, the newest first. `titles`: names of casefiles this reader may read. `before` names the next page; None on the last."""

    about: str
    rows: tuple[AuditRow, ...]
    titles: dict[str, str]
    before: int | None


def of_family(store: Store, keys: Keys, person: Person, casefile: str, before: int | None, clock: Callable[[], datetime]) -> Page:
    """Lists what was done about one casefile, for a supervisor who may read it by right; raises NotForThem.

    Whoever opened it in an emergency is there for the family, not to look over those who work with it.
    """
    at = stamp(clock())
    with store.reading():
        row = scope.row_if(store, person.id, casefile, at, access.may_read)
        if row is None:
            raise NotForThem(casefile)
        found = store.audit.newest(casefile=casefile, before=before, limit=AT_ONCE + 1)
        title = records.title_of(keys, row)
    with store.writing() as tx:
        tx.audit.add(at, person.id, "looked up who did what", casefile)
    return _page(title, found, {casefile: title})


def of_person(store: Store, keys: Keys, person: Person, about: str, before: int | None, clock: Callable[[], datetime]) -> Page:
    """Lists what one person did, for administrators and for that person; raises NotForThem.

    To others than that person nothing is told of private sections they may not read: not even that something was done.
    """
    at = stamp(clock())
    row = store.people.by_id(about)
    if row is None or not (person.role == "administrator" or person.id == about):
        raise NotForThem(about)
    settle_refusals(store, clock())
    with store.reading():
        reader = scope.reader(store, person.id)
        open_to = {} if reader is None else {each.id: each for each in scope.readable(store, reader, at)}
        told = None if person.id == about else open_to
        found = store.audit.newest(person=about, before=before, limit=AT_ONCE + 1, restricted=told)
        titles = {each.casefile: records.title_of(keys, open_to[each.casefile]) for each in found if each.casefile in open_to}
    with store.writing() as tx:
        tx.audit.add(at, person.id, "looked up what somebody did" if person.id != about else "looked up what they did")
    return _page(row.name, found, titles)


def _page(about: str, found: list[AuditRow], titles: dict[str, str]) -> Page:
    rows = tuple(found[:AT_ONCE])
    return Page(about, rows, titles, rows[-1].n if len(found) > AT_ONCE else None)


def note_refusal(store: Store, why: str, route: str, now: datetime, *, person: str = "", device: str = "") -> None:
    """Counts that somebody was refused a route: no address and no id of what they asked for, whether that exists or not.

    One counter for each person or phone, reason, route and hour. Hours that are over go into the audit, one row for each counter.
    Raises StoreBusy where others are writing: then it is not counted.
    """
    at = stamp(now)
    route = route if person or device else ANY_ROUTE
    hour = at[:13]
    if store.refusals.count(hour, person, device, why, route) >= MOST_REFUSALS:
        return
    with store.writing(patience_s=PATIENCE_S) as tx:
        tx.refusals.add(hour, person, device, why, route)
        _settle(tx, at)


def settle_refusals(store: Store, now: datetime) -> None:
    """Writes the counters of hours that are over into the audit, as far as nobody has."""
    at = stamp(now)
    if store.refusals.before(at[:13]):
        with store.writing() as tx:
            _settle(tx, at)


def _settle(tx: Store, at: str) -> None:
    for row in tx.refusals.before(at[:13]):
        often = f"{row.count}" if row.count < MOST_REFUSALS else f"{MOST_REFUSALS} or more"
        by = f", phone {row.device}" if row.device else ""
        tx.audit.add(at, row.person, f"{REFUSED}{row.why}: {row.route}, {often} in the hour from {row.hour}:00Z{by}")
    tx.refusals.drop_before(at[:13])


def lines(store: Store, since: int, now: datetime) -> Iterator[str]:
    """Writes each row after number `since` as one line of JSON: ids and no names, and of what is sealed nothing.

    Refusals of hours that are over are among them. `prev` and `hash` go with it, so that whoever keeps the lines can show later that the office's own chain is still theirs.
    """
    settle_refusals(store, now)
    for row in store.audit.after(since):
        told = {
            "n": row.n, "id": row.id, "at": row.at, "person": row.person, "what": row.what, "casefile": row.casefile,
            "record": row.record, "prev": row.prev, "hash": row.hash,
        }  # fmt: skip
        yield json.dumps(told, separators=(",", ":"))
