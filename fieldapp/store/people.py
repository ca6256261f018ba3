"""People, their teams, how they signed in and how often somebody tried. Times are text as on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fieldapp.store.noun import Noun, Sealed


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person as kept. Without `totp_sealed` the account was not set up yet, and nobody signs in to it. `totp_step` is the newest time step whose code was used: a code is good once."""

    id: str
    email: str
    name: str
    role: str
    password_hash: str
    totp_sealed: Sealed | None
    totp_step: int
    active_from: str
    ended_at: str | None
    team: str | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One sign-in on one browser. `id` is the hash of what its cookie says, so that a copied database opens no page."""

    id: str
    person: str
    made_at: str
    seen_at: str
    via: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """How many attempts on one account or from one address failed in a row, and when the next is looked at."""

    count: int
    at: str
    next_at: str | None


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A part in a team, from (inclusive) until (exclusive, None: open)."""

    team: str
    role: str
    from_at: str
    until_at: str | None


class People(Noun):
    """People, teams, sessions and attempts."""

    def add(self, row: PersonRow) -> None:
        """Adds a person; raises sqlite3.IntegrityError for an address that somebody has."""
        self._run(
            "INSERT INTO people (id,email,name,role,password_hash,totp_sealed,totp_step,active_from,ended_at,team)"
            " VALUES (?,?,?,?,?,?,?,?,?,?)",
            row.id, row.email, row.name, row.role, row.password_hash, row.totp_sealed, row.totp_step,
            row.active_from, row.ended_at, row.team,
        )  # fmt: skip

    def add_team(self, id: str, name: str) -> None:
        self._run("INSERT INTO teams (id,name) VALUES (?,?)", id, name)

    def teams(self) -> dict[str, str]:
        """Names of all teams by id."""
        return {row["id"]: row["name"] for row in self._rows("SELECT id,name FROM teams ORDER BY name,id")}

    def join(self, person: str, team: str, role: str, from_at: str, until_at: str | None = None) -> None:
        """Makes a person a member of a team from one moment to another, or until further notice."""
        self._run(
            "INSERT INTO memberships (person,team,role,from_at,until_at) VALUES (?,?,?,?,?)",
            person,
            team,
            role,
            from_at,
            until_at,
        )

    def teams_of(self, person: str, at: str) -> list[str]:
        """Ids of the teams a person belongs to at a moment."""
        found = self._rows(
            "SELECT DISTINCT team FROM memberships WHERE person=? AND from_at<=? AND (until_at IS NULL OR until_at>?) ORDER BY team",
            person, at, at,
        )  # fmt: skip
        return [row["team"] for row in found]

    def memberships_of(self, person: str) -> list[MembershipRow]:
        """Every part this person ever had in a team: what `access` looks at."""
        rows = self._rows("SELECT team, role, from_at, until_at FROM memberships WHERE person=? ORDER BY from_at, team", person)
        return [MembershipRow(*tuple(row)) for row in rows]

    def members_of(self, teams: Sequence[str], at: str) -> list[str]:
        """Ids of the people who belong to any of these teams at a moment."""
        if not teams:
            return []
        marks = ",".join("?" * len(teams))
        rows = self._rows(
            f"SELECT DISTINCT person FROM memberships WHERE team IN ({marks}) AND from_at<=? AND (until_at IS NULL OR until_at>?)",  # noqa: S608
            *teams, at, at,
        )  # fmt: skip
        return [row["person"] for row in rows]

    def ever_in(self, team: str) -> list[str]:
        """Ids of everybody who ever had a part in this team."""
        return [row["person"] for row in self._rows("SELECT DISTINCT person FROM memberships WHERE team=? ORDER BY person", team)]

    def end_membership(self, person: str, team: str, role: str, until_at: str) -> int:
        """Says until when the newest part of this person in a team holds; returns 0 when they have none."""
        return self._run(
            "UPDATE memberships SET until_at=max(?,from_at) WHERE person=? AND team=? AND role=? AND from_at="
            "(SELECT max(from_at) FROM memberships WHERE person=? AND team=? AND role=?)",
            until_at, person, team, role, person, team, role,
        )  # fmt: skip

    def by_id(self, id: str) -> PersonRow | None:
        return _person(self._one("SELECT * FROM people WHERE id=?", id))

    def several(self, ids: Iterable[str]) -> dict[str, PersonRow]:
        """Those of `ids` that exist, by id."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, PersonRow] = {}
        for at in range(0, len(wanted), 500):
            part = wanted[at : at + 500]
            for row in self._rows(f"SELECT * FROM people WHERE id IN ({','.join('?' * len(part))})", *part):  # noqa: S608
                found[row["id"]] = PersonRow(**dict(row))
        return found

    def by_email(self, email: str) -> PersonRow | None:
        """Finds a person by the folded address."""
        return _person(self._one("SELECT * FROM people WHERE email=?", email))

    def all(self) -> list[PersonRow]:
        """Everybody, also those who left, by name."""
        return [found for row in self._rows("SELECT * FROM people ORDER BY name,id") if (found := _person(row))]

    def names(self) -> dict[str, str]:
        """Names by id: everybody ever, because what they wrote stays."""
        return {row["id"]: row["name"] for row in self._rows("SELECT id,name FROM people")}

    def use_code(self, person: str, step: int) -> bool:
        """Marks a time step as used; False when it or a later one was used before."""
        return self._run("UPDATE people SET totp_step=? WHERE id=? AND totp_step<?", step, person, step) == 1

    def set_totp(self, person: str, totp_sealed: Sealed) -> None:
        self._run("UPDATE people SET totp_sealed=? WHERE id=?", totp_sealed, person)

    def set_password(self, person: str, password_hash: str) -> None:
        self._run("UPDATE people SET password_hash=? WHERE id=?", password_hash, person)

    def set_code_used(self, person: str, step: int) -> None:
        """Begins counting used codes anew, for a new second factor."""
        self._run("UPDATE people SET totp_step=? WHERE id=?", step, person)

    def end(self, person: str, at: str) -> bool:
        """Closes an account; False when it was closed."""
        return self._run("UPDATE people SET ended_at=? WHERE id=? AND (ended_at IS NULL OR ended_at>?)", at, person, at) == 1

    def open_again(self, person: str) -> bool:
        return self._run("UPDATE people SET ended_at=NULL WHERE id=? AND ended_at IS NOT NULL", person) == 1

    def set_role(self, person: str, role: str, team: str | None) -> None:
        self._run("UPDATE people SET role=?, team=? WHERE id=?", role, team, person)

    def leave_teams(self, person: str, at: str) -> None:
        """Ends every part this person has in a team."""
        self._run("UPDATE memberships SET until_at=? WHERE person=? AND (until_at IS NULL OR until_at>?)", at, person, at)

    def open_administrators(self, at: str) -> list[str]:
        """Ids of the administrators whose accounts are open at a moment and have been set up: those who can sign in."""
        rows = self._rows(
            "SELECT id FROM people WHERE role='administrator' AND totp_sealed IS NOT NULL AND active_from<=?"
            " AND (ended_at IS NULL OR ended_at>?) ORDER BY id",
            at,
            at,
        )
        return [row["id"] for row in rows]

    def begin_session(self, id: str, person: str, at: str, via: str = "password") -> None:
        """Begins a sign-in. `via`: password | council."""
        self._run(
            "INSERT INTO sessions (id,person,made_at,seen_at,second_factor_at,via) VALUES (?,?,?,?,?,?)",
            id,
            person,
            at,
            at,
            at,
            via,
        )

    def session(self, id: str) -> SessionRow | None:
        """Gives a session that was not ended."""
        row = self._one("SELECT id,person,made_at,seen_at,via FROM sessions WHERE id=? AND ended_at IS NULL", id)
        return None if row is None else SessionRow(*tuple(row))

    def sessions_of(self, person: str) -> list[SessionRow]:
        """A person's sign-ins that nobody ended, the newest first; some of them may have lapsed."""
        rows = self._rows(
            "SELECT id,person,made_at,seen_at,via FROM sessions WHERE person=? AND ended_at IS NULL ORDER BY made_at DESC,id",
            person,
        )
        return [SessionRow(*tuple(row)) for row in rows]

    def end_sessions_of(self, person: str, at: str, *, keep: str = "") -> int:
        """Ends every sign-in of a person but the one to `keep`; returns how many."""
        return self._run("UPDATE sessions SET ended_at=? WHERE person=? AND ended_at IS NULL AND id<>?", at, person, keep)

    def see_session(self, id: str, at: str) -> None:
        self._run("UPDATE sessions SET seen_at=? WHERE id=? AND ended_at IS NULL AND seen_at<?", at, id, at)

    def end_session(self, id: str, at: str) -> None:
        self._run("UPDATE sessions SET ended_at=? WHERE id=? AND ended_at IS NULL", at, id)

    def end_sessions(self, at: str) -> int:
        """Ends every session there is; returns how many."""
        return self._run("UPDATE sessions SET ended_at=? WHERE ended_at IS NULL", at)

    def attempts(self, key: str) -> AttemptRow | None:
        row = self._one("SELECT count,at,next_at FROM sign_in_attempts WHERE key=?", key)
        return None if row is None else AttemptRow(row["count"], row["at"], row["next_at"])

    def note_attempts(self, key: str, count: int, at: str, next_at: str | None) -> None:
        self._run(
            "INSERT INTO sign_in_attempts (key,at,count,next_at) VALUES (?,?,?,?)"
            " ON CONFLICT (key) DO UPDATE SET at=excluded.at, count=excluded.count, next_at=excluded.next_at",
            key, at, count, next_at,
        )  # fmt: skip

    def drop_attempts(self, before: str) -> None:
        """Drops counters nobody has moved since: they would be read as nought."""
        self._run("DELETE FROM sign_in_attempts WHERE at<?", before)

    def drop_sessions(self, before: str) -> None:
        """Drops sign-ins made before: they opened nothing any more. That they were is in the audit."""
        self._run("DELETE FROM sessions WHERE made_at<?", before)

    def forget_attempts(self, key: str) -> None:
        self._run("DELETE FROM sign_in_attempts WHERE key=?", key)


def _person(row: object) -> PersonRow | None:
    if row is None:
        return None
    values = dict(row)  # type: ignore[call-overload]
    return PersonRow(**values)
