"""What was on a phone: a page to print for a breach report, and the same as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from fieldapp import holding, radar
from fieldapp.holding import Held, Holding, Part
from fieldapp.web import words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show
from sync.entry import moment

pages = Blueprint("holding", __name__, url_prefix="/desk")

_REMOVAL = {
    "here": "On the phone, in use",
    "owed": "To be removed; not confirmed yet",
    "gone": "Removed from this phone, confirmed",
    "gone_unsigned": "The phone says removed; it was locked, so this is not signed",
    "replaced": "Left there sealed when the words were forgotten; nobody opens it",
}
_ENDED = {"left": "ended here by the office", "replaced": "words forgotten, set up again", "dropped": "removed from the phone"}
_FORMULA = re.compile(r"[\s\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\0]*[=+\-@|%＝＋－＠]|[\t\r\n]")
"""What a spreadsheet may take for a formula, also behind what it passes over, and with the signs of Asian keyboards."""


@pages.get("/phones/<device>/held")
@signed_in("supervisor", "administrator")
def page(device: str) -> ResponseReturnValue:
    here = office()
    now = here.clock()
    found = _found(device)
    names = here.store.people.names()
    device_row = found.device
    told: dict[str, Any] = {
        "id": device_row.id,
        "title": words.phone_of([names.get(person, "") for person in dict.fromkeys(part.person for part in found.parts)]),
        "state": _state(found),
        "seen": words.since(moment(device_row.seen_at), now),
        "waiting": words.waiting_there(device_row.waiting, device_row.oldest_waiting_at, now),
        "not_come": words.many(found.not_come, "item", "items"),
        "made": words.when(now, now),
        "by": me().name,
        "unnamed": found.unnamed,
        "counts_all": me().role == "administrator",
        "parts": [_part(found, part, names, now) for part in found.parts],
    }
    return show("holding/page.html", phone=told)


@pages.get("/phones/<device>/held.csv")
@signed_in("supervisor", "administrator")
def table(device: str) -> ResponseReturnValue:
    """Gives the same rows as a file. Its name says neither whose phone it was nor which."""
    here = office()
    now = here.clock()
    found = _found(device)
    holding.note_export(here.store, me(), now)
    names = here.store.people.names()
    text = io.StringIO()
    # All in quotes: where commas are decimal marks, a spreadsheet parts at semicolons, and behind one a formula would begin.
    sheet = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    sheet.writerow(
        ["person", "family", "entries sent there", "last sent at", "on the phone", "removed at", "last contact", "not come"]
    )
    for part in found.parts:
        for held in part.held or (None,):
            line = [names.get(part.person, ""), *_columns(held), part.seen_at or "", part.not_come]
            sheet.writerow([_cell(str(value)) for value in line])
    # A byte order mark: without one, spreadsheets take names with accents for something else.
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="what-was-on-a-phone-{now:%Y-%m-%d}.csv"'
    return answer


def _columns(held: Held | None) -> tuple[object, ...]:
    if held is None:
        return ("", 0, "", "", "")
    return (_name(held), held.given, held.given_at or "", _REMOVAL[held.removal], held.removed_at or "")


def _cell(text: str) -> str:
    """Keeps a spreadsheet from running what somebody typed as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _name(held: Held) -> str:
    return held.name if held.name is not None else "(a record that is not yours to read)"


def _found(device: str) -> Holding:
    here = office()
    now = here.clock()
    try:
        state = radar.phone(here.store, me(), device, now)
    except radar.NoSuchPhone:
        abort(404)
    return holding.of_phone(here.store, here.keys, me(), state, now)


def _state(found: Holding) -> str:
    status = found.device.status
    if status == "ok" and all(part.removal != "here" for part in found.parts):
        return words.IN_NOBODYS_USE
    return words.DEVICE_STATES.get(status, status)


def _part(found: Holding, part: Part, names: dict[str, str], now: Any) -> dict[str, Any]:
    gaps = [f"{first}" if first == last else f"{first} to {last}" for first, last in part.missing]
    if part.said > part.came:
        gaps.append(f"{part.came + 1} to {part.said}" if part.said > part.came + 1 else f"{part.said}")
    removal = _REMOVAL[part.removal]
    return {
        "name": names.get(part.person, ""),
        "since": words.when_text(part.since, now),
        "ended": f"{_ENDED.get(part.end_reason, part.end_reason)}, {words.when_text(part.ended_at, now)}"
        if part.ended_at
        else "",
        "seen": words.since(moment(part.seen_at), now) if part.seen_at else "Never",
        "removal": f"{removal}, {words.when_text(part.removed_at, now)}" if part.removed_at else removal,
        "is_owed": part.removal == "owed",
        "is_unended": part.removal == "owed" and part.ended_at is None and found.device.status == "ok",
        # How far a phone's own count went tells whoever reads all its families of a private one: numbers are for administrators.
        "came": part.came,
        "not_come_text": words.many(part.not_come, "item", "items"),
        "missing": ", ".join(gaps),
        "not_come": part.not_come,
        "count": len(part.held),
        "held": [
            {
                "name": held.name,
                "given": f"{words.many(held.given, 'entry', 'entries')}, last {words.when_text(held.given_at, now)}"
                if held.given_at
                else "Nothing was sent to it, but it could have fetched it",
                "removal": _REMOVAL[held.removal] + (f", {words.when_text(held.removed_at, now)}" if held.removed_at else ""),
            }
            for held in part.held
            if held.name is not None
        ],
        "unnamed": sum(held.name is None for held in part.held),
    }
