"""Writing on the phone: quick things stay quick, and nothing typed is lost."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.people import Keyworker, today
from tests.browser.server import Server

SENTENCE = "Dawn was tearful and said she had slept maybe two hours"
BEFORE = "Ring the top bell twice"
TAPS = 5
OUT, SCHOOL = "Let someone know where I am", "Get back into school mornings"


def test_call_is_written_down_in_five_taps(ama: Keyworker, server: Server) -> None:
    # Given a family that is open, and no signal
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.presses("Call or text")
    ama.is_at("Call, text or message")
    ama.sees(BEFORE)

    # When Ama taps who, how, what came of it and whether it worries her, and types one line
    def writes() -> None:
        ama.question("Who with?").locator("label").first.click()
        ama.answers("How?", "Call")
        ama.answers("What came of it?", "We spoke")
        ama.types("In one line", "Home safe by nine")
        ama.answers("Anything new or worrying?", "No")
        ama.presses("Save and send")

    taps = ama.counts_taps(writes)

    # Then five taps, and it is saved
    ama.is_at("Saved, waiting to send")
    assert taps <= TAPS


def test_draft_is_there_when_the_phone_died_in_mid_sentence(ama: Keyworker) -> None:
    # Given a note that is being written
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.answers("What kind of visit was it?", "Home visit")
    ama.waits_for_the_draft_to_be_kept()
    ama.types("What did you see and hear?", SENTENCE)
    # What it said before is taken back with the first letter that is not kept yet
    ama.waits_for_the_draft_to_be_kept()

    # When the battery is empty in the middle of the next sentence
    ama.types("What did you see and hear?", ". Jayden ate")
    ama.loses_all_power()

    # Then the draft is there after unlocking, with all but its last second
    ama.unlocks()
    ama.opens_the_family("Tarnley")
    ama.follows("Carry on with the visit note")
    expect(ama.question("What did you see and hear?").first).to_have_value(re.compile(f"^{SENTENCE}"))


def test_what_was_typed_is_covered_while_names_are_hidden_and_is_all_there_afterwards(ama: Keyworker) -> None:
    # Given a note that is being written, below what must be read before going there
    ama.opens_the_family("Tarnley")
    ama.sees(BEFORE)
    ama.begins_a_visit_note()
    ama.sees(BEFORE)
    ama.answers("What kind of visit was it?", "Home visit")
    ama.question("Who was there?").get_by_role("button", name="Add someone else").click()
    ama.types("Name, or a description", "Uncle Ossian")
    ama.types("What did you see and hear?", SENTENCE)

    # When somebody looks over Ama's shoulder, and she hides the names
    ama.presses("Hide names")
    expect(ama.question("What did you see and hear?").first).to_have_accessible_description(re.compile("Hidden"))
    expect(ama.question("The child’s own words").first).to_have_accessible_description(re.compile("Nothing yet"))

    # Then nothing she typed is anywhere in the page, not in a field either
    assert not ama.finds_in_the_page("Ossian")
    assert not ama.finds_in_the_page(SENTENCE)
    assert not ama.finds_in_the_page("Kayleigh")
    assert not ama.finds_in_the_page(BEFORE)
    # But that there is something to read before going there stays to be seen
    ama.sees("there is something to read before any contact")

    # And a tap on what is covered brings it back, with the cursor where she left off
    ama.question("What did you see and hear?").first.click()
    expect(ama.question("What did you see and hear?").first).to_be_focused()
    ama.page.keyboard.type(". Jayden ate.")
    expect(ama.question("What did you see and hear?").first).to_have_value(f"{SENTENCE}. Jayden ate.")
    expect(ama.question("Name, or a description").first).to_have_value("Uncle Ossian")
    ama.waits_for_the_draft_to_be_kept()


def test_empty_send_is_answered_with_a_list_and_nothing_typed_is_lost(ama: Keyworker) -> None:
    # Given a note of which only one answer is written
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.answers("What kind of visit was it?", "Home visit")
    ama.answers("What did you see and hear?", SENTENCE)

    # When Ama wants to send it
    ama.presses("Check and send")

    # Then a list says what is missing, each line leads to its question, and what was typed is still there
    summary = ama.page.locator("#problems")
    expect(summary).to_contain_text("things are missing before this can be sent")
    expect(summary).to_be_focused()
    expect(ama.question("What did you see and hear?").first).to_have_value(SENTENCE)
    summary.get_by_text("Where?").click()
    expect(ama.question("Where?").first).to_be_focused()


def test_note_sent_without_signal_is_found_by_its_words(ama: Keyworker, server: Server) -> None:
    # Given a call that was written without signal
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.presses("Call or text")
    ama.question("Who with?").locator("label").first.click()
    ama.answers("How?", "Call")
    ama.answers("What came of it?", "We spoke")
    ama.answers("In one line", "Lent her the Zephyrine book")
    ama.answers("Anything new or worrying?", "No")
    ama.presses("Save and send")
    ama.is_at("Saved, waiting to send")

    # When Ama looks for one of its words, in small letters
    ama.page.get_by_role("link", name="fieldapp").click()
    ama.page.get_by_label("Search all your notes").fill("zephyrine")
    ama.page.get_by_role("button", name="Search").click()

    # Then it is found, and the address holds nothing of it
    ama.sees("1 note found on this phone")
    assert "zephyrine" not in ama.page.url.lower()


def test_family_plan_says_which_goals_it_has_and_who_did_not_agree(ama: Keyworker) -> None:
    # Given a family plan, with two of the family's goals and two people, of whom one did not agree
    ama.opens_the_family("Tarnley")
    ama.page.get_by_text("More to write").click()
    ama.presses("Family plan")
    ama.is_at("Family Action Plan")
    ama.types("What does the family want to be different?", "One tea without shouting.")
    needs = ama.question("What needs to change?")
    needs.get_by_role("button", name="Add one").click()
    ama.answers("Need", "Kayleigh is safe when she is out", needs)
    steps = ama.question("Who does what, by when?")
    steps.get_by_role("button", name="Add one").click()
    ama.answers_all(
        [("Step", "Text one word by nine"), ("Who?", "Kayleigh"), ("By when?", today()), ("Where does it stand?", "To do")], steps
    )
    goals = ama.question("Goals in this plan")
    for goal in (OUT, SCHOOL):
        ama.answers("Goals in this plan", goal)
    agreed = ama.question("Who agreed to this plan?")
    for name in ("Dawn Tarnley", "Paul Esk"):
        agreed.locator("label", has_text=name).click()
    for name, how in (("Dawn Tarnley", "Signed on paper"), ("Paul Esk", "Did not agree")):
        ama.answers("How did they agree?", how, agreed.get_by_role("group", name=name))
    ama.answers("When?", today())
    ama.answers("When will you look at it again?", today())

    # When somebody looks over Ama's shoulder, then no goal is named
    ama.presses("Hide names")
    assert not ama.finds_in_the_page(OUT)
    ama.presses("Show names")

    # And when she checks it, then it says both, and where it is read as well
    ama.presses("Check and send")
    ama.is_at("Check before you send")
    says_what_was_agreed(ama, goals=(OUT, SCHOOL))
    ama.presses("Send")
    ama.is_at(re.compile("Saved, waiting to send|Sent"))
    ama.follows("See what I sent")
    says_what_was_agreed(ama, goals=(OUT, SCHOOL))

    # And when it is changed, then its goals are there, and one can be taken out
    ama.presses("Change this")
    expect(goals.get_by_label(SCHOOL)).to_be_checked()
    goals.locator("label", has_text=SCHOOL).click()
    ama.presses("Check and send")
    ama.is_at("Check before you send")
    says_what_was_agreed(ama, goals=(OUT,))


def says_what_was_agreed(worker: Keyworker, goals: tuple[str, ...]) -> None:
    def said(question: str) -> Locator:
        return worker.page.locator(f'[data-field="{question}"] dd')

    expect(said("goals")).to_have_text("\n".join(goals), use_inner_text=True)
    expect(said("agreed_by")).to_have_text(
        "Dawn Tarnley, mother, Signed on paper\nPaul Esk, stepfather, Did not agree", use_inner_text=True
    )


def test_visit_is_sent_though_everybody_in_it_was_taken_out_of_the_family_meanwhile(ama: Keyworker) -> None:
    # Given a visit in which somebody was there, and each child was asked about
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.writes_the_visit(SENTENCE)
    ama.waits_for_the_draft_to_be_kept()

    # When she who was there and the children are taken out of the family's details
    ama.opens_the_family("Tarnley")
    ama.opens_the_part("Family")
    ama.presses("Change these details")
    people = ama.question("People in and around the family").first
    for name in ("Dawn Tarnley", "Kayleigh Tarnley", "Jayden Tarnley"):
        people.get_by_role("button", name=f"Take this out {name}").click()
    ama.question("Each child’s level of help, with its history").first.get_by_role("button", name="Take this out").first.click()
    ama.checks_and_sends()
    ama.opens_the_family("Tarnley")
    ama.follows("Carry on with the visit note")

    # Then the note still shows who was ticked, until Ama takes them out
    there = ama.question("Who was there?").first
    dawn = there.get_by_label("Dawn Tarnley")
    expect(dawn).to_be_checked()
    there.locator("label", has_text="Dawn Tarnley").click()
    expect(dawn).to_have_count(0)
    there.locator("label").first.click()

    # And once nobody is left to ask about, it says so and the note goes out
    children = ama.question("Each child in the family").first
    children.get_by_role("button", name="Take this out").first.click()
    children.get_by_role("button", name="Take this out").first.click()
    ama.sees("No child who is born is listed in this family")
    ama.checks_and_sends()
    ama.sees_the_note_is("Sent, the office has it")


def test_words_whose_question_another_answer_took_away_are_read_before_the_rest_is_sent(ama: Keyworker) -> None:
    # Given a call that worried Ama, in her words
    worry = "He said he would come for the children on Friday"
    ama.opens_the_family("Tarnley")
    ama.presses("Call or text")
    ama.question("Who with?").locator("label").first.click()
    ama.answers_all(
        [("How?", "Call"), ("What came of it?", "We spoke"), ("In one line", "Paul rang"), ("Anything new or worrying?", "Yes")]
    )
    ama.types("What worries you?", worry)

    # When a thumb touches that nothing is worrying, and the question is gone with her words
    ama.answers("Anything new or worrying?", "No")
    ama.presses("Save and send")

    # Then nothing is sent yet, and what would not be is there to be read
    ama.is_at("Check before you send")
    ama.sees("Not asked any more")
    ama.sees(worry)

    # And whoever goes back finds it
    ama.follows("Go back and change something")
    ama.answers("Anything new or worrying?", "Yes")
    expect(ama.question("What worries you?").first).to_have_value(worry)

    # And a child's bruise is not lost by a wrong tap either
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.writes_the_visit("Both children were at the table")
    child = ama.question("Each child in the family").first.locator("> fieldset").first
    ama.answers("How did they seem?", "A bruise under the left eye", child)
    ama.answers("Did you see them?", "No", child)
    ama.answers("Why not?", "Asleep upstairs", child)
    ama.presses("Check and send")
    ama.is_at("Check before you send")
    ama.sees("Not asked any more")
    ama.sees("A bruise under the left eye")
