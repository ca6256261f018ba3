"""Walks everything the office keeps and names what is not as it was signed, numbered and chained.

    for fault in verify(store, keys):
        print(sentence(fault))

It reads one unmoving state, also while others write, in pages: a million entries are never in memory at once. What is
looked at, what against which, and what no chain covers: docs/operate.md, *What verify can show*.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from fieldapp.checkpoints import CheckpointFile
from fieldapp.epoch import Noted, epoch_of, kept, lacking
from fieldapp.keys import Keys
from fieldapp.store import Store
from fieldapp.verifying import emergencies
from fieldapp.verifying.against import compared, covered
from fieldapp.verifying.arrangements import Replay
from fieldapp.verifying.casefiles import CasefileWalk
from fieldapp.verifying.chains import Chains
from fieldapp.verifying.faults import Fault, line, sentence
from fieldapp.verifying.rows import disagreeing, kept_aside

__all__ = ["Fault", "line", "sentence", "verify"]

_CHANGES = {
    "readers": "who reads families and private sections, and who responds",
    "accounts": "accounts",
    "duty": "pods, duty and auditors",
    "phones": "phones",
}

Tell = Callable[[int, int], None]
"""Told from time to time: how many entries were walked, of how many."""


def verify(
    store: Store,
    keys: Keys,
    *,
    against: CheckpointFile | None = None,
    signatures: bool = True,
    noted: Noted | None = None,
    tell: Tell = lambda done, total: None,
) -> Generator[Fault, None, None]:
    """Yields every fault found; nothing when all is well. Raises StoreDamaged when the file's pages are too broken to read on.

    `noted` is what lies beside the key file, read before: a database with less was put back by hand.
    `against` is held against it too: what it covers must be there still, in that order. Without `signatures` chains, hashes
    and counts are checked, but neither who signed nor who may read: enough for a copy of what is there, in half the time. That somebody
    was let in by another hand must not keep phones from letting go of notes of which the copy is whole.
    """
    with store.reading():
        broken = False
        for each in store.inspection.damage():
            broken = True
            yield Fault("file", "the database file", each)
        # An index that an operator added harms no copy, and one that is called faulty keeps phones from ever letting go.
        for name in store.inspection.reshaped() if signatures else ():
            yield Fault("shape", f"table, index or trigger {name}")
        for table, parent in store.inspection.dangling():
            yield Fault("dangling", f"table {table}", parent)
        if noted is not None and noted[:2] > (epoch_of(store), kept(store)):
            yield Fault("behind", "the database", f"{kept(store)} entries of {noted.entries}")
        for kind in lacking(store, noted) if noted is not None else ():
            yield Fault("behind_changes", _CHANGES[kind])
        arranged = Replay(keys) if signatures else None
        chains = Chains(store, keys, arranged)
        yield from chains.faults(against)
        yield from _entries(store, keys, chains, against, signatures, tell)
        if not broken:
            # These questions join tables by their indexes, which a broken file may answer with nonsense.
            yield from disagreeing(store)
            yield from emergencies.astray(store, keys)
            if arranged is not None:
                yield from arranged.faults(store)
        yield from kept_aside(store, keys, chains.ring)


def _entries(
    store: Store, keys: Keys, chains: Chains, against: CheckpointFile | None, signatures: bool, tell: Tell
) -> Iterator[Fault]:
    walk = CasefileWalk(store, keys, chains.public, signatures=signatures)
    heads = store.casefiles.heads()
    if against is not None:
        yield from compared(store, heads, against)
    total, done = store.entries.count(), 0
    for casefile, _, _ in heads:
        yield from walk.faults(casefile, covered(casefile, against))
        done += walk.walked
        tell(done, total)
    for casefile in store.inspection.casefiles_without_row():
        yield Fault("casefile_gone", f"casefile {casefile}")
    counted = store.inspection.count_entries()
    if counted != total:
        yield Fault("count", "the table of entries", f"{counted} of {total}")
