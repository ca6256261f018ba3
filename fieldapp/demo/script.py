"""Reads the families' files into steps: who writes which entry, when, after which others. Pure; nothing is played here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from fieldapp.demo import filling
from fieldapp.demo.calendar import Calendar
from fieldapp.demo.teller import Fields, Teller
from fieldapp.practice.library import Practice

SCHEMAS = {
    "visit": "visit-note.1",
    "contact": "contact.1",
    "goal": "goal.1",
    "measure": "measure-response.1",
    "incident": "incident.1",
    "plan": "plan.1",
}
SUPERVISOR = "marian"
SOON = timedelta(minutes=12)
"""How long after it happened something is written when a file does not say."""


@dataclass(frozen=True)
class Step:
    """One entry to be made. `parents` name earlier steps of the same record; a review has in `covers` those it read."""

    casefile: str
    key: str
    record: str
    kind: str
    schema: str
    by: str
    at: datetime
    fields: Fields
    parents: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    mode: str = ""


@dataclass
class Casefile:
    """A family's main record or its private section, with its steps in the order of the file."""

    id: str
    title: str
    sort: str
    opened_by: str
    readers: tuple[str, ...]
    is_practice: bool
    tell: Teller
    steps: list[Step] = field(default_factory=list)


def person_id(seed: str, key: str) -> str:
    """The id of somebody of the service."""
    return Teller("service", seed, _NO_DAYS, _NOTHING, {}).id("staff", key)


def told_families() -> dict[str, Mapping[str, Any]]:
    """Every family's file by name, the three told in full first."""
    folder = files("fieldapp.demo") / "families"
    names = sorted(each.name.removesuffix(".json") for each in folder.iterdir() if each.name.endswith(".json"))
    found = {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in sorted(names, key=_told_first)}
    # A long history lies in several files, each of a size that a person reads in one sitting.
    for told in [told for told in found.values() if "continues" in told]:
        found[told["continues"]]["records"] += told["records"]
    return {name: told for name, told in found.items() if "continues" not in told}


def _told_first(name: str) -> tuple[bool, str]:
    return name not in ("tarnley", "velmire", "lakatera"), name


def casefiles(told: Mapping[str, Any], name: str, *, seed: str, calendar: Calendar, practice: Practice) -> list[Casefile]:
    """Reads one family's file: its main casefile, and its private section if it has one."""
    tell = Teller(name, seed, calendar.later(told.get("weeks_later", 0)), practice, told["family"]["people"])
    main = _casefile(tell, told, told, "main", tuple(told["keyworkers"]))
    if "private" not in told:
        return [main]
    private = {**told["private"], "family": {**told["family"], "written": told["private"]["opened"]}}
    return [main, _casefile(tell, told, private, "restricted", tuple(private["readers"]))]


def _casefile(tell: Teller, told: Mapping[str, Any], part: Mapping[str, Any], sort: str, readers: tuple[str, ...]) -> Casefile:
    tell = replace(tell, sort=sort)
    # Only a keyworker or a supervisor may open a casefile.
    opener = next(reader for reader in readers if reader != "jos")
    made = Casefile(tell.id("casefile", sort), part["title"], sort, opener, readers, told.get("practice", False), tell)
    script = _Script(tell, made, opener)
    people = [person_id(tell.seed, reader) for reader in readers]
    at = tell.calendar.at(part["opened"])
    script.add("opening", "opening", "opening.1", opener, at, filling.opening(tell, part, people, sort))
    family = filling.family(tell, part["family"], part["title"], practice=made.is_practice)
    script.add(
        "family",
        "family",
        "family.1",
        opener,
        max(tell.calendar.at(part["family"]["written"]), at + timedelta(minutes=1)),
        family,
    )
    for each in part["records"]:
        script.tell(each)
    return made


class _Script:
    """Keeps, while a file is read, what each record says and which of its entries nobody followed yet."""

    def __init__(self, tell: Teller, made: Casefile, worker: str) -> None:
        self._tell, self._made, self._worker = tell, made, worker
        self._by_key: dict[str, Step] = {}
        self._heads: dict[str, tuple[str, ...]] = {}

    def add(
        self, name: str, kind: str, schema: str, by: str, at: datetime, fields: Fields, *,
        key: str = "", parents: tuple[str, ...] = (), mode: str = "",
    ) -> Step:  # fmt: skip
        step = Step(
            self._made.id, key or name, self._tell.record(name), kind, schema, by, at, self._dated(fields), parents, mode=mode
        )
        if step.key in self._by_key:
            raise ValueError(f"{self._tell.family}: two entries are called {step.key!r}")
        if any(self._by_key[parent].at >= at for parent in parents) or at < (self._made.steps[0].at if self._made.steps else at):
            raise ValueError(f"{self._tell.family}: {step.key!r} is told before what it stands on")
        self._by_key[step.key] = step
        self._heads[name] = (*(each for each in self._heads.get(name, ()) if each not in parents), step.key)
        self._made.steps.append(step)
        return step

    def tell(self, told: Mapping[str, Any]) -> None:
        for verb, do in (("review", self._review), ("addition", self._addition), ("change", self._change)):
            if verb in told:
                do(told)
                return
        verb = next(each for each in SCHEMAS if each in told)
        by = told.get("by", self._worker)
        written = self._tell.calendar.at(told["written"]) if "written" in told else self._tell.calendar.at(told["at"]) + SOON
        name = f"{told['measure']} {' '.join(told['at'].split()[:2])}" if verb == "measure" else told[verb]
        kind = SCHEMAS[verb].removesuffix(".1").replace("-", "_")
        mode = (
            "interpreter" if str(told.get("interpreter", "")).startswith("professional") else "alone" if verb == "visit" else ""
        )
        if verb == "measure":
            mode = "paper" if "score" in told else told["mode"]
        step = self.add(name, kind, SCHEMAS[verb], by, written, filling.BY_KIND[verb](self._tell, told), mode=mode)
        if verb == "incident":
            self._interview(told, name, step)
        if verb == "goal":
            self._ratings(told, by, written)

    def _interview(self, told: Mapping[str, Any], name: str, step: Step) -> None:
        held = told["interview"]
        at = self._tell.calendar.at(held.get("on") or held["offered"]) + timedelta(hours=2 if "on" in held else 14)
        fields = step.fields | filling.interview(self._tell, held)
        self.add(
            name,
            step.kind,
            step.schema,
            step.by,
            max(at, step.at + timedelta(minutes=20)),
            fields,
            key=f"{name} interview",
            parents=(step.key,),
        )

    def _ratings(self, told: Mapping[str, Any], by: str, written: datetime) -> None:
        for rater, given in told["ratings"].items():
            for day, value, comment in given:
                at = max(self._tell.calendar.at(f"{day} 17:58"), written + timedelta(minutes=1))
                fields = filling.rating(self._tell, told, rater, day, value, comment)
                self.add(f"{told['goal']} {rater} {day}", "rating", "rating.1", by, at, fields, mode="together")

    def _addition(self, told: Mapping[str, Any]) -> None:
        name = told["addition"]
        heads = self._heads[name]
        base = self._by_key[heads[0]]
        key = f"{name} +{len(self._by_key)}"
        item = {"id": self._tell.id(key, "item"), "why": told["why"], "text": told["text"]}
        fields = base.fields | {"additions": [*base.fields.get("additions", []), item]}
        self.add(
            name, base.kind, base.schema, told["by"], self._tell.calendar.at(told["written"]), fields, key=key, parents=heads
        )

    def _change(self, told: Mapping[str, Any]) -> None:
        name = told["change"]
        heads = self._heads[name]
        if "from" in told:
            # Written without signal by somebody who had not seen the other's version.
            heads = self._by_key[told["from"].removeprefix("before ")].parents
        base = self._by_key[heads[0]]
        set_ = {field: self._tell.calendar.on(text) if field.endswith("_on") else text for field, text in told["set"].items()}
        fields = base.fields | set_
        if "steps" in told:
            steps = [dict(step) for step in base.fields["steps"]]
            for n, status in told["steps"].items():
                steps[int(n)]["status"] = status
            fields["steps"] = steps
        key = told.get("key", f"{name} ~{len(self._by_key)}")
        self.add(
            name, base.kind, base.schema, told["by"], self._tell.calendar.at(told["written"]), fields, key=key, parents=heads
        )

    def _review(self, told: Mapping[str, Any]) -> None:
        name = told["review"]
        covers = self._heads[name]
        at = self._tell.calendar.at(told["at"])
        comments = [{"id": self._tell.id(name, "comment", str(n)), **each} for n, each in enumerate(told.get("comments", []))]
        self._made.steps.append(
            review(self._made.id, self._by_key[covers[0]].record, f"{name} review {len(self._made.steps)}", at, covers, told["decision"],
                   text=told.get("text", ""), question=told.get("question", ""), comments=comments)
        )  # fmt: skip

    def _dated(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._tell.calendar.in_prose(value) if "{" in value else value
        if isinstance(value, list):
            return [self._dated(each) for each in value]
        if isinstance(value, dict):
            return {name: self._dated(each) for name, each in value.items()}
        return value


def review(
    casefile: str, record: str, key: str, at: datetime, covers: tuple[str, ...], decision: str, *,
    text: str = "", question: str = "", comments: Iterable[Mapping[str, Any]] = (),
) -> Step:  # fmt: skip
    """One review by the supervisor."""
    fields = {"decision": decision, "text": text, "question": question, "comments": list(comments)}
    return Step(casefile, key, record, "review", "review.1", SUPERVISOR, at, fields, covers=covers)


_NO_DAYS: Any = None
_NOTHING: Any = None
