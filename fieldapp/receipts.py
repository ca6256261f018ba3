"""The office's signed word about single things: this is placed, this is kept, until then nothing can be lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from fieldapp.keys import Ring
from fieldapp.store import Store
from fieldapp.store.entries import Placed
from sync import entry

WITHOUT_BACKUPS = timedelta(days=14)


def sign_receipt(ring: Ring, placed: Placed, epoch: int) -> str:
    """Signs that an entry is placed."""
    # By hand: ids, times and hashes need no escaping, and a receipt is written for every entry of every push.
    payload = (
        f'{{"v":1,"status":"stored","id":"{placed.id}","casefile":"{placed.casefile}","seq":{placed.seq},'
        f'"received_at":"{placed.received_at}","log_hash":"{placed.log_hash}","epoch":{epoch}}}'
    )
    return ring.receipt.jws("fieldapp-receipt", payload.encode())


def sign_quarantined(ring: Ring, envelope_hash: str, received_at: str, epoch: int) -> str:
    """Signs that an envelope is kept though it is not placed."""
    payload = f'{{"v":1,"status":"quarantined","hash":"{envelope_hash}","received_at":"{received_at}","epoch":{epoch}}}'
    return ring.receipt.jws("fieldapp-receipt", payload.encode())


def durable_through(store: Store, now: datetime) -> str:
    """What was received until then survives the loss of this machine: as told by the last verified backup."""
    return store.settings.get("durable_through") or entry.stamp(now - WITHOUT_BACKUPS)
