"""Phones and their signers: set-up, proof that a reader is who they say, loss."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldapp.keys import Jwk, Keys, hash_text, kid_of, new_id, new_token, read_jwk, sha256, stored_jwk, token_hash, verifies
from fieldapp.store import Store
from fieldapp.store.signers import DeviceRow, EnrolmentRow, SignerRow
from sync import chain, entry
from sync.errors import Malformed, SyncError, Unbelievable

SETUP_LASTS = timedelta(minutes=15)


class EnrolmentRefused(SyncError):
    """A set-up that cannot be finished; the phone begins it again."""


class NotProved(SyncError):
    """A reading request without what it needs. `code`: device | read_token | nonce | proof | ended."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A set-up under way: the device's id, and a nonce that is good once."""

    device: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A set-up finished. Both tokens are shown once; only their hashes are kept."""

    device: str
    device_token: str
    read_token: str
    kid: str


def device_of(store: Store, token: str | None) -> DeviceRow | None:
    """The device a token stands for."""
    return store.signers.device_by_token(token_hash(token)) if token else None


def begin(store: Store, person: str, device_token: str | None, now: datetime) -> Begun:
    """Begins a set-up for a person whose password and second factor were just checked."""
    known = device_of(store, device_token)
    device = known.id if known is not None and known.status == "ok" else new_id()
    nonce = new_token()
    with store.writing() as tx:
        tx.signers.drop_nonces(entry.stamp(now - SETUP_LASTS))
        tx.signers.add_nonce(hash_text(nonce.encode()), person, device, entry.stamp(now + SETUP_LASTS))
    return Begun(device, nonce)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a key says of itself in an enrolment that it signed: so far nobody's word but its own."""

    jws: str
    id: str
    kid: str
    jwk: Jwk
    person: object
    device: object
    nonce: str
    replaces: str


def _read(enrolment: str) -> _Claim:
    try:
        split = entry.split_jws(enrolment, "fieldapp-enrolment")
        said = entry.read_object(split.payload, entry.HEADER_LIMIT)
        jwk = read_jwk(said.get("jwk"))
        if kid_of(jwk) != split.kid or not verifies(jwk, split.input.encode(), split.signature):
            raise Unbelievable("bad_signature")
    except SyncError as error:
        raise EnrolmentRefused("bad_signature" if error.code == "bad_signature" else "not_an_enrolment") from None
    nonce = said.get("nonce")
    if type(said.get("v")) is not int or said["v"] != 1 or not isinstance(nonce, str) or not entry.is_time(said.get("made_at")):
        raise EnrolmentRefused("not_an_enrolment")
    replaces = str(said.get("replaces", ""))
    return _Claim(
        enrolment, entry.id_of(sha256, split.input), split.kid, jwk, said.get("person"), said.get("device"), nonce, replaces
    )


def finish(store: Store, enrolment: str, device_token: str | None, now: datetime, *, replaced: str = "") -> Enrolled:
    """Enrols a signer for ever. `replaced` is the enrolment of the one it replaces, which a restore may have made the office forget.

    Raises EnrolmentRefused.
    """
    claim = _read(enrolment)
    replaces = claim.replaces
    at = entry.stamp(now)
    with store.writing() as tx:
        meant = tx.signers.use_nonce(hash_text(claim.nonce.encode("utf-8", "replace")), at)
        if meant is None:
            raise EnrolmentRefused("nonce")
        person, device = meant
        if (claim.person, claim.device) != (person, device):
            raise EnrolmentRefused("wrong_person")
        if tx.signers.get(claim.kid) is not None:
            raise EnrolmentRefused("kid_taken")
        former = tx.signers.get(replaces)
        # One the office does not know was enrolled before a restore: refusing it would leave no way in.
        if not (replaces == "" or entry.is_hash(replaces)) or (former is not None and former.person != person):
            raise EnrolmentRefused("replaces")
        token = _join_device(tx, device, device_token, at)
        _notice_loss(tx, person, device, replaces, at)
        if former is None and replaces:
            _recall(tx, person, device, replaces, replaced, at)
        read_token = new_token()
        _add(tx, claim, person, device, read_token, at)
        tx.signers.end(replaces, at, "replaced")
        tx.audit.add(at, person, "phone set up")
    return Enrolled(device, token, read_token, claim.kid)


def _add(tx: Store, claim: _Claim, person: str, device: str, read_token: str, at: str) -> None:
    tx.signers.add(
        SignerRow(
            kid=claim.kid,
            person=person,
            device=device,
            jwk=entry.write_json(claim.jwk).decode(),
            enrolled_at=at,
            read_token_hash=token_hash(read_token),
            replaces=claim.replaces,
            ended_at=None,
            end_reason="",
            seen_at=at,
            said_n=0,
            said_id="",
            keyset_n=0,
        )
    )
    n, prev = tx.signers.enrolment_head()
    log_hash = chain.enrolment_hash(sha256, prev, n + 1, claim.id, claim.jws, at)
    tx.signers.add_enrolment(EnrolmentRow(n + 1, claim.id, claim.kid, claim.jws, at, log_hash))


def _recall(tx: Store, person: str, device: str, kid: str, enrolment: str, at: str) -> None:
    """Enrols again the forgotten signer that is being replaced, so that what it wrote is believed.

    Two who must agree do: its key said, when it was made, whose it is; that person, known by password and second factor, now says
    that it was theirs. What does not fit is passed over, and what that signer wrote waits.
    """
    try:
        claim = _read(enrolment)
    except EnrolmentRefused:
        return
    if claim.kid != kid or claim.person != person or not entry.is_random_id(claim.device):
        return
    former_device = str(claim.device)
    if tx.signers.device(former_device) is None:
        # Nobody holds its token: the phone was given another device with its new signer.
        tx.signers.add_device(former_device, token_hash(new_token()), at)
    elif former_device != device and _is_a_colleagues(tx, former_device, person):
        return
    _add(tx, claim, person, former_device, new_token(), at)
    tx.audit.add(at, person, "phone known again")


def _is_a_colleagues(tx: Store, device: str, person: str) -> bool:
    """Is this phone in use, and not by this person? Whoever got a key onto it could make two entries of one number there, and stop it. One that only
    came back because a colleague who shared it was known again is in nobody's use."""
    there = tx.signers.of_device(device)
    return not any(each.person == person for each in there) and any(each.ended_at is None for each in there)


def _notice_loss(tx: Store, person: str, device: str, replaces: str, at: str) -> None:
    """Somebody who sets up again the phone they have in use, and not because words were forgotten, lost what was on it."""
    row = tx.signers.device(device)
    for signer in tx.signers.of_device(device):
        if row is not None and signer.person == person and signer.ended_at is None and signer.kid != replaces:
            known, _ = tx.signers.head(signer.kid)
            tx.alarms.raise_lost(signer.kid, device, 1, known, at, row.waiting, row.oldest_waiting_at)


def _join_device(tx: Store, device: str, token: str | None, at: str) -> str:
    known = tx.signers.device(device)
    if known is None:
        token = new_token()
        tx.signers.add_device(device, token_hash(token), at)
        return token
    # Another person joins a phone: what its service worker sends meanwhile must not fall silent, so its token stays.
    if token is not None and hmac.compare_digest(known.token_hash, token_hash(token)):
        return token
    token = new_token()
    tx.signers.set_device_token(device, token_hash(token))
    return token


def prove(
    store: Store,
    keys: Keys,
    device: DeviceRow,
    *,
    read_token: str,
    proof: str,
    method: str,
    path: str,
    body: bytes,
    now: datetime,
) -> SignerRow:
    """Makes sure that a reading request comes from a signer of this device, with its read token. Raises NotProved."""
    if device.status != "ok":
        raise NotProved("device")
    signer = believe(store, keys, device, read_token=read_token, proof=proof, method=method, path=path, body=body, now=now)
    if signer.ended_at is not None:
        # A phone drops what it holds for one that a person ended, and for no other reason: a restore of the office forgets signers, too.
        raise NotProved("ended" if signer.end_reason == "left" else "read_token")
    return signer


def believe(
    store: Store,
    keys: Keys,
    device: DeviceRow,
    *,
    read_token: str,
    proof: str,
    method: str,
    path: str,
    body: bytes,
    now: datetime,
) -> SignerRow:
    """Makes sure that a request comes from a signer of this device, in use or not. Raises NotProved."""
    try:
        split = entry.split_jws(proof, "fieldapp-proof")
        said = entry.read_object(split.payload, entry.HEADER_LIMIT)
    except Malformed:
        raise NotProved("proof") from None
    signer = store.signers.get(split.kid)
    if signer is None or signer.device != device.id:
        raise NotProved("read_token")
    if not hmac.compare_digest(signer.read_token_hash, token_hash(read_token)):
        raise NotProved("read_token")
    if not verifies(stored_jwk(signer.jwk), split.input.encode(), split.signature):
        raise NotProved("proof")
    if (said.get("method"), said.get("path"), said.get("body")) != (method, path, entry.b64u(sha256(body))):
        raise NotProved("proof")
    nonce = said.get("nonce")
    if not isinstance(nonce, str) or not keys.is_nonce_good(nonce, device.id, now):
        raise NotProved("nonce")
    return signer


def device_of_proof(store: Store, proof: str) -> DeviceRow | None:
    """The device on which the key of a reading proof lies; `prove` then says whether the proof holds."""
    try:
        signer = store.signers.get(entry.split_jws(proof, "fieldapp-proof").kid)
    except Malformed:
        return None
    return None if signer is None else store.signers.device(signer.device)


def renew(store: Store, signer: SignerRow, now: datetime) -> str:
    """Gives a device that lost its token a new one. A browser drops a cookie whose time is up, and a clock that ran ahead for a day is enough: a phone that
    may read must not be kept from sending."""
    token = new_token()
    with store.writing() as tx:
        tx.signers.set_device_token(signer.device, token_hash(token))
        tx.audit.add(entry.stamp(now), signer.person, "phone given a new token")
    return token


def end_device(store: Store, device: str, status: str, by: str, now: datetime) -> None:
    """Ends a device's fetching: lost or ended. What it sends afterwards is kept, and a person decides."""
    with store.writing() as tx:
        tx.signers.set_device_status(device, status)
        tx.audit.add(entry.stamp(now), by, f"device {status}")
