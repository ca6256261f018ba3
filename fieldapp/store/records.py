"""One summary row for each record: what lists and boards need, naming nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fieldapp.store.noun import Noun, Sealed


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record's state as last folded. `is_stale`: entries came since; the desk folds again and says `settle`.

    standing: sent | waiting | question | signed_off; why: comma-joined reasons it comes up for sign-off.
    """

    id: str
    casefile: str
    kind: str
    schema: str
    author: str
    first_seq: int
    last_seq: int
    entries: int
    first_received_at: str
    last_received_at: str
    is_stale: bool
    standing: str
    why: str
    is_forked: bool
    later: int
    asked_at: str | None
    reviewed_at: str | None
    happened_at: str | None
    summary: Sealed | None


@dataclass(frozen=True, slots=True)
class RecordState:
    """What folding a record's entries found."""

    standing: str
    why: str = ""
    is_forked: bool = False
    later: int = 0
    asked_at: str | None = None
    reviewed_at: str | None = None
    happened_at: str | None = None
    summary: Sealed | None = None


RecordCount = tuple[str, str, str, str, str, int, str]
"""One entry counted into its record: (record, casefile, kind, schema, author, seq, received_at)."""


class Records(Noun):
    """Intake counts entries in; the desk folds and says what state that makes."""

    def casefiles_of(self, records: Iterable[str]) -> dict[str, str]:
        """The casefile each known record belongs to."""
        found: dict[str, str] = {}
        wanted = list(dict.fromkeys(records))
        for at in range(0, len(wanted), 500):
            part = wanted[at : at + 500]
            sql = f"SELECT id, casefile FROM records WHERE id IN ({','.join('?' * len(part))})"  # noqa: S608
            found.update((row[0], row[1]) for row in self._rows(sql, *part))
        return found

    def count_in(self, rows: Sequence[RecordCount]) -> None:
        """Adds an entry to its record's row: (record, casefile, kind, schema, author, seq, received_at), in chain order.

        Kind, schema and author stay those of the first entry: a review does not make a note a review.
        """
        self._run_many(
            "INSERT INTO records (id, casefile, kind, schema, author, first_seq, last_seq, entries, first_received_at,"
            " last_received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 1, ?7, ?7) ON CONFLICT (id) DO UPDATE SET"
            " last_seq = excluded.last_seq, entries = entries + 1, last_received_at = excluded.last_received_at,"
            " is_stale = 1",
            rows,
        )

    def get(self, record: str) -> RecordRow | None:
        row = self._one("SELECT * FROM records WHERE id = ?", record)
        return None if row is None else _record(row)

    def in_casefile(self, casefile: str) -> list[RecordRow]:
        """Newest first."""
        rows = self._rows("SELECT * FROM records WHERE casefile = ? ORDER BY last_seq DESC", casefile)
        return [_record(row) for row in rows]

    def count_earlier(self, author: str, kinds: Sequence[str], before: str) -> int:
        """How many records of these kinds somebody had written by then: what tells a new worker."""
        marks = ",".join("?" * len(kinds))
        sql = f"SELECT count(*) FROM records WHERE author = ? AND first_received_at < ? AND kind IN ({marks})"  # noqa: S608
        return int(self._value(sql, author, before, *kinds))

    def stale(self, limit: int = 200) -> list[RecordRow]:
        return [_record(row) for row in self._rows("SELECT * FROM records WHERE is_stale = 1 LIMIT ?", limit)]

    def with_standing(self, standing: str) -> list[RecordRow]:
        """Oldest first."""
        rows = self._rows("SELECT * FROM records WHERE standing = ? ORDER BY last_received_at", standing)
        return [_record(row) for row in rows]

    def make_all_stale(self) -> None:
        """For a release that folds differently: every summary is made anew when somebody looks."""
        self._run("UPDATE records SET is_stale = 1")

    def settle(self, record: str, last_seq: int, state: RecordState) -> bool:
        """Keeps what folding up to `last_seq` found; False when more has come since, so that it stays stale."""
        changed = self._run(
            "UPDATE records SET is_stale = 0, standing = ?, why = ?, is_forked = ?, later = ?, asked_at = ?,"
            " reviewed_at = ?, happened_at = ?, summary_sealed = ? WHERE id = ? AND last_seq = ?",
            *(state.standing, state.why, int(state.is_forked), state.later, state.asked_at, state.reviewed_at),
            *(state.happened_at, state.summary, record, last_seq),
        )
        return changed == 1


def _record(row: Sequence[object]) -> RecordRow:
    values = list(row)
    values[10] = bool(values[10])
    values[13] = bool(values[13])
    return RecordRow(*values)  # type: ignore[arg-type]
