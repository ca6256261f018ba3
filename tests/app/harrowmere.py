"""A small invented office for tests of the desk: real Flask, real SQLite, real keys, a clock that tests move."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import argon2
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldapp import people, placing, practice, store
from fieldapp.keys import Keys, new_id
from fieldapp.people import Person
from fieldapp.web import desk, guards
from fieldapp.web.office import Office, put_office
from sync.entry import stamp

PASSWORD = "harrowmere-words"
TEMPLATES = Path(__file__).parents[2] / "templates"


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: datetime = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Harrowmere:
    """The office, its people by first name, and short ways of writing what a phone would have sent."""

    office: Office
    app: Flask
    clock: Clock
    people: dict[str, Person] = field(default_factory=dict)
    totp: dict[str, str] = field(default_factory=dict)

    def add(self, who: str, role: str, team: str | None = "family-support", name: str | None = None) -> Person:
        """Adds somebody who can sign in as `who@harrowmere.example`."""
        added = people.add(
            self.office.store, self.office.keys, email=f"{who}@harrowmere.example", name=name or who.capitalize(), role=role,
            now=self.clock(), team=team, password=PASSWORD,
        )  # fmt: skip
        self.people[who], self.totp[who] = added.person, added.totp
        return added.person

    def id(self, who: str) -> str:
        return self.people[who].id

    def open_casefile(
        self,
        who: str,
        title: str,
        *,
        sort: str = "main",
        readers: tuple[str, ...] = (),
        practice: bool = False,
        team: str | None = "family-support",
    ) -> str:
        """Opens a casefile as a phone of `who` would."""
        casefile = new_id()
        fields = {"about": "family", "sort": sort, "readers": [self.id(one) for one in readers], "title": title}
        self._place(who, "opening", casefile, fields, team=team, practice=practice)
        return casefile

    def write(
        self,
        who: str,
        kind: str,
        casefile: str,
        fields: dict[str, Any],
        *,
        record: str = "",
        parents: tuple[str, ...] = (),
        written_at: datetime | None = None,
    ) -> Written:
        """Writes one version of a record; returns its id and the record's."""
        record = record or new_id()
        return Written(record, self._place(who, kind, casefile, fields, record=record, parents=parents))

    def note(self, who: str, casefile: str, **fields: Any) -> Written:
        """Writes a visit note with the least a visit note says."""
        return self.write(who, "visit_note", casefile, VISIT | fields)

    def _place(
        self,
        who: str,
        kind: str,
        casefile: str,
        fields: dict[str, Any],
        *,
        record: str = "",
        parents: tuple[str, ...] = (),
        team: str | None = None,
        practice: bool = False,
    ) -> str:
        here = self.office
        definition = here.practice.newest(kind)
        with here.store.writing() as tx:
            via = tx.audit.add(stamp(self.clock()), self.id(who), "wrote", casefile)
            placed = placing.place_office_entry(
                tx, here.keys, author=self.id(who), via=via, kind=kind, schema=definition.schema, form=here.practice.form(definition.schema),
                casefile=casefile, record=record, parents=parents, fields=fields, at=stamp(self.clock()), team=team, practice=practice,
            )  # fmt: skip
        return placed.id

    def audited(self, what: str) -> list[tuple[str, str, str]]:
        """Lists audit rows of one sort as (person, casefile, record)."""
        return [(row.person, row.casefile, row.record) for row in self.office.store.audit.all() if row.what == what]

    def visitor(self) -> Browser:
        return Browser(self, self.app.test_client())

    def signed_in(self, who: str) -> Browser:
        """Somebody at a browser, signed in."""
        browser = self.visitor()
        assert browser.sign_in(who).status_code == 303
        return browser


@dataclass(frozen=True)
class Written:
    record: str
    id: str


class Browser:
    """One browser at the desk: it keeps cookies and sends forms with the token of the page they stood on."""

    def __init__(self, harrowmere: Harrowmere, client: FlaskClient) -> None:
        self.harrowmere = harrowmere
        self.client = client

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def send(self, page: str, to: str, form: Mapping[str, Any], **more: Any) -> TestResponse:
        """Opens `page`, then sends the form on it to `to`."""
        token = re.search(r'name="form_token" value="([^"]*)"', self.get(page).text)
        return self.client.post(to, data={"form_token": token[1] if token else "", **form}, **more)

    def sign_in(self, who: str, *, password: str = PASSWORD, code: str | None = None, email: str | None = None) -> TestResponse:
        if code is None:
            code = people.code_at(self.harrowmere.totp[who], self.harrowmere.clock()) if who in self.harrowmere.totp else "123456"
        form = {"email": email or f"{who}@harrowmere.example", "password": password, "code": code}
        return self.send("/desk/sign-in", "/desk/sign-in", form)

    def review(
        self,
        record: str,
        decision: str,
        text: str = "",
        comments: tuple[tuple[str, str], ...] = (),
        heads: list[str] | None = None,
    ) -> TestResponse:
        """Reads a record and reviews what stood on the page, or the given heads."""
        page = self.get(f"/desk/records/{record}").text
        saw = heads if heads is not None else re.findall(r'name="head" value="([^"]*)"', page)
        form = {
            "decision": decision,
            "text": text,
            "head": saw,
            "reviewed": re.findall(r'name="reviewed" value="([^"]*)"', page),
            "field": [one for one, _ in comments],
            "comment": [one for _, one in comments],
        }
        return self.send(f"/desk/records/{record}", f"/desk/records/{record}/review", form)


def words_of(page: TestResponse) -> str:
    """What a page says, without its mark-up."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", page.text, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


VISIT: dict[str, Any] = {
    "contact_type": "home_visit", "happened_on": "2026-11-17", "started_at": "17:40", "ended_at": "18:35", "place": "at home",
    "planned": "unplanned", "announced": "no", "people_present": [{"id": "p1", "name": "Dawn Tarnley", "role": "mother"}],
    "interpreter": "not_needed", "children_seen": [], "purpose": "To see how the weekend was.",
    "seen_and_heard": "The hallway door has a fresh split at hand height.", "childs_words": "“I told Mum I was out.”",
    "parents_views": "Dawn said she had slept two hours.", "workers_view": "Kayleigh talks when she is asked alone.",
    "anything_worrying": "no", "unsafe_now": "no", "actions": [], "next_visit": "to_arrange", "written_where": "in_car",
}  # fmt: skip


@cache
def quick_hasher() -> argon2.PasswordHasher:
    """The same algorithm with less work: what is tested is who gets in, not how long guessing takes."""
    return argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def make(folder: Path, *, origin: str = "http://localhost", demo_code: str | None = None) -> Harrowmere:
    """Makes an office with a team, two keyworkers, two supervisors, an administrator and an auditor."""
    clock = Clock()
    opened = store.open(folder / "office.db")
    keys = Keys(secrets.token_bytes(32))
    keys.make_office_keys(opened, stamp(clock()))
    office = Office(store=opened, keys=keys, practice=practice.shipped(), clock=clock, origin=origin, demo_code=demo_code)
    app = Flask("harrowmere", static_folder=None, template_folder=str(TEMPLATES))
    app.testing = True
    put_office(app, office)
    desk.install(app, lambda name: f"/dist/test/{name}")
    guards.install(app)
    found = Harrowmere(office, app, clock)
    with opened.writing() as tx:
        tx.people.add_team("family-support", "Family support")
        tx.people.add_team("other", "Another team")
    for who, role, name in (
        ("ama", "keyworker", "Ama Lindqvist"),
        ("reece", "keyworker", "Reece Oduya"),
        ("marian", "supervisor", "Marian Holt-Vane"),
        ("jos", "supervisor", "Jos Ferrow"),
        ("admin", "administrator", "Ade Min"),
        ("orla", "auditor", "Orla Audit"),
    ):
        found.add(who, role, None if role == "administrator" else "family-support", name)
    return found
