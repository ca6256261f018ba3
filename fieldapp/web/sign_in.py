"""Signing in and out of the office's pages."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from fieldapp import people
from fieldapp.web import guards, words
from fieldapp.web.guards import open_form, open_to_all, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show, told_of

pages = Blueprint("sign_in", __name__, url_prefix="/desk")


@pages.get("/sign-in")
@open_to_all
def page() -> ResponseReturnValue:
    if guards.signed_in_person() is not None:
        return redirect(url_for("board.home"), code=303)
    return _form(why=words.SIGN_IN_WHY.get(request.args.get("why", "")))


@pages.post("/sign-in")
@open_form
def send() -> ResponseReturnValue:
    """Signs in, or says the same thing whatever was wrong. The session id changes with every sign-in."""
    email, password, code = (request.form.get(name, "") for name in ("email", "password", "code"))
    missing = [
        (name, f"{name}_missing")
        for name, value in (("email", email), ("password", password), ("code", code))
        if not value.strip()
    ]
    if missing:
        return _form(email=email, problems=told_of(missing), status=400)
    here = office()
    found = people.sign_in(
        here.store, here.keys, email, password, code, request.remote_addr or "", here.clock, demo_code=here.demo_code
    )
    if isinstance(found, people.Refused):
        if found.wait_s:
            answer = _form(email=email, problems=[("email", words.too_often(found.wait_s))], status=429)
            answer.headers["Retry-After"] = str(found.wait_s)
            return answer
        return _form(email=email, problems=told_of([("email", "sign_in_refused")]), status=401)
    if not people.may_sign_in_at_desk(found):
        return show("sign_in/on_the_phone.html", person=None)
    earlier = request.cookies.get(guards.session_cookie())
    secret = people.begin_session(here.store, found, here.clock(), instead_of=earlier)
    answer = Response(status=303, headers={"Location": url_for("board.home")})
    _set_cookie(answer, guards.session_cookie(), secret)
    answer.delete_cookie(guards.visitor_cookie(), secure=here.over_https, httponly=True, samesite="Strict")
    return answer


@pages.post("/sign-out")
@signed_in(*people.DESK_ROLES)
def sign_out() -> ResponseReturnValue:
    people.end_session(office().store, current_user._get_current_object(), office().clock())
    answer = Response(status=303, headers={"Location": url_for("sign_in.page", why="out")})
    answer.delete_cookie(guards.session_cookie(), secure=office().over_https, httponly=True, samesite="Strict")
    # What the last page showed must not come back with the browser's back button.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@pages.get("/stay")
@signed_in(*people.DESK_ROLES)
def stay() -> ResponseReturnValue:
    """Answers that somebody is still here; that it was asked moves the idle clock."""
    return Response("", 204)


def _form(
    *, email: str = "", problems: list[tuple[str, str]] | None = None, why: str | None = None, status: int = 200
) -> Response:
    secret = request.cookies.get(guards.visitor_cookie()) or secrets.token_urlsafe(32)
    token = guards.form_token_for(secret)
    answer = show("sign_in/page.html", status, person=None, email=email, problems=problems or (), why=why, token=token)
    _set_cookie(answer, guards.visitor_cookie(), secret)
    return answer


def _set_cookie(answer: Response, name: str, value: str) -> None:
    # Strict: nothing outside this office links into it, so no page need open signed in from elsewhere. No max-age:
    # the row in the store decides how long it lasts.
    answer.set_cookie(name, value, path="/", secure=office().over_https, httponly=True, samesite="Strict")
