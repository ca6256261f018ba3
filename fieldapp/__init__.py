"""fieldapp: an offline-first field record for family-support keyworkers. Here its parts are joined, and nowhere else."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from flask import Flask

from fieldapp import web
from fieldapp.config import Settings

__version__ = version("fieldapp")


def create_app(settings: Settings, *, dev: bool = False) -> Flask:
    """Join one office's parts into an app. Raises CannotStart, with the remedy, when something it needs is not there.

    ``dev`` looks for a new release at each request and keeps browsers from storing any.
    """
    app = Flask("fieldapp", static_folder=None, template_folder=str(_folder("templates")))
    app.config["VERSION"] = __version__
    web.install(app, settings, client=_folder("static") / "dist", dev=dev)
    return app


def _folder(name: str) -> Path:
    """Find a folder inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / name
    return inside if inside.is_dir() else Path(__file__).parent.parent / name
