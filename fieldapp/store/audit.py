"""What people did, in one chain that can only grow."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from fieldapp.store.noun import Noun, Sealed

OF_PHONES = ("device ended", "device lost", "device ok", "use of a phone ended")
GONE_THROUGH = ("accounts gone through", "duty gone through", "phones gone through", "readers gone through")
_DECISIONS = ",".join(f"'{what}'" for what in (*OF_PHONES, *GONE_THROUGH))
DECISIONS_ASKED = f"SELECT * FROM audit WHERE what IN ({_DECISIONS}) AND at >= ? ORDER BY at DESC, n DESC"  # noqa: S608 - fixed text
"""The same words in the same order as their index has them: SQLite uses it for no others."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing one person did. `detail` is sealed: a reason can be as telling as a note."""

    n: int
    id: str
    at: str
    person: str
    what: str
    casefile: str
    record: str
    detail: Sealed | None
    prev: str
    hash: str

    def expected_hash(self) -> str:
        """What `hash` must be if nothing was changed since."""
        detail = hashlib.sha256(self.detail).hexdigest() if self.detail is not None else ""
        lines = ("fieldapp audit 1", self.prev, str(self.n), self.id, self.at, self.person, self.what)
        text = "\n".join((*lines, self.casefile, self.record, detail, ""))
        return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class Audit(Noun):
    """Rows are added, never changed."""

    def add(
        self,
        at: str,
        person: str,
        what: str,
        casefile: str = "",
        record: str = "",
        detail: Sealed | None = None,
        row_id: str = "",
    ) -> str:
        """Adds a row to the chain and returns its random id (the `via` of entries made on office pages).

        `row_id` only for an entry that a phone gave back after a restore: what it names was lost, and the row says so.
        """
        n, prev, _ = self.next()
        row_id = row_id or urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
        row = AuditRow(n, row_id, at, person, what, casefile, record, detail, prev, "")
        self._run(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(n, row_id, at, person, what, casefile, record, detail, prev, row.expected_hash()),
        )
        return row_id

    def next(self) -> tuple[int, str, str]:
        """What the next row stands on: its number, the hash before it, and the time of the row before it, or of the office's first key set."""
        last = self._one("SELECT n, hash, at FROM audit ORDER BY n DESC LIMIT 1")
        if last is not None:
            return last["n"] + 1, last["hash"], last["at"]
        return 1, "", str(self._value("SELECT issued_at FROM keysets ORDER BY n LIMIT 1") or "")

    def get(self, row_id: str) -> AuditRow | None:
        row = self._one("SELECT * FROM audit WHERE id = ?", row_id)
        return None if row is None else AuditRow(*tuple(row))

    def has_since(self, person: str, at: str, what: str) -> set[tuple[str, str]]:
        """(what, record) of this person's rows since `at` whose `what` begins so."""
        rows = self._rows(
            "SELECT what, record FROM audit WHERE person = ? AND at >= ? AND substr(what, 1, length(?)) = ?",
            person,
            at,
            what,
            what,
        )
        return {(row[0], row[1]) for row in rows}

    def has_of(self, casefile: str, whats: Sequence[str], at: str) -> bool:
        """Whether any of these was done about a casefile since `at`."""
        marks = ",".join("?" * len(whats))
        asked = f"SELECT 1 FROM audit WHERE casefile = ? AND at >= ? AND what IN ({marks}) LIMIT 1"  # noqa: S608 - marks only
        return self._one(asked, casefile, at, *whats) is not None

    def after(self, n: int) -> Iterator[AuditRow]:
        """Rows after number `n`, in order."""
        for row in self._rows("SELECT * FROM audit WHERE n > ? ORDER BY n", n):
            yield AuditRow(*tuple(row))

    def newest(
        self,
        *,
        person: str = "",
        casefile: str = "",
        before: int | None = None,
        limit: int,
        restricted: Collection[str] | None = None,
    ) -> list[AuditRow]:
        """The newest rows of a person or about a casefile, those before row `before` if it is given.

        `restricted`: of what is about restricted casefiles only those rows, counted as if there were no others; None gives all.
        """
        name, value = ("casefile", casefile) if casefile else ("person", person)
        rows = self._rows(
            f"SELECT * FROM audit WHERE {name} = ? AND (? IS NULL OR n < ?)"  # noqa: S608 - fixed names
            " AND (? IS NULL OR casefile NOT IN (SELECT id FROM casefiles WHERE sort = 'restricted'"
            " AND id NOT IN (SELECT value FROM json_each(?)))) ORDER BY n DESC LIMIT ?",
            *(value, before, before, *([None if restricted is None else json.dumps(sorted(restricted))] * 2), limit),
        )
        return [AuditRow(*tuple(row)) for row in rows]

    def newest_of(self, person: str, whats: Sequence[str], most: int) -> list[AuditRow]:
        """The newest things of these sorts that one person did, the newest first."""
        marks = ",".join("?" * len(whats))
        rows = self._rows(
            f"SELECT * FROM audit WHERE person = ? AND what IN ({marks}) ORDER BY n DESC LIMIT ?",  # noqa: S608 - marks only
            person, *whats, most,
        )  # fmt: skip
        return [AuditRow(*tuple(row)) for row in rows]

    def decisions(self, whats: Collection[str], since: str = "") -> list[AuditRow]:
        """What was said of phones (OF_PHONES), or gone through after a restore (GONE_THROUGH), since a moment, the newest first."""
        rows = self._rows(DECISIONS_ASKED, since)
        return [row for each in rows if (row := AuditRow(*tuple(each))).what in whats]

    def head(self) -> str:
        """The hash of the newest row, "" when there is none."""
        return str(self._value("SELECT hash FROM audit ORDER BY n DESC LIMIT 1") or "")

    def all(self, casefile: str = "") -> Iterator[AuditRow]:
        """Rows in order; with `casefile` only those about it."""
        where = "WHERE casefile = ?" if casefile else ""
        values = (casefile,) if casefile else ()
        for row in self._rows(f"SELECT * FROM audit {where} ORDER BY n", *values):  # noqa: S608 - fixed text
            yield AuditRow(*tuple(row))
