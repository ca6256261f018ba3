"""What a push costs does not grow with what the office holds: no question it asks looks at every row of a table."""

from __future__ import annotations

import re
import sqlite3

from sync import wire
from tests.app.harrowmere import VISIT, Harrowmere
from tests.app.phone import Handset

CHANGES_OR_ASKS = ("SELECT", "UPDATE", "DELETE")
IS_BOUNDED = re.compile(r"\bLIMIT [1-9]\d?\b")


def said(ama: Handset, place: Harrowmere, count: int) -> list[str]:
    """Every statement of one push of so many notes."""
    opening = ama.opening()
    notes = [ama.write(opening.casefile, {**VISIT, "purpose": str(n)}) for n in range(count - 1)]
    found: list[str] = []
    raw: sqlite3.Connection = place.office.store.entries._connections.raw
    raw.set_trace_callback(found.append)
    try:
        assert {each["status"] for each in ama.push(opening, *notes)} == {"stored"}
    finally:
        raw.set_trace_callback(None)
    return found


def scans(raw: sqlite3.Connection, statement: str) -> list[str]:
    """Tables that a statement reads from end to end, by SQLite's own plan."""
    if not statement.startswith(CHANGES_OR_ASKS) or IS_BOUNDED.search(statement):
        return []
    return [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}") if row[3].startswith("SCAN")]


def test_no_question_of_a_push_looks_at_every_row(ama: Handset, place: Harrowmere) -> None:
    ama.push(ama.write("A" * 22, VISIT))  # something waits, so that quarantine is asked too
    raw: sqlite3.Connection = place.office.store.entries._connections.raw

    assert [each for statement in said(ama, place, 8) for each in scans(raw, statement)] == []
    assert scans(raw, "SELECT count(*) FROM entries WHERE kind = 'visit_note'") == ["SCAN entries"]


def test_a_push_asks_as_often_for_many_notes_as_for_few(ama: Handset, place: Harrowmere) -> None:
    def asks(count: int) -> int:
        return sum(1 for statement in said(ama, place, count) if statement.startswith("SELECT"))

    assert asks(wire.PUSH_FRAMES) == asks(4)
