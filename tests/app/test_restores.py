"""A database put back by hand from yesterday: what phones hold of the lost day comes back, whoever wrote it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fieldapp import leaves, placing, radar, scope, signers, sorting, store, verifying
from fieldapp.demo.phone import enrolment
from fieldapp.epoch import EpochFile
from fieldapp.keys import SigningKey, new_id
from fieldapp.web.office import Office, put_office
from sync import entry, wire
from tests.app.harrowmere import VISIT, Harrowmere, words_of
from tests.app.phone import Handset, Sent, phone

SECRET = "The back door was off its hinges."
NOTE: dict[str, Any] = {**VISIT, "seen_and_heard": SECRET}


def opened(handset: Handset, **more: Any) -> str:
    opening = handset.opening(**more)
    assert handset.push(opening)[0]["status"] == "stored"
    return opening.casefile


def copied(place: Harrowmere, folder: Path) -> Path:
    """Last night's copy of the database."""
    file = folder / "yesterday.db"
    with closing(sqlite3.connect(place.office.store.path)) as source:
        source.execute("VACUUM INTO ?", (str(file),))
    return file


def put_back(place: Harrowmere, copy: Path) -> None:
    """Puts the copy in place by hand, and starts the office again."""
    old = place.office
    old.store.close()
    for rest in ("", "-wal", "-shm"):
        Path(old.store.path + rest).unlink(missing_ok=True)
    copy.replace(old.store.path)
    opened = store.open(old.store.path)
    old.keys.take_up(opened)
    here = Office(store=opened, keys=old.keys, practice=old.practice, clock=old.clock, origin=old.origin)
    place.office = here
    put_office(place.app, here)


def given_back(handset: Handset, *ids: str) -> list[bytes]:
    """Entries as a reader's phone can offer them: signed, with their body, and without the slip it never saw."""
    found = []
    for each in ids or list(handset.entries):
        kept = handset.entries[each]
        split = entry.split_jws(kept["jws"], "fieldapp-entry")
        parts = wire.Parts(split.payload, kept["body"].encode(), b"")
        packet = wire.Packet(entry.unb64u(split.kid), split.signature, wire.deflate(wire.lay_parts(parts)))
        found.append(handset.seal_packet(wire.lay_packet(packet)))
    return found


def opening_of(handset: Handset, casefile: str) -> str:
    return next(id for id, kept in handset.entries.items() if (kept["header"]["casefile"], kept["seq"]) == (casefile, 1))


def lacking(handset: Handset, *ids: str) -> list[str]:
    answer = handset.proved("/have", {"v": 1, "ids": list(ids), "anybody": True})
    assert answer.status_code == 200, answer.text
    missing: list[str] = answer.get_json()["missing"]
    return missing


def statuses(handset: Handset, *envelopes: bytes) -> list[str]:
    return [f"{each['status']} {each.get('code', '')}".strip() for each in handset.push(*envelopes)]


def faults(place: Harrowmere) -> list[str]:
    return [fault.code for fault in verifying.verify(place.office.store, place.office.keys)]


@dataclass(frozen=True)
class LostDay:
    """`old` and `new` are families; the others came after the copy, `before` not."""

    old: str
    new: str
    before: Sent
    in_old: Sent
    in_new: Sent
    review: str


@pytest.fixture
def lost_day(ama: Handset, reece: Handset, place: Harrowmere, tmp_path: Path) -> LostDay:
    """Two families; one is as old as last night's copy, the other was opened after it. What came after the copy is lost."""
    old = opened(ama, readers=[place.id("reece")])
    before = ama.write(old, NOTE)
    ama.push(before)
    reece.pull_all()
    copy = copied(place, tmp_path)

    place.clock.pass_by(hours=4)
    new = opened(ama, title="The Velmire family", readers=[place.id("reece")])
    in_old, in_new = ama.write(old, NOTE), ama.write(new, NOTE)
    assert statuses(ama, in_old.envelope, in_new.envelope) == ["stored", "stored"]
    marian = place.signed_in("marian")
    assert marian.review(in_old.record, "question", "Which door?").status_code == 303
    reece.pull_all()
    review = next(each for each, kept in reece.entries.items() if kept["header"]["kind"] == "review")
    assert faults(place) == []

    place.clock.pass_by(hours=1)
    put_back(place, copy)
    return LostDay(old, new, before, in_old, in_new, review)


# What a reader's phone gives back


def test_what_others_wrote_comes_back_from_a_readers_phone_and_the_desks_word_too(
    lost_day: LostDay, ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    # Given a reader's phone whose cursors the office no longer knows
    seen = dict(reece.entries)
    assert sorted(reece.pull()["diverged"]) == sorted([lost_day.old, lost_day.new])

    # When it asks what is lacking, and gives that back as it holds it: without slips
    missing = lacking(reece, *seen)
    assert {lost_day.in_old.id, lost_day.in_new.id, lost_day.review} < set(missing)
    assert lost_day.before.id not in missing
    reece.entries = seen
    assert set(statuses(reece, *given_back(reece, *missing))) == {"stored"}

    # Then everything is there again under its own id, chained anew, and nothing is lacking
    assert lacking(reece, *seen) == []
    reece.cursors, reece.entries = {}, {}
    reece.pull_all()
    assert set(reece.entries) == set(seen)
    assert reece.entries[lost_day.in_old.id]["jws"] == seen[lost_day.in_old.id]["jws"]
    assert faults(place) == []

    # And the desk reads the note with its question, and who asked it
    page = words_of(place.signed_in("marian").get(f"/desk/records/{lost_day.in_old.record}"))
    assert SECRET in page
    assert "Which door?" in page
    assert ("given back by a phone") in {row.what for row in place.office.store.audit.all()}


def test_other_phones_go_on_from_what_was_given_back(lost_day: LostDay, ama: Handset, reece: Handset) -> None:
    reece.pull_all()
    jos = phone(reece.place, "jos")
    with jos.place.office.store.writing() as tx:
        tx.casefiles.grant(lost_day.old, jos.person, entry.stamp(jos.place.clock()))
    jos.pull_all()
    before = dict(jos.cursors)
    statuses(ama, lost_day.in_old.envelope)
    answer = jos.pull()
    assert answer["diverged"] == []
    assert [each["id"] for each in answer["casefiles"]] == [lost_day.old]
    assert jos.cursors[lost_day.old][0] == before[lost_day.old][0] + 1


def test_slip_that_comes_later_completes_the_row_and_the_radar_is_not_cheated(
    lost_day: LostDay, ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    def unnumbered() -> list[tuple[int, int]]:
        device = place.office.store.signers.device(ama.device)
        assert device is not None
        return [(gap.first, gap.last) for gap in radar.state_of(place.office.store, device).gaps]

    # Given that a reader's phone gave back two of Ama's notes and her opening
    lost = [lost_day.in_old, lost_day.in_new]
    opening = opening_of(reece, lost_day.new)
    reece.push(*given_back(reece, opening, *(each.id for each in lost)))

    # Then the office does not say that Ama's chain is whole, and says so on her phone's page
    assert unnumbered() == [(-3, -1)]
    page = words_of(place.signed_in("marian").get(f"/desk/phones/{ama.device}"))
    assert "3 items of this phone were given back to the office by other phones" in page
    # And her own phone is asked for them once more, although they are placed
    assert ama.post("/have", {"v": 1, "ids": [each.id for each in lost]}).get_json()["missing"] == [each.id for each in lost]

    # When it sends them, they are one and the same, now with their number
    seq = {
        each["id"]: each["seq"] for each in (ama.receipt(one["receipt"]) for one in ama.push(*(each.envelope for each in lost)))
    }
    assert len(seq) == 2
    assert unnumbered() == [(3, 3), (-1, -1)]
    assert ama.post("/have", {"v": 1, "ids": [each.id for each in lost]}).get_json()["missing"] == []
    assert faults(place) == []


def test_number_that_comes_later_and_is_taken_shows_a_clone(
    lost_day: LostDay, ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    reece.push(*given_back(reece, lost_day.in_old.id))
    other = ama.write(lost_day.old, NOTE, n=json.loads(lost_day.in_old.slip)["n"], prev=lost_day.before.id)
    assert statuses(ama, other.envelope) == ["stored"]
    assert statuses(ama, lost_day.in_old.envelope) == ["duplicate"]
    device = place.office.store.signers.device(ama.device)
    assert device is not None
    assert device.status == "cloned"
    assert faults(place) == []


def test_erased_body_stays_gone_when_the_slip_comes_later(
    lost_day: LostDay, ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    reece.push(*given_back(reece, lost_day.in_old.id))
    here = place.office
    row, casefile = here.store.entries.get(lost_day.in_old.id), here.store.casefiles.get(lost_day.old)
    assert row is not None
    assert casefile is not None
    key = here.keys.casefile(casefile.id, casefile.key)
    with here.store.writing() as tx:
        tx.entries.reseal(row.id, placing.without_body(key, row, "E" * 43))
    assert statuses(ama, lost_day.in_old.envelope) == ["duplicate"]
    row = here.store.entries.get(lost_day.in_old.id)
    assert row is not None
    kept = placing.read_kept(key, row)
    assert (kept.gone, kept.body, kept.slip, row.n) == (
        "E" * 43,
        b"",
        lost_day.in_old.slip,
        json.loads(lost_day.in_old.slip)["n"],
    )


def test_what_waits_for_its_opening_is_placed_when_another_phone_gives_that_back(lost_day: LostDay, reece: Handset) -> None:
    opening = opening_of(reece, lost_day.new)
    assert statuses(reece, *given_back(reece, lost_day.in_new.id)) == ["quarantined no_opening"]
    assert lacking(reece, lost_day.in_new.id) == []
    assert statuses(reece, *given_back(reece, opening)) == ["stored"]
    assert statuses(reece, *given_back(reece, lost_day.in_new.id)) == ["duplicate"]


def test_private_section_and_practice_family_come_back_as_what_they_were(ama: Handset, place: Harrowmere, tmp_path: Path) -> None:
    family, copy = opened(ama), copied(place, tmp_path)
    here, marian = place.office, place.people["marian"]
    private = leaves.open_section(
        here.store,
        here.keys,
        here.practice,
        marian,
        family,
        title="Safe number",
        readers=[place.id("ama")],
        kept_out=[],
        now=place.clock(),
    )
    practice = place.open_casefile("ama", "Practice", practice=True)
    # A phone's word for it counts for nothing: it would take a family out of what supervisors see.
    fields = {"about": "family", "sort": "main", "readers": [], "title": "The Quiet family", "practice": True}
    claimed = ama.write(new_id(), fields, kind="opening")
    assert statuses(ama, claimed.envelope) == ["stored"]
    ama.pull_all()
    kept = dict(ama.entries)
    put_back(place, copy)
    ama.pull()
    missing = lacking(ama, *kept)
    ama.entries = kept
    assert set(statuses(ama, *given_back(ama, *missing))) == {"stored"}
    rows = place.office.store.casefiles.several([private, practice, claimed.casefile])
    assert {name: rows[name].practice for name in rows} == {private: False, practice: True, claimed.casefile: False}
    assert rows[private].sort == "restricted"
    at = entry.stamp(place.clock())
    for who, readable in (
        ("ama", {private, practice, claimed.casefile}),
        ("marian", {private, claimed.casefile}),
        ("jos", {claimed.casefile}),
    ):
        reader = scope.reader(place.office.store, place.id(who))
        assert reader is not None
        assert {row.id for row in scope.readable(place.office.store, reader, at)} & set(rows) == readable


def section_of(place: Harrowmere, family: str, *, kept_out: tuple[str, ...] = ()) -> str:
    """A private section of a family, for Ama and Marian."""
    here = place.office
    return leaves.open_section(
        here.store, here.keys, here.practice, place.people["marian"], family, title="Safe number", readers=[place.id("ama")],
        kept_out=[place.id(one) for one in kept_out], now=place.clock(),
    )  # fmt: skip


def may_read(place: Harrowmere, casefile: str) -> set[str]:
    at, found = entry.stamp(place.clock()), set()
    for who in place.people:
        reader = scope.reader(place.office.store, place.id(who))
        if reader is not None and casefile in {row.id for row in scope.readable(place.office.store, reader, at)}:
            found.add(who)
    return found


@pytest.mark.parametrize("order", ["section first", "family first"])
@pytest.mark.parametrize("lost", ["the section", "the family too"])
def test_private_section_comes_back_to_its_family_and_whoever_was_kept_out_stays_out(
    lost: str, order: str, ama: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    # Given a family, a copy from before or after it, and a section of it from which its other worker is kept out
    copy = copied(place, tmp_path)
    family = opened(ama, readers=[place.id("reece")])
    if lost == "the section":
        copy.unlink()
        copy = copied(place, tmp_path)
    private = section_of(place, family, kept_out=("reece", "jos"))
    readers = may_read(place, private)
    assert readers == {"ama", "marian"}
    ama.pull_all()
    kept = dict(ama.entries)

    # When the copy is put back, and a reader's phone gives back what is lacking, in any order
    put_back(place, copy)
    ama.pull()
    missing = sorted(
        lacking(ama, *kept), key=lambda id: kept[id]["header"]["casefile"] == private, reverse=order == "section first"
    )
    ama.entries = kept
    for each in missing:
        assert statuses(ama, *given_back(ama, each)) == ["stored"]

    # Then it is a section of that family again, the same people read it, and nobody who was kept out can be let in by mistake
    here, marian = place.office, place.people["marian"]
    assert may_read(place, private) == readers
    assert leaves.sections_for(here.store, here.keys, marian, family, place.clock()) == ((private, "Safe number"),)
    assert leaves.who_reads(here.store, here.keys, marian, private, place.clock()).family is not None
    for who in ("reece", "jos"):
        with pytest.raises(leaves.CannotChange) as refused:
            leaves.name(
                here.store, here.keys, marian, private, place.id(who), from_at="", until_at=None, reason="", now=place.clock()
            )
        assert refused.value.why == "kept_out"
    assert faults(place) == []


def test_a_phones_own_opening_lays_no_section_beside_a_family_and_keeps_nobody_out(ama: Handset, place: Harrowmere) -> None:
    family = opened(ama, readers=[place.id("reece")])
    fields = {
        "about": "family", "sort": "restricted", "readers": [place.id("marian"), place.id("reece")], "title": "Ours",
        "family": family, "kept_out": [place.id("reece")],
    }  # fmt: skip
    claimed = ama.write(new_id(), fields, kind="opening")
    assert statuses(ama, claimed.envelope) == ["stored"]
    store = place.office.store
    assert (store.casefiles.family_of(claimed.casefile), store.casefiles.sections_of(family)) == (None, [])
    assert store.casefiles.kept_out_of([claimed.casefile]) == []
    assert may_read(place, claimed.casefile) == {"ama", "marian", "reece"}
    # Nor does it help to say that the desk signed it, or to write anything else there.
    odds: list[dict[str, Any]] = [
        {"family": 5, "kept_out": "all"},
        {"family": "no id", "kept_out": [None, {}, "x"]},
        {"family": [], "kept_out": {}},
    ]
    for odd in odds:
        assert statuses(ama, ama.write(new_id(), fields | odd, kind="opening").envelope) == ["stored"]
    header = ama.write(new_id(), fields, kind="opening").header
    forged = header.replace(json.dumps(ama.device).encode(), b'""')
    assert forged != header
    assert statuses(ama, ama.seal(forged, claimed.body, b"", key=SigningKey.new()).envelope)[0].startswith("quarantined ")
    assert place.office.store.casefiles.sections_of(family) == []


def test_the_family_of_a_section_is_told_to_the_sections_readers_alone(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    family = opened(ama, readers=[place.id("reece")])
    private = section_of(place, family)
    ama.pull_all()
    reece.pull_all()
    opening = ama.entries[opening_of(ama, private)]
    assert json.loads(opening["body"])["fields"]["family"] == family
    assert private not in json.dumps(reece.entries)
    assert {kept["header"]["casefile"] for kept in reece.entries.values()} == {family}


def test_section_opened_before_openings_named_a_family_comes_back_as_it_was_signed(
    ama: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    copy = copied(place, tmp_path)
    private = place.open_casefile("marian", "Safe number", sort="restricted", readers=("ama",))
    ama.pull_all()
    kept = dict(ama.entries)
    put_back(place, copy)
    ama.pull()
    ama.entries = kept
    assert statuses(ama, *given_back(ama, *lacking(ama, *kept))) == ["stored"]
    assert may_read(place, private) == {"ama", "marian"}
    assert place.office.store.casefiles.family_of(private) is None
    assert faults(place) == []


# Who reads a private section, once nobody knows who was taken off it since the backup


def restored(place: Harrowmere, copy: Path, beside: EpochFile) -> None:
    """Puts the copy in place by hand; the office notices at its start."""
    beside.check(place.office.store, entry.stamp(place.clock()))
    place.clock.pass_by(hours=1)
    put_back(place, copy)
    beside.check(place.office.store, entry.stamp(place.clock()))
    place.clock.pass_by(minutes=1)


def reached(handset: Handset, casefile: str) -> bool:
    """Whether anything of a casefile is given to a phone that begins anew."""
    handset.cursors, handset.entries = {}, {}
    found = handset.pull_all()
    return any(kept["header"]["casefile"] == casefile for kept in handset.entries.values()) or casefile in str(found)


@pytest.mark.parametrize("how", ["ended", "kept out"])
def test_copy_that_lacks_only_who_was_taken_off_a_section_is_noticed_at_the_start(
    how: str, ama: Handset, reece: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    # Given a section, a copy of the database, and a reader whom a supervisor takes off at the desk after it: no entry tells of that
    beside = EpochFile(tmp_path / "office.key")
    here = place.office = replace(place.office, epoch_file=beside)
    put_office(place.app, here)
    family, readers = opened(ama, readers=[place.id("reece")]), [place.id("ama"), place.id("reece")]
    private = leaves.open_section(
        here.store, here.keys, here.practice, place.people["marian"], family, title="Safe number", readers=readers, kept_out=[],
        now=place.clock(),
    )  # fmt: skip
    assert reached(reece, private)
    browser = place.signed_in("marian")
    beside.check(here.store, entry.stamp(place.clock()))
    copy = copied(place, tmp_path)
    to, field = ("readers/end", "text-why-end") if how == "ended" else ("kept-out", "text-why-out")
    page, form = f"/desk/families/{private}/readers", {"person": place.id("reece"), field: "They work with the father."}
    assert browser.send(page, f"/desk/families/{private}/{to}", form).status_code == 303
    assert not reached(reece, private)

    # When the office is started as it is, and when the copy is put back
    assert beside.check(here.store, entry.stamp(place.clock())) == 1
    place.clock.pass_by(hours=1)
    put_back(place, copy)

    # Then the start notices, once, and nobody is given the section before somebody looked
    found = [beside.check(place.office.store, entry.stamp(place.clock())) for _ in range(2)]
    assert found == [2, 2]
    assert not reached(reece, private)


def test_office_that_died_before_it_noted_who_was_taken_off_starts_as_it_was(
    ama: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    here, beside = place.office, EpochFile(tmp_path / "office.key")
    family = opened(ama, readers=[place.id("reece")])
    beside.check(here.store, entry.stamp(place.clock()))
    beside.note(here.store, "readers")
    leaves.end(
        here.store, here.keys, place.people["marian"], family, place.id("reece"), at_end="", reason="Moved on.", now=place.clock()
    )
    assert beside.check(here.store, entry.stamp(place.clock())) == 1
    # And a file that an earlier release wrote is read as one that notes nothing of it.
    beside.path.write_text('{"epoch": 1, "entries": 1}'.ljust(80) + "\n")
    assert beside.check(here.store, entry.stamp(place.clock())) == 1
    assert beside.noted()[0] == 1


@pytest.mark.parametrize("how", ["kept out", "ended"])
@pytest.mark.parametrize("lost", ["the section", "who was taken off it"])
def test_whoever_was_taken_off_a_section_after_the_backup_is_not_given_it_again_by_a_restore(
    lost: str, how: str, ama: Handset, reece: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    # Given a section of two parents' workers, a copy from before it or from after it, and one of the two taken off it after that copy
    here, marian, beside = place.office, place.people["marian"], EpochFile(tmp_path / "office.key")
    family = opened(ama, readers=[place.id("reece")])
    copy = copied(place, tmp_path)
    private = leaves.open_section(
        here.store, here.keys, here.practice, marian, family, title="Safe number", readers=[place.id("ama"), place.id("reece")],
        kept_out=[], now=place.clock(),
    )  # fmt: skip
    if lost != "the section":
        copy.unlink()
        copy = copied(place, tmp_path)
    ama.push(ama.write(private, NOTE))
    take_off = leaves.keep_out if how == "kept out" else partial(leaves.end, at_end="")
    take_off(here.store, here.keys, marian, private, place.id("reece"), reason="They work with the father.", now=place.clock())
    ama.pull_all()
    kept = dict(ama.entries)
    assert not reached(reece, private)

    # When the copy is put back, and another reader's phone gives back what is lacking
    restored(place, copy, beside)
    assert private in ama.pull()["diverged"]
    ama.entries = kept
    assert set(statuses(ama, *given_back(ama, *lacking(ama, *kept)))) <= {"stored"}

    # Then the tables let them in again, and their phone is given nothing of it all the same, nor is any other, and none drops it
    assert "reece" in may_read(place, private)
    assert not reached(reece, private)
    assert not reached(ama, private)
    ama.cursors = {private: [0, ""]}
    assert ama.pull()["removed"] == []
    assert statuses(ama, ama.write(private, NOTE).envelope) == ["stored"]

    # When a supervisor finds it on the board, takes them off again, and confirms who stands there
    here, browser = place.office, place.signed_in("marian")
    assert "Who reads these private sections? (1)" in words_of(browser.get("/desk/board"))
    page = f"/desk/families/{private}/readers"
    assert "Who reads this has to be confirmed" in words_of(browser.get(page))
    take_off(here.store, here.keys, marian, private, place.id("reece"), reason="They work with the father.", now=place.clock())
    assert not reached(ama, private)
    answer = browser.send(page, f"{page.removesuffix('/readers')}/confirm", {})
    assert answer.status_code == 303

    # Then the others' phones are given it again, and theirs is not
    assert reached(ama, private)
    assert not reached(reece, private)
    page_after = words_of(browser.get(page))
    assert "confirmed who reads it" in page_after
    assert "has to be confirmed" not in page_after
    assert "Who reads these private sections?" not in words_of(browser.get("/desk/board"))
    assert faults(place) == []


def test_sections_opened_after_a_restore_are_given_at_once_and_families_as_ever(
    ama: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    family, beside = opened(ama), EpochFile(tmp_path / "office.key")
    copy = copied(place, tmp_path)
    opened(ama)
    restored(place, copy, beside)
    by_desk = section_of(place, family)
    by_phone = opened(ama, sort="restricted", readers=[place.id("marian")])
    assert all(reached(ama, each) for each in (family, by_desk, by_phone))
    assert "Who reads these private sections?" not in words_of(place.signed_in("marian").get("/desk/board"))


def test_nobody_but_a_supervisor_named_on_it_hears_of_a_section_to_confirm(
    ama: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    family, beside = opened(ama), EpochFile(tmp_path / "office.key")
    private = section_of(place, family)
    copy = copied(place, tmp_path)
    opened(ama)
    restored(place, copy, beside)
    jos, confirm = place.signed_in("jos"), f"/desk/families/{private}/confirm"
    assert "Who reads these private sections?" not in words_of(jos.get("/desk/board"))
    assert jos.send("/desk/board", confirm, {}).status_code == 404
    assert not reached(ama, private)
    assert place.signed_in("marian").send("/desk/board", confirm, {}).status_code == 303
    assert reached(ama, private)


def test_auditor_who_may_have_been_taken_off_a_section_reads_it_at_the_desk_again_once_a_supervisor_has_said_so(
    ama: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    # Given an auditor named on a section, and taken off it after the backup
    family, beside = opened(ama), EpochFile(tmp_path / "office.key")
    private, here = section_of(place, family), place.office
    leaves.name(
        here.store, here.keys, place.people["marian"], private, place.id("orla"), from_at="", until_at="2027-01-01T00:00:00.000Z",
        reason="Yearly audit.", now=place.clock(),
    )  # fmt: skip
    pages = [f"/desk/families/{private}", f"/desk/families/{private}/readers"]
    lists = ["/desk/families", f"/desk/families/{family}", f"/desk/families/{family}/readers"]

    def reads() -> set[bool]:
        place.clock.pass_by(minutes=1)
        orla = place.signed_in("orla")
        return {orla.get(page).status_code == 200 for page in pages} | {private in orla.get(each).text for each in lists}

    assert reads() == {True}
    copy = copied(place, tmp_path)
    leaves.end(
        here.store, here.keys, place.people["marian"], private, place.id("orla"), at_end="", reason="Is a cousin.", now=place.clock()
    )  # fmt: skip
    assert reads() == {False}
    opened(ama)

    # When the copy is put back, and lets them in again
    restored(place, copy, beside)
    named = place.office.store.casefiles.readers_of([private])
    assert [each.until_at for each in named if each.person == place.id("orla")] == ["2027-01-01T00:00:00.000Z"]

    # Then nothing at the desk shows it to them; its supervisor reads it, and the family is open to both as ever
    assert reads() == {False}
    place.clock.pass_by(minutes=1)
    assert place.signed_in("orla").get(f"/desk/families/{family}").status_code == 200
    marian = place.signed_in("marian")
    assert {marian.get(page).status_code for page in pages} == {200}

    # When she leaves them there and confirms, they read it again
    marian.send(pages[1], f"/desk/families/{private}/confirm", {})
    assert reads() == {True}


def test_what_a_lost_phone_wrote_waits_for_a_person(lost_day: LostDay, ama: Handset, reece: Handset, place: Harrowmere) -> None:
    signers.end_device(place.office.store, ama.device, "lost", place.id("admin"), place.clock())
    assert statuses(reece, *given_back(reece, lost_day.in_old.id)) == ["quarantined device_ended"]
    item = place.office.store.quarantine.open()[0].hash
    sorting.release(place.office.store, place.office.keys, place.people["marian"], item, "It stood here before.", place.clock())
    assert lacking(reece, lost_day.in_old.id) == []
    assert place.office.store.quarantine.open() == []
    assert faults(place) == []


def test_reader_who_lost_access_in_the_restore_gives_back_before_it_is_taken_away(
    lost_day: LostDay, ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    with place.office.store.writing() as tx:
        tx.casefiles.end_grants(lost_day.old, reece.person, entry.stamp(place.clock()))
    place.clock.pass_by(minutes=1)
    answer = reece.pull()
    assert (lost_day.old in answer["diverged"], answer["removed"]) == (True, [])
    reece.cursors[lost_day.old] = [0, ""]
    assert [each["casefile"] for each in reece.pull()["removed"]] == [lost_day.old]


# Who is believed


def test_desk_entry_is_believed_by_a_desk_key_in_use_then_and_by_no_other(
    lost_day: LostDay, reece: Handset, place: Harrowmere
) -> None:
    here = place.office
    desk = here.keys.ring(here.store).desk
    kept = reece.entries[lost_day.review]
    header = entry.split_jws(kept["jws"], "fieldapp-entry").payload

    # A key of somebody's own making, the body of another entry, a time before the key was made: none of them is the office's word
    assert statuses(reece, reece.seal(header, kept["body"].encode(), b"", key=SigningKey.new(), kid=desk.kid).envelope) == [
        "quarantined bad_signature"
    ]
    assert statuses(reece, reece.seal(header, reece.entries[lost_day.in_old.id]["body"].encode(), b"", key=desk).envelope) == [
        "quarantined bad_hashes"
    ]
    early = header.replace(b"2026-11", b"2025-11")
    assert statuses(reece, reece.seal(early, kept["body"].encode(), b"", key=desk).envelope) == ["quarantined unknown_signer"]
    assert statuses(reece, reece.seal(header, kept["body"].encode(), b"").envelope) == ["quarantined wrong_author"]

    # Nor is that of one that was burned; that of one that was renewed is
    here.keys.renew_key(here.store, "desk", entry.stamp(place.clock()))
    with here.store.writing() as tx:
        tx.office._run("UPDATE office_keys SET burned_at = ? WHERE kid = ?", entry.stamp(place.clock()), desk.kid)
        here.keys._issue(tx, entry.stamp(place.clock()))
    assert statuses(reece, *given_back(reece, lost_day.review)) == ["quarantined unknown_signer"]
    with here.store.writing() as tx:
        tx.office._run("UPDATE office_keys SET burned_at = NULL WHERE kid = ?", desk.kid)
        here.keys._issue(tx, entry.stamp(place.clock()))
    assert statuses(reece, *given_back(reece, lost_day.in_old.id, lost_day.review)) == ["stored", "stored"]


def test_entry_that_was_signed_to_have_no_slip_is_refused(lost_day: LostDay, ama: Handset) -> None:
    sent = ama.write(lost_day.old, NOTE)
    header = sent.header.replace(json.loads(sent.header)["slip_hash"].encode(), b"")
    assert statuses(ama, ama.seal(header, sent.body, b"").envelope) == ["quarantined not_an_entry"]


def test_only_a_reader_is_told_what_is_lacking(ama: Handset, reece: Handset, place: Harrowmere) -> None:
    said = {"v": 1, "ids": [], "anybody": True}
    assert ama.post("/have", said).status_code == 401
    signers.end_device(place.office.store, reece.device, "lost", place.id("admin"), place.clock())
    assert reece.proved("/have", said).get_json()["error"] == "device"


# A phone that was set up on the lost day


def test_signer_that_the_restore_forgot_is_known_again_when_its_person_sets_up_anew(
    ama: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    # Given a phone set up after the copy, which wrote, and whose words a colleague's phone holds
    casefile = opened(ama, readers=[place.id("reece")])
    copy = copied(place, tmp_path)
    reece = phone(place, "reece")
    note, unsent = reece.write(casefile, NOTE), reece.write(casefile, NOTE)
    reece.push(note)
    ama.pull_all()
    enrolment = place.office.store.signers.enrolments_of([reece.key.kid])[0].jws
    put_back(place, copy)

    # When the colleague's phone gives them back, nobody can be believed yet, and the words are kept
    assert statuses(ama, *given_back(ama, note.id)) == ["quarantined unknown_signer"]
    # And the phone itself is not known any more
    assert reece.post("/have", {"v": 1, "ids": []}).status_code == 401

    # When its person sets it up anew, and it shows the enrolment of the signer that is replaced
    anew = Handset(place, "reece", reece.client)
    begun = anew.begin().get_json()
    anew.person, anew.device, anew.office, anew.keyset = begun["person"]["id"], begun["device"], begun["office"], reece.keyset
    answer = anew.enrol(begun["nonce"], replaces=reece.key.kid, replaced=enrolment)
    assert answer.status_code == 200, answer.text

    # Then what waited has found its place by itself, what was never sent is taken, and the office's books agree
    assert lacking(ama, note.id) == []
    assert place.office.store.quarantine.open() == []
    assert statuses(anew, unsent.envelope, note.envelope) == ["stored", "duplicate"]
    assert faults(place) == []


def test_forgotten_signer_of_somebody_else_is_not_believed(ama: Handset, place: Harrowmere, tmp_path: Path) -> None:
    copy = copied(place, tmp_path)
    reece = phone(place, "reece")
    enrolment = place.office.store.signers.enrolments_of([reece.key.kid])[0].jws
    put_back(place, copy)
    marian = Handset(place, "marian", reece.client)
    begun = marian.begin().get_json()
    marian.person, marian.device = begun["person"]["id"], begun["device"]
    assert marian.enrol(begun["nonce"], replaces=reece.key.kid, replaced=enrolment).status_code == 200
    assert place.office.store.signers.get(reece.key.kid) is None


def set_up_anew(former: Handset, enrolment: str, who: str = "") -> Handset:
    """Sets up anew the phone of a person whom the restore forgot, with the enrolment that was kept on it."""
    anew = Handset(former.place, who or former.who, former.client)
    begun = anew.begin().get_json()
    anew.person, anew.device, anew.office, anew.keyset = begun["person"]["id"], begun["device"], begun["office"], former.keyset
    assert anew.enrol(begun["nonce"], replaces=former.key.kid, replaced=enrolment).status_code == 200
    return anew


def test_both_people_of_a_shared_phone_are_known_again_when_the_restore_forgot_it(
    ama: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    # Given a phone that two people set up after the copy, and what each of them never sent
    family = opened(ama, readers=[place.id("reece"), place.id("jos")])
    copy = copied(place, tmp_path)
    reece = phone(place, "reece")
    jos = phone(place, "jos", reece.client)
    assert reece.device == jos.device
    enrolments = {each.key.kid: place.office.store.signers.enrolments_of([each.key.kid])[0].jws for each in (reece, jos)}
    unsent = {each.who: each.write(family, NOTE) for each in (reece, jos)}
    put_back(place, copy)

    # When both set it up anew, one after the other
    anew = [set_up_anew(each, enrolments[each.key.kid]) for each in (reece, jos)]

    # Then what waited of each is placed
    assert statuses(anew[0], unsent["reece"].envelope, unsent["jos"].envelope) == ["stored", "stored"]
    assert faults(place) == []


def test_nobody_says_that_a_colleagues_phone_in_use_was_theirs(ama: Handset, place: Harrowmere, tmp_path: Path) -> None:
    # Given a key that signed of itself that it lay on Ama's phone, which the office knows
    reece = phone(place, "reece")
    planted = SigningKey.new()
    made = enrolment(planted, at=place.clock(), person=reece.person, device=ama.device, nonce="A" * 22)
    begun = (again := Handset(place, "reece", reece.client)).begin().get_json()
    again.person, again.device = begun["person"]["id"], begun["device"]

    # Then it is passed over: two entries of one number by it would stop her phone
    assert again.enrol(begun["nonce"], replaces=planted.kid, replaced=made).status_code == 200
    assert place.office.store.signers.get(planted.kid) is None


def test_junk_under_a_forgotten_signers_id_keeps_nobody_from_bringing_the_entry(
    lost_day: LostDay, ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    header = json.loads(lost_day.in_old.header)
    nobody = SigningKey.new()
    sent = reece.seal(entry.write_json({**header, "slip_hash": "A" * 43}), lost_day.in_old.body, b"", key=nobody)
    assert statuses(reece, sent.envelope) == ["quarantined unknown_signer"]
    assert lacking(reece, sent.id) == [sent.id]
    for other in (phone(place, "jos"), phone(place, "marian")):
        assert statuses(other, sent.envelope[:-1] + bytes([sent.envelope[-1] ^ 1])) == ["quarantined cannot_open"]
        assert statuses(
            other, other.seal(entry.write_json({**header, "slip_hash": "A" * 43}), lost_day.in_old.body, b"", key=nobody).envelope
        ) == ["quarantined unknown_signer"]
    assert lacking(reece, sent.id) == []
    assert faults(place) == []


def test_other_words_under_a_forgotten_signers_id_keep_nobody_from_bringing_the_entry(
    lost_day: LostDay, reece: Handset, place: Harrowmere
) -> None:
    # Given an entry of a signer nobody knows, to which three phones bring other words than were signed
    nobody = SigningKey.new()
    header = entry.write_json({**json.loads(lost_day.in_old.header), "slip_hash": "A" * 43})
    for one in (reece, phone(place, "jos"), phone(place, "marian")):
        sent = one.seal(header, entry.make_body(b"0" * 16, VISIT), b"", key=nobody)
        assert statuses(one, sent.envelope) == ["quarantined bad_hashes"]

    # Then the entry itself is still wanted
    true = reece.seal(header, lost_day.in_old.body, b"", key=nobody)
    assert lacking(reece, true.id) == [true.id]
    assert statuses(reece, true.envelope) == ["quarantined unknown_signer"]
    assert faults(place) == []


def test_phone_that_never_confirms_what_was_given_back_is_on_the_board_until_somebody_looked(
    lost_day: LostDay, ama: Handset, reece: Handset, place: Harrowmere
) -> None:
    # Given notes of Ama's that came back without their numbers, as somebody who strips slips would send them
    reece.push(*given_back(reece, lost_day.in_old.id))
    marian = place.signed_in("marian")
    line = "1 item was given back by other phones"
    assert line not in words_of(marian.get("/desk/board"))

    # When days pass and her phone has confirmed nothing
    place.clock.pass_by(days=3)
    marian = place.signed_in("marian")
    assert line in words_of(marian.get("/desk/board"))

    # Then somebody looks into it, and it is off the board until there is more of it
    here = place.office
    state = radar.phone(here.store, place.people["marian"], ama.device, place.clock())
    radar.settle(here.store, here.keys, place.people["marian"], state, "Ama has left; her phone was wiped.", place.clock())
    assert line not in words_of(marian.get("/desk/board"))
    reece.push(*given_back(reece, opening_of(reece, lost_day.new), lost_day.in_new.id))
    place.clock.pass_by(days=3)
    assert "3 items were given back by other phones" in words_of(place.signed_in("marian").get("/desk/board"))
