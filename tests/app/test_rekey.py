"""An office moves to another master key while it serves, and whatever dies on the way leaves an office that works and can go on moving."""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fieldapp import config, create_app_anew, hold, open_office, people, store, verifying
from fieldapp.errors import CannotStart
from fieldapp.keys import CannotOpen, KeyMissing, Keys, Master, moving
from fieldapp.keys.master import derive
from sync import entry
from tests.app.another_hand import took_nothing_down
from tests.app.harrowmere import VISIT
from tests.app.killed import killed_at
from tests.app.machine import TITLES, Machine, titles
from tests.app.phone import phone

COMMAND = str(Path(sys.executable).with_name("fieldapp"))


@pytest.fixture
def machine(office_machine: Machine) -> Machine:
    return office_machine


def test_everything_opens_with_the_new_key_alone_and_nothing_with_the_former(machine: Machine) -> None:
    former = config.read().master_key
    before = machine.key_names()
    wraps = [bytes(wrapped) for _, _, wrapped in moving._wraps(machine.place.office.store)]
    lies = b"".join(each.read_bytes() for each in machine.folder.glob("office.db*"))
    assert all(each in lies for each in wraps)
    told = machine.run("rekey")
    (now,) = machine.key_names()
    assert [now] != before
    assert "opened each of them again with it alone" in told
    assert "destroy key" in told
    kept = machine.key_file.with_name(f"office.key.former-{before[0]}")
    assert machine.key_names(kept) == before
    assert (kept.stat().st_mode | machine.key_file.stat().st_mode) & 0o077 == 0
    machine.whole()
    left = b"".join(each.read_bytes() for each in machine.folder.glob("office.db*"))
    assert not [each for each in wraps if each in left], "what was overwritten lies in no file, the log included"
    opened = store.open_still(machine.folder / "office.db")
    assert moving.opens_all(opened, Master(former))[0] == 0
    with pytest.raises(CannotOpen):
        Keys(former).ring(opened)
    opened.close()
    machine.run("verify")
    assert [row.what for row in machine.place.office.store.audit.all()][-2:] == ["new master key begun", "new master key settled"]


def test_second_move_begins_only_when_the_first_is_done(machine: Machine) -> None:
    names = [*machine.key_names()]
    for _ in range(2):
        machine.run("rekey")
        names += machine.key_names()
    assert len(set(names)) == 3
    assert [row.name for row in machine.place.office.store.office.masters()] == names
    machine.whole()


def test_former_key_is_refused_and_the_needed_one_named(machine: Machine) -> None:
    (former,) = machine.key_names()
    machine.run("rekey")
    (now,) = machine.key_names()
    shutil.copy(machine.key_file.with_name(f"office.key.former-{former}"), machine.key_file)
    for command in ("serve", "doctor", "verify", "rekey", "backup"):
        told = machine.run(command, code=1)
        if command != "verify":
            assert f"gives key {former}, and this office needs key {now}" in told
            assert "fieldapp key restore" in told


def test_process_that_serves_meanwhile_takes_and_gives_as_before(machine: Machine) -> None:
    place, here = machine.place, machine.place.office
    ama = phone(place, "ama")
    opening = ama.opening(title="The Halloran family")
    ama.push(opening)
    stop, begun = threading.Event(), threading.Event()
    answers: list[str] = []

    def push() -> None:
        while not stop.is_set():
            fresh = ama.opening(title="The family that came meanwhile")
            sent = (ama.write(opening.casefile, VISIT), fresh, ama.write(fresh.casefile, VISIT))
            answers.extend(each["status"] for each in ama.push(*sent))
            ama.hello(digest=True)
            begun.set()
        here.store.close()

    pushing = threading.Thread(target=push)
    pushing.start()
    begun.wait()
    try:
        for _ in range(2):
            done = subprocess.run([COMMAND, "rekey"], capture_output=True, text=True, timeout=60, check=False)
            assert (done.returncode, done.stderr) == (0, "")
    finally:
        stop.set()
        pushing.join()
    assert set(answers) == {"stored"}
    assert len(answers) > 6
    ama.pull_all()
    names = {here.keys.casefile(row.id, row.key).open("title", row.title).decode(): row.id for row in here.store.casefiles.all()}
    page = place.signed_in("marian").get(f"/desk/families/{names['The Tarnley family']}")
    assert "The Tarnley family" in page.text
    machine.whole()
    opened = store.open_still(machine.folder / "office.db")
    found, total = moving.opens_all(opened, Master(config.read().master_key))
    assert found == total > len(TITLES)
    opened.close()


def test_server_process_that_starts_later_takes_the_key_of_then_or_the_one_it_was_given(machine: Machine) -> None:
    settings = config.read()
    machine.run("rekey")
    assert titles(create_app_anew(settings).extensions["fieldapp"]) == TITLES
    settings = config.read()
    machine.key_file.unlink()
    assert titles(create_app_anew(settings).extensions["fieldapp"]) == TITLES
    with pytest.raises(CannotStart, match="There is no key file"):
        config.read()


def test_process_that_cannot_find_the_new_key_adds_nothing_under_the_former(machine: Machine) -> None:
    alone = Keys(config.read().master_key)
    machine.run("rekey")
    opened = machine.place.office.store
    with opened.writing() as tx, pytest.raises(KeyMissing) as missing:
        alone.new_casefile(tx, "one")
    assert [missing.value.name] == machine.key_names()


def test_keys_are_looked_for_again_only_now_and_then(machine: Machine) -> None:
    looked: list[int] = []

    def reread() -> list[bytes]:
        looked.append(1)
        return [bytes(range(32))]

    keys = Keys(bytes(range(1, 33)), reread=reread)
    for _ in range(5):
        with pytest.raises(CannotOpen):
            keys.masters.unwrap(b"place", b"what no key opens")
    assert len(looked) == 1
    wrapped = Master(bytes(range(32))).wrap(b"place", b"a key")
    assert keys.masters.unwrap(b"place", wrapped) == b"a key"
    assert len(looked) == 1


# Killed on the way


def test_kill_at_any_point_leaves_an_office_that_works_and_a_move_that_goes_on(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "_AT_ONCE", 1)
    machine.place.office.store.close()
    start = machine.folder.parent / "start"
    (former,) = machine.key_names()
    shutil.copytree(machine.folder, start)
    call, seen = 1, set()
    while True:
        for name in ("office.db-wal", "office.db-shm"):
            (machine.folder / name).unlink(missing_ok=True)
        shutil.rmtree(machine.folder / "keys")
        shutil.copytree(start, machine.folder, dirs_exist_ok=True)
        if not killed_at(call, ["rekey"], also_sql=True):
            break
        office = machine.opened()
        masters = office.store.office.masters()
        seen.add((len(machine.key_names()), len(masters), masters[-1].settled_at is not None))
        assert titles(office) == TITLES
        assert list(verifying.verify(office.store, office.keys)) == []
        office.store.close()
        call += 1
        if len(machine.key_names()) == 1 and len(masters) == 2:
            continue  # it was done: run again, it would begin another
        machine.run("rekey")
        machine.whole()
        (name,) = machine.key_names()
        office = machine.opened()
        # Begun once, it was gone on with.
        assert [row.name for row in office.store.office.masters()][-1] == name
        assert len(office.store.office.masters()) == 2
        office.store.close()
        # Earlier backups open with it alone.
        assert machine.key_names(machine.key_file.with_name(f"office.key.former-{former}")) == [former]
    assert call > 20
    # Before the new key was there, before anything moved, on the way, and with only the key file left to be tidied.
    assert seen >= {(1, 1, True), (2, 1, True), (2, 2, False), (2, 2, True)}


def between(machine: Machine) -> tuple[str, str]:
    """Leaves the office half way between two keys; returns the names of the new and the former."""
    settings = config.read()
    (former,) = machine.key_names()
    killed = 1
    while len(machine.place.office.store.office.masters()) < 2:
        assert killed_at(killed, ["rekey"], also_sql=True)
        killed += 1
    new, again = machine.key_names()
    assert again == former == Master(settings.master_key).name
    return new, former


def test_office_between_two_keys_names_the_one_that_is_missing(machine: Machine) -> None:
    new, former = between(machine)
    both = machine.key_file.read_text().splitlines()
    for line, missing in ((0, former), (1, new)):
        machine.key_file.write_text(both[line] + "\n")
        with pytest.raises(CannotStart, match=f"needs key {missing}"):
            machine.opened()
    machine.key_file.write_text("\n".join(both))
    assert "still being moved" in machine.run("key", "list")
    assert f"needs key {former}" not in machine.run("rekey")
    assert machine.key_names() == [new]


def test_backup_made_between_two_keys_comes_back_and_goes_on_moving(machine: Machine) -> None:
    new, _ = between(machine)
    machine.run("backup")
    machine.place.office.store.close()
    machine.run("restore", machine.newest_backup())
    assert titles(machine.opened()) == TITLES
    machine.run("rekey")
    assert machine.key_names() == [new]
    machine.whole()


def test_backup_under_a_former_key_names_it_and_comes_back_with_its_line(machine: Machine) -> None:
    machine.run("backup")
    (former,) = machine.key_names()
    machine.run("rekey")
    (new,) = machine.key_names()
    machine.place.office.store.close()
    told = machine.run("restore", machine.newest_backup(), code=1)
    assert f"needs key {former}" in told
    with machine.key_file.open("a") as file:
        file.write(machine.key_file.with_name(f"office.key.former-{former}").read_text())
    machine.run("restore", machine.newest_backup())
    assert titles(machine.opened()) == TITLES
    machine.run("rekey")
    assert machine.key_names() == [new]
    machine.whole()


def test_key_that_opens_under_neither_is_named_and_both_are_kept(machine: Machine) -> None:
    broken = machine.place.office.store.casefiles.all()[0].id
    with machine.place.office.store.writing() as tx:
        tx.casefiles._run("UPDATE casefiles SET key_wrapped = zeroblob(61) WHERE id = ?", broken)
    assert f"casefile {broken}" in machine.run("rekey", code=1)
    assert len(machine.key_names()) == 2
    assert machine.place.office.store.office.masters()[-1].settled_at is None
    assert f"casefile {broken}" in machine.run("rekey", code=1)
    assert len(machine.key_names()) == 2


def test_two_moves_at_once_are_refused(machine: Machine) -> None:
    with hold.for_keys(str(machine.folder / "office.db")):
        assert "just now" in machine.run("rekey", code=1)
    with hold.alone(str(machine.folder / "office.db")):
        assert "being restored" in machine.run("rekey", code=1)
    assert len(machine.key_names()) == 1


# A key that is in no file


def test_key_from_a_command_is_replaced_where_it_is_kept(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = machine.folder / "secret-manager"
    secret.write_text(machine.key_file.read_text())
    machine.key_file.unlink()
    monkeypatch.delenv("FIELDAPP_KEY_FILE")
    script = f"import pathlib;print(pathlib.Path({str(secret)!r}).read_text(),end='')"
    monkeypatch.setenv("FIELDAPP_KEY_COMMAND", shlex.join([sys.executable, "-c", script]))
    machine.whole()
    assert "on its first line and the present key on the second" in machine.run("rekey", code=1)
    new = machine.run("key", "new")
    secret.write_text(new + secret.read_text())
    told = machine.run("rekey")
    assert "take out the second line that FIELDAPP_KEY_COMMAND gives" in told
    machine.whole()
    secret.write_text(new)
    machine.whole()
    assert machine.folder.joinpath("office.db.epoch").exists()


def test_key_from_a_variable_is_replaced_while_nothing_serves(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    present = machine.key_file.read_text()
    monkeypatch.delenv("FIELDAPP_KEY_FILE")
    monkeypatch.setenv("FIELDAPP_KEY", present)
    new = machine.run("key", "new")
    monkeypatch.setenv("FIELDAPP_KEY", new + present)
    with hold.among_others(str(machine.folder / "office.db")):
        assert "stop it first" in machine.run("rekey", code=1)
    machine.run("rekey")
    monkeypatch.setenv("FIELDAPP_KEY", new)
    machine.whole()
    monkeypatch.setenv("FIELDAPP_KEY", present)
    with pytest.raises(CannotStart, match="let FIELDAPP_KEY give that one"):
        machine.opened()


# Offices founded before keys had names


def test_office_of_an_earlier_release_gets_names_and_a_key_of_secrets(machine: Machine) -> None:
    here, master = machine.place.office, config.read().master_key
    of_then = Keys(master)
    of_then._secrets = [type(here.keys._taken_up()[0])(derive(master, "secrets"))]
    with here.store.writing() as tx:
        for row in tx.people.all():
            about = people._about_code(row.id)
            assert row.totp_sealed is not None
            tx.people.set_totp(row.id, of_then.seal_secret(about, here.keys.open_secret(about, row.totp_sealed)))
        reason = of_then.seal_secret("test", b"a reason")
    here.store.close()
    raw = sqlite3.connect(machine.folder / "office.db")
    raw.executescript("DELETE FROM master_keys; DELETE FROM secret_keys; DELETE FROM audit WHERE what = 'tested';")
    took_nothing_down(raw)
    raw.commit()
    raw.close()
    office = open_office(config.read())
    assert [row.name for row in office.store.office.masters()] == machine.key_names()
    assert len(office.store.office.secret_keys()) == 2
    assert office.keys.open_secret("test", reason) == b"a reason", "what the audit's chain covers is never sealed anew"
    for row in office.store.people.all():
        assert row.totp_sealed is not None
        assert people._secret_of(office.keys, row)
        with pytest.raises(CannotOpen):
            of_then.open_secret(people._about_code(row.id), row.totp_sealed)
    with office.store.writing() as tx:
        assert not office.keys.settle(tx, entry.stamp(office.clock())), "once is enough"
    office.store.close()
    machine.run("rekey")
    machine.whole()
