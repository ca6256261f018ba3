"""Gathers from the store the facts that `access` asks about."""

from __future__ import annotations

from collections.abc import Iterable

from fieldapp.access import Grant, Membership, Reader, Scope, may_read
from fieldapp.store import Store
from fieldapp.store.casefiles import CasefileRow


def readers(store: Store, ids: Iterable[str]) -> dict[str, Reader]:
    """The people among `ids` that exist, as `access` sees them."""
    return {
        row.id: Reader(
            row.id,
            row.role,
            row.active_from,
            row.ended_at,
            tuple(Membership(each.team, each.from_at, each.until_at) for each in store.people.memberships_of(row.id)),
        )
        for row in store.people.several(list(dict.fromkeys(ids))).values()
    }


def reader(store: Store, person: str) -> Reader | None:
    """One person, as `access` sees them."""
    return readers(store, [person]).get(person)


def scope(row: CasefileRow) -> Scope:
    """One casefile, as `access` sees it."""
    return Scope(row.id, row.sort, row.team, row.practice)


def grants_on(store: Store, casefiles: Iterable[str]) -> dict[str, list[Grant]]:
    """Every leave ever given on these casefiles, by casefile."""
    wanted = list(dict.fromkeys(casefiles))
    found: dict[str, list[Grant]] = {casefile: [] for casefile in wanted}
    for row in store.casefiles.readers_of(wanted):
        found[row.casefile].append(Grant(row.casefile, row.person, row.from_at, row.until_at))
    return found


def readable(store: Store, person: Reader, at: str) -> list[CasefileRow]:
    """The casefiles this person may read now, the most recently active first."""
    own: dict[str, list[Grant]] = {}
    for row in store.casefiles.grants_of(person.id):
        own.setdefault(row.casefile, []).append(Grant(row.casefile, row.person, row.from_at, row.until_at))
    teams = [each.team for each in person.memberships]
    return [row for row in store.casefiles.near(person.id, teams) if may_read(person, scope(row), own.get(row.id, ()), at)]
