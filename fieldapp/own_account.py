"""What a person does with their own account: another password, passkeys, a council account, and where they are signed in.

Whatever lets somebody in later asks for the password and a second factor now, and so does whatever no longer lets them in: a browser
left open must neither be made into a key nor take its owner's keys away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fieldapp import passkeys, people
from fieldapp.keys import Keys
from fieldapp.people import IDLE, LONGEST, Person
from fieldapp.store.second_factors import PasskeyRow
from sync.entry import moment, stamp

if TYPE_CHECKING:
    from fieldapp.store import Store

_WRITTEN_DOWN = (
    "signed in",
    "signed out",
    "sign-in refused",
    "password changed",
    "set up anew after a reset",
    "phone set up",
    "passkey may be copied",
)
_MOST = 20


@dataclass(frozen=True, slots=True)
class OpenSignIn:
    """One browser on which this person is signed in."""

    made_at: str
    seen_at: str
    via: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """An account as its owner sees it. `lately` is (what, when), the newest first."""

    passkeys: list[PasskeyRow]
    council_since: str | None
    open: list[OpenSignIn]
    lately: list[tuple[str, str]]


def look(store: Store, person: Person, session: str, now: datetime) -> OwnAccount:
    """Gathers what is shown to the owner, who is signed in with `session`."""
    living = [
        OpenSignIn(row.made_at, row.seen_at, row.via, row.id == session)
        for row in store.people.sessions_of(person.id)
        if now - moment(row.seen_at) < IDLE and now - moment(row.made_at) < LONGEST
    ]
    lately = [(row.what, row.at) for row in store.audit.newest_of(person.id, _WRITTEN_DOWN, _MOST)]
    return OwnAccount(store.passkeys.of_person(person.id), store.council_accounts.bound_at(person.id), living, lately)


def change_password(store: Store, person: Person, password: str, now: datetime) -> None:
    """Gives the account another password, and ends every sign-in there is. Call it with the old one checked."""
    at, hashed = stamp(now), people.hash_password(password)
    with store.writing() as tx:
        tx.people.set_password(person.id, hashed)
        tx.people.end_sessions_of(person.id, at)
        tx.resets.end_all(person.id, at)
        tx.signers.drop_begun(person.id)
        tx.audit.add(at, person.id, "password changed")


def sign_out_elsewhere(store: Store, person: Person, session: str, now: datetime) -> int:
    """Ends this person's sign-ins on every other browser; returns how many."""
    at = stamp(now)
    with store.writing() as tx:
        ended = tx.people.end_sessions_of(person.id, at, keep=session)
        tx.audit.add(at, person.id, "signed out elsewhere")
    return ended


def add_passkey(store: Store, keys: Keys, person: Person, called: str, shown: passkeys.Shown, now: datetime) -> None:
    """Keeps a passkey that was just made. Call it with the password checked. Raises PasskeyRefused."""
    with store.writing() as tx:
        passkeys.add(tx, keys, person.id, called, shown, now)
        tx.audit.add(stamp(now), person.id, "passkey added")


def remove_passkey(store: Store, person: Person, id: str, now: datetime) -> bool:
    """Removes one of this person's passkeys; False when there is none of that id. Call it with the password checked."""
    with store.writing() as tx:
        if not tx.passkeys.remove(id, person.id):
            return False
        tx.audit.add(stamp(now), person.id, "passkey removed")
    return True


def connect_council(store: Store, person: Person, issuer: str, subject: str, now: datetime) -> bool:
    """Lets a council account open this one. Call it with the password checked. False when either is connected already."""
    with store.writing() as tx:
        if not tx.council_accounts.bind(issuer, subject, person.id, stamp(now)):
            return False
        tx.audit.add(stamp(now), person.id, "council account connected")
    return True


def disconnect_council(store: Store, person: Person, now: datetime) -> bool:
    """Ends that a council account opens this one. Call it with the password checked."""
    with store.writing() as tx:
        if not tx.council_accounts.unbind(person.id):
            return False
        tx.audit.add(stamp(now), person.id, "council account disconnected")
    return True
