"""Days and times as people type them at the desk, and the moments they stand for."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from fieldapp.web.words import ZONE
from sync.entry import stamp


def first_moment(day: str) -> str | None:
    """The moment a day begins here; None when it is no day."""
    try:
        found = date.fromisoformat(day.strip())
        return stamp(datetime(found.year, found.month, found.day, tzinfo=ZONE))
    except (ValueError, OverflowError):
        return None


def moment_after(day: str) -> str | None:
    """The moment a last day is over here; None when it is no day."""
    try:
        return first_moment((date.fromisoformat(day.strip()) + timedelta(days=1)).isoformat())
    except (ValueError, OverflowError):
        return None


def at_time(text: str) -> str | None:
    """The moment of a day and time as a browser's own field sends them, `2026-11-23T17:00`; None when it is none."""
    try:
        return stamp(datetime.fromisoformat(text.strip()[:16]).replace(tzinfo=ZONE)) if "T" in text else None
    except (ValueError, OverflowError):
        return None
