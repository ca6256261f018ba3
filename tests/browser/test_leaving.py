"""A phone is lost, words are forgotten, two people share one phone: what goes, what stays, whose it is."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.lost_phone.situations import the_lost_phone_tells_nothing
from tests.browser.people import SENDING_MS, Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

FIRST, SECOND = "Quorvexil one: home safe by nine", "Quorvexil two: rang again at ten"
UNFINISHED = "Quorvexil three: the split is at hand height"


def begins_a_draft(worker: Keyworker, text: str) -> None:
    worker.opens_the_family("Tarnley")
    worker.begins_a_visit_note()
    worker.answers("What kind of visit was it?", "Home visit")
    worker.types("What did you see and hear?", text)
    worker.waits_for_the_draft_to_be_kept()


def has_two_notes_and_a_draft(ama: Keyworker) -> None:
    for line in (FIRST, SECOND):
        ama.opens_the_family("Tarnley")
        ama.writes_down_a_call(line)
        ama.is_at("Saved, waiting to send")
    begins_a_draft(ama, UNFINISHED)


def from_lost_phones(desk: Supervisor) -> Locator:
    return desk.page.locator("main").get_by_role("link", name="From a phone that was lost or is no longer used")


def test_forgotten_words_lose_nothing_two_notes_arrive_and_the_draft_is_back(
    ama: Keyworker, server: Server, laptop: Phone
) -> None:
    # Given two notes that wait and a draft, without signal, on a phone that Ama locked
    server.kill()
    has_two_notes_and_a_draft(ama)
    ama.locks()
    forgotten = ama.words

    # When there is signal, and Ama has forgotten her words and sets the phone up again
    server.start()
    ama.sets_up_again_because_the_words_are_forgotten()
    assert ama.words != forgotten

    # Then the draft is back, with every word of it, and can be finished and sent
    ama.opens_the_family("Tarnley")
    expect(ama.page.get_by_role("link", name="Carry on with the visit note")).to_be_visible(timeout=SENDING_MS)
    ama.follows("Carry on with the visit note")
    ama.is_at("Visit note")
    expect(ama.question("What did you see and hear?").first).to_have_value(UNFINISHED)
    ama.writes_the_visit(UNFINISHED)
    ama.checks_and_sends()
    ama.is_at("Sent")

    # And the supervisor reads both notes and the finished one, under Ama's name
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    for line in (FIRST, SECOND):
        marian.reads(line)
    marian.opens_the_newest("Visit note")
    marian.reads(UNFINISHED)
    marian.reads(re.compile("Ama Lindqvist"))

    # And whoever finds the phone reads nothing of what lies there under either words
    ama.phone.switch_off()
    the_lost_phone_tells_nothing(ama.phone, ama, after="the words were forgotten", also=(" ".join(forgotten),))


def test_lost_phone_drops_its_families_the_next_time_it_is_in_touch_and_the_office_is_told(
    ama: Keyworker, server: Server, laptop: Phone
) -> None:
    # Given a phone with two notes that wait, a draft, and no signal
    server.kill()
    has_two_notes_and_a_draft(ama)
    ama.phone.switch_off()
    server.start()

    # When the administrator says that it is lost, then they are told that its removal is owed, and what was on it
    ade = Supervisor(laptop, server, "admin@harrowmere.example")
    ade.signs_in_as_administrator()
    ade.goes_to("Being sorted")
    ade.is_at("At the office, being sorted")
    before = from_lost_phones(ade).count()
    ade.opens_the_newest_phone_of("Ama Lindqvist")
    ade.says_of_the_phone("It is lost or stolen", "Left on the bus.")
    ade.was_told(re.compile("fetches nothing any more"))
    ade.page.get_by_role("link", name="What was on this phone").click()
    ade.is_at("What was on this phone")

    # And the next time the phone is in touch, although nobody unlocks it, it drops everything, says why, and goes on sending
    ama.phone.switch_on()
    ama.opens_the_app()
    ama.is_at("Set up this phone", timeout=SENDING_MS)
    expect(ama.page.get_by_text(re.compile("Your office ended the use of this phone")).first).to_be_visible()

    # And the office has it confirmed, and both notes are there to be sorted
    ade.page.reload()
    ade.reads(re.compile("The phone says removed; it was locked"))
    ade.goes_to("Being sorted")
    expect(from_lost_phones(ade)).to_have_count(before + 2)

    # And nothing can be read on it
    ama.phone.kill()
    the_lost_phone_tells_nothing(ama.phone, ama, after="it was marked lost")


def test_two_people_on_one_phone_see_nothing_of_each_other_and_each_note_is_under_its_author(
    ama: Keyworker, server: Server, laptop: Phone
) -> None:
    # Given Ama's phone, locked, with two notes and a draft that wait
    server.kill()
    has_two_notes_and_a_draft(ama)
    ama.locks()
    server.start()

    # When Reece joins it under the name he chose
    reece = Keyworker(ama.phone, server, "reece@harrowmere.example")
    reece.joins_this_phone("Reece O")

    # Then he sees nothing of hers: no family of hers, no note, no draft, no line of what she sent
    for word in ("Quorvexil", "Tarnley"):
        assert not reece.finds_in_the_page(word)
    reece.searches_for("Quorvexil")
    reece.sees(re.compile("No notes? found|Nothing found|no note", re.I))

    # And the office has both of hers under her name, although it was he who was there when they went
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    marian.reads(FIRST)
    marian.opens_the_newest("Call, text or message")
    marian.reads(re.compile("Ama Lindqvist"))

    # And the lock asks which of the two, by the names they chose, and opens for Ama what is hers
    reece.locks()
    for name in ("Ama", "Reece O"):
        expect(reece.page.get_by_role("radio", name=name, exact=True)).to_be_visible()
    ama.opens_the_app()
    reece.page.get_by_role("radio", name="Ama", exact=True).check()
    ama.unlocks()
    ama.opens_the_family("Tarnley")
    ama.follows("Carry on with the visit note")
    expect(ama.question("What did you see and hear?").first).to_have_value(UNFINISHED)

    # And whoever finds the phone can read neither's
    the_lost_phone_tells_nothing(ama.phone, ama, reece, after="a second person joined it")

    # When Ama's reading of the family ends, then it goes from her phone the next time that is in touch, and nothing of it can be read
    theirs = ama.page.get_by_role("link", name="Tarnley", exact=True)
    ama.page.get_by_role("link", name="fieldapp").click()
    expect(theirs).to_have_count(1)
    marian.ends_the_reading_of("Ama Lindqvist", "Tarnley", "The family moved away.")
    ama.sends_and_receives()
    ama.page.get_by_role("link", name="fieldapp").click()
    expect(theirs).to_have_count(0)
    the_lost_phone_tells_nothing(ama.phone, ama, reece, after="a family was taken away")

    # When her use of the phone is ended, then all of hers goes, Reece's stays, and nothing of either can be read
    marian.signs_out()
    ade = Supervisor(laptop, server, "admin@harrowmere.example")
    ade.signs_in_as_administrator()
    ade.opens_the_newest_phone_of("Ama Lindqvist")
    ade.ends_the_use_of_this_phone_by("Ama Lindqvist", "She has one of her own now.")
    ama.sends_and_receives_for_the_last_time()
    ama.sees(re.compile("Ama: Your office ended the use of this phone"))
    expect(ama.page.get_by_role("radio")).to_have_count(0)
    ama.phone.switch_off()
    the_lost_phone_tells_nothing(ama.phone, ama, reece, after="one person's use of it was ended")
