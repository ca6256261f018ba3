"""`python -m tests.screenshots`: pictures for the README, taken from the running app with the demo's invented families."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import install
from tests.browser.people import SENDING_MS, Keyworker, Supervisor
from tests.browser.phone import LAPTOP, Phone
from tests.browser.server import Server

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
SEEN = (
    "The hallway door has a fresh split at hand height. Dawn said, “She kicked it when I took the charger.” "
    "Jayden ate tea in front of the television. Kayleigh came in wearing a man’s black coat."
)


def take(page: Page, name: str) -> None:
    """Writes one picture of what is on screen, without a blinking cursor."""
    page.evaluate("() => document.activeElement?.blur()")
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")
    print(f"docs/pictures/{name}.png")


def main() -> int:
    """Plays a visit without signal until the supervisor has it, and takes a picture at each step."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = install.find(playwright)
        if not browser:
            print(install.ASK_FOR_ONE, file=sys.stderr)
            return 1
        server = Server(Path(folder))
        server.make_demo()
        phone, laptop = Phone(playwright, browser), Phone(playwright, browser, LAPTOP)
        try:
            server.start()
            phone.switch_on()
            laptop.switch_on()
            play(Keyworker(phone, server), Supervisor(laptop, server))
        finally:
            phone.throw_away()
            laptop.throw_away()
            server.kill()
    return 0


def play(ama: Keyworker, marian: Supervisor) -> None:
    ama.sets_up_the_phone()
    take(ama.page, "phone-families")
    ama.server.kill()
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.writes_the_visit(SEEN)
    ama.page.get_by_label("What did you see and hear?").scroll_into_view_if_needed()
    take(ama.page, "phone-writing")
    ama.checks_and_sends()
    ama.is_at("Saved, waiting to send")
    ama.sees(re.compile("^(No signal|The office does not answer)"))
    take(ama.page, "phone-offline")
    ama.server.start()
    ama.is_at("Sent", timeout=SENDING_MS)
    take(ama.page, "phone-sent")
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Goals")
    ama.is_at("Goals")
    take(ama.page, "phone-goals")

    marian.signs_in()
    take(marian.page, "supervisor-board")
    marian.opens_the_family("Tarnley")
    marian.opens_the_newest("Visit note")
    marian.is_at(re.compile("Visit note"))
    marian.page.get_by_role("heading", name="What happened").scroll_into_view_if_needed()
    take(marian.page, "supervisor-note")


if __name__ == "__main__":
    sys.exit(main())
