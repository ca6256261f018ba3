"""The supervisor's two readings a week: signs off what policy brought up, save for what the families' files tell of. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from fieldapp.demo.calendar import LAST_WEEK, Calendar
from fieldapp.demo.script import Casefile, Step, review
from fieldapp.practice import forms
from fieldapp.practice.library import Practice
from fieldapp.practice.policy import Reason, why_sign_off

ARRIVED_AFTER = timedelta(hours=12)
"""How long after its last word a record is sure to have come in."""

WORDS: dict[Reason, str] = {
    "kind": "Read and agreed.",
    "risk": "Read the same week. The steps taken were right, and the right people were told.",
    "restricted": "Read. Still rightly kept apart.",
    "ending": "A careful ending. Signed off.",
    "new_worker": "Clear, and facts and view are kept apart. Thank you.",
    "sample": "Taken in the sample, and good to read.",
}


def sign_offs(casefiles: Iterable[Casefile], practice: Practice, calendar: Calendar) -> Iterator[Step]:
    """Gives the reviews of the readings on Mondays and Thursdays, up to the last week's Monday.

    What came after it is left, so that the board of a fresh demo has something on it.
    """
    rounds = [
        calendar.at(f"W{week} {day} 10:00")
        for week in range(-104, LAST_WEEK + 1)
        for day in ("mon", "thu")
        if (week, day) != (LAST_WEEK, "thu")
    ]
    told = [each for each in casefiles if not each.is_practice]
    reviewed = {step.record for each in told for step in each.steps if step.kind == "review"}
    notes: Counter[str] = Counter()
    for first, steps, sort in sorted(_records(told), key=lambda record: record[0].at):
        before = notes[first.by]
        notes[first.by] += first.kind in practice.policy.new_worker_kinds
        if first.record in reviewed:
            continue
        definition = practice.plain("records", first.schema)
        why = why_sign_off(
            practice.policy,
            first.kind,
            risk_answered=any(forms.has_risk_answer(definition, step.fields) for step in steps),
            restricted=sort == "restricted",
            ending=first.fields.get("next_visit") == "none",
            notes_before=before,
            draw=1,
        )
        at = _next(rounds, max(step.at for step in steps) + ARRIVED_AFTER)
        if why is not None and at is not None:
            followed = {parent for step in steps for parent in step.parents}
            heads = tuple(step.key for step in steps if step.key not in followed)
            yield review(first.casefile, first.record, f"round {first.record}", at, heads, "signed_off", text=WORDS[why])


def _records(casefiles: Iterable[Casefile]) -> Iterator[tuple[Step, list[Step], str]]:
    for each in casefiles:
        records: dict[str, list[Step]] = {}
        for step in each.steps:
            if step.kind not in ("review", "opening"):
                records.setdefault(step.record, []).append(step)
        for steps in records.values():
            yield steps[0], steps, each.sort


def _next(rounds: list[datetime], after: datetime) -> datetime | None:
    return next((at for at in rounds if at >= after), None)
