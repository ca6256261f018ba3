"""Who can read a family's record and why: the page, and what a supervisor who answers for the family changes on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import leaves, summaries
from fieldapp.leaves import CannotChange, Leave, Readers, Step
from fieldapp.records import NotOpen
from fieldapp.web import access_words, days, words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import noting, office
from fieldapp.web.pages import show
from sync.entry import moment, stamp

pages = Blueprint("leaves", __name__, url_prefix="/desk/families/<casefile>")
pages.after_request(noting("readers"))

Wrong = list[tuple[str, str]]


@pages.get("/readers")
@signed_in("supervisor", "auditor")
def page(casefile: str) -> ResponseReturnValue:
    here = office()
    try:
        found = leaves.who_reads(here.store, here.keys, me(), casefile, here.clock())
    except NotOpen:
        abort(404)
    with here.store.writing() as tx:
        tx.audit.add(stamp(here.clock()), me().id, "read who reads", casefile)
    return _page(found, done=access_words.DONE.get(request.args.get("done", "")))


@pages.post("/readers")
@signed_in("supervisor")
def name(casefile: str) -> ResponseReturnValue:
    """Names a reader from a day, until a day or further notice."""
    now = office().clock()
    from_at, until_at = _day("from", days.first_moment), _day("until", days.moment_after)
    wrong = (
        _chosen("name")
        + _reason("name")
        + ([("name-from", "day_wrong")] if from_at is None else [])
        + ([("name-until", "day_wrong")] if until_at is None else [])
    )

    def change() -> None:
        here = office()
        leaves.name(
            here.store, here.keys, me(), casefile, request.form.get("person", ""), from_at=from_at or stamp(now), until_at=until_at or None,
            reason=_text("why-name"), now=now,
        )  # fmt: skip

    return _change(casefile, change, "named", "name-person", wrong)


@pages.post("/readers/end")
@signed_in("supervisor")
def end(casefile: str) -> ResponseReturnValue:
    """Ends somebody's leave after a last day, or at once."""
    now = office().clock()
    at_end = _day("last", days.moment_after)
    wrong = _chosen("end") + _reason("end") + ([("end-last", "day_wrong")] if at_end is None else [])
    if at_end and at_end < stamp(now):
        wrong.append(("end-last", "in_the_past"))

    def change() -> None:
        here = office()
        leaves.end(
            here.store, here.keys, me(), casefile, request.form.get("person", ""), at_end=at_end or stamp(now), reason=_text("why-end"), now=now
        )  # fmt: skip

    return _change(casefile, change, "ended", "end-person", wrong)


@pages.post("/phone")
@signed_in("supervisor")
def phone(casefile: str) -> ResponseReturnValue:
    """Puts the family on this supervisor's own phone, or takes it off."""
    here = office()
    is_on = request.form.get("off") != "yes"

    def change() -> None:
        leaves.carry(here.store, here.keys, me(), casefile, is_on=is_on, now=here.clock())

    return _change(casefile, change, "on_phone" if is_on else "off_phone", "phone", [])


@pages.post("/transfer")
@signed_in("supervisor")
def transfer(casefile: str) -> ResponseReturnValue:
    """Gives the family to another team."""

    def change() -> None:
        here = office()
        leaves.transfer(
            here.store, here.keys, me(), casefile, request.form.get("team", ""), keyworker=request.form.get("keyworker") or None,
            keep=request.form.get("keep") == "yes", reason=_text("why-transfer"), now=here.clock(),
        )  # fmt: skip

    return _change(
        casefile, change, "transferred", "transfer-team", _reason("transfer"), url_for("casefiles.families", done="transferred")
    )


@pages.post("/sections")
@signed_in("supervisor")
def open_section(casefile: str) -> ResponseReturnValue:
    """Opens a private section of the family."""
    made: list[str] = []
    title = _text("title")
    wrong: Wrong = [] if title and len(title) <= leaves.LONGEST_TITLE else [("text-title", "title_missing")]

    def change() -> None:
        here = office()
        made.append(
            leaves.open_section(
                here.store, here.keys, here.practice, me(), casefile, title=title, readers=request.form.getlist("readers"),
                kept_out=request.form.getlist("out"), now=here.clock(),
            )
        )  # fmt: skip

    answer = _change(casefile, change, "opened", "readers", wrong)
    return redirect(url_for("leaves.page", casefile=made[0], done="opened"), code=303) if made else answer


@pages.post("/confirm")
@signed_in("supervisor")
def confirm(casefile: str) -> ResponseReturnValue:
    """Says that those who stand there read a private section, after a restore."""

    def change() -> None:
        here = office()
        leaves.confirm(here.store, here.keys, me(), casefile, here.clock())

    return _change(casefile, change, "confirmed", "confirm", [])


@pages.post("/kept-out")
@signed_in("supervisor")
def keep_out(casefile: str) -> ResponseReturnValue:
    """Keeps somebody out, or lets them in again."""
    here = office()
    back = request.form.get("back") == "yes"
    act = leaves.let_in_again if back else leaves.keep_out
    where = "in" if back else "out"

    def change() -> None:
        act(here.store, here.keys, me(), casefile, request.form.get("person", ""), reason=_text(f"why-{where}"), now=here.clock())

    return _change(casefile, change, where, f"{where}-person", _chosen(where) + _reason(where))


@pages.post("/pods")
@signed_in("supervisor")
def pod(casefile: str) -> ResponseReturnValue:
    """Puts the family on a pod's list, or takes it off."""

    def change() -> None:
        here = office()
        leaves.share_with_pod(
            here.store, here.keys, me(), casefile, request.form.get("pod", ""), is_shared=request.form.get("off") != "yes", now=here.clock()
        )  # fmt: skip

    return _change(casefile, change, "pod", "pod", [])


@pages.post("/contact-first")
@signed_in("supervisor")
def contact_first(casefile: str) -> ResponseReturnValue:
    """Says whom to speak to before any contact."""
    who = " ".join(_text("contact").split()).rstrip(".")
    wrong: Wrong = [("text-contact", "contact_too_long")] if len(who) > leaves.LONGEST_CONTACT else []

    def change() -> None:
        here = office()
        leaves.say_contact_first(here.store, here.keys, here.practice, me(), casefile, who, here.clock())

    return _change(casefile, change, "contact", "text-contact", wrong)


def _change(casefile: str, change: Callable[[], None], done: str, where: str, wrong: Wrong, to: str = "") -> ResponseReturnValue:
    """Makes a change, or shows the page again with what was typed and why nothing was done."""
    here = office()
    try:
        # Asked before anything is said of what was typed: to whom it is closed, a mistake in the form must not tell that it exists.
        found = leaves.who_reads(here.store, here.keys, me(), casefile, here.clock())
        if not found.may_steer:
            abort(404)
        if not wrong:
            change()
    except NotOpen:
        abort(404)
    except CannotChange as refused:
        wrong = [(where, refused.why)]
    if wrong:
        return _page(found, wrong=wrong, status=400)
    return redirect(to or url_for("leaves.page", casefile=casefile, done=done), code=303)


def _text(field: str) -> str:
    return request.form.get(f"text-{field}", "").strip()


def _chosen(form: str) -> Wrong:
    return [] if request.form.get("person") else [(f"{form}-person", "nobody_such")]


def _reason(form: str) -> Wrong:
    said = _text(f"why-{form}")
    if said and len(said) <= leaves.LONGEST_REASON:
        return []
    return [(f"text-why-{form}", "reason_too_long" if said else "reason_missing")]


def _day(field: str, read: Callable[[str], str | None]) -> str | None:
    """The moment a typed day stands for; "" when none was typed, None when it is no day."""
    typed = request.form.get(field, "").strip()
    return read(typed) if typed else ""


def _page(found: Readers, *, wrong: Wrong | None = None, done: str | None = None, status: int = 200) -> ResponseReturnValue:
    here = office()
    now = here.clock()
    names = here.store.people.names()
    teams = here.store.people.teams()
    problems = [(where, access_words.REFUSED.get(code, code)) for where, code in wrong or []]
    ended = sorted({each.person for each in found.leaves if each.way == "named"}, key=lambda one: names.get(one, ""))
    told: dict[str, Any] = {
        "casefile": found.row.id,
        "title": found.title,
        "restricted": found.row.sort == "restricted",
        "team": teams.get(found.row.team or "", "No team"),
        "may_steer": found.may_steer,
        "unconfirmed": found.is_unconfirmed,
        "on_phone": found.on_phone,
        "phone_said": access_words.on_phone(found.on_phone, found.held_by, has_phone=found.has_phone)
        if me().role == "supervisor"
        else "",
        "leaves": [_leave(each, names, now) for each in found.leaves],
        "kept_out": [{"value": one, "text": names.get(one, "")} for one in found.kept_out],
        "sections": found.sections,
        "family": found.family,
        "pods": [{"value": id, "text": name} for id, name in found.pods],
        "steps": [_step(each, names, teams, now) for each in found.steps],
    }
    choices: dict[str, Any] = {}
    if found.may_steer:
        choose = {"value": "", "text": "Choose"}
        staff = leaves.candidates(here.store, ("keyworker", "practitioner", "supervisor", "auditor"), now)
        shown = [{"value": id, "text": f"{name}, {words.ROLES[role].lower()}", "role": role} for id, name, role in staff]
        mine = [{**one, "checked": one["value"] in request.form.getlist("readers")} for one in shown if one["role"] != "auditor"]
        others = [{**one, "checked": one["value"] in request.form.getlist("out")} for one in shown]
        pods = here.store.rotas.pods_of([found.row.team]) if found.row.team else []
        choices = {
            "people": [choose, *shown],
            "ended": [choose, *({"value": one, "text": names.get(one, "")} for one in ended)],
            "keyworkers": [{"value": "", "text": "Nobody yet"}, *(one for one in shown if one["role"] == "keyworker")],
            "teams": [choose, *({"value": id, "text": name} for id, name in teams.items() if id != found.row.team)],
            "readers": [one for one in mine if one["value"] != me().id],
            "out": [one for one in others if one["value"] != me().id],
            "pods": [choose, *({"value": pod.id, "text": pod.name} for pod in pods if (pod.id, pod.name) not in found.pods)],
            "contact": _contact(found),
        }
    return show(
        "leaves/page.html", status, record=told, choices=choices, typed=request.form, problems=problems, done=done, opened={one for one, _ in problems}
    )  # fmt: skip


def _contact(found: Readers) -> str:
    here = office()
    summaries.refresh(here.store, here.keys, here.practice)
    return summaries.contact_first_of(summaries.briefs(here.store, here.keys, found.row))


def _leave(one: Leave, names: dict[str, str], now: datetime) -> dict[str, Any]:
    begun = "since" if one.is_now else "from"
    return {
        "name": names.get(one.person, "somebody who has left"),
        "role": words.ROLES.get(one.role, one.role),
        "why": access_words.WHYS.get(one.why, access_words.WAYS[one.way]),
        "when": f"{begun} {words.when(moment(one.from_at), now)}"
        + (f", until {words.when(moment(one.until_at), now)}" if one.until_at else ""),
        "to_come": not one.is_now,
    }


def _step(one: Step, names: dict[str, str], teams: dict[str, str], now: datetime) -> dict[str, str]:
    said = access_words.CHANGES[one.what].format(
        by=names.get(one.by, "Somebody who has left"), person=names.get(one.person, "somebody"), more=teams.get(one.more, one.more) or "nobody any more"
    )  # fmt: skip
    return {"when": words.when_text(one.at, now), "said": said, "reason": one.reason}
