"""Signing in with an account at the council, and connecting one.

The way back from the provider is a request from another site, with which a browser sends none of this office's strict cookies. So that
page only checks the answer, seals whom it named into a strict cookie, and leads on to a page of our own, where the rest happens.
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from fieldapp import council, own_account, people
from fieldapp.council import Council, CouncilRefused, Kept
from fieldapp.people import DESK_ROLES, Person, Refused
from fieldapp.web.account import unproven
from fieldapp.web.guards import host_cookie, me, open_form, open_to_all, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import Problems, show, told_of
from fieldapp.web.sign_in import let_in, refusal, waiting
from fieldapp.web.visitors import drop_cookie, set_cookie, show_to_visitor, shown_passkey

pages = Blueprint("council", __name__, url_prefix="/desk")

_STATUS = {"away": 503, "state": 400, "refused": 403, "token": 400}


@pages.get("/sign-in/council")
@open_to_all
def begin() -> ResponseReturnValue:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        # A council may let somebody through without a word: then only a tap on our own page says that they want to be signed in.
        return redirect(url_for("sign_in.page"), code=303)
    return _sent_there("sign-in", "")


@pages.get("/account/council/begin")
@signed_in(*DESK_ROLES)
def begin_to_connect() -> ResponseReturnValue:
    return _sent_there("connect", me().id)


@pages.get("/sign-in/council/back")
@open_to_all
def back() -> ResponseReturnValue:
    """Takes the provider's answer. The browser comes from another site, so nobody is signed in on this page."""
    here = office()
    try:
        kept = _council().finish(
            here.store, here.keys, request.cookies.get(_under_way(), ""), request.args, _back_to(), here.clock()
        )
    except CouncilRefused as refused:
        return _not_let_in(refused.code)
    onward = url_for("council.connect_page" if kept.use == "connect" else "council.go_on")
    answer = show("council/onward.html", person=None, onward=onward)
    set_cookie(answer, _named(), council.keep(here.keys, kept, here.clock()))
    drop_cookie(answer, _under_way())
    return answer


@pages.get("/sign-in/council/go-on")
@open_to_all
def go_on() -> ResponseReturnValue:
    """Signs in whom the provider named, where it asked for a second factor; asks for ours where it did not."""
    found = _named_here("sign-in")
    if found is None:
        return _not_let_in("state")
    kept, person = found
    if person is None:
        return _not_let_in("unknown")
    if not people.may_sign_in_at_desk(person):
        return show("sign_in/on_the_phone.html", person=None)
    return _let_in(person) if kept.named.had_second_factor else _code_form()


@pages.post("/sign-in/council/go-on")
@open_form
def send_code() -> ResponseReturnValue:
    here, found = office(), _named_here("sign-in")
    if found is None or found[1] is None or not people.may_sign_in_at_desk(found[1]):
        return _not_let_in("state")
    code, shown = request.form.get("code", ""), shown_passkey()
    if not code.strip() and shown is None:
        return _code_form(told_of([("code", "code_missing")]), 400)
    person = people.show_second_factor(
        here.store, here.keys, found[1], code, request.remote_addr or "", here.clock, demo_code=here.demo_code, passkey=shown
    )
    if isinstance(person, Refused):
        problems, status = refusal(person, "code", "second_factor_refused")
        return waiting(_code_form(problems, status), person)
    return _let_in(person)


@pages.get("/sign-in/council/out")
@open_to_all
def out() -> ResponseReturnValue:
    """Leads to where the council's own sign-in is ended."""
    there = _council().sign_out_address(office().origin + url_for("sign_in.page"))
    return redirect(there or url_for("sign_in.page"), code=303)


@pages.get("/account/council")
@signed_in(*DESK_ROLES)
def connect_page() -> ResponseReturnValue:
    return _connect_form() if _to_connect() else _not_let_in("state")


@pages.post("/account/council")
@signed_in(*DESK_ROLES)
def connect() -> ResponseReturnValue:
    """Connects the council account that was just shown with the account of whoever is signed in, on their password and second factor."""
    here, kept = office(), _to_connect()
    if kept is None:
        return _not_let_in("state")
    refused = unproven(_connect_form)
    if refused is not None:
        return refused
    is_new = council.spend(here.store, request.cookies.get(_named(), ""), here.clock())
    if not is_new or not own_account.connect_council(here.store, me(), kept.named.issuer, kept.named.subject, here.clock()):
        return _not_let_in("taken")
    answer = Response(status=303, headers={"Location": url_for("account.page", done="connected")})
    drop_cookie(answer, _named())
    return answer


@pages.get("/account/council/disconnect")
@signed_in(*DESK_ROLES)
def disconnect_page() -> ResponseReturnValue:
    return _disconnect_form() if _is_connected() else redirect(url_for("account.page"), code=303)


@pages.post("/account/council/disconnect")
@signed_in(*DESK_ROLES)
def disconnect() -> ResponseReturnValue:
    """Disconnects one's own council account, on the password and a second factor."""
    refused = unproven(_disconnect_form) if _is_connected() else None
    if refused is not None:
        return refused
    here = office()
    is_gone = own_account.disconnect_council(here.store, me(), here.clock())
    if here.epoch_file is not None:
        here.epoch_file.note(here.store, "accounts")
    return redirect(url_for("account.page", done="disconnected" if is_gone else None), code=303)


def _sent_there(use: council.Use, person: str) -> ResponseReturnValue:
    here = office()
    try:
        begun = _council().begin(here.keys, use, person, _back_to(), here.clock())
    except CouncilRefused as refused:
        return _not_let_in(refused.code)
    answer = Response(status=303, headers={"Location": begun.address})
    # Lax, because it must come along on the way back from another site.
    set_cookie(answer, _under_way(), begun.cookie, same_site="Lax")
    return answer


def _let_in(person: Person) -> ResponseReturnValue:
    if not council.spend(office().store, request.cookies.get(_named(), ""), office().clock()):
        return _not_let_in("state")
    answer = let_in(person, Response(status=303, headers={"Location": url_for("board.home")}), via="council")
    drop_cookie(answer, _named())
    return answer


def _named_here(use: council.Use) -> tuple[Kept, Person | None] | None:
    """Whom the provider named on this browser, and whose account that opens, if anybody's."""
    here = office()
    kept = council.kept(here.keys, request.cookies.get(_named(), ""), here.clock())
    if kept is None or kept.use != use or here.council is None or kept.named.issuer != here.council.issuer:
        return None
    id = here.store.council_accounts.person(kept.named.issuer, kept.named.subject)
    return kept, people.by_id(here.store, id, here.clock()) if id else None


def _to_connect() -> Kept | None:
    found = _named_here("connect")
    return found[0] if found is not None and found[0].person == me().id else None


def _not_let_in(code: str) -> Response:
    return show("council/not_let_in.html", _STATUS.get(code, 403), person=None, code=code)


def _code_form(problems: Problems = (), status: int = 200) -> Response:
    return show_to_visitor("council/code.html", status, problems=problems)


def _is_connected() -> bool:
    return office().store.council_accounts.bound_at(me().id) is not None


def _disconnect_form(problems: Problems = (), status: int = 200) -> Response:
    action = url_for("council.disconnect")
    return show("account/take_away.html", status, what="council", called="", action=action, problems=problems)


def _connect_form(problems: Problems = (), status: int = 200) -> Response:
    return show("council/connect.html", status, problems=problems)


def _council() -> Council:
    found = office().council
    if found is None:
        raise NotFound
    return found


def _back_to() -> str:
    return office().origin + url_for("council.back")


def _under_way() -> str:
    return host_cookie("council")


def _named() -> str:
    return host_cookie("named")
