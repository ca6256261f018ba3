"""Imports on the server point one way. Each wall is shown to stop a planted sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.tools import BESIDE_PYTHON, ROOT, copy, plant, run

LINT = BESIDE_PYTHON / "lint-imports"
BAD = [
    ("fieldapp/store/planted.py", "from fieldapp import web\n", "Arrows point down"),
    ("fieldapp/practice/planted.py", "import fieldapp.store\n", "Arrows point down"),
    ("fieldapp/errors.py", "import fieldapp.config\n", "Arrows point down"),
    ("fieldapp/store/planted.py", "from fieldapp import practice\n", "Store is given sealed bytes"),
    ("fieldapp/store/planted.py", "import sync\n", "Store is given sealed bytes"),
    ("fieldapp/web/planted.py", "import sqlite3\n", "Only store speaks SQL"),
    ("fieldapp/demo/planted.py", "import sqlite_utils\n", "Only store speaks SQL"),
    ("fieldapp/web/planted.py", "from cryptography.hazmat.primitives import hashes\n", "Only keys opens the door"),
    ("fieldapp/demo/planted.py", "from flask import request\n", "Only web sees a request"),
    ("fieldapp/store/planted.py", "import werkzeug\n", "Only web sees a request"),
    ("sync/planted.py", "import hashlib\n", "The rules of agreement are pure"),
    ("sync/planted.py", "import time\n", "The rules of agreement are pure"),
    ("sync/planted.py", "from fieldapp.errors import FieldappError\n", "The rules of agreement are pure"),
]


def test_every_wall_stands() -> None:
    ended, said = run([LINT, "--no-logo", "--no-cache"], ROOT)
    assert ended == 0, said


@pytest.mark.parametrize(("name", "code", "wall"), BAD, ids=[f"{name}: {code.strip()}" for name, code, _ in BAD])
def test_a_wall_stops_a_bad_import(tmp_path: Path, name: str, code: str, wall: str) -> None:
    copy(["fieldapp", "sync", "setup.cfg"], tmp_path)
    plant(tmp_path, name, code)

    ended, said = run([LINT, "--no-logo", "--no-cache"], tmp_path)

    assert ended == 1, said
    assert [line for line in said.splitlines() if line.startswith(wall) and " BROKEN" in line], said
