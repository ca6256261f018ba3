"""What the desk says of phones and of what waits: whole sentences from numbers and times."""

from __future__ import annotations

import ast
from datetime import UTC, datetime

import pytest

from fieldapp.accounts import DONE_TO
from fieldapp.radar import STATUSES
from fieldapp.web import access_words, days, deed_words, words
from sync.view import ABSENT, Value
from tests.house.test_words_on_screen import ours_in
from tests.house.tools import ROOT

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("author", "carriers", "said"),
    [
        ("Ama", ["Ama"], "Ama"),
        ("Ama", [], "Ama"),
        ("Ama", ["Reece"], "Ama, carried by Reece’s phone"),
        ("", ["Ama", "Reece"], "Came from Ama and Reece’s phone"),
        ("", [], "Nobody knows whose"),
    ],
)
def test_sender_is_named_as_far_as_anybody_knows(author: str, carriers: list[str], said: str) -> None:
    assert words.sent_by(author, carriers) == said


def test_what_waits_on_a_phone_is_told_with_its_age_when_it_has_one() -> None:
    assert words.waiting_there(0, None, NOW) == "Nothing, when it was last heard from"
    assert words.waiting_there(1, "2026-11-20T08:00:00.000Z", NOW) == "1 item, the oldest since Fri 20 Nov, 08:00, 3 days ago"
    assert words.waiting_there(2, "2026-99-99T08:00:00.000Z", NOW) == "2 items"


def test_lost_notes_are_told_apart_from_what_is_safe() -> None:
    told = words.lost_notes("2026-11-23T08:00:00.000Z", 2, "2026-11-22T08:00:00.000Z", NOW)
    assert "What was sent is safe here" in told
    assert "2 items waited on it, the oldest since Sun 22 Nov, 08:00" in told
    assert "nothing waited on it" in words.lost_notes("2026-11-23T08:00:00.000Z", 0, None, NOW)


def test_warning_that_every_version_took_out_has_no_versions_to_go_by() -> None:
    dog, emptied, gone = Value("Dog in the yard", "a"), Value("", "b"), Value(ABSENT, "c")
    assert words.warnings_apart([emptied, gone]) == words.warnings_apart([dog]) == ""
    assert "In one of them it was taken out." in words.warnings_apart([dog, emptied])
    assert "taken out" not in words.warnings_apart([dog, Value("Machete", "d")])


def test_size_is_never_nought() -> None:
    assert (words.size(1), words.size(300_000)) == ("1 kB", "293 kB")


def test_our_own_words_stay_out_of_what_the_desk_says_of_what_waits() -> None:
    told = [text for one in words.WAITS_FOR.values() for text in (one.title, one.explained, one.next)]
    told += [*words.CLOSED.values(), *words.NOT_PLACEABLE.values(), *words.DEVICE_EXPLAINED.values(), *words.SORTED.values()]
    assert ours_in(told) == []


def test_our_own_words_stay_out_of_what_the_desk_says_of_who_may_read() -> None:
    told = [*access_words.WAYS.values(), *access_words.WHYS.values(), *access_words.CHANGES.values(), *access_words.DONE.values()]
    told += [*access_words.REFUSED.values(), access_words.must_hand_over(("Marian",)), access_words.must_hand_over(())]
    assert ours_in(told) == []


def test_whoever_ends_an_account_hears_whom_to_ask_and_not_what_needs_them() -> None:
    told = access_words.must_hand_over(("Marian Holt-Vane", "Jos Ferrow"))
    assert "Ask Marian Holt-Vane or Jos Ferrow" in told
    assert "private" not in told
    assert "a supervisor of their team" in access_words.must_hand_over(())


@pytest.mark.parametrize(
    ("day", "first", "after"),
    [
        ("2026-11-30", "2026-11-30T00:00:00.000Z", "2026-12-01T00:00:00.000Z"),
        ("2026-06-01", "2026-05-31T23:00:00.000Z", "2026-06-01T23:00:00.000Z"),
        ("2026-10-25", "2026-10-24T23:00:00.000Z", "2026-10-26T00:00:00.000Z"),
        ("2026-02-30", None, None),
        ("tomorrow", None, None),
        ("", None, None),
        ("9999-12-31", "9999-12-31T00:00:00.000Z", None),
    ],
)
def test_day_begins_and_is_over_by_the_clock_on_the_wall(day: str, first: str | None, after: str | None) -> None:
    assert days.first_moment(day) == first
    assert days.moment_after(day) == after


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-07-01T17:00", "2026-07-01T16:00:00.000Z"),
        ("2026-11-23T17:00", "2026-11-23T17:00:00.000Z"),
        ("2026-11-23", None),
        ("T", None),
    ],
)
def test_time_typed_is_the_clock_on_the_wall(typed: str, moment: str | None) -> None:
    assert days.at_time(typed) == moment


WRITES_DOWN = {"audit.add", "note", "_write_down", "_audit"}
"""What puts a row into the audit: the store's own door, and what some modules have before it."""
BESIDE = "epoch_file.note"
"""What notes beside the key file how far the audit has come, and writes nothing into it."""


def deeds_in(source: str) -> set[str]:
    """Every deed that this code writes down, as far as it is written there; of one that ends in a value, its beginning."""
    found: set[str] = set()
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        called = ast.unparse(call.func)
        if called.endswith(BESIDE) or not called.endswith(tuple(WRITES_DOWN)):
            continue
        for given in call.args:
            said = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
            said = [each.values[0] if isinstance(each, ast.JoinedStr) else each for each in said]
            found |= {each.value for each in said if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return found - {""}


def test_every_deed_has_words() -> None:
    written = {deed for file in (ROOT / "fieldapp").rglob("*.py") for deed in deeds_in(file.read_text())}
    assert len(written) > 60
    begins = tuple(deed_words.BEGINNINGS)
    assert {deed for deed in written if not (deed in deed_words.DEEDS or deed.startswith(begins) or deed == "device ")} == set()
    assert set(DONE_TO) | set(DONE_TO.values()) <= set(deed_words.DEEDS)
    assert {f"device {status}" for status in STATUSES} | set(words.DECISIONS) <= set(deed_words.DEEDS)
    assert ours_in([*deed_words.DEEDS.values(), *deed_words.BEGINNINGS.values()]) == []


def test_a_planted_deed_without_words_is_found() -> None:
    assert deeds_in("tx.audit.add(at, person, 'danced here' if x else 'sang there', casefile)") == {"danced here", "sang there"}
    assert deeds_in("_note(tx, keys, by, f'sang {n} times')") == {"sang "}
    assert deeds_in("here.epoch_file.note(here.store, 'duty')") == set()


def test_a_deed_of_an_earlier_release_is_told_as_it_was_kept() -> None:
    assert deed_words.deed("danced here", NOW) == "Danced here"
    assert deed_words.deed("database restored as of 2026-11-20", NOW) == "Put a backup back as of 2026-11-20"
    assert deed_words.deed("read on a phone on 2026-11-22", NOW) == f"Read on a phone on {words.on_text('2026-11-22', NOW)}"
