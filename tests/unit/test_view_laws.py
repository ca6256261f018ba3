"""Laws of the fold that hold for every history, not only for the shared examples."""

from __future__ import annotations

import json
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.view import ABSENT, Version, View, fold, views_at
from tests.unit.make_sync_examples import long_chain

VALUES = st.sampled_from(
    ["x", "y", 1, True, None, [], [{"id": "i", "t": 1}], [{"id": "j", "t": 1}], [{"id": "i", "t": 2}, {"id": "j", "t": 1}]]
)
FIELDS = st.dictionaries(st.sampled_from("fg"), VALUES)


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """Entries whose parents are any of those before them, or unknown."""
    made: list[Version] = []
    for i in range(draw(st.integers(1, 8))):
        # Ids that do not sort in the order of writing.
        name = f"{draw(st.integers(0, 999)):03d}-{i}"
        known = [each.id for each in made]
        parents = draw(st.lists(st.sampled_from([*known, "unknown"]), max_size=3, unique=True)) if known else []
        made.append(Version(name, tuple(parents), draw(FIELDS)))
    return made


def ancestors(history: list[Version]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in history:
        found[each.id] = set()
        for parent in each.parents:
            if parent in found:
                found[each.id] |= {parent, *found[parent]}
    return found


def said(view: View) -> str:
    return json.dumps({name: [[(v.id, repr(v.value)) for v in f.values], repr(f.items)] for name, f in view.fields.items()})


def plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(histories(), st.randoms())
def test_law_order_of_arrival_never_matters(history: list[Version], chance: Any) -> None:
    shuffled = list(history)
    chance.shuffle(shuffled)
    first, second = fold(history), fold(shuffled)
    assert said(first) == said(second)
    assert (first.heads, first.order, first.writes) == (second.heads, second.order, second.writes)


@given(histories())
def test_law_order_puts_parents_first_and_heads_have_no_children(history: list[Version]) -> None:
    view = fold(history)
    place = {each: i for i, each in enumerate(view.order)}
    assert sorted(place) == sorted(each.id for each in history)
    assert all(place[parent] < place[each.id] for each in history for parent in each.parents if parent in place)
    assert set(view.heads) == {each.id for each in history} - {parent for each in history for parent in each.parents}


@given(histories())
def test_law_every_plain_value_a_head_wrote_is_shown(history: list[Version]) -> None:
    view = fold(history)
    by_id = {each.id: each for each in history}
    for head in view.heads:
        for name in view.writes[head]:
            value = by_id[head].fields.get(name, ABSENT)
            if value is ABSENT or isinstance(value, list):
                continue
            assert plain(value) in [plain(v.value) for v in view.fields[name].values if v.value is not ABSENT]


@given(histories())
def test_law_every_item_a_head_shows_is_shown_or_was_taken_away_by_another(history: list[Version]) -> None:
    view = fold(history)
    by_id = {each.id: each for each in history}
    for head in view.heads:
        for name in view.writes[head]:
            value = by_id[head].fields.get(name)
            if not isinstance(value, list) or len(view.heads) > 1:
                continue
            shown = [v.value for v in view.fields[name].values] if name in view.fields else [ABSENT]
            assert [plain(value)] == [plain(v) for v in shown]


@given(histories())
def test_law_the_fold_follows_the_definition_word_by_word(history: list[Version]) -> None:
    """Written anew from docs/protocol.md §9.1 and §9.2, slowly and plainly, for plain fields."""
    only = [Version(e.id, e.parents, {n: v for n, v in e.fields.items() if not isinstance(v, list)}) for e in history]
    above = ancestors(only)
    by_id = {each.id: each for each in only}
    writes: dict[str, set[str]] = {}

    def values(of: set[str], name: str) -> set[str]:
        writers = {e for e in of if name in writes[e]}
        last = {e for e in writers if not any(e in above[other] for other in writers)}
        return {plain(by_id[e].fields[name]) if name in by_id[e].fields else "absent" for e in last}

    for each in only:
        seen = {p for parent in each.parents if parent in by_id for p in (parent, *above[parent])}
        writes[each.id] = set()
        for name in "fg":
            before = values(seen, name) or {"absent"}
            mine = plain(each.fields[name]) if name in each.fields else "absent"
            if before != {mine}:
                writes[each.id].add(name)
    view = fold(only)
    assert {e: set(w) for e, w in view.writes.items()} == writes
    for name in "fg":
        expected = values(set(by_id), name) - (set() if name in view.fields else {"absent"})
        shown = (
            {"absent" if v.value is ABSENT else plain(v.value) for v in view.fields[name].values}
            if name in view.fields
            else set()
        )
        assert shown == expected


@given(histories(), st.data())
def test_law_a_view_of_the_past_is_the_fold_of_what_was_there(history: list[Version], data: st.DataObject) -> None:
    tips = data.draw(st.lists(st.sampled_from([each.id for each in history]), max_size=3, unique=True))
    above = ancestors(history)
    there = {each for tip in tips for each in {tip, *above[tip]}}

    found = views_at(history, {"then": [*tips, "unknown"]})["then"]

    assert found == fold([each for each in history if each.id in there]).fields


@given(histories(), FIELDS)
def test_law_an_entry_that_saw_every_head_settles_everything(history: list[Version], fields: dict[str, Any]) -> None:
    view = fold([*history, Version("zzz", fold(history).heads, fields)])
    assert view.heads == ("zzz",)
    assert not view.is_forked
    assert set(view.fields) == set(fields)
    for name, value in fields.items():
        shown = view.fields[name].value
        if isinstance(value, list):
            assert sorted(map(plain, shown)) == sorted(map(plain, value))
        else:
            assert plain(shown) == plain(value)


@given(histories())
def test_law_repeating_what_is_shown_changes_nothing_shown(history: list[Version]) -> None:
    view = fold(history)
    if view.is_forked:
        return
    same = {name: f.value for name, f in view.fields.items()}
    after = fold([*history, Version("zzz", view.heads, same)])
    assert {name: plain(f.value) for name, f in after.fields.items()} == {name: plain(value) for name, value in same.items()}


@settings(deadline=None)
@given(st.integers(0, 3))
def test_law_given_twice_counts_once(n: int) -> None:
    history = [Version("a", (), {"f": 1}), Version("b", ("a",), {"f": n})]
    assert said(fold(history)) == said(fold(history * 2))


def test_five_thousand_versions_are_folded_within_two_seconds() -> None:
    given_ = [
        Version(e["id"], tuple(e["parents"]), {**e["fields"], "list": [{"id": f"i{n}", "t": n} for n in range(10)]})
        for e in long_chain(5000, [9, 99, 999])
    ]
    began = time.process_time()
    view = fold(given_)
    assert time.process_time() - began < 2
    assert len(view.heads) == 4


def test_what_six_hundred_entangled_writers_had_before_them_is_read_within_two_seconds() -> None:
    ids = [f"{n:04d}" for n in range(600)]
    history = [Version(each, tuple(ids[max(n - 3, 0) : n]), {"f": n, "g": "same"}) for n, each in enumerate(ids)]
    began = time.process_time()

    views = views_at(history, {each.id: each.parents for each in history})

    assert views["0599"]["f"].value == 598
    assert time.process_time() - began < 2
