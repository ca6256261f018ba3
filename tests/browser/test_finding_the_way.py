"""A tired person finds the way: back to where they were, out of nothing by accident, and in without asking anybody."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.people import Keyworker
from tests.browser.phone import Phone
from tests.browser.server import Server


def test_newcomer_signs_in_to_the_demo_with_what_the_screen_says(phone: Phone, server: Server) -> None:
    # Given somebody who never saw the terminal
    ama = Keyworker(phone, server)
    ama.opens_the_app()
    ama.is_at("Set up this phone")

    # When they tap one of the people of the demo
    ama.presses("Be ama@harrowmere.example")
    ama.presses("Go on")

    # Then they are in
    ama.is_at("Is this your office?")


def test_list_is_found_where_it_was_left_when_coming_back_from_a_note(ama: Keyworker) -> None:
    # Given a note far down a family's list
    ama.opens_the_family("Tarnley")
    ama.page.get_by_role("button", name=re.compile("^Show .* older")).click()
    row = ama.page.locator(".app-row__link").last
    row.scroll_into_view_if_needed()
    left_at = ama.page.evaluate("() => scrollY")
    assert left_at > 1000

    # When it is read and left by the link back, and then by the phone's own Back
    for goes_back in (lambda: ama.follows("Back to the family"), lambda: ama.page.go_back()):
        ama.page.locator(".app-row__link").last.click()
        expect(ama.page.get_by_role("link", name="Back to the family")).to_be_visible()
        goes_back()
        ama.is_at("Notes")

        # Then the list is where it was
        expect(ama.page.locator(".app-row__link").last).to_be_in_viewport()
        assert abs(ama.page.evaluate("() => scrollY") - left_at) < 60


def test_phone_in_a_parents_hands_shows_only_the_questions_whatever_they_press(ama: Keyworker) -> None:
    # Given a PIN, and a questionnaire handed to Dawn
    ama.takes_a_pin("4821")
    ama.opens_the_family("Tarnley")
    ama.presses("Questionnaire")
    ama.page.get_by_role("button", name=re.compile("GAD-7")).click()
    ama.begins_the_questionnaire("Dawn")
    ama.is_at("Question 1 of 7")

    # When she presses Back again and again, and Forward
    for _ in range(3):
        ama.page.go_back()
        ama.page.wait_for_function("() => document.querySelector('h1')")
        ama.is_at("Question 1 of 7")
        expect(ama.page.locator("body")).not_to_contain_text("Tarnley")
    ama.page.go_forward()
    ama.is_at("Question 1 of 7")
    expect(ama.page.get_by_role("link")).to_have_count(0)

    # Then the only way out is to give the phone back, also before the end
    ama.presses("Stop here and give the phone back")
    ama.is_at("Thank you")
    ama.page.go_back()
    ama.is_at("Thank you")

    # And whoever says that they are Ama is asked for her PIN before anything else is seen
    ama.presses("I have the phone back")
    ama.taps_the_clock()
    assert re.fullmatch(r"\d\d:\d\d \w+ \d+ \w+ \d{4} PIN Go on Lock", " ".join(ama.seen_by_all().split()))
    ama.tries_the_pin("4821")
    ama.is_at("Scores")
    ama.sees("a gap is never counted as zero")


def test_family_details_are_changed_without_signal_and_shown_at_once(ama: Keyworker, server: Server) -> None:
    # Given no signal
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Family")
    ama.is_at("The family")
    ama.sees("Staying together")

    # When Ama writes what to know before going there
    ama.presses("Change these details")
    ama.is_at("Change: The family")
    ama.answers("Read this before you go", "Knock at the side door, not the front.")
    ama.answers("Where are we with them?", "Ending")

    # And takes back an answer with the keyboard, and chooses a programme that knows no such status
    people = ama.question("People in and around the family").first
    first = people.locator("> fieldset").first
    ama.answers("Parental responsibility", "No", first)
    clear = first.get_by_role("button", name="Clear this answer Parental responsibility")
    clear.focus()
    ama.page.keyboard.press("Enter")
    expect(clear).to_have_count(0)
    asked = ama.question("Parental responsibility", first)
    expect(asked.get_by_role("radio").first).to_be_focused()
    expect(asked.get_by_role("radio", checked=True)).to_have_count(0)
    ama.answers("Which programme?", "Family group conference")

    # And lists a child, and says at once what help they have
    people.get_by_role("button", name="Add another").click()
    ama.answers_all(
        [("Name", "Robin"), ("Child or adult?", "Child of the family"), ("Who are they?", "cousin")],
        people.locator("> fieldset").last,
    )
    levels = ama.question("Each child’s level of help, with its history").first
    levels.get_by_role("button", name=re.compile("^Add")).click()
    expect(levels.locator("> fieldset").last.locator("label", has_text="Robin")).to_be_visible()
    levels.locator("> fieldset").last.get_by_role("button", name=re.compile("^Take this out")).click()

    # Then where they are with them is asked anew, and nothing goes out before
    ama.presses("Check and send")
    ama.sees("Where are we with them: choose one of the answers")
    ama.answers("Where are we with them?", "Preparing")
    ama.checks_and_sends()

    # Then it stands on the family's page, and waits to be sent
    ama.is_at("Saved, waiting to send")
    ama.follows("Back to the family")
    ama.sees("Knock at the side door")


def test_every_address_of_a_family_that_is_gone_says_so_and_leads_home(ama: Keyworker, server: Server) -> None:
    for part in ("", "/goals", "/results", "/about", "/rate", "/measures"):
        # Given an address of a family this phone no longer has
        ama.page.goto(f"{server.origin}/app#/family/AAAAAAAAAAAAAAAAAAAAAA{part}")

        # Then the screen says so, and does not wait for ever
        ama.sees("This family is not on this phone")
        expect(ama.page.get_by_text("One moment")).to_have_count(0)

    # And there is a way home
    ama.page.get_by_role("link", name="fieldapp").click()
    ama.is_at("My families")


def test_whoever_types_the_moment_a_screen_opens_is_not_interrupted(ama: Keyworker) -> None:
    # Given a family on screen, and somebody who is in the search box as soon as there is one
    ama.opens_the_family("Tarnley")
    ama.page.evaluate(
        """() => new MutationObserver((_, watching) => {
            const box = document.querySelector("#find");
            if (!box) return;
            watching.disconnect();
            box.focus();
        }).observe(document.body, { childList: true, subtree: true })"""
    )

    # When the families open
    ama.page.get_by_role("link", name="fieldapp").click()
    ama.is_at("My families")
    ama.page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn, 100)))")

    # Then what is typed goes where it was begun
    ama.page.keyboard.type("kettle")
    expect(ama.page.get_by_label("Search all your notes")).to_have_value("kettle")
