"""An office does not start on a key that is missing, weak or open to others, and says what to do instead."""

from __future__ import annotations

import base64
import re
import shlex
import sys
from pathlib import Path

import pytest

from fieldapp import config
from fieldapp.errors import CannotStart


def environment(key_file: Path, **other: str) -> dict[str, str]:
    return {"FIELDAPP_KEY_FILE": str(key_file), **other}


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def key_of(raw: bytes) -> str:
    return f"fieldapp-key-1 {base64.urlsafe_b64encode(raw).decode()}\n"


def test_a_made_key_is_read_back_and_stays_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "office.key"
    config.make_key(path)
    settings = config.read(environment(path, FIELDAPP_ORIGIN="https://records.example.org"))
    assert len(settings.master_key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert settings.secure
    assert not settings.demo
    assert base64.b64encode(settings.master_key).decode() not in repr(settings)
    assert str(settings.master_key) not in repr(settings)


def test_two_made_keys_differ(tmp_path: Path) -> None:
    for name in ("one", "two"):
        config.make_key(tmp_path / name)
    assert config.read_key(tmp_path / "one") != config.read_key(tmp_path / "two")


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "office.key"
    config.make_key(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        config.make_key(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "mode", "remedy"),
    [
        (None, 0, "fieldapp init"),
        ("", 0o600, "fieldapp init"),
        ("correct horse battery staple\n", 0o600, "fieldapp init"),
        ("fieldapp-key-1 hunter2\n", 0o600, "is weak"),
        (key_of(b"a" * 32), 0o600, "is weak"),
        (key_of(b"0123456789" * 3 + b"01"), 0o600, "is weak"),
        (key_of(bytes(range(31))), 0o600, "is weak"),
        (key_of(bytes(range(33))), 0o600, "is weak"),
        (key_of(bytes(range(32))), 0o644, "chmod 600"),
        (key_of(bytes(range(32))), 0o660, "chmod 600"),
    ],
)
def test_a_missing_or_weak_key_is_refused_with_the_remedy(tmp_path: Path, text: str | None, mode: int, remedy: str) -> None:
    path = tmp_path / "office.key"
    if text is not None:
        write(path, text, mode)
    with pytest.raises(CannotStart, match=re.escape(remedy)) as refused:
        config.read(environment(path))
    assert text is None or len(text) < 20 or text.split()[-1] not in refused.value.sentence


def test_a_demo_key_serves_this_machine_only(tmp_path: Path) -> None:
    path = tmp_path / "demo.key"
    config.make_key(path, demo=True)
    assert config.read(environment(path)).demo
    with pytest.raises(CannotStart, match="demo key"):
        config.read(environment(path, FIELDAPP_ORIGIN="https://records.example.org"))


@pytest.mark.parametrize(
    "origin",
    [
        "records.example.org", "https://records.example.org/", "ftp://records.example.org", "http://records.example.org", "",
        "https://\udcff", "https://bücher.example", "https://Records.example.org", "https://records.example.org:443",
        "https://records.example.org:65536", "https://records.example.org:x", "https://somebody@records.example.org", "https://a b",
        "https://records.example.org\n", "https://records..example", "https://[::1", "https://",
    ],
)  # fmt: skip
def test_an_origin_that_phones_cannot_use_is_refused(tmp_path: Path, origin: str) -> None:
    path = tmp_path / "office.key"
    config.make_key(path)
    with pytest.raises(CannotStart, match="FIELDAPP_ORIGIN") as refused:
        config.read(environment(path, FIELDAPP_ORIGIN=origin))
    assert refused.value.sentence.encode()


@pytest.mark.parametrize("origin", ["https://records.example.org", "https://xn--bcher-kva.example:8443", "https://[2001:db8::1]"])
def test_an_origin_is_taken_as_browsers_send_it(tmp_path: Path, origin: str) -> None:
    path = tmp_path / "office.key"
    config.make_key(path)
    assert config.read(environment(path, FIELDAPP_ORIGIN=origin)).origin == origin


@pytest.mark.parametrize("port", ["", "0", "65536", "eighty", "-1", "٣"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    path = tmp_path / "office.key"
    config.make_key(path)
    with pytest.raises(CannotStart, match="PORT"):
        config.read(environment(path, PORT=port))


def test_the_port_is_part_of_the_usual_origin(tmp_path: Path) -> None:
    path = tmp_path / "office.key"
    config.make_key(path)
    assert config.read(environment(path, PORT="8123")).origin == "http://localhost:8123"


# Other places than a file


def command_that_prints(folder: Path, text: str, code: int = 0) -> str:
    """A command that does what a secret manager's would."""
    (folder / "secret.txt").write_text(text)
    script = f"import pathlib,sys;print(pathlib.Path({str(folder / 'secret.txt')!r}).read_text(),end='');sys.exit({code})"
    return shlex.join([sys.executable, "-c", script])


def test_key_is_read_from_a_variable_or_from_a_command(tmp_path: Path) -> None:
    key = key_of(bytes(range(32)))
    for environ in ({"FIELDAPP_KEY": key}, {"FIELDAPP_KEY_COMMAND": command_that_prints(tmp_path, key)}):
        settings = config.read({**environ, "FIELDAPP_DATABASE": str(tmp_path / "office.db")})
        assert settings.master_key == bytes(range(32))
        assert settings.former_key is None
        assert settings.beside == tmp_path / "office.db"
        assert key.split()[1] not in repr(settings)


def test_second_line_is_the_key_from_which_the_office_moves(tmp_path: Path) -> None:
    path = write(tmp_path / "office.key", key_of(bytes(range(32))) + key_of(bytes(range(1, 33))))
    settings = config.read(environment(path))
    assert (settings.master_key, settings.former_key) == (bytes(range(32)), bytes(range(1, 33)))


@pytest.mark.parametrize(
    ("text", "code", "remedy"),
    [
        ("", 0, "There is no key in the command"),
        ("hunter2\n", 0, "is not a fieldapp key"),
        (key_of(b"a" * 32), 0, "is weak"),
        (key_of(bytes(range(32))), 3, "ended with 3"),
        (key_of(bytes(range(32))) * 2, 0, "is weak"),
        (key_of(bytes(range(32))) + "fieldapp-demo" + key_of(bytes(range(1, 33)))[8:], 0, "is not a fieldapp key"),
    ],
)
def test_command_that_gives_no_good_key_is_refused_and_never_quoted(tmp_path: Path, text: str, code: int, remedy: str) -> None:
    with pytest.raises(CannotStart, match=re.escape(remedy)) as refused:
        config.read({"FIELDAPP_KEY_COMMAND": command_that_prints(tmp_path, text, code)})
    assert "secret.txt" not in refused.value.sentence
    assert not any(word in refused.value.sentence for word in text.split() if len(word) > 20)


def test_command_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for command in (str(tmp_path / "gone"), "'open quote"):
        with pytest.raises(CannotStart, match="cannot be run"):
            config.read({"FIELDAPP_KEY_COMMAND": command})


def test_two_places_for_one_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="FIELDAPP_KEY_FILE and FIELDAPP_KEY are both set"):
        config.read({"FIELDAPP_KEY": key_of(bytes(range(32))), "FIELDAPP_KEY_FILE": str(tmp_path / "office.key")})


def test_no_setting_shows_a_command_or_a_key_when_it_is_printed() -> None:
    source = config.source_of({"FIELDAPP_KEY_COMMAND": "fetch --password canary"})
    assert "canary" not in repr(source)
    assert "canary" not in repr(config.source_of({"FIELDAPP_KEY": "canary"}))


# Proxies and the council's own sign-in

COUNCIL = {
    "FIELDAPP_OIDC_ISSUER": "https://login.council.example/v2.0",
    "FIELDAPP_OIDC_CLIENT_ID": "fieldapp",
    "FIELDAPP_OIDC_CLIENT_SECRET": "between us",
}


def test_number_of_proxies_is_none_unless_said(tmp_path: Path) -> None:
    path = tmp_path / "office.key"
    config.make_key(path)
    assert config.read(environment(path)).proxies == 0
    assert config.read(environment(path, FIELDAPP_PROXIES="2")).proxies == 2
    for wrong in ("", "-1", "one", "10", "١"):
        with pytest.raises(CannotStart, match="FIELDAPP_PROXIES"):
            config.read(environment(path, FIELDAPP_PROXIES=wrong))


def test_council_is_known_by_its_issuer_and_its_secret_from_a_variable_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "office.key"
    config.make_key(path)
    assert config.read(environment(path)).council is None
    known = config.CouncilSettings("https://login.council.example/v2.0", "fieldapp", "between us", "")
    assert config.read(environment(path, **COUNCIL)).council == known
    secret = write(tmp_path / "secret", "between us\n")
    from_file = {**COUNCIL, "FIELDAPP_OIDC_CLIENT_SECRET": "", "FIELDAPP_OIDC_CLIENT_SECRET_FILE": str(secret)}
    settings = config.read(environment(path, **from_file))
    assert settings.council == known
    assert "between us" not in repr(settings)


@pytest.mark.parametrize(
    ("other", "remedy"),
    [
        ({"FIELDAPP_OIDC_ISSUER": ""}, "FIELDAPP_OIDC_ISSUER must be the https address"),
        ({"FIELDAPP_OIDC_ISSUER": "http://login.council.example"}, "FIELDAPP_OIDC_ISSUER must be the https address"),
        ({"FIELDAPP_OIDC_ISSUER": "https://login.council.example?tenant=1"}, "FIELDAPP_OIDC_ISSUER must be the https address"),
        ({"FIELDAPP_OIDC_CLIENT_ID": ""}, "FIELDAPP_OIDC_CLIENT_ID is missing"),
        ({"FIELDAPP_OIDC_CLIENT_SECRET": ""}, "Set either"),
        ({"FIELDAPP_OIDC_CLIENT_SECRET_FILE": "x"}, "Set either"),
        ({"FIELDAPP_OIDC_CLIENT_SECRET": "", "FIELDAPP_OIDC_CLIENT_SECRET_FILE": "/nowhere/secret"}, "cannot be read"),
    ],
)
def test_half_a_council_is_refused_with_its_remedy(tmp_path: Path, other: dict[str, str], remedy: str) -> None:
    path = tmp_path / "office.key"
    config.make_key(path)
    with pytest.raises(CannotStart, match=remedy) as refused:
        config.read(environment(path, **{**COUNCIL, **other}))
    assert "between us" not in refused.value.sentence
