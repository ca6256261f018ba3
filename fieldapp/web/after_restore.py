"""What to go through after a restore, and that somebody did."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import after_restore
from fieldapp.web import words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show
from sync.entry import stamp

pages = Blueprint("after_restore", __name__, url_prefix="/desk")


@pages.get("/after-a-restore")
@signed_in("supervisor", "administrator")
def page() -> ResponseReturnValue:
    here = office()
    now, names = here.clock(), here.store.people.names()
    things = [
        {
            "kind": each.kind,
            **words.AFTER_A_RESTORE[each.kind],
            "links": [(url_for(endpoint), text) for endpoint, text in words.LOOK_THERE[each.kind]],
            "is_known": each.is_known,
            "done": words.gone_through(names.get(each.done_by, ""), each.done_at, now) if each.done_at else "",
        }
        for each in after_restore.things_for(here.store, me())
    ]
    at = after_restore.restored_at(here.store)
    return show("after_restore/page.html", things=things, at=at and words.when_text(at, now))


@pages.post("/after-a-restore")
@signed_in("supervisor", "administrator")
def tick() -> ResponseReturnValue:
    """Writes down that this person went through one of them."""
    here = office()
    if after_restore.tick(here.store, me(), request.form.get("kind", ""), here.clock()) and here.epoch_file is not None:
        here.epoch_file.went_through(here.store, stamp(here.clock()))
    return redirect(url_for("after_restore.page"), code=303)
