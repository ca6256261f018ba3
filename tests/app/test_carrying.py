"""What waits on a phone that cannot reach the office, brought in as a file: placed by the same rules, told in numbers only."""

from __future__ import annotations

import io
import json
import re
import secrets
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from fieldapp import carrying, intake, signers
from fieldapp.keys import hash_text, seal_envelope
from fieldapp.store import StoreBusy, StoreFailed
from fieldapp.web.guards import FORM_LIMIT
from sync import entry, wire
from tests.app.harrowmere import VISIT, Browser, Harrowmere, words_of
from tests.app.phone import Handset, Sent, phone

SECRET = "The back door was off its hinges."
NOTE: dict[str, Any] = {**VISIT, "seen_and_heard": SECRET}
PAGE = "/desk/carried"
NAME = "fieldapp-waiting-2026-11-22.sealed"


def file_of(*sent: Sent | bytes) -> bytes:
    return wire.lay_waiting([each if isinstance(each, bytes) else each.envelope for each in sent])


def bring(browser: Browser, file: bytes, name: str = NAME) -> TestResponse:
    token = re.findall(r'name="form_token" value="([^"]*)"', browser.get(PAGE).text)[-1]
    boundary, data = encode_multipart({"form_token": token, "file": FileStorage(io.BytesIO(file), name)})
    return browser.client.post(PAGE, data=data, content_type=f"multipart/form-data; boundary={boundary}")


def counted(answer: TestResponse) -> dict[str, int]:
    """What a page says of the file that was brought in."""
    assert answer.status_code == 200, words_of(answer)
    text = words_of(answer)
    names = ("New, and placed", "Here already", "Kept to be sorted", "Could not be read", "Not taken in yet")
    return {name: int(text.split(name)[1].split()[0]) for name in names if name in text}


def told(new: int = 0, here: int = 0, sorting: int = 0, unreadable: int = 0) -> dict[str, int]:
    return {"New, and placed": new, "Here already": here, "Kept to be sorted": sorting, "Could not be read": unreadable}


def opened(handset: Handset) -> str:
    opening = handset.opening()
    assert handset.push(opening)[0]["status"] == "stored"
    return opening.casefile


def kept(place: Harrowmere) -> int:
    return place.office.store.quarantine.count_open()


@pytest.fixture
def marian(place: Harrowmere, ama: Handset) -> Browser:
    return place.signed_in("marian")


def test_notes_in_a_file_are_placed_and_the_phone_hears_it_when_it_is_in_touch_again(
    place: Harrowmere, ama: Handset, marian: Browser
) -> None:
    casefile = opened(ama)
    notes = [ama.write(casefile, {**NOTE, "purpose": f"Visit {n}"}) for n in range(2)]
    brought_at = entry.stamp(place.clock())

    answer = bring(marian, file_of(*notes))

    assert counted(answer) == told(new=2)
    assert "All of the file is at the office now" in words_of(answer)
    assert SECRET in words_of(marian.get(f"/desk/records/{notes[0].record}?whole=yes"))
    place.clock.pass_by(days=3)
    again = ama.push(*notes)
    assert [each["status"] for each in again] == ["duplicate", "duplicate"]
    assert [ama.receipt(each["receipt"])["received_at"] for each in again] == [brought_at, brought_at]


def test_a_file_may_be_brought_any_number_of_times(place: Harrowmere, ama: Handset, marian: Browser) -> None:
    opening = ama.opening()
    note = ama.write(opening.casefile, NOTE)
    file = file_of(note, opening, note, secrets.token_bytes(700))
    assert counted(bring(marian, file)) == told(new=2, here=1, unreadable=1)
    for who in ("marian", "jos", "admin"):
        place.clock.pass_by(seconds=60)
        assert counted(bring(place.signed_in(who), file)) == told(here=3, unreadable=1)
    assert len(place.office.store.entries.in_casefile(opening.casefile)) == 2
    assert kept(place) == 1


def test_an_administrator_brings_in_a_file_and_sees_numbers_only(place: Harrowmere, ama: Handset) -> None:
    opening = ama.opening(title="The Quiller family")
    note = ama.write(opening.casefile, NOTE)
    answer = bring(place.signed_in("admin"), file_of(opening, note))
    assert counted(answer) == told(new=2)
    for word in ("Quiller", "Ama Lindqvist", SECRET, note.record, note.id, opening.casefile):
        assert word not in answer.text


def test_whoever_brought_a_file_is_written_down_with_which_file_and_what_came_of_it(
    place: Harrowmere, ama: Handset, marian: Browser
) -> None:
    bring(marian, file_of(ama.write(opened(ama), NOTE)))
    rows = [row for row in place.office.store.audit.all() if row.what in {"brought a file", "took in a file"}]
    assert [(row.person, row.what, row.casefile, row.record) for row in rows] == [
        (place.id("marian"), "brought a file", "", ""),
        (place.id("marian"), "took in a file", "", ""),
    ]
    first, second = (json.loads(place.office.keys.open_secret("carrying", row.detail)) for row in rows if row.detail is not None)
    assert first == {"file": second["file"]}
    assert (len(second["file"]), second["new"], second["is_cut"]) == (64, 1, False)


def test_what_the_author_may_write_decides_and_not_who_carries_it(place: Harrowmere, ama: Handset) -> None:
    casefile = opened(ama)
    before, after = ama.write(casefile, NOTE), ama.write(casefile, NOTE)
    with place.office.store.writing() as tx:
        tx.casefiles.end_grants(casefile, ama.person, entry.stamp(place.clock()))
    admin = place.signed_in("admin")
    # Her phone has not heard that the family was given to somebody else: what she wrote meanwhile is placed.
    assert counted(bring(admin, file_of(before))) == told(new=1)
    with place.office.store.writing() as tx:
        tx.casefiles.hear_removals(ama.key.kid, [casefile], entry.stamp(place.clock()))
    # Now it has, and somebody who may read everything carries it: that gives its author no say.
    place.clock.pass_by(seconds=60)
    assert counted(bring(place.signed_in("marian"), file_of(after))) == told(sorting=1)


def test_file_from_a_lost_phone_waits_for_a_person_who_sees_who_brought_it(
    place: Harrowmere, ama: Handset, marian: Browser
) -> None:
    note = ama.write(opened(ama), NOTE)
    signers.end_device(place.office.store, ama.device, "lost", place.id("admin"), place.clock())
    answer = bring(marian, file_of(note, secrets.token_bytes(700)))
    assert counted(answer) == told(sorting=1, unreadable=1)
    assert "See what is being sorted" in words_of(answer)
    listed = words_of(marian.get("/desk/sorting"))
    assert "Ama Lindqvist, brought in a file by Marian Holt-Vane" in listed
    assert "Nobody knows whose, brought in a file by Marian Holt-Vane" in listed
    assert SECRET in words_of(marian.get(f"/desk/sorting/{hash_text(note.envelope)}"))
    assert "From this phone, being sorted Nothing." not in words_of(marian.get(f"/desk/phones/{ama.device}"))


def test_opening_at_the_end_of_a_file_places_what_came_before_it(place: Harrowmere, ama: Handset, marian: Browser) -> None:
    opening = ama.opening()
    notes = [ama.write(opening.casefile, {**NOTE, "n": n}) for n in range(wire.PUSH_FRAMES + 3)]
    assert counted(bring(marian, file_of(*notes, opening))) == told(new=4, sorting=wire.PUSH_FRAMES)
    assert len(place.office.store.entries.in_casefile(opening.casefile)) == len(notes) + 1
    assert kept(place) == 0
    assert counted(bring(marian, file_of(*notes, opening))) == told(here=len(notes) + 1)


def test_all_that_is_whole_is_taken_when_a_file_was_cut_anywhere(place: Harrowmere, ama: Handset, marian: Browser) -> None:
    casefile = opened(ama)
    notes = [ama.write(casefile, {**NOTE, "n": n}) for n in range(2)]
    whole = file_of(*notes)
    ends = [len(wire.WAITING), len(file_of(notes[0])), len(whole)]
    taken = 0
    for end in (*range(ends[0], ends[0] + 6), ends[1] - 1, *range(ends[1], ends[1] + 6), ends[2] - 1, ends[2]):
        count = sum(each <= end for each in ends) - 1
        answer = bring(marian, whole[:end])
        assert counted(answer) == told(new=count - taken, here=taken)
        assert ("damaged or ends too early" in words_of(answer)) == (end not in ends)
        assert ("Keep the file until" in words_of(answer)) == (end not in ends)
        taken = count
    assert taken == 2


@pytest.mark.parametrize(
    "file",
    [b"", b"fieldapp waiting 1", b"fieldapp waiting 2\n", b"\x89PNG\r\n\x1a\n" + bytes(900), b"<html>", b"FIELDAPP WAITING 1\n"],
)
def test_another_file_is_refused_in_a_sentence(place: Harrowmere, marian: Browser, file: bytes) -> None:
    answer = bring(marian, file, "<script>holiday.png")
    assert answer.status_code == 400
    assert "This is not what a phone keeps for carrying" in words_of(answer)
    assert "holiday" not in answer.text
    assert place.audited("brought a file") == []


def test_page_asks_for_the_file_when_none_was_chosen(marian: Browser) -> None:
    for form in ({}, {"file": (io.BytesIO(b""), "")}, {"file": "fieldapp waiting 1\n"}):
        answer = marian.send(PAGE, PAGE, form)
        assert answer.status_code == 400
        assert "Choose the file first" in words_of(answer)


def test_file_that_is_empty_says_that_nothing_waited(marian: Browser) -> None:
    answer = bring(marian, wire.WAITING)
    assert counted(answer) == told()
    assert "nothing waited on the phone" in words_of(answer)


@pytest.mark.parametrize(
    "rest",
    [
        b"\xff\xff\xff\xff" + bytes(900),
        bytes(400_000),
        (b"\x00\x00\x00\x01a") * 50_000,
        (wire.ALONE_BYTES + 1).to_bytes(4) + bytes(wire.ALONE_BYTES + 1),
        (625).to_bytes(4) + bytes(625),
    ],
)
def test_lengths_that_no_phone_writes_end_the_reading(place: Harrowmere, ama: Handset, marian: Browser, rest: bytes) -> None:
    note = ama.write(opened(ama), NOTE)
    answer = bring(marian, file_of(note) + rest)
    assert counted(answer) == told(new=1)
    assert "damaged" in words_of(answer)
    assert kept(place) == 0


def test_bytes_that_are_no_notes_are_kept_and_change_nothing(place: Harrowmere, ama: Handset, marian: Browser) -> None:
    casefile = opened(ama)
    note = ama.write(casefile, NOTE)
    junk = [
        note.envelope[:-1] + bytes([note.envelope[-1] ^ 1]),
        note.envelope + b"\0",
        bytes([2]) + note.envelope[1:],
        seal_envelope(ama.ingest(), bytes(600)),
        bytes(wire.ALONE_BYTES),
    ]
    assert counted(bring(marian, file_of(*junk, note))) == told(new=1, unreadable=len(junk))
    assert kept(place) == len(junk)
    assert len(place.office.store.entries.in_casefile(casefile)) == 2


def test_allowance_is_the_carriers_own_and_what_is_beyond_it_may_be_brought_tomorrow(
    place: Harrowmere, ama: Handset, marian: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "CARRIED_A_DAY", 3)
    note = ama.write(opened(ama), NOTE)
    file = file_of(*(secrets.token_bytes(700) for _ in range(5)), note)
    answer = bring(marian, file)
    assert counted(answer) == {**told(new=1, unreadable=3), "Not taken in yet": 2}
    assert "Bring in the same file again" in words_of(answer)
    # What a person brought takes nothing of any phone’s allowance, nor of a colleague’s.
    assert place.office.store.quarantine.kept_today(ama.device, "", entry.stamp(place.clock())[:10], is_believed=False) == (0, 0)
    assert counted(bring(place.signed_in("admin"), file)) == told(here=1, unreadable=5)
    place.clock.pass_by(days=1)
    assert counted(bring(place.signed_in("marian"), file)) == told(here=1, unreadable=5)


@pytest.mark.parametrize(
    ("error", "said"),
    [(StoreBusy, "The office was busy and could not take in all of it now"), (StoreFailed, "its disk may be full")],
)
def test_office_that_cannot_take_it_in_says_why_and_that_the_file_is_to_be_brought_again(
    ama: Handset, marian: Browser, monkeypatch: pytest.MonkeyPatch, error: type[StoreFailed], said: str
) -> None:
    note = ama.write(opened(ama), NOTE)

    def busy(*_: Any) -> None:
        raise error("SQLITE_FULL")

    monkeypatch.setattr(intake, "take_from_person", busy)
    answer = bring(marian, file_of(note))
    assert counted(answer) == {**told(), "Not taken in yet": 1}
    assert "Keep the file until all of it is here" in words_of(answer)
    assert said in words_of(answer)
    assert ("busy" in words_of(answer)) == (error is StoreBusy)
    assert "tomorrow" not in words_of(answer)
    monkeypatch.undo()
    assert counted(bring(marian, file_of(note))) == told(new=1)


def test_what_was_taken_in_is_told_when_the_office_is_busy_only_at_the_end(
    place: Harrowmere, ama: Handset, marian: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    note, real = ama.write(opened(ama), NOTE), carrying._audit

    def busy(tx: Any, keys: Any, person: Any, what: str, *more: Any) -> None:
        if what == "took in a file":
            raise StoreFailed("locked")
        real(tx, keys, person, what, *more)

    monkeypatch.setattr(carrying, "_audit", busy)
    assert counted(bring(marian, file_of(note))) == told(new=1), "not that nothing has changed"
    assert len(place.audited("brought a file")) == 1


def test_file_larger_than_any_phones_is_refused_before_it_is_read(place: Harrowmere, marian: Browser) -> None:
    size = carrying.FILE_BYTES + FORM_LIMIT + 1
    answer = marian.client.post(
        PAGE, data=b"x", content_type="multipart/form-data; boundary=x", environ_overrides={"CONTENT_LENGTH": str(size)}
    )
    assert answer.status_code == 413
    assert "This file is too large" in words_of(answer)
    # Other forms of the desk stay as small as they were.
    other = marian.client.post(
        "/desk/who-responds", data=b"x", content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(FORM_LIMIT + 1)},
    )  # fmt: skip
    assert other.status_code == 413
    assert place.audited("brought a file") == []


def test_nothing_is_taken_from_somebody_who_is_not_let_in(place: Harrowmere, ama: Handset, marian: Browser) -> None:
    file = file_of(ama.write(opened(ama), NOTE))

    def posted(browser: Browser, **form: str) -> TestResponse:
        return browser.client.post(PAGE, data={"file": (io.BytesIO(file), NAME), **form})

    stranger = posted(place.visitor())
    assert (stranger.status_code, stranger.location) == (303, "/desk/sign-in")
    assert posted(place.signed_in("orla")).status_code == 404
    assert posted(marian).status_code == 400
    assert posted(marian, form_token="another").status_code == 400
    other_site = marian.client.post(PAGE, data={"file": (io.BytesIO(file), NAME)}, headers={"Sec-Fetch-Site": "cross-site"})
    assert other_site.status_code == 400
    assert place.audited("brought a file") == []


def test_two_phones_that_say_they_are_one_are_noticed_in_a_file_too(place: Harrowmere, ama: Handset, marian: Browser) -> None:
    casefile = opened(ama)
    first = ama.write(casefile, NOTE)
    second = ama.write(casefile, NOTE, n=ama.n)
    assert counted(bring(marian, file_of(first, second))) == told(new=1, sorting=1)
    assert "Two phones say they are this one" in words_of(marian.get(f"/desk/phones/{ama.device}"))


def test_pages_where_one_would_look_lead_to_it(place: Harrowmere, ama: Handset, marian: Browser) -> None:
    for who, paths in (("marian", ("board", "sorting")), ("admin", ("phones", "sorting"))):
        place.clock.pass_by(seconds=60)
        browser = place.signed_in(who)
        for path in (*paths, f"phones/{ama.device}"):
            assert f'href="{PAGE}"' in browser.get(f"/desk/{path}").text, path


def test_a_colleagues_phone_may_have_kept_the_file(place: Harrowmere, ama: Handset, marian: Browser) -> None:
    reece = phone(place, "reece")
    mine, theirs = ama.write(opened(ama), NOTE), reece.write(opened(reece), NOTE)
    assert counted(bring(marian, file_of(theirs, mine))) == told(new=2)
