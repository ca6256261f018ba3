"""Copies of the office for the day its disk dies, and putting one back.

A backup counts only once it was opened again and walked: only then may phones let go of what they keep (`durable_through`).
It is one sealed file (`keys.sealed_file`): without the master key, which is kept elsewhere, nothing in it can be read, not even who works at the office.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from fieldapp import arrangements, receipts, verifying
from fieldapp import store as stores
from fieldapp.epoch import EpochFile, begin_anew, epoch_of
from fieldapp.errors import FieldappError
from fieldapp.keys import CannotOpen, Keys, NoOfficeKeys
from fieldapp.keys.sealed_file import NotSealed, open_file, read_head
from fieldapp.store import Store, StoreDamaged, StoreFailed
from fieldapp.store.copying import copy, fold, sync_folder
from fieldapp.store.settings import DURABLE_THROUGH
from fieldapp.verifying import Fault
from fieldapp.whole_file import make_folder
from sync import entry

SAFETY = timedelta(seconds=60)
"""A push says when it came before it is written: what came this shortly before a backup began may not be in it."""
MOST_FAULTS = 1000
_PARTIAL = ".partial"
_COPYING = ".backing-up"
_BACKUP = "backup of "

Tell = Callable[[str, int, int], None]
"""Told from time to time: which step ("copy", "check", "seal", "open"), how much is done, of how much."""


class BackupUnderWay(FieldappError):
    """Another backup is being made of this office, or written to this folder."""


class NotNoted(FieldappError):
    """The copy is there under its name, `path`; that it was made could not be written down, so phones were told nothing of it."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        super().__init__(str(path))
        self.path = path
        self.faults = faults


class NotABackup(FieldappError):
    """A file that cannot be put back. `why`: missing | not_an_office | damaged | other_key; of that one `key` has the name, where it is known."""

    def __init__(self, why: str, key: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.key = key


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
    """Copies the office while it serves, walks the copy, seals it, opens it again, and only then gives it its name.

    The copy lies beside the database until it is sealed: what the folder of the backups holds is sealed from the first byte on. Raises
    BackupUnderWay; StoreFailed and OSError when the copy cannot be written, and NotNoted when only the office's own note of it cannot: then
    phones are told nothing new.
    """
    make_folder(folder)
    copied = Path(store.path + _COPYING)
    with _folder_held(folder), _file_held(Path(f"{copied}.hold")):
        for left in folder.glob(f"*{_PARTIAL}"):
            left.unlink()
        _drop(copied)
        began = clock()
        at = entry.stamp(began)
        name = f"fieldapp-{at.replace(':', '')}"
        partial = folder / f"{name}{_PARTIAL}"
        try:
            copy(store.path, copied, lambda done, total: tell("copy", done, total))
            _mark(copied, at)
            faults, entries = _walked(copied, keys, tell, signatures=False)
            _seal(store, keys, copied, partial, at, tell)
        except BaseException:
            # Half a backup helps nobody, and on a full disk it would take the room the office writes in.
            partial.unlink(missing_ok=True)
            raise
        finally:
            _drop(copied)
        path = folder / (f"{name}.faulty.sealed" if faults else f"{name}.sealed")
        partial.rename(path)
        sync_folder(folder)
        durable = receipts.promised(store, keys)
        try:
            with store.writing() as tx:
                tx.audit.add(entry.stamp(clock()), "", "backup with faults made" if faults else "backup made")
                if not faults:
                    # Never back: a clock that was set back must not take a promise back that phones have acted on.
                    durable = max(durable, entry.stamp(began - SAFETY))
                    receipts.promise(tx, keys, durable)
        except StoreFailed:
            raise NotNoted(path, faults) from None
    return Backup(path, entries, path.stat().st_size, durable, faults)


def _seal(store: Store, keys: Keys, copied: Path, partial: Path, at: str, tell: Tell) -> None:
    """Seals a copy, and reads back from the disk what was written. Raises OSError when it does not come back the same."""
    total = copied.stat().st_size
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with copied.open("rb") as source, os.fdopen(descriptor, "wb") as target:
        sealed = keys.seal_file(store, f"{_BACKUP}{at}", source, target, lambda done: tell("seal", done, total))
        target.flush()
        os.fsync(target.fileno())
    with partial.open("rb") as file:
        try:
            found = open_file(keys.masters, file, len, lambda done: tell("open", done, total))
        except CannotOpen:
            found = b""
    if found != sealed:
        raise OSError(errno.EIO, "what was written cannot be read again")


def opened_backup(file: Path, target: Path, keys: Keys, tell: Tell) -> None:
    """Opens a backup into a database file, which must not exist. Also takes a bare database. Raises NotABackup."""
    if not file.is_file():
        raise NotABackup("missing")
    with file.open("rb") as source:
        try:
            head = read_head(source)
        except NotSealed:
            copy(str(file), target, lambda done, total: tell("copy", done, total))
            return
        if head.key not in keys.masters.names:
            raise NotABackup("other_key", head.key)
        if not head.about.startswith(_BACKUP):
            raise NotABackup("not_an_office")
        source.seek(0)
        total = file.stat().st_size
        try:
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as plain:
                open_file(keys.masters, source, plain.write, lambda done: tell("open", done, total))
                plain.flush()
                os.fsync(plain.fileno())
        except CannotOpen:
            raise NotABackup("damaged") from None


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
    if not file.is_file():
        raise NotABackup("missing")
    live = Path(database)
    for left in live.parent.glob(f"{live.name}.restoring*"):
        left.unlink()
    _fold(live)
    former = _read_former(live)
    coming = live.with_name(f"{live.name}.restoring")
    try:
        opened = prepared(file, coming, keys, tell)
        faults, entries = _walked(coming, keys, tell, signatures=True)
        if faults and not despite_faults:
            opened.close()
            raise BackupHasFaults(faults)
        made_at = opened.settings.get("backup_began")
        at = entry.stamp(now)
        with opened.writing() as tx:
            told = begin_anew(tx, at, epoch_file.noted())
            epoch = epoch_file.raise_in(tx, above=former.epoch)
            tx.audit.add(at, "", "database restored" if made_at == "" else f"database restored as of {made_at}")
            tx.settings.drop("backup_began")
        opened.close()
        fold(str(coming))
        replaced = _swapped(live, coming, at)
    except BaseException:
        _drop(coming)
        raise
    epoch_file.settle(told._replace(epoch=epoch, entries=entries))
    return Restored(epoch, entries, made_at, replaced, former.promised)


@dataclass(frozen=True, slots=True)
class _Former:
    """What the database that will be replaced told phones last, and its epoch."""

    promised: str = ""
    epoch: int = 0


def prepared(file: Path, coming: Path, keys: Keys, tell: Tell) -> Store:
    """Opens a backup into the database file `coming`, which must not exist, and brings it to this release's shape. Raises NotABackup."""
    try:
        opened_backup(file, coming, keys, tell)
        try:
            stores.open_still(coming).close()
        except stores.DatabaseIsOlder as older:
            if older.found == 0:
                raise NotABackup("not_an_office") from None
        opened = stores.open(coming)
        with opened.reading():
            for name in keys.lacking(opened):
                raise NotABackup("other_key", name)
            keys.ring(opened)
        arrangements.take_stock(opened, keys)
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
            if fault.is_accepted:
                continue
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
            former = _Former(opened.settings.get(DURABLE_THROUGH).partition(" ")[0], epoch_of(opened))
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
    with _held(folder, os.O_RDONLY):
        yield


@contextmanager
def _file_held(file: Path) -> Iterator[None]:
    with _held(file, os.O_RDWR | os.O_CREAT):
        yield


@contextmanager
def _held(place: Path, how: int) -> Iterator[None]:
    descriptor = os.open(place, how, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupUnderWay(str(place)) from None
    finally:
        os.close(descriptor)
