"""Runs the app under gunicorn: a few processes with threads, nothing kept between requests, no access log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication


def run(make_app: Callable[[], Flask], *, bind: str, dev: bool = False) -> None:
    """Serve until stopped. Each process makes its own app, so no database connection crosses a fork.

    There is no access log: addresses carry no names, but times and places of work are nobody's business either.
    """
    options = {
        "bind": bind,
        "worker_class": "gthread",
        "workers": 1 if dev else 2,
        "threads": 8,
        "timeout": 60,
        "graceful_timeout": 10,
        "keepalive": 5,
        "accesslog": None,
        "loglevel": "warning",
        "limit_request_line": 2048,
        "control_socket_disable": True,
        "reload": dev,
    }
    _Server(make_app, options).run()


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types, so its class is of any type
    def __init__(self, make_app: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make_app = make_app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._make_app()
