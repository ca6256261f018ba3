"""Other people's accounts, for administrators, and resets, which take two people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, after_this_request, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import accounts, people, radar, widening
from fieldapp.accounts import LONGEST_WHY, NoSuchAccount, NotThisOne
from fieldapp.keys import Keys
from fieldapp.leaves import MustHandOver
from fieldapp.people import ROLES, Person
from fieldapp.rotas import CannotArrange, NotYours
from fieldapp.store import Store
from fieldapp.web import access_words, sign_in_words, words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import noting, office
from fieldapp.web.pages import Problems, show, told_of
from fieldapp.widening import Asked, ReasonMissing, Wish
from sync.entry import moment, stamp

pages = Blueprint("accounts", __name__, url_prefix="/desk")
pages.after_request(noting("accounts"))
_noting_duty = noting("duty")
"""Beside it where a part ends or becomes another: turns of duty and pods end with it."""


@pages.get("/people/<person>")
@signed_in("administrator")
def page(person: str) -> ResponseReturnValue:
    return _page(person)


@pages.post("/people/<person>/role")
@signed_in("administrator")
def change(person: str) -> ResponseReturnValue:
    """Gives a person another role or team at once, or asks for it where it gives them more."""
    here = office()
    role, team = request.form.get("role", ""), request.form.get("team", "")
    known = here.store.people.teams()
    wrong = [] if role in ROLES else [("role", "role_missing")]
    wrong += [("team", "team_missing")] if role in {"keyworker", "supervisor"} and team not in known else []
    if wrong:
        return _page(person, told_of(wrong), 400)
    wish = Wish("part", person, role, team if team in known else None)
    return _done(person, "role", "changed", lambda: _do_or_ask(wish, request.form.get("text-part", "").strip()))


@pages.post("/people/<person>/close")
@signed_in("administrator")
def close(person: str) -> ResponseReturnValue:
    """Closes an account at once."""
    here = office()
    after_this_request(_noting_duty)
    return _with_reason(
        person, "text-why", "closed", lambda why: accounts.close(here.store, here.keys, me(), person, why, here.clock())
    )


@pages.post("/people/<person>/open")
@signed_in("administrator")
def open_again(person: str) -> ResponseReturnValue:
    """Asks for a closed account to be opened."""
    return _with_reason(person, "text-why", "opened", lambda why: _do_or_ask(Wish("open", person), why))


@pages.post("/people/<person>/lock")
@signed_in("administrator")
def lock_out(person: str) -> ResponseReturnValue:
    """Signs a person out and lets nobody in as them until two people have made a reset."""
    here = office()
    return _with_reason(
        person, "text-lock", "locked", lambda why: accounts.lock_out(here.store, here.keys, me(), person, why, here.clock())
    )


@pages.post("/people/<person>/disconnect")
@signed_in("administrator")
def disconnect(person: str) -> ResponseReturnValue:
    """Ends that a council account opens this person's."""
    here = office()
    return _done(
        person,
        "disconnect",
        "disconnected",
        lambda: accounts.disconnect_council(here.store, here.keys, me(), person, here.clock()),
    )


@pages.post("/people/<person>/reset")
@signed_in("administrator")
def ask_reset(person: str) -> ResponseReturnValue:
    """Asks for a reset and shows the first half of its words once, on the answer itself."""
    here = office()

    def ask(why: str) -> ResponseReturnValue:
        half = accounts.ask_reset(here.store, here.keys, me(), person, why, here.clock())
        back = url_for("accounts.page", person=person)
        return show("account/half.html", half=half, name=_name(person), is_first=True, is_new=_is_new(person), back=back)

    return _with_reason(person, "text-reset", "", ask)


@pages.get("/resets")
@signed_in("supervisor", "administrator")
def resets() -> ResponseReturnValue:
    return _resets()


@pages.post("/resets/<reset>/confirm")
@signed_in("supervisor", "administrator")
def confirm(reset: str) -> ResponseReturnValue:
    """Confirms a reset and shows the second half of its words once."""
    here = office()
    try:
        row, half = accounts.confirm_reset(here.store, here.keys, me(), reset, here.clock())
    except NoSuchAccount:
        abort(404)
    except NotThisOne:
        return _resets(told_of([("resets", "reset_moved")]), 409)
    return show(
        "account/half.html",
        half=half,
        name=_name(row.person),
        is_first=False,
        is_new=_is_new(row.person),
        back=url_for("accounts.resets"),
    )


@pages.post("/resets/<reset>/take-back")
@signed_in("supervisor", "administrator")
def take_back(reset: str) -> ResponseReturnValue:
    here = office()
    try:
        accounts.take_back_reset(here.store, here.keys, me(), reset, here.clock())
    except NoSuchAccount:
        abort(404)
    except NotThisOne:
        return _resets(told_of([("resets", "reset_moved")]), 409)
    return redirect(url_for("accounts.resets", done="taken_back"), code=303)


@pages.post("/wider-access/<asked>/confirm")
@signed_in("supervisor", "administrator")
def confirm_wider(asked: str) -> ResponseReturnValue:
    """Agrees to what somebody else asked for, and does it."""
    after_this_request(_noting_duty)
    return _about_wider(asked, "confirmed", widening.confirm)


@pages.post("/wider-access/<asked>/take-back")
@signed_in("supervisor", "administrator")
def take_back_wider(asked: str) -> ResponseReturnValue:
    return _about_wider(asked, "wider_taken_back", widening.take_back)


def _about_wider(asked: str, done: str, act: Callable[[Store, Keys, Person, str, datetime], None]) -> ResponseReturnValue:
    here = office()
    try:
        act(here.store, here.keys, me(), asked, here.clock())
    except NoSuchAccount:
        abort(404)
    except NotThisOne as refused:
        code = "wider_moved" if refused.code == "moved" else f"account_{refused.code}"
        return _resets(told_of([("wider", code)]), 409)
    except MustHandOver as refused:
        return _resets([("wider", access_words.must_hand_over(refused.supervisors))], 409)
    except CannotArrange as refused:
        return _resets([("wider", access_words.REFUSED[refused.why])], 409)
    except NotYours:
        abort(404)
    return redirect(url_for("accounts.resets", done=done), code=303)


def _do_or_ask(wish: Wish, why: str) -> ResponseReturnValue | None:
    """Does it, or leads back to the person's page, which says that somebody else has to confirm it."""
    here = office()
    if widening.do(here.store, here.keys, me(), wish, why, here.clock()):
        after_this_request(_noting_duty)
        return None
    return redirect(url_for("accounts.page", person=wish.person, done="asked"), code=303)


def _with_reason(person: str, where: str, done: str, act: Callable[[str], ResponseReturnValue | None]) -> ResponseReturnValue:
    """Does what asks for a reason, which stands in the field `where`."""
    why = request.form.get(where, "").strip()
    if not why or len(why) > LONGEST_WHY:
        return _page(person, told_of([(where, "why_too_long" if why else "why_missing")]), 400)
    return _done(person, where, done, lambda: act(why))


def _done(person: str, where: str, done: str, act: Callable[[], ResponseReturnValue | None]) -> ResponseReturnValue:
    """Does it and leads back to the person's page, which says `done`; or gives the answer that `act` has of its own."""
    try:
        answer = act()
    except NoSuchAccount:
        abort(404)
    except NotThisOne as refused:
        return _page(person, told_of([(where, f"account_{refused.code}")]), 409)
    except ReasonMissing as refused:
        return _page(person, told_of([("text-part", "why_too_long" if refused.is_too_long else "why_for_second")]), 400)
    except MustHandOver as refused:
        return _page(person, ((where, access_words.must_hand_over(refused.supervisors)),), 409)
    return redirect(url_for("accounts.page", person=person, done=done), code=303) if answer is None else answer


def _name(person: str) -> str:
    return office().store.people.names().get(person, "")


def _is_new(person: str) -> bool:
    row = office().store.people.by_id(person)
    return row is not None and not people.is_set_up(row)


def phones_of(person: str) -> list[dict[str, str]]:
    """This person's phones, each with when it was set up: whoever had the account meanwhile may have set one up, which goes on."""
    here, now = office(), office().clock()
    return [
        {
            "text": sign_in_words.phone_facts(
                words.when_text(signer.enrolled_at, now), words.when_text(signer.seen_at, now) if signer.seen_at else None
            ),
            "href": url_for("phones.page", device=signer.device),
        }
        for signer in radar.in_use_by(here.store, person)
    ]


def _about_new(person: str, teams: dict[str, str], at: str) -> str | None:
    """Says of a new account what whoever confirms it vouches for; None of one that was set up before."""
    row = office().store.people.by_id(person)
    if row is None or people.is_set_up(row):
        return None
    mine = ", ".join(teams.get(team, "") for team in office().store.people.teams_of(person, at))
    return sign_in_words.new_account(words.ROLES.get(row.role, row.role), mine, row.email)


def _page(person: str, problems: Problems = (), status: int = 200) -> Response:
    here, now = office(), office().clock()
    row = here.store.people.by_id(person)
    if row is None:
        abort(404)
    teams = here.store.people.teams()
    mine = here.store.people.teams_of(person, stamp(now))
    bound_at = here.store.council_accounts.bound_at(person)
    passkeys = here.store.passkeys.of_person(person)
    told = {
        "id": row.id,
        "name": row.name,
        "email": row.email,
        "role": words.ROLES.get(row.role, row.role),
        "teams": ", ".join(teams.get(team, "") for team in mine) or "None",
        "is_open": people.is_open(row, now),
        "is_set_up": people.is_set_up(row),
        "ended": row.ended_at and words.when_text(row.ended_at, now),
        "passkeys": words.many(len(passkeys), "passkey", "passkeys") if passkeys else "None",
        "council": bound_at and words.when_text(bound_at, now),
        "is_me": row.id == me().id,
        "phones": phones_of(row.id),
    }
    typed = {name: request.form.get(name, "") for name in ("text-why", "text-lock", "text-reset", "text-part")}
    choices = [{"value": role, "text": words.ROLES[role]} for role in ROLES]
    items = [{"value": "", "text": "No team"}, *({"value": id, "text": name} for id, name in teams.items())]
    return show(
        "account/person.html", status, one=told, problems=problems, typed=typed, roles=choices, teams=items,
        role=request.form.get("role", row.role), team=request.form.get("team", mine[0] if mine else ""),
        done=sign_in_words.ACCOUNTS_DONE.get(request.args.get("done", "")),
    )  # fmt: skip


def _wider(one: Asked, names: dict[str, str], teams: dict[str, str]) -> dict[str, str | None]:
    """What whoever may confirm sees: whom it is about and what they have now, what they would have, why, and who asked."""
    here, now = office(), office().clock()
    pod = here.store.rotas.pod(one.wish.pod) if one.wish.pod else None
    # The last day of an auditor is the one that ends with the moment kept.
    upto_at = one.wish.upto_at and stamp(moment(one.wish.upto_at) - timedelta(seconds=one.wish.what == "audit"))
    return {
        "name": names.get(one.wish.person, ""),
        "has": sign_in_words.part(words.ROLES.get(one.role_now, one.role_now), [teams.get(team, "") for team in one.teams_now]),
        "gets": access_words.wish(
            one.wish.what,
            part=sign_in_words.part(words.ROLES.get(one.wish.role, ""), [teams.get(one.wish.team or "", "")] if one.wish.team else []),
            team=teams.get(pod.team if pod else one.wish.team or "", ""),
            pod=pod.name if pod else "",
            from_at=one.wish.from_at and words.when_text(one.wish.from_at, now),
            upto_at=upto_at and words.when_text(upto_at, now),
        ),
        "why": one.why or access_words.WHY_UNREADABLE,
        "facts": sign_in_words.reset_facts(
            names.get(one.row.asked_by, ""), words.when_text(one.row.asked_at, now), "", words.when_text(one.row.until_at, now)
        ),
        "confirm": url_for("accounts.confirm_wider", asked=one.row.id) if one.may else None,
        "take_back": url_for("accounts.take_back_wider", asked=one.row.id),
    }  # fmt: skip


def _resets(problems: Problems = (), status: int = 200) -> Response:
    here, now = office(), office().clock()
    names, teams = here.store.people.names(), here.store.people.teams()
    listed = [
        {
            "name": names.get(reset.person, ""),
            "new": _about_new(reset.person, teams, stamp(now)),
            "facts": sign_in_words.reset_facts(
                names.get(reset.asked_by, "") if reset.asked_by != reset.person else "The office’s own machine",
                words.when_text(reset.asked_at, now),
                names.get(reset.confirmed_by or "", ""),
                words.when_text(reset.until_at, now),
            ),
            "confirm": url_for("accounts.confirm", reset=reset.id) if may else None,
            "take_back": url_for("accounts.take_back", reset=reset.id),
        }
        for reset, may in accounts.resets_for(here.store, me(), now)
    ]
    return show(
        "account/resets.html",
        status,
        resets=listed,
        wider=[_wider(one, names, teams) for one in widening.asked_for(here.store, here.keys, me(), now)],
        problems=problems,
        done=sign_in_words.ACCOUNTS_DONE.get(request.args.get("done", "")),
    )
