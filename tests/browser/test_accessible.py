"""Every page, on a phone and on a laptop, in light and in dark, has nothing that axe can object to, and is whole at
400 % zoom and with text at twice its size: nothing to scroll sideways, nothing cut off."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, ViewportSize

from tests.browser.people import Keyworker, Supervisor
from tests.browser.phone import LAPTOP, SIZE, Phone
from tests.browser.server import Server
from tests.browser.test_sorting import LATE

AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text()
RUN = "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
LOOKS: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# A laptop of 1280 by 800 at 400 %; then a phone and that laptop with only the text enlarged.
ENLARGED: tuple[tuple[str, ViewportSize, str], ...] = (
    ("400 %", ViewportSize(width=320, height=200), "100%"),
    ("a phone, text at 200 %", SIZE, "200%"),
    ("a laptop, text at 200 %", LAPTOP, "200%"),
)
# What is hidden from sight on purpose is for screen readers; wide tables of figures scroll in a box of their own.
CUT_OFF = """(size) => {
  const root = document.documentElement;
  root.style.fontSize = size;
  const found = [];
  if (root.scrollWidth > root.clientWidth) found.push(`${root.scrollWidth - root.clientWidth} px to scroll sideways`);
  const isUnseen = (one) => one.closest(".govuk-visually-hidden, .govuk-skip-link, svg, select, option")
    || one.closest("thead")?.clientWidth <= 1 || !one.checkVisibility({ visibilityProperty: true });
  const clips = (one) => ["hidden", "clip"].includes(getComputedStyle(one).overflowX) || ["hidden", "clip"].includes(getComputedStyle(one).overflowY);
  for (const one of document.body.querySelectorAll("*")) {
    if (isUnseen(one) || ![...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
    const what = `${one.tagName.toLowerCase()} “${one.textContent.trim().slice(0, 30)}”`;
    if (!one.closest(".desk-scroll") && one.getBoundingClientRect().right > root.clientWidth + 1) found.push(`${what} runs out of the page`);
    // Two pixels: a button's own border.
    if (getComputedStyle(one).display !== "inline" && one.scrollWidth > one.clientWidth + 2) found.push(`${what} runs out of its box`);
    for (let box = one; box !== document.body; box = box.parentElement)
      if (clips(box) && (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1)) found.push(`${what} is cut off`);
  }
  root.style.fontSize = "";
  return found;
}"""


class Eye:
    """Looks at whatever is on screen in all these ways and keeps what it objects to."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.objections: list[str] = []
        self.seen: list[str] = []

    def looks(self, name: str) -> None:
        self.page.wait_for_load_state("load")
        self.page.get_by_role("heading", level=1).wait_for()
        self._looks(name)

    def looks_at_a_clock(self, name: str) -> None:
        """The one screen without a heading: it says the time, and nothing of what lies behind it."""
        self.page.locator(".app-curtain").wait_for()
        self._looks(name)

    def _looks(self, name: str) -> None:
        for size in (SIZE, LAPTOP):
            self.page.set_viewport_size(size)
            for look in LOOKS:
                self.page.emulate_media(color_scheme=look, reduced_motion="reduce")
                self.page.evaluate(AXE)
                for found in self.page.evaluate(RUN):
                    where = "; ".join(str(node["target"]) for node in found["nodes"][:4])
                    self.objections.append(f"{name}, {size['width']} px, {look}: {found['id']} at {where}")
        for way, size, text in ENLARGED:
            self.page.set_viewport_size(size)
            self.objections.extend(f"{name}, {way}: {found}" for found in self.page.evaluate(CUT_OFF, text))
        self.page.set_viewport_size(SIZE)
        self.seen.append(name)


def test_phone_screens_are_whole_and_have_nothing_that_axe_objects_to(phone: Phone, server: Server) -> None:
    eye = Eye(phone.page)
    ama = Keyworker(phone, server)
    ama.opens_the_app()
    ama.is_at("Set up this phone")
    eye.looks("set up")
    ama.presses("Go on")
    eye.looks("set up, nothing typed")
    ama.sets_up_the_phone()
    eye.looks("my families")

    ama.opens_the_family("Tarnley")
    eye.looks("family")
    for part in ("Goals", "Questionnaires", "Family"):
        ama.opens_the_part(part)
        ama.is_at(re.compile(part if part != "Family" else "The family|Family"))
        eye.looks(part)

    ama.presses("Change these details")
    ama.is_at("Change: The family")
    eye.looks("change the family")
    for name in ("Missing from home", "Family plan", "New goal"):
        ama.opens_the_family("Tarnley")
        ama.page.get_by_text("More to write").click()
        ama.presses(name)
        eye.looks(name)

    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    eye.looks("visit note")
    ama.answers("What kind of visit was it?", "Home visit")
    ama.answers("Anything new or worrying?", "Yes")
    ama.presses("Check and send")
    eye.looks("visit note, with problems")
    ama.answers("Anything new or worrying?", "No")
    ama.writes_the_visit("Two clean bottles drying.")
    ama.presses("Hide names")
    eye.looks("visit note, names hidden")
    ama.presses("Show names")
    ama.presses("Check and send")
    ama.is_at("Check before you send")
    eye.looks("check before you send")
    ama.presses("Send")
    ama.is_at(re.compile("Saved, waiting to send|Sent"))
    eye.looks("saved")
    ama.follows("See what I sent")
    ama.is_at("Visit note")
    eye.looks("a note")

    ama.opens_the_family("Tarnley")
    ama.presses("Call or text")
    ama.is_at("Call, text or message")
    eye.looks("call or text")
    ama.opens_the_family("Tarnley")
    ama.presses("Goal ratings")
    ama.is_at("Goal ratings")
    eye.looks("goal ratings")
    ama.opens_the_family("Tarnley")
    ama.presses("Questionnaire")
    eye.looks("which questionnaire")
    ama.page.get_by_role("button", name=re.compile("PHQ-9")).click()
    eye.looks("who answers")
    ama.begins_the_questionnaire("Dawn")
    eye.looks("a question")
    for _ in range(10):
        ama.page.locator("main label").last.click()
        ama.page.locator("main button[type=submit]").click()
    eye.looks("thank you")
    ama.presses("I have the phone back")
    ama.is_at("Scores")
    eye.looks("scores, with the prompt")

    for name in ("sending", "settings", "settings/words", "ready"):
        ama.page.goto(f"{server.origin}/app#/{name}")
        eye.looks(name)
    ama.page.goto(f"{server.origin}/app#/")
    ama.is_at("My families")
    ama.page.get_by_label("Search all your notes").fill("coat")
    ama.page.get_by_role("button", name="Search").click()
    ama.is_at("Search")
    eye.looks("search")
    phone.has_its_own_lock()
    ama.goes_to_the_settings()
    eye.looks("settings, with a lock of the phone's own")
    ama.lets_the_phones_own_lock_open_it()
    ama.takes_a_pin("4821")
    eye.looks("settings, with everything on")
    ama.presses("Hide screen")
    eye.looks_at_a_clock("a hidden screen")
    ama.taps_the_clock()
    ama.tries_the_pin("0000")
    eye.looks_at_a_clock("a hidden screen, a wrong PIN")
    ama.tries_the_pin("4821")
    ama.locks()
    eye.looks("unlock, with the phone's own lock")
    ama.presses("Write a note now, without unlocking")
    eye.looks("a note before unlocking")
    ama.presses("Leave it")
    ama.writes_without_unlocking("She will not open the door.", about="Dawn")
    eye.looks("a note before unlocking, kept")
    ama.unlocks()
    eye.looks("my families, with a note to confirm")
    ama.follows("Read it and decide")
    ama.presses("Go on in a visit note")
    eye.looks("a note to confirm, no family chosen")
    ama.restarts_the_phone()
    eye.page = phone.page
    ama.is_at("Unlock this phone")
    eye.looks("unlock")
    assert len(eye.seen) >= 20
    assert eye.objections == [], "\n".join(eye.objections)


def test_desk_pages_are_whole_and_have_nothing_that_axe_objects_to(laptop: Phone, server: Server) -> None:
    eye = Eye(laptop.page)
    marian = Supervisor(laptop, server)
    laptop.page.goto(f"{server.origin}/desk")
    eye.looks("sign in")
    laptop.page.get_by_role("button", name="Sign in").click()
    eye.looks("sign in, nothing typed")
    marian.signs_in()
    eye.looks("board")
    marian.goes_to("Families")
    eye.looks("families")
    marian.opens_the_family("Tarnley")
    eye.looks("family")
    family = laptop.page.url
    laptop.page.get_by_role("link", name="Who can read this, and why").click()
    laptop.page.get_by_role("heading", name="Who can read Tarnley").wait_for()
    for fold in laptop.page.locator("summary").all():
        fold.click()
    eye.looks("who can read this, every form open")
    laptop.page.get_by_role("button", name="Keep them out", exact=True).click()
    eye.looks("nobody chosen to keep out")
    for name in ("Pods and duty", "Emergencies"):
        marian.goes_to(name)
        eye.looks(name)
    laptop.page.get_by_role("button", name="Open it (your manager is told)").click()
    eye.looks("no family named")
    laptop.page.goto(family)
    marian.opens_the_newest("Visit note")
    eye.looks("a note")
    marian.page.get_by_role("button", name="Send review").click()
    eye.looks("a note, review without a decision")
    marian.opens_what_waits(LATE)
    eye.looks("what waits, with its words")
    marian.page.get_by_role("button", name="Write down and do it").click()
    eye.looks("what waits, nothing decided")
    marian.decides("Put it away", "She says it is not hers.")
    eye.looks("being sorted, with something put away")
    marian.opens_the_phone_of("Jos Ferrow")
    eye.looks("a phone")
    laptop.page.goto(f"{server.origin}/desk/nowhere-at-all")
    eye.looks("not found")
    assert len(eye.seen) >= 12
    assert eye.objections == [], "\n".join(eye.objections)


def test_administrators_pages_are_whole_and_have_nothing_that_axe_objects_to(
    laptop: Phone, server: Server, tmp_path: Path
) -> None:
    eye = Eye(laptop.page)
    admin = Supervisor(laptop, server, "admin@harrowmere.example")
    admin.signs_in_as_administrator()
    names = [link.inner_text() for link in laptop.page.get_by_role("navigation", name="Pages").get_by_role("link").all()]
    for name in names:
        admin.goes_to(name)
        eye.looks(name)
    admin.opens_what_waits("Damaged on its way")
    eye.looks("what waits, for an administrator")
    laptop.page.goto(f"{server.origin}/desk/carried")
    laptop.page.get_by_role("button", name="Bring it in").click()
    eye.looks("no file chosen")
    file = tmp_path / "fieldapp-waiting-2026-11-22.sealed"
    file.write_bytes(b"fieldapp waiting 1\ncut")
    admin.brings_in(file)
    admin.is_at("What was in the file")
    eye.looks("what was in the file")
    assert len(eye.seen) >= 4
    assert eye.objections == [], "\n".join(eye.objections)


def test_pages_of_accounts_are_whole_and_have_nothing_that_axe_objects_to(laptop: Phone, server: Server) -> None:
    eye = Eye(laptop.page)
    page = laptop.page
    page.goto(f"{server.origin}/desk/set-up")
    eye.looks("set up anew")
    page.get_by_role("button", name="Go on").click()
    eye.looks("set up anew, nothing typed")
    admin = Supervisor(laptop, server, "admin@harrowmere.example")
    admin.signs_in_as_administrator()
    page.goto(f"{server.origin}/desk/account")
    eye.looks("your account")
    page.get_by_role("link", name="Change your password").click()
    eye.looks("change your password")
    page.get_by_role("button", name="Change it").click()
    eye.looks("change your password, nothing typed")
    page.goto(f"{server.origin}/desk/after-a-restore")
    eye.looks("after a restore")
    page.goto(f"{server.origin}/desk/account/passkey")
    eye.looks("add a passkey")
    admin.goes_to("People")
    page.get_by_role("link", name="Jos Ferrow", exact=True).click()
    eye.looks("an account")
    page.get_by_role("button", name="Close this account").click()
    eye.looks("an account, no reason given")
    page.get_by_label("Why, and how do you know it is them?").fill("rang me")
    page.get_by_role("button", name="Ask for a reset").click()
    eye.looks("words for a reset")
    admin.goes_to("Resets")
    eye.looks("resets, one to take back")
    assert len(eye.seen) >= 10
    assert eye.objections == [], "\n".join(eye.objections)
