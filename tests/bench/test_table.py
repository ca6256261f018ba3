"""The table says what was measured: misses as misses, gaps as gaps; and a quick run leaves no gap."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.rows import Budget, Row, rows
from tests.bench.table import as_json, cell, judge, misses, render, shown, verdict

ROOT = Path(__file__).parents[2]
SAVE = Row("save", "save", "ms", (Budget(1.5, column="floor"), Budget(1.0, column="pouchdb")))


def figures(ours: float) -> dict[str, dict[str, list[float]]]:
    return {"save": {"fieldapp": [ours], "floor": [1.0, 2.0, 3.0], "dexie": [2.0], "pouchdb": [4.0]}}


def test_budget_is_kept_when_the_median_is_within_it_of_the_other_columns() -> None:
    assert judge(SAVE, SAVE.budgets[0], figures(3.0)) == (True, "1.50× floor (≤1.5×)")
    assert misses([SAVE], figures(3.0)) == []


def test_miss_is_printed_when_the_median_is_over() -> None:
    assert verdict(SAVE, figures(5.0)) == "MISSED: 2.50× floor (≤1.5×); MISSED: 1.25× PouchDB (≤1×)"
    assert len(misses([SAVE], figures(5.0))) == 2
    assert "MISSED" in render([SAVE], figures(5.0))


def test_gap_is_printed_when_something_was_not_measured() -> None:
    without = {"save": {"floor": [1.0], "dexie": [1.0], "pouchdb": [1.0]}}
    assert cell(SAVE, without, "fieldapp") == "not measured"
    assert misses([SAVE], without) == ["save: no figure for fieldapp"]
    assert as_json([SAVE], without, {})["rows"][0]["budgets"][0]["kept"] is None


def test_least_budget_turns_the_sign_round() -> None:
    rate = Row("rate", "rate", "/s", (Budget(2000, least=True),), compared=False)
    assert judge(rate, rate.budgets[0], {"rate": {"fieldapp": [1999.0]}})[0] is False
    assert judge(rate, rate.budgets[0], {"rate": {"fieldapp": [2000.0]}})[0] is True


def test_budget_against_another_row_compares_ours_with_ours() -> None:
    grown = Row("ten@2", "ten", "ms", (Budget(1.3, row="ten@1"),), compared=False)
    told = {"ten@1": {"fieldapp": [10.0], "floor": [1.0]}, "ten@2": {"fieldapp": [14.0], "floor": [1.0]}}
    assert judge(grown, grown.budgets[0], told) == (False, "1.40× its own (≤1.3×)")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.456, "ms", "0.46"), (12345.6, "ms", "12,346"), (1_234_567, "B", "1.23 MB"), (900, "B", "900 B"), (0.5, "×", "0.50×")],
)
def test_numbers_are_written_as_people_read_them(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_every_row_has_a_key_of_its_own_and_compares_with_rows_that_are_there() -> None:
    table = rows(1000, 5000, 10_000)
    keys = [row.key for row in table]
    assert len(keys) == len(set(keys))
    for row in table:
        for budget in row.budgets:
            assert not budget.row or budget.row in keys
            assert not budget.column or row.compared


@pytest.mark.browser
def test_quick_run_leaves_no_gap_in_the_table() -> None:
    """Without the rivals: they do not change with us, and no test should have to fetch them."""
    command = [sys.executable, "-m", "tests.bench", "--quick", "--json", "--columns", "fieldapp,floor"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert run.returncode == 0, run.stderr[-3000:]
    told = json.loads(run.stdout)
    assert [gap for gap in told["misses"] if "no figure" in gap] == []
    assert {column for row in told["rows"] for column in row["figures"]} == {"fieldapp", "floor"}
