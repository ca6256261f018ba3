"""Goals and questionnaires: asked on the phone, charted on both sides with the same numbers."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.people import SENDING_MS, Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

GOAL = "Talk without shouting"
NOT_AT_ALL, SEVERAL, MORE, NEARLY = "Not at all", "Several days", "More than half the days", "Nearly every day"


def numbers_of(table: Locator, who: str) -> list[str]:
    """The numbers of one rater, by row or by column as the table has them; a comment may stand behind a number."""
    rows = [[cell.inner_text().strip() for cell in row.locator("th, td").all()] for row in table.locator("tr").all()]
    by_row = next((row[1:] for row in rows if row[0].startswith(who)), None)
    if by_row is None:
        column = next(at for at, cell in enumerate(rows[0]) if cell.startswith(who))
        by_row = [row[column] for row in rows[1:]]
    return [found[0] for cell in by_row if (found := re.match(r"\d+", cell))]


def test_goal_rated_by_two_is_charted_with_the_same_numbers_on_both_sides(ama: Keyworker, server: Server, laptop: Phone) -> None:
    # Given a goal that two people rate
    ama.opens_the_family("Tarnley")
    ama.presses("Goal ratings")
    ama.is_at("Goal ratings")
    goal = ama.page.locator("section", has=ama.page.get_by_role("heading", name=GOAL))
    raters = goal.locator("fieldset")
    expect(raters).to_have_count(2)

    # When one says a number on another day than the other, and Ama is called away between
    yesterday = ama.page.evaluate("() => new Date(Date.now() - 86400000).toLocaleDateString('sv')")
    raters.nth(0).get_by_label("8", exact=True).check()
    ama.page.get_by_label("Which day?").fill(yesterday)
    ama.opens_the_family("Tarnley")
    ama.presses("Goal ratings")
    expect(raters.nth(0).get_by_label("8", exact=True)).to_be_checked()
    expect(ama.page.get_by_label("Which day?")).to_have_value(yesterday)
    raters.nth(1).get_by_label("4", exact=True).check()

    # Then each stands with its own day
    expect(goal.get_by_text(re.compile("^Given on"))).to_have_count(2)
    ama.presses("Save 2 ratings")
    ama.is_at("Goals")

    # Then the phone charts both, each with its numbers in a table
    shown = ama.page.locator("section", has=ama.page.get_by_role("heading", name=GOAL))
    expect(shown.get_by_role("img").first).to_be_visible()
    shown.locator("summary", has_text="The same numbers in a table").click()
    on_the_phone = {who: numbers_of(shown.locator("table").first, who) for who in ("Dawn", "Kayleigh")}
    assert on_the_phone["Dawn"][-1] == "8"
    assert on_the_phone["Kayleigh"][-1] == "4"

    # And from there all is read that is written of the goal, and not only what is rated
    shown.get_by_role("link", name="All that is written of this goal").click()
    ama.sees("In the family’s own words")
    ama.sees("if we could get through one tea without me shouting")

    # And the supervisor's page has the very same numbers
    ama.sends_and_receives()
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    figure = marian.page.locator("figure", has_text=GOAL).or_(marian.page.locator(f"h3:has-text('{GOAL}') + figure"))
    expect(figure.get_by_role("img").first).to_be_visible()
    at_the_desk = {who: numbers_of(figure.locator("table").first, who) for who in ("Dawn", "Kayleigh")}
    assert at_the_desk == on_the_phone


def test_questionnaire_is_scored_on_the_phone_and_its_ninth_question_speaks_to_the_worker_only(
    ama: Keyworker, server: Server
) -> None:
    # Given PHQ-9 in a home without signal, handed to Dawn
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.presses("Questionnaire")
    ama.page.get_by_role("button", name=re.compile("PHQ-9")).click()
    ama.begins_the_questionnaire("Dawn")

    # When she answers, the ninth question with "Several days"
    answers = [MORE, NEARLY, MORE, MORE, SEVERAL, MORE, MORE, SEVERAL, SEVERAL]
    for number, answer in enumerate(answers, start=1):
        ama.is_at(f"Question {number} of 10")
        ama.page.locator("main label", has_text=re.compile(rf"^\s*{answer}\s*$")).click()
        ama.presses("Next")
    ama.page.locator("main label").first.click()  # how difficult it made things
    ama.presses("Finish")

    # Then her screen thanks her and says nothing more, and no way leads from it into the record
    ama.is_at("Thank you")
    assert "needs you now" not in ama.page.locator("body").inner_text()
    expect(ama.page.get_by_role("link")).to_have_count(0)

    # And only when the phone is back, the worker is told, with the score
    ama.presses("I have the phone back")
    ama.is_at("Scores")
    ama.sees("Only for you: an answer that needs you now")
    ama.sees(re.compile("Then tell Marian Holt-Vane"))
    ama.sees(re.compile(r"\b16\b"))


def test_answers_changed_after_they_were_scored_are_scored_anew_when_somebody_just_goes_back(ama: Keyworker) -> None:
    # Given the answers to PHQ-9 on paper, copied in and scored
    ama.opens_the_family("Tarnley")
    ama.presses("Questionnaire")
    ama.page.get_by_role("button", name=re.compile("PHQ-9")).click()
    ama.says_who_answered("Dawn", "Answers on paper, to copy in")
    questions = ama.page.locator("main fieldset")
    expect(questions).to_have_count(10)
    for question in questions.all()[:9]:
        question.locator("label", has_text=NOT_AT_ALL).click()
    ama.presses("Go on")
    ama.is_at("Scores")
    expect(ama.page.get_by_text("needs you now")).to_have_count(0)

    # When the ninth is put right and the phone's own Back leads to the scores
    ama.follows("Look at the answers again")
    questions.nth(8).locator("label", has_text=MORE).click()
    ama.page.go_back()
    ama.is_at("Scores")

    # Then they are those of the answers, with what is asked of the worker, and not sent before that is answered
    ama.sees("The answers were changed after they were scored")
    ama.sees("Only for you: an answer that needs you now")
    expect(ama.page.locator(".app-scores__value").first).to_have_text("2")
    ama.presses("Save and send")
    ama.sees("3 things are missing before this can be sent")

    # And what she wrote of it is read before the rest is sent without it, when the ninth is put back
    ama.types("What did you ask, and what did you do?", "He is safe tonight, his sister is there")
    ama.follows("Look at the answers again")
    questions.nth(8).locator("label", has_text=NOT_AT_ALL).click()
    ama.page.go_back()
    ama.is_at("Scores")
    ama.sees("Not asked any more")
    ama.sees("He is safe tonight, his sister is there")


def test_score_worked_out_on_paper_is_typed_in_as_a_score_under_its_own_name(ama: Keyworker, server: Server) -> None:
    # Given a questionnaire whose text this app may not show
    ama.opens_the_family("Tarnley")
    ama.presses("Questionnaire")
    paper = ama.page.get_by_role("button", name=re.compile("On paper")).first
    title = paper.locator("span").evaluate("span => span.firstChild.data")
    paper.click()

    # When Ama types the score from the paper, without signal
    server.kill()
    ama.says_who_answered("Dawn")
    ama.types_the_paper_score("13")
    ama.sees("This score can only be from 0 to 12")
    ama.types_the_paper_score("7")
    ama.is_at("Scores")
    ama.presses("Save and send")

    # Then it is saved as a score from paper
    ama.is_at("Saved, waiting to send")
    ama.follows("See what I sent")
    ama.is_at(title)
    expect(ama.page.locator(".app-scores__value")).to_have_text("7")

    # And the list of what waits and the search call it by its name, also once the phone was restarted
    ama.restarts_the_phone()
    ama.unlocks()
    ama.page.locator(".app-send-line").get_by_role("link").click()
    expect(ama.page.locator("main").get_by_role("link", name=title, exact=True)).to_be_visible()
    ama.page.get_by_role("link", name="fieldapp").click()
    ama.page.get_by_label("Search all your notes").fill(title)
    ama.presses("Search")
    ama.opens_the_note(re.compile(f"Tarnley.* · {re.escape(title)}"))

    # And with signal it reaches the office
    server.start()
    ama.sees_the_note_is("Sent, the office has it", timeout=SENDING_MS)
