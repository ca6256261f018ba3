"""What the office could not place by itself: a supervisor reads it and decides, and nothing vanishes."""

from __future__ import annotations

import re

from tests.browser.people import SENDING_MS, Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

LATE = "From a phone that was lost or is no longer used"


def test_supervisor_places_a_late_note_from_a_lost_phone(server: Server, laptop: Phone) -> None:
    # Given a note that came from Ama's old phone after it had been reported lost
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_what_waits(LATE)
    marian.reads("Ama Lindqvist")

    # When Marian reads it, rings Ama, and places it
    marian.reads(re.compile("Kayleigh made pancakes"))
    marian.decides("Place it", "Ama says it is hers: the driver handed the phone in.")

    # Then it stands in the family's record under Ama's name, and waits no more
    marian.was_told(re.compile("Placed"))
    marian.reads("Damaged on its way")
    marian.opens_the_family("Tarnley")
    marian.reads(re.compile("Kayleigh made pancakes"))


def test_supervisor_puts_damaged_bytes_away_and_takes_them_back(server: Server, laptop: Phone) -> None:
    # Given bytes that came damaged from Reece's phone, which nobody can open
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_what_waits("Damaged on its way")
    marian.reads("Nobody can place what cannot be opened.")

    # When Marian puts them away, first without saying why
    marian.decides("Put it away", "")
    marian.reads("Say why, in a sentence")
    marian.decides("Put it away", "Rang Reece: nothing of his is missing.")

    # Then they wait no more, are kept with her reason, and can be put back
    marian.was_told(re.compile("It is kept as it came"))
    marian.opens_what_waits("Damaged on its way")
    marian.reads(re.compile("Rang Reece: nothing of his is missing."))
    marian.page.get_by_role("button", name="Put it back").click()
    marian.was_told(re.compile("waits for a decision again"))


def test_note_from_a_lost_phone_is_back_on_it_when_it_was_found_and_the_note_placed(
    server: Server, ama: Keyworker, laptop: Phone
) -> None:
    # Given a visit note that waits on Ama's phone, which fell under the seat of her car and is reported lost
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.writes_the_visit("Two clean bottles drying.")
    ama.checks_and_sends()
    ama.is_at("Saved, waiting to send")
    ama.phone.switch_off()
    server.start()
    admin = Supervisor(laptop, server, "admin@harrowmere.example")
    admin.signs_in_as_administrator()
    admin.opens_the_newest_phone_of("Ama Lindqvist")
    admin.says_of_the_phone("It is lost or stolen", "Ama rang: it is gone.")
    admin.was_told(re.compile("fetches nothing any more"))

    # When it is switched on, sends what waited and drops its families, and is found and set up again
    ama.phone.switch_on()
    ama.opens_the_app()
    ama.is_at("Set up this phone", timeout=SENDING_MS)
    admin.says_of_the_phone("It is in use, and there is only one", "It lay under the seat.")
    admin.was_told(re.compile("may fetch again"))
    admin.signs_out()
    ama.sets_up_what_was_emptied()

    # When Marian reads it and places it
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_what_waits(LATE, newest=True)
    marian.reads("Two clean bottles drying.")
    marian.decides("Place it", "Ama had the phone all the time.")
    marian.was_told(re.compile("Placed"))

    # Then it is in the family's record on the phone, sent
    ama.sends_and_receives()
    ama.opens_the_family("Tarnley")
    ama.opens_the_note(re.compile("Visit note"))
    ama.sees_the_note_is("Sent, the office has it", timeout=SENDING_MS)
