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


def lines(store: Store, since: int) -> Iterator[str]:
    """Writes each row after number `since` as one line of JSON: ids and no names, and of what is sealed nothing.

    `prev` and `hash` go with it, so that whoever keeps the lines can show later that the office's own chain is still theirs.
    """
    for row in store.audit.after(since):
        told = {
            "n": row.n, "id": row.id, "at": row.at, "person": row.person, "what": row.what, "casefile": row.casefile,
            "record": row.record, "prev": row.prev, "hash": row.hash,
        }  # fmt: skip
        yield json.dumps(told, separators=(",", ":"))
