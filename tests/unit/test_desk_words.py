"""What the desk says of phones and of what waits: whole sentences from numbers and times."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fieldapp.web import words
from tests.house.test_words_on_screen import ours_in

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


def test_size_is_never_nought() -> None:
    assert (words.size(1), words.size(300_000)) == ("1 kB", "293 kB")


def test_our_own_words_stay_out_of_what_the_desk_says_of_what_waits() -> None:
    told = [text for one in words.WAITS_FOR.values() for text in (one.title, one.explained, one.next)]
    told += [*words.CLOSED.values(), *words.NOT_PLACEABLE.values(), *words.DEVICE_EXPLAINED.values(), *words.SORTED.values()]
    assert ours_in(told) == []
