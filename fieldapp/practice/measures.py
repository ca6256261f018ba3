"""Reads measures: a FHIR R4 Questionnaire, with our scoring block where we know how to score it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from fieldapp.practice.decimals import is_value, scaled
from fieldapp.practice.definitions import Strict
from fieldapp.practice.questionnaire import Item, items_of, measure_id
from fieldapp.practice.reading import plain_json, shaped
from fieldapp.practice.refusal import DefinitionError

Whole = Annotated[int, msgspec.Meta(ge=0)]
Places = Annotated[int, msgspec.Meta(ge=0, le=6)]

SHIPPABLE = frozenset({"G", "own"})
"""Licence classes whose wording may be shipped with the software; all others come without text."""


class Band(Strict, frozen=True, kw_only=True):
    from_: int | str = msgspec.field(name="from")
    label: str


class ScoreRule(Strict, frozen=True, kw_only=True):
    id: str
    title: str
    method: Literal["sum", "mean", "sum_of_scores"]
    items: list[str] = msgspec.field(default_factory=list)
    of: list[str] = msgspec.field(default_factory=list)
    at_most_missing: Whole = 0
    decimals: Places = 0
    times: Annotated[int, msgspec.Meta(ge=1)] = 1
    table: dict[str, str] = msgspec.field(default_factory=dict)
    min: int
    max: int
    direction: Literal["high_better", "high_worse"]
    direction_why: str
    bands: list[Band] = msgspec.field(default_factory=list)
    reliable_change: int | str | None = None
    sources: str | None = None
    codes: dict[str, str] = msgspec.field(default_factory=dict)


class RiskItem(Strict, frozen=True, kw_only=True):
    item: str
    at_least: int
    why: str


class Ages(Strict, frozen=True, kw_only=True):
    from_: Whole = msgspec.field(name="from")
    to: Whole | None = None


class Licence(Strict, frozen=True, kw_only=True):
    class_: Literal["G", "G*", "NC", "B", "own", "licensed"] = msgspec.field(name="class")
    holder: str
    url: str
    evidence: str
    credit: str | None = None
    expires_on: str | None = None


class Scoring(Strict, frozen=True, kw_only=True):
    text_required: bool
    respondent: str
    ages: Ages
    primary: str
    reversed: list[str]
    scores: list[ScoreRule]
    risk_items: list[RiskItem]
    unscored: list[str]
    licence: Licence
    notes: str | None = None


class Measure(msgspec.Struct, frozen=True):
    """One version of a measure; `scoring` is None for a foreign Questionnaire, whose answers are kept
    unscored."""

    id: str
    title: str
    plain: dict[str, Any]
    items: list[Item]
    scoring: Scoring | None

    @property
    def has_text(self) -> bool:
        """False for a skeleton, where only answers or a score from paper can be typed in."""
        return self.scoring is None or not self.scoring.text_required

    @property
    def risk_items(self) -> list[str]:
        return [] if self.scoring is None else [one.item for one in self.scoring.risk_items]


def read_measure(file: str, raw: bytes) -> Measure:
    """Reads a measure file; raises `DefinitionError` naming file, place and reason.

    Decimals are let through outside our block, because FHIR's own fields may hold them.
    """
    plain = plain_json(file, raw, decimals=True)
    if not isinstance(plain, dict) or plain.get("resourceType") != "Questionnaire":
        raise DefinitionError(file, "$.resourceType", "this is not a FHIR Questionnaire")
    if not (plain.get("id") or plain.get("url")):
        raise DefinitionError(file, "$.id", "a measure needs an id or a url, or answers could not name it")
    for name in ("id", "url", "version", "title"):
        if not isinstance(plain.get(name, ""), str):
            raise DefinitionError(file, f"$.{name}", "this must be text")
    _check_items(file, "$.item", plain.get("item"))
    items = items_of(plain)
    if not items:
        raise DefinitionError(file, "$.item", "there is no question")
    ids = [item["id"] for item in items]
    if len(set(ids)) != len(ids):
        twice = next(id for id in ids if ids.count(id) > 1)
        raise DefinitionError(file, "$.item", f"two questions have the linkId “{twice}”")
    scoring = None
    if "scoring" in plain:
        scoring = _read_scoring(file, plain["scoring"], items)
        _check_text(file, plain, scoring)
    return Measure(measure_id(plain), plain.get("title") or measure_id(plain), plain, items, scoring)


def may_be_used(measure: Measure, responders: Mapping[str, Mapping[str, str]]) -> bool:
    """Says whether a measure may be offered.

    One with risk items stays off until a supervisor has named who responds and how: asking somebody about
    thoughts of dying with nobody to answer is worse than not asking. `responders` is {measure id without
    version: {who, how}}.
    """
    if not measure.risk_items:
        return True
    named = responders.get(measure.id.partition("@")[0], {})
    return bool(named.get("who", "").strip()) and bool(named.get("how", "").strip())


def _check_items(file: str, place: str, found: object) -> None:
    if not isinstance(found, list):
        raise DefinitionError(file, place, "this must be a list of items")
    for index, item in enumerate(found):
        here = f"{place}[{index}]"
        if not isinstance(item, dict):
            raise DefinitionError(file, here, "this must be an item")
        for name in ("linkId", "type"):
            if not isinstance(item.get(name), str) or item[name] == "":
                raise DefinitionError(file, f"{here}.{name}", "an item needs this as text")
        for name in ("text", "prefix"):
            if not isinstance(item.get(name, ""), str):
                raise DefinitionError(file, f"{here}.{name}", "this must be text")
        for name in ("answerOption", "extension", "code"):
            if not _is_objects(item.get(name, [])):
                raise DefinitionError(file, f"{here}.{name}", "this must be a list of objects")
        for number, option in enumerate(item.get("answerOption", [])):
            whole = option.get("valueInteger", 0)
            if isinstance(whole, bool) or not isinstance(whole, int):
                raise DefinitionError(file, f"{here}.answerOption[{number}].valueInteger", "this must be a whole number")
            coding = option.get("valueCoding", {})
            if not isinstance(coding, dict) or not _is_objects(coding.get("extension", [])):
                raise DefinitionError(file, f"{here}.answerOption[{number}].valueCoding", "this must be a coding")
        if "item" in item:
            _check_items(file, f"{here}.item", item["item"])


def _is_objects(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(one, dict) for one in found)


def _read_scoring(file: str, found: object, items: list[Item]) -> Scoring:
    try:
        scoring = shaped(file, found, Scoring)
    except DefinitionError as error:
        raise DefinitionError(file, error.place.replace("$", "$.scoring", 1), error.reason) from error
    by_id = {item["id"]: item for item in items}

    def known(place: str, ids: list[str]) -> None:
        for id in ids:
            if id not in by_id:
                raise DefinitionError(file, place, f"there is no item “{id}”")

    known("$.scoring.reversed", scoring.reversed)
    known("$.scoring.unscored", scoring.unscored)
    known("$.scoring.risk_items", [one.item for one in scoring.risk_items])
    before: dict[str, ScoreRule] = {}
    for index, rule in enumerate(scoring.scores):
        place = f"$.scoring.scores[{index}]"
        if rule.id in before:
            raise DefinitionError(file, f"{place}.id", f"two scores are called “{rule.id}”")
        if rule.method == "sum_of_scores":
            _check_sum_of_scores(file, place, rule, before)
        else:
            known(f"{place}.items", rule.items)
            _check_sum(file, place, rule, by_id, scoring.reversed)
        _check_bands(file, place, rule)
        before[rule.id] = rule
    if scoring.primary not in before:
        raise DefinitionError(file, "$.scoring.primary", f"there is no score “{scoring.primary}”")
    used = {id for rule in scoring.scores for id in rule.items} | set(scoring.unscored)
    unused = [id for id in by_id if id not in used]
    if unused:
        raise DefinitionError(
            file, "$.scoring", f"item “{unused[0]}” is in no score and not named in unscored: was it forgotten?"
        )
    return scoring


def _check_sum(file: str, place: str, rule: ScoreRule, by_id: dict[str, Item], turned: list[str]) -> None:
    if not rule.items or rule.of or len(set(rule.items)) != len(rule.items):
        raise DefinitionError(file, f"{place}.items", f"a {rule.method} needs items, each once")
    if rule.at_most_missing >= len(rule.items):
        raise DefinitionError(file, f"{place}.at_most_missing", "at least one answer is needed for a score")
    low = high = 0
    for id in rule.items:
        choices = [choice["value"] for choice in by_id[id]["choices"]]
        values = [value for value in choices if isinstance(value, int)]
        if not values or len(values) != len(choices):
            raise DefinitionError(file, f"{place}.items", f"item “{id}” has an answer without a whole number")
        if id in turned and {min(values) + max(values) - value for value in values} != set(values):
            raise DefinitionError(file, "$.scoring.reversed", f"the answers of item “{id}” cannot be turned round")
        low, high = low + min(values), high + max(values)
    if rule.table:
        if rule.at_most_missing:
            raise DefinitionError(file, f"{place}.table", "a score read from a table needs every answer")
        wanted = {str(raw) for raw in range(low, high + 1)}
        if set(rule.table) != wanted or not all(is_value(value) for value in rule.table.values()):
            raise DefinitionError(file, f"{place}.table", f"the table must turn each of {low} to {high} into a number")
    elif rule.method == "sum" and (rule.min, rule.max) != (low * rule.times, high * rule.times):
        raise DefinitionError(file, place, f"min and max must be {low * rule.times} and {high * rule.times}, as its items add up")


def _check_sum_of_scores(file: str, place: str, rule: ScoreRule, before: dict[str, ScoreRule]) -> None:
    if not rule.of or rule.items:
        raise DefinitionError(file, f"{place}.of", "a sum of scores needs the scores it adds up")
    for id in rule.of:
        part = before.get(id)
        if part is None:
            raise DefinitionError(file, f"{place}.of", f"there is no earlier score “{id}”")
        if part.decimals or part.table:
            raise DefinitionError(file, f"{place}.of", f"only whole scores can be added up, “{id}” is not")
    low, high = sum(before[id].min for id in rule.of), sum(before[id].max for id in rule.of)
    if (rule.min, rule.max) != (low, high):
        raise DefinitionError(file, place, f"min and max must be {low} and {high}, as its parts add up")


def _check_bands(file: str, place: str, rule: ScoreRule) -> None:
    starts = [band.from_ for band in rule.bands]
    if not all(is_value(start) for start in starts):
        raise DefinitionError(file, f"{place}.bands", "a band starts at a whole number or at decimal text")
    numbers = [scaled(start) for start in starts]
    if numbers != sorted(set(numbers)):
        raise DefinitionError(file, f"{place}.bands", "bands must rise")
    if starts and numbers[0] != scaled(rule.min):
        raise DefinitionError(file, f"{place}.bands", f"the first band must start at {rule.min}, or some scores have none")
    if rule.reliable_change is not None:
        change = rule.reliable_change
        if not is_value(change) or scaled(change) <= 0:
            raise DefinitionError(file, f"{place}.reliable_change", "this must be above 0")
    for system, code in rule.codes.items():
        if system == "snomed" and not is_snomed(code):
            raise DefinitionError(file, f"{place}.codes", f"{code} is no SNOMED CT identifier: its check digit is wrong")


def _check_text(file: str, plain: dict[str, Any], scoring: Scoring) -> None:
    questions = [item for item in items_of(plain) if item["text"]]
    if scoring.text_required and questions:
        raise DefinitionError(file, "$.scoring.text_required", "this says that no text is here, but there is")
    if not scoring.text_required and len(questions) != len(items_of(plain)):
        raise DefinitionError(file, "$.item", "a question has no text, though text_required is false")


_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_TIMES = tuple(
    tuple(
        (a + b) % 5 if a < 5 and b < 5 else
        5 + (a + b - 5) % 5 if a < 5 else
        5 + (a - 5 - b) % 5 if b < 5 else
        (a - b) % 5
        for b in range(10)
    )
    for a in range(10)
)  # fmt: skip


def is_snomed(code: str) -> bool:
    """Says whether a SNOMED CT identifier passes its own check digit (Verhoeff).

    Spreadsheets round such identifiers after 15 digits, and some published tables carry the result.
    """
    if not (code.isascii() and code.isdigit() and 6 <= len(code) <= 18):
        return False
    check = 0
    for position, digit in enumerate(reversed(code)):
        turned = int(digit)
        for _ in range(position % 8):
            turned = _TURN[turned]
        check = _TIMES[check][turned]
    return check == 0
