"""One casefile as evidence: checked by a program that shares no code with the office, and whatever is changed in it is named."""

from __future__ import annotations

import ast
import copy
import importlib.util
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fieldapp import checkpoints, cli, evidence, people
from fieldapp.demo.phone import enrolment
from fieldapp.keys import hash_text, new_id, sha256
from sync import chain, entry
from tests.app import harrowmere
from tests.app.harrowmere import VISIT, Harrowmere
from tests.app.phone import Handset, phone, street
from tests.app.test_backups import add_casefile
from tests.app.test_verify import lived_in

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "docs" / "check_evidence.py"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Harrowmere, str, bytes, bytes]:
    """An office in which much has happened: its casefile, that casefile as evidence, and a checkpoint that somebody kept."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(people, "_hasher", harrowmere.quick_hasher)
        place = street(tmp_path_factory.mktemp("evidence"))
        _, casefile, _ = lived_in(place)
    _, kept = checkpoints.export(place.office.store, place.office.keys, place.clock())
    return place, casefile, exported(place, casefile), kept


def exported(place: Harrowmere, casefile: str) -> bytes:
    return evidence.export(place.office.store, place.office.keys, casefile, "asked for by the court", place.clock())


def check(folder: Path, *files: bytes) -> tuple[int, str]:
    """Runs the program as docs/evidence.md says, with nothing of this checkout on its path."""
    names = ["EVIDENCE.json", "CHECKPOINT.json"][: len(files)]
    for name, data in zip(names, files, strict=True):
        (folder / name).write_bytes(data)
    done = subprocess.run([sys.executable, "-I", PROGRAM, *names], cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def program() -> ModuleType:
    """The same program inside this process, for many files."""
    spec = importlib.util.spec_from_file_location("check_evidence", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_stranger_checks_a_casefile_with_another_librarys_eyes(
    lived: tuple[Harrowmere, str, bytes, bytes], tmp_path: Path
) -> None:
    place, casefile, told, kept = lived
    key = next(row.kid for row in place.office.store.signers.of_person(place.id("ama")))[:8]
    code, said = check(tmp_path, told)
    assert code == 0, said
    assert f"Casefile {casefile}" in said
    assert f"Ama Lindqvist, signed on their phone with key {key}; text unchanged" in said
    assert f"Ama Lindqvist, signed on their phone with key {key}; text erased" in said
    assert "Marian Holt-Vane, recorded by the office; text unchanged" in said
    assert "No checkpoint was given" in said
    code, said = check(tmp_path, told, kept)
    assert code == 0, said
    seq = place.office.store.casefiles.get(casefile).seq  # type: ignore[union-attr]
    assert f"Entries 1 to {seq} are, byte for byte and in this order" in said
    assert re.search(rf"Key {key}: Ama Lindqvist, phone \S+, set up \S+, before the checkpoint; 4 entries", said)


HOSTILE = "Ama\r\n  All 99 entries hold.\x1b[2J\u202e\x9b31m <script>alert(1)</script>"


def test_whatever_is_typed_into_it_stands_in_one_line_and_the_text_goes_out_letter_by_letter(
    place: Harrowmere, tmp_path: Path, program: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ama = phone(place, "ama")
    opening = ama.opening(title=HOSTILE)
    note = ama.write(opening.casefile, {**VISIT, "seen_and_heard": HOSTILE})
    ama.push(opening, note)
    with closing(sqlite3.connect(place.office.store.path)) as db, db:
        db.execute("UPDATE people SET name = ? WHERE id = ?", (f"{HOSTILE} Łucja", ama.person))
    told = exported(place, opening.casefile)
    bodies = [json.loads(each["body"])["fields"] for each in json.loads(told)["entries"]]
    assert bodies == [{**bodies[0], "title": HOSTILE}, {**VISIT, "seen_and_heard": HOSTILE}]
    code, said = check(tmp_path, told)
    assert code == 0
    # The heading, a line for each entry and each key, and the last.
    assert len(said.splitlines()) == 1 + len(bodies) + 1 + 1
    assert all(line.isprintable() for line in said.splitlines())
    assert said.splitlines()[-1].startswith(f"All {len(bodies)} entries hold.")
    # A screen that lacks a letter of somebody's name says nothing against the file.
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", screen)
    assert program.main([str(tmp_path / "EVIDENCE.json")]) == 0


def test_program_shares_no_code_with_the_office() -> None:
    tree = ast.parse(PROGRAM.read_text())
    asked = {each.module or "" for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    asked |= {name.name for each in ast.walk(tree) if isinstance(each, ast.Import) for name in each.names}
    assert {name.partition(".")[0] for name in asked} <= {"joserfc", *sys.stdlib_module_names}


def test_page_gives_the_command_that_is_tested() -> None:
    told = (ROOT / "docs" / "evidence.md").read_text()
    assert "python docs/check_evidence.py EVIDENCE.json CHECKPOINT.json" in told
    assert "fieldapp export evidence --casefile=ID --to EVIDENCE.json --reason" in told


def leaves(told: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of the file."""
    if isinstance(told, (dict, list)):
        for name, value in told.items() if isinstance(told, dict) else enumerate(told):
            yield from leaves(value, (*path, name))
        return
    yield path


def bent(told: Any, path: tuple[Any, ...]) -> Any:
    """A copy with one value changed: a letter in the middle of a text, or a number by one."""
    other = copy.deepcopy(told)
    *way, last = path
    at = other
    for name in way:
        at = at[name]
    value = at[last]
    if isinstance(value, int):
        at[last] = value + 1
    elif value == "":
        at[last] = "x"
    else:
        middle = len(value) // 2
        at[last] = value[:middle] + ("B" if value[middle] == "A" else "A") + value[middle + 1 :]
    return other


SAID_BY_THE_OFFICE = {"people", "made_at"}
"""What no signature covers. docs/evidence.md says so."""


def test_whichever_value_of_the_file_is_another_it_does_not_hold(
    lived: tuple[Harrowmere, str, bytes, bytes], program: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(lived[2])
    missed = []
    for path in leaves(told):
        (tmp_path / "bent.json").write_text(json.dumps(bent(told, path)))
        ended = program.main([str(tmp_path / "bent.json")])
        if ended == 0 and path[0] not in SAID_BY_THE_OFFICE:
            missed.append(path)
    assert missed == []
    assert "DOES NOT HOLD" in capsys.readouterr().out


def test_whichever_value_of_the_checkpoint_is_another_it_does_not_hold(
    lived: tuple[Harrowmere, str, bytes, bytes], program: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "whole.json").write_bytes(lived[2])
    told = json.loads(lived[3])
    for path in leaves(told):
        (tmp_path / "bent.json").write_text(json.dumps(bent(told, path)))
        assert program.main([str(tmp_path / "whole.json"), str(tmp_path / "bent.json")]) != 0, path
    assert "another office's" in capsys.readouterr().out


def without(told: dict[str, Any], at: int) -> dict[str, Any]:
    return {**told, "entries": told["entries"][:at] + told["entries"][at + 1 :]}


def swapped(told: dict[str, Any]) -> dict[str, Any]:
    first, second, third, *rest = told["entries"]
    return {**told, "entries": [first, third, second, *rest]}


def test_entry_left_out_or_in_another_place_is_named(lived: tuple[Harrowmere, str, bytes, bytes], tmp_path: Path) -> None:
    told = json.loads(lived[2])
    code, said = check(tmp_path, json.dumps(without(told, 1)).encode())
    assert (code, "entry 2: the chain is broken here" in said) == (1, True)
    code, said = check(tmp_path, json.dumps(swapped(told)).encode())
    assert (code, "entry 2: the chain is broken here" in said) == (1, True)


def test_end_that_is_cut_off_is_seen_by_the_checkpoint_alone(place: Harrowmere, tmp_path: Path) -> None:
    ama = phone(place, "ama")
    opening = ama.opening()
    ama.push(opening, ama.write(opening.casefile, VISIT))
    _, kept = checkpoints.export(place.office.store, place.office.keys, place.clock())
    cut = json.dumps(without(json.loads(exported(place, opening.casefile)), 1)).encode()
    assert check(tmp_path, cut)[0] == 0
    code, said = check(tmp_path, cut, kept)
    assert (code, "entries 1 to 2 are not those that the checkpoint of" in said) == (1, True)


def test_office_that_writes_history_anew_with_its_own_keys_is_shown_by_the_checkpoint(place: Harrowmere, tmp_path: Path) -> None:
    """The operator has every key of the office: chains and desk entries can be made anew, an entry by a phone cannot."""
    ama = phone(place, "ama")
    opening = ama.opening()
    ama.push(opening, ama.write(opening.casefile, VISIT))
    here = place.office
    review = place.write("marian", "review", opening.casefile, {"decision": "noted", "covers": []})
    _, kept = checkpoints.export(here.store, here.keys, place.clock())
    told = json.loads(exported(place, opening.casefile))
    other = json.loads(exported(place, opening.casefile))
    # The desk's word is replaced by another one, signed as it should be, and the chain after it made whole.
    body = entry.make_body(b"s" * 16, {"decision": "signed_off", "covers": []})
    at = next(n for n, each in enumerate(other["entries"]) if id_of(each) == review.id)
    header = json.loads(entry.unb64u(other["entries"][at]["jws"].split(".")[1]))
    header["body_hash"] = hash_text(body)
    desk = here.keys.ring(here.store).desk
    other["entries"][at]["jws"] = desk.jws("fieldapp-entry", json.dumps(header, separators=(",", ":")).encode())
    other["entries"][at]["body"] = body.decode()
    chained_anew(other)
    assert check(tmp_path, json.dumps(told).encode(), kept)[0] == 0
    assert check(tmp_path, json.dumps(other).encode())[0] == 0
    code, said = check(tmp_path, json.dumps(other).encode(), kept)
    assert (code, "are not those that the checkpoint of" in said) == (1, True)
    # The worker's own note in other words: the office has no key that could sign it.
    other["entries"][1]["body"] = other["entries"][1]["body"].replace("seen", "not seen", 1)
    code, said = check(tmp_path, json.dumps(other).encode())
    assert (code, "entry 2: its text is not the one that was signed" in said) == (1, True)


def test_phone_that_the_office_invents_for_somebody_is_a_key_that_no_earlier_checkpoint_knew(
    place: Harrowmere, tmp_path: Path
) -> None:
    """Whoever runs the office can enrol a phone that nobody has. Its entries hold; that it is another phone, and since when, is what shows."""
    ama = phone(place, "ama")
    opening = ama.opening()
    ama.push(opening)
    _, kept = checkpoints.export(place.office.store, place.office.keys, place.clock())
    invented = Handset(place, "ama", place.app.test_client(), person=ama.person, device=new_id(), keyset=ama.keyset)
    claim = enrolment(invented.key, at=place.clock(), replaces="", person=ama.person, device=invented.device, nonce="x")
    forged = invented.write(opening.casefile, VISIT)
    told = json.loads(exported(place, opening.casefile))
    last = told["enrolments"][-1]
    link = {"n": last["n"] + 1, "id": id_of({"jws": claim}), "jws": claim, "received_at": last["received_at"]}
    link["log_hash"] = chain.enrolment_hash(sha256, last["log_hash"], link["n"], link["id"], claim, link["received_at"])
    told["enrolments"].append(link)
    told["entries"].append({"seq": 2, "received_at": last["received_at"], "jws": forged.jws, "body": forged.body.decode()})
    chained_anew(told)
    code, said = check(tmp_path, json.dumps(told).encode(), kept)
    assert code == 0
    assert re.search(rf"Key {ama.key.kid[:8]}: .*, before the checkpoint; 1 entries", said)
    assert re.search(rf"Key {invented.key.kid[:8]}: .*phone {invented.device}, .*, AFTER the checkpoint; 1 entries", said)
    # Put before the others it would have been there in time: the chain that the checkpoint covers is then another.
    told["enrolments"].insert(0, told["enrolments"].pop())
    prev = ""
    for n, each in enumerate(told["enrolments"], 1):
        jws_hash = hash_text(each["jws"].encode()) if "jws" in each else each["jws_hash"]
        prev = hash_text(f"fieldapp enrolment 1\n{prev}\n{n}\n{each['id']}\n{jws_hash}\n{each['received_at']}\n".encode())
        each |= {"n": n, "log_hash": prev}
    code, said = check(tmp_path, json.dumps(told).encode(), kept)
    assert (code, "the enrolments are not those that the checkpoint covers" in said) == (1, True)


def id_of(told: dict[str, Any]) -> str:
    return hash_text(told["jws"].rpartition(".")[0].encode())


def chained_anew(told: dict[str, Any]) -> None:
    """Makes the chain whole again, as whoever has the office's keys can."""
    prev = ""
    for each in told["entries"]:
        prev = chain.log_hash(sha256, prev, told["casefile"], each["seq"], id_of(each), each["jws"], each["received_at"])
        each["log_hash"] = prev


def test_who_wrote_nothing_there_is_named_nowhere(place: Harrowmere) -> None:
    ama, reece = phone(place, "ama"), phone(place, "reece")
    opening = ama.opening()
    ama.push(opening)
    data = exported(place, opening.casefile).decode()
    told = json.loads(data)
    said = data + "".join(str(entry.unb64u(each["jws"].split(".")[1])) for each in told["enrolments"] if "jws" in each)
    assert ama.person in said
    assert ama.device in said
    assert not [each for each in ("Reece", reece.person, reece.device, reece.key.kid) if each in said]
    assert len(told["enrolments"]) == 2


def test_command_writes_it_once_and_the_audit_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FIELDAPP_KEY_FILE", str(tmp_path / "office.key"))
    monkeypatch.setenv("FIELDAPP_DATABASE", str(tmp_path / "office.db"))
    monkeypatch.setenv("FIELDAPP_ORIGIN", "http://localhost:8000")
    assert cli.main(["init"]) == 0
    target = tmp_path / "EVIDENCE.json"
    asked = ["export", "evidence", f"--casefile={new_id()}", "--to", str(target)]
    assert cli.main(asked) == 1
    assert cli.main([*asked, "--reason", "court"]) == 1
    assert "has no casefile" in capsys.readouterr().err
    assert not target.exists()
    casefile = add_casefile()
    asked = ["export", "evidence", f"--casefile={casefile}", "--to", str(target), "--reason", "court"]
    assert cli.main(asked) == 0
    assert target.stat().st_mode & 0o077 == 0
    assert check(tmp_path, target.read_bytes())[0] == 0
    assert cli.main(asked) == 1
    capsys.readouterr()
    assert cli.main(["export", "audit"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["casefile"] for row in rows if row["what"] == "evidence exported"] == [casefile]
