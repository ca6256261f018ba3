"""Takes in the file in which somebody carries here what waits on a phone that reaches the office no more (docs/protocol.md §10).

Each envelope is taken as if the phone had sent it; who carried it decides nothing. The phone lets go of nothing for a file:
it sends the same again once it can, hears that the office has it, and only then says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import IO

from fieldapp import intake
from fieldapp.errors import FieldappError
from fieldapp.keys import Keys
from fieldapp.people import Person
from fieldapp.store import Store, StoreBusy, StoreFailed
from sync import messages, wire
from sync.entry import stamp, write_json
from sync.errors import Malformed

FILE_BYTES = 64 * 1_048_576
"""As much as tens of thousands of notes take."""
_SMALLEST_ENVELOPE = 626
"""Version, key, encapsulated key, a packet of 512 bytes and its tag. A frame that says less is damage, not an envelope."""
_UNREADABLE = {"unknown_key", "cannot_open", "not_an_entry", "too_large"}


class NotOurFile(FieldappError):
    """It does not begin as a file of waiting work does; nothing was taken."""


@dataclass(slots=True)
class Taken:
    """How many envelopes of a file are new here, were here already, are kept to be sorted, are kept though they could not be
    read, and could not be taken now. `is_cut`: after these it is damaged, or ends in the middle of one.

    Of `later`, `beyond` came after the day's allowance, and `unwritten` met a disk that is full or failing; the rest met a busy office.
    """

    new: int = 0
    here: int = 0
    sorting: int = 0
    unreadable: int = 0
    later: int = 0
    beyond: int = 0
    unwritten: int = 0
    is_cut: bool = False

    @property
    def count(self) -> int:
        return self.new + self.here + self.sorting + self.unreadable + self.later

    def add(self, result: messages.PushResult) -> None:
        match result.status:
            case "stored":
                self.new += 1
            case "duplicate":
                self.here += 1
            case "retry":
                self.later += 1
                self.beyond += result.code == "full"
            case _ if result.code in _UNREADABLE:
                self.unreadable += 1
            case _:
                self.sorting += 1


def take_in(store: Store, keys: Keys, person: Person, file: IO[bytes], clock: Callable[[], datetime]) -> Taken:
    """Takes all that is whole in a file which `person` brought, and writes both the bringing and what came of it down.

    The same file may be brought any number of times. The clock is asked anew for each batch, because what an answer promises
    of backups counts from when it was taken. Raises NotOurFile, and StoreFailed where not even the bringing could be noted.
    """
    if file.read(len(wire.WAITING)) != wire.WAITING:
        raise NotOurFile
    which = hashlib.sha256(wire.WAITING)
    while part := file.read(wire.PUSH_BYTES):
        which.update(part)
    with store.writing() as tx:
        _audit(tx, keys, person, "brought a file", {"file": which.hexdigest()}, clock())
    file.seek(len(wire.WAITING))
    taken = Taken()
    for batch in _batches(file, taken):
        try:
            results = intake.take_from_person(store, keys, person.id, batch, clock()).results
        except StoreFailed as error:
            taken.later += len(batch)
            taken.unwritten += 0 if isinstance(error, StoreBusy) else len(batch)
            continue
        for result in results:
            taken.add(result)
    # What was taken in is here whether or not this can be noted now; that the file was brought, and by whom, is.
    with suppress(StoreFailed), store.writing() as tx:
        _audit(tx, keys, person, "took in a file", {"file": which.hexdigest(), **asdict(taken)}, clock())
    return taken


def _batches(file: IO[bytes], taken: Taken) -> Iterator[list[bytes]]:
    """Gives what a push could carry at a time, so that no file is ever whole in memory; notes where it is cut."""
    batch: list[bytes] = []
    size = 0
    try:
        for envelope in _envelopes(file):
            if batch and (len(batch) == wire.PUSH_FRAMES or size + len(envelope) > wire.PUSH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(envelope)
            size += len(envelope)
    except Malformed:
        taken.is_cut = True
    if batch:
        yield batch


def _envelopes(file: IO[bytes]) -> Iterator[bytes]:
    """Reads frame after frame. Raises Malformed where what follows cannot be one; what came before it stands."""
    while length := file.read(4):
        size = int.from_bytes(length)
        if len(length) < 4 or not _SMALLEST_ENVELOPE <= size <= wire.ALONE_BYTES:
            raise Malformed("short")
        envelope = file.read(size)
        if len(envelope) < size:
            raise Malformed("short")
        yield envelope


def _audit(tx: Store, keys: Keys, person: Person, what: str, detail: dict[str, str | int], now: datetime) -> None:
    tx.audit.add(stamp(now), person.id, what, detail=keys.seal_secret("carrying", write_json(detail)))
