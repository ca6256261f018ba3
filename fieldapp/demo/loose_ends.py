"""What a supervisor meets on any Monday: a late note from a lost phone, damaged bytes, a phone with old unsent work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldapp import intake, signers
from fieldapp.demo.calendar import Calendar
from fieldapp.demo.phone import Phone
from fieldapp.keys import Keys, new_id, seal_envelope
from fieldapp.practice.library import Practice
from fieldapp.store import Store
from sync.entry import moment, stamp

WRITTEN, LOST, FOUND, DAMAGED = "W9 sun 16:10", "W10 mon 12:00", "W12 wed 11:05", "W12 thu 09:40"
_CUT = 40
"""Bytes that never came, so that what did cannot be opened."""


@dataclass(frozen=True, slots=True)
class People:
    """Whom it happens to: a worker's lost phone, a colleague's line that breaks, another's phone without signal."""

    lost: Phone
    reported_by: str
    cut_off: Phone
    silent: Phone


def leave(store: Store, keys: Keys, practice: Practice, calendar: Calendar, people: People, casefile: str) -> None:
    """Leaves two things to be sorted and one phone to ring."""
    old, written = people.lost, calendar.at(WRITTEN)
    schema = practice.newest("contact").schema
    said = {
        "with_whom": [{"id": new_id(), "name": "Dawn", "role": "mother"}], "how": "call", "outcome": "spoke", "anything_worrying": "no",
        "line": "Dawn rang to say the cooker works again and Kayleigh made pancakes.", "happened_on": written.date().isoformat(),
        "happened_at": "16:00",
    }  # fmt: skip
    old.write(
        kind="contact", schema=schema, form=practice.form(schema), casefile=casefile, record=new_id(), at=written, fields=said, mode="alone"
    )  # fmt: skip
    signers.end_device(store, old.device, "lost", people.reported_by, calendar.at(LOST))
    _send(store, keys, old, old.frames(), calendar.at(FOUND))
    _send(store, keys, people.cut_off, [seal_envelope(people.cut_off.ingest, bytes(700))[:-_CUT]], calendar.at(DAMAGED))
    device = store.signers.device(people.silent.device)
    if device is not None:
        oldest = stamp(moment(device.seen_at) - timedelta(hours=2))
        store.signers.see_device(device.id, device.seen_at, 2, oldest, "")


def _send(store: Store, keys: Keys, phone: Phone, frames: list[bytes], at: datetime) -> None:
    device = store.signers.device(phone.device)
    intake.take(store, keys, phone.device, frames, at)
    seen_at = stamp(at) if device is None else max(stamp(at), device.seen_at)
    store.signers.see_device(phone.device, seen_at, 0, None, "")
