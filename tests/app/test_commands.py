"""The `fieldapp` command as somebody types it on the office's own machine."""

from __future__ import annotations

import errno
import itertools
import json
import os
import re
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fieldapp import accounts, checkpoints, cli, config, create_app, open_office, people, vouching, widening
from fieldapp.store.arrangements import WRITTEN_DOWN
from fieldapp.widening import Wish
from tests.app import harrowmere
from tests.app.harrowmere import Clock
from tests.app.killed import killed_at


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIELDAPP_KEY_FILE", str(tmp_path / "office.key"))
    monkeypatch.setenv("FIELDAPP_DATABASE", str(tmp_path / "office.db"))
    monkeypatch.setenv("FIELDAPP_ORIGIN", "http://localhost:8000")
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    return tmp_path


def test_first_administrator_can_be_added_when_nobody_is_there_to_sign_in(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["init"]) == 0
    assert cli.main(["person", "Noor Abara", "Noor@harrowmere.example", "administrator", "--team", "North"]) == 0
    told = capsys.readouterr().out
    assert "http://localhost:8000/desk/set-up" in told
    assert len(re.findall(r"(?:first|second) words +(?:[a-z]+-){2,}[a-z]+$", told, re.M)) == 2
    store = create_app(config.read()).extensions["fieldapp"].store
    assert [(row.name, row.role) for row in store.people.all()] == [("Noor Abara", "administrator")]
    assert list(store.people.teams().values()) == ["North"]
    noor = store.people.all()[0].id
    deeds = [(row.what, row.person) for row in store.audit.all() if row.what != WRITTEN_DOWN]
    assert deeds == [("person added", ""), ("account made", noor)]


def words_in(told: str) -> list[str]:
    return re.findall(r"(?:first|second) words +(\S+)$", told, re.M)


def set_up(email: str, halves: list[str], clock: Clock) -> bool:
    """Whether somebody sets up their account with these words, on the page that the command names."""
    app = create_app(config.read(), clock=clock)
    store, keys = app.extensions["fieldapp"].store, app.extensions["fieldapp"].keys
    first, second = halves
    clock.pass_by(minutes=2)
    begun = accounts.begin_set_up(store, keys, email, first, second, "192.0.2.1", "browser", clock)
    if isinstance(begun, people.Refused):
        return False
    ticket = begun[0]
    accounts.finish_set_up(store, keys, ticket, "kettle plum orbiting", people.code_at(ticket.totp, clock()), clock())
    return True


def test_what_the_machine_prints_opens_an_account_once_and_for_a_day(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["init"])
    capsys.readouterr()
    clock, halves = Clock(datetime.now(UTC)), {}
    for who in ("noor", "late"):
        assert cli.main(["person", who, f"{who}@harrowmere.example", "administrator"]) == 0
        halves[who] = words_in(capsys.readouterr().out)
    store = create_app(config.read()).extensions["fieldapp"].store
    assert [people.is_set_up(row) for row in store.people.all()] == [False, False]
    assert not set_up("noor@harrowmere.example", [halves["noor"][0]] * 2, clock)
    assert set_up("noor@harrowmere.example", halves["noor"], clock)
    assert not set_up("noor@harrowmere.example", halves["noor"], clock)
    clock.pass_by(hours=24)
    assert not set_up("late@harrowmere.example", halves["late"], clock)
    # Who was let in at the machine confirms what another asks for, and the other way round.
    assert cli.main(["account", "late@harrowmere.example", "--words"]) == 0
    assert set_up("late@harrowmere.example", words_in(capsys.readouterr().out), Clock(datetime.now(UTC)))
    late, noor = (people.by_id(store, row.id, datetime.now(UTC) + timedelta(minutes=5)) for row in store.people.all())
    assert late is not None
    assert noor is not None
    assert vouching.could_confirm(store, late.id, "", noor, [])
    assert vouching.could_confirm(store, noor.id, "", late, [])


def test_words_given_out_at_the_machine_wait_for_nobody_to_confirm_them(machine: Path) -> None:
    cli.main(["init"])
    for who in ("noor", "ada"):
        cli.main(["person", who, f"{who}@harrowmere.example", "administrator"])
    here = create_app(config.read()).extensions["fieldapp"]
    now = datetime.now(UTC)
    noor, ada = (people.by_id(here.store, row.id, now) for row in here.store.people.all())
    assert noor is not None
    assert ada is not None
    found = accounts.resets_for(here.store, noor, now)
    assert [may for _, may in found] == [False, False]
    for reset, _ in found:
        with pytest.raises(accounts.NotThisOne, match="moved"):
            accounts.confirm_reset(here.store, here.keys, noor, reset.id, now)


def test_one_administrator_gives_somebody_more_at_the_machine(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["init"])
    for who, role, team in (("noor", "administrator", []), ("ama", "keyworker", ["--team", "North"])):
        assert cli.main(["person", who, f"{who}@harrowmere.example", role, *team]) == 0
    here = create_app(config.read()).extensions["fieldapp"]
    ama, noor = here.store.people.all()
    asker = people.by_id(here.store, noor.id, datetime.now(UTC))
    assert asker is not None
    with pytest.raises(accounts.NotThisOne, match="alone"):
        widening.do(here.store, here.keys, asker, Wish("part", ama.id, "supervisor", ama.team), "why", datetime.now(UTC))
    assert cli.main(["account", "AMA@harrowmere.example", "--role", "supervisor", "--team", "South"]) == 0
    assert "ama is supervisor in South from now on" in capsys.readouterr().out
    row = here.store.people.by_id(ama.id)
    assert (row.role, here.store.people.teams()[row.team]) == ("supervisor", "South")
    accounts.close(here.store, here.keys, asker, ama.id, "has left", datetime.now(UTC))
    assert cli.main(["account", "ama@harrowmere.example", "--words"]) == 1
    assert cli.main(["account", "ama@harrowmere.example", "--open"]) == 0
    told = [(row.what, row.person) for row in here.store.audit.all() if row.what != WRITTEN_DOWN][-2:]
    assert told == [("account opened again", ""), ("had their account opened again", ama.id)]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["ama@harrowmere.example", "--open"], "Nobody here has the address"),
        (["noor@harrowmere.example"], "Say what to do"),
        (["noor@harrowmere.example", "--team", "North"], "Say what to do"),
        (["noor@harrowmere.example", "--open"], "That is so already"),
    ],
)
def test_account_that_cannot_be_changed_so_stays_and_a_sentence_says_why(
    machine: Path, capsys: pytest.CaptureFixture[str], command: list[str], said: str
) -> None:
    cli.main(["init"])
    cli.main(["person", "Noor Abara", "noor@harrowmere.example", "administrator"])
    assert cli.main(["account", *command]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "told",
    [
        ["", "noor@harrowmere.example"],
        ["Noor\nAbara", "noor@harrowmere.example"],
        ["\x1b[31mNoor", "noor@harrowmere.example"],
        ["\udcff", "noor@harrowmere.example"],
        ["N" * 121, "noor@harrowmere.example"],
        ["Noor Abara", ""],
        ["Noor Abara", "noor"],
        ["Noor Abara", "\u202enoor@harrowmere.example"],
        ["Noor Abara", "noor@harrowmere.example", "--team", ""],
        ["Noor Abara", "noor@harrowmere.example", "--team", "North\x07"],
    ],
)
def test_person_or_team_without_a_name_that_can_be_shown_is_refused_with_a_sentence(
    machine: Path, capsys: pytest.CaptureFixture[str], told: list[str]
) -> None:
    cli.main(["init"])
    assert cli.main(["person", *told[:2], "administrator", *told[2:]]) == 1
    assert "Nothing was changed." in capsys.readouterr().err
    store = create_app(config.read()).extensions["fieldapp"].store
    assert store.people.all() == []
    assert store.people.teams() == {}


@pytest.mark.parametrize("command", [["init"], ["doctor"], ["serve"], ["person", "N", "n@x.example", "auditor"], ["key", "list"]])
def test_file_that_is_no_database_is_named_and_left_as_it_is(
    machine: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    config.make_key(machine / "office.key")
    (machine / "office.db").write_bytes(b"a disk that failed " * 300)
    assert cli.main(command) == 1
    assert "is not the database of an office, or it is damaged" in "".join(capsys.readouterr())
    assert (machine / "office.db").read_bytes() == b"a disk that failed " * 300


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["audit", "--since", "9" * 30], 2),
        (["audit", "--since", "-1"], 2),
        (["evidence", "--casefile", "\udcff", "--to", "x", "--reason", "y"], 1),
    ],
)
def test_export_of_what_cannot_be_is_refused_with_a_sentence(machine: Path, command: list[str], code: int) -> None:
    cli.main(["init"])
    try:
        ended = cli.main(["export", *command])
    except SystemExit as said:
        ended = int(str(said.code))
    assert ended == code


@pytest.mark.parametrize(
    "command",
    [
        ["key", "burn", "--despite", "\udcff", "--", "KID"],
        ["export", "evidence", "--casefile", "x", "--to", "x", "--reason", "it was \udcff"],
        ["accept", "x", "--asks", "x", "--confirms", "y", "--reason", "\udcff"],
        ["device", "lost", "x", "--reason", "\udcff"],
    ],
)
def test_reason_that_is_no_text_is_refused_with_a_sentence(
    machine: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    cli.main(["init"])
    cli.main(["key", "list"])
    kid = re.search(r"^ingest +(\S+)", capsys.readouterr().out, re.M)
    assert kid is not None
    cli.main(["key", "rotate", "ingest"])
    assert cli.main([kid[1] if each == "KID" else each for each in command]) == 1
    assert re.search("Give the reason after --(reason|despite) in letters .* Nothing was changed", capsys.readouterr().err)


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
