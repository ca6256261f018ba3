"""The demo's own notes, because compression says little on words drawn at random."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from fieldapp import practice
from fieldapp.demo import script
from fieldapp.demo.calendar import Calendar


def notes(count: int) -> list[dict[str, Any]]:
    """Returns visit and contact notes as fields, with their schema, again from the start when they run out."""
    shipped, calendar = practice.shipped(), Calendar.ending(date(2026, 11, 20))
    found = [
        {"schema": step.schema, "fields": dict(step.fields)}
        for name, told in script.told_families().items()
        for casefile in script.casefiles(told, name, seed="bench", calendar=calendar, practice=shipped)
        for step in casefile.steps
        if step.kind in ("visit_note", "contact") and not step.parents
    ]
    return list(itertools.islice(itertools.cycle(found), count))
