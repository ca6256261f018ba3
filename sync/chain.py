"""Hash chains and digests, line by line. Twin of static/src/sync/chain.js; docs/protocol.md §4, §6 and §7 settle it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sync.entry import Hash, b64u
from sync.errors import Unbelievable


class Head(NamedTuple):
    """How far a casefile's chain goes. Before its first entry: (0, "")."""

    seq: int
    log_hash: str


class Link(NamedTuple):
    """One link of a casefile's chain as it is served."""

    seq: int
    id: str
    jws: str
    received_at: str
    log_hash: str


def hash_text(digest: Hash, text: str) -> str:
    """Hashes ASCII text and writes the hash as 43 characters."""
    return b64u(digest(text.encode()))


def log_hash(digest: Hash, prev: str, casefile: str, seq: int, entry: str, jws: str, received_at: str) -> str:
    """One link of a casefile's chain."""
    jws_hash = hash_text(digest, jws)
    return hash_text(digest, f"fieldapp log 1\n{prev}\n{casefile}\n{seq}\n{entry}\n{jws_hash}\n{received_at}\n")


def enrolment_hash(digest: Hash, prev: str, n: int, enrolment: str, jws: str, received_at: str) -> str:
    """One link of the chain of enrolments."""
    jws_hash = hash_text(digest, jws)
    return hash_text(digest, f"fieldapp enrolment 1\n{prev}\n{n}\n{enrolment}\n{jws_hash}\n{received_at}\n")


def follow(digest: Hash, casefile: str, head: Head, links: Iterable[Link]) -> Head:
    """Checks that links follow `head` without a gap and that each hash is its own; returns the head after them."""
    for link in links:
        if link.seq != head.seq + 1:
            raise Unbelievable("chain_gap", str(link.seq))
        expected = log_hash(digest, head.log_hash, casefile, link.seq, link.id, link.jws, link.received_at)
        if expected != link.log_hash:
            raise Unbelievable("chain_broken", str(link.seq))
        head = Head(link.seq, link.log_hash)
    return head


def digest_of(digest: Hash, heads: Iterable[tuple[str, int, str]]) -> str:
    """The digest a phone greets with: of every casefile it holds and how far, as (casefile, seq, log_hash)."""
    return hash_text(digest, "".join(sorted(f"{casefile} {seq} {head}\n" for casefile, seq, head in heads)))


def checkpoint_root(digest: Hash, heads: Iterable[tuple[str, int, str]]) -> str:
    """The root of a checkpoint, which names casefiles only by their hash."""
    lines = (f"{hash_text(digest, casefile)} {seq} {head}\n" for casefile, seq, head in heads)
    return hash_text(digest, "".join(sorted(lines)))
