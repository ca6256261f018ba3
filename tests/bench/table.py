"""Turns figures into the one table: medians with their range, budgets beside them, misses printed."""

import statistics
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tests.bench.rows import COLUMNS, OURS, Budget, Row

Figures = Mapping[str, Mapping[str, Sequence[float]]]  # key → column → one value a round
LEAST = ("storage",)  # the browser compacts when it likes: the least seen says more than the middle


def middle(key: str, values: Sequence[float]) -> float:
    """Returns the value that stands for all rounds."""
    return min(values) if key.startswith(LEAST) else statistics.median(values)


def shown(value: float, unit: str) -> str:
    """Writes a number as a person reads it."""
    if unit == "B":
        return f"{value / 1e6:.2f} MB" if value >= 1e6 else f"{value / 1e3:.1f} kB" if value >= 1e4 else f"{value:.0f} B"
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}{'' if unit in ('', 'ms') else unit if unit == '×' else ' ' + unit}"


def cell(row: Row, figures: Figures, column: str) -> str:
    """Writes one cell: the figure, its range, and in other columns nothing more."""
    values = figures.get(row.key, {}).get(column, ())
    if not values:
        return "not measured" if column == OURS or row.compared else "–"
    text = shown(middle(row.key, values), row.unit)
    if len(values) > 1 and min(values) != max(values):
        text += f" [{shown(min(values), row.unit)}..{shown(max(values), row.unit)}]"
    return text


def judge(row: Row, budget: Budget, figures: Figures) -> tuple[bool | None, str]:
    """Says whether a budget is kept (None: could not be judged) and how to write it."""
    ours = figures.get(row.key, {}).get(OURS, ())
    if not ours:
        return None, "not measured"
    value = middle(row.key, ours)
    if not budget.column and not budget.row:
        kept = value >= budget.limit if budget.least else value <= budget.limit
        sign = "≥" if budget.least else "≤"
        return kept, f"{sign}{shown(budget.limit, row.unit)}"
    key, column = (budget.row, OURS) if budget.row else (row.key, budget.column)
    others = figures.get(key, {}).get(column, ())
    if not others:
        return None, "nothing to compare with"
    ratio = value / middle(key, others)
    name = "its own" if budget.row else COLUMNS[budget.column].split(" ")[-1 if budget.column == "floor" else 0]
    return ratio <= budget.limit, f"{ratio:.2f}× {name} (≤{budget.limit:g}×)"


def verdict(row: Row, figures: Figures) -> str:
    """Writes every budget of a row with its outcome; a miss is written in capitals."""
    words = []
    for budget in row.budgets:
        kept, text = judge(row, budget, figures)
        words.append(f"{'?' if kept is None else 'kept' if kept else 'MISSED'}: {text}")
    return "; ".join(words)


def render(table: Sequence[Row], figures: Figures) -> str:
    """Returns the table as Markdown."""
    lines = [f"| | {' | '.join(COLUMNS.values())} | budget |", f"| --- {'| ---: ' * len(COLUMNS)}| --- |"]
    for row in table:
        unit = " (ms)" if row.unit == "ms" else ""
        cells = " | ".join(cell(row, figures, column) for column in COLUMNS)
        lines.append(f"| {row.label}{unit} | {cells} | {verdict(row, figures)} |")
    return "\n".join(lines)


def misses(table: Sequence[Row], figures: Figures, columns: Collection[str] = tuple(COLUMNS)) -> list[str]:
    """Lists every budget that is not kept, and every figure that is missing in the columns that were run."""
    found = []
    for row in table:
        for column in COLUMNS if row.compared else (OURS,):
            if column in columns and not figures.get(row.key, {}).get(column):
                found.append(f"{row.key}: no figure for {COLUMNS[column]}")
        for budget in row.budgets:
            kept, text = judge(row, budget, figures)
            if kept is False:
                found.append(f"{row.key}: {text}")
    return found


def as_json(
    table: Sequence[Row],
    figures: Figures,
    machine: Mapping[str, Any],
    columns: Collection[str] = tuple(COLUMNS),
) -> dict[str, Any]:
    """Returns the same for programs."""
    return {
        "machine": dict(machine),
        "rows": [
            {
                "key": row.key,
                "label": row.label,
                "unit": row.unit,
                "figures": {
                    column: {"middle": middle(row.key, values), "rounds": list(values)}
                    for column, values in figures.get(row.key, {}).items()
                    if values
                },
                "budgets": [
                    {"kept": kept, "text": text} for kept, text in (judge(row, budget, figures) for budget in row.budgets)
                ],
            }
            for row in table
        ],
        "misses": misses(table, figures, columns),
    }
