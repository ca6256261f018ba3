"""A `fieldapp` command that kills itself with SIGKILL at a place it was told, as an empty battery or an impatient operator does.

    MORTAL_ORDERS=orders.json python -m tests.faults.mortal serve

Nothing in fieldapp knows of this: before the command begins, the doors it goes through (SQLite's connection, the answer to a
request, the names of files) are replaced in this process and in those it forks. As long as there is no orders file it lives
like any other; `{"place": "push: before the commit", "after": 2, "alone": false}` has it die when it has been there twice.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import os
import resource
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from flask import Flask

import fieldapp
from fieldapp import backups, checkpoints, cli, intake, store
from fieldapp.epoch import EpochFile
from fieldapp.keys.sealed_file import open_file
from fieldapp.store import migrations
from fieldapp.store.noun import Connections

PLACES = (
    "push: inside the transaction",
    "push: between savepoints",
    "push: before the commit",
    "push: while SQLite writes its log",
    "push: while SQLite writes its log back",
    "push: after the commit",
    "push: before the answer",
    "push: half-way through the answer",
    "hello: before the commit",
    "hello: after the commit",
    "migration: inside the transaction",
    "migration: before the commit",
    "migration: after the commit",
    "backup: while copying",
    "backup: before it is marked",
    "backup: before it is checked",
    "backup: before it is sealed",
    "backup: while it is read again",
    "backup: before it has its name",
    "backup: before the commit",
    "backup: after the commit",
    "restore: while it is read again",
    "restore: before it is checked",
    "restore: before the commit",
    "restore: before the old one has its second name",
    "restore: before it has its name",
    "restore: before it is noted",
    "checkpoint: before the commit",
    "checkpoint: after the commit",
    "rekey: before it has its name",
    "rekey: inside the transaction",
    "rekey: before the commit",
    "rekey: after the commit",
)
"""What is done: where in it. Before any of them come the places that are the same to a disk."""

ORDERS = Path(os.environ.get("MORTAL_ORDERS", ""))
AHEAD = timedelta(seconds=float(os.environ.get("MORTAL_AHEAD_S", "0")))
BEYOND_BYTES = 1_000  # not a whole page, so that SQLite dies with one half written
_PAGE = 4_096

_doing: contextvars.ContextVar[str] = contextvars.ContextVar("doing", default="start")
_passed = 0
_passing = threading.Lock()


def orders(place: str) -> dict[str, Any] | None:
    """What this process was told, when it is about what is done just now and this very place."""
    try:
        told = json.loads(ORDERS.read_text())
    except (OSError, ValueError):
        return None
    return told if told["place"] == f"{_doing.get()}: {place}" else None


def passes(place: str) -> None:
    """Comes through a door: for the last time, when that was ordered."""
    global _passed
    told = orders(place)
    if told is None:
        return
    with _passing:
        _passed += 1
        if _passed > told["after"]:
            die(alone=told["alone"])


def die(*, alone: bool) -> None:
    """Ends this process, and unless it dies `alone` all that belong to it, with nothing cleared up."""
    if alone:
        os.kill(os.getpid(), signal.SIGKILL)
    os.killpg(os.getpgrp(), signal.SIGKILL)


class Connection(sqlite3.Connection):
    """SQLite's own connection, with doors in front of what changes the disk."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        word = sql.lstrip().split(None, 1)[0].rstrip(";").upper()
        if word == "BEGIN" and (orders("while SQLite writes its log") or orders("while SQLite writes its log back")):
            # An empty log: what is left of an older one would be written over before it grows.
            with contextlib.suppress(sqlite3.OperationalError):
                super().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if word == "COMMIT":
            self._may_end_in_the_middle()
            passes("before the commit")
            done = super().execute(sql, parameters)
            passes("after the commit")
            return done
        done = super().execute(sql, parameters)
        if word == "RELEASE":
            passes("between savepoints")
        elif self.in_transaction and word not in ("BEGIN", "PRAGMA", "SELECT", "SAVEPOINT"):
            passes("inside the transaction")
        return done

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        done = super().executemany(sql, parameters)
        passes("inside the transaction")
        return done

    def backup(self, target: sqlite3.Connection, *, pages: int = -1, progress: Any = None, **more: Any) -> None:
        def step(status: int, left: int, total: int) -> None:
            passes("while copying")
            progress(status, left, total)

        super().backup(target, pages=pages, progress=step, **more)

    def _may_end_in_the_middle(self) -> None:
        """Lets the kernel end this process in the middle of a write of SQLite's own: when a file grows beyond a limit."""
        path = Path(super().execute("PRAGMA database_list").fetchone()[2])
        if told := orders("while SQLite writes its log"):
            _end_beyond(Path(f"{path}-wal"), told["after"])
        if told := orders("while SQLite writes its log back"):
            super().execute("PRAGMA wal_autocheckpoint=1")
            _end_beyond(path, told["after"])


def _end_beyond(path: Path, pages: int) -> None:
    most = path.stat().st_size + pages * _PAGE + BEYOND_BYTES
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def _before(owner: Any, name: str, place: str) -> None:
    """Puts a door before a function."""
    real: Callable[..., Any] = getattr(owner, name)

    def wrapped(*given: Any, **more: Any) -> Any:
        passes(place)
        return real(*given, **more)

    setattr(owner, name, wrapped)


def _within(doing: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """Calls the doors inside a function by what it does."""

    def wrapped(*given: Any, **more: Any) -> Any:
        before = _doing.set(doing)
        try:
            return real(*given, **more)
        finally:
            _doing.reset(before)

    return wrapped


def _answering(real: Callable[..., Iterable[bytes]]) -> Callable[..., Iterator[bytes]]:
    """What answers a request, with a door before its answer and one in the middle of it."""

    def wrapped(app: Flask, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        _doing.set(environ["PATH_INFO"].removeprefix("/sync/v1/"))
        answer = b"".join(real(app, environ, start_response))
        passes("before the answer")
        yield answer[: len(answer) // 2]
        passes("half-way through the answer")
        yield answer[len(answer) // 2 :]

    return wrapped


def _read_again(real: Callable[..., bytes]) -> Callable[..., bytes]:
    """Opens a sealed backup with a door before each piece."""

    def wrapped(masters: Any, source: Any, write: Callable[[bytes], object], *more: Any) -> bytes:
        def piece(content: bytes) -> object:
            passes("while it is read again")
            return write(content)

        return real(masters, source, piece, *more)

    return wrapped


def _next_release(connections: Connections) -> None:
    """A step that the next release might take: rows and an index made from what is there."""
    connections.raw.execute("CREATE TABLE next_release (casefile TEXT PRIMARY KEY, entries INTEGER NOT NULL)")
    connections.raw.execute("INSERT INTO next_release SELECT casefile, count(*) FROM entries GROUP BY casefile")
    connections.raw.execute("CREATE INDEX next_release_by_entries ON next_release (entries)")


def _stumbling(real: Callable[..., None]) -> Callable[..., None]:
    """Makes the office stumble over a push as a whole, so that it places each envelope in a savepoint of its own."""

    def wrapped(tx: Any, keys: Any, device: str, items: Any, at: str) -> None:
        if len(items) > 1 and orders("between savepoints"):
            raise ArithmeticError("ordered")
        real(tx, keys, device, items, at)

    return wrapped


class _Ahead(datetime):
    """A clock that is ahead, so that what came an hour ago need not be waited for."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + AHEAD


def become_mortal() -> None:
    """Replaces the doors of this process."""
    connect = sqlite3.connect
    replaced = cast("Any", sqlite3)
    replaced.connect = lambda *given, **more: connect(*given, **{"factory": Connection, **more})
    cast("Any", fieldapp).datetime = _Ahead
    cast("Any", Flask).wsgi_app = _answering(Flask.wsgi_app)
    cast("Any", store).migrate = _within("migration", migrations.migrate)
    cast("Any", intake)._place = _stumbling(intake._place)
    # News each time: otherwise one greeting an hour would sign a checkpoint.
    cast("Any", checkpoints).CHECKPOINT_EVERY = timedelta(0)
    cast("Any", backups).open_file = _read_again(open_file)
    if os.environ.get("MORTAL_NEXT"):
        cast("Any", migrations).STEPS = (*migrations.STEPS, _next_release)
    _before(backups, "_mark", "before it is marked")
    _before(backups, "_walked", "before it is checked")
    _before(backups, "_seal", "before it is sealed")
    _before(Path, "rename", "before it has its name")
    _before(Path, "replace", "before it has its name")
    _before(Path, "hardlink_to", "before the old one has its second name")
    _before(EpochFile, "settle", "before it is noted")
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Runs a command of fieldapp, in a group of its own so that nobody dies with it."""
    if os.getpgrp() != os.getpid():
        os.setsid()
    become_mortal()
    if sys.argv[1] != "serve":
        _doing.set(sys.argv[1])
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
