"""What a phone with another program on it, or a clock gone mad, can and cannot do."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from fieldapp import believing, intake, signers, store
from fieldapp.keys import SigningKey, new_id, seal_envelope, verify_jws
from fieldapp.store import StoreFailed
from fieldapp.store.copying import copy
from sync import entry
from tests.app.harrowmere import VISIT, Browser, Harrowmere, words_of
from tests.app.phone import Handset, Sent, phone
from tests.app.test_push import NOTE, code, is_kept, opened


def desk(place: Harrowmere, who: str) -> Browser:
    """Somebody signed in at the office; a minute later, because the code their phone was set up with is used."""
    place.clock.pass_by(seconds=60)
    return place.signed_in(who)


def signed_off(handset: Handset, note: Sent) -> Sent:
    """A review of a note, as a changed program on a phone would write it."""
    fields = {"decision": "signed_off", "covers": [note.id], "comments": [], "text": ""}
    return handset.write(note.casefile, fields, kind="review", record=note.record, parents=[note.id])


@pytest.mark.parametrize("who", ["ama", "marian"])
def test_review_from_a_phone_signs_nothing_off(ama: Handset, place: Harrowmere, who: str) -> None:
    note = ama.write(opened(ama), VISIT)
    assert ama.push(note)[0]["status"] == "stored"
    reviewer = ama if who == "ama" else phone(place, who)
    forged = signed_off(reviewer, note)
    assert code(reviewer.push(forged)[0]) == ("quarantined", "not_allowed")
    assert is_kept(place, forged)
    assert "Signed off" not in desk(place, "marian").get(f"/desk/records/{note.record}").text


def amended(handset: Handset, opening: Sent, record: str = "") -> Sent:
    """An opening written over an earlier one, with another title and sort."""
    fields = {"about": "person", "sort": "restricted", "readers": [], "title": "The Quillers"}
    return handset.write(
        opening.casefile, fields, kind="opening", record=record or opening.record, parents=[] if record else [opening.id]
    )


def test_amended_opening_changes_neither_title_nor_sort_anywhere_at_the_desk(ama: Handset, place: Harrowmere) -> None:
    opening = ama.opening(title="The Tarnley family")
    note = ama.write(opening.casefile, VISIT)
    assert {code(each) for each in ama.push(opening, note, amended(ama, opening))} == {("stored", None)}
    marian = desk(place, "marian")
    for path in ("board", "families", f"families/{opening.casefile}", f"records/{note.record}"):
        page = marian.get(f"/desk/{path}")
        assert page.status_code == 200
        assert "Quiller" not in page.text
        assert "Private section" not in page.text
    own = words_of(marian.get(f"/desk/records/{opening.record}"))
    # The amendment stays to be read, but among the versions, as something that was changed.
    assert own.index("Quillers") > own.index("Versions")


def test_amended_opening_waits_when_it_overtook_the_first_one(ama: Handset, place: Harrowmere) -> None:
    opening = ama.opening(title="The Tarnley family")
    better = amended(ama, opening)
    assert code(ama.push(better)[0]) == ("quarantined", "no_opening")
    assert is_kept(place, better)
    assert ama.push(opening)[0]["status"] == "stored"
    assert ama.push(better)[0]["status"] == "duplicate"
    assert "Quillers" not in desk(place, "marian").get("/desk/families").text


def test_opening_written_over_another_record_is_kept_aside(ama: Handset, place: Harrowmere) -> None:
    opening = ama.opening()
    note = ama.write(opening.casefile, VISIT)
    forged, later = (amended(ama, opening, note.record) for _ in range(2))
    # Once in the push that opens the casefile, once when it is there.
    assert [code(each) for each in ama.push(opening, note, forged)][2] == ("quarantined", "wrong_casefile")
    assert code(ama.push(later)[0]) == ("quarantined", "wrong_casefile")
    assert is_kept(place, forged)


@pytest.mark.parametrize("kind", ["erasure", "moved"])
def test_phone_can_neither_erase_nor_move(ama: Handset, place: Harrowmere, kind: str) -> None:
    note = ama.write(opened(ama), NOTE)
    forged = ama.write(note.casefile, {"ids": [note.id], "ground": "because", "decided_by": ama.person}, kind=kind)
    assert [code(each) for each in ama.push(note, forged)] == [("stored", None), ("quarantined", "not_allowed")]
    assert is_kept(place, forged)


def test_second_opening_is_kept_aside_and_the_first_may_be_amended(ama: Handset, place: Harrowmere) -> None:
    opening = ama.opening(sort="restricted", readers=[place.id("marian"), place.id("reece")])
    assert ama.push(opening)[0]["status"] == "stored"
    reece = phone(place, "reece")
    other = reece.opening(casefile=opening.casefile, title="Nothing to see here")
    assert code(reece.push(other)[0]) == ("quarantined", "wrong_casefile")
    assert is_kept(place, other)
    fields = {"about": "family", "sort": "restricted", "readers": [], "title": "The Tarnleys"}
    better = ama.write(opening.casefile, fields, kind="opening", record=opening.record, parents=[opening.id])
    assert ama.push(better)[0]["status"] == "stored"


def test_what_waited_tells_why_it_still_waits_when_its_opening_came(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    opening = ama.opening()
    guess = reece.write(opening.casefile, NOTE)
    assert code(reece.push(guess)[0]) == ("quarantined", "no_opening")
    assert ama.push(opening)[0]["status"] == "stored"
    assert [row.reason for row in place.office.store.quarantine.open()] == ["not_allowed"]
    assert is_kept(place, guess)


def test_have_tells_a_phone_nothing_of_what_another_has_in_quarantine(ama: Handset, reece: Handset) -> None:
    waiting = ama.write(new_id(), NOTE)
    assert code(ama.push(waiting)[0]) == ("quarantined", "no_opening")
    asked = {"v": 1, "ids": [waiting.id]}
    assert ama.post("/have", asked).get_json()["missing"] == []
    assert reece.post("/have", asked).get_json()["missing"] == [waiting.id]


@pytest.mark.parametrize(
    "time", ["2026-99-99T99:99:99.999Z", "2026-02-30T00:00:00.000Z", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"]
)
def test_board_and_list_of_phones_open_whatever_a_phone_says_of_the_time(ama: Handset, place: Harrowmere, time: str) -> None:
    ama.hello(waiting={"count": 3, "oldest_at": time})
    assert desk(place, "marian").get("/desk/board").status_code == 200
    assert desk(place, "admin").get("/desk/phones").status_code == 200


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
def test_record_opens_when_its_writers_clock_stood_at_the_end_of_time(ama: Handset, place: Harrowmere, time: str) -> None:
    note = ama.write(opened(ama), VISIT, written_at=time, zone="../../etc/passwd")
    assert ama.push(note)[0]["status"] == "stored"
    assert desk(place, "marian").get(f"/desk/records/{note.record}").status_code == 200


def test_record_with_more_versions_than_an_entry_may_name_is_reviewed(ama: Handset, place: Harrowmere) -> None:
    note = ama.write(opened(ama), VISIT)
    others = [ama.write(note.casefile, VISIT | {"purpose": str(n)}, record=note.record) for n in range(70)]
    assert {each["status"] for part in (others[:32], others[32:]) for each in ama.push(note, *part)} <= {"stored", "duplicate"}
    assert desk(place, "marian").review(note.record, "noted", "Too many").status_code == 303


@pytest.mark.parametrize("odd", [[{"id": ["a"], "name": 1}], [{"id": {}}, {"id": None}], [[], 1, "x"]])
def test_record_opens_when_its_lists_hold_anything(ama: Handset, place: Harrowmere, odd: list[Any]) -> None:
    note = ama.write(opened(ama), VISIT | {"people_present": odd, "children_seen": odd, "actions": odd})
    assert ama.push(note)[0]["status"] == "stored"
    assert desk(place, "marian").get(f"/desk/records/{note.record}").status_code == 200


def test_signer_that_ended_while_its_push_was_opened_is_judged_as_ended(
    ama: Handset, place: Harrowmere, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = ama.write(opened(ama), NOTE)
    believe = believing.believe

    def end_meanwhile(store: Any, ring: Any, items: Any) -> None:
        believe(store, ring, items)
        with store.writing() as tx:
            tx.signers.end(ama.key.kid, "2026-11-23T09:31:00.000Z", "stolen")

    monkeypatch.setattr(intake, "believe", end_meanwhile)
    assert code(ama.push(note)[0]) == ("quarantined", "device_ended")


def test_access_that_ended_while_a_push_was_opened_is_judged_as_ended(
    ama: Handset, reece: Handset, place: Harrowmere, monkeypatch: pytest.MonkeyPatch
) -> None:
    casefile = opened(ama, readers=[place.id("reece")])
    note = reece.write(casefile, NOTE)
    here, writing = place.office.store, place.office.store.writing

    def end_meanwhile() -> Any:
        monkeypatch.undo()
        with writing() as tx:
            at = entry.stamp(place.clock())
            tx.casefiles.end_grants(casefile, reece.person, at)
            tx.casefiles.hear_removals(reece.key.kid, [casefile], at)
        return writing()

    monkeypatch.setattr(here, "writing", end_meanwhile)
    assert code(reece.push(note)[0]) == ("quarantined", "not_allowed")
    assert is_kept(place, note)


def test_desk_key_cannot_be_enrolled_or_spoken_for(ama: Handset, place: Harrowmere) -> None:
    desk = place.office.keys.ring(place.office.store).desk
    begun = ama.begin().get_json()
    forged = Handset(place, "ama", ama.client, key=SigningKey.new(), person=ama.person, device=begun["device"])
    forged.key.kid = desk.kid
    assert forged.enrol(begun["nonce"]).status_code == 400
    note = ama.write(opened(ama), NOTE)
    spoken = ama.seal(note.header, note.body, b"{}", kid=desk.kid)
    assert code(ama.push(spoken)[0])[0] == "quarantined"


def test_phone_keeps_what_it_has_when_the_office_has_forgotten_it(ama: Handset, place: Harrowmere) -> None:
    note = ama.write(opened(ama), NOTE)
    with place.office.store.writing() as tx:
        tx.signers.set_device_token(ama.device, "of another time")
    answer = ama.push_bytes(len(note.envelope).to_bytes(4) + note.envelope)
    assert (answer.status_code, answer.get_json()["error"]) == (401, "device")
    again = Handset(place, "ama", ama.client).set_up()
    assert again.device != ama.device
    assert again.push(note)[0]["status"] == "stored"


def test_nothing_is_said_to_be_kept_when_the_disk_takes_it_back_in_the_middle(
    ama: Handset, place: Harrowmere, monkeypatch: pytest.MonkeyPatch
) -> None:
    casefile = opened(ama)
    notes = [ama.write(casefile, {**NOTE, "n": n}) for n in range(3)]
    place_ = intake._place
    calls = []

    def full(tx: Any, keys: Any, carrier: intake.Carrier, items: Any, at: str) -> None:
        calls.append(len(items))
        if len(calls) == 1:
            raise ValueError("stumbled")
        place_(tx, keys, carrier, items, at)
        if len(calls) == 3:
            # What SQLite does by itself when a disk is full.
            tx._connections.raw.execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(intake, "_place", full)
    answer = ama.push_bytes(b"".join(len(each.envelope).to_bytes(4) + each.envelope for each in notes))
    assert answer.status_code == 503
    monkeypatch.undo()
    assert {each["status"] for each in ama.push(*notes)} <= {"stored", "duplicate"}
    ama.pull_all()
    assert {each.id for each in notes} <= set(ama.entries)


def test_block_says_so_when_its_transaction_is_gone(place: Harrowmere) -> None:
    def lose() -> None:
        with place.office.store.writing() as tx:
            tx.settings.put("a", "b")
            tx._connections.raw.execute("ROLLBACK")

    with pytest.raises(StoreFailed):
        lose()


def test_lost_phone_cannot_hide_by_a_second_person(ama: Handset, place: Harrowmere) -> None:
    signers.end_device(place.office.store, ama.device, "lost", place.id("admin"), place.clock())
    reece = Handset(place, "reece", ama.client).set_up()
    assert reece.device != ama.device


def test_phone_is_given_a_newer_key_set_when_a_restore_lost_the_one_it_pinned(ama: Handset, place: Harrowmere) -> None:
    ama.pull_all()
    assert "keyset" not in ama.hello(keyset_n=7), "nobody proved that it was ever issued"
    answer = ama.hello(keyset_n=7, digest=True)
    said = json.loads(verify_jws(answer["keyset"], "fieldapp-keyset", ama.office["jwk"]))
    assert (answer["keyset_n"], said["n"]) == (8, 8)
    ama.keyset = said
    assert ama.push(ama.opening())[0]["status"] == "stored"
    assert ama.hello(keyset_n=8, digest=True)["keyset_n"] == 8


def test_key_set_goes_far_above_its_number_once_after_a_restore(ama: Handset, place: Harrowmere) -> None:
    # Given a phone that pinned a second key set, which a restore then lost: the next one will have its number, and other keys
    keys, kept, at = place.office.keys, place.office.store, entry.stamp(place.clock())
    lost = keys.ring(kept).n + 1

    # When the office starts in its new epoch, and again
    keys.follow_epoch(kept, 2, at)
    n = keys.ring(kept).n
    keys.follow_epoch(kept, 2, at)

    # Then the number is one that no phone has seen, and goes no further
    assert keys.ring(kept).n == n > lost + 50
    ama.pull_all()
    answer = ama.hello(keyset_n=lost, digest=True)
    assert json.loads(verify_jws(answer["keyset"], "fieldapp-keyset", ama.office["jwk"]))["n"] == n


def test_key_set_has_a_number_no_phone_has_seen_when_one_backup_is_put_back_twice(place: Harrowmere, tmp_path: Path) -> None:
    # Given a backup, an office that was put back from it and issued another key since, and a phone that pinned that set
    keys, at = place.office.keys, entry.stamp(place.clock())
    backup = tmp_path / "backup.db"
    copy(place.office.store.path, backup)
    first = store.open(shutil.copy(backup, tmp_path / "first.db"))
    keys.follow_epoch(first, 2, at)
    keys.renew_key(first, "ingest", at)
    pinned = keys.ring(first).n
    first.close()

    # When the same backup is put back once more, and the office makes a new key again
    second = store.open(shutil.copy(backup, tmp_path / "second.db"))
    keys.follow_epoch(second, 3, at)

    # Then that phone takes the set: its number is above what it pinned
    assert keys.ring(second).n > pinned
    second.close()


def test_numbers_of_key_sets_cannot_be_used_up(ama: Handset) -> None:
    ama.pull_all()
    assert ama.hello(keyset_n=2**53 - 1, digest=True)["keyset_n"] == 1


def test_unreadable_bytes_of_one_phone_leave_room_for_another(
    ama: Handset, reece: Handset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "UNBELIEVED_A_DAY", 1)
    junk = [seal_envelope(SigningKey.new().jwk, bytes(512)) for _ in range(3)]
    assert [each["status"] for each in ama.push(*junk[:2])] == ["quarantined", "retry"]
    assert reece.push(junk[2])[0]["status"] == "quarantined"
