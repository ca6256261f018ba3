"""The app in two tabs: one of them writes, the other says so and offers to be the one."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.people import Keyworker
from tests.browser.test_accessible import Eye

ELSEWHERE = "fieldapp is open in another tab"
KEPT = "What you typed in the other one is kept as a draft."
WORDS = "Jayden said the baby sleeps through now"


def test_second_tab_says_that_the_app_is_open_elsewhere_and_takes_over_with_what_was_typed(ama: Keyworker) -> None:
    # Given a note that Ama is writing
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.answers("What kind of visit was it?", "Home visit")
    ama.types("What did you see and hear?", WORDS)
    ama.waits_for_the_draft_to_be_kept()

    # When she opens the app once more, then the second tab says what is so, and nothing of what is kept
    there = ama.at_another_tab()
    there.opens_the_app()
    there.is_at(ELSEWHERE)
    there.sees(KEPT)
    eye = Eye(there.page)
    eye.looks("open in another tab")
    assert eye.objections == []

    # And the first one goes on as before
    more = " and so does Dawn"
    ama.question("What did you see and hear?").first.press("ControlOrMeta+End")
    ama.types("What did you see and hear?", more)
    ama.waits_for_the_draft_to_be_kept()

    # When she goes on in the second, then that asks for her words, and the first says where the app is open
    there.presses("Continue here")
    there.is_at("Unlock this phone")
    ama.is_at(ELSEWHERE)
    assert not ama.finds_in_the_page(WORDS)

    # And what she typed in the first is there, can be finished, and the first writes nothing over it
    there.unlocks()
    there.opens_the_family("Tarnley")
    there.follows("Carry on with the visit note")
    expect(there.question("What did you see and hear?").first).to_have_value(WORDS + more)
    there.writes_the_visit(f"{WORDS}{more}. It is calm.")
    there.checks_and_sends()
    there.is_at("Sent")
    ama.is_at(ELSEWHERE)
