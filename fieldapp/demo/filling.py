"""Fills in forms from what a family's file tells: one function for each kind of record, pure.

A file says `"present": ["dawn"]`; the form wants an item with an id, her id, name and role. What a file leaves out is what
is usual (a planned visit at home, no interpreter), so that the prose stands alone in it. See families/README.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fieldapp.demo.calendar import Calendar
from fieldapp.practice import scoring
from fieldapp.practice.library import Practice
from fieldapp.practice.questionnaire import items_of
from sync.entry import b64u

Told = Mapping[str, Any]
Fields = dict[str, Any]


@dataclass(frozen=True)
class Teller:
    """What every form of one family needs: its days, its people, ids that are the same each time, the definitions."""

    family: str
    seed: str
    calendar: Calendar
    practice: Practice
    people: Mapping[str, Told]
    sort: str = "main"

    def id(self, *names: str) -> str:
        """A random-looking id that a second run gives again."""
        named = "\n".join(("fieldapp demo 1", self.seed, self.family, *names))
        return b64u(hashlib.sha256(named.encode()).digest()[:16])

    def record(self, name: str) -> str:
        """The id of a record in this casefile; its private section has records of its own."""
        return self.id("record", self.sort, name)

    def person(self, key: str) -> str:
        if key not in self.people:
            raise KeyError(f"{self.family}: nobody is called {key!r}")
        return self.id("person", key)

    def born_on(self, key: str) -> str:
        """A birthday that makes the person as old as told on the first day, and differs from person to person."""
        told = self.people[key]
        if "born" in told:
            return str(told["born"])
        spread = 20 + hashlib.sha256(f"{self.family}/{key}".encode()).digest()[0] % 300
        if "months" in told:
            return (self.calendar.week0 - timedelta(days=round(told["months"] * 30.44) + spread % 20)).isoformat()
        return (self.calendar.week0 - timedelta(days=round(told["age"] * 365.25) + spread)).isoformat()


def _kept(fields: Mapping[str, Any]) -> Fields:
    """Leaves out what was not answered."""
    return {name: value for name, value in fields.items() if value is not None and value != [] and value != ""}


def _people(tell: Teller, record: str, keys: list[str]) -> list[Fields]:
    """People by key; `+Name, role` for somebody who is not among the family's people."""
    items = []
    for key in keys:
        item: Fields = {"id": tell.id(record, "with", key)}
        if key.startswith("+"):
            name, _, role = key[1:].partition(", ")
            item |= _kept({"name": name, "role": role})
        else:
            known = tell.people[key]
            item |= {"person": tell.person(key), "name": known["name"], "role": known["relation"]}
        items.append(item)
    return items


def opening(tell: Teller, told: Told, readers: list[str], sort: str) -> Fields:
    return {"about": "family", "sort": sort, "readers": readers, "title": told["title"]}


def family(tell: Teller, told: Told, title: str, *, practice: bool = False) -> Fields:
    people = []
    for key, each in told["people"].items():
        birth = {"unborn": "due"}.get(each["group"], each.get("birth", "known" if {"age", "born"} & set(each) else None))
        people.append(
            _kept(
                {
                    "id": tell.person(key),
                    "name": each["name"],
                    "group": each["group"],
                    "relation": each["relation"],
                    "birth": birth,
                    "born_on": tell.born_on(key) if birth == "known" else None,
                    "due_on": tell.calendar.on(each["due"]) if birth == "due" else None,
                    "parental_responsibility": each.get("pr"),
                    "lives_here": None if "here" not in each else "yes" if each["here"] else "no",
                    "phone": each.get("phone"),
                    "safe_contact": each.get("safe_contact"),
                    "notes": each.get("notes"),
                }
            )
        )
    levels = [
        {
            "id": tell.id("level", str(n)),
            "person": tell.person(who),
            "level": level,
            "from_on": tell.calendar.on(when),
            "source": source,
        }
        for n, (who, level, when, source) in enumerate(told["levels"])
    ]
    return _kept(
        {
            "name_shown": title,
            "practice_family": "yes" if practice else None,
            "programme": f"{told['programme']}@1",
            "status": told["status"],
            "status_on": tell.calendar.on(told.get("status_on", told["started_on"])),
            "started_on": tell.calendar.on(told["started_on"]),
            **{
                name: told.get(name)
                for name in (
                    "safe_contact", "warning", "home_language", "interpreter_needed", "interpreter_language", "reading_needs",
                )
            },
            "people": people,
            "levels": levels,
        }
    )  # fmt: skip


def visit_note(tell: Teller, told: Told) -> Fields:
    key, kind = told["visit"], told.get("type", "home_visit")
    when = tell.calendar.read(told["at"])
    failed = kind == "failed_visit"
    interpreter = told.get("interpreter", "not_needed")
    unsafe = told.get("unsafe")
    next_visit = told.get("next", "to_arrange")
    fields: Fields = {
        "contact_type": kind,
        "failed_reason": told.get("failed"),
        "failed_tried": told.get("tried"),
        "happened_on": when.on.isoformat(),
        "started_at": when.start,
        "ended_at": when.end,
        "place": told.get("where", "At home"),
        "planned": "planned" if told.get("planned", True) else "unplanned",
        "announced": "yes" if told.get("announced", told.get("planned", True)) else "no",
    }
    if not failed:
        fields |= {
            "people_present": _people(tell, key, told["present"]),
            "came_or_left": told.get("came"),
            "interpreter": interpreter,
            "interpreter_language": told.get("language"),
            "interpreter_why": told.get("interpreter_why"),
            "children_seen": [_child_seen(tell, key, child, seen) for child, seen in told["seen"].items()],
            "purpose": told["purpose"],
            "seen_and_heard": told["saw"],
            "childs_words": told["words"],
            "how_heard": told.get("asked"),
            "parents_views": told["parents"],
            "home_conditions": told.get("home"),
            "workers_view": told["view"],
            "strengths": told.get("strengths"),
            "changed": told.get("changed"),
        }
    risks = [_risk(tell, key, n, risk) for n, risk in enumerate(told.get("risks", []))]
    fields |= {
        "anything_worrying": "yes" if risks else "no",
        "risks": risks,
        "unsafe_now": "yes" if unsafe else "no",
        "unsafe_steps": unsafe["steps"] if unsafe else None,
        "manager_told": unsafe["manager"] if unsafe else None,
        "manager_told_at": unsafe["at"] if unsafe else None,
        "actions": [_action(tell, told, n, action) for n, action in enumerate(told.get("actions", []))],
        "next_visit": next_visit if next_visit in ("to_arrange", "none") else "date_set",
        "next_visit_on": None if next_visit in ("to_arrange", "none") else tell.calendar.on(next_visit),
        "written_where": told.get("written_where", "in_car"),
        "why_late": told.get("why_late"),
    }
    return _kept(fields)


def _child_seen(tell: Teller, key: str, child: str, seen: Any) -> Fields:
    """`alone: how`, `with: why not alone | how`, `not: why`; or an object that also tells of the bedroom."""
    if isinstance(seen, str):
        word, _, rest = seen.partition(": ")
        why, _, how = rest.partition(" | ")
        seen = {"alone": {"alone": True, "how": rest}, "with": {"alone": why, "how": how}, "not": {"not": rest}}[word]
    item: Fields = {"id": tell.id(key, "seen", child), "person": tell.person(child)}
    if "not" in seen:
        return item | {"seen": "no", "why_not_seen": seen["not"], "bedroom": seen.get("bedroom", "not_needed")}
    alone = seen["alone"] is True
    return item | _kept(
        {
            "seen": "yes",
            "seen_alone": "yes" if alone else "no",
            "why_not_alone": None if alone else seen["alone"],
            "bedroom": seen.get("bedroom", "not_needed"),
            "presentation": seen["how"],
        }
    )


def _risk(tell: Teller, key: str, n: int, risk: Told) -> Fields:
    when = tell.calendar.read(risk["at"])
    return {"id": tell.id(key, "risk", str(n))} | _kept(
        {
            "indicator": risk["about"],
            "level": risk["level"],
            "evidence": risk["evidence"],
            "done": risk.get("done"),
            "told": risk["told"],
            "told_on": when.on.isoformat(),
            "told_at": when.start,
        }
    )


def _action(tell: Teller, told: Told, n: int, action: list[str]) -> Fields:
    """What, who, by when, and how it stood that evening. What was not yet due is to do, as it was when the note was written."""
    what, owner, due, *status = action
    is_due = tell.calendar.on(due) <= tell.calendar.on(told.get("written", told["at"]))
    return {
        "id": tell.id(told["visit"], "action", str(n)),
        "what": what,
        "owner": owner,
        "due_on": tell.calendar.on(due),
        "status": status[0] if status and is_due else "open",
    }


def contact(tell: Teller, told: Told) -> Fields:
    when = tell.calendar.read(told["at"])
    worry = told.get("worry")
    return _kept(
        {
            "with_whom": _people(tell, told["contact"], told["with"]),
            "how": told["how"],
            "outcome": told["outcome"],
            "line": told["line"],
            "anything_worrying": "yes" if worry else "no",
            "worry": worry,
            "unsafe_now": told.get("unsafe_now", "no") if worry else None,
            "told": told.get("told"),
            "told_at": told.get("told_at"),
            "happened_on": when.on.isoformat(),
            "happened_at": when.start,
            "more": told.get("more"),
            "next_contact_on": tell.calendar.on(told["next"]) if "next" in told else None,
        }
    )


def goal(tell: Teller, told: Told) -> Fields:
    return _kept(
        {
            "family_words": told["family_words"],
            "agreed_words": told["agreed_words"],
            "owner": tell.person(told["owner"]),
            "type": told["type"],
            "bottom_line": "no",
            "raters": _people(tell, told["goal"], list(told["ratings"])),
            "status": "active",
            "agreed_on": tell.calendar.on(told["agreed"]),
        }
    )


def rating(tell: Teller, told: Told, rater: str, day: str, value: int, comment: str) -> Fields:
    return _kept(
        {
            "goal": tell.record(told["goal"]),
            "rater": tell.person(rater),
            "rater_name": tell.people[rater]["name"],
            "value": value,
            "comment": comment,
            "rated_on": tell.calendar.on(day),
        }
    )


def measure_response(tell: Teller, told: Told) -> Fields:
    """Scores what was answered by the shipped rule, as a phone would have at the time."""
    name = f"{told['measure']}@1"
    definition = tell.practice.plain("measures", name)
    entry = "score_only" if "score" in told else told.get("entry", "here")
    fields: Fields = {
        "measure": name,
        "measure_hash": tell.practice.index["measures"][name],
        "answered_by": tell.person(told["person"]),
        "answered_by_name": tell.people[told["person"]]["name"],
        "about": tell.person(told["about"]) if "about" in told else None,
        "point": told["point"],
        "mode": told["mode"],
        "completed_on": tell.calendar.on(told["at"]),
        "entry": entry,
    }
    if entry == "score_only":
        fields["score_only"] = {
            "score": str(told["score"]), "score_id": "total", "completed_on": tell.calendar.on(told["at"]), "scored_by": told["scored_by"],
        }  # fmt: skip
        return _kept(fields)
    items = [item["id"] for item in items_of(definition)]
    answers = dict(zip(items, told["answers"], strict=False))
    if "difficulty" in told:
        answers["difficulty"] = told["difficulty"]
    scored = scoring.score(definition, answers)
    fields |= {
        "answers": answers,
        "scores": [{name: score[name] for name in ("id", "value", "band", "prorated", "missing")} for score in scored["scores"]],
        "risk_shown": "yes" if scored["risk"] else "no",
        "risk_items": scored["risk"],
        "risk_done": told.get("risk_done"),
        "risk_told": told.get("risk_told"),
        "risk_told_at": told.get("risk_told_at"),
    }
    return _kept(fields)


def incident(tell: Teller, told: Told) -> Fields:
    gone, back = tell.calendar.read(told["from"]), tell.calendar.read(told["to"])
    return _kept(
        {
            "person": tell.person(told["person"]),
            "type": "M",
            "started_on": gone.on.isoformat(),
            "started_at": gone.start,
            "reported_to": told["reported_to"],
            "police_reference": told["police_reference"],
            "notes": told["notes"],
            "returned": "yes",
            "ended_on": back.on.isoformat(),
            "ended_at": back.start,
            "found": told["found"],
            "harm": told["harm"],
        }
    )


def interview(tell: Teller, told: Told) -> Fields:
    """What the return-home interview adds to an incident."""
    held = told.get("on")
    when = tell.calendar.read(held) if held else None
    return _kept(
        {
            "interview_offered": "yes",
            "interview_offered_on": tell.calendar.on(told["offered"]),
            "interview_accepted": "no" if told.get("declined") else "yes",
            "interview_on": when.on.isoformat() if when else None,
            "interview_at": when.start if when else None,
            "interview_by": told.get("by"),
            "interview_notes": told.get("notes"),
        }
    )


def plan(tell: Teller, told: Told) -> Fields:
    key = told["plan"]
    return _kept(
        {
            "family_words": told["family_words"],
            "needs": [
                {"id": tell.id(key, "need", str(n)), "need": need, "person": tell.person(who), "why": why}
                for n, (need, who, why) in enumerate(told["needs"])
            ],
            "goals": [tell.record(goal) for goal in told["goals"]],
            "steps": [
                _kept({"id": tell.id(key, "step", str(n)), "what": what, "who": who, "by_on": tell.calendar.on(by), "status": status, "instead": instead})
                for n, (what, who, by, status, instead) in enumerate(told["steps"])
            ],
            "safety_plan": told["safety_plan"],
            "agreed_by": [
                {"id": tell.id(key, "agreed", who), "person": tell.person(who), "name": tell.people[who]["name"], "role": tell.people[who]["relation"], "how": how}
                for who, how in told["agreed"]
            ],
            "agreed_on": tell.calendar.on(told["agreed_on"]),
            "review_on": tell.calendar.on(told["review_on"]),
            "copy_given": told["copy_given"],
        }
    )  # fmt: skip


BY_KIND: Mapping[str, Callable[[Teller, Told], Fields]] = {
    "visit": visit_note,
    "contact": contact,
    "goal": goal,
    "measure": measure_response,
    "incident": incident,
    "plan": plan,
}
