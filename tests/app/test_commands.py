"""The `fieldapp` command as somebody types it on the office's own machine."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from fieldapp import checkpoints, cli, config, create_app, open_office
from fieldapp.store.arrangements import WRITTEN_DOWN
from tests.app.killed import killed_at


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIELDAPP_KEY_FILE", str(tmp_path / "office.key"))
    monkeypatch.setenv("FIELDAPP_DATABASE", str(tmp_path / "office.db"))
    monkeypatch.setenv("FIELDAPP_ORIGIN", "http://localhost:8000")
    return tmp_path


def test_first_administrator_can_be_added_when_nobody_is_there_to_sign_in(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["init"]) == 0
    assert cli.main(["person", "Noor Abara", "Noor@harrowmere.example", "administrator", "--team", "North"]) == 0
    told = capsys.readouterr().out
    assert "otpauth://totp/fieldapp:noor%40harrowmere.example" in told
    store = create_app(config.read()).extensions["fieldapp"].store
    assert [(row.name, row.role) for row in store.people.all()] == [("Noor Abara", "administrator")]
    assert list(store.people.teams().values()) == ["North"]
    noor = store.people.all()[0].id
    deeds = [(row.what, row.person) for row in store.audit.all() if row.what != WRITTEN_DOWN]
    assert deeds == [("person added", ""), ("account made", noor)]


def test_second_person_of_one_address_is_refused_with_a_sentence(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["init"])
    cli.main(["person", "Noor Abara", "noor@harrowmere.example", "administrator"])
    assert cli.main(["person", "Somebody Else", "NOOR@harrowmere.example", "keyworker", "--team", "North"]) == 1
    assert "has an account already" in capsys.readouterr().err


def test_person_cannot_be_added_to_an_office_that_is_not_there(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.make_key(machine / "office.key")
    assert cli.main(["person", "Noor Abara", "noor@harrowmere.example", "administrator"]) == 1
    assert "fieldapp init" in capsys.readouterr().err


def test_init_that_was_killed_anywhere_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "office"
    monkeypatch.setenv("FIELDAPP_KEY_FILE", str(folder / "office.key"))
    monkeypatch.setenv("FIELDAPP_DATABASE", str(folder / "office.db"))
    call = 1
    while killed_at(call, ["init"], also_sql=True):
        assert cli.main(["init"]) == 0, capsys.readouterr().err
        office = open_office(config.read())
        assert office.keys.ring(office.store).n == 1
        office.store.close()
        shutil.rmtree(folder)
        call += 1
    assert call > 10


def test_only_the_offices_own_account_can_read_what_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "keys", tmp_path / "office"
    monkeypatch.setenv("FIELDAPP_KEY_FILE", str(folder[0] / "office.key"))
    monkeypatch.setenv("FIELDAPP_DATABASE", str(folder[1] / "office.db"))
    before = os.umask(0o022)
    try:
        assert cli.main(["init"]) == 0
        office = open_office(config.read())
        with office.store.writing() as tx:
            tx.settings.put("touched", "yes")
        assert cli.main(["backup"]) == 0
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.rglob("*")}
        office.store.close()
    finally:
        os.umask(before)
    assert {"office.key", "office.key.epoch", "office.db", "office.db-wal", "backups"} <= modes.keys()
    assert [name for name, mode in modes.items() if mode & 0o077] == []


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_checkpoint_lies_under_its_name_only_when_it_is_whole(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], call: str
) -> None:
    cli.main(["init"])
    path = machine / "given-away.json"

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, call, full)
        # Where a file system gives no second names, the file is renamed.
        assert cli.main(["checkpoint", "--to", str(path)]) == (1 if call == "fsync" else 0)
    assert path.exists() is (call == "link")
    if call == "fsync":
        assert "cannot be written (No space left on device)" in capsys.readouterr().err
        assert [each.name for each in machine.iterdir() if each.name.startswith("given-away")] == []
        assert cli.main(["checkpoint", "--to", str(path)]) == 0
    checkpoints.read_file(path.read_bytes())


def test_audit_is_exported_as_lines_without_names_and_goes_on_where_it_ended(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["init"])
    store = create_app(config.read()).extensions["fieldapp"].store
    with store.writing() as tx:
        for what in ("signed in", "read"):
            tx.audit.add("2026-11-23T09:30:00.000Z", "A" * 22, what, "B" * 22, detail=b"sealed")
    capsys.readouterr()
    assert cli.main(["export", "audit"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["what"] for line in lines[-2:]] == ["signed in", "read"]
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    assert all(after["prev"] == before["hash"] for before, after in itertools.pairwise(lines))
    assert set(lines[-1]) == {"n", "id", "at", "person", "what", "casefile", "record", "prev", "hash"}
    assert cli.main(["export", "audit", "--since", str(lines[-2]["n"])]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == lines[-1:]
