"""Pods, turns of duty and auditors' last days: one plain page for supervisors and administrators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import rotas, widening
from fieldapp.accounts import NotThisOne
from fieldapp.rotas import CannotArrange, NotYours, TeamRota
from fieldapp.web import access_words, days, words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import noting, office
from fieldapp.web.pages import show, told_of
from fieldapp.widening import ReasonMissing, Wish
from sync.entry import moment

pages = Blueprint("rotas", __name__, url_prefix="/desk/pods-and-duty")
pages.after_request(noting("duty"))


@pages.get("")
@signed_in("supervisor", "administrator")
def page() -> ResponseReturnValue:
    return _page(done=access_words.DONE.get(request.args.get("done", "")))


@pages.post("/<team>/duty")
@signed_in("supervisor", "administrator")
def add_turn(team: str) -> ResponseReturnValue:
    from_at, until_at = (days.at_time(request.form.get(each, "")) for each in ("from", "until"))
    if from_at is None or until_at is None:
        return _refused(team, f"from-{team}", "time_wrong")
    return _arrange(
        team,
        f"person-{team}",
        lambda: _do_or_ask(Wish("duty", _person(), team=team, from_at=from_at, upto_at=until_at)),
    )


@pages.post("/duty/<turn>/end")
@signed_in("supervisor", "administrator")
def end_turn(turn: str) -> ResponseReturnValue:
    here = office()
    return _arrange("", "main", lambda: rotas.end_turn(here.store, here.keys, me(), turn, here.clock()))


@pages.post("/<team>/pods")
@signed_in("supervisor", "administrator")
def add_pod(team: str) -> ResponseReturnValue:
    here = office()
    typed = " ".join(request.form.get("text-pod", "").split())
    return _arrange(team, f"pod-{team}", lambda: rotas.add_pod(here.store, here.keys, me(), team, typed, here.clock()))


@pages.post("/pods/<pod>/people")
@signed_in("supervisor", "administrator")
def pod_person(pod: str) -> ResponseReturnValue:
    """Puts somebody into a pod, or takes them out."""
    here = office()
    if request.form.get("out") == "yes":
        return _arrange("", "main", lambda: rotas.leave_pod(here.store, here.keys, me(), pod, _person(), here.clock()))
    return _arrange("", f"person-{pod}", lambda: _do_or_ask(Wish("pod", _person(), pod=pod)))


@pages.post("/<team>/auditors")
@signed_in("supervisor", "administrator")
def auditor(team: str) -> ResponseReturnValue:
    """Says until when an auditor reads a team."""
    until_at = days.moment_after(request.form.get("until", ""))
    where = f"until-{team}-{_person()}"
    if until_at is None:
        return _refused(team, where, "day_wrong")
    return _arrange(team, where, lambda: _do_or_ask(Wish("audit", _person(), team=team, upto_at=until_at)))


def _person() -> str:
    return request.form.get("person", "")


def _do_or_ask(wish: Wish) -> str:
    """Does it, or asks for it where the one who sends the form may not do it alone; gives what the page says then."""
    here = office()
    is_done = widening.do(here.store, here.keys, me(), wish, request.form.get("text-why", "").strip(), here.clock())
    return "arranged" if is_done else "asked"


def _arrange(team: str, where: str, arrange: Callable[[], object]) -> ResponseReturnValue:
    try:
        done = arrange()
    except NotYours:
        abort(404)
    except CannotArrange as refused:
        return _refused(team, where, refused.why)
    except ReasonMissing as refused:
        return _refused(team, where, "reason_too_long" if refused.is_too_long else "reason_for_second")
    except NotThisOne as refused:
        return _page(problems=told_of([(where, f"account_{refused.code}")]), status=409)
    return redirect(url_for("rotas.page", done="asked" if done == "asked" else "arranged"), code=303)


def _refused(team: str, where: str, why: str) -> ResponseReturnValue:
    here = office()
    if team and team not in rotas.teams_of(here.store, me(), here.clock()):
        abort(404)
    return _page(problems=[(where, access_words.REFUSED[why])], status=400)


def _page(*, problems: list[tuple[str, str]] | None = None, done: str | None = None, status: int = 200) -> ResponseReturnValue:
    here = office()
    now = here.clock()
    names = here.store.people.names()
    found = rotas.rotas_for(here.store, me(), now)
    people = [{"value": "", "text": "Choose"}] + [
        {"value": id, "text": name} for id, name in rotas.who_can_stand_in(here.store, now)
    ]
    return show(
        "rotas/page.html", status, teams=[_team(one, names, now) for one in found], people=people, typed=request.form, problems=problems or [],
        done=done, takes_two=me().role == "administrator",
    )  # fmt: skip


def _team(one: TeamRota, names: dict[str, str], now: datetime) -> dict[str, Any]:
    def person(id: str) -> str:
        return names.get(id, "somebody who has left")

    return {
        "id": one.id,
        "name": one.name,
        "turns": [
            {
                "id": turn.id,
                "name": person(turn.person),
                "from": words.when_text(turn.from_at, now),
                "until": words.when_text(turn.until_at, now),
                "is_now": moment(turn.from_at) <= now,
            }
            for turn in one.turns
        ],
        "pods": [
            {
                "id": pod.id,
                "name": pod.name,
                "people": [
                    {"id": each.person, "name": person(each.person), "since": words.when_text(each.from_at, now)} for each in people
                ],
            }
            for pod, people in one.pods
        ],
        "auditors": [
            # The last day is the one that ends with the moment kept.
            {"id": id, "name": person(id), "until": words.on((moment(part.until_at) - timedelta(seconds=1)).astimezone(words.ZONE).date(), now)}
            for id, part in one.auditors
            if part.until_at is not None
        ],
    }  # fmt: skip
