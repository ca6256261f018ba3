"""What can be wrong with bytes that came over a wire. Twin of static/src/sync/errors.js."""

from __future__ import annotations


class SyncError(Exception):
    """The family. `code` is for machines and for choosing words near the screen; it never carries text of a record."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(f"{code} {name}".rstrip())
        self.code = code
        self.name = name


class Malformed(SyncError):
    """Bytes that are not what the protocol says they are; `name` is the part that is wrong, where one is."""


class Unbelievable(SyncError):
    """Something signed that cannot be believed: signature, key, author or chain."""
