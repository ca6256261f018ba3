"""Keys of the office follow each other without anybody noticing; burning one is weighed, and what it costs is told before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fieldapp import burning, checkpoints, signers, sorting, verifying
from fieldapp.burning import BurningCosts, CannotBurn, Cost
from fieldapp.keys import hash_text, new_id, seal_envelope, verify_jws
from fieldapp.store import Store, open_still
from fieldapp.store.copying import copy
from fieldapp.store.office import OfficeKeyRow
from sync import entry
from tests.app.harrowmere import VISIT, Harrowmere
from tests.app.machine import Machine
from tests.app.phone import Handset, phone

WAITING = {"count": 2, "oldest_at": "2026-11-20T08:00:00.000Z"}


def in_use(place: Harrowmere, use: str) -> str:
    rows = place.office.store.office.keys()
    return [row.kid for row in rows if row.use == use and row.until_at is None and row.burned_at is None][-1]


def row_of(store: Store, kid: str) -> OfficeKeyRow:
    rows = store.office.keys()
    return next(row for row in rows if row.kid == kid)


def rotate(place: Harrowmere, use: str) -> str:
    """Makes the successor of the key in use; returns the former."""
    former = in_use(place, use)
    place.clock.pass_by(hours=1)
    place.office.keys.renew_key(place.office.store, use, entry.stamp(place.clock()))  # type: ignore[arg-type]
    return former


def burn(place: Harrowmere, kid: str, despite: str = "") -> Cost:
    return burning.burn(place.office.store, place.office.keys, kid, place.clock(), despite=despite)


def costs(place: Harrowmere, kid: str) -> Cost:
    with pytest.raises(BurningCosts) as refused:
        burn(place, kid)
    return refused.value.cost


def learn(one: Handset) -> None:
    """A greeting in which the phone takes the newest key set, and the next, in which it says so."""
    answer = one.hello(digest=True, keyset_n=one.keyset["n"])
    if "keyset" in answer:
        told = json.loads(verify_jws(answer["keyset"], "fieldapp-keyset", one.office["jwk"]))
        assert told["n"] > one.keyset["n"]
        one.keyset = told
    one.hello(digest=True, keyset_n=one.keyset["n"])


def test_what_was_sealed_to_the_former_key_opens_until_it_is_burned_and_is_sealed_anew_afterwards(
    ama: Handset, place: Harrowmere
) -> None:
    opening = ama.opening()
    ama.push(opening)
    sealed_before = [ama.write(opening.casefile, VISIT) for _ in range(2)]
    former = rotate(place, "ingest")
    assert [each["status"] for each in ama.push(sealed_before[0])] == ["stored"]
    learn(ama)
    assert burn(place, former) == Cost()
    (late,) = ama.push(sealed_before[1])
    assert (late["status"], late["code"]) == ("quarantined", "unknown_key")
    kept = place.office.store.quarantine.get(late["hash"])
    assert kept is not None
    assert kept.envelope == sealed_before[1].envelope
    learn(ama)
    (burned,) = (each for each in ama.keyset["keys"] if each["kid"] == former)
    assert burned["burned_at"] == entry.stamp(place.clock())
    assert burned["jwk"], "public halves stay for ever"
    # What the core does at its next unlocking: the same entry, sealed to the key of the newest set.
    again = ama.seal(sealed_before[1].header, sealed_before[1].body, sealed_before[1].slip)
    assert again.id == sealed_before[1].id
    assert [each["status"] for each in ama.push(again)] == ["stored"]
    # And it says at its next greeting what that was before, so that nobody goes on looking for it.
    assert place.office.store.quarantine.count_open() == 1
    ama.hello(resealed={late["hash"]: again.id})
    assert place.office.store.quarantine.count_open() == 1, "without the proof it may be anybody"
    ama.hello(digest=True, resealed={late["hash"]: again.id})
    assert place.office.store.quarantine.count_open() == 0
    kept = place.office.store.quarantine.get(late["hash"])
    assert kept is not None
    assert kept.envelope == sealed_before[1].envelope
    assert list(verifying.verify(place.office.store, place.office.keys)) == []


def test_no_phone_closes_what_is_not_its_own_or_what_is_believed_or_what_has_not_come(
    ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    opening, strange = ama.opening(), bytes([1]) + b"j" * 700
    waiting = ama.write(new_id(), VISIT)
    assert [each.get("code") for each in ama.push(opening, strange, waiting)] == [None, "unknown_key", "no_opening"]
    store = place.office.store

    def closed(by: Handset, what: bytes, said: str) -> bool:
        before = store.quarantine.count_open()
        by.hello(digest=True, resealed={hash_text(what): said})
        return store.quarantine.count_open() < before

    assert not closed(reece, strange, opening.id), "another phone's"
    theirs = reece.opening()
    reece.push(theirs)
    assert not closed(reece, strange, theirs.id), "another phone's, for an entry of its own"
    assert not closed(ama, strange, theirs.id), "for somebody else's entry"
    assert not closed(ama, strange, waiting.id), "which is not placed"
    assert not closed(ama, waiting.envelope, opening.id), "it is believed, and waits for its opening"
    assert not closed(ama, b"never came", opening.id)
    assert closed(ama, strange, opening.id)
    assert list(verifying.verify(store, place.office.keys)) == []


def test_what_a_phone_said_was_sealed_anew_is_judged_all_the_same_when_its_key_comes_back(
    ama: Handset, place: Harrowmere
) -> None:
    # Given a note that the office could not read, for which a phone named another
    opening, store = ama.opening(), place.office.store
    ama.push(opening)
    note = ama.write(opening.casefile, VISIT)
    place.office.keys._rings.clear()
    with store.writing() as tx:
        tx.office._run("UPDATE office_keys SET burned_at = from_at WHERE use = 'ingest'")
    assert ama.push(note)[0]["code"] == "unknown_key"
    ama.hello(digest=True, resealed={hash_text(note.envelope): opening.id})
    assert store.quarantine.count_open() == 0

    # When the key is there again
    with store.writing() as tx:
        tx.office._run("UPDATE office_keys SET burned_at = NULL WHERE use = 'ingest'")
    place.office.keys._rings.clear()

    # Then it is placed, whatever was said of it
    assert sorting.try_again(store, place.office.keys, place.clock()) == 1
    assert store.entries.get(note.id) is not None
    assert sorting.try_again(store, place.office.keys, place.clock()) == 0
    assert list(verifying.verify(store, place.office.keys)) == []


def test_private_half_of_a_burned_key_is_in_the_database_no_more(ama: Handset, place: Harrowmere, tmp_path: Path) -> None:
    former = rotate(place, "ingest")
    row = row_of(place.office.store, former)
    learn(ama)
    burn(place, former)
    copy(place.office.store.path, tmp_path / "after.db")
    assert bytes(row.private_wrapped) not in (tmp_path / "after.db").read_bytes()
    opened = open_still(tmp_path / "after.db")
    burned = row_of(opened, former)
    assert (burned.private_wrapped, burned.jwk) == (b"", row.jwk)
    assert list(verifying.verify(opened, place.office.keys)) == []
    opened.close()
    assert entry.unb64u(former) not in place.office.keys.ring(place.office.store).ingest


def test_burning_waits_for_every_phone_in_use_to_know_the_successor(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    former = rotate(place, "ingest")
    assert costs(place, former) == Cost(signers=2)
    learn(ama)
    # A number that nobody proved counts for nothing.
    reece.hello(keyset_n=2)
    assert costs(place, former) == Cost(signers=1)
    learn(reece)
    assert burn(place, former) == Cost()


def test_phone_that_is_lost_holds_nothing_up_unless_its_work_is_still_to_come(
    ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    reece.hello(digest=True)
    ama.hello(digest=True, waiting=WAITING)
    former = rotate(place, "ingest")
    for one in (ama, reece):
        signers.end_device(place.office.store, one.device, "lost", place.id("admin"), place.clock())
    assert costs(place, former) == Cost(phones=1)


def test_forgotten_words_leave_work_that_only_the_former_key_opens(ama: Handset, place: Harrowmere) -> None:
    ama.hello(digest=True, waiting=WAITING)
    former = rotate(place, "ingest")
    again = Handset(place, "ama", ama.client).set_up(replaces=ama.key.kid)
    answer = again.hello(waiting=WAITING, keyset_n=2)
    assert answer["keyset_n"] == 2
    learn_all = again.hello(digest=True, waiting=WAITING, keyset_n=2)
    assert "keyset" not in learn_all
    assert costs(place, former) == Cost(phones=1)
    again.hello(digest=True, keyset_n=2)
    assert burn(place, former) == Cost()


def test_what_waits_at_the_office_is_not_made_unreadable_without_a_reason(ama: Handset, place: Harrowmere) -> None:
    opening = ama.opening()
    waits, away = ama.write(opening.casefile, VISIT), ama.write(new_id(), VISIT)
    ama.push(waits, away)
    rows = {row.entry: row for row in place.office.store.quarantine.open()}
    at, who = entry.stamp(place.clock()), place.id("marian")
    with place.office.store.writing() as tx:
        detail = place.office.keys.seal_secret(
            "sorting", entry.write_json({"item": rows[away.id].hash, "reason": "", "why": "a test"})
        )
        tx.quarantine.discard(rows[away.id].hash, who, tx.audit.add(at, who, "put away", detail=detail), at)
    former = rotate(place, "ingest")
    learn(ama)
    assert costs(place, former) == Cost(waiting=1, put_away=1)
    ama.push(opening)
    assert costs(place, former) == Cost(put_away=1)
    assert burn(place, former, despite="The disk was stolen.") == Cost(put_away=1)
    (row,) = (each for each in place.office.store.audit.all() if each.what == "key burned")
    assert row.detail is not None
    said = json.loads(place.office.keys.open_secret("key", row.detail))
    assert (said["kid"], said["why"], said["put_away"]) == (former, "The disk was stolen.", 1)
    assert list(verifying.verify(place.office.store, place.office.keys)) == []
    assert sorting.try_again(place.office.store, place.office.keys, place.clock()) == 0


def test_draft_that_only_this_key_opens_is_counted(ama: Handset, place: Harrowmere) -> None:
    with place.office.store.writing() as tx:
        tx.drafts.keep(
            ama.key.kid, new_id(), 1, ama.device, seal_envelope(ama.ingest(), b"draft", "draft"), entry.stamp(place.clock())
        )
    former = rotate(place, "ingest")
    learn(ama)
    assert costs(place, former) == Cost(drafts=1)


def test_key_in_use_and_the_office_key_are_never_burned(place: Harrowmere) -> None:
    office = place.office.keys.ring(place.office.store).office.kid
    former = rotate(place, "receipt")
    burn(place, former)
    for kid, why in ((in_use(place, "ingest"), "in_use"), (office, "office"), ("A" * 43, "unknown"), (former, "burned")):
        with pytest.raises(CannotBurn) as refused:
            burn(place, kid, despite="whatever")
        assert refused.value.why == why


def test_new_receipt_key_signs_at_once_and_a_burned_one_leaves_no_checkpoint_that_phones_would_refuse(
    ama: Handset, place: Harrowmere
) -> None:
    opening = ama.opening()
    ama.push(opening)
    former = rotate(place, "receipt")
    ama.hello()
    checkpoints.export(place.office.store, place.office.keys, place.clock())
    learn(ama)
    second = rotate(place, "receipt")
    burn(place, second)
    learn(ama)
    usable = {each["kid"] for each in ama.keyset["keys"] if each["use"] == "receipt" and not each["burned_at"]}
    assert second not in usable
    assert former in usable, "rotating alone takes nothing away"
    checkpoint = ama.hello(checkpoint_n=0)["checkpoint"]
    assert entry.split_jws(checkpoint, "fieldapp-checkpoint").kid in usable
    (again,) = ama.push(opening)
    assert again["status"] == "duplicate"
    assert entry.split_jws(again["receipt"], "fieldapp-receipt").kid in usable
    assert list(verifying.verify(place.office.store, place.office.keys)) == []


def test_burning_a_desk_key_tells_how_much_it_signed(place: Harrowmere) -> None:
    casefile = place.open_casefile("marian", "The Tarnley family")
    place.note("marian", casefile)
    former = rotate(place, "desk")
    place.note("marian", casefile)
    assert costs(place, former) == Cost(reviews=2)
    burn(place, former, despite="It was copied.")
    assert list(verifying.verify(place.office.store, place.office.keys)) == [], "the office still knows what it signed"


def test_commands_rotate_burn_and_list(office_machine: Machine) -> None:
    machine, place = office_machine, office_machine.place
    ama = phone(place, "ama")
    former = in_use(place, "ingest")
    assert "key set 2" in machine.run("key", "rotate", "ingest")
    told = machine.run("key", "burn", "--", former, code=1)
    assert "1 phones in use have not said that they know its successor" in told
    assert "--despite" in told
    learn(ama)
    assert "key set 3" in machine.run("key", "burn", "--", former)
    assert "is burned already" in machine.run("key", "burn", "--", former, code=1)
    assert "make its successor first" in machine.run("key", "burn", "--", in_use(place, "desk"), code=1)
    lines = machine.run("key").splitlines()
    (line,) = (each for each in lines if former in each)
    assert "burned" in line
    assert sum("in use" in each for each in lines) == 4
    machine.whole()
    assert phone(place, "reece").keyset["n"] == 3


def test_former_key_can_be_burned_though_its_successor_is_gone_too(ama: Handset, place: Harrowmere) -> None:
    first = rotate(place, "ingest")
    second = rotate(place, "ingest")
    learn(ama)
    burn(place, second)
    burn(place, first)
    learn(ama)
    assert [each["status"] for each in ama.push(ama.opening())] == ["stored"]
