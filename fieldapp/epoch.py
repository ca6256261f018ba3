"""Notices a database that is older than what was promised from it, and makes one that was put back an office again.

The highest epoch, the count of what was placed or kept aside, how far the audit had come when somebody last changed who reads, an
account, duty or a phone, and what lacks since an earlier restore and nobody went through lie in a small file beside the key file, outside the database and its backups. A database that knows less than
this file was restored: the epoch rises, phones offer again what they still hold, nobody is signed in any more, private sections wait until somebody
has said who reads them, and what is known to lack is told to those who go through it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from fieldapp import access
from fieldapp.errors import CannotStart
from fieldapp.store import Store
from fieldapp.store.audit import GONE_THROUGH
from fieldapp.store.settings import RESTORED_AT, RESTORED_LACKS

Kind = Literal["readers", "accounts", "duty", "phones"]
"""What lives at the office alone and may have been taken away since a backup: who reads a family or private section and who responds to risk, accounts with their parts and what opens them, duty and pods, phones."""
KINDS: tuple[Kind, ...] = ("readers", "accounts", "duty", "phones")
_LENGTH = 200


class Noted(NamedTuple):
    """What the file says. Of each kind: how far the audit had come when it was last changed, 0 where nobody noted it.

    `lacks`: what was known to lack in a copy that was put back, and was not gone through since. The copy does not know it, and may be put back once more.
    """

    epoch: int = 0
    entries: int = 0
    readers: int = 0
    accounts: int = 0
    duty: int = 0
    phones: int = 0
    lacks: tuple[Kind, ...] = ()

    def of(self, kind: Kind) -> int:
        return (self.readers, self.accounts, self.duty, self.phones)[KINDS.index(kind)]

    def each(self, change: Callable[[Kind, int], int]) -> Noted:
        """The same with another number of each kind."""
        readers, accounts, duty, phones = (change(kind, self.of(kind)) for kind in KINDS)
        return self._replace(readers=readers, accounts=accounts, duty=duty, phones=phones)


class EpochFile:
    """The file `<key file>.epoch`; where the key is in no file, `<database>.epoch`."""

    def __init__(self, beside: Path) -> None:
        self.path = beside.with_name(beside.name + ".epoch")

    def check(self, store: Store, at: str) -> int:
        """Compares file and database, raises the epoch if the database went back, and returns the epoch. Call it at start; `at` is now."""
        with self._locked() as file:
            noted = _read(file, self.path)
            with store.writing() as tx:
                count, epoch = kept(tx), epoch_of(tx)
                told = noted._replace(lacks=_still(tx, at))
                if noted.epoch > epoch or noted.entries > count or lacking(tx, noted):
                    epoch = max(epoch, noted.epoch) + 1
                    told = begin_anew(tx, at, noted)
                    tx.audit.add(at, "", "database found put back by hand")
                tx.settings.put("epoch", str(epoch))
            _write(file, told._replace(epoch=epoch, entries=count))
        return epoch

    def raise_in(self, tx: Store, above: int = 0) -> int:
        """Gives a database that is about to be put back an epoch above its own, the noted one and `above`; returns it."""
        with self._locked() as file:
            epoch = max(epoch_of(tx), _read(file, self.path).epoch, above) + 1
        tx.settings.put("epoch", str(epoch))
        return epoch

    def settle(self, told: Noted) -> None:
        """Notes what was put back, though it be fewer: what `begin_anew` gave, with its epoch and count. Cut off before this, the next start raises the epoch once more: no harm."""
        with self._locked() as file:
            _write(file, told)

    def went_through(self, store: Store, at: str) -> None:
        """Notes what still lacks after somebody went through something; `at` is now."""
        with self._locked() as file:
            noted = _read(file, self.path)
            told = noted._replace(lacks=_still(store, at))
            if told != noted:
                _write(file, told)

    def noted(self) -> Noted:
        """What was noted last; nothing before the first start."""
        with self._locked() as file:
            return _read(file, self.path)

    def note(self, store: Store, *kinds: Kind) -> None:
        """Notes how much is placed and kept aside, after each push; and after a change of `kinds`, which no entry may tell of, how far the audit has come.

        It never goes back. Not the audit after each push: then a copy that lacks nothing but that somebody looked would be taken for one that was put back.
        """
        audit = audited(store)
        now = epoch_of(store), kept(store)
        with self._locked() as file:
            noted = _read(file, self.path)
            # A count belongs to its epoch; the audit only grows.
            epoch, entries = max(now, (noted.epoch, noted.entries))
            told = noted._replace(epoch=epoch, entries=entries).each(lambda each, n: max(n, audit) if each in kinds else n)
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


def begin_anew(tx: Store, at: str, noted: Noted) -> Noted:
    """Makes an older copy an office again that does not let in, or go on with, what was ended since; before anything else is written into it.

    Returns what is to be noted from then on, but for epoch and count.
    """
    # What lacked at an earlier time and was not gone through lacks still: the file knows it, and where that is new the copy may.
    found = {*_still(tx, at), *noted.lacks, *lacking(tx, noted)}
    lacks = tuple(kind for kind in KINDS if kind in found)
    audit = audited(tx)
    tx.settings.put(RESTORED_AT, at)
    tx.settings.put(RESTORED_LACKS, " ".join(sorted(lacks)))
    # Who had signed out since, or was put out, is signed in again in the copy.
    tx.people.end_sessions(at)
    # Words of a reset that were used since are known to two people, and stand in the copy as if they had not been.
    tx.resets.end_every(at)
    # What was asked for may have been taken back since.
    tx.widenings.end_every(at)
    return noted._replace(lacks=lacks).each(lambda _, n: min(n, audit))


def deed_of(kind: Kind) -> str:
    """What the audit says of whoever went through one kind (GONE_THROUGH)."""
    return f"{kind} gone through"


def answers_for_readers(store: Store, person: str, restored: str) -> bool:
    """Whether this person was a supervisor when the office was put back: whoever became one later took nobody off before."""
    return any(
        each.role == "supervisor" and access.holds(each.from_at, each.until_at, restored)
        for each in store.people.memberships_of(person)
    )


def _still(store: Store, at: str) -> tuple[Kind, ...]:
    """What this database says lacks since its last restore, without what was gone through: who reads, once every supervisor has who is to."""
    restored, known = store.settings.get(RESTORED_AT), store.settings.get(RESTORED_LACKS).split()
    if not known:
        return ()
    rows = store.audit.decisions(GONE_THROUGH, restored)
    done = {row.what for row in rows}
    looked = {row.person for row in rows if row.what == deed_of("readers")}
    if any(
        row.role == "supervisor" and access.holds(row.active_from, row.ended_at, at) and row.id not in looked
        for row in store.people.all()
        if answers_for_readers(store, row.id, restored)
    ):
        done.discard(deed_of("readers"))
    return tuple(kind for kind in KINDS if kind in known and deed_of(kind) not in done)


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


def _read(file: int, path: Path) -> Noted:
    data = os.pread(file, _LENGTH, 0)
    if not data:
        return Noted()
    try:
        # Only the first value: an earlier release writes fewer bytes, and leaves behind them what stood there.
        said, _ = json.JSONDecoder().raw_decode(data.decode())
        # Earlier releases noted nothing of the audit, or only who reads, under that name.
        numbers = [int(said.get(name, 0)) for name in ("epoch", "entries", "audit", *KINDS[1:])]
        lacks = str(said.get("lacks", "")).split()
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise CannotStart(
            f"{path} is damaged or cut off: it says how new the database has to be. If nobody has put back the database since the office last ran, "
            "move that file away and start again, which makes it anew. Otherwise move it away and put a backup back with `fieldapp restore`. Nothing was changed."
        ) from None
    epoch, entries, readers, accounts, duty, phones = numbers
    return Noted(epoch, entries, readers, accounts, duty, phones, tuple(kind for kind in KINDS if kind in lacks))


def _write(file: int, noted: Noted) -> None:
    # One write of fixed length, so that a crash in between cannot leave half a number.
    told = {"epoch": noted.epoch, "entries": noted.entries, "audit": noted.readers}
    told |= {kind: noted.of(kind) for kind in KINDS[1:]}
    os.pwrite(file, json.dumps({**told, "lacks": " ".join(noted.lacks)}).ljust(_LENGTH - 1).encode() + b"\n", 0)
