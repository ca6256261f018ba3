"""What waits to be sorted, and who may know of it: the lists each person sees, and the words inside for who may read them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fieldapp import access, placing, records, scope
from fieldapp.believing import BEFORE_UNLOCKING, Item, believe, opened
from fieldapp.keys import Keys, Ring
from fieldapp.people import Person
from fieldapp.records import Casefile, Entry, Record
from fieldapp.sheet import Names
from fieldapp.store import Store
from fieldapp.store.casefiles import CasefileRow
from fieldapp.store.quarantine import QuarantineBrief, QuarantineRow
from fieldapp.store.signers import SignerRow
from sync.entry import NOT_CONTENT, read_body
from sync.errors import Malformed, SyncError

if TYPE_CHECKING:
    from fieldapp.practice import Practice

Closed = Literal["role", "unreadable", "no_family"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits, as far as lists tell: never whose family it is about.

    `author` is the person whose signature holds, or whose key it names; "" where nobody knows. `carriers` are the people
    of the phone that sent it; `carried_by` is who brought it in a file, where no phone did.
    """

    hash: str
    reason: str
    device: str
    author: str
    carriers: tuple[str, ...]
    received_at: str
    size: int
    is_believed: bool
    put_away_at: str | None = None
    put_away_by: str | None = None
    carried_by: str = ""


@dataclass(frozen=True, slots=True)
class Inside:
    """What is in it, for somebody who may read that casefile, or would if this opening made it."""

    casefile: Casefile
    record: Record
    entry: Entry


def judgeable(store: Store, keys: Keys, row: QuarantineRow) -> Item:
    """Opens an envelope again, and asks anew who stands behind it."""
    ring = keys.ring(store)
    item = opened(ring, row.envelope)
    believe(store, ring, [item])
    return item


def brief(row: QuarantineRow) -> QuarantineBrief:
    """The same without its bytes."""
    return QuarantineBrief(
        row.hash, row.device, row.kid, row.entry, row.casefile, row.reason, row.is_believed, row.received_at, row.size,
        row.discarded_at, row.discarded_by, row.carried_by,
    )  # fmt: skip


class Eye:
    """What one person may know of what waits.

    Administrators see that something waits and why, never what. A supervisor sees what belongs to a casefile they may read;
    of what belongs to none yet, or cannot be read, what their team's phones sent, and what nobody can be told to have sent.
    """

    def __init__(self, store: Store, keys: Keys, person: Person, at: str) -> None:
        self._store, self._keys, self._person, self._at = store, keys, person, at
        self._reader = scope.reader(store, person.id)
        self._team = set(store.people.members_of(store.people.teams_of(person.id, at), at))
        self._ring: Ring | None = None
        self._reads: dict[str, bool] = {}

    def those_seen(self, rows: list[QuarantineBrief]) -> list[Waiting]:
        """Those of the rows this person may know of, in their order."""
        signers = self._store.signers.several({row.kid for row in rows if row.kid})
        casefiles = self._store.casefiles.several({row.casefile for row in rows if row.casefile})
        carriers = {
            device: tuple(dict.fromkeys(signer.person for signer in self._store.signers.of_device(device)))
            for device in {row.device for row in rows}
        }
        return [
            _told(row, signers.get(row.kid), carriers[row.device])
            for row in rows
            if self._sees(row, signers.get(row.kid), casefiles.get(row.casefile), carriers[row.device])
        ]

    def inside(self, practice: Practice, row: QuarantineRow, item: Item) -> tuple[Inside | None, Closed | None]:
        """Opens it for somebody who may read its casefile; otherwise says why it stays closed."""
        if self._person.role != "supervisor":
            return None, "role"
        if item.ready is None:
            return None, "unreadable"
        header = item.ready.header
        casefile = self._store.casefiles.get(header["casefile"])
        opening = _opening(item) if item.is_believed else None
        is_note = item.code == BEFORE_UNLOCKING and header["author"] in self._team
        if casefile is None and opening is None and not is_note:
            return None, "no_family"
        if not is_note and not (
            self._may_read(casefile) if casefile is not None else self._would_read(header["casefile"], header["author"], opening)
        ):
            return None, "no_family"
        shown = _opened(self._store, self._keys, practice, casefile, item, row.received_at, self._at)
        return shown, None

    def _sees(
        self, row: QuarantineBrief, signer: SignerRow | None, casefile: CasefileRow | None, carriers: tuple[str, ...]
    ) -> bool:
        if self._person.role == "administrator":
            return True
        if self._person.role != "supervisor" or self._reader is None or not access.is_active(self._reader, self._at):
            return False
        if row.is_believed and casefile is not None:
            return self._may_read(casefile)
        if row.is_believed and row.reason != "no_opening":
            # It may be the opening of a restricted casefile, which exists for those it names and nobody else.
            kept = self._store.quarantine.get(row.hash)
            opening = None if kept is None else _opening(self._open(kept))
            if opening is not None and signer is not None:
                return self._would_read(row.casefile, signer.person, opening)
        owners = (signer.person,) if signer is not None else carriers
        return not owners or any(owner in self._team for owner in owners)

    def _open(self, row: QuarantineRow) -> Item:
        self._ring = self._ring or self._keys.ring(self._store)
        return opened(self._ring, row.envelope)

    def _may_read(self, casefile: CasefileRow) -> bool:
        known = self._reads.get(casefile.id)
        if known is None:
            grants = scope.grants_on(self._store, [casefile.id])[casefile.id]
            known = self._reader is not None and access.may_read(self._reader, scope.scope(casefile), grants, self._at)
            self._reads[casefile.id] = known
        return known

    def _would_read(self, casefile: str, author: str, opening: placing.Opening | None) -> bool:
        """Would this person read the casefile, if this opening made it?"""
        row = self._store.people.by_id(author)
        if opening is None or self._reader is None:
            return False
        grants = [access.Grant(casefile, each, self._at) for each in (author, *opening.readers)]
        about = access.Scope(casefile, opening.sort, None if row is None else row.team)
        return access.may_read(self._reader, about, grants, self._at)


def _told(row: QuarantineBrief, signer: SignerRow | None, carriers: tuple[str, ...]) -> Waiting:
    return Waiting(
        row.hash, row.reason, row.device if signer is None else signer.device, "" if signer is None else signer.person, carriers,
        row.received_at, row.size, row.is_believed, row.discarded_at, row.discarded_by, row.carried_by,
    )  # fmt: skip


def _opening(item: Item) -> placing.Opening | None:
    """What it says of a new casefile, where it is one's first entry."""
    if item.ready is None or item.ready.header["kind"] != "opening" or item.ready.header["parents"]:
        return None
    try:
        return placing.read_opening(item.ready.body)
    except SyncError:
        return None


def _opened(
    store: Store, keys: Keys, practice: Practice, casefile: CasefileRow | None, item: Item, received_at: str, at: str
) -> Inside:
    if item.ready is None:
        raise LookupError("nothing was opened")
    header = item.ready.header
    fields, raw = None, item.ready.body.decode("utf-8", "replace")
    with suppress(Malformed):
        fields = read_body(item.ready.body)["fields"]
    is_content = fields is not None and header["kind"] not in NOT_CONTENT
    entry = Entry(
        item.ready.id, 0, header["record"], header["kind"], header["schema"], header["author"], tuple(header["parents"]),
        header["written_at"], received_at, header["mode"], fields, "" if is_content else raw,
    )  # fmt: skip
    record = records.folded(header["record"], [entry])
    if casefile is None:
        title = str((fields or {}).get("title", ""))
        names = Names(staff=store.people.names(), vocabularies=practice.plain_vocabularies())
        return Inside(Casefile(header["casefile"], title, "main", False, (), {}, names), record, entry)
    near = [each for each in store.entries.in_casefile(casefile.id) if each.kind in {"family", "goal"}]
    return Inside(records.opened_casefile(store, keys, practice, casefile, near, at), record, entry)
