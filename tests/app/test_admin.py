"""Accounts and phones, for administrators."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fieldapp import people
from fieldapp.keys import check_words, new_id
from fieldapp.store.arrangements import WRITTEN_DOWN
from fieldapp.store.quarantine import QuarantineRow
from tests.app import harrowmere
from tests.app.harrowmere import PASSWORD, Browser, Harrowmere, words_of
from tests.app.test_accounts import confirm, set_up

NEW = {"name": "Nora Níc", "email": "Nora@Harrowmere.Example", "role": "supervisor", "team": "family-support"}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    return harrowmere.make(tmp_path)


@pytest.fixture
def browser(office: Harrowmere) -> Browser:
    return office.signed_in("admin")


def test_nothing_an_administrator_is_shown_opens_a_new_account(office: Harrowmere, browser: Browser) -> None:
    page = browser.send("/desk/people/add", "/desk/people/add", NEW)
    assert "Nobody can sign in as Nora Níc yet" in words_of(page)
    (half,) = re.findall(r'desk-secret">([^<]+)<', page.text)
    nora = office.office.store.people.by_email("nora@harrowmere.example")
    assert nora is not None
    assert nora.totp_sealed is None
    for password in (half, "", PASSWORD):
        office.clock.pass_by(seconds=60)
        tried = office.visitor().sign_in("nora", email=nora.email, password=password, code="000000")
        assert tried.status_code in {400, 401}
    assert set_up(office, half, half, "nora").status_code == 401
    assert office.audited("person added") == [(office.id("admin"), "", "")]
    assert "Not set up yet" in words_of(browser.get("/desk/people"))
    everything = [
        str([tuple(row) for row in office.office.store.people._rows(f"SELECT * FROM {table}")])
        for table in ("people", "audit", "resets")
    ]
    assert not any(half in text for text in everything)
    # Nor once somebody else has confirmed it, who alone is shown the other half.
    assert half not in confirm(office).text
    assert set_up(office, half, half, "nora").status_code == 401


def test_an_office_without_teams_gets_its_first_one_on_a_page_and_then_its_first_keyworker(
    office: Harrowmere, browser: Browser
) -> None:
    people_page, store = "/desk/people", office.office.store
    office.add("second", "administrator", None)
    made = browser.send(people_page, f"{people_page}/teams", {"text-team": "  Early   help "})
    assert made.status_code == 303
    assert "The team is there. Nobody is in it yet." in words_of(browser.get(made.location))
    ((team, _),) = ((id, name) for id, name in store.people.teams().items() if name == "Early help")
    assert store.people.members_of([team], "9999") == []
    assert office.audited("team made") == [(office.id("admin"), "", "")]
    assert f'value="{team}"' in browser.get(f"{people_page}/add").text
    page = browser.send(f"{people_page}/add", f"{people_page}/add", NEW | {"role": "keyworker", "team": team})
    assert "Nobody can sign in as Nora Níc yet" in words_of(page)


@pytest.mark.parametrize(("name", "said"), [("", "Enter a name"), ("x" * 121, "Enter a name"), ("Family support", "already")])
def test_team_without_a_name_of_its_own_is_not_made(office: Harrowmere, browser: Browser, name: str, said: str) -> None:
    before = office.office.store.people.teams()
    answer = browser.send("/desk/people", "/desk/people/teams", {"text-team": name})
    assert answer.status_code == 400
    assert said in words_of(answer)
    assert office.office.store.people.teams() == before


@pytest.mark.parametrize("role", ["administrator", "auditor"])
def test_page_says_what_to_do_when_nobody_else_could_confirm(office: Harrowmere, browser: Browser, role: str) -> None:
    page = browser.send("/desk/people/add", "/desk/people/add", NEW | {"role": role, "team": ""})
    assert page.status_code == 400
    assert "add one there with “fieldapp person”" in words_of(page)
    assert office.office.store.people.by_email("nora@harrowmere.example") is None
    assert office.office.store.resets.standing("2026-11-23T09:40:00.000Z") == []


def test_whoever_adds_a_person_is_written_down_with_whom(office: Harrowmere, browser: Browser) -> None:
    browser.send("/desk/people/add", "/desk/people/add", NEW)
    nora = next(row.id for row in office.office.store.people.all() if row.name == "Nora Níc")
    *_, by, whose, taken_down = office.office.store.audit.all()
    assert taken_down.what == WRITTEN_DOWN
    assert [(row.what, row.person) for row in (by, whose)] == [("person added", office.id("admin")), ("account made", nora)]
    assert "Account made, by " in words_of(browser.get(f"/desk/people/{nora}/who-did-what"))
    assert "Added a person: Nora Níc" in words_of(browser.get("/desk/what-i-did"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "  "}, "Enter a name"),
        ({"name": "x" * 121}, "Enter a name"),
        ({"email": "nora"}, "Enter an email address"),
        ({"email": "nora @x"}, "Enter an email address"),
        ({"email": "MARIAN@harrowmere.example"}, "Somebody has this email address already"),
        ({"role": ""}, "Choose a role"),
        ({"role": "owner"}, "Choose a role"),
        ({"team": ""}, "Choose a team"),
        ({"team": "nowhere"}, "Choose a team"),
    ],
)
def test_nothing_typed_is_lost_when_a_person_cannot_be_added(
    office: Harrowmere, browser: Browser, change: dict[str, str], said: str
) -> None:
    before = len(office.office.store.people.all())
    page = browser.send("/desk/people/add", "/desk/people/add", NEW | change)
    assert page.status_code == 400
    assert said in words_of(page)
    if "email" not in change:
        assert 'value="Nora@Harrowmere.Example"' in page.text
    assert len(office.office.store.people.all()) == before


def test_a_hostile_name_is_shown_as_text(browser: Browser) -> None:
    browser.send("/desk/people/add", "/desk/people/add", NEW | {"name": "<img src=x onerror=alert(1)>"})
    assert "<img" not in browser.get("/desk/people").text


def test_an_administrator_sees_the_check_words_and_what_waits_on_phones(office: Harrowmere, browser: Browser) -> None:
    here = office.office
    device = new_id()
    with here.store.writing() as tx:
        tx.signers.add_device(device, "token", "2026-11-20T08:00:00.000Z")
        tx.signers.see_device(device, "2026-11-20T09:15:00.000Z", 3, "2026-11-19T17:02:00.000Z", "build")
        tx.quarantine.add(
            QuarantineRow("h", device, "", "", "", "unknown_key", False, "2026-11-20T09:15:00.000Z", "2026-11-20", 3, b"abc")
        )
    page = words_of(browser.get("/desk/phones"))
    for word in check_words(here.keys.ring(here.store).office.kid):
        assert word in page
    assert "Fri 20 Nov, 09:15 3 Thu 19 Nov, 17:02" in page
    assert "1 item waits for a person to place" in page
