"""Counts days and hours on the wall clock of one place, as text: `2026-03-02` and `2026-03-02T17:40`. Twin:
`days.js`.

No time zone on purpose: a visit that ended at 17:40 is to be written by 17:40 two days on, also when the
clocks change.
"""

from __future__ import annotations

from collections.abc import Collection

_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def day_number(day: str) -> int:
    """Counts the days from 0001-01-01, which is 1 and a Monday."""
    year, month, date = int(day[:4]), int(day[5:7]), int(day[8:10])
    past = year - 1
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return past * 365 + past // 4 - past // 100 + past // 400 + _BEFORE[month - 1] + (1 if leap and month > 2 else 0) + date


def day_text(number: int) -> str:
    """Writes the day with this number."""
    year = number * 400 // 146097 + 1
    while day_number(f"{year:04d}-01-01") > number:
        year -= 1
    while day_number(f"{year + 1:04d}-01-01") <= number:
        year += 1
    month = 12
    while day_number(f"{year:04d}-{month:02d}-01") > number:
        month -= 1
    date = number - day_number(f"{year:04d}-{month:02d}-01") + 1
    return f"{year:04d}-{month:02d}-{date:02d}"


def plus_days(day: str, days: int) -> str:
    """Moves a day; whatever stands after the date is left off."""
    return day_text(day_number(day) + days)


def plus_hours(moment: str, hours: int) -> str:
    """Moves a moment `YYYY-MM-DDTHH:MM` by whole hours."""
    minutes = day_number(moment) * 1440 + int(moment[11:13]) * 60 + int(moment[14:16]) + hours * 60
    day, rest = divmod(minutes, 1440)
    return f"{day_text(day)}T{rest // 60:02d}:{rest % 60:02d}"


def plus_working_days(day: str, days: int, holidays: Collection[str]) -> str:
    """Gives the working day so many after `day`, which itself does not count; weekends and `holidays` do not
    either."""
    number, left = day_number(day), days
    while left > 0:
        number += 1
        weekend = (number - 1) % 7 >= 5
        if not weekend and day_text(number) not in holidays:
            left -= 1
    return day_text(number)
