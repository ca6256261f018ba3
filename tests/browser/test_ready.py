"""Is this phone ready? The phone says what to change before somebody relies on it, also without signal and before set-up."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.people import Keyworker
from tests.browser.phone import Phone
from tests.browser.server import Server

AT_RISK = re.compile("Notes that wait to be sent are not safe here for long")
FORGETS = re.compile("a private window forgets all of it when it is closed")
REFUSES = "navigator.storage.persist = async () => false;"
ON_THE_HOME_SCREEN = "Object.defineProperty(navigator, 'standalone', { value: true });"


def test_storage_that_the_browser_does_not_promise_to_keep_is_told_until_it_does(server: Server, phone: Phone) -> None:
    # Given a browser that refuses to promise anything, and a phone without signal
    phone.page.add_init_script(REFUSES)
    ama = Keyworker(phone, server)
    ama.sets_up_the_phone()
    server.kill()

    # When Ama looks whether the phone is ready, then it says that what waits is not safe, and what to do
    ama.checks_the_phone()
    ama.sees(AT_RISK)
    ama.is_told_of("Keeping notes", "To change: Keeping notes")
    ama.is_told_of("Keeping notes", re.compile("it may clear it when space runs out"))

    # And when she asks the browser, then it refuses and the page still says so
    ama.presses("Ask the browser to keep it")
    ama.is_told_of("Keeping notes", "To change: Keeping notes")

    # And when she writes all the same, then it is said where the note waits
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call("Home safe by nine")
    ama.is_at("Saved, waiting to send")
    ama.sees(FORGETS)
    ama.follows(re.compile("1 kept on this phone"))
    ama.is_at("Sending")
    ama.sees(FORGETS)

    # When the browser promises it, then the line is in order, without signal, and nothing warns any more
    phone.restart()
    phone.promises_to_keep_what_is_stored(server.origin)
    ama.opens_the_app()
    ama.unlocks()
    ama.checks_the_phone()
    ama.is_told_of("Keeping notes", "In order: Keeping notes")
    expect(ama.page.get_by_text(AT_RISK)).to_have_count(0)
    ama.follows(re.compile("1 kept on this phone"))
    ama.is_at("Sending")
    expect(ama.page.get_by_text(FORGETS)).to_have_count(0)


def test_iphone_outside_the_home_screen_is_told_that_unsent_work_is_not_safe(server: Server, phone: Phone) -> None:
    # Given an iPhone on which the app is open in Safari
    phone.is_an_iphone()
    ama = Keyworker(phone, server)

    # When Ama begins to set it up, then it says so before anything is written, and shows the way
    ama.opens_the_app()
    ama.is_at("Set up this phone")
    ama.sees(re.compile("only safe when the app is on the home screen"))
    ama.follows("Is this phone ready?")
    ama.is_at("Is this phone ready?")
    ama.sees(AT_RISK)
    ama.is_told_of("Home screen", re.compile("may clear them after seven days"))
    ama.is_told_of("Home screen", "Choose “Add to Home Screen”.")
    ama.is_told_of("Contact with your office", "There has been none yet.")

    # And when she has set it up there all the same, then it says so again
    ama.follows("Back")
    ama.sets_up_the_phone()
    ama.checks_the_phone()
    ama.is_told_of("Home screen", "To change: Home screen")
    ama.is_told_of("Contact with your office", "In order: Contact with your office")
    ama.is_told_of("Clock", "It agrees with your office’s.")

    # When the app is opened from the home screen, then it is in order
    phone.page.add_init_script(ON_THE_HOME_SCREEN)
    phone.page.reload()
    ama.is_at("Is this phone ready?")
    ama.is_told_of("Home screen", "The app is on your home screen.")


def test_private_window_is_told_that_it_forgets_and_it_does(server: Server, new_phone: NewPhone) -> None:
    # Given a phone on which the app is opened in a private window, which no browser of this kind lets a page see
    phone = new_phone(private=True)
    phone.switch_on()
    ama = Keyworker(phone, server)
    ama.sets_up_the_phone()

    # When Ama looks whether it is ready, then it says that it cannot know, that nothing unsent is safe, and what to do
    ama.checks_the_phone()
    ama.sees(AT_RISK)
    ama.is_told_of("Ordinary window", re.compile("Browsers hide whether a window is private"))
    ama.is_told_of("Keeping notes", FORGETS)

    # And when a note waits, then it says so there
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call("Home safe by nine")
    ama.sees(FORGETS)

    # When the window is closed, then it has forgotten everything, as it was said
    phone.restart()
    server.start()
    ama.opens_the_app()
    ama.is_at("Set up this phone")


def test_browser_that_refuses_what_private_windows_refuse_is_told_to_use_another(server: Server, phone: Phone) -> None:
    # Given a browser that keeps no files, as some do in private windows and inside other apps
    phone.page.add_init_script(
        "StorageManager.prototype.getDirectory = async () => { throw new DOMException('', 'SecurityError'); };"
    )
    ama = Keyworker(phone, server)
    ama.opens_the_app()
    ama.follows("Is this phone ready?")
    ama.sees(AT_RISK)
    ama.is_told_of("Ordinary window", re.compile("Open the app in the phone’s ordinary browser"))
