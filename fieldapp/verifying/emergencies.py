"""Openings in an emergency: each stands in the audit as its row says, and none of the audit's is missing from the list people look through."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fieldapp.access import EMERGENCY_LASTS
from fieldapp.keys import CannotOpen, CasefileKey, Keys
from fieldapp.store import Store
from fieldapp.store.audit import AuditRow
from fieldapp.store.emergencies import EmergencyRow
from fieldapp.verifying.faults import Fault
from sync import entry

_OPENED, _LOOKED_AT = "opened in an emergency", "emergency looked at"


def astray(store: Store, keys: Keys) -> Iterator[Fault]:
    """Compares the list with the audit, both ways: a row taken out would end the alert that the family's supervisors have of it."""
    told: dict[tuple[str, str, str, str], list[AuditRow]] = {}
    for row in store.inspection.audited((_OPENED, _LOOKED_AT)):
        told.setdefault((row.what, row.at, row.person, row.casefile), []).append(row)
    for each in store.inspection.emergencies():
        try:
            holds = _agrees(store, keys, each, told)
        except (CannotOpen, LookupError, ValueError, TypeError, AttributeError):
            holds = False
        if not holds:
            yield Fault("emergency", f"opening in an emergency {each.id}")
    for rows in told.values():
        for row in rows:
            yield Fault("emergency_gone", f"audit row {row.n}")


def _agrees(store: Store, keys: Keys, row: EmergencyRow, told: dict[tuple[str, str, str, str], list[AuditRow]]) -> bool:
    """Takes what the audit tells of this opening off `told`, and says whether the row says the same."""
    opened = told.get((_OPENED, row.from_at, row.person, row.casefile))
    looked = told.get((_LOOKED_AT, row.looked_at, row.looked_by, row.casefile)) if row.looked_at and row.looked_by else None
    first = opened.pop(0) if opened else None
    second = looked.pop(0) if looked else None
    known = store.casefiles.get(row.casefile)
    if first is None or known is None or row.until_at != entry.stamp(entry.moment(row.from_at) + EMERGENCY_LASTS):
        return False
    key = keys.casefile(known.id, known.key)
    if _said(key, first) != {"reason": key.open("emergency", row.reason).decode()}:
        return False
    if row.word is None:
        return second is None and (row.looked_at, row.looked_by) == (None, None)
    return second is not None and _said(key, second) == {"person": row.person, "reason": key.open("emergency", row.word).decode()}


def _said(key: CasefileKey, row: AuditRow) -> object:
    return None if row.detail is None else json.loads(key.open("leave", row.detail))
