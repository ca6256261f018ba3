"""The families somebody may read, and one family's page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import emergencies, leaves, people, progress, records, sheet, summaries
from fieldapp.records import Casefile, Record
from fieldapp.sheet import Answer, Names
from fieldapp.web import access_words, words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show
from sync.entry import moment, stamp

pages = Blueprint("casefiles", __name__, url_prefix="/desk")

_ABOUT = (
    "programme",
    "status",
    "status_on",
    "started_on",
    "safe_contact",
    "home_language",
    "interpreter_needed",
    "interpreter_language",
    "reading_needs",
)


NOTES_AT_ONCE = 100
"""Lines of a family's notes on one page; the older ones are one link away."""


@pages.get("/families")
@signed_in("supervisor", "auditor")
def families() -> ResponseReturnValue:
    return _families()


@pages.post("/families")
@signed_in("supervisor")
def begin() -> ResponseReturnValue:
    """Opens a family's record in a team of this supervisor's."""
    here = office()
    title = " ".join(request.form.get("text-title", "").split())
    if not people.is_name(title):
        return _families([("text-title", access_words.REFUSED["family_title_missing"])])
    try:
        casefile = leaves.open_family(
            here.store, here.keys, here.practice, me(), request.form.get("team", ""), title=title,
            keyworker=request.form.get("keyworker") or None, now=here.clock(),
        )  # fmt: skip
    except records.NotOpen:
        return _families([("team", access_words.REFUSED["no_team"])])
    except leaves.CannotChange as refused:
        return _families([("keyworker", access_words.REFUSED[refused.why])])
    if here.epoch_file is not None:
        here.epoch_file.note(here.store)
    return redirect(url_for("leaves.page", casefile=casefile, done="begun"), code=303)


def _families(wrong: list[tuple[str, str]] | None = None) -> ResponseReturnValue:
    here = office()
    now = here.clock()
    if me().role == "auditor":
        # Of an auditor every view is written down, lists too.
        with here.store.writing() as tx:
            tx.audit.add(stamp(now), me().id, "list read")
    listed = [
        {
            "casefile": one.casefile,
            "title": one.title,
            "shown_as": one.shown_as,
            "restricted": one.is_restricted,
            "says_so": "private section" in one.title.casefold(),
            "practice": one.is_practice,
            "workers": ", ".join(one.readers) or "Nobody named",
            "last_visit": words.on_text(one.last_visit_on, now) if one.last_visit_on else "None yet",
            "to_read": one.to_read or "–",
        }
        for one in summaries.families_for(here.store, here.keys, here.practice, me(), here.clock)
    ]
    teams = here.store.people.teams()
    staff = [{"value": id, "text": name} for id, name, _ in leaves.candidates(here.store, ("keyworker",), now)]
    return show(
        "casefiles/list.html", 400 if wrong else 200, families=listed, done=access_words.DONE.get(request.args.get("done", "")),
        teams=[{"value": id, "text": teams[id]} for id in me().teams] if me().role == "supervisor" else [],
        keyworkers=[{"value": "", "text": "Nobody yet"}, *staff], typed=request.form, problems=wrong or [],
    )  # fmt: skip


@pages.get("/families/<casefile>")
@signed_in("supervisor", "auditor")
def page(casefile: str) -> ResponseReturnValue:
    here = office()
    try:
        opened = records.open_casefile(here.store, here.keys, here.practice, me(), casefile, here.clock)
    except records.NotOpen:
        abort(404)
    return show("casefiles/page.html", family=_family(opened, here.clock()))


def _family(opened: Casefile, now: datetime) -> dict[str, Any]:
    here = office()
    practice = here.practice
    until = emergencies.open_until(here.store, me(), opened.id, now)
    names = summaries.names_known_to(here.store, here.keys, practice, me(), opened, stamp(now))
    family = opened.family
    shown = family.view.fields if family is not None else {}
    goals = progress.goals_of(
        [(record.id, record.fields) for record in opened.of_kind("goal")],
        [record.fields for record in opened.of_kind("rating")],
        practice.plain("records", practice.newest("goal").schema),
        names,
    )
    return {
        "casefile": opened.id,
        "may_see_readers": until is None,
        "open_until": words.when_text(until, now) if until is not None else "",
        "contact_first": leaves.contact_first(shown),
        "sections": leaves.sections_for(here.store, here.keys, me(), opened.id, now),
        "title": opened.title,
        "shown_as": summaries.shown_as(sheet.every_value(shown, "name_shown"), opened.title),
        "done": url_for("audits.family", casefile=opened.id) if me().role == "supervisor" else "",
        "restricted": opened.sort == "restricted",
        "practice": opened.is_practice,
        "workers": opened.readers,
        "warnings": list(dict.fromkeys(text for page in opened.pages for text in _warnings(page.view.fields, names))),
        "warnings_apart": words.warnings_apart(shown["warning"].values) if "warning" in shown else "",
        "sheet": family.id if family is not None else None,
        "other_pages": [_other_page(page, names, now) for page in opened.pages[1:]],
        "about": _about(family, names, now),
        "people": [one for versions in sheet.every_item(shown, "people") for one in _person(versions, now)],
        "goals": goals,
        "apart": {record.id for record in opened.records.values() if record.view.is_forked},
        "measures": progress.measures_of(
            [(record.id, record.fields) for record in opened.of_kind("measure_response")], practice, names
        ),
        **_notes(opened, now),
    }


def _other_page(page: Record, names: Names, now: datetime) -> dict[str, str]:
    first = page.entries[0]
    by = names.staff.get(first.author, "somebody who has left")
    return {"record": page.id, "text": f"What {by} wrote, received {words.when_text(first.received_at, now)}"}


def _warnings(shown: sheet.Shown, names: Names) -> list[str]:
    """Gives what is to be read before any contact, in all its versions: whoever took one warning out had not read the other."""
    texts = [sheet.text_of({"type": "text"}, each, names) for each in sheet.every_value(shown, "warning")]
    return [text for text in texts if text]


def _about(family: Record | None, names: Names, now: datetime) -> tuple[Answer, ...]:
    if family is None:
        return ()
    practice = office().practice
    definition = practice.plain("records", practice.newest("family").schema)
    written = {
        each.id: (names.staff.get(each.author, "somebody who has left"), words.when_text(each.written_at, now))
        for each in family.entries
    }
    return sheet.answers(definition, family.view.fields, names, written.__getitem__, _ABOUT)


def _person(versions: tuple[Any, ...], now: datetime) -> list[dict[str, Any]]:
    """Puts a person on one line, and on one for each way in which versions of the family tell of them here."""
    lines = [_line(one, now) for one in versions if isinstance(one, dict)]
    told = [one for n, one in enumerate(lines) if one not in lines[:n]]
    return [{**one, "apart": len(versions) if len(versions) > 1 else 0} for one in told]


def _line(one: dict[str, Any], now: datetime) -> dict[str, str]:
    def said(name: str) -> str:
        return sheet.text_of({"type": "text"}, one.get(name), Names())

    born = words.on_text(said("born_on"), now) if one.get("birth") == "known" else ""
    if one.get("birth") == "due":
        born = f"Expected {words.on_text(said('due_on'), now)}"
    if born and one.get("birth") == "known":
        born += _age(said("born_on"), now)
    return {"name": said("name"), "relation": said("relation"), "born": born or "Not known"}


def _age(born_on: str, now: datetime) -> str:
    try:
        born = datetime.fromisoformat(born_on).date()
    except ValueError:
        return ""
    today = words.today(now)
    # Who is born on 29 February is a year older on 1 March of other years: the comparison of (month, day) says just that.
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return f" ({years})" if years >= 0 else ""


def _notes(opened: Casefile, now: datetime) -> dict[str, Any]:
    """Lists a pageful, newest first: `?after=100` leaves out the hundred newest."""
    listed = [
        record
        for record in opened.records.values()
        if record.kind in {"visit_note", "contact", "incident", "plan"} or record.kind not in _SHOWN
    ]
    listed.sort(key=_order, reverse=True)
    start = max(request.args.get("after", 0, type=int), 0)
    shown = listed[start : start + NOTES_AT_ONCE]
    older = max(len(listed) - start - NOTES_AT_ONCE, 0)
    return {
        "notes": [_note(record, opened, now) for record in shown],
        "newer_notes": min(start, len(listed)),
        "older_notes": older,
        "older_after": start + NOTES_AT_ONCE,
    }


_SHOWN = {"opening", "family", "goal", "rating", "measure_response", "visit_note", "contact", "incident", "plan", "review"}


def _order(record: Record) -> tuple[str, str, str]:
    on, at = summaries.happened(record.fields)
    return on, at, record.entries[0].received_at if record.entries else ""


def _note(record: Record, opened: Casefile, now: datetime) -> dict[str, Any]:
    on, at = summaries.happened(record.fields)
    state = record.oversight.state
    tags = [words.STATES[state]] if state != "sent" else []
    if record.oversight.later:
        tags.append(("Added later", "govuk-tag--orange"))
    if record.view.is_forked:
        tags.append(("Two versions", "govuk-tag--orange"))
    first = record.entries[0] if record.entries else None
    return {
        "record": record.id,
        "title": summaries.title_of(office().practice, record.schema, record.fields) or "Record",
        "happened": (words.on_text(on, now) + (f", {at}" if at else "")) if on else "",
        "line": summaries.line_of(record.fields),
        "author": opened.names.staff.get(first.author, "somebody who has left") if first else "",
        "arrived": f"received {words.when(moment(record.entries[-1].received_at), now)}" if first else "",
        "tags": [{"text": text, "look": look} for text, look in tags],
    }
