"""Gives phones what they may have: what is new, what was taken away, and the office's signed word about all it holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import UNSET, UnsetType

from fieldapp import access, checkpoints, placing, responders, scope
from fieldapp.epoch import epoch_of
from fieldapp.keys import Keys, sha256
from fieldapp.receipts import durable_through, sign_receipt
from fieldapp.store import Store
from fieldapp.store.casefiles import CasefileRow
from fieldapp.store.office import CheckpointRow
from fieldapp.store.signers import DeviceRow, SignerRow
from sync import chain, entry, messages

PULL_BYTES = 1_048_576
_AT_ONCE = 100


def hello(
    store: Store,
    keys: Keys,
    device: DeviceRow,
    request: messages.HelloRequest,
    reader: SignerRow | None,
    practice: str,
    now: datetime,
    *,
    is_signed: bool = False,
    drafts: int = 0,
    elsewhere: messages.Elsewhere | UnsetType = UNSET,
) -> messages.HelloAnswer:
    """Answers a greeting. `reader` is the signer that proved itself, needed for a digest; None otherwise.

    `is_signed`: a key of this phone signed what it says it dropped. `drafts`: how many the reader left behind. `elsewhere`: what waits on
    other phones of theirs.
    """
    at = entry.stamp(now)
    if reader is not None and request.keyset_n > keys.ring(store).n:
        keys.overtake(store, request.keyset_n, at)
    ring = keys.ring(store)
    mine = {signer.kid for signer in store.signers.of_device(device.id)}
    said = [head for head in request.signers if head.kid in mine]
    with store.writing() as tx:
        _hear(tx, device, said, reader, request, at)
        _hear_dropped(tx, device, request.dropped, at, is_signed=is_signed)
        checkpoint = checkpoints.hourly(tx, ring, now)
        if isinstance(request.checkpoint, str):
            checkpoints.note_strange(tx, ring, device.id, request.checkpoint, at)
    same: bool | UnsetType = UNSET
    if reader is not None and request.digest is not UNSET:
        same = request.digest == _digest_for(store, reader.person, at)
    return messages.HelloAnswer(
        time=at,
        epoch=epoch_of(store),
        keyset_n=ring.n,
        keyset=ring.keyset if request.keyset_n < ring.n else UNSET,
        device=messages.DeviceState(device.status),  # type: ignore[arg-type]
        signers=[messages.SignerHead(head.kid, *store.signers.head(head.kid)) for head in said],
        durable_through=durable_through(store, keys, now),
        practice=practice,
        nonce=keys.make_nonce(device.id, now),
        same=same,
        # A phone that has this very one is not told again: a greeting without news stays small.
        checkpoint=checkpoint.jws if checkpoint is not None and not _has(request, checkpoint) else UNSET,
        responders=UNSET if reader is None else _responders(store, request.responders),
        drafts=drafts or UNSET,
        elsewhere=elsewhere,
    )


def _has(request: messages.HelloRequest, checkpoint: CheckpointRow) -> bool:
    return request.checkpoint == checkpoint.jws or (request.checkpoint is UNSET and request.checkpoint_n == checkpoint.n)


def _responders(store: Store, known: str) -> messages.Responders | UnsetType:
    """Who responds to answers that show risk, for a phone that knows something else. Names of staff: only with the proof."""
    found = responders.settled(store)
    if found.hash == known:
        return UNSET
    return messages.Responders(
        found.hash, {measure: messages.Responder(one.who, one.how) for measure, one in found.named.items()}
    )


def _hear(
    tx: Store,
    device: DeviceRow,
    said: Iterable[messages.SignerHead],
    reader: SignerRow | None,
    request: messages.HelloRequest,
    at: str,
) -> None:
    """Notes what a phone tells of itself. The cookie alone can be stolen: without the proof it may only alarm."""
    waiting = request.waiting
    # A day that no calendar has must not close the board to everybody.
    oldest_at = waiting.oldest_at if entry.is_time(waiting.oldest_at) else None
    if reader is None:
        tx.signers.hear_device(device.id, at, waiting.count, oldest_at, request.app)
        return
    tx.signers.see_device(device.id, at, waiting.count, oldest_at, request.app)
    _hear_removals(tx, reader, request.removals_done, at)
    _hear_resealed(tx, device, request.resealed, at)
    _hear_reads(tx, reader, request.reads, at)
    for head in said:
        if head.kid == reader.kid:
            _notice_loss(tx, device, head, at)
            tx.signers.say(head.kid, head.n, head.id, request.keyset_n, at)


def _hear_resealed(tx: Store, device: DeviceRow, resealed: dict[str, str], at: str) -> None:
    """Closes what this phone brought and nobody could read, where the entry that was in it is placed from another envelope."""
    placed = tx.entries.placed_by_device(resealed.values(), device.id) if resealed else {}
    for envelope_hash, entry_id in resealed.items():
        if entry_id in placed:
            tx.quarantine.settle_unread(envelope_hash, device.id, entry_id, at)


def _notice_loss(tx: Store, device: DeviceRow, head: messages.SignerHead, at: str) -> None:
    """A phone that knows less of its own chain than the office lost its notes, and what waited among them.

    What it told the last time is kept with the alarm, because from now on it knows of nothing.
    """
    known, _ = tx.signers.head(head.kid)
    if head.n < known:
        tx.alarms.raise_lost(head.kid, device.id, head.n + 1, known, at, device.waiting, device.oldest_waiting_at)


def _hear_dropped(tx: Store, device: DeviceRow, kids: Iterable[str], at: str, *, is_signed: bool) -> None:
    """Notes whose copies a phone says are gone from it.

    Without a signature it may be anybody who holds the phone, and counts only where the office asked for it.
    """
    own = {signer.kid: signer for signer in tx.signers.of_device(device.id)}
    for signer in (own[kid] for kid in dict.fromkeys(kids) if kid in own):
        is_asked = device.status in {"lost", "ended"} or signer.end_reason == "left"
        if (is_signed or is_asked) and tx.holdings.lose(signer.kid, at, is_signed=is_signed):
            tx.signers.end(signer.kid, at, "dropped")
            tx.audit.add(at, signer.person, "removed from a phone" if is_signed else "removed from a phone, not signed")


READ_ON_A_PHONE = "read on a phone on "


def _hear_reads(tx: Store, signer: SignerRow, reads: Iterable[messages.PhoneRead], at: str) -> None:
    """Writes down what was opened on a phone, once for each record and day, however often the phone says so."""
    wanted = list(dict.fromkeys(reads))
    person = scope.reader(tx, signer.person)
    if not wanted or person is None:
        return
    where = tx.records.casefiles_of(each.record for each in wanted)
    known = tx.casefiles.several(each.casefile for each in wanted)
    grants = scope.grants_on(tx, known)
    # A phone's clock may run ahead of the office's: no read is written down for a day that has not come.
    days = {each: min(each.day, at[:10]) for each in wanted}
    told = tx.audit.has_since(signer.person, min(days.values()), READ_ON_A_PHONE)
    for each in wanted:
        row, what = known.get(each.casefile), READ_ON_A_PHONE + days[each]
        if row is None or where.get(each.record) != row.id or (what, each.record) in told:
            continue
        if access.could_once_read(person, scope.scope(row), grants[row.id], at):
            told.add((what, each.record))
            tx.audit.add(at, signer.person, what, row.id, each.record)


def _hear_removals(tx: Store, signer: SignerRow, casefiles: Iterable[str], at: str) -> None:
    """Notes what a phone dropped, as far as this signer's person may not carry it: the other person's word is not theirs.

    A report about a lost phone asks what is gone from it; placing asks whether it heard that its person reads no more, and leaves out what
    they read on at the desk (judging.py).
    """
    person = scope.reader(tx, signer.person)
    known = tx.casefiles.several(casefiles)
    if person is None or not known:
        return
    grants = scope.grants_on(tx, known)
    gone = [row.id for row in known.values() if not access.may_carry(person, scope.scope(row), grants[row.id], at)]
    tx.casefiles.hear_removals(signer.kid, gone, at)


def _digest_for(store: Store, person: str, at: str) -> str:
    return chain.digest_of(sha256, ((row.id, row.seq, row.log_hash) for row in _carried(store, person, at)))


def _carried(store: Store, person: str, at: str) -> list[CasefileRow]:
    who = scope.reader(store, person)
    return [] if who is None else scope.carried(store, who, at)


def pull(store: Store, keys: Keys, signer: SignerRow, request: messages.PullRequest, now: datetime) -> messages.PullAnswer:
    """Gives about 1 MiB of what is new, the most recently active casefile first, each in chain order."""
    at = entry.stamp(now)
    if isinstance(request.removals, dict) and request.removals:
        with store.writing() as tx:
            _hear_removals(tx, signer, request.removals, at)
    with store.reading():
        rows = _carried(store, signer.person, at)
        here = {row.id for row in rows}
        held = scope.unconfirmed(store, rows)
        known = store.casefiles.several(request.cursors)
        # What the office does not know at all was lost in a restore: the phone must keep it and offer it again.
        diverged = [each for each in request.cursors if each not in known]
        gone = [each for each in request.cursors if each in known and each not in here]
        # Nor is what this phone knows more of than the office taken from it at once: it gives that back first, then drops it.
        diverged += [each for each in gone if not _is_ours(store, known[each], request.cursors[each])]
        removed = [messages.Removed(each, "ended") for each in gone if each not in diverged]
        answer = _Answer(store, keys)
        for row in rows:
            seq, log_hash = request.cursors.get(row.id, (0, ""))
            if not _is_ours(store, row, (seq, log_hash)):
                diverged.append(row.id)
                seq = 0
            # What such a section lacks is given back all the same, and no phone drops it: it is only that nothing of it is given.
            if row.id not in held:
                answer.add(row, seq)
        people = store.people.several([signer.person, *answer.authors])
        links = store.signers.enrolments_of(answer.kids)
        given = messages.PullAnswer(
            epoch=epoch_of(store),
            nonce=keys.make_nonce(signer.device, now),
            added=[row.id for row in rows if row.id not in request.cursors and row.id not in held],
            removed=removed,
            confirm=_is_sudden(len(gone), len(request.cursors)),
            diverged=diverged,
            people=[messages.PersonBrief(each.id, each.name, each.role) for each in people.values()],
            enrolments=[messages.EnrolmentLink(each.jws, each.n, each.received_at, each.log_hash) for each in links],
            casefiles=answer.casefiles,
            more=answer.left > 0,
            total=answer.left,
        )
    if given.casefiles:
        # Written down before it goes: should the phone be lost, nothing can have been on it that is not told here.
        with store.writing() as tx:
            tx.holdings.give(signer.kid, [(each.id, each.entries[-1].seq) for each in given.casefiles], at)
    return given


def _is_ours(store: Store, row: CasefileRow, cursor: tuple[int, str]) -> bool:
    seq, log_hash = cursor
    return seq <= row.seq and store.entries.log_hash_at(row.id, seq) == log_hash


def _is_sudden(gone: int, held: int) -> bool:
    """Would a mistake at the office look like this? Then a second answer must say the same before anything is dropped.

    What the phone has to give back before it drops it counts as gone: after a restore a mistake about everything would
    otherwise look like one about little.
    """
    return gone > 5 or (gone >= 2 and gone * 5 > held)


class _Answer:
    """Fills a pull answer until it is full, and counts what is left."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store, self._keys = store, keys
        self._room = PULL_BYTES
        self.casefiles: list[messages.PulledCasefile] = []
        self.authors: dict[str, None] = {}
        self.kids: dict[str, None] = {}
        self.left = 0

    def add(self, row: CasefileRow, seq: int) -> None:
        """Adds what follows `seq` in this casefile, as far as there is room."""
        given: list[messages.PulledEntry] = []
        key = self._keys.casefile(row.id, row.key)
        while self._room > 0 and seq < row.seq:
            for each in self._store.entries.after(row.id, seq, _AT_ONCE):
                if self._room <= 0:
                    break
                kept = placing.read_kept(key, each)
                given.append(_pulled(each.seq, each.received_at, each.log_hash, kept))
                self._room -= len(kept.jws) + len(kept.body) + 200
                self.authors[each.author] = None
                self.kids[each.kid] = None
                seq = each.seq
        self.left += row.seq - seq
        if given:
            self.casefiles.append(messages.PulledCasefile(id=row.id, seq=row.seq, log_hash=row.log_hash, entries=given))


def _pulled(seq: int, received_at: str, log_hash: str, kept: placing.Kept) -> messages.PulledEntry:
    gone = kept.gone or UNSET
    # A signed body that is not even UTF-8 is served as nearly as text can: its hash then fails, and it is shown as unreadable.
    body = UNSET if kept.gone else kept.body.decode("utf-8", "replace")
    return messages.PulledEntry(seq=seq, received_at=received_at, log_hash=log_hash, jws=kept.jws, body=body, gone=gone)


def have(store: Store, keys: Keys, device: DeviceRow, ids: list[str]) -> messages.HaveAnswer:
    """Which of these entries, of this device's signers, the office lacks; a receipt for each that is placed.

    What somebody put away is not missing: its bytes are kept. The phone is told, so that it does not call it being sorted.
    """
    ring = keys.ring(store)
    epoch = epoch_of(store)
    placed = store.entries.placed_by_device(ids, device.id)
    # Another phone gave these back and could not know the slip: their author's phone, which does, is asked to send them once more.
    for each in store.entries.unnumbered(placed):
        del placed[each]
    held = store.quarantine.holding_of_device(ids, device.id)
    away = store.quarantine.put_away_of_device(ids, device.id) if held else set()
    receipts = [messages.HaveReceipt(each.id, sign_receipt(ring, each, epoch)) for each in placed.values()]
    return messages.HaveAnswer(
        missing=[each for each in ids if each not in placed and each not in held],
        receipts=receipts,
        put_away=[each for each in ids if each in away and each not in placed] if away else UNSET,
    )


def lacking(store: Store, ids: list[str]) -> list[str]:
    """Which of these entries, whoever wrote them, the office neither has in a casefile nor keeps aside.

    For a reader who proved itself, after the office went back behind what that phone has of a casefile. An id cannot be guessed:
    whoever names one has had the entry.
    """
    here = {*store.entries.placed(ids), *store.quarantine.held(ids)}
    return [each for each in ids if each not in here]
