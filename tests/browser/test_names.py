"""Names as their owners write them: from right to left, with apostrophes and with every sign over and under a letter."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.people import Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

MOTHER, DAUGHTER, SON = "Siobhán Ní Ógáin-O’Dwyer", "نور الهدى", "D'Arcy Łukasz Nguyễn"

# Where each word of a line is drawn, as [left, right].
DRAWN = """(line, words) => words.map((word) => {
  const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const at = texts.currentNode.data.indexOf(word);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(texts.currentNode, at);
    range.setEnd(texts.currentNode, at + word.length);
    const { left, right } = range.getBoundingClientRect();
    return [left, right];
  }
  throw new Error(`${word} is not there`);
})"""


def test_names_are_shown_as_they_are_written_on_phone_and_desk(ama: Keyworker, server: Server, laptop: Phone) -> None:
    # Given a family whose names Ama writes as they do
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Family")
    ama.is_at("The family")
    ama.presses("Change these details")
    ama.is_at("Change: The family")
    people = ama.page.get_by_role("group", name="People in and around the family")
    for was, name in (("Dawn Tarnley", MOTHER), ("Kayleigh Tarnley", DAUGHTER), ("Jayden Tarnley", SON)):
        ama.answers("Name", name, people.get_by_role("group", name=was, exact=True))
    ama.checks_and_sends()
    ama.is_at("Sent")

    # Then each age stands behind its own child, above every screen of the family
    ama.follows("Back to the family")
    ama.is_at("Notes")
    line = ama.page.locator(".app-about__children")
    expect(line).to_have_text(re.compile(r"^\W?نور\W? 14, D'Arcy 9$"))
    places = line.evaluate(DRAWN, ["نور", "14", "D'Arcy", "9"])
    assert places == sorted(places)

    # And a note names them so, on the phone and at the desk
    ama.writes_down_a_call("Home safe by nine")
    ama.is_at("Sent")
    ama.follows("See what I sent")
    ama.sees(MOTHER)
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    for name in (MOTHER, DAUGHTER, SON):
        marian.reads(name)
    marian.opens_the_newest("Call")
    marian.reads(re.compile(MOTHER))

    # And they are found by the letters that a keyboard has
    ama.page.get_by_role("link", name="fieldapp").click()
    ama.page.get_by_label("Search all your notes").fill("siobhan ni ogain-o'dwyer")
    ama.page.get_by_role("button", name="Search").click()
    ama.sees(re.compile("found on this phone"))
