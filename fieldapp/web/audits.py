"""Who did what: the page of one family, of one person, and one's own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import auditing
from fieldapp.accounts import DONE_TO, told_of
from fieldapp.auditing import Page
from fieldapp.store.audit import AuditRow
from fieldapp.web import words
from fieldapp.web.deed_words import deed
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show
from fieldapp.web.words import MACHINE

pages = Blueprint("audits", __name__, url_prefix="/desk")


@pages.get("/families/<casefile>/who-did-what")
@signed_in("supervisor")
def family(casefile: str) -> ResponseReturnValue:
    here = office()
    return _show(
        lambda before: auditing.of_family(here.store, here.keys, me(), casefile, before, here.clock),
        ("Back to the family", url_for("casefiles.page", casefile=casefile)),
        by_person=True,
    )


@pages.get("/people/<person>/who-did-what")
@signed_in("administrator")
def person(person: str) -> ResponseReturnValue:
    here = office()
    return _show(
        lambda before: auditing.of_person(here.store, here.keys, me(), person, before, here.clock),
        ("People", url_for("admin.people_page")),
    )


@pages.get("/what-i-did")
@signed_in("supervisor", "auditor", "administrator")
def own() -> ResponseReturnValue:
    """What one did oneself, for whoever signs in at the desk."""
    here = office()
    return _show(
        lambda before: auditing.of_person(here.store, here.keys, me(), me().id, before, here.clock),
        ("Back", url_for("board.home")),
    )


def _show(asked: Any, back: tuple[str, str], *, by_person: bool = False) -> ResponseReturnValue:
    here = office()
    before = request.args.get("before", "")
    try:
        found: Page = asked(int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None)
    except auditing.NotForThem:
        abort(404)
    now, names = here.clock(), here.store.people.names()
    rows = [
        {
            "at": words.when_text(row.at, now),
            "who": names.get(row.person, "") or MACHINE[:1].upper() + MACHINE[1:],
            "what": _what(row, found.titles, told_of_family=not by_person) + _about_account(row, names),
            "record": row.record[:8],
        }
        for row in found.rows
    ]
    older = (
        None if found.before is None else url_for(str(request.endpoint), **{**(request.view_args or {}), "before": found.before})
    )
    return show("audits/page.html", about=found.about, rows=rows, older=older, back=back, by_person=by_person)


def _about_account(row: AuditRow, names: dict[str, str]) -> str:
    """Says whose account it was, on the list of who did it; who did it, on the list of whose it was; and why."""
    told = told_of(office().keys, row)
    if told is None:
        return ""
    person, why = told
    by_or_whose = ": " if row.what in DONE_TO else ", by "
    return f"{by_or_whose}{names.get(person, MACHINE if not person else 'somebody')}" + (f" – {why}" if why else "")


def _what(row: AuditRow, titles: dict[str, str], *, told_of_family: bool) -> str:
    done = deed(row.what, office().clock())
    thing = "a record" if row.record else "the family’s page"
    if not row.casefile:
        return done
    return f"{done}: {thing} of {titles.get(row.casefile, 'a family')}" if told_of_family else f"{done}: {thing}"
