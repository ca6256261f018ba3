"""What one page shows of a record that has more in it than anybody reads at once: so much, and how much is folded away.

Nothing is out of reach: what was cut says how many there are, and the page offers the whole. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fieldapp.sheet import Answer, Change, Fork, Part

VERSIONS = 20
CHANGES = 40
ANSWERS = 200
ITEMS = 100
CARDS = 8
"""At most so many versions on a page, changed fields of a version, answers of a part, items of a list, versions of an answer."""


@dataclass(frozen=True, slots=True)
class Window:
    """A run of numbered things, counted from 1: `first` to `last` of `total`. Empty when there are none."""

    first: int
    last: int
    total: int

    @property
    def earlier(self) -> int:
        return max(self.first - 1, 0)

    @property
    def newer(self) -> int:
        return self.total - self.last

    @property
    def is_all(self) -> bool:
        return self.earlier == 0 and self.newer == 0


def window(total: int, size: int, last: int | None = None) -> Window:
    """Ends at `last`, whatever somebody wrote into the address; at the newest when they wrote nothing."""
    end = total if last is None else max(min(last, total), min(size, total))
    return Window(max(end - size + 1, 1), end, total)


def only(total: int, number: int) -> Window | None:
    """Shows one alone; None when there is no such number."""
    return Window(number, number, total) if 1 <= number <= total else None


def excerpt(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Cuts the parts of a sheet to what a page can carry."""
    return tuple(
        replace(part, answers=tuple(_answer(each) for each in part.answers[:ANSWERS]), folded=max(len(part.answers) - ANSWERS, 0))
        for part in parts
    )


def is_cut(parts: Sequence[Part]) -> bool:
    """Says whether anything of these parts is folded away."""
    return any(part.folded or any(each.folded for each in part.answers) for part in parts)


def change(each: Change) -> Change:
    """Cuts the versions between which somebody chose to what a page can carry."""
    forks, folded = _forks(each.forks)
    return replace(each, forks=forks, folded=folded)


def _answer(each: Answer) -> Answer:
    forks, folded = _forks(each.forks)
    return replace(each, items=each.items[:ITEMS], forks=forks, folded=folded + max(len(each.items) - ITEMS, 0))


def _forks(forks: Sequence[Fork]) -> tuple[tuple[Fork, ...], int]:
    """Keeps whole forks as long as there is room, of the first as much as there is; and counts the cards it leaves out.

    Half a fork would look like something that nobody else wrote.
    """
    kept: list[Fork] = []
    room = CARDS
    for each in forks:
        if kept and len(each.cards) > room:
            break
        kept.append(replace(each, cards=each.cards[:room], folded=max(len(each.cards) - room, 0)))
        room -= len(kept[-1].cards)
    return tuple(kept), sum(len(each.cards) for each in forks) - (CARDS - room)
