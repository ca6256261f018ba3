"""The day the key file is lost: two halves on paper and a sealed backup bring the office back. Alone, neither says anything."""

from __future__ import annotations

import io
import re
import shutil
import sys
from pathlib import Path

import pytest

from fieldapp import backups, config, office_keys
from fieldapp.keys import CannotOpen, Keys
from fieldapp.keys.sealed_file import MAGIC, NotSealed, open_file, read_head, seal_file
from tests.app.killed import killed_at
from tests.app.machine import PEOPLE, TITLES, Machine, titles
from tests.app.test_rekey import between


@pytest.fixture
def machine(office_machine: Machine) -> Machine:
    return office_machine


def sheet(machine: Machine, *more: str) -> list[Path]:
    """Makes a sheet, and takes the halves to where two people keep them."""
    machine.run("key", "sheet", "--to", machine.folder / "memory", *more)
    safe = machine.folder.parent / "two safes"
    safe.mkdir(exist_ok=True)
    return [Path(shutil.move(each, safe / each.name)) for each in sorted((machine.folder / "memory").iterdir())]


def burn_down(machine: Machine) -> None:
    """Everything of the office is gone but its backups."""
    machine.place.office.store.close()
    shutil.rmtree(machine.folder / "keys")
    for each in machine.folder.glob("office.db*"):
        each.unlink()


def test_office_comes_back_from_two_halves_and_a_backup(machine: Machine) -> None:
    halves = sheet(machine)
    (name,) = machine.key_names()
    machine.run("backup")
    burn_down(machine)
    backup = machine.newest_backup()
    assert "fieldapp key restore" in machine.run("restore", backup, code=1)
    assert "give a backup with --against" in machine.run("key", "restore", *halves, code=1)
    assert not machine.key_file.exists()
    told = machine.run("key", "restore", *halves, "--against", backup)
    assert f"The halves make key {name}" in told
    assert machine.key_file.stat().st_mode & 0o777 == 0o600
    machine.run("restore", backup)
    machine.run("verify")
    machine.whole()
    assert not list(machine.folder.glob(".fieldapp-*"))


def test_key_file_comes_back_beside_the_database_and_no_other_is_written_over(machine: Machine) -> None:
    halves = sheet(machine, "--html")
    before = machine.key_file.read_text()
    assert "which opens" in machine.run("key", "restore", *halves)
    assert machine.key_file.read_text() == before
    machine.key_file.unlink()
    assert "a new key would not open it".casefold() in machine.run("init", code=1).casefold()
    machine.run("key", "restore", *reversed(halves))
    assert machine.key_file.read_text() == before
    machine.whole()
    other = machine.folder / "other.key"
    config.make_key(other)
    text = other.read_text()
    assert "holds another key and stays as it is" in machine.run("key", "restore", *halves, "--to", other, code=1)
    assert other.read_text() == text


def test_sheet_proves_itself_and_shows_and_keeps_nothing(machine: Machine) -> None:
    halves = sheet(machine)
    secret = machine.key_file.read_text().split()[1]
    before = sorted(machine.folder.rglob("*"))
    told = machine.run("key", "check-sheet", *halves)
    assert "opens all 8 keys" in told
    assert secret not in told
    assert sorted(machine.folder.rglob("*")) == before
    machine.run("backup")
    machine.run("key", "check-sheet", *halves, "--against", machine.newest_backup())
    raw = config.read().master_key
    for half in halves:
        assert half.stat().st_mode & 0o077 == 0
        assert secret not in half.read_text()
        assert raw.hex() not in half.read_text()
    assert "recovery sheet made" in [row.what for row in machine.place.office.store.audit.all()]
    assert "recovery sheet" in machine.run("key")


def test_sheet_of_a_former_key_is_refused_by_name(machine: Machine) -> None:
    halves = sheet(machine)
    (former,) = machine.key_names()
    machine.run("rekey")
    (now,) = machine.key_names()
    for command in ("check-sheet", "restore"):
        told = machine.run("key", command, *halves, code=1)
        assert f"make key {former}, and this office needs key {now}" in told
    assert "There is no recovery sheet of it" in machine.run("key")


def test_halves_that_do_not_go_together_are_refused(machine: Machine) -> None:
    one, other = sheet(machine)
    (third, _) = sheet(machine)[:2]
    assert "the same half twice" in machine.run("key", "check-sheet", one, one, code=1)
    again = [each for each in (one, other, third) if each.exists()]
    strange = next(each for each in sorted(one.parent.iterdir()) if each not in again and each.name.endswith("half-2.txt"))
    assert "two different sheets" in machine.run("key", "check-sheet", one, strange, code=1)
    assert "or none to type" in machine.run("key", "check-sheet", one, code=1)
    # Its own two letters, which then fit no line: one line in a thousand fits other letters by chance.
    one.write_text(re.sub(r"(?m)^(    3   .*)(\w)$", lambda line: line[1] + ("B" if line[2] == "A" else "A"), one.read_text()))
    assert "line 3 is missing or was not copied" in machine.run("key", "check-sheet", one, other, code=1)


def test_halves_can_be_typed_in(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    halves = sheet(machine)
    lines = [line for half in halves for line in re.findall(r"^    \d   (.+)$", half.read_text(), re.M)]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(line.lower().replace(" ", "") for line in lines) + "\n"))
    assert "opens all" in machine.run("key", "check-sheet")
    for typed, told in (
        ("\n".join(lines[:8]), "Line 3 of the other half is missing"),
        ("hello\n", "Line 1 of the first half was not copied"),
    ):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        assert told in machine.run("key", "check-sheet", code=1)


def test_office_between_two_keys_gets_both_back_from_two_sheets(machine: Machine) -> None:
    first = sheet(machine)
    new, former = between(machine)
    assert "rekey" in machine.run("key", "sheet", "--to", machine.folder / "memory", code=1)
    lost = machine.key_file.read_text()
    machine.key_file.write_text(lost.splitlines()[0] + "\n")
    told = machine.run("key", "restore", *first)
    assert machine.key_names() == [new, former]
    assert machine.key_file.read_text() == lost
    assert former in told
    machine.key_file.unlink()
    assert f"also needs key {new}" in machine.run("key", "restore", *first, code=1)
    machine.key_file.write_text(lost)
    machine.run("rekey")
    machine.whole()


def test_sheet_of_another_office_is_refused(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    halves = sheet(machine)
    monkeypatch.setenv("FIELDAPP_KEY_FILE", str(tmp_path / "else.key"))
    monkeypatch.setenv("FIELDAPP_DATABASE", str(tmp_path / "else.db"))
    machine.run("init")
    (tmp_path / "else.key").unlink()
    assert "another office's" in machine.run("key", "restore", *halves, code=1)
    assert not (tmp_path / "else.key").exists()


# Backups alone

CANARIES = [
    *TITLES, "Tarnley", "canary of the hallway door", "slept two hours", "Kayleigh", "Dawn",
    *(name for _, _, name in PEOPLE), *(f"{who}@harrowmere.example" for who, _, _ in PEOPLE), "harrowmere", "a reason", "Family support",
]  # fmt: skip


def found_in(data: bytes) -> list[str]:
    """Canaries in bytes as they lie: as UTF-8 and as UTF-16."""
    return [each for each in CANARIES if each.encode() in data or each.encode("utf-16-le") in data]


def test_backup_alone_says_nothing_of_anybody(machine: Machine) -> None:
    place = machine.place
    # Planted: what is clear in the database is found by this search.
    machine.run("backup")
    keys, opened = office_keys(config.read()), machine.folder / "opened.db"
    backups.opened_backup(machine.newest_backup(), opened, keys, lambda *_: None)
    assert set(found_in(opened.read_bytes())) >= {"Ama Lindqvist", "ama@harrowmere.example", "Family support"}
    assert not set(found_in(opened.read_bytes())) & {*TITLES, "Tarnley", "canary of the hallway door", "Kayleigh", "a reason"}
    data = machine.newest_backup().read_bytes()
    assert found_in(data) == []
    assert b"SQLite" not in data
    for row in place.office.store.casefiles.all():
        assert row.id.encode() not in data
    assert machine.newest_backup().stat().st_mode & 0o077 == 0


def test_backup_alone_opens_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.run("backup")
    backup = machine.newest_backup()
    (name,) = machine.key_names()
    monkeypatch.setenv("FIELDAPP_KEY_FILE", str(machine.folder / "thief.key"))
    config.make_key(machine.folder / "thief.key")
    monkeypatch.setenv("FIELDAPP_DATABASE", str(machine.folder / "thief.db"))
    for command in (("restore", backup), ("verify", "--backup", backup)):
        assert f"needs key {name}" in machine.run(*command, code=1)
    assert not (machine.folder / "thief.db").exists()
    with backup.open("rb") as file, pytest.raises(CannotOpen):
        open_file(Keys(bytes(range(32))).masters, file, len)


def test_backup_can_be_walked_where_it_lies(machine: Machine) -> None:
    machine.run("backup")
    assert "all as they were signed" in machine.run("verify", "--backup", machine.newest_backup())
    assert not list(machine.folder.glob(".fieldapp-*"))
    data = bytearray(machine.newest_backup().read_bytes())
    data[len(data) // 2] ^= 1
    machine.newest_backup().write_bytes(data)
    machine.place.office.store.close()
    assert "changed or cut off" in machine.run("verify", "--backup", machine.newest_backup(), code=1)
    assert "changed or cut off" in machine.run("restore", machine.newest_backup(), code=1)


def test_nothing_of_a_copy_stays_beside_the_database_when_a_backup_is_killed(machine: Machine) -> None:
    machine.place.office.store.close()
    call, left = 1, 0
    while killed_at(call, ["backup"]):
        left += (machine.folder / "office.db.backing-up").exists()
        call += 3
    assert left > 0
    machine.run("backup")
    assert not list(machine.folder.glob("*.backing-up"))
    for each in (machine.folder / "backups").iterdir():
        assert each.read_bytes().startswith(MAGIC)
    assert titles(machine.opened()) == TITLES


# A sealed file, piece by piece


def sealed(content: bytes) -> tuple[Keys, bytes]:
    keys, target = Keys(bytes(range(32))), io.BytesIO()
    seal_file(keys.masters, keys.masters.names[0], "a test", io.BytesIO(content), target, lambda done: None)
    return keys, target.getvalue()


@pytest.mark.parametrize("size", [0, 1, 1_048_575, 1_048_576, 1_048_577, 3 * 1_048_576])
def test_file_of_any_size_comes_back(size: int) -> None:
    content = (b"words " * (size // 6 + 1))[:size]
    keys, data = sealed(content)
    pieces: list[bytes] = []
    open_file(keys.masters, io.BytesIO(data), pieces.append)
    assert b"".join(pieces) == content
    assert read_head(io.BytesIO(data)).about == "a test"


@pytest.mark.parametrize(
    "head",
    [b"[" * 4000, b"[]", b"1", b"\xff", b'{"about":1,"key":"k","wrapped":""}', b'{"about":"a","key":"k","wrapped":null}',
     b'{"about":"a","key":"k","wrapped":"!!"}', b'{"about":"\\ud800","key":"k","wrapped":""}', b'{"about":"a"}'],
)  # fmt: skip
def test_file_whose_head_is_none_is_called_no_sealed_file(head: bytes) -> None:
    with pytest.raises(NotSealed):
        read_head(io.BytesIO(MAGIC + head + b"\n"))


def test_piece_that_is_missing_doubled_exchanged_or_changed_is_noticed() -> None:
    keys, data = sealed(bytes(range(256)) * 4096 * 2 + b"the end")
    head = data.index(b"\n", len(MAGIC)) + 1
    pieces, at = [], head
    while at < len(data):
        size = 4 + int.from_bytes(data[at : at + 4])
        pieces.append(data[at : at + size])
        at += size
    assert len(pieces) == 3
    one, two, three = pieces
    strange = sealed(b"of another file")[1]
    for bad in (
        [one, two], [one, three], [two, one, three], [one, one, two, three], [one, two, three, three], [one, two, three[:-1]], [one, two, three, b"\0"],
        [one, two[:-1] + bytes([two[-1] ^ 1]), three], [], [b"\xff" * 40],
    ):  # fmt: skip
        with pytest.raises(CannotOpen):
            open_file(keys.masters, io.BytesIO(data[:head] + b"".join(bad)), len)
    with pytest.raises(CannotOpen):
        open_file(keys.masters, io.BytesIO(strange[: strange.index(b"\n", len(MAGIC)) + 1] + b"".join(pieces)), len)
    with pytest.raises(CannotOpen):
        open_file(keys.masters, io.BytesIO(data.replace(b'"about": "a test"', b'"about": "a Test"')), len)
