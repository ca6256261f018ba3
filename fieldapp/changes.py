"""What changed between two texts, word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_WORDS = re.compile(r"\s+|\w+(?:['’\-]\w+)*|[^\w\s]")

MOST_PAIRS = 4_000_000
"""Words of one side times words of the other, after what both begin and end with, beyond which all of it counts as changed.
A note may be a quarter of a megabyte of the same word, and comparing that would hold up everybody's pages."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that stayed, went or came."""

    what: Literal["same", "removed", "added"]
    text: str


def word_changes(before: str, after: str) -> list[Piece]:
    """Lists what stayed, went and came, in reading order.

    The same and removed pieces together are `before`, the same and added ones are `after`, to the letter. White space
    counts as a word of its own, so that a paragraph pulled apart shows.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    middle, changed = old[start : len(old) - end], new[start : len(new) - end]
    pieces: list[Piece] = []
    _put(pieces, Piece("same", "".join(old[:start])))
    for what, a, b, c, d in _steps(middle, changed):
        if what == "equal":
            _put(pieces, Piece("same", "".join(middle[a:b])))
            continue
        _put(pieces, Piece("removed", "".join(middle[a:b])))
        _put(pieces, Piece("added", "".join(changed[c:d])))
    _put(pieces, Piece("same", "".join(old[len(old) - end :])))
    return _joined(pieces)


def _steps(old: list[str], new: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    if len(old) * len(new) > MOST_PAIRS:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new).get_opcodes()


def _alike(old: list[str], new: list[str]) -> int:
    """Counts the words both begin with."""
    return next((n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new)))


def _put(pieces: list[Piece], piece: Piece) -> None:
    if piece.text:
        pieces.append(piece)


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Reads a lone space between two changes as changed too: "~~his~~ ~~old~~" is easier as one stretch than as three."""
    found: list[Piece] = []
    index = 0
    while index < len(pieces):
        if pieces[index].what == "same":
            found.append(pieces[index])
            index += 1
            continue
        removed, added, end = "", "", index
        while end < len(pieces):
            piece = pieces[end]
            lone_space = piece.what == "same" and piece.text == " " and end + 1 < len(pieces)
            if piece.what == "same" and not lone_space:
                break
            removed += piece.text if piece.what != "added" else ""
            added += piece.text if piece.what != "removed" else ""
            end += 1
        _put(found, Piece("removed", removed))
        _put(found, Piece("added", added))
        index = end
    return found
