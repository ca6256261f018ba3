"""One casefile after the other, entry by entry: chain, signature, hashes, and what the row says beside what was signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from fieldapp import placing
from fieldapp.keys import CannotOpen, CasefileKey, Keys, hash_text, sha256, stored_jwk, verifies
from fieldapp.placing import Kept
from fieldapp.store import Store
from fieldapp.store.casefiles import CasefileRow
from fieldapp.store.entries import EntryRow
from fieldapp.verifying.faults import Fault, entry_place
from sync import chain, entry
from sync.errors import SyncError

_PAGE = 200
_BEFORE_ALL = -(2**62)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Whose key it is. `person` and `device` are "" for the office's own desk."""

    jwk: str
    person: str = ""
    device: str = ""

    @property
    def is_desk(self) -> bool:
        return self.person == ""


@dataclass(frozen=True, slots=True)
class Covered:
    """How far an exported checkpoint covers a casefile; later entries must not claim to have come before `until`."""

    seq: int
    until: str


class CasefileWalk:
    """Walks casefiles of one office. `public` holds every key whose signature an entry may bear, by kid."""

    def __init__(self, store: Store, keys: Keys, public: Mapping[str, PublicKey], *, signatures: bool) -> None:
        self._store, self._keys, self._public = store, keys, public
        self._checks_signatures = signatures
        self.walked = 0
        # Thousands of texts may be gone by one erasure, which is read once.
        self._erased_by = lru_cache(maxsize=64)(self._read_erasure)

    def faults(self, casefile: str, covered: Covered | None) -> Iterator[Fault]:
        """Walks one casefile; `walked` then says how many entries it has."""
        self.walked = 0
        place = f"casefile {casefile}"
        row = self._store.casefiles.get(casefile)
        try:
            if row is None:
                raise LookupError(casefile)
            key = self._keys.casefile(row.id, row.key)
        except (CannotOpen, LookupError):
            yield Fault("casefile_key", place)
            return
        try:
            key.open("title", row.title)
        except CannotOpen:
            yield Fault("casefile_title", place)
        seq, log_hash = 0, ""
        prev: str | None = ""
        for each in self._entries(casefile):
            if each.seq != seq + 1:
                yield Fault("gap", entry_place(casefile, seq + 1))
                prev = None
            yield from self._entry(row, key, each, prev, covered)
            seq, log_hash, prev = each.seq, each.log_hash, each.log_hash
            self.walked += 1
        if self.walked == 0:
            yield Fault("casefile_empty", place)
        if (row.seq, row.log_hash) != (seq, log_hash):
            yield Fault("head", place, f"the head says {row.seq}, the last entry is {seq}")

    def _entries(self, casefile: str) -> Iterator[EntryRow]:
        page = self._store.entries.after(casefile, _BEFORE_ALL, _PAGE)
        while page:
            yield from page
            page = self._store.entries.after(casefile, page[-1].seq, _PAGE)

    def _entry(
        self, casefile: CasefileRow, key: CasefileKey, row: EntryRow, prev: str | None, covered: Covered | None
    ) -> Iterator[Fault]:
        place = entry_place(row.casefile, row.seq)
        try:
            kept = placing.read_kept(key, row)
            yield from (Fault(code, place, detail) for code, detail in self._signed(row, kept))
            yield from (Fault(code, place) for code in self._hashed(row, kept))
            if prev is not None and row.log_hash != _link(row, prev, kept):
                yield Fault("chain", place)
            if row.seq == 1:
                yield from self._opening(casefile, row, kept)
        except (CannotOpen, SyncError):
            yield Fault("sealed", place)
        except Exception as error:
            # Whatever somebody put into a row, the walk goes on: one broken entry must not hide the next.
            yield Fault("unreadable", place, type(error).__name__)
        if covered is not None and row.seq > covered.seq and str(row.received_at) < covered.until:
            yield Fault("against_backdated", place, f"came {row.received_at}")

    def _signed(self, row: EntryRow, kept: Kept) -> Iterator[tuple[str, str]]:
        split = entry.split_jws(kept.jws, "fieldapp-entry")
        if row.id != entry.id_of(sha256, split.input):
            yield "entry_id", ""
        key = self._public.get(split.kid)
        if key is None or row.kid != split.kid:
            yield "entry_signer", ""
        if key is None:
            return
        if self._checks_signatures and not verifies(stored_jwk(key.jwk), split.input.encode(), split.signature):
            yield "signature", ""
        header = entry.read_header(split.payload)
        told = (header["casefile"], header["record"], header["kind"], header["schema"], header["author"], header["written_at"])
        if told != (row.casefile, row.record, row.kind, row.schema, row.author, row.written_at):
            yield "header", ""
        is_desk = header["device"] == ""
        if is_desk != key.is_desk:
            yield "entry_desk", ""
        elif not is_desk and (header["author"], header["device"]) != (key.person, key.device):
            yield "author", ""
        elif is_desk and self._store.inspection.audited_person(header["via"]) != header["author"]:
            yield "via", ""

    def _hashed(self, row: EntryRow, kept: Kept) -> Iterator[str]:
        header = entry.read_header(kept.header)
        # Without a slip is what the desk wrote, and what a reader's phone gave back whose author has not been heard since.
        if kept.slip and header["slip_hash"] != hash_text(kept.slip):
            yield "slip"
        elif row.n != (entry.read_slip(kept.slip)["n"] if kept.slip else placing.UNNUMBERED if header["slip_hash"] else 0):
            yield "header"
        if not kept.gone:
            if header["body_hash"] != hash_text(kept.body):
                yield "body"
            return
        if row.id not in self._erased_by(row.casefile, kept.gone):
            yield "gone"
        if self._store.inspection.erasure_of(row.id) != kept.gone:
            yield "erased"

    def _read_erasure(self, casefile: str, erasure: str) -> frozenset[str]:
        """The ids an erasure of this casefile names; none when it is not there, no erasure, or cannot be read."""
        row = self._store.entries.get(erasure)
        known = self._store.casefiles.get(casefile)
        if row is None or known is None or (row.casefile, row.kind) != (casefile, "erasure"):
            return frozenset()
        try:
            kept = placing.read_kept(self._keys.casefile(casefile, known.key), row)
            ids = entry.read_body(kept.body)["fields"].get("ids")
        except (CannotOpen, SyncError):
            return frozenset()
        return frozenset(each for each in ids if isinstance(each, str)) if isinstance(ids, list) else frozenset()

    def _opening(self, casefile: CasefileRow, row: EntryRow, kept: Kept) -> Iterator[Fault]:
        place = f"casefile {casefile.id}"
        if row.kind != "opening" or (casefile.opened_at, casefile.opened_by) != (row.received_at, row.author):
            yield Fault("casefile_opening", place)
        elif not kept.gone:
            opening = placing.read_opening(kept.body)
            if (casefile.about, casefile.sort) != (opening.about, opening.sort):
                yield Fault("casefile_opening", place)


def _link(row: EntryRow, prev: str, kept: Kept) -> str:
    return chain.log_hash(sha256, prev, row.casefile, row.seq, row.id, kept.jws, row.received_at)
