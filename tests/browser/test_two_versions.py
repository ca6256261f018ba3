"""Two versions of one thing: nobody's words win by a clock, and the worker who knows decides."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.people import Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

ASKED = "How to get in touch safely"


def writes_how_to_get_in_touch(worker: Keyworker, text: str) -> None:
    worker.opens_the_family("Tarnley")
    worker.opens_the_part("Family")
    worker.presses("Change these details")
    box = worker.page.get_by_label(ASKED).first
    box.press("ControlOrMeta+End")
    box.press_sequentially(text)
    worker.checks_and_sends()
    worker.is_at(re.compile("Saved, waiting to send|Sent"))


def test_two_versions_written_apart_are_put_together_by_the_worker(
    ama: Keyworker, new_phone: NewPhone, server: Server, laptop: Phone
) -> None:
    # Given Ama with a second phone, and no signal on either when she writes on both
    other = new_phone()
    other.switch_on()
    tablet = Keyworker(other, server)
    tablet.sets_up_the_phone()
    server.kill()
    writes_how_to_get_in_touch(ama, " Nan answers after six.")
    writes_how_to_get_in_touch(tablet, " Never ring on Sundays.")

    # When both have signal again
    server.start()
    for worker in (ama, tablet, ama):
        worker.sends_and_receives()

    # Then both versions are there, and nothing is chosen
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Family")
    ama.follows("See both versions")
    for words in ("Nan answers after six.", "Never ring on Sundays."):
        ama.sees(words)
    ama.presses("Choose between the two versions")
    expect(ama.page.get_by_label(ASKED).first).to_have_value("")

    # And she takes both together, mends them, and sends
    together = ama.page.locator(".app-two__both")
    expect(together).to_contain_text("Nan answers after six.")
    expect(together).to_contain_text("Never ring on Sundays.")
    together.get_by_role("button", name="Take both together").click()
    box = ama.page.get_by_label(ASKED).first
    box.press("ControlOrMeta+End")
    box.press_sequentially(" Both checked with Nan.")
    ama.checks_and_sends()
    ama.is_at(re.compile("Saved, waiting to send|Sent"))
    ama.sends_and_receives()

    # Then one version stands for everybody, and the office sees how it came about
    tablet.sends_and_receives()
    tablet.opens_the_family("Tarnley")
    tablet.opens_the_part("Family")
    for words in ("Nan answers after six.", "Never ring on Sundays.", "Both checked with Nan."):
        tablet.sees(words)
    expect(tablet.page.get_by_text("See both versions")).to_have_count(0)
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    marian.reads(re.compile("Both checked with Nan"))
