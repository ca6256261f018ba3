"""A newer version comes whole or not at all, and never over what somebody is writing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import line as lines
from tests.browser.line import Line
from tests.browser.lost_phone.situations import the_lost_phone_tells_nothing
from tests.browser.people import Keyworker
from tests.browser.phone import Phone
from tests.browser.releases import Releases
from tests.browser.server import Server, free_port

OLD, NEW = "My families", "My families, newer"
SENTENCE = "Luka built a tower"
CALL = "Home safe by nine"


@pytest.fixture
def server(tmp_path: Path, new_office: Path) -> Iterator[Server]:
    """An office on a line that lets a story hold up notes, and nothing else."""
    made = Server(shutil.copytree(new_office, tmp_path / "office"), origin=f"http://localhost:{free_port()}")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    made = Line(int(server.origin.rpartition(":")[2]), server.port)
    yield made
    made.ends()


@pytest.fixture
def releases(server: Server, line: Line) -> Releases:
    made = Releases(server)
    made.restart()
    return made


def is_ready(phone: Phone) -> None:
    """Waits until the browser has fetched the whole of a newer release."""
    phone.page.wait_for_function("async () => Boolean((await navigator.serviceWorker.getRegistration('/app'))?.waiting)")


def asks_for_updates(phone: Phone) -> None:
    phone.page.evaluate("async () => { await (await navigator.serviceWorker.getRegistration('/app')).update().catch(() => {}); }")


def test_newer_version_waits_for_a_tap_and_drafts_stay(releases: Releases, line: Line, phone: Phone, server: Server) -> None:
    # Given a phone with a note that waits and a draft, and an office that has a newer version
    ama = Keyworker(phone, server)
    ama.sets_up_the_phone()
    before = server.entries()
    line.breaks(lines.resets_before_the_office, lambda call: call.path == "/sync/v1/push")
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call(CALL)
    ama.is_at("Saved, waiting to send")
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.answers("What kind of visit was it?", "Home visit")
    ama.answers("What did you see and hear?", SENTENCE)
    ama.waits_for_the_draft_to_be_kept()
    releases.publish("aaaaaaaaaaaa", OLD, NEW)

    # When the phone has fetched it, then the screen stays as it is until Ama asks for it
    asks_for_updates(phone)
    is_ready(phone)
    expect(ama.question("What did you see and hear?").first).to_have_value(SENTENCE)
    ama.page.get_by_role("link", name="Settings", exact=True).click()
    ama.presses("Use the newer version")

    # Then it is the newer one, also without signal, the draft is there, and the note still waits
    ama.is_at("Unlock this phone")
    server.kill()
    ama.restarts_the_phone()
    ama.page.get_by_label("Your unlock words").fill(" ".join(ama.words))
    ama.presses("Unlock")
    ama.is_at(NEW)
    ama.follows("Tarnley")
    ama.follows("Carry on with the visit note")
    expect(ama.question("What did you see and hear?").first).to_have_value(SENTENCE)
    expect(ama.page.locator(".app-send-line")).to_contain_text("1 kept on this phone")
    assert server.entries() == before

    # And what the old one saved, the newer one sends
    server.start()
    line.heals()
    ama.sends_and_receives()
    ama.page.get_by_role("link", name="fieldapp").click()
    ama.is_at(NEW)
    ama.follows("Tarnley")
    ama.opens_the_note(re.compile("Call, text or message"))
    ama.sees(CALL)
    ama.sees_the_note_is("Sent, the office has it")
    assert server.entries() == before + 1

    # And neither version left anything on the phone that can be read
    phone.switch_off()
    the_lost_phone_tells_nothing(phone, ama, after="a newer version came")


def test_old_version_stays_whole_when_a_file_of_the_newer_one_is_missing(
    releases: Releases, phone: Phone, server: Server
) -> None:
    # Given a phone that keeps the app, and an office that published half of a newer version
    ama = Keyworker(phone, server)
    ama.sets_up_the_phone()
    phone.page.wait_for_function("async () => Boolean((await navigator.serviceWorker.getRegistration('/app'))?.active)")
    releases.publish("bbbbbbbbbbbb", OLD, NEW)
    releases.loses("worker.js")

    # When the phone looks for it, and the office dies
    asks_for_updates(phone)
    server.kill()
    ama.restarts_the_phone()

    # Then the old version opens and unlocks
    ama.unlocks()
    ama.is_at(OLD)
