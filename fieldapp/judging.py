"""Judges believed entries inside the transaction that places them: what is judged cannot change before it is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fieldapp import access, placing, scope
from fieldapp.believing import Item, believe, opened
from fieldapp.keys import Keys
from fieldapp.placing import Placer, Ready
from fieldapp.store import Store
from fieldapp.store.casefiles import CasefileRow
from fieldapp.store.entries import AFTER_ACCESS_ENDED
from fieldapp.store.signers import SignerRow
from sync import entry
from sync.errors import SyncError


def openings_first(item: Item) -> bool:
    return not (item.ready is not None and item.ready.header["kind"] == "opening")


def _devices(items: Iterable[Item]) -> set[str]:
    """The devices of those that phones signed."""
    return {signer.device for item in items if (signer := item.stands()[1]) is not None}


class PlacingDesk:
    """Everything one push needs to know, asked for at once instead of envelope by envelope.

    `decided_by`: these very items were looked at by this person, who answers for placing them; `is_again`: they have been
    judged before, so that a number taken twice is old news about their phone.
    """

    def __init__(
        self, tx: Store, keys: Keys, at: str, items: Sequence[Item], *, decided_by: str = "", is_again: bool = False
    ) -> None:
        self._tx, self._keys, self._at = tx, keys, at
        self._decided_by, self._is_again = decided_by, is_again
        self._decided = {item.hash for item in items} if decided_by else set()
        entries = [item.stands()[0] for item in items]
        ids = [each.id for each in entries]
        self._placer = Placer(tx, keys, at)
        self._placed = tx.entries.placed(ids)
        self._unnumbered = tx.entries.unnumbered(self._placed)
        self._slips = tx.signers.slips([(each.kid, each.n) for each in entries])
        self._new_slips: list[tuple[str, int, str]] = []
        self._completing: list[Ready] = []
        self._casefiles = tx.casefiles.several(each.header["casefile"] for each in entries)
        self._records = tx.records.casefiles_of(each.header["record"] for each in entries)
        self._grants = scope.grants_on(tx, self._casefiles)
        self._readers = scope.readers(tx, {each.header["author"] for each in entries} | ({decided_by} if decided_by else set()))
        self._devices = {each: tx.signers.device(each) for each in _devices(items)}
        self._waiting = tx.quarantine.holding(ids)
        self._writers: dict[tuple[str, str], bool] = {}
        self._openings: dict[str, str] = {}

    def judge(self, item: Item) -> None:
        """Places one entry, or says by `item.code` why it waits."""
        ready, signer = item.stands()
        found = self._placed.get(ready.id)
        if found is not None:
            item.placed, item.is_duplicate = found, True
            self._complete(ready, signer)
            return
        decided_by = self._decided_by if item.hash in self._decided else ""
        item.code = self._why_not(ready, signer, decided_by)
        if item.code == "clone" and signer is not None:
            self._mark_cloned(signer.device)
        # The number of what waits is known as well: only what nobody has is missing from a phone's own chain.
        self._note_number(ready)
        if item.code:
            return
        self._settle(item, ready)
        if ready.header["kind"] == "opening":
            self._place_what_waited(ready.header["casefile"])

    def write(self) -> None:
        self._placer.write()
        for ready in self._completing:
            row = self._tx.entries.get(ready.id)
            if row is not None:
                key = self._keys.casefile(row.casefile, self._casefiles[row.casefile].key)
                self._tx.entries.give_number(row.id, ready.n, placing.with_slip(key, row, ready))
        self._completing = []
        self._tx.signers.add_slips(self._new_slips)

    def _note_number(self, ready: Ready) -> None:
        if ready.n > 0 and (ready.kid, ready.n) not in self._slips:
            self._slips[ready.kid, ready.n] = ready.id
            self._new_slips.append((ready.kid, ready.n, ready.id))

    def _complete(self, ready: Ready, signer: SignerRow | None) -> None:
        """Gives a placed entry the number that came after it, if it lacks one. What another entry has taken shows a clone now, as it
        would have then; the entry stays where it is."""
        if ready.n <= 0 or signer is None or ready.id not in self._unnumbered:
            return
        self._unnumbered.remove(ready.id)
        if self._slips.get((ready.kid, ready.n), ready.id) != ready.id:
            self._mark_cloned(signer.device)
        self._note_number(ready)
        self._completing.append(ready)

    def _settle(self, item: Item, ready: Ready) -> None:
        header = ready.header
        casefile = self._casefiles[header["casefile"]]
        flags = "" if item.is_desk or self._may_write(header["author"], casefile) else AFTER_ACCESS_ENDED
        if item.is_desk and self._tx.audit.get(header["via"]) is None:
            row_id = header["via"]
            self._tx.audit.add(self._at, header["author"], "given back by a phone", casefile.id, header["record"], row_id=row_id)
        if ready.n < 0:
            self._unnumbered.add(ready.id)
        item.placed = self._placed[ready.id] = self._placer.add(ready, casefile, flags)
        self._records.setdefault(header["record"], casefile.id)
        if ready.id in self._waiting:
            self._tx.quarantine.mark_placed(ready.id, self._at)
        confirms = header.get("confirms")
        if isinstance(confirms, str):
            self._tx.quarantine.confirm(confirms, header["author"], self._at)

    def _why_not(self, ready: Ready, signer: SignerRow | None, decided_by: str) -> str:
        """The code of the first reason not to place an entry; "" when there is none.

        A person may answer for whose phone it was and whether its author had a say; nobody for what would break a chain, a
        record or the rule that people do not review themselves.
        """
        is_desk = signer is None
        by_phone = "" if decided_by or signer is None else self._why_not_believed(ready, signer)
        return by_phone or self._why_not_here(ready, decided_by, is_desk=is_desk)

    def _why_not_believed(self, ready: Ready, signer: SignerRow) -> str:
        if self._slips.get((ready.kid, ready.n), ready.id) != ready.id:
            return "clone"
        device = self._devices.get(signer.device)
        if device is None or device.status == "cloned":
            return "clone"
        # A signer replaced after forgotten words may still send what waited; a lost or ended one may not.
        if device.status != "ok" or (signer.ended_at is not None and signer.end_reason != "replaced"):
            return "device_ended"
        return ""

    def _why_not_here(self, ready: Ready, decided_by: str, *, is_desk: bool) -> str:
        """`is_desk`: the office signed it, so it was allowed once and stood in this casefile; a phone only gives it back."""
        header = ready.header
        # Signing off, erasing and moving are done on office pages: a phone's word for them would let people review themselves.
        if header["kind"] in entry.NOT_CONTENT and not is_desk:
            return "not_allowed"
        if self._records.get(header["record"], header["casefile"]) != header["casefile"]:
            return "wrong_casefile"
        casefile = self._casefiles.get(header["casefile"])
        if casefile is None:
            # An amended opening that overtook its first one waits for it like any other entry.
            is_first = header["kind"] == "opening" and not header["parents"]
            return self._open(ready, decided_by, is_desk=is_desk) if is_first else "no_opening"
        # A second opening would tell readers another title and sort than the ones the office goes by.
        if header["kind"] == "opening" and header["record"] != self._opening_of(casefile.id):
            return "wrong_casefile"
        if is_desk or (decided_by and self._may_write(decided_by, casefile)):
            return ""
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
        about, grants = scope.scope(casefile), self._grants.get(casefile.id, ())
        began = access.last_began(reader, about, grants, self._at)
        if began is None:
            return False
        heard_at = self._tx.casefiles.heard_at(casefile.id, kid)
        # What it heard before its person's newest leave began was the end of an earlier one. And what it dropped while they went on reading was
        # no end: it was only to lie on that phone no longer.
        return heard_at is None or heard_at < began or access.may_read(reader, about, grants, heard_at)

    def _open(self, ready: Ready, decided_by: str, *, is_desk: bool) -> str:
        try:
            opening = placing.read_opening(ready.body)
        except SyncError:
            return "not_allowed"
        author = ready.header["author"]
        named = scope.readers(self._tx, opening.readers)
        reader = self._readers.get(decided_by or author)
        if not is_desk and (reader is None or not access.may_open(reader, opening.sort, named.values(), self._at)):
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
            is_desk=is_desk,
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
        items = [opened(ring, row.envelope) for row in waiting]
        believe(self._tx, ring, items)
        believed = [item for item in items if item.is_believed]
        entries = [item.stands()[0] for item in believed]
        found = self._tx.entries.placed(each.id for each in entries)
        self._placed.update(found)
        self._unnumbered |= self._tx.entries.unnumbered(found)
        self._slips.update(self._tx.signers.slips([(each.kid, each.n) for each in entries]))
        self._readers.update(scope.readers(self._tx, {each.header["author"] for each in entries}))
        for record, where in self._tx.records.casefiles_of(each.header["record"] for each in entries).items():
            self._records.setdefault(record, where)
        for device in _devices(believed):
            self._devices.setdefault(device, self._tx.signers.device(device))
        self._waiting.update(each.id for each in entries)
        for item in believed:
            self.judge(item)
            if item.code:
                self._tx.quarantine.move_on(item.hash, item.code)

    def _mark_cloned(self, device: str) -> None:
        if self._is_again:
            return
        found = self._devices.get(device)
        if found is not None and found.status == "ok":
            self._tx.signers.set_device_status(device, "cloned")
            self._devices[device] = self._tx.signers.device(device)
