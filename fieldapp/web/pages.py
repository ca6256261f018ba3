"""What all the office's pages share: how they are rendered, where they link, and what they say when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, Response, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError, ServiceUnavailable

from fieldapp.people import Person
from fieldapp.store import StoreFailed
from fieldapp.web import guards, sign_in_words, words
from fieldapp.web.office import office

Problems = Sequence[tuple[str, str]]
"""What stands between a form and sending it: the id of the question, and the code of the words."""


def install(app: Flask, asset: Callable[[str], str]) -> None:
    """Teaches an app to render the office's pages and to say what went wrong. `asset`: name of a built file to its address."""
    loaders = [PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})]
    app.jinja_env.loader = ChoiceLoader([*([app.jinja_loader] if app.jinja_loader else []), *loaders])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=asset,
        pages_for=_pages_for,
        form_token=guards.form_token,
        message_for=_message_for,
        problems_as_links=_problems_as_links,
        is_demo=lambda: office().demo_code is not None,
    )
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(guards.SignedOutWhileTyping, _signed_out_while_typing)
    app.register_error_handler(guards.FormRefused, _form_refused)
    app.register_error_handler(StoreFailed, _not_written)
    app.register_error_handler(Exception, _our_fault)


def show(template: str, status: int = 200, **told: Any) -> Response:
    """Renders a page for whoever is signed in."""
    return Response(render_template(template, **{"person": guards.signed_in_person(), "problems": ()} | told), status)


def told_of(found: Problems) -> list[tuple[str, str]]:
    """Puts words to problems."""
    return [(where, sign_in_words.PROBLEMS.get(code) or words.PROBLEMS.get(code, code)) for where, code in found]


def _pages_for(person: Person) -> list[dict[str, Any]]:
    listed: list[tuple[str, str]] = []
    if person.role == "supervisor":
        listed.append(("board.page", "What needs reading"))
    if person.role in {"supervisor", "auditor"}:
        listed.append(("casefiles.families", "Families"))
    if person.role == "supervisor":
        listed += [("sorting.page", "Being sorted"), ("responders.page", "Who responds"), ("rotas.page", "Pods and duty")]
        listed += [("emergencies.page", "Emergencies"), ("accounts.resets", "Resets")]
    if person.role == "administrator":
        listed += [("admin.people_page", "People"), ("admin.phones", "Phones"), ("sorting.page", "Being sorted")]
        listed += [("rotas.page", "Pods and duty"), ("emergencies.page", "Emergencies"), ("accounts.resets", "Resets")]
    return [{"href": url_for(endpoint), "name": name, "here": request.endpoint == endpoint} for endpoint, name in listed]


def _message_for(problems: Sequence[tuple[str, str]], where: str) -> Mapping[str, str] | None:
    return next(({"text": text} for at, text in problems if at == where), None)


def _problems_as_links(problems: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"text": text, "href": f"#{where}"} for where, text in problems]


_SAID = {
    400: ("This could not be read", ["Something in what your browser sent was not what this page expects. Nothing has changed.", "Go back, load the page again, and try once more."]),
    404: ("There is nothing here for you", ["Either this page does not exist, or it is not open to you. Nothing has changed.", "If you came by a link, check that all of it was copied."]),
    405: ("This could not be read", ["This address does not take what your browser sent. Nothing has changed."]),
    413: ("That is too much at once", ["What you sent is larger than this page takes. Nothing was saved.", "Go back, shorten it, and send it again."]),
    429: ("Too many tries", ["Wait a few minutes, then try again. Nothing has changed."]),
    500: ("Something went wrong here", ["The fault is ours. What was sent before is safe, and so is what waits on phones.", "Try again in a minute. If it happens again, tell whoever looks after this office, with the time."]),
    503: ("The office is busy", ["Nothing has changed, and what waits on phones is safe. Try again in a minute."]),
}  # fmt: skip


def _http_problem(error: HTTPException) -> ResponseReturnValue:
    """Says what happened in plain words; a phone's request gets the protocol's JSON."""
    status = error.code or 500
    if isinstance(error, SecurityError):
        # Asked under a name that is not this office's: no page can be built for it, because no link would be right.
        return Response("This office is not known by that name.\n", status, mimetype="text/plain")
    if error.response is not None or 300 <= status < 400:
        return error
    if request.path.startswith("/sync/"):
        told = jsonify(v=1, error="not_found" if status == 404 else "bad_request" if status < 500 else "busy")
        told.status_code = status
        return _with_its_headers(told, error)
    # 403 says that something exists; nobody is told that here.
    shown = 404 if status == 403 else status
    heading, sentences = _SAID.get(shown) or _SAID[400 if shown < 500 else 500]
    answer = Response(
        render_template("pages/problem.html", heading=heading, sentences=sentences, person=_person_if_known(shown)), shown
    )
    return _with_its_headers(answer, error)


def _with_its_headers(answer: Response, error: HTTPException) -> Response:
    """Says when to come back, or which methods there are: what a status means is not whole without."""
    for name, value in error.get_headers():
        if name in {"Retry-After", "Allow"}:
            answer.headers[name] = value
    return answer


def _our_fault(error: Exception) -> ResponseReturnValue:
    """Logs which kind of fault it was and where in the code, never what it was about: a message may quote a note."""
    if current_app.testing:
        raise error
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "unknown"
    current_app.logger.error("%s at %s while answering %s", type(error).__name__, where, request.endpoint)
    if _has_typed():
        return _typed(
            "Something went wrong here", "The fault is ours, and what you sent may not have been written down.", 500, _LATER
        )
    return _http_problem(InternalServerError())


def _not_written(error: StoreFailed) -> ResponseReturnValue:
    """The disk is full or others write for too long: nothing of the request happened, and what was typed is given back."""
    current_app.logger.error("%s while answering %s", type(error).__name__, request.endpoint)
    if _has_typed():
        return _typed("The office is busy", "Nothing was written down, and nothing has changed.", 503, _LATER)
    return _http_problem(ServiceUnavailable())


def _has_typed() -> bool:
    try:
        return not request.path.startswith("/sync/") and bool(guards.words_typed())
    except HTTPException:
        return False  # the form itself is what could not be read


def _signed_out_while_typing(_: Exception) -> ResponseReturnValue:
    return _typed("You were signed out", "Nothing was sent, because you had been signed out by then.", 401)


def _form_refused(_: Exception) -> ResponseReturnValue:
    return _typed("This page was too old", "Nothing was sent, because you signed in again after opening it.", 400)


_SIGN_IN = "copy it, sign in again, and paste it where it belongs."
_LATER = "copy it, and in a minute go back, load the page again and paste it where it belongs. If it happens again, tell whoever looks after this office."


def _typed(heading: str, sentence: str, status: int, remedy: str = _SIGN_IN) -> ResponseReturnValue:
    typed = guards.words_typed()
    if not typed:
        return Response(
            render_template(
                "pages/problem.html", heading=heading, sentences=[sentence, "Load the page again and try once more."], person=None
            ),
            status,
        )
    return Response(
        render_template(
            "pages/typed.html",
            heading=heading,
            sentence=sentence,
            typed=typed,
            remedy=remedy,
            signs_in=remedy is _SIGN_IN,
            person=None,
        ),
        status,
    )


def _person_if_known(status: int) -> Person | None:
    return None if status >= 500 else guards.signed_in_person()
