"""Holds an exported checkpoint against the casefiles: each it covers is there, at least as long, with the same head at that place.

Together with the walk over the chains this leaves nothing of what it covers to be changed: a head is the hash of all before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from fieldapp.checkpoints import CheckpointFile
from fieldapp.keys import hash_text
from fieldapp.store import Store
from fieldapp.verifying.casefiles import Covered
from fieldapp.verifying.faults import Fault, entry_place
from sync import entry

SLACK = timedelta(seconds=60)
"""A push says when it came before it waits for its turn to be written; a checkpoint may be made in between."""


def compared(store: Store, heads: Iterable[tuple[str, int, str]], against: CheckpointFile) -> Iterator[Fault]:
    """Compares the casefiles' heads of that moment with what the database has at the same places."""
    here = {hash_text(casefile.encode()): (casefile, seq) for casefile, seq, _ in heads}
    for name, (seq, log_hash) in against.heads.items():
        if name not in here:
            yield Fault("against_casefile", f"the casefile whose id has the hash {name}")
            continue
        casefile, last = here[name]
        found = store.entries.log_hash_at(casefile, seq)
        if found is None:
            yield Fault("against_cut", f"casefile {casefile}", f"{seq} entries then, {last} now")
        elif found != log_hash:
            yield Fault("against_changed", entry_place(casefile, f"1 to {seq}"))


def covered(casefile: str, against: CheckpointFile | None) -> Covered | None:
    """How far the checkpoint covers this casefile; 0 for one that it does not know."""
    if against is None:
        return None
    seq, _ = against.heads.get(hash_text(casefile.encode()), (0, ""))
    return Covered(seq, entry.stamp(entry.moment(against.at) - SLACK))
