"""What another site, a crafted link or a lying header can make a browser do here: nothing. From the app's own map."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldapp import people
from fieldapp.web.guards import READ_ONLY
from tests.app import harrowmere, whole
from tests.app.whole import AT_THE_DESK, HOST, Whole

EVIL = "elsewhere.example"
OTHER_SITES = (
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": ""}, {"Origin": "null"},
    {"Origin": f"https://{EVIL}"}, {"Origin": f"http://{HOST}"}, {"Origin": f"https://{HOST}.{EVIL}"}, {"Origin": f"https://{HOST}:8443"},
    {"Sec-Fetch-Site": "cross-site", "Origin": f"https://{HOST}"},
)  # fmt: skip


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Whole:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    return whole.make(tmp_path)


def written(folder: Path) -> list[str]:
    """All that the office keeps, but that somebody was refused."""
    with sqlite3.connect(folder / "office.db") as db:
        return [line for line in db.iterdump() if not line.startswith('INSERT INTO "refusals"')]


def token_on(client: FlaskClient) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', client.get("/desk", follow_redirects=True).text)
    assert found is not None
    return found[1]


def test_every_form_is_refused_without_its_token_and_with_another_browsers(office: Whole, tmp_path: Path) -> None:
    clients = {who: office.client(who) for who in ("nobody", *AT_THE_DESK)}
    tokens = {who: token_on(client) for who, client in clients.items()}
    assert len(set(tokens.values())) == len(tokens)
    stolen = {who: tokens["orla" if who != "orla" else "marian"] for who in clients}
    before, refused = written(tmp_path), 0
    for who, client in clients.items():
        for method, rule, guard in office.changes():
            for token in ({}, {"form_token": ""}, {"form_token": stolen[who]}, {"form_token": "é" * 64}):
                if guard.form:
                    answer = client.open(office.address(rule), method=method, data={"email": "x", "person": "y", **token})
                    # Who may not send the form at all hears no more than that: led to sign in, or that there is nothing.
                    assert answer.status_code in {400, 303, 404}, (who, rule)
                    assert answer.status_code != 303 or answer.location.startswith("/desk/sign-in"), (who, rule)
                    refused += answer.status_code == 400
    assert refused > 100
    assert written(tmp_path) == before


@pytest.mark.parametrize("headers", OTHER_SITES)
def test_every_change_that_another_site_asks_for_is_refused(office: Whole, tmp_path: Path, headers: dict[str, str]) -> None:
    client = office.client("marian")
    device = office.handset.client.get_cookie("__Host-fieldapp-device", domain=HOST)
    assert device is not None
    client.set_cookie("__Host-fieldapp-device", device.value)
    token = token_on(client)
    before = written(tmp_path)
    for method, rule, guard in office.changes():
        sent: dict[str, Any] = {"data": {"form_token": token}} if guard.form else {"json": {"v": 1}}
        assert client.open(office.address(rule), method=method, headers=headers, **sent).status_code == 400, rule
    assert written(tmp_path) == before


def test_no_word_in_an_address_leads_away_from_the_office(office: Whole) -> None:
    aims = (f"https://{EVIL}", f"//{EVIL}", f"/\\{EVIL}", f"javascript:alert(1)//{EVIL}", f"/x\r\nLocation: https://{EVIL}")
    names = ("next", "url", "to", "back", "return", "redirect", "why", "done", "before")
    for who in ("nobody", "marian", "admin"):
        client = office.client(who)
        for n, rule in enumerate(office.app.url_map.iter_rules()):
            if "GET" in (rule.methods or set()):
                query = {name: aims[(n + k) % len(aims)] for k, name in enumerate(names)}
                answer = client.get(office.address(rule), query_string=query)
                assert answer.status_code != 500, rule
                assert EVIL not in str(answer.headers), rule
                assert answer.mimetype != "text/html" or EVIL not in answer.text, rule


def test_two_strokes_in_an_address_are_no_page_and_lead_nowhere(office: Whole) -> None:
    for who in ("nobody", "marian"):
        client = office.client(who)
        for address in ("/desk//", "/desk//people", "/sync//v1/hello", f"/desk//{EVIL}", "/desk/people//"):
            answer = client.get(address)
            assert (answer.status_code, "Location" in answer.headers) == (404, False), address


def test_after_signing_in_nobody_is_led_where_the_address_says(office: Whole) -> None:
    browser = harrowmere.Browser(office.place, office.client("nobody"))
    where = f"/desk/sign-in?next=https://{EVIL}&back=//{EVIL}"
    form = {
        "email": "marian@harrowmere.example",
        "password": harrowmere.PASSWORD,
        "code": people.code_at(office.place.totp["marian"], office.place.clock()),
        "next": f"https://{EVIL}",
    }
    answer = browser.send(where, where, form)
    assert (answer.status_code, answer.location) == (303, "/desk/")


@pytest.mark.parametrize(
    "host", [EVIL, f"{HOST}.{EVIL}", f"{EVIL}:443", f"{HOST}@{EVIL}", f"{EVIL}#{HOST}", f"{HOST}, {EVIL}", f"{HOST}/{EVIL}", " ", "[::1]", "127.0.0.1"]
)  # fmt: skip
def test_an_office_asked_under_another_name_says_only_that(office: Whole, host: str) -> None:
    for path in ("/app", "/desk/sign-in", "/sync/v1/words", "/nowhere", "/healthz"):
        answer = office.app.test_client().get(path, headers={"Host": host})
        assert (answer.status_code, answer.text) == (400, "This office is not known by that name.\n")


def test_no_header_changes_what_the_office_takes_itself_for(office: Whole) -> None:
    marian = office.client("marian")
    lies = {
        "X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "gopher", "X-Forwarded-Prefix": f"//{EVIL}", "X-Forwarded-Port": "1", "X-Host": EVIL,
        "Forwarded": f"for=1.1.1.1;host={EVIL};proto=http", "X-Original-URL": "/desk/people", "X-Rewrite-URL": "/desk/people",
        "X-Forwarded-Server": EVIL, "Referer": f"https://{EVIL}/",
    }  # fmt: skip
    for rule in office.app.url_map.iter_rules():
        if "GET" in (rule.methods or set()):
            plain, lied = (marian.get(office.address(rule), headers=told) for told in ({}, lies))
            assert lied.status_code == plain.status_code, rule
            assert EVIL not in str(lied.headers) + lied.text, rule
    # And a port in the name we go by is in no address that is told.
    told = marian.get("/desk", headers={"Host": f"{HOST}:8443"})
    assert (told.status_code, told.location) == (303, "/desk/board")


def test_no_word_makes_a_change_of_what_only_reads(office: Whole, tmp_path: Path) -> None:
    marian = office.client("marian")
    words = {"form_token": token_on(marian), "_method": "POST", "text-family": "Tarnley", "text-why": "x", "person": "y"}
    overrides = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
    before = _but_for_the_audit(written(tmp_path))
    for method, rule, _ in office.changes():
        for reads in READ_ONLY:
            marian.open(office.address(rule), method=reads, headers=dict.fromkeys(overrides, method), query_string=words)
    changing = {rule.rule for _, rule, _ in office.changes()}
    for rule in office.app.url_map.iter_rules():
        if rule.rule not in changing:
            answer = marian.post(office.address(rule), headers=dict.fromkeys(overrides, "GET"), data=words | {"_method": "GET"})
            assert answer.status_code == 405, rule
            assert "POST" not in answer.headers["Allow"]
    assert _but_for_the_audit(written(tmp_path)) == before


def _but_for_the_audit(lines: list[str]) -> list[str]:
    """Reading is written down, and moves the clock of who is signed in."""
    return [line for line in lines if not re.match(r'INSERT INTO "(audit|sessions|sqlite_sequence)"', line)]


@pytest.mark.parametrize("who", ["nobody", "phone", "marian", "admin"])
def test_asked_for_the_head_alone_it_gives_the_head_of_what_it_would_answer(office: Whole, who: str) -> None:
    client = office.client(who)
    for rule in office.app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()):
            continue
        whole_answer, head = client.get(office.address(rule)), client.head(office.address(rule))
        assert head.data == b""
        assert head.status_code == whole_answer.status_code, rule
        told = [{name for name, _ in answer.headers} - {"Set-Cookie"} for answer in (whole_answer, head)]
        assert told[0] == told[1], rule
