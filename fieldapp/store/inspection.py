"""What `verify` asks: everything in pages, and the rows of one table that do not agree with another's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from fieldapp.store.audit import AuditRow
from fieldapp.store.emergencies import EmergencyRow
from fieldapp.store.migrations import contents, contents_as_made
from fieldapp.store.noun import Noun
from fieldapp.store.office import CheckpointRow
from fieldapp.store.quarantine import QuarantineRow
from fieldapp.store.signers import EnrolmentRow, SignerRow

Row = TypeVar("Row")
_PAGE = 500
_MOST_DAMAGE = 20


class Inspection(Noun):
    """Reads only. Rows come in pages, because an office's whole history does not fit into memory."""

    def damage(self) -> list[str]:
        """What SQLite itself finds wrong with the file, at most some twenty things, in its words."""
        found = [str(row[0]) for row in self._rows(f"PRAGMA integrity_check({_MOST_DAMAGE})")]
        return [each for each in found if each != "ok"]

    def reshaped(self) -> list[str]:
        """Names of tables, indexes and triggers that were not made as the steps make them, are missing, or nobody made."""
        found, made = contents(self._connections), contents_as_made()
        return sorted(name for name in found.keys() | made.keys() if found.get(name) != made.get(name))[:_MOST_DAMAGE]

    def dangling(self) -> list[tuple[str, str]]:
        """(table, table) for each row of the first that names a row the second does not have; at most some twenty."""
        raw = self._connections.raw.execute("PRAGMA foreign_key_check")
        return [(str(row[0]), str(row[2])) for row in raw.fetchmany(_MOST_DAMAGE)]

    def enrolments(self) -> Iterator[EnrolmentRow]:
        """In chain order."""
        return self._paged("enrolments", "n", "n, id, kid, jws, received_at, log_hash", EnrolmentRow)

    def signers(self) -> Iterator[SignerRow]:
        return self._paged("signers", "rowid", "*", SignerRow)

    def audit(self, after: int = 0) -> Iterator[AuditRow]:
        """In chain order; those after row `after`, where it is given."""
        return self._paged("audit", "n", "*", AuditRow, after)

    def keysets(self) -> Iterator[tuple[int, str, str]]:
        """(n, jws, issued_at), oldest first."""
        return self._paged("keysets", "n", "n, jws, issued_at", lambda *row: row)

    def checkpoints(self) -> Iterator[CheckpointRow]:
        """In chain order."""
        return self._paged("checkpoints", "n", "n, at, root, jws", CheckpointRow)

    def quarantine(self) -> Iterator[QuarantineRow]:
        """All that was ever kept aside, settled or not."""
        columns = (
            "hash, device, kid, entry, casefile, reason, is_believed, received_at, day, size, envelope, placed_at,"
            " discarded_at, discarded_by, discard_why, carried_by"
        )
        return self._paged("quarantine", "rowid", columns, QuarantineRow)

    def erased(self) -> Iterator[tuple[str, str]]:
        """(entry, erasure)."""
        return self._paged("erased", "id", "id, erasure", lambda *row: row)

    def erasure_of(self, entry: str) -> str:
        """The erasure noted for this entry; "" when none is."""
        return str(self._value("SELECT erasure FROM erased WHERE id = ?", entry) or "")

    def audited_person(self, audit: str) -> str | None:
        """Whom an audit row tells of, by the row's random id; None when there is no such row."""
        value = self._value("SELECT person FROM audit WHERE id = ?", audit)
        return None if value is None else str(value)

    def audited(self, whats: Sequence[str]) -> list[AuditRow]:
        """Every audit row that tells of one of these, in chain order: of what happens rarely."""
        marks = ",".join("?" * len(whats))
        rows = self._rows(f"SELECT * FROM audit WHERE what IN ({marks}) ORDER BY n", *whats)  # noqa: S608 - marks only
        return [AuditRow(*tuple(row)) for row in rows]

    def emergencies(self) -> Iterator[EmergencyRow]:
        """All that were ever opened."""
        columns = "id, casefile, person, from_at, until_at, reason_sealed, looked_at, looked_by, word_sealed"
        return self._paged("emergencies", "rowid", columns, EmergencyRow)

    def casefiles_without_row(self) -> list[str]:
        """Casefiles that only their entries still tell of."""
        rows = self._rows(
            "SELECT DISTINCT casefile FROM entries e WHERE NOT EXISTS (SELECT 1 FROM casefiles c WHERE c.id = e.casefile)"
        )
        return [str(row[0]) for row in rows]

    def count_entries(self) -> int:
        """Counts entries one by one, where `entries.count` trusts the newest row's number."""
        return int(self._value("SELECT count(*) FROM entries"))

    def records_astray(self) -> Iterator[str]:
        """Records whose row is missing, left over, or does not tell what their entries tell."""
        yield from self._column(
            "SELECT g.record FROM (SELECT record, count(*) AS entries, min(seq) AS first_seq, max(seq) AS last_seq,"
            " min(casefile) AS casefile, max(casefile) AS other FROM entries GROUP BY record) g"
            " LEFT JOIN records r ON r.id = g.record"
            " LEFT JOIN entries f ON f.casefile = g.casefile AND f.seq = g.first_seq"
            " LEFT JOIN entries l ON l.casefile = g.casefile AND l.seq = g.last_seq"
            " WHERE r.id IS NULL OR g.casefile <> g.other OR r.casefile IS NOT g.casefile OR r.entries IS NOT g.entries"
            " OR r.first_seq IS NOT g.first_seq OR r.last_seq IS NOT g.last_seq OR r.kind IS NOT f.kind"
            " OR r.schema IS NOT f.schema OR r.author IS NOT f.author OR r.first_received_at IS NOT f.received_at"
            " OR r.last_received_at IS NOT l.received_at"
        )
        yield from self._column(
            "SELECT r.id FROM records r WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.record = r.id)",
        )

    def slips_astray(self) -> Iterator[tuple[str, int]]:
        """(kid, n) of numbers whose entry is neither placed nor kept aside, or is another signer's. One placed without number may have it here."""
        cursor = self._connections.raw.execute(
            "SELECT s.kid, s.n FROM slips s LEFT JOIN entries e ON e.id = s.id"
            " WHERE NOT (e.id IS NOT NULL AND e.kid = s.kid AND (e.n = s.n OR e.n < 0)) AND NOT (e.id IS NULL AND EXISTS"
            " (SELECT 1 FROM quarantine q WHERE q.entry = s.id AND q.entry <> '' AND q.kid = s.kid))"
        )
        yield from ((row[0], row[1]) for row in cursor)

    def entries_without_slip(self) -> Iterator[tuple[str, int]]:
        """(casefile, seq) of phones' entries whose number is not in their signer's own chain."""
        cursor = self._connections.raw.execute(
            "SELECT e.casefile, e.seq FROM entries e WHERE e.n > 0"
            " AND NOT EXISTS (SELECT 1 FROM slips s WHERE s.kid = e.kid AND s.n = e.n)"
        )
        yield from ((row[0], row[1]) for row in cursor)

    def _column(self, sql: str) -> Iterator[str]:
        for row in self._connections.raw.execute(sql):
            yield str(row[0])

    def _paged(self, table: str, key: str, columns: str, make: Callable[..., Row], after: int = 0) -> Iterator[Row]:
        """Every row in the order of its key, which is unique; with `after` those with a larger key. Other questions may be asked in between."""
        sql = f"SELECT {key}, {columns} FROM {table}"  # noqa: S608 - fixed names
        rest = f"WHERE {key} > ? ORDER BY {key} LIMIT ?"
        rows = self._rows(f"{sql} {rest}", after, _PAGE) if after else self._rows(f"{sql} ORDER BY {key} LIMIT ?", _PAGE)
        while rows:
            for row in rows:
                yield make(*tuple(row)[1:])
            rows = self._rows(f"{sql} {rest}", rows[-1][0], _PAGE)
