"""docs/security.md and docs/evidence.md claim nothing that has no name: every test they name exists, and the table of ASVS is whole."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.house.test_failures import all_tests, is_test
from tests.house.tools import ROOT

SECURITY = ROOT / "docs" / "security.md"
EVIDENCE = ROOT / "docs" / "evidence.md"

LAST = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5,
    "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4,
    "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3,
    "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4,
    "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip
"""How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has. Those of level 3 come after them in every section."""

NUMBERS = [f"{section}.{n}" for section, last in LAST.items() for n in range(1, last + 1)]
BEGINNINGS = ("By code: ", "In part: ", "Not yet: ", "Does not apply: ")


def rows(text: str) -> list[tuple[str, str]]:
    """Each line of the table of ASVS: its number and what is said of it."""
    return [(number, told.strip()) for number, told in re.findall(r"^\| (\d+\.\d+\.\d+) \|[^|]*\|([^\n]*)\|$", text, re.M)]


def kind(told: str) -> str:
    return next((beginning.rstrip(": ") for beginning in BEGINNINGS if told.startswith(beginning)), "Tests")


def named(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def is_there(name: str, tests: str) -> bool:
    return is_test(name, tests) or (("/" in name or name.endswith((".txt", ".json"))) and (ROOT / name).exists())


def faults(text: str, tests: str) -> list[str]:
    """What is wrong with the table: numbers that are missing, twice or unknown, cells that say nothing, names of nothing."""
    told = rows(text)
    counted = Counter(number for number, _ in told)
    found = [f"{number} is missing" for number in NUMBERS if number not in counted]
    found += [f"{number} stands there twice" for number, times in counted.items() if times > 1]
    found += [f"{number} is no requirement of levels 1 and 2" for number in counted if number not in NUMBERS]
    for number, cell in told:
        found += [f"{number}: there is no {name}" for name in named(cell) if not is_there(name, tests)]
        found += [
            f"{number}: this page has no part {part}"
            for part in re.findall(r"\*([^*]+)\* on this page", cell)
            if not has_part(part, text)
        ]
        if not named(cell) and not cell.startswith(("Not yet: ", "Does not apply: ", "By code: *", "In part: ")):
            found.append(f"{number} says nothing")
        if kind(cell) == "Tests" and not any(is_test(name, tests) for name in named(cell)):
            found.append(f"{number} names no test")
    return found


def has_part(name: str, text: str) -> bool:
    """Whether a heading, or a paragraph that begins in bold, goes by this name."""
    return f"\n## {name}\n" in text or f"**{name}.**" in text


def counts(text: str) -> str:
    kinds = Counter(kind(cell) for _, cell in rows(text))
    return (
        f"Of {sum(kinds.values())}: {kinds['Tests']} are shown by tests, {kinds['By code']} hold by code, {kinds['In part']} hold in part, "
        f"{kinds['Not yet']} do not hold yet, {kinds['Does not apply']} do not apply."
    )


def strangers(text: str, tests: str) -> list[str]:
    """Names that look like those of tests and are none: anywhere on a page."""
    said = [name for name in named(text) if name.startswith("test_") or (name.count(" ") > 3 and not is_command(name))]
    return [name for name in said if name != "test_…" and not is_test(name, tests)]


def is_command(name: str) -> bool:
    return name.startswith(("fieldapp ", "make ", "python ", "pip "))


def test_table_of_asvs_is_whole_and_names_what_exists() -> None:
    assert faults(SECURITY.read_text(), all_tests()) == []
    assert len(NUMBERS) == 253


def test_sum_of_the_table_is_the_one_that_is_said() -> None:
    assert counts(SECURITY.read_text()) in SECURITY.read_text()


@pytest.mark.parametrize("page", [SECURITY, EVIDENCE], ids=lambda page: page.name)
def test_every_test_a_page_names_exists(page: object) -> None:
    assert isinstance(page, type(SECURITY))
    assert strangers(page.read_text(), all_tests()) == []
    assert any(name.startswith("test_") for name in named(page.read_text()))


def test_planted_gaps_and_names_are_found() -> None:
    tests = "def test_there() -> None:"
    whole = "\n".join(f"| {number} | x | `test_there` |" for number in NUMBERS)
    assert faults(whole, tests) == []
    assert faults(whole.replace("| 6.2.4 | x | `test_there` |", ""), tests) == ["6.2.4 is missing"]
    assert faults(f"{whole}\n| 6.2.4 | x | `test_there` |", tests) == ["6.2.4 stands there twice"]
    assert faults(f"{whole}\n| 6.2.13 | x | `test_there` |", tests) == ["6.2.13 is no requirement of levels 1 and 2"]
    for told, fault in (
        ("`test_gone`", ["6.2.4: there is no test_gone", "6.2.4 names no test"]),
        ("By code: `fieldapp/gone.py`", ["6.2.4: there is no fieldapp/gone.py"]),
        ("By code: somewhere", ["6.2.4 says nothing"]),
        ("yes", ["6.2.4 says nothing", "6.2.4 names no test"]),
        ("`fieldapp/people.py`", ["6.2.4 names no test"]),
        ("By code: *Gone* on this page", ["6.2.4: this page has no part Gone"]),
        ("Not yet: next year", []),
    ):
        assert faults(whole.replace("| 6.2.4 | x | `test_there` |", f"| 6.2.4 | x | {told} |"), tests) == fault
    assert strangers("`test_there` `test_gone` `a sentence that is no test` `fieldapp verify --against a b c`", tests) == [
        "test_gone",
        "a sentence that is no test",
    ]
