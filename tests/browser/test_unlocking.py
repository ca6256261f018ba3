"""Opening a phone: the phone's own lock first where it has one, the unlock words always, and neither touches what lies there."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.people import OWN_LOCK, Keyworker
from tests.browser.phone import Phone
from tests.browser.server import Server


def test_one_touch_opens_the_notes_without_signal_when_the_phone_was_set_up_so(phone: Phone, server: Server) -> None:
    # Given a phone with a lock of its own, and Ama who takes it when it is offered at the end of set-up
    phone.has_its_own_lock()
    ama = Keyworker(phone, server)
    ama.sets_up_to_the_end()
    ama.presses(OWN_LOCK)
    ama.sees("This phone’s own lock opens your notes now")
    ama.presses("Open my families")
    ama.is_at("My families")

    # When she locks it, where there is no signal and the office is gone
    server.kill()
    ama.locks()

    # Then one touch opens it, and the button for that stands first
    buttons = ama.page.locator("main").get_by_role("button").all_inner_texts()
    assert buttons[0] == OWN_LOCK
    ama.touches_the_phones_own_lock()
    ama.opens_the_family("Tarnley")

    # And so do the words
    ama.locks()
    ama.unlocks()

    # And what the phone lists names nobody
    (listed,) = phone.passkeys()
    assert {listed.get("userName"), listed.get("userDisplayName")} <= {None, "fieldapp"}


def test_words_open_the_notes_when_the_passkey_was_removed_from_the_phone(ama: Keyworker) -> None:
    # Given notes that one touch opens
    ama.phone.has_its_own_lock()
    ama.lets_the_phones_own_lock_open_it()
    ama.locks()

    # When somebody takes the passkey off the phone's list
    ama.phone.forgets_its_passkeys()
    ama.presses(OWN_LOCK)

    # Then the phone says what to do, and the words on the same screen open it
    ama.sees("This phone’s own lock did not open them")
    ama.sees("use your unlock words: they always work")
    ama.unlocks()
    ama.opens_the_family("Tarnley")

    # And turned off and on in the settings one touch opens it again
    ama.goes_to_the_settings()
    ama.presses("Stop opening with this phone’s own lock")
    expect(ama.page.get_by_label("Your unlock words now")).to_be_visible()
    ama.lets_the_phones_own_lock_open_it()
    ama.locks()
    ama.touches_the_phones_own_lock()


def test_somebody_elses_finger_opens_nothing(ama: Keyworker) -> None:
    ama.phone.has_its_own_lock()
    ama.lets_the_phones_own_lock_open_it()
    ama.locks()
    ama.phone.does_not_know_the_finger()
    ama.presses(OWN_LOCK)
    ama.sees("This phone’s own lock did not open them")
    ama.is_at("Unlock this phone")


def test_phone_whose_lock_cannot_open_notes_says_so_and_keeps_the_words(ama: Keyworker) -> None:
    # Given a phone with an older lock, which knows a finger and answers nothing that could open notes
    ama.phone.has_its_own_lock(answers=False)

    # When Ama tries to turn it on
    ama.goes_to_the_settings()
    ama.page.get_by_label("Your unlock words now").fill(" ".join(ama.words))
    ama.presses(OWN_LOCK)

    # Then it says so, and the words open the phone as before, with no button for what does not work
    ama.sees("This phone’s own lock cannot open notes")
    ama.locks()
    expect(ama.page.get_by_role("button", name=OWN_LOCK)).to_have_count(0)
    ama.unlocks()


def test_nothing_is_made_when_the_words_are_wrong(ama: Keyworker) -> None:
    ama.phone.has_its_own_lock()
    ama.goes_to_the_settings()
    ama.page.get_by_label("Your unlock words now").fill("not these at all")
    ama.presses(OWN_LOCK)
    ama.sees("Those are not the unlock words")
    assert ama.phone.passkeys() == []


def test_phone_opens_with_new_words_only_when_they_were_changed(ama: Keyworker) -> None:
    # Given a draft that lies unsent
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.answers("What kind of visit was it?", "Home visit")
    ama.types("What did you see and hear?", "Half a sentence")
    ama.waits_for_the_draft_to_be_kept()

    # When Ama changes her words
    old = list(ama.words)
    ama.changes_her_words()
    assert ama.words != old

    # Then the old ones open nothing, over a restart, and the new ones all that lay there
    ama.restarts_the_phone()
    ama.is_at("Unlock this phone")
    ama.page.get_by_label("Your unlock words").fill(" ".join(old))
    ama.presses("Unlock")
    ama.sees("Those are not the unlock words")
    ama.unlocks()
    ama.opens_the_family("Tarnley")
    ama.follows("Carry on with the visit note")
    expect(ama.question("What did you see and hear?")).to_have_value("Half a sentence")


def test_whoever_forgot_the_words_takes_new_ones_with_one_touch(ama: Keyworker) -> None:
    ama.phone.has_its_own_lock()
    ama.lets_the_phones_own_lock_open_it()
    ama.changes_her_words(with_the_phones_own_lock=True)
    ama.locks()
    ama.unlocks()
