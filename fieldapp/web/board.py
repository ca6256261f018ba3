"""The board: what needs a supervisor's eyes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import summaries
from fieldapp.board import Child, Note, Phone, Section
from fieldapp.people import DESK_ROLES
from fieldapp.web import words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show

pages = Blueprint("board", __name__, url_prefix="/desk")

_HOME = {"supervisor": "board.page", "auditor": "casefiles.families", "administrator": "admin.people_page"}


@pages.get("")
@signed_in(*DESK_ROLES)
def home() -> ResponseReturnValue:
    """Leads everybody to the page their work begins on."""
    return redirect(url_for(_HOME[me().role]), code=303)


@pages.get("/board")
@signed_in("supervisor")
def page() -> ResponseReturnValue:
    here = office()
    now = here.clock()
    sections = summaries.board_for(here.store, here.keys, here.practice, me(), here.clock)
    return show(
        "board/page.html",
        sections=[_section(one, now) for one in sections],
        done=words.REVIEW_SENT.get(request.args.get("done", "")),
    )


def tags_of(note: Note) -> list[dict[str, str]]:
    """Puts words to where a record stands and why it comes up."""
    found = [words.REASONS[reason] for reason in note.why if reason in words.REASONS]
    if note.state != "sent":
        found.append(words.STATES.get(note.state, (note.state, "govuk-tag--grey")))
    if note.later:
        found.append(("Added later", "govuk-tag--orange"))
    if note.is_forked:
        found.append(("Two versions", "govuk-tag--orange"))
    if note.is_mine:
        found.append(("Yours: somebody else reads it", "govuk-tag--grey"))
    return [{"text": text, "look": look} for text, look in dict.fromkeys(found)]


def _section(section: Section, now: datetime) -> dict[str, Any]:
    title, why = words.LANES[section.lane]
    return {
        "lane": section.lane,
        "title": title,
        "why": why,
        "count": section.count,
        "notes": [_note(note, now) for note in section.notes],
        "children": [_child(child, days, now) for child, days in section.children],
        "phones": [_phone(phone, now) for phone in section.phones],
        "unsorted": {
            "text": words.many(section.unsorted.count, "item", "items")
            + " to be placed. An administrator sees how many; the phone still has its copy.",
            "since": f"The oldest came {words.when(section.unsorted.oldest_at, now)}",
        }
        if section.unsorted
        else None,
    }


def _note(note: Note, now: datetime) -> dict[str, Any]:
    return {
        "record": note.record,
        "title": note.title,
        "family": note.family,
        "author": note.author,
        "happened": words.on_text(note.happened_on, now) if note.happened_on else "",
        "waits": f"{words.ago(note.waits_since, now)}, since {words.when(note.waits_since, now)}",
        "tags": tags_of(note),
    }


def _child(child: Child, days: int | None, now: datetime) -> dict[str, Any]:
    if child.last_seen is None:
        seen = "Not seen yet" + (f", {words.many(days, 'day', 'days')} after the work began" if days is not None else "")
    else:
        seen = f"Last seen {words.on(child.last_seen, now)}, {words.many(days or 0, 'day', 'days')} ago"
    alone = (
        f"; last seen alone {words.on(child.seen_alone, now)}"
        if child.seen_alone
        else "; never seen alone"
        if child.last_seen
        else ""
    )
    return {"name": child.name, "family": child.family, "casefile": child.casefile, "seen": seen + alone}


def _phone(phone: Phone, now: datetime) -> dict[str, str]:
    count = phone.waiting or phone.missing
    what = (
        words.many(count, "item waits", "items wait")
        if phone.waiting
        else words.many(count, "item has not come", "items have not come") + ", though later ones have"
    )
    since = f"The oldest since {words.when(phone.oldest_at, now)}. " if phone.oldest_at else ""
    return {"text": f"{phone.person}’s phone: {what}", "since": f"{since}Last heard from {words.when(phone.seen_at, now)}"}
