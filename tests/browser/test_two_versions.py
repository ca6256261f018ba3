"""Two versions of one thing: nobody's words win by a clock, and the worker who knows decides."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewPhone
from tests.browser.people import Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

ASKED = "How to get in touch safely"
HELP = "Help with reading, hearing or understanding"
LANGUAGE = "Language at home"
JAYDEN, HARLOW = "Jayden Tarnley", "Mrs Harlow-Finch"


def writes_how_to_get_in_touch(worker: Keyworker, text: str, *, help_needed: str, language: str, phones: dict[str, str]) -> None:
    worker.opens_the_family("Tarnley")
    worker.opens_the_part("Family")
    worker.presses("Change these details")
    box = worker.page.get_by_label(ASKED).first
    box.press("ControlOrMeta+End")
    box.press_sequentially(text)
    worker.answers(HELP, help_needed)
    worker.answers(LANGUAGE, language)
    for name, number in phones.items():
        worker.answers("Phone", number, in_the_list(worker, name))
    worker.checks_and_sends()
    worker.is_at(re.compile("Saved, waiting to send|Sent"))


def in_the_list(worker: Keyworker, name: str) -> Locator:
    """What the form asks about one person of the family."""
    return worker.page.get_by_role("group", name=name, exact=True)


def takes(worker: Keyworker, text: str) -> None:
    card = version(worker, text)
    card.get_by_role("button", name="Take these words").click()
    expect(card.get_by_role("button", name="Taken")).to_be_visible()


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
    writes_how_to_get_in_touch(
        ama,
        " Nan answers after six.",
        help_needed="Reads large print",
        language="English, and Welsh with Nan",
        phones={JAYDEN: "07700 900311", HARLOW: "07700 900312"},
    )
    writes_how_to_get_in_touch(
        tablet,
        " Never ring on Sundays.",
        help_needed="Wears a hearing aid",
        language="",
        phones={JAYDEN: "07700 900321", HARLOW: "07700 900322"},
    )

    # When both have signal again
    server.start()
    for worker in (ama, tablet, ama):
        worker.sends_and_receives()

    # Then both versions are there, and nothing is chosen
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Family")
    for number in ("07700 900311", "07700 900321", "07700 900101"):
        ama.sees(number)
    ama.follows("See the versions")
    ama.sees("Ama Lindqvist wrote different things, perhaps on two phones")
    expect(ama.page.locator('[data-field="people"]')).to_contain_text("Dawn Tarnley")
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
    together = ama.page.locator(".app-two__both", has_text="All put together")
    expect(together).to_contain_text("Nan answers after six.")
    expect(together).to_contain_text("Never ring on Sundays.")
    together.get_by_role("button", name="Take it all together").click()
    box.press("ControlOrMeta+End")
    box.press_sequentially(" Both checked with Nan.")

    # And of a short text both, whole
    ama.page.locator(".app-two__both", has_text="Reads large print").get_by_role("button", name="Take both").click()
    expect(ama.page.get_by_label(HELP)).to_have_value(
        re.compile("^(Reads large print / Wears a hearing aid|Wears a hearing aid / Reads large print)$")
    )

    # And of one that the other phone emptied, that it be empty
    version(ama, "Taken out").get_by_role("button", name="Take it out").click()
    expect(ama.page.get_by_label(LANGUAGE)).to_have_value("")

    # And of the people, of whom nobody but the two is parted, one version of one, in which only the number is another
    expect(version(ama, "07700 900311").locator("dt", has_text="not the same")).to_have_text(["Phone · not the same"])
    expect(in_the_list(ama, "Dawn Tarnley")).to_be_visible()
    expect(in_the_list(ama, JAYDEN)).to_have_count(0)
    takes(ama, "07700 900311")
    expect(in_the_list(ama, JAYDEN).get_by_label("Phone")).to_have_value("07700 900311")
    expect(in_the_list(ama, HARLOW)).to_have_count(0)

    # Then it is not sent before the other is chosen, too
    ama.presses("Check and send")
    ama.sees("One thing is missing before this can be sent")
    ama.sees("different versions were written. Choose one")
    takes(ama, "07700 900322")
    ama.presses("Check and send")
    ama.is_at("Check before you send")
    expect(ama.page.locator('[data-field="people"]')).to_contain_text(
        "2 versions were written. What stands above is what you chose"
    )
    sees_who_wrote_what_and_when(ama, "07700 900321", "07700 900312")
    emptied = ama.page.locator('[data-field="home_language"]')
    expect(emptied.locator("dd > .app-none")).to_have_text("Not answered")
    expect(emptied).to_contain_text("English, and Welsh with Nan")
    ama.presses("Send")
    ama.is_at(re.compile("Saved, waiting to send|Sent"))

    # Then neither of the two is said to have taken out what the other wrote
    ama.follows("See what I sent")
    one = ama.page.locator("details", has_text="Never ring on Sundays.").filter(has_not_text="Both checked")
    one.locator("summary").click()
    expect(one.locator("ins", has_text="Never ring on Sundays.")).to_be_visible()
    expect(one.locator("del")).to_have_text([re.compile("English$")])

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
    tablet.presses("Change these details")
    for name, number in ((JAYDEN, "07700 900311"), (HARLOW, "07700 900322"), ("Dawn Tarnley", "07700 900101")):
        expect(in_the_list(tablet, name).get_by_label("Phone")).to_have_value(number)
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    marian.reads(re.compile("Both checked with Nan"))


def test_goal_put_into_words_twice_is_shown_with_both_and_not_with_one_of_them(
    ama: Keyworker, new_phone: NewPhone, server: Server
) -> None:
    # Given Ama with a second phone, and no signal on either when she words a goal anew on both
    other = new_phone()
    other.switch_on()
    tablet = Keyworker(other, server)
    tablet.sets_up_the_phone()
    server.kill()
    said = {ama: "Talk at tea without anybody leaving", tablet: "Say it quietly the first time"}
    for worker, words in said.items():
        worker.opens_the_family("Tarnley")
        worker.opens_the_part("Goals")
        goal_section(worker, "Talk without shouting").get_by_role("button", name="Change this goal").click()
        worker.answers("In the words you agreed", words)
        worker.checks_and_sends()
        worker.is_at(re.compile("Saved, waiting to send|Sent"))

    # When both have signal again
    server.start()
    for worker in (ama, tablet, ama):
        worker.sends_and_receives()

    # Then the goal that stands under one of them says so, also where it is rated
    ama.opens_the_family("Tarnley")
    ama.presses("Goal ratings")
    parted = ama.page.locator("section.app-goal", has_text="Different versions, you choose")
    expect(parted).to_have_count(1)
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Goals")
    expect(parted).to_have_count(1)

    # And leads to both
    parted.get_by_role("link", name="See the versions").click()
    sees_who_wrote_what_and_when(ama, *said.values())
    ama.presses("Choose what should stand")
    ama.sees("2 versions were written")

    # And both are read also where the phone has lost its forms
    server.kill()
    ama.has_bad_memory("practice")
    ama.restarts_the_phone()
    ama.unlocks()
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Goals")
    ama.follows("See the versions")
    sees_who_wrote_what_and_when(ama, *said.values())


def goal_section(worker: Keyworker, words: str) -> Locator:
    return worker.page.locator("section", has=worker.page.get_by_role("heading", name=words))
