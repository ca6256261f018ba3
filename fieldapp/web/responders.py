"""Who responds when a questionnaire shows risk: the page on which supervisors settle it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import responders
from fieldapp.practice.measures import Measure
from fieldapp.responders import LONGEST_HOW, LONGEST_WHO, Responder, Settled, SomebodyElseSettled
from fieldapp.web import words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import noting, office
from fieldapp.web.pages import show, told_of

pages = Blueprint("responders", __name__, url_prefix="/desk")
pages.after_request(noting("readers"))

Typed = dict[str, tuple[str, str]]


@pages.get("/who-responds")
@signed_in("supervisor")
def page() -> ResponseReturnValue:
    now = responders.settled(office().store)
    return _page(now, _kept(now), done=words.RESPONDERS_SAVED if request.args.get("done") else None)


@pages.post("/who-responds")
@signed_in("supervisor")
def send() -> ResponseReturnValue:
    """Keeps what was typed for every questionnaire of the page, all or nothing, and loses nothing that was typed."""
    here = office()
    typed: Typed = {
        id: (request.form.get(f"who-{id}", "").strip(), request.form.get(f"how-{id}", "").strip()) for id in _with_risk()
    }
    wrong = _problems(typed)
    if wrong:
        return _page(responders.settled(here.store), typed, wrong=wrong, saw=request.form.get("saw", ""), status=400)
    named = {id: Responder(who, how) if who else None for id, (who, how) in typed.items()}
    try:
        responders.settle(here.store, here.keys, me().id, named, saw=request.form.get("saw", ""), now=here.clock())
    except SomebodyElseSettled:
        return _page(responders.settled(here.store), typed, moved=True, status=409)
    return redirect(url_for("responders.page", done="yes"), code=303)


def _with_risk() -> dict[str, Measure]:
    """The questionnaires that can show risk, by id without version; of several versions the last."""
    measures = office().practice.measures
    return {name.partition("@")[0]: measures[name] for name in sorted(measures) if measures[name].risk_items}


def _kept(now: Settled) -> Typed:
    return {id: (one.who, one.how) for id, one in now.named.items()}


def _problems(typed: Typed) -> list[tuple[str, str]]:
    wrong: list[tuple[str, str]] = []
    for id, (who, how) in typed.items():
        if how and not who:
            wrong.append((f"who-{id}", "responder_missing"))
        elif who and not how:
            wrong.append((f"how-{id}", "responder_how_missing"))
        if len(who) > LONGEST_WHO:
            wrong.append((f"who-{id}", "responder_too_long"))
        if len(how) > LONGEST_HOW:
            wrong.append((f"how-{id}", "responder_how_too_long"))
    return wrong


def _page(
    now: Settled,
    typed: Typed,
    *,
    wrong: list[tuple[str, str]] | None = None,
    saw: str | None = None,
    moved: bool = False,
    done: str | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    listed = [_measure(id, measure, now, *typed.get(id, ("", "")), moved=moved) for id, measure in _with_risk().items()]
    return show(
        "responders/page.html", status, measures=listed, saw=now.hash if saw is None else saw, moved=moved, done=done,
        problems=told_of(wrong or []),
    )  # fmt: skip


def _measure(id: str, measure: Measure, now: Settled, who: str, how: str, *, moved: bool) -> dict[str, Any]:
    numbers = {item["id"]: item["number"] for item in measure.items}
    risks = measure.scoring.risk_items if measure.scoring is not None else []
    kept = now.named.get(id)
    return {
        "id": id,
        "title": measure.title,
        "is_on": kept is not None,
        "asks": [f"Question {numbers[one.item]} asks about {one.why}." for one in risks],
        "who": who,
        "how": how,
        "stands": f"{kept.who}: {kept.how}" if moved and kept is not None else "Nobody" if moved else "",
    }
