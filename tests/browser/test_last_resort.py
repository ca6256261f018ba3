"""A phone that cannot reach the office any more: what waits on it is carried there as a file, and nothing is let go of for it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.people import SENDING_MS, Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

LINES = ("Home safe by nine", "Dawn will ring the school")


def test_notes_carried_in_a_file_are_read_at_the_office_and_the_phone_says_sent_when_it_is_in_touch_again(
    server: Server, ama: Keyworker, laptop: Phone
) -> None:
    # Given two notes on a phone without signal
    server.kill()
    for line in LINES:
        ama.opens_the_family("Tarnley")
        ama.writes_down_a_call(line)
        ama.is_at("Saved, waiting to send")

    # When Ama keeps what waits as a file, then its name tells nothing, and it still waits
    ama.follows(re.compile("2 kept on this phone"))
    ama.is_at("Sending")
    file = ama.keeps_what_waits_as_a_file()
    assert re.fullmatch(r"fieldapp-waiting-\d{4}-\d\d-\d\d\.sealed", file.name)
    ama.sees(re.compile("with 2 notes in it. They still wait on this phone, too."))
    expect(ama.page.locator("main .app-standing", has_text="Saved, waiting to send")).to_have_count(2)
    expect(ama.page.locator("main .app-row__when", has_text=re.compile(r"Tarnley · Written .*\d\d:\d\d"))).to_have_count(2)
    expect(ama.page.locator("main .app-row__line", has_text="It is sent by itself when signal returns.")).to_have_count(2)

    # And when the phone is locked, then it is kept all the same, and nobody can read it
    ama.restarts_the_phone()
    ama.is_at("Unlock this phone")
    ama.follows("See what waits")
    ama.sees("Unlock this phone to see each one.")
    before = file.read_bytes()
    assert ama.keeps_what_waits_as_a_file().read_bytes() == before
    for told in (*LINES, "Tarnley", "Lindqvist", "Dawn Tarnley"):
        assert told.encode() not in before

    # When somebody carries it to the office while the phone is off, and Marian brings it in
    ama.phone.switch_off()
    server.start()
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.brings_in(file)

    # Then she is told how many there are, and reads them where they belong
    marian.is_at("What was in the file")
    marian.counts("New, and placed", 2)
    marian.counts("Could not be read", 0)
    marian.opens_the_family("Tarnley")
    for line in LINES:
        expect(marian.page.get_by_text(line)).to_have_count(1)

    # When the phone is in touch again after all, then it hears that the office has them
    ama.phone.switch_on()
    ama.opens_the_app()
    ama.unlocks()
    ama.opens_the_family("Tarnley")
    ama.opens_the_note(re.compile("Call, text or message"))
    ama.sees_the_note_is("Sent, the office has it", timeout=SENDING_MS)
    ama.follows(re.compile("All sent"))
    ama.sees("Nothing is waiting.")

    # And nothing is there twice, also when the same file is brought again
    marian.brings_in(file)
    marian.counts("New, and placed", 0)
    marian.counts("Here already", 2)
    marian.opens_the_family("Tarnley")
    for line in LINES:
        expect(marian.page.get_by_text(line)).to_have_count(1)


def test_administrator_brings_in_a_file_and_reads_nothing_of_it(server: Server, ama: Keyworker, laptop: Phone) -> None:
    # Given a note in a file
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call(LINES[0])
    ama.follows(re.compile("1 kept on this phone"))
    file = ama.keeps_what_waits_as_a_file()
    ama.phone.switch_off()
    server.start()

    # When the administrator first chooses another file, then they are told that it is the wrong one
    admin = Supervisor(laptop, server, "admin@harrowmere.example")
    admin.signs_in_as_administrator()
    wrong = file.with_name("holiday.png")
    wrong.write_bytes(b"\x89PNG" + bytes(900))
    admin.brings_in(wrong)
    admin.reads(re.compile("This is not what a phone keeps for carrying"))

    # And when they choose the right one, then numbers are all they see
    admin.brings_in(file)
    admin.is_at("What was in the file")
    admin.counts("New, and placed", 1)
    for told in ("Tarnley", "Ama", LINES[0]):
        expect(admin.page.locator("body")).not_to_contain_text(told)


def test_file_goes_to_the_share_sheet_where_it_takes_files_and_is_downloaded_where_it_does_not(
    server: Server, ama: Keyworker
) -> None:
    # Given a note that waits, on a phone that can share files
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call(LINES[0])
    ama.follows(re.compile("1 kept on this phone"))
    ama.page.evaluate(
        """() => {
          window.offered = [];
          window.refusal = null;
          navigator.canShare = () => true;
          navigator.share = async ({ files, ...more }) => {
            window.offered.push([files.map((one) => one.name), Object.keys(more)]);
            if (window.refusal) throw new DOMException("", window.refusal);
          };
        }"""
    )
    ama.page.get_by_text("If this phone cannot reach the office any more").click()

    # When Ama keeps what waits, then the sheet is offered the file and no word beside it
    ama.presses("Keep what waits as a file")
    ama.sees(re.compile("with 1 note in it. It still waits on this phone, too."))
    ((names, more),) = ama.page.evaluate("() => window.offered")
    assert (len(names), more) == (1, [])
    assert names[0].startswith("fieldapp-waiting-")

    # And when she closes the sheet, then nothing says that there is a file
    ama.page.evaluate("() => { window.refusal = 'AbortError'; }")
    ama.presses("Keep what waits as a file")
    expect(ama.page.get_by_text("with 1 note in it.")).to_have_count(0)

    # And when the sheet does not take this kind of file, then it is downloaded
    ama.page.evaluate("() => { window.refusal = 'NotAllowedError'; }")
    assert ama.keeps_what_waits_as_a_file().read_bytes().startswith(b"fieldapp waiting 1\n")
