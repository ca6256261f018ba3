"""Who is a second person: what one administrator asks for, another person agrees to, and neither of the two let the other in.

Whatever makes an account, opens one anew or gives somebody more to read asks here (decisions 21, 29 and 31).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from fieldapp import people
from fieldapp.errors import FieldappError
from fieldapp.people import Person

if TYPE_CHECKING:
    from fieldapp.store import Store

MACHINE = Person("", "", "", "machine")
"""Whoever sits at the office's own machine: they have its key and its database, and need no second person to read (decision 29)."""


class TakesTwo(FieldappError):
    """This gives somebody more to read, so one administrator alone does not do it. Nothing was done; it can be asked for."""


def require_second(by: Person, asked_by: str, *, answers: bool = False) -> None:
    """Raises TakesTwo where somebody does alone what another person, `asked_by`, must have asked for.

    Not where they answer (`answers`) for what would be read, nor at the office's own machine.
    """
    if not asked_by and not answers and by != MACHINE:
        raise TakesTwo


def could_confirm(store: Store, asked_by: str, whose: str, person: Person, teams: Collection[str]) -> bool:
    """Another administrator may, and a supervisor of one of the `teams` it is about; neither whoever asked nor the person.

    Nor may either of the two have let the other in: whoever confirmed somebody's account, or once added it alone, is no second person beside them.
    """
    if person.id in {asked_by, whose}:
        return False
    shares = set(person.teams) & set(teams)
    if person.role != "administrator" and not (person.role == "supervisor" and shares):
        return False
    return _vouched_for(store, person.id, beside=asked_by) and _vouched_for(store, asked_by, beside=person.id)


def is_anybody(store: Store, asked_by: str, whose: str, teams: Collection[str], now: datetime) -> bool:
    """Says whether somebody could confirm: nothing is asked for that would lead nowhere."""
    others = (people.by_id(store, row.id, now) for row in store.people.all() if people.is_set_up(row))
    return any(each is not None and could_confirm(store, asked_by, whose, each, teams) for each in others)


def _vouched_for(store: Store, person: str, *, beside: str) -> bool:
    """Says whether somebody other than `beside`, and other than whoever asked for it, has confirmed this account; the office's own machine counts."""
    by = store.resets.newest_used(person)
    return by is None or by.confirmed_by not in {by.asked_by, beside}
