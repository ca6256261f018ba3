"""Takes what phones send, and what people carry here in a file for them: opens, believes or not, places or keeps aside, and signs for it.

Nothing that comes in is thrown away. What cannot be believed or placed is kept byte for byte, and the answer says so.
Everything that needs no lock (`believing`) happens before the transaction, `judging` inside it; receipts are signed after it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldapp import receipts
from fieldapp.believing import Item, believe, opened
from fieldapp.epoch import epoch_of
from fieldapp.judging import PlacingDesk, openings_first
from fieldapp.keys import Keys, Ring
from fieldapp.store import Store, StoreFailed
from fieldapp.store.quarantine import QuarantineRow
from sync import entry, messages

UNBELIEVED_A_DAY = 200
UNBELIEVED_BYTES_A_DAY = 20 * 1_048_576
WAITING_A_DAY = 5_000
WAITING_BYTES_A_DAY = 64 * 1_048_576
"""Of what is believed and waits for an opening or a person. More than a phone writes in a year: it ends a flood, and no note waits for it."""
CARRIED_A_DAY = 2_000
CARRIED_BYTES_A_DAY = 64 * 1_048_576
"""A file may come after the office forgot the phone that wrote it: then nobody can vouch for any of it, and all of it is kept."""
BUSY_RETRY_S = 60

_log = logging.getLogger(__name__)
# Errors are logged by their type alone: a message or a traceback might quote what somebody wrote.


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who brought envelopes: the device that sent them, or the person who brought a file. Which of them it was decides only
    whose allowance is used; an entry is judged by its author and the device that signed it.
    """

    device: str = ""
    person: str = ""

    def allows(self, count: int, size: int, *, is_believed: bool) -> bool:
        """Whether it may bring so many envelopes in a day that cannot be placed, and so many bytes of them: those that somebody's key
        vouches for are counted apart, and not at all where somebody who is known by name brought them.
        """
        if is_believed:
            return bool(self.person) or (count <= WAITING_A_DAY and size <= WAITING_BYTES_A_DAY)
        if self.person:
            return count <= CARRIED_A_DAY and size <= CARRIED_BYTES_A_DAY
        return count <= UNBELIEVED_A_DAY and size <= UNBELIEVED_BYTES_A_DAY


def take(store: Store, keys: Keys, device: str, frames: Sequence[bytes], now: datetime) -> messages.PushAnswer:
    """Takes a push that `device` sent; one result for each frame, in their order.

    Raises nothing for bad bytes; StoreFailed when nothing was taken.
    """
    return _take(store, keys, Carrier(device=device), frames, now)


def take_from_person(store: Store, keys: Keys, person: str, frames: Sequence[bytes], now: datetime) -> messages.PushAnswer:
    """The same for envelopes that no device sent: this person brought them in a file, for the phones that sealed them."""
    return _take(store, keys, Carrier(person=person), frames, now)


def _take(store: Store, keys: Keys, carrier: Carrier, frames: Sequence[bytes], now: datetime) -> messages.PushAnswer:
    at = entry.stamp(now)
    ring = keys.ring(store)
    epoch = epoch_of(store)
    items = [opened(ring, envelope) for envelope in frames]
    believe(store, ring, items)
    try:
        with store.writing() as tx:
            _place(tx, keys, carrier, items, at)
    except StoreFailed:
        raise
    except Exception as error:
        _log.error("a push could not be placed as a whole; placing its envelopes one by one (%s)", type(error).__name__)
        _place_singly(store, keys, carrier, items, at)
    return messages.PushAnswer(
        epoch=epoch,
        time=at,
        durable_through=receipts.durable_through(store, keys, now),
        results=[_result(ring, item, epoch) for item in items],
    )


def _place_singly(store: Store, keys: Keys, carrier: Carrier, items: Sequence[Item], at: str) -> None:
    """Gives each envelope a savepoint of its own, so that one that makes the office stumble holds up no other."""
    for item in items:
        item.placed, item.is_duplicate, item.retry_after = None, False, 0
        if item.is_believed:
            item.code = ""
    with store.writing():
        for item in sorted(items, key=openings_first):
            try:
                with store.writing() as tx:
                    _place(tx, keys, carrier, [item], at)
            except Exception as error:
                _log.error("an envelope could not be placed (%s)", type(error).__name__)
                item.placed, item.code, item.retry_after = None, "busy", BUSY_RETRY_S


def _place(tx: Store, keys: Keys, carrier: Carrier, items: Sequence[Item], at: str) -> None:
    """Judges and places what is believed, keeps the rest aside. Inside the transaction: what is judged cannot change."""
    believed = [item for item in items if item.is_believed]
    signers = tx.signers.several(item.kid for item in believed)
    for item in believed:
        # Enrolments are for ever, but one may have ended since it was looked up outside.
        item.signer = signers.get(item.kid)
    desk = PlacingDesk(tx, keys, at, believed)
    for item in sorted(believed, key=openings_first):
        desk.judge(item)
    desk.write()
    kept = [item for item in items if item.placed is None]
    if kept:
        _keep_aside(tx, carrier, kept, at)


def _keep_aside(tx: Store, carrier: Carrier, items: Sequence[Item], at: str) -> None:
    """Keeps envelopes byte for byte. They are counted: a carrier has an allowance of them a day."""
    day = at[:10]
    kept = {
        is_believed: tx.quarantine.kept_today(carrier.device, carrier.person, day, is_believed=is_believed)
        for is_believed in {item.is_believed for item in items}
    }
    for item in items:
        found = tx.quarantine.get(item.hash)
        if found is None:
            count, size = kept[item.is_believed]
            count, size = count + 1, size + len(item.envelope)
            if not carrier.allows(count, size, is_believed=item.is_believed):
                item.code, item.retry_after = "full", _seconds_left(at)
                continue
            kept[item.is_believed] = count, size
        item.received_at = at if found is None else found.received_at
        ready = item.ready if item.is_believed else None
        tx.quarantine.add(
            QuarantineRow(
                hash=item.hash,
                device=carrier.device,
                kid=item.kid,
                entry=item.names,
                casefile="" if ready is None else ready.header["casefile"],
                reason=item.code,
                is_believed=item.is_believed,
                received_at=item.received_at,
                day=day,
                size=len(item.envelope),
                envelope=item.envelope,
                carried_by=carrier.person,
            )
        )


def _seconds_left(at: str) -> int:
    """Seconds until the day is over and the allowance begins anew."""
    moment = entry.moment(at)
    tomorrow = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int((tomorrow - moment).total_seconds()) + 1


def _result(ring: Ring, item: Item, epoch: int) -> messages.PushResult:
    if item.placed is not None:
        return messages.PushResult(
            hash=item.hash,
            status="duplicate" if item.is_duplicate else "stored",
            id=item.placed.id,
            receipt=receipts.sign_receipt(ring, item.placed, epoch),
        )
    if item.retry_after:
        return messages.PushResult(hash=item.hash, status="retry", code=item.code, retry_after=item.retry_after)
    receipt = receipts.sign_quarantined(ring, item.hash, item.received_at, epoch)
    return messages.PushResult(hash=item.hash, status="quarantined", code=item.code, receipt=receipt)
