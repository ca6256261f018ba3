"""Setting an account up, the first time or anew after a reset, with words from two people at the office."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from fieldapp import accounts, passwords, people
from fieldapp.accounts import NotThisOne, Ticket
from fieldapp.people import Refused
from fieldapp.web.accounts import phones_of
from fieldapp.web.guards import open_form, open_to_all
from fieldapp.web.office import noting, office
from fieldapp.web.pages import Problems, show, told_of
from fieldapp.web.sign_in import refusal, waiting
from fieldapp.web.visitors import bound_to, show_to_visitor

pages = Blueprint("set_up", __name__, url_prefix="/desk")
pages.after_request(noting("accounts"))

_FIELDS = ("email", "first", "second")


@pages.get("/set-up")
@open_to_all
def page() -> ResponseReturnValue:
    return _words_form({})


@pages.post("/set-up")
@open_form
def begin() -> ResponseReturnValue:
    """Takes the words of both people; says the same thing whatever was wrong with them."""
    typed = {name: request.form.get(name, "") for name in _FIELDS}
    missing = [(name, f"{name}_missing") for name in _FIELDS if not typed[name].strip()]
    if missing:
        return _words_form(typed, told_of(missing), 400)
    here = office()
    found = accounts.begin_set_up(
        here.store, here.keys, typed["email"], typed["first"], typed["second"], request.remote_addr or "", bound_to(), here.clock
    )
    if isinstance(found, Refused):
        problems, status = refusal(found, "email", "set_up_refused")
        return waiting(_words_form(typed, problems, status), found)
    ticket, sealed = found
    return _secrets_form(ticket, sealed)


@pages.post("/set-up/finish")
@open_form
def finish() -> ResponseReturnValue:
    """Gives the account its new password and second factor, once a code shows that the authenticator has its key."""
    here = office()
    sealed, new, code = (request.form.get(name, "") for name in ("ticket", "new", "code"))
    ticket = accounts.read_ticket(here.store, here.keys, sealed, bound_to(), here.clock())
    if ticket is None:
        return _words_form({}, told_of([("email", "set_up_over")]), 409)
    wrong = [("new", "new_missing")] if not new else []
    fault = passwords.fault_of(new, name=ticket.person.name, email=ticket.person.email) if new else None
    wrong += [("new", f"password_{fault}")] if fault else []
    wrong += [("code", "code_missing")] if not code.strip() else []
    if wrong:
        return _secrets_form(ticket, sealed, told_of(wrong), 400)
    try:
        accounts.finish_set_up(here.store, here.keys, ticket, new, code, here.clock())
    except NotThisOne as refused:
        if refused.code == "code":
            return _secrets_form(ticket, sealed, told_of([("code", "new_code_wrong")]), 400)
        return _words_form({}, told_of([("email", "set_up_over")]), 409)
    at_desk = people.may_sign_in_at_desk(ticket.person)
    return show(
        "set_up/done.html", person=None, at_desk=at_desk, is_first=ticket.is_first, phones=phones_of(ticket.person.id),
        may_mark=ticket.person.role in {"supervisor", "administrator"},
    )  # fmt: skip


def _words_form(typed: dict[str, str], problems: Problems = (), status: int = 200) -> Response:
    return show_to_visitor("set_up/words.html", status, typed=typed, problems=problems)


def _secrets_form(ticket: Ticket, sealed: str, problems: Problems = (), status: int = 200) -> Response:
    link = people.authenticator_link(ticket.person, ticket.totp)
    return show_to_visitor(
        "set_up/secrets.html",
        status,
        name=ticket.person.name,
        is_first=ticket.is_first,
        totp=ticket.totp,
        link=link,
        ticket=sealed,
        drawn=passwords.drawn(),
        problems=problems,
    )
