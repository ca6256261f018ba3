"""Who responds when a questionnaire shows risk: settled at the desk, written down, told to phones that prove themselves."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from fieldapp import people, responders, verifying
from fieldapp.practice import shipped
from fieldapp.practice.measures import may_be_used
from tests.app import harrowmere
from tests.app.harrowmere import Browser, Harrowmere, words_of
from tests.app.phone import Handset

PAGE = "/desk/who-responds"
WHO, HOW = "who-phq-9", "how-phq-9"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    return harrowmere.make(tmp_path)


def saw(browser: Browser) -> str:
    return browser.get(PAGE).text.split('name="saw" value="')[1].split('"')[0]


def says(browser: Browser, who: str, how: str, *, seen: str | None = None) -> TestResponse:
    return browser.send(PAGE, PAGE, {WHO: who, HOW: how, "saw": saw(browser) if seen is None else seen})


def is_on(place: Harrowmere) -> bool:
    return may_be_used(shipped().measures["phq-9@1"], responders.settled(place.office.store).plain())


def test_a_measure_with_risk_items_stays_off_until_a_supervisor_names_who_responds(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    assert "Not switched on" in words_of(browser.get(PAGE))
    assert not is_on(office)
    answer = says(browser, "Marian <b>Holt</b>", "ring 01632 960 171")
    assert answer.status_code == 303
    page = browser.get(answer.location)
    assert "Saved." in words_of(page)
    assert "Switched on" in words_of(page)
    assert "Marian &lt;b&gt;Holt&lt;/b&gt;" in page.text
    assert is_on(office)


def test_it_goes_off_again_when_both_answers_are_emptied(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    says(browser, "Marian", "ring")
    assert says(browser, " ", "").status_code == 303
    assert not is_on(office)


@pytest.mark.parametrize(
    ("who", "how", "said"),
    [
        ("", "ring", "Say who is told"),
        ("Marian", "", "Say how they are reached"),
        ("M" * 121, "ring", "within 120 letters"),
        ("Marian", "r" * 401, "within 400 letters"),
    ],
)
def test_half_an_answer_is_asked_for_again_and_nothing_typed_is_lost(office: Harrowmere, who: str, how: str, said: str) -> None:
    browser = office.signed_in("marian")
    answer = says(browser, who, how)
    assert answer.status_code == 400
    assert said in words_of(answer)
    assert (who or how) in answer.text
    assert responders.settled(office.office.store).named == {}


def test_two_supervisors_at_once_never_overwrite_each_other_unseen(office: Harrowmere) -> None:
    office.add("noor", "supervisor")
    marian, noor = office.signed_in("marian"), office.signed_in("noor")
    seen = saw(noor)
    says(marian, "Marian", "ring the first number")
    answer = says(noor, "Noor", "ring the second number", seen=seen)
    assert answer.status_code == 409
    assert "What stands now – Marian: ring the first number" in words_of(answer)
    assert "ring the second number" in answer.text
    assert responders.settled(office.office.store).plain() == {"phq-9": {"who": "Marian", "how": "ring the first number"}}
    again = answer.text.split('name="saw" value="')[1].split('"')[0]
    assert says(noor, "Noor", "ring the second number", seen=again).status_code == 303


def test_each_change_is_one_row_of_the_audit_with_its_words_sealed(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    says(browser, "Marian", "ring 01632 960 171")
    says(browser, "Marian", "ring 01632 960 171")
    says(browser, "", "")
    rows = [row for row in office.office.store.audit.all() if row.what.startswith("responder")]
    assert [(row.what, row.person) for row in rows] == [
        ("responder named", office.id("marian")),
        ("responder withdrawn", office.id("marian")),
    ]
    assert rows[0].detail is not None
    told = json.loads(office.office.keys.open_secret("responder", rows[0].detail))
    assert told == {"measure": "phq-9", "who": "Marian", "how": "ring 01632 960 171"}


def test_phones_hear_it_once_and_only_with_the_reading_proof(ama: Handset, place: Harrowmere) -> None:
    assert "responders" not in ama.hello(digest=True)
    named = {"phq-9": responders.Responder("Marian", "ring")}
    marian = next(person.id for person in place.people.values() if person.role == "supervisor")
    office = place.office
    now = responders.settle(office.store, office.keys, marian, named, saw="", now=place.clock())
    assert "responders" not in ama.hello()
    told = ama.hello(digest=True)["responders"]
    assert told == {"hash": now.hash, "named": {"phq-9": {"who": "Marian", "how": "ring"}}}
    assert "responders" not in ama.hello(digest=True, responders=now.hash)
    gone = responders.settle(office.store, office.keys, marian, {"phq-9": None}, saw=now.hash, now=place.clock())
    assert ama.hello(digest=True, responders=now.hash)["responders"] == {"hash": gone.hash, "named": {}}


@pytest.mark.parametrize(
    "left",
    [
        "", "{", "no JSON", "null", "[]", '"x"', "7", '{"phq-9": "Marian"}', '{"phq-9": null}', '{"phq-9": {"who": "Marian"}}',
        '{"phq-9": {"who": "Marian", "how": 7}}', '{"phq-9": {"who": "Marian", "how": "ring", "also": "x"}}', '{"phq-9": {"who": "\\ud800", "how": "x"}}',
        "[" * 5000, '{"phq-9": {"who": "A", "how": "x"}, "phq-9": {"who": "B", "how": "x"}}',
        b"\xff", b'{"phq-9": {"who": "A\xff", "how": "x"}}', b'{"phq-9": {"who": "A", "how": "\xed\xa0\x80"}}',
    ],
)  # fmt: skip
def test_what_no_supervisor_can_have_said_names_nobody_and_a_supervisor_puts_it_right(
    left: str | bytes, place: Harrowmere, ama: Handset
) -> None:
    # Given that another hand spoilt who responds
    marian = place.signed_in("marian")
    says(marian, "Marian", "ring 01632 960 171")
    known = ama.hello(digest=True)["responders"]["hash"]
    with closing(sqlite3.connect(place.office.store.path)) as raw, raw:
        raw.execute("UPDATE settings SET value = CAST(? AS TEXT) WHERE name = 'responders'", [left])

    # Then phones greet as ever, and are told that nobody responds any more; the page shows it switched off
    before = ama.hello(digest=True, responders=known)["responders"]
    assert before["named"] == {}
    assert "Not switched on" in words_of(marian.get(PAGE))

    assert "arranged" in {each.code for each in verifying.verify(place.office.store, place.office.keys)}

    # And a supervisor names somebody again, whom phones hear of
    assert says(marian, "Marian", "ring 01632 960 172").status_code == 303
    told = ama.hello(digest=True, responders=before["hash"])["responders"]
    assert told["named"] == {"phq-9": {"who": "Marian", "how": "ring 01632 960 172"}}
    assert "arranged_then" in {each.code for each in verifying.verify(place.office.store, place.office.keys)}
