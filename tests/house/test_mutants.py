"""Every rule that `make mutants` breaks is still there to be broken, and every test that must notice exists: neither list may rot."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.house.tools import ROOT, plant, run
from tests.mutants import rules
from tests.mutants.rules import SIDES, Edit, Mutant, faults, read


@pytest.mark.parametrize("side", SIDES)
def test_every_rule_can_be_broken_and_names_its_tests(side: str) -> None:
    assert faults(read(side), ROOT) == []


def test_every_case_that_is_named_is_one_that_pytest_runs() -> None:
    named = sorted({name for side in SIDES for mutant in read(side) for name in mutant.tests if ".py::" in name})
    ended, said = run([sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *named], ROOT)
    assert ended == 0, said


def test_a_planted_list_is_seen_through(tmp_path: Path) -> None:
    plant(tmp_path, "sync/rule.py", "if a:\n    pass\nif b:\n    pass\n")
    plant(tmp_path, "tests/test_rule.py", "def test_rule_holds() -> None:\n    assert True\n")
    plant(tmp_path, "tests/rule.test.js", "test(`${name} frees`, () => {});\n")
    seen = ("tests/test_rule.py::test_rule_holds[case]", "tests/rule.test.js::nothing frees")

    def told(before: str, after: str = "", tests: tuple[str, ...] = seen, file: str = "sync/rule.py") -> list[str]:
        return faults([Mutant("a rule", (Edit(file, before, after),), tests)], tmp_path)

    assert told("if a:") == []
    assert told("if c:") == ["a rule: sync/rule.py: gone: if c:"]
    assert told("    pass") == ["a rule: sync/rule.py: stands 2 times:     pass"]
    assert told("if a:", "if a:") == ["a rule: nothing is changed"]
    assert told("if a:", tests=()) == ["a rule: no test is named"]
    assert told("if a:", tests=("tests/test_rule.py::test_gone",)) == ["a rule: there is no tests/test_rule.py::test_gone"]
    assert told("if a:", tests=("tests/rule.test.js::nothing keeps",)) == [
        "a rule: there is no tests/rule.test.js::nothing keeps"
    ]
    assert told("assert", file="tests/test_rule.py") == ["a rule: tests/test_rule.py is not ours to break"]
    assert len(faults([Mutant("a rule", (Edit("sync/rule.py", "if a:", ""),), seen)] * 2, tmp_path)) == 1


def test_a_change_in_two_places_is_made_in_both(tmp_path: Path) -> None:
    plant(tmp_path, "sync/rule.py", "one two\n")
    edits = (Edit("sync/rule.py", "one", "1"), Edit("sync/rule.py", "two", "2"))
    assert rules.broken(tmp_path, Mutant("a rule", edits, ())) == {"sync/rule.py": "1 2\n"}
