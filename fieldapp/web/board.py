"""The board: what needs a supervisor's eyes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import after_restore, leaves, summaries
from fieldapp.board import Child, Note, Opened, Phone, Section, Unsorted
from fieldapp.people import DESK_ROLES
from fieldapp.web import words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show

pages = Blueprint("board", __name__, url_prefix="/desk")

_SAID_BY = {
    "Safety answers": "Safety answer",
    "Questions answered": "Question answered",
    "Waiting for an answer": "Sent back with a question",
}
"""Tags that a section's own title says already."""

LISTED_AT_ONCE = 8
"""Lines of a section before the rest folds away, so that the last sections are not lost below a long one."""

_HOME = {"supervisor": "board.page", "auditor": "casefiles.families", "administrator": "admin.people_page"}


@pages.get("")
@pages.get("/")
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
        unconfirmed=leaves.to_confirm(here.store, here.keys, me(), now),
        is_restored=after_restore.are_left(here.store, me()),
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
    lines = [_opened(one, now) for one in section.opened]
    lines += [_note(note, title, now) for note in section.notes]
    lines += [_child(child, days, now) for child, days in section.children]
    lines += [_unsorted(section.unsorted, now)] if section.unsorted else []
    lines += [_phone(phone, now) for phone in section.phones]
    folded = lines[LISTED_AT_ONCE:] if len(lines) > LISTED_AT_ONCE + 2 else []
    listed = lines[: len(lines) - len(folded)]
    more = f"Show {words.many(len(folded), 'more', 'more')}"
    return {
        "lane": section.lane,
        "title": title,
        "why": why,
        "count": section.count,
        "listed": listed,
        "folded": folded,
        "more": more,
    }


def _opened(one: Opened, now: datetime) -> dict[str, Any]:
    return {
        "href": url_for("emergencies.page", _anchor=one.emergency),
        "text": f"{one.person or 'Somebody'} opened this record",
        "family": one.family,
        "facts": f"{words.since(one.at, now)}. “{one.reason}”",
    }


def _unsorted(unsorted: Unsorted, now: datetime) -> dict[str, Any]:
    oldest = f"The oldest came {words.since(unsorted.oldest_at, now)}."
    return {
        "href": url_for("sorting.page"),
        "text": words.many(unsorted.count, "item", "items") + " to be placed",
        "facts": f"{oldest} Nothing is lost: the phone keeps its copy until that is done.",
    }


def _note(note: Note, lane: str, now: datetime) -> dict[str, Any]:
    return {
        "href": url_for("records.page", record=note.record),
        "text": note.title + (f", {words.on_text(note.happened_on, now)}" if note.happened_on else ""),
        "family": note.family,
        "facts": f"{note.author} · {words.ago(note.waits_since, now)}, since {words.when(note.waits_since, now)}",
        "first": note.contact_first,
        "tags": [tag for tag in tags_of(note) if tag["text"] not in {lane, _SAID_BY.get(lane)}],
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
    return {
        "href": url_for("casefiles.page", casefile=child.casefile),
        "text": child.name,
        "family": child.family,
        "first": child.contact_first,
        "facts": seen + alone,
    }


def _phone(phone: Phone, now: datetime) -> dict[str, Any]:
    told = [words.lost_briefly(phone.lost_at, now)] if phone.lost_at else []
    told += [words.TWO_ARE_ONE] if phone.status == "cloned" else []
    told += [words.many(phone.waiting, "item waits", "items wait")] if phone.waiting else []
    told += [words.not_come(phone.missing)] if phone.missing else []
    told += [words.unnumbered(phone.unnumbered)] if phone.unnumbered else []
    since = f"Since {words.when(phone.since, now)}. " if phone.since != phone.seen_at else ""
    return {
        "href": url_for("phones.page", device=phone.device) if phone.device else "",
        "text": f"{words.whose(phone.person)} phone: {'; '.join(told) or 'it has said nothing for a long time'}",
        "facts": f"{since}Last heard from {words.since(phone.seen_at, now)}",
    }
