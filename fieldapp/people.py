"""People, how they sign in, and how long a sign-in lasts.

Nobody learns from an answer, or from how long it took, whether an address has an account: unknown, ended and wrong go
through the same work and get the same answer.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import struct
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha1, sha256
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fieldapp import attempts, passkeys, passwords
from fieldapp.errors import FieldappError
from fieldapp.passkeys import Shown
from fieldapp.store.people import PersonRow
from sync.entry import b64u, moment, stamp

if TYPE_CHECKING:
    from fieldapp.keys import Keys
    from fieldapp.store import Store

Role = Literal["keyworker", "practitioner", "supervisor", "administrator", "auditor"]
Via = Literal["password", "council"]
"""How somebody signed in: with the password of this office, or with their account at the council."""
ROLES: tuple[Role, ...] = ("keyworker", "practitioner", "supervisor", "administrator", "auditor")
DESK_ROLES: tuple[Role, ...] = ("supervisor", "administrator", "auditor")
"""Who may sign in to the office's pages. The others' work is in the phone app, behind the phone's own keys."""

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
"""A page view moves the idle clock at most this often, so that reading a page seldom writes a row."""

AUDIT_FOR = timedelta(days=92)
"""How long an auditor reads a team where nobody said until when."""

CODE_STEP_S = 30

LONGEST_NAME = 120
LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the service, as the rest of the program knows them."""

    id: str
    email: str
    name: str
    role: str
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Not signed in. `wait_s` is how long no further attempt is looked at; 0 when the next may come at once."""

    wait_s: int


@dataclass(frozen=True)
class SignedIn:
    """One person's sign-in on one browser, in the shape flask-login asks for."""

    person: Person
    session: str
    via: str = "password"
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return self.person.id


@dataclass(frozen=True, slots=True)
class Added:
    """A new person with the two secrets that are shown once and kept nowhere in the clear."""

    person: Person
    password: str
    totp: str


class AddressTaken(FieldappError):
    """Somebody has this email address already."""


def sign_in(
    store: Store,
    keys: Keys,
    email: str,
    password: str,
    code: str,
    address: str,
    clock: Callable[[], datetime],
    *,
    demo_code: str | None = None,
    passkey: Shown | None = None,
) -> Person | Refused:
    """Checks password and second factor, a code or a passkey; a person when both are right and the account is open.

    The attempt is counted before it is looked at, so that a hundred at once are not a hundred free ones. A code is good
    once; the demo's fixed code, given only by a demo office, is good always.
    """
    return _let_in(store, keys, email, password, code, passkey, address, clock, demo_code)


def show_second_factor(
    store: Store,
    keys: Keys,
    person: Person,
    code: str,
    address: str,
    clock: Callable[[], datetime],
    *,
    demo_code: str | None = None,
    passkey: Shown | None = None,
) -> Person | Refused:
    """Checks only the second factor, of somebody whom the council's own sign-in has named. Counted like any other sign-in."""
    return _let_in(store, keys, person.email, None, code, passkey, address, clock, demo_code)


def _let_in(
    store: Store,
    keys: Keys,
    email: str,
    password: str | None,
    code: str,
    passkey: Shown | None,
    address: str,
    clock: Callable[[], datetime],
    demo_code: str | None,
) -> Person | Refused:
    now = clock()
    email = folded(email)
    counters = attempts.counters(keys, email, address)
    wait = attempts.count(store, counters, now)
    if wait:
        return Refused(wait)
    row = store.people.by_email(email)
    is_right = password is None or _password_fits(row.password_hash if row else _nobodys_hash(), password)
    step = _step_of(_secret_of(keys, row), code, now)
    is_ready = row is not None and is_set_up(row)
    is_demo_code = demo_code is not None and hmac.compare_digest(_utf8(code), _utf8(demo_code))
    with store.writing():
        # First, and whatever else is wrong: what an authenticator signed is good once.
        is_passkey_right = passkey is not None and passkeys.take(store, keys, passkey, row.id if row else "", now)
        may = row is not None and is_right and is_ready and is_open(row, now)
        if row is None or not may or not (is_passkey_right or is_demo_code or (step and store.people.use_code(row.id, step))):
            # Also for nobody: what is written for some and not for others takes time that can be measured.
            store.audit.add(stamp(now), row.id if row else "", "sign-in refused")
            return Refused(0)
        attempts.forget(store, counters, now)
    return _person(store, row, now)


def begin_session(store: Store, person: Person, now: datetime, *, instead_of: str | None = None, via: Via = "password") -> str:
    """Begins a sign-in on a browser and returns what its cookie says; any earlier one on that browser ends."""
    secret = b64u(secrets.token_bytes(32))
    with store.writing():
        if instead_of is not None:
            store.people.end_session(_hash(instead_of), stamp(now))
        store.people.drop_sessions(stamp(now - LONGEST))
        store.people.begin_session(_hash(secret), person.id, stamp(now), via)
        store.audit.add(stamp(now), person.id, "signed in")
    return secret


def session_of(store: Store, secret: str, now: datetime) -> SignedIn | None:
    """Gives the sign-in a cookie stands for; None when it ended, lay idle, grew too old or its person has left."""
    row = store.people.session(_hash(secret))
    if row is None:
        return None
    seen, made = moment(row.seen_at), moment(row.made_at)
    if now - seen >= IDLE or now - made >= LONGEST:
        return None
    person_row = store.people.by_id(row.person)
    if person_row is None or not is_open(person_row, now) or person_row.role not in DESK_ROLES:
        return None
    if now - seen >= SEEN_EVERY:
        with store.writing():
            store.people.see_session(row.id, stamp(now))
    return SignedIn(_person(store, person_row, now), row.id, row.via)


def session_id(secret: str) -> str:
    """Names the sign-in that a cookie stands for, as the store keeps it."""
    return _hash(secret)


def end_session(store: Store, signed_in: SignedIn, now: datetime) -> None:
    """Signs out."""
    with store.writing():
        store.people.end_session(signed_in.session, stamp(now))
        store.audit.add(stamp(now), signed_in.person.id, "signed out")


def add(
    store: Store,
    keys: Keys,
    *,
    email: str,
    name: str,
    role: str,
    now: datetime,
    team: str | None = None,
    password: str | None = None,
    by: str | None = None,
    id: str | None = None,
) -> Added:
    """Adds a person whose account is open at once and returns the secrets to hand over; raises AddressTaken.

    For the demo, whose secrets are published: elsewhere `accounts` adds people, and what opens an account is its owner's own choice.
    Without a password three words are drawn at random. `by`, where it is given, is written down, and on the new person's own list as well.
    """
    password = password or passwords.drawn()
    totp = new_totp()
    person = id or b64u(secrets.token_bytes(16))
    sealed = keys.seal_secret(_about_code(person), totp.encode())
    row = PersonRow(person, folded(email), name.strip(), role, hash_password(password), sealed, 0, stamp(now), None, team)
    with store.writing() as tx:
        enter(tx, row, now)
        if by is not None:
            tx.audit.add(stamp(now), by, "person added")
            tx.audit.add(stamp(now), person, "account made")
    return Added(_person(store, row, now), password, totp)


def not_set_up(id: str, email: str, name: str, role: str, team: str | None, now: datetime) -> PersonRow:
    """Makes the row of somebody whom no password and no code lets in: its password is hashed so that a try takes as long as any other."""
    return PersonRow(
        id, folded(email), name.strip(), role, hash_password(b64u(secrets.token_bytes(16))), None, 0, stamp(now), None, team
    )


def enter(tx: Store, row: PersonRow, now: datetime) -> None:
    """Adds a person to the office and to their team; raises AddressTaken."""
    if tx.people.by_email(row.email) is not None:
        raise AddressTaken(row.email)
    tx.people.add(row)
    if row.team is not None:
        join(tx, row.id, row.team, row.role, now)


def join(tx: Store, person: str, team: str, role: str, now: datetime) -> None:
    """Makes a person part of a team from now on: an auditor always until a day, because `access` lets none in on an open part."""
    tx.people.join(person, team, role, stamp(now), stamp(now + AUDIT_FOR) if role == "auditor" else None)


def is_name(said: str) -> bool:
    """Is this a name of somebody or something here: in one line, that no terminal acts on, and short enough for a list?"""
    return 0 < len(said) <= LONGEST_NAME and said.isprintable() and said == said.strip()


def is_email(said: str) -> bool:
    """Could this be an address? Only its owner can say whether it is one."""
    return len(said) <= LONGEST_EMAIL and said.isprintable() and _EMAIL.fullmatch(said) is not None


def hash_password(password: str) -> str:
    """Hashes a password slowly, as it is kept."""
    return _hasher().hash(_bytes(password))


def fits(kept: str | None, said: str) -> bool:
    """Says whether this is what was hashed; takes as long, and says no, where nothing was kept."""
    return _password_fits(kept or _nobodys_hash(), said) and kept is not None


def new_totp() -> str:
    """Draws the key of a new authenticator, in the letters people type into their app."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def step_of(totp: str, code: str, now: datetime) -> int | None:
    """Finds the time step a code of this authenticator belongs to; None when it is no code of now."""
    return _step_of(base64.b32decode(totp), code, now)


def set_totp(tx: Store, keys: Keys, person: str, totp: str, step: int) -> None:
    """Gives a person another authenticator, one code of which has just been used."""
    tx.people.set_totp(person, keys.seal_secret(_about_code(person), totp.encode()))
    tx.people.set_code_used(person, step)


def by_id(store: Store, id: str, now: datetime) -> Person | None:
    """Gives the person whose account this is while it is open."""
    row = store.people.by_id(id)
    return _person(store, row, now) if row is not None and is_open(row, now) else None


def is_open(row: PersonRow, now: datetime) -> bool:
    """Says whether an account is open at a moment."""
    return moment(row.active_from) <= now and (row.ended_at is None or now < moment(row.ended_at))


def is_set_up(row: PersonRow) -> bool:
    """Says whether anybody has chosen what opens this account: until then nothing does."""
    return row.totp_sealed is not None


def seal_codes_anew(tx: Store, keys: Keys) -> None:
    """Seals every second factor under the newest key of secrets."""
    for row in tx.people.all():
        if row.totp_sealed is not None:
            about = _about_code(row.id)
            tx.people.set_totp(row.id, keys.seal_secret(about, keys.open_secret(about, row.totp_sealed)))


def team_called(store: Store, name: str) -> str:
    """Gives the id of the team of that name, and makes the team when there is none."""
    with store.writing():
        for id, called in store.people.teams().items():
            if called == name:
                return id
        id = b64u(secrets.token_bytes(16))
        store.people.add_team(id, name)
    return id


def folded(email: str) -> str:
    """Writes an address as accounts are kept: no outer spaces, one form of each letter, lower case."""
    return unicodedata.normalize("NFKC", _utf8(email).decode()).strip().casefold()


def code_at(totp: str, now: datetime, *, steps: int = 0) -> str:
    """Gives the six figures an authenticator app shows (RFC 6238: SHA-1, 30 s)."""
    return _code(base64.b32decode(totp), int(now.timestamp()) // CODE_STEP_S + steps)


def authenticator_link(person: Person, totp: str) -> str:
    """Writes the link that authenticator apps read."""
    return f"otpauth://totp/fieldapp:{quote(person.email)}?secret={totp}&issuer=fieldapp"


def may_sign_in_at_desk(person: Person) -> bool:
    return person.role in DESK_ROLES


def _code(secret: bytes, step: int) -> str:
    digest = hmac.digest(secret, struct.pack(">Q", step), sha1)
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def _step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """Finds the time step a code belongs to, one either side for clocks that differ; looks at all three every time."""
    digits = _utf8(code.replace(" ", ""))
    middle = int(now.timestamp()) // CODE_STEP_S
    fits = [step for step in (middle - 1, middle, middle + 1) if hmac.compare_digest(_code(secret, step).encode(), digits)]
    return fits[-1] if fits else None


def _secret_of(keys: Keys, row: PersonRow | None) -> bytes:
    if row is None or row.totp_sealed is None:
        return secrets.token_bytes(20)
    return base64.b32decode(keys.open_secret(_about_code(row.id), row.totp_sealed))


def _about_code(person: str) -> str:
    return f"second factor|{person}"


def _password_fits(kept: str, password: str) -> bool:
    try:
        return _hasher().verify(kept, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    # One form of each letter, so that the same words typed on another keyboard are the same; a cap, so that nobody
    # makes the office hash a book.
    return _utf8(unicodedata.normalize("NFKC", password))[:1024]


def _utf8(text: str) -> bytes:
    """Writes text as bytes whatever a stranger put into it; half a character becomes a question mark."""
    return text.encode("utf-8", "replace")


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_bytes(16))


def _person(store: Store, row: PersonRow, now: datetime) -> Person:
    return Person(row.id, row.email, row.name, row.role, tuple(store.people.teams_of(row.id, stamp(now))))


def _hash(secret: str) -> str:
    return b64u(sha256(_utf8(secret)).digest())
