"""The store's contract: what every database behind it must promise."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from fieldapp import placing, store
from fieldapp.keys import CannotOpen, Keys, new_id, sha256, verify_jws
from fieldapp.store import DatabaseIsNewer, NotWriting, Sealed, Store, StoreBusy, StoreDamaged, noun
from fieldapp.store.migrations import STEPS
from fieldapp.store.records import RecordState
from fieldapp.store.settings import NO_TEXT
from sync import chain, entry

AT = "2026-11-23T09:30:00.000Z"


@pytest.fixture
def opened(tmp_path: Path) -> Store:
    return store.open(tmp_path / "office.db")


@pytest.fixture
def keys(opened: Store) -> Keys:
    keys = Keys(bytes(range(32)))
    keys.make_office_keys(opened, AT)
    return keys


def test_database_is_made_once_and_opened_ever_after(opened: Store) -> None:
    with opened.writing() as tx:
        tx.settings.put("name", "value")
    assert store.open(opened.path).settings.get("name") == "value"


def test_database_of_a_later_release_is_left_alone(opened: Store) -> None:
    with opened.writing() as tx:
        tx.settings._run(f"PRAGMA user_version = {len(STEPS) + 1}")
    with pytest.raises(DatabaseIsNewer):
        store.open(opened.path)


def test_power_cut_takes_nothing_that_was_committed(opened: Store) -> None:
    assert opened.settings._value("PRAGMA journal_mode") == "wal"
    assert opened.settings._value("PRAGMA synchronous") == 2
    assert opened.settings._value("PRAGMA foreign_keys") == 1


def test_nothing_is_written_outside_a_transaction(opened: Store) -> None:
    with pytest.raises(NotWriting):
        opened.settings.put("name", "value")


def test_failure_takes_back_all_of_a_transaction_and_only_the_inner_part(opened: Store) -> None:
    def put_and_fail(value: str) -> None:
        with opened.writing() as tx:
            tx.settings.put("name", value)
            raise KeyError

    with opened.writing() as tx:
        tx.settings.put("name", "outer")
        with pytest.raises(KeyError):
            put_and_fail("inner")
    assert opened.settings.get("name") == "outer"
    with pytest.raises(KeyError):
        put_and_fail("later")
    assert opened.settings.get("name") == "outer"


def test_reader_sees_one_state_while_others_write(opened: Store) -> None:
    with opened.writing() as tx:
        tx.settings.put("name", "before")

    def change() -> None:
        with opened.writing() as tx:
            tx.settings.put("name", "after")
        opened.close()

    with opened.reading():
        assert opened.settings.get("name") == "before"
        other = threading.Thread(target=change)
        other.start()
        other.join()
        assert opened.settings.get("name") == "before"
    assert opened.settings.get("name") == "after"


def test_audit_is_one_chain_that_shows_a_change(opened: Store) -> None:
    with opened.writing() as tx:
        for what in ("signed in", "read", "signed out"):
            tx.audit.add(AT, "person", what, "casefile" if what == "read" else "", detail=Sealed(b"sealed"))
    rows = list(opened.audit.all())
    assert [row.hash for row in rows] == [row.expected_hash() for row in rows]
    assert [row.prev for row in rows[1:]] == [row.hash for row in rows[:-1]]
    assert opened.audit.head() == rows[-1].hash
    assert [row.what for row in opened.audit.all("casefile")] == ["read"]
    with opened.writing() as tx:
        tx.audit._run("UPDATE audit SET what = 'slept' WHERE n = 2")
    assert [row.n for row in opened.audit.all() if row.hash != row.expected_hash()] == [2]


def test_law_every_value_of_an_audit_row_stands_in_its_hash(opened: Store) -> None:
    with opened.writing() as tx:
        tx.audit.add(AT, "person", "read", "casefile", "record", detail=Sealed(b"sealed"))
    (row,) = opened.audit.all()
    for name in (each.name for each in fields(row) if each.name != "hash"):
        other: Any = {"n": 7, "detail": Sealed(b"other")}.get(name, "other")
        assert replace(row, **{name: other}).expected_hash() != row.hash, name


def test_gaps_are_the_numbers_that_have_not_come(opened: Store) -> None:
    with opened.writing() as tx:
        tx.signers.add_slips([("kid", n, f"id{n}") for n in (2, 3, 6, 9)])
        tx.signers.add_slips([("kid", 3, "another"), ("other", 1, "x")])
    assert opened.signers.gaps("kid") == [(1, 1), (4, 5), (7, 8)]
    assert opened.signers.slips([("kid", 3), ("kid", 4)]) == {("kid", 3): "id3"}
    assert opened.signers.gaps("other") == []
    assert opened.signers.head("kid") == (9, "id9")
    assert opened.signers.head("nobody") == (0, "")


def office_entry(opened: Store, keys: Keys, casefile: str, kind: str = "visit_note") -> str:
    fields = (
        {"about": "family", "sort": "main", "readers": [], "title": "Tarnley"} if kind == "opening" else {"purpose": "canary"}
    )
    with opened.writing() as tx:
        via = tx.audit.add(AT, "A" * 22, "wrote")
        placed = placing.place_office_entry(
            tx, keys, author="A" * 22, via=via, kind=kind, schema=f"{kind}.1", casefile=casefile, fields=fields, at=AT
        )
    return placed.id


def test_office_entry_is_signed_by_the_desk_and_tells_its_audit_row(opened: Store, keys: Keys) -> None:
    casefile = new_id()
    office_entry(opened, keys, casefile, "opening")
    written = office_entry(opened, keys, casefile)
    row = opened.entries.get(written)
    known = opened.casefiles.get(casefile)
    assert row is not None
    assert known is not None
    kept = placing.read_kept(keys.casefile(casefile, known.key), row)
    ring = keys.ring(opened)
    header = entry.read_header(verify_jws(kept.jws, "fieldapp-entry", ring.desk.jwk))
    assert (header["device"], header["slip_hash"]) == ("", "")
    assert header["via"] == list(opened.audit.all())[-1].id
    assert entry.read_body(kept.body)["fields"] == {"purpose": "canary"}
    rows = opened.entries.in_casefile(casefile)
    links = [
        chain.Link(r.seq, r.id, placing.read_kept(keys.casefile(casefile, known.key), r).jws, r.received_at, r.log_hash)
        for r in rows
    ]
    assert chain.follow(sha256, casefile, chain.Head(0, ""), links) == (known.seq, known.log_hash)
    assert opened.entries.count() == 2


def test_office_entry_needs_its_casefile(opened: Store, keys: Keys) -> None:
    with pytest.raises(LookupError):
        office_entry(opened, keys, new_id())


def test_erased_body_is_gone_while_signature_and_chain_still_hold(opened: Store, keys: Keys) -> None:
    casefile = new_id()
    office_entry(opened, keys, casefile, "opening")
    written, erasure = office_entry(opened, keys, casefile), "E" * 43
    known = opened.casefiles.get(casefile)
    row = opened.entries.get(written)
    assert known is not None
    assert row is not None
    key = keys.casefile(casefile, known.key)
    before = placing.read_kept(key, row)
    for _ in range(2):
        with opened.writing() as tx:
            tx.entries.reseal(written, placing.without_body(key, row, erasure))
            tx.entries.mark_erased(written, erasure, AT)
        row = opened.entries.get(written)
        assert row is not None
    after = placing.read_kept(key, row)
    assert (after.jws, after.header, after.slip) == (before.jws, before.header, before.slip)
    assert (after.body, after.gone) == (b"", erasure)
    assert b"canary" not in key.open(row.id, row.sealed)


def test_entry_opens_only_in_its_own_place(opened: Store, keys: Keys) -> None:
    casefile = new_id()
    first, second = office_entry(opened, keys, casefile, "opening"), office_entry(opened, keys, casefile)
    rows = {row.id: row for row in opened.entries.in_casefile(casefile)}
    with opened.writing() as tx:
        tx.entries.reseal(first, rows[second].sealed)
    known, moved = opened.casefiles.get(casefile), opened.entries.get(first)
    assert known is not None
    assert moved is not None
    with pytest.raises(CannotOpen):
        placing.read_kept(keys.casefile(casefile, known.key), moved)


def test_record_keeps_what_it_was_and_goes_stale_when_more_comes(opened: Store, keys: Keys) -> None:
    casefile = new_id()
    office_entry(opened, keys, casefile, "opening")
    written = opened.entries.get(office_entry(opened, keys, casefile))
    assert written is not None
    with opened.writing() as tx:
        assert tx.records.settle(written.record, written.seq, RecordState("waiting"))
        tx.records.count_in([(written.record, casefile, "review", "review.1", "B" * 22, 3, AT)])
        assert not tx.records.settle(written.record, written.seq, RecordState("signed_off"))
    found = opened.records.get(written.record)
    assert found is not None
    assert (found.kind, found.author, found.entries, found.last_seq) == ("visit_note", "A" * 22, 2, 3)
    assert (found.is_stale, found.standing) == (True, "waiting")


def test_bytes_that_are_no_text_say_so_also_to_whoever_writes_and_a_setting_of_them_is_nothing_known(opened: Store) -> None:
    with opened.writing() as tx:
        tx.settings.put("one", "x")
        tx.people.add_team("team", "North")
    raw = sqlite3.connect(opened.path)
    with raw:
        raw.execute("UPDATE settings SET value = CAST(x'ff' AS TEXT) WHERE name = 'one'")
        raw.execute("UPDATE teams SET name = CAST(x'ff' AS TEXT)")
    raw.close()
    assert opened.settings.get("one") == NO_TEXT

    def write() -> None:
        with opened.writing() as tx:
            tx.settings.put("one", "y")
            tx.people.teams()

    with pytest.raises(StoreDamaged, match="not text"):
        write()
    assert opened.settings.get("one") == NO_TEXT


def test_busy_store_says_so_and_changes_nothing(opened: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noun, "BUSY_TIMEOUT_S", 0.05)
    failures: list[str] = []

    def write() -> None:
        try:
            with opened.writing() as tx:
                tx.settings.put("name", "second")
        except StoreBusy:
            failures.append("busy")
        opened.close()

    with opened.writing() as tx:
        tx.settings.put("name", "first")
        other = threading.Thread(target=write)
        other.start()
        other.join()
    assert failures == ["busy"]
    assert opened.settings.get("name") == "first"
