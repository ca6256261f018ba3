"""A phone is lost, a person leaves, words are forgotten: what was on the phone, whether it is gone, what never came, and drafts that come back."""

from __future__ import annotations

import csv
import io
import json
import re
import secrets
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from fieldapp import accounts, rotas
from fieldapp.keys import new_id, sha256
from sync import entry, wire
from tests.app.harrowmere import VISIT, Browser, Harrowmere, words_of
from tests.app.phone import Handset, phone
from tests.app.test_radar import opened, page_of, says

SECRET = "The back door was off its hinges."
NOTE: dict[str, Any] = {**VISIT, "seen_and_heard": SECRET}
HOURS = timedelta(hours=8)


def held(browser: Browser, handset: Handset) -> str:
    return words_of(browser.get(f"{page_of(handset)}/held"))


def rows_of(browser: Browser, handset: Handset) -> list[dict[str, str]]:
    answer = browser.get(f"{page_of(handset)}/held.csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="what-was-on-a-phone-')
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def dropped(handset: Handset, *, signed: bool) -> dict[str, Any]:
    """The phone says that it holds nothing of its signer any more."""
    said: dict[str, Any] = {"v": 1, "signers": [], "dropped": [handset.key.kid]}
    if not signed:
        return dict(handset.post("/hello", said).get_json())
    body = entry.write_json(said)
    answer = handset.client.post(
        "/sync/v1/hello", data=body, content_type="application/json", headers=handset.proof("/sync/v1/hello", body)
    )
    return dict(answer.get_json())


def draft_of(handset: Handset, casefile: str, n: int = 1, **facts: Any) -> tuple[str, bytes]:
    """A draft as a phone seals it: its slot and the envelope."""
    slot = facts.get("slot") or new_id()
    body = entry.make_body(secrets.token_bytes(16), facts.get("fields", NOTE))
    said: dict[str, Any] = {
        "v": 1, "slot": slot, "n": n, "kind": "visit_note", "schema": "visit-note.1", "casefile": casefile,
        "record": facts.get("record") or new_id(), "parents": [], "author": handset.person, "device": handset.device,
        "written_at": entry.stamp(handset.place.clock()), "body_hash": entry.b64u(sha256(body)),
        **({"discarded": True} if facts.get("discarded") else {}),
    }  # fmt: skip
    header = entry.write_json(said)
    signed = entry.signing_input("fieldapp-draft", handset.key.kid, header)
    packet = wire.Packet(
        entry.unb64u(handset.key.kid),
        handset.key.sign(signed.encode()),
        wire.deflate(wire.lay_parts(wire.Parts(header, body, b""))),
    )
    return slot, handset.seal_packet(wire.lay_packet(packet), "draft")


def keeps_draft(handset: Handset, casefile: str, n: int = 1, **facts: Any) -> str:
    slot, envelope = draft_of(handset, casefile, n, **facts)
    answer = handset.client.put(f"/sync/v1/drafts/{slot}", data=envelope, content_type="application/octet-stream")
    assert answer.get_json()["status"] == "kept"
    return slot


def left(handset: Handset) -> list[dict[str, Any]]:
    answer = handset.proved("/drafts", {"v": 1})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.get_json()["drafts"]
    return found


# What was on it


def test_lost_phone_lists_what_it_was_given_and_what_never_came_and_says_that_the_removal_is_owed(
    ama: Handset, place: Harrowmere
) -> None:
    casefile = opened(ama)
    ama.write(casefile, NOTE)
    ama.push(ama.write(casefile, NOTE))
    ama.pull_all()
    ama.write(casefile, NOTE)
    ama.hello(digest=True, waiting={"count": 2, "oldest_at": "2026-11-20T08:00:00.000Z"})
    marian = place.signed_in("marian")
    assert says(marian, ama, "lost").status_code == 303
    page = held(marian, ama)
    assert "The Tarnley family 2 entries, last" in page
    assert "The phone has not confirmed that what it holds was removed" in page
    assert "Came from it 2 items never came." in page
    assert "Never came: 2, 4." in held(place.signed_in("admin"), ama)
    assert "2 items that the office knows of" in page
    assert "2 items, the oldest since Fri 20 Nov, 08:00" in page
    assert SECRET not in page
    assert [(row["family"], row["entries sent there"], row["not come"]) for row in rows_of(marian, ama)] == [
        ("The Tarnley family", "2", "2")
    ]
    assert place.audited("exported what was on a phone") == [(place.id("marian"), "", "")]


def test_casefile_that_a_phone_was_given_is_listed_after_its_worker_lost_it_until_the_phone_has_dropped_it(
    ama: Handset, place: Harrowmere
) -> None:
    casefile = opened(ama)
    ama.pull_all()
    place.clock.pass_by(hours=1)
    with place.office.store.writing() as tx:
        tx.casefiles.end_grants(casefile, place.id("ama"), entry.stamp(place.clock()))
    marian = place.signed_in("marian")
    assert [row["on the phone"] for row in rows_of(marian, ama)] == ["To be removed; not confirmed yet"]
    ama.hello(digest=True, removals_done=[casefile])
    assert [row["on the phone"] for row in rows_of(marian, ama)] == ["Removed from this phone, confirmed"]


def test_casefile_that_a_phone_dropped_and_was_given_again_is_on_it(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    # Given Reece's phone, which dropped a family of Ama's
    casefile = opened(ama, readers=[place.id("reece")])
    reece.pull_all()
    place.clock.pass_by(hours=1)
    with place.office.store.writing() as tx:
        tx.casefiles.end_grants(casefile, place.id("reece"), entry.stamp(place.clock()))
    reece.pull(removals={casefile: "dropped"})
    reece.cursors.pop(casefile)
    place.clock.pass_by(hours=1)
    marian = place.signed_in("marian")
    assert [row["on the phone"] for row in rows_of(marian, reece)] == ["Removed from this phone, confirmed"]

    # When a turn of duty gives it to him again
    here, at = place.office, place.clock()
    rotas.add_turn(
        here.store,
        here.keys,
        place.people["marian"],
        "family-support",
        reece.person,
        entry.stamp(at),
        entry.stamp(at + HOURS),
        at,
    )
    assert reece.pull()["added"] == [casefile]

    # Then it is on his phone, whatever was dropped before
    assert [row["on the phone"] for row in rows_of(marian, reece)] == ["On the phone, in use"]


def test_supervisors_phone_is_said_to_hold_what_they_are_named_on_and_what_it_has_yet_to_drop(
    ama: Handset, place: Harrowmere
) -> None:
    # Given a family of the team that a supervisor's phone was given while she was named on it, and one it never was given
    casefile, _ = opened(ama), opened(ama)
    jos = phone(place, "jos")
    with place.office.store.writing() as tx:
        tx.casefiles.grant(casefile, jos.person, entry.stamp(place.clock()))
    jos.pull_all()
    marian = place.signed_in("marian")
    assert [row["on the phone"] for row in rows_of(marian, jos)] == ["On the phone, in use"]

    # When she is named no more, and reads both as one of the team
    place.clock.pass_by(minutes=5)
    with place.office.store.writing() as tx:
        tx.casefiles.end_grants(casefile, jos.person, entry.stamp(place.clock()))

    # Then one was on her phone, until it says it dropped it, and the other never was
    assert [row["on the phone"] for row in rows_of(marian, jos)] == ["To be removed; not confirmed yet"]
    jos.hello(digest=True, removals_done=[casefile])
    assert [row["on the phone"] for row in rows_of(marian, jos)] == ["Removed from this phone, confirmed"]


@pytest.mark.parametrize("role", ["keyworker", "auditor"])
def test_what_a_phone_could_have_fetched_is_listed_whatever_role_its_person_has_had_since(
    ama: Handset, place: Harrowmere, role: str
) -> None:
    # Given a supervisor who put one family on her phone and is named on another, and a third that she reads at the desk; her phone greets
    put, named, _ = opened(ama), opened(ama), opened(ama)
    jos = phone(place, "jos")
    with place.office.store.writing() as tx:
        tx.casefiles.grant(put, jos.person, entry.stamp(place.clock()), "phone")
        tx.casefiles.grant(named, jos.person, entry.stamp(place.clock()))
    jos.hello(digest=True)

    # When she gets another role
    place.clock.pass_by(minutes=5)
    here = place.office
    accounts.change(here.store, here.keys, place.people["admin"], jos.person, role, "family-support", place.clock())

    # Then both may be on her phone: the report does not go by what she could fetch now
    marian = place.signed_in("marian")
    assert len(rows_of(marian, jos)) == 2
    page = held(marian, jos)
    assert page.count("The Tarnley family") == 2


def test_administrator_sees_how_many_and_no_name_and_a_supervisor_nothing_of_a_private_section(
    ama: Handset, place: Harrowmere
) -> None:
    opened(ama)
    ama.push(ama.opening(sort="restricted", readers=[place.id("jos")], title="Tarnley, private section"))
    ama.pull_all()
    admin, marian, jos = (place.signed_in(who) for who in ("admin", "marian", "jos"))
    assert "Tarnley" not in held(admin, ama)
    assert "2 records could be read on it" in held(admin, ama)
    assert {row["family"] for row in rows_of(admin, ama)} == {"(a record that is not yours to read)"}
    assert [row["family"] for row in rows_of(marian, ama)] == ["The Tarnley family"]
    assert "could be read on it" not in held(marian, ama)
    # How many numbers a phone has used would say how many of its entries this supervisor has not seen.
    assert "own count" not in held(marian, ama)
    assert "Up to number 2 of its own count" in held(admin, ama)
    assert {row["family"] for row in rows_of(jos, ama)} == {"The Tarnley family", "Tarnley, private section"}
    assert marian.get("/desk/phones/AAAAAAAAAAAAAAAAAAAAAA/held").status_code == 404


def test_practice_family_is_in_no_list_and_no_count(ama: Handset, place: Harrowmere) -> None:
    place.open_casefile("ama", "The Practice family", practice=True)
    ama.hello()
    ama.pull_all()
    assert "could be read on it" not in held(place.signed_in("admin"), ama)
    assert "No family was ever sent to it." in held(place.signed_in("marian"), ama)


@pytest.mark.parametrize(
    "name",
    ["=HYPERLINK(0)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u200b=1", "\ufeff=1", "\u202e=1", "＝1", "x;=1", 'x";=1', "=cmd|' /C calc'!A0"],
)  # fmt: skip
def test_family_or_person_named_like_a_formula_is_no_formula_in_the_file(ama: Handset, place: Harrowmere, name: str) -> None:
    opened(ama, title=name)
    ama.pull_all()
    with closing(sqlite3.connect(place.office.store.path)) as db, db:
        db.execute("UPDATE people SET name = ? WHERE id = ?", (name, ama.person))
    answer = place.signed_in("marian").get(f"{page_of(ama)}/held.csv")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    assert [cell for row in rows for cell in row if re.match(r"[\s\u200b\ufeff\u202e]*[=+\-@＝]", cell)] == []
    # Nothing stands outside quotes, where a spreadsheet that parts at semicolons would begin a formula.
    assert re.sub(r'"(?:[^"]|"")*"', "", answer.text).strip("\ufeff,\r\n") == ""
    # It stands there, in both places, behind a mark where one is needed.
    assert [[cell.removeprefix("'") for cell in row].count(name) for row in rows] == [0, 2]


# Removed, or owed


def test_signed_word_of_a_lost_phone_confirms_the_removal_and_ends_its_signer(ama: Handset, place: Harrowmere) -> None:
    opened(ama)
    ama.pull_all()
    marian = place.signed_in("marian")
    says(marian, ama, "lost")
    assert dropped(ama, signed=True)["device"]["status"] == "lost"
    assert "Removed from this phone, confirmed, Mon 23 Nov" in held(marian, ama)
    assert "has not confirmed" not in held(marian, ama)
    # Given back and set up anew: nobody calls that a phone that lost its notes.
    says(marian, ama, "ok", was="lost")
    Handset(place, "ama", ama.client).set_up()
    assert "lost its notes" not in words_of(marian.get("/desk/board"))


def test_unsigned_word_counts_only_where_the_office_asked_and_is_told_as_what_it_is(ama: Handset, place: Harrowmere) -> None:
    opened(ama)
    ama.pull_all()
    marian = place.signed_in("marian")
    dropped(ama, signed=False)
    assert [row["on the phone"] for row in rows_of(marian, ama)] == ["On the phone, in use"]
    says(marian, ama, "lost")
    dropped(ama, signed=False)
    assert "The phone says removed; it was locked, so this is not signed" in held(marian, ama)
    dropped(ama, signed=True)
    assert "Removed from this phone, confirmed" in held(marian, ama)


def test_one_persons_use_of_a_phone_is_ended_and_the_others_go_on(ama: Handset, place: Harrowmere) -> None:
    reece = phone(place, "reece", ama.client)
    casefile = opened(ama)
    marian = place.signed_in("marian")
    page = page_of(ama)
    assert marian.send(page, f"{page}/people/end", {"whose": ama.key.kid, "text-ended": ""}).status_code == 400
    assert marian.send(page, f"{page}/people/end", {"whose": "nobody", "text-ended": "x"}).status_code == 400
    ended = marian.send(page, f"{page}/people/end", {"whose": ama.key.kid, "text-ended": "She has left."})
    assert ended.status_code == 303
    ama.hello()
    refused = ama.proved("/pull", {"v": 1, "cursors": {}})
    assert (refused.status_code, refused.get_json()["error"]) == (401, "ended")
    reece.hello()
    assert reece.proved("/pull", {"v": 1, "cursors": {}}).status_code == 200
    (result,) = ama.push(ama.write(casefile, NOTE))
    assert (result["status"], result.get("code")) == ("quarantined", "device_ended")
    assert "To be removed; not confirmed yet" in held(marian, ama)
    dropped(ama, signed=True)
    assert "Removed from this phone, confirmed" in held(marian, ama)


# Drafts come back


def test_draft_left_under_forgotten_words_goes_to_its_author_and_to_nobody_else(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    slot = keeps_draft(ama, casefile)
    again = Handset(place, "ama", ama.client).set_up(replaces=ama.key.kid)
    reece = phone(place, "reece")
    assert "drafts" not in again.hello()
    assert again.hello(digest=True)["drafts"] == 1
    assert "drafts" not in reece.hello(digest=True)
    (found,) = left(again)
    assert (found["slot"], found["n"]) == (slot, 1)
    assert json.loads(found["body"])["fields"]["seen_and_heard"] == SECRET
    assert left(reece) == []
    assert again.post("/drafts", {"v": 1}).status_code == 401
    # Nor to its author, once nobody in their role has a phone.
    here = place.office
    accounts.change(
        here.store,
        here.keys,
        place.people["admin"],
        ama.person,
        "auditor",
        "family-support",
        place.clock(),
        asked_by=place.id("jos"),
    )
    assert left(again) == []


@pytest.mark.parametrize("text", ["x" * 260_000, "ا" * 130_000, '"' * 130_000], ids=["Latin", "Arabic", "quotes"])
def test_drafts_come_back_in_parts_when_one_answer_would_be_larger_than_a_phone_reads(
    text: str, ama: Handset, place: Harrowmere
) -> None:
    # 260,000 bytes each, however many characters they are; quotes are twice as many again in the answer.
    casefile = opened(ama)
    slots = {keeps_draft(ama, casefile, fields={"seen_and_heard": text}) for _ in range(20)}
    again = Handset(place, "ama", ama.client).set_up(replaces=ama.key.kid)
    got: set[str] = set()
    while again.hello(digest=True).get("drafts"):
        found = left(again)
        assert 0 < sum(len(each["body"].encode()) for each in found) < 2.5 * 1_048_576
        for each in found:
            keeps_draft(again, casefile, n=each["n"] + 1, slot=each["slot"])
        assert not got & {each["slot"] for each in found}
        got |= {each["slot"] for each in found}
    assert got == slots


def test_draft_comes_back_from_a_lost_phone_and_not_from_one_in_use(ama: Handset, place: Harrowmere) -> None:
    keeps_draft(ama, opened(ama))
    other = phone(place, "ama")
    other.hello()
    assert left(other) == []
    says(place.signed_in("marian"), ama, "lost")
    assert len(left(other)) == 1


def test_draft_that_was_sent_is_none_and_one_that_came_back_is_taken_over_by_its_new_signer(
    ama: Handset, place: Harrowmere
) -> None:
    casefile = opened(ama)
    sent = ama.write(casefile, NOTE)
    keeps_draft(ama, casefile, record=sent.record)
    slot = keeps_draft(ama, casefile, n=3)
    place.clock.pass_by(minutes=1)
    later = ama.write(casefile, NOTE, record=sent.record, parents=[sent.id])
    ama.push(sent, later)
    again = Handset(place, "ama", ama.client).set_up(replaces=ama.key.kid)
    again.hello()
    assert [each["slot"] for each in left(again)] == [slot]
    keeps_draft(again, casefile, n=4, slot=slot)
    assert left(again) == []
    assert place.office.store.drafts.get(ama.key.kid, slot) is None


def test_draft_that_was_thrown_away_after_it_rested_does_not_come_back(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    slot = keeps_draft(ama, casefile, n=2)
    keeps_draft(ama, casefile, n=3, slot=slot, fields={}, discarded=True)
    late = draft_of(ama, casefile, 2, slot=slot)[1]
    answer = ama.client.put(f"/sync/v1/drafts/{slot}", data=late, content_type="application/octet-stream")
    assert answer.get_json()["status"] == "older"
    again = Handset(place, "ama", ama.client).set_up(replaces=ama.key.kid)
    assert "drafts" not in again.hello(digest=True)
    assert left(again) == []


def test_draft_that_came_back_and_was_thrown_away_stays_away(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    slot = keeps_draft(ama, casefile)
    second = Handset(place, "ama", ama.client).set_up(replaces=ama.key.kid)
    keeps_draft(second, casefile, n=2, slot=slot, fields={}, discarded=True)
    third = Handset(place, "ama", ama.client).set_up(replaces=second.key.kid)
    third.hello()
    assert left(third) == []


# Reads on phones, and who did what


def test_record_read_on_a_phone_is_written_down_once_a_day_and_only_where_it_could_be_read(
    ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    note = ama.write(opened(ama), NOTE)
    ama.push(note)
    read = [note.casefile, note.record, "2026-11-23"]
    ama.hello(digest=True, reads=[read, read])
    ama.hello(digest=True, reads=[read, [note.casefile, note.record, "2031-01-01"], [note.casefile, new_id(), "2026-11-23"]])
    reece.hello(digest=True, reads=[read])
    ama.hello(reads=[[note.casefile, note.record, "2026-11-22"]])
    assert place.audited("read on a phone on 2026-11-23") == [(place.id("ama"), note.casefile, note.record)]
    assert place.audited("read on a phone on 2026-11-22") == []
    page = words_of(place.signed_in("marian").get(f"/desk/families/{note.casefile}/who-did-what"))
    assert "Ama Lindqvist Read on a phone on Mon 23 Nov: a record" in page
    assert SECRET not in page


def test_administrator_sees_what_a_person_did_without_a_familys_name_and_everybody_sees_their_own(
    ama: Handset, place: Harrowmere
) -> None:
    casefile = opened(ama)
    marian, admin = place.signed_in("marian"), place.signed_in("admin")
    marian.get(f"/desk/families/{casefile}")
    about = f"/desk/people/{place.id('marian')}/who-did-what"
    page = words_of(admin.get(about))
    assert "Read: the family’s page of a family" in page
    assert "Tarnley" not in page
    assert "Read: the family’s page of The Tarnley family" in words_of(marian.get("/desk/what-i-did"))
    assert marian.get(about).status_code == 404
    assert admin.get(f"/desk/families/{casefile}/who-did-what").status_code == 404
    assert admin.get("/desk/people/AAAAAAAAAAAAAAAAAAAAAA/who-did-what").status_code == 404
    assert "Looked up what somebody did" in words_of(admin.get("/desk/what-i-did"))


def test_long_audit_goes_on_on_another_page(place: Harrowmere) -> None:
    with place.office.store.writing() as tx:
        for n in range(450):
            tx.audit.add(entry.stamp(place.clock()), place.id("ama"), f"did thing {n:03}")
    admin = place.signed_in("admin")
    about = f"/desk/people/{place.id('ama')}/who-did-what"
    page = admin.get(about)
    assert "Did thing 449" in page.text
    assert "Did thing 249" not in page.text
    older = page.text.split('href="' + about + "?before=")[1].split('"')[0]
    assert "Did thing 249" in admin.get(f"{about}?before={older}").text
    assert admin.get(f"{about}?before=soon").status_code == 200
