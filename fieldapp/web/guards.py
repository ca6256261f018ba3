"""Who may ask for what: every route carries exactly one guard, and a route without one does not answer.

A guard runs before its view and either returns None (go on) or the answer that is given instead. A page that a person may
not see answers 404, not 403: that something exists is already news.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from werkzeug.exceptions import BadRequest, Unauthorized

from fieldapp import auditing
from fieldapp.store import StoreFailed
from fieldapp.web.office import office

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from fieldapp.people import Person, SignedIn

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
Check = Callable[[], ResponseReturnValue | None]

READ_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_FIELD = "form_token"
FORM_LIMIT = 256 * 1024
"""Bytes of a form. A review is a few sentences; a form with a file, and the phone's protocol, have limits of their own."""


class FormRefused(BadRequest):
    """A form came back without the token of the page it was shown on."""


class SignedOutWhileTyping(Unauthorized):
    """A form with words in it came back after the sign-in had ended. The words must be shown again, not lost."""


class OtherSite(BadRequest):
    """Another web site made the browser ask for a change."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What stands before a view: its name for the house test, the check, and whether changes come by a form with a token."""

    name: str
    check: Check
    form: bool
    limit: int = FORM_LIMIT


def guarded(name: str, check: Check, *, form: bool, limit: int = FORM_LIMIT) -> Callable[[View], View]:
    """Makes a decorator that puts a guard on a view. `form=False` is for the phone's protocol, which sends no forms.

    `limit`: bytes of a form, read only once the check has let its sender in.
    """

    def put(view: View) -> View:
        if guard_of(view) is not None:
            raise TypeError(f"{view.__name__} has two guards")
        cast("Any", view).guard = Guard(name, check, form, limit)
        return view

    return put


def guard_of(view: Callable[..., Any]) -> Guard | None:
    """Gives the guard of a view, or None when somebody forgot it."""
    return cast("Guard | None", getattr(view, "guard", None))


def open_to_all(view: View) -> View:
    """Lets anybody in: health, the app's own files, set-up of a phone. Changes by form are refused here."""
    return guarded("open to all", lambda: None, form=False)(view)


def open_form(view: View) -> View:
    """Lets anybody see and send a form: signing in and out."""
    return guarded("open form", lambda: None, form=True)(view)


def signed_in(*roles: str, limit: int = FORM_LIMIT) -> Callable[[View], View]:
    """Lets in people with one of these roles who signed in on this browser; at least one role must be named.

    `limit` is for a form with a file in place of typed words: who was signed out meanwhile signs in and chooses it again.
    """
    if not roles:
        raise TypeError("signed_in() needs the roles it lets in")

    def check() -> ResponseReturnValue | None:
        person = signed_in_person()
        if person is None and request.method not in READ_ONLY and limit == FORM_LIMIT and words_typed():
            raise SignedOutWhileTyping
        if person is None:
            return redirect(url_for("sign_in.page", why="closed" if session_cookie() in request.cookies else None), code=303)
        if person.role not in roles:
            abort(404)
        return None

    return guarded("signed in: " + " ".join(sorted(roles)), check, form=True, limit=limit)


def words_typed() -> list[str]:
    """Gives what somebody wrote into the form that came, so that a page which cannot take it can give it back."""
    return [
        text
        for name, text in request.form.items(multi=True)
        if name.startswith(("text", "comment", "who-", "how-")) and text.strip()
    ]


def signed_in_person() -> Person | None:
    """Gives the person who signed in on this browser, or None."""
    session = _session()
    return None if session is None else session.person


def me() -> Person:
    """Gives the person who signed in; only behind `signed_in`, where there is one."""
    person = signed_in_person()
    if person is None:
        raise LookupError("a view without `signed_in` asked who is signed in")
    return person


def session_cookie() -> str:
    """Names the session cookie."""
    return host_cookie("desk")


def visitor_cookie() -> str:
    """Names the cookie that ties a sign-in form to the browser it was shown on."""
    return host_cookie("visitor")


def host_cookie(name: str) -> str:
    """Names one of our cookies. `__Host-` binds it to this host and path; browsers take that name over https only."""
    return f"__Host-fieldapp-{name}" if office().over_https else f"fieldapp-{name}"


def form_token() -> str:
    """Gives the token for a form on this page: a keyed hash of the HttpOnly cookie, useless on any other browser."""
    secret = request.cookies.get(session_cookie()) if signed_in_person() else request.cookies.get(visitor_cookie())
    return form_token_for(secret) if secret else ""


def form_token_for(secret: str) -> str:
    return hmac.new(secret.encode(), b"fieldapp form 1", sha256).hexdigest()


def install(app: Flask) -> None:
    """Makes this app deny by default."""
    # No remember-me: an empty cookie name cannot be sent, so flask-login never looks for one.
    app.config["REMEMBER_COOKIE_NAME"] = ""
    login = LoginManager()
    login.session_protection = None
    login.init_app(app, add_context_processor=False)
    login.request_loader(_signed_in_by_cookie)
    app.before_request(refuse_other_sites)
    app.before_request(ask_guard)
    app.after_request(note_refusal)


def refuse_other_sites() -> None:
    """Refuses a change that another site made this browser ask for. Clients that are no browsers send neither header."""
    if request.method in READ_ONLY:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            _refuse_other_site()
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin != office().origin:
        _refuse_other_site()


def _refuse_other_site() -> NoReturn:
    refused_for("what another site asked")
    raise OtherSite


def ask_guard() -> ResponseReturnValue | None:
    """Asks the guard of the view that is about to run; no guard, no answer."""
    if request.endpoint is None:
        return None
    guard = guard_of(current_app.view_functions[request.endpoint])
    if guard is None:
        abort(404)
    if guard.form:
        request.max_content_length = request.max_form_memory_size = FORM_LIMIT
    answer = guard.check()
    if answer is None and guard.form and request.method not in READ_ONLY:
        request.max_content_length = guard.limit
        _check_form()
    return answer


def refused_for(why: str, *, device: str = "") -> None:
    """Says why this request is refused, for whoever looks over the office: no word of it is what somebody typed or asked for."""
    g.refused = (why, device)


def note_refusal(answer: Response) -> Response:
    """Writes down that somebody was refused, whatever for; the answer is the same, and what is asked of the store, too.

    A page that is not theirs and one that does not exist are one thing here as they are for whoever asked.
    """
    rule = request.url_rule
    if rule is None or not 400 <= answer.status_code < 500:
        return answer
    guard, person = guard_of(current_app.view_functions[rule.endpoint]), signed_in_person()
    if guard is not None and guard.form and person is not None and answer.status_code == 404:
        refused_for("a page that is not theirs")
    if "refused" not in g:
        return answer
    why, device = g.refused
    try:
        auditing.note_refusal(
            office().store,
            why,
            f"{request.method} {rule.rule}",
            office().clock(),
            person=person.id if person else "",
            device=device,
        )
    except StoreFailed as error:
        # Who was refused is refused all the same.
        current_app.logger.error("%s while a refusal was written down", type(error).__name__)
    return answer


def _check_form() -> None:
    wanted = form_token()
    if not wanted or not hmac.compare_digest(wanted.encode(), request.form.get(FORM_FIELD, "").encode()):
        refused_for("a form of another page")
        raise FormRefused


def _session() -> SignedIn | None:
    found = current_user
    return cast("SignedIn", found._get_current_object()) if found.is_authenticated else None


def _signed_in_by_cookie(asked: Request) -> SignedIn | None:
    from fieldapp import people

    secret = asked.cookies.get(session_cookie())
    return people.session_of(office().store, secret, office().clock()) if secret else None
