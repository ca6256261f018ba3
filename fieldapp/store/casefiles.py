"""Casefiles: their key, chain head and readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fieldapp.store.noun import Noun, Sealed


@dataclass(frozen=True, slots=True)
class CasefileRow:
    """One casefile. `seq` and `log_hash` are the head of its chain; `title` and `key` are sealed."""

    id: str
    sort: str
    about: str
    title: Sealed
    key: Sealed
    team: str | None
    seq: int
    log_hash: str
    opened_at: str
    opened_by: str
    active_at: str
    practice: bool


ON_OWN_PHONE = "phone"
"""The `why` of a row that is no leave: a supervisor's own phone holds what they read by their team (docs/decisions/0037-what-a-phone-holds.md)."""


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """One person's leave to read one casefile, from (inclusive) until (exclusive, None: open); or, by its `why`, `ON_OWN_PHONE`."""

    casefile: str
    person: str
    from_at: str
    until_at: str | None
    why: str


@dataclass(frozen=True, slots=True)
class KeptOutRow:
    """One person kept out of one casefile, from (inclusive) until (exclusive, None: open)."""

    casefile: str
    person: str
    from_at: str
    until_at: str | None


_COLUMNS = "id, sort, about, title_sealed, key_wrapped, team, seq, log_hash, opened_at, opened_by, active_at, practice"


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


class Casefiles(Noun):
    """Everything a casefile needs hangs on its id, so that a larger store can be split by it."""

    def add(self, row: CasefileRow) -> None:
        self._run(
            f"INSERT INTO casefiles ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            *(row.id, row.sort, row.about, row.title, row.key, row.team, row.seq, row.log_hash),
            *(row.opened_at, row.opened_by, row.active_at, int(row.practice)),
        )

    def get(self, casefile: str) -> CasefileRow | None:
        rows = self.several([casefile])
        return rows.get(casefile)

    def several(self, ids: Iterable[str]) -> dict[str, CasefileRow]:
        """Those of `ids` that exist, by id. At most a few thousand at once."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, CasefileRow] = {}
        for at in range(0, len(wanted), 500):
            part = wanted[at : at + 500]
            sql = f"SELECT {_COLUMNS} FROM casefiles WHERE id IN ({_marks(part)})"  # noqa: S608
            for row in self._rows(sql, *part):
                found[row["id"]] = _casefile(row)
        return found

    def all(self) -> list[CasefileRow]:
        """Every casefile, the most recently active first."""
        sql = f"SELECT {_COLUMNS} FROM casefiles ORDER BY active_at DESC, id"  # noqa: S608
        return [_casefile(row) for row in self._rows(sql)]

    def mains(self) -> list[CasefileRow]:
        """Every family's main casefile, practice apart, the most recently active first."""
        sql = f"SELECT {_COLUMNS} FROM casefiles WHERE sort = 'main' AND practice = 0 ORDER BY active_at DESC, id"  # noqa: S608
        return [_casefile(row) for row in self._rows(sql)]

    def near(self, person: str, teams: Sequence[str]) -> list[CasefileRow]:
        """Casefiles `person` was ever named on and the main ones whose team is among `teams`: what `access` need look at.

        A restricted one is not even fetched for those never named: how long a list takes must not tell of it.
        """
        sql = (
            f"SELECT {_COLUMNS} FROM casefiles WHERE id IN (SELECT casefile FROM readers WHERE person = ?)"  # noqa: S608
            f" OR (team IN ({_marks(teams)}) AND sort = 'main' AND practice = 0) ORDER BY active_at DESC, id"
        )
        return [_casefile(row) for row in self._rows(sql, person, *teams)]

    def set_title(self, casefile: str, title: Sealed) -> None:
        self._run("UPDATE casefiles SET title_sealed = ? WHERE id = ?", title, casefile)

    def set_team(self, casefile: str, team: str | None) -> None:
        self._run("UPDATE casefiles SET team = ? WHERE id = ?", team, casefile)

    def keys_after(self, casefile: str, limit: int) -> list[tuple[str, Sealed]]:
        """Up to `limit` (casefile, wrapped key) whose id follows `casefile`, by id."""
        rows = self._rows("SELECT id, key_wrapped FROM casefiles WHERE id > ? ORDER BY id LIMIT ?", casefile, limit)
        return [(row["id"], row["key_wrapped"]) for row in rows]

    def count(self) -> int:
        return int(self._value("SELECT count(*) FROM casefiles"))

    def rewrap(self, casefile: str, key: Sealed) -> None:
        """For `fieldapp rekey`."""
        self._run("UPDATE casefiles SET key_wrapped = ? WHERE id = ?", key, casefile)

    def advance(self, heads: Sequence[tuple[int, str, str, str]]) -> None:
        """Moves chain heads: rows of (seq, log_hash, active_at, casefile)."""
        self._run_many("UPDATE casefiles SET seq = ?, log_hash = ?, active_at = ? WHERE id = ?", heads)

    def heads(self) -> list[tuple[str, int, str]]:
        """(casefile, seq, log_hash) of every casefile, for a checkpoint."""
        return [(r[0], r[1], r[2]) for r in self._rows("SELECT id, seq, log_hash FROM casefiles ORDER BY id")]

    def grant(self, casefile: str, person: str, from_at: str, why: str = "assigned", until_at: str | None = None) -> None:
        """Names a reader. Named twice for one moment, the later word stands."""
        self._run(
            "INSERT INTO readers VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET until_at = excluded.until_at,"
            " why = excluded.why",
            *(casefile, person, from_at, until_at, why),
        )
        self._run(
            "DELETE FROM removals_heard WHERE casefile = ? AND kid IN (SELECT kid FROM signers WHERE person = ?)",
            casefile,
            person,
        )

    def end_grants(self, casefile: str, person: str, at: str) -> int:
        """Ends every leave of `person` on `casefile` that is still open at `at`, or begins later; returns how many."""
        return self._run(
            "UPDATE readers SET until_at = max(?, from_at) WHERE casefile = ? AND person = ? AND (until_at IS NULL OR until_at > ?)"
            " AND why <> ?",
            *(at, casefile, person, at, ON_OWN_PHONE),
        )

    def take_off_phones(self, at: str, *, casefile: str | None = None, person: str | None = None) -> int:
        """Ends the marks that a casefile is on its supervisors' own phones: of this casefile, of this person or of both. No leave ends."""
        return self._run(
            "UPDATE readers SET until_at = max(?, from_at) WHERE why = ? AND (until_at IS NULL OR until_at > ?)"
            " AND (casefile = ? OR ? IS NULL) AND (person = ? OR ? IS NULL)",
            *(at, ON_OWN_PHONE, at, casefile, casefile, person, person),
        )

    def readers_of(self, casefiles: Sequence[str]) -> list[ReaderRow]:
        """Every leave ever given on these casefiles, and on whose own phones they were put."""
        found: list[ReaderRow] = []
        for at in range(0, len(casefiles), 500):
            part = casefiles[at : at + 500]
            sql = f"SELECT casefile, person, from_at, until_at, why FROM readers WHERE casefile IN ({_marks(part)})"  # noqa: S608
            found += [ReaderRow(*tuple(row)) for row in self._rows(sql, *part)]
        return found

    def grants_of(self, person: str) -> list[ReaderRow]:
        """Every leave ever given to this person, and what they put on their own phone."""
        rows = self._rows("SELECT casefile, person, from_at, until_at, why FROM readers WHERE person = ?", person)
        return [ReaderRow(*tuple(row)) for row in rows]

    def hear_removals(self, kid: str, casefiles: Sequence[str], at: str) -> None:
        """Notes that this signer's phone has dropped these casefiles and so knows it lost them."""
        rows = [(casefile, kid, at) for casefile in casefiles]
        self._run_many("INSERT INTO removals_heard VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at", rows)

    def heard_at(self, casefile: str, kid: str) -> str | None:
        """When this signer's phone last said that it dropped the casefile."""
        found = self._value("SELECT at FROM removals_heard WHERE casefile = ? AND kid = ?", casefile, kid)
        return None if found is None else str(found)

    def keep_out(self, casefile: str, person: str, from_at: str, until_at: str | None = None) -> None:
        """Keeps somebody out of a casefile, whatever leave they have or get."""
        self._run(
            "INSERT INTO kept_out VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET until_at = excluded.until_at",
            *(casefile, person, from_at, until_at),
        )

    def stop_keeping_out(self, casefile: str, person: str, at: str) -> int:
        return self._run(
            "UPDATE kept_out SET until_at = max(?, from_at) WHERE casefile = ? AND person = ? AND (until_at IS NULL OR until_at > ?)",
            *(at, casefile, person, at),
        )

    def kept_out_of(self, casefiles: Sequence[str]) -> list[KeptOutRow]:
        """Everybody who was ever kept out of these casefiles."""
        found: list[KeptOutRow] = []
        for at in range(0, len(casefiles), 500):
            part = casefiles[at : at + 500]
            sql = f"SELECT casefile, person, from_at, until_at FROM kept_out WHERE casefile IN ({_marks(part)})"  # noqa: S608
            found += [KeptOutRow(*tuple(row)) for row in self._rows(sql, *part)]
        return found

    def keeping_out(self, person: str) -> list[KeptOutRow]:
        """Everything this person was ever kept out of."""
        rows = self._rows("SELECT casefile, person, from_at, until_at FROM kept_out WHERE person = ?", person)
        return [KeptOutRow(*tuple(row)) for row in rows]

    def tie_section(self, casefile: str, family: str) -> None:
        """Notes of which family's main casefile this one is a private section; that one may have yet to come back after a restore."""
        self._run("INSERT INTO sections VALUES (?, ?)", casefile, family)

    def sections_of(self, family: str) -> list[str]:
        """The private sections of a family. Whoever calls shows each only to those who may read it."""
        return [row["casefile"] for row in self._rows("SELECT casefile FROM sections WHERE family = ? ORDER BY casefile", family)]

    def family_of(self, casefile: str) -> str | None:
        found = self._value("SELECT family FROM sections WHERE casefile = ?", casefile)
        return None if found is None else str(found)


def _casefile(row: Sequence[object]) -> CasefileRow:
    values = list(row)
    return CasefileRow(*values[:-1], bool(values[-1]))  # type: ignore[arg-type, call-arg]
