"""An office on a machine of its own, as the commands find it: settings in the environment, a key file, a database, and an app that serves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fieldapp import cli, config, create_app, open_office, people, verifying
from fieldapp.keys import Master
from fieldapp.web.office import Office
from tests.app import harrowmere
from tests.app.harrowmere import Clock, Harrowmere

PEOPLE = (
    ("ama", "keyworker", "Ama Lindqvist"),
    ("reece", "keyworker", "Reece Oduya"),
    ("marian", "supervisor", "Marian Holt-Vane"),
)

TITLES = ["The Aldous family", "The Tarnley family", "The Velmire family"]


@dataclass
class Machine:
    """What somebody at the machine can do: run commands, look at files. `place` is the office as it was served before anything happened to it."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    place: Harrowmere

    @property
    def key_file(self) -> Path:
        return self.folder / "keys" / "office.key"

    def run(self, *command: object, code: int = 0) -> str:
        """Runs a command, and returns what it said."""
        self.capsys.readouterr()
        assert cli.main([str(each) for each in command]) == code, self.capsys.readouterr().err
        said = self.capsys.readouterr()
        return said.out if code == 0 else said.out + said.err

    def key_names(self, path: Path | None = None) -> list[str]:
        """The names of the keys in a key file, as it stands."""
        source = config.source_of({"FIELDAPP_KEY_FILE": str(path or self.key_file)})
        return [Master(raw).name for raw in source.read().keys]

    def opened(self) -> Office:
        """The office as a process that starts now has it."""
        return open_office(config.read())

    def whole(self) -> None:
        """Makes sure that an office that starts now is whole: every name, every second factor, every chain."""
        office = self.opened()
        try:
            assert set(titles(office)) >= set(TITLES)
            for row in office.store.people.all():
                assert people._secret_of(office.keys, row)
            for audit in office.store.audit.all():
                assert (
                    audit.detail is None or audit.what != "tested" or office.keys.open_secret("test", audit.detail) == b"a reason"
                )
            assert list(verifying.verify(office.store, office.keys)) == []
        finally:
            office.store.close()

    def newest_backup(self) -> Path:
        return sorted((self.folder / "backups").glob("*.sealed"))[-1]


def titles(office: Office) -> list[str]:
    """Every casefile's name, opened."""
    rows = office.store.casefiles.all()
    return sorted(office.keys.casefile(row.id, row.key).open("title", row.title).decode() for row in rows)


def make(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Machine:
    """Founds an office with a few people and casefiles, and an app that was started before whatever a test does."""
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    for name in ("FIELDAPP_KEY", "FIELDAPP_KEY_COMMAND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FIELDAPP_KEY_FILE", str(folder / "keys" / "office.key"))
    monkeypatch.setenv("FIELDAPP_DATABASE", str(folder / "office.db"))
    monkeypatch.setenv("FIELDAPP_ORIGIN", "http://localhost:8000")
    monkeypatch.chdir(folder)
    assert cli.main(["init"]) == 0
    clock = Clock(datetime.now(UTC))
    app = create_app(config.read(), clock=clock)
    app.testing = True
    place = Harrowmere(app.extensions["fieldapp"], app, clock)
    with place.office.store.writing() as tx:
        tx.people.add_team("family-support", "Family support")
    for who, role, name in PEOPLE:
        place.add(who, role, "family-support", name)
    for title in TITLES:
        place.note("marian", place.open_casefile("marian", title), purpose="canary of the hallway door")
    with place.office.store.writing() as tx:
        tx.audit.add(
            clock.now.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "", "tested", detail=place.office.keys.seal_secret("test", b"a reason")
        )
    assert place.office.epoch_file is not None
    place.office.epoch_file.note(place.office.store)
    return Machine(folder, capsys, place)
