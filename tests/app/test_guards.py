"""Who may open what at the desk: every route against every role, forms without their token, requests from other sites."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from fieldapp import config, create_app, found_office, people
from fieldapp.keys import hash_text, new_id
from fieldapp.store.quarantine import QuarantineRow
from fieldapp.store.signers import SignerRow
from fieldapp.web import desk, guards
from fieldapp.web.guards import guard_of, guarded, open_to_all, signed_in
from fieldapp.web.office import put_office
from sync.entry import stamp
from tests.app import harrowmere
from tests.app.harrowmere import Harrowmere, words_of

READERS = {"supervisor", "auditor"}
DESK = {"supervisor", "auditor", "administrator"}
MAY_OPEN = {
    "/desk/board": {"supervisor"},
    "/desk/families": READERS,
    "/desk/families/CASEFILE": READERS,
    "/desk/records/RECORD": READERS,
    "/desk/families/CASEFILE/readers": READERS,
    "/desk/pods-and-duty": {"supervisor", "administrator"},
    "/desk/emergencies": {"supervisor", "administrator"},
    "/desk/who-responds": {"supervisor"},
    "/desk/people": {"administrator"},
    "/desk/people/add": {"administrator"},
    "/desk/people/PERSON": {"administrator"},
    "/desk/resets": {"supervisor", "administrator"},
    "/desk/account": DESK,
    "/desk/account/passkey": DESK,
    "/desk/account/passkey/options": DESK,
    "/desk/phones": {"administrator"},
    "/desk/phones/DEVICE": {"supervisor", "administrator"},
    "/desk/phones/DEVICE/held": {"supervisor", "administrator"},
    "/desk/phones/DEVICE/held.csv": {"supervisor", "administrator"},
    "/desk/families/CASEFILE/who-did-what": {"supervisor"},
    "/desk/people/PERSON/who-did-what": {"administrator"},
    "/desk/what-i-did": {"supervisor", "auditor", "administrator"},
    "/desk/sorting": {"supervisor", "administrator"},
    "/desk/sorting/ITEM": {"supervisor", "administrator"},
    "/desk/carried": {"supervisor", "administrator"},
    "/desk/stay": DESK,
    "/desk/after-a-restore": {"supervisor", "administrator"},
}
OPEN_TO_ALL = {
    "/desk", "/desk/", "/desk/sign-in", "/desk/sign-in/passkey", "/desk/password", "/desk/set-up",
    "/desk/sign-in/council", "/desk/sign-in/council/back", "/desk/sign-in/council/go-on", "/desk/sign-in/council/out",
}  # fmt: skip
WITH_A_COUNCIL = {"/desk/account/council", "/desk/account/council/begin", "/desk/account/council/disconnect"}
"""Which do not exist for an office that knows no council, or lead back for whoever is not connected: test_council.py opens them."""
WITH_A_PASSKEY = {"/desk/account/passkey/ID/remove"}
"""Which leads back for whoever does not have that one: test_passkeys.py opens it."""


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    return harrowmere.make(tmp_path)


def routes_without_a_guard(app: Flask) -> list[str]:
    return sorted(rule.rule for rule in app.url_map.iter_rules() if guard_of(app.view_functions[rule.endpoint]) is None)


def routes_that_change_without_a_form_token(app: Flask) -> list[str]:
    """Every route that takes more than reading sends a form with a token; the phone's protocol has guards of its own."""
    found = []
    for rule in app.url_map.iter_rules():
        guard = guard_of(app.view_functions[rule.endpoint])
        changes = (rule.methods or set()) - guards.READ_ONLY
        if changes and (guard is None or not guard.form) and not rule.rule.startswith("/sync/"):
            found.append(rule.rule)
    return sorted(found)


def test_every_route_of_the_whole_app_carries_a_guard(tmp_path: Path) -> None:
    config.make_key(tmp_path / "office.key", demo=True)
    settings = config.read({"FIELDAPP_KEY_FILE": str(tmp_path / "office.key"), "FIELDAPP_DATABASE": str(tmp_path / "office.db")})
    found_office(settings)
    app = create_app(settings)
    assert len(list(app.url_map.iter_rules())) > len(MAY_OPEN)
    assert routes_without_a_guard(app) == []
    assert routes_that_change_without_a_form_token(app) == []


def test_a_planted_route_without_a_guard_is_found_and_does_not_answer(office: Harrowmere) -> None:
    app = Flask("planted", static_folder=None, template_folder=str(harrowmere.TEMPLATES))
    put_office(app, office.office)
    desk.install(app, lambda name: name)
    guards.install(app)

    @app.get("/forgotten")
    def forgotten() -> str:
        return "everybody's secrets"

    @app.post("/careless")
    @open_to_all
    def careless() -> str:
        return "changed"

    assert routes_without_a_guard(app) == ["/forgotten"]
    assert "/careless" in routes_that_change_without_a_form_token(app)
    assert app.test_client().get("/forgotten").status_code == 404


def test_a_guard_without_roles_and_a_second_guard_are_refused() -> None:
    with pytest.raises(TypeError):
        signed_in()

    def view() -> str:
        return ""

    open_to_all(view)
    with pytest.raises(TypeError):
        guarded("other", lambda: None, form=True)(view)


def phone_with_junk(office: Harrowmere) -> tuple[str, str]:
    """A phone of Ama's that has sent bytes nobody can read: its id, and theirs."""
    here, at = office.office, stamp(office.clock())
    device, junk = new_id(), b"junk"
    with here.store.writing() as tx:
        tx.signers.add_device(device, "token", at)
        tx.signers.add(SignerRow("k", office.id("ama"), device, "{}", at, "", "", None, "", at, 0, "", 0))
        tx.quarantine.add(QuarantineRow(hash_text(junk), device, "", "", "", "cannot_open", False, at, at[:10], 4, junk))
    return device, hash_text(junk)


@pytest.mark.parametrize("who", ["marian", "orla", "admin"])
def test_a_page_opens_for_its_roles_and_does_not_exist_for_others(office: Harrowmere, who: str) -> None:
    casefile = office.open_casefile("ama", "Tarnley")
    note = office.note("ama", casefile)
    device, item = phone_with_junk(office)
    named = {"CASEFILE": casefile, "RECORD": note.record, "DEVICE": device, "ITEM": item, "PERSON": office.id("ama")}
    browser = office.signed_in(who)
    for path, roles in MAY_OPEN.items():
        answer = browser.get(re.sub(r"[A-Z]{4,}", lambda match: named[match[0]], path))
        expected = {200, 204} if office.people[who].role in roles else {404}
        assert answer.status_code in expected, path
        # Two things of one name on a page part a question from its label, and a problem's link from its question.
        ids = re.findall(r'\sid="([^"]+)"', answer.text)
        assert len(ids) == len(set(ids)), path
        if answer.status_code == 404:
            assert "There is nothing here for you" in words_of(answer)


def test_every_page_of_the_desk_is_in_the_table_of_who_may_open_it(office: Harrowmere) -> None:
    reading = {rule.rule for rule in office.app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    plain = {re.sub(r"<(\w+)>", lambda match: match[1].upper(), one) for one in reading}
    assert {one for one in plain - set(MAY_OPEN) if one.startswith("/desk")} == OPEN_TO_ALL | WITH_A_COUNCIL | WITH_A_PASSKEY


def test_nobody_opens_a_page_without_signing_in(office: Harrowmere) -> None:
    casefile = office.open_casefile("ama", "Tarnley")
    for path in MAY_OPEN:
        answer = office.visitor().get(path.replace("CASEFILE", casefile).replace("RECORD", casefile))
        assert answer.status_code == 303
        assert answer.location.startswith("/desk/sign-in")


def test_a_form_is_refused_when_its_token_is_missing_or_of_another_browser(office: Harrowmere) -> None:
    browser, other = office.signed_in("admin"), office.signed_in("marian")
    stolen = re.search(r'name="form_token" value="([^"]+)"', other.get("/desk/board").text)
    assert stolen is not None
    form = {"name": "Eve", "email": "eve@harrowmere.example", "role": "administrator"}
    for token in ({}, {"form_token": ""}, {"form_token": "é"}, {"form_token": stolen[1]}):
        answer = browser.client.post("/desk/people/add", data=form | token)
        assert answer.status_code == 400
        assert "too old" in words_of(answer)
    assert office.office.store.people.by_email("eve@harrowmere.example") is None


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)
def test_a_form_is_refused_when_another_site_sent_it(office: Harrowmere, headers: dict[str, str]) -> None:
    browser = office.signed_in("admin")
    answer = browser.send(
        "/desk/people/add", "/desk/people/add", {"name": "Eve", "email": "eve@x.example", "role": "auditor"}, headers=headers
    )
    assert answer.status_code == 400
    assert office.office.store.people.by_email("eve@x.example") is None


def test_what_somebody_typed_is_shown_again_when_they_had_been_signed_out(office: Harrowmere) -> None:
    note = office.note("ama", office.open_casefile("ama", "Tarnley"))
    browser = office.signed_in("marian")
    page = browser.get(f"/desk/records/{note.record}").text
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token is not None
    office.clock.pass_by(minutes=31)
    form = {"form_token": token[1], "decision": "question", "text": "Where was <Jayden>?", "head": note.id}
    answer = browser.client.post(f"/desk/records/{note.record}/review", data=form)
    assert answer.status_code == 401
    assert "Where was &lt;Jayden&gt;?" in answer.text
    assert office.audited("question") == []


def test_a_form_that_is_far_too_large_is_refused_in_plain_words(office: Harrowmere) -> None:
    browser = office.signed_in("admin")
    answer = browser.send("/desk/people/add", "/desk/people/add", {"name": "x" * guards.FORM_LIMIT})
    assert answer.status_code == 413
    assert "Nothing was saved" in words_of(answer)


@pytest.mark.parametrize(("path", "status"), [("/desk/nowhere", 404), ("/desk/families/none", 404), ("/desk/records/none", 404)])
def test_an_error_is_told_in_plain_words(office: Harrowmere, path: str, status: int) -> None:
    answer = office.signed_in("marian").get(path)
    assert answer.status_code == status
    assert "Nothing has changed" in words_of(answer)


def test_our_own_fault_is_told_without_quoting_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    found = harrowmere.make(tmp_path)
    browser = found.signed_in("marian")
    found.app.testing = False

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("Kayleigh was seen at 14 Canal Street")

    monkeypatch.setattr("fieldapp.summaries.board_for", breaks)
    answer = browser.get("/desk/board")
    assert answer.status_code == 500
    assert "The fault is ours" in words_of(answer)
    assert "Kayleigh" not in answer.text
    assert "Kayleigh" not in caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("field", ["text", "comment"])
def test_words_typed_are_given_back_when_the_sign_in_had_ended_meanwhile(office: Harrowmere, field: str) -> None:
    casefile = office.open_casefile("ama", "Tarnley")
    note = office.note("ama", casefile)
    browser = office.signed_in("marian")
    browser.get(f"/desk/records/{note.record}")
    office.clock.pass_by(minutes=31)
    answer = browser.client.post(f"/desk/records/{note.record}/review", data={"decision": "question", field: "Which <door>?"})
    assert answer.status_code == 401
    assert "Which &lt;door&gt;?" in answer.text
    assert "You were signed out" in answer.text


def test_the_desk_is_found_with_a_stroke_after_its_name(office: Harrowmere) -> None:
    assert office.signed_in("marian").get("/desk/").location == "/desk/board"
