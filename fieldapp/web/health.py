"""Whether this office is up, for machines that watch it. It names nobody and counts nothing."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

from fieldapp.epoch import epoch_of
from fieldapp.web.guards import open_to_all
from fieldapp.web.office import office

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@open_to_all
def healthz() -> ResponseReturnValue:
    return jsonify(status="ok", version=current_app.config["VERSION"], epoch=epoch_of(office().store))
