"""Change, goals, goal attainment scaling, days and what is due: the shared examples, traps by name, and
laws."""

import datetime
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.practice import days, due, gas, goals, shipped
from fieldapp.practice.change import change, pairs, scores_of, together
from fieldapp.practice.decimals import scaled


def examples(name):
    return json.loads(Path(f"fieldapp/practice/examples/{name}.json").read_text(encoding="utf-8"))


def by_name(example):
    return example.get("name")


CHANGE, GOALS, GAS, DUE = examples("change"), examples("goals"), examples("gas"), examples("due")


@pytest.mark.parametrize("example", CHANGE["examples"], ids=by_name)
def test_change_agrees_with_example(example):
    definition = shipped().measures[example["measure"]].plain
    assert change(definition, example["first"], example["last"]) == example["result"]


@pytest.mark.parametrize("example", CHANGE["pairs"], ids=by_name)
def test_pairs_agree_with_example(example):
    assert pairs(example["responses"]) == example["result"]


@pytest.mark.parametrize(
    ("measure", "first", "last", "expected"),
    [
        ("phq-9", 16, 9, "improved"),
        ("phq-9", 14, 10, "no_change"),
        ("phq-9", 9, 17, "deteriorated"),
        ("gad-7", 14, 11, "no_change"),
        ("gad-7", 8, 13, "deteriorated"),
        ("wemwbs", 40, 49, "improved"),
        ("score-15", 40, 51, "deteriorated"),
        ("bpses", 10, 20, "not_classed"),
    ],
)
def test_reliable_change_follows_threshold_and_direction(measure, first, last, expected):
    definition = shipped().measures[f"{measure}@1"].plain
    result = change(definition, [{"id": "total", "value": first}], [{"id": "total", "value": last}])
    assert result["overall"] == expected


def test_one_deterioration_outweighs_every_improvement():
    assert together(["improved", "no_change", "deteriorated"]) == "deteriorated"
    assert together(["no_change", "improved"]) == "improved"
    assert together(["not_classed"]) == "not_classed"


def test_scores_come_from_the_device_or_from_paper():
    computed = {"entry": "here", "scores": [{"id": "total", "value": 16, "band": "x"}]}
    assert scores_of(computed) == [{"id": "total", "value": 16}]
    paper = {"entry": "score_only", "score_only": {"score": "22", "scored_by": "Dawn"}}
    assert scores_of(paper) == [{"id": "total", "value": "22"}]


@pytest.mark.parametrize("example", GOALS["movement"], ids=lambda one: f"{one['baseline']} to {one['latest']}")
def test_movement_agrees_with_example(example):
    assert goals.movement(example["baseline"], example["latest"]) == example["result"]


@pytest.mark.parametrize("example", GOALS["series"], ids=by_name)
def test_series_agree_with_example(example):
    assert goals.series(example["ratings"]) == example["result"]


def test_goal_change_of_three_is_meaningful_and_of_minus_three_has_moved_away():
    assert [goals.movement(5, latest) for latest in (8, 7, 5, 4, 2)] == [
        "meaningful", "some", "same", "some_back", "moved_away",
    ]  # fmt: skip


def test_bottom_line_is_not_rated_by_whose_goal_it_is():
    assert not goals.may_rate({"bottom_line": "yes", "owner": "dawn"}, "dawn")
    assert goals.may_rate({"bottom_line": "yes", "owner": "dawn"}, "tamsin")
    assert goals.may_rate({"bottom_line": "no", "owner": "dawn"}, "dawn")


@pytest.mark.parametrize(
    ("levels", "weights", "expected"),
    [
        ([0, 0, 0], None, 50),
        ([1, 1, 1], None, "63.6931"),
        ([2, 2, 2], None, "77.3861"),
        ([-1, -1], None, "37.5965"),
        ([1], None, 60),
        ([1, 0, -1], [3, 2, 1], "54.4065"),
        ([2, 1, 0, -1], [4, 3, 2, 1], "64.0028"),
        ([1, 0, -1], None, 50),
    ],
)
def test_goal_attainment_score_matches_the_worked_examples(levels, weights, expected):
    assert gas.t_score(levels, weights) == expected


@pytest.mark.parametrize("example", GAS["examples"], ids=lambda one: str(one["levels"]))
def test_goal_attainment_agrees_with_example(example):
    assert gas.t_score(example["levels"], example["weights"]) == example["t"]


@pytest.mark.parametrize(("levels", "weights"), [([3], None), ([1], [5]), ([1, 1], [1])])
def test_goal_attainment_refuses_levels_and_weights_outside_the_scale(levels, weights):
    with pytest.raises(ValueError, match=r"levels|weights"):
        gas.t_score(levels, weights)


def millionths(levels, weights):
    score = gas.t_score(levels, weights)
    assert score is not None
    return scaled(score)


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(1, 4)), min_size=1, max_size=6))
def test_law_goal_attainment_is_mirrored_and_order_does_not_matter(goals_set):
    levels, weights = [level for level, _ in goals_set], [weight for _, weight in goals_set]
    up = millionths(levels, weights)
    assert millionths([-level for level in levels], weights) == 100_000_000 - up
    assert millionths(levels[::-1], weights[::-1]) == up
    exact = 50 + 10 * sum(w * x for x, w in goals_set) / (0.7 * sum(w * w for w in weights) + 0.3 * sum(weights) ** 2) ** 0.5
    assert abs(up / 10**6 - exact) <= 0.00005 + 1e-9


@pytest.mark.parametrize("example", DUE["due"], ids=by_name)
def test_due_agrees_with_example(example):
    programme = shipped().plain("programmes", example["programme"])
    assert due.due(programme, example["facts"], example["now"]) == example["result"]


@pytest.mark.parametrize("example", DUE["record_by"], ids=by_name)
def test_recording_target_agrees_with_example(example):
    programme = shipped().plain("programmes", example["programme"])
    assert due.record_by(programme, example["kind"], example["ended"], example["holidays"]) == example["by"]


def test_old_note_is_judged_by_the_old_target():
    programme = shipped().plain("programmes", "staying-together@1")
    written_after_four_days = ("visit_note", "2024-04-26T16:00", "2024-04-30T16:00")
    assert due.was_written_in_time(programme, *written_after_four_days, []) is True
    the_same_after_the_change = ("visit_note", "2024-05-03T16:00", "2024-05-07T16:00")
    assert due.was_written_in_time(programme, *the_same_after_the_change, []) is False
    assert due.was_written_in_time(programme, "plan", "2024-05-03T16:00", "2024-05-07T16:00", []) is None


def test_return_interview_is_due_72_hours_after_coming_back():
    programme = shipped().plain("programmes", "staying-together@1")
    back = {"record": "m", "returned": "yes", "ended_on": "2026-03-30", "ended_at": "06:50"}
    assert due.interview_by(programme, back) == "2026-04-02T06:50"
    assert due.interview_by(programme, back | {"interview_on": "2026-04-01"}) is None
    assert due.interview_by(programme, back | {"interview_accepted": "no"}) is None
    assert due.interview_by(programme, {"record": "m", "returned": "no"}) is None


@pytest.mark.parametrize("example", DUE["days"], ids=lambda one: one["day"])
def test_days_agree_with_example(example):
    assert days.day_number(example["day"]) == example["number"]
    assert days.day_text(example["number"]) == example["day"]


@given(st.dates(max_value=datetime.date(9990, 1, 1)), st.integers(0, 3000))
def test_law_days_agree_with_the_calendar(day, more):
    assert days.day_number(day.isoformat()) == day.toordinal()
    assert days.plus_days(day.isoformat(), more) == (day + datetime.timedelta(days=more)).isoformat()


@given(st.dates(max_value=datetime.date(9990, 1, 1)), st.integers(1, 30))
def test_law_working_days_never_end_on_a_weekend(day, more):
    reached = datetime.date.fromisoformat(days.plus_working_days(day.isoformat(), more, []))
    assert reached.weekday() < 5
    assert (reached - day).days >= more
