"""What every noun of the store stands on: one connection per thread, and the words for asking it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NewType
from urllib.parse import quote

from sqlite_utils import Database

from fieldapp.errors import FieldappError

Sealed = NewType("Sealed", bytes)
"""Bytes that `keys` has sealed. The store takes content in no other form, so a type error stands where a leak would."""

BUSY_TIMEOUT_S = 10.0


class NotWriting(FieldappError):
    """A change was asked for outside `with store.writing()`, where nothing would commit it as a whole."""


class StoreFailed(FieldappError):
    """The database could not write: its disk is full or failing. Nothing of the block happened."""


class StoreBusy(StoreFailed):
    """Others were writing for too long. Nothing happened; asking again later is right."""


class StoreDamaged(StoreFailed):
    """The file is no database, or one whose pages are broken."""


_TROUBLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
"""What is wrong with the disk or the moment, not with a row. SQLite may have taken back the whole transaction by itself."""

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def for_reading(path: str) -> sqlite3.Connection:
    """Opens a database that is there, to look only: not even its journal changes."""
    try:
        raw = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S)
    except sqlite3.OperationalError as error:
        raise StoreFailed(error.sqlite_errorname) from None
    try:
        # The first thing that reads the file: here it shows whether it is a database.
        raw.execute("PRAGMA cache_size=-16000")
    except sqlite3.DatabaseError as error:
        raw.close()
        raise (StoreDamaged if error.sqlite_errorcode & 0xFF in _DAMAGE else StoreFailed)(error.sqlite_errorname) from None
    except UnicodeDecodeError:
        # SQLite quotes the broken table's text in its complaint, and Python cannot read the quotation.
        raw.close()
        raise StoreDamaged("not text") from None
    raw.row_factory = sqlite3.Row
    return raw


Changed = set[tuple[str, str]]
"""What a transaction changed: (table, key)."""


class Connections:
    """One SQLite connection for each thread: a connection shared by threads would interleave their transactions."""

    def __init__(self, path: str, *, still: bool = False) -> None:
        self.path = path
        self._is_still = still
        self._mine = threading.local()
        self._notice: Callable[[sqlite3.Connection], Changed] | None = None
        self._before_commit: Callable[[Changed], None] | None = None

    @property
    def db(self) -> Database:
        """This thread's database, opened at first use."""
        db: Database | None = getattr(self._mine, "db", None)
        if db is None:
            db = self._connect()
            self._mine.db = db
        return db

    @property
    def raw(self) -> sqlite3.Connection:
        """The bare connection, for prepared statements on the hot path."""
        return self.db.conn

    def watch(self, notice: Callable[[sqlite3.Connection], Changed], before_commit: Callable[[Changed], None]) -> None:
        """Gives each connection a set of what it changed, which `before_commit` is told of where there is anything in it."""
        self.close()
        self._notice, self._before_commit = notice, before_commit

    def close(self) -> None:
        """Closes this thread's connection; the next use opens another."""
        db: Database | None = getattr(self._mine, "db", None)
        if db is not None:
            db.conn.close()
            self._mine.db = None

    def _connect(self) -> Database:
        self._mine.changed = set()
        if self._is_still:
            return Database(for_reading(self.path))
        # isolation_level None: transactions begin where `writing` says, never where the driver guesses.
        raw = sqlite3.connect(
            self.path,
            isolation_level=None,
            timeout=BUSY_TIMEOUT_S,
            cached_statements=512,
            check_same_thread=False,
        )
        raw.row_factory = sqlite3.Row
        try:
            # The first of them reads the file: here it shows whether it is a database.
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "secure_delete=ON",
                "cache_size=-16000",
                # 16 MiB between checkpoints: each one writes every page again, and pushes touch the same pages.
                "wal_autocheckpoint=4000",
                "temp_store=MEMORY",
            ):
                raw.execute(f"PRAGMA {pragma}")
        except sqlite3.DatabaseError as error:
            raw.close()
            if error.sqlite_errorcode & 0xFF in _DAMAGE:
                raise StoreDamaged(error.sqlite_errorname) from None
            raise
        if self._notice is not None:
            self._mine.changed = self._notice(raw)
        return Database(raw)

    @contextmanager
    def immediate(self, patience_s: float = BUSY_TIMEOUT_S) -> Iterator[None]:
        """Holds the write lock from the first statement on, for which it waits so long; inside another such block it is a savepoint."""
        db = self.db
        if db.conn.in_transaction:
            with db.atomic():
                yield
            return
        try:
            if patience_s != BUSY_TIMEOUT_S:
                db.conn.execute(f"PRAGMA busy_timeout={int(patience_s * 1000)}")
            db.conn.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise StoreBusy(type(error).__name__) from None
        finally:
            if patience_s != BUSY_TIMEOUT_S:
                db.conn.execute(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT_S * 1000)}")
        try:
            yield
            if not self._is_in_transaction():
                # A full disk made SQLite take everything back in the middle, and somebody inside went on regardless.
                raise StoreFailed("taken back")
            if self._mine.changed and self._before_commit is not None:
                self._before_commit(self._mine.changed)
            db.conn.execute("COMMIT")
        except sqlite3.OperationalError as error:
            db.rollback()
            # One without a code is Python's own: bytes that should be text are none.
            if not hasattr(error, "sqlite_errorcode"):
                raise StoreDamaged("not text") from None
            if error.sqlite_errorcode & 0xFF in _TROUBLE:
                raise StoreFailed(error.sqlite_errorname) from None
            raise
        except sqlite3.DatabaseError as error:
            db.rollback()
            if error.sqlite_errorcode & 0xFF in _DAMAGE:
                raise StoreDamaged(error.sqlite_errorname) from None
            raise
        except BaseException:
            db.rollback()
            raise
        finally:
            self._mine.changed.clear()

    def empty_log(self) -> bool:
        """Folds the write-ahead log into the database and cuts it to nothing; False when somebody read on for too long."""
        is_busy: int = self.raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not is_busy

    def _is_in_transaction(self) -> bool:
        return bool(self.raw.in_transaction)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads one unmoving state of the database, however many questions are asked."""
        db = self.db
        if db.conn.in_transaction:
            yield
            return
        try:
            db.conn.execute("BEGIN")
            yield
        except sqlite3.DatabaseError as error:
            # One without a code is Python's own: bytes that should be text are none.
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
            # Of a database that was opened to look only the shape is known: a question it does not understand means that its tables' text was changed.
            if code in _DAMAGE or (self._is_still and code == sqlite3.SQLITE_ERROR):
                raise StoreDamaged(getattr(error, "sqlite_errorname", "not text")) from None
            raise
        except UnicodeDecodeError:
            raise StoreDamaged("not text") from None
        finally:
            db.rollback()


class Noun:
    """One group of tables. Its methods are the only SQL about them."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @property
    def _db(self) -> Database:
        return self._connections.db

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self._connections.raw.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connections.raw.execute(sql, values).fetchone()
        return row

    def _value(self, sql: str, *values: object) -> Any:
        row = self._connections.raw.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def _run(self, sql: str, *values: object) -> int:
        """Changes rows inside `writing`; returns how many."""
        raw = self._connections.raw
        if not raw.in_transaction:
            raise NotWriting(sql.split(None, 3)[0])
        return raw.execute(sql, values).rowcount

    def _run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        raw = self._connections.raw
        if not raw.in_transaction:
            raise NotWriting(sql.split(None, 3)[0])
        raw.executemany(sql, rows)
