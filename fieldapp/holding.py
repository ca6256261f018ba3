"""What lay on a phone when it was last heard from, whether it is gone again, and what never came from it: the facts of a breach report.

A signer could read what its phone was given, and what it might have fetched until the office last heard from it. Both are listed,
because a list that is too short is the mistake that harms somebody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fieldapp import access, records, scope
from fieldapp.keys import Keys
from fieldapp.people import Person
from fieldapp.radar import PhoneState
from fieldapp.store import Store
from fieldapp.store.casefiles import CasefileRow
from fieldapp.store.signers import DeviceRow, SignerRow
from sync.entry import stamp

Removal = Literal["here", "owed", "gone", "gone_unsigned", "replaced"]
"""`here`: in use, nobody asked for it · `owed`: asked for, or its person has left or has no phone in the role they have now, and not confirmed · `gone`: the phone said so, signed · `gone_unsigned`: said by
a locked phone, which cannot sign · `replaced`: the words were forgotten, so nobody opens it; it lies there sealed until the phone is told."""


@dataclass(frozen=True, slots=True)
class Held:
    """One casefile on the phone. `name` is None for whoever may not read it; `given` counts the entries that were sent there."""

    casefile: str
    name: str | None
    given: int
    given_at: str | None
    removal: Removal
    removed_at: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """One person's part of a phone. `came` is the last number of its chain the office has, `said` the last the phone told of."""

    kid: str
    person: str
    since: str
    ended_at: str | None
    end_reason: str
    seen_at: str | None
    came: int
    said: int
    missing: tuple[tuple[int, int], ...]
    removal: Removal
    removed_at: str | None
    held: tuple[Held, ...]

    @property
    def not_come(self) -> int:
        """How many of what this phone said it wrote have not come, as far as its own chain tells."""
        return sum(last - first + 1 for first, last in self.missing) + max(0, self.said - self.came)


@dataclass(frozen=True, slots=True)
class Holding:
    """The whole phone. `unnamed` counts casefiles whose names are not for this reader, over all its parts, each once."""

    device: DeviceRow
    parts: tuple[Part, ...]
    unnamed: int

    @property
    def not_come(self) -> int:
        return sum(part.not_come for part in self.parts)


def of_phone(store: Store, keys: Keys, person: Person, state: PhoneState, now: datetime) -> Holding:
    """Gathers what lay on a phone, and writes down that this person asked.

    An administrator gets counts. A supervisor gets the names of what they may read; of what they may not, main records are counted and
    private sections left out: a count would say that one exists.
    """
    at = stamp(now)
    with store.reading():
        reader = scope.reader(store, person.id)
        signers = store.signers.of_device(state.device.id)
        open_to = {} if reader is None else {row.id: row for row in scope.readable(store, reader, at)}
        counts_all = person.role == "administrator"
        parts = tuple(_part(store, keys, signer, state.device, open_to, at, counts_all=counts_all) for signer in signers)
        unnamed = len({held.casefile for part in parts for held in part.held if held.name is None})
    with store.writing() as tx:
        tx.audit.add(at, person.id, "looked up what was on a phone")
    return Holding(state.device, parts, unnamed)


def note_export(store: Store, person: Person, now: datetime) -> None:
    """Writes down that the list left this office's pages as a file."""
    with store.writing() as tx:
        tx.audit.add(stamp(now), person.id, "exported what was on a phone")


def _part(
    store: Store, keys: Keys, signer: SignerRow, device: DeviceRow, open_to: dict[str, CasefileRow], at: str, *, counts_all: bool
) -> Part:
    gone = store.holdings.gone(signer.kid)
    came, _ = store.signers.head(signer.kid)
    person = scope.reader(store, signer.person)
    removal: Removal = "here"
    if gone is not None:
        removal = "gone" if gone.is_signed else "gone_unsigned"
    elif device.status in {"lost", "ended"} or signer.end_reason == "left":
        removal = "owed"
    elif signer.end_reason == "replaced":
        removal = "replaced"
    elif person is None or not access.has_phone(person, at):
        removal = "owed"
    removed_at = None if gone is None else gone.at
    return Part(
        signer.kid, signer.person, signer.enrolled_at, signer.ended_at, signer.end_reason, signer.seen_at, came, signer.said_n,
        tuple(store.signers.gaps(signer.kid)), removal, removed_at,
        tuple(_held(store, keys, signer, removal, removed_at, open_to, at, counts_all=counts_all)),
    )  # fmt: skip


def _held(
    store: Store,
    keys: Keys,
    signer: SignerRow,
    removal: Removal,
    removed_at: str | None,
    open_to: dict[str, CasefileRow],
    at: str,
    *,
    counts_all: bool,
) -> Iterable[Held]:
    given = {each.casefile: each for each in store.holdings.given(signer.kid)}
    dropped = store.holdings.removals(signer.kid)
    person = scope.reader(store, signer.person)
    # What it might have fetched: it was last heard then, and nothing was given to it after that. Not asked of the role they have now.
    could = {row.id: row for row in scope.fetchable(store, person, signer.seen_at or signer.enrolled_at)} if person else {}
    rows = {**store.casefiles.several([*given, *dropped]), **could}
    grants = scope.grants_on(store, rows)
    for row in sorted(rows.values(), key=lambda row: (row.opened_at, row.id)):
        name = records.title_of(keys, row) if row.id in open_to else None
        if row.practice:
            # Nothing in it is real, and no report counts it.
            continue
        if name is None and row.sort == "restricted" and not counts_all:
            continue
        own, own_at = removal, removed_at
        delivery = given.get(row.id)
        # Given again since: a second turn of duty, a pod. What was dropped before says nothing of that.
        is_dropped = row.id in dropped and (delivery is None or delivery.last_at <= dropped[row.id])
        if is_dropped and removal in {"here", "owed"}:
            own, own_at = "gone", dropped[row.id]
        elif removal == "here" and person is not None and not access.may_carry(person, scope.scope(row), grants[row.id], at):
            own = "owed"
        yield Held(row.id, name, delivery.seq if delivery else 0, delivery.last_at if delivery else None, own, own_at)
