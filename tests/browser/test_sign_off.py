"""Nobody signs off their own work, and who may not read is told nothing."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.people import Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

TARNLEY = "Tarnley(?!:)"
"""The family's main record, whose private section begins with the same name."""


def test_nobody_signs_off_their_own(server: Server, new_phone: NewPhone, laptop: Phone) -> None:
    # Given a supervisor's own phone, which holds what she is named on and not her team, and says so
    phone = new_phone()
    phone.switch_on()
    marian = Keyworker(phone, server, "marian@harrowmere.example")
    marian.sets_up_the_phone()
    marian.sees("A phone holds only the families its person works with")

    # And a family she put on it at her desk, to write a visit note herself
    at_the_desk = Supervisor(laptop, server)
    at_the_desk.signs_in()
    at_the_desk.opens_the_family(TARNLEY)
    at_the_desk.puts_it_on_her_phone()
    marian.sends_and_receives()
    marian.opens_the_family(TARNLEY)
    marian.begins_a_visit_note()
    marian.writes_the_visit("Went along because Ama was ill.")
    marian.checks_and_sends()
    marian.is_at("Sent")

    # When she opens it at her desk
    at_the_desk.opens_the_family(TARNLEY)
    at_the_desk.opens_the_newest("Visit note")
    at_the_desk.reads("Went along because Ama was ill.")

    # Then she can read it and cannot review it, and is told why
    at_the_desk.may_not_review()
    at_the_desk.reads(re.compile("own|yourself|you wrote", re.IGNORECASE))


def test_keyworkers_sign_in_opens_no_record_at_the_desk(server: Server, laptop: Phone) -> None:
    # Given a keyworker's email, password and code on the desk's pages
    ama = Supervisor(laptop, server, "ama@harrowmere.example")
    ama.types_the_sign_in()

    # Then the work is in the phone app, and no page of the desk opens
    ama.is_at("Your work is in the phone app")
    laptop.page.goto(f"{server.origin}/desk/families")
    expect(laptop.page.get_by_role("heading", level=1)).to_have_text("Sign in")
