"""What a phone loads stays small: the first visit of a day may have the slowest line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

DIST = Path(__file__).parents[2] / "static" / "dist"
MOST = 100_000


def zipped(paths: list[Path]) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


def scripts_and_styles() -> list[Path]:
    """What the built release has a phone keep, and the service worker that keeps it."""
    files = json.loads((DIST / "release.json").read_text())["files"]
    return [DIST / "sw.js", *(DIST.parent / file.lstrip("/") for file in files if file.endswith((".js", ".css")))]


def test_all_scripts_and_styles_of_a_phone_fit_the_budget() -> None:
    found = scripts_and_styles()
    assert {"sw.js", "phone.js", "worker.js", "phone.css"} <= {path.name for path in found}
    assert zipped(found) <= MOST


def test_nothing_that_sends_is_loaded_twice() -> None:
    mark = "/sync/v1/push"
    assert [path.name for path in scripts_and_styles() if mark in path.read_text()] == ["sending.js"]


def test_a_release_that_is_too_large_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "phone.js"
    planted.write_bytes(bytes(range(256)) * 4 + json.dumps(list(range(60_000))).encode())
    assert zipped([planted]) > MOST
