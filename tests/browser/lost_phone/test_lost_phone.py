"""A phone is lost after a working day. Whoever finds it has every byte of it, and of the office's database too."""

from __future__ import annotations

import re

from playwright.sync_api import ConsoleMessage, Request

from tests.browser.lost_phone import find, memory, vault_keys
from tests.browser.lost_phone.situations import FAMILY, NAMES, secrets, the_lost_phone_tells_nothing
from tests.browser.people import Keyworker
from tests.browser.server import Server

STEM = "Quorvexil"  # every canary begins with it, so that one search finds them all and the rest names the field
OF_PRIVATE_SECTIONS = ("Darren Voss", "Ilford-Moss")  # one that she reads, and one that she is not named on
REST_MS = 31_000  # the browser writes what it writes within 20 to 30 seconds


class Canaries:
    """Gives a fresh word for every field."""

    def __init__(self) -> None:
        self.given = 0

    def __call__(self) -> str:
        self.given += 1
        return f"{STEM}{self.given:03}"


def works_a_whole_day(ama: Keyworker, word: Canaries) -> None:
    """Every screen on which something can be typed, every field of it, sent and unsent."""
    for name in ("Visit note", "Call or text"):
        ama.opens_the_family("Tarnley")
        ama.presses(name)
        ama.answers("Anything new or worrying?", "Yes")
        ama.fills_in_every_question(word)
        ama.waits_for_the_draft_to_be_kept()
        if name == "Visit note":
            ama.checks_and_sends()
        else:
            ama.presses("Save and send")
        ama.is_at(re.compile("Saved, waiting to send|Sent"))

    ama.opens_the_family("Tarnley")
    ama.presses("Goal ratings")
    goals = ama.page.locator("main section.app-goal")
    goals.first.locator("fieldset").first.get_by_label("6", exact=True).check()
    ama.puts_letter_by_letter(ama.page.get_by_label("What makes it that number?").first, word())
    ama.page.get_by_role("button", name=re.compile("^Save")).click()
    ama.is_at("Goals")

    for name in ("Missing from home", "Family plan", "New goal"):
        ama.opens_the_family("Tarnley")
        ama.page.locator("summary", has_text="More to write").click()
        ama.presses(name)
        ama.fills_in_every_question(word)
        ama.waits_for_the_draft_to_be_kept()  # left as a draft, as a day with interruptions leaves things

    ama.page.get_by_role("link", name="fieldapp").click()
    ama.searches_for(f"{STEM}001")
    ama.sees("1 note found on this phone")  # it is all there, and readable for her

    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()  # and one that is open on screen when the phone is lost
    ama.answers("What kind of visit was it?", "Home visit")
    ama.types("What did you see and hear?", word())
    ama.types("What do you make of it, and why?", word())


def test_nothing_can_be_read_on_a_lost_phone_or_in_the_offices_database(ama: Keyworker, server: Server) -> None:
    # Given everything the page says to the console and asks of the network, kept for later
    said: list[str] = []

    def hears(message: ConsoleMessage) -> None:
        said.append(message.text)

    def carries(request: Request) -> None:
        said.append(f"{request.url} {request.post_data_buffer or b''!r}")

    ama.page.on("console", hears)
    ama.page.on("request", carries)

    # When Ama has worked a whole day, the phone has rested, and is lost
    word = Canaries()
    works_a_whole_day(ama, word)
    assert word.given >= 40
    ama.page.wait_for_timeout(REST_MS)
    title = ama.page.title()
    ama.phone.kill()

    # Then nothing of it can be read on the phone: no note, no name, no word that was looked for, no key to it
    the_lost_phone_tells_nothing(ama.phone, ama, after="a whole day, and the battery died", also=(STEM, *OF_PRIVATE_SECTIONS))

    # Nor in the office's database, its logs and whatever lies beside them
    assert "\n".join(map(str, find(server.folder, [STEM, *FAMILY, " ".join(ama.words)]))) == ""

    # Nor was it said in a title, an address, the console or anything that went over the line
    assert [line for line in said if STEM in line or "Kayleigh" in line] == []
    assert title == "fieldapp"


def test_nothing_can_be_read_on_a_phone_that_was_hidden_then_locked_and_then_written_on(ama: Keyworker) -> None:
    # Given Ama's phone, which a touch opens, with a PIN, other unlock words than at first, and a note that she is writing
    pin = "7319402658"
    ama.phone.has_its_own_lock()
    ama.lets_the_phones_own_lock_open_it()
    ama.changes_her_words()
    ama.follows("Back")
    ama.takes_a_pin(pin)
    word = Canaries()
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.answers("What kind of visit was it?", "Home visit")
    ama.types("What did you see and hear?", word())
    behind_the_lock = vault_keys.of(ama.phone, ama.words)
    held = memory.of(ama.phone)
    assert [one.where for one in held] == ["the page", "the service worker", "the worker"]
    assert " in the texts of the page" in "".join(held[0].hits([STEM]))
    assert held[2].keys > 3
    assert len(held[2].hits(["Kayleigh", behind_the_lock["read token"]])) >= 2
    assert (
        held[2].hits([one for one in behind_the_lock.values() if isinstance(one, bytes)]) == []
    )  # open, she signs with a key that cannot be taken

    # When she hides the screen in mid-sentence and somebody copies the phone, and tries a PIN
    ama.types("What do you make of it, and why?", word())
    ama.presses("Hide screen")
    ama.taps_the_clock()
    ama.tries_the_pin(f"{STEM}0")
    ama.page.wait_for_timeout(REST_MS)
    the_lost_phone_tells_nothing(ama.phone, ama, after="the screen was hidden")

    # When she has locked it, then nothing of it can be read on the phone: no note, no name, no words of before or now, no PIN
    ama.presses("Lock")
    ama.is_at("Unlock this phone")
    the_lost_phone_tells_nothing(ama.phone, ama, after="it was locked")

    # Then no memory of the app holds any of it either, nor any key, nor what a key is worked out from
    for each in memory.of(ama.phone):
        assert each.hits([*secrets(ama), *NAMES, STEM, *behind_the_lock.values()]) == []
        assert each.keys == 0, each.where

    # When somebody writes a note without unlocking
    ama.writes_without_unlocking(word(), about=word())
    ama.phone.switch_off()

    # Then nothing of that can be read either
    the_lost_phone_tells_nothing(ama.phone, ama, after="a note was written without unlocking")
