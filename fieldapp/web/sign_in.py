"""Signing in and out of the office's pages."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from fieldapp import passkeys, people
from fieldapp.people import Person, Refused
from fieldapp.web import guards, words
from fieldapp.web.guards import open_form, open_to_all, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import Problems, show, told_of
from fieldapp.web.visitors import bound_to, drop_cookie, set_cookie, show_to_visitor, shown_passkey

pages = Blueprint("sign_in", __name__, url_prefix="/desk")


@pages.get("/sign-in")
@open_to_all
def page() -> ResponseReturnValue:
    if guards.signed_in_person() is not None:
        return redirect(url_for("board.home"), code=303)
    return _form(why=words.SIGN_IN_WHY.get(request.args.get("why", "")))


@pages.get("/sign-in/passkey")
@open_to_all
def passkey_options() -> ResponseReturnValue:
    """Tells a browser how to ask for a passkey. The same for everybody: which account it is, only the passkey says."""
    here, bound = office(), bound_to()
    if not bound:
        abort(400)
    return Response(passkeys.options_to_show(here.keys, bound, here.origin, here.clock()), mimetype="application/json")


@pages.post("/sign-in")
@open_form
def send() -> ResponseReturnValue:
    """Signs in, or says the same thing whatever was wrong. The session id changes with every sign-in."""
    email, password, code = (request.form.get(name, "") for name in ("email", "password", "code"))
    shown = shown_passkey()
    missing = [
        (name, f"{name}_missing")
        for name, value in (("email", email), ("password", password), ("code", code or (shown and "shown") or ""))
        if not value.strip()
    ]
    if missing:
        return _form(email=email, problems=told_of(missing), status=400)
    here = office()
    found = people.sign_in(
        here.store,
        here.keys,
        email,
        password,
        code,
        request.remote_addr or "",
        here.clock,
        demo_code=here.demo_code,
        passkey=shown,
    )
    if isinstance(found, Refused):
        problems, status = refusal(found, "email", "sign_in_refused")
        return waiting(_form(email=email, problems=problems, status=status), found)
    if not people.may_sign_in_at_desk(found):
        return show("sign_in/on_the_phone.html", person=None)
    return let_in(found, Response(status=303, headers={"Location": url_for("board.home")}))


@pages.post("/sign-out")
@signed_in(*people.DESK_ROLES)
def sign_out() -> ResponseReturnValue:
    signed = current_user._get_current_object()
    people.end_session(office().store, signed, office().clock())
    why = "out_council" if signed.via == "council" else "out"
    answer = Response(status=303, headers={"Location": url_for("sign_in.page", why=why)})
    drop_cookie(answer, guards.session_cookie())
    # What the last page showed must not come back with the browser's back button.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@pages.get("/stay")
@signed_in(*people.DESK_ROLES)
def stay() -> ResponseReturnValue:
    """Answers that somebody is still here; that it was asked moves the idle clock."""
    return Response("", 204)


def let_in(person: Person, answer: Response, *, via: people.Via = "password") -> Response:
    """Begins a sign-in on this browser and gives `answer` its cookie; whatever sign-in this browser had before ends."""
    here = office()
    earlier = request.cookies.get(guards.session_cookie())
    secret = people.begin_session(here.store, person, here.clock(), instead_of=earlier, via=via)
    set_cookie(answer, guards.session_cookie(), secret)
    drop_cookie(answer, guards.visitor_cookie())
    return answer


def refusal(found: Refused, where: str, code: str) -> tuple[Problems, int]:
    """Says why nobody was let in: too many tries, or the one sentence for everything that can be wrong."""
    if found.wait_s:
        return [(where, words.too_often(found.wait_s))], 429
    return told_of([(where, code)]), 401


def waiting(answer: Response, found: Refused) -> Response:
    """Tells a browser how long to wait, where it has to."""
    if found.wait_s:
        answer.headers["Retry-After"] = str(found.wait_s)
    return answer


def _form(*, email: str = "", problems: Problems = (), why: str | None = None, status: int = 200) -> Response:
    asked = request.args.get("why") == "out_council"
    return show_to_visitor(
        "sign_in/page.html", status, email=email, problems=problems, why=why, council=office().council, ends_at_council=asked
    )
