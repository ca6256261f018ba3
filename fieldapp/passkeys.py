"""Passkeys as a second factor, at the desk and when a phone is set up, and the one door to `webauthn`.

A passkey answers a challenge that is good once, for five minutes, for the browser it was given to (`bound_to` is a hash of that browser's
cookie), on this office's own address. It is asked for together with the password and not after it: a page that asked for a passkey
only where the password was right would tell whoever tries passwords which one was.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import exceptions, structs

from fieldapp.errors import FieldappError
from fieldapp.keys import Keys, hash_text
from fieldapp.store.second_factors import PasskeyRow
from sync.entry import b64u, stamp, unb64u
from sync.errors import Malformed

if TYPE_CHECKING:
    from fieldapp.store import Store

LASTS = timedelta(minutes=5)
LONGEST_ANSWER = 16 * 1024
MOST = 10
"""Passkeys of one person."""

_REFUSALS = (exceptions.WebAuthnException, ValueError, TypeError, KeyError, OverflowError, RecursionError)
"""What the library raises on what a stranger may send: its own family, and what strange JSON and CBOR make of Python's."""


class PasskeyRefused(FieldappError):
    """What an authenticator made is not what was asked for, or this person has it or too many already."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser sent of a passkey: the authenticator's answer as JSON, what its challenge was bound to, and this office's address."""

    answer: str
    bound_to: str
    origin: str


def challenge_to_show(keys: Keys, bound_to: str, now: datetime) -> str:
    """What a passkey is to sign, for a phone's own page, which knows the rest of what to ask a browser for."""
    return b64u(_challenge(keys, "show", bound_to, now))


def options_to_show(keys: Keys, bound_to: str, origin: str, now: datetime) -> str:
    """Writes what a browser needs to ask for a passkey, as JSON. It names nobody: which account it is, the passkey says."""
    options = webauthn.generate_authentication_options(
        rp_id=_host(origin),
        challenge=_challenge(keys, "show", bound_to, now),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def options_to_make(
    keys: Keys, store: Store, person: str, email: str, name: str, bound_to: str, origin: str, now: datetime
) -> str:
    """Writes what a browser needs to make a passkey for this person, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=_host(origin),
        rp_name="fieldapp",
        user_id=unb64u(person),
        user_name=email,
        user_display_name=name,
        challenge=_challenge(keys, "make", bound_to, now),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(id=unb64u(each.id)) for each in store.passkeys.of_person(person)
        ],
    )
    return webauthn.options_to_json(options)


def add(tx: Store, keys: Keys, person: str, called: str, shown: Shown, now: datetime) -> None:
    """Keeps a passkey that was just made. Raises PasskeyRefused. Call it inside `writing`, with the password checked."""
    challenge = _spent_challenge(tx, keys, "make", shown, now)
    if challenge is None:
        raise PasskeyRefused("challenge")
    try:
        made = webauthn.verify_registration_response(
            credential=shown.answer,
            expected_challenge=challenge,
            expected_rp_id=_host(shown.origin),
            expected_origin=shown.origin,
            require_user_verification=True,
        )
    except _REFUSALS:
        raise PasskeyRefused("answer") from None
    id = b64u(made.credential_id)
    if tx.passkeys.get(id) is not None or len(tx.passkeys.of_person(person)) >= MOST:
        raise PasskeyRefused("taken")
    tx.passkeys.add(PasskeyRow(id, person, called, made.credential_public_key, made.sign_count, stamp(now), None))


def take(tx: Store, keys: Keys, shown: Shown, person: str, now: datetime) -> bool:
    """Says whether this is a passkey of that person, answering a challenge of that browser, and spends the challenge whatever it says.

    An authenticator that counts its uses must count upwards: one that does not may be a copy, is refused, and is written down.
    """
    challenge = _spent_challenge(tx, keys, "show", shown, now)
    if challenge is None:
        return False
    id = _read(shown.answer).get("id")
    row = tx.passkeys.get(id) if isinstance(id, str) else None
    if row is None or row.person != person:
        return False
    try:
        proved = webauthn.verify_authentication_response(
            credential=shown.answer,
            expected_challenge=challenge,
            expected_rp_id=_host(shown.origin),
            expected_origin=shown.origin,
            credential_public_key=row.public_key,
            # The count is looked at below: only a signature known to be right says anything about a copy.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _REFUSALS:
        return False
    if tx.passkeys.use(row.id, proved.new_sign_count, stamp(now)):
        return True
    tx.audit.add(stamp(now), person, "passkey may be copied")
    return False


def _spent_challenge(tx: Store, keys: Keys, use: str, shown: Shown, now: datetime) -> bytes | None:
    """The challenge that was answered, marked as used; None when it is none of ours, too old, another browser's or used before."""
    if len(shown.answer) > LONGEST_ANSWER:
        return None
    try:
        text = json.loads(unb64u(_read(shown.answer)["response"]["clientDataJSON"]))["challenge"]
        if not keys.is_nonce_good(text, _place(use, shown.bound_to), now, LASTS):
            return None
        challenge = unb64u(text)
    except (*_REFUSALS, Malformed, AttributeError):
        return None
    return challenge if tx.spent.spend(hash_text(challenge), stamp(now), stamp(now + 2 * LASTS)) else None


def _read(answer: str) -> dict[str, Any]:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _challenge(keys: Keys, use: str, bound_to: str, now: datetime) -> bytes:
    return unb64u(keys.make_nonce(_place(use, bound_to), now))


def _place(use: str, bound_to: str) -> str:
    return f"passkey {use}|{bound_to}"


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""
