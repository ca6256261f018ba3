"""Scores the answers to a measure by the rule in its file, or says why there is no score.

Pure, and exact on whole numbers: Python and JavaScript give the same bytes (`examples/scoring.json`). A
missing answer is never a zero. Nothing is dropped silently: what cannot be scored is named in `warnings`.
Twin: `static/src/practice/scoring.js`.
"""

from __future__ import annotations

from typing import Any, TypedDict

from fieldapp.practice.decimals import Value, is_value, rounded, scaled
from fieldapp.practice.questionnaire import MISSING_STATES, Item, Plain, items_of

WORDS = frozenset({"text", "string"})
"""Types of items answered in words, which no rule scores."""


class Score(TypedDict):
    """One score. `value` is None when there is none, and `reason` says why: too_many_missing,
    part_without_score.

    `missing` names the items left out; `prorated` is true when the value was estimated from the others.
    """

    id: str
    value: Value | None
    band: str | None
    prorated: bool
    missing: list[str]
    reason: str | None


class Gap(TypedDict):
    """`state` is declined, not_asked, not_appropriate, unusable or empty."""

    id: str
    state: str


class Warning(TypedDict):
    """`reason` is out_of_range, not_a_whole_number or unknown_item."""

    id: str
    reason: str


class Result(TypedDict):
    """`risk` lists items whose answer asks for a person's attention now; `reason` is no_score_rule or
    None."""

    scores: list[Score]
    missing: list[Gap]
    risk: list[str]
    warnings: list[Warning]
    reason: str | None


def score(definition: Plain, answers: Plain) -> Result:
    """Scores `answers` ({item id: integer or a state of MISSING_STATES}) by the rule in `definition`.

    A foreign Questionnaire without our rule keeps its answers and gives no score.
    """
    items = items_of(definition)
    rule = definition.get("scoring")
    unscored = (rule or {}).get("unscored", [])
    usable: dict[str, int] = {}
    missing: list[Gap] = []
    warnings: list[Warning] = []
    for item in items:
        state, reason = _read(item, answers.get(item["id"]), strict=rule is not None)
        if reason is not None:
            warnings.append({"id": item["id"], "reason": reason})
        if state is not None:
            if item["type"] not in WORDS and item["id"] not in unscored:
                missing.append({"id": item["id"], "state": state})
        elif rule is not None and item["type"] not in WORDS:
            usable[item["id"]] = int(answers[item["id"]])
    known = {item["id"] for item in items}
    warnings.extend({"id": id, "reason": "unknown_item"} for id in sorted(answers) if id not in known)
    if rule is None:
        return {"scores": [], "missing": missing, "risk": [], "warnings": warnings, "reason": "no_score_rule"}
    ranges = {item["id"]: _range(item) for item in items}
    turned = {id: sum(ranges[id]) - value if id in rule["reversed"] else value for id, value in usable.items()}
    scores: list[Score] = []
    for one in rule["scores"]:
        scores.append(_of_scores(one, scores) if one["method"] == "sum_of_scores" else _of_items(one, turned))
    return {
        "scores": scores,
        "missing": missing,
        "risk": risk_items(definition, answers),
        "warnings": warnings,
        "reason": None,
    }


def risk_items(definition: Plain, answers: Plain) -> list[str]:
    """Lists the items whose answer asks for a person's attention now, however few of the others were
    answered.

    An answer above the range counts: a slip of the thumb must not hide a warning.
    """
    rule = definition.get("scoring") or {}
    return [
        one["item"]
        for one in rule.get("risk_items", [])
        if _is_whole(answers.get(one["item"])) and answers[one["item"]] >= one["at_least"]
    ]


def band_of(definition: Plain, score_id: str, value: object) -> str | None:
    """Names the band of a score, also of one copied from paper and of one between whole numbers, such as
    8.89."""
    rule = definition.get("scoring") or {}
    for one in rule.get("scores", []):
        if one["id"] == score_id and is_value(value):
            return _band(one, value)  # type: ignore[arg-type]
    return None


def _read(item: Item, answer: object, *, strict: bool) -> tuple[str | None, str | None]:
    """Says (state of a gap or None, warning or None) for one answer."""
    if answer is None or answer == "":
        return "empty", None
    if isinstance(answer, str) and answer in MISSING_STATES:
        return answer, None
    if not strict or item["type"] in WORDS:
        return None, None
    if not _is_whole(answer):
        return "unusable", "not_a_whole_number"
    if item["choices"] and answer not in [choice["value"] for choice in item["choices"]]:
        return "unusable", "out_of_range"
    return None, None


def _is_whole(answer: Any) -> bool:
    # 2.0 counts: JavaScript cannot tell it from 2.
    if isinstance(answer, bool):
        return False
    return isinstance(answer, int) or (isinstance(answer, float) and answer.is_integer())


def _range(item: Item) -> tuple[int, int]:
    values = [choice["value"] for choice in item["choices"] if isinstance(choice["value"], int)]
    return (min(values), max(values)) if values else (0, 0)


def _of_items(one: Plain, turned: dict[str, int]) -> Score:
    items: list[str] = one["items"]
    missing = [id for id in items if id not in turned]
    answered = len(items) - len(missing)
    if answered == 0 or len(missing) > one.get("at_most_missing", 0):
        return _no_score(one, missing, "too_many_missing")
    total = sum(turned[id] for id in items if id in turned) * int(one.get("times", 1))
    places = one.get("decimals", 0)
    if one["method"] == "mean":
        value = rounded(total, answered, places)
    elif missing:
        value = rounded(total * len(items), answered, places)
    else:
        value = total
    if "table" in one:
        value = one["table"][str(value)]
    return {
        "id": one["id"],
        "value": value,
        "band": _band(one, value),
        "prorated": bool(missing),
        "missing": missing,
        "reason": None,
    }


def _of_scores(one: Plain, before: list[Score]) -> Score:
    parts = [part for part in before if part["id"] in one["of"]]
    missing = [id for part in parts for id in part["missing"]]
    total = 0
    for part in parts:
        if not isinstance(part["value"], int):
            return _no_score(one, missing, "part_without_score")
        total += part["value"]
    return {
        "id": one["id"],
        "value": total,
        "band": _band(one, total),
        "prorated": any(part["prorated"] for part in parts),
        "missing": missing,
        "reason": None,
    }


def _no_score(one: Plain, missing: list[str], reason: str) -> Score:
    return {
        "id": one["id"],
        "value": None,
        "band": None,
        "prorated": False,
        "missing": missing,
        "reason": reason,
    }


def _band(one: Plain, value: Value) -> str | None:
    found = None
    for band in one.get("bands", []):
        if scaled(value) >= scaled(band["from"]):
            found = band["label"]
    return found
