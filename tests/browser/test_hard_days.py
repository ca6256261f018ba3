"""Days on which the phone, the network or the clock is against whoever writes: nothing is lost, and the screen says what is so."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.people import Keyworker
from tests.browser.server import Server

SEEN = "Two clean bottles drying. Luka pulled himself up on the sofa."
NO_ROOM = "This phone has no room left, so this was not saved"


def test_full_phone_says_so_and_the_same_note_is_sent_when_there_is_room(ama: Keyworker, server: Server) -> None:
    # Given a phone without any room, as its browser itself finds
    ama.phone.restart()
    ama.phone.has_no_room(server.origin)
    ama.opens_the_app()
    ama.unlocks()
    ama.opens_the_family("Tarnley")

    # When Ama types a visit note, then it says that it is not kept, why, and what to do
    ama.begins_a_visit_note()
    ama.writes_the_visit(SEEN)
    ama.sees("Not kept yet – see below")
    ama.sees(NO_ROOM)
    ama.sees("What you typed is still on this screen.")
    ama.sees(re.compile("Free some space on the phone"))

    # And when she sends it, then it says so again where she looks, and every word is still there
    ama.presses("Check and send")
    ama.is_at("Check before you send")
    ama.presses("Send")
    expect(ama.page.get_by_role("alert").filter(has_text=NO_ROOM)).to_be_focused()
    ama.sees(SEEN)

    # And when she looks something up meanwhile, then there is a way back to it
    ama.opens_the_family("Tarnley")
    ama.sees("Not kept yet: open it and try again")
    ama.follows("Carry on with the visit note")
    ama.is_at("Visit note")
    expect(ama.question("What did you see and hear?").first).to_have_value(SEEN)
    ama.sees("Not kept yet – see below")

    # When there is room again, then one tap keeps it, and the same note is saved and sent
    ama.phone.has_room_again(server.origin)
    ama.presses("Try again")
    ama.waits_for_the_draft_to_be_kept()
    ama.restarts_the_phone()
    ama.unlocks()
    ama.opens_the_family("Tarnley")
    ama.follows("Carry on with the visit note")
    ama.checks_and_sends()
    ama.is_at(re.compile("Saved, waiting to send|Sent"))
    ama.follows("See what I sent")
    ama.sees(SEEN)
