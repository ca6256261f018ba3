"""Turns the weeks of a demo family into days: `W3 sat 10:00-14:30` is a Saturday in the fourth week.

The last week always ends with the newest Friday before today, so that the demo looks lived in whenever it is made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = "Europe/London"
LAST_WEEK = 12
_LONDON = ZoneInfo(ZONE)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WHEN = re.compile(r"W(-?\d+) (mon|tue|wed|thu|fri|sat|sun)(?: (\d\d:\d\d)(?:-(\d\d:\d\d))?)?")
_IN_PROSE = re.compile(r"\{(th:)?(W-?\d+ (?:mon|tue|wed|thu|fri|sat|sun))\}")


@dataclass(frozen=True, slots=True)
class When:
    """A day in a family's weeks, with the times that were given: 24 hours, as the clock on the wall has them."""

    on: date
    start: str | None
    end: str | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The weeks counted from `week0`, a Monday."""

    week0: date

    @classmethod
    def ending(cls, today: date) -> Calendar:
        """Counts back so that the last week's Friday lies before `today`."""
        friday = today - timedelta(days=(today.weekday() - 4) % 7 or 7)
        return cls(friday - timedelta(days=4, weeks=LAST_WEEK))

    def later(self, weeks: int) -> Calendar:
        """The calendar of a family whose work began some weeks later."""
        return Calendar(self.week0 + timedelta(weeks=weeks))

    def read(self, text: str) -> When:
        """Reads `W0 mon`, `W0 mon 17:40` or `W0 mon 17:40-18:35`; ValueError for anything else."""
        found = _WHEN.fullmatch(text)
        if found is None:
            raise ValueError(f"not a day of a demo family: {text!r}")
        week, day, start, end = found.groups()
        return When(self.week0 + timedelta(weeks=int(week), days=_DAYS.index(day)), start, end)

    def on(self, text: str) -> str:
        """The day as forms have it, `2026-03-02`."""
        return self.read(text).on.isoformat()

    def at(self, text: str) -> datetime:
        """The moment in UTC; the end of a span, for a note is written after its visit."""
        when = self.read(text)
        clock = time.fromisoformat(when.end or when.start or "09:00")
        return datetime.combine(when.on, clock, _LONDON).astimezone(UTC)

    def in_prose(self, text: str) -> str:
        """Writes out the days named in a sentence: `{W5 sat}` as Saturday 17 October, `{th:W5 sat}` as 17th."""

        def day(found: re.Match[str]) -> str:
            on = self.read(found[2]).on
            return ordinal(on.day) if found[1] else f"{on:%A} {on.day} {on:%B}"

        return _IN_PROSE.sub(day, text)


def ordinal(day: int) -> str:
    """Writes the day of a month as people say it: 1st, 12th, 23rd."""
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
