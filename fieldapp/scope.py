"""Gathers from the store the facts that `access` asks about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from fieldapp import access
from fieldapp.access import Grant, Membership, Reader, Scope, may_carry, may_read
from fieldapp.store import Store
from fieldapp.store.casefiles import ON_OWN_PHONE, CasefileRow, ReaderRow
from fieldapp.store.settings import RESTORED_AT

May = Callable[[Reader, Scope, Iterable[Grant], str], bool]
"""One of the questions of `access` about a person and a casefile."""


def readers(store: Store, ids: Iterable[str]) -> dict[str, Reader]:
    """The people among `ids` that exist, as `access` sees them."""
    wanted = list(dict.fromkeys(ids))
    turns: dict[str, list[Membership]] = {}
    for turn in store.rotas.turns_of(wanted):
        turns.setdefault(turn.person, []).append(Membership(turn.team, turn.from_at, turn.until_at, on_duty=True))
    return {
        row.id: Reader(
            row.id,
            row.role,
            row.active_from,
            row.ended_at,
            (
                *(Membership(each.team, each.from_at, each.until_at) for each in store.people.memberships_of(row.id)),
                *turns.get(row.id, ()),
            ),
        )
        for row in store.people.several(wanted).values()
    }


def reader(store: Store, person: str) -> Reader | None:
    """One person, as `access` sees them."""
    return readers(store, [person]).get(person)


def scope(row: CasefileRow) -> Scope:
    """One casefile, as `access` sees it."""
    return Scope(row.id, row.sort, row.team, row.practice)


def grants_on(store: Store, casefiles: Iterable[str]) -> dict[str, list[Grant]]:
    """Every leave ever given on these casefiles, and who is kept out of them, by casefile."""
    wanted = list(dict.fromkeys(casefiles))
    found: dict[str, list[Grant]] = {casefile: [] for casefile in wanted}
    for row in store.casefiles.readers_of(wanted):
        found[row.casefile].append(_named(row))
    for out in store.casefiles.kept_out_of(wanted):
        found[out.casefile].append(Grant(out.casefile, out.person, out.from_at, out.until_at, "kept_out"))
    for each in _by_pods(store, casefiles=wanted):
        found[each.casefile].append(each)
    for one in store.emergencies.of_casefiles(wanted):
        found[one.casefile].append(Grant(one.casefile, one.person, one.from_at, one.until_at, "emergency"))
    return found


def readable(store: Store, person: Reader, at: str) -> list[CasefileRow]:
    """The casefiles this person may read now, the most recently active first: what lists and boards show."""
    return _those(store, person, at, may_read)


def carried(store: Store, person: Reader, at: str) -> list[CasefileRow]:
    """The casefiles that a phone of theirs may hold now, the most recently active first."""
    return _those(store, person, at, may_carry)


def fetchable(store: Store, person: Reader, at: str) -> list[CasefileRow]:
    """The casefiles that a phone of theirs might have fetched at a moment gone by, whatever role they have had since.

    What role it was then is not kept. A supervisor's phone is given all that anybody else's would be in their place, and no role gives them a
    pod, a turn of duty or a mark that they never had.
    """
    return _those(store, replace(person, role="supervisor"), at, may_carry)


def _those(store: Store, person: Reader, at: str, may: May) -> list[CasefileRow]:
    own: dict[str, list[Grant]] = {}
    for row in store.casefiles.grants_of(person.id):
        own.setdefault(row.casefile, []).append(_named(row))
    pods = _by_pods(store, person=person.id)
    for each in pods:
        own.setdefault(each.casefile, []).append(each)
    teams = [each.team for each in person.memberships]
    near = {row.id: row for row in store.casefiles.near(person.id, teams)}
    near |= store.casefiles.several(each.casefile for each in pods if each.casefile not in near)
    for out in store.casefiles.keeping_out(person.id):
        own.setdefault(out.casefile, []).append(Grant(out.casefile, out.person, out.from_at, out.until_at, "kept_out"))
    found = not_held(store, person, [row for row in near.values() if may(person, scope(row), own.get(row.id, ()), at)])
    return sorted(sorted(found, key=lambda row: row.id), key=lambda row: row.active_at, reverse=True)


def row_if(store: Store, person: str, casefile: str, at: str, may: May) -> CasefileRow | None:
    """The row of a casefile where `may` lets this person, else None: at the same cost when there is no such casefile.

    The store is asked the same and the rule is asked the same, so that neither the answer nor its time tells what exists.
    """
    row, who, grants = store.casefiles.get(casefile), reader(store, person), grants_on(store, [casefile])[casefile]
    about = scope(row) if row is not None else Scope(casefile, "", None)
    if row is None or who is None or not may(who, about, grants, at):
        return None
    return next(iter(not_held(store, who, [row])), None)


SAYS_WHO_READS = ("private section opened", "readers confirmed")
"""What of the audit tells that a supervisor said who reads a private section."""


def unconfirmed(store: Store, rows: Iterable[CasefileRow]) -> set[str]:
    """The private sections among these of which nobody has said who reads them since the office was put back from a backup.

    Whoever was kept out or ended after that backup stands among their readers again, and nobody else can know it: so no phone is given
    anything of them until a supervisor has looked. One that its author opened on a phone after the restore was never otherwise.
    """
    since = store.settings.get(RESTORED_AT)
    return {
        row.id for row in rows
        if since and row.sort == "restricted" and store.entries.opened_when(row.id) < since
        and not store.audit.has_of(row.id, SAYS_WHO_READS, since)
    }  # fmt: skip


def not_held(store: Store, person: Reader, rows: Sequence[CasefileRow]) -> list[CasefileRow]:
    """Those among casefiles which this person may read that are not held back from them at the desk after a restore.

    From an auditor, until somebody has said who reads: they may have been taken off since the backup, and it is not they who look. Not from a
    supervisor, whoever they are: nothing that the office has left tells the right ones, and one of them must look (decision 35).
    """
    if person.role != "auditor":
        return list(rows)
    held = unconfirmed(store, rows)
    return [row for row in rows if row.id not in held]


def left_without(store: Store, person: str, at: str, role: str | None = None) -> list[str]:
    """The restricted casefiles that would lack a second reader or a supervisor if this person left at `at`, or had `role` from then on.

    Whoever ends an account or changes a role asks this first, inside the transaction that does it.
    """
    named = {row.casefile for row in store.casefiles.grants_of(person)}
    found = []
    for row in store.casefiles.several(named).values():
        if row.sort != "restricted":
            continue
        grants = grants_on(store, [row.id])[row.id]
        people = people_on(store, grants)
        after = {id: one for id, one in people.items() if id != person}
        if role is not None and person in people:
            after[person] = replace(people[person], role=role)
        if access.keeps_two_readers(scope(row), people, grants, at) and not access.keeps_two_readers(
            scope(row), after, grants, at
        ):
            found.append(row.id)
    return sorted(found)


def people_on(store: Store, grants: Iterable[Grant]) -> dict[str, Reader]:
    """Everybody these leaves are about, by id."""
    return readers(store, {each.person for each in grants})


def _named(row: ReaderRow) -> Grant:
    return Grant(row.casefile, row.person, row.from_at, row.until_at, "phone" if row.why == ON_OWN_PHONE else "named")


def _by_pods(store: Store, *, casefiles: list[str] | None = None, person: str | None = None) -> list[Grant]:
    """The leaves that come of pods: each person in one, for the time they share with each of its casefiles."""
    found = []
    for share in store.rotas.shares(casefiles=casefiles, person=person):
        both = access.overlap((share.person_from, share.person_until), (share.casefile_from, share.casefile_until))
        if both is not None:
            found.append(Grant(share.casefile, share.person, both[0], both[1], "pod"))
    return found
