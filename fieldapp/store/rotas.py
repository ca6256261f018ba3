"""Who stands in for whom: pods, whose people share families, and turns of duty, in which somebody reads a team's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fieldapp.store.noun import Noun


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One turn of duty for a team, from (inclusive) until (exclusive)."""

    id: str
    person: str
    team: str
    from_at: str
    until_at: str


@dataclass(frozen=True, slots=True)
class PodRow:
    """A pod of a team."""

    id: str
    name: str
    team: str


@dataclass(frozen=True, slots=True)
class PodPersonRow:
    """One person's time in a pod, from (inclusive) until (exclusive, None: open)."""

    pod: str
    person: str
    from_at: str
    until_at: str | None


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One person and one casefile of the same pod, each with the time it is in it."""

    pod: str
    casefile: str
    person: str
    person_from: str
    person_until: str | None
    casefile_from: str
    casefile_until: str | None


_AT_ONCE = 500


class Rotas(Noun):
    """Pods and turns of duty. Rows are ended, never deleted: who could read what, and when, stays answerable."""

    def add_turn(self, row: TurnRow) -> None:
        self._run("INSERT INTO duty_turns VALUES (?, ?, ?, ?, ?)", row.id, row.person, row.team, row.from_at, row.until_at)

    def end_turn(self, turn: str, at: str) -> int:
        """Ends a turn early; returns 0 when it was over."""
        return self._run("UPDATE duty_turns SET until_at = max(?, from_at) WHERE id = ? AND until_at > ?", at, turn, at)

    def turn(self, turn: str) -> TurnRow | None:
        row = self._one("SELECT id, person, team, from_at, until_at FROM duty_turns WHERE id = ?", turn)
        return None if row is None else TurnRow(*tuple(row))

    def turns_of(self, people: Sequence[str]) -> list[TurnRow]:
        """Every turn these people ever had."""
        return [
            TurnRow(*tuple(row))
            for part in _parts(people)
            for row in self._rows(
                f"SELECT id, person, team, from_at, until_at FROM duty_turns WHERE person IN ({_marks(part)})",  # noqa: S608
                *part,
            )
        ]

    def turns_for(self, teams: Sequence[str], after: str) -> list[TurnRow]:
        """The turns for these teams that end after a moment, the first to begin first."""
        rows = self._rows(
            f"SELECT id, person, team, from_at, until_at FROM duty_turns WHERE team IN ({_marks(teams)}) AND until_at > ?"  # noqa: S608
            " AND until_at > from_at ORDER BY from_at, id",
            *(*teams, after),
        )
        return [TurnRow(*tuple(row)) for row in rows]

    def add_pod(self, row: PodRow) -> None:
        self._run("INSERT INTO pods VALUES (?, ?, ?)", row.id, row.name, row.team)

    def pod(self, pod: str) -> PodRow | None:
        row = self._one("SELECT id, name, team FROM pods WHERE id = ?", pod)
        return None if row is None else PodRow(*tuple(row))

    def pods_of(self, teams: Sequence[str]) -> list[PodRow]:
        rows = self._rows(f"SELECT id, name, team FROM pods WHERE team IN ({_marks(teams)}) ORDER BY name, id", *teams)  # noqa: S608
        return [PodRow(*tuple(row)) for row in rows]

    def people_in(self, pod: str, at: str) -> list[PodPersonRow]:
        """Who is in a pod at a moment or will be."""
        rows = self._rows(
            "SELECT pod, person, from_at, until_at FROM pod_people WHERE pod = ? AND (until_at IS NULL OR until_at > ?)"
            " ORDER BY from_at, person",
            *(pod, at),
        )
        return [PodPersonRow(*tuple(row)) for row in rows]

    def join_pod(self, pod: str, person: str, from_at: str, until_at: str | None = None) -> None:
        self._run(
            "INSERT INTO pod_people VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET until_at = excluded.until_at",
            *(pod, person, from_at, until_at),
        )

    def leave_pod(self, pod: str, person: str, at: str) -> int:
        return self._run(
            "UPDATE pod_people SET until_at = max(?, from_at) WHERE pod = ? AND person = ? AND (until_at IS NULL OR until_at > ?)",
            *(at, pod, person, at),
        )

    def stand_down(self, person: str, at: str, *, but: str | None = None) -> int:
        """Ends every turn of duty and every place in a pod that this person has or will have, those of the team `but` apart."""
        turns = self._run(
            "UPDATE duty_turns SET until_at = max(?, from_at) WHERE person = ? AND until_at > ? AND team IS NOT ?",
            *(at, person, at, but),
        )
        return turns + self._run(
            "UPDATE pod_people SET until_at = max(?, from_at) WHERE person = ? AND (until_at IS NULL OR until_at > ?)"
            " AND pod NOT IN (SELECT id FROM pods WHERE team = ?)",
            *(at, person, at, but),
        )

    def put_in_pod(self, pod: str, casefile: str, from_at: str, until_at: str | None = None) -> None:
        self._run(
            "INSERT INTO pod_casefiles VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET until_at = excluded.until_at",
            *(pod, casefile, from_at, until_at),
        )

    def take_from_pod(self, pod: str, casefile: str, at: str) -> int:
        return self._run(
            "UPDATE pod_casefiles SET until_at = max(?, from_at) WHERE pod = ? AND casefile = ? AND (until_at IS NULL OR until_at > ?)",
            *(at, pod, casefile, at),
        )

    def pods_with(self, casefile: str, at: str) -> list[PodRow]:
        """The pods a casefile is in at a moment."""
        rows = self._rows(
            "SELECT DISTINCT id, name, team FROM pods JOIN pod_casefiles ON pod = id WHERE casefile = ? AND from_at <= ?"
            " AND (until_at IS NULL OR until_at > ?) ORDER BY name, id",
            *(casefile, at, at),
        )
        return [PodRow(*tuple(row)) for row in rows]

    def shares(self, *, casefiles: Sequence[str] | None = None, person: str | None = None) -> Iterator[ShareRow]:
        """What pods ever let people share: of these casefiles, or of this person."""
        sql = (
            "SELECT p.pod, c.casefile, p.person, p.from_at, p.until_at, c.from_at, c.until_at FROM pod_people p"
            " JOIN pod_casefiles c ON c.pod = p.pod WHERE "
        )
        if casefiles is None:
            for row in self._rows(sql + "p.person = ?", person):
                yield ShareRow(*tuple(row))
            return
        for part in _parts(casefiles):
            for row in self._rows(f"{sql} c.casefile IN ({_marks(part)})", *part):
                yield ShareRow(*tuple(row))


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(values), _AT_ONCE):
        yield values[at : at + _AT_ONCE]
