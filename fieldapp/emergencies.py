"""Opening a family's record in an emergency: exact name, a reason, a day at most, and somebody else looks at it afterwards.

It opens main casefiles and never a private section, a practice family or what somebody is kept out of: of those it finds as
much as of families that do not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldapp import access, scope
from fieldapp.errors import FieldappError
from fieldapp.keys import CannotOpen, Keys, new_id
from fieldapp.people import Person
from fieldapp.records import NotOpen, title_of
from fieldapp.store import Store
from fieldapp.store.casefiles import CasefileRow
from fieldapp.store.emergencies import EmergencyRow
from sync.entry import stamp, write_json

LISTED_FOR = timedelta(days=28)
LONGEST_REASON = 1_000


class LookedAtAlready(FieldappError):
    """A colleague looked at it meanwhile; nothing was written."""


@dataclass(frozen=True, slots=True)
class Found:
    """A family of exactly the name typed. `keyworkers` tell two of one name apart."""

    casefile: str
    title: str
    keyworkers: tuple[str, ...]
    reads_already: bool


@dataclass(frozen=True, slots=True)
class Emergency:
    """One opening, as far as this person may know of it. Administrators see that it was, by whom and when: `casefile` is "" then."""

    id: str
    person: str
    from_at: str
    until_at: str
    casefile: str = ""
    title: str = ""
    reason: str = ""
    looked_at: str | None = None
    looked_by: str | None = None
    word: str = ""
    is_mine: bool = False
    is_open: bool = False

    @property
    def is_told_all(self) -> bool:
        return bool(self.casefile)


def find(store: Store, keys: Keys, person: Person, typed: str, now: datetime, called: Mapping[str, Iterable[str]]) -> list[Found]:
    """Finds the families whose name or reference is exactly what was typed. The search is audited, what was typed sealed.

    `called`: what phones call the family of each main record, by every version of it. In daily use that name is the one people know.
    """
    at, wanted = stamp(now), _plain(typed)
    with store.writing() as tx:
        tx.audit.add(
            at, person.id, "searched in an emergency", detail=keys.seal_secret("emergency", write_json({"typed": typed}))
        )
    me = scope.reader(store, person.id)
    if me is None or not wanted:
        return []
    with store.reading():
        rows = [
            row
            # What an emergency never opens is not even fetched: a search must not take longer because it is there.
            for row in store.casefiles.mains()
            if row.id == typed.strip() or wanted in map(_plain, (title_of(keys, row), *called.get(row.id, ())))
        ]
        names = store.people.names()
        found = []
        for row in rows:
            grants = scope.grants_on(store, [row.id])[row.id]
            if _may_open_now(me, scope.scope(row), grants, at):
                workers = {
                    names.get(each.person, "")
                    for each in grants
                    if each.way == "named" and access.holds(each.from_at, each.until_at, at)
                }
                reads = access.may_read(me, scope.scope(row), grants, at)
                found.append(Found(row.id, title_of(keys, row), tuple(sorted(workers - {""})), reads))
        return sorted(found, key=lambda one: one.casefile)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def open_now(store: Store, keys: Keys, person: Person, casefile: str, reason: str, now: datetime) -> EmergencyRow:
    """Opens a family's record to this person for a day, at the desk only; raises NotOpen. Its team sees it on the board at once."""
    at = stamp(now)
    with store.writing() as tx:
        row = scope.row_if(tx, person.id, casefile, at, _may_open_now)
        if row is None:
            raise NotOpen(casefile)
        key = keys.casefile(row.id, row.key)
        found = EmergencyRow(
            new_id(), casefile, person.id, at, stamp(now + access.EMERGENCY_LASTS), key.seal("emergency", reason.encode())
        )
        tx.emergencies.add(found)
        tx.audit.add(at, person.id, "opened in an emergency", casefile, detail=key.seal("leave", write_json({"reason": reason})))
        return found


def known_to(store: Store, keys: Keys, person: Person, now: datetime) -> list[Emergency]:
    """The openings this person has to know of, newest first: unlooked at whatever their age, and all of the last four weeks.

    Supervisors: of the families they answer for, and their own. Administrators: all, but only the fact.
    """
    at = stamp(now)
    with store.reading():
        rows = store.emergencies.all(stamp(now - LISTED_FOR))
        if person.role == "administrator":
            return [
                Emergency(row.id, row.person, row.from_at, row.until_at, looked_at=row.looked_at, looked_by=row.looked_by) for row in rows
            ]  # fmt: skip
        me = scope.reader(store, person.id)
        if me is None or person.role != "supervisor":
            return []
        casefiles = store.casefiles.several(row.casefile for row in rows)
        grants = scope.grants_on(store, casefiles)
        found = []
        for row in rows:
            casefile = casefiles[row.casefile]
            answers = access.may_steer(me, scope.scope(casefile), grants[row.casefile], at)
            looks = access.may_look(me, scope.scope(casefile), grants[row.casefile], at)
            if answers or (row.person == person.id and looks):
                found.append(_told(keys, casefile, row, person, at))
            elif row.person == person.id:
                # It closed again: that they opened something is theirs to know, what it says is not any more.
                found.append(
                    Emergency(
                        row.id,
                        row.person,
                        row.from_at,
                        row.until_at,
                        looked_at=row.looked_at,
                        looked_by=row.looked_by,
                        is_mine=True,
                    )
                )
        return found


def waiting(store: Store, keys: Keys, person: Person, now: datetime) -> list[Emergency]:
    """Those that wait for this very person to look at: the alert on the board, the oldest first."""
    return [
        one
        for one in reversed(known_to(store, keys, person, now))
        if one.looked_at is None and one.is_told_all and not one.is_mine
    ]


def look_at(store: Store, keys: Keys, person: Person, id: str, word: str, now: datetime) -> None:
    """Notes that this person looked at an opening, and what they make of it. Nobody looks at their own; raises NotOpen, LookedAtAlready."""
    at = stamp(now)
    with store.writing() as tx:
        found = tx.emergencies.get(id)
        row = tx.casefiles.get(found.casefile) if found is not None else None
        me = scope.reader(tx, person.id)
        if found is None or row is None or me is None or found.person == person.id:
            raise NotOpen(id)
        if not access.may_steer(me, scope.scope(row), scope.grants_on(tx, [row.id])[row.id], at):
            raise NotOpen(id)
        key = keys.casefile(row.id, row.key)
        if not tx.emergencies.settle(id, person.id, at, key.seal("emergency", word.encode())):
            raise LookedAtAlready(id)
        detail = key.seal("leave", write_json({"person": found.person, "reason": word}))
        tx.audit.add(at, person.id, "emergency looked at", row.id, detail=detail)


def open_until(store: Store, person: Person, casefile: str, now: datetime) -> str | None:
    """Until when this casefile is open to this person because of an emergency and for no other reason; None otherwise."""
    at = stamp(now)
    row, me = store.casefiles.get(casefile), scope.reader(store, person.id)
    if row is None or me is None:
        return None
    grants = scope.grants_on(store, [casefile])[casefile]
    if access.ways(me, scope.scope(row), grants, at) != {"emergency"}:
        return None
    ends = [
        each.until_at for each in grants if each.person == person.id and each.way == "emergency" and each.until_at is not None
    ]
    return max(ends, default=None)


def _may_open_now(me: access.Reader, about: access.Scope, grants: Iterable[access.Grant], at: str) -> bool:
    """Would an emergency let this person in? Asked of the one rule, as if the leave were there already."""
    tried = access.Grant(about.id, me.id, at, None, "emergency")
    return "emergency" in access.ways(me, about, [*grants, tried], at)


def _told(keys: Keys, casefile: CasefileRow, row: EmergencyRow, person: Person, at: str) -> Emergency:
    key = keys.casefile(casefile.id, casefile.key)
    try:
        reason = key.open("emergency", row.reason).decode()
        word = key.open("emergency", row.word).decode() if row.word is not None else ""
    except CannotOpen:
        reason, word = "The reason cannot be opened", ""
    return Emergency(
        row.id, row.person, row.from_at, row.until_at, casefile.id, title_of(keys, casefile), reason, row.looked_at, row.looked_by, word,
        row.person == person.id, access.holds(row.from_at, row.until_at, at),
    )  # fmt: skip
