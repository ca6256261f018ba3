"""What administrators do with other people's accounts: adding, roles and teams, closing and opening, and resets that two people agree on.

A reset hands over an account, so no one person can make it: whoever asks is shown one half of its words, whoever confirms the other,
and the account's owner, who hears both, chooses a password and sets up a second factor that nobody else has seen. A new account is
made the same way, so that one administrator cannot become two people.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fieldapp import access, attempts, leaves, passwords, people, vouching
from fieldapp.errors import FieldappError
from fieldapp.keys import CannotOpen, Keys, new_id
from fieldapp.people import Person, Refused
from fieldapp.store import Sealed
from fieldapp.store.audit import AuditRow
from fieldapp.store.people import PersonRow
from fieldapp.store.second_factors import ResetRow
from sync.entry import b64u, stamp, unb64u, write_json
from sync.errors import Malformed

if TYPE_CHECKING:
    from fieldapp.store import Store

RESET_LASTS = timedelta(hours=24)
"""From asking until confirming, and from confirming until the owner is done."""
SET_UP_LASTS = timedelta(minutes=30)
LONGEST_WHY = 1000
_ABOUT = "account"
DONE_TO = {
    "person added": "account made",
    "account closed": "had their account closed",
    "account locked": "had their account locked",
    "account opened again": "had their account opened again",
    "role or team changed": "was given another role or team",
    "council account disconnected": "had their council account disconnected",
    "reset asked for": "had a reset asked for",
    "reset confirmed": "had a reset confirmed",
    "reset taken back": "had a reset taken back",
    "words given out": "was given words at the office’s own machine",
    "wider access asked for": "had wider access asked for",
    "wider access confirmed": "had wider access confirmed",
    "wider access taken back": "had wider access taken back",
    "what verify named accepted": "confirmed that what verify named was accepted",
}
"""What stands on the list of the person concerned, for each thing that stands on the list of who did it."""
_ROWS = frozenset([*DONE_TO, *DONE_TO.values()])


class NoSuchAccount(FieldappError):
    """There is nobody of that id, or no such reset for this person to see."""


class NotThisOne(FieldappError):
    """`code`: own (nobody does this to themselves) | last (no other administrator would be left) | already (it is so) | moved | alone (nobody else may confirm)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Ticket:
    """A reset whose words were right: whose it is, and the key of the authenticator that is being set up. `is_first`: nothing opened the account before."""

    reset: str
    person: Person
    totp: str
    is_first: bool = False


def add(
    store: Store, keys: Keys, by: Person, *, email: str, name: str, role: str, team: str | None, now: datetime
) -> tuple[str, str]:
    """Adds a person whose account nothing opens until they have set it up with the words of two people.

    Returns the person's id and the first half, which is shown once. Raises AddressTaken, and NotThisOne where nobody could confirm.
    """
    at = stamp(now)
    row = people.not_set_up(new_id(), email, name, role, team, now)
    half = passwords.drawn_half()
    with store.writing() as tx:
        people.enter(tx, row, now)
        _ask(tx, by, row.id, half, now)
        note(tx, keys, by, "person added", row.id, "", at)
    return row.id, half


def add_at_machine(
    store: Store, keys: Keys, *, email: str, name: str, role: str, team: str | None, now: datetime
) -> tuple[str, str]:
    """Adds a person from the office's own machine, which counts as vouching; returns both halves, shown once. Raises AddressTaken.

    Nothing opens the account until they have set it up, as with one added on a page: what was printed is good once, for a day.
    """
    row = people.not_set_up(new_id(), email, name, role, team, now)
    with store.writing() as tx:
        people.enter(tx, row, now)
        note(tx, keys, vouching.MACHINE, "person added", row.id, "", stamp(now))
        return _give(tx, row.id, now)


def give_words(store: Store, keys: Keys, person: str, now: datetime) -> tuple[str, str]:
    """Gives out both halves of words at the office's own machine, for somebody who has lost what opens their account. Raises NotThisOne."""
    with store.writing() as tx:
        row = _other(tx, vouching.MACHINE, person)
        if not people.is_open(row, now):
            raise NotThisOne("already")
        note(tx, keys, vouching.MACHINE, "words given out", person, "", stamp(now))
        return _give(tx, person, now)


def close(store: Store, keys: Keys, by: Person, person: str, why: str, now: datetime) -> None:
    """Closes an account: sign-ins end at once, phones fetch nothing more, and what they still send is kept for a person to place.

    Turns of duty and pods end with it: nobody is to ring somebody who is gone. So do the words of resets that they gave out. Raises NotThisOne, and leaves.MustHandOver.
    """
    at = stamp(now)
    with store.writing() as tx:
        row = _other(tx, by, person)
        _keep_an_administrator(tx, row, at)
        leaves.require_handed_over(tx, person, at)
        if not tx.people.end(person, at):
            raise NotThisOne("already")
        tx.rotas.stand_down(person, at)
        _shut(tx, person, at)
        note(tx, keys, by, "account closed", person, why, at)


def open_again(store: Store, keys: Keys, by: Person, person: str, why: str, now: datetime, *, asked_by: str = "") -> None:
    """Opens a closed account as it was, duty and pods apart: those went on without them.

    They read again what they read before, so it takes two: `asked_by` is who asked for it. Raises NotThisOne and TakesTwo.
    """
    at = stamp(now)
    with store.writing() as tx:
        _other(tx, by, person)
        if not tx.people.open_again(person):
            raise NotThisOne("already")
        vouching.require_second(by, asked_by)
        note(tx, keys, by, "account opened again", person, why, at)


def change(
    store: Store, keys: Keys, by: Person, person: str, role: str, team: str | None, now: datetime, *, asked_by: str = ""
) -> None:
    """Gives a person another role or team from now on, and ends their sign-ins: what a page may show was decided for the old one.

    Duty and pods of other teams end, and all of them for a role that stands in for nobody. What gives them more takes two:
    `asked_by` is who asked for it. Raises NotThisOne, TakesTwo, and leaves.MustHandOver.
    """
    at = stamp(now)
    with store.writing() as tx:
        row = _other(tx, by, person)
        teams, before = [] if team is None else [team], tx.people.teams_of(person, at)
        if role == row.role and before == teams:
            raise NotThisOne("already")
        if role != "administrator":
            _keep_an_administrator(tx, row, at)
        leaves.require_handed_over(tx, person, at, role)
        if access.gives_more(row.role, before, role, teams):
            vouching.require_second(by, asked_by)
        tx.widenings.end_all(person, at)
        if row.role == "administrator":
            tx.widenings.end_asked_by(person, at)
            tx.resets.end_given_by(person, at)
        tx.people.leave_teams(person, at)
        tx.rotas.stand_down(person, at, but=team if role in access.STANDS_IN else None)
        # What they put on their phone they answered for then: it is not there again, should they ever come back.
        tx.casefiles.take_off_phones(at, person=person)
        tx.people.set_role(person, role, team)
        if team is not None:
            people.join(tx, person, team, role, now)
        tx.people.end_sessions_of(person, at)
        note(tx, keys, by, "role or team changed", person, f"{part(tx, row.role, before)} to {part(tx, role, teams)}", at)


def lock_out(store: Store, keys: Keys, by: Person, person: str, why: str, now: datetime) -> None:
    """Ends every sign-in and lets nobody in until two people have made a reset: for an account that cannot be closed yet, or may be stolen.

    The second factor becomes one that nobody has; passkeys and the council account go, and so do words of resets
    that they gave out: a thief may have asked for them. What this person reads, and must hand over,
    stays theirs. Phones are decided on their own pages. Raises NotThisOne.
    """
    at = stamp(now)
    with store.writing() as tx:
        row = _other(tx, by, person)
        _keep_an_administrator(tx, row, at)
        if not people.is_open(row, now):
            raise NotThisOne("already")
        if people.is_set_up(row):
            people.set_totp(tx, keys, person, people.new_totp(), 0)
        tx.passkeys.remove_all(person)
        tx.council_accounts.unbind(person)
        _shut(tx, person, at)
        note(tx, keys, by, "account locked", person, why, at)


def disconnect_council(store: Store, keys: Keys, by: Person, person: str, now: datetime) -> None:
    """Ends that a council account opens this person's. Their sign-ins end with it. Raises NotThisOne."""
    at = stamp(now)
    with store.writing() as tx:
        if not tx.council_accounts.unbind(person):
            raise NotThisOne("already")
        tx.people.end_sessions_of(person, at)
        note(tx, keys, by, "council account disconnected", person, "", at)


def ask_reset(store: Store, keys: Keys, by: Person, person: str, why: str, now: datetime) -> str:
    """Asks for a reset and returns the first half of its words, which is shown once. An earlier one for that person ends.

    For somebody who has not set up their account yet, too, when the words of two people have lapsed. Raises NotThisOne.
    """
    at, half = stamp(now), passwords.drawn_half()
    with store.writing() as tx:
        row = _other(tx, by, person)
        if not people.is_open(row, now):
            raise NotThisOne("already")
        _ask(tx, by, person, half, now)
        note(tx, keys, by, "reset asked for", person, why, at)
    return half


def resets_for(store: Store, person: Person, now: datetime) -> list[tuple[ResetRow, bool]]:
    """Lists the resets this person may see, each with whether they may confirm it."""
    found = [(reset, _may_confirm(store, reset, person, now)) for reset in store.resets.standing(stamp(now))]
    return [
        (reset, may)
        for reset, may in found
        if may or person.role == "administrator" or person.id in {reset.asked_by, reset.confirmed_by}
    ]


def confirm_reset(store: Store, keys: Keys, by: Person, reset: str, now: datetime) -> tuple[ResetRow, str]:
    """Confirms a reset and returns the second half of its words, shown once. Raises NoSuchAccount and NotThisOne."""
    at, half = stamp(now), passwords.drawn_half()
    with store.writing() as tx:
        row = tx.resets.get(reset)
        if row is None:
            raise NoSuchAccount(reset)
        if not _may_confirm(tx, row, by, now) or not tx.resets.confirm(
            reset, by.id, at, people.hash_password(half), stamp(now + RESET_LASTS)
        ):
            raise NotThisOne("moved")
        note(tx, keys, by, "reset confirmed", row.person, "", at)
    return row, half


def take_back_reset(store: Store, keys: Keys, by: Person, reset: str, now: datetime) -> None:
    """Ends a reset before it was used: any administrator may, and whoever may confirm it. Raises NoSuchAccount and NotThisOne."""
    at = stamp(now)
    with store.writing() as tx:
        row = tx.resets.get(reset)
        if row is None or not any(row.id == each.id for each, _ in resets_for(tx, by, now)):
            raise NoSuchAccount(reset)
        if not tx.resets.end(reset, at):
            raise NotThisOne("moved")
        note(tx, keys, by, "reset taken back", row.person, "", at)


def begin_set_up(
    store: Store, keys: Keys, email: str, first: str, second: str, address: str, bound_to: str, clock: Callable[[], datetime]
) -> tuple[Ticket, str] | Refused:
    """Checks both halves and begins the set-up: returns what to show, and the same sealed for the browser that `bound_to` names.

    Counted like a sign-in, with one answer whatever was wrong.
    """
    now = clock()
    email = people.folded(email)
    counters = attempts.counters(keys, email, address)
    wait = attempts.count(store, counters, now)
    if wait:
        return Refused(wait)
    row = store.people.by_email(email)
    reset = next((each for each in store.resets.standing(stamp(now)) if row is not None and each.person == row.id), None)
    # Both, whatever the first says, and for nobody too.
    fits = [
        people.fits(kept, _plain(said))
        for kept, said in ((reset.first_hash if reset else None, first), (reset.second_hash if reset else None, second))
    ]
    person = people.by_id(store, row.id, now) if row is not None else None
    with store.writing() as tx:
        if reset is None or reset.second_hash is None or person is None or not all(fits):
            tx.audit.add(stamp(now), row.id if row else "", "set-up refused")
            return Refused(0)
        attempts.forget(tx, counters, now)
    ticket = Ticket(reset.id, person, people.new_totp(), _is_new(row))
    said = write_json({"reset": ticket.reset, "person": person.id, "totp": ticket.totp, "at": stamp(now)})
    return ticket, b64u(keys.seal_secret(_about_ticket(bound_to), said))


def read_ticket(store: Store, keys: Keys, sealed: str, bound_to: str, now: datetime) -> Ticket | None:
    """Opens what `begin_set_up` sealed; None when it is another browser's, too old, or its reset has ended meanwhile."""
    try:
        said = json.loads(keys.open_secret(_about_ticket(bound_to), Sealed(unb64u(sealed))))
    except (CannotOpen, Malformed):
        return None
    person, reset = people.by_id(store, said["person"], now), store.resets.get(said["reset"])
    row = store.people.by_id(said["person"])
    is_standing = reset is not None and reset.ended_at is None and stamp(now) < reset.until_at
    if person is None or not is_standing or said["at"] < stamp(now - SET_UP_LASTS):
        return None
    return Ticket(said["reset"], person, said["totp"], _is_new(row))


def _is_new(row: PersonRow | None) -> bool:
    return row is not None and not people.is_set_up(row)


def finish_set_up(store: Store, keys: Keys, ticket: Ticket, password: str, code: str, now: datetime) -> None:
    """Gives the account its new password and second factor. Whatever opened it before does so no more.

    Raises NotThisOne: code (it is none of the new authenticator) | moved (the reset was used or taken back meanwhile).
    """
    at, step, hashed = stamp(now), people.step_of(ticket.totp, code, now), people.hash_password(password)
    if step is None:
        raise NotThisOne("code")
    with store.writing() as tx:
        if not tx.resets.use(ticket.reset, at):
            raise NotThisOne("moved")
        person = ticket.person.id
        tx.people.set_password(person, hashed)
        people.set_totp(tx, keys, person, ticket.totp, step)
        tx.passkeys.remove_all(person)
        tx.council_accounts.unbind(person)
        tx.people.end_sessions_of(person, at)
        tx.signers.drop_begun(person)
        tx.audit.add(at, person, "account set up" if ticket.is_first else "set up anew after a reset")


def _shut(tx: Store, person: str, at: str) -> None:
    """Ends every sign-in of a person, set-ups of phones that were begun, resets of their account, what would give them more, and what they gave out or asked for: a thief may have."""
    tx.people.end_sessions_of(person, at)
    tx.signers.drop_begun(person)
    tx.resets.end_all(person, at)
    tx.resets.end_given_by(person, at)
    tx.widenings.end_all(person, at)
    tx.widenings.end_asked_by(person, at)


def _give(tx: Store, person: str, now: datetime) -> tuple[str, str]:
    first, second, at = passwords.drawn_half(), passwords.drawn_half(), stamp(now)
    tx.resets.end_all(person, at)
    hashed = people.hash_password(first), people.hash_password(second)
    tx.resets.give(new_id(), person, at, *hashed, stamp(now + RESET_LASTS))
    return first, second


def _ask(tx: Store, by: Person, person: str, half: str, now: datetime) -> None:
    """Keeps what was asked for; raises NotThisOne where nobody could confirm, so that no words are given out that lead nowhere."""
    at = stamp(now)
    if not vouching.is_anybody(tx, by.id, person, tx.people.teams_of(person, at), now):
        raise NotThisOne("alone")
    tx.resets.end_all(person, at)
    tx.resets.ask(new_id(), person, by.id, at, people.hash_password(half), stamp(now + RESET_LASTS))


def _may_confirm(store: Store, reset: ResetRow, person: Person, now: datetime) -> bool:
    teams = store.people.teams_of(reset.person, stamp(now))
    return reset.second_hash is None and vouching.could_confirm(store, reset.asked_by, reset.person, person, teams)


def _other(tx: Store, by: Person, person: str) -> PersonRow:
    row = tx.people.by_id(person)
    if row is None:
        raise NoSuchAccount(person)
    if person == by.id:
        raise NotThisOne("own")
    return row


def part(tx: Store, role: str, teams: list[str]) -> str:
    """Says what somebody's part is, for the audit."""
    names = tx.people.teams()
    return " in ".join([role, ", ".join(names.get(team, "") for team in teams)] if teams else [role])


def _keep_an_administrator(tx: Store, row: PersonRow, at: str) -> None:
    if row.role == "administrator" and set(tx.people.open_administrators(at)) <= {row.id}:
        raise NotThisOne("last")


def note(tx: Store, keys: Keys, by: Person, what: str, person: str, why: str, at: str) -> None:
    """Writes down what was done twice: on the list of who did it, with whose account it was, and on the list of whose account it was, with who did it."""
    tx.audit.add(at, by.id, what, detail=_sealed(keys, person, why))
    tx.audit.add(at, person, DONE_TO[what], detail=_sealed(keys, by.id, why))


def _sealed(keys: Keys, person: str, why: str) -> Sealed:
    return keys.seal_secret(_ABOUT, write_json({"person": person, "why": why}))


def told_of(keys: Keys, row: AuditRow) -> tuple[str, str] | None:
    """Opens what is sealed in a row about an account: the other person's id and the reason; None of other rows, and of what opens no more."""
    if row.detail is None or row.what not in _ROWS:
        return None
    try:
        said = json.loads(keys.open_secret(_ABOUT, row.detail))
    except CannotOpen:
        return None
    return said["person"], said["why"]


def _plain(half: str) -> str:
    """Reads one half as it was typed: any case, spaces for dashes."""
    return "-".join(half.casefold().replace("-", " ").split())


def _about_ticket(bound_to: str) -> str:
    return f"set-up|{bound_to}"
