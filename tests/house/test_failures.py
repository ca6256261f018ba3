"""Every known failure names a test that plays it, or says why there is none; and the names are names of tests."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
KNOWN = 68
REASON = "does not apply: "


def rows(text: str) -> dict[int, str]:
    return {int(number): told.strip() for number, told in re.findall(r"^\| (\d+) \|[^|]*\|([^\n]*)\|$", text, re.M)}


def faults(text: str, tests: str) -> list[str]:
    """What is wrong with the list: numbers that are missing, cells that say nothing, names of no test."""
    told = rows(text)
    found = [f"{number} is missing" for number in range(1, KNOWN + 1) if number not in told]
    for number, cell in told.items():
        if cell.startswith(REASON):
            continue
        names = re.findall(r"`([^`]+)`", cell)
        found += [f"{number} names no test"] if not names else []
        found += [f"{number}: there is no {name}" for name in names if not is_test(name, tests)]
    return found


def is_test(name: str, tests: str) -> bool:
    if name.startswith("test_"):
        return re.search(rf"def {name}\(", tests) is not None
    return any(f"test({quote}{name}{quote}" in tests for quote in '"`')


def all_tests() -> str:
    files = [*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "tests").rglob("*.test.js")]
    return "\n".join(file.read_text() for file in files if "node_modules" not in file.parts)


def test_every_known_failure_names_its_tests() -> None:
    assert faults((ROOT / "docs" / "failures.md").read_text(), all_tests()) == []


def test_a_planted_gap_and_a_planted_name_are_found() -> None:
    listed = "\n".join(f"| {number} | x | `test_there` |" for number in range(1, KNOWN))
    assert faults(listed, "def test_there() -> None:") == [f"{KNOWN} is missing"]
    planted = listed.replace("| 3 | x | `test_there` |", "| 3 | x | `test_gone` |") + f"\n| {KNOWN} | x | soon |"
    assert faults(planted, "def test_there() -> None:") == ["3: there is no test_gone", f"{KNOWN} names no test"]
