"""Copies of a whole database file, and whether anybody else has one open."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from fieldapp.store.noun import StoreBusy, StoreDamaged, StoreFailed, for_reading

Tell = Callable[[int, int], None]
"""Told from time to time: how much is done, of how much."""

_PAGES_A_STEP = 256
_STEPS_A_SYNC = 16


class DatabaseInUse(StoreBusy):
    """Another program has this database open."""


def copy(source: str, target: Path, tell: Tell = lambda done, total: None) -> None:
    """Copies a database, also one that others are writing to, as it stood at one moment; `target` must not exist.

    One read transaction is held from the first page to the last, so that writers neither wait nor make it begin anew. Pages
    are copied as they lie and not gathered as VACUUM INTO would: `entries.count` lives by the row numbers it would change.
    The copy is one file, without a log beside it, safely on the disk when this returns.
    """
    descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    steps = 0

    def step(status: int, left: int, total: int) -> None:
        nonlocal steps
        steps += 1
        if steps % _STEPS_A_SYNC == 0:
            # Little by little: one large flush at the end would make the office's own commits wait for it.
            os.fdatasync(descriptor)
        tell(total - left, total)

    try:
        taken = for_reading(source)
        made = sqlite3.connect(target, isolation_level=None)
        try:
            taken.execute("BEGIN")
            taken.execute("SELECT count(*) FROM sqlite_master").fetchone()
            taken.backup(made, pages=_PAGES_A_STEP, progress=step)
            made.execute("PRAGMA journal_mode=DELETE")
        finally:
            made.close()
            taken.close()
        os.fsync(descriptor)
    except sqlite3.OperationalError as error:
        raise StoreFailed(error.sqlite_errorname) from None
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(error.sqlite_errorname) from None
    finally:
        os.close(descriptor)
    sync_folder(target.parent)


def fold(path: str) -> None:
    """Brings a database into its one file, without a log beside it. Raises DatabaseInUse while anybody else has it open.

    SQLite leaves write-ahead logging only for who is alone with the database: this is the question and the deed in one.
    """
    raw = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        # No content is looked at before, so that a damaged database can be told apart from a busy one.
        if raw.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
            raise DatabaseInUse("journal_mode")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise DatabaseInUse(error.sqlite_errorname) from None
        raise StoreDamaged(error.sqlite_errorname) from None
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(error.sqlite_errorname) from None
    finally:
        raw.close()


def sync_folder(folder: Path) -> None:
    """Makes sure that names given in this folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
