"""The front door: two ways in, so that nobody has to know an address by heart."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from fieldapp.web.guards import open_to_all
from fieldapp.web.pages import show

pages = Blueprint("front", __name__)


@pages.get("/")
@open_to_all
def page() -> ResponseReturnValue:
    """Shows the way to the phone app and to the desk."""
    return show("front/page.html")
