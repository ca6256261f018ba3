"""What happens on the way to the office, one fault at a time: the note waits, the screen says what is so, and it is sent once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser import line as lines
from tests.browser.line import Fault, Line
from tests.browser.people import SENDING_MS, Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server, free_port

NO_SIGNAL = "No signal – 1 kept on this phone"
NO_ANSWER = "The office does not answer – 1 kept on this phone"
WAITING = "Waiting to send (1)"
ON_ITS_WAY = "Sending (1)"
SENT = "Sent, the office has it"

FAULTS: dict[Fault, str] = {
    lines.swallows_requests: ON_ITS_WAY,
    lines.swallows_answers: ON_ITS_WAY,
    lines.delays_answers: ON_ITS_WAY,
    lines.cuts_requests_short: NO_SIGNAL,
    lines.cuts_answers_short: NO_SIGNAL,
    lines.resets_before_the_office: NO_SIGNAL,
    lines.resets_after_the_office: NO_SIGNAL,
    lines.resets_in_the_answer: NO_SIGNAL,
    lines.sends_elsewhere: NO_ANSWER,
    lines.answers_with_noise: NO_SIGNAL,
    lines.answers_with_other_json: NO_ANSWER,
    lines.answers_with_what_it_said_before: WAITING,
    lines.answers_502: NO_ANSWER,
    lines.answers_503: NO_ANSWER,
    lines.answers_429: NO_ANSWER,
}
"""What happens, and what the screen says meanwhile."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, new_office: Path) -> Iterator[Server]:
    folder = shutil.copytree(new_office, tmp_path_factory.mktemp("beyond") / "office")
    made = Server(folder, origin=f"http://localhost:{free_port()}")
    made.start()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def line(office: Server) -> Iterator[Line]:
    made = Line(int(office.origin.rpartition(":")[2]), office.port)
    yield made
    made.ends()


@pytest.fixture(scope="module")
def amas_phone(playwright: Playwright, executable: str, office: Server, line: Line) -> Iterator[Keyworker]:
    """A phone that was set up over this line, while it was whole."""
    phone = Phone(playwright, executable)
    phone.switch_on()
    worker = Keyworker(phone, office)
    worker.sets_up_the_phone()
    yield worker
    phone.throw_away()


@pytest.fixture
def ama(amas_phone: Keyworker, line: Line) -> Iterator[Keyworker]:
    """The same phone for every story, in the family, with nothing waiting; afterwards the line is whole."""
    expect(amas_phone.page.locator(".app-send-line")).to_contain_text(re.compile("All sent|Nothing waiting"), timeout=SENDING_MS)
    amas_phone.opens_the_family("Tarnley")
    yield amas_phone
    line.heals()


def is_kept_and_said_so(ama: Keyworker, said: str) -> None:
    """The note waits, the line at the foot says why, and nothing anywhere calls it sent."""
    expect(ama.page.locator(".app-send-line")).to_contain_text(said)
    expect(ama.page.get_by_role("heading", level=1)).to_have_text("Saved, waiting to send")
    ama.sees_the_note_is("Saved, waiting to send")
    expect(ama.page.locator("main")).not_to_contain_text("the office has it")
    expect(ama.page.locator("main")).not_to_contain_text("Your office has it")


@pytest.mark.parametrize(("fault", "said"), FAULTS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_note_waits_and_is_sent_once_when_the_line(ama: Keyworker, office: Server, line: Line, fault: Fault, said: str) -> None:
    # Given a line on which this happens to whatever is said
    before = office.entries()
    line.breaks(fault)

    # When Ama sends a note
    ama.writes_down_a_call(f"While the line {fault.__name__.replace('_', ' ')}")
    line.waits_until_it_struck()

    # Then it waits, and the screen says what is so
    is_kept_and_said_so(ama, said)

    # And when the line is whole again, then it is sent without a tap, and is at the office once
    line.heals()
    ama.sees_the_note_is(SENT, timeout=SENDING_MS)
    expect(ama.page.locator(".app-send-line")).to_contain_text("All sent")
    assert office.entries() == before + 1


def test_note_is_at_the_office_once_when_requests_come_twice(ama: Keyworker, office: Server, line: Line) -> None:
    before = office.entries()
    line.breaks(lines.doubles_requests)
    ama.writes_down_a_call("While everything is said twice")
    ama.sees_the_note_is(SENT, timeout=SENDING_MS)
    assert office.entries() == before + 1


def test_notes_are_at_the_office_once_when_what_was_lost_on_the_way_comes_after_its_repetition(
    ama: Keyworker, office: Server, line: Line
) -> None:
    # Given two notes whose requests were lost on the way
    before = office.entries()
    line.breaks(lines.delivers_later, lambda call: call.path == "/sync/v1/push")
    ama.writes_down_a_call("The first of two")
    line.waits_until_it_struck()
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call("The second of two")
    line.waits_until_it_struck(2)
    expect(ama.page.locator(".app-send-line")).to_contain_text("2 kept on this phone")

    # When both are sent again, and only then what was lost comes, the younger one first
    line.heals()
    ama.sees_the_note_is(SENT, timeout=SENDING_MS)
    expect(ama.page.locator(".app-send-line")).to_contain_text("All sent")
    line.late.reverse()
    line.brings_what_was_late()

    # Then each is there once
    assert office.entries() == before + 2


def test_network_that_answers_everything_with_its_own_page_is_never_taken_for_the_office(
    ama: Keyworker, office: Server, line: Line
) -> None:
    # Given a hotel whose network wants a log-in first, whatever is asked
    before = office.entries()
    line.breaks(lines.answers_with_a_page, lambda call: True)

    # When Ama sends a note and asks for it to be sent once more
    ama.writes_down_a_call("Home safe by nine")
    ama.is_at("Saved, waiting to send")
    ama.sends_and_receives()

    # Then nothing is shown as sent, and the screen has an idea why
    ama.sees("There is signal, but the office does not answer as it should.")
    ama.sees(re.compile("may want you to log in"))
    expect(ama.page.locator(".app-send-line")).to_contain_text(NO_ANSWER)
    expect(ama.page.locator("body")).not_to_contain_text("the office has it")

    # And the app opens, unlocks and shows the note all the same
    ama.restarts_the_phone()
    ama.unlocks()
    ama.opens_the_family("Tarnley")
    ama.opens_the_note(re.compile("Call, text or message"))
    ama.sees_the_note_is("Saved, waiting to send")

    # When the network lets her through, then it is sent without a tap
    line.heals()
    ama.sees_the_note_is(SENT, timeout=SENDING_MS)
    assert office.entries() == before + 1


def test_note_waits_and_is_sent_once_when_the_line_fails_while_the_app_is_closed(
    ama: Keyworker, office: Server, line: Line
) -> None:
    # Given a note that waits, an app that was closed, and a line that fails in another way by now
    before = office.entries()
    line.breaks(lines.resets_before_the_office)
    ama.writes_down_a_call("Home safe, and the app is closed")
    is_kept_and_said_so(ama, NO_SIGNAL)
    ama.looks_away()
    ama.is_to_be_woken_when_there_is_signal()
    ama.phone.is_left_for(f"{office.origin}/healthz")
    line.breaks(lines.cuts_answers_short)

    # When the browser wakes the app in the background, then nobody takes what comes back for the office's word
    ama.phone.wakes_the_app_in_the_background(office.origin, waits=False)
    line.waits_until_it_struck()
    ama.opens_the_app()
    ama.unlocks()
    ama.opens_the_family("Tarnley")
    ama.opens_the_note(re.compile("Call, text or message"))
    ama.sees_the_note_is("Saved, waiting to send")

    # And when the line is whole again, then it is sent without a tap
    line.heals()
    ama.sees_the_note_is(SENT, timeout=SENDING_MS)
    assert office.entries() == before + 1


def finds_signal(ama: Keyworker, line: Line) -> None:
    ama.phone.has_no_signal()
    line.heals()
    ama.phone.has_signal_again()


def is_looked_at_again(ama: Keyworker, line: Line) -> None:
    line.heals()
    ama.looks_back()


@pytest.mark.parametrize("happens", [finds_signal, is_looked_at_again])
def test_note_that_would_wait_for_an_hour_is_sent_when_the_phone(
    ama: Keyworker, office: Server, line: Line, happens: Callable[[Keyworker, Line], None]
) -> None:
    # Given a note that waits, because whoever answers asks to be left alone for an hour
    before = office.entries()
    line.breaks(lines.asks_to_wait_for_an_hour, lambda call: call.path == "/sync/v1/push")
    ama.writes_down_a_call(f"Until the phone {happens.__name__.replace('_', ' ')}")
    line.waits_until_it_struck()
    is_kept_and_said_so(ama, NO_ANSWER)

    # When nobody is in the way any more, and this happens, then it is sent without a tap
    happens(ama, line)
    ama.sees_the_note_is(SENT, timeout=SENDING_MS)
    assert office.entries() == before + 1


def test_note_about_a_family_that_was_taken_away_meanwhile_is_sorted_and_put_aside_and_the_send_list_says_so(
    ama: Keyworker, office: Server, line: Line, laptop: Phone
) -> None:
    # Given a note that waits, because whoever answers asks to be left alone for an hour
    line.breaks(lines.asks_to_wait_for_an_hour, lambda call: call.path == "/sync/v1/push")
    ama.opens_the_family("Oyelaran")
    ama.writes_down_a_call("Until the family is taken away")
    line.waits_until_it_struck()

    # When Ama's reading of that family ends, and her phone hears of it, then the list says when the note is tried again
    marian = Supervisor(laptop, office)
    marian.signs_in()
    marian.ends_the_reading_of("Ama Lindqvist", "Oyelaran", "The family moved away.")
    ama.sends_and_receives()
    ama.sends_and_receives()  # only then does the office know that the phone has dropped it
    listed = ama.page.locator("main .app-row")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text(re.compile(r"Written .*\d\d:\d\d"))
    expect(listed).to_contain_text("Saved, waiting to send")
    expect(listed).to_contain_text(re.compile(r"The office did not answer\. It tries again by itself at \d\d:\d\d\."))

    # And when the line is whole again, then it is safe at the office, which has to find its place
    line.heals()
    ama.sends_and_receives()
    expect(listed).to_contain_text("Safe at the office, being sorted")
    expect(listed).to_contain_text("Somebody at the office is finding its place. You do not have to do anything.")

    # And when Marian has looked and put it away, then the list says that, and what to do
    marian.opens_what_waits("The writer has no say there", newest=True)
    marian.decides("Put it away", "It is about another family.")
    marian.was_told(re.compile("It is kept as it came"))
    ama.sends_and_receives()
    expect(listed).to_contain_text("The office has looked at this and put it aside")
    expect(listed).to_contain_text("Ask your supervisor if it should count.")
