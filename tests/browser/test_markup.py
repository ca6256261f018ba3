"""Markup where there should be words: in names, titles, notes and files. It is text on every page that shows it, and the browser is not
even asked to refuse it."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import closing
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.people import ARRIVAL_MS, SENDING_MS, Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

MARK = "<img src=x onerror=alert(1)>"
FAMILY, SECTION, CHILD, GOAL, RUNNING, HURRIED, ABOUT, FIRST, TOLD = (
    f"{name} {MARK}"
    for name in (
        "Tarnley",
        "Only us",
        "Kayleigh",
        "Home by nine",
        "By the flats",
        "He is at the door",
        "Dawn",
        "Sergeant Aldercote",
        "Duty desk",
    )
)
WORST = (
    '</textarea></script><script>alert(1)</script><svg/onload=alert(2)><a href="javascript:alert(3)">here</a>'
    "<iframe srcdoc='<script>alert(4)</script>'></iframe><style>*{display:none}</style>{{7*7}}<base href=//elsewhere.example>"
)
RECORDS_READ = 8
EAR = """addEventListener("securitypolicyviolation", (one) => reported(`${one.violatedDirective} ${one.sample} ${one.blockedURI}`));
for (const name of ["alert", "confirm", "prompt"]) globalThis[name] = (said) => reported(`ran ${said}`);"""
GREW = "() => document.querySelectorAll('img[src=x], [onerror], [onload], iframe, base, body style, a[href^=javascript]').length"


def listens(phone: Phone) -> list[str]:
    """Hears whatever the browser refuses or runs from now on."""
    heard: list[str] = []
    assert phone.context is not None
    phone.context.expose_function("reported", lambda told: heard.append(told))
    phone.context.add_init_script(EAR)
    phone.context.on("console", lambda one: heard.append(one.text) if re.search("Policy|Trusted", one.text) else None)
    return heard


def name_the_people_so(server: Server) -> None:
    """As whoever keeps the accounts may have typed them in."""
    with closing(sqlite3.connect(server.folder / "office.db")) as db, db:
        db.execute("UPDATE people SET name = name || ?", (f" {MARK}",))


def reads_every_page_from(page: Page, origin: str, *first: str) -> str:
    """Follows the links of the desk, one of each sort and some records; gives all that stands there, folded or not."""
    waiting, seen, read = [urlsplit(one).path for one in first], Counter[str](), ""
    while waiting:
        address = waiting.pop(0)
        sort = re.sub(r"[\w-]{20,}", "ID", urlsplit(address).path)
        if seen[sort] == (RECORDS_READ if "/records/" in sort else 1) or address.endswith(".csv"):
            continue
        seen[sort] += 1
        page.goto(f"{origin}{address}")
        assert page.evaluate(GREW) == 0, address
        read += page.locator("body").text_content() or ""
        waiting += page.eval_on_selector_all("a[href^='/desk']", "links => links.map((one) => one.getAttribute('href'))")
    assert len(seen) > 12, seen
    return read


def test_markup_is_text_from_the_phone_to_the_desk_and_back(server: Server, phone: Phone, laptop: Phone) -> None:
    # Given people and a private section whose names are markup, and browsers that tell what they refuse
    name_the_people_so(server)
    heard = [listens(phone), listens(laptop)]
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    marian.page.get_by_role("link", name="Who can read").click()
    marian.page.locator("summary", has_text="Say whom to speak to").click()
    marian.page.get_by_label("Speak to …").fill(FIRST)
    marian.page.get_by_role("button", name="Write it down").click()
    marian.page.locator("summary", has_text="Open a private section").click()
    section = marian.page.locator("form[action$='/sections']")
    section.get_by_label("What is it called?").fill(SECTION)
    section.get_by_role("group", name="Who reads it besides you?").get_by_label("Ama Lindqvist").check()
    section.get_by_role("button", name="Open the private section").click()
    expect(marian.page.get_by_role("heading", level=1)).to_contain_text(SECTION)

    # And so is who is told of worrying answers
    marian.goes_to("Who responds")
    marian.page.get_by_label("Who is told?").first.fill(TOLD)
    marian.page.get_by_label("How are they reached?").first.fill(WORST)
    marian.page.get_by_role("button", name="Save").click()
    expect(marian.page.get_by_label("Who is told?").first).to_have_value(TOLD)
    expect(marian.page.locator(".govuk-notification-banner--success")).to_be_visible()

    # When Ama sets up a phone that is to call her so, too
    ama = Keyworker(phone, server)
    ama.signs_in_to_set_up()
    ama.goes_on_from_the_check_words(f"Ama {MARK}")
    ama.presses("Open my families")
    ama.is_at("My families", timeout=ARRIVAL_MS)
    ama.sees(SECTION)

    # And writes more of it: the name of the family and of a child, a goal, and a note with all that a page could run
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Family")
    ama.is_at("The family")
    ama.presses("Change these details")
    ama.answers("Name of the family", FAMILY)
    people = ama.page.get_by_role("group", name="People in and around the family")
    ama.answers("Name", CHILD, people.get_by_role("group", name="Kayleigh Tarnley", exact=True))
    ama.checks_and_sends()
    ama.is_at("Sent")
    ama.opens_the_family("Tarnley")
    ama.page.get_by_text("More to write").click()
    ama.presses("New goal")
    ama.fills_in_every_question(lambda: GOAL)
    ama.checks_and_sends()
    ama.is_at("Sent")
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.writes_the_visit(WORST, purpose=WORST)
    ama.checks_and_sends()
    ama.is_at("Sent")
    ama.follows("See what I sent")
    ama.sees(WORST)

    # And that a child is missing, and a note in a hurry, before she unlocks
    ama.opens_the_family("Tarnley")
    ama.page.get_by_text("More to write").click()
    ama.presses("Missing from home")
    ama.fills_in_every_question(lambda: RUNNING)
    ama.checks_and_sends()
    ama.is_at("Sent")
    ama.locks()
    ama.writes_without_unlocking(HURRIED, about=ABOUT)
    assert ama.page.evaluate(GREW) == 0
    ama.unlocks()
    ama.follows("Read it and decide")
    ama.sees("The office has it", timeout=SENDING_MS)
    ama.sees(HURRIED)
    ama.sees(ABOUT)
    assert ama.page.evaluate(GREW) == 0

    # And keeps one more as a file, which Marian brings in
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call(f"Rang {MARK}")
    ama.follows(re.compile("1 kept on this phone"))
    file = ama.keeps_what_waits_as_a_file()
    server.start()
    marian.brings_in(file)
    marian.is_at("What was in the file")

    # And Marian sends the note back with more of it
    marian.opens_the_family("Tarnley")
    marian.opens_the_newest("Visit note")
    marian.asks_about("What did you see and hear?", WORST)

    # Then every page at the desk shows all of it as text
    note = marian.page.url
    marian.opens_what_waits("Written before unlocking, not yet confirmed")
    waits = marian.page.url
    marian.opens_the_family("Tarnley")
    marian.opens_the_newest("Missing from home")
    missing = marian.page.url
    marian.opens_the_family("Tarnley")
    read = reads_every_page_from(marian.page, server.origin, note, waits, missing, marian.page.url)
    for text in (
        FAMILY,
        SECTION,
        CHILD,
        GOAL,
        WORST,
        RUNNING,
        HURRIED,
        ABOUT,
        f"Rang {MARK}",
        f"Ama Lindqvist {MARK}",
        FIRST,
    ):
        assert text in read, text

    # And so does every screen of the phone, also with what came back
    ama.opens_the_family("Tarnley")
    ama.sends_and_receives()
    ama.opens_the_family("Tarnley")
    ama.sees(FAMILY)
    ama.sees(FIRST)
    parts = ama.page.get_by_role("navigation", name="Parts of this record").get_by_role("link").all_inner_texts()
    assert len(parts) > 2
    for part in parts:
        ama.opens_the_part(part)
        expect(ama.page.locator("main")).to_be_visible()
        assert ama.page.evaluate(GREW) == 0, part
    ama.opens_the_family("Tarnley")
    ama.opens_the_note(re.compile("^Visit note"))
    ama.sees(WORST)
    assert ama.page.evaluate(GREW) == 0
    ama.locks()
    ama.sees(f"Ama {MARK}")

    # And neither browser refused or ran anything; that each would have told is shown by asking for it
    assert heard == [[], []]
    for page in (ama.page, marian.page):
        page.evaluate(
            """() => new Promise((told) => {
              addEventListener("securitypolicyviolation", told);
              try { document.body.innerHTML = "<b>planted</b>"; } catch { /* as it should be */ }
            }).then(() => true)"""
        )
    assert all("planted" in "".join(each) for each in heard)
