"""How a family's goals and measures moved over time: series, charts and verdicts. Pure.

What a phone sent may be anything; only ratings and responses that hold what a chart needs are drawn. All are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fieldapp import charts, sheet
from fieldapp.charts import Chart, Point, Series
from fieldapp.practice import Practice, change, goals
from fieldapp.practice.decimals import is_value

Plain = dict[str, Any]

MOVEMENTS = {
    "meaningful": "Clear change for the better",
    "some": "Some movement",
    "same": "No movement",
    "some_back": "Some movement back",
    "moved_away": "Clear change for the worse",
    "baseline_only": "First rating",
}
RESULTS = {
    "improved": "Clear change for the better",
    "deteriorated": "Clear change for the worse",
    "no_change": "No clear change",
}


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal with everybody's ratings of it; different raters stand apart."""

    record: str
    words: str
    status: str
    caption: str
    chart: Chart | None


@dataclass(frozen=True, slots=True)
class Time:
    """One time a measure was filled in."""

    record: str
    day: str
    who: str
    score: str
    band: str


@dataclass(frozen=True, slots=True)
class Result:
    """One measure with every time it was filled in, newest last."""

    title: str
    caption: str
    chart: Chart | None
    times: tuple[Time, ...]


_RATED = "Rated from 0, not started, to 10, reached"
_BAND = f". The shaded band is {goals.MEANINGFUL} points either side of the first rating: at its edge or outside it, the change is clear"


def goals_of(
    records: Iterable[tuple[str, Plain]], ratings: Iterable[Plain], definition: Plain, names: sheet.Names
) -> tuple[Goal, ...]:
    """Draws each goal with its ratings, in the order the goals were set."""
    by_goal: dict[str, list[Series]] = {}
    for one in goals.series([rating for rating in ratings if _is_rating(rating)]):
        points = tuple(Point(date.fromisoformat(point["on"]), point["value"], point["comment"] or "") for point in one["points"])
        label = one["rater_name"] or names.person(one["rater"])
        by_goal.setdefault(one["goal"], []).append(Series(label, points, MOVEMENTS[one["movement"]]))
    status = next(field for section in definition["sections"] for field in section["fields"] if field["id"] == "status")
    found = []
    for record, fields in records:
        words = (
            sheet.text_of({"type": "text"}, fields.get("agreed_words") or fields.get("family_words"), names)
            or "A goal without words"
        )
        drawn = charts.chart(by_goal.get(record, []), low=0, high=10, step=2, band=goals.MEANINGFUL)
        found.append(
            Goal(
                record,
                words,
                sheet.text_of(status, fields.get("status"), names) or "No state given",
                _RATED + (_BAND if drawn is not None and drawn.bands else ""),
                drawn,
            )
        )
    return tuple(found)


def measures_of(responses: Iterable[tuple[str, Plain]], practice: Practice, names: sheet.Names) -> tuple[Result, ...]:
    """Lists every measure that was filled in, each by whom and about whom, with a chart of its main score."""
    groups: dict[tuple[str, str], list[tuple[str, Plain]]] = {}
    for record, fields in responses:
        measure, about = fields.get("measure"), fields.get("about")
        groups.setdefault((str(measure), str(about or "")), []).append((record, fields))
    return tuple(_result(measure, about, group, practice, names) for (measure, about), group in sorted(groups.items()))


def _result(measure_id: str, about: str, group: list[tuple[str, Plain]], practice: Practice, names: sheet.Names) -> Result:
    measure = practice.measures.get(measure_id)
    title = (measure.title if measure else measure_id) + (f", about {names.person(about)}" if about else "")
    ordered = sorted(group, key=lambda one: str(one[1].get("completed_on")))
    times = tuple(_time(record, fields, names.within(fields)) for record, fields in ordered)
    scoring = measure.scoring if measure is not None else None
    rule = next((each for each in scoring.scores if each.id == scoring.primary), None) if scoring is not None else None
    if measure is None or rule is None:
        return Result(title, "", None, times)
    lines = []
    by_rater: dict[str, list[Plain]] = {}
    for _, fields in ordered:
        if _is_drawable(fields, rule.id):
            by_rater.setdefault(str(fields.get("answered_by_name") or names.person(str(fields["answered_by"]))), []).append(
                fields
            )
    for rater, drawn in by_rater.items():
        points = tuple(Point(date.fromisoformat(each["completed_on"]), float(_main(each, rule.id)), "") for each in drawn)
        lines.append(Series(rater, points, _verdict(measure.plain, drawn, rule.id)))
    ranges = [(float(one.from_), one.label) for one in rule.bands]
    step = max(1, (rule.max - rule.min + 5) // 6)
    better = "Higher is better" if rule.direction == "high_better" else "Lower is better"
    caption = f"{rule.title}, from {rule.min} to {rule.max}. {better}"
    return Result(title, caption, charts.chart(lines, low=rule.min, high=rule.max, step=step, ranges=ranges), times)


def _time(record: str, fields: Plain, names: sheet.Names) -> Time:
    who = str(fields.get("answered_by_name") or names.person(str(fields.get("answered_by"))))
    on = fields.get("completed_on")
    day = sheet.day(on) if isinstance(on, str) else "No day given"
    paper = fields.get("score_only")
    if fields.get("entry") == "score_only" and isinstance(paper, dict):
        scores: list[Any] = [{"id": paper.get("score_id"), "value": paper.get("score"), "band": paper.get("band")}]
    else:
        scores = found if isinstance(found := fields.get("scores"), list) else []
    told = [sheet.score_and_band(one, names.measure) for one in scores]
    reason = sheet.text_of({"type": "text"}, fields.get("no_score_reason"), names)
    return Time(
        record,
        day,
        who,
        "\n".join(score for score, _ in told) or "No score",
        "\n".join(band for _, band in told if band) or reason,
    )


def _verdict(definition: Plain, drawn: list[Plain], score: str) -> str:
    if len(drawn) < 2 or drawn[-1].get("point") == "baseline":
        return "First time"
    first, last = ([{"id": score, "value": _main(each, score)}] for each in (drawn[0], drawn[-1]))
    found = change.change(definition, first, last)
    result = next((one["result"] for one in found["scores"] if one["id"] == score), "not_classed")
    return RESULTS.get(result, "No published rule says when this is a clear change")


def _is_rating(rating: Mapping[str, Any]) -> bool:
    value = rating.get("value")
    texts = all(isinstance(rating.get(name), str) for name in ("goal", "rater", "rated_on"))
    named = isinstance(rating.get("rater_name") or "", str) and isinstance(rating.get("comment") or "", str)
    return (
        texts
        and named
        and _is_day(rating.get("rated_on"))
        and isinstance(value, int)
        and not isinstance(value, bool)
        and 0 <= value <= 10
    )


def _is_drawable(fields: Plain, score: str) -> bool:
    return _is_day(fields.get("completed_on")) and is_value(_main(fields, score))


def _main(fields: Plain, score: str) -> Any:
    if fields.get("entry") == "score_only":
        paper = fields.get("score_only")
        return paper.get("score") if isinstance(paper, dict) and (paper.get("score_id") or score) == score else None
    scores = fields.get("scores")
    listed = scores if isinstance(scores, list) else []
    return next((one.get("value") for one in listed if isinstance(one, dict) and one.get("id") == score), None)


def _is_day(text: object) -> bool:
    if not isinstance(text, str):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
