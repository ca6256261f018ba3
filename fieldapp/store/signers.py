"""Devices, signers, the chain of enrolments and each signer's own chain of slips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fieldapp.store.noun import Noun


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One browser's outbox. Its token may add, never read. `status`: ok | lost | cloned | ended."""

    id: str
    token_hash: str
    made_at: str
    seen_at: str
    status: str
    oldest_waiting_at: str | None
    waiting: int
    app: str


@dataclass(frozen=True, slots=True)
class SignerRow:
    """One person's key on one device. `said_n` and `said_id`: the chain head it last told of."""

    kid: str
    person: str
    device: str
    jwk: str
    enrolled_at: str
    read_token_hash: str
    replaces: str
    ended_at: str | None
    end_reason: str
    seen_at: str | None
    said_n: int
    said_id: str
    keyset_n: int


@dataclass(frozen=True, slots=True)
class EnrolmentRow:
    """One link of the enrolment chain."""

    n: int
    id: str
    kid: str
    jws: str
    received_at: str
    log_hash: str


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


class Signers(Noun):
    """Enrolments are kept for ever; a signer ends, it is never deleted."""

    def add_device(self, device: str, token_hash: str, at: str) -> None:
        self._run(
            "INSERT INTO devices (id, token_hash, made_at, seen_at) VALUES (?, ?, ?, ?)",
            device,
            token_hash,
            at,
            at,
        )

    def device(self, device: str) -> DeviceRow | None:
        row = self._one("SELECT * FROM devices WHERE id = ?", device)
        return None if row is None else DeviceRow(*tuple(row))

    def device_by_token(self, token_hash: str) -> DeviceRow | None:
        row = self._one("SELECT * FROM devices WHERE token_hash = ?", token_hash)
        return None if row is None else DeviceRow(*tuple(row))

    def devices(self) -> list[DeviceRow]:
        """Every device, the longest silent first."""
        return [DeviceRow(*tuple(row)) for row in self._rows("SELECT * FROM devices ORDER BY seen_at, id")]

    def set_device_token(self, device: str, token_hash: str) -> None:
        self._run("UPDATE devices SET token_hash = ? WHERE id = ?", token_hash, device)

    def set_device_status(self, device: str, status: str) -> None:
        self._run("UPDATE devices SET status = ? WHERE id = ?", status, device)

    def see_device(self, device: str, at: str, waiting: int, oldest_waiting_at: str | None, app: str) -> None:
        """The radar: how many wait there and since when, never what they say."""
        self._run(
            "UPDATE devices SET seen_at = ?, waiting = ?, oldest_waiting_at = ?, app = ? WHERE id = ?",
            *(at, waiting, oldest_waiting_at, app, device),
        )

    def hear_device(self, device: str, at: str, waiting: int, oldest_waiting_at: str | None, app: str) -> None:
        """The same for a greeting that proved nothing: it may tell of more and older work that waits, never of less."""
        self._run(
            "UPDATE devices SET seen_at = ?, waiting = max(waiting, ?), app = ?,"
            " oldest_waiting_at = coalesce(min(oldest_waiting_at, ?), oldest_waiting_at, ?) WHERE id = ?",
            *(at, waiting, app, oldest_waiting_at, oldest_waiting_at, device),
        )

    def add(self, row: SignerRow) -> None:
        self._run(
            "INSERT INTO signers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(row.kid, row.person, row.device, row.jwk, row.enrolled_at, row.read_token_hash, row.replaces),
            *(row.ended_at, row.end_reason, row.seen_at, row.said_n, row.said_id, row.keyset_n),
        )

    def get(self, kid: str) -> SignerRow | None:
        return self.several([kid]).get(kid)

    def several(self, kids: Iterable[str]) -> dict[str, SignerRow]:
        wanted = list(dict.fromkeys(kids))
        found: dict[str, SignerRow] = {}
        for at in range(0, len(wanted), 500):
            part = wanted[at : at + 500]
            for row in self._rows(f"SELECT * FROM signers WHERE kid IN ({_marks(part)})", *part):  # noqa: S608
                found[row["kid"]] = SignerRow(*tuple(row))
        return found

    def of_device(self, device: str) -> list[SignerRow]:
        rows = self._rows("SELECT * FROM signers WHERE device = ? ORDER BY enrolled_at, kid", device)
        return [SignerRow(*tuple(row)) for row in rows]

    def behind(self, keyset_n: int) -> list[SignerRow]:
        """Signers in use, on phones in use, that have not told of this key set or a later one."""
        rows = self._rows(
            "SELECT s.* FROM signers s JOIN devices d ON d.id = s.device WHERE s.ended_at IS NULL AND d.status = 'ok' AND s.keyset_n < ?"
            " ORDER BY s.seen_at, s.kid",
            keyset_n,
        )
        return [SignerRow(*tuple(row)) for row in rows]

    def waiting_since(self, at: str, keyset_n: int) -> list[DeviceRow]:
        """Devices, in use or not, that told of work waiting which may have been sealed before `at`, or by somebody who did not know this key set."""
        rows = self._rows(
            "SELECT * FROM devices d WHERE waiting > 0 AND (oldest_waiting_at IS NULL OR oldest_waiting_at < ?"
            " OR d.status <> 'ok' AND EXISTS (SELECT 1 FROM signers s WHERE s.device = d.id AND s.keyset_n < ?)) ORDER BY seen_at, id",
            *(at, keyset_n),
        )
        return [DeviceRow(*tuple(row)) for row in rows]

    def of_person(self, person: str) -> list[SignerRow]:
        rows = self._rows("SELECT * FROM signers WHERE person = ? ORDER BY enrolled_at, kid", person)
        return [SignerRow(*tuple(row)) for row in rows]

    def end(self, kid: str, at: str, reason: str) -> None:
        self._run(
            "UPDATE signers SET ended_at = ?, end_reason = ? WHERE kid = ? AND ended_at IS NULL",
            at,
            reason,
            kid,
        )

    def set_read_token(self, kid: str, read_token_hash: str) -> None:
        self._run("UPDATE signers SET read_token_hash = ? WHERE kid = ?", read_token_hash, kid)

    def say(self, kid: str, n: int, entry: str, keyset_n: int, at: str) -> None:
        """Notes the head of its own chain that a phone told of."""
        self._run(
            "UPDATE signers SET said_n = ?, said_id = ?, keyset_n = ?, seen_at = ? WHERE kid = ?",
            *(n, entry, keyset_n, at, kid),
        )

    def add_nonce(self, nonce_hash: str, person: str, device: str, until_at: str) -> None:
        self._run("INSERT INTO setup_nonces VALUES (?, ?, ?, ?, NULL)", nonce_hash, person, device, until_at)

    def use_nonce(self, nonce_hash: str, at: str) -> tuple[str, str] | None:
        """Takes a set-up nonce once; returns its person and device, None when unknown, used or too old."""
        used = self._run(
            "UPDATE setup_nonces SET used_at = ? WHERE hash = ? AND used_at IS NULL AND until_at > ?",
            at,
            nonce_hash,
            at,
        )
        if not used:
            return None
        row = self._one("SELECT person, device FROM setup_nonces WHERE hash = ?", nonce_hash)
        return None if row is None else (row["person"], row["device"])

    def drop_begun(self, person: str) -> None:
        """Ends every set-up this person has begun and not finished: whoever knew the password may have begun it."""
        self._run("DELETE FROM setup_nonces WHERE person = ? AND used_at IS NULL", person)

    def drop_nonces(self, before: str) -> None:
        self._run("DELETE FROM setup_nonces WHERE until_at < ?", before)

    def add_enrolment(self, row: EnrolmentRow) -> None:
        self._run(
            "INSERT INTO enrolments VALUES (?, ?, ?, ?, ?, ?)",
            *(row.n, row.id, row.kid, row.jws, row.received_at, row.log_hash),
        )

    def enrolment_head(self) -> tuple[int, str]:
        """n and log_hash of the newest enrolment; (0, "") when there is none."""
        row = self._one("SELECT n, log_hash FROM enrolments ORDER BY n DESC LIMIT 1")
        return (0, "") if row is None else (row["n"], row["log_hash"])

    def enrolments_of(self, kids: Iterable[str]) -> list[EnrolmentRow]:
        """The enrolments of these signers, in chain order."""
        wanted = list(dict.fromkeys(kids))
        found: list[EnrolmentRow] = []
        for at in range(0, len(wanted), 500):
            part = wanted[at : at + 500]
            sql = f"SELECT n, id, kid, jws, received_at, log_hash FROM enrolments WHERE kid IN ({_marks(part)})"  # noqa: S608
            found += [EnrolmentRow(*tuple(row)) for row in self._rows(sql, *part)]
        return sorted(found, key=lambda row: row.n)

    def slips(self, pairs: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """The entry ids that already took these (kid, n)."""
        found: dict[tuple[str, int], str] = {}
        by_kid: dict[str, list[int]] = {}
        for kid, n in pairs:
            by_kid.setdefault(kid, []).append(n)
        for kid, numbers in by_kid.items():
            for at in range(0, len(numbers), 500):
                part = numbers[at : at + 500]
                sql = f"SELECT n, id FROM slips WHERE kid = ? AND n IN ({_marks(part)})"  # noqa: S608
                found.update(((kid, row["n"]), row["id"]) for row in self._rows(sql, kid, *part))
        return found

    def add_slips(self, rows: Sequence[tuple[str, int, str]]) -> None:
        """Rows of (kid, n, id). A number once taken stays with its first entry."""
        self._run_many("INSERT INTO slips VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows)

    def head(self, kid: str) -> tuple[int, str]:
        """The highest n the office has of this signer, and its entry; (0, "") when none."""
        row = self._one("SELECT n, id FROM slips WHERE kid = ? ORDER BY n DESC LIMIT 1", kid)
        return (0, "") if row is None else (row["n"], row["id"])

    def gaps(self, kid: str) -> list[tuple[int, int]]:
        """Runs of numbers that have not come though later ones have: [(first, last)], inclusive."""
        rows = self._rows(
            "SELECT before + 1, n - 1 FROM (SELECT n, lag(n, 1, 0) OVER (ORDER BY n) AS before FROM slips"
            " WHERE kid = ?) WHERE n > before + 1 ORDER BY n",
            kid,
        )
        return [(row[0], row[1]) for row in rows]
