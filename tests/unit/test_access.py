"""Who may read, write, open and review: the whole table, so that a rule cannot widen unseen."""

from __future__ import annotations

import pytest

from fieldapp.access import Grant, Membership, Reader, Scope, could_once_read, may_open, may_read, may_review, may_write

AT = "2026-11-23T09:30:00.000Z"
BEFORE, AFTER = "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"
ROLES = ("keyworker", "practitioner", "supervisor", "administrator", "auditor")


def person(role: str, *, team: str | None = None, until_at: str | None = None, ended_at: str | None = None) -> Reader:
    memberships = (Membership(team, BEFORE, until_at),) if team else ()
    return Reader("someone", role, BEFORE, ended_at, memberships)


def casefile(sort: str = "main", *, practice: bool = False) -> Scope:
    return Scope("casefile", sort, "team", practice)


NAMED = [Grant("casefile", "someone", BEFORE)]
NOT = [Grant("casefile", "another", BEFORE), Grant("another", "someone", BEFORE)]

READS = {
    # (role, named, in the team): main, restricted, practice
    ("keyworker", True, False): (True, True, True),
    ("keyworker", False, True): (False, False, False),
    ("keyworker", False, False): (False, False, False),
    ("practitioner", True, False): (True, True, True),
    ("practitioner", False, True): (False, False, False),
    ("practitioner", False, False): (False, False, False),
    ("supervisor", True, False): (True, True, True),
    ("supervisor", False, True): (True, False, False),
    ("supervisor", False, False): (False, False, False),
    ("administrator", True, False): (False, False, False),
    ("administrator", False, True): (False, False, False),
    ("administrator", False, False): (False, False, False),
    ("auditor", True, False): (True, True, True),
    ("auditor", False, True): (True, False, False),
    ("auditor", False, False): (False, False, False),
}


@pytest.mark.parametrize(("who", "expected"), READS.items())
def test_reading_follows_the_table(who: tuple[str, bool, bool], expected: tuple[bool, bool, bool]) -> None:
    role, named, in_team = who
    reader = person(role, team="team" if in_team else "other team")
    grants = NAMED if named else NOT
    found = tuple(may_read(reader, each, grants, AT) for each in (casefile(), casefile("restricted"), casefile(practice=True)))
    assert found == expected
    may = tuple(may_write(reader, each, grants, AT) for each in (casefile(), casefile("restricted"), casefile(practice=True)))
    assert may == (expected if role in ("keyworker", "practitioner", "supervisor") else (False, False, False))


@pytest.mark.parametrize("role", ROLES)
def test_nobody_reads_who_has_left_or_not_begun(role: str) -> None:
    assert not may_read(person(role, team="team", ended_at=AT), casefile(), NAMED, AT)
    assert not may_read(Reader("someone", role, AFTER, None, (Membership("team", BEFORE),)), casefile(), NAMED, AT)


def test_grant_holds_from_its_beginning_until_just_before_its_end() -> None:
    reader = person("keyworker")
    assert may_read(reader, casefile(), [Grant("casefile", "someone", AT, AFTER)], AT)
    assert not may_read(reader, casefile(), [Grant("casefile", "someone", AFTER)], AT)
    assert not may_read(reader, casefile(), [Grant("casefile", "someone", BEFORE, AT)], AT)
    assert may_read(reader, casefile(), [Grant("casefile", "someone", BEFORE, BEFORE), Grant("casefile", "someone", AT)], AT)


def test_team_counts_while_membership_lasts() -> None:
    assert may_read(person("supervisor", team="team", until_at=AFTER), casefile(), [], AT)
    assert not may_read(person("supervisor", team="team", until_at=AT), casefile(), [], AT)
    assert not may_read(person("supervisor", team="team"), Scope("casefile", "main", None), [], AT)


def test_who_once_could_read_may_not_have_heard_of_the_end() -> None:
    ended = [Grant("casefile", "someone", BEFORE, BEFORE)]
    assert could_once_read(person("keyworker"), casefile("restricted"), ended, AT)
    assert could_once_read(person("supervisor", team="team", until_at=BEFORE), casefile(), [], AT)
    assert not could_once_read(person("supervisor", team="team", until_at=BEFORE), casefile("restricted"), [], AT)
    assert not could_once_read(person("keyworker", team="team"), casefile(), NOT, AT)
    assert not could_once_read(person("keyworker"), casefile(), [Grant("casefile", "someone", AFTER)], AT)


def test_nobody_reviews_what_they_had_a_hand_in() -> None:
    marian = person("supervisor", team="team")
    assert may_review(marian, casefile(), [], AT, {"another"})
    assert not may_review(marian, casefile(), [], AT, {"another", "someone"})
    assert not may_review(person("supervisor", team="other"), casefile(), [], AT, set())
    assert not any(may_review(person(role), casefile(), NAMED, AT, set()) for role in ROLES if role != "supervisor")


@pytest.mark.parametrize("role", ROLES)
def test_opening_is_for_keyworkers_and_supervisors(role: str) -> None:
    second = Reader("marian", "supervisor", BEFORE)
    for sort in ("main", "restricted"):
        assert may_open(person(role), sort, [second], AT) is (role in ("keyworker", "supervisor"))
    assert not may_open(person(role), "secret", [second], AT)
    assert not may_open(person(role, ended_at=BEFORE), "main", [second], AT)


def test_restricted_casefile_needs_two_living_readers_one_a_supervisor() -> None:
    ama = person("keyworker")
    assert not may_open(ama, "restricted", [], AT)
    assert not may_open(ama, "restricted", [ama], AT)
    assert not may_open(ama, "restricted", [Reader("reece", "keyworker", BEFORE)], AT)
    assert not may_open(ama, "restricted", [Reader("marian", "supervisor", BEFORE, BEFORE)], AT)
    assert not may_open(ama, "restricted", [Reader("orla", "auditor", BEFORE)], AT)
    assert may_open(ama, "restricted", [Reader("marian", "supervisor", BEFORE)], AT)
    assert not may_open(person("supervisor"), "restricted", [], AT)
    assert may_open(person("supervisor"), "restricted", [Reader("reece", "keyworker", BEFORE)], AT)
