"""Who may read, what opens an account, who responds to risk and what phones are promised: the tables that say it, and what each change of them leaves in the audit.

Every connection notices, by triggers of its own that no file holds, which of these rows it changes; before it commits, one row of the audit
takes down what each of them was and is now, as digests that were sealed. So a change that this program made is known for ever, and
one that was made by another hand is not: `fieldapp verify` compares.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby

from fieldapp.errors import FieldappError
from fieldapp.store.audit import Audit
from fieldapp.store.noun import Connections, Noun, Sealed, for_reading
from fieldapp.store.settings import DURABLE_THROUGH, RESPONDERS, RESTORED_AT, SAMPLE_SEED

Seal = Callable[[str, bytes], Sealed]
"""Seals what is about something."""

WRITTEN_DOWN = "arrangements written down"
VERSION = 3
"""Of what is taken down; raise it with a `since` when a table comes in, other columns of one, or another row of `only`."""
_AT_ONCE = 500
_LETS_IN = ("council_accounts", "passkeys", "resets", "sessions")


class NotSealed(FieldappError):
    """Nobody said yet what seals, so nothing that is taken down would be kept."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """A table of arrangements. Its rows are taken down together where they share `key`; the other columns of it change daily and prove nothing."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    since: int = 1
    only: Mapping[str, int] = field(default_factory=dict)
    """The first of `key` of the rows that are taken down, and their own `since`, where the table holds other things too; none for all its rows."""

    def where(self, row: str = "") -> str:
        """The condition, as SQL, under which a row is taken down. `row` stands before the column: "old." and "new." in a trigger."""
        names = ",".join(f"'{name}'" for name in self.only)
        return f"{row}{self.key[0]} IN ({names})" if names else "TRUE"

    def came_in(self, key: str) -> int:
        """The version since which what has this key is taken down."""
        return self.only.get(key.partition("|")[0], self.since)


TABLES = {
    each.table: each
    for each in (
        Arranged("casefiles", ("id",), ("team", "practice")),
        Arranged("council_accounts", ("person",), ("issuer", "subject", "bound_at")),
        Arranged("devices", ("id",), ("token_hash", "made_at", "status")),
        Arranged("duty_turns", ("id",), ("person", "team", "from_at", "until_at")),
        Arranged("kept_out", ("casefile", "person"), ("from_at", "until_at")),
        Arranged("memberships", ("person", "team"), ("role", "from_at", "until_at")),
        Arranged("passkeys", ("id",), ("person", "name", "public_key", "made_at")),
        Arranged(
            "people", ("id",),
            ("email", "name", "role", "password_hash", "totp_sealed", "active_from", "ended_at", "team"),
        ),
        Arranged("pod_casefiles", ("pod", "casefile"), ("from_at", "until_at")),
        Arranged("pod_people", ("pod", "person"), ("from_at", "until_at")),
        Arranged("pods", ("id",), ("name", "team")),
        Arranged("readers", ("casefile", "person"), ("from_at", "until_at", "why")),
        Arranged(
            "resets", ("id",),
            ("person", "asked_by", "asked_at", "first_hash", "confirmed_by", "confirmed_at", "second_hash", "until_at", "ended_at", "used_at"),
        ),
        Arranged("sections", ("casefile",), ("family",)),
        Arranged("sessions", ("id",), ("person", "made_at", "ended_at", "second_factor_at", "via")),
        Arranged("settings", ("name",), ("value",), only={RESPONDERS: 2, DURABLE_THROUGH: 3, RESTORED_AT: 3, SAMPLE_SEED: 3}),
        Arranged("setup_nonces", ("hash",), ("person", "device", "until_at", "used_at")),
        Arranged("signers", ("kid",), ("read_token_hash", "ended_at", "end_reason")),
        Arranged("teams", ("id",), ("name",)),
        Arranged(
            "widenings", ("id",),
            (
                "person", "what", "role", "team", "pod", "from_at", "upto_at", "why_sealed", "asked_by", "asked_at", "until_at", "confirmed_by",
                "confirmed_at", "ended_at",
            ),
        ),
    )
}  # fmt: skip


def about(n: int, prev: str) -> str:
    """What a row of the audit is sealed about: its number and all that stands before it, so that it opens nowhere else."""
    return f"arrangements|{n}|{prev}"


class Arrangements(Noun):
    """What is arranged, as digests, and the audit's rows about it."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(connections)
        self._audit = Audit(connections)
        self._seal: Seal | None = None

    def watch(self) -> None:
        """Has every connection notice from now on what it changes. Call it once the tables are there."""
        self._connections.watch(_notice, self._write_down)

    def sealed_by(self, seal: Seal) -> None:
        """Says what seals. What is changed before anybody did is not taken down, and verify will name it."""
        self._seal = seal

    def newest_first(self) -> Iterator[tuple[int, str, Sealed]]:
        """The rows about arrangements, the newest first: the number, the hash before it, and what is sealed."""
        asked = "SELECT n, prev, detail_sealed FROM audit NOT INDEXED WHERE person = '' AND what = ? ORDER BY n DESC"
        for row in self._connections.raw.execute(asked, [WRITTEN_DOWN]):
            yield row[0], row[1], row[2]

    def take_stock(self, *, since: int) -> None:
        """Takes down all there is of what came in after version `since`: of an office that was there before it.

        That there is nothing is taken down too: else the next start took stock again, and vouched for what another hand put in until then.
        """
        said: list[dict[str, dict[str, list[str]]]] = []
        for table, each in TABLES.items():
            found = [(key, digest) for key, digest in self.every(table) if each.came_in(key) > since]
            for at in range(0, len(found), _AT_ONCE):
                said.append({table: {key: [digest] for key, digest in found[at : at + _AT_ONCE]}})
        for part in said or [{}]:
            self._add(part)

    def accept(self, found: dict[str, dict[str, list[str]]], named: tuple[object, ...]) -> None:
        """Takes down what is there (by table and key, "" for nothing) although another hand made it so, and what verify named until then. Raises NotSealed."""
        if self._seal is None:
            raise NotSealed
        self._add(found, [named])

    def of_account(self, person: str) -> set[tuple[str, str]]:
        """(table, key) of what says who somebody is to this office, what lets them in, and who vouched for them."""
        found = {("people", person)}
        for table in _LETS_IN:
            key = TABLES[table].key[0]
            found |= {(table, str(row[0])) for row in self._rows(f"SELECT {key} FROM {table} WHERE person=?", person)}  # noqa: S608 - fixed names
        return found

    def every(self, table: str) -> Iterator[tuple[str, str]]:
        """(key, digest) of everything in a table of arrangements."""
        each = TABLES[table]
        names = (*each.key, *each.columns)
        # By the columns and not by what an index says: rows that share a key must come together whatever somebody wrote into them.
        asked = f"SELECT {','.join(names)} FROM {table} WHERE {each.where()} ORDER BY {','.join(names)}"  # noqa: S608 - fixed names
        rows = _as_they_are(self._connections.raw, asked)
        for key, group in groupby(rows, lambda row: row[: len(each.key)]):
            yield "|".join(str(part) for part in key), _digest(row[len(each.key) :] for row in group)

    def _write_down(self, changed: set[tuple[str, str]]) -> None:
        if self._seal is None or self._has_a_trigger():
            return
        said: dict[str, dict[str, list[str]]] = {}
        # What was committed last is what others see: so a row that another hand changed before is known by what it was then.
        with closing(for_reading(self._connections.path)) as before:
            for table, key in sorted(changed):
                was, now = (_of_key(raw, TABLES[table], key) for raw in (before, self._connections.raw))
                if was != now:
                    said.setdefault(table, {})[key] = [was, now]
        if said:
            self._add(said)

    def _has_a_trigger(self) -> bool:
        """Whether the file holds a trigger. No step makes one: what it changes along with a deed of the office is not the office's to vouch for,
        and would be as soon as whoever left it there took it away again.
        """
        found = self._one("SELECT 1 FROM main.sqlite_master WHERE type = 'trigger' LIMIT 1")
        return found is not None

    def _add(self, said: dict[str, dict[str, list[str]]], accepted: list[tuple[object, ...]] | None = None) -> None:
        if self._seal is None:
            return
        n, prev, at = self._audit.next()
        told = {"v": VERSION, "said": said} | ({"accepted": accepted} if accepted else {})
        detail = self._seal(about(n, prev), json.dumps(told, separators=(",", ":")).encode())
        self._audit.add(at, "", WRITTEN_DOWN, detail=detail)


def _notice(raw: sqlite3.Connection) -> set[tuple[str, str]]:
    """Makes a connection note each row of arrangements that it changes, however; returns the set that they are noted in."""
    changed: set[tuple[str, str]] = set()
    raw.create_function("arranged", 2, lambda table, key: changed.add((table, key)))
    for table, each in TABLES.items():
        keys = {row: " || '|' || ".join(row + name for name in each.key) for row in ("old.", "new.")}
        old, new = (f"SELECT arranged('{table}', {key}) WHERE {each.where(row)};" for row, key in keys.items())
        for when, notes in (
            ("INSERT", (new,)),
            (f"UPDATE OF {','.join((*each.key, *each.columns))}", (old, new)),
            ("DELETE", (old,)),
        ):
            noted = " ".join(notes)
            raw.execute(f"CREATE TEMP TRIGGER arranged_{table}_{when[:6]} AFTER {when} ON main.{table} BEGIN {noted} END")
    return changed


def _of_key(raw: sqlite3.Connection, each: Arranged, key: str) -> str:
    where = " AND ".join(f"{name} = ?" for name in each.key)
    names = ",".join(each.columns)
    parts = key.split("|", len(each.key) - 1)
    return _digest(_as_they_are(raw, f"SELECT {names} FROM {each.table} WHERE {where} ORDER BY {names}", parts))  # noqa: S608 - fixed names


def _as_they_are(raw: sqlite3.Connection, asked: str, values: Sequence[str] = ()) -> Iterator[tuple[object, ...]]:
    """Reads rows in which another hand may have left bytes that are no text: that must neither keep the office from putting it right nor verify from naming it."""
    found: list[tuple[object, ...]] | None = None
    cursor = raw.cursor()
    while found is None or found:
        former, raw.text_factory = raw.text_factory, _text_or_not
        try:
            if found is None:
                cursor.execute(asked, values)
            found = [tuple(row) for row in cursor.fetchmany(1_000)]
        finally:
            raw.text_factory = former
        yield from found


def _text_or_not(value: bytes) -> str:
    return value.decode(errors="surrogateescape")


def _digest(rows: Iterable[Sequence[object]]) -> str:
    """A digest of rows; "" of none."""
    told = [[["bytes", value.hex()] if isinstance(value, bytes) else value for value in row] for row in rows]
    if not told:
        return ""
    digest = hashlib.sha256(json.dumps(told, separators=(",", ":")).encode()).digest()
    return urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
