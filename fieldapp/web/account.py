"""One's own account: password, passkeys, council account, and where one is signed in."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from fieldapp import own_account, passkeys, passwords, people
from fieldapp.people import DESK_ROLES, Person, Refused
from fieldapp.web import guards, sign_in_words, words
from fieldapp.web.guards import me, open_form, open_to_all, signed_in
from fieldapp.web.office import noting, office
from fieldapp.web.pages import Problems, show, told_of
from fieldapp.web.sign_in import let_in, refusal, waiting
from fieldapp.web.visitors import bound_to, show_to_visitor, shown_passkey
from sync.entry import moment

pages = Blueprint("account", __name__, url_prefix="/desk")
pages.after_request(noting("accounts"))

_LONGEST_NAME = 60


@pages.get("/account")
@signed_in(*DESK_ROLES)
def page() -> ResponseReturnValue:
    return _page()


@pages.post("/account/elsewhere")
@signed_in(*DESK_ROLES)
def sign_out_elsewhere() -> ResponseReturnValue:
    """Ends this person's sign-ins on other browsers."""
    own_account.sign_out_elsewhere(office().store, me(), _session(), office().clock())
    return redirect(url_for("account.page", done="elsewhere"), code=303)


@pages.get("/password")
@open_to_all
def password_page() -> ResponseReturnValue:
    """Shows the form for another password: also to people whose work is on the phone and who have no sign-in here."""
    return _password_form("")


@pages.post("/password")
@open_form
def change_password() -> ResponseReturnValue:
    """Changes a password, on the old one and a second factor. Every sign-in of that person ends; this browser gets a new one if it had one."""
    here, signed = office(), guards.signed_in_person()
    email = signed.email if signed is not None else request.form.get("email", "")
    new = request.form.get("new", "")
    wrong = [("email", "email_missing")] if not email.strip() else []
    wrong += _missing_proof() + ([] if new else [("new", "new_missing")])
    if wrong:
        return _password_form(email, told_of(wrong), 400)
    fault = passwords.fault_of(new, name=signed.name if signed else "", email=email)
    if fault is not None:
        return _password_form(email, told_of([("new", f"password_{fault}")]), 400)
    found = prove(email)
    if isinstance(found, Refused):
        problems, status = refusal(found, "password", "proof_refused" if signed else "sign_in_refused")
        return waiting(_password_form(email, problems, status), found)
    fault = passwords.fault_of(new, name=found.name, email=found.email)
    if fault is not None:
        return _password_form(email, told_of([("new", f"password_{fault}")]), 400)
    own_account.change_password(here.store, found, new, here.clock())
    if signed is None:
        return show("account/password_changed.html", person=None)
    return let_in(found, Response(status=303, headers={"Location": url_for("account.page", done="password")}))


@pages.get("/account/passkey")
@signed_in(*DESK_ROLES)
def passkey_page() -> ResponseReturnValue:
    return _passkey_form("")


@pages.get("/account/passkey/options")
@signed_in(*DESK_ROLES)
def passkey_options() -> ResponseReturnValue:
    """Tells this browser how to make a passkey for the person who is signed in on it."""
    here, person = office(), me()
    told = passkeys.options_to_make(
        here.keys, here.store, person.id, person.email, person.name, bound_to(), here.origin, here.clock()
    )
    return Response(told, mimetype="application/json")


@pages.post("/account/passkey")
@signed_in(*DESK_ROLES)
def add_passkey() -> ResponseReturnValue:
    here, person = office(), me()
    called = request.form.get("called", "").strip()
    made = shown_passkey("made")
    wrong = [("called", "called_missing")] if not called or len(called) > _LONGEST_NAME else []
    wrong += _missing_proof() + ([] if made else [("called", "passkey_missing")])
    if wrong or made is None:
        return _passkey_form(called, told_of(wrong), 400)
    refused = unproven(lambda problems, status: _passkey_form(called, problems, status))
    if refused is not None:
        return refused
    try:
        own_account.add_passkey(here.store, here.keys, person, called, made, here.clock())
    except passkeys.PasskeyRefused:
        return _passkey_form(called, told_of([("called", "passkey_refused")]), 400)
    return redirect(url_for("account.page", done="passkey"), code=303)


@pages.get("/account/passkey/<id>/remove")
@signed_in(*DESK_ROLES)
def remove_passkey_page(id: str) -> ResponseReturnValue:
    called = _called(id)
    return redirect(url_for("account.page"), code=303) if called is None else _remove_form(id, called)


@pages.post("/account/passkey/<id>/remove")
@signed_in(*DESK_ROLES)
def remove_passkey(id: str) -> ResponseReturnValue:
    """Removes a passkey, on the password and a second factor: whoever finds a browser open must not take away how its owner signs in."""
    here, called = office(), _called(id)
    if called is None:
        return redirect(url_for("account.page"), code=303)
    refused = unproven(lambda problems, status: _remove_form(id, called, problems, status))
    if refused is not None:
        return refused
    is_gone = own_account.remove_passkey(here.store, me(), id, here.clock())
    return redirect(url_for("account.page", done="passkey_removed" if is_gone else None), code=303)


def prove(email: str) -> Person | Refused:
    """Checks the password and second factor that came with a form, as signing in would and on the same counters."""
    here = office()
    return people.sign_in(
        here.store, here.keys, email, request.form.get("password", ""), request.form.get("code", ""), request.remote_addr or "",
        here.clock, demo_code=here.demo_code, passkey=shown_passkey(),
    )  # fmt: skip


def unproven(again: Callable[[Problems, int], Response]) -> Response | None:
    """Gives the form `again` unless the password and a second factor of whoever is signed in came with it; None when they did."""
    missing = _missing_proof()
    if missing:
        return again(told_of(missing), 400)
    found = prove(me().email)
    if not isinstance(found, Refused):
        return None
    return waiting(again(*refusal(found, "password", "proof_refused")), found)


def _missing_proof() -> list[tuple[str, str]]:
    missing = [] if request.form.get("password", "") else [("password", "password_now_missing")]
    return missing if request.form.get("code", "").strip() or shown_passkey() else [*missing, ("code", "code_missing")]


def _session() -> str:
    return str(current_user._get_current_object().session)


def _page() -> Response:
    here, now = office(), office().clock()
    found = own_account.look(here.store, me(), _session(), now)
    keys = [
        {
            "name": each.name,
            "facts": sign_in_words.passkey_facts(
                words.when_text(each.made_at, now), each.used_at and words.when_text(each.used_at, now)
            ),
            "remove": url_for("account.remove_passkey_page", id=each.id),
        }
        for each in found.passkeys
    ]
    open_now = [
        {
            "what": sign_in_words.THIS_BROWSER if each.is_this else sign_in_words.OTHER_BROWSER,
            "facts": sign_in_words.sign_in_facts(
                each.via, words.when_text(each.made_at, now), words.ago(moment(each.seen_at), now)
            ),
        }
        for each in found.open
    ]
    lately = [(sign_in_words.LATELY[what], words.when_text(at, now)) for what, at in found.lately]
    return show(
        "account/page.html", passkeys=keys, open_now=open_now, lately=lately, has_others=len(found.open) > 1,
        council=here.council, council_since=found.council_since and words.when_text(found.council_since, now),
        done=sign_in_words.ACCOUNT_DONE.get(request.args.get("done", "")),
    )  # fmt: skip


def _password_form(email: str, problems: Problems = (), status: int = 200) -> Response:
    return show_to_visitor("account/password.html", status, email=email, problems=problems)


def _called(passkey: str) -> str | None:
    """What its owner, who is signed in, calls a passkey; None when they have none of that id."""
    return next((each.name for each in office().store.passkeys.of_person(me().id) if each.id == passkey), None)


def _remove_form(id: str, called: str, problems: Problems = (), status: int = 200) -> Response:
    action = url_for("account.remove_passkey", id=id)
    return show("account/take_away.html", status, what="passkey", called=called, action=action, problems=problems)


def _passkey_form(called: str, problems: Problems = (), status: int = 200) -> Response:
    return show("account/passkey.html", status, called=called, problems=problems)
