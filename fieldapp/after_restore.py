"""What somebody goes through after the office was put back from a backup: what lives there alone and may have been taken away since.

Administrators go through accounts, duty and phones, one of them for all; each supervisor through who reads the families they answer for, which administrators
may not know of. Nobody is kept from reading meanwhile (decision 38): private sections apart, which wait (decision 35).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fieldapp.epoch import Kind, answers_for_readers, deed_of
from fieldapp.people import Person
from fieldapp.store import Store
from fieldapp.store.audit import GONE_THROUGH
from fieldapp.store.settings import RESTORED_AT, RESTORED_LACKS
from sync.entry import is_time, stamp

_ORDER: tuple[Kind, ...] = ("phones", "accounts", "duty", "readers")
"""By what it costs to wait: a lost phone fetches from its first greeting on."""


@dataclass(frozen=True, slots=True)
class ToGoThrough:
    """One kind of thing. `is_known`: something of it was changed since the backup, and is lost. `done_at` and `done_by` say who went through it, "" while nobody has."""

    kind: Kind
    is_known: bool
    done_at: str = ""
    done_by: str = ""


def restored_at(store: Store) -> str:
    """When the office was last put back, "" when never."""
    at = store.settings.get(RESTORED_AT)
    return at if is_time(at) else ""


def things_for(store: Store, person: Person) -> list[ToGoThrough]:
    """What this person goes through; nothing where the office was never put back."""
    at = restored_at(store)
    if not at or person.role not in {"administrator", "supervisor"}:
        return []
    known = store.settings.get(RESTORED_LACKS).split()
    done = store.audit.decisions(GONE_THROUGH, at)
    found = []
    for kind in _ORDER:
        if (kind == "readers") == (person.role == "administrator"):
            continue
        row = next(
            (each for each in done if each.what == deed_of(kind) and (kind != "readers" or each.person == person.id)), None
        )
        found.append(ToGoThrough(kind, kind in known, row.at if row else "", row.person if row else ""))
    return found


def are_left(store: Store, person: Person) -> bool:
    """Whether this person is led to something to go through still. Not whoever came to their part later, who may all the same."""
    return any(not each.done_at for each in things_for(store, person)) and _was_there(store, person, restored_at(store))


def tick(store: Store, person: Person, kind: str, now: datetime) -> bool:
    """Writes down that this person went through one kind; False where it is not theirs, or was gone through already."""
    with store.writing() as tx:
        thing = next((each for each in things_for(tx, person) if each.kind == kind), None)
        if thing is None or thing.done_at:
            return False
        tx.audit.add(stamp(now), person.id, deed_of(thing.kind))
    return True


def _was_there(store: Store, person: Person, at: str) -> bool:
    if person.role == "supervisor":
        return answers_for_readers(store, person.id, at)
    row = store.people.by_id(person.id)
    return row is not None and row.active_from <= at
