"""What somebody does to the audit who can write into the database and has no key."""

from __future__ import annotations

import sqlite3

from fieldapp.store.arrangements import WRITTEN_DOWN
from fieldapp.store.audit import AuditRow


def chain_anew(raw: sqlite3.Connection) -> None:
    """Numbers and chains the audit as it stands."""
    rows = [AuditRow(*tuple(row)) for row in raw.execute("SELECT * FROM audit ORDER BY n")]
    raw.execute("DELETE FROM audit")
    prev = ""
    for n, row in enumerate(rows, 1):
        told = (n, row.id, row.at, row.person, row.what, row.casefile, row.record, row.detail, prev)
        prev = AuditRow(*told, "").expected_hash()
        raw.execute("INSERT INTO audit VALUES (?,?,?,?,?,?,?,?,?,?)", (*told, prev))


def took_nothing_down(raw: sqlite3.Connection) -> None:
    """Makes the office one of a release that did not take down what was arranged."""
    raw.execute("DELETE FROM audit WHERE what = ?", [WRITTEN_DOWN])
    chain_anew(raw)
