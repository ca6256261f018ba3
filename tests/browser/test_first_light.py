"""The whole main job, end to end, with the real parts: what is written in a home without signal is read at the office."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.lost_phone.situations import the_desk_tells_nothing
from tests.browser.people import SENDING_MS, Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

SEEN = "The hallway door has a fresh split at hand height. Kayleigh came in wearing a man’s black coat."
QUESTION = "Whose coat was it, and who was told?"
ADDED = "Kayleigh said it was a mate’s. I told Tamsin Quill by phone at 18:50."
THANKS = "Thank you. Clear and quick."
UNSENT = "Is the coat still at the flat?"


def test_note_written_without_signal_reaches_the_supervisor(server: Server, ama: Keyworker, laptop: Phone) -> None:
    # Given a phone that is set up, an office that is dead, and a browser that was restarted
    server.kill()
    ama.restarts_the_phone()

    # When Ama unlocks it and writes a visit note
    ama.unlocks()
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.writes_the_visit(SEEN)
    ama.checks_and_sends()

    # Then it says that it is saved and waits
    ama.is_at("Saved, waiting to send")
    ama.sees_the_note_is("Saved, waiting to send")

    # When the office comes back, then it is sent without a tap
    server.start()
    ama.is_at("Sent", timeout=SENDING_MS)
    ama.sees_the_note_is("Sent, the office has it")

    # And the supervisor reads it and sends it back with a question about one answer
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    marian.opens_the_newest("Visit note")
    marian.reads(SEEN)
    marian.asks_about("What did you see and hear?", QUESTION)

    # When the question has arrived, then Ama answers it with the office dead again
    ama.sends_and_receives()
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.opens_the_note(re.compile("Visit note"))
    ama.sees(QUESTION)
    ama.sees_the_note_is("Sent back with a question")
    ama.presses("Answer the question")
    ama.answers_an_addition("To answer a question", ADDED)
    ama.checks_and_sends()
    ama.is_at("Saved, waiting to send")

    # And once more it is sent without a tap
    server.start()
    ama.is_at("Sent", timeout=SENDING_MS)

    # And it is called added later, because nobody has read it
    ama.follows("See what I sent")
    expect(ama.page.locator("summary", has_text="added later")).to_have_count(1)

    # When the supervisor reads what was added, marked as such, and signs off
    marian.opens_the_family("Tarnley")
    marian.opens_the_newest("Visit note")
    marian.sees_added(ADDED)
    marian.signs_off(THANKS)

    # Then the phone says so
    ama.sends_and_receives()
    ama.opens_the_family("Tarnley")
    ama.opens_the_note(re.compile("Visit note"))
    ama.sees_the_note_is("Signed off")
    ama.sees(THANKS)
    expect(ama.page.locator("summary", has_text="Version 2")).not_to_contain_text("added later")

    # When the supervisor has typed what she does not send, and signed out, then the way back leads to nothing
    marian.opens_the_family("Tarnley")
    address = urlsplit(marian.page.url).path
    marian.opens_the_newest("Visit note")
    marian.types_without_sending(UNSENT)
    marian.signs_out()
    marian.page.go_back()
    marian.is_at("Sign in")

    # And whoever copies her laptop finds addresses on it, and nothing that she read or typed
    laptop.switch_off()
    the_desk_tells_nothing(laptop, SEEN[:47], QUESTION, ADDED[20:], THANKS, UNSENT, visited=address)
