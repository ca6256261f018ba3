"""Forms that stand open to people who are not signed in, and what ties them to the browser they were shown on."""

from __future__ import annotations

import re
import secrets
from typing import Any, Literal

from flask import Response, request

from fieldapp.keys import hash_text
from fieldapp.passkeys import Shown
from fieldapp.web import guards
from fieldapp.web.office import office
from fieldapp.web.pages import show

_OURS = re.compile(r"[A-Za-z0-9_-]{43}")


def show_to_visitor(template: str, status: int = 200, **told: Any) -> Response:
    """Renders a page with an open form: `token` belongs to this browser, signed in or not."""
    if guards.signed_in_person() is not None:
        return show(template, status, token=guards.form_token(), **told)
    secret = visitor_secret()
    answer = show(template, status, person=None, token=guards.form_token_for(secret), **told)
    set_cookie(answer, guards.visitor_cookie(), secret)
    return answer


def visitor_secret() -> str:
    """What this browser's cookie says, or is to say."""
    known = request.cookies.get(guards.visitor_cookie(), "")
    # What no answer of ours has set is not sent back: it may be anything, of any length.
    return known if _OURS.fullmatch(known) else secrets.token_urlsafe(32)


def bound_to_visitor(secret: str) -> str:
    """Names a browser that holds this cookie, whether or not somebody is signed in on it."""
    return _hash_of(guards.visitor_cookie(), secret)


def bound_to() -> str:
    """Names this browser for what is bound to it, by a hash of its cookie; "" when it has none."""
    cookie = guards.session_cookie() if guards.signed_in_person() is not None else guards.visitor_cookie()
    secret = request.cookies.get(cookie)
    return _hash_of(cookie, secret) if secret else ""


def _hash_of(cookie: str, secret: str) -> str:
    return hash_text(f"{cookie}\n{secret}".encode("utf-8", "replace"))


def shown_passkey(field: str = "passkey") -> Shown | None:
    """What came of a passkey with this form, if anything did."""
    answer, bound = request.form.get(field, ""), bound_to()
    return Shown(answer, bound, office().origin) if answer and bound else None


def set_cookie(answer: Response, name: str, value: str, *, same_site: Literal["Strict", "Lax"] = "Strict") -> None:
    """Sets a cookie that scripts cannot read and no other host gets.

    Strict: nothing outside this office links into it, so no page need open signed in from elsewhere. No max-age: what the office
    keeps, or sealed into it, decides how long it lasts.
    """
    answer.set_cookie(name, value, path="/", secure=office().over_https, httponly=True, samesite=same_site)


def drop_cookie(answer: Response, name: str) -> None:
    answer.delete_cookie(name, secure=office().over_https, httponly=True, samesite="Strict")
