"""Two versions of one thing: nobody's words win by a clock, and the worker who knows decides."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

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


def version(worker: Keyworker, text: str) -> Locator:
    """One of the cards beside each other; what is put together from both is none."""
    return worker.page.locator(".app-two__one:not(.app-two__both)", has_text=text)


def sees_who_wrote_what_and_when(worker: Keyworker, *texts: str) -> None:
    for text in texts:
        by = version(worker, text).locator(".app-two__by")
        expect(by).to_have_text(re.compile(r"^Ama Lindqvist · .*\d\d:\d\d$"))


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
    ama.follows("See the versions")
    ama.sees("Ama Lindqvist wrote different things, perhaps on two phones")
    sees_who_wrote_what_and_when(ama, "Nan answers after six.", "Never ring on Sundays.")
    ama.presses("Choose what should stand")
    ama.sees("2 versions were written")
    box = ama.page.get_by_label(ASKED).first
    expect(box).to_have_value("")
    sees_who_wrote_what_and_when(ama, "Nan answers after six.", "Never ring on Sundays.")

    # And she takes one of them, as it stands there
    one = version(ama, "Never ring on Sundays.")
    one.get_by_role("button", name="Take these words").click()
    expect(box).to_have_value(re.compile(r"Never ring on Sundays\.$"))

    # And then both together, mends them, and sends
    together = ama.page.locator(".app-two__both")
    expect(together).to_contain_text("Nan answers after six.")
    expect(together).to_contain_text("Never ring on Sundays.")
    together.get_by_role("button", name="Take it all together").click()
    box.press("ControlOrMeta+End")
    box.press_sequentially(" Both checked with Nan.")
    ama.checks_and_sends()
    ama.is_at(re.compile("Saved, waiting to send|Sent"))

    # Then neither of the two is said to have taken out what the other wrote
    ama.follows("See what I sent")
    one = ama.page.locator("details", has_text="Never ring on Sundays.").filter(has_not_text="Both checked")
    one.locator("summary").click()
    expect(one.locator("ins", has_text="Never ring on Sundays.")).to_be_visible()
    expect(one.locator("del")).to_have_count(0)

    # And what she made of them stands below both
    joined = ama.page.locator("details", has_text="There were 2 versions")
    joined.locator("summary").click()
    expect(joined).to_contain_text(
        re.compile("Ama Lindqvist.*Nan answers after six.*Chosen or put together from them:.*Both checked with Nan", re.S)
    )
    expect(joined.locator("ins, del")).to_have_count(0)
    ama.sends_and_receives()

    # And one version stands for everybody, and the office sees how it came about
    tablet.sends_and_receives()
    tablet.opens_the_family("Tarnley")
    tablet.opens_the_part("Family")
    for words in ("Nan answers after six.", "Never ring on Sundays.", "Both checked with Nan."):
        tablet.sees(words)
    expect(tablet.page.get_by_text("See the versions")).to_have_count(0)
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    marian.reads(re.compile("Both checked with Nan"))
