"""Fills in forms from what a family's file tells: one function for each kind of record, pure.

A file says `"present": ["dawn"]`; the form wants an item with an id, her id, name and role. What a file leaves out is what
is usual (a planned visit at home, no interpreter), so that the prose stands alone in it. See families/README.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fieldapp.demo.notes import contact, visit_note
from fieldapp.demo.teller import Fields, Teller, Told, answered, people_with
from fieldapp.practice import scoring
from fieldapp.practice.questionnaire import items_of


def opening(tell: Teller, told: Told, readers: list[str], sort: str) -> Fields:
    return {"about": "family", "sort": sort, "readers": readers, "title": told["title"]}


def family(tell: Teller, told: Told, title: str, *, practice: bool = False) -> Fields:
    people = []
    for key, each in told["people"].items():
        birth = {"unborn": "due"}.get(each["group"], each.get("birth", "known" if {"age", "born"} & set(each) else None))
        people.append(
            answered(
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
    return answered(
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


def goal(tell: Teller, told: Told) -> Fields:
    return answered(
        {
            "family_words": told["family_words"],
            "agreed_words": told["agreed_words"],
            "owner": tell.person(told["owner"]),
            "type": told["type"],
            "bottom_line": "no",
            "raters": people_with(tell, told["goal"], list(told["ratings"])),
            "status": "active",
            "agreed_on": tell.calendar.on(told["agreed"]),
        }
    )


def rating(tell: Teller, told: Told, rater: str, day: str, value: int, comment: str) -> Fields:
    return answered(
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
        return answered(fields)
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
    return answered(fields)


def incident(tell: Teller, told: Told) -> Fields:
    gone, back = tell.calendar.read(told["from"]), tell.calendar.read(told["to"])
    return answered(
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
    return answered(
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
    return answered(
        {
            "family_words": told["family_words"],
            "needs": [
                {"id": tell.id(key, "need", str(n)), "need": need, "person": tell.person(who), "why": why}
                for n, (need, who, why) in enumerate(told["needs"])
            ],
            "goals": [tell.record(goal) for goal in told["goals"]],
            "steps": [
                answered({"id": tell.id(key, "step", str(n)), "what": what, "who": who, "by_on": tell.calendar.on(by), "status": status, "instead": instead})
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
