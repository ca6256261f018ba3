"""The fold: how a record's entries are read as one view. Twin of static/src/sync/view.js; docs/protocol.md §9 settles it.

Per field, an entry *writes* what differs from the view of its parents; the values shown are those of the writers nobody
wrote over since. No common ancestor is looked for, no clock is asked, nothing is recursive, and the order in which
entries arrived makes no difference.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple


class Version(NamedTuple):
    """One entry of a record, as far as the fold looks at it."""

    id: str
    parents: tuple[str, ...]
    fields: Mapping[str, Any]


class _Absent:
    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()
"""Stands where a value was taken away, or was never written: the two read alike."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value somebody wrote, ABSENT if they took it away, and the entry it stands in."""

    value: Any
    id: str


@dataclass(frozen=True, slots=True)
class Field:
    """What a record says in one field: one value, or several that differ (a fork), sorted by entry id.

    A list of items is put together from its items; `items` holds only those on which versions differ.
    """

    values: tuple[Value, ...]
    items: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    @property
    def is_forked(self) -> bool:
        return len(self.values) > 1 or bool(self.items)

    @property
    def value(self) -> Any:
        """The one value shown; in a fork that of the smallest id, for where there is room for one only."""
        return self.values[0].value


@dataclass(frozen=True, slots=True)
class View:
    """A record as its entries make it.

    `heads`: entries nobody followed; `order`: all of them, parents first, ties by id; `writes`: what each one changed.
    """

    heads: tuple[str, ...]
    order: tuple[str, ...]
    fields: Mapping[str, Field]
    writes: Mapping[str, tuple[str, ...]]

    @property
    def is_forked(self) -> bool:
        return any(each.is_forked for each in self.fields.values())


# A place is a field, (name, ""), or one item of a list field, (name, item id).
_Place = tuple[str, str]
_Writers = dict[_Place, tuple[int, ...]]


def items_of(value: Any) -> dict[str, Any] | None:
    """The items of a list whose every element is an object with its own `id`; None for every other value."""
    if not isinstance(value, list):
        return None
    found: dict[str, Any] = {}
    for item in value:
        item_id = item.get("id") if isinstance(item, dict) else None
        if not isinstance(item_id, str) or item_id == "" or item_id in found:
            return None
        found[item_id] = item
    return found


def _places(fields: Mapping[str, Any]) -> dict[_Place, Any]:
    places: dict[_Place, Any] = {}
    for name, value in fields.items():
        items = items_of(value)
        if items is None:
            places[name, ""] = value
            continue
        # That there is a list is one fact, each of its items another: so two people's additions never meet.
        places[name, ""] = []
        for item_id, item in items.items():
            places[name, item_id] = item
    return places


def _key(value: Any) -> Any:
    """Something that is equal exactly when the parsed JSON is. (For Python, True equals 1.)"""
    if value is ABSENT or isinstance(value, str):
        return value
    if value is None or isinstance(value, bool | int | float):
        return (type(value), value)
    return ("json", json.dumps(value, sort_keys=True))


class _Fold:
    """The entries in topological order, and for each the writers of every place as seen from there."""

    def __init__(self, versions: Iterable[Version]) -> None:
        by_id = {version.id: version for version in versions}
        parents = {
            version.id: sorted({parent for parent in version.parents if parent in by_id and parent != version.id})
            for version in by_id.values()
        }
        self.order = _topological(parents)
        self.number = {each: i for i, each in enumerate(self.order)}
        self.places: list[dict[_Place, Any]] = []
        self.keys: list[dict[_Place, Any]] = []
        self.ancestors: list[int] = []  # bit sets over the order; an entry counts as its own ancestor
        self.seen: list[_Writers] = []
        self.written: list[list[_Place]] = []
        has_child: set[str] = set()
        for i, each in enumerate(self.order):
            above = [self.number[parent] for parent in parents[each]]
            has_child.update(parents[each])
            bits = 1 << i
            for parent in above:
                bits |= self.ancestors[parent]
            self.ancestors.append(bits)
            self.places.append(_places(by_id[each].fields))
            self.keys.append({place: _key(value) for place, value in self.places[i].items()})
            self._write(i, self.merged(above))
        self.heads = [i for i, each in enumerate(self.order) if each not in has_child]

    def _write(self, i: int, before: _Writers) -> None:
        mine = self.keys[i]
        changed = [
            place
            for place in {**before, **mine}
            if {self.keys[w].get(place, ABSENT) for w in before.get(place, ())} - {mine.get(place, ABSENT)}
            or (place not in before and place in mine)
        ]
        writers = dict(before) if changed else before
        for place in changed:
            writers[place] = (i,)
        self.seen.append(writers)
        self.written.append(changed)

    def merged(self, tips: Sequence[int]) -> _Writers:
        """The writers of every place as seen from several entries together: those no other of them descends from."""
        if len(tips) == 1:
            return self.seen[tips[0]]
        together: dict[_Place, set[int]] = {}
        for tip in tips:
            for place, writers in self.seen[tip].items():
                together.setdefault(place, set()).update(writers)
        return {place: self.newest(writers) for place, writers in together.items()}

    def newest(self, writers: set[int]) -> tuple[int, ...]:
        """Those of them that none of the others descends from."""
        if len(writers) == 1:
            return tuple(writers)
        newest: list[int] = []
        covered = 0
        # From the end of the order: whoever covers another comes after it.
        for writer in sorted(writers, reverse=True):
            if not covered >> writer & 1:
                newest.append(writer)
                covered |= self.ancestors[writer]
        return tuple(newest)

    def values(self, writers: tuple[int, ...], place: _Place) -> tuple[Value, ...]:
        """The different values of one place, each under the smallest id that wrote it."""
        found: dict[Any, Value] = {}
        for each in sorted(self.order[w] for w in writers):
            i = self.number[each]
            found.setdefault(self.keys[i].get(place, ABSENT), Value(self.places[i].get(place, ABSENT), each))
        return tuple(found.values())


def _topological(parents: Mapping[str, list[str]]) -> list[str]:
    children: dict[str, list[str]] = {each: [] for each in parents}
    missing = {each: len(above) for each, above in parents.items()}
    for each, above in parents.items():
        for parent in above:
            children[parent].append(each)
    ready = [each for each, count in missing.items() if count == 0]
    heapify(ready)
    order: list[str] = []
    while ready:
        each = heappop(ready)
        order.append(each)
        for child in children[each]:
            missing[child] -= 1
            if missing[child] == 0:
                heappush(ready, child)
    return order


def fold(versions: Iterable[Version]) -> View:
    """Reads a record's entries as one view. Give it content only: no review, erasure or moved entry.

    Parents that are not among `versions` count as absent.
    """
    folded = _Fold(versions)
    order = tuple(folded.order)
    return View(
        heads=tuple(sorted(order[i] for i in folded.heads)),
        order=order,
        fields=_fields(folded, folded.heads),
        writes={order[i]: tuple(sorted({place[0] for place in folded.written[i]})) for i in range(len(order))},
    )


def views_at(versions: Iterable[Version], wanted: Mapping[str, Collection[str]]) -> dict[str, Mapping[str, Field]]:
    """Reads what stood at several places of a record's past at once: by name, the fields as seen from these entries together.

    One fold for all of them: folding again for each version of a long record takes time that grows with its square.
    Entries that are not among `versions` count as absent.
    """
    folded = _Fold(versions)
    return {
        name: _fields(folded, folded.newest({folded.number[tip] for tip in tips if tip in folded.number}))
        for name, tips in wanted.items()
    }


def _fields(folded: _Fold, heads: Sequence[int]) -> dict[str, Field]:
    writers = folded.merged(heads) if heads else {}
    shown: dict[str, dict[str, tuple[Value, ...]]] = {}
    for place, by in writers.items():
        shown.setdefault(place[0], {})[place[1]] = folded.values(by, place)
    found: dict[str, Field] = {}
    for name in sorted(shown):
        each = _field(name, shown[name], folded, heads)
        if each is not None:
            found[name] = each
    return found


def _field(name: str, places: dict[str, tuple[Value, ...]], folded: _Fold, heads: Sequence[int]) -> Field | None:
    whole = places.pop("", ())
    present = {item: tuple(value for value in values if value.value is not ABSENT) for item, values in places.items()}
    listed = [item for item in _list_order(name, folded, heads) if present.get(item)]
    listed += sorted(item for item, values in present.items() if values and item not in set(listed))
    values = list(whole)
    if listed:
        in_list = [present[item][0] for item in listed]
        standing = [value for value in whole if value.value == []]
        # An item somebody kept outweighs that somebody else took the whole list away.
        values = [value for value in whole if value.value is not ABSENT and value.value != []]
        first = min(value.id for value in (*in_list, *standing))
        values.append(Value([value.value for value in in_list], first))
    values.sort(key=lambda value: value.id)
    if all(value.value is ABSENT for value in values):
        return None
    return Field(tuple(values), {item: forked for item, forked in sorted(places.items()) if len(forked) > 1})


def _list_order(name: str, folded: _Fold, heads: Sequence[int]) -> list[str]:
    for each in sorted(folded.order[i] for i in heads):
        i = folded.number[each]
        if (name, "") in folded.places[i] and folded.places[i][name, ""] == []:
            return [item for field_name, item in folded.places[i] if field_name == name and item]
    return []
