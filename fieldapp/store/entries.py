"""Entries as they stand in the casefiles' chains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fieldapp.store.noun import Noun, Sealed

AFTER_ACCESS_ENDED = "after_access_ended"
"""Flag of an entry whose author had lost the casefile but could not have known it yet."""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One placed entry. `sealed` holds signed header, body and slip under the casefile's key."""

    casefile: str
    seq: int
    id: str
    record: str
    kind: str
    schema: str
    author: str
    kid: str
    n: int
    written_at: str
    received_at: str
    log_hash: str
    sealed: Sealed
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """The facts of a receipt."""

    id: str
    casefile: str
    seq: int
    received_at: str
    log_hash: str


_COLUMNS = "casefile, seq, id, record, kind, schema, author, kid, n, written_at, received_at, log_hash, sealed, flags"


def _parts(values: Iterable[str], size: int = 500) -> Iterator[list[str]]:
    wanted = list(dict.fromkeys(values))
    for at in range(0, len(wanted), size):
        yield wanted[at : at + size]


EntryValues = tuple[str, int, str, str, str, str, str, str, int, str, str, str, Sealed, str]
"""An EntryRow's values in its order: intake writes thousands, and building objects for them costs as much as SQLite."""


class Entries(Noun):
    """Rows are added; only an erasure, or a slip that comes after its entry, ever rewrites one: its sealed bytes, never the chain."""

    def add_many(self, rows: Sequence[EntryValues]) -> None:
        self._run_many(
            f"INSERT INTO entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            rows,
        )

    def placed(self, ids: Iterable[str]) -> dict[str, Placed]:
        """Those of `ids` that are placed, by id."""
        found: dict[str, Placed] = {}
        for part in _parts(ids):
            sql = (
                "SELECT id, casefile, seq, received_at, log_hash FROM entries"  # noqa: S608
                f" WHERE id IN ({','.join('?' * len(part))})"
            )
            for row in self._rows(sql, *part):
                found[row["id"]] = Placed(*tuple(row))
        return found

    def placed_by_device(self, ids: Iterable[str], device: str) -> dict[str, Placed]:
        """The same, but only entries signed by this device's signers."""
        found: dict[str, Placed] = {}
        for part in _parts(ids):
            sql = (
                "SELECT e.id, e.casefile, e.seq, e.received_at, e.log_hash FROM entries e JOIN signers s USING (kid)"  # noqa: S608
                f" WHERE s.device = ? AND e.id IN ({','.join('?' * len(part))})"
            )
            for row in self._rows(sql, device, *part):
                found[row["id"]] = Placed(*tuple(row))
        return found

    def unnumbered(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that are placed and whose slip has not come."""
        found: set[str] = set()
        for part in _parts(ids):
            sql = f"SELECT id FROM entries WHERE n < 0 AND id IN ({','.join('?' * len(part))})"  # noqa: S608
            found.update(row["id"] for row in self._rows(sql, *part))
        return found

    def unnumbered_of(self, kid: str) -> tuple[int, str | None]:
        """How many of a signer's entries are placed without their slip, and when the first of them came."""
        row = self._one("SELECT count(*), min(received_at) FROM entries WHERE kid = ? AND n < 0", kid)
        return (0, None) if row is None else (row[0], row[1])

    def give_number(self, entry: str, n: int, sealed: Sealed) -> None:
        """Completes a row whose slip has come."""
        self._run("UPDATE entries SET n = ?, sealed = ? WHERE id = ? AND n < 0", n, sealed, entry)

    def get(self, entry: str) -> EntryRow | None:
        row = self._one(f"SELECT {_COLUMNS} FROM entries WHERE id = ?", entry)  # noqa: S608
        return None if row is None else EntryRow(*tuple(row))

    def is_written_since(self, record: str, author: str, at: str) -> bool:
        """Whether this person's words in a record, written at `at` or later, are placed."""
        found = self._value("SELECT 1 FROM entries WHERE record = ? AND author = ? AND written_at >= ?", record, author, at)
        return found is not None

    def after(self, casefile: str, seq: int, limit: int = 200) -> list[EntryRow]:
        """Up to `limit` entries that follow `seq`, in chain order."""
        sql = f"SELECT {_COLUMNS} FROM entries WHERE casefile = ? AND seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
        return [EntryRow(*tuple(row)) for row in self._rows(sql, casefile, seq, limit)]

    def in_casefile(self, casefile: str) -> list[EntryRow]:
        """All of a casefile, in chain order."""
        return self.after(casefile, 0, -1)

    def first_record(self, casefile: str) -> str:
        """The record of a casefile's first entry, which opened it; "" when it has none."""
        return str(self._value("SELECT record FROM entries WHERE casefile = ? AND seq = 1", casefile) or "")

    def opened_when(self, casefile: str) -> str:
        """When the entry that opened a casefile was written, by its writer's clock; "" when it has none."""
        return str(self._value("SELECT written_at FROM entries WHERE casefile = ? AND seq = 1", casefile) or "")

    def of_record(self, record: str) -> list[EntryRow]:
        """All of a record, in chain order."""
        rows = self._rows(f"SELECT {_COLUMNS} FROM entries WHERE record = ? ORDER BY seq", record)  # noqa: S608
        return [EntryRow(*tuple(row)) for row in rows]

    def count(self) -> int:
        """How many entries are placed. Rows are never deleted, so the newest row's number says it at once."""
        return int(self._value("SELECT coalesce(max(rowid), 0) FROM entries"))

    def count_by(self, kid: str) -> int:
        """How many entries this key signed. Walks all of them: for rare questions only."""
        return int(self._value("SELECT count(*) FROM entries WHERE kid = ?", kid))

    def log_hash_at(self, casefile: str, seq: int) -> str | None:
        """The chain's hash at `seq`; "" at 0, None past the end."""
        if seq == 0:
            return ""
        value = self._value("SELECT log_hash FROM entries WHERE casefile = ? AND seq = ?", casefile, seq)
        return None if value is None else str(value)

    def reseal(self, entry: str, sealed: Sealed) -> None:
        """Replaces an entry's sealed bytes: for erasure and rekeying."""
        self._run("UPDATE entries SET sealed = ? WHERE id = ?", sealed, entry)

    def mark_erased(self, entry: str, erasure: str, at: str) -> None:
        """Notes which erasure took a body, for `gone` and for replaying after a restore."""
        self._run("INSERT INTO erased VALUES (?, ?, ?) ON CONFLICT DO NOTHING", entry, erasure, at)
