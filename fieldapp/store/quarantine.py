"""Envelopes that could not be placed, kept byte for byte until a person or an opening places them."""

from __future__ import annotations

from dataclasses import dataclass

from fieldapp.store.noun import Noun


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One kept envelope. `is_believed`: it opened and its signature held; `day` counts the device's allowance."""

    hash: str
    device: str
    kid: str
    entry: str
    casefile: str
    reason: str
    is_believed: bool
    received_at: str
    day: str
    size: int
    envelope: bytes
    placed_at: str | None = None
    discarded_at: str | None = None
    discarded_by: str | None = None
    discard_why: str | None = None


class Quarantine(Noun):
    """Nothing leaves it but by being placed, or by a named person's word with a reason."""

    def add(self, row: QuarantineRow) -> None:
        """Keeps an envelope; the same bytes again change nothing but the reason, which may have moved on."""
        self._run(
            "INSERT INTO quarantine (hash, device, kid, entry, casefile, reason, is_believed, received_at, day, size,"
            " envelope) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE SET"
            " reason = excluded.reason, kid = excluded.kid, entry = excluded.entry, casefile = excluded.casefile,"
            " is_believed = excluded.is_believed",
            *(row.hash, row.device, row.kid, row.entry, row.casefile, row.reason, int(row.is_believed)),
            *(row.received_at, row.day, row.size, row.envelope),
        )

    def get(self, envelope_hash: str) -> QuarantineRow | None:
        row = self._one("SELECT * FROM quarantine WHERE hash = ?", envelope_hash)
        return None if row is None else _row(row)

    def unbelieved_today(self, device: str, day: str) -> tuple[int, int]:
        """How many envelopes nobody can vouch for this device brought on `day`, and their bytes in all."""
        row = self._one(
            "SELECT count(*), coalesce(sum(size), 0) FROM quarantine WHERE device = ? AND day = ? AND is_believed = 0",
            device,
            day,
        )
        return (0, 0) if row is None else (row[0], row[1])

    def waiting_for_opening(self, casefile: str) -> list[QuarantineRow]:
        """What waits for this casefile's opening, in order of arrival."""
        rows = self._rows(
            "SELECT * FROM quarantine WHERE reason = 'no_opening' AND casefile = ? AND placed_at IS NULL"
            " AND discarded_at IS NULL ORDER BY rowid",
            casefile,
        )
        return [_row(row) for row in rows]

    def open(self) -> list[QuarantineRow]:
        """What still waits for a person, oldest first."""
        rows = self._rows("SELECT * FROM quarantine WHERE placed_at IS NULL AND discarded_at IS NULL ORDER BY received_at, rowid")
        return [_row(row) for row in rows]

    def signers_open(self) -> list[tuple[str, str]]:
        """(kid, received_at) of what still waits for a person: what a count needs, without the envelopes."""
        rows = self._rows("SELECT kid, received_at FROM quarantine WHERE placed_at IS NULL AND discarded_at IS NULL")
        return [(row[0], row[1]) for row in rows]

    def count_open(self, limit: int = -1) -> int:
        """How many wait; counting ends at `limit`."""
        sql = "SELECT count(*) FROM (SELECT 1 FROM quarantine WHERE placed_at IS NULL AND discarded_at IS NULL LIMIT ?)"
        return int(self._value(sql, limit))

    def holding(self, entries: list[str]) -> set[str]:
        """Those of these entries (by id) of which an envelope still waits here."""
        found: set[str] = set()
        if self.count_open(limit=1) == 0:
            return found
        for at in range(0, len(entries), 500):
            part = entries[at : at + 500]
            sql = (
                "SELECT DISTINCT entry FROM quarantine WHERE placed_at IS NULL AND discarded_at IS NULL AND entry <> ''"  # noqa: S608
                f" AND entry IN ({','.join('?' * len(part))})"
            )
            found.update(row[0] for row in self._rows(sql, *part))
        return found

    def holding_of_device(self, entries: list[str], device: str) -> set[str]:
        """The same, but only entries signed by this device's signers."""
        found: set[str] = set()
        for at in range(0, len(entries), 500):
            part = entries[at : at + 500]
            sql = (
                "SELECT DISTINCT q.entry FROM quarantine q JOIN signers s USING (kid) WHERE s.device = ?"  # noqa: S608
                " AND q.placed_at IS NULL AND q.discarded_at IS NULL AND q.entry <> ''"
                f" AND q.entry IN ({','.join('?' * len(part))})"
            )
            found.update(row[0] for row in self._rows(sql, device, *part))
        return found

    def move_on(self, envelope_hash: str, reason: str) -> None:
        """Notes why it waits now, when what it waited for came and something else is in the way."""
        self._run("UPDATE quarantine SET reason = ? WHERE hash = ?", reason, envelope_hash)

    def mark_placed(self, entry: str, at: str) -> None:
        """Every kept envelope of this entry is settled by its placing."""
        # Saying that it is not empty is what lets SQLite use the index, which holds no others.
        self._run("UPDATE quarantine SET placed_at = ? WHERE entry = ? AND entry <> '' AND placed_at IS NULL", at, entry)

    def discard(self, envelope_hash: str, person: str, why: str, at: str) -> None:
        """Marks it thrown away by a named person; the bytes stay until a purge the audit knows of."""
        self._run(
            "UPDATE quarantine SET discarded_at = ?, discarded_by = ?, discard_why = ? WHERE hash = ?",
            *(at, person, why, envelope_hash),
        )


def _row(row: object) -> QuarantineRow:
    values = list(row)  # type: ignore[call-overload]
    values[6] = bool(values[6])
    return QuarantineRow(*values)
