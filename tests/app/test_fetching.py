"""Set-up, greeting, fetching, and every answer that is not 200: docs/protocol.md §4, §7 and §7.2."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from fieldapp import delivery, receipts, signers
from fieldapp.epoch import EpochFile
from fieldapp.keys import SigningKey, check_words, hash_text, new_id, sha256, verify_jws
from fieldapp.practice.words import words
from sync import chain, entry, wire
from tests.app.harrowmere import Harrowmere
from tests.app.phone import Handset, phone

NOTE = {"purpose": "Weekly visit"}


def opened(handset: Handset, **more: Any) -> str:
    opening = handset.opening(**more)
    assert handset.push(opening)[0]["status"] == "stored"
    return opening.casefile


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, str(answer.get_json().get("error", ""))


# Set-up


def test_phone_is_set_up_with_pinned_keys_and_check_words(place: Harrowmere) -> None:
    handset = Handset(place, "ama", place.app.test_client())
    begun = handset.begin().get_json()
    assert begun["person"] == {"id": place.id("ama"), "name": "Ama Lindqvist", "role": "keyworker"}
    office = place.office.keys.ring(place.office.store).office
    assert begun["office"]["jwk"] == office.jwk
    assert begun["check_words"] == check_words(office.kid)
    assert all(word in words()[:2048] for word in begun["check_words"])
    assert begun["practice"] == place.office.practice.index_hash
    handset.set_up()
    cookie = handset.client.get_cookie("fieldapp-device")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Strict"
    assert handset.hello()["device"] == {"status": "ok"}


@pytest.mark.parametrize(("password", "code"), [("wrong", None), (None, "000000")])
def test_phone_is_not_set_up_when_password_or_code_are_wrong(place: Harrowmere, password: str | None, code: str | None) -> None:
    handset = Handset(place, "ama", place.app.test_client())
    answer = handset.begin(**{name: value for name, value in {"password": password, "code": code}.items() if value})
    assert error(answer) == (401, "sign_in")


def test_phone_is_not_set_up_for_an_administrator(place: Harrowmere) -> None:
    assert error(Handset(place, "admin", place.app.test_client()).begin()) == (401, "role")


def test_setting_up_waits_when_guessing_goes_on(place: Harrowmere) -> None:
    handset = Handset(place, "ama", place.app.test_client())
    said = {"v": 1, "email": "ama@harrowmere.example", "password": "guess", "code": "000000"}
    answers = [handset.post("/devices/begin", said) for _ in range(8)]
    assert error(answers[-1]) == (429, "wait")
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ({"person": "A" * 22}, "wrong_person"),
        ({"device": "A" * 22}, "wrong_person"),
        ({"replaces": "the old one"}, "replaces"),
    ],
)
def test_enrolment_is_refused_when_it_says_something_else(place: Harrowmere, spoil: dict[str, str], why: str) -> None:
    handset = Handset(place, "ama", place.app.test_client())
    begun = handset.begin().get_json()
    said = {"person": begun["person"]["id"], "device": begun["device"], "nonce": begun["nonce"], **spoil}
    handset.person, handset.device = said["person"], said["device"]
    assert error(handset.enrol(said["nonce"], replaces=said.get("replaces", ""))) == (400, why)


def test_enrolment_replaces_only_a_signer_of_the_same_person(ama: Handset, place: Harrowmere) -> None:
    reece = Handset(place, "reece", place.app.test_client())
    begun = reece.begin().get_json()
    reece.person, reece.device = begun["person"]["id"], begun["device"]
    assert error(reece.enrol(begun["nonce"], replaces=ama.key.kid)) == (400, "replaces")


def test_enrolment_may_replace_a_signer_that_a_restore_forgot(place: Harrowmere) -> None:
    assert Handset(place, "ama", place.app.test_client()).set_up(replaces="A" * 43).hello()["device"] == {"status": "ok"}


def test_enrolment_nonce_is_good_once_and_for_fifteen_minutes(place: Harrowmere) -> None:
    handset = Handset(place, "ama", place.app.test_client())
    first, second = handset.begin().get_json(), handset.begin().get_json()
    handset.person, handset.device = first["person"]["id"], first["device"]
    assert handset.enrol(first["nonce"]).status_code == 200
    handset.key = SigningKey.new()
    assert error(handset.enrol(first["nonce"])) == (401, "nonce")
    place.clock.pass_by(minutes=16)
    handset.device = second["device"]
    assert error(handset.enrol(second["nonce"])) == (401, "nonce")


def test_enrolment_is_refused_when_another_key_signed_it(place: Harrowmere) -> None:
    handset = Handset(place, "ama", place.app.test_client())
    begun = handset.begin().get_json()
    said = {
        "v": 1,
        "person": begun["person"]["id"],
        "device": begun["device"],
        "jwk": SigningKey.new().jwk,
        "made_at": "2026-11-23T09:30:00.000Z",
        "nonce": begun["nonce"],
        "replaces": "",
    }
    made = handset.key.jws("fieldapp-enrolment", entry.write_json(said))
    assert error(handset.post("/devices", {"v": 1, "enrolment": made})) == (400, "bad_signature")
    assert error(handset.post("/devices", {"v": 1, "enrolment": "x.y.z"})) == (400, "not_an_enrolment")
    handset.person, handset.device = begun["person"]["id"], begun["device"]
    assert handset.enrol(begun["nonce"]).status_code == 200


def test_second_person_shares_the_phone_and_its_token(ama: Handset, place: Harrowmere) -> None:
    before = ama.client.get_cookie("fieldapp-device")
    reece = phone(place, "reece", ama.client)
    after = ama.client.get_cookie("fieldapp-device")
    assert reece.device == ama.device
    assert before is not None
    assert after is not None
    assert before.value == after.value
    assert {signer.person for signer in place.office.store.signers.of_device(ama.device)} == {ama.person, reece.person}


def test_enrolments_form_one_chain(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    prev = ""
    for row in place.office.store.signers.enrolments_of([ama.key.kid, reece.key.kid]):
        split = entry.split_jws(row.jws, "fieldapp-enrolment")
        assert row.id == entry.id_of(sha256, split.input)
        prev = chain.enrolment_hash(sha256, prev, row.n, row.id, row.jws, row.received_at)
        assert prev == row.log_hash


# Greeting


def test_nothing_new_is_one_request_of_less_than_a_kilobyte(ama: Handset, place: Harrowmere) -> None:
    for _ in range(5):
        opened(ama)
    assert ama.hello(digest=True)["same"] is False
    ama.pull_all()
    answer = ama.hello(digest=True, keyset_n=1)
    assert answer["same"] is True
    answer.pop("checkpoint", None)
    assert len(json.dumps(answer)) < 1024


def test_hello_tells_what_the_office_has_of_a_signer(ama: Handset) -> None:
    casefile = opened(ama)
    ama.push(ama.write(casefile, NOTE))
    lost = ama.write(casefile, NOTE)
    later = ama.write(casefile, NOTE)
    ama.push(later)
    assert ama.hello()["signers"] == [{"kid": ama.key.kid, "n": 4, "id": later.id}]
    assert ama.place.office.store.signers.gaps(ama.key.kid) == [(3, 3)]
    ama.push(lost)
    assert ama.place.office.store.signers.gaps(ama.key.kid) == []


def test_hello_brings_the_key_set_only_when_there_is_a_newer_one(ama: Handset, place: Harrowmere) -> None:
    assert "keyset" not in ama.hello(keyset_n=1)
    place.clock.pass_by(minutes=1)
    place.office.keys.renew_key(place.office.store, "ingest", entry.stamp(place.clock()))
    answer = ama.hello(keyset_n=1)
    assert answer["keyset_n"] == 2
    place.clock.pass_by(minutes=1)
    old = ama.opening()
    ama.keyset = json.loads(verify_jws(answer["keyset"], "fieldapp-keyset", ama.office["jwk"]))
    assert len([key for key in ama.keyset["keys"] if key["use"] == "ingest"]) == 2
    new = ama.write(old.casefile, NOTE)
    assert old.envelope[1:33] != new.envelope[1:33]
    assert {each["status"] for each in ama.push(old, new)} == {"stored"}


def test_radar_knows_how_many_wait_and_since_when(ama: Handset, place: Harrowmere) -> None:
    ama.hello(waiting={"count": 3, "oldest_at": "2026-11-20T08:00:00.000Z"})
    row = place.office.store.signers.device(ama.device)
    assert row is not None
    assert (row.waiting, row.oldest_waiting_at) == (3, "2026-11-20T08:00:00.000Z")


def test_checkpoint_is_made_hourly_when_there_is_news(ama: Handset, place: Harrowmere) -> None:
    opened(ama)
    first = ama.hello()["checkpoint"]
    assert ama.hello()["checkpoint"] == first
    place.clock.pass_by(hours=2)
    assert ama.hello()["checkpoint"] == first
    opened(ama)
    second = ama.hello()["checkpoint"]
    said = [json.loads(entry.split_jws(each, "fieldapp-checkpoint").payload) for each in (first, second)]
    assert (said[1]["n"], said[1]["prev"]) == (said[0]["n"] + 1, hash_text(first.encode()))
    heads = place.office.store.casefiles.heads()
    assert said[1]["root"] == chain.checkpoint_root(sha256, heads)
    ring = place.office.keys.ring(place.office.store)
    verify_jws(second, "fieldapp-checkpoint", ring.receipt.jwk)


def test_checkpoint_is_left_out_when_the_phone_showed_that_very_one(ama: Handset, place: Harrowmere) -> None:
    first = ama.hello()["checkpoint"]
    assert "checkpoint" not in ama.hello(checkpoint=first)
    n = json.loads(entry.split_jws(first, "fieldapp-checkpoint").payload)["n"]
    assert "checkpoint" not in ama.hello(checkpoint_n=n)
    assert ama.hello(checkpoint_n=n - 1)["checkpoint"] == first
    ama.push(ama.opening())
    place.clock.pass_by(hours=1)
    assert ama.hello(checkpoint=first)["checkpoint"] != first


def test_checkpoint_that_is_not_ours_is_noticed_when_a_phone_shows_it(ama: Handset, place: Harrowmere) -> None:
    ring = place.office.keys.ring(place.office.store)
    other = ring.receipt.jws("fieldapp-checkpoint", entry.write_json({"v": 1, "n": 7}))
    ama.hello(checkpoint=ama.hello()["checkpoint"])
    assert not [row for row in place.office.store.audit.all() if "checkpoint" in row.what]
    ama.hello(checkpoint=other)
    assert [row for row in place.office.store.audit.all() if "checkpoint" in row.what]


def test_lost_phone_may_send_but_not_fetch(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    signers.end_device(place.office.store, ama.device, "lost", place.id("admin"), place.clock())
    assert ama.hello(digest=False)["device"] == {"status": "lost"}
    assert error(ama.proved("/pull", {"v": 1, "cursors": {}})) == (401, "device")
    assert ama.push(ama.write(casefile, NOTE))[0]["status"] == "quarantined"


# Fetching


def test_pull_brings_the_newest_casefile_first_and_each_in_order(ama: Handset, place: Harrowmere) -> None:
    older = opened(ama)
    place.clock.pass_by(minutes=1)
    newer = opened(ama)
    place.clock.pass_by(minutes=1)
    ama.push(*(ama.write(older, NOTE) for _ in range(3)))
    answer = ama.pull()
    assert [each["id"] for each in answer["casefiles"]] == [older, newer]
    assert answer["added"] == [older, newer]
    assert [each["seq"] for each in answer["casefiles"][0]["entries"]] == [1, 2, 3, 4]
    assert (answer["more"], answer["total"]) == (False, 0)
    assert {each["id"] for each in answer["people"]} == {ama.person}
    assert len(answer["enrolments"]) == 1
    again = ama.pull()
    assert (again["casefiles"], again["added"], again["removed"]) == ([], [], [])


@pytest.mark.parametrize("years", [-10, 10])
def test_note_written_long_before_it_came_is_brought_to_a_reader_who_has_all_the_rest(
    ama: Handset, reece: Handset, place: Harrowmere, years: int
) -> None:
    casefile = opened(ama, readers=[place.id("reece")])
    ama.push(*(ama.write(casefile, NOTE) for _ in range(3)))
    reece.pull_all()
    assert reece.pull()["casefiles"] == []
    written_at = entry.stamp(place.clock() + timedelta(days=365 * years))
    late = ama.write(casefile, NOTE, written_at=written_at)
    other = ama.write(casefile, NOTE)
    assert [each["status"] for each in ama.push(late, other)] == ["stored", "stored"]
    reece.pull_all()
    assert reece.entries[late.id]["header"]["written_at"] == written_at
    assert [reece.entries[each.id]["seq"] for each in (late, other)] == [5, 6], "placed as they came, whatever their clocks said"


def test_pull_comes_in_pages_with_a_count_that_only_falls(ama: Handset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "PULL_BYTES", 20_000)
    casefiles = [opened(ama) for _ in range(3)]
    for casefile in casefiles:
        ama.push(*(ama.write(casefile, {"purpose": "x" * 500}) for _ in range(20)))
    answers = ama.pull_all()
    totals = [each["total"] for each in answers]
    assert len(answers) > 3
    assert totals == sorted(totals, reverse=True)
    assert len(set(totals)) == len(totals)
    assert totals[-1] == 0
    assert len(ama.entries) == 63


def test_pull_is_zipped_when_the_phone_can_read_it(ama: Handset) -> None:
    casefile = opened(ama)
    ama.push(*(ama.write(casefile, {"purpose": "the same words again " * 50}) for _ in range(10)))
    plain = ama.proved("/pull", {"v": 1, "cursors": {}})
    body = entry.write_json({"v": 1, "cursors": {}})
    headers = {**ama.proof("/sync/v1/pull", body), "Accept-Encoding": "gzip"}
    zipped = ama.client.post("/sync/v1/pull", data=body, content_type="application/json", headers=headers)
    assert zipped.content_encoding == "gzip"
    assert len(zipped.data) < len(plain.data) / 2


def test_supervisors_phone_is_given_what_they_are_named_on_and_not_their_team(
    ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    casefile = opened(ama)
    restricted = opened(ama, sort="restricted", readers=[place.id("jos")])
    marian, jos = phone(place, "marian"), phone(place, "jos")
    assert [marian.pull()["added"], marian.hello(digest=True)["same"]] == [[], True]
    assert jos.pull()["added"] == [restricted]
    assert reece.pull()["added"] == []
    assert casefile in place.signed_in("marian").get("/desk/families").text


def test_phone_that_held_the_whole_team_is_told_to_drop_it_and_still_sends_about_it(ama: Handset, place: Harrowmere) -> None:
    # Given a supervisor's phone of an earlier release with her team's families on it, one of which names her
    casefiles = [opened(ama) for _ in range(6)]
    own = opened(ama, readers=[place.id("jos")])
    jos = phone(place, "jos")
    jos.cursors = {row.id: [row.seq, row.log_hash] for row in place.office.store.casefiles.several([*casefiles, own]).values()}
    waiting = jos.write(casefiles[0], NOTE)

    # When it fetches
    answer = jos.pull()

    # Then it is told to drop them, twice because they are many, and nothing else is taken or told
    assert {each["casefile"] for each in answer["removed"]} == set(casefiles)
    assert {each["reason"] for each in answer["removed"]} == {"ended"}
    assert [answer["confirm"], answer["diverged"], answer["added"]] == [True, [], []]
    for casefile in casefiles:
        del jos.cursors[casefile]
    again = jos.pull(removals=dict.fromkeys(casefiles, "dropped"))
    assert [again["removed"], again["diverged"]] == [[], []]
    assert jos.hello(digest=True)["same"] is True
    removed = place.office.store.holdings.removals(jos.key.kid)
    assert set(removed) == set(casefiles)

    # And what she writes or wrote about them is still placed, and is not marked: she answers for them
    later = jos.write(casefiles[1], NOTE)
    assert [one["status"] for one in jos.push(waiting, later)] == ["stored", "stored"]
    rows = [place.office.store.entries.get(each.id) for each in (waiting, later)]
    assert [row.flags for row in rows if row is not None] == ["", ""]


def test_supervisor_named_and_named_no_more_has_it_on_the_phone_meanwhile(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    jos = phone(place, "jos")
    at = entry.stamp(place.clock())
    with place.office.store.writing() as tx:
        tx.casefiles.grant(casefile, jos.person, at)
    assert jos.pull()["added"] == [casefile]
    place.clock.pass_by(minutes=1)
    with place.office.store.writing() as tx:
        tx.casefiles.end_grants(casefile, jos.person, entry.stamp(place.clock()))
    assert jos.hello(digest=True)["same"] is False
    assert jos.pull()["removed"] == [{"casefile": casefile, "reason": "ended"}]
    # What it says it dropped is noted at once, in a greeting as well as in a pull.
    del jos.cursors[casefile]
    jos.pull(removals={casefile: "dropped"})
    assert list(place.office.store.holdings.removals(jos.key.kid)) == [casefile]
    assert casefile in place.signed_in("jos").get("/desk/families").text


def test_casefile_is_taken_away_and_given_back(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    casefile = opened(ama, readers=[place.id("reece")])
    reece.pull()
    place.clock.pass_by(minutes=1)
    with place.office.store.writing() as tx:
        tx.casefiles.end_grants(casefile, reece.person, entry.stamp(place.clock()))
    answer = reece.pull()
    assert answer["removed"] == [{"casefile": casefile, "reason": "ended"}]
    assert answer["confirm"] is False
    assert answer["casefiles"] == []
    cursor = reece.cursors.pop(casefile)
    assert reece.pull(removals={casefile: "dropped"})["removed"] == []
    place.clock.pass_by(minutes=1)
    with place.office.store.writing() as tx:
        tx.casefiles.grant(casefile, reece.person, entry.stamp(place.clock()))
    assert reece.pull()["added"] == [casefile]
    assert reece.cursors[casefile] == cursor
    assert reece.push(reece.write(casefile, NOTE))[0]["status"] == "stored"


def test_sudden_removal_of_many_asks_for_a_second_answer(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    casefiles = [opened(ama, readers=[place.id("reece")]) for _ in range(4)]
    reece.pull()
    place.clock.pass_by(minutes=1)
    with place.office.store.writing() as tx:
        for casefile in casefiles[:2]:
            tx.casefiles.end_grants(casefile, reece.person, entry.stamp(place.clock()))
    answer = reece.pull()
    assert len(answer["removed"]) == 2
    assert answer["confirm"] is True


def test_sudden_removal_asks_for_a_second_answer_when_a_restore_lost_most_of_what_it_would_take(
    ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    # Given two families, of one of which a phone has more than an office that was put back
    whole, behind = (opened(ama, readers=[place.id("reece")]) for _ in range(2))
    reece.pull()
    reece.cursors[behind] = [9, hash_text(b"after the copy")]
    place.clock.pass_by(minutes=1)

    # When both are taken away, then one is to be given back first, and the other is not dropped on one answer alone
    with place.office.store.writing() as tx:
        for casefile in (whole, behind):
            tx.casefiles.end_grants(casefile, reece.person, entry.stamp(place.clock()))
    answer = reece.pull()
    assert (answer["diverged"], [each["casefile"] for each in answer["removed"]]) == ([behind], [whole])
    assert answer["confirm"] is True


def test_cursor_that_is_not_ours_is_answered_from_the_start(ama: Handset) -> None:
    casefile = opened(ama)
    ama.push(ama.write(casefile, NOTE))
    ama.pull()
    ama.cursors[casefile] = [2, hash_text(b"another history")]
    answer = ama.pull()
    assert answer["diverged"] == [casefile]
    assert [each["seq"] for each in answer["casefiles"][0]["entries"]] == [1, 2]
    ama.cursors[casefile] = [9, ama.cursors[casefile][1]]
    assert ama.pull()["diverged"] == [casefile]


def test_casefile_lost_in_a_restore_is_diverged_never_removed(ama: Handset) -> None:
    gone = new_id()
    answer = ama.proved("/pull", {"v": 1, "cursors": {gone: [3, hash_text(b"x")]}}).get_json()
    assert (answer["diverged"], answer["removed"]) == ([gone], [])


def test_have_tells_what_is_missing_and_signs_for_the_rest(ama: Handset, reece: Handset) -> None:
    casefile = opened(ama)
    here, kept, lost = ama.write(casefile, NOTE), ama.write(new_id(), NOTE), ama.write(casefile, NOTE)
    ama.push(here, kept)
    answer = ama.post("/have", {"v": 1, "ids": [here.id, kept.id, lost.id]}).get_json()
    assert answer["missing"] == [lost.id]
    ((receipt),) = answer["receipts"]
    assert ama.receipt(receipt["receipt"])["id"] == here.id
    assert reece.post("/have", {"v": 1, "ids": [here.id]}).get_json()["missing"] == [here.id]


# Proofs


def test_reading_is_refused_without_every_part_of_the_proof(ama: Handset, reece: Handset) -> None:
    ama.hello()
    body = entry.write_json({"v": 1, "cursors": {}})

    def read(data: bytes = body, token: str = "", proof: dict[str, str] | None = None) -> tuple[int, str]:
        headers = proof or ama.proof("/sync/v1/pull", body)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return error(ama.client.post("/sync/v1/pull", data=data, content_type="application/json", headers=headers))

    assert error(ama.client.post("/sync/v1/pull", data=body, content_type="application/json")) == (401, "proof")
    assert read(token="other") == (401, "read_token")
    assert read(token=reece.read_token) == (401, "read_token")
    assert read(proof=ama.proof("/sync/v1/pull", body, key=reece.key)) == (401, "read_token")
    assert read(proof=ama.proof("/sync/v1/hello", body)) == (401, "proof")
    assert read(proof=ama.proof("/sync/v1/pull", body, method="GET")) == (401, "proof")
    assert read(data=body + b" ") == (401, "proof")
    assert read(proof={**ama.proof("/sync/v1/pull", body), "Fieldapp-Proof": "x.y.z"}) == (401, "proof")
    # Everything as it should be, but signed by whoever has the token and not the key.
    told = ama.proof("/sync/v1/pull", body)
    head, payload, _ = told["Fieldapp-Proof"].split(".")
    forged = entry.b64u(reece.key.sign(f"{head}.{payload}".encode()))
    assert read(proof={**told, "Fieldapp-Proof": f"{head}.{payload}.{forged}"}) == (401, "proof")
    assert ama.client.post("/sync/v1/pull", data=body, content_type="application/json", headers=told).status_code == 200
    stale = ama.client.post(
        "/sync/v1/pull", data=body, content_type="application/json", headers=ama.proof("/sync/v1/pull", body, nonce="old")
    )
    assert error(stale) == (401, "nonce")
    assert stale.get_json()["nonce"]


def test_reading_is_refused_when_another_key_signed_in_the_signers_name(ama: Handset, reece: Handset) -> None:
    ama.hello()
    body = entry.write_json({"v": 1, "cursors": {}})
    proof = ama.proof("/sync/v1/pull", body)
    signed = entry.split_jws(proof["Fieldapp-Proof"], "fieldapp-proof").input
    forged = {**proof, "Fieldapp-Proof": entry.compact(signed, reece.key.sign(signed.encode()))}
    answer = ama.client.post("/sync/v1/pull", data=body, content_type="application/json", headers=forged)
    assert error(answer) == (401, "proof")


def test_nonce_is_good_for_twelve_hours_on_its_device(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    ama.hello()
    reece.hello()
    body = entry.write_json({"v": 1, "cursors": {}})

    def status(nonce: str) -> int:
        return ama.client.post(
            "/sync/v1/pull", data=body, content_type="application/json", headers=ama.proof("/sync/v1/pull", body, nonce=nonce)
        ).status_code

    assert status(reece.nonce) == 401
    place.clock.pass_by(hours=11, minutes=59)
    assert status(ama.nonce) == 200
    place.clock.pass_by(minutes=2)
    assert status(ama.nonce) == 401


def test_device_token_alone_reads_nothing(ama: Handset) -> None:
    casefile = opened(ama)
    ama.push(ama.write(casefile, {"purpose": "canary"}))
    client = ama.client
    for path in ("/hello", "/have", "/pull", "/push"):
        answer = client.post(f"/sync/v1{path}", json={"v": 1, "signers": [], "ids": [], "cursors": {}})
        assert b"canary" not in answer.data
        assert casefile.encode() not in answer.data
    # Nor with a proof by the signer's own key, without the read token: each of the two is asked for.
    ama.hello(digest=True)
    for path, said in (("/pull", {"cursors": {}}), ("/have", {"ids": [], "anybody": True})):
        body = entry.write_json({"v": 1, **said})
        proof = ama.proof(f"/sync/v1{path}", body)
        assert ama.client.post(f"/sync/v1{path}", data=body, content_type="application/json", headers=proof).status_code == 200
        proof.pop("Authorization")
        answer = ama.client.post(f"/sync/v1{path}", data=body, content_type="application/json", headers=proof)
        assert error(answer) == (401, "read_token")
        assert b"canary" not in answer.data
        assert casefile.encode() not in answer.data


def test_replaced_signer_may_no_longer_read(ama: Handset, place: Harrowmere) -> None:
    Handset(place, "ama", ama.client).set_up(replaces=ama.key.kid)
    assert error(ama.proved("/pull", {"v": 1, "cursors": {}})) == (401, "read_token")


# Drafts and definitions


def draft(handset: Handset, slot: str, n: int, **more: Any) -> bytes:
    body = entry.make_body(bytes(16), {"purpose": "half a sen"})
    said = {
        "v": 1,
        "slot": slot,
        "n": n,
        "kind": "visit_note",
        "schema": "visit-note.1",
        "casefile": new_id(),
        "record": new_id(),
        "parents": [],
        "author": handset.person,
        "device": handset.device,
        "written_at": "2026-11-21T18:16:51.123Z",
        "body_hash": hash_text(body),
        **more,
    }
    header = entry.write_json(said)
    signature = handset.key.sign(entry.signing_input("fieldapp-draft", handset.key.kid, header).encode())
    packet = wire.Packet(entry.unb64u(handset.key.kid), signature, wire.deflate(wire.lay_parts(wire.Parts(header, body, b""))))
    return handset.seal_packet(wire.lay_packet(packet), "draft")


def put(handset: Handset, slot: str, envelope: bytes) -> Any:
    return handset.client.put(f"/sync/v1/drafts/{slot}", data=envelope, content_type="application/octet-stream")


def test_draft_is_kept_and_the_highest_number_stands(ama: Handset, place: Harrowmere) -> None:
    slot = new_id()
    newest = draft(ama, slot, 3)
    assert put(ama, slot, draft(ama, slot, 1)).get_json() == {"v": 1, "status": "kept", "n": 1}
    assert put(ama, slot, newest).get_json() == {"v": 1, "status": "kept", "n": 3}
    assert put(ama, slot, draft(ama, slot, 2)).get_json() == {"v": 1, "status": "older", "n": 3}
    assert put(ama, slot, newest).get_json() == {"v": 1, "status": "kept", "n": 3}
    assert place.office.store.drafts.get(ama.key.kid, slot) == (3, newest)


def test_draft_is_refused_when_it_is_not_what_it_says(ama: Handset, reece: Handset) -> None:
    slot = new_id()
    assert error(put(ama, slot, b"junk")) == (400, "not_a_draft")
    assert error(put(ama, "x", draft(ama, "x", 1))) == (400, "slot")
    assert error(put(ama, slot, draft(ama, new_id(), 1))) == (400, "not_a_draft")
    assert error(put(ama, slot, draft(ama, slot, 0))) == (400, "not_a_draft")
    assert error(put(ama, slot, draft(ama, slot, 1, author=reece.person))) == (400, "wrong_author")
    assert error(put(ama, slot, draft(ama, slot, 1, body_hash="A" * 43))) == (400, "bad_hashes")
    assert error(put(ama, slot, ama.write(new_id(), NOTE).envelope)) == (400, "cannot_open")
    stranger = Handset(ama.place, "ama", ama.client, person=ama.person, device=ama.device, keyset=ama.keyset)
    assert error(put(ama, slot, draft(stranger, slot, 1))) == (400, "unknown_signer")


def test_definition_is_immutable_under_its_hash(ama: Handset, place: Harrowmere) -> None:
    hash = ama.hello()["practice"]
    answer = ama.client.get(f"/sync/v1/practice/{hash}")
    index = json.loads(answer.data)
    assert hash_text(answer.data) == hash
    assert "immutable" in answer.headers["Cache-Control"]
    assert ama.client.get(f"/sync/v1/practice/{hash}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    for each in index["records"].values():
        assert hash_text(ama.client.get(f"/sync/v1/practice/{each}").data) == each
    assert error(ama.client.get(f"/sync/v1/practice/{'A' * 43}")) == (404, "not_found")
    assert place.app.test_client().get(f"/sync/v1/practice/{hash}").status_code == 401


def test_definitions_come_all_at_once_when_a_phone_has_none(ama: Handset, place: Harrowmere) -> None:
    # Given the index, and one hash that nobody ever shipped
    index = json.loads(ama.client.get(f"/sync/v1/practice/{ama.hello()['practice']}").data)
    wanted = [hash for room in ("records", "measures", "programmes", "vocabularies") for hash in index[room].values()]
    unknown = "A" * 43

    # When the phone asks for all of them
    answer = ama.client.post("/sync/v1/practice", json={"v": 1, "hashes": [*wanted, unknown]})

    # Then each that is known comes as it is named
    files = answer.get_json()["files"]
    assert set(files) == set(wanted)
    assert all(hash_text(text.encode()) == hash for hash, text in files.items())

    # And strangers and askers without end get nothing
    assert place.app.test_client().post("/sync/v1/practice", json={"v": 1, "hashes": wanted}).status_code == 401
    assert error(ama.client.post("/sync/v1/practice", json={"v": 1, "hashes": [unknown] * 513})) == (400, "malformed")


def test_word_list_is_served_to_anybody(place: Harrowmere) -> None:
    answer = place.app.test_client().get("/sync/v1/words")
    found = answer.text.split()
    assert answer.mimetype == "text/plain"
    assert len(found) == len(set(found)) == 7776
    assert found == sorted(found)


# Answers that are not 200


@pytest.mark.parametrize("path", ["/hello", "/push", "/have", "/pull"])
def test_fetching_and_sending_pause_when_the_device_is_unknown(place: Harrowmere, path: str) -> None:
    assert error(place.app.test_client().post(f"/sync/v1{path}", json={"v": 1})) == (401, "device")


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"v":2,"ids":[]}', b'{"v":1,"ids":"x"}', b'{"v":1,"ids":["x"]}', b'{"v":1,"ids":' + b"[" * 100_000, b'{"v":1e400,"ids":[]}'],
)  # fmt: skip
def test_malformed_requests_are_told_so(ama: Handset, body: bytes) -> None:
    assert error(ama.client.post("/sync/v1/have", data=body, content_type="application/json")) == (400, "malformed")


def test_pull_with_deep_nonsense_is_told_so(ama: Handset) -> None:
    ama.hello()
    body = b'{"v":1,"cursors":{},"removals":{"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}}"
    answer = ama.client.post(
        "/sync/v1/pull", data=body, content_type="application/json", headers=ama.proof("/sync/v1/pull", body)
    )
    assert answer.status_code in (200, 400)


def test_wrong_content_types_are_told_so(ama: Handset) -> None:
    assert error(ama.client.post("/sync/v1/have", data=b"{}", content_type="text/plain")) == (415, "content_type")
    assert error(ama.client.post("/sync/v1/push", json={})) == (415, "content_type")
    assert error(
        ama.client.post("/sync/v1/push", data=b"x", content_type="application/octet-stream", headers={"Content-Encoding": "gzip"})
    ) == (415, "content_type")


def test_push_is_to_be_split_when_it_is_too_large(ama: Handset) -> None:
    assert error(ama.push_bytes(wire.lay_frames([b"x"] * 65))) == (413, "too_many")
    assert error(ama.push_bytes(bytes(2_000_000))) == (413, "too_large")
    assert error(ama.push_bytes(wire.lay_frames([b"x"])[:-1] + b"")) == (400, "short")
    assert error(ama.push_bytes(b"")) == (400, "no_frames")


def test_addresses_that_are_none_are_told_so_as_json(ama: Handset) -> None:
    for path, status in (("/sync/v1/push", 405), ("/sync/v1/nowhere", 404)):
        answer = ama.client.get(path)
        assert (answer.status_code, answer.mimetype) == (status, "application/json")
        assert answer.get_json()["error"]


# After a restore


def test_epoch_rises_when_the_database_went_back(ama: Handset, place: Harrowmere, tmp_path: Any) -> None:
    store = place.office.store
    file = EpochFile(tmp_path / "office.key")
    assert file.check(store, "2026-11-23T00:00:00.000Z") == 1
    casefile = opened(ama)
    ama.push(ama.write(casefile, NOTE))
    file.note(store)
    assert file.check(store, "2026-11-23T00:00:00.000Z") == 1
    file.note(store)
    with store.writing() as tx:
        tx.entries._run("DELETE FROM entries WHERE seq = 2")
    assert file.check(store, "2026-11-23T00:00:00.000Z") == 2
    assert file.check(store, "2026-11-23T00:00:00.000Z") == 2
    assert ama.hello()["epoch"] == 2


def test_durable_through_lies_two_weeks_back_without_backups(ama: Handset, place: Harrowmere) -> None:
    assert ama.hello()["durable_through"] < "2026-11-10"
    with place.office.store.writing() as tx:
        receipts.promise(tx, place.office.keys, "2026-11-22T00:00:00.000Z")
    assert ama.hello()["durable_through"] == "2026-11-22T00:00:00.000Z"


def test_phone_that_lost_its_device_token_gets_another_with_its_proof(ama: Handset, reece: Handset) -> None:
    # Given a phone that has greeted, and whose browser then dropped the cookie
    ama.hello()
    ama.client.delete_cookie("fieldapp-device")
    assert ama.client.post("/sync/v1/hello", json={"v": 1, "signers": []}).status_code == 401

    # When it proves itself without one
    body = b'{"v":1}'
    path = "/sync/v1/devices/renew"

    def renew(headers: dict[str, str]) -> tuple[int, str]:
        answer = ama.client.post(path, data=body, headers={"Content-Type": "application/json", **headers})
        return answer.status_code, answer.get_json().get("error", "")

    # Then nobody else's proof does, nor none
    assert renew({}) == (401, "device")
    assert renew({**ama.proof(path, body), "Authorization": f"Bearer {reece.read_token}"}) == (401, "read_token")
    assert renew({**ama.proof(path, b"{}")}) == (401, "proof")

    # And its own gets it a token that adds and reads as before
    assert renew(ama.proof(path, body)) == (200, "")
    assert ama.hello()["device"]["status"] == "ok"
