"""What every form of a demo family is filled in with: its days, its people, and ids that are the same each time. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fieldapp.demo.calendar import Calendar
from fieldapp.practice.library import Practice
from sync.entry import b64u

Told = Mapping[str, Any]
Fields = dict[str, Any]


@dataclass(frozen=True)
class Teller:
    """What every form of one family needs: its days, its people, ids that are the same each time, the definitions."""

    family: str
    seed: str
    calendar: Calendar
    practice: Practice
    people: Mapping[str, Told]
    sort: str = "main"

    def id(self, *names: str) -> str:
        """A random-looking id that a second run gives again."""
        named = "\n".join(("fieldapp demo 1", self.seed, self.family, *names))
        return b64u(hashlib.sha256(named.encode()).digest()[:16])

    def record(self, name: str) -> str:
        """The id of a record in this casefile; its private section has records of its own."""
        return self.id("record", self.sort, name)

    def person(self, key: str) -> str:
        if key not in self.people:
            raise KeyError(f"{self.family}: nobody is called {key!r}")
        return self.id("person", key)

    def born_on(self, key: str) -> str:
        """A birthday that makes the person as old as told on the first day, and differs from person to person."""
        told = self.people[key]
        if "born" in told:
            return str(told["born"])
        spread = 20 + hashlib.sha256(f"{self.family}/{key}".encode()).digest()[0] % 300
        if "months" in told:
            return (self.calendar.week0 - timedelta(days=round(told["months"] * 30.44) + spread % 20)).isoformat()
        return (self.calendar.week0 - timedelta(days=round(told["age"] * 365.25) + spread)).isoformat()


def answered(fields: Mapping[str, Any]) -> Fields:
    """Leaves out what was not answered."""
    return {name: value for name, value in fields.items() if value is not None and value != [] and value != ""}


def people_with(tell: Teller, record: str, keys: list[str]) -> list[Fields]:
    """People by key; `+Name, role` for somebody who is not among the family's people."""
    items = []
    for key in keys:
        item: Fields = {"id": tell.id(record, "with", key)}
        if key.startswith("+"):
            name, _, role = key[1:].partition(", ")
            item |= answered({"name": name, "role": role})
        else:
            known = tell.people[key]
            item |= {"person": tell.person(key), "name": known["name"], "role": known["relation"]}
        items.append(item)
    return items
