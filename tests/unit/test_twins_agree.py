"""Python and JavaScript read the same bytes alike: what one takes and the other refuses would be saved and never arrive.

The samples of sync/examples hold what somebody thought of; these hold what nobody did. A failure names its seed.
"""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from sync import entry, view, wire
from sync.errors import SyncError
from tests.house.tools import NODE, ROOT
from tests.unit.strange_bytes import Sample, Stranger

ROUNDS = 500
TWIN = ROOT / "tests" / "js" / "twins.js"
SCRIPTS = ROOT / "tests" / "js" / "edit-histories.js"
HISTORIES = 400
Verdict = dict[str, Any]
"""`ok` with what was read, or `no` with the code of the error and `name`, the part that is wrong."""

ONE_OF_SEVERAL = frozenset({"not_json", "not_an_integer", "integer_too_large", "lone_surrogate", "too_deep", "duplicate_name"})
"""What may be wrong with one and the same text at once; which of them is met first is nobody's business."""


def _hex(parts: tuple[bytes, ...] | list[bytes]) -> list[str]:
    return [part.hex() for part in parts]


def _jws(data: bytes) -> list[str]:
    split = entry.split_jws(data.decode(), "fieldapp-entry")
    return [split.kid, split.input, split.payload.hex(), split.signature.hex()]


READERS: dict[str, Callable[[bytes], Any]] = {
    "header": entry.read_header,
    "slip": entry.read_slip,
    "body": entry.read_body,
    "base64": lambda data: entry.unb64u(data.decode()).hex(),
    "jws": _jws,
    "packet": lambda data: _hex(wire.read_packet(data)),
    "parts": lambda data: _hex(wire.read_parts(data)),
    "frames": lambda data: _hex(wire.read_frames(data)),
    "envelope": lambda data: _hex(wire.read_envelope(data)),
}


def _value(one: view.Value) -> list[Any]:
    return [one.id] if one.value is view.ABSENT else [one.id, one.value]


def _view(versions: list[Sample]) -> Sample:
    read = [view.Version(each["id"], tuple(each["parents"]), each["fields"]) for each in versions]
    found = view.fold(read)
    known = {each.id: {parent for parent in each.parents if parent in found.writes and parent != each.id} for each in read}
    return {
        "heads": list(found.heads),
        "order": list(found.order),
        "writes": {each: list(names) for each, names in found.writes.items()},
        "fields": _fields(found.fields),
        # What whoever joined several had before them.
        "joins": {
            id: _fields(had) for id, had in view.views_at(read, {id: up for id, up in known.items() if len(up) > 1}).items()
        },
    }


def _fields(fields: Mapping[str, view.Field]) -> Sample:
    return {
        name: [
            [_value(one) for one in each.values],
            {item: [_value(one) for one in values] for item, values in each.items.items()},
        ]
        for name, each in fields.items()
    }


def read(sample: Sample) -> Verdict:
    """Reads one sample as Python does."""
    try:
        if sample["read"] == "view":
            return {"ok": _view(sample["versions"])}
        if sample["read"] == "padme":
            return {"ok": wire.padme(sample["length"])}
        return {"ok": READERS[sample["read"]](b64decode(sample["bytes"]))}
    except SyncError as error:
        return {"no": error.code, "name": error.name}
    except UnicodeDecodeError:
        return {"no": "not_utf8", "name": ""}


def read_by_twin(samples: list[Sample]) -> list[Verdict]:
    """Reads all samples as JavaScript does."""
    done = subprocess.run([NODE, TWIN], input=json.dumps(samples), capture_output=True, text=True, check=True, timeout=60)
    found: list[Verdict] = json.loads(done.stdout)
    return found


def agree(mine: Verdict, theirs: Verdict) -> bool:
    """Says whether two verdicts are one, to the letter of what was read. (For Python, 1 equals True.)"""
    if {mine.get("no"), theirs.get("no")} <= ONE_OF_SEVERAL:
        return True
    return json.dumps(mine, sort_keys=True) == json.dumps(theirs, sort_keys=True)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_twins_agree_on_what_strangers_send(seed: int) -> None:
    samples = list(Stranger(seed).samples(ROUNDS))

    mine, theirs = [read(each) for each in samples], read_by_twin(samples)

    apart = [each for each in zip(samples, mine, theirs, strict=True) if not agree(*each[1:])]
    assert apart[:3] == []
    # Samples that are all refused, or all taken, would prove little.
    taken = Counter(sample["read"] for sample, verdict in zip(samples, mine, strict=True) if "ok" in verdict)
    for kind in READERS:
        assert ROUNDS * 0.03 < taken[kind] < ROUNDS * 0.97, f"{kind}: {taken[kind]}"


def test_twins_agree_byte_for_byte_on_what_people_do_on_two_and_three_phones() -> None:
    # Given what several hundred scripts of tests/js/edit-scripts.js came to, each in an order of arrival of its own
    seed = "2026"
    drawn = subprocess.run([NODE, SCRIPTS, seed, str(HISTORIES)], capture_output=True, text=True, check=True, timeout=60)
    histories: list[list[Sample]] = json.loads(drawn.stdout)
    chance = Random(seed)
    for versions in histories:
        chance.shuffle(versions)
    samples: list[Sample] = [{"read": "view", "versions": versions} for versions in histories]

    # When both fold them
    mine, theirs = [read(each) for each in samples], read_by_twin(samples)

    # Then their views are the same text, and many of them held something to disagree about
    assert [json.dumps(each, sort_keys=True) for each in mine] == [json.dumps(each, sort_keys=True) for each in theirs]
    forked = [each for each in mine if any(len(values) > 1 or items for values, items in each["ok"]["fields"].values())]
    assert len(forked) > HISTORIES / 10
    joined = [had for each in mine for had in each["ok"]["joins"].values()]
    assert sum(any(len(values) > 1 or items for values, items in had.values()) for had in joined) > HISTORIES / 10


@pytest.mark.parametrize(
    ("mine", "theirs", "is_one"),
    [
        ({"ok": {"a": 1}}, {"ok": {"a": 1}}, True),
        ({"ok": {"a": 1}}, {"ok": {"a": True}}, False),
        ({"ok": {"a": 1}}, {"no": "not_json", "name": ""}, False),
        ({"no": "header", "name": "app"}, {"no": "header", "name": "zone"}, False),
        ({"no": "not_json", "name": ""}, {"no": "lone_surrogate", "name": ""}, True),
        ({"no": "not_json", "name": ""}, {"crash": "TypeError"}, False),
    ],
)
def test_a_disagreement_is_seen(mine: Verdict, theirs: Verdict, is_one: bool) -> None:
    assert agree(mine, theirs) is is_one
