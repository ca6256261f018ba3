"""Copies of the office for the day its disk dies, and putting one back.

A backup counts only once it was opened again and walked: only then may phones let go of what they keep (`durable_through`).
It holds no key: what is in it opens only with the key file, which is kept elsewhere.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from fieldapp import store as stores
from fieldapp import verifying
from fieldapp.epoch import EpochFile, epoch_of
from fieldapp.errors import FieldappError
from fieldapp.keys import CannotOpen, Keys, NoOfficeKeys
from fieldapp.store import Store, StoreDamaged
from fieldapp.store.copying import copy, fold, sync_folder
from fieldapp.verifying import Fault
from sync import entry

SAFETY = timedelta(seconds=60)
"""A push says when it came before it is written: what came this shortly before a backup began may not be in it."""
MOST_FAULTS = 1000
_PARTIAL = ".partial"

Tell = Callable[[str, int, int], None]
"""Told from time to time: which step ("copy", "check"), how much is done, of how much."""


class BackupUnderWay(FieldappError):
    """Another backup is being written to this folder."""


class NotABackup(FieldappError):
    """A file that cannot be put back. `why`: missing | not_an_office | other_key."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class BackupHasFaults(FieldappError):
    """A file that opens but does not verify; `faults` says what is wrong, at most a thousand things."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(str(len(faults)))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made. With `faults` it is kept under a name that says so, and phones let go of nothing for it."""

    path: Path
    entries: int
    size: int
    durable_through: str
    faults: list[Fault]


@dataclass(frozen=True, slots=True)
class Restored:
    """A database that was put back. `replaced` is where the former one lies now, None when there was none.

    `made_at` says when the backup began ("" for a file not made by `backup`), `promised` until when phones were told that
    nothing can be lost: later than `made_at`, what came in between has to come back from the phones that read it.
    """

    epoch: int
    entries: int
    made_at: str
    replaced: Path | None
    promised: str


def make(store: Store, keys: Keys, folder: Path, clock: Callable[[], datetime], tell: Tell) -> Backup:
    """Copies the office while it serves, opens the copy again, walks it, and only then gives it its name.

    Raises BackupUnderWay, or StoreFailed and OSError when the copy cannot be written: then phones are told nothing new.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _folder_held(folder):
        for left in folder.glob(f"*{_PARTIAL}*"):
            left.unlink()
        began = clock()
        at = entry.stamp(began)
        name = f"fieldapp-{at.replace(':', '')}"
        partial = folder / f"{name}{_PARTIAL}"
        copy(store.path, partial, lambda done, total: tell("copy", done, total))
        _mark(partial, at)
        faults, entries = _walked(partial, keys, tell, signatures=False)
        path = folder / (f"{name}.faulty.db" if faults else f"{name}.db")
        partial.rename(path)
        sync_folder(folder)
        durable = store.settings.get("durable_through")
        with store.writing() as tx:
            tx.audit.add(entry.stamp(clock()), "", "backup with faults made" if faults else "backup made")
            if not faults:
                # Never back: a clock that was set back must not take a promise back that phones have acted on.
                durable = max(durable, entry.stamp(began - SAFETY))
                tx.settings.put("durable_through", durable)
    return Backup(path, entries, path.stat().st_size, durable, faults)


def restore(
    file: Path,
    database: str,
    keys: Keys,
    epoch_file: EpochFile,
    now: datetime,
    tell: Tell,
    *,
    despite_faults: bool = False,
) -> Restored:
    """Puts a backup in the place of the office's database, which is kept beside it. Call it inside `hold.alone`.

    The copy is brought to this release's shape, walked and given its new epoch before it takes the place in one step: whatever
    dies on the way leaves either the old office or the new. Raises NotABackup, BackupHasFaults, or
    store.copying.DatabaseInUse when a program has the database open.
    """
    live = Path(database)
    for left in live.parent.glob(f"{live.name}.restoring*"):
        left.unlink()
    if not file.is_file():
        raise NotABackup("missing")
    _fold(live)
    former = _read_former(live)
    coming = live.with_name(f"{live.name}.restoring")
    try:
        opened = _prepared(file, coming, keys, tell)
        faults, entries = _walked(coming, keys, tell, signatures=True)
        if faults and not despite_faults:
            opened.close()
            raise BackupHasFaults(faults)
        made_at = opened.settings.get("backup_began")
        at = entry.stamp(now)
        with opened.writing() as tx:
            epoch = epoch_file.raise_in(tx, above=former.epoch)
            tx.audit.add(at, "", "database restored" if made_at == "" else f"database restored as of {made_at}")
            tx.settings.drop("backup_began")
            # Who had signed out since, or was put out, is signed in again in the copy.
            tx.people.end_sessions(at)
        opened.close()
        fold(str(coming))
        replaced = _swapped(live, coming, at)
    except BaseException:
        _drop(coming)
        raise
    epoch_file.settle(epoch, entries)
    return Restored(epoch, entries, made_at, replaced, former.promised)


@dataclass(frozen=True, slots=True)
class _Former:
    """What the database that will be replaced told phones last, and its epoch."""

    promised: str = ""
    epoch: int = 0


def _prepared(file: Path, coming: Path, keys: Keys, tell: Tell) -> Store:
    """Copies a backup beside the database and brings it to this release's shape."""
    try:
        copy(str(file), coming, lambda done, total: tell("copy", done, total))
        try:
            stores.open_still(coming).close()
        except stores.DatabaseIsOlder as older:
            if older.found == 0:
                raise NotABackup("not_an_office") from None
        opened = stores.open(coming)
        with opened.reading():
            keys.ring(opened)
        return opened
    except (StoreDamaged, NoOfficeKeys):
        raise NotABackup("not_an_office") from None
    except CannotOpen:
        raise NotABackup("other_key") from None


def _mark(partial: Path, began_at: str) -> None:
    opened = stores.open(partial)
    with opened.writing() as tx:
        tx.settings.put("backup_began", began_at)
    opened.close()
    fold(str(partial))
    with partial.open("rb") as file:
        os.fsync(file.fileno())


def _walked(path: Path, keys: Keys, tell: Tell, *, signatures: bool) -> tuple[list[Fault], int]:
    """What is wrong with a copy, and how many entries it has."""
    opened = stores.open_still(path)
    faults: list[Fault] = []
    try:
        walk = verifying.verify(opened, keys, signatures=signatures, tell=lambda done, total: tell("check", done, total))
        for fault in walk:
            faults.append(fault)
            if len(faults) >= MOST_FAULTS:
                break
        walk.close()
        return faults, opened.entries.count()
    except StoreDamaged as error:
        return [*faults, Fault("file", "the database file", str(error))], 0
    finally:
        opened.close()


def _fold(live: Path) -> bool:
    """Brings the database that will be replaced into one file; False when it is too broken for that."""
    try:
        if live.exists():
            fold(str(live))
    except StoreDamaged:
        return False
    return True


def _read_former(live: Path) -> _Former:
    if not live.exists():
        return _Former()
    try:
        opened = stores.open_still(live)
        with opened.reading():
            former = _Former(opened.settings.get("durable_through"), epoch_of(opened))
        opened.close()
    except FieldappError:
        return _Former()
    return former


def _swapped(live: Path, coming: Path, at: str) -> Path | None:
    """Puts the new database in its place in one step; the former keeps a name of its own."""
    kept: Path | None = None
    # Once more: checking took its time, and what somebody opened meanwhile would lay its log beside the new database.
    is_whole = _fold(live)
    if live.exists():
        kept = live.with_name(f"{live.name}.replaced-{at.replace(':', '')}")
        _keep(live, kept)
    if not is_whole:
        # The log of a broken database would be played into the new one.
        for ending in ("-wal", "-shm", "-journal"):
            log = Path(f"{live}{ending}")
            if log.exists():
                log.rename(f"{kept}{ending}")
    coming.replace(live)
    sync_folder(live.parent)
    return kept


def _keep(live: Path, kept: Path) -> None:
    try:
        # A second name for the same file: at no moment is there no office.
        kept.hardlink_to(live)
    except OSError:
        shutil.copy2(live, kept)
    sync_folder(live.parent)


def _drop(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


@contextmanager
def _folder_held(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupUnderWay(str(folder)) from None
    finally:
        os.close(descriptor)
