"""Says what is due in a family: visits, goal ratings, measures, return-home interviews, notes still to be
written.

Pure: plain facts in, plain list out, the moment handed in; targets are those in force on the day. Twin:
`due.js`.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from fieldapp.practice.days import day_number, plus_days, plus_hours, plus_working_days
from fieldapp.practice.forms import is_date, is_time
from fieldapp.practice.questionnaire import Plain

SOON_DAYS = 7
BASELINE_DAYS = 14
"""A first measurement may wait until people know each other, but not longer."""
RATED = ("agreed", "active")

What = Literal["visit", "rating", "measure", "return_interview", "recording", "plan_review"]


class Due(TypedDict):
    """`subject` is the record or measure meant; `by` a day or a moment; `state` late, soon (within a week) or
    later."""

    what: What
    subject: str | None
    point: str | None
    by: str
    state: Literal["late", "soon", "later"]


def due(programme: Plain, facts: Plain, now: str) -> list[Due]:
    """Lists what is due, soonest first, for one family.

    `now` is a local moment such as `2026-03-02T14:00`. `facts`: {status, started_on?, weeks?, last_visit_on?,
    next_visit_on?, goals: [{record, status, bottom_line?, agreed_on?, last_rated_on?}], responses: [{measure,
    point}], incidents: [{record, returned, ended_on, ended_at, interview_accepted?, interview_on?}],
    plan_review_on?, to_write: [{record, kind, ended}], holidays?}. A day or time that is none is passed over:
    facts come from records, and what a strange phone wrote must not take everybody's list away.
    """
    found: list[Due] = []
    today = now[:10]

    def add(what: What, subject: str | None, by: str, point: str | None = None) -> None:
        found.append({"what": what, "subject": subject, "point": point, "by": by, "state": _state(by, now)})

    for incident in facts.get("incidents", []):
        by = interview_by(programme, incident)
        if by is not None:
            add("return_interview", incident["record"], by)
    for visit in facts.get("to_write", []):
        by = record_by(programme, visit["kind"], visit["ended"], facts.get("holidays", []))
        if by is not None:
            add("recording", visit["record"], by)
    status: Plain = next((one for one in programme["statuses"] if one["id"] == facts.get("status")), {})
    if status.get("works"):
        cadence = in_force(programme["cadence"], today)
        if cadence is not None:
            _add_visits_and_ratings(facts, cadence, add)
        _add_measures(programme, facts, add)
        review = _day(facts.get("plan_review_on"))
        if review:
            add("plan_review", None, review)
    return sorted(found, key=lambda one: (one["by"], one["what"], one["subject"] or "", one["point"] or ""))


def interview_by(programme: Plain, incident: Plain) -> str | None:
    """Says by when a return-home interview is to be held; None while away, when held, or when it was not
    wanted."""
    if incident.get("returned") != "yes" or incident.get("interview_on") or incident.get("interview_accepted") == "no":
        return None
    day, time = _day(incident.get("ended_on")), incident.get("ended_at")
    if day is None:
        return None
    return plus_hours(f"{day}T{time if is_time(time) else '00:00'}", programme["return_interview_hours"])


def record_by(programme: Plain, kind: str, ended: str, holidays: list[str]) -> str | None:
    """Says by when something that ended at `ended` is to be written, by the target in force that day; None
    without one."""
    if not (is_date(ended[:10]) and ended[10:11] == "T" and is_time(ended[11:])):
        return None
    targets = [target for target in programme["recording_targets"] if target["kind"] == kind]
    target = in_force(targets, ended[:10])
    if target is None:
        return None
    if target["unit"] == "hours":
        return plus_hours(ended, target["within"])
    return plus_working_days(ended[:10], target["within"], holidays) + "T23:59"


def was_written_in_time(programme: Plain, kind: str, ended: str, written: str, holidays: list[str]) -> bool | None:
    """Says whether the worker pressed send in time, whenever the office got it; None when there was no
    target."""
    by = record_by(programme, kind, ended, holidays)
    return None if by is None else written <= by


def in_force(dated: list[Plain], day: str) -> Plain | None:
    """Picks the newest of what applies from a day on; None before the first."""
    fitting = [one for one in dated if one["from_on"] <= day]
    return max(fitting, key=lambda one: str(one["from_on"])) if fitting else None


def _add_visits_and_ratings(facts: Plain, cadence: Plain, add: Any) -> None:
    last = _day(facts.get("last_visit_on")) or _day(facts.get("started_on"))
    planned = _day(facts.get("next_visit_on"))
    if planned:
        add("visit", None, planned)
    elif last:
        add("visit", None, plus_days(last, cadence["visit_days"]))
    for goal in facts.get("goals", []):
        if goal.get("status") not in RATED or goal.get("bottom_line") == "yes":
            continue
        rated = _day(goal.get("last_rated_on"))
        by = plus_days(rated, cadence["rating_days"]) if rated else _day(goal.get("agreed_on"))
        if by:
            add("rating", goal["record"], by)


def _add_measures(programme: Plain, facts: Plain, add: Any) -> None:
    started = _day(facts.get("started_on"))
    if not started:
        return
    length = 7 * (facts.get("weeks") or programme["duration_weeks"][0])
    after = {"baseline": BASELINE_DAYS, "mid": length // 2, "end": length, "follow_up": length + 91}
    done = {(one.get("measure"), one.get("point")) for one in facts.get("responses", [])}
    for measure in programme["measures"]:
        for point in measure["at"]:
            if (measure["measure"], point) not in done:
                add("measure", measure["measure"], plus_days(started, after[point]), point)


def _day(value: object) -> str | None:
    return value if isinstance(value, str) and is_date(value) else None


def _state(by: str, now: str) -> Literal["late", "soon", "later"]:
    if by < now[: len(by)]:
        return "late"
    return "soon" if day_number(by) - day_number(now) <= SOON_DAYS else "later"
