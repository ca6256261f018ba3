"""One phone: what waits on it, what is missing, whether it lost its notes, and what a person says of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import radar, sorting
from fieldapp.radar import LONGEST_WHY, STATUSES, Decision, PhoneState
from fieldapp.store.signers import SignerRow
from fieldapp.web import words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import noting, office
from fieldapp.web.pages import show, told_of
from sync.entry import moment

pages = Blueprint("phones", __name__, url_prefix="/desk")
pages.after_request(noting("phones"))

Wrong = list[tuple[str, str]]


@pages.get("/phones/<device>")
@signed_in("supervisor", "administrator")
def page(device: str) -> ResponseReturnValue:
    return _page(_state(device), {})


@pages.post("/phones/<device>/looked-into")
@signed_in("supervisor", "administrator")
def settle(device: str) -> ResponseReturnValue:
    """Notes what somebody did about the alarms that were on their screen."""
    here = office()
    state = _state(device)
    why = request.form.get("text-done", "").strip()
    if not why or len(why) > LONGEST_WHY:
        return _page(state, {"done": why}, [("text-done", "why_too_long" if why else "done_missing")], 400)
    if _seen(state) != request.form.get("saw", ""):
        return _page(state, {"done": why}, [("text-done", "alarms_moved")], 409)
    try:
        radar.settle(here.store, here.keys, me(), state, why, here.clock())
    except radar.OwnPhone:
        return _page(state, {"done": why}, [("text-done", "own_phone_alarms")], 409)
    return redirect(url_for("phones.page", device=device, done="looked"), code=303)


@pages.post("/phones/<device>/status")
@signed_in("supervisor", "administrator")
def decide(device: str) -> ResponseReturnValue:
    """Says what the phone is from now on."""
    here = office()
    state = _state(device)
    typed = {"status": request.form.get("status", ""), "why": request.form.get("text-why", "").strip()}
    chosen = next((each for each in STATUSES if each == typed["status"]), None)
    wrong: Wrong = []
    if chosen is None or chosen == state.device.status:
        wrong.append(("status", "status_missing"))
    if not typed["why"] or len(typed["why"]) > LONGEST_WHY:
        wrong.append(("text-why", "why_too_long" if typed["why"] else "why_missing"))
    if chosen is None or wrong:
        return _page(state, typed, wrong, 400)
    try:
        radar.decide(here.store, here.keys, me(), device, request.form.get("was", ""), chosen, typed["why"], here.clock())
    except radar.PhoneMoved:
        return _page(_state(device), typed, [("status", "phone_moved")], 409)
    except radar.OwnPhone:
        return _page(state, typed, [("status", "own_phone")], 409)
    return redirect(url_for("phones.page", device=device, done=chosen), code=303)


@pages.post("/phones/<device>/people/end")
@signed_in("supervisor", "administrator")
def end_person(device: str) -> ResponseReturnValue:
    """Ends one person's use of a phone that others go on using."""
    here = office()
    state = _state(device)
    typed = {"whose": request.form.get("whose", ""), "ended": request.form.get("text-ended", "").strip()}
    wrong: Wrong = []
    if typed["whose"] not in {signer.kid for signer in _in_use(device)}:
        wrong.append(("whose", "whose_missing"))
    if not typed["ended"] or len(typed["ended"]) > LONGEST_WHY:
        wrong.append(("text-ended", "why_too_long" if typed["ended"] else "why_missing"))
    if wrong:
        return _page(state, typed, wrong, 400)
    try:
        radar.end_signer(here.store, here.keys, me(), state, typed["whose"], typed["ended"], here.clock())
    except radar.PhoneMoved:
        return _page(_state(device), typed, [("whose", "phone_moved")], 409)
    return redirect(url_for("phones.page", device=device, done="person"), code=303)


def _in_use(device: str) -> list[SignerRow]:
    return [signer for signer in office().store.signers.of_device(device) if signer.ended_at is None]


def _state(device: str) -> PhoneState:
    here = office()
    try:
        return radar.phone(here.store, me(), device, here.clock())
    except radar.NoSuchPhone:
        abort(404)


def _is_for_me(said: Decision, own: bool) -> bool:
    """Whether this person reads the reason. Of a phone of their own only what they wrote themselves: others may have written about them."""
    if said.by == me().id:
        return True
    # What a supervisor wrote may name a family, and an administrator is told of none.
    return not own and (me().role == "supervisor" or not said.by)


def _seen(state: PhoneState) -> str:
    """Names the alarms of a page, so that none is settled that nobody had on screen."""
    gaps = [f"{gap.kid}.{gap.first}.{gap.last}" for gap in state.gaps]
    return " ".join([*gaps, *(str(each.n) for each in state.losses)])


def _page(state: PhoneState, typed: dict[str, str], wrong: Wrong | None = None, status: int = 200) -> ResponseReturnValue:
    here = office()
    now = here.clock()
    device = state.device
    names = here.store.people.names()
    people = [names.get(person, "") for person in state.people]
    found = [one for one in sorting.waiting(here.store, here.keys, me(), now) if one.device == device.id]
    own = radar.is_own(here.store, me(), device.id)
    told: dict[str, Any] = {
        "id": device.id,
        "title": words.phone_of(people),
        "status": device.status,
        "state": words.DEVICE_STATES.get(device.status, device.status),
        "explained": words.DEVICE_EXPLAINED.get(device.status, ""),
        "seen": words.since(moment(device.seen_at), now),
        "waiting": words.waiting_there(device.waiting, device.oldest_waiting_at, now),
        "made": words.when_text(device.made_at, now),
        "alarms": [
            *((words.given_back if gap.is_unnumbered else words.gap)(gap.count, gap.since, now) for gap in state.gaps),
            *(words.lost_notes(each.at, each.waiting, each.oldest_at, now) for each in state.losses),
        ],
        "saw": _seen(state),
        "own_alarms": words.OWN_PHONE_ALARMS if own else "",
        "settled": [
            words.looked_into(each.what, names.get(each.settled_by or "", ""), each.settled_at or "", now)
            for each in state.settled
        ],
        "own": words.OWN_PHONE if own and device.status != "ok" else "",
        "unsorted": [
            {
                "href": url_for("sorting.one", item=one.hash),
                "text": words.WAITS_FOR[one.reason].title,
                "facts": words.came(one.received_at, now),
            }
            for one in found
        ],
    }
    decisions = [
        words.said_of_phone(
            each.what, names.get(each.by) or (words.MACHINE if not each.by else "somebody"), names.get(each.of, ""),
            each.why if _is_for_me(each, own) else "",
            each.at, now,
        )
        for each in radar.decisions_on(here.store, here.keys, device.id)
    ]  # fmt: skip
    choices = [
        {"value": value, "text": words.STATUS_CHOICES[value][0], "hint": {"text": words.STATUS_CHOICES[value][1]}}
        for value in STATUSES
        if value != device.status and not (value == "ok" and own)
    ]
    whose = [{"value": signer.kid, "text": names.get(signer.person, "")} for signer in _in_use(device.id)]
    return show(
        "phones/page.html", status, phone=told, decisions=decisions, choices=choices, whose=whose, typed=typed, problems=told_of(wrong or []),
        done=words.PHONE_DONE.get(request.args.get("done", "")),
    )  # fmt: skip
