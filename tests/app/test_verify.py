"""Whatever is changed in the database, `verify` names it; what a forger makes whole again, an exported checkpoint shows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldapp import (
    accounts,
    checkpoints,
    emergencies,
    epoch,
    intake,
    leaves,
    own_account,
    people,
    placing,
    responders,
    rotas,
    sorting,
    store,
    verifying,
    widening,
)
from fieldapp.checkpoints import CheckpointFile, NotACheckpoint
from fieldapp.keys import Keys, hash_text, new_id, sha256, verify_jws
from fieldapp.responders import Responder
from fieldapp.store import Store, arrangements
from fieldapp.store.copying import copy, fold
from fieldapp.store.second_factors import PasskeyRow
from fieldapp.verifying import Fault, sentence
from fieldapp.widening import Wish
from sync import chain, entry
from tests.app.harrowmere import VISIT, Harrowmere
from tests.app.phone import Handset, phone

NOT_COVERED = {
    "entries": {"flags"},
    "casefiles": {"active_at"},
    "signers": {"seen_at", "said_n", "said_id", "keyset_n"},
    "devices": {"seen_at", "oldest_waiting_at", "waiting", "app"},
    "sessions": {"seen_at"},
    "records": {
        *("is_stale", "standing", "why", "is_forked", "later", "asked_at", "reviewed_at", "happened_at", "summary_sealed"),
    },
    "quarantine": {"device", "carried_by", "reason", "received_at"},
    "erased": {"at"},
    "emergencies": {"id"},
    "master_keys": {"n", "from_at", "settled_at"},
    "secret_keys": {"from_at"},
    "people": {"totp_step"},
    "passkeys": {"counted", "used_at"},
}
"""Columns that change in the office's daily life, or are folded anew from entries. docs/operate.md tells of them."""
COVERED = {
    *("entries", "casefiles", "signers", "enrolments", "slips", "records", "quarantine", "erased", "audit", "office_keys"),
    *("keysets", "checkpoints", "master_keys", "secret_keys", "emergencies"),
}
ARRANGED = set(arrangements.TABLES)
"""Who may read, what opens an account and who responds to risk: the audit takes down every change."""
COVERED |= ARRANGED
MERE = ARRANGED - {"casefiles", "signers"}
TOGETHER = [(table,) for table in sorted(COVERED - MERE)] + [tuple(sorted(MERE))]
"""Tables that are tried one by one, and those that are all alike to verify, in one office."""
DAILY = {
    "sign_in_attempts",
    *("removals_heard", "drafts", "blobs", "blob_chunks", "phone_alarms", "deliveries", "vaults_gone"),
    *("spent", "refusals"),
}
"""Tables that no chain covers: what is overwritten by nature. So is `settings`, but for the rows that are arranged."""


@dataclass
class Kept:
    """A database file on its own, with its key and an exported checkpoint."""

    path: Path
    keys: Keys
    exported: CheckpointFile
    tarnley: str
    other: str

    def raw(self) -> sqlite3.Connection:
        raw = sqlite3.connect(self.path, isolation_level=None)
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", "ignore_check_constraints=ON", "journal_mode=MEMORY"):
            raw.execute(f"PRAGMA {pragma}")
        return raw

    def faults(self, *, against: bool = False) -> list[Fault]:
        opened = store.open_still(self.path)
        try:
            return list(verifying.verify(opened, self.keys, against=self.exported if against else None))
        except store.StoreDamaged as error:
            return [Fault("file", "the database file", str(error))]
        finally:
            opened.close()

    def codes(self, *, against: bool = False) -> set[str]:
        return {fault.code for fault in self.faults(against=against)}


def lived_in(place: Harrowmere) -> tuple[Handset, str, str]:
    """An office in which everything that verify looks at has happened."""
    ama, reece, here = phone(place, "ama"), phone(place, "reece"), place.office
    opening, other = ama.opening(), reece.opening(title="The Aldous family")
    first = ama.write(opening.casefile, {**VISIT, "purpose": "canary"})
    second = ama.write(opening.casefile, VISIT, record=first.record, parents=[first.id])
    waiting = ama.write(new_id(), VISIT)
    ama.push(opening, first, second, ama.write(opening.casefile, VISIT), waiting, b"junk" * 40)
    reece.push(other, reece.write(other.casefile, VISIT), reece.write(opening.casefile, VISIT))
    intake.take_from_person(here.store, here.keys, place.id("admin"), [b"carried" * 40], place.clock())
    ama.hello()
    here.keys.renew_key(here.store, "ingest", entry.stamp(place.clock()))
    former = here.keys.ring(here.store).receipt.kid
    here.keys.renew_key(here.store, "receipt", entry.stamp(place.clock()))
    here.keys.burn_key(here.store, former, entry.stamp(place.clock()))
    ama.keyset = json.loads(verify_jws(ama.hello()["keyset"], "fieldapp-keyset", ama.office["jwk"]))
    place.clock.pass_by(hours=2)
    place.write("marian", "review", opening.casefile, {"decision": "noted", "covers": [second.id]}, record=first.record)
    take_out(place, opening.casefile, first.id)
    place.add("olive", "supervisor", "other")
    for reason in ("The police rang.", "Again, an hour later."):
        olive = place.people["olive"]
        opened = emergencies.open_now(here.store, here.keys, olive, opening.casefile, reason, place.clock())
        place.clock.pass_by(hours=1)
    emergencies.look_at(here.store, here.keys, place.people["marian"], opened.id, "Right to do so.", place.clock())
    sorting.discard(here.store, here.keys, place.people["marian"], hash_text(b"junk" * 40), "Nothing in it.", place.clock())
    arranged(place, opening.casefile)
    ama.hello()
    return ama, opening.casefile, other.casefile


def arranged(place: Harrowmere, family: str) -> str:
    """Arranges whatever can be, about a family and about who signs in; returns its private section."""
    here, marian, at = place.office, place.people["marian"], place.clock()
    both, later = (here.store, here.keys), entry.stamp(at + timedelta(days=7))
    section = leaves.open_section(
        *both, here.practice, marian, family, title="Safe number", readers=[place.id("ama")], kept_out=[place.id("reece")], now=at
    )
    leaves.keep_out(*both, marian, family, place.id("reece"), reason="Knows them.", now=at)
    leaves.name(*both, marian, family, place.id("orla"), from_at="", until_at=later, reason="Audit.", now=at)
    pod = rotas.add_pod(*both, marian, "family-support", "Kingfisher", at)
    rotas.join_pod(*both, marian, pod, place.id("ama"), at)
    leaves.share_with_pod(*both, marian, family, pod, is_shared=True, now=at)
    rotas.add_turn(*both, marian, "family-support", place.id("reece"), "", later, at)
    half = accounts.ask_reset(*both, place.people["admin"], place.id("ama"), "She forgot.", at)
    assert half
    reset = here.store.resets.standing(entry.stamp(at))[0].id
    accounts.confirm_reset(*both, marian, reset, at)
    accounts.ask_reset(*both, place.people["admin"], place.id("reece"), "So did he.", at)
    widening.do(*both, place.people["admin"], Wish("part", place.id("ama"), "supervisor", "family-support"), "Marian leaves.", at)
    widening.do(
        *both, place.people["admin"], Wish("part", place.id("reece"), "supervisor", "family-support"), "So do others.", at
    )
    responders.settle(*both, marian.id, {"phq-9": Responder("Marian", "ring 01632 960 171")}, saw="", now=at)
    for _ in range(2):
        people.begin_session(here.store, marian, at)
    assert own_account.connect_council(here.store, marian, "https://council.example", "marian", at)
    for name in ("blue key", "laptop"):
        with here.store.writing() as tx:
            tx.passkeys.add(PasskeyRow(new_id(), marian.id, name, b"a public key", 0, entry.stamp(at), None))
            tx.audit.add(entry.stamp(at), marian.id, "passkey added")
    return section


def take_out(place: Harrowmere, casefile: str, entry_id: str) -> None:
    """Places an erasure of one entry, and does what it says."""
    fields = {"ids": [entry_id], "ground": "asked", "decided_by": place.id("marian")}
    with place.office.store.writing() as tx:
        via = tx.audit.add(entry.stamp(place.clock()), place.id("marian"), "erased")
        placed = placing.place_office_entry(
            tx, place.office.keys, author=place.id("marian"), via=via, kind="erasure", schema="erasure.1",
            casefile=casefile, fields=fields, at=entry.stamp(place.clock()),
        )  # fmt: skip
    erase(place.office.store, place.office.keys, entry_id, placed.id)


def erase(opened: Store, keys: Keys, entry_id: str, erasure: str) -> None:
    row = opened.entries.get(entry_id)
    assert row is not None
    known = opened.casefiles.get(row.casefile)
    assert known is not None
    with opened.writing() as tx:
        tx.entries.reseal(entry_id, placing.without_body(keys.casefile(row.casefile, known.key), row, erasure))
        tx.entries.mark_erased(entry_id, erasure, row.received_at)


@pytest.fixture
def kept(place: Harrowmere, tmp_path: Path) -> Kept:
    _, tarnley, other = lived_in(place)
    place.clock.pass_by(hours=3)
    _, data = checkpoints.export(place.office.store, place.office.keys, place.clock())
    path = tmp_path / "kept.db"
    copy(place.office.store.path, path)
    return Kept(path, place.office.keys, checkpoints.read_file(data), tarnley, other)


def test_an_office_that_nobody_touched_has_no_faults(kept: Kept) -> None:
    assert kept.faults() == []
    assert kept.faults(against=True) == []


def test_office_that_went_on_after_a_checkpoint_still_holds_all_it_covers(place: Harrowmere) -> None:
    ama, tarnley, _ = lived_in(place)
    _, data = checkpoints.export(place.office.store, place.office.keys, place.clock())
    place.clock.pass_by(hours=3)
    later = ama.write(tarnley, VISIT)
    ama.push(later, ama.opening())
    take_out(place, tarnley, later.id)
    assert list(verifying.verify(place.office.store, place.office.keys, against=checkpoints.read_file(data))) == []


def test_it_is_decided_for_every_column_whether_verify_covers_it(kept: Kept) -> None:
    with closing(kept.raw()) as raw:
        tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert tables == COVERED | DAILY
        for table, names in NOT_COVERED.items():
            assert names <= set(columns_of(raw, table)), table


def columns_of(raw: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]


def rows_of(raw: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    """The first, some middle and the last row, and every row of a small table."""
    names = columns_of(raw, table)
    rows = rows_with_names(raw, table, names)
    if table in MERE:
        return [rows[0], *rows[1:][-1:]]
    return rows if len(rows) <= 6 else [*rows[:2], *rows[len(rows) // 2 :][:2], *rows[-2:]]


def changed(value: Any) -> Iterator[Any]:
    """Other values, each as near to the one that is there as can be: one bit, one character, one more."""
    if isinstance(value, int):
        yield value + 1
        yield -value - 1
    elif isinstance(value, bytes | str) and value:
        for at in sorted({0, len(value) // 2, len(value) - 1}):
            if isinstance(value, bytes):
                yield value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
            else:
                yield value[:at] + ("B" if value[at] == "A" else "A") + value[at + 1 :]
        yield value[:-1]
        yield None
    else:
        yield "x"


def condition(row: dict[str, Any]) -> tuple[str, list[Any]]:
    return " AND ".join(f"{name} IS ?" for name in row), list(row.values())


def is_covered(table: str, name: str) -> bool:
    return name not in NOT_COVERED.get(table, set())


def called(tables: tuple[str, ...]) -> str:
    return tables[0] if len(tables) == 1 else "arrangements"


@pytest.mark.parametrize("tables", TOGETHER, ids=called)
def test_verify_names_it_when_any_value_is_another(kept: Kept, tables: tuple[str, ...]) -> None:
    for table in tables:
        silent, tried = [], 0
        with closing(kept.raw()) as raw:
            rows = rows_of(raw, table)
            assert rows, table
            for row in rows:
                for name in [each for each in row if is_covered(table, each)]:
                    for value in changed(row[name]):
                        where, values = condition(row)
                        try:
                            raw.execute(f"UPDATE {table} SET {name} = ? WHERE {where}", [value, *values])
                        except sqlite3.IntegrityError:
                            continue  # the table itself refuses it: no such value, or one that is taken
                        tried += 1
                        if not kept.faults():
                            silent.append((name, row[name], value))
                        where, values = condition({**row, name: value})
                        raw.execute(f"UPDATE {table} SET {name} = ? WHERE {where}", [row[name], *values])
        assert silent == []
        assert tried > len(rows)
        assert kept.faults() == []


@pytest.mark.parametrize("tables", TOGETHER, ids=called)
def test_verify_names_it_when_a_row_is_gone(kept: Kept, tables: tuple[str, ...]) -> None:
    for table in tables:
        silent = []
        with closing(kept.raw()) as raw:
            rows = rows_of(raw, table)
            if table == "keysets":
                rows = rows[-1:]  # numbers of key sets may have holes; old ones are kept for the curious
            if table == "quarantine":
                rows = [row for row in rows if row["is_believed"]]  # nobody's bytes stand in no chain
            for row in rows:
                where, values = condition(row)
                raw.execute("BEGIN")
                raw.execute(f"DELETE FROM {table} WHERE {where}", values)
                raw.execute("COMMIT")
                if not kept.faults(against=True):
                    silent.append(row)
                marks = ",".join("?" * len(row))
                raw.execute(f"INSERT INTO {table} VALUES ({marks})", values)
        assert rows
        assert silent == []


@pytest.mark.parametrize(("table", "number"), [("entries", "seq"), ("audit", "n"), ("enrolments", "n"), ("checkpoints", "n")])
def test_verify_names_it_when_two_rows_change_places(kept: Kept, table: str, number: str) -> None:
    with closing(kept.raw()) as raw:
        also = f" AND casefile = '{kept.tarnley}'" if table == "entries" else ""
        for old, new in ((1, 1000), (2, 1), (1000, 2)):
            raw.execute(f"UPDATE {table} SET {number} = {new} WHERE {number} = {old}{also}")
    assert kept.faults()


def test_verify_says_where_in_plain_words(kept: Kept) -> None:
    with closing(kept.raw()) as raw:
        raw.execute("UPDATE entries SET received_at = '2026-01-01T00:00:00.000Z' WHERE casefile = ? AND seq = 3", [kept.tarnley])
    told = [sentence(fault) for fault in kept.faults()]
    assert any(line.startswith(f"casefile {kept.tarnley}, entry 3: its link does not hold") for line in told)
    assert not any("canary" in line for line in told)


def test_text_that_is_gone_without_an_erasure_is_a_fault(kept: Kept) -> None:
    opened = store.open(kept.path)
    notes = [row for row in opened.entries.in_casefile(kept.tarnley) if row.kind == "visit_note"]
    erase(
        opened, kept.keys, notes[-1].id, next(row.id for row in opened.entries.in_casefile(kept.tarnley) if row.kind == "erasure")
    )
    opened.close()
    assert [(fault.code, fault.place) for fault in kept.faults()] == [("gone", f"casefile {kept.tarnley}, entry {notes[-1].seq}")]


def test_database_with_less_than_noted_beside_the_key_was_put_back_by_hand(kept: Kept) -> None:
    opened = store.open_still(kept.path)
    count = epoch.kept(opened)
    assert [each.code for each in verifying.verify(opened, kept.keys, noted=epoch.Noted(1, count + 1))] == ["behind"]
    assert [each.code for each in verifying.verify(opened, kept.keys, noted=epoch.Noted(1, count))] == []


# What is forged so well that no chain shows it


def forge(kept: Kept, casefile: str, order: list[int], received: dict[int, str] | None = None) -> None:
    """Makes a casefile of these of its entries in this order, with all hashes and rows as they would have been."""
    opened = store.open(kept.path)
    row = opened.casefiles.get(casefile)
    assert row is not None
    key, head = kept.keys.casefile(casefile, row.key), ""
    with opened.writing() as tx:
        rows = {each.seq: each for each in tx.entries.in_casefile(casefile)}
        links = {seq: placing.read_kept(key, each).jws for seq, each in rows.items()}
        run = tx.entries._run
        run("UPDATE entries SET seq = seq + 1000 WHERE casefile = ?", casefile)
        for seq, old in enumerate(order, 1):
            at = (received or {}).get(old, rows[old].received_at)
            head = chain.log_hash(sha256, head, casefile, seq, rows[old].id, links[old], at)
            run("UPDATE entries SET seq=?, log_hash=?, received_at=? WHERE id=?", seq, head, at, rows[old].id)
        gone = [each.id for seq, each in rows.items() if seq not in order]
        for each in gone:
            run("DELETE FROM slips WHERE id = ?", each)
            run("DELETE FROM entries WHERE id = ?", each)
        run("UPDATE casefiles SET seq = ?, log_hash = ? WHERE id = ?", len(order), head, casefile)
        if not order:
            run("DELETE FROM readers WHERE casefile = ?", casefile)
            run("DELETE FROM records WHERE casefile = ?", casefile)
            run("DELETE FROM casefiles WHERE id = ?", casefile)
        run("DELETE FROM records WHERE casefile = ?", casefile)
        tx.records.count_in(
            [(e.record, e.casefile, e.kind, e.schema, e.author, e.seq, e.received_at) for e in tx.entries.in_casefile(casefile)]
        )
    opened.close()
    fold(str(kept.path))
    # Rows taken out leave holes among the rows' own numbers; a forger closes them.
    with closing(kept.raw()) as raw:
        raw.execute("UPDATE entries SET rowid = (SELECT count(*) FROM entries e WHERE e.rowid <= entries.rowid)")


def test_verify_names_it_when_a_signature_is_not_its_signers_own(kept: Kept) -> None:
    opened = store.open(kept.path)
    known = opened.casefiles.get(kept.tarnley)
    assert known is not None
    key = kept.keys.casefile(known.id, known.key)
    whole = opened.entries.in_casefile(kept.tarnley)
    rows = [row for row in whole if row.kind == "visit_note"]
    content, other = (key.open(row.id, row.sealed) for row in rows[-2:])
    signed = slice(33, 97)
    with opened.writing() as tx:
        tx.entries.reseal(rows[-2].id, key.seal(rows[-2].id, content[:33] + other[signed] + content[97:]))
    opened.close()
    forge(kept, kept.tarnley, [row.seq for row in whole])
    assert [(each.code, each.place) for each in kept.faults()] == [
        ("signature", f"casefile {kept.tarnley}, entry {rows[-2].seq}"),
    ]


def test_note_hidden_by_a_mark_that_nobody_made_is_named(kept: Kept) -> None:
    with closing(kept.raw()) as raw:
        raw.execute(
            "UPDATE quarantine SET (discarded_at, discarded_by, discard_why) = (SELECT discarded_at, discarded_by, discard_why"
            " FROM quarantine WHERE discarded_at IS NOT NULL) WHERE discarded_at IS NULL"
        )
    assert kept.codes() == {"quarantine_away"}


def test_cut_tail_is_found_by_the_checkpoint_alone(kept: Kept) -> None:
    forge(kept, kept.other, [1])
    assert kept.faults() == []
    assert [(each.code, each.place) for each in kept.faults(against=True)] == [("against_cut", f"casefile {kept.other}")]


def test_dropped_casefile_is_found_by_who_could_read_it_and_by_the_checkpoint(kept: Kept) -> None:
    forge(kept, kept.other, [])
    assert {(each.code, each.detail) for each in kept.faults()} == {("arranged", "taken out")}
    assert kept.codes(against=True) == {"arranged", "against_casefile"}


def test_reordering_is_found_by_the_checkpoint_alone(kept: Kept) -> None:
    opened = store.open_still(kept.path)
    last = len(opened.entries.in_casefile(kept.tarnley))
    opened.close()
    forge(kept, kept.tarnley, [1, 2, 4, 3, *range(5, last + 1)])
    assert kept.faults() == []
    assert kept.codes(against=True) == {"against_changed"}


def test_backdated_entry_is_found_by_the_checkpoint_alone(place: Harrowmere, tmp_path: Path) -> None:
    ama, tarnley, other = lived_in(place)
    place.clock.pass_by(hours=1)
    _, data = checkpoints.export(place.office.store, place.office.keys, place.clock())
    before = entry.stamp(place.clock())
    place.clock.pass_by(days=1)
    ama.push(ama.write(tarnley, VISIT))
    copy(place.office.store.path, tmp_path / "kept.db")
    kept = Kept(tmp_path / "kept.db", place.office.keys, checkpoints.read_file(data), tarnley, other)
    assert kept.faults(against=True) == []
    opened = store.open_still(kept.path)
    last = len(opened.entries.in_casefile(tarnley))
    opened.close()
    forge(kept, tarnley, list(range(1, last + 1)), {last: before[:11] + "00:00:00.000Z"})
    assert kept.faults() == []
    assert kept.codes(against=True) == {"against_backdated"}


def test_rewritten_audit_and_enrolments_are_found_by_the_checkpoint(kept: Kept) -> None:
    with closing(kept.raw()) as raw:
        raw.execute("DELETE FROM checkpoints")
        raw.execute("DELETE FROM audit WHERE n = (SELECT max(n) FROM audit)")
    assert kept.faults() == []
    assert kept.codes(against=True) == {"against_checkpoint", "checkpoint_audit"}


def test_checkpoint_of_another_office_is_told_apart(kept: Kept, tmp_path: Path) -> None:
    opened, keys = store.open(tmp_path / "other.db"), Keys(bytes(range(32)))
    keys.make_office_keys(opened, "2026-11-23T09:30:00.000Z")
    other = Kept(tmp_path / "other.db", keys, kept.exported, kept.tarnley, kept.other)
    assert {"against_office", "against_checkpoint", "against_casefile"} <= other.codes(against=True)
    assert kept.faults() == []


def test_exported_file_names_no_casefile_and_shows_its_own_changes(place: Harrowmere) -> None:
    _, tarnley, other = lived_in(place)
    made, data = checkpoints.export(place.office.store, place.office.keys, place.clock())
    assert tarnley.encode() not in data
    assert other.encode() not in data
    assert checkpoints.read_file(data).n == made.n
    ring = place.office.keys.ring(place.office.store)
    for at in range(0, len(data), 29):
        bent = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            read = checkpoints.read_file(bent)
        except NotACheckpoint:
            continue
        # Only what no signature needs may be another: the white space between values.
        assert (read.jws, read.heads, read.office) == (made.jws, checkpoints.read_file(data).heads, ring.office.jwk)


# What the file is made of


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("CREATE TRIGGER left_here AFTER INSERT ON entries BEGIN DELETE FROM readers; END", "left_here"),
        ("CREATE TABLE beside (what TEXT)", "beside"),
        ("DROP INDEX records_by_author", "records_by_author"),
        ("ALTER TABLE records RENAME COLUMN why TO whz", "records"),
    ],
)
def test_what_somebody_left_in_the_file_or_called_otherwise_is_named(kept: Kept, statement: str, name: str) -> None:
    with closing(kept.raw()) as raw:
        raw.execute(statement)
    assert ("shape", f"table, index or trigger {name}") in [(each.code, each.place) for each in kept.faults()]


def test_index_that_an_operator_added_makes_no_backup_faulty(kept: Kept) -> None:
    with closing(kept.raw()) as raw:
        raw.execute("CREATE INDEX ours ON audit (what)")
    opened = store.open_still(kept.path)
    assert list(verifying.verify(opened, kept.keys, signatures=False)) == []
    opened.close()


# Any byte of the file

COMPARED = {table: NOT_COVERED.get(table, set()) for table in COVERED}


def rows_with_names(raw: sqlite3.Connection, table: str, names: list[str]) -> list[dict[str, Any]]:
    where = arrangements.TABLES[table].where() if table in ARRANGED else "TRUE"
    return [dict(zip(names, row, strict=True)) for row in raw.execute(f"SELECT {','.join(names)} FROM {table} WHERE {where}")]


def told(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that verify covers, as rows."""
    found = {}
    with closing(sqlite3.connect(path)) as raw:
        for table in sorted(COVERED):
            names = [name for name in columns_of(raw, table) if name not in COMPARED[table]]
            kept = rows_with_names(raw, table, names)
            found[table] = sorted((tuple(row[name] for name in names if is_covered(table, name)) for row in kept), key=repr)
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_byte_of_the_file_may_change_and_verify_tells_or_nothing_it_covers_is_another(
    kept: Kept, data: st.DataObject
) -> None:
    whole = kept.path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    before = told(kept.path)
    try:
        kept.path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        try:
            silent = kept.faults() == []
        except (store.StoreFailed, store.DatabaseIsNewer, store.DatabaseIsOlder):
            silent = False
        if silent:
            assert told(kept.path) == before
    finally:
        for ending in ("-wal", "-shm", "-journal"):
            Path(f"{kept.path}{ending}").unlink(missing_ok=True)
        kept.path.write_bytes(whole)
