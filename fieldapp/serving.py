"""Runs the app under gunicorn: a few processes with threads, nothing kept between requests, no access log."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.http import errors
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

PATIENCE_S = 30
"""How long a request may stand still on its way in. Phones send what was cut off again, and each holds one of a few threads."""


def run(make_app: Callable[[], Flask], *, bind: str, dev: bool = False, patience_s: int = PATIENCE_S) -> None:
    """Serve until stopped. Each process makes its own app, so no database connection crosses a fork.

    There is no access log: addresses carry no names, but times and places of work are nobody's business either.
    """
    options = {
        "bind": bind,
        "worker_class": _worker(patience_s),
        "workers": 1 if dev else 2,
        "threads": 8,
        "timeout": 60,
        "graceful_timeout": 10,
        "keepalive": 5,
        "accesslog": None,
        "loglevel": "warning",
        "limit_request_line": 2048,
        "limit_request_fields": 64,
        "limit_request_field_size": 8190,
        "control_socket_disable": True,
        "reload": dev,
    }
    _Server(make_app, options).run()


def _worker(patience_s: float) -> type[ThreadWorker]:
    class Worker(_Worker):
        patience = patience_s

    return Worker


class _Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types, so its classes are of any type
    """Waits for nobody for ever, and answers what is no request as strictly as everything else."""

    patience: float = PATIENCE_S

    def enqueue_req(self, conn: Any) -> None:
        if not conn.initialized:
            _lose_patience(conn, self.patience)
        super().enqueue_req(conn)

    def handle_error(self, req: object, client: socket.socket, addr: object, exc: BaseException) -> None:
        """Says what is wrong in words of ours: gunicorn's own page repeats what was sent, under no policy at all."""
        is_theirs = isinstance(exc, errors.ParseException)
        status = next(
            (told for kind, told in _STATUS if isinstance(exc, kind)),
            "400 Bad Request" if is_theirs else "500 Internal Server Error",
        )
        # Neither who asked nor what: a line that cannot be read may hold anything.
        self.log.warning("%s before anything was answered", type(exc).__name__)
        said = (
            "This could not be read. Nothing has changed.\n"
            if is_theirs
            else "Something went wrong here. Try again in a minute.\n"
        )
        head = [f"HTTP/1.1 {status}", "Connection: close", f"Content-Length: {len(said)}", *_STRICT]
        try:
            write_nonblock(client, "\r\n".join([*head, "", said]).encode())
        except OSError:
            self.log.debug("nobody waited for that answer")


def _lose_patience(conn: Any, patience_s: float) -> None:
    """Lets a connection on which nothing arrives for so long end as if it had been closed at the other end.

    gunicorn's own timeouts end once the first byte of a request is there: after that, some twenty browsers that never finish their
    first line would hold every thread, and keep everybody out.
    """
    begin, close = conn.init, conn.close

    def init() -> None:
        if conn.initialized:
            return
        begin()
        unreader = conn.parser.unreader
        read = unreader.chunk

        def chunk(*size: int) -> bytes:
            if conn.sock.gettimeout() is not None:
                return bytes(read(*size))  # whoever asks has a shorter patience of their own
            conn.sock.settimeout(patience_s)
            try:
                return bytes(read(*size))
            except TimeoutError:
                # Not drained in the end: that waits two more seconds, on the thread that lets everybody in.
                conn.close = lambda graceful=False: close()
                raise errors.NoMoreData from None
            finally:
                # An answer may take as long as it takes on a bad line.
                conn.sock.settimeout(None)

        unreader.chunk = chunk

    conn.init = init


_STATUS = (
    (errors.LimitRequestLine, "414 URI Too Long"),
    (errors.LimitRequestHeaders, "431 Request Header Fields Too Large"),
    (errors.UnsupportedTransferCoding, "501 Not Implemented"),
    (errors.ExpectationFailed, "417 Expectation Failed"),
)
_STRICT = (
    "Content-Type: text/plain; charset=utf-8",
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy: same-origin",
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: no-referrer",
    "Cache-Control: no-store",
)


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
