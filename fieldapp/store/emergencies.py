"""Casefiles opened in an emergency: who, when, why, and who looked at it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fieldapp.store.noun import Noun, Sealed


@dataclass(frozen=True, slots=True)
class EmergencyRow:
    """One opening, from (inclusive) until (exclusive). `reason` and `word` are sealed under the casefile's key."""

    id: str
    casefile: str
    person: str
    from_at: str
    until_at: str
    reason: Sealed
    looked_at: str | None = None
    looked_by: str | None = None
    word: Sealed | None = None


_COLUMNS = "id, casefile, person, from_at, until_at, reason_sealed, looked_at, looked_by, word_sealed"


class Emergencies(Noun):
    """Rows are added, and looked at once by somebody else; nothing else ever changes in them."""

    def add(self, row: EmergencyRow) -> None:
        self._run(
            f"INSERT INTO emergencies ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",  # noqa: S608
            *(row.id, row.casefile, row.person, row.from_at, row.until_at, row.reason),
        )

    def get(self, id: str) -> EmergencyRow | None:
        row = self._one(f"SELECT {_COLUMNS} FROM emergencies WHERE id = ?", id)  # noqa: S608
        return None if row is None else EmergencyRow(*tuple(row))

    def all(self, since: str = "") -> list[EmergencyRow]:
        """Those nobody has looked at, whatever their age, and all since a moment; the newest first."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM emergencies WHERE looked_at IS NULL OR from_at >= ? ORDER BY from_at DESC, id",  # noqa: S608
            since,
        )
        return [EmergencyRow(*tuple(row)) for row in rows]

    def of_casefiles(self, casefiles: Sequence[str]) -> list[EmergencyRow]:
        found: list[EmergencyRow] = []
        for at in range(0, len(casefiles), 500):
            part = casefiles[at : at + 500]
            sql = f"SELECT {_COLUMNS} FROM emergencies WHERE casefile IN ({','.join('?' * len(part))})"  # noqa: S608
            found += [EmergencyRow(*tuple(row)) for row in self._rows(sql, *part)]
        return found

    def settle(self, id: str, person: str, at: str, word: Sealed) -> int:
        """Notes that somebody looked at it; 0 when a colleague had."""
        return self._run(
            "UPDATE emergencies SET looked_at = ?, looked_by = ?, word_sealed = ? WHERE id = ? AND looked_at IS NULL",
            *(at, person, word, id),
        )
