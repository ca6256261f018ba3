"""Which release of the client this office serves: one folder, named by the hash of what is in it."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fieldapp.errors import CannotStart


@dataclass(frozen=True, slots=True)
class Release:
    """One built client. ``files`` are the addresses that a phone keeps, all or none of them."""

    id: str
    files: tuple[str, ...]


class Releases:
    """Finds the release that was built last. In development it looks again each time."""

    def __init__(self, folder: Path, *, dev: bool) -> None:
        self.folder = folder
        self.dev = dev
        self._found: Release | None = None

    def current(self) -> Release:
        """Give the release to serve. Raises CannotStart when none was built."""
        if self._found is None or self.dev:
            self._found = self._read()
        return self._found

    def _read(self) -> Release:
        try:
            told = json.loads((self.folder / "release.json").read_bytes())
        except FileNotFoundError:
            raise CannotStart(
                "The pages for phones have not been built: run `make run`, or install the wheel that `make wheel` makes."
            ) from None
        return Release(told["id"], tuple(told["files"]))


@lru_cache(maxsize=64)
def gzipped(path: Path) -> bytes:
    """Compress a file of a release, once: its folder is named by its content, so it never changes."""
    return gzip.compress(path.read_bytes(), 9, mtime=0)
