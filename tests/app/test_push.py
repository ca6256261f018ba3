"""What happens to each envelope of a push: every row of docs/protocol.md §7.1."""

from __future__ import annotations

import gzip
import json
import random
import secrets
import threading
from pathlib import Path
from typing import Any

import pytest

from fieldapp import intake, signers
from fieldapp.keys import SigningKey, hash_text, new_id, seal_envelope, sha256
from sync import chain, entry, wire
from tests.app.harrowmere import Harrowmere
from tests.app.phone import Handset, Sent, phone

NOTE = {"purpose": "Weekly visit", "childs_words": "“I told Mum I was out.”"}


def opened(handset: Handset, **more: Any) -> str:
    """A casefile this phone opened and the office has."""
    opening = handset.opening(**more)
    assert handset.push(opening)[0]["status"] == "stored"
    return opening.casefile


def is_kept(place: Harrowmere, sent: Sent | bytes) -> bool:
    envelope = sent if isinstance(sent, bytes) else sent.envelope
    row = place.office.store.quarantine.get(hash_text(envelope))
    return row is not None and row.envelope == envelope


def code(result: dict[str, Any]) -> tuple[str, str | None]:
    return result["status"], result.get("code")


def test_opening_is_placed_when_it_names_no_readers(ama: Handset) -> None:
    opening = ama.write(new_id(), {"about": "family", "sort": "main", "title": "Tarnley"}, kind="opening")
    assert ama.push(opening)[0]["status"] == "stored"


def test_entry_is_stored_with_a_receipt_that_tells_its_place(ama: Handset) -> None:
    opening = ama.opening()
    note = ama.write(opening.casefile, NOTE)
    first, second = ama.push(opening, note)
    assert (first["status"], second["status"]) == ("stored", "stored")
    said = ama.receipt(second["receipt"])
    assert (said["id"], said["casefile"], said["seq"]) == (note.id, opening.casefile, 2)
    jws = json.loads(json.dumps(ama.pull()))["casefiles"][0]["entries"][1]["jws"]
    assert said["log_hash"] == chain.log_hash(
        sha256, ama.receipt(first["receipt"])["log_hash"], opening.casefile, 2, note.id, jws, said["received_at"]
    )


def test_entry_is_a_duplicate_for_ever_when_sent_again_in_any_batch(ama: Handset, place: Harrowmere) -> None:
    opening = ama.opening()
    notes = [ama.write(opening.casefile, {**NOTE, "n": n}) for n in range(5)]
    before = ama.push(opening, *notes)
    place.clock.pass_by(days=400)
    again = ama.push(notes[3], notes[1]) + ama.push(opening, notes[0], notes[2], notes[4])
    assert {each["status"] for each in again} == {"duplicate"}
    facts = {
        said["id"]: (said["seq"], said["received_at"], said["log_hash"])
        for each in before
        for said in [ama.receipt(each["receipt"])]
    }
    for each in again:
        said = ama.receipt(each["receipt"])
        assert facts[said["id"]] == (said["seq"], said["received_at"], said["log_hash"])


def test_entry_is_one_when_it_comes_twice_in_one_push_and_sealed_twice(ama: Handset) -> None:
    casefile = opened(ama)
    note = ama.write(casefile, NOTE)
    packet = ama.place.office.keys.ring(ama.place.office.store).open_envelope(note.envelope, "entry")
    results = ama.push(note, note, ama.seal_packet(packet))
    assert [each["status"] for each in results] == ["stored", "duplicate", "duplicate"]


def test_entry_waits_for_its_opening_and_is_placed_by_itself_when_it_comes(ama: Handset, place: Harrowmere) -> None:
    opening = ama.opening()
    early = [ama.write(opening.casefile, {**NOTE, "n": n}) for n in range(3)]
    assert {code(each) for each in ama.push(*early)} == {("quarantined", "no_opening")}
    assert all(is_kept(place, each) for each in early)
    assert ama.push(opening)[0]["status"] == "stored"
    assert {each["status"] for each in ama.push(*early)} == {"duplicate"}
    ama.pull_all()
    assert {opening.id, *(each.id for each in early)} == set(ama.entries)
    assert place.office.store.quarantine.count_open() == 0


def test_opening_is_found_wherever_it_stands_in_a_push(ama: Handset) -> None:
    opening = ama.opening()
    note = ama.write(opening.casefile, NOTE)
    results = ama.push(note, opening)
    assert [each["status"] for each in results] == ["stored", "stored"]


def test_missing_parents_hold_nothing_up(ama: Handset) -> None:
    casefile = opened(ama)
    first = ama.write(casefile, NOTE)
    second = ama.write(casefile, {**NOTE, "purpose": "other"}, record=first.record, parents=[first.id])
    assert ama.push(second)[0]["status"] == "stored"
    assert ama.push(first)[0]["status"] == "stored"


# What cannot be opened or read


def test_envelope_is_kept_when_sealed_to_an_unknown_key(ama: Handset, place: Harrowmere) -> None:
    envelope = seal_envelope(SigningKey.new().jwk, bytes(512))
    assert code(ama.push(envelope)[0]) == ("quarantined", "unknown_key")
    assert is_kept(place, envelope)


def test_envelope_is_kept_when_broken(ama: Handset, place: Harrowmere) -> None:
    note = ama.write(new_id(), NOTE)
    broken = bytes([*note.envelope[:-1], note.envelope[-1] ^ 1])
    moved = wire.lay_envelope(entry.unb64u(hash_text(b"x")), note.envelope[33:])
    assert code(ama.push(broken)[0]) == ("quarantined", "cannot_open")
    assert code(ama.push(moved)[0]) == ("quarantined", "unknown_key")
    assert is_kept(place, broken)
    assert is_kept(place, moved)


def test_draft_envelope_is_no_entry(ama: Handset) -> None:
    assert code(ama.push(ama.seal_packet(bytes(512), "draft"))[0]) == ("quarantined", "cannot_open")


@pytest.mark.parametrize(
    "junk",
    [b"", b"\x01", b"\x07" * 200, bytes(400), secrets.token_bytes(3000)],
    ids=["empty", "version only", "another version", "zeros", "noise"],
)
def test_envelope_is_kept_when_it_is_none(ama: Handset, place: Harrowmere, junk: bytes) -> None:
    status, why = code(ama.push(junk)[0])
    assert status == "quarantined"
    assert why in {"not_an_entry", "unknown_key"}
    assert is_kept(place, junk)


def packet_of(handset: Handset, parts: wire.Parts) -> bytes:
    signed = entry.signing_input("fieldapp-entry", handset.key.kid, parts.header)
    deflated = wire.deflate(wire.lay_parts(parts))
    return wire.lay_packet(wire.Packet(entry.unb64u(handset.key.kid), handset.key.sign(signed.encode()), deflated))


def good_parts(handset: Handset) -> wire.Parts:
    body = entry.make_body(secrets.token_bytes(16), NOTE)
    slip = entry.make_slip(secrets.token_bytes(16), 1, "", None, 0)
    header = entry.make_header(
        sha256, kind="visit_note", schema="visit-note.1", casefile=new_id(), record=new_id(), author=handset.person, device=handset.device,
        written_at="2026-11-21T18:16:51.123Z", body=body, slip=slip,
    )  # fmt: skip
    return wire.Parts(header, body, slip)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda p: p._replace(header=b"{}"), "not_an_entry"),
        (lambda p: p._replace(header=p.header[:-1] + b',"v":1}'), "not_an_entry"),
        (lambda p: p._replace(header=b"\xff" + p.header), "not_an_entry"),
        (lambda p: p._replace(header=b"[" * 9000), "not_an_entry"),
        (lambda p: p._replace(header=p.header[:-1] + b',"x":"' + b"x" * 17_000 + b'"}'), "too_large"),
        (lambda p: p._replace(slip=b'{"n":1e400}'), "not_an_entry"),
        (lambda p: p._replace(slip=b"x" * 2000), "too_large"),
        (lambda p: p._replace(body=b"x" * 2_000_000), "too_large"),
        (lambda p: p._replace(body=p.body + b" "), "bad_hashes"),
        (lambda p: p._replace(slip=p.slip.replace(b'"waiting":0', b'"waiting":1')), "bad_hashes"),
    ],
)
def test_entry_is_kept_aside_when_its_parts_are_wrong(ama: Handset, place: Harrowmere, spoil: Any, why: str) -> None:
    envelope = ama.seal_packet(packet_of(ama, spoil(good_parts(ama))))
    assert code(ama.push(envelope)[0]) == ("quarantined", why)
    assert is_kept(place, envelope)


def test_envelope_is_kept_when_its_packet_is_spoiled(ama: Handset, place: Harrowmere) -> None:
    packet = packet_of(ama, good_parts(ama))
    for spoiled in (packet + b"\0", packet[:-1] + b"\1", packet[:500], packet[:100] + b"\xff" * (len(packet) - 100)):
        envelope = ama.seal_packet(spoiled)
        assert code(ama.push(envelope)[0]) == ("quarantined", "not_an_entry")
        assert is_kept(place, envelope)


@pytest.mark.parametrize("body", [b"not json", b'{"salt":1}', b'{"n":1e400}', b'{"a":"\\ud800"}', b"\xff\xfe", b"x" * 300_000])
def test_signed_body_is_stored_and_served_raw_when_it_breaks_the_rules(ama: Handset, body: bytes) -> None:
    casefile = opened(ama)
    note = ama.write(casefile, {}, body=body)
    assert ama.push(note)[0]["status"] == "stored"
    answer = ama.proved("/pull", {"v": 1, "cursors": {}})
    assert answer.status_code == 200
    assert (
        json.loads(gzip.decompress(answer.data) if answer.content_encoding == "gzip" else answer.data)["casefiles"][0]["seq"] == 2
    )


# What cannot be believed


def test_entry_is_kept_aside_when_nobody_knows_its_signer(ama: Handset, place: Harrowmere) -> None:
    parts = good_parts(ama)
    stranger = ama.seal(*parts, key=SigningKey.new())
    assert code(ama.push(stranger)[0]) == ("quarantined", "unknown_signer")
    assert is_kept(place, stranger)


def test_entry_is_kept_aside_when_its_signature_is_by_another(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    forged = ama.seal(*good_parts(ama), key=reece.key, kid=ama.key.kid)
    assert code(ama.push(forged)[0]) == ("quarantined", "bad_signature")
    assert is_kept(place, forged)


@pytest.mark.parametrize("name", ["author", "device"])
def test_entry_is_kept_aside_when_it_speaks_for_another(ama: Handset, reece: Handset, place: Harrowmere, name: str) -> None:
    casefile = opened(ama)
    other = {"author": reece.person, "device": reece.device}
    forged = ama.write(casefile, NOTE, **{name: other[name]})
    assert code(ama.push(forged)[0]) == ("quarantined", "wrong_author")
    assert is_kept(place, forged)


def test_office_entry_cannot_come_from_a_phone(ama: Handset) -> None:
    forged = ama.write(opened(ama), NOTE, device="", via=new_id())
    assert code(ama.push(forged)[0]) == ("quarantined", "wrong_author")


def test_malleated_signature_is_the_same_entry(ama: Handset) -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    note = ama.write(opened(ama), NOTE)
    packet = wire.read_packet(ama.place.office.keys.ring(ama.place.office.store).open_envelope(note.envelope, "entry"))
    s = order - int.from_bytes(packet.signature[32:])
    other = ama.seal_packet(wire.lay_packet(packet._replace(signature=packet.signature[:32] + s.to_bytes(32))))
    assert [each["status"] for each in ama.push(note, other)] == ["stored", "duplicate"]


# What waits for a person


def test_entry_is_carried_by_any_phone(ama: Handset, reece: Handset) -> None:
    casefile = opened(ama)
    note = ama.write(casefile, NOTE)
    (result,) = reece.push(note)
    assert result["status"] == "stored"
    ama.pull()
    assert ama.entries[note.id]["header"]["author"] == ama.person


def test_record_stays_in_the_casefile_it_began_in(ama: Handset, place: Harrowmere) -> None:
    here, there = opened(ama), opened(ama)
    note = ama.write(here, NOTE)
    strayed = ama.write(there, NOTE, record=note.record)
    assert [code(each) for each in ama.push(note, strayed)] == [("stored", None), ("quarantined", "wrong_casefile")]
    assert is_kept(place, strayed)


def test_entry_is_kept_aside_when_its_author_never_had_a_say(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    guess = reece.write(casefile, NOTE)
    assert code(reece.push(guess)[0]) == ("quarantined", "not_allowed")
    assert is_kept(place, guess)


def end_access(place: Harrowmere, casefile: str, who: str) -> None:
    place.clock.pass_by(minutes=1)
    with place.office.store.writing() as tx:
        tx.casefiles.end_grants(casefile, place.id(who), entry.stamp(place.clock()))


def test_entry_is_stored_and_marked_when_its_author_could_not_have_heard(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    casefile = opened(ama, readers=[place.id("reece")])
    end_access(place, casefile, "reece")
    note = reece.write(casefile, NOTE)
    assert reece.push(note)[0]["status"] == "stored"
    marked = {row.id: row.flags for row in place.office.store.entries.in_casefile(casefile) if row.flags}
    assert marked == {note.id: "after_access_ended"}


def test_entry_is_kept_aside_when_its_author_has_heard(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    casefile = opened(ama, readers=[place.id("reece")])
    reece.pull()
    end_access(place, casefile, "reece")
    assert [each["casefile"] for each in reece.pull()["removed"]] == [casefile]
    reece.hello(digest=True, removals_done=[casefile])
    note = reece.write(casefile, NOTE)
    assert code(reece.push(note)[0]) == ("quarantined", "not_allowed")
    assert is_kept(place, note)


def test_removal_is_not_heard_by_saying_so_of_a_casefile_that_is_still_there(ama: Handset) -> None:
    casefile = opened(ama)
    ama.hello(digest=True, removals_done=[casefile])
    assert ama.push(ama.write(casefile, NOTE))[0]["status"] == "stored"


@pytest.mark.parametrize("status", ["lost", "ended"])
def test_entry_is_kept_aside_when_the_device_is_gone(ama: Handset, place: Harrowmere, status: str) -> None:
    casefile = opened(ama)
    signers.end_device(place.office.store, ama.device, status, place.id("admin"), place.clock())
    note = ama.write(casefile, NOTE)
    assert code(ama.push(note)[0]) == ("quarantined", "device_ended")
    assert is_kept(place, note)


def test_entry_is_kept_aside_when_its_author_has_left(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    with place.office.store.writing() as tx:
        tx.people._run("UPDATE people SET ended_at = ? WHERE id = ?", entry.stamp(place.clock()), ama.person)
    place.clock.pass_by(minutes=1)
    note = ama.write(casefile, NOTE)
    assert code(ama.push(note)[0]) == ("quarantined", "not_allowed")
    assert is_kept(place, note)


def test_clone_is_noticed_when_one_number_stands_for_two_entries(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    first = ama.write(casefile, NOTE)
    second = ama.write(casefile, {**NOTE, "purpose": "from the copy"}, n=2, prev=first.id)
    assert [code(each) for each in ama.push(first, second)] == [("stored", None), ("quarantined", "clone")]
    assert is_kept(place, second)
    assert ama.hello()["device"]["status"] == "cloned"


def test_waiting_entries_are_accepted_when_the_words_were_forgotten(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    waiting = ama.write(casefile, NOTE)
    newer = Handset(place, "ama", ama.client).set_up(replaces=ama.key.kid)
    assert newer.device == ama.device
    assert newer.push(waiting)[0]["status"] == "stored"


@pytest.mark.parametrize(
    ("sort", "named", "why"),
    [
        ("restricted", [], "not_allowed"),
        ("restricted", ["reece"], "not_allowed"),
        ("restricted", ["marian"], None),
        ("main", [], None),
    ],
)
def test_restricted_casefile_opens_only_with_two_readers_one_a_supervisor(
    ama: Handset, place: Harrowmere, sort: str, named: list[str], why: str | None
) -> None:
    opening = ama.opening(sort=sort, readers=[place.id(who) for who in named])
    assert code(ama.push(opening)[0]) == (("quarantined", why) if why else ("stored", None))


def test_opening_waits_for_a_person_when_its_body_is_none(ama: Handset) -> None:
    opening = ama.write(new_id(), {"about": "weather", "sort": "main", "readers": [], "title": "x"}, kind="opening")
    assert code(ama.push(opening)[0]) == ("quarantined", "not_allowed")


# Allowance and trouble


def test_unbelievable_bytes_are_capped_for_a_day_and_notes_are_not(
    ama: Handset, place: Harrowmere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "UNBELIEVED_A_DAY", 3)
    casefile = opened(ama)
    junk = [secrets.token_bytes(200) for _ in range(5)]
    results = ama.push(*junk, ama.write(casefile, NOTE))
    assert [each["status"] for each in results] == ["quarantined"] * 3 + ["retry"] * 2 + ["stored"]
    assert results[3]["code"] == "full"
    assert 0 < results[3]["retry_after"] <= 86_401
    assert ama.push(junk[0])[0]["status"] == "quarantined"
    place.clock.pass_by(seconds=results[3]["retry_after"])
    assert ama.push(junk[4])[0]["status"] == "quarantined"


def test_entries_that_wait_for_an_opening_are_capped_for_a_day_apart_from_junk_and_placed_ones_count_no_more(
    ama: Handset, place: Harrowmere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "WAITING_A_DAY", 2)
    opening = ama.opening()
    notes = [ama.write(opening.casefile, NOTE) for _ in range(4)]
    results = ama.push(*notes[:3], secrets.token_bytes(200))
    assert [(each["status"], each["code"]) for each in results[:3]] == [
        ("quarantined", "no_opening"), ("quarantined", "no_opening"), ("retry", "full"),
    ]  # fmt: skip
    assert results[3]["status"] == "quarantined"
    assert [each["status"] for each in ama.push(opening, *notes)] == ["stored", "duplicate", "duplicate", "stored", "stored"]
    other = ama.opening()
    assert ama.push(ama.write(other.casefile, NOTE))[0]["status"] == "quarantined"


def test_ninety_nine_are_stored_when_one_makes_the_office_stumble(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    with place.office.store.writing() as tx:
        tx.entries._run(
            "CREATE TRIGGER poison BEFORE INSERT ON entries WHEN NEW.kind = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END"
        )
    notes = [ama.write(casefile, {**NOTE, "n": n}) for n in range(63)]
    notes.insert(30, ama.write(casefile, NOTE, kind="poison"))
    results = ama.push(*notes)
    assert [each["status"] for each in results] == ["stored"] * 30 + ["retry"] + ["stored"] * 33
    assert results[30]["code"] == "busy"
    with place.office.store.writing() as tx:
        tx.entries._run("DROP TRIGGER poison")
    assert ama.push(notes[30])[0]["status"] == "stored"
    ama.pull_all()
    assert len(ama.entries) == 65


def test_opening_that_makes_the_office_stumble_leaves_no_casefile_behind(ama: Handset, place: Harrowmere) -> None:
    note, poison = ama.write(opened(ama), NOTE), ama.opening()
    with place.office.store.writing() as tx:
        tx.entries._run(
            "CREATE TRIGGER poison BEFORE INSERT ON entries WHEN NEW.kind = 'opening' BEGIN SELECT RAISE(ABORT, 'poison'); END"
        )
    assert [code(each) for each in ama.push(note, poison)] == [("stored", None), ("retry", "busy")]
    assert place.office.store.casefiles.get(poison.casefile) is None


def test_nothing_is_lost_and_nothing_breaks_when_the_disk_is_full(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    notes = [ama.write(casefile, {"purpose": secrets.token_hex(20_000)}) for _ in range(8)]
    store = place.office.store
    pages = store.settings._value("PRAGMA page_count")
    store.settings._value(f"PRAGMA max_page_count = {pages + 2}")
    answer = ama.push_bytes(wire.lay_frames([each.envelope for each in notes]))
    assert (answer.status_code, answer.get_json().get("error")) == (503, "busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert ama.push_bytes(wire.lay_frames([secrets.token_bytes(60_000)])).status_code == 503
    store.settings._value("PRAGMA max_page_count = 1000000")
    assert {each["status"] for each in ama.push(*notes)} == {"stored"}
    ama.pull_all()
    assert ama.cursors[casefile][0] == 9


@pytest.mark.parametrize("seed", range(4))
def test_law_any_batching_order_and_repetition_ends_in_the_same_casefiles(
    ama: Handset, reece: Handset, place: Harrowmere, seed: int
) -> None:
    chance = random.Random(seed)
    openings = [ama.opening(readers=[place.id("reece")]) for _ in range(2)]
    made = [*openings]
    for n in range(20):
        writer = chance.choice((ama, reece))
        made.append(writer.write(chance.choice(openings).casefile, {**NOTE, "n": n}))
    on_the_way = chance.sample(made * 2, len(made) * 2)
    while on_the_way:
        count = chance.randint(1, 9)
        chance.choice((ama, reece)).push(*on_the_way[:count])
        del on_the_way[:count]
    for reader in (ama, reece):
        reader.pull_all()
        assert set(reader.entries) == {each.id for each in made}
    assert place.office.store.quarantine.count_open() == 0


def test_numbers_have_no_gaps_when_many_push_to_one_casefile_at_once(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama, readers=[place.id("reece")])
    other = phone(place, "reece")
    batches = [
        (handset, [handset.write(casefile, {**NOTE, "n": n}) for _ in range(16)]) for n in range(3) for handset in (ama, other)
    ]
    failures: list[BaseException] = []

    def send(handset: Handset, notes: list[Sent]) -> None:
        client = place.app.test_client()
        cookie = handset.client.get_cookie("fieldapp-device")
        assert cookie is not None
        client.set_cookie("fieldapp-device", cookie.value)
        try:
            results = Handset(place, handset.who, client, keyset=handset.keyset).push(*notes)
            assert {each["status"] for each in results} == {"stored"}
        except BaseException as failure:
            failures.append(failure)

    # When somebody reads all the while, from where she stood, each piece following on the one before
    reader = phone(place, "reece")
    threads = [threading.Thread(target=send, args=batch) for batch in batches]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        reader.pull()
    for thread in threads:
        thread.join()

    # Then nothing that was committed late has been passed by
    assert failures == []
    reader.pull_all()
    ama.pull_all()
    for each in (reader, ama):
        assert each.cursors[casefile][0] == 97
        assert len(each.entries) == 97


def test_nothing_readable_lies_in_the_database(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama, title="Canary Tarnley")
    ama.push(ama.write(casefile, {"purpose": "canary purpose words"}), ama.write(new_id(), {"purpose": "canary purpose words"}))
    place.office.store.close()
    folder = Path(place.office.store.path).parent
    data = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert b"visit_note" in data
    assert b"anary" not in data
