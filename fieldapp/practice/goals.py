"""Reads goal ratings as series, one for each goal and rater, and says how far each has moved. Twin:
`goals.js`."""

from __future__ import annotations

from typing import Literal, TypedDict

from fieldapp.practice.forms import is_date
from fieldapp.practice.questionnaire import Plain

Movement = Literal["meaningful", "some", "same", "some_back", "moved_away", "baseline_only"]
MEANINGFUL = 3
"""Points on the 0–10 scale that count: the national threshold for a single goal."""


class Point(TypedDict):
    on: str
    value: int
    comment: str | None


class Series(TypedDict):
    """One person's ratings of one goal, oldest first. Two people's ratings are two series and never
    averaged."""

    goal: str
    rater: str
    rater_name: str
    points: list[Point]
    baseline: int
    latest: int
    change: int | None
    movement: Movement


def movement(baseline: int, latest: int) -> Movement:
    """Classes a change of a goal rating: 3 or more is meaningful, 1 or 2 is some, -3 or less has moved
    away."""
    change = latest - baseline
    if change >= MEANINGFUL:
        return "meaningful"
    if change > 0:
        return "some"
    if change == 0:
        return "same"
    return "some_back" if change > -MEANINGFUL else "moved_away"


def series(ratings: list[Plain]) -> list[Series]:
    """Groups ratings ({goal, rater, rater_name, value, rated_on, comment?}) by goal and rater.

    Ratings of one day stay in the order given. The first is the baseline; without a second there is no change
    to report. A goal whose meaning changed is another goal with its own id, so a series never joins two
    meanings. A rating that cannot be placed (no day, or a value off the scale) is left out of the series; it
    stays readable as a record.
    """
    groups: dict[tuple[str, str], list[Plain]] = {}
    for rating in ratings:
        if not _can_be_placed(rating):
            continue
        groups.setdefault((rating["goal"], rating["rater"]), []).append(rating)
    found: list[Series] = []
    for (goal, rater), group in groups.items():
        ordered = sorted(group, key=lambda one: str(one["rated_on"]))
        baseline, latest = ordered[0]["value"], ordered[-1]["value"]
        alone = len(ordered) == 1
        found.append(
            {
                "goal": goal,
                "rater": rater,
                "rater_name": ordered[-1].get("rater_name") or "",
                "points": [{"on": one["rated_on"], "value": one["value"], "comment": one.get("comment")} for one in ordered],
                "baseline": baseline,
                "latest": latest,
                "change": None if alone else latest - baseline,
                "movement": "baseline_only" if alone else movement(baseline, latest),
            }
        )
    return found


def _can_be_placed(rating: Plain) -> bool:
    value, on = rating.get("value"), rating.get("rated_on")
    return (
        all(isinstance(rating.get(name), str) for name in ("goal", "rater"))
        and isinstance(value, int)
        and not isinstance(value, bool)
        and 0 <= value <= 10
        and isinstance(on, str)
        and is_date(on)
    )


def may_rate(goal: Plain, rater: str) -> bool:
    """Says whether this person may rate this goal: a bottom line set for safety is not rated by whose goal it
    is."""
    return goal.get("bottom_line") != "yes" or rater != goal.get("owner")
