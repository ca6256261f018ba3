"""Takes what phones send: opens, believes or not, places or keeps aside, and signs for it.

Nothing that comes in is thrown away. What cannot be believed or placed is kept byte for byte, and the answer says so.
Everything that needs no lock happens before the transaction; receipts are signed after it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldapp import access, placing, receipts, scope
from fieldapp.epoch import epoch_of
from fieldapp.keys import CannotOpen, Keys, Ring, hash_text, sha256, stored_jwk, verifies
from fieldapp.placing import Placer, Ready
from fieldapp.store import Store, StoreFailed
from fieldapp.store.casefiles import CasefileRow
from fieldapp.store.entries import AFTER_ACCESS_ENDED, Placed
from fieldapp.store.quarantine import QuarantineRow
from fieldapp.store.signers import SignerRow
from sync import entry, wire
from sync.errors import Malformed, SyncError, Unbelievable

UNBELIEVED_A_DAY = 200
UNBELIEVED_BYTES_A_DAY = 20 * 1_048_576
BUSY_RETRY_S = 60

_log = logging.getLogger(__name__)
# Errors are logged by their type alone: a message or a traceback might quote what somebody wrote.


@dataclass(slots=True)
class _Item:
    """One envelope on its way. `code` says why it is not placed; `is_believed` that its author stands behind it."""

    hash: str
    envelope: bytes
    code: str = ""
    is_believed: bool = False
    kid: str = ""
    ready: Ready | None = None
    signer: SignerRow | None = None
    placed: Placed | None = None
    is_duplicate: bool = False
    received_at: str = ""
    retry_after: int = 0

    def stands(self) -> tuple[Ready, SignerRow]:
        """The entry and its signer; only for what is believed."""
        if self.ready is None or self.signer is None or not self.is_believed:
            raise LookupError("nobody stands behind this envelope")
        return self.ready, self.signer


def take(store: Store, keys: Keys, device: str, frames: Sequence[bytes], now: datetime) -> wire.PushAnswer:
    """Takes a push that `device` carried; one result for each frame, in their order.

    Raises nothing for bad bytes; StoreFailed when nothing was taken.
    """
    at = entry.stamp(now)
    ring = keys.ring(store)
    epoch = epoch_of(store)
    items = [_opened(ring, envelope) for envelope in frames]
    _believe(store, items)
    try:
        with store.writing() as tx:
            _place(tx, keys, device, items, at)
    except StoreFailed:
        raise
    except Exception as error:
        _log.error("a push could not be placed as a whole; placing its envelopes one by one (%s)", type(error).__name__)
        _place_singly(store, keys, device, items, at)
    return wire.PushAnswer(
        epoch=epoch,
        time=at,
        durable_through=receipts.durable_through(store, now),
        results=[_result(ring, item, epoch) for item in items],
    )


def _opened(ring: Ring, envelope: bytes) -> _Item:
    """Opens one envelope as far as no question to the store is needed."""
    item = _Item(hash_text(envelope), envelope)
    try:
        if len(envelope) > wire.ALONE_BYTES:
            raise Malformed("too_large")
        packet = wire.read_packet(ring.open_envelope(envelope, "entry"))
        parts = wire.read_parts(wire.inflate(packet.deflated))
        item.kid = entry.b64u(packet.kid)
        header = entry.read_header(parts.header)
        slip = entry.read_slip(parts.slip)
        item.ready = placing.ready(packet, parts, header, slip["n"])
        if header["body_hash"] != entry.b64u(sha256(parts.body)) or header["slip_hash"] != entry.b64u(sha256(parts.slip)):
            item.code = "bad_hashes"
    except CannotOpen:
        item.code = "cannot_open"
    except Unbelievable as error:
        item.code = error.code
    except Malformed as error:
        item.code = "too_large" if error.code == "too_large" else "not_an_entry"
    except Exception as error:
        _log.error("an envelope made the office stumble (%s)", type(error).__name__)
        item.code = "not_an_entry"
    return item


def _believe(store: Store, items: Sequence[_Item]) -> None:
    """Checks who signed: the key, whose it is and on which device."""
    signers = store.signers.several(item.kid for item in items if item.ready is not None)
    for item in items:
        if item.ready is None:
            continue
        signer = item.signer = signers.get(item.kid)
        header = item.ready.header
        if signer is None:
            item.code = "unknown_signer"
            continue
        signed = item.ready.jws.rpartition(".")[0].encode()
        if not verifies(stored_jwk(signer.jwk), signed, item.ready.signature):
            item.code = "bad_signature"
        elif header["author"] != signer.person or header["device"] != signer.device:
            item.code = "wrong_author"
        else:
            item.is_believed = item.code == ""


def _place_singly(store: Store, keys: Keys, device: str, items: Sequence[_Item], at: str) -> None:
    """Gives each envelope a savepoint of its own, so that one that makes the office stumble holds up no other."""
    for item in items:
        item.placed, item.is_duplicate, item.retry_after = None, False, 0
        if item.is_believed:
            item.code = ""
    with store.writing():
        for item in sorted(items, key=_openings_first):
            try:
                with store.writing() as tx:
                    _place(tx, keys, device, [item], at)
            except Exception as error:
                _log.error("an envelope could not be placed (%s)", type(error).__name__)
                item.placed, item.code, item.retry_after = None, "busy", BUSY_RETRY_S


def _openings_first(item: _Item) -> bool:
    return not (item.ready is not None and item.ready.header["kind"] == "opening")


def _place(tx: Store, keys: Keys, device: str, items: Sequence[_Item], at: str) -> None:
    """Judges and places what is believed, keeps the rest aside. Inside the transaction: what is judged cannot change."""
    believed = [item for item in items if item.is_believed]
    signers = tx.signers.several(item.kid for item in believed)
    for item in believed:
        # Enrolments are for ever, but one may have ended since it was looked up outside.
        item.signer = signers[item.kid]
    desk = _PlacingDesk(tx, keys, at, believed)
    for item in sorted(believed, key=_openings_first):
        desk.judge(item)
    desk.write()
    kept = [item for item in items if item.placed is None]
    if kept:
        _keep_aside(tx, device, kept, at)


class _PlacingDesk:
    """Everything one push needs to know, asked for at once instead of envelope by envelope."""

    def __init__(self, tx: Store, keys: Keys, at: str, items: Sequence[_Item]) -> None:
        self._tx, self._keys, self._at = tx, keys, at
        entries = [item.stands()[0] for item in items]
        ids = [each.id for each in entries]
        self._placer = Placer(tx, keys, at)
        self._placed = tx.entries.placed(ids)
        self._slips = tx.signers.slips([(each.kid, each.n) for each in entries])
        self._new_slips: list[tuple[str, int, str]] = []
        self._casefiles = tx.casefiles.several(each.header["casefile"] for each in entries)
        self._records = tx.records.casefiles_of(each.header["record"] for each in entries)
        self._grants = scope.grants_on(tx, self._casefiles)
        self._readers = scope.readers(tx, {each.header["author"] for each in entries})
        devices = {item.stands()[1].device for item in items}
        self._devices = {each: tx.signers.device(each) for each in devices}
        self._waiting = tx.quarantine.holding(ids)
        self._writers: dict[tuple[str, str], bool] = {}
        self._openings: dict[str, str] = {}

    def judge(self, item: _Item) -> None:
        """Places one entry, or says by `item.code` why it waits."""
        ready, signer = item.stands()
        found = self._placed.get(ready.id)
        if found is not None:
            item.placed, item.is_duplicate = found, True
            return
        item.code = self._why_not(ready, signer)
        if item.code == "clone":
            self._mark_cloned(signer.device)
            return
        if (ready.kid, ready.n) not in self._slips:
            self._slips[ready.kid, ready.n] = ready.id
            self._new_slips.append((ready.kid, ready.n, ready.id))
        if item.code:
            return
        self._settle(item, ready)
        if ready.header["kind"] == "opening":
            self._place_what_waited(ready.header["casefile"])

    def write(self) -> None:
        self._placer.write()
        self._tx.signers.add_slips(self._new_slips)

    def _settle(self, item: _Item, ready: Ready) -> None:
        header = ready.header
        casefile = self._casefiles[header["casefile"]]
        flags = "" if self._may_write(header["author"], casefile) else AFTER_ACCESS_ENDED
        item.placed = self._placed[ready.id] = self._placer.add(ready, casefile, flags)
        self._records.setdefault(header["record"], casefile.id)
        if ready.id in self._waiting:
            self._tx.quarantine.mark_placed(ready.id, self._at)

    def _why_not(self, ready: Ready, signer: SignerRow) -> str:
        """The code of the first reason not to place an entry; "" when there is none."""
        header = ready.header
        if self._slips.get((ready.kid, ready.n), ready.id) != ready.id:
            return "clone"
        device = self._devices.get(signer.device)
        if device is None or device.status == "cloned":
            return "clone"
        # A signer replaced after forgotten words may still send what waited; a lost or ended one may not.
        if device.status != "ok" or (signer.ended_at is not None and signer.end_reason != "replaced"):
            return "device_ended"
        # Signing off, erasing and moving are done on office pages: a phone's word for them would let people review themselves.
        if header["kind"] in entry.NOT_CONTENT:
            return "not_allowed"
        if self._records.get(header["record"], header["casefile"]) != header["casefile"]:
            return "wrong_casefile"
        casefile = self._casefiles.get(header["casefile"])
        if casefile is None:
            # An amended opening that overtook its first one waits for it like any other entry.
            return self._open(ready) if header["kind"] == "opening" and not header["parents"] else "no_opening"
        # A second opening would tell readers another title and sort than the ones the office goes by.
        if header["kind"] == "opening" and header["record"] != self._opening_of(casefile.id):
            return "wrong_casefile"
        if self._may_write(header["author"], casefile) or self._has_not_heard(header["author"], casefile, ready.kid):
            return ""
        return "not_allowed"

    def _may_write(self, person: str, casefile: CasefileRow) -> bool:
        known = self._writers.get((person, casefile.id))
        if known is None:
            reader = self._readers.get(person)
            grants = self._grants.get(casefile.id, ())
            known = reader is not None and access.may_write(reader, scope.scope(casefile), grants, self._at)
            self._writers[person, casefile.id] = known
        return known

    def _has_not_heard(self, person: str, casefile: CasefileRow, kid: str) -> bool:
        reader = self._readers.get(person)
        if reader is None or not access.is_active(reader, self._at):
            return False
        grants = self._grants.get(casefile.id, ())
        if not access.could_once_read(reader, scope.scope(casefile), grants, self._at):
            return False
        return not self._tx.casefiles.has_heard(casefile.id, kid)

    def _open(self, ready: Ready) -> str:
        try:
            opening = placing.read_opening(ready.body)
        except SyncError:
            return "not_allowed"
        author = ready.header["author"]
        named = scope.readers(self._tx, opening.readers)
        reader = self._readers.get(author)
        if reader is None or not access.may_open(reader, opening.sort, named.values(), self._at):
            return "not_allowed"
        row = self._tx.people.by_id(author)
        casefile = placing.open_casefile(
            self._tx,
            self._keys,
            ready.header["casefile"],
            opening,
            author=author,
            team=None if row is None else row.team,
            at=self._at,
        )
        self._casefiles[casefile.id] = casefile
        self._openings[casefile.id] = ready.header["record"]
        self._grants.update(scope.grants_on(self._tx, [casefile.id]))
        return ""

    def _opening_of(self, casefile: str) -> str:
        """Names the record of the opening that made a casefile; "" for one that this transaction has yet to give its first entry."""
        known = self._openings.get(casefile)
        if known is None:
            known = self._openings[casefile] = self._tx.entries.first_record(casefile)
        return known

    def _place_what_waited(self, casefile: str) -> None:
        """Places by itself what came before this opening."""
        waiting = self._tx.quarantine.waiting_for_opening(casefile)
        if not waiting:
            return
        ring = self._keys.ring(self._tx)
        items = [_opened(ring, row.envelope) for row in waiting]
        _believe(self._tx, items)
        believed = [item for item in items if item.is_believed]
        entries = [item.stands()[0] for item in believed]
        self._placed.update(self._tx.entries.placed(each.id for each in entries))
        self._slips.update(self._tx.signers.slips([(each.kid, each.n) for each in entries]))
        self._readers.update(scope.readers(self._tx, {each.header["author"] for each in entries}))
        for record, where in self._tx.records.casefiles_of(each.header["record"] for each in entries).items():
            self._records.setdefault(record, where)
        for item in believed:
            device = item.stands()[1].device
            self._devices.setdefault(device, self._tx.signers.device(device))
        self._waiting.update(each.id for each in entries)
        for item in believed:
            self.judge(item)
            if item.code:
                self._tx.quarantine.move_on(item.hash, item.code)

    def _mark_cloned(self, device: str) -> None:
        found = self._devices.get(device)
        if found is not None and found.status == "ok":
            self._tx.signers.set_device_status(device, "cloned")
            self._devices[device] = self._tx.signers.device(device)


def _keep_aside(tx: Store, device: str, items: Sequence[_Item], at: str) -> None:
    """Keeps envelopes byte for byte. Bytes nobody vouches for are counted: a device has an allowance of them a day."""
    day = at[:10]
    count, size = tx.quarantine.unbelieved_today(device, day)
    for item in items:
        found = tx.quarantine.get(item.hash)
        if found is None and not item.is_believed:
            count, size = count + 1, size + len(item.envelope)
            if count > UNBELIEVED_A_DAY or size > UNBELIEVED_BYTES_A_DAY:
                item.code, item.retry_after = "full", _seconds_left(at)
                continue
        item.received_at = at if found is None else found.received_at
        ready = item.ready if item.is_believed else None
        tx.quarantine.add(
            QuarantineRow(
                hash=item.hash,
                device=device,
                kid=item.kid,
                entry="" if ready is None else ready.id,
                casefile="" if ready is None else ready.header["casefile"],
                reason=item.code,
                is_believed=item.is_believed,
                received_at=item.received_at,
                day=day,
                size=len(item.envelope),
                envelope=item.envelope,
            )
        )


def _seconds_left(at: str) -> int:
    """Seconds until the day is over and the allowance begins anew."""
    moment = entry.moment(at)
    tomorrow = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int((tomorrow - moment).total_seconds()) + 1


def _result(ring: Ring, item: _Item, epoch: int) -> wire.PushResult:
    if item.placed is not None:
        return wire.PushResult(
            hash=item.hash,
            status="duplicate" if item.is_duplicate else "stored",
            id=item.placed.id,
            receipt=receipts.sign_receipt(ring, item.placed, epoch),
        )
    if item.retry_after:
        return wire.PushResult(hash=item.hash, status="retry", code=item.code, retry_after=item.retry_after)
    receipt = receipts.sign_quarantined(ring, item.hash, item.received_at, epoch)
    return wire.PushResult(hash=item.hash, status="quarantined", code=item.code, receipt=receipt)


class DraftRefused(SyncError):
    """A draft that cannot be kept: not readable, or not by a signer of that name."""


def keep_draft(store: Store, keys: Keys, device: str, slot: str, envelope: bytes, now: datetime) -> wire.DraftAnswer:
    """Keeps one draft envelope as it came; the highest n of a slot stands. Raises DraftRefused."""
    try:
        packet = wire.read_packet(keys.ring(store).open_envelope(envelope, "draft"))
        parts = wire.read_parts(wire.inflate(packet.deflated))
        header = entry.read_object(parts.header, entry.HEADER_LIMIT)
    except CannotOpen:
        raise DraftRefused("cannot_open") from None
    except SyncError as error:
        raise DraftRefused(error.code if error.code == "unknown_key" else "not_a_draft") from None
    kid, n = entry.b64u(packet.kid), header.get("n")
    signer = store.signers.get(kid)
    if signer is None:
        raise DraftRefused("unknown_signer")
    signed = entry.signing_input("fieldapp-draft", kid, parts.header)
    if not verifies(stored_jwk(signer.jwk), signed.encode(), packet.signature):
        raise DraftRefused("bad_signature")
    if header.get("author") != signer.person or header.get("device") != signer.device:
        raise DraftRefused("wrong_author")
    if header.get("slot") != slot or type(n) is not int or n < 1:
        raise DraftRefused("not_a_draft")
    if header.get("body_hash") != entry.b64u(sha256(parts.body)):
        raise DraftRefused("bad_hashes")
    with store.writing() as tx:
        is_kept, stands = tx.drafts.keep(kid, slot, n, device, envelope, entry.stamp(now))
    return wire.DraftAnswer(status="kept" if is_kept else "older", n=stands)
