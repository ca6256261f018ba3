"""Reads programmes: statuses and the steps between them, how often to visit and rate, recording targets,
measures."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from fieldapp.practice.definitions import Strict
from fieldapp.practice.forms import is_date
from fieldapp.practice.measures import Ages
from fieldapp.practice.reading import plain_json, shaped
from fieldapp.practice.refusal import DefinitionError

Count = Annotated[int, msgspec.Meta(ge=1)]


class Status(Strict, frozen=True, kw_only=True):
    """`works`: visits and ratings fall due in it. `ends`: nothing falls due any more."""

    id: str
    label: str
    works: bool = False
    ends: bool = False


class Transition(Strict, frozen=True, kw_only=True):
    """A step from one status to another, who may take it, and in words what must be there before."""

    from_: str = msgspec.field(name="from")
    to: str
    by: Literal["practitioner", "keyworker", "supervisor"]
    needs: str


class Cadence(Strict, frozen=True, kw_only=True):
    from_on: str
    visit_days: Count
    seen_alone_days: Count | None = None
    rating_days: Count
    plan_review_days: Count | None = None


class RecordingTarget(Strict, frozen=True, kw_only=True):
    """How soon after its end a thing is to be written, from a day on: old notes are judged by the old
    target."""

    from_on: str
    kind: str
    within: Count
    unit: Literal["hours", "working_days"]


class MeasurePoint(Strict, frozen=True, kw_only=True):
    measure: str
    who: str
    at: list[Literal["baseline", "mid", "end", "follow_up"]]


class Counter(Strict, frozen=True, kw_only=True):
    """A figure for a report; its definition is printed beside it."""

    id: str
    title: str
    definition: str


class Programme(Strict, frozen=True, kw_only=True):
    id: str
    version: Count
    title: str
    kind: Literal["community"]
    describes: str
    ages: Ages
    duration_weeks: list[Count]
    records: list[str]
    statuses: list[Status]
    transitions: list[Transition]
    cadence: list[Cadence]
    recording_targets: list[RecordingTarget]
    return_interview_hours: Count
    measures: list[MeasurePoint]
    closure_reasons: str
    risk_vocabulary: str
    counters: list[Counter]

    @property
    def name(self) -> str:
        """The programme with its version, such as `staying-together@1`."""
        return f"{self.id}@{self.version}"


def read_programme(file: str, raw: bytes, *, schemas: dict[str, str], measures: set[str], vocabularies: set[str]) -> Programme:
    """Reads a programme file; raises `DefinitionError` naming file, place and reason.

    `schemas` maps record schemas to their kinds. A residential programme is refused: it needs a shift log,
    handovers and night checks, and recording such a place with visit notes would leave gaps that look like
    neglect.
    """
    plain = plain_json(file, raw)
    if isinstance(plain, dict) and plain.get("kind") == "residential":
        raise DefinitionError(
            file,
            "$.kind",
            "residential programmes cannot be recorded with fieldapp yet, because it has no shift log",
        )
    programme = shaped(file, plain, Programme)
    if file.rsplit("/", 1)[-1] != f"{programme.id}.{programme.version}.json":
        raise DefinitionError(file, "$.id", f"the file must be called {programme.id}.{programme.version}.json")
    _all_known(file, "$.records", programme.records, set(schemas))
    _all_known(file, "$.measures", [point.measure for point in programme.measures], measures)
    _all_known(file, "$.closure_reasons", [programme.closure_reasons], vocabularies)
    _all_known(file, "$.risk_vocabulary", [programme.risk_vocabulary], vocabularies)
    _all_known(file, "$.recording_targets", [one.kind for one in programme.recording_targets], set(schemas.values()))
    _check_statuses(file, programme)
    for place, days in (
        ("$.cadence", [one.from_on for one in programme.cadence]),
        ("$.recording_targets", [one.from_on for one in programme.recording_targets]),
    ):
        wrong = [day for day in days if not is_date(day)]
        if wrong or not days:
            raise DefinitionError(file, place, f"“{wrong[0]}” is no day" if wrong else "there is none")
    if not programme.duration_weeks:
        raise DefinitionError(file, "$.duration_weeks", "there is none")
    return programme


def _all_known(file: str, place: str, named: list[str], known: set[str]) -> None:
    for name in named:
        if name not in known:
            raise DefinitionError(file, place, f"there is no “{name}”")


def _check_statuses(file: str, programme: Programme) -> None:
    ids = [status.id for status in programme.statuses]
    if len(set(ids)) != len(ids):
        raise DefinitionError(file, "$.statuses", "two statuses have the same id")
    steps = [(step.from_, step.to) for step in programme.transitions]
    if len(set(steps)) != len(steps):
        raise DefinitionError(file, "$.transitions", "the same step stands twice")
    for step in programme.transitions:
        _all_known(file, "$.transitions", [step.from_, step.to], set(ids))
    reached = {step.to for step in programme.transitions} | set(ids[:1])
    never = [id for id in ids if id not in reached]
    if never:
        raise DefinitionError(file, "$.statuses", f"no step leads to “{never[0]}”")
    leaves = {step.from_ for step in programme.transitions}
    stuck = [status.id for status in programme.statuses if not status.ends and status.id not in leaves]
    if stuck:
        raise DefinitionError(file, "$.statuses", f"no step leads away from “{stuck[0]}”, and it is not an end")
