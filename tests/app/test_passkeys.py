"""Passkeys as a second factor at the desk, with an authenticator that lies where it can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from fieldapp import passkeys, people
from fieldapp.web import protocol
from tests.app import harrowmere
from tests.app.authenticator import PRESENT, Authenticator, changed
from tests.app.harrowmere import PASSWORD, Browser, Harrowmere, words_of

FROM_ELSEWHERE: tuple[dict[str, Any], ...] = (
    {"origin": "https://localhost.evil.example"},
    {"origin": "http://localhost:81"},
    {"host": "evil.example"},
    {"flags": PRESENT},
)
"""What an answer says that was made on another page, at another port or for another host, or without its owner's finger or PIN."""


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    people._nobodys_hash.cache_clear()
    made = harrowmere.make(tmp_path)
    protocol.register(made.app)
    return made


def add(office: Harrowmere, browser: Browser, made: str, who: str = "marian", **other: str) -> TestResponse:
    """Sends the form that adds a passkey, with the next code."""
    office.clock.pass_by(seconds=60)
    code = people.code_at(office.totp[who], office.clock())
    form = {"called": "office laptop", "password": PASSWORD, "code": code, "made": made} | other
    return browser.send("/desk/account/passkey", "/desk/account/passkey", form)


def to_make(browser: Browser) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(browser.get("/desk/account/passkey/options").text)
    return told


def to_show(browser: Browser) -> dict[str, Any]:
    browser.get("/desk/sign-in")
    told: dict[str, Any] = json.loads(browser.get("/desk/sign-in/passkey").text)
    return told


def with_passkey(office: Harrowmere, who: str = "marian", **kind: Any) -> Authenticator:
    """Gives somebody a passkey."""
    held = Authenticator(**kind)
    browser = office.signed_in(who)
    assert add(office, browser, held.make(to_make(browser)), who).status_code == 303
    return held


def sign_in(browser: Browser, answer: str, who: str = "marian", password: str = PASSWORD) -> TestResponse:
    form = {"email": f"{who}@harrowmere.example", "password": password, "code": "", "passkey": answer}
    return browser.send("/desk/sign-in", "/desk/sign-in", form)


def test_somebody_signs_in_with_a_passkey_in_place_of_the_code(office: Harrowmere) -> None:
    held = with_passkey(office)
    for _ in range(2):
        browser = office.visitor()
        assert sign_in(browser, held.show(to_show(browser))).status_code == 303
        assert browser.get("/desk/board").status_code == 200
    page = words_of(browser.get("/desk/account"))
    assert "office laptop" in page
    assert "Last used Mon 23 Nov" in page
    assert office.audited("passkey added") == [(office.id("marian"), "", "")]


def test_a_code_goes_on_working_beside_a_passkey(office: Harrowmere) -> None:
    with_passkey(office)
    office.clock.pass_by(seconds=60)
    assert office.visitor().sign_in("marian").status_code == 303


def test_a_passkey_without_the_password_opens_nothing(office: Harrowmere) -> None:
    held = with_passkey(office)
    browser = office.visitor()
    assert sign_in(browser, held.show(to_show(browser)), password="wrong").status_code == 401
    assert sign_in(browser, held.show(to_show(browser)), who="jos").status_code == 401
    assert sign_in(browser, held.show(to_show(browser)), who="nobody").status_code == 401
    assert browser.get("/desk/board").status_code == 303


def test_what_is_asked_of_a_browser_names_nobody_and_wants_the_owner_verified(office: Harrowmere) -> None:
    with_passkey(office)
    asked = to_show(office.visitor())
    assert asked["userVerification"] == "required"
    assert asked["rpId"] == "localhost"
    assert not asked.get("allowCredentials")
    assert set(asked) <= {"challenge", "timeout", "rpId", "allowCredentials", "userVerification"}
    made = to_make(office.signed_in("jos"))
    assert made["authenticatorSelection"]["userVerification"] == made["authenticatorSelection"]["residentKey"] == "required"
    assert made["attestation"] == "none"


def test_an_answer_is_good_once_also_with_another_password(office: Harrowmere) -> None:
    held = with_passkey(office, counts=False)
    browser = office.visitor()
    answer = held.show(to_show(browser))
    assert sign_in(browser, answer, password="wrong").status_code == 401
    assert sign_in(browser, answer).status_code == 401
    fresh = held.show(to_show(browser))
    assert sign_in(browser, fresh).status_code == 303
    assert sign_in(office.visitor(), fresh).status_code == 401


def test_an_answer_is_refused_on_another_browser_and_after_five_minutes(office: Harrowmere) -> None:
    held = with_passkey(office)
    mine, other = office.visitor(), office.visitor()
    answer = held.show(to_show(mine))
    to_show(other)
    assert sign_in(other, answer).status_code == 401
    assert sign_in(mine, answer).status_code == 303
    late = office.visitor()
    answer = held.show(to_show(late))
    office.clock.pass_by(minutes=5, seconds=1)
    assert sign_in(late, answer).status_code == 401


@pytest.mark.parametrize("lie", [*FROM_ELSEWHERE, {"flags": 0x04}])
def test_an_answer_from_elsewhere_or_without_its_owner_is_refused(office: Harrowmere, lie: dict[str, Any]) -> None:
    held = with_passkey(office)
    for name, value in lie.items():
        setattr(held, name, value)
    browser = office.visitor()
    assert sign_in(browser, held.show(to_show(browser))).status_code == 401


@pytest.mark.parametrize("lie", [{"origin": "https://evil.example"}, {"host": "evil.example"}, {"flags": PRESENT}])
def test_a_passkey_made_elsewhere_or_without_its_owner_is_not_kept(office: Harrowmere, lie: dict[str, Any]) -> None:
    browser = office.signed_in("marian")
    answer = add(office, browser, Authenticator(**lie).make(to_make(browser)))
    assert answer.status_code == 400
    assert "could not be added" in words_of(answer)
    assert office.office.store.passkeys.of_person(office.id("marian")) == []


@pytest.mark.parametrize(("part", "at"), [("signature", 9), ("authenticatorData", 36), ("clientDataJSON", 60)])
def test_a_changed_answer_is_refused(office: Harrowmere, part: str, at: int) -> None:
    held = with_passkey(office)
    browser = office.visitor()
    assert sign_in(browser, changed(held.show(to_show(browser)), part, at)).status_code == 401


def test_another_passkeys_signature_is_refused(office: Harrowmere) -> None:
    held = with_passkey(office)
    thief = Authenticator(id=held.id, owner=held.owner)
    browser = office.visitor()
    assert sign_in(browser, thief.show(to_show(browser))).status_code == 401


def test_a_challenge_for_making_is_none_for_showing_nor_the_other_way_round(office: Harrowmere) -> None:
    held = with_passkey(office)
    browser = office.signed_in("jos")
    answer = add(office, browser, Authenticator().make(to_make(browser) | {"challenge": to_show(browser)["challenge"]}), "jos")
    assert answer.status_code == 400
    made_for = to_make(office.signed_in("orla"))["challenge"]
    visitor = office.visitor()
    to_show(visitor)
    assert sign_in(visitor, held.show({"challenge": made_for})).status_code == 401


def test_a_copy_is_noticed_when_its_count_falls_behind_and_written_down(office: Harrowmere) -> None:
    held = with_passkey(office)
    held.counted = 40
    browser = office.visitor()
    assert sign_in(browser, held.show(to_show(browser))).status_code == 303
    held.counted = 12
    browser = office.visitor()
    assert sign_in(browser, held.show(to_show(browser))).status_code == 401
    held.counts, held.counted = False, 0
    browser = office.visitor()
    assert sign_in(browser, held.show(to_show(browser))).status_code == 401
    assert office.audited("passkey may be copied") == [(office.id("marian"), "", "")] * 2
    office.clock.pass_by(minutes=20)
    browser = office.signed_in("marian")
    assert "may be a copy" in words_of(browser.get("/desk/account"))


def test_one_that_never_counts_goes_on_working(office: Harrowmere) -> None:
    held = with_passkey(office, counts=False)
    for _ in range(3):
        browser = office.visitor()
        assert sign_in(browser, held.show(to_show(browser))).status_code == 303


def to_set_up(browser: Browser) -> dict[str, Any]:
    """What a phone that is set up asks its person's passkey for."""
    told: dict[str, Any] = browser.client.post("/sync/v1/devices/passkey", json={"v": 1}).get_json()
    return told


def begins(browser: Browser, passkey: str, who: str = "marian", **other: str) -> TestResponse:
    said = {"v": 1, "email": f"{who}@harrowmere.example", "password": PASSWORD, "passkey": passkey} | other
    return browser.client.post("/sync/v1/devices/begin", json=said)


def test_a_phone_is_set_up_with_a_passkey_in_place_of_the_code(office: Harrowmere) -> None:
    held = with_passkey(office)
    phone = office.visitor()
    answer = begins(phone, held.show(to_set_up(phone)))
    assert answer.status_code == 200
    assert answer.get_json()["person"]["id"] == office.id("marian")


@pytest.mark.parametrize("lie", FROM_ELSEWHERE)
def test_no_phone_is_set_up_with_an_answer_from_elsewhere_or_without_its_owner(office: Harrowmere, lie: dict[str, Any]) -> None:
    held = with_passkey(office)
    for name, value in lie.items():
        setattr(held, name, value)
    phone = office.visitor()
    assert begins(phone, held.show(to_set_up(phone))).status_code == 401


def test_an_answer_sets_up_one_phone_once_and_only_the_one_that_was_asked(office: Harrowmere) -> None:
    held = with_passkey(office, counts=False)
    phone, other = office.visitor(), office.visitor()
    answer = held.show(to_set_up(phone))
    to_set_up(other)
    assert begins(other, answer).status_code == 401
    assert begins(office.visitor(), answer).status_code == 401
    assert begins(phone, answer, password="wrong").status_code == 401
    assert begins(phone, answer).status_code == 401
    fresh = held.show(to_set_up(phone))
    assert begins(phone, fresh).status_code == 200
    assert begins(phone, fresh).status_code == 401
    late = held.show(to_set_up(phone))
    office.clock.pass_by(minutes=5, seconds=1)
    assert begins(phone, late).status_code == 401


def test_no_phone_is_set_up_with_somebody_elses_passkey_or_with_none(office: Harrowmere) -> None:
    held = with_passkey(office)
    phone = office.visitor()
    assert begins(phone, held.show(to_set_up(phone)), who="jos").status_code == 401
    assert begins(phone, held.show(to_set_up(phone)), who="nobody").status_code == 401
    assert begins(phone, Authenticator(id=held.id, owner=held.owner).show(to_set_up(phone))).status_code == 401
    assert begins(phone, Authenticator().show(to_set_up(phone))).status_code == 401
    assert begins(phone, "{}").status_code == 401
    assert begins(phone, "").status_code == 401
    assert begins(phone, held.show({"challenge": to_make(office.signed_in("jos"))["challenge"]})).status_code == 401


def test_a_phone_that_keeps_guessing_passwords_with_a_passkey_is_made_to_wait(office: Harrowmere) -> None:
    held = with_passkey(office)
    phone = office.visitor()
    for _ in range(30):
        answer = begins(phone, held.show(to_set_up(phone)), password="wrong")
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert begins(phone, held.show(to_set_up(phone))).status_code == 429


def test_a_removed_passkey_opens_nothing_and_nobody_removes_anothers(office: Harrowmere) -> None:
    held = with_passkey(office)
    (row,) = office.office.store.passkeys.of_person(office.id("marian"))
    to_remove = f"/desk/account/passkey/{row.id}/remove"
    jos = office.signed_in("jos")
    assert jos.get(to_remove).location == "/desk/account"
    office.clock.pass_by(seconds=60)
    jos.send("/desk/account", to_remove, {"password": PASSWORD, "code": people.code_at(office.totp["jos"], office.clock())})
    assert office.office.store.passkeys.get(row.id) == row
    browser = office.visitor()
    assert sign_in(browser, held.show(to_show(browser))).status_code == 303
    assert "office laptop will no longer sign you in" in words_of(browser.get(to_remove))
    shown = held.show(json.loads(browser.get("/desk/sign-in/passkey").text))
    assert browser.send(to_remove, to_remove, {"password": PASSWORD, "code": "", "passkey": shown}).status_code == 303
    assert "no longer opens your account" in words_of(browser.get("/desk/account?done=passkey_removed"))
    browser = office.visitor()
    assert sign_in(browser, held.show(to_show(browser))).status_code == 401
    assert office.audited("passkey removed") == [(office.id("marian"), "", "")]


@pytest.mark.parametrize("other", [{"password": "wrong"}, {"code": "000000"}])
def test_a_browser_left_open_cannot_be_made_into_a_key(office: Harrowmere, other: dict[str, str]) -> None:
    browser = office.signed_in("marian")
    answer = add(office, browser, Authenticator().make(to_make(browser)), **other)
    assert answer.status_code == 401
    assert office.office.store.passkeys.of_person(office.id("marian")) == []


UNPROVEN = ({"password": "wrong"}, {"code": "000000"}, {"password": ""}, {"code": ""})
"""What a form of one's own account is sent with that proves nothing: with the rest right."""


@pytest.mark.parametrize("other", UNPROVEN)
def test_a_browser_left_open_takes_no_passkey_away(office: Harrowmere, other: dict[str, str]) -> None:
    with_passkey(office)
    (row,) = office.office.store.passkeys.of_person(office.id("marian"))
    office.clock.pass_by(seconds=60)
    browser = office.signed_in("marian")
    office.clock.pass_by(seconds=60)
    page = f"/desk/account/passkey/{row.id}/remove"
    right = {"password": PASSWORD, "code": people.code_at(office.totp["marian"], office.clock())}
    answer = browser.send(page, page, right | other)
    assert answer.status_code == (401 if all(other.values()) else 400)
    assert office.office.store.passkeys.of_person(office.id("marian")) == [row]
    assert browser.send(page, page, right).status_code == 303
    assert office.office.store.passkeys.of_person(office.id("marian")) == []


def test_guessing_on_the_page_that_removes_a_passkey_waits_like_signing_in(office: Harrowmere) -> None:
    with_passkey(office)
    (row,) = office.office.store.passkeys.of_person(office.id("marian"))
    office.clock.pass_by(seconds=60)
    browser, page = office.signed_in("marian"), f"/desk/account/passkey/{row.id}/remove"
    for _ in range(30):
        answer = browser.send(page, page, {"password": "wrong", "code": "000000"})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert office.office.store.passkeys.of_person(office.id("marian")) == [row]


def test_one_passkey_proves_who_adds_the_next(office: Harrowmere) -> None:
    held = with_passkey(office)
    browser = office.visitor()
    assert sign_in(browser, held.show(to_show(browser))).status_code == 303
    shown = held.show(json.loads(browser.get("/desk/sign-in/passkey").text))
    assert add(office, browser, Authenticator().make(to_make(browser)), code="", passkey=shown).status_code == 303
    assert len(office.office.store.passkeys.of_person(office.id("marian"))) == 2


def test_a_passkey_is_added_once_and_ten_at_most(office: Harrowmere) -> None:
    held = with_passkey(office)
    browser = office.signed_in("jos")
    assert add(office, browser, held.make(to_make(browser)), "jos").status_code == 400
    for n in range(passkeys.MOST + 1):
        answer = add(office, browser, Authenticator().make(to_make(browser)), "jos")
        assert answer.status_code == (303 if n < passkeys.MOST else 400)


@pytest.mark.parametrize(
    "answer",
    [
        "{",
        "[]",
        "null",
        "7",
        '{"id": 7}',
        '{"id": "x", "response": 3}',
        "[" * 5000,
        "\ud800",
        "x" * 20_000,
        '{"response": {"clientDataJSON": "bnVsbA"}}',
    ],
)
def test_junk_in_place_of_a_passkey_is_refused_like_a_wrong_one(office: Harrowmere, answer: str) -> None:
    with_passkey(office)
    browser = office.visitor()
    to_show(browser)
    assert sign_in(browser, answer.encode("utf-8", "replace").decode()).status_code == 401
    desk = office.signed_in("jos")
    assert add(office, desk, answer.encode("utf-8", "replace").decode(), "jos").status_code == 400


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
def test_an_answer_with_a_part_that_is_no_part_is_refused(office: Harrowmere, part: str) -> None:
    held = with_passkey(office)
    browser = office.visitor()
    strange: tuple[Any, ...] = ("", "!", None, 3, [], "AAAA")
    for value in strange:
        said = json.loads(held.show(to_show(browser)))
        said["response"][part] = value
        assert sign_in(browser, json.dumps(said)).status_code == 401
        office.clock.pass_by(minutes=20)
    assert sign_in(browser, held.show(to_show(browser))).status_code == 303
