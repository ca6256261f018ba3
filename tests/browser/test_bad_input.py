"""Whatever is left out or mistyped: a list says it in words, has the reader, leads to each question, and keeps every letter."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import Keyworker, Supervisor
from tests.browser.phone import Phone
from tests.browser.server import Server

TYPED = "Luka: «Bär», O’Brien – 50 % & <b>"
# Whether the control that has the keyboard stands in the question of that id, and is in sight under the bar above.
LED_TO = """() => {
  const { top, bottom } = document.activeElement.getBoundingClientRect();
  return document.activeElement.matches("input, textarea, select, button[id]") && top >= 0 && bottom <= innerHeight;
}"""


def each_line_leads_to_its_question(page: Page) -> list[str]:
    """Follows every line of the list on screen; gives what they say."""
    summary = page.locator("#problems")
    expect(summary).to_be_focused()
    lines = summary.get_by_role("button")
    said = lines.all_inner_texts()
    assert said
    for line in lines.all():
        line.click()
        assert page.evaluate(LED_TO), line.inner_text()
    return said


def test_every_form_of_the_phone_says_what_is_missing_and_keeps_what_was_typed(ama: Keyworker) -> None:
    page = ama.page

    def more(name: str) -> Callable[[], None]:
        def opens() -> None:
            page.get_by_text("More to write").click()
            ama.presses(name)

        return opens

    def the_family() -> None:
        ama.opens_the_part("Family")
        ama.is_at("The family")
        ama.presses("Change these details")

    def the_questionnaire() -> None:
        ama.presses("Questionnaire")
        page.get_by_role("button", name=re.compile("PHQ-9")).click()

    # Given each form that there is, with something typed wherever a text is asked for and not required
    kinds: list[tuple[Callable[[], None], str | re.Pattern[str]]] = [
        (lambda: ama.presses("Visit note"), "Visit note"),
        (lambda: ama.presses("Call or text"), "Call, text or message"),
        (more("Missing from home"), re.compile("Missing from home")),
        (more("Family plan"), re.compile("[Pp]lan")),
        (more("New goal"), re.compile("[Gg]oal")),
        (the_family, "Change: The family"),
        (the_questionnaire, re.compile("PHQ-9")),
    ]
    for opens, heading in kinds:
        ama.opens_the_family("Tarnley")
        opens()
        ama.is_at(heading)
        text: Locator | None = None
        if heading == "Change: The family":
            ama.answers("Name of the family", "")
        if page.locator("main textarea").count():
            text = page.locator("main textarea").first
            text.fill(TYPED)

        # When it is sent as it is
        page.locator("main button[type=submit]").last.click()

        # Then the list has the reader, leads to every question, and what was typed is there
        each_line_leads_to_its_question(page)
        if text is not None:
            expect(text).to_have_value(TYPED)

    # And when a time is no time, then it stays as it was typed; and of several children it says which
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.answers("What kind of visit was it?", "Home visit")
    ama.answers("Start", "25:99")
    ama.presses("Check and send")
    said = each_line_leads_to_its_question(page)
    assert "Start: write the time like 17:40" in said
    assert "Answer “Did you see them?” – Jayden Tarnley" in said
    assert len(said) == len(set(said))
    expect(ama.question("Start").first).to_have_value("25:99")

    # And of goal ratings none
    ama.opens_the_family("Tarnley")
    ama.presses("Goal ratings")
    ama.is_at("Goal ratings")
    page.locator("main button[type=submit]").last.click()
    expect(page.get_by_role("alert").filter(has_text="No number is chosen yet")).to_be_focused()


def test_signing_in_badly_says_why_and_keeps_what_was_typed(phone: Phone, laptop: Phone, server: Server) -> None:
    # Given a phone that is being set up, and only an address
    ama = Keyworker(phone, server)
    ama.opens_the_app()
    ama.is_at("Set up this phone")
    ama.page.get_by_label("Work email").fill("ama@harrowmere.example")
    ama.presses("Go on")

    # Then it lists the other two
    assert each_line_leads_to_its_question(ama.page) == ["Type your password", "Type the six digits"]
    expect(ama.page.get_by_label("Work email")).to_have_value("ama@harrowmere.example")

    # And what is wrong is said where the reader is taken
    ama.page.get_by_label("Password", exact=True).fill("not it")
    ama.page.get_by_label("Code from your authenticator app").fill("12")
    ama.presses("Go on")
    expect(ama.page.get_by_role("alert").filter(has_text="Email, password, code or passkey is not right")).to_be_focused()
    expect(ama.page.get_by_label("Work email")).to_have_value("ama@harrowmere.example")

    # Given the desk, and a review of which only the words are written
    marian = Supervisor(laptop, server)
    marian.signs_in()
    marian.opens_the_family("Tarnley")
    marian.opens_the_newest("Visit note")
    words = marian.page.get_by_label("Your question, or what you want to say")
    words.fill(TYPED)
    marian.page.get_by_role("button", name="Send review").click()

    # Then a list says what is missing and leads there, and the words are still there
    summary = marian.page.locator(".govuk-error-summary")
    expect(summary).to_be_focused()
    expect(words).to_have_value(TYPED)
    summary.get_by_role("link", name="Choose what you want to do").click()
    expect(marian.page.get_by_label("Sign off")).to_be_focused()

    # And so does the page on which a person is added
    admin = Supervisor(laptop, server, "admin@harrowmere.example")
    marian.page.get_by_text("Sign out").click()
    admin.signs_in_as_administrator()
    admin.page.get_by_role("button", name="Add a person").click()
    admin.page.get_by_label("Name").fill("Nour O’Brien")
    admin.page.locator("main button[type=submit]").click()
    expect(admin.page.locator(".govuk-error-summary")).to_be_focused()
    expect(admin.page.get_by_label("Name")).to_have_value("Nour O’Brien")
