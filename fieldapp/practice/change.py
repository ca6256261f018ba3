"""Says whether a first and a last measurement differ by more than chance: the national reliable-change rule.

Compares only the same measure by the same person, and never two first forms. Twin: `change.js`.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from fieldapp.practice.decimals import Value, is_value, minus, scaled
from fieldapp.practice.questionnaire import Plain

Class = Literal["improved", "deteriorated", "no_change", "not_classed"]


class Change(TypedDict):
    """One score's change; `class` is not_classed where no threshold is known or one of the values is
    missing."""

    id: str
    first: Value | None
    last: Value | None
    change: Value | None
    result: Class


class Changes(TypedDict):
    """All scores of one measure, and what they say together."""

    scores: list[Change]
    overall: Class


class Pair(TypedDict):
    """The first and the last response of one measure by one person about one person."""

    measure: str
    answered_by: str
    about: str | None
    first: Plain
    last: Plain


def change(definition: Plain, first: list[Plain], last: list[Plain]) -> Changes:
    """Compares two lists of scores ({id, value}) of the same measure, by the direction and threshold in its
    file."""
    rules = (definition.get("scoring") or {}).get("scores", [])
    found = [_one(rule, _value(first, rule["id"]), _value(last, rule["id"])) for rule in rules]
    return {"scores": found, "overall": together([one["result"] for one in found])}


def together(results: list[Class]) -> Class:
    """Joins several results: any deterioration outweighs every improvement, as the national rule has it."""
    for one in ("deteriorated", "improved", "no_change"):
        if one in results:
            return one
    return "not_classed"


def pairs(responses: list[Plain]) -> list[Pair]:
    """Pairs first and last responses of one measure in one version, one rater and one person it is about.

    Input: the `fields` of measure responses, in the order they were written. A last response marked as a
    baseline is not paired: SDQ's first form asks about six months and its follow-up about one, so two first
    forms say nothing. A response without measure, rater or day cannot be paired.
    """
    groups: dict[tuple[str, str, str | None], list[Plain]] = {}
    for response in responses:
        if not all(isinstance(response.get(name), str) for name in ("measure", "answered_by", "completed_on")):
            continue
        key = (response["measure"], response["answered_by"], response.get("about"))
        groups.setdefault(key, []).append(response)
    found: list[Pair] = []
    for (measure, answered_by, about), group in groups.items():
        ordered = sorted(group, key=lambda one: str(one["completed_on"]))
        first, last = ordered[0], ordered[-1]
        if len(ordered) < 2 or last.get("point") == "baseline":
            continue
        found.append({"measure": measure, "answered_by": answered_by, "about": about, "first": first, "last": last})
    return found


def scores_of(response: Plain) -> list[Plain]:
    """Lists the scores of a response, computed here or copied from paper, as {id, value}."""
    if response.get("entry") == "score_only":
        paper = response.get("score_only") or {}
        return [{"id": paper.get("score_id") or "total", "value": paper.get("score")}]
    return [{"id": one["id"], "value": one["value"]} for one in response.get("scores") or []]


def _value(scores: list[Plain], id: str) -> Value | None:
    found: Any = next((one["value"] for one in scores if one["id"] == id), None)
    return found if is_value(found) else None


def _one(rule: Plain, first: Value | None, last: Value | None) -> Change:
    if first is None or last is None:
        return {"id": rule["id"], "first": first, "last": last, "change": None, "result": "not_classed"}
    difference = minus(last, first)
    result: Class = "not_classed"
    threshold = rule.get("reliable_change")
    if threshold is not None:
        result = "no_change"
        if abs(scaled(difference)) >= scaled(threshold):
            rose = scaled(difference) > 0
            result = "improved" if rose == (rule["direction"] == "high_better") else "deteriorated"
    return {"id": rule["id"], "first": first, "last": last, "change": difference, "result": result}
