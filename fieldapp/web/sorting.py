"""What came and could not be placed: the list, one item, and the form by which a named person decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import records, sheet, sorting, summaries
from fieldapp.sorting import LONGEST_WHY, Looked
from fieldapp.unsorted import Inside, Waiting
from fieldapp.web import words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show, told_of
from sync.entry import LOCKED_NOTE, moment, stamp

pages = Blueprint("sorting", __name__, url_prefix="/desk")

SHOWN_AT_ONCE = 100
PUT_AWAY_SHOWN = 20
DECISIONS = ("place", "put_away")


@pages.get("/sorting")
@signed_in("supervisor", "administrator")
def page() -> ResponseReturnValue:
    here = office()
    now = here.clock()
    names = here.store.people.names()
    found = sorting.waiting(here.store, here.keys, me(), now)
    away = sorting.put_away(here.store, here.keys, me(), now)
    return show(
        "sorting/list.html",
        waiting=[_line(one, names, now) for one in found[:SHOWN_AT_ONCE]],
        more=words.sorting_more(len(found) - SHOWN_AT_ONCE),
        away=[_line(one, names, now) for one in away[:PUT_AWAY_SHOWN]],
        done=words.SORTED.get(request.args.get("done", "")),
        may_read=me().role == "supervisor",
    )


@pages.get("/sorting/<item>")
@signed_in("supervisor", "administrator")
def one(item: str) -> ResponseReturnValue:
    return _page(item, {})


@pages.post("/sorting/<item>")
@signed_in("supervisor", "administrator")
def decide(item: str) -> ResponseReturnValue:
    """Places it or puts it away, or shows the page again with what was typed and what is still missing."""
    here = office()
    typed = {"decision": request.form.get("decision", ""), "why": request.form.get("text-why", "").strip()}
    wrong: list[tuple[str, str]] = []
    if typed["decision"] not in DECISIONS:
        wrong.append(("decision", "decision_missing"))
    if not typed["why"]:
        wrong.append(("text-why", "why_missing"))
    elif len(typed["why"]) > LONGEST_WHY:
        wrong.append(("text-why", "why_too_long"))
    if wrong:
        return _page(item, typed, wrong, 400)
    try:
        if typed["decision"] == "place":
            sorting.release(here.store, here.keys, me(), item, typed["why"], here.clock())
        else:
            sorting.discard(here.store, here.keys, me(), item, typed["why"], here.clock())
    except records.NotOpen:
        abort(404)
    except sorting.AlreadySorted:
        return _decided_meanwhile(typed["why"])
    except sorting.CannotPlace:
        return _page(item, typed, [("decision", "cannot_place")], 409)
    if here.epoch_file is not None:
        here.epoch_file.note(here.store)
    return redirect(url_for("sorting.page", done=typed["decision"]), code=303)


@pages.post("/sorting/<item>/back")
@signed_in("supervisor", "administrator")
def back(item: str) -> ResponseReturnValue:
    """Lets what was put away wait again."""
    here = office()
    try:
        sorting.put_back(here.store, here.keys, me(), item, here.clock())
    except records.NotOpen:
        abort(404)
    except sorting.AlreadySorted:
        return redirect(url_for("sorting.page", done="already"), code=303)
    except sorting.CannotPlace:
        abort(404)
    return redirect(url_for("sorting.page", done="back"), code=303)


def _decided_meanwhile(why: str) -> ResponseReturnValue:
    """Gives the reason back: whoever was slower has typed it for nothing, and may want it elsewhere."""
    onward = {"href": url_for("sorting.page"), "text": "See what is being sorted"}
    return show("pages/typed.html", 409, **words.DECIDED_MEANWHILE, typed=[why], signs_in=False, onward=onward)


def _page(item: str, typed: dict[str, str], wrong: list[tuple[str, str]] | None = None, status: int = 200) -> ResponseReturnValue:
    here = office()
    now = here.clock()
    try:
        found = sorting.look(here.store, here.keys, here.practice, me(), item, here.clock)
    except records.NotOpen:
        abort(404)
    except sorting.AlreadySorted:
        return redirect(url_for("sorting.page", done="already"), code=303)
    told = _told(found, now)
    choices = [
        {"value": value, "text": text, "hint": {"text": hint}}
        for value, text, hint in words.SORTING_DECISIONS
        if (value == "place" and not found.not_placeable) or (value == "put_away" and found.may_put_away)
    ]
    return show("sorting/page.html", status, item=told, choices=choices, typed=typed, problems=told_of(wrong or []))


def _line(one: Waiting, names: dict[str, str], now: datetime) -> dict[str, Any]:
    why = words.WAITS_FOR[one.reason]
    return {
        "href": url_for("sorting.one", item=one.hash),
        "who": words.sent_by(
            names.get(one.author, ""), [names.get(each, "") for each in one.carriers], names.get(one.carried_by, "")
        ),
        "why": why.title,
        "came": words.when_text(one.received_at, now),
        "age": words.ago(moment(one.received_at), now),
        "size": words.size(one.size),
        "away": f"by {names.get(one.put_away_by or '', '')}, {words.when_text(one.put_away_at, now)}" if one.put_away_at else "",
    }


def _told(found: Looked, now: datetime) -> dict[str, Any]:
    one = found.waiting
    names = office().store.people.names()
    why = words.WAITS_FOR[one.reason]
    return {
        **_line(one, names, now),
        "id": one.hash,
        "explained": why.explained,
        "next": why.next,
        "phone": url_for("phones.page", device=one.device) if office().store.signers.device(one.device) else "",
        "closed": words.CLOSED.get(found.closed or "", ""),
        "not_placeable": words.NOT_PLACEABLE.get(found.not_placeable, ""),
        "is_away": one.put_away_at is not None,
        "may_put_back": found.may_put_away,
        "why_away": found.why_away,
        "is_doubtful": not one.is_believed,
        "inside": _inside(found.inside, now) if found.inside is not None else None,
    }


def _inside(inside: Inside, now: datetime) -> dict[str, Any]:
    here = office()
    record, entry = inside.record, inside.entry
    names = summaries.names_known_to(here.store, here.keys, here.practice, me(), inside.casefile, stamp(now))
    definition = here.practice.definitions.get(record.schema)
    form = here.practice.plain("records", record.schema) if definition else {"sections": []}
    is_note = entry.kind == LOCKED_NOTE
    if is_note:
        form = words.LOCKED_NOTE_FORM
    on, at = summaries.happened(record.fields)

    def told(_: str) -> tuple[str, str]:
        return "", ""

    return {
        "family": words.NO_FAMILY_YET if is_note else inside.casefile.title,
        "by": "Written on the phone of" if is_note else "Written by",
        "kind": definition.title if definition else words.LOCKED_NOTE if is_note else words.UNKNOWN_RECORD,
        "happened": (words.on_text(on, now) + (f", {at}" if at else "")) if on else "",
        "author": names.staff.get(entry.author, "somebody who has left"),
        "written": words.when_text(entry.written_at, now),
        "parts": sheet.parts(form, record.view.fields, names, told),
        "raw": entry.raw,
    }
