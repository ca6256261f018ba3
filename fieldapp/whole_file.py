"""New files for their owner's eyes, which have their name only once they are whole and on the disk: killed on the way, none is there in part."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Makes a folder that only its owner can look into, unless it is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_file(path: Path, data: bytes) -> None:
    """Writes a file that is not there yet. Raises FileExistsError rather than replace one, and OSError with nothing left of it."""
    coming = _laid(path, data)
    try:
        try:
            os.link(coming, path)
        except FileExistsError:
            raise
        except OSError:
            # Some file systems, on memory sticks above all, give a file no second name.
            if path.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
            coming.rename(path)
    finally:
        coming.unlink(missing_ok=True)
    _sync_folder(path.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Puts other content in the place of a file in one step: at no moment is there half of one."""
    _laid(path, data).replace(path)
    _sync_folder(path.parent)


def _laid(path: Path, data: bytes) -> Path:
    coming = path.with_name(path.name + ".coming")
    coming.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        coming.unlink(missing_ok=True)
        raise
    return coming


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
