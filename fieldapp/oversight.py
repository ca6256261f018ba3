"""What reviews make of a record: where it stands, what came later, who had a hand in it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Decision = Literal["signed_off", "question", "noted"]
DECISIONS: tuple[Decision, ...] = ("signed_off", "question", "noted")
State = Literal["sent", "question", "answered", "noted", "signed_off"]


@dataclass(frozen=True, slots=True)
class Comment:
    """What a reviewer said about one field."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Review:
    """One review, in the order the office received it. `covers` are the heads that were on the reviewer's screen."""

    id: str
    author: str
    decision: str
    covers: tuple[str, ...]
    text: str
    comments: tuple[Comment, ...]
    received_at: str


@dataclass(frozen=True, slots=True)
class Oversight:
    """Where a record stands. `later`: entries no review has seen, oldest first; empty while there is no review at all."""

    state: State
    later: tuple[str, ...]
    asked_at: str | None
    reviewed_at: str | None


def oversight(parents: Mapping[str, Collection[str]], order: Sequence[str], reviews: Sequence[Review]) -> Oversight:
    """Reads the reviews of a record, given its entries in topological order.

    A question stays open until it is signed off, or noted by somebody who had the answer on screen. What nobody covered is
    `later`, whatever the clocks say.
    """
    seen: set[str] = set()
    state: State = "sent"
    asked_at: str | None = None
    unanswered: set[str] = set()
    for review in reviews:
        covered = with_ancestors(parents, review.covers)
        seen |= covered
        if review.decision == "question":
            state, asked_at, unanswered = "question", review.received_at, covered
        elif review.decision == "signed_off":
            state, asked_at = "signed_off", None
        elif state != "question" or covered - unanswered:
            state, asked_at = ("signed_off" if state == "signed_off" else "noted"), None
    later = tuple(each for each in order if each not in seen) if reviews else ()
    if state == "question" and any(each not in unanswered for each in order):
        state = "answered"
    return Oversight(state, later, asked_at, reviews[-1].received_at if reviews else None)


def with_ancestors(parents: Mapping[str, Collection[str]], tips: Collection[str]) -> set[str]:
    """Collects entries and everything they were written upon."""
    found: set[str] = set()
    waiting = [tip for tip in tips if tip in parents]
    while waiting:
        each = waiting.pop()
        if each in found:
            continue
        found.add(each)
        waiting.extend(parent for parent in parents[each] if parent in parents)
    return found


def hands_in(parents: Mapping[str, Collection[str]], authors: Mapping[str, str], heads: Collection[str]) -> frozenset[str]:
    """Names everybody who wrote a part of what led to these heads: none of them may review it."""
    return frozenset(authors[each] for each in with_ancestors(parents, heads) if each in authors)
