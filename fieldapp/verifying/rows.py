"""Rows that must agree with others: summaries with entries, numbers with slips, and the envelopes kept aside."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fieldapp.believing import opened
from fieldapp.keys import CannotOpen, Keys, NoOfficeKeys, Ring, hash_text
from fieldapp.store import Store
from fieldapp.store.quarantine import QuarantineRow
from fieldapp.verifying.faults import Fault, entry_place
from sync.entry import unb64u


def disagreeing(store: Store) -> Iterator[Fault]:
    """Rows of one table that another contradicts."""
    for record in store.inspection.records_astray():
        yield Fault("record", f"record {record}")
    for kid, n in store.inspection.slips_astray():
        yield Fault("slip_number", f"signer {kid}, number {n}")
    for casefile, seq in store.inspection.entries_without_slip():
        yield Fault("no_slip", entry_place(casefile, seq))
    for entry, erasure in store.inspection.erased():
        row = store.entries.get(erasure)
        if store.entries.get(entry) is None or row is None or row.kind != "erasure":
            yield Fault("erased", f"erased entry {entry}")


def kept_aside(store: Store, keys: Keys, ring: Ring | None) -> Iterator[Fault]:
    """Envelopes in quarantine: byte for byte what came, and what was believed of them still so. What only a burned key opened can say no more."""
    own = store.office.keys()
    burned = {unb64u(row.kid) for row in own if row.use == "ingest" and row.burned_at is not None}
    for row in store.inspection.quarantine():
        place = f"kept envelope {row.hash}"
        if (_hash(row.envelope), len(row.envelope)) != (row.hash, row.size):
            yield Fault("quarantine", place)
        elif (
            row.is_believed not in (False, True)
            or row.day != str(row.received_at)[:10]
            or not _has_one_carrier(store, row)
            or (ring is not None and bytes(row.envelope[1:33]) not in burned and not _agrees(store, ring, row))
        ):
            yield Fault("quarantine_row", place)
        elif not _put_away_as_told(store, keys, row):
            yield Fault("quarantine_away", place)
        elif row.placed_at is not None and row.entry not in store.entries.placed([row.entry]):
            yield Fault("quarantine_placed", place)


def _hash(envelope: object) -> str:
    # A row may hold anything once somebody wrote into it.
    return hash_text(envelope) if isinstance(envelope, bytes) else ""


def _has_one_carrier(store: Store, row: QuarantineRow) -> bool:
    """A device sent it, or a person of this office brought it in a file."""
    return row.carried_by == "" if row.device else store.people.by_id(row.carried_by) is not None


def _agrees(store: Store, ring: Ring, row: QuarantineRow) -> bool:
    item = opened(ring, row.envelope)
    if not row.is_believed or item.ready is None:
        names = item.ready.id if item.ready is not None and row.reason == "unknown_signer" else ""
        if item.ready is None and row.placed_at is not None:
            names = row.entry  # as its phone said, which sealed that entry anew; that it is placed is asked next
        return (row.is_believed, row.kid, row.entry, row.casefile) == (False, item.kid, names, "")
    ready = item.ready
    # A number taken by another entry is what makes a clone; every other believed entry holds its own.
    slips = store.signers.slips([(ready.kid, ready.n)])
    has_number = row.reason == "clone" or ready.n <= 0 or slips.get((ready.kid, ready.n)) == ready.id
    return has_number and (row.kid, row.entry, row.casefile) == (ready.kid, ready.id, ready.header["casefile"])


def _put_away_as_told(store: Store, keys: Keys, row: QuarantineRow) -> bool:
    """Whether somebody decided what the row says: a mark that nobody made would hide a note from everybody who sorts."""
    told = (row.discarded_at, row.discarded_by, row.discard_why)
    if told == (None, None, None):
        return True
    audit = store.audit.get(row.discard_why) if isinstance(row.discard_why, str) else None
    if audit is None or audit.detail is None or (audit.at, audit.person, audit.what) != (*told[:2], "put away"):
        return False
    try:
        return bool(json.loads(keys.open_secret("sorting", audit.detail))["item"] == row.hash)
    except (CannotOpen, NoOfficeKeys, ValueError, TypeError, KeyError):
        return False
