"""What somebody must look into about a phone: that it lost its notes, that a number of its chain has not come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fieldapp.store.noun import Noun

What = Literal["gap", "lost"]


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm about one signer. `first` to `last` are numbers of its chain.

    `lost`: the phone no longer knew of these when it greeted at `at`, and had last told of `waiting` unsent items, the
    oldest since `oldest_at`. `gap`: these have not come though later ones have; a row only once somebody settled it.
    """

    n: int
    kid: str
    device: str
    what: What
    first: int
    last: int
    at: str
    waiting: int
    oldest_at: str | None
    settled_at: str | None
    settled_by: str | None


class Alarms(Noun):
    """Alarms are raised once and settled by a named person; none is ever deleted."""

    def raise_lost(self, kid: str, device: str, first: int, last: int, at: str, waiting: int, oldest_at: str | None) -> None:
        """Notes that a phone lost what it had. While nobody has looked into it, saying so again changes nothing."""
        self._run(
            "INSERT INTO phone_alarms (kid, device, what, first, last, at, waiting, oldest_at) VALUES (?, ?, 'lost', ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            *(kid, device, first, last, at, waiting, oldest_at),
        )

    def settle_lost(self, n: int, person: str, at: str) -> None:
        """Notes that somebody looked into it. What was settled before stays with whoever did it first."""
        self._run("UPDATE phone_alarms SET settled_at = ?, settled_by = ? WHERE n = ? AND settled_at IS NULL", at, person, n)

    def settle_gap(self, kid: str, device: str, first: int, last: int, person: str, at: str) -> None:
        """Notes that somebody looked into numbers that have not come."""
        self._run(
            "INSERT INTO phone_alarms (kid, device, what, first, last, at, settled_at, settled_by) VALUES (?, ?, 'gap', ?, ?, ?, ?, ?)",
            *(kid, device, first, last, at, at, person),
        )

    def of_device(self, device: str) -> list[AlarmRow]:
        """Every alarm about a device, oldest first, settled ones too."""
        return [AlarmRow(*tuple(row)) for row in self._rows("SELECT * FROM phone_alarms WHERE device = ? ORDER BY n", device)]
