"""Notices a database that is older than what was promised from it.

The highest epoch, the count of what was placed or kept aside, and how far the audit had come when somebody last changed who reads lie in
a small file beside the key file, outside the database and its backups. A database that knows less than this file was restored: the epoch
rises, phones offer again what they still hold, and private sections wait until somebody has said who reads them.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from fieldapp.store import Store
from fieldapp.store.settings import RESTORED_AT


class EpochFile:
    """The file `<key file>.epoch`; where the key is in no file, `<database>.epoch`."""

    def __init__(self, beside: Path) -> None:
        self.path = beside.with_name(beside.name + ".epoch")

    def check(self, store: Store, at: str) -> int:
        """Compares file and database, raises the epoch if the database went back, and returns the epoch. Call it at start; `at` is now."""
        with self._locked() as file:
            noted_epoch, noted_count, noted_audit = _read(file)
            with store.writing() as tx:
                count, audit = kept(tx), _audited(tx)
                epoch = epoch_of(tx)
                if noted_epoch > epoch or noted_count > count or noted_audit > audit:
                    epoch = max(epoch, noted_epoch) + 1
                    tx.settings.put(RESTORED_AT, at)
                tx.settings.put("epoch", str(epoch))
            _write(file, epoch, count, min(noted_audit, audit))
        return epoch

    def raise_in(self, tx: Store, above: int = 0) -> int:
        """Gives a database that is about to be put back an epoch above its own, the noted one and `above`; returns it."""
        with self._locked() as file:
            epoch = max(epoch_of(tx), _read(file)[0], above) + 1
        tx.settings.put("epoch", str(epoch))
        return epoch

    def settle(self, epoch: int, count: int) -> None:
        """Notes what was put back, though it be fewer. Cut off before this, the next start raises the epoch once more: no harm."""
        with self._locked() as file:
            _write(file, epoch, count, 0)

    def noted(self) -> tuple[int, int]:
        """The highest epoch and how much was placed or kept aside by then, as far as noted; (0, 0) before the first start."""
        with self._locked() as file:
            return _read(file)[:2]

    def note(self, store: Store) -> None:
        """Notes how much is placed and kept aside, after each push. It never goes back."""
        self._note(store, 0)

    def note_readers(self, store: Store) -> None:
        """Notes what `note` does, and how far the audit has come: after each change of who reads, which no entry may tell of.

        Not after each push: then a copy that lacks nothing but that somebody looked would be taken for one that was put back.
        """
        self._note(store, _audited(store))

    def _note(self, store: Store, audit: int) -> None:
        now = epoch_of(store), kept(store)
        with self._locked() as file:
            noted = _read(file)
            told = (*max(now, noted[:2]), max(audit, noted[2]))
            if told != noted:
                _write(file, *told)

    def _locked(self) -> _Locked:
        return _Locked(self.path)


class _Locked:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> int:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self._file

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def kept(store: Store) -> int:
    """How much was ever answered with a receipt, and how many key sets were issued.

    What is kept aside counts: a phone stops sending that too. A key set counts: a phone that has one hears of no other under its number.
    """
    return store.entries.count() + store.quarantine.count() + store.office.count_keysets()


def _audited(store: Store) -> int:
    return store.audit.next()[0] - 1


def epoch_of(store: Store) -> int:
    """The epoch this database is in; 1 before anything was ever restored."""
    return int(store.settings.get("epoch", "1"))


def _read(file: int) -> tuple[int, int, int]:
    data = os.pread(file, 200, 0)
    if not data:
        return 0, 0, 0
    noted = json.loads(data)
    # An earlier release noted nothing of the audit.
    return int(noted["epoch"]), int(noted["entries"]), int(noted.get("audit", 0))


def _write(file: int, epoch: int, count: int, audit: int) -> None:
    # One write of fixed length, so that a crash in between cannot leave half a number.
    told = {"epoch": epoch, "entries": count, "audit": audit}
    os.pwrite(file, json.dumps(told).ljust(80).encode() + b"\n", 0)
