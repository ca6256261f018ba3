"""What changed between two texts, word by word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_WORDS = re.compile(r"\s+|\w+(?:['’\-]\w+)*|[^\w\s]")

LONGEST_COMPARED = 4000
"""Words on either side beyond which whole paragraphs are compared: difflib takes quadratic time on words that repeat."""


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
    if len(old) > LONGEST_COMPARED or len(new) > LONGEST_COMPARED:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[Piece] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            _put(pieces, Piece("same", "".join(old[a:b])))
            continue
        _put(pieces, Piece("removed", "".join(old[a:b])))
        _put(pieces, Piece("added", "".join(new[c:d])))
    return _joined(pieces)


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
