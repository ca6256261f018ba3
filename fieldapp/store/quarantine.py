"""Envelopes that could not be placed, kept byte for byte until a person or an opening places them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fieldapp.store.noun import Noun


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One kept envelope. `is_believed`: it opened and its signature held; `day` counts the carrier's allowance.

    `device` sent it, or the person `carried_by` brought it in a file; the other of the two is "".
    """

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
    carried_by: str = ""


@dataclass(frozen=True, slots=True)
class QuarantineBrief:
    """The same without its bytes: what lists need."""

    hash: str
    device: str
    kid: str
    entry: str
    casefile: str
    reason: str
    is_believed: bool
    received_at: str
    size: int
    discarded_at: str | None
    discarded_by: str | None
    carried_by: str


_BRIEF = "hash, device, kid, entry, casefile, reason, is_believed, received_at, size, discarded_at, discarded_by, carried_by"
_LACKS_NOTHING = (
    " (q.reason = 'unknown_signer' AND EXISTS (SELECT 1 FROM signers s WHERE s.kid = q.kid)"
    " OR q.reason = 'no_opening' AND EXISTS (SELECT 1 FROM casefiles c WHERE c.id = q.casefile)"
    " OR q.reason = 'unknown_key' AND EXISTS (SELECT 1 FROM json_each(?) k WHERE k.value = lower(hex(substr(q.envelope, 2, 32)))))"
)


class Quarantine(Noun):
    """Nothing leaves it but by being placed, or by a named person's word with a reason."""

    def add(self, row: QuarantineRow) -> None:
        """Keeps an envelope; the same bytes again change nothing but the reason, which may have moved on.

        What was believed once stays so: the same bytes cannot be opened any more when their key was burned since.
        """
        self._run(
            "INSERT INTO quarantine (hash, device, kid, entry, casefile, reason, is_believed, received_at, day, size,"
            " envelope, carried_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE SET"
            " reason = excluded.reason, kid = excluded.kid, entry = excluded.entry, casefile = excluded.casefile,"
            " is_believed = excluded.is_believed WHERE excluded.is_believed >= quarantine.is_believed",
            *(row.hash, row.device, row.kid, row.entry, row.casefile, row.reason, int(row.is_believed)),
            *(row.received_at, row.day, row.size, row.envelope, row.carried_by),
        )

    def get(self, envelope_hash: str) -> QuarantineRow | None:
        row = self._one("SELECT * FROM quarantine WHERE hash = ?", envelope_hash)
        return None if row is None else _row(row)

    def kept_today(self, device: str, carried_by: str, day: str, *, is_believed: bool) -> tuple[int, int]:
        """How many envelopes this carrier brought on `day` that were kept here, and their bytes in all; of believed ones, those that wait."""
        row = self._one(
            "SELECT count(*), coalesce(sum(size), 0) FROM quarantine WHERE device = ? AND carried_by = ? AND day = ?"
            " AND is_believed = ? AND (placed_at IS NULL OR is_believed = 0)",
            *(device, carried_by, day, int(is_believed)),
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

    def briefs(self) -> list[QuarantineBrief]:
        """What still waits, oldest first, without the envelopes."""
        return self._briefs("placed_at IS NULL AND discarded_at IS NULL ORDER BY received_at, rowid")

    def put_away(self) -> list[QuarantineBrief]:
        """What somebody put away and is kept all the same, the newest first."""
        return self._briefs("placed_at IS NULL AND discarded_at IS NOT NULL ORDER BY discarded_at DESC, rowid DESC")

    def _briefs(self, which: str) -> list[QuarantineBrief]:
        rows = self._rows(f"SELECT {_BRIEF} FROM quarantine WHERE {which}")  # noqa: S608 - fixed text
        return [QuarantineBrief(**{**dict(row), "is_believed": bool(row["is_believed"])}) for row in rows]

    def lacking_nothing(self, ingest_kids: list[bytes]) -> list[QuarantineRow]:
        """What waited for a signer, an opening or a key of the office that is here by now, in order of arrival. Of what could not be read also
        what its phone has called settled: the office can see for itself now.
        """
        rows = self._rows(
            "SELECT q.* FROM quarantine q WHERE (q.placed_at IS NULL OR q.reason = 'unknown_key' AND q.is_believed = 0)"  # noqa: S608
            f" AND q.discarded_at IS NULL AND {_LACKS_NOTHING} ORDER BY q.rowid",
            json.dumps([kid.hex() for kid in ingest_kids]),
        )
        return [_row(row) for row in rows]

    def sealed_to(self, ingest_kid: bytes) -> tuple[int, int]:
        """How many envelopes sealed to this key of the office wait, and how many were put away: neither is placed anywhere else."""
        row = self._one(
            "SELECT count(*) FILTER (WHERE discarded_at IS NULL), count(*) FILTER (WHERE discarded_at IS NOT NULL) FROM quarantine"
            " WHERE placed_at IS NULL AND substr(envelope, 2, 32) = ?",
            ingest_kid,
        )
        return (0, 0) if row is None else (row[0], row[1])

    def of_device(self, device: str, reason: str) -> list[QuarantineRow]:
        """What waits for this reason and was signed on this device, whoever carried it, in order of arrival."""
        rows = self._rows(
            "SELECT q.* FROM quarantine q JOIN signers s USING (kid) WHERE s.device = ? AND q.reason = ? AND q.placed_at IS NULL"
            " AND q.discarded_at IS NULL ORDER BY q.rowid",
            *(device, reason),
        )
        return [_row(row) for row in rows]

    def received_at(self, entry: str) -> str | None:
        """When the first envelope of an entry came that could not be placed then."""
        value = self._value("SELECT min(received_at) FROM quarantine WHERE entry = ? AND entry <> ''", entry)
        return None if value is None else str(value)

    def count(self) -> int:
        """How many were ever kept here. Rows are never deleted, so the newest row's number says it at once."""
        return int(self._value("SELECT coalesce(max(rowid), 0) FROM quarantine"))

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

    def held(self, entries: list[str]) -> set[str]:
        """Those of these entries of which an envelope is kept here, placed or not, put away or not. What an unknown signer is said to
        have written counts once three devices have brought it: one could bring junk under its id to keep the entry itself away."""
        found: set[str] = set()
        for at in range(0, len(entries), 500):
            part = entries[at : at + 500]
            sql = (
                "SELECT entry FROM quarantine WHERE entry <> ''"  # noqa: S608
                f" AND entry IN ({','.join('?' * len(part))})"
                " GROUP BY entry HAVING max(is_believed) = 1 OR count(DISTINCT device) >= 3"
            )
            found.update(row[0] for row in self._rows(sql, *part))
        return found

    def holding_of_device(self, entries: list[str], device: str) -> set[str]:
        """The same, but only entries signed by this device's signers, and also what was put away: its bytes are kept as well."""
        return self._of_device(entries, device, "")

    def put_away_of_device(self, entries: list[str], device: str) -> set[str]:
        """Those of which every envelope that is kept here was put away."""
        away = self._of_device(entries, device, " AND q.discarded_at IS NOT NULL")
        return away - self._of_device(entries, device, " AND q.discarded_at IS NULL")

    def _of_device(self, entries: list[str], device: str, which: str) -> set[str]:
        found: set[str] = set()
        for at in range(0, len(entries), 500):
            part = entries[at : at + 500]
            sql = (
                "SELECT DISTINCT q.entry FROM quarantine q JOIN signers s USING (kid) WHERE s.device = ?"  # noqa: S608
                f" AND q.placed_at IS NULL AND q.entry <> ''{which} AND q.entry IN ({','.join('?' * len(part))})"
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

    def settle_unread(self, envelope_hash: str, device: str, entry: str, at: str) -> None:
        """Settles an envelope of this device that could not be read: it says which entry was in it, and that one is placed. The bytes stay."""
        self._run(
            "UPDATE quarantine SET placed_at = ?, entry = ? WHERE hash = ? AND device = ? AND is_believed = 0 AND entry = ''"
            " AND reason IN ('unknown_key', 'cannot_open', 'not_an_entry', 'too_large') AND placed_at IS NULL AND discarded_at IS NULL",
            *(at, entry, envelope_hash, device),
        )

    def open_again(self, envelope_hash: str) -> None:
        """Lets it wait again: it can be read after all, and another entry was in it than its phone said."""
        self._run("UPDATE quarantine SET placed_at = NULL WHERE hash = ?", envelope_hash)

    def confirm(self, entry: str, person: str, at: str) -> None:
        """Settles a note written before unlocking: the person whose phone it was has placed it as an entry of their own."""
        self._run(
            "UPDATE quarantine SET placed_at = ? WHERE entry = ? AND entry <> '' AND reason = 'before_unlocking'"
            " AND placed_at IS NULL AND kid IN (SELECT kid FROM signers WHERE person = ?)",
            *(at, entry, person),
        )

    def discard(self, envelope_hash: str, person: str, why: str, at: str) -> None:
        """Marks it put away by a named person; the bytes stay. `why` is the audit row whose sealed detail has the reason."""
        self._run(
            "UPDATE quarantine SET discarded_at = ?, discarded_by = ?, discard_why = ? WHERE hash = ?",
            *(at, person, why, envelope_hash),
        )

    def put_back(self, envelope_hash: str) -> None:
        """Lets it wait again. Who had put it away, and why, stays in the audit."""
        self._run(
            "UPDATE quarantine SET discarded_at = NULL, discarded_by = NULL, discard_why = NULL WHERE hash = ?", envelope_hash
        )


def _row(row: object) -> QuarantineRow:
    values = list(row)  # type: ignore[call-overload]
    values[6] = bool(values[6])
    return QuarantineRow(*values)
