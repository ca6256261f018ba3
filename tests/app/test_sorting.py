"""What could not be placed: who sees it, who reads it, what a named person may decide, and what is tried again by itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from fieldapp import burning, create_app, radar, signers, sorting
from fieldapp.keys import hash_text, new_id
from fieldapp.store import Sealed, StoreFailed
from fieldapp.web import words
from sync import entry
from tests.app.harrowmere import VISIT, Browser, Harrowmere, words_of
from tests.app.phone import Handset, Sent, phone
from tests.app.test_demo import Demo

SECRET = "The back door was off its hinges."
NOTE: dict[str, Any] = {**VISIT, "seen_and_heard": SECRET}
LIST = "/desk/sorting"


def page_of(sent: Sent | bytes) -> str:
    return f"{LIST}/{hash_text(sent if isinstance(sent, bytes) else sent.envelope)}"


def opened(handset: Handset, **more: Any) -> str:
    opening = handset.opening(**more)
    assert handset.push(opening)[0]["status"] == "stored"
    return opening.casefile


def decide(browser: Browser, sent: Sent | bytes, decision: str, why: str = "Rang Ama; it is hers.") -> TestResponse:
    return browser.send(page_of(sent), page_of(sent), {"decision": decision, "text-why": why})


def codes(handset: Handset, *sent: Sent | bytes) -> list[str | None]:
    return [each.get("code") for each in handset.push(*sent)]


@pytest.fixture
def late(ama: Handset, place: Harrowmere) -> Sent:
    """A note about Ama's family from her phone, which was reported lost before it came."""
    casefile = opened(ama)
    note = ama.write(casefile, NOTE)
    signers.end_device(place.office.store, ama.device, "lost", place.id("admin"), place.clock())
    assert codes(ama, note) == ["device_ended"]
    return note


def test_supervisor_reads_it_places_it_and_the_phone_learns(ama: Handset, place: Harrowmere, late: Sent) -> None:
    marian = place.signed_in("marian")
    assert "From a phone that was lost" in words_of(marian.get(LIST))
    assert SECRET in words_of(marian.get(page_of(late)))
    assert place.audited("read what waits") == [(place.id("marian"), late.casefile, late.record)]

    answer = decide(marian, late, "place")

    assert (answer.status_code, answer.location) == (303, f"{LIST}?done=place")
    assert "Nothing waits to be sorted" in words_of(marian.get(answer.location))
    assert SECRET in words_of(marian.get(f"/desk/records/{late.record}?whole=yes"))
    assert place.audited("placed by decision") == [(place.id("marian"), late.casefile, late.record)]
    row = next(row for row in place.office.store.audit.all() if row.what == "placed by decision")
    assert row.detail is not None
    assert json.loads(place.office.keys.open_secret("sorting", row.detail))["why"] == "Rang Ama; it is hers."
    told = ama.post("/have", {"v": 1, "ids": [late.id]}).get_json()
    assert told["missing"] == []
    assert ama.receipt(told["receipts"][0]["receipt"])["id"] == late.id


def test_what_is_put_away_is_kept_byte_for_byte_told_to_the_phone_and_can_be_put_back(
    ama: Handset, place: Harrowmere, late: Sent
) -> None:
    marian = place.signed_in("marian")
    assert decide(marian, late, "put_away", "Not hers: she had no phone that day.").status_code == 303
    assert place.audited("put away") == [(place.id("marian"), late.casefile, "")]
    row = place.office.store.quarantine.get(hash_text(late.envelope))
    assert row is not None
    assert row.envelope == late.envelope
    told = ama.post("/have", {"v": 1, "ids": [late.id]}).get_json()
    assert (told["missing"], told["receipts"], told["put_away"]) == ([], [], [late.id])
    assert "Put away by Marian Holt-Vane" in words_of(marian.get(LIST))
    assert "Not hers: she had no phone that day." in words_of(marian.get(page_of(late)))

    # What was put away stays so when the phone sends it again, and its receipt stays true.
    assert codes(ama, late) == ["device_ended"]
    assert "Nothing waits to be sorted" in words_of(marian.get(LIST))

    assert marian.send(page_of(late), f"{page_of(late)}/back", {}).status_code == 303
    assert "put_away" not in ama.post("/have", {"v": 1, "ids": [late.id]}).get_json()
    assert decide(marian, late, "place").status_code == 303
    assert place.office.store.entries.get(late.id) is not None


def test_nothing_that_is_not_held_is_called_put_away(ama: Handset, reece: Handset, late: Sent, place: Harrowmere) -> None:
    decide(place.signed_in("marian"), late, "put_away")
    other = "B" * 43
    assert ama.post("/have", {"v": 1, "ids": [other]}).get_json() == {"v": 1, "missing": [other], "receipts": []}
    assert reece.post("/have", {"v": 1, "ids": [late.id]}).get_json()["missing"] == [late.id], "another phone learns nothing"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"text-why": "Because <b>so</b>"}, "Choose what you want to do"),
        ({"decision": "place", "text-why": " "}, "Say why, in a sentence"),
        ({"decision": "put_away", "text-why": "x" * 1001}, "longer than 1,000 letters"),
        ({"decision": "erase", "text-why": "Because <b>so</b>"}, "Choose what you want to do"),
    ],
)
def test_nothing_typed_is_lost_when_a_decision_is_half_made(
    place: Harrowmere, late: Sent, form: dict[str, str], said: str
) -> None:
    answer = place.signed_in("marian").send(page_of(late), page_of(late), form)
    assert answer.status_code == 400
    assert said in words_of(answer)
    assert "<b>" not in answer.text
    row = place.office.store.quarantine.get(hash_text(late.envelope))
    assert row is not None
    assert (row.placed_at, row.discarded_at) == (None, None)


def test_the_second_decision_changes_nothing_when_two_decide_at_once(place: Harrowmere, late: Sent) -> None:
    place.add("noor", "supervisor")
    marian, noor = place.signed_in("marian"), place.signed_in("noor")
    token = re.search(r'name="form_token" value="([^"]*)"', noor.get(page_of(late)).text)
    assert token is not None
    decide(marian, late, "place")
    form = {"form_token": token[1], "decision": "put_away", "text-why": "Not ours."}
    answer = noor.client.post(page_of(late), data=form)
    assert answer.status_code == 409
    assert "That was decided meanwhile" in words_of(answer)
    assert "Not ours." in answer.text, "what was typed is given back"
    assert LIST in answer.text
    assert place.audited("put away") == []
    assert noor.get(page_of(late)).location == f"{LIST}?done=already"


def test_administrator_sees_why_and_whose_and_never_what(place: Harrowmere, late: Sent) -> None:
    admin = place.signed_in("admin")
    shown = words_of(admin.get(LIST)) + words_of(admin.get(page_of(late)))
    assert "From a phone that was lost" in shown
    assert "Ama Lindqvist" in shown
    assert SECRET not in shown
    assert "Tarnley" not in shown
    assert "Place it" not in shown
    for decision in ("place", "put_away"):
        assert decide(admin, late, decision).status_code == 409
    assert place.audited("read what waits") == []


def test_administrator_puts_junk_away_that_nobody_can_read(ama: Handset, place: Harrowmere) -> None:
    junk = bytes([1]) + b"j" * 400
    assert codes(ama, junk) == ["unknown_key"]
    admin = place.signed_in("admin")
    assert decide(admin, junk, "place").status_code == 409
    assert decide(admin, junk, "put_away", "Rang Ama; nothing is missing.").status_code == 303
    assert "Nothing waits to be sorted" in words_of(admin.get(LIST))


def test_the_reason_typed_is_given_back_when_the_disk_is_full(place: Harrowmere, late: Sent) -> None:
    marian, store = place.signed_in("marian"), place.office.store
    token = re.search(r'name="form_token" value="([^"]*)"', marian.get(page_of(late)).text)
    assert token is not None
    pages = store.settings._value("PRAGMA page_count")
    why = "Rang Ama: <b>it is hers</b>. " + "She told me so. " * 60
    form = {"form_token": token[1], "decision": "put_away", "text-why": why}
    store.settings._value(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        for _ in range(1000):
            with store.writing() as tx:
                tx.audit.add(entry.stamp(place.clock()), "", "filled", detail=Sealed(bytes(100)))

    with pytest.raises(StoreFailed):
        fill()
    answer = marian.client.post(page_of(late), data=form)
    store.settings._value("PRAGMA max_page_count = 1000000")
    assert answer.status_code == 503
    assert "Nothing was written down" in words_of(answer)
    assert "Rang Ama: &lt;b&gt;it is hers&lt;/b&gt;" in answer.text
    assert "Sign in again" not in words_of(answer)


def test_only_who_may_put_it_away_may_put_it_back(place: Harrowmere, late: Sent) -> None:
    decide(place.signed_in("marian"), late, "put_away")
    admin = place.signed_in("admin")
    page = admin.get(page_of(late))
    assert "Put it back" not in words_of(page)
    assert admin.send(LIST, f"{page_of(late)}/back", {}).status_code in {400, 404}
    with pytest.raises(sorting.CannotPlace):
        sorting.put_back(place.office.store, place.office.keys, place.people["admin"], hash_text(late.envelope), place.clock())
    assert place.office.store.quarantine.count_open() == 0
    assert place.audited("put back") == []


def test_what_a_burned_key_alone_opened_is_shown_closed_and_stays_known(ama: Handset, place: Harrowmere, late: Sent) -> None:
    here = place.office
    (old,) = here.keys.ring(here.store).ingest
    here.keys.renew_key(here.store, "ingest", entry.stamp(place.clock()))
    place.clock.pass_by(days=1)
    burning.burn(here.store, here.keys, entry.b64u(old), place.clock(), despite="It was on a stolen disk.")
    marian = place.signed_in("marian")
    assert marian.get(page_of(late)).status_code == 200
    assert {decide(marian, late, each).status_code for each in ("place", "put_away")} == {409}
    assert place.signed_in("admin").get(page_of(late)).status_code == 200
    assert radar.decide(here.store, here.keys, place.people["marian"], ama.device, "lost", "ok", "Found.", place.clock()) == 0
    assert codes(ama, late) == ["unknown_key"]
    row = here.store.quarantine.get(hash_text(late.envelope))
    assert row is not None
    assert (row.is_believed, row.entry, row.reason) == (True, late.id, "device_ended")


@pytest.mark.parametrize("who", ["marian", "noor", "named", "admin", "orla", "ama"])
@pytest.mark.parametrize("where", ["own team", "other team", "restricted", "restricted opening", "practice"])
def test_only_who_may_read_the_family_knows_of_what_waits_for_it(ama: Handset, place: Harrowmere, who: str, where: str) -> None:
    place.add("noor", "supervisor", "other")
    place.add("named", "supervisor", "other")
    sees = {"own team": {"marian"}, "other team": {"noor", "named"}, "practice": set[str]()}.get(where, {"named"})
    if where == "restricted opening":
        # It names somebody who has never been here, so that it has too few readers to be opened.
        with place.office.store.writing() as tx:
            tx.people._run("UPDATE people SET ended_at = ? WHERE id = ?", entry.stamp(place.clock()), place.id("ama"))
        place.clock.pass_by(minutes=1)
        sent = ama.opening(sort="restricted", readers=[place.id("named")], title=SECRET)
        assert codes(ama, sent) == ["not_allowed"]
    else:
        casefile = opened(
            ama,
            sort="restricted" if where == "restricted" else "main",
            readers=[place.id("named")] if where == "restricted" else [],
        )
        with place.office.store.writing() as tx:
            if where == "other team":
                tx.casefiles._run("UPDATE casefiles SET team = 'other' WHERE id = ?", casefile)
            if where == "practice":
                tx.casefiles._run("UPDATE casefiles SET practice = 1 WHERE id = ?", casefile)
        sent = ama.write(casefile, NOTE)
        signers.end_device(place.office.store, ama.device, "ended", place.id("admin"), place.clock())
        assert codes(ama, sent) == ["device_ended"]
    if who == "ama":
        assert place.visitor().get(LIST).status_code == 303
        return
    browser = place.signed_in(who)
    statuses = [browser.get(LIST).status_code, browser.get(page_of(sent)).status_code]
    if who == "orla":
        assert statuses == [404, 404]
        return
    is_shown = who in sees or who == "admin"
    assert statuses == [200, 200 if is_shown else 404]
    assert (page_of(sent) in browser.get(LIST).text) is is_shown
    assert (SECRET in words_of(browser.get(page_of(sent)))) is (who in sees)
    if who != "admin":
        assert ("1 item to be placed" in words_of(browser.get("/desk/board"))) is is_shown
    if not is_shown:
        token = browser.send(LIST, page_of(sent), {"decision": "put_away", "text-why": "x"})
        assert token.status_code in {400, 404}
        assert place.office.store.quarantine.count_open() == 1


def test_what_waits_for_a_private_section_names_whom_only_the_familys_record_lists(ama: Handset, place: Harrowmere) -> None:
    family = {"name_shown": "Tarnley", "people": [{"id": "jay", "name": "Jayden", "group": "child", "relation": "son"}]}
    assert ama.push(ama.write(opened(ama), family, kind="family"))[0]["status"] == "stored"
    casefile = opened(ama, sort="restricted", readers=[place.id("marian")])
    seen = [{"id": "jay", "person": "jay", "seen": "no", "why_not_seen": "asleep"}]
    sent = ama.write(casefile, {**VISIT, "children_seen": seen})
    signers.end_device(place.office.store, ama.device, "lost", place.id("admin"), place.clock())
    assert codes(ama, sent) == ["device_ended"]
    assert "Child Jayden" in words_of(place.signed_in("marian").get(page_of(sent)))


def test_nobody_places_what_they_wrote_themselves(place: Harrowmere) -> None:
    marian = phone(place, "marian")
    casefile = opened(marian)
    signers.end_device(place.office.store, marian.device, "lost", place.id("admin"), place.clock())
    note = marian.write(casefile, NOTE)
    marian.push(note)
    place.clock.pass_by(minutes=1)
    browser = place.signed_in("marian")
    assert "You wrote this yourself" in words_of(browser.get(page_of(note)))
    assert {decide(browser, note, each).status_code for each in ("place", "put_away")} == {409}


@pytest.mark.parametrize("kind", ["review", "erasure", "moved"])
def test_no_decision_places_what_only_office_pages_do(ama: Handset, place: Harrowmere, kind: str) -> None:
    casefile = opened(ama)
    sent = ama.write(casefile, {"decision": "signed_off", "covers": [], "comments": [], "text": SECRET}, kind=kind)
    assert codes(ama, sent) == ["not_allowed"]
    marian = place.signed_in("marian")
    page = words_of(marian.get(page_of(sent)))
    assert "done on office pages only" in page
    assert SECRET in page
    assert decide(marian, sent, "place").status_code == 409
    assert place.office.store.entries.get(sent.id) is None


def test_no_decision_places_a_record_in_two_families(ama: Handset, place: Harrowmere) -> None:
    first, second = opened(ama), opened(ama)
    note = ama.write(first, NOTE)
    strayed = ama.write(second, NOTE, record=note.record, parents=[note.id])
    assert codes(ama, note, strayed) == [None, "wrong_casefile"]
    marian = place.signed_in("marian")
    assert "cannot be placed in two families" in words_of(marian.get(page_of(strayed)))
    assert decide(marian, strayed, "place").status_code == 409


def test_no_decision_opens_a_private_section_for_one_reader_alone(ama: Handset, place: Harrowmere) -> None:
    opening = ama.opening(sort="restricted", readers=[], title=SECRET)
    assert codes(ama, opening) == ["not_allowed"]
    assert decide(place.signed_in("admin"), opening, "place").status_code == 409
    assert place.signed_in("marian").get(page_of(opening)).status_code == 404


def test_opening_that_is_placed_by_a_person_brings_what_waited_for_it(ama: Handset, place: Harrowmere) -> None:
    place.add("named", "supervisor")
    place.add("second", "supervisor")
    with place.office.store.writing() as tx:
        tx.people._run("UPDATE people SET ended_at = ? WHERE id = ?", entry.stamp(place.clock()), place.id("ama"))
    place.clock.pass_by(minutes=1)
    readers = [place.id("named"), place.id("second")]
    opening = ama.opening(sort="restricted", readers=readers, title="The Velmire family")
    note = ama.write(opening.casefile, NOTE)
    assert codes(ama, opening, note) == ["not_allowed", "no_opening"]

    named = place.signed_in("named")
    assert "The Velmire family" in words_of(named.get(page_of(opening)))
    assert decide(named, opening, "place").status_code == 303

    # Its writer has left: what waited is judged by itself, and a person has to answer for that, too.
    row = place.office.store.quarantine.get(hash_text(note.envelope))
    assert row is not None
    assert row.reason == "not_allowed"
    assert decide(named, note, "place").status_code == 303
    assert SECRET in words_of(named.get(f"/desk/records/{note.record}?whole=yes"))


def test_what_waits_for_a_family_stays_closed_until_it_is_known_whose_it_is(ama: Handset, place: Harrowmere) -> None:
    note = ama.write(new_id(), NOTE)
    assert codes(ama, note) == ["no_opening"]
    marian = place.signed_in("marian")
    page = words_of(marian.get(page_of(note)))
    assert "Waits for a family that has not come" in page
    assert SECRET not in page
    assert decide(marian, note, "place").status_code == 409


def test_unbelievable_words_are_read_with_a_warning_and_never_placed(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    made = ama.write(casefile, NOTE)
    forged = ama.seal(made.header, made.body.replace(b"hinges", b"HINGES"), b"{}", key=reece.key, kid=ama.key.kid)
    (code,) = codes(ama, forged)
    assert code in {"bad_signature", "not_an_entry"}
    signed = reece.seal(made.header, made.body, made.slip)
    assert codes(ama, signed) == ["wrong_author"]
    marian = place.signed_in("marian")
    page = words_of(marian.get(page_of(signed)))
    assert "Nobody can vouch for who wrote this" in page
    assert SECRET in page
    assert decide(marian, signed, "place").status_code == 409
    assert decide(marian, signed, "put_away").status_code == 303


def test_every_reason_intake_can_give_is_explained() -> None:
    given = {
        "unknown_key", "cannot_open", "not_an_entry", "too_large", "unknown_signer", "bad_signature", "wrong_author", "bad_hashes",
        "no_opening", "wrong_casefile", "not_allowed", "device_ended", "clone", "before_unlocking",
    }  # fmt: skip
    assert set(words.WAITS_FOR) == given
    assert len({one.title for one in words.WAITS_FOR.values()}) == len(given)


# Tried again by itself


def test_what_an_unknown_phone_sent_is_placed_when_that_phone_is_known_again(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    note = ama.write(casefile, NOTE)
    store, now = place.office.store, place.clock()
    row = store.signers.get(ama.key.kid)
    assert row is not None
    with store.writing() as tx:
        tx.signers._run("DELETE FROM signers WHERE kid = ?", row.kid)
    assert codes(ama, note) == ["unknown_signer"]
    assert sorting.try_again(store, place.office.keys, now) == 0
    with store.writing() as tx:
        tx.signers.add(row)
    phone(place, "reece")  # somebody else's set-up is when the office looks again
    assert store.entries.get(note.id) is not None
    assert store.quarantine.count_open() == 0


def test_what_waits_is_tried_again_when_the_office_starts(ama: Handset, place: Harrowmere) -> None:
    opening = ama.opening()
    note = ama.write(opening.casefile, NOTE)
    assert codes(ama, note, opening) == [None, None]
    junk = bytes([1]) + b"j" * 400
    late = ama.write(opening.casefile, NOTE)
    store = place.office.store
    ama.push(late, junk)
    with store.writing() as tx:
        tx.entries._run("DELETE FROM entries WHERE id = ?", late.id)
        tx.casefiles._run(
            "UPDATE casefiles SET seq = 2, log_hash = (SELECT log_hash FROM entries WHERE casefile = casefiles.id AND seq = 2)"
        )
    ama_row = store.quarantine.get(hash_text(junk))
    assert ama_row is not None
    with store.writing() as tx:
        # As another hand may leave it: the envelope waits for an opening that is here.
        tx.quarantine._run(
            "INSERT INTO quarantine (hash, device, kid, entry, casefile, reason, is_believed, received_at, day, size, envelope)"
            " VALUES (?, ?, ?, ?, ?, 'no_opening', 1, ?, '2026-11-23', ?, ?)",
            *(hash_text(late.envelope), ama.device, ama.key.kid, late.id, late.casefile, entry.stamp(place.clock())),
            *(len(late.envelope), late.envelope),
        )
    assert sorting.try_again(store, place.office.keys, place.clock()) == 1
    assert store.entries.get(late.id) is not None
    assert store.quarantine.count_open() == 1, "junk stays for a person"


def test_one_that_makes_the_office_stumble_waits_and_holds_up_no_other(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    poison, note = ama.write(casefile, NOTE, kind="poison"), ama.write(casefile, NOTE)
    store = place.office.store
    row = store.signers.get(ama.key.kid)
    assert row is not None
    with store.writing() as tx:
        tx.signers._run("DELETE FROM signers WHERE kid = ?", row.kid)
        tx.entries._run(
            "CREATE TRIGGER poison BEFORE INSERT ON entries WHEN NEW.kind = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END"
        )
    ama.push(poison, note)
    with store.writing() as tx:
        tx.signers.add(row)
    assert sorting.try_again(store, place.office.keys, place.clock()) == 1
    assert store.entries.get(note.id) is not None
    assert store.quarantine.count_open() == 1


def test_app_that_starts_places_what_lacks_nothing_any_more(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    late, _ = demo.store.quarantine.open()
    signer = demo.store.signers.get(late.kid)
    assert signer is not None
    with demo.store.writing() as tx:
        # As a restore may leave it: the phone is in use, and what it waits for is here.
        tx.signers.set_device_status(signer.device, "ok")
        tx.quarantine.move_on(late.hash, "no_opening")
    create_app(demo.settings)
    assert demo.store.entries.get(late.entry) is not None
    assert [row.reason for row in demo.store.quarantine.open()] == ["cannot_open"]
    demo.store.close()
