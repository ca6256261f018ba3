"""The one door to SQL: keeps sealed bytes and the clear columns that reports need.

    store = fieldapp.store.open(path)
    with store.writing() as tx:          # one BEGIN IMMEDIATE; nested blocks are savepoints
        tx.casefiles.grant(...)

`tx` is the same store: the nouns always speak over the calling thread's connection.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike, fspath

from fieldapp.store.alarms import Alarms
from fieldapp.store.arrangements import Arrangements
from fieldapp.store.audit import Audit
from fieldapp.store.casefiles import Casefiles
from fieldapp.store.drafts import Drafts
from fieldapp.store.emergencies import Emergencies
from fieldapp.store.entries import Entries
from fieldapp.store.holdings import Holdings
from fieldapp.store.inspection import Inspection
from fieldapp.store.migrations import DatabaseIsNewer, DatabaseIsOlder, migrate, require_shape
from fieldapp.store.noun import BUSY_TIMEOUT_S, Connections, NotWriting, Sealed, StoreBusy, StoreDamaged, StoreFailed
from fieldapp.store.office import Office
from fieldapp.store.people import People
from fieldapp.store.quarantine import Quarantine
from fieldapp.store.records import Records
from fieldapp.store.refusals import Refusals
from fieldapp.store.rotas import Rotas
from fieldapp.store.second_factors import CouncilAccounts, Passkeys, Resets, Spent
from fieldapp.store.settings import Settings
from fieldapp.store.signers import Signers
from fieldapp.store.widenings import Widenings

__all__ = [
    "DatabaseIsNewer",
    "DatabaseIsOlder",
    "NotWriting",
    "Sealed",
    "Store",
    "StoreBusy",
    "StoreDamaged",
    "StoreFailed",
    "open",
    "open_still",
]


class Store:
    """Every noun over one database file. Safe to share between threads; each thread has its own connection."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.alarms = Alarms(connections)
        self.arrangements = Arrangements(connections)
        self.audit = Audit(connections)
        self.casefiles = Casefiles(connections)
        self.council_accounts = CouncilAccounts(connections)
        self.drafts = Drafts(connections)
        self.emergencies = Emergencies(connections)
        self.entries = Entries(connections)
        self.holdings = Holdings(connections)
        self.inspection = Inspection(connections)
        self.office = Office(connections)
        self.passkeys = Passkeys(connections)
        self.people = People(connections)
        self.quarantine = Quarantine(connections)
        self.records = Records(connections)
        self.refusals = Refusals(connections)
        self.resets = Resets(connections)
        self.rotas = Rotas(connections)
        self.settings = Settings(connections)
        self.signers = Signers(connections)
        self.spent = Spent(connections)
        self.widenings = Widenings(connections)

    @property
    def path(self) -> str:
        """Where the database file lies."""
        return self._connections.path

    @contextmanager
    def writing(self, *, patience_s: float = BUSY_TIMEOUT_S) -> Iterator[Store]:
        """Commits all that happens inside as one, or nothing. Others wait for it; inside another it is a savepoint.

        Waits so long for who is writing just now, and then raises StoreBusy.
        """
        with self._connections.immediate(patience_s):
            yield self

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """Shows one unmoving state for as long as the block lasts."""
        with self._connections.snapshot():
            yield self

    def empty_log(self) -> bool:
        """Brings what the log beside the database holds into it, and empties the log: what was overwritten is then in no file any more.

        Waits for those who read; False when one of them read on for too long. Call it outside of any transaction.
        """
        return self._connections.empty_log()

    def close(self) -> None:
        """Closes this thread's connection."""
        self._connections.close()


def open(path: str | PathLike[str]) -> Store:
    """Opens the database at `path`, makes it if need be, and brings it to this release's shape."""
    with suppress(OSError):
        # SQLite would let the machine's other accounts read it: who works here and when is in it in the clear. Its logs take after it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connections = Connections(fspath(path))
    migrate(connections)
    opened = Store(connections)
    opened.arrangements.watch()
    return opened


def open_still(path: str | PathLike[str]) -> Store:
    """Opens a database to look only: nothing in it changes, whoever else has it open.

    Raises DatabaseIsNewer or DatabaseIsOlder when its shape is not this release's; StoreDamaged when it is no database.
    """
    connections = Connections(fspath(path), still=True)
    with connections.snapshot():
        require_shape(connections)
    return Store(connections)
