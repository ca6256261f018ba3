"""What a phone loads stays small: the first visit of a day may have the slowest line. What people read is measured apart, so that no sentence is cut short for a byte."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

from tests.house.tools import NODE, ROOT

DIST = ROOT / "static" / "dist"
MOST = 100_000
MOST_TEXTS = 10_000


def zipped(paths: list[Path]) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


def texts(folder: Path) -> bytes:
    return subprocess.run([str(NODE), "tests/house/texts.mjs", str(folder)], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


def scripts_and_styles() -> list[Path]:
    """What the built release has a phone keep, and the service worker that keeps it."""
    files = json.loads((DIST / "release.json").read_text())["files"]
    return [DIST / "sw.js", *(DIST.parent / file.lstrip("/") for file in files if file.endswith((".js", ".css")))]


def test_all_scripts_and_styles_of_a_phone_fit_the_budget_and_its_texts_theirs() -> None:
    found = scripts_and_styles()
    assert {"sw.js", "phone.js", "worker.js", "phone.css"} <= {path.name for path in found}
    said = len(gzip.compress(texts(ROOT / "static" / "src" / "words"), 9))
    assert 0 < said <= MOST_TEXTS
    assert zipped(found) - said <= MOST


def test_nothing_that_sends_is_loaded_twice() -> None:
    mark = "/sync/v1/push"
    assert [path.name for path in scripts_and_styles() if mark in path.read_text()] == ["sending.js"]


def test_a_release_that_is_too_large_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "phone.js"
    planted.write_bytes(bytes(range(256)) * 4 + json.dumps(list(range(60_000))).encode())
    assert zipped([planted]) > MOST


def test_only_what_people_read_counts_as_text(tmp_path: Path) -> None:
    (tmp_path / "planted.js").write_text(
        'import { of } from "./elsewhere.js";\nexport const kept = (count) => `${of(count, "note is", "notes are")} kept`;\nexport const limit = 12_345;\n'
    )
    assert sorted(texts(tmp_path).decode().split("\n")) == ["", "", " kept", "note is", "notes are"]
