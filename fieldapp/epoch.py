"""Notices a database that is older than what was promised from it, and makes one that was put back an office again.

The highest epoch, the count of what was placed or kept aside, and how far the audit had come when somebody last changed who reads, an
account, duty or a phone lie in a small file beside the key file, outside the database and its backups. A database that knows less than
this file was restored: the epoch rises, phones offer again what they still hold, nobody is signed in any more, private sections wait until somebody
has said who reads them, and what is known to lack is told to those who go through it.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Literal, NamedTuple

from fieldapp.store import Store
from fieldapp.store.audit import GONE_THROUGH
from fieldapp.store.settings import RESTORED_AT, RESTORED_LACKS

Kind = Literal["readers", "accounts", "duty", "phones"]
"""What lives at the office alone and may have been taken away since a backup: who reads a family or private section and who responds to risk, accounts with their parts and what opens them, duty and pods, phones."""
KINDS: tuple[Kind, ...] = ("readers", "accounts", "duty", "phones")
_LENGTH = 200


class Noted(NamedTuple):
    """What the file says. Of each kind: how far the audit had come when it was last changed, 0 where nobody noted it."""

    epoch: int = 0
    entries: int = 0
    readers: int = 0
    accounts: int = 0
    duty: int = 0
    phones: int = 0

    def of(self, kind: Kind) -> int:
        return self[2 + KINDS.index(kind)]


class EpochFile:
    """The file `<key file>.epoch`; where the key is in no file, `<database>.epoch`."""

    def __init__(self, beside: Path) -> None:
        self.path = beside.with_name(beside.name + ".epoch")

    def check(self, store: Store, at: str) -> int:
        """Compares file and database, raises the epoch if the database went back, and returns the epoch. Call it at start; `at` is now."""
        with self._locked() as file:
            noted = _read(file)
            with store.writing() as tx:
                count, audit = kept(tx), audited(tx)
                epoch = epoch_of(tx)
                if noted.epoch > epoch or noted.entries > count or lacking(tx, noted):
                    epoch = max(epoch, noted.epoch) + 1
                    begin_anew(tx, at, noted)
                    tx.audit.add(at, "", "database found put back by hand")
                tx.settings.put("epoch", str(epoch))
            _write(file, Noted(epoch, count, *(min(noted.of(kind), audit) for kind in KINDS)))
        return epoch

    def raise_in(self, tx: Store, above: int = 0) -> int:
        """Gives a database that is about to be put back an epoch above its own, the noted one and `above`; returns it."""
        with self._locked() as file:
            epoch = max(epoch_of(tx), _read(file).epoch, above) + 1
        tx.settings.put("epoch", str(epoch))
        return epoch

    def settle(self, epoch: int, count: int) -> None:
        """Notes what was put back, though it be fewer. Cut off before this, the next start raises the epoch once more: no harm."""
        with self._locked() as file:
            _write(file, Noted(epoch, count))

    def noted(self) -> Noted:
        """What was noted last; nothing before the first start."""
        with self._locked() as file:
            return _read(file)

    def note(self, store: Store, *, kind: Kind | None = None) -> None:
        """Notes how much is placed and kept aside, after each push; and after a change of a `kind`, which no entry may tell of, how far the audit has come.

        It never goes back. Not the audit after each push: then a copy that lacks nothing but that somebody looked would be taken for one that was put back.
        """
        audit = audited(store)
        now = Noted(epoch_of(store), kept(store), *(audit if each == kind else 0 for each in KINDS))
        with self._locked() as file:
            noted = _read(file)
            # A count belongs to its epoch; the audit only grows.
            told = Noted(*max(now[:2], noted[:2]), *map(max, now[2:], noted[2:]))
            if told != noted:
                _write(file, told)

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


def begin_anew(tx: Store, at: str, noted: Noted) -> None:
    """Makes an older copy an office again that does not let in, or go on with, what was ended since; before anything else is written into it."""
    # What lacked at an earlier time and was never gone through lacks still.
    done = {row.what for row in tx.audit.decisions(GONE_THROUGH, tx.settings.get(RESTORED_AT))}
    still = {kind for kind in tx.settings.get(RESTORED_LACKS).split() if f"{kind} gone through" not in done}
    tx.settings.put(RESTORED_AT, at)
    tx.settings.put(RESTORED_LACKS, " ".join(sorted({*still, *lacking(tx, noted)})))
    # Who had signed out since, or was put out, is signed in again in the copy.
    tx.people.end_sessions(at)
    # Words of a reset that were used since are known to two people, and stand in the copy as if they had not been.
    tx.resets.end_every(at)
    # What was asked for may have been taken back since.
    tx.widenings.end_every(at)


def lacking(store: Store, noted: Noted) -> list[Kind]:
    """The kinds of which something was changed that this database does not know."""
    audit = audited(store)
    return [kind for kind in KINDS if noted.of(kind) > audit]


def kept(store: Store) -> int:
    """How much was ever answered with a receipt, and how many key sets were issued.

    What is kept aside counts: a phone stops sending that too. A key set counts: a phone that has one hears of no other under its number.
    """
    return store.entries.count() + store.quarantine.count() + store.office.count_keysets()


def audited(store: Store) -> int:
    """How far the audit has come."""
    return store.audit.next()[0] - 1


def epoch_of(store: Store) -> int:
    """The epoch this database is in; 1 before anything was ever restored."""
    return int(store.settings.get("epoch", "1"))


def _read(file: int) -> Noted:
    data = os.pread(file, _LENGTH, 0)
    if not data:
        return Noted()
    said = json.loads(data)
    # Earlier releases noted nothing of the audit, or only who reads, under that name.
    return Noted(
        int(said["epoch"]), int(said["entries"]), int(said.get("audit", 0)), *(int(said.get(kind, 0)) for kind in KINDS[1:])
    )


def _write(file: int, noted: Noted) -> None:
    # One write of fixed length, so that a crash in between cannot leave half a number.
    told = {"epoch": noted.epoch, "entries": noted.entries, "audit": noted.readers}
    told |= {kind: noted.of(kind) for kind in KINDS[1:]}
    os.pwrite(file, json.dumps(told).ljust(_LENGTH - 1).encode() + b"\n", 0)
