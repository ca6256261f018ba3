"""A page shows a pageful and says how much more there is."""

from __future__ import annotations

import pytest

from fieldapp.changes import Piece
from fieldapp.excerpt import ANSWERS, CARDS, ITEMS, Window, change, excerpt, is_cut, only, window
from fieldapp.sheet import Answer, Card, Change, Fork, Part


@pytest.mark.parametrize(
    ("total", "last", "found"),
    [
        (0, None, Window(1, 0, 0)),
        (3, None, Window(1, 3, 3)),
        (45, None, Window(26, 45, 45)),
        (45, 25, Window(6, 25, 45)),
        (45, 5, Window(1, 20, 45)),
        (45, -9, Window(1, 20, 45)),
        (45, 10**9, Window(26, 45, 45)),
    ],
)
def test_a_window_lies_within_what_there_is_whatever_is_asked_for(total: int, last: int | None, found: Window) -> None:
    assert window(total, 20, last) == found


def test_every_version_can_be_reached_by_following_the_earlier_link() -> None:
    seen: set[int] = set()
    at: int | None = None
    while at is None or at > 0:
        shown = window(45, 20, at)
        seen |= set(range(shown.first, shown.last + 1))
        at = shown.earlier
    assert seen == set(range(1, 46))


def test_one_version_is_shown_alone_only_when_there_is_such_a_one() -> None:
    assert only(3, 2) == Window(2, 2, 3)
    assert only(3, 4) is None
    assert only(3, 0) is None


def test_what_is_folded_away_is_counted() -> None:
    forks = (fork(CARDS + 3),)
    items = tuple((Answer(str(n), "Item"),) for n in range(ITEMS + 2))
    many = tuple(Answer(str(n), "Answer", text="x") for n in range(ANSWERS + 4))
    whole = (
        Part("p", "Part", "both", (Answer("a", "A", forks=forks), Answer("b", "B", items=items))),
        Part("q", "Q", "both", many),
    )

    cut = excerpt(whole)

    assert [each.folded for each in cut[0].answers] == [3, 2]
    assert (len(cut[0].answers[0].forks[0].cards), len(cut[0].answers[1].items)) == (CARDS, ITEMS)
    assert (cut[1].folded, len(cut[1].answers)) == (4, ANSWERS)
    assert is_cut(cut)
    assert not is_cut(excerpt(whole[:0]))


def fork(count: int) -> Fork:
    return Fork(tuple(Card(str(n), str(n), "Ama", "today") for n in range(count)))


@pytest.mark.parametrize(
    ("counts", "shown", "folded"),
    [
        ([], [], 0),
        ([2, 3], [(2, 2), (3, 3)], 0),
        ([CARDS + 3, 2], [(CARDS, CARDS + 3)], 5),
        ([CARDS - 1, 2], [(CARDS - 1, CARDS - 1)], 2),
        ([CARDS - 2, 2, 2], [(CARDS - 2, CARDS - 2), (2, 2)], 2),
    ],
)
def test_versions_of_an_item_are_left_out_together_or_counted(
    counts: list[int], shown: list[tuple[int, int]], folded: int
) -> None:
    cut = change(Change("A", (Piece("same", "x"),), tuple(fork(count) for count in counts)))
    assert [(len(each.cards), each.count) for each in cut.forks] == shown
    assert cut.folded == folded
