"""A record under its own questions, whatever somebody sent."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fieldapp import progress, sheet
from fieldapp.practice import shipped
from fieldapp.sheet import Names
from sync.view import Version, fold

PRACTICE = shipped()
NAMES = Names(
    measures=PRACTICE.measures, vocabularies=PRACTICE.plain_vocabularies(), people={"dawn": "Dawn"}, staff={"ama": "Ama"}
)
SCHEMAS = sorted(PRACTICE.definitions)

json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8) | st.sampled_from(["yes", "no", "home_visit", "phq-9@1", "2026-02-30"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "person", "value", "score", "seen", "x"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


def told(entry: str) -> tuple[str, str]:
    return "Ama", "Fri 21 Nov"


@st.composite
def records(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    definition = PRACTICE.plain("records", draw(st.sampled_from(SCHEMAS)))
    names = [field["id"] for section in definition["sections"] for field in section["fields"]] + ["not_known"]
    fields = st.dictionaries(st.sampled_from(names), json, max_size=6)
    return definition, draw(fields), draw(fields)


def texts(answers: tuple[sheet.Answer, ...]) -> list[str]:
    found: list[str] = []
    for answer in answers:
        found += [answer.text, *(card.text for card in answer.cards)]
        for item in answer.items:
            found += texts(item)
    return found


@given(records())
def test_law_any_answers_are_shown_and_none_breaks_the_page(drawn: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]) -> None:
    definition, mine, theirs = drawn
    view = fold([Version("a", (), mine), Version("b", (), theirs)])
    for part in sheet.parts(definition, view.fields, NAMES, told):
        assert all(isinstance(text, str) for text in texts(part.answers))
    forks = {name: found for name, found in view.fields.items() if found.is_forked}
    for change in sheet.changes(definition, mine, theirs, NAMES, forks=forks, told=told)[0]:
        assert change.pieces or change.label
        assert all(isinstance(card.text, str) for card in change.cards)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["goal", "rater", "rated_on", "value", "rater_name", "comment"]), json, max_size=6),
        max_size=4,
    )
)
def test_law_ratings_of_any_shape_draw_a_chart_or_none(ratings: list[dict[str, Any]]) -> None:
    progress.goals_of([("g", {})], ratings, PRACTICE.plain("records", "goal.1"), NAMES)


@given(
    st.lists(
        st.tuples(
            st.text(max_size=2),
            st.dictionaries(
                st.sampled_from(["measure", "scores", "score_only", "entry", "completed_on", "answered_by"]), json, max_size=6
            ),
        ),
        max_size=4,
    )
)
def test_law_responses_of_any_shape_are_listed(responses: list[tuple[str, dict[str, Any]]]) -> None:
    listed = progress.measures_of(responses, PRACTICE, NAMES)
    assert sum(len(one.times) for one in listed) == len(responses)


def test_a_choice_a_person_and_a_list_are_said_in_words() -> None:
    definition = PRACTICE.plain("records", "visit-note.1")
    fields = {
        "contact_type": "home_visit",
        "happened_on": "2026-11-21",
        "children_seen": [{"id": "s", "person": "dawn", "seen": "yes", "seen_alone": "no"}],
    }
    parts = sheet.parts(definition, fold([Version("a", (), fields)]).fields, NAMES, told)
    said = [text for part in parts for text in texts(part.answers)]
    assert {"Home visit", "Saturday 21 November 2026", "Dawn", "Yes", "No"} <= set(said)


def test_a_question_without_an_answer_is_shown_when_it_was_asked_for() -> None:
    definition = PRACTICE.plain("records", "visit-note.1")
    parts = sheet.parts(definition, fold([Version("a", (), {"contact_type": "home_visit"})]).fields, NAMES, told)
    asked = {answer.id: answer.is_answered for part in parts for answer in part.answers}
    assert asked["childs_words"] is False
    assert "home_conditions" not in asked
    assert "failed_reason" not in asked


def test_facts_and_the_workers_view_stand_on_two_sides() -> None:
    definition = PRACTICE.plain("records", "visit-note.1")
    fields = {"contact_type": "home_visit", "seen_and_heard": "A split door.", "workers_view": "Worried."}
    sides = {part.id: part.side for part in sheet.parts(definition, fold([Version("a", (), fields)]).fields, NAMES, told)}
    assert (sides["facts"], sides["view"], sides["when"]) == ("facts", "view", "both")


def test_a_heading_that_speaks_to_the_writer_speaks_of_the_writer_to_a_reader() -> None:
    definition = PRACTICE.plain("records", "visit-note.1")
    fields = {"contact_type": "home_visit", "workers_view": "Worried.", "written_where": "in_car"}
    titles = {part.id: part.title for part in sheet.parts(definition, fold([Version("a", (), fields)]).fields, NAMES, told)}
    assert (titles["view"], titles["writing"]) == ("The worker’s view", "Where this was written")
    for plain in (PRACTICE.plain("records", schema) for schema in SCHEMAS if schema != "review.1"):
        for section in plain["sections"]:
            assert "your" not in section.get("title_read", section["title"]).lower().split()


def test_a_field_nobody_knows_is_shown_as_it_was_sent() -> None:
    definition = PRACTICE.plain("records", "visit-note.1")
    parts = sheet.parts(definition, fold([Version("a", (), {"weather": {"sky": "grey"}})]).fields, NAMES, told)
    assert parts[-1].title == "Other answers, as they were sent"
    assert texts(parts[-1].answers) == ["sky: grey"]


def test_an_estimated_score_says_so() -> None:
    measure = PRACTICE.measures["phq-9@1"]
    said = sheet.score_text(
        {"id": "total", "value": 16, "band": "moderately severe", "prorated": True, "missing": ["a"]}, measure
    )
    assert said.endswith("16 (one answer missing, estimated), moderately severe")


def test_answers_to_a_questionnaire_are_shown_with_their_questions() -> None:
    definition = PRACTICE.plain("records", "measure-response.1")
    item = PRACTICE.measures["phq-9@1"].items[0]
    fields = {"measure": "phq-9@1", "entry": "here", "answers": {item["id"]: item["choices"][2]["value"]}}
    parts = sheet.parts(definition, fold([Version("a", (), fields)]).fields, NAMES, told)
    answers = next(answer for part in parts for answer in part.answers if answer.id == "answers")
    assert answers.items[0][0].label == item["text"]
    assert answers.items[0][0].text.startswith(item["choices"][2]["label"])
