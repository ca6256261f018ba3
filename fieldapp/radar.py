"""Unsent work, seen from the office: how much waits on which phone and since when, what is missing from a phone's own chain,
which phone lost its notes. Numbers and times only; which family anything is about is neither known nor told here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from fieldapp import board
from fieldapp.errors import FieldappError
from fieldapp.keys import CannotOpen, Keys
from fieldapp.people import Person
from fieldapp.sorting import try_device_again
from fieldapp.store import Store
from fieldapp.store.alarms import AlarmRow
from fieldapp.store.audit import OF_PHONES, AuditRow
from fieldapp.store.signers import DeviceRow, SignerRow
from sync import messages
from sync.entry import moment, stamp, write_json

LONGEST_WHY = 1_000

Status = Literal["ok", "lost", "ended"]
STATUSES: tuple[Status, ...] = ("ok", "lost", "ended")
"""What a person can say of a phone. That two say they are one, only the office itself notices."""


class PhoneMoved(FieldappError):
    """Somebody said meanwhile what this phone is, or the office noticed something; nothing was done."""


class OwnPhone(FieldappError):
    """Nobody sets free what waits from a phone of their own, or says that what is missing from it was looked into; nothing was done."""


class NoSuchPhone(FieldappError):
    """There is no such phone, or it is not this person's to look after."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of a signer's own chain that have not come though a later one came at `since`.

    From −count to −1 they stand for entries that other phones gave back after a restore, the first of them at `since`: the entries
    are here, their numbers are not known, and whether the chain is whole cannot be said.
    """

    kid: str
    first: int
    last: int
    since: str | None

    @property
    def is_unnumbered(self) -> bool:
        return self.first < 0

    @property
    def count(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class PhoneState:
    """One phone. `people` are ids, in the order in which they set it up; `settled` are alarms somebody has looked into."""

    device: DeviceRow
    people: tuple[str, ...]
    gaps: tuple[Gap, ...]
    losses: tuple[AlarmRow, ...]
    settled: tuple[AlarmRow, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody said of a phone: `by` is a person, "" at the office's own machine; `of` is whose use of it ended, "" for the whole phone."""

    what: str
    by: str
    at: str
    why: str
    of: str


def state_of(store: Store, device: DeviceRow) -> PhoneState:
    """Gathers what is known of one phone."""
    signers = store.signers.of_device(device.id)
    alarms = store.alarms.of_device(device.id)
    settled = tuple(each for each in alarms if each.settled_at is not None)
    gaps = tuple(
        gap
        for signer in signers
        for gap in _gaps(store, signer.kid)
        if not any(
            each.what == "gap" and each.kid == signer.kid and each.first <= gap.first and gap.last <= each.last
            for each in settled
        )
    )
    losses = tuple(each for each in alarms if each.what == "lost" and each.settled_at is None)
    return PhoneState(device, tuple(dict.fromkeys(signer.person for signer in signers)), gaps, losses, settled)


def decisions_on(store: Store, keys: Keys, device: str) -> list[Decision]:
    """What people said of one phone, at the desk or at the office's own machine, the newest first."""
    found = []
    for row in store.audit.decisions(OF_PHONES):
        told = _told(keys, row)
        if told.get("device") == device:
            found.append(Decision(row.what, row.person, row.at, str(told["why"]), str(told.get("of", ""))))
    return found


def phones_of(store: Store, person: Person, now: datetime) -> list[PhoneState]:
    """The phones of a supervisor's teams, the longest silent first."""
    ids = {signer.device for member in _team(store, person, now) for signer in store.signers.of_person(member)}
    devices = [device for id in ids if (device := store.signers.device(id)) is not None]
    return [state_of(store, device) for device in sorted(devices, key=lambda device: (device.seen_at, device.id))]


def all_phones(store: Store) -> list[PhoneState]:
    """Every phone of the office, the longest silent first: for whoever is at its own machine, who may see to them all."""
    return [state_of(store, device) for device in store.signers.devices()]


def phone(store: Store, person: Person, device: str, now: datetime) -> PhoneState:
    """One phone, for an administrator or a supervisor of somebody who uses it; raises NoSuchPhone."""
    row = store.signers.device(device)
    if row is None:
        raise NoSuchPhone(device)
    state = state_of(store, row)
    if person.role != "administrator" and not _team(store, person, now) & set(state.people):
        raise NoSuchPhone(device)
    return state


def in_use_by(store: Store, person: str) -> list[SignerRow]:
    """This person's part of each phone that may fetch for them, the one set up last first: for whoever asks which of them a thief set up."""
    found: dict[str, SignerRow] = {}
    for signer in store.signers.of_person(person):
        device = store.signers.device(signer.device)
        if signer.ended_at is None and device is not None and device.status in {"ok", "cloned"}:
            found[signer.device] = signer
    return sorted(found.values(), key=lambda signer: (signer.enrolled_at, signer.kid), reverse=True)


def on_board(state: PhoneState, names: dict[str, str]) -> board.Phone:
    """The same as the board lists it."""
    device = state.device
    since = [moment(gap.since) for gap in state.gaps if gap.since]
    return board.Phone(
        person=", ".join(names.get(person, "") for person in state.people),
        waiting=device.waiting,
        oldest_at=moment(device.oldest_waiting_at) if device.oldest_waiting_at else None,
        seen_at=moment(device.seen_at),
        missing=sum(gap.count for gap in state.gaps if not gap.is_unnumbered),
        unnumbered=sum(gap.count for gap in state.gaps if gap.is_unnumbered),
        status=device.status,
        device=device.id,
        missing_since=min(since, default=None),
        lost_at=moment(state.losses[0].at) if state.losses else None,
    )


def elsewhere(store: Store, reader: SignerRow, now: datetime) -> messages.Elsewhere | UnsetType:
    """What waits on other phones in use of this person alone that have been silent for as long as the board waits before it lists one.

    A browser and the app beside it on the home screen are two phones here, and only whoever set up both knows that there is another to open.
    What waits is counted for a whole phone: of one that somebody else uses too it would tell how much a colleague has not sent.
    """
    ids = {each.device for each in store.signers.of_person(reader.person)} - {reader.device}
    own = [each for each in sorted(ids) if _users(store, each) == {reader.person}]
    devices = [device for each in own if (device := store.signers.device(each)) is not None]
    until = stamp(now - board.STUCK_AFTER)
    silent = [each for each in devices if each.status == "ok" and each.waiting > 0 and each.seen_at <= until]
    if not silent:
        return UNSET
    return messages.Elsewhere(sum(each.waiting for each in silent), min(each.seen_at for each in silent))


def settle(store: Store, keys: Keys, person: Person, state: PhoneState, why: str, now: datetime) -> None:
    """Notes that this person looked into every alarm of `state`, which is what was on their screen.

    Raises OwnPhone: what never came from somebody's phone is for somebody else to ask them about.
    """
    at, device = stamp(now), state.device.id
    with store.writing() as tx:
        if is_own(tx, person, device):
            raise OwnPhone(device)
        for gap in state.gaps:
            tx.alarms.settle_gap(gap.kid, device, gap.first, gap.last, person.id, at)
        for each in state.losses:
            tx.alarms.settle_lost(each.n, person.id, at)
        detail = keys.seal_secret("phone", write_json({"device": device, "why": why}))
        tx.audit.add(at, person.id, "phone looked into", detail=detail)


def decide(store: Store, keys: Keys, person: Person, device: str, was: str, status: Status, why: str, now: datetime) -> int:
    """Says what a phone is from now on, and judges again what waited because of what it was; returns how many were placed.

    `was` is what it was on this person's screen: whoever reads that two phones are one must not set free what a colleague has just reported
    lost. Raises PhoneMoved, and OwnPhone when that would set free this person's own words. A phone that goes on after two said they were it is believed again from here; the next number that comes twice stops it anew.
    """
    at = stamp(now)
    with store.writing() as tx:
        row = tx.signers.device(device)
        if row is None or row.status != was:
            raise PhoneMoved(device)
        if status == "ok" and is_own(tx, person, device):
            raise OwnPhone(device)
        tx.signers.set_device_status(device, status)
        detail = keys.seal_secret("phone", write_json({"device": device, "why": why}))
        tx.audit.add(at, person.id, f"device {status}", detail=detail)
        if status != "ok":
            return 0
        return sum(try_device_again(tx, keys, device, reason, now) for reason in ("clone", "device_ended"))


def is_own(store: Store, person: Person, device: str) -> bool:
    """Has this person a key on it? Then it is for somebody else to say that it may be believed again, and what is missing from it."""
    return any(signer.person == person.id for signer in store.signers.of_device(device))


def end_signer(store: Store, keys: Keys, person: Person, state: PhoneState, kid: str, why: str, now: datetime) -> None:
    """Ends one person's use of a phone that others go on using; raises PhoneMoved when it ended meanwhile.

    The phone drops what it holds for that person and says so. What they had not sent still comes, and waits for a person to place it.
    """
    at = stamp(now)
    with store.writing() as tx:
        signer = tx.signers.get(kid)
        if signer is None or signer.device != state.device.id or signer.ended_at is not None:
            raise PhoneMoved(state.device.id)
        tx.signers.end(kid, at, "left")
        detail = keys.seal_secret(
            "phone", write_json({"device": state.device.id, "signer": kid, "of": signer.person, "why": why})
        )
        tx.audit.add(at, person.id, "use of a phone ended", detail=detail)


def _users(store: Store, device: str) -> set[str]:
    return {each.person for each in store.signers.of_device(device) if each.ended_at is None}


def _team(store: Store, person: Person, now: datetime) -> set[str]:
    at = stamp(now)
    return set(store.people.members_of(store.people.teams_of(person.id, at), at))


def _told(keys: Keys, row: AuditRow) -> dict[str, object]:
    """Opens what is sealed in a row about a phone; nothing where it opens no more."""
    if row.detail is None:
        return {}
    try:
        told: dict[str, object] = json.loads(keys.open_secret("phone", row.detail))
    except CannotOpen:
        return {}
    return told


def _gaps(store: Store, kid: str) -> list[Gap]:
    found = [Gap(kid, first, last, _came_at(store, kid, last + 1)) for first, last in store.signers.gaps(kid)]
    count, since = store.entries.unnumbered_of(kid)
    return [*found, Gap(kid, -count, -1, since)] if count else found


def _came_at(store: Store, kid: str, n: int) -> str | None:
    entry = store.signers.slips([(kid, n)]).get((kid, n), "")
    placed = store.entries.placed([entry]).get(entry)
    return placed.received_at if placed is not None else store.quarantine.received_at(entry)
