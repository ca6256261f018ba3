"""Released definitions stay as they are: entries name theirs by the hash of its bytes, and nothing else can be read by it."""

from __future__ import annotations

import json

import pytest

from fieldapp.practice import shipped
from tests.house.tools import ROOT

Names = dict[str, dict[str, str]]

RELEASED: Names = json.loads((ROOT / "tests/house/released.json").read_text())
SHIPPED: Names = {room: names for room, names in shipped().index.items() if isinstance(names, dict)}


def otherwise(released: Names, shipped: Names) -> list[str]:
    """Name what was released and is gone or has other bytes, and what is shipped and not written down as released."""
    return [
        f"{room}/{name}"
        for room in sorted({*released, *shipped})
        for name in sorted({*released.get(room, {}), *shipped.get(room, {})})
        if released.get(room, {}).get(name) != shipped.get(room, {}).get(name)
    ]


def test_every_released_definition_has_the_bytes_it_was_released_with() -> None:
    """A better one is a new file with the next number, and a new line in released.json."""
    assert otherwise(RELEASED, SHIPPED) == []


@pytest.mark.parametrize(
    "spoilt",
    [{"visit-note.1": "other"}, {}, {"visit-note.1": "first", "visit-note.2": "new"}],
    ids=["changed in place", "gone", "not written down"],
)
def test_definition_is_named_when_it_is_not_as_it_was_released(spoilt: dict[str, str]) -> None:
    assert otherwise({"records": {"visit-note.1": "first"}}, {"records": spoilt}) != []
