"""Opening a family's record in an emergency, and the list of those that somebody has to look at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import emergencies, summaries
from fieldapp.emergencies import Emergency, Found
from fieldapp.records import NotOpen
from fieldapp.web import access_words, words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show
from sync.entry import moment

pages = Blueprint("emergencies", __name__, url_prefix="/desk/emergencies")

Wrong = list[tuple[str, str]]


@pages.get("")
@signed_in("supervisor", "administrator")
def page() -> ResponseReturnValue:
    return _page(done=access_words.DONE["looked"] if request.args.get("done") else None)


@pages.post("")
@signed_in("supervisor")
def open_now() -> ResponseReturnValue:
    """Finds the family by its exact name and opens it, or says that nothing was opened."""
    here = office()
    typed, reason = request.form.get("text-family", "").strip(), request.form.get("text-why", "").strip()
    wrong: Wrong = [] if typed else [("text-family", "family_missing")]
    if not reason or len(reason) > emergencies.LONGEST_REASON:
        wrong.append(("text-why", "reason_too_long" if reason else "reason_missing"))
    if wrong:
        return _page(wrong=wrong, status=400)
    called = summaries.called(here.store, here.keys, here.practice)
    found = emergencies.find(here.store, here.keys, me(), typed, here.clock(), called)
    chosen = [one for one in found if one.casefile == request.form.get("which")] if len(found) > 1 else found
    if not chosen:
        return _page(wrong=[("which", "which_missing")] if found else [("text-family", "none_found")], which=found, status=400)
    family = chosen[0].casefile
    if not chosen[0].reads_already:
        try:
            emergencies.open_now(here.store, here.keys, me(), family, reason, here.clock())
        except NotOpen:
            return _page(wrong=[("text-family", "none_found")], status=400)
    return redirect(url_for("casefiles.page", casefile=family), code=303)


@pages.post("/<emergency>/looked-at")
@signed_in("supervisor")
def look_at(emergency: str) -> ResponseReturnValue:
    """Writes down what a supervisor of the family makes of an opening."""
    here = office()
    word = request.form.get("text-word", "").strip()
    if not any(one.id == emergency and one.is_told_all and not one.is_mine for one in _known()):
        abort(404)
    if not word or len(word) > emergencies.LONGEST_REASON:
        return _page(wrong=[(f"text-word-{emergency}", "reason_too_long" if word else "look_missing")], status=400)
    try:
        emergencies.look_at(here.store, here.keys, me(), emergency, word, here.clock())
    except NotOpen:
        abort(404)
    except emergencies.LookedAtAlready:
        return _page(wrong=[(emergency, "looked_already")], status=409)
    return redirect(url_for("emergencies.page", done="yes"), code=303)


def _known() -> list[Emergency]:
    here = office()
    return emergencies.known_to(here.store, here.keys, me(), here.clock())


def _page(
    *, wrong: Wrong | None = None, which: list[Found] | None = None, done: str | None = None, status: int = 200
) -> ResponseReturnValue:
    here = office()
    now = here.clock()
    names = here.store.people.names()
    known = [_told(one, names, now) for one in _known()]
    return show(
        "emergencies/page.html", status, done=done, typed=request.form, may_open=me().role == "supervisor",
        waiting=[one for one in reversed(known) if not one["looked"]], looked=[one for one in known if one["looked"]],
        which=[
            {"value": one.casefile, "text": f"{one.title}, {' and '.join(one.keyworkers) or 'nobody named'}"} for one in which or [] if len(which or []) > 1
        ],
        problems=[(where, access_words.REFUSED[code]) for where, code in wrong or []],
    )  # fmt: skip


def _told(one: Emergency, names: dict[str, str], now: datetime) -> dict[str, Any]:
    by = names.get(one.looked_by or "", "somebody who has left")
    return {
        "id": one.id,
        "who": names.get(one.person, "Somebody who has left"),
        "at": words.since(moment(one.from_at), now),
        "until": words.when_text(one.until_at, now),
        "family": one.title,
        "href": url_for("casefiles.page", casefile=one.casefile) if one.casefile and (one.is_open or not one.is_mine) else "",
        "reason": one.reason,
        "is_mine": one.is_mine,
        "may_look": one.is_told_all and not one.is_mine,
        "looked": f"Looked at by {by}, {words.when_text(one.looked_at, now)}" if one.looked_at else "",
        "word": one.word,
    }
