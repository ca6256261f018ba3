"""Days on which the phone, the network or the clock is against whoever writes: nothing is lost, and the screen says what is so."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser.lost_phone.situations import the_lost_phone_tells_nothing
from tests.browser.people import Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.releases import Releases
from tests.browser.server import Server

SEEN = "Two clean bottles drying. Luka pulled himself up on the sofa."
TEN_YEARS_MS = 3_652 * 86_400_000
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

    # And when she reads it once more, and sends it, then it says so again where she looks, and every word is still there
    ama.presses("Check and send")
    ama.is_at("Check before you send")
    ama.sees(NO_ROOM)
    ama.sees("What you typed is still on this screen.")
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

    # And when a goal is rated meanwhile, then that is not kept either, and stands there when she comes back to it
    ama.opens_the_family("Tarnley")
    ama.presses("Goal ratings")
    eight = ama.page.get_by_label("8", exact=True).first
    eight.check()
    ama.sees("Not kept yet – see below")
    ama.opens_the_family("Tarnley")
    ama.presses("Goal ratings")
    expect(eight).to_be_checked()

    # And when she locks it, then it is locked, and every word is there when she has unlocked it
    ama.locks()
    ama.sees("Something typed here could not be kept yet. Do not close this page")
    assert not ama.finds_in_the_page(SEEN)
    ama.unlocks_where_she_was()
    ama.opens_the_family("Tarnley")
    ama.presses("Goal ratings")
    expect(eight).to_be_checked()
    ama.opens_the_family("Tarnley")
    ama.follows("Carry on with the visit note")
    expect(ama.question("What did you see and hear?").first).to_have_value(SEEN)
    ama.sees("Not kept yet – see below")

    # And when she would load the page anew, then the browser asks first
    asked: list[str] = []

    def stays(told: Dialog) -> None:
        asked.append(told.type)
        told.dismiss()

    ama.page.once("dialog", stays)
    with ama.page.expect_event("dialog"):
        ama.page.evaluate("() => { setTimeout(() => location.reload()); }")
    expect(ama.question("What did you see and hear?").first).to_have_value(SEEN)
    assert asked == ["beforeunload"]

    # And what stands on this screen alone went nowhere else because it could not be kept
    the_lost_phone_tells_nothing(ama.phone, ama, after="there was no room")

    # When there is room again, then a tap keeps it, and the same note is saved and sent
    ama.phone.has_room_again(server.origin)
    ama.presses("Try again")
    expect(ama.page.get_by_text("Not kept yet")).to_have_count(0)
    ama.opens_the_family("Tarnley")
    ama.presses("Goal ratings")
    expect(eight).to_be_checked()
    ama.waits_for_the_draft_to_be_kept()
    ama.restarts_the_phone()
    ama.unlocks()
    ama.opens_the_family("Tarnley")
    ama.follows("Carry on with the visit note")
    ama.checks_and_sends()
    ama.is_at(re.compile("Saved, waiting to send|Sent"))
    ama.follows("See what I sent")
    ama.sees(SEEN)
    ama.phone.switch_off()
    the_lost_phone_tells_nothing(ama.phone, ama, after="there was no room")


@pytest.mark.parametrize(("off", "said"), [(TEN_YEARS_MS, "10 years fast"), (-TEN_YEARS_MS, "10 years slow")])
def test_clock_that_is_ten_years_off_blocks_nothing(server: Server, phone: Phone, laptop: Phone, off: int, said: str) -> None:
    # Given a phone whose clock is wrong by ten years from its first day on
    Releases(server).runs_by_a_clock_that_is_off(off)
    ama = Keyworker(phone, server)
    ama.sets_up_the_phone()

    # Then it says so, and what that does to her notes
    ama.sees(re.compile(f"This phone’s clock is {said}. Nothing is lost or held back"))

    # When Ama writes a note, with the right day
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.writes_the_visit(SEEN)
    ama.checks_and_sends()

    # Then it is sent, and stands above what is older
    ama.is_at("Sent")
    ama.opens_the_family("Tarnley")
    expect(ama.page.locator(".app-row", has=ama.page.locator(".app-row__line")).first).to_contain_text(SEEN[:20])

    # And the supervisor reads it with the office's time and signs it off, and the phone says so
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    marian.opens_the_newest("Visit note")
    marian.reads(SEEN)
    marian.signs_off()
    ama.sends_and_receives()
    ama.opens_the_family("Tarnley")
    ama.opens_the_note(re.compile("Visit note"))
    ama.sees_the_note_is("Signed off")


def test_phone_whose_damaged_store_its_browser_threw_away_asks_to_be_set_up_and_the_board_says_that_it_lost_its_notes(
    ama: Keyworker, server: Server, laptop: Phone
) -> None:
    # Given a phone of some days, a note that waits on it, and a disk that was damaged when the battery was empty
    ama.restarts_the_phone()
    ama.unlocks()
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call("Home safe by nine")
    ama.is_at("Saved, waiting to send")
    ama.phone.kill()
    ama.phone.has_a_damaged_disk()

    # When Ama opens the app, then it does not hang on what is left, and she can go on
    server.start()
    ama.phone.switch_on()
    ama.opens_the_app()
    ama.sets_up_what_was_emptied()
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call("Home safe by nine, written again")
    ama.is_at("Sent")

    # And nobody at the office takes what was not sent for never written
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.reads("Ama Lindqvist’s phone: it lost its notes")


def test_worker_is_told_that_saving_goes_on_when_the_phone_is_slow_to_keep_it(ama: Keyworker) -> None:
    # Given a phone whose store is held up, while Ama writes down a call
    ama.opens_the_family("Tarnley")
    ama.presses("Call or text")
    ama.phone.has_a_store_that_is_held_up("items")

    # When she saves it, then she reads that it is being saved, and after some seconds to stay
    ama.tells_of_the_call("Home safe by nine")
    ama.is_told_that_it_is_being_saved()

    # And when the store goes on, it is saved as she wrote it
    ama.phone.has_a_store_that_goes_on()
    ama.is_at("Sent")

    # And so it is with what is kept before it is read once more and sent
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Family")
    ama.presses("Change these details")
    ama.types("Language at home", "English")
    ama.waits_for_the_draft_to_be_kept()
    ama.phone.has_a_store_that_is_held_up("drafts")
    ama.types("Language at home", ", and Welsh with Nan")
    ama.presses("Check and send")
    ama.is_told_that_it_is_being_saved()
    ama.phone.has_a_store_that_goes_on()
    ama.is_at("Check before you send")


def test_what_waits_is_sent_while_the_app_is_closed_and_shown_as_sent_after_unlocking(
    ama: Keyworker, server: Server, laptop: Phone
) -> None:
    # Given a note that waits, an app that was closed, and signal again
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call("Home safe by nine")
    ama.is_at("Saved, waiting to send")
    server.start()
    ama.phone.is_left_for(f"{server.origin}/healthz")

    # When the browser wakes it in the background, without a key
    ama.phone.wakes_the_app_in_the_background(server.origin)

    # Then the supervisor can read it, although nobody has opened the app
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    marian.reads("Home safe by nine")

    # And when Ama unlocks without signal, then her phone has believed the office's word and says so
    server.kill()
    ama.opens_the_app()
    ama.unlocks()
    ama.opens_the_family("Tarnley")
    ama.opens_the_note(re.compile("Call, text or message"))
    ama.sees_the_note_is("Sent, the office has it")


def test_whoever_wrote_on_a_record_that_the_phone_can_no_longer_read_is_told_so(ama: Keyworker, server: Server) -> None:
    # Given a change that is being written, and what it changes gone bad on the phone, where nothing can be fetched
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Family")
    ama.presses("Change these details")
    ama.types("Language at home", "English, and Welsh with Nan")
    ama.waits_for_the_draft_to_be_kept()
    server.kill()
    ama.has_bad_memory("pages")

    # When she goes on with it
    ama.opens_the_family("Tarnley")
    ama.follows("Carry on with the family details")

    # Then she reads what is the matter and what to do, and not that it is about to open
    ama.sees("This phone cannot read this note")
    ama.sees("Go where there is signal and try again in a few minutes")


def test_how_to_reach_each_of_a_family_is_read_also_where_the_phone_lost_its_forms(ama: Keyworker, server: Server) -> None:
    # Given a phone on which every form has gone bad, and no signal to fetch them by
    server.kill()
    ama.has_bad_memory("practice")
    ama.restarts_the_phone()
    ama.unlocks()

    # When Ama looks up the family
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Family")

    # Then all that is written of it is there, and why it looks bare
    ama.sees("This phone does not have the form that this was written in")
    ama.sees("Kayleigh prefers a text first")
    expect(ama.page.locator('[data-field="people"]')).to_contain_text("07700 900101")
