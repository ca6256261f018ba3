"""Who may read, write, review and open: the whole table, so that a rule cannot widen unseen.

One row is one situation of one person and one casefile; its columns are what follows. `exists` is what lists and boards show;
`carry` is what a phone of theirs may hold; `look` is what the desk opens when somebody has the address.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fieldapp.access import (
    Grant,
    Membership,
    Reader,
    Scope,
    could_once_read,
    gives_more,
    holds,
    is_active,
    keeps_two_readers,
    last_began,
    may_carry,
    may_look,
    may_open,
    may_read,
    may_review,
    may_steer,
    may_write,
    overlap,
    ways,
)

PAST, BEFORE, AT, AFTER = (
    "2026-10-01T00:00:00.000Z",
    "2026-11-01T00:00:00.000Z",
    "2026-11-23T09:30:00.000Z",
    "2026-12-01T00:00:00.000Z",
)
ROLES = ("keyworker", "practitioner", "supervisor", "administrator", "auditor")

MAIN, PRIVATE, PRACTICE = Scope("c", "main", "team"), Scope("c", "restricted", "team"), Scope("c", "main", "team", True)
NOWHERE = Scope("c", "main", None)


def who(role: str, *parts: Membership, ended_at: str | None = None) -> Reader:
    return Reader("me", role, PAST, ended_at, parts)


def leave(way: str = "named", from_at: str = BEFORE, until_at: str | None = AFTER, **more: str) -> Grant:
    return replace(Grant("c", "me", from_at, until_at, way), **more)  # type: ignore[arg-type]


BELONGS, BELONGED = Membership("team", BEFORE, AFTER), Membership("team", PAST, AT)
FOREVER, ELSEWHERE = Membership("team", BEFORE), Membership("other", BEFORE, AFTER)
ON_DUTY, DUTY_OVER, DUTY_TO_COME = (
    Membership("team", BEFORE, AFTER, True),
    Membership("team", PAST, AT, True),
    Membership("team", AFTER, None, True),
)
NAMED, ENDED, TO_COME, OPEN = leave(), leave(until_at=AT), leave(from_at=AFTER, until_at=None), leave(until_at=None)
PHONE = leave("phone", until_at=None)
POD, EMERGENCY, OUT, OUT_NO_MORE = leave("pod"), leave("emergency"), leave("kept_out"), leave("kept_out", until_at=AT)
SOMEBODY_ELSES, OTHER_CASEFILE = leave(person="another"), leave(casefile="another")

Y, n = True, False
TABLE = {
    # situation                                           person                                      casefile  leaves      exists carry look write review
    "keyworker, named":                                   (who("keyworker"),                          MAIN,     [NAMED], Y, Y, Y, Y, n),
    "keyworker, named without an end":                    (who("keyworker"),                          MAIN,     [OPEN], Y, Y, Y, Y, n),
    "keyworker, assignment over":                         (who("keyworker"),                          MAIN,     [ENDED], n, n, n, n, n),
    "keyworker, assignment to come":                      (who("keyworker"),                          MAIN,     [TO_COME], n, n, n, n, n),
    "keyworker, named again after an end":                (who("keyworker"),                          MAIN,     [ENDED, NAMED], Y, Y, Y, Y, n),
    "keyworker, somebody else is named":                  (who("keyworker"),                          MAIN,     [SOMEBODY_ELSES], n, n, n, n, n),
    "keyworker, named on another family":                 (who("keyworker"),                          MAIN,     [OTHER_CASEFILE], n, n, n, n, n),
    "keyworker, only of the team":                        (who("keyworker", BELONGS),                 MAIN,     [], n, n, n, n, n),
    "keyworker, pod":                                     (who("keyworker"),                          MAIN,     [POD], Y, Y, Y, Y, n),
    "keyworker, pod, private section":                    (who("keyworker"),                          PRIVATE,  [POD], n, n, n, n, n),
    "keyworker, pod, practice family":                    (who("keyworker"),                          PRACTICE, [POD], n, n, n, n, n),
    "keyworker, on duty":                                 (who("keyworker", ON_DUTY),                 MAIN,     [], Y, Y, Y, Y, n),
    "keyworker, on duty, private section":                (who("keyworker", ON_DUTY),                 PRIVATE,  [], n, n, n, n, n),
    "keyworker, on duty, practice family":                (who("keyworker", ON_DUTY),                 PRACTICE, [], n, n, n, n, n),
    "keyworker, duty over":                               (who("keyworker", DUTY_OVER),               MAIN,     [], n, n, n, n, n),
    "keyworker, duty to come":                            (who("keyworker", DUTY_TO_COME),            MAIN,     [], n, n, n, n, n),
    "keyworker, on duty for a family of no team":         (who("keyworker", ON_DUTY),                 NOWHERE,  [], n, n, n, n, n),
    "keyworker, emergency is not for them":               (who("keyworker"),                          MAIN,     [EMERGENCY], n, n, n, n, n),
    "keyworker, named on a private section":              (who("keyworker"),                          PRIVATE,  [NAMED], Y, Y, Y, Y, n),
    "keyworker, named and kept out":                      (who("keyworker"),                          MAIN,     [NAMED, OUT], n, n, n, n, n),
    "keyworker of the other parent, named by mistake":    (who("keyworker"),                          PRIVATE,  [NAMED, OUT], n, n, n, n, n),
    "keyworker, on duty and kept out":                    (who("keyworker", ON_DUTY),                 MAIN,     [OUT], n, n, n, n, n),
    "keyworker, kept out no more":                        (who("keyworker"),                          MAIN,     [NAMED, OUT_NO_MORE], Y, Y, Y, Y, n),
    "keyworker, has left":                                (who("keyworker", ended_at=AT),             MAIN,     [NAMED], n, n, n, n, n),
    "keyworker, own practice family":                     (who("keyworker"),                          PRACTICE, [NAMED], Y, Y, Y, Y, n),
    "practitioner, named":                                (who("practitioner"),                       MAIN,     [NAMED], Y, Y, Y, Y, n),
    "practitioner, named on a private section":           (who("practitioner"),                       PRIVATE,  [NAMED], Y, Y, Y, Y, n),
    "practitioner, pod":                                  (who("practitioner"),                       MAIN,     [POD], n, n, n, n, n),
    "practitioner, on duty":                              (who("practitioner", ON_DUTY),              MAIN,     [], n, n, n, n, n),
    "practitioner, of the team":                          (who("practitioner", FOREVER),              MAIN,     [], n, n, n, n, n),
    "supervisor of the team":                             (who("supervisor", FOREVER),                MAIN,     [], Y, n, Y, Y, Y),
    "supervisor of the team, named as well":              (who("supervisor", FOREVER),                MAIN,     [NAMED],    Y, Y, Y, Y, Y),
    "supervisor of the team, named no more":              (who("supervisor", FOREVER),                MAIN,     [ENDED],    Y, n, Y, Y, Y),
    "supervisor of the team, pod":                        (who("supervisor", FOREVER),                MAIN,     [POD],      Y, Y, Y, Y, Y),
    "supervisor of the team, on their phone":             (who("supervisor", FOREVER),                MAIN,     [PHONE],    Y, Y, Y, Y, Y),
    "supervisor of the team, off their phone again":      (who("supervisor", FOREVER),                MAIN,     [leave("phone", until_at=AT)], Y, n, Y, Y, Y),
    "supervisor of the team, on another's phone":         (who("supervisor", FOREVER),                MAIN,     [leave("phone", person="another")], Y, n, Y, Y, Y),
    "supervisor of the team, on their phone, kept out":   (who("supervisor", FOREVER),                MAIN,     [PHONE, OUT], n, n, n, n, n),
    "supervisor of the team until now, on their phone":   (who("supervisor", BELONGED),               MAIN,     [PHONE], n, n, n, n, n),
    "supervisor of another team, on their phone":         (who("supervisor", ELSEWHERE),              MAIN,     [PHONE], n, n, n, n, n),
    "supervisor, on their phone, private section":        (who("supervisor", FOREVER),                PRIVATE,  [PHONE], n, n, n, n, n),
    "supervisor, on their phone, practice family":        (who("supervisor", FOREVER),                PRACTICE, [PHONE], n, n, n, n, n),
    "supervisor, on their phone, emergency":              (who("supervisor"),                         MAIN,     [PHONE, EMERGENCY], n, n, Y, n, n),
    "supervisor, on their phone, on duty elsewhere":      (who("supervisor", ELSEWHERE, ON_DUTY),     MAIN,     [PHONE], Y, Y, Y, Y, n),
    "keyworker of the team, on their phone":              (who("keyworker", FOREVER),                 MAIN,     [PHONE], n, n, n, n, n),
    "auditor of the team, on their phone":                (who("auditor", BELONGS),                   MAIN,     [leave("phone")], Y, n, Y, n, n),
    "administrator, on their phone":                      (who("administrator", BELONGS),             MAIN,     [PHONE], n, n, n, n, n),
    "supervisor of the team, duty over":                  (who("supervisor", FOREVER, DUTY_OVER),     MAIN,     [],         Y, n, Y, Y, Y),
    "supervisor of the team, private section":            (who("supervisor", FOREVER),                PRIVATE,  [], n, n, n, n, n),
    "supervisor of the team, practice family":            (who("supervisor", FOREVER),                PRACTICE, [], n, n, n, n, n),
    "supervisor of the team until now":                   (who("supervisor", BELONGED),               MAIN,     [], n, n, n, n, n),
    "supervisor of the team, kept out":                   (who("supervisor", FOREVER),                MAIN,     [OUT], n, n, n, n, n),
    "supervisor, family of no team":                      (who("supervisor", FOREVER),                NOWHERE,  [], n, n, n, n, n),
    "supervisor of another team":                         (who("supervisor", ELSEWHERE),              MAIN,     [], n, n, n, n, n),
    "supervisor of another team, named":                  (who("supervisor", ELSEWHERE),              MAIN,     [NAMED], Y, Y, Y, Y, Y),
    "supervisor, named on a private section":             (who("supervisor"),                         PRIVATE,  [NAMED], Y, Y, Y, Y, Y),
    "supervisor, pod":                                    (who("supervisor"),                         MAIN,     [POD], Y, Y, Y, Y, n),
    "supervisor of another team, on duty":                (who("supervisor", ELSEWHERE, ON_DUTY),     MAIN,     [], Y, Y, Y, Y, n),
    "supervisor of the team and on duty":                 (who("supervisor", FOREVER, ON_DUTY),       MAIN,     [], Y, Y, Y, Y, Y),
    "supervisor, emergency":                              (who("supervisor"),                         MAIN,     [EMERGENCY], n, n, Y, n, n),
    "supervisor, emergency over":                         (who("supervisor"),                         MAIN,     [leave("emergency", until_at=AT)], n, n, n, n, n),
    "supervisor, emergency and kept out":                 (who("supervisor"),                         MAIN,     [EMERGENCY, OUT], n, n, n, n, n),
    "supervisor, emergency never opens a private section": (who("supervisor"),                        PRIVATE,  [EMERGENCY], n, n, n, n, n),
    "supervisor, emergency never opens a practice family": (who("supervisor"),                        PRACTICE, [EMERGENCY], n, n, n, n, n),
    "supervisor, has left":                               (who("supervisor", FOREVER, ended_at=AT),   MAIN,     [NAMED], n, n, n, n, n),
    "administrator, of the team":                         (who("administrator", BELONGS),             MAIN,     [], n, n, n, n, n),
    "administrator, every leave there is":                (who("administrator", BELONGS, ON_DUTY),    MAIN,     [NAMED, POD, EMERGENCY], n, n, n, n, n),
    "administrator, named on a private section":          (who("administrator"),                      PRIVATE,  [NAMED], n, n, n, n, n),
    "auditor of the team until a day":                    (who("auditor", BELONGS),                   MAIN,     [], Y, n, Y, n, n),
    "auditor of the team, named until a day":             (who("auditor", BELONGS),                   MAIN,     [NAMED],    Y, n, Y, n, n),
    "auditor of the team, day gone by":                   (who("auditor", BELONGED),                  MAIN,     [], n, n, n, n, n),
    "auditor of the team, no day was said":               (who("auditor", FOREVER),                   MAIN,     [], n, n, n, n, n),
    "auditor of the team, private section":               (who("auditor", BELONGS),                   PRIVATE,  [], n, n, n, n, n),
    "auditor of another team":                            (who("auditor", ELSEWHERE),                 MAIN,     [], n, n, n, n, n),
    "auditor, named until a day":                         (who("auditor"),                            PRIVATE,  [NAMED], Y, n, Y, n, n),
    "auditor, named, no day was said":                    (who("auditor"),                            MAIN,     [OPEN], n, n, n, n, n),
    "auditor, pod, duty, emergency":                      (who("auditor", ON_DUTY),                   MAIN,     [POD, EMERGENCY], n, n, n, n, n),
    "auditor of the team, kept out":                      (who("auditor", BELONGS),                   MAIN,     [OUT], n, n, n, n, n),
}  # fmt: skip


@pytest.mark.parametrize("situation", TABLE)
def test_access_follows_the_table(situation: str) -> None:
    person, casefile, leaves, exists, carry, look, write, review = TABLE[situation]
    assert may_read(person, casefile, leaves, AT) is exists
    assert may_carry(person, casefile, leaves, AT) is carry
    assert may_look(person, casefile, leaves, AT) is look
    assert may_write(person, casefile, leaves, AT) is write
    assert may_review(person, casefile, leaves, AT, {"another"}) is review
    assert may_steer(person, casefile, leaves, AT) is review
    assert not may_review(person, casefile, leaves, AT, {"me"}), "nobody reviews what they had a hand in"


OPENING = {
    # who opens                       sort          with whom                                                        may
    "keyworker, main":               ("keyworker",  "main",       [],                                                 Y),
    "supervisor, main":              ("supervisor", "main",       [],                                                 Y),
    "practitioner, main":            ("practitioner", "main",     [],                                                 n),
    "administrator, main":           ("administrator", "main",    [],                                                 n),
    "auditor, main":                 ("auditor",    "main",       [],                                                 n),
    "keyworker, alone":              ("keyworker",  "restricted", [],                                                 n),
    "keyworker with themselves":     ("keyworker",  "restricted", [Reader("me", "keyworker", PAST)],                  n),
    "keyworker with a keyworker":    ("keyworker",  "restricted", [Reader("b", "keyworker", PAST)],                   n),
    "keyworker with a supervisor":   ("keyworker",  "restricted", [Reader("b", "supervisor", PAST)],                  Y),
    "keyworker with one who left":   ("keyworker",  "restricted", [Reader("b", "supervisor", PAST, AT)],              n),
    "keyworker with one to come":    ("keyworker",  "restricted", [Reader("b", "supervisor", AFTER)],                 n),
    "keyworker with an auditor":     ("keyworker",  "restricted", [Reader("b", "auditor", PAST)],                     n),
    "keyworker, administrator":      ("keyworker",  "restricted", [Reader("b", "administrator", PAST)],               n),
    "supervisor, alone":             ("supervisor", "restricted", [],                                                 n),
    "supervisor with a keyworker":   ("supervisor", "restricted", [Reader("b", "keyworker", PAST)],                   Y),
    "supervisor, practitioner":      ("supervisor", "restricted", [Reader("b", "practitioner", PAST)],                Y),
    "practitioner with both":        ("practitioner", "restricted", [Reader("b", "supervisor", PAST)],                n),
    "a sort that is none":           ("supervisor", "secret",     [Reader("b", "supervisor", PAST)],                  n),
}  # fmt: skip


@pytest.mark.parametrize("situation", OPENING)
def test_opening_follows_the_table(situation: str) -> None:
    role, sort, readers, may = OPENING[situation]
    assert may_open(who(role), sort, readers, AT) is may
    assert not may_open(who(role, ended_at=AT), sort, readers, AT)


MARIAN, JOS = Reader("marian", "supervisor", PAST), Reader("jos", "supervisor", PAST)
AMA, REECE = Reader("ama", "keyworker", PAST), Reader("reece", "keyworker", PAST)
SOON = "2026-11-30T00:00:00.000Z"


def on(person: Reader, until_at: str | None = None, from_at: str = BEFORE) -> Grant:
    return Grant("c", person.id, from_at, until_at)


def out(person: Reader, from_at: str = BEFORE) -> Grant:
    return Grant("c", person.id, from_at, None, "kept_out")


TWO_READERS = {
    # who is on it                                            leaves                                                 kept
    "a supervisor and a keyworker":                          ([on(MARIAN), on(AMA)],                                  Y),
    "two supervisors":                                       ([on(MARIAN), on(JOS)],                                  Y),
    "two keyworkers":                                        ([on(AMA), on(REECE)],                                   n),
    "one supervisor":                                        ([on(MARIAN)],                                           n),
    "nobody":                                                ([],                                                     n),
    "one of the two goes soon":                              ([on(MARIAN), on(AMA, SOON)],                            n),
    "one goes soon, another comes that moment":              ([on(MARIAN), on(AMA, SOON), on(REECE, from_at=SOON)],   Y),
    "one goes soon, another comes later":                    ([on(MARIAN), on(AMA, SOON), on(REECE, from_at=AFTER)],  n),
    "the only supervisor goes soon":                         ([on(MARIAN, SOON), on(AMA), on(REECE)],                 n),
    "one of the two is kept out":                            ([on(MARIAN), on(AMA), out(AMA)],                        n),
    "one of the two will be kept out":                       ([on(MARIAN), on(AMA), out(AMA, SOON)],                  n),
    "a third is kept out":                                   ([on(MARIAN), on(AMA), on(REECE), out(REECE)],           Y),
}  # fmt: skip


@pytest.mark.parametrize("situation", TWO_READERS)
def test_private_section_keeps_two_readers_at_every_moment_to_come(situation: str) -> None:
    leaves, kept = TWO_READERS[situation]
    people = {each.id: each for each in (MARIAN, JOS, AMA, REECE)}
    assert keeps_two_readers(PRIVATE, people, leaves, AT) is kept
    assert keeps_two_readers(MAIN, people, leaves, AT), "only private sections need two"


def test_a_reader_who_leaves_the_service_is_no_reader() -> None:
    people = {"marian": MARIAN, "ama": replace(AMA, ended_at=SOON)}
    assert not keeps_two_readers(PRIVATE, people, [on(MARIAN), on(AMA)], AT)


def test_who_once_could_read_may_not_have_heard_of_the_end() -> None:
    assert could_once_read(who("keyworker"), PRIVATE, [ENDED], AT)
    assert could_once_read(who("keyworker"), MAIN, [leave("pod", until_at=AT)], AT)
    assert could_once_read(who("keyworker", DUTY_OVER), MAIN, [], AT)
    assert could_once_read(who("keyworker"), MAIN, [NAMED, OUT], AT), "what was written before the wall went up still arrives"
    assert could_once_read(who("supervisor", BELONGED), MAIN, [], AT)
    assert not could_once_read(who("supervisor", BELONGED), PRIVATE, [], AT)
    assert could_once_read(who("keyworker"), MAIN, [leave("phone", until_at=AT)], AT), "who put it on their phone read it then"
    assert not could_once_read(who("supervisor"), PRIVATE, [PHONE], AT)
    assert not could_once_read(who("keyworker", FOREVER), MAIN, [SOMEBODY_ELSES, OTHER_CASEFILE], AT)
    assert not could_once_read(who("keyworker"), MAIN, [TO_COME], AT)
    assert not could_once_read(who("supervisor"), MAIN, [EMERGENCY], AT), "an emergency reaches no phone"


def test_the_newest_leave_is_what_a_phone_must_hear_the_end_of() -> None:
    assert last_began(who("keyworker", DUTY_OVER), MAIN, [leave(from_at=BEFORE, until_at=AT)], AT) == BEFORE
    assert last_began(who("keyworker", DUTY_TO_COME), MAIN, [], AT) is None


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (("1", None), ("2", None), ("2", None)),
        (("1", "3"), ("2", None), ("2", "3")),
        (("1", "3"), ("2", "4"), ("2", "3")),
        (("1", "2"), ("2", "3"), None),
    ],
)
def test_pod_is_shared_for_the_time_both_are_in_it(
    one: tuple[str, str | None], other: tuple[str, str | None], both: tuple[str, str | None] | None
) -> None:
    assert overlap(one, other) == overlap(other, one) == both


# The oracle: the same rules said another way, by somebody who had the design before them and not the code. It knows no function
# of `access`; it asks of every hour whether it is marked, where the code compares ends.

HOURS = [f"2026-11-{day:02}T00:00:00.000Z" for day in range(1, 8)]
hour = st.integers(0, len(HOURS) - 1)
spans = st.tuples(hour, st.none() | hour)


def marked(span: tuple[int, int | None]) -> set[int]:
    """The hours a span covers."""
    first, end = span
    return set(range(first, len(HOURS) if end is None else end))


def wire(span: tuple[int, int | None]) -> tuple[str, str | None]:
    return HOURS[span[0]], None if span[1] is None else HOURS[span[1]]


facts = st.fixed_dictionaries(
    {
        "role": st.sampled_from(ROLES),
        "account": spans,
        "parts": st.lists(st.tuples(st.sampled_from(["team", "other"]), spans, st.booleans()), max_size=3),
        "leaves": st.lists(
            st.tuples(
                st.sampled_from(["named", "pod", "emergency", "phone", "kept_out"]), spans, st.sampled_from(["me", "another"]), st.sampled_from(["c", "d"])
            ),
            max_size=4,
        ),
        "sort": st.sampled_from(["main", "restricted"]),
        "team": st.sampled_from(["team", "other", None]),
        "practice": st.booleans(),
        "now": hour,
    }
)  # fmt: skip


def oracle(told: dict) -> tuple[bool, bool, bool, bool, bool]:
    """(exists, carry, look, write, review) from marked hours."""
    now, role = told["now"], told["role"]
    if now not in marked(told["account"]) or role == "administrator":
        return (False,) * 5
    mine = [
        (way, span)
        for way, span, person, casefile in told["leaves"]
        if person == "me" and casefile == "c" and now in marked(span)
    ]
    if [way for way, _ in mine if way == "kept_out"]:
        return (False,) * 5
    shared = told["sort"] == "main" and not told["practice"]
    parts = [
        (duty, span)
        for team, span, duty in told["parts"]
        if told["team"] is not None and team == told["team"] and now in marked(span)
    ]
    if role == "auditor":
        named = any(way == "named" and span[1] is not None for way, span in mine)
        sees = named or (shared and any(not duty and span[1] is not None for duty, span in parts))
        return (sees, False, sees, False, False)
    named = any(way == "named" for way, _ in mine)
    if role == "practitioner":
        return (named,) * 4 + (False,)
    stands_in = shared and (any(way == "pod" for way, _ in mine) or any(duty for duty, _ in parts))
    if role == "keyworker":
        return (named or stands_in,) * 4 + (False,)
    answers = named or (shared and any(not duty for duty, _ in parts))
    reads = answers or stands_in
    looks = reads or (shared and any(way == "emergency" for way, _ in mine))
    on_phone = shared and any(not duty for duty, _ in parts) and any(way == "phone" for way, _ in mine)
    return (reads, named or stands_in or on_phone, looks, reads, answers)


MORE = {
    # what changes                              role now         teams now   role to be       teams to be   two people
    "keyworker to supervisor":                 ("keyworker",     ["team"],   "supervisor",    ["team"],     Y),
    "keyworker to auditor":                    ("keyworker",     ["team"],   "auditor",       ["team"],     Y),
    "keyworker to practitioner":               ("keyworker",     ["team"],   "practitioner",  [],           n),
    "keyworker to another team":               ("keyworker",     ["team"],   "keyworker",     ["other"],    Y),
    "keyworker of no team joins one":          ("keyworker",     [],         "keyworker",     ["team"],     Y),
    "practitioner to keyworker":               ("practitioner",  [],         "keyworker",     ["team"],     Y),
    "supervisor to keyworker":                 ("supervisor",    ["team"],   "keyworker",     ["team"],     n),
    "supervisor to auditor":                   ("supervisor",    ["team"],   "auditor",       ["team"],     n),
    "supervisor to another team":              ("supervisor",    ["team"],   "supervisor",    ["other"],    Y),
    "supervisor of two teams to one":          ("supervisor",    ["team", "other"], "supervisor", ["other"], n),
    "supervisor to keyworker of another team": ("supervisor",    ["team"],   "keyworker",     ["other"],    Y),
    "auditor to supervisor":                   ("auditor",       ["team"],   "supervisor",    ["team"],     Y),
    "auditor whose day has gone by, anew":     ("auditor",       [],         "auditor",       ["team"],     Y),
    "anybody to administrator":                ("supervisor",    ["team"],   "administrator", [],           Y),
    "administrator to keyworker":              ("administrator", [],         "keyworker",     ["team"],     Y),
    "administrator to auditor of no team":     ("administrator", [],         "auditor",       [],           Y),
}  # fmt: skip


@pytest.mark.parametrize("change", MORE)
def test_what_gives_more_takes_two(change: str) -> None:
    role, teams, new_role, new_teams, takes_two = MORE[change]
    assert gives_more(role, teams, new_role, new_teams) is takes_two


@given(facts, st.sampled_from(ROLES), st.sampled_from([(), ("team",), ("other",)]))
def test_law_nobody_reads_or_does_more_after_what_one_alone_may_change(told: dict, role: str, teams: tuple[str, ...]) -> None:
    start, end = wire(told["account"])
    before = Reader(
        "me", told["role"], start, end, tuple(Membership(team, *wire(span), duty) for team, span, duty in told["parts"])
    )
    at, duty = HOURS[told["now"]], tuple(each for each in before.memberships if each.on_duty)
    mine = [each.team for each in before.memberships if not each.on_duty and holds(each.from_at, each.until_at, at)]
    # An auditor whose part has no end reads nothing by it, and is given one anew with an end: no such part is ever made.
    assume(told["role"] != "auditor" or all(each.until_at is not None for each in before.memberships))
    parts = tuple(Membership(team, at, HOURS[-1] if role == "auditor" else None) for team in teams)
    after = replace(before, role=role, memberships=(*duty, *parts))
    if gives_more(before.role, mine, role, teams):
        return
    leaves = [Grant(casefile, name, *wire(span), way) for way, span, name, casefile in told["leaves"]]
    scope = Scope("c", told["sort"], told["team"], told["practice"])
    for may in (may_read, may_carry, may_look, may_write, may_steer):
        assert may(before, scope, leaves, at) or not may(after, scope, leaves, at)


@given(facts)
def test_law_the_rule_agrees_with_the_oracle_in_every_situation(told: dict) -> None:
    start, end = wire(told["account"])
    person = Reader(
        "me", told["role"], start, end, tuple(Membership(team, *wire(span), duty) for team, span, duty in told["parts"])
    )
    leaves = [Grant(casefile, name, *wire(span), way) for way, span, name, casefile in told["leaves"]]
    scope, at = Scope("c", told["sort"], told["team"], told["practice"]), HOURS[told["now"]]
    found = (
        may_read(person, scope, leaves, at), may_carry(person, scope, leaves, at), may_look(person, scope, leaves, at),
        may_write(person, scope, leaves, at), may_review(person, scope, leaves, at, ()),
    )  # fmt: skip
    assert found == oracle(told)


@given(facts, st.lists(spans, min_size=1, max_size=2))
def test_law_keeping_somebody_out_never_lets_them_in(told: dict, walls: list[tuple[int, int | None]]) -> None:
    with_walls = {**told, "leaves": [*told["leaves"], *(("kept_out", span, "me", "c") for span in walls)]}
    assert all(before or not after for before, after in zip(oracle(told), oracle(with_walls), strict=True))
    start, end = wire(told["account"])
    person = Reader(
        "me", told["role"], start, end, tuple(Membership(team, *wire(span), duty) for team, span, duty in told["parts"])
    )
    scope, at = Scope("c", told["sort"], told["team"], told["practice"]), HOURS[told["now"]]

    def come(by: dict) -> frozenset[str]:
        return ways(person, scope, [Grant(casefile, name, *wire(span), way) for way, span, name, casefile in by["leaves"]], at)

    assert come(with_walls) <= come(told)
    assert not come(told) or is_active(person, at)


@given(facts)
def test_law_whoever_reads_by_right_is_known_to_have_begun(told: dict) -> None:
    start, end = wire(told["account"])
    person = Reader(
        "me", told["role"], start, end, tuple(Membership(team, *wire(span), duty) for team, span, duty in told["parts"])
    )
    leaves = [Grant(casefile, name, *wire(span), way) for way, span, name, casefile in told["leaves"]]
    scope, at = Scope("c", told["sort"], told["team"], told["practice"]), HOURS[told["now"]]
    if may_read(person, scope, leaves, at):
        began = last_began(person, scope, leaves, at)
        assert began is not None
        assert began <= at
