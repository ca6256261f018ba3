"""A note written in a hurry on a locked phone: kept at once, read at the office, made its author's own after unlocking."""

from __future__ import annotations

import re
import time

from playwright.sync_api import expect

from tests.browser.people import Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

TEXT = "He is at the door and she will not open."
CLOCK = re.compile(r"\d\d:\d\d \w+ \d+ \w+ \d{4} Tap to go on")
SECONDS = 15  # from opening the app, with a robot's fingers
TAPS = 4  # and one sentence: with a thumb no more than fifteen seconds
BEGUN = "He has gone round the back"
OTHER = "Somebody rang at the door and asked for Dawn."


def test_note_is_written_without_unlocking_read_at_the_office_and_confirmed_by_its_author(
    ama: Keyworker, server: Server, laptop: Phone
) -> None:
    # Given Ama's phone, locked, and slower than this machine
    ama.restarts_the_phone()
    ama.is_at("Unlock this phone")
    ama.phone.is_four_times_slower()
    began = time.monotonic()
    ama.page.reload()
    ama.is_at("Unlock this phone")

    # When she writes what cannot wait
    taps = ama.counts_taps(lambda: ama.writes_without_unlocking(TEXT, about="Dawn’s family"))
    assert taps <= TAPS
    assert time.monotonic() - began < SECONDS

    # Then nothing of it is left on the screen
    assert not ama.finds_in_the_page("at the door")
    assert not ama.finds_in_the_page("Dawn’s family")

    # And Marian reads it at the office, with what it proves
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_what_waits("Written before unlocking, not yet confirmed")
    marian.reads(TEXT)
    marian.reads("Dawn’s family")
    marian.reads("Nobody can vouch for who wrote this")

    # When Ama has unlocked the phone and begins a visit note of a family with it
    ama.unlocks()
    ama.sees("You wrote a note before unlocking")
    ama.follows("Read it and decide")
    ama.is_at("Written before unlocking")
    ama.sees(TEXT)
    ama.sees("The office has it")
    ama.presses("Go on in a visit note")
    ama.sees("Choose a family")
    ama.page.get_by_label("Whose record does it belong to?").select_option(label="Tarnley")
    ama.presses("Go on in a visit note")
    ama.is_at("Visit note")
    ama.answers("What kind of visit was it?", "Home visit")
    expect(ama.question("What did you see and hear?")).to_have_value(f"Dawn’s family\n\n{TEXT}")

    # But it did not happen, and what she saw and heard is asked no more
    ama.writes_the_visit_that_did_not_happen()
    ama.checks_and_sends()
    ama.is_at("Sent")

    # Then her note still waits for her word, and she makes it a call
    ama.follows("Read it and decide")
    ama.is_at("Written before unlocking")
    ama.page.get_by_label("Whose record does it belong to?").select_option(label="Tarnley")
    ama.presses("Go on in a call or message")
    expect(ama.question("More, if you need it")).to_have_value(f"Dawn’s family\n\n{TEXT}")
    ama.tells_of_the_call("She rang me")
    ama.is_at("Sent")

    # And then it waits for nobody any more
    ama.page.get_by_role("link", name="fieldapp").click()
    ama.is_at("My families")
    expect(ama.page.get_by_text("You wrote a note before unlocking")).to_have_count(0)
    laptop.page.goto(f"{server.origin}/desk/sorting")
    expect(laptop.page.get_by_text("Written before unlocking")).to_have_count(0)


def test_note_written_without_signal_waits_and_goes_while_the_phone_stays_locked(ama: Keyworker, server: Server) -> None:
    server.kill()
    ama.restarts_the_phone()
    ama.is_at("Unlock this phone")
    ama.writes_without_unlocking(TEXT)
    ama.sees("1 note is waiting on this phone")
    ama.follows("See what waits")
    ama.sees("Unlock this phone to see each one")
    ama.page.go_back()
    ama.unlocks()
    ama.follows(re.compile("1 kept on this phone"))
    ama.is_at("Sending")
    ama.sees("Saved, waiting to send")
    ama.follows("Written before unlocking")
    ama.sees("It waits on this phone to be sent")

    # And one that was put aside before it went is still counted, and nothing of it is named
    ama.locks()
    ama.writes_without_unlocking(OTHER)
    ama.unlocks()
    ama.follows("Read it and decide")
    ama.presses("Put it aside")
    ama.is_at(re.compile("My families"))
    ama.follows(re.compile("2 kept on this phone"))
    ama.is_at("Sending")
    ama.sees("1 more note is waiting that cannot be shown here")
    ama.page.get_by_role("link", name="fieldapp").click()
    ama.locks()

    server.start()
    ama.restarts_the_phone()
    ama.is_at("Unlock this phone")
    ama.unlocks()
    ama.follows("Read it and decide")
    ama.sees("The office has it", timeout=45_000)

    # And what is being typed on a locked phone is hidden by a tap, and when another app comes in front of it
    ama.locks()
    ama.begins_to_write_without_unlocking(OTHER)
    ama.presses("Hide screen")
    assert OTHER not in ama.seen_by_all()
    assert CLOCK.fullmatch(" ".join(ama.seen_by_all().split()))
    ama.taps_the_clock()
    expect(ama.page.get_by_label("What happened?")).to_have_value(OTHER)
    ama.looks_away()
    assert CLOCK.fullmatch(" ".join(ama.seen_by_all().split()))
    ama.looks_back()
    expect(ama.page.get_by_label("What happened?")).to_be_visible()
    ama.presses("Leave it")
    ama.unlocks()
    ama.follows("Read it and decide")

    # And what somebody else wrote on it is put aside, and stays at the office
    ama.presses("Put it aside")
    ama.is_at(re.compile("My families"))
    expect(ama.page.get_by_text("You wrote a note before unlocking")).to_have_count(0)

    # And what she had begun when she unlocked instead is kept as if she had kept it
    ama.locks()
    ama.begins_to_write_without_unlocking(BEGUN)
    ama.unlocks()
    ama.follows("Read it and decide")
    ama.sees(BEGUN)
