"""Who is at a database now: any number that serve or copy it, or one that replaces it.

A lock on a small file beside the database. The kernel lets go of it when its last holder dies, however it dies; processes
that the server forks share it. It keeps out what asks for it; SQLite's own locks (`store.copying.fold`) find the others.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from fieldapp.errors import FieldappError
from fieldapp.whole_file import make_folder


class Held(FieldappError):
    """Somebody is at this database in a way that does not go together with what was asked."""


def among_others(database: str) -> AbstractContextManager[None]:
    """Holds the database together with others who serve, change or copy it. Raises Held while it is being replaced."""
    return _locked(database, fcntl.LOCK_SH)


def alone(database: str) -> AbstractContextManager[None]:
    """Holds the database against everybody. Raises Held while anybody serves, changes or copies it."""
    return _locked(database, fcntl.LOCK_EX)


def for_keys(database: str) -> AbstractContextManager[None]:
    """Lets one at a time move the keys of an office. Who serves goes on. Raises Held while another does it."""
    return _locked(database, fcntl.LOCK_EX, ".rekey")


@contextmanager
def _locked(database: str, how: int, ending: str = ".hold") -> Iterator[None]:
    make_folder(Path(database).parent)
    descriptor = os.open(database + ending, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Held(database) from None
        yield
    finally:
        os.close(descriptor)
