"""Moves an office from one master key to another while it serves: every key that the former wraps is wrapped anew.

Nothing but wraps changes: what casefiles' keys seal stays as it lies. Each transaction is short and leaves an office that works, so whatever
dies on the way is gone on with later. What there is to do is asked of the wraps themselves and noted nowhere, so that no note can be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from fieldapp.errors import FieldappError
from fieldapp.keys.master import Master, Masters, casefile_place, office_place, secret_place
from fieldapp.keys.sealed import CannotOpen
from fieldapp.store import Sealed, Store
from sync import entry

_AT_ONCE = 200

Tell = Callable[[int, int], None]
"""Told from time to time: how many keys were looked at, of how many."""


class KeysLeft(FieldappError):
    """Keys that do not open under the new master key after all were moved; `places` names them. Both master keys are still needed."""

    def __init__(self, places: list[str]) -> None:
        super().__init__(f"{len(places)} keys do not open: {', '.join(places[:3])}")
        self.places = places


def needed(store: Store) -> list[str]:
    """The names of the master keys that this office needs, the newest first: two while it is between them, none where they are not known yet."""
    rows = store.office.masters()
    return [row.name for row in reversed(rows[-1:] if not rows or rows[-1].settled_at is not None else rows[-2:])]


def begin(store: Store, masters: Masters, name: str, at: str) -> None:
    """Says that what is new is wrapped by the master key `name` from now on. Processes that do not have it yet look for it then. Begun before, it goes on."""
    masters.named(name)
    with store.writing() as tx:
        rows = tx.office.masters()
        if rows and rows[-1].name == name:
            return
        tx.office.begin_master(name, at, None)
        tx.audit.add(at, "", "new master key begun")


def move(store: Store, masters: Masters, clock: Callable[[], datetime], tell: Tell) -> int:
    """Wraps every key anew that is not under the newest master key yet, looks at all of them again, and notes that the former is needed no more.

    Returns how many keys the office has. Raises KeysLeft when some open under neither: then nothing is noted.
    """
    row = store.office.masters()[-1]
    to = masters.named(row.name)
    with store.writing() as tx:
        _move_own(tx, masters, to)
    done, total, last = 0, store.casefiles.count(), ""
    tell(done, total)
    while True:
        with store.writing() as tx:
            page = tx.casefiles.keys_after(last, _AT_ONCE)
            for casefile, wrapped in page:
                moved = _moved(masters, to, casefile_place(casefile), wrapped)
                if moved is not None:
                    tx.casefiles.rewrap(casefile, moved)
        if not page:
            break
        last, done = page[-1][0], done + len(page)
        tell(min(done, total), total)
    with store.writing() as tx:
        # Under the write lock: nobody can add a key meanwhile, and whoever adds one later asks which master key holds.
        left = [place for place, bound, wrapped in _wraps(tx) if not to.opens(bound, wrapped)]
        if left:
            raise KeysLeft(left)
        if tx.office.masters()[-1].settled_at is None:
            at = entry.stamp(clock())
            tx.office.settle_master(row.n, at)
            tx.audit.add(at, "", "new master key settled")
        return sum(1 for _ in _wraps(tx))


def opens_all(store: Store, master: Master) -> tuple[int, int]:
    """How many keys of this office one master key opens, and how many there are."""
    opened = total = 0
    for _, bound, wrapped in _wraps(store):
        total += 1
        opened += master.opens(bound, wrapped)
    return opened, total


def _move_own(tx: Store, masters: Masters, to: Master) -> None:
    own = tx.office.keys()
    for key in own:
        if key.burned_at is None:
            moved = _moved(masters, to, office_place(key.use, key.kid), key.private_wrapped)
            if moved is not None:
                tx.office.rewrap_key(key.kid, moved)
    for secret in tx.office.secret_keys():
        moved = _moved(masters, to, secret_place(secret.n), secret.key_wrapped)
        if moved is not None:
            tx.office.rewrap_secret_key(secret.n, moved)


def _moved(masters: Masters, to: Master, bound: bytes, wrapped: Sealed) -> Sealed | None:
    """The same key wrapped by `to`; None when it is, or when no master key opens it: the last look names that one."""
    if to.opens(bound, wrapped):
        return None
    try:
        return to.wrap(bound, masters.unwrap(bound, wrapped))
    except CannotOpen:
        return None


def _wraps(store: Store) -> Iterator[tuple[str, bytes, Sealed]]:
    """Everything that a master key wraps: what it is called, what it is bound to, and the wrap."""
    own = store.office.keys()
    for key in own:
        if key.burned_at is None:
            yield f"{key.use} key {key.kid}", office_place(key.use, key.kid), key.private_wrapped
    for secret in store.office.secret_keys():
        yield f"secret key {secret.n}", secret_place(secret.n), secret.key_wrapped
    last = ""
    while page := store.casefiles.keys_after(last, 1000):
        for casefile, wrapped in page:
            yield f"casefile {casefile}", casefile_place(casefile), wrapped
        last = page[-1][0]
