"""Fills in visit and contact notes from what a family's file tells. Pure; see families/README.md for the words of a file."""

from __future__ import annotations

from typing import Any

from fieldapp.demo.teller import Fields, Teller, Told, answered, people_with


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
            "people_present": people_with(tell, key, told["present"]),
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
    return answered(fields)


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
    return item | answered(
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
    return {"id": tell.id(key, "risk", str(n))} | answered(
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
    return answered(
        {
            "with_whom": people_with(tell, told["contact"], told["with"]),
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
