"""Who may read, what opens an account and who responds to risk, as the audit takes it down: rows that the office sealed, each at its own place in the chain.

What is taken down, and when, is `store.arrangements`; here is what needs the office's keys. `fieldapp verify` replays it.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from fieldapp.keys import CannotOpen, Keys
from fieldapp.store import DatabaseIsNewer, Sealed, Store
from fieldapp.store.arrangements import VERSION, about

Said = dict[str, dict[str, list[str]]]
"""By table and key: digests of what was there before and is there now, or of what was found alone; "" is nothing."""


class Named(NamedTuple):
    """One thing that verify names of arrangements. It is kept as this, and never as the sentence: a sentence may be worded anew.

    `code`: arranged (it is not as it was taken down: digests of what `was` and is `now`, "" for nothing) | arranged_then (row `row` of the
    audit found it otherwise) | arranged_row (row `row` does not open, and nobody knows what it took down).
    """

    code: str
    table: str
    key: str
    was: str = ""
    now: str = ""
    row: int = 0


class TakenDown(NamedTuple):
    """What one row of the audit took down. `accepted`: what verify had named until then and two people let stand."""

    version: int
    said: Said
    accepted: list[Named]


class TakenDownByNewer(DatabaseIsNewer):
    """A later release takes down more than this one: what this one changes of that would be named as another hand's for ever."""

    def __str__(self) -> str:
        return "A later release of fieldapp has run on this office. Install that release, or a later one, again."


def take_stock(store: Store, keys: Keys) -> None:
    """Takes down what was arranged before this office took such things down. Call it at start, and when a backup was opened. Raises TakenDownByNewer."""
    with store.writing() as tx:
        since = 0
        for each in tx.arrangements.newest_first():
            found = read(keys, *each)
            # One that does not open is no reason to believe what is there now: verify says so.
            since = max(since, VERSION if found is None else found.version)
            # All of them are asked only at an update, and where an earlier release was run again: what that left is not believed.
            if since >= VERSION:
                break
        if since > VERSION:
            raise TakenDownByNewer(since, VERSION)
        if since < VERSION:
            tx.arrangements.take_stock(since=since)


def read(keys: Keys, n: int, prev: str, sealed: Sealed | None) -> TakenDown | None:
    """What a row of the audit took down; None where the office did not write it at that place."""
    if sealed is None:
        return None
    try:
        told = json.loads(keys.open_secret(about(n, prev), sealed))
    except CannotOpen:
        return None
    return TakenDown(told["v"], told["said"], [Named(*each) for each in told.get("accepted", ())])
