"""When a phone is searched: everything that can have happened to it before somebody finds it, and the story that searches after it.

`tests/house/test_lost_phone.py` holds the table to the stories: a situation without its search, or a search that went missing, fails.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from tests.browser.lost_phone import find, needles
from tests.browser.people import CODE, PASSWORD, Keyworker
from tests.browser.phone import Phone

Situation = Literal[
    "a whole day, and the battery died",
    "the screen was hidden",
    "it was locked",
    "a note was written without unlocking",
    "a second person joined it",
    "the words were forgotten",
    "a family was taken away",
    "it was marked lost",
    "one person's use of it was ended",
    "a newer version came",
    "there was no room",
]
SITUATIONS: tuple[Situation, ...] = get_args(Situation)

SEARCHED: dict[Situation, str] = {
    "a whole day, and the battery died": "test_nothing_can_be_read_on_a_lost_phone_or_in_the_offices_database",
    "the screen was hidden": "test_nothing_can_be_read_on_a_phone_that_was_hidden_then_locked_and_then_written_on",
    "it was locked": "test_nothing_can_be_read_on_a_phone_that_was_hidden_then_locked_and_then_written_on",
    "a note was written without unlocking": "test_nothing_can_be_read_on_a_phone_that_was_hidden_then_locked_and_then_written_on",
    "a second person joined it": "test_two_people_on_one_phone_see_nothing_of_each_other_and_each_note_is_under_its_author",
    "the words were forgotten": "test_forgotten_words_lose_nothing_two_notes_arrive_and_the_draft_is_back",
    "a family was taken away": "test_two_people_on_one_phone_see_nothing_of_each_other_and_each_note_is_under_its_author",
    "it was marked lost": "test_lost_phone_drops_its_families_the_next_time_it_is_in_touch_and_the_office_is_told",
    "one person's use of it was ended": "test_two_people_on_one_phone_see_nothing_of_each_other_and_each_note_is_under_its_author",
    "a newer version came": "test_newer_version_waits_for_a_tap_and_drafts_stay",
    "there was no room": "test_full_phone_says_so_and_the_same_note_is_sent_when_there_is_room",
}
"""Which story searches after which."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d")

FAMILY = ("Tarnley", "Kayleigh")
"""A family that every keyworker of the stories reads, and a child in it."""
NAMES = (*FAMILY, "Lindqvist")
"""Theirs, and the keyworker's."""

LIES_OPEN = "office_seen"
"""The name under which every phone that ever heard of its office keeps when that was: open, for no word of it is anybody's."""


def secrets(*people: Keyworker) -> list[str]:
    """Everything these people ever typed on a phone, which is their names, notes, drafts, searches, passwords, codes and unlock words.

    Not days, nor what is too short to be told from chance: fewer letters than a canary needs, and fewer figures than a code has.
    """
    typed = {text.strip() for one in people for text in (*one.typed, " ".join(one.words))}
    return sorted(text for text in typed if needles.is_code(text) or (len(text) >= needles.SHORTEST and not _DAY.fullmatch(text)))


def the_lost_phone_tells_nothing(phone: Phone, *people: Keyworker, after: Situation, also: tuple[str, ...] = ()) -> None:
    """Searches every byte of the phone for all that these people typed on it, for names it showed, and for `also`.

    Call it on a phone that was closed, which makes the browser write down at once whatever it remembers; or that rested and died;
    or while it is on, as somebody copies it.
    """
    assert after in SITUATIONS
    words = [*secrets(*people), *NAMES, *also]
    assert len(words) > len(NAMES)
    # Where a longer one lies, the shorter one in it lies as well.
    fewer = [word for word in words if not any(other != word and other in word for other in words)]
    hits = find(phone.folder, [*fewer, LIES_OPEN])
    told = "\n".join(str(hit) for hit in hits if hit.word != LIES_OPEN)
    assert told == "", f"after {after}:\n{told}"
    # A search that does not find what lies open in the phone's store looked in the wrong place, or at nothing.
    assert any("IndexedDB" in hit.file for hit in hits), after


def the_desk_tells_nothing(laptop: Phone, *told: str, visited: str) -> None:
    """Searches every byte of a laptop on which somebody signed out, and which was closed, for what they read or typed there, for the names in it,
    and for password and code. `visited`: the address of a page that was open there. Browsers remember those, so that a search which does not
    find it looked in the wrong place.
    """
    assert told
    hits = "\n".join(map(str, find(laptop.folder, [*told, *NAMES, PASSWORD, CODE])))
    assert hits == ""
    assert find(laptop.folder, [visited])
