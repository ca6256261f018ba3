"""Opens a file as a thief's tools would: as it lies, and through every wrapping put around text."""

import contextlib
import re
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tests.browser.lost_phone import leveldb, sealed_by_browser, snappy

Layer = tuple[str, bytes]

_DEEPEST = 4
_BLINK_SNAPPY = b"\xff\x11\x02"  # Blink's own wrapping of larger IndexedDB values
_GZIP = b"\x1f\x8b\x08"
_SESSIONS_PLAIN = (1, 3)
_SESSIONS_SEALED = 5


class UnreadableError(Exception):
    """A file that could hide a word from this search."""


def _at_every(mark: bytes, data: bytes) -> Iterator[int]:
    at = data.find(mark)
    while at >= 0:
        yield at
        at = data.find(mark, at + 1)


def _unwrapped(name: str, data: bytes) -> Iterator[Layer]:
    for at in _at_every(_BLINK_SNAPPY, data):
        try:
            yield f"{name} › snappy@{at}", snappy.decompress(data, at + len(_BLINK_SNAPPY))
        except snappy.BrokenStreamError:
            continue
    if sealed_by_browser.is_sealed(data):
        with contextlib.suppress(sealed_by_browser.NotOursError):
            yield f"{name} › unsealed", sealed_by_browser.open_value(data)
    for at in _at_every(_GZIP, data):
        stream = zlib.decompressobj(31)
        try:
            text = stream.decompress(data[at:], 256 << 20)
        except zlib.error:
            continue
        if text:
            yield f"{name} › gzip@{at}", text


def _database(name: str, path: Path) -> Iterator[Layer]:
    """Rows, because SQLite cuts long values across pages; the copy takes the write-ahead log along."""
    with tempfile.TemporaryDirectory() as copy:
        for beside in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-journal")):
            if beside.exists():
                Path(copy, beside.name).write_bytes(beside.read_bytes())
        database = sqlite3.connect(Path(copy, path.name))
        try:
            database.text_factory = bytes
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                quoted = table.decode().replace('"', '""')
                try:
                    rows = database.execute(f'SELECT * FROM "{quoted}"')
                    for row in rows:
                        for value in row:
                            if isinstance(value, bytes):
                                yield f"{name} › {quoted}", value
                except sqlite3.OperationalError:  # a virtual table: its shadow tables hold what it knows
                    continue
        except sqlite3.DatabaseError as broken:
            raise UnreadableError(f"{name}: {broken}") from broken
        finally:
            database.close()


def _session(name: str, data: bytes) -> Iterator[Layer]:
    version = int.from_bytes(data[4:8], "little")
    if version in _SESSIONS_PLAIN:
        return  # as it lies, and that was searched
    if version != _SESSIONS_SEALED:
        raise UnreadableError(f"{name}: session file of version {version}")
    try:
        for number, command in enumerate(sealed_by_browser.commands(data)):
            yield f"{name} › command {number}", command
    except sealed_by_browser.NotOursError as locked:
        raise UnreadableError(f"{name}: sealed with a key that is not the known one") from locked


def _opened(name: str, path: Path | None, data: bytes) -> Iterator[Layer]:
    yield from _unwrapped(name, data)
    try:
        if leveldb.is_table(data):
            for key, value in leveldb.entries_of_table(data):
                yield f"{name} › key", key
                yield f"{name} › value", value
    except leveldb.OpaqueError as opaque:
        raise UnreadableError(f"{name}: {opaque}") from opaque
    if path is None:
        return
    if re.fullmatch(r"\d+\.log|MANIFEST-\d+", path.name):
        for record in leveldb.records_of_log(data):
            yield f"{name} › record", record
    if data.startswith(b"SNSS"):
        yield from _session(name, data)
    if data.startswith(b"SQLite format 3\0"):
        yield from _database(name, path)


def _deeper(name: str, path: Path | None, data: bytes, depth: int) -> Iterator[Layer]:
    yield name, data
    if depth < _DEEPEST:
        for below, inner in _opened(name, path, data):
            yield from _deeper(below, None, inner, depth + 1)


def of(path: Path, name: str) -> Iterator[Layer]:
    """Yields (where, bytes) for the file as it lies and for everything wrapped inside it.

    Raises UnreadableError when a part is compressed or encrypted in a way this cannot follow: a search that
    cannot see must say so.
    """
    if path.is_symlink():
        yield name, str(path.readlink()).encode()
        return
    yield from _deeper(name, path, path.read_bytes(), 0)
