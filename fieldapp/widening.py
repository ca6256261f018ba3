"""What gives somebody more to read, for administrators: one asks for it and says why, another confirms it; what takes away holds at once.

Whoever asks is never whoever confirms, nor is the person whom it is about (decision 31). What is done, and what it takes, is
said where it is done: `accounts` and `rotas` refuse one administrator alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from fieldapp import accounts, people, rotas, vouching
from fieldapp.accounts import LONGEST_WHY, NoSuchAccount, NotThisOne
from fieldapp.errors import FieldappError
from fieldapp.keys import CannotOpen, Keys, new_id
from fieldapp.people import Person
from fieldapp.store.widenings import WideningRow
from fieldapp.vouching import TakesTwo
from sync.entry import stamp, write_json

if TYPE_CHECKING:
    from fieldapp.store import Store

LASTS = timedelta(days=7)
"""How long somebody has to confirm: a week, so that an asking outlives a weekend and not the reason for it."""
_ABOUT = "wider access"
What = Literal["part", "open", "duty", "pod", "audit"]


class ReasonMissing(FieldappError):
    """Somebody else has to confirm it, and is to know why. `is_too_long`: there is a reason, but it is a page."""

    def __init__(self, *, is_too_long: bool) -> None:
        super().__init__("too_long" if is_too_long else "missing")
        self.is_too_long = is_too_long


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody is to have: a role and team, their account open again, a turn of duty or a pod of a team, or an auditor's time."""

    what: What
    person: str
    role: str = ""
    team: str | None = None
    pod: str | None = None
    from_at: str = ""
    upto_at: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish as whoever may confirm it sees it: who asked and when, why, and what the person has now. `may`: this reader may confirm."""

    row: WideningRow
    wish: Wish
    why: str
    role_now: str
    teams_now: tuple[str, ...]
    may: bool


def do(store: Store, keys: Keys, by: Person, wish: Wish, why: str, now: datetime) -> bool:
    """Does it at once where one person may, and otherwise keeps it as asked for; says whether it was done.

    Raises ReasonMissing, NotThisOne (alone: nobody could confirm), and what `accounts` and `rotas` refuse.
    """
    try:
        _do(store, keys, by, wish, why, now)
    except TakesTwo:
        _ask(store, keys, by, wish, why, now)
        return False
    return True


def asked_for(store: Store, keys: Keys, person: Person, now: datetime) -> list[Asked]:
    """Lists what waits for somebody to confirm, as far as this person may see it: administrators all, supervisors what they may confirm."""
    found = []
    for row in store.widenings.standing(stamp(now)):
        may = _may_confirm(store, row, person, now)
        about = store.people.by_id(row.person)
        if about is not None and (may or person.role == "administrator"):
            why = _why(keys, row)
            may = may and why != ""
            teams = tuple(store.people.teams_of(row.person, stamp(now)))
            found.append(Asked(row, _wish(row), why, about.role, teams, may))
    return found


def confirm(store: Store, keys: Keys, by: Person, id: str, now: datetime) -> None:
    """Agrees to what another person asked for, and does it. Raises NoSuchAccount, NotThisOne, and what `accounts` and `rotas` refuse by now."""
    at = stamp(now)
    with store.writing() as tx:
        row = tx.widenings.get(id)
        if row is None:
            raise NoSuchAccount(id)
        # As they are now that nobody else can change it, and not as they were when their request came.
        still = people.by_id(tx, by.id, now)
        why = _why(keys, row)
        if still is None or not why or not _may_confirm(tx, row, still, now) or not tx.widenings.confirm(id, by.id, at):
            raise NotThisOne("moved")
        accounts.note(tx, keys, by, "wider access confirmed", row.person, _told(tx, _wish(row)), at)
        _do(tx, keys, by, _wish(row), why, now, asked_by=row.asked_by)


def take_back(store: Store, keys: Keys, by: Person, id: str, now: datetime) -> None:
    """Ends an asking: any administrator may, and whoever may confirm it. Raises NoSuchAccount and NotThisOne."""
    at = stamp(now)
    with store.writing() as tx:
        row = tx.widenings.get(id)
        if row is None or not (by.role == "administrator" or _is_second(tx, row, by, now)):
            raise NoSuchAccount(id)
        if not tx.widenings.end(id, at):
            raise NotThisOne("moved")
        accounts.note(tx, keys, by, "wider access taken back", row.person, _told(tx, _wish(row)), at)


def _do(store: Store, keys: Keys, by: Person, wish: Wish, why: str, now: datetime, *, asked_by: str = "") -> None:
    team, pod = wish.team or "", wish.pod or ""
    if wish.what == "part":
        accounts.change(store, keys, by, wish.person, wish.role, wish.team, now, asked_by=asked_by)
    elif wish.what == "open":
        accounts.open_again(store, keys, by, wish.person, why, now, asked_by=asked_by)
    elif wish.what == "duty":
        rotas.add_turn(store, keys, by, team, wish.person, wish.from_at, wish.upto_at, now, asked_by=asked_by)
    elif wish.what == "pod":
        rotas.join_pod(store, keys, by, pod, wish.person, now, asked_by=asked_by)
    else:
        rotas.audit_until(store, keys, by, team, wish.person, wish.upto_at, now, asked_by=asked_by)


def _ask(store: Store, keys: Keys, by: Person, wish: Wish, why: str, now: datetime) -> None:
    if not why or len(why) > LONGEST_WHY:
        raise ReasonMissing(is_too_long=bool(why))
    at, sealed = stamp(now), keys.seal_secret(_ABOUT, write_json({"why": why}))
    with store.writing() as tx:
        if not vouching.is_anybody(tx, by.id, wish.person, _teams(tx, wish, at), now):
            raise NotThisOne("alone")
        tx.widenings.ask(
            WideningRow(
                new_id(), wish.person, wish.what, wish.role, wish.team, wish.pod, wish.from_at, wish.upto_at, sealed, by.id, at,
                stamp(now + LASTS),
            )
        )  # fmt: skip
        accounts.note(tx, keys, by, "wider access asked for", wish.person, f"{_told(tx, wish)}: {why}", at)


def _may_confirm(store: Store, row: WideningRow, person: Person, now: datetime) -> bool:
    """May this person agree? As a second person, and while whoever asked could still ask."""
    asker = people.by_id(store, row.asked_by, now)
    could_ask = asker is not None and asker.role == "administrator"
    return could_ask and row.ended_at is None and _is_second(store, row, person, now)


def _is_second(store: Store, row: WideningRow, person: Person, now: datetime) -> bool:
    return vouching.could_confirm(store, row.asked_by, row.person, person, _teams(store, _wish(row), stamp(now)))


def _teams(store: Store, wish: Wish, at: str) -> list[str]:
    """The teams whose supervisors answer for what would be read; none where a role reads no team's families."""
    if wish.what == "open":
        return store.people.teams_of(wish.person, at)
    if wish.role == "administrator":
        # They confirm for every team afterwards, and not for that of one supervisor alone.
        return []
    pod = store.rotas.pod(wish.pod) if wish.pod else None
    team = pod.team if pod is not None else wish.team
    return [team] if team is not None else []


def _told(store: Store, wish: Wish) -> str:
    """Says it for the audit."""
    names, pod = store.people.teams(), store.rotas.pod(wish.pod) if wish.pod else None
    team = names.get(wish.team or "", "")
    return {
        "part": accounts.part(store, wish.role, [wish.team] if wish.team else []),
        "open": "account open again",
        "duty": f"on duty for {team} from {wish.from_at} until {wish.upto_at}",
        "pod": f"in the pod {pod.name if pod else ''}",
        "audit": f"auditor of {team} until {wish.upto_at}",
    }[wish.what]


def _why(keys: Keys, row: WideningRow) -> str:
    """Reads the reason; "" where another hand changed it: nobody confirms that, and it must not close the page for everybody else's."""
    try:
        return str(json.loads(keys.open_secret(_ABOUT, row.why_sealed))["why"])
    except CannotOpen:
        return ""


def _wish(row: WideningRow) -> Wish:
    return Wish(row.what, row.person, row.role, row.team, row.pod, row.from_at, row.upto_at)  # type: ignore[arg-type]
