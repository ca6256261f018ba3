"""May this person read or write this? Pure questions on plain facts; whoever is not let in by a rule here is not let in.

`ways` is the one rule; every other question is asked of what it answers. Times are text as on the wire, which sorts as it
reads. What beats what (docs/decisions/0020-who-may-read.md): who is kept out is out, whatever else holds; a restricted
casefile is for those named on it; losing access ends reading, never the arrival of what was written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Way = Literal["named", "team", "audit", "pod", "duty", "emergency", "phone"]
"""How somebody comes to read: named on it, supervisor of its team, auditor of its team, in a pod that shares it, on duty for
its team, or in an emergency. `phone` is a mark beside `team`: a phone of theirs holds what they read by their team anyway."""

READS_WHEN_NAMED = frozenset({"keyworker", "practitioner", "supervisor", "auditor"})
STANDS_IN = frozenset({"keyworker", "supervisor"})
"""Who may share a pod's families or be on duty. A partner agency's practitioner reads what they are named on and nothing by the way."""
WRITES = frozenset({"keyworker", "practitioner", "supervisor"})
OPENS = frozenset({"keyworker", "supervisor"})
PHONE_ROLES = frozenset({"keyworker", "practitioner", "supervisor"})
"""Whose phones are given anything. An auditor looks at the desk, where nothing stays behind; an administrator reads no family."""
EMERGENCY_LASTS = timedelta(hours=24)

_BY_RIGHT: frozenset[Way] = frozenset({"named", "team", "audit", "pod", "duty"})
WORKS_WITH: frozenset[Way] = frozenset({"named", "pod", "duty"})
"""A team and an audit are looked over, not worked with: at the desk, where nothing stays behind (docs/decisions/0037-what-a-phone-holds.md)."""
_CARRIED_BY: frozenset[Way] = WORKS_WITH | {"phone"}
_WRITES_BY: frozenset[Way] = frozenset({"named", "team", "pod", "duty"})
_ANSWERS_FOR: frozenset[Way] = frozenset({"named", "team"})


@dataclass(frozen=True, slots=True)
class Membership:
    """A part in a team, from (inclusive) until (exclusive, None: open). `on_duty`: a turn of duty, not a belonging."""

    team: str
    from_at: str
    until_at: str | None = None
    on_duty: bool = False


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
    """One person's leave on one casefile, from (inclusive) until (exclusive, None: open): or, `kept_out`, its contrary."""

    casefile: str
    person: str
    from_at: str
    until_at: str | None = None
    way: Literal["named", "pod", "emergency", "phone", "kept_out"] = "named"


def holds(from_at: str, until_at: str | None, at: str) -> bool:
    """Does a time from (inclusive) until (exclusive, None: open) hold `at`?"""
    return from_at <= at and (until_at is None or at < until_at)


def overlap(one: tuple[str, str | None], other: tuple[str, str | None]) -> tuple[str, str | None] | None:
    """The time two times have in common: who is in a pod shares a family for as long as the family is in it too."""
    from_at = max(one[0], other[0])
    ends = [end for end in (one[1], other[1]) if end is not None]
    until_at = min(ends, default=None)
    return None if until_at is not None and until_at <= from_at else (from_at, until_at)


def is_active(person: Reader, at: str) -> bool:
    """Is this account open?"""
    return holds(person.active_from, person.ended_at, at)


def has_phone(person: Reader, at: str) -> bool:
    """May a phone of theirs hold anything? Not what was set up in another role or before the account was closed: it has to give it up."""
    return is_active(person, at) and person.role in PHONE_ROLES


def ways(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str) -> frozenset[Way]:
    """Every way in which this person comes to this casefile now. None: for them it does not exist."""
    mine = [each for each in grants if each.person == person.id and each.casefile == casefile.id]
    now = [each for each in mine if holds(each.from_at, each.until_at, at)]
    if not is_active(person, at) or any(each.way == "kept_out" for each in now):
        return frozenset()
    found = frozenset(way for way in _ways(person, casefile, now, at) if _may_come(person, casefile, way))
    # The mark that a phone holds what its person reads by their team: without the team there is nothing that it could hold.
    return found if "team" in found else found - {"phone"}


def _ways(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str) -> Iterable[Way]:
    """The ways the facts offer, whether or not this sort of casefile and this role may take them."""
    for grant in grants:
        # An auditor's leave always has an end: one that was forgotten would be a second supervisor nobody knows of.
        if grant.way != "kept_out" and not (person.role == "auditor" and grant.until_at is None):
            yield grant.way
    for each in person.memberships:
        if casefile.team is None or each.team != casefile.team or not holds(each.from_at, each.until_at, at):
            continue
        if each.on_duty:
            yield "duty"
        elif person.role == "supervisor":
            yield "team"
        elif person.role == "auditor" and each.until_at is not None:
            yield "audit"


def _may_come(person: Reader, casefile: Scope, way: Way) -> bool:
    if way == "named":
        return person.role in READS_WHEN_NAMED
    # A practice casefile is one worker's own; a restricted one does not exist for those not named.
    if casefile.sort != "main" or casefile.practice:
        return False
    if way in {"pod", "duty"}:
        return person.role in STANDS_IN
    if way == "phone":
        return person.role in PHONE_ROLES
    return way != "emergency" or person.role == "supervisor"


def may_read(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str) -> bool:
    """May this person read all of this casefile, in lists and on boards?"""
    return bool(ways(person, casefile, grants, at) & _BY_RIGHT)


def may_carry(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str) -> bool:
    """May a phone of theirs hold this casefile? Only what its person works with: a lost phone gives away no more than that."""
    return has_phone(person, at) and bool(ways(person, casefile, grants, at) & _CARRIED_BY)


def may_look(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str) -> bool:
    """May this person open it at the desk? An emergency lets in there, to this one casefile, and reaches no list and no phone."""
    return bool(ways(person, casefile, grants, at))


def may_write(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str) -> bool:
    """May this person add entries to this casefile?"""
    return person.role in WRITES and bool(ways(person, casefile, grants, at) & _WRITES_BY)


def may_review(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str, authors: Collection[str]) -> bool:
    """May this person sign off or send back what `authors` wrote? Nobody reviews what they had a hand in, nor where they stand in."""
    return person.id not in authors and may_steer(person, casefile, grants, at)


def may_steer(person: Reader, casefile: Scope, grants: Iterable[Grant], at: str) -> bool:
    """May this person say who else reads it? Only a supervisor who answers for it: of its team, or named on it."""
    return person.role == "supervisor" and bool(ways(person, casefile, grants, at) & _ANSWERS_FOR)


def last_began(person: Reader, casefile: Scope, grants: Sequence[Grant], at: str) -> str | None:
    """When the newest leave began that this person has or had to read the casefile by right; None when there never was one.

    A phone that heard of an end before that moment has not heard of the end of this leave. A team and an audit count: whoever answers
    for a family may write about it from a phone that does not hold it, and phones held such families once.
    """
    began = []
    mine = [each for each in grants if each.person == person.id and each.casefile == casefile.id]
    for each in mine:
        # The mark on a phone too: who made it read it then, whatever team it or they are of now, and what they wrote meanwhile is not turned away.
        if each.way != "kept_out" and each.way != "emergency" and _may_come(person, casefile, each.way):
            began.append(each.from_at)
    for part in person.memberships:
        way: Way = "duty" if part.on_duty else "audit" if person.role == "auditor" else "team"
        is_wrong = way == "team" and person.role != "supervisor"
        if casefile.team is not None and part.team == casefile.team and not is_wrong and _may_come(person, casefile, way):
            began.append(part.from_at)
    return max((each for each in began if each <= at), default=None)


def could_once_read(person: Reader, casefile: Scope, grants: Sequence[Grant], at: str) -> bool:
    """Could this person read the casefile by right at any time until now? Then a phone of theirs may not have heard of the end."""
    return last_began(person, casefile, grants, at) is not None


def may_open(person: Reader, sort: str, readers: Iterable[Reader], at: str) -> bool:
    """May this person open a casefile of this sort, to be read by `readers` besides themselves?

    A restricted one always has two living readers, one of them a supervisor: nobody holds a family's secret alone.
    """
    if not is_active(person, at) or person.role not in OPENS:
        return False
    return sort == "main" or (sort == "restricted" and _are_enough((person, *readers), at))


def keeps_two_readers(casefile: Scope, readers: Mapping[str, Reader], grants: Sequence[Grant], at: str) -> bool:
    """Has this casefile, now and at every later moment the facts know of, two living readers, one of them a supervisor?

    True of any that is not restricted: its team's supervisors answer for it.
    """
    if casefile.sort != "restricted":
        return True
    turns = {at}
    turns |= {moment for each in grants for moment in (each.from_at, each.until_at) if moment is not None and moment > at}
    turns |= {each.ended_at for each in readers.values() if each.ended_at is not None and each.ended_at > at}
    return all(
        _are_enough([each for each in readers.values() if "named" in ways(each, casefile, grants, turn)], turn) for turn in turns
    )


def gives_more(role: str, teams: Collection[str], new_role: str, new_teams: Collection[str]) -> bool:
    """Would another role or team let this person read or do anything that they may not now? Then one administrator alone does not give it.

    Another team counts for every role: it says which supervisors answer for this person, and what they read once they get another role.
    """
    return not _powers(new_role) <= _powers(role) or not set(new_teams) <= set(teams)


def _powers(role: str) -> frozenset[str]:
    """What a role may be given, each as a word, so that two roles can be held against each other."""
    found = {
        "is named": role in READS_WHEN_NAMED,
        "stands in": role in STANDS_IN,
        "writes": role in WRITES,
        "opens": role in OPENS,
        "reads a team": role in {"supervisor", "auditor"},
        "answers for a team": role == "supervisor",
        "keeps accounts": role == "administrator",
    }
    return frozenset(power for power, has in found.items() if has)


def _are_enough(readers: Iterable[Reader], at: str) -> bool:
    living = {each.id: each for each in readers if is_active(each, at) and each.role in WRITES}
    return len(living) >= 2 and any(each.role == "supervisor" for each in living.values())
