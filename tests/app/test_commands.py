"""The `fieldapp` command as somebody types it on the office's own machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldapp import cli, config, create_app


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


def test_second_person_of_one_address_is_refused_with_a_sentence(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["init"])
    cli.main(["person", "Noor Abara", "noor@harrowmere.example", "administrator"])
    assert cli.main(["person", "Somebody Else", "NOOR@harrowmere.example", "keyworker", "--team", "North"]) == 1
    assert "has an account already" in capsys.readouterr().err


def test_person_cannot_be_added_to_an_office_that_is_not_there(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.make_key(machine / "office.key")
    assert cli.main(["person", "Noor Abara", "noor@harrowmere.example", "administrator"]) == 1
    assert "fieldapp init" in capsys.readouterr().err
