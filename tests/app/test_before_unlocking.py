"""Notes written on a phone nobody had unlocked: who reads them, what they prove, and how their author confirms them."""

from __future__ import annotations

import json
from typing import Any

from fieldapp.keys import SigningKey, hash_text, new_id
from sync import entry
from tests.app.harrowmere import VISIT, Harrowmere, words_of
from tests.app.phone import Handset, Sent

TYP = "fieldapp-note-key"
TEXT = "He is at the door and she will not open."


def locked_note(phone: Handset, *, key: SigningKey | None = None, by: SigningKey | None = None, **other: Any) -> Sent:
    """A note as a locked phone writes it: signed by its key for notes, which the phone's signer vouches for."""
    key = key or SigningKey.new()
    said = {"v": 1, "person": phone.person, "device": phone.device, "jwk": key.jwk}
    certificate = other.pop("certificate", None) or (by or phone.key).jws(TYP, entry.write_json(said))
    body = entry.make_body(b"s" * 16, {"about": "The Tarnleys", "text": TEXT})
    header = {
        "v": 1, "kind": "locked_note", "schema": "", "form": "", "app": "test", "casefile": new_id(), "record": new_id(), "parents": [],
        "author": phone.person, "device": phone.device, "written_at": entry.stamp(phone.place.clock()), "zone": "Europe/London",
        "mode": "", "body_hash": hash_text(body), "slip_hash": "", "blobs": [], "certificate": certificate, **other,
    }  # fmt: skip
    return phone.seal(entry.write_json(header), body, b"", key=key)


def page_of(sent: Sent) -> str:
    return f"/desk/sorting/{hash_text(sent.envelope)}"


def test_supervisor_reads_a_note_written_before_unlocking_and_is_told_what_it_proves(ama: Handset, place: Harrowmere) -> None:
    note = locked_note(ama)
    (answer,) = ama.push(note)
    assert (answer["status"], answer["code"]) == ("quarantined", "before_unlocking")
    assert ama.receipt(answer["receipt"])["status"] == "quarantined"

    marian = place.signed_in("marian")
    listed = words_of(marian.get("/desk/sorting"))
    assert "Written before unlocking, not yet confirmed" in listed
    assert "Ama" in listed
    page = words_of(marian.get(page_of(note)))
    assert TEXT in page
    assert "The Tarnleys" in page
    assert "Nobody can vouch for who wrote this" in page
    assert "Written on the phone of" in page
    assert "cannot be placed under a name" in page
    assert place.audited("read what waits")[0][0] == place.id("marian")


def test_nobody_but_the_teams_supervisor_reads_it(ama: Handset, place: Harrowmere) -> None:
    note = locked_note(ama)
    ama.push(note)
    admin = place.signed_in("admin")
    assert "Written before unlocking" in words_of(admin.get("/desk/sorting"))
    page = words_of(admin.get(page_of(note)))
    assert TEXT not in page
    assert "Put it away" not in page


def test_note_leaves_the_list_when_its_author_made_it_an_entry_of_their_own(ama: Handset, place: Harrowmere) -> None:
    note = locked_note(ama)
    ama.push(note)
    opening = ama.opening()
    header_of = json.loads(ama.write(opening.casefile, VISIT).header)
    assert "confirms" not in header_of
    confirming = confirms(ama, opening.casefile, note)
    assert [each["status"] for each in ama.push(opening, confirming)] == ["stored", "stored"]
    assert "Nothing waits to be sorted" in words_of(place.signed_in("marian").get("/desk/sorting"))


def test_nobody_confirms_a_note_from_somebody_elses_phone(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    note = locked_note(ama)
    ama.push(note)
    opening = reece.opening()
    assert [each["status"] for each in reece.push(opening, confirms(reece, opening.casefile, note))] == ["stored", "stored"]
    assert "Written before unlocking" in words_of(place.signed_in("marian").get("/desk/sorting"))


def test_note_proves_no_phone_when_its_key_was_not_vouched_for(ama: Handset, reece: Handset) -> None:
    stranger, other = SigningKey.new(), SigningKey.new()
    said = {"v": 1, "person": ama.person, "device": ama.device, "jwk": other.jwk}
    codes = {
        "a stranger vouches": (locked_note(ama, by=stranger), "unknown_signer"),
        "nobody vouches": (locked_note(ama, certificate="none"), "unknown_signer"),
        "for another key": (locked_note(ama, certificate=ama.key.jws(TYP, entry.write_json(said))), "bad_signature"),
        "a colleague vouches": (locked_note(ama, by=reece.key), "wrong_author"),
        "for no key at all": (locked_note(ama, certificate=ama.key.jws(TYP, b"{}")), "unknown_signer"),
        "another kind of word": (
            locked_note(ama, certificate=ama.key.jws("fieldapp-proof", entry.write_json(said))),
            "unknown_signer",
        ),
        "an ordinary key without a number": (locked_note(ama, key=ama.key), "not_an_entry"),
    }
    assert {name: ama.push(note)[0].get("code") for name, (note, _) in codes.items()} == {
        name: code for name, (_, code) in codes.items()
    }


def confirms(phone: Handset, casefile: str, note: Sent) -> Sent:
    """An entry that says in its header which note it confirms."""
    made = phone.write(casefile, {**VISIT, "seen_and_heard": TEXT})
    header = {**json.loads(made.header), "confirms": note.id}
    sent = phone.seal(entry.write_json(header), made.body, made.slip)
    phone.last = sent.id
    return sent
