"""How often who was refused what in an hour: counters, so that a scanner cannot fill the disk. The audit has what they came to."""

from __future__ import annotations

from dataclasses import dataclass

from fieldapp.store.noun import Noun


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One counter. `hour` is the beginning of a time on the wire, `2026-11-21T18`; `person` or `device` is "" where it is not known."""

    hour: str
    person: str
    device: str
    why: str
    route: str
    count: int


class Refusals(Noun):
    """Counters of hours that the audit does not have yet."""

    def count(self, hour: str, person: str, device: str, why: str, route: str) -> int:
        """How far a counter has come."""
        found = self._value(
            "SELECT count FROM refusals WHERE hour=? AND person=? AND device=? AND why=? AND route=?",
            hour,
            person,
            device,
            why,
            route,
        )
        return int(found or 0)

    def add(self, hour: str, person: str, device: str, why: str, route: str) -> None:
        """Counts one more."""
        self._run(
            "INSERT INTO refusals (hour,person,device,why,route,count) VALUES (?,?,?,?,?,1)"
            " ON CONFLICT (hour,person,device,why,route) DO UPDATE SET count=count+1",
            hour, person, device, why, route,
        )  # fmt: skip

    def before(self, hour: str) -> list[RefusalRow]:
        """Every counter of the hours before this one."""
        rows = self._rows(
            "SELECT hour,person,device,why,route,count FROM refusals WHERE hour<? ORDER BY hour,person,device,why,route", hour
        )
        return [RefusalRow(*tuple(row)) for row in rows]

    def drop_before(self, hour: str) -> int:
        return self._run("DELETE FROM refusals WHERE hour<?", hour)
