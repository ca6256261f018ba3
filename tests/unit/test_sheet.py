"""A record under its own questions, whatever somebody sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp import progress, sheet
from fieldapp.practice import shipped
from fieldapp.sheet import Names
from sync.view import Version, fold, views_at

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
        found += [answer.text, *(card.text for fork in answer.forks for card in fork.cards)]
        for item in answer.items:
            found += texts(item)
    return found


@given(records())
def test_law_any_answers_are_shown_and_none_breaks_the_page(drawn: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]) -> None:
    definition, mine, theirs = drawn
    view = fold([Version("a", (), mine), Version("b", (), theirs)])
    for part in sheet.parts(definition, view.fields, NAMES, told):
        assert all(isinstance(text, str) for text in texts(part.answers))
        for answer in part.answers:
            beside = view.fields.get(answer.id)
            differ = [beside.values, *beside.items.values()] if beside is not None else []
            assert [len(fork.cards) for fork in answer.forks] == [len(values) for values in differ if len(values) > 1]
    forks = {name: found for name, found in view.fields.items() if found.is_forked}
    for change in sheet.changes(definition, mine, theirs, NAMES, forks=forks, told=told)[0]:
        assert change.pieces
        assert all(isinstance(card.text, str) for fork in change.forks for card in fork.cards)


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


def test_plan_says_who_did_not_agree_and_its_goals_by_their_words() -> None:
    fields = {
        "goals": ["r-talk", "r-gone"],
        "agreed_by": [{"id": "1", "person": "dawn", "name": "Dawn", "role": "mother", "how": "did_not"}],
    }
    names = replace(NAMES, records={"r-talk": "Talk without shouting"})
    parts = sheet.parts(PRACTICE.plain("records", "plan.1"), fold([Version("a", (), fields)]).fields, names, told)
    said = [text for part in parts for text in texts(part.answers)]
    assert "Dawn · mother · Did not agree" in said
    assert "Talk without shouting\na record not listed" in said


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


def settling(
    before: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any], after: dict[str, Any]
) -> list[tuple[str, list[tuple[str, str]], list[list[str]]]]:
    """What the page tells of a version of a visit note that followed two: of each change its label, its pieces and its forks."""
    versions = [Version("o", (), before), Version("a", ("o",), mine), Version("b", ("o",), theirs)]
    view = views_at(versions, {"settling": ["a", "b"]})["settling"]
    forks = {name: found for name, found in view.items() if found.is_forked}
    definition = PRACTICE.plain("records", "visit-note.1")
    return [
        (each.label, [(piece.what, piece.text) for piece in each.pieces], [[card.text for card in fork.cards] for fork in each.forks])
        for each in sheet.changes(definition, sheet.settled(view), after, NAMES, forks=forks, told=told)[0]
    ]  # fmt: skip


@pytest.mark.parametrize("chosen", ["Nan Ivy", "Nan Joan", "Nan Ivy or Joan"])
@pytest.mark.parametrize(
    ("name", "label", "says"),
    [("people_present", "Who was there?", "name"), ("actions", "Who does what?", "what"), ("odd", "odd", "name")],
)
def test_what_else_went_and_came_in_a_list_is_marked_when_somebody_settled_one_item_of_it(
    name: str, label: str, says: str, chosen: str
) -> None:
    def listed(**items: str) -> dict[str, Any]:
        return {name: [{"id": id, says: text} for id, text in items.items()]}

    [(said, pieces, forks)] = settling(
        listed(one="Nan", two="Neighbour"),
        listed(one="Nan Ivy", two="Neighbour"),
        listed(one="Nan Joan", two="Neighbour"),
        listed(one=chosen, three="Stranger"),
    )

    assert said == label
    assert [[text.rpartition(": ")[2] for text in fork] for fork in forks] == [["Nan Ivy", "Nan Joan"]]
    assert chosen in "".join(text for what, text in pieces if what == "same")
    assert [text for what, text in pieces if what == "removed"] == ["Neighbour"]
    assert [text for what, text in pieces if what == "added"] == ["Stranger"]


def test_versions_of_several_items_are_told_apart_and_one_that_was_taken_out_says_so() -> None:
    def present(**items: str) -> dict[str, Any]:
        return {"people_present": [{"id": id, "name": text} for id, text in items.items()]}

    told_of = settling(
        present(one="Nan", two="Neighbour"),
        present(one="Nan Ivy"),
        present(one="Nan Joan", two="Mr Orr"),
        present(one="Nan Ivy"),
    )

    forks = [["Nan Ivy", "Nan Joan"], ["Taken out", "Mr Orr"]]
    assert told_of == [("Who was there?", [("same", "Nan Ivy"), ("removed", "\nMr Orr")], forks)]


def test_answer_with_two_versions_as_a_whole_is_compared_with_neither() -> None:
    told_of = settling({"purpose": "x"}, {"purpose": "xa"}, {"purpose": "xb"}, {"purpose": "xa"})
    assert told_of == [("What was the visit for?", [("same", "xa")], [["xa", "xb"]])]


def test_answer_no_form_knows_is_listed_when_both_its_versions_went() -> None:
    told_of = settling({"odd": "x"}, {}, {"odd": "xb"}, {})
    assert told_of == [("odd", [("same", "No answer")], [["Taken out", "xb"]])]


@pytest.mark.parametrize("name", ["people_present", "odd"])
def test_rest_of_a_list_stands_beside_the_versions_of_one_item(name: str) -> None:
    mine, theirs = ({name: [{"id": "one", "name": said}, {"id": "two", "name": "Neighbour"}]} for said in ("Ivy", "Joan"))
    view = fold([Version("a", (), mine), Version("b", (), theirs)])
    parts = sheet.parts(PRACTICE.plain("records", "visit-note.1"), view.fields, NAMES, told)
    [answer] = [each for part in parts for each in part.answers if each.id == name]
    assert answer.text.rpartition(": ")[2] == "Neighbour"
    assert [[card.text.rpartition(": ")[2] for card in fork.cards] for fork in answer.forks] == [["Ivy", "Joan"]]


def test_answers_of_a_list_are_said_with_their_questions_when_versions_of_it_stand_beside_each_other() -> None:
    paul = {"id": "p", "name": "Paul", "group": "adult", "relation": "stepfather"}
    no_say, elsewhere = ({"people": [{**paul, name: "no"}]} for name in ("parental_responsibility", "lives_here"))
    view = fold([Version("o", (), {"people": [paul]}), Version("a", ("o",), no_say), Version("b", ("o",), elsewhere)])
    definition = PRACTICE.plain("records", "family.1")
    [fork] = [fork for part in sheet.parts(definition, view.fields, NAMES, told) for each in part.answers for fork in each.forks]
    assert [card.text for card in fork.cards] == [
        "Paul · Child or adult: Adult · Who are they: stepfather · Parental responsibility: No",
        "Paul · Child or adult: Adult · Who are they: stepfather · Do they live here: No",
    ]
    [change] = sheet.changes(definition, no_say, elsewhere, NAMES)[0]
    assert {piece.what for piece in change.pieces} == {"same", "removed", "added"}


def test_status_of_the_programme_before_is_said_in_words_when_the_programme_changed() -> None:
    labels = {name: {status.id: status.label for status in one.statuses} for name, one in PRACTICE.programmes.items()}
    names = replace(NAMES, statuses=labels, programme="joint-team@1")
    before, after = (
        {"programme": "staying-together@1", "status": "review"},
        {"programme": "family-group-conference@1", "status": "referred"},
    )
    changed = sheet.changes(PRACTICE.plain("records", "family.1"), before, after, names)[0]
    pieces = next(
        [(piece.what, piece.text.strip()) for piece in one.pieces] for one in changed if one.label == "Where are we with them?"
    )
    assert ("removed", "In review") in pieces
    assert ("added", "Referred") in pieces
    # What a programme does not have itself is said as another one calls it
    own = replace(NAMES, statuses={"a@1": {"x": "Own"}, "b@1": {"x": "Other", "y": "Elsewhere"}}, programme="a@1")
    assert [own.status(one) for one in ("x", "y", "z")] == ["Own", "Elsewhere", "z"]
    assert own.within({"programme": "b@1"}).status("x") == "Other"


def test_child_that_was_not_seen_and_a_bedroom_that_was_are_told_apart_in_a_line() -> None:
    rows = [{"id": "s", "person": "dawn", "seen": "no", "why_not_seen": "asleep", "bedroom": "yes"}]
    fields = {one["id"]: one for one in PRACTICE.plain("records", "visit-note.1")["sections"][2]["fields"]}
    line = sheet.text_of(fields["children_seen"], rows, NAMES)
    assert line == "Dawn · Did you see them: No · Why not: asleep · Did you see their bedroom: Yes"


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
