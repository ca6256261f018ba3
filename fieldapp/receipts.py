"""The office's signed word about single things: this is placed, this is kept, until then nothing can be lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from fieldapp.keys import CannotOpen, Keys, NoOfficeKeys, Ring
from fieldapp.store import Sealed, Store
from fieldapp.store.entries import Placed
from fieldapp.store.settings import DURABLE_THROUGH
from sync import entry
from sync.errors import SyncError

WITHOUT_BACKUPS = timedelta(days=14)
NOTHING_PROMISED = "1970-01-01T00:00:00.000Z"


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


def durable_through(store: Store, keys: Keys, now: datetime) -> str:
    """What was received until then survives the loss of this machine: as told by the last verified backup.

    What the office did not seal promises nothing: phones keep their copies until the next backup.
    """
    if not store.settings.get(DURABLE_THROUGH):
        return entry.stamp(now - WITHOUT_BACKUPS)
    return promised(store, keys) or NOTHING_PROMISED


def promised(store: Store, keys: Keys) -> str:
    """What the last verified backup promised; "" where none did, or where another hand, or a release that did not seal it, wrote what is there."""
    through, _, sealed = store.settings.get(DURABLE_THROUGH).partition(" ")
    try:
        return through if keys.open_secret(DURABLE_THROUGH, Sealed(entry.unb64u(sealed))) == through.encode() else ""
    except (CannotOpen, NoOfficeKeys, SyncError):
        return ""


def promise(tx: Store, keys: Keys, through: str) -> None:
    """Promises it to phones from now on. Only for a backup that was opened again and holds."""
    tx.settings.put(DURABLE_THROUGH, f"{through} {entry.b64u(keys.seal_secret(DURABLE_THROUGH, through.encode()))}")
