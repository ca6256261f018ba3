"""Hiding the screen: a clock in a moment, nothing of the app, and the way back; and what hides and locks by itself."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.people import Keyworker
from tests.browser.phone import Phone
from tests.browser.server import Server

WORDS = "Kayleigh would not say where she had been"
# From the moment the finger came down to the second drawing after the clock stood there.
COVERED = """() => new Promise((told) => {
  addEventListener("click", ({ timeStamp }) => {
    const look = () => document.querySelector(".app-curtain")
      ? requestAnimationFrame(() => requestAnimationFrame(() => told(performance.now() - timeStamp)))
      : requestAnimationFrame(look);
    look();
  }, { capture: true, once: true });
})"""


def begins_to_write(ama: Keyworker) -> None:
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.answers("What kind of visit was it?", "Home visit")
    ama.types("What did you see and hear?", WORDS)


def test_screen_is_hidden_within_300_ms_of_a_tap_and_shows_nothing_but_the_time(ama: Keyworker) -> None:
    # Given a visit note in which Ama is writing
    begins_to_write(ama)

    # And a phone with a quarter of this machine's speed
    ama.phone.is_four_times_slower()

    # When she taps once; a machine that is busy with something else is slow now and then, the app is slow each time
    def hides() -> float:
        ama.page.evaluate(f"() => {{ window.covered = ({COVERED})(); }}")
        ama.presses("Hide screen")
        return float(ama.page.evaluate("() => window.covered"))

    took = hides()
    for _ in range(9):
        if took < 300:
            break
        ama.taps_the_clock()
        took = hides()

    # Then a clock covers everything at once, and nothing of the app can be seen, heard or reached with the keyboard
    assert took < 300, f"{took:.0f} ms"
    assert re.fullmatch(r"\d\d:\d\d \w+ \d+ \w+ \d{4} Tap to go on", " ".join(ama.seen_by_all().split()))
    for _ in range(4):
        ama.page.keyboard.press("Tab")
        assert ama.page.evaluate("() => document.activeElement.closest('.app-behind') === null")

    # And a tap brings it back as it was, with the words kept
    ama.taps_the_clock()
    expect(ama.question("What did you see and hear?")).to_have_value(WORDS)
    ama.sees("Draft kept")


def test_five_wrong_pins_lock_the_phone_and_the_draft_is_there(ama: Keyworker) -> None:
    # Given a PIN, and a hidden screen over a note that is being written
    ama.takes_a_pin("4821")
    begins_to_write(ama)
    ama.presses("Hide screen")

    # When somebody else tries
    ama.taps_the_clock()
    for left in ("4 tries are", "3 tries are", "2 tries are", "1 try is"):
        ama.tries_the_pin("0000")
        ama.sees(f"That is not the PIN. {left} left")
    ama.tries_the_pin("1111")

    # Then the phone is locked, and Ama finds her words when she has unlocked it
    ama.is_at("Unlock this phone")
    ama.unlocks_where_she_was()
    expect(ama.question("What did you see and hear?")).to_have_value(WORDS)

    # And the PIN she chose guards the screen as before
    ama.presses("Hide screen")
    ama.taps_the_clock()
    ama.tries_the_pin("4821")
    expect(ama.question("What did you see and hear?")).to_be_visible()


def test_pin_brings_the_screen_back_and_wrong_ones_before_it_are_forgotten(ama: Keyworker) -> None:
    ama.takes_a_pin("4821")
    for _ in range(2):
        ama.presses("Hide screen")
        ama.taps_the_clock()
        for _ in range(3):
            ama.tries_the_pin("0000")
        ama.tries_the_pin("4821")
        ama.is_at("Settings")


def test_one_touch_brings_the_screen_back_and_nobody_elses_does(ama: Keyworker) -> None:
    ama.phone.has_its_own_lock()
    ama.lets_the_phones_own_lock_open_it()
    ama.presses("Hide screen")
    ama.taps_the_clock()
    ama.is_at("Settings")

    ama.phone.does_not_know_the_finger()
    ama.presses("Hide screen")
    ama.taps_the_clock()
    ama.sees("That did not open it")
    ama.presses("Lock")
    ama.is_at("Unlock this phone")


def test_screen_hides_when_she_is_away_from_the_app_and_comes_back_by_itself_only_soon(phone: Phone, server: Server) -> None:
    # Given an open phone whose time the story tells
    phone.page.clock.install()
    ama = Keyworker(phone, server)
    ama.sets_up_the_phone()
    ama.takes_a_pin("4821")

    # When she looks at another app, a clock is all there is to photograph; and back within the half minute it is gone
    ama.looks_away()
    ama.sees("Tap to go on")
    phone.page.clock.run_for(5_000)
    ama.looks_back()
    expect(phone.page.get_by_text("Tap to go on")).to_have_count(0)
    ama.is_at("Settings")

    # When it was longer, the screen stays hidden
    ama.looks_away()
    phone.page.clock.run_for(31_000)
    ama.looks_back()
    ama.taps_the_clock()
    ama.tries_the_pin("4821")
    ama.is_at("Settings")


def test_phone_locks_by_itself_when_nobody_touched_it_and_keeps_the_draft(phone: Phone, server: Server) -> None:
    # Given a note that is being written, and nobody who touches the phone for a while, but not for ten minutes
    phone.page.clock.install()
    ama = Keyworker(phone, server)
    ama.sets_up_the_phone()
    begins_to_write(ama)
    phone.page.clock.run_for(9 * 60_000)
    expect(ama.question("What did you see and hear?")).to_be_visible()

    # When it is ten minutes
    phone.page.clock.run_for(70_000)

    # Then it is locked, and her words are there afterwards
    ama.is_at("Unlock this phone")
    ama.unlocks_where_she_was()
    expect(ama.question("What did you see and hear?")).to_have_value(WORDS)
