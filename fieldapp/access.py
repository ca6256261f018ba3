"""May this person read or write this? Pure questions on plain facts; whoever is not let in by a rule here is not let in.

Keyworkers and practitioners read by assignment, supervisors their teams, auditors the teams they audit until a date,
administrators nothing. A restricted casefile is for those named on it, whatever their role. Times are text as on the
wire, which sorts as it reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

READS_BY_TEAM = frozenset({"supervisor", "auditor"})
READS_WHEN_NAMED = frozenset({"keyworker", "practitioner", "supervisor", "auditor"})
WRITES = frozenset({"keyworker", "practitioner", "supervisor"})
OPENS = frozenset({"keyworker", "supervisor"})


@dataclass(frozen=True, slots=True)
class Membership:
    """A part in a team, from (inclusive) until (exclusive, None: open)."""

    team: str
    from_at: str
    until_at: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """A person as far as access asks."""

    id: str
    role: str
    active_from: str
    ended_at: str | None = None
    memberships: tuple[Membership, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """A casefile as far as access asks."""

    id: str
    sort: str
    team: str | None
    practice: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """One person's leave to read one casefile, from (inclusive) until (exclusive, None: open)."""

    casefile: str
    person: str
    from_at: str
    until_at: str | None = None


def _holds(from_at: str, until_at: str | None, at: str) -> bool:
    return from_at <= at and (until_at is None or at < until_at)


def is_active(person: Reader, at: str) -> bool:
    """Is this account open?"""
    return _holds(person.active_from, person.ended_at, at)


def is_named(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str) -> bool:
    """Is this person named on the casefile now?"""
    return any(
        grant.person == person.id and grant.casefile == casefile.id and _holds(grant.from_at, grant.until_at, at)
        for grant in grants
    )


def could_once_read(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str) -> bool:
    """Could this person read the casefile at any time until now? Then a phone of theirs may not have heard of the end."""
    if any(grant.person == person.id and grant.casefile == casefile.id and grant.from_at <= at for grant in grants):
        return True
    if casefile.sort != "main" or casefile.practice or person.role not in READS_BY_TEAM:
        return False
    return any(casefile.team == each.team and each.from_at <= at for each in person.memberships)


def may_read(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str) -> bool:
    """May this person read all of this casefile?"""
    if not is_active(person, at) or person.role not in READS_WHEN_NAMED:
        return False
    if is_named(person, casefile, grants, at):
        return True
    # A practice casefile is one worker's own; a restricted one does not exist for those not named.
    if casefile.sort != "main" or casefile.practice or person.role not in READS_BY_TEAM:
        return False
    return any(casefile.team == each.team and _holds(each.from_at, each.until_at, at) for each in person.memberships)


def may_write(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str) -> bool:
    """May this person add entries to this casefile?"""
    return person.role in WRITES and may_read(person, casefile, grants, at)


def may_review(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str, authors: Collection[str]) -> bool:
    """May this person sign off or send back what `authors` wrote? Nobody reviews what they had a hand in."""
    return person.role == "supervisor" and person.id not in authors and may_read(person, casefile, grants, at)


def may_open(person: Reader, sort: str, readers: Iterable[Reader], at: str) -> bool:
    """May this person open a casefile of this sort, to be read by `readers` besides themselves?

    A restricted one always has two living readers, one of them a supervisor: nobody holds a family's secret alone.
    """
    if not is_active(person, at) or person.role not in OPENS:
        return False
    if sort == "main":
        return True
    living = {each.id: each for each in (person, *readers) if is_active(each, at) and each.role in WRITES}
    return sort == "restricted" and len(living) >= 2 and any(each.role == "supervisor" for each in living.values())
