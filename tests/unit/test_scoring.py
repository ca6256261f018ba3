"""Scoring: the shared examples, each known trap by its own name, and laws. The same examples run in
tests/js/scoring.test.js."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.practice import shipped
from fieldapp.practice.decimals import rounded, scaled
from fieldapp.practice.measures import SHIPPABLE, is_snomed, may_be_used
from fieldapp.practice.questionnaire import MISSING_STATES
from fieldapp.practice.scoring import band_of, score

EXAMPLES = json.loads(Path("fieldapp/practice/examples/scoring.json").read_text(encoding="utf-8"))
MEASURES = shipped().measures
SCORED = sorted(id for id, measure in MEASURES.items() if measure.scoring is not None)


def scoring_of(id):
    """The scoring block of a measure that has one."""
    scoring = MEASURES[id].scoring
    assert scoring is not None
    return scoring


def numbered(values):
    return {str(number): value for number, value in enumerate(values, 1)}


def scored(id, answers):
    result = score(MEASURES[f"{id}@1"].plain, answers)
    return {one["id"]: one for one in result["scores"]}, result


def value_of(id, answers, score_id="total"):
    return scored(id, answers)[0][score_id]["value"]


def band(id, value, score_id="total"):
    return band_of(MEASURES[f"{id}@1"].plain, score_id, value)


def sdq(version="sdq-p-4-17", everything=0, **answers):
    return {item["id"]: everything for item in MEASURES[f"{version}@1"].items} | answers


@pytest.mark.parametrize("example", EXAMPLES["examples"], ids=lambda example: example["name"])
def test_score_agrees_with_example(example):
    assert score(MEASURES[example["measure"]].plain, example["answers"]) == example["result"]


@pytest.mark.parametrize("example", EXAMPLES["foreign"], ids=lambda example: example["name"])
def test_foreign_questionnaire_agrees_with_example(example):
    assert score(example["definition"], example["answers"]) == example["result"]


# --- the traps, each with the numbers worked out by hand
# -------------------------------------------------------------


def test_phq9_complete_is_the_sum_and_item_nine_asks_for_a_person():
    scores, result = scored("phq-9", numbered([2, 3, 2, 2, 1, 2, 2, 1, 1]))
    assert scores["total"]["value"] == 16
    assert scores["total"]["band"] == "moderately severe"
    assert result["risk"] == ["9"]


def test_phq9_without_thoughts_of_dying_raises_no_prompt():
    assert scored("phq-9", numbered([3, 3, 3, 3, 3, 3, 3, 3, 0]))[1]["risk"] == []


@pytest.mark.parametrize(
    ("total", "expected"),
    [(0, "minimal"), (4, "minimal"), (5, "mild"), (9, "mild"), (10, "moderate"), (14, "moderate"),
     (15, "moderately severe"), (19, "moderately severe"), (20, "severe"), (27, "severe")],
)  # fmt: skip
def test_phq9_bands_change_at_5_10_15_20(total, expected):
    assert band("phq-9", total) == expected


@pytest.mark.parametrize(("total", "expected"), [(4, "minimal"), (5, "mild"), (10, "moderate"), (15, "severe")])
def test_gad7_bands_change_at_5_10_15(total, expected):
    assert band("gad-7", total) == expected


def test_phq9_with_one_or_two_missing_is_estimated_and_says_so():
    one = scored("phq-9", numbered([1, 1, 1, 1, 0, 0, 0, 0]))[0]["total"]
    assert (one["value"], one["prorated"], one["missing"]) == (5, True, ["9"])  # 4 of 8 → 4.5 → 5
    two = scored("phq-9", numbered([1, 1, 1, 1, 0, 0, 0]))[0]["total"]
    assert (two["value"], two["prorated"]) == (5, True)  # 4 of 7 → 5.14


def test_phq9_with_three_missing_has_no_score_and_no_partial_total():
    total = scored("phq-9", numbered([3, 3, 3, 3, 3, 3]))[0]["total"]
    assert (total["value"], total["band"], total["reason"]) == (None, None, "too_many_missing")


def test_phq9_prompt_comes_even_when_there_is_no_score():
    assert scored("phq-9", {"9": 1})[1]["risk"] == ["9"]


def test_gad7_lowest_answer_is_not_at_all():
    assert {item["choices"][0]["label"] for item in MEASURES["gad-7@1"].items} == {"Not at all"}


def test_sdq_scale_of_three_answers_is_rounded_half_up():
    answers = sdq(somatic=2, worries=1, unhappy=1, clingy="declined", afraid="not_asked")
    assert value_of("sdq-p-4-17", answers, "emotional") == 7  # 4 on 3 items → 6.67
    answers = sdq(somatic=1, worries=0, unhappy=0, clingy=1, afraid="declined")
    assert value_of("sdq-p-4-17", answers, "emotional") == 3  # 2 on 4 items → 2.5


def test_sdq_scale_of_two_answers_is_none_and_so_is_the_total():
    scores = scored("sdq-p-4-17", sdq(somatic=None, worries=None, unhappy=None))[0]
    assert scores["emotional"]["value"] is None
    assert scores["total"]["value"] is None
    assert scores["total"]["reason"] == "part_without_score"
    assert scores["externalising"]["value"] is not None


def test_sdq_total_adds_the_rounded_scales():
    answers = sdq(everything=1, somatic="declined", clingy="declined", loner="declined", bullied="declined")
    answers |= {"worries": 2, "unhappy": 1, "afraid": 1, "friend": 1, "popular": 1, "oldbest": 2}
    scores = scored("sdq-p-4-17", answers)[0]
    assert (scores["emotional"]["value"], scores["peer"]["value"]) == (7, 7)  # each 4 on 3 → 6.67 → 7
    assert scores["total"]["value"] == 7 + 7 + scores["conduct"]["value"] + scores["hyper"]["value"]


def test_sdq_reverses_obeys_reflect_attends_friend_and_popular():
    for id in ("obeys", "reflect", "attends", "friend", "popular"):
        assert value_of("sdq-p-4-17", sdq(**{id: 2})) == value_of("sdq-p-4-17", sdq()) - 2


@pytest.mark.parametrize(
    ("version", "edges"),
    [("sdq-p-4-17", (13, 14, 16, 17, 19, 20)), ("sdq-t", (11, 12, 15, 16, 18, 19)), ("sdq-s", (14, 15, 17, 18, 19, 20))],
)
def test_sdq_four_band_totals(version, edges):
    names = [band(version, edge) for edge in edges]
    assert names == ["close to average", "slightly raised", "slightly raised", "high", "high", "very high"]


@pytest.mark.parametrize(("version", "highest"), [("sdq-p-4-17", 10), ("sdq-t", 6), ("sdq-s", 10)])
def test_sdq_impact_has_its_own_range(version, highest):
    assert value_of(version, sdq(version, everything=2), "impact") == highest


def test_sdq_prosocial_runs_the_other_way():
    assert [band("sdq-p-4-17", n, "prosocial") for n in (5, 6, 7, 8)] == [
        "very low", "low", "slightly lowered", "close to average",
    ]  # fmt: skip


@pytest.mark.parametrize(("raw", "metric"), [(7, "7.00"), (20, "18.59"), (21, "19.25"), (28, "25.03"), (35, "35.00")])
def test_swemwbs_turns_raw_into_metric_by_the_table(raw, metric):
    high, rest = divmod(raw - 7, 4)
    answers = numbered([5] * high + ([1 + rest] if high < 7 else []) + [1] * (6 - high))
    assert value_of("swemwbs", answers, "metric") == metric


def test_swemwbs_with_one_missing_has_no_score():
    assert value_of("swemwbs", numbered([4] * 6), "metric") is None


def test_wemwbs_bands_at_40_and_44():
    assert [band("wemwbs", n) for n in (40, 41, 44, 45)] == [
        "probable depression", "possible depression", "possible depression", "above the cut-offs",
    ]  # fmt: skip


def test_core10_estimates_one_missing_only_and_finds_the_band_of_a_decimal():
    one = scored("core-10", numbered([0, 3, 3, 1, 1, 1, 1, 1, 1]))[0]["total"]
    assert (one["value"], one["band"], one["prorated"]) == ("8.89", "below the cut-off", True)
    assert value_of("core-10", numbered([1] * 8)) is None
    assert band("core-10", "10.99") == "below the cut-off"
    assert band("core-10", "11.11") == "mild"


def test_core10_reverses_two_and_three():
    assert value_of("core-10", numbered([0, 4, 4, 0, 0, 0, 0, 0, 0, 0])) == 0


def test_ypcore_reverses_three_five_and_ten():
    assert value_of("yp-core", numbered([0, 0, 4, 0, 4, 0, 0, 0, 0, 4])) == 0


def test_who5_needs_all_five_and_is_four_times_the_raw_total():
    assert value_of("who-5", numbered([2, 2, 3, 2, 3]), "percent") == 48
    assert band("who-5", 48, "percent") == "low"
    assert band("who-5", 52, "percent") == "not low"
    assert value_of("who-5", numbered([5, 5, 5, 5]), "percent") is None


def test_direction_is_stated_and_explained_for_every_score():
    directions = {(id, rule.id): rule.direction for id in SCORED for rule in scoring_of(id).scores if rule.direction_why}
    assert directions[("bpses@1", "total")] == "high_better"
    assert directions[("score-15@1", "total")] == "high_worse"
    assert directions[("ons4@1", "anxious")] == "high_worse"
    assert directions[("ons4@1", "happy")] == "high_better"
    assert len(directions) == sum(len(scoring_of(id).scores) for id in SCORED)


def test_snomed_identifiers_carry_a_right_check_digit():
    assert is_snomed("720433000")
    assert is_snomed("445455005")
    assert is_snomed("1638531000000102")
    assert not is_snomed("1638531000000100")  # rounded by a spreadsheet after 15 digits


def test_teenage_form_of_phq9_is_not_shipped():
    assert [id for id in MEASURES if id.startswith("phq-9")] == ["phq-9@1"]


def test_happy_family_scores_low_on_score15():
    happy = {str(n): 1 if n in {1, 3, 6, 10, 15} else 5 for n in range(1, 16)}
    unhappy = {id: 6 - value for id, value in happy.items()}
    assert value_of("score-15", happy) == 15
    assert value_of("score-15", unhappy) == 75


@pytest.mark.parametrize("state", [*MISSING_STATES, None, ""])
def test_no_kind_of_missing_answer_counts_as_zero(state):
    answers = numbered([3] * 8) | {"9": state}
    total, result = scored("phq-9", answers)
    assert total["total"]["value"] == 27
    assert result["missing"] == [{"id": "9", "state": state or "empty"}]


def test_answer_out_of_range_is_named_and_not_counted():
    total, result = scored("phq-9", numbered([1] * 9) | {"4": 4})
    assert result["warnings"] == [{"id": "4", "reason": "out_of_range"}]
    assert total["total"]["missing"] == ["4"]


def test_rosenberg_is_scored_by_item_and_not_by_position():
    items = [item["id"] for item in MEASURES["rosenberg@1"].items]
    answers = {id: index % 4 for index, id in enumerate(items)}
    shuffled = dict(sorted(answers.items()))
    assert value_of("rosenberg", answers) == value_of("rosenberg", shuffled)
    assert value_of("rosenberg", dict.fromkeys(items, 3)) == 15


def test_ons4_is_never_added_up():
    assert [rule.id for rule in scoring_of("ons4@1").scores] == ["satisfied", "worthwhile", "happy", "anxious"]
    assert [band("ons4", n, "anxious") for n in (1, 2, 4, 6)] == ["very low", "low", "medium", "high"]
    assert [band("ons4", n, "happy") for n in (4, 5, 7, 9)] == ["low", "medium", "high", "very high"]


# --- licences and risk
# --------------------------------------------------------------------------------------------


def test_only_free_instruments_ship_their_text():
    for measure in MEASURES.values():
        assert measure.has_text == (scoring_of(measure.id).licence.class_ in SHIPPABLE), measure.id
        assert any(item["text"] for item in measure.items) == measure.has_text, measure.id


def test_measure_with_a_risk_item_is_off_until_someone_is_named_to_respond():
    phq = MEASURES["phq-9@1"]
    assert not may_be_used(phq, {})
    assert not may_be_used(phq, {"phq-9": {"who": "Marian Holt-Vane", "how": " "}})
    assert may_be_used(phq, {"phq-9": {"who": "Marian Holt-Vane", "how": "Ring at once, out of hours the duty line"}})
    assert may_be_used(MEASURES["gad-7@1"], {})


# --- laws
# ---------------------------------------------------------------------------------------------------------


@st.composite
def answered(draw):
    measure = MEASURES[draw(st.sampled_from(SCORED))]
    answers = {}
    for item in measure.items:
        values = [choice["value"] for choice in item["choices"]] or ["words"]
        answers[item["id"]] = draw(st.one_of(st.sampled_from(values), st.sampled_from([*MISSING_STATES, None])))
    return measure, answers


@given(answered())
def test_law_a_score_stays_in_its_range_and_has_a_band_where_there_are_bands(drawn):
    measure, answers = drawn
    for rule, one in zip(scoring_of(measure.id).scores, score(measure.plain, answers)["scores"], strict=True):
        if one["value"] is None:
            assert one["reason"] is not None
            continue
        assert scaled(rule.min) <= scaled(one["value"]) <= scaled(rule.max)
        assert (one["band"] is not None) == bool(rule.bands)


@given(answered(), st.randoms(use_true_random=False))
def test_law_the_order_of_answers_does_not_matter(drawn, chance):
    measure, answers = drawn
    names = list(answers)
    chance.shuffle(names)
    assert score(measure.plain, {name: answers[name] for name in names}) == score(measure.plain, answers)


@given(answered())
def test_law_a_missing_answer_is_the_same_as_none_and_never_a_zero(drawn):
    measure, answers = drawn
    without = {id: value for id, value in answers.items() if value is not None and value not in MISSING_STATES}
    said, left_out = score(measure.plain, answers)["scores"], score(measure.plain, without)["scores"]
    assert said == left_out
    for rule, one in zip(scoring_of(measure.id).scores, said, strict=True):
        gaps = [id for id in rule.items if id not in without]
        assert one["prorated"] <= bool(one["missing"])
        assert set(gaps) <= set(one["missing"])


@given(st.integers(0, 10**6), st.integers(1, 50), st.integers(0, 4))
def test_law_rounding_is_at_most_half_a_step_off_and_never_below_a_half(numerator, denominator, places):
    value = scaled(rounded(numerator, denominator, places)) * denominator
    step = 10 ** (6 - places)
    difference = value - numerator * 10**6
    assert -step * denominator < 2 * difference <= step * denominator
