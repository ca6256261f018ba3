"""A whole office over https, as `create_app` joins it, with one of everything that an address can name, and the walk over all its routes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from fieldapp import accounts, config, create_app, emergencies, found_office, rotas, widening
from fieldapp.config import CouncilSettings
from fieldapp.keys import hash_text
from fieldapp.store.quarantine import QuarantineRow
from fieldapp.web.guards import READ_ONLY, Guard, guard_of
from fieldapp.web.office import office
from fieldapp.widening import Wish
from sync.entry import stamp
from tests.app import harrowmere
from tests.app.harrowmere import Browser, Harrowmere
from tests.app.phone import Handset, phone

HOST = "records.example"
ORIGIN = f"https://{HOST}"
AT_THE_DESK = ("marian", "admin", "orla")


@dataclass
class Whole:
    """The office, what its addresses can name, and a phone that is set up."""

    place: Harrowmere
    named: dict[str, str]
    handset: Handset

    @property
    def app(self) -> Flask:
        return self.place.app

    def address(self, rule: Rule, **other: str) -> str:
        """The address of a route, with things that are there."""
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: (self.named | other)[found[1]], rule.rule)

    def client(self, who: str) -> FlaskClient:
        """Somebody's browser: signed in, nobody's, or the one on Ama's phone."""
        if who == "phone":
            return self.handset.client
        self.place.clock.pass_by(seconds=60)
        return (self.place.visitor() if who == "nobody" else self.place.signed_in(who)).client

    def routes(self) -> Iterator[tuple[str, Rule, Guard]]:
        """Every method of every route, with its guard; signing out last, because it ends a walk."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda one: ("sign-out" in one.rule, one.rule)):
            guard = guard_of(self.app.view_functions[rule.endpoint])
            assert guard is not None
            for method in sorted(rule.methods or set()):
                yield method, rule, guard

    def changes(self) -> Iterator[tuple[str, Rule, Guard]]:
        """Those that change something."""
        return (one for one in self.routes() if one[0] not in READ_ONLY)


def make(folder: Path) -> Whole:
    """Makes the office and puts one of everything into it."""
    config.make_key(folder / "office.key")
    settings = config.read(
        {
            "FIELDAPP_KEY_FILE": str(folder / "office.key"),
            "FIELDAPP_DATABASE": str(folder / "office.db"),
            "FIELDAPP_ORIGIN": ORIGIN,
        }
    )
    # Nobody answers there: a council that cannot be reached has pages as well.
    council = CouncilSettings("http://localhost:1", "fieldapp", "a secret of the council")
    settings = dataclasses.replace(settings, council=council)
    found_office(settings)
    clock = harrowmere.Clock()
    app = create_app(settings, clock=clock)
    app.testing = True
    app.config.update(SERVER_NAME=HOST, PREFERRED_URL_SCHEME="https")
    with app.app_context():
        place = Harrowmere(office(), app, clock)
    here = place.office
    with here.store.writing() as tx:
        tx.people.add_team("family-support", "Family support")
        tx.people.add_team("other", "Another team")
    for who, role, team in (
        ("ama", "keyworker", "family-support"), ("reece", "keyworker", "family-support"), ("marian", "supervisor", "family-support"),
        ("emil", "supervisor", "other"), ("admin", "administrator", None), ("orla", "auditor", "family-support"),
    ):  # fmt: skip
        place.add(who, role, team)
    handset = phone(place, "ama")
    return Whole(place, _one_of_everything(place, handset), handset)


def _one_of_everything(place: Harrowmere, handset: Handset) -> dict[str, str]:
    here, now = place.office, place.clock()
    casefile = place.open_casefile("ama", "Tarnley")
    note = place.note("ama", casefile)
    marian, at, junk = place.people["marian"], stamp(now), b"junk"
    emergency = emergencies.open_now(here.store, here.keys, place.people["emil"], casefile, "The police rang", now)
    until_at = stamp(now + timedelta(hours=8))
    rotas.add_turn(here.store, here.keys, marian, "family-support", place.id("emil"), at, until_at, now)
    pod = rotas.add_pod(here.store, here.keys, marian, "family-support", "North", now)
    accounts.ask_reset(here.store, here.keys, place.people["admin"], place.id("reece"), "Lost the phone", now)
    ((reset, _),) = accounts.resets_for(here.store, marian, now)
    wish = Wish("part", place.id("reece"), "supervisor", "family-support")
    widening.do(here.store, here.keys, place.people["admin"], wish, "Covers for Marian", now)
    with here.store.writing() as tx:
        tx.quarantine.add(
            QuarantineRow(hash_text(junk), handset.device, handset.key.kid, "", "", "cannot_open", False, at, at[:10], 4, junk)
        )
    return {
        "casefile": casefile,
        "record": note.record,
        "device": handset.device,
        "item": hash_text(junk),
        "person": place.id("ama"),
        "team": "family-support",
        "turn": here.store.rotas.turns_for(["family-support"], at)[0].id,
        "pod": pod,
        "emergency": emergency.id,
        "reset": reset.id,
        "asked": here.store.widenings.standing(at)[0].id,
        "id": "none",
        "release": place.app.test_client().get("/app").headers["Fieldapp-Release"],
        "name": "phone.js",
        "slot": "A" * 22,
        "hash": here.practice.index_hash,
    }


def browser_of(whole: Whole, who: str) -> Browser:
    return Browser(whole.place, whole.client(who))


@dataclass
class Form:
    """One form as it stands on a page."""

    action: str
    method: str
    controls: list[tuple[str, str, str]]
    """(name, kind, value) of each, in order."""

    def filled(self, words: str) -> list[tuple[str, str]]:
        """What is sent when `words` are typed into everything that can be typed into; the rest as it stands."""
        typed = {"text", "textarea", "email", "password", "search", "tel", "date", "time", "number", "url"}
        return [(name, words if kind in typed else value) for name, kind, value in self.controls if kind != "file"]


class Page(HTMLParser):
    """What of a page can run, load, send or lead elsewhere."""

    _ADDRESSES = ("src", "href", "action", "formaction", "poster", "srcset", "data", "ping", "background", "xlink:href")

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self.addresses: list[str] = []
        self.faults: list[str] = []
        self._inside: list[str] = []
        self._select = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag == "script":
            self._inside.append(tag)
        if tag in {"style", "iframe", "object", "embed", "applet", "base"} or (tag == "script" and "src" not in found):
            self.faults.append(f"<{tag}> in the page")
        self.faults += [f"{name} on <{tag}>" for name in found if name.startswith("on") or name in {"style", "srcdoc"}]
        for name in self._ADDRESSES:
            if name in found:
                self.addresses.append(found[name])
        if tag == "form":
            self.forms.append(Form(found.get("action", ""), found.get("method", "get"), []))
        self._control(tag, found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.faults.append("a script written into the page")

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag == "script":
            self._inside.pop()
        if tag == "select":
            self._select = ""

    def _control(self, tag: str, found: dict[str, str]) -> None:
        name = found.get("name", "")
        if tag == "select":
            self._select = name
        if not self.forms:
            return
        controls = self.forms[-1].controls
        if tag == "option" and self._select and found.get("value"):
            # The first real choice of each list.
            if all(known != self._select for known, _, _ in controls):
                controls.append((self._select, "select", found["value"]))
        elif tag == "input" and name:
            kind = found.get("type", "text")
            if kind != "radio" or all(known != name for known, _, _ in controls):
                controls.append((name, kind, found.get("value", "")))
        elif tag == "textarea" and name:
            controls.append((name, tag, ""))
        elif tag == "button" and name:
            controls.append((name, tag, found.get("value", "")))
