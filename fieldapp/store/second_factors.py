"""Passkeys, what is good once, resets that two people agree on, and whose account at the council is whose here. Times are text as on the wire."""

from __future__ import annotations

from dataclasses import dataclass

from fieldapp.store.noun import Noun


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """One passkey of one person. `counted` is the highest use its authenticator told of; many tell none, which is 0."""

    id: str
    person: str
    name: str
    public_key: bytes
    counted: int
    made_at: str
    used_at: str | None


@dataclass(frozen=True, slots=True)
class ResetRow:
    """A reset somebody asked for. Of the two halves of its words only hashes are kept. `ended_at` says that it was used or taken back, `used_at` that it was used.

    Words given out at the office's own machine have both halves and nobody who confirmed; `asked_by` is then the person.
    """

    id: str
    person: str
    asked_by: str
    asked_at: str
    first_hash: str
    confirmed_by: str | None
    confirmed_at: str | None
    second_hash: str | None
    until_at: str
    ended_at: str | None
    used_at: str | None


class Passkeys(Noun):
    """Passkeys of people at the desk."""

    def add(self, row: PasskeyRow) -> None:
        self._run(
            "INSERT INTO passkeys (id,person,name,public_key,counted,made_at,used_at) VALUES (?,?,?,?,?,?,?)",
            row.id, row.person, row.name, row.public_key, row.counted, row.made_at, row.used_at,
        )  # fmt: skip

    def get(self, id: str) -> PasskeyRow | None:
        row = self._one("SELECT * FROM passkeys WHERE id=?", id)
        return None if row is None else PasskeyRow(**dict(row))

    def of_person(self, person: str) -> list[PasskeyRow]:
        return [
            PasskeyRow(**dict(row)) for row in self._rows("SELECT * FROM passkeys WHERE person=? ORDER BY made_at,id", person)
        ]

    def use(self, id: str, counted: int, at: str) -> bool:
        """Notes a use; False when its count did not grow, though it counts."""
        return (
            self._run(
                "UPDATE passkeys SET counted=?, used_at=? WHERE id=? AND (counted<? OR (counted=0 AND ?=0))",
                counted,
                at,
                id,
                counted,
                counted,
            )
            == 1
        )

    def remove(self, id: str, person: str) -> int:
        """Removes a passkey of this person; returns how many that were."""
        return self._run("DELETE FROM passkeys WHERE id=? AND person=?", id, person)

    def remove_all(self, person: str) -> int:
        return self._run("DELETE FROM passkeys WHERE person=?", person)


class Spent(Noun):
    """What is good once and has been used: challenges, and the state of a sign-in at the council."""

    def spend(self, hash: str, now: str, until_at: str) -> bool:
        """Marks as used; False when it was before. What nobody would take any more for its age is dropped."""
        self._run("DELETE FROM spent WHERE until_at<?", now)
        return self._run("INSERT INTO spent (hash,until_at) VALUES (?,?) ON CONFLICT (hash) DO NOTHING", hash, until_at) == 1


class Resets(Noun):
    """Resets of a password and second factor, each asked for by one person and confirmed by another."""

    def ask(self, id: str, person: str, asked_by: str, at: str, first_hash: str, until_at: str) -> None:
        self._run(
            "INSERT INTO resets (id,person,asked_by,asked_at,first_hash,until_at) VALUES (?,?,?,?,?,?)",
            id, person, asked_by, at, first_hash, until_at,
        )  # fmt: skip

    def give(self, id: str, person: str, at: str, first_hash: str, second_hash: str, until_at: str) -> None:
        """Keeps both halves that were given out at the office's own machine: nobody else asked, and nobody has to confirm."""
        self._run(
            "INSERT INTO resets (id,person,asked_by,asked_at,first_hash,confirmed_at,second_hash,until_at) VALUES (?,?,?,?,?,?,?,?)",
            id, person, person, at, first_hash, at, second_hash, until_at,
        )  # fmt: skip

    def get(self, id: str) -> ResetRow | None:
        row = self._one("SELECT * FROM resets WHERE id=?", id)
        return None if row is None else ResetRow(**dict(row))

    def standing(self, at: str) -> list[ResetRow]:
        """Those neither used, taken back nor lapsed, the oldest first."""
        rows = self._rows("SELECT * FROM resets WHERE ended_at IS NULL AND until_at>? ORDER BY asked_at,id", at)
        return [ResetRow(**dict(row)) for row in rows]

    def confirm(self, id: str, by: str, at: str, second_hash: str, until_at: str) -> bool:
        return (
            self._run(
                "UPDATE resets SET confirmed_by=?, confirmed_at=?, second_hash=?, until_at=?"
                " WHERE id=? AND second_hash IS NULL AND ended_at IS NULL AND until_at>?",
                by,
                at,
                second_hash,
                until_at,
                id,
                at,
            )
            == 1
        )

    def use(self, id: str, at: str) -> bool:
        """Ends one because its words were used; False when it had ended or lapsed."""
        changed = self._run(
            "UPDATE resets SET ended_at=?, used_at=? WHERE id=? AND ended_at IS NULL AND until_at>?", at, at, id, at
        )
        return changed == 1

    def newest_used(self, person: str) -> ResetRow | None:
        """Gives the reset by which this person's account was last set up: who vouched for them. None: nobody on a page did."""
        row = self._one("SELECT * FROM resets WHERE person=? AND used_at IS NOT NULL ORDER BY used_at DESC,id LIMIT 1", person)
        return None if row is None else ResetRow(**dict(row))

    def end(self, id: str, at: str) -> bool:
        """Ends one; False when it had ended or lapsed."""
        return self._run("UPDATE resets SET ended_at=? WHERE id=? AND ended_at IS NULL AND until_at>?", at, id, at) == 1

    def end_every(self, at: str) -> int:
        """Ends all there are, whoever's."""
        return self._run("UPDATE resets SET ended_at=? WHERE ended_at IS NULL", at)

    def end_all(self, person: str, at: str) -> int:
        return self._run("UPDATE resets SET ended_at=? WHERE person=? AND ended_at IS NULL", at, person)

    def end_given_by(self, person: str, at: str) -> int:
        """Ends all that this person asked for or confirmed."""
        return self._run("UPDATE resets SET ended_at=? WHERE ? IN (asked_by, confirmed_by) AND ended_at IS NULL", at, person)


class CouncilAccounts(Noun):
    """Which account at the council's own provider belongs to whom here. One person has one at most."""

    def bind(self, issuer: str, subject: str, person: str, at: str) -> bool:
        """Binds; False when that account or that person is bound already."""
        return (
            self._run(
                "INSERT INTO council_accounts (issuer,subject,person,bound_at) VALUES (?,?,?,?) ON CONFLICT DO NOTHING",
                issuer,
                subject,
                person,
                at,
            )
            == 1
        )

    def person(self, issuer: str, subject: str) -> str | None:
        found: str | None = self._value("SELECT person FROM council_accounts WHERE issuer=? AND subject=?", issuer, subject)
        return found

    def bound_at(self, person: str) -> str | None:
        """Since when this person's account at the council opens theirs here; None when none does."""
        found: str | None = self._value("SELECT bound_at FROM council_accounts WHERE person=?", person)
        return found

    def unbind(self, person: str) -> int:
        return self._run("DELETE FROM council_accounts WHERE person=?", person)
