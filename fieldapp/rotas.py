"""Pods, turns of duty and auditors' last days: arranged by a team's supervisors, or by administrators, who see no family by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from fieldapp import access, scope, vouching
from fieldapp.errors import FieldappError
from fieldapp.keys import Keys, new_id
from fieldapp.people import Person
from fieldapp.store import Store
from fieldapp.store.people import MembershipRow
from fieldapp.store.rotas import PodPersonRow, PodRow, TurnRow
from sync.entry import stamp, write_json

LONGEST_TURN = timedelta(days=31)
LONGEST_AUDIT = timedelta(days=366)
LONGEST_NAME = 60

Refusal = Literal[
    "nobody_such", "not_theirs", "ends_first", "in_the_past", "turn_too_long", "audit_too_long", "name_missing", "already", "over"
]


class CannotArrange(FieldappError):
    """The arrangement would break a rule; nothing was done. `why` names it."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


class NotYours(FieldappError):
    """There is no such team, pod or turn, or it is not this person's to arrange."""


@dataclass(frozen=True, slots=True)
class TeamRota:
    """One team's page: who is on duty now or will be, its pods with their people, its auditors with their last day."""

    id: str
    name: str
    turns: tuple[TurnRow, ...]
    pods: tuple[tuple[PodRow, tuple[PodPersonRow, ...]], ...]
    auditors: tuple[tuple[str, MembershipRow], ...]
    people: tuple[str, ...]


def teams_of(store: Store, person: Person, now: datetime) -> dict[str, str]:
    """The teams this person arranges for, by id: a supervisor their own, an administrator all."""
    everything = store.people.teams()
    if person.role == "administrator":
        return everything
    mine = set(store.people.teams_of(person.id, stamp(now))) if person.role == "supervisor" else set()
    return {id: name for id, name in everything.items() if id in mine}


def rotas_for(store: Store, person: Person, now: datetime) -> list[TeamRota]:
    """What the page about pods and duty shows this person."""
    at = stamp(now)
    with store.reading():
        return [_rota(store, id, name, at) for id, name in teams_of(store, person, now).items()]


def add_turn(
    store: Store,
    keys: Keys,
    person: Person,
    team: str,
    who: str,
    from_at: str,
    until_at: str,
    now: datetime,
    *,
    asked_by: str = "",
) -> None:
    """Puts somebody on duty for a team. They read its families, private sections apart, for just that time.

    A supervisor of the team does it alone; for an administrator it takes two, and raises TakesTwo: `asked_by` is who asked for it.
    """
    at = stamp(now)
    from_at = max(from_at, at)
    with store.writing() as tx:
        _require_team(tx, person, team, now)
        _require_stands_in(tx, who, at)
        if until_at <= from_at:
            raise CannotArrange("ends_first")
        if until_at > stamp(now + LONGEST_TURN):
            raise CannotArrange("turn_too_long")
        vouching.require_second(person, asked_by, answers=person.role == "supervisor")
        tx.rotas.add_turn(TurnRow(new_id(), who, team, from_at, until_at))
        _write_down(tx, keys, person, "duty arranged", at, person=who, team=team, from_at=from_at, until_at=until_at)


def end_turn(store: Store, keys: Keys, person: Person, turn: str, now: datetime) -> None:
    """Ends a turn of duty now, or takes back one to come."""
    at = stamp(now)
    with store.writing() as tx:
        found = tx.rotas.turn(turn)
        if found is None:
            raise NotYours(turn)
        _require_team(tx, person, found.team, now)
        if not tx.rotas.end_turn(turn, at):
            raise CannotArrange("over")
        _write_down(tx, keys, person, "duty ended", at, person=found.person, team=found.team)


def add_pod(store: Store, keys: Keys, person: Person, team: str, name: str, now: datetime) -> str:
    """Makes a pod of a team. It reads nothing until people are in it and a supervisor shares families with it."""
    at = stamp(now)
    with store.writing() as tx:
        _require_team(tx, person, team, now)
        if not name or len(name) > LONGEST_NAME:
            raise CannotArrange("name_missing")
        pod = PodRow(new_id(), name, team)
        tx.rotas.add_pod(pod)
        _write_down(tx, keys, person, "pod made", at, pod=name, team=team)
        return pod.id


def join_pod(store: Store, keys: Keys, person: Person, pod: str, who: str, now: datetime, *, asked_by: str = "") -> None:
    """Puts somebody into a pod from now on: they read every family on its list. Who may, and `asked_by`, as for a turn of duty."""
    at = stamp(now)
    with store.writing() as tx:
        found = _require_pod(tx, person, pod, now)
        _require_stands_in(tx, who, at)
        if any(each.person == who for each in tx.rotas.people_in(pod, at)):
            raise CannotArrange("already")
        vouching.require_second(person, asked_by, answers=person.role == "supervisor")
        tx.rotas.join_pod(pod, who, at)
        _write_down(tx, keys, person, "joined a pod", at, person=who, pod=found.name)


def leave_pod(store: Store, keys: Keys, person: Person, pod: str, who: str, now: datetime) -> None:
    """Takes somebody out of a pod now."""
    at = stamp(now)
    with store.writing() as tx:
        found = _require_pod(tx, person, pod, now)
        if not tx.rotas.leave_pod(pod, who, at):
            raise CannotArrange("over")
        _write_down(tx, keys, person, "left a pod", at, person=who, pod=found.name)


def audit_until(
    store: Store, keys: Keys, person: Person, team: str, who: str, until_at: str, now: datetime, *, asked_by: str = ""
) -> None:
    """Says until when an auditor reads a team; a moment of today or later, a year at most. For longer, as for a turn of duty."""
    at = stamp(now)
    with store.writing() as tx:
        _require_team(tx, person, team, now)
        found = scope.reader(tx, who)
        if (
            found is None
            or found.role != "auditor"
            or not any(each.team == team and not each.on_duty for each in found.memberships)
        ):
            raise CannotArrange("nobody_such")
        if until_at < at:
            raise CannotArrange("in_the_past")
        if until_at > stamp(now + LONGEST_AUDIT):
            raise CannotArrange("audit_too_long")
        newest = max(
            (each for each in found.memberships if each.team == team and not each.on_duty), key=lambda each: each.from_at
        )
        if newest.until_at is None or until_at > newest.until_at:
            vouching.require_second(person, asked_by, answers=person.role == "supervisor")
        tx.people.end_membership(who, team, "auditor", until_at)
        _write_down(tx, keys, person, "auditor until", at, person=who, team=team, until_at=until_at)


def who_can_stand_in(store: Store, now: datetime) -> list[tuple[str, str]]:
    """Everybody who may be on duty or in a pod: (id, name), by name."""
    at = stamp(now)
    return [
        (row.id, row.name)
        for row in store.people.all()
        if row.role in access.STANDS_IN and access.holds(row.active_from, row.ended_at, at)
    ]


def _rota(store: Store, team: str, name: str, at: str) -> TeamRota:
    people = store.people.several(store.people.ever_in(team))
    auditors = tuple(
        (one.id, part)
        for one in people.values()
        if one.role == "auditor"
        for part in store.people.memberships_of(one.id)
        if part.team == team and part.until_at is not None and part.until_at > at
    )
    pods = tuple((pod, tuple(store.rotas.people_in(pod.id, at))) for pod in store.rotas.pods_of([team]))
    return TeamRota(
        team, name, tuple(store.rotas.turns_for([team], at)), pods, auditors, tuple(store.people.members_of([team], at))
    )


def _require_team(tx: Store, person: Person, team: str, now: datetime) -> None:
    if team not in teams_of(tx, person, now):
        raise NotYours(team)


def _require_pod(tx: Store, person: Person, pod: str, now: datetime) -> PodRow:
    found = tx.rotas.pod(pod)
    if found is None:
        raise NotYours(pod)
    _require_team(tx, person, found.team, now)
    return found


def _require_stands_in(tx: Store, who: str, at: str) -> None:
    found = scope.reader(tx, who)
    if found is None or not access.is_active(found, at):
        raise CannotArrange("nobody_such")
    if found.role not in access.STANDS_IN:
        raise CannotArrange("not_theirs")


def _write_down(tx: Store, keys: Keys, by: Person, what: str, at: str, **told: str) -> None:
    tx.audit.add(at, by.id, what, detail=keys.seal_secret("rota", write_json(told)))
