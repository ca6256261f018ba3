"""Who was refused what: counted by the hour, written into the audit when the hour is over, and never more than that."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from fieldapp import auditing, people
from fieldapp.keys import new_id
from tests.app import harrowmere
from tests.app.harrowmere import Harrowmere, words_of
from tests.app.phone import Handset

HOUR = "2026-11-23T09"
NOT_THEIRS = "a page that is not theirs"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    return harrowmere.make(tmp_path)


def counted(office: Harrowmere) -> list[tuple[str, str, str, str, int]]:
    """Every counter: whose, which phone, why, which route, how often."""
    return [(row.person, row.device, row.why, row.route, row.count) for row in office.office.store.refusals.before("9999")]


def test_pages_that_are_not_theirs_are_counted_by_person_and_route_and_not_by_what_was_asked_for(office: Harrowmere) -> None:
    private = office.open_casefile("ama", "Tarnley: only for us", sort="restricted", readers=("marian",))
    jos, admin = office.signed_in("jos"), office.signed_in("admin")
    for casefile in (private, new_id(), new_id()):
        assert jos.get(f"/desk/families/{casefile}").status_code == 404
        assert admin.get(f"/desk/families/{casefile}").status_code == 404
    assert jos.get("/desk/people").status_code == 404
    assert jos.get("/desk/board").status_code == 200
    assert jos.get("/desk/nowhere").status_code == office.visitor().get(f"/desk/families/{private}").status_code + 101 == 404
    one, two = office.id("jos"), office.id("admin")
    assert sorted(counted(office)) == sorted(
        [
            (one, "", NOT_THEIRS, "GET /desk/families/<casefile>", 3),
            (two, "", NOT_THEIRS, "GET /desk/families/<casefile>", 3),
            (one, "", NOT_THEIRS, "GET /desk/people", 1),
        ]
    )


def test_refusals_of_an_hour_are_rows_of_the_audit_once_it_is_over(office: Harrowmere) -> None:
    jos, store = office.signed_in("jos"), office.office.store
    for _ in range(2):
        jos.get("/desk/people")
    assert [line for line in auditing.lines(store, 0, office.clock()) if "refused" in line] == []
    office.clock.pass_by(minutes=31)
    told = [json.loads(line) for line in auditing.lines(store, 0, office.clock()) if "refused" in line]
    assert [(line["person"], line["what"]) for line in told] == [
        (office.id("jos"), f"refused {NOT_THEIRS}: GET /desk/people, 2 in the hour from {HOUR}:00Z")
    ]
    assert counted(office) == []
    assert list(auditing.lines(store, told[0]["n"], office.clock())) == []
    admin = office.signed_in("admin")
    told_to = words_of(admin.get(f"/desk/people/{office.id('jos')}/who-did-what"))
    assert f"Was refused {NOT_THEIRS}, 2 times in the hour from Mon 23 Nov, 09:00" in told_to
    assert "GET" not in told_to


def test_the_next_refusal_writes_down_those_of_the_hour_before(office: Harrowmere) -> None:
    jos = office.signed_in("jos")
    jos.get("/desk/people")
    office.clock.pass_by(minutes=25)
    jos.get("/desk/phones")
    office.clock.pass_by(minutes=10)
    office.signed_in("jos").get("/desk/phones")
    assert [row.what.split(": ")[1] for row in office.office.store.audit.all() if row.what.startswith("refused")] == [
        f"GET /desk/people, 1 in the hour from {HOUR}:00Z", f"GET /desk/phones, 1 in the hour from {HOUR}:00Z",
    ]  # fmt: skip
    assert [row[3:] for row in counted(office)] == [("GET /desk/phones", 1)]


def test_a_scanner_fills_no_disk(office: Harrowmere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "MOST_REFUSALS", 3)
    jos = office.signed_in("jos")
    for _ in range(5):
        jos.get(f"/desk/families/{new_id()}")
    changes = []
    with closing(sqlite3.connect(office.office.store.path)) as raw:
        for _ in range(2):
            changes.append(raw.execute("PRAGMA data_version").fetchone())
            jos.get(f"/desk/families/{new_id()}")
    assert changes[0] == changes[1]
    assert [row[-1] for row in counted(office)] == [3]
    auditing.settle_refusals(office.office.store, office.clock().replace(hour=11))
    *_, last = office.office.store.audit.all()
    assert "3 or more in the hour" in last.what


def test_a_phone_that_proves_nothing_is_counted_and_one_whose_nonce_ran_out_is_not(place: Harrowmere, ama: Handset) -> None:
    ama.pull()
    assert counted(place) == []
    place.clock.pass_by(hours=13)
    stale = ama.nonce
    ama.pull()
    assert ama.nonce != stale
    assert counted(place) == []
    ama.read_token = "A" * 43
    assert ama.proved("/pull", {"v": 1, "cursors": {}}).status_code == 401
    stranger = place.app.test_client()
    stranger.set_cookie("fieldapp-device", "B" * 43)
    assert stranger.post("/sync/v1/hello", json={"v": 1}).status_code == 401
    found = sorted(counted(place), key=lambda row: row[1])
    assert found == [
        ("", "", "what a phone asked (device)", "any", 1),
        ("", ama.device, "what a phone asked (read_token)", "POST /sync/v1/pull", 1),
    ]


def test_whoever_is_known_to_nobody_has_one_counter_whatever_they_ask(place: Harrowmere) -> None:
    stranger = place.app.test_client()
    stranger.set_cookie("fieldapp-device", "B" * 43)
    for route in ("hello", "pull", "have", "practice"):
        stranger.post(f"/sync/v1/{route}", json={"v": 1})
    assert counted(place) == [("", "", "what a phone asked (device)", "any", 4)]


def test_forms_of_other_pages_and_other_sites_are_counted(office: Harrowmere) -> None:
    jos = office.signed_in("jos")
    assert jos.client.post("/desk/sign-out", data={"form_token": "wrong"}).status_code == 400
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert jos.client.post("/desk/sign-out", data={"form_token": "wrong"}, headers=headers).status_code == 400
    one = office.id("jos")
    assert sorted(counted(office)) == [
        (one, "", "a form of another page", "POST /desk/sign-out", 1), (one, "", "what another site asked", "POST /desk/sign-out", 1),
    ]  # fmt: skip


def test_whoever_is_refused_is_refused_also_when_nothing_can_be_written(
    office: Harrowmere, monkeypatch: pytest.MonkeyPatch
) -> None:
    jos = office.signed_in("jos")
    before = jos.get("/desk/people").data
    began = time.monotonic()
    with closing(sqlite3.connect(office.office.store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = jos.get("/desk/people")
        other.execute("ROLLBACK")
    # Far from the ten seconds that a note would wait for whoever is writing.
    assert time.monotonic() - began < 9
    assert (answer.status_code, answer.data) == (404, before)
    assert [row[-1] for row in counted(office)] == [1]
