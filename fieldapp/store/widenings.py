"""What would give somebody more to read, asked for by one person and waiting for another. Times are text as on the wire."""

from __future__ import annotations

from dataclasses import dataclass

from fieldapp.store.noun import Noun, Sealed


@dataclass(frozen=True, slots=True)
class WideningRow:
    """One thing asked for. `what`: part (another role or team) | open (a closed account) | duty | pod | audit, each with what it needs of the rest.

    `from_at` and `upto_at` are those of the duty or of the auditor's time; `until_at` is when the asking lapses.
    """

    id: str
    person: str
    what: str
    role: str
    team: str | None
    pod: str | None
    from_at: str
    upto_at: str
    why_sealed: Sealed
    asked_by: str
    asked_at: str
    until_at: str
    confirmed_by: str | None = None
    confirmed_at: str | None = None
    ended_at: str | None = None


class Widenings(Noun):
    """Rows are ended, never deleted: who asked, and who agreed, stays answerable."""

    def ask(self, row: WideningRow) -> None:
        """Keeps what is asked for; the same asked for before ends, a turn of duty that begins at another time apart."""
        self._run(
            "UPDATE widenings SET ended_at=? WHERE person=? AND what=? AND team IS ? AND pod IS ? AND from_at=? AND ended_at IS NULL",
            row.asked_at, row.person, row.what, row.team, row.pod, row.from_at,
        )  # fmt: skip
        self._run(
            "INSERT INTO widenings (id,person,what,role,team,pod,from_at,upto_at,why_sealed,asked_by,asked_at,until_at)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            row.id, row.person, row.what, row.role, row.team, row.pod, row.from_at, row.upto_at, row.why_sealed,
            row.asked_by, row.asked_at, row.until_at,
        )  # fmt: skip

    def get(self, id: str) -> WideningRow | None:
        row = self._one("SELECT * FROM widenings WHERE id=?", id)
        return None if row is None else WideningRow(**dict(row))

    def standing(self, at: str) -> list[WideningRow]:
        """Those neither confirmed, taken back nor lapsed, the oldest first."""
        rows = self._rows("SELECT * FROM widenings WHERE ended_at IS NULL AND until_at>? ORDER BY asked_at,id", at)
        return [WideningRow(**dict(row)) for row in rows]

    def confirm(self, id: str, by: str, at: str) -> bool:
        """Ends one because somebody agreed; False when it had ended or lapsed."""
        changed = self._run(
            "UPDATE widenings SET confirmed_by=?, confirmed_at=?, ended_at=? WHERE id=? AND ended_at IS NULL AND until_at>?",
            by, at, at, id, at,
        )  # fmt: skip
        return changed == 1

    def end(self, id: str, at: str) -> bool:
        """Ends one; False when it had ended or lapsed."""
        return self._run("UPDATE widenings SET ended_at=? WHERE id=? AND ended_at IS NULL AND until_at>?", at, id, at) == 1

    def end_all(self, person: str, at: str) -> int:
        """Ends all that would give this person more."""
        return self._run("UPDATE widenings SET ended_at=? WHERE person=? AND ended_at IS NULL", at, person)

    def end_asked_by(self, person: str, at: str) -> int:
        """Ends all that this person asked for."""
        return self._run("UPDATE widenings SET ended_at=? WHERE asked_by=? AND ended_at IS NULL", at, person)

    def end_every(self, at: str) -> int:
        """Ends all there are, whoever's."""
        return self._run("UPDATE widenings SET ended_at=? WHERE ended_at IS NULL", at)
