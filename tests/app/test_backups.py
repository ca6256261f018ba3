"""A backup is whole though the office serves, is believed only after it was read again, and comes back in one step."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fieldapp import backups, cli, config, hold, office_keys, open_office, people, receipts, store, verifying
from fieldapp.epoch import EpochFile, Noted, epoch_of, kept
from fieldapp.keys import Keys
from fieldapp.store.copying import copy
from fieldapp.web.office import Office
from sync import entry
from tests.app import harrowmere
from tests.app.harrowmere import VISIT, Harrowmere
from tests.app.killed import killed_at
from tests.app.phone import Handset


def quiet(step: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An office's own machine, with an office founded and one casefile in it."""
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    monkeypatch.setenv("FIELDAPP_KEY_FILE", str(tmp_path / "keys" / "office.key"))
    monkeypatch.setenv("FIELDAPP_DATABASE", str(tmp_path / "office.db"))
    monkeypatch.setenv("FIELDAPP_ORIGIN", "http://localhost:8000")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["init"]) == 0
    add_casefile()
    return tmp_path


def add_casefile(title: str = "The Tarnley family") -> str:
    """Opens a casefile at the desk and returns its id."""
    office = open_office(config.read())
    place = Harrowmere(office, None, harrowmere.Clock(datetime.now(UTC)))  # type: ignore[arg-type]
    who = "noor" + os.urandom(4).hex()
    place.add(who, "supervisor", None)
    casefile = place.open_casefile(who, title, team=None)
    assert office.epoch_file is not None
    office.epoch_file.note(office.store)
    office.store.close()
    return casefile


def titles() -> int:
    """How many casefiles the office has."""
    office = open_office(config.read())
    found = len(office.store.casefiles.all())
    office.store.close()
    return found


def newest(machine: Path) -> Path:
    return sorted((machine / "backups").glob("*.sealed"))[-1]


def unsealed(file: Path, keys: Keys, folder: Path) -> Path:
    """A backup's database, opened into a folder of the test's own."""
    folder.mkdir(exist_ok=True)
    opened = folder / f"{file.name}.db"
    opened.unlink(missing_ok=True)
    backups.opened_backup(file, opened, keys, quiet)
    return opened


def test_backup_taken_while_pushes_run_is_whole_and_has_all_that_was_placed_before_it(
    ama: Handset, reece: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    here = place.office
    placed: list[str] = []
    stop, begun = threading.Event(), threading.Barrier(3)

    def push(phone: Handset) -> None:
        opening = phone.opening()
        phone.push(opening)
        begun.wait()
        while not stop.is_set():
            placed.extend(each["id"] for each in phone.push(*(phone.write(opening.casefile, VISIT) for _ in range(5))))
        here.store.close()

    threads = [threading.Thread(target=push, args=(phone,)) for phone in (ama, reece)]
    for each in threads:
        each.start()
    begun.wait()
    made = []
    try:
        for _ in range(3):
            before = set(placed)
            made.append((before, backups.make(here.store, here.keys, tmp_path / "backups", tick(place), quiet)))
    finally:
        stop.set()
        for each in threads:
            each.join()
    assert len(placed) > len(made[0][0]) + 10
    for before, one in made:
        assert one.faults == []
        assert one.path.stat().st_mode & 0o077 == 0
        opened = store.open_still(unsealed(one.path, here.keys, tmp_path / "opened"))
        assert list(verifying.verify(opened, here.keys)) == []
        assert opened.entries.placed(before).keys() == before
        opened.close()
    assert receipts.promised(here.store, here.keys) == made[-1][1].durable_through
    assert list(verifying.verify(here.store, here.keys)) == []
    assert not list((tmp_path / "backups").glob("*partial*"))


def tick(place: Harrowmere) -> Callable[[], datetime]:
    """A clock that moves on a little whenever it is read, so that no two backups bear one name."""

    def now() -> datetime:
        place.clock.pass_by(seconds=1)
        return place.clock()

    return now


def test_phones_are_promised_what_came_a_minute_before_and_never_less_than_before(place: Harrowmere, tmp_path: Path) -> None:
    here = place.office
    made = backups.make(here.store, here.keys, tmp_path / "backups", place.clock, quiet)
    assert made.durable_through == entry.stamp(place.clock() - timedelta(seconds=60))
    place.clock.pass_by(days=-1)
    assert backups.make(here.store, here.keys, tmp_path / "backups", place.clock, quiet).durable_through == made.durable_through


def test_what_came_while_a_backup_was_made_is_not_promised(place: Harrowmere, tmp_path: Path) -> None:
    here, began = place.office, place.clock()

    def slowly(step: str, done: int, total: int) -> None:
        place.clock.pass_by(minutes=10)

    made = backups.make(here.store, here.keys, tmp_path / "backups", place.clock, slowly)
    assert place.clock() > began
    assert made.durable_through == entry.stamp(began - timedelta(seconds=60))


def test_copy_with_faults_is_kept_under_a_name_that_says_so_and_promises_nothing(
    ama: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    here, opening = place.office, ama.opening()
    ama.push(opening, ama.write(opening.casefile, VISIT))
    with here.store.writing() as tx:
        tx.entries._run("UPDATE entries SET received_at = '2026-01-01T00:00:00.000Z' WHERE seq = 1")
    made = backups.make(here.store, here.keys, tmp_path / "backups", place.clock, quiet)
    assert {fault.code for fault in made.faults} >= {"chain"}
    assert made.path.name.endswith(".faulty.sealed")
    assert receipts.promised(here.store, here.keys) == ""


def test_full_disk_ends_a_backup_with_nothing_left_of_it_and_the_office_as_it_was(
    ama: Handset, place: Harrowmere, tmp_path: Path
) -> None:
    here, opening = place.office, ama.opening()
    ama.push(opening, *(ama.write(opening.casefile, VISIT | {"purpose": os.urandom(20_000).hex()}) for _ in range(20)))
    full = Path(here.store.path).stat().st_size // 2
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for meant in ("copy", "check"):

        def fill(step: str, done: int, total: int, meant: str = meant) -> None:
            if step == meant:
                # From here on no file may grow past this: what a full disk looks like to whoever writes.
                resource.setrlimit(resource.RLIMIT_FSIZE, (full, hard))

        try:
            with pytest.raises((store.StoreFailed, OSError)):
                backups.make(here.store, here.keys, tmp_path / "backups", place.clock, fill)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert [path.name for path in (tmp_path / "backups").iterdir()] == [], meant
        assert receipts.promised(here.store, here.keys) == ""
    assert not [path.name for path in Path(here.store.path).parent.glob("*copying") if path.name != "office.db"]
    assert list(verifying.verify(here.store, here.keys)) == []
    assert backups.make(here.store, here.keys, tmp_path / "backups", place.clock, quiet).faults == []


def test_second_backup_into_the_same_folder_waits_for_nobody_and_says_so(place: Harrowmere, tmp_path: Path) -> None:
    here = place.office

    def meanwhile(step: str, done: int, total: int) -> None:
        with pytest.raises(backups.BackupUnderWay):
            backups.make(here.store, here.keys, tmp_path / "backups", place.clock, quiet)

    assert backups.make(here.store, here.keys, tmp_path / "backups", place.clock, meanwhile).faults == []


# The commands


def test_what_was_backed_up_comes_back_with_a_higher_epoch_and_the_former_is_kept(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Somebody is signed in at that moment, and it is in the copy.
    office = open_office(config.read())
    with office.store.writing() as tx:
        tx.people.begin_session("a session", tx.people.all()[0].id, "2026-11-23T09:30:00.000Z")
    office.store.close()
    assert cli.main(["backup"]) == 0
    told = capsys.readouterr().out
    assert "sealed and holds no key" in told
    assert "Phones may now let go" in told
    add_casefile("The Aldous family")
    assert cli.main(["restore", str(newest(machine))]) == 0
    told = capsys.readouterr().out
    assert "1 entries, epoch 2" in told
    assert "offer again" in told
    assert "No phone is given anything of a private section until one of its supervisors has confirmed who reads it" in told
    (former,) = machine.glob("office.db.replaced-*")
    assert titles() == 1
    office = open_office(config.read())
    assert epoch_of(office.store) == 2
    assert office.store.people.session("a session") is None
    assert office.store.settings.get("backup_began") == ""
    # From then on private sections wait until somebody has said who reads them.
    assert entry.is_time(office.store.settings.get("restored_at"))
    office.store.close()
    kept = store.open_still(former)
    assert len(kept.casefiles.all()) == 2
    kept.close()
    assert cli.main(["verify"]) == 0
    assert cli.main(["restore", str(former)]) == 0
    assert (titles(), epoch()) == (2, 3)


def test_what_lacks_is_still_said_when_the_same_backup_is_restored_twice(machine: Path) -> None:
    # Given a backup, and a phone that was lost after it
    assert cli.main(["backup"]) == 0
    backup = newest(machine)
    office = open_office(config.read())
    with office.store.writing() as tx:
        tx.audit.add("2026-11-23T09:30:00.000Z", "", "device lost")
    assert office.epoch_file is not None
    office.epoch_file.note(office.store, "phones")
    office.store.close()

    # When it is restored, and once more before anybody has gone through it
    for number in (2, 3):
        assert cli.main(["restore", str(backup)]) == 0
        office = open_office(config.read())
        assert epoch_of(office.store) == number
        assert office.store.settings.get("restored_lacks") == "phones"
        office.store.close()


@pytest.mark.parametrize("command", ["verify", "backup", "restore"])
def test_file_beside_the_key_that_is_cut_off_is_told_by_every_command_in_a_sentence(
    command: str, machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["backup"]) == 0
    backup = newest(machine)
    (beside,) = (machine / "keys").glob("*.epoch")
    whole = beside.read_bytes()
    beside.write_bytes(whole[:18])
    capsys.readouterr()
    assert cli.main([command, *([str(backup)] if command == "restore" else [])]) == 1
    told = capsys.readouterr().err
    assert f"{beside} is damaged or cut off" in told
    assert "Traceback" not in told
    beside.unlink()
    assert epoch() == 1


def epoch() -> int:
    office = open_office(config.read())
    found = epoch_of(office.store)
    office.store.close()
    return found


def test_database_put_back_by_hand_is_noticed_at_start(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    yesterday = machine / "yesterday.db"
    copy(str(machine / "office.db"), yesterday)
    add_casefile()
    for ending in ("-wal", "-shm"):
        (machine / f"office.db{ending}").unlink(missing_ok=True)
    shutil.copy(yesterday, machine / "office.db")
    assert cli.main(["verify"]) == 1
    assert "an older copy was put there by hand" in capsys.readouterr().out
    assert (epoch(), epoch()) == (2, 2)
    assert cli.main(["verify"]) == 0


def test_restore_says_when_phones_were_promised_more_than_it_brings(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["backup"])
    office = open_office(config.read())
    with office.store.writing() as tx:
        receipts.promise(tx, office.keys, "2999-01-01T00:00:00.000Z")
    office.store.close()
    capsys.readouterr()
    assert cli.main(["restore", str(newest(machine))]) == 0
    assert "all until 2999-01-01T00:00:00.000Z is safe" in capsys.readouterr().out


def content(machine: Path) -> list[str]:
    raw = sqlite3.connect(machine / "office.db")
    found = list(raw.iterdump())
    raw.close()
    return found


def refused(machine: Path, file: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """Tries to restore, makes sure that nothing changed, and returns what was said."""
    before = content(machine)
    capsys.readouterr()
    assert cli.main(["restore", str(file), *more]) == 1
    assert content(machine) == before
    assert not list(machine.glob("*.replaced*")) + list(machine.glob("*.restoring*"))
    return capsys.readouterr().err


def test_restore_refuses_while_the_office_serves(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["backup"])
    with hold.among_others(str(machine / "office.db")):
        assert "stop it first" in refused(machine, newest(machine), capsys)


def test_restore_refuses_while_any_other_program_has_the_database_open(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["backup"])
    office = open_office(config.read())
    try:
        assert "SQLite says so" in refused(machine, newest(machine), capsys)
    finally:
        office.store.close()


def test_nothing_is_served_or_changed_while_a_restore_runs(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hold.alone(str(machine / "office.db")):
        for command in (["serve"], ["backup"], ["checkpoint"], ["person", "A", "a@harrowmere.example", "auditor"]):
            assert cli.main(command) == 1
            assert "is being restored" in capsys.readouterr().err


def test_restore_refuses_what_does_not_verify_unless_told_that_it_is_known(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["backup"])
    file = newest(machine)
    file = unsealed(file, office_keys(config.read()), machine / "opened")
    raw = sqlite3.connect(file)
    raw.execute("UPDATE entries SET author = 'somebody else'")
    raw.commit()
    raw.close()
    told = refused(machine, file, capsys)
    assert "its row does not say what was signed" in told
    assert "does not verify" in told
    assert cli.main(["restore", str(file), "--despite-faults"]) == 0
    assert titles() == 1


def test_restore_refuses_what_is_no_backup_of_this_office(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, foreign, other = machine / "a.txt", machine / "foreign.db", machine / "other.db"
    text.write_text("no database" * 1000)
    raw = sqlite3.connect(foreign)
    raw.execute("CREATE TABLE people (id)")
    raw.commit()
    raw.close()
    opened = store.open(other)
    Keys(bytes(range(32))).make_office_keys(opened, "2026-11-23T09:30:00.000Z")
    opened.close()
    for file, why in (
        (machine / "gone", "no such file"),
        (text, "not the database"),
        (foreign, "not the database"),
        (other, "another office"),
    ):
        assert why in refused(machine, file, capsys), file


def test_office_that_is_damaged_or_gone_can_be_put_back(machine: Path) -> None:
    cli.main(["backup"])
    (machine / "office.db").write_bytes(b"lost" * 5000)
    (machine / "office.db-wal").write_bytes(b"the log of what was lost")
    assert cli.main(["restore", str(newest(machine))]) == 0
    assert titles() == 1
    (former,) = machine.glob("office.db.replaced-*")
    assert former.read_bytes() == b"lost" * 5000
    (machine / "office.db").unlink()
    assert cli.main(["restore", str(newest(machine))]) == 0
    assert titles() == 1


def test_disk_that_is_full_only_after_the_backup_has_its_name_leaves_it_and_says_so(
    machine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setattr(backups, "sync_folder", lambda _: resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard)))
    try:
        assert cli.main(["backup"]) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    told = capsys.readouterr().err
    assert f"Made {newest(machine)}, and it is whole, but the office could not write down that it was made" in told
    assert "No backup was made" not in told
    office = open_office(config.read())
    assert receipts.promised(office.store, office.keys) == ""
    office.store.close()
    assert cli.main(["verify", "--backup", str(newest(machine))]) == 0


def test_backup_beside_the_key_is_refused(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["backup", "--to", str(machine / "keys")]) == 1
    assert "whoever took that folder" in capsys.readouterr().err


def test_checkpoint_file_shows_a_cut_tail_later(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["backup"])
    add_casefile("The Aldous family")
    assert cli.main(["checkpoint", "--to", "kept.json"]) == 0
    assert cli.main(["checkpoint", "--to", "kept.json"]) == 1
    assert cli.main(["verify", "--against", "kept.json"]) == 0
    capsys.readouterr()
    assert cli.main(["restore", str(newest(machine))]) == 0
    assert cli.main(["verify"]) == 0
    assert cli.main(["verify", "--against", "kept.json"]) == 1
    told = capsys.readouterr()
    assert "a casefile that the checkpoint covers is not there any more" in told.out
    assert "the office was restored since" in told.out
    (machine / "kept.json").write_text("{}")
    assert cli.main(["verify", "--against", "kept.json"]) == 1
    assert "is not an exported checkpoint" in capsys.readouterr().err


# Killed on the way


def test_kill_in_the_middle_of_a_backup_leaves_the_office_and_earlier_backups_as_they_were(machine: Path) -> None:
    cli.main(["backup"])
    first = newest(machine)
    whole, call, promised = first.read_bytes(), 1, ""
    while killed_at(call, ["backup"]):
        call += 1
        office = open_office(config.read())
        now = receipts.promised(office.store, office.keys)
        # A promise stands only on a backup that bears its name, began a minute after it, and opens.
        assert any(began_after(path, now, machine) for path in (machine / "backups").glob("*Z.sealed"))
        assert now >= promised
        promised = now
        assert list(verifying.verify(office.store, office.keys)) == []
        office.store.close()
        assert first.read_bytes() == whole
    assert call > 10
    assert not list((machine / "backups").glob("*partial*")) + list(machine.glob("*backing-up"))
    assert titles() == 1


def began_after(path: Path, promised: str, machine: Path) -> bool:
    opened = store.open_still(unsealed(path, office_keys(config.read()), machine / "opened"))
    began = opened.settings.get("backup_began")
    opened.close()
    return entry.moment(promised) + backups.SAFETY <= entry.moment(began)


def test_kill_in_the_middle_of_a_restore_leaves_the_old_office_or_the_new(machine: Path) -> None:
    cli.main(["backup"])
    file = newest(machine)
    add_casefile("The Aldous family")
    copy(str(machine / "office.db"), machine / "both.db")
    call, seen, epochs = 1, set(), [0]
    while killed_at(call, ["restore", str(file)]):
        call += 1
        found = titles()
        seen.add(found)
        epochs.append(epoch())
        office: Office = open_office(config.read())
        assert list(verifying.verify(office.store, office.keys)) == []
        office.store.close()
        if found == 1:
            # Back to where two are, so that every step of the way is tried from the same place.
            assert epochs[-1] > epochs[-2]
            assert cli.main(["restore", str(machine / "both.db")]) == 0
            epochs.append(epoch())
    assert call > 10
    assert epochs == sorted(epochs)
    assert seen == {1, 2}
    assert (titles(), len(list(machine.glob("*.restoring*")))) == (1, 0)
    office = open_office(config.read())
    assert EpochFile(config.read().beside).noted() == Noted(epoch_of(office.store), kept(office.store))
    office.store.close()


def test_a_key_set_is_missed_when_the_database_is_put_back_by_hand(machine: Path) -> None:
    # Given a phone that may have heard of a key set since the copy was made: under its number no other may ever come
    copy(str(machine / "office.db"), machine / "before.db")
    assert cli.main(["key", "rotate", "ingest"]) == 0
    office: Office = open_office(config.read())
    heard = office.keys.ring(office.store).n
    office.store.close()

    (machine / "before.db").replace(machine / "office.db")
    office = open_office(config.read())

    assert office.keys.ring(office.store).n > heard
    office.store.close()
