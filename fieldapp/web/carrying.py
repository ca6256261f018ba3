"""What waits on a phone that cannot reach the office, brought here in a file: the form, and in numbers what came of it."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from fieldapp import carrying
from fieldapp.web import words
from fieldapp.web.guards import FORM_LIMIT, me, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show, told_of

pages = Blueprint("carrying", __name__, url_prefix="/desk")


@pages.get("/carried")
@signed_in("supervisor", "administrator")
def page() -> ResponseReturnValue:
    return show("carrying/page.html")


@pages.post("/carried")
@signed_in("supervisor", "administrator", limit=carrying.FILE_BYTES + FORM_LIMIT)
def send() -> ResponseReturnValue:
    """Takes the file in and says what came of it, on the answer itself: sent twice, it only says that all of it is here."""
    here = office()
    file = request.files.get("file")
    if file is None or not file.filename:
        return _refused("file_missing")
    try:
        taken = carrying.take_in(here.store, here.keys, me(), file.stream, here.clock)
    except carrying.NotOurFile:
        return _refused("file_not_ours")
    if here.epoch_file is not None:
        here.epoch_file.note(here.store)
    counts, said = words.carried(taken)
    return show(
        "carrying/taken.html",
        counts=counts,
        said=said,
        to_sort=taken.sorting + taken.unreadable > 0,
        is_whole=taken.later == 0 and not taken.is_cut,
    )


@pages.errorhandler(RequestEntityTooLarge)
def _too_large(_: RequestEntityTooLarge) -> ResponseReturnValue:
    return _refused("file_too_large", 413)


def _refused(code: str, status: int = 400) -> ResponseReturnValue:
    return show("carrying/page.html", status, problems=told_of([("file", code)]))
