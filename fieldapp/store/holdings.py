"""What lies on phones: which casefiles each signer was given, and whose copies are gone again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fieldapp.store.noun import Noun


@dataclass(frozen=True, slots=True)
class Delivery:
    """One casefile given to one signer, up to entry `seq`."""

    casefile: str
    seq: int
    first_at: str
    last_at: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A phone's word that it holds nothing of this signer any more. `is_signed`: by a key of that phone; else only whoever held it said so."""

    at: str
    is_signed: bool


class Holdings(Noun):
    """Rows of facts; a second giving moves the first on, and a signed word is never replaced by an unsigned one."""

    def give(self, kid: str, casefiles: Iterable[tuple[str, int]], at: str) -> None:
        """Notes (casefile, seq) that are about to be sent to a signer."""
        self._run_many(
            "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq), last_at = excluded.last_at",
            [(kid, casefile, seq, at, at) for casefile, seq in casefiles],
        )

    def given(self, kid: str) -> list[Delivery]:
        """Everything this signer was ever given, by casefile."""
        rows = self._rows("SELECT casefile, seq, first_at, last_at FROM deliveries WHERE kid = ? ORDER BY casefile", kid)
        return [Delivery(*tuple(row)) for row in rows]

    def lose(self, kid: str, at: str, *, is_signed: bool) -> bool:
        """Notes that a phone holds nothing of this signer any more; whether that is news."""
        return bool(
            self._run(
                "INSERT INTO vaults_gone VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, is_signed = 1"
                " WHERE is_signed < excluded.is_signed",
                *(kid, at, int(is_signed)),
            )
        )

    def gone(self, kid: str) -> Gone | None:
        row = self._one("SELECT at, is_signed FROM vaults_gone WHERE kid = ?", kid)
        return None if row is None else Gone(row["at"], bool(row["is_signed"]))

    def removals(self, kid: str) -> dict[str, str]:
        """When this signer's phone said of each casefile that it dropped it."""
        return {row["casefile"]: row["at"] for row in self._rows("SELECT casefile, at FROM removals_heard WHERE kid = ?", kid)}
