"""`fieldapp device` as somebody types it on the office's own machine: which phones there are, and what one of them is from now on."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from fieldapp import cli, open_office, radar, upkeep
from fieldapp.store.audit import DECISIONS_ASKED
from tests.app.harrowmere import VISIT, words_of
from tests.app.machine import TITLES, Machine
from tests.app.phone import Handset, phone


@pytest.fixture
def machine(office_machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The office's own machine, with the same time there as on the phones."""
    clock = office_machine.place.clock
    monkeypatch.setattr(upkeep, "open_office", lambda settings: open_office(settings, clock))
    return office_machine


@pytest.fixture
def ama(machine: Machine) -> Handset:
    return phone(machine.place, "ama")


@pytest.fixture
def reece(machine: Machine) -> Handset:
    return phone(machine.place, "reece")


def with_a_gap(handset: Handset) -> str:
    """A phone that opened a family and sent a note, but not the one before it. Returns the family."""
    opening = handset.opening()
    handset.push(opening)
    handset.write(opening.casefile, VISIT)
    handset.push(handset.write(opening.casefile, VISIT))
    return opening.casefile


def status(machine: Machine, handset: Handset) -> str:
    row = machine.place.office.store.signers.device(handset.device)
    assert row is not None
    return row.status


def test_phones_are_listed_with_whose_they_are_what_waits_and_what_to_look_into(
    machine: Machine, ama: Handset, reece: Handset
) -> None:
    family = with_a_gap(ama)
    ama.hello(digest=True, waiting={"count": 3, "oldest_at": "2026-11-20T08:00:00.000Z"})
    store = machine.place.office.store
    with store.writing() as tx:
        tx.alarms.raise_lost(reece.key.kid, reece.device, 1, 2, "2026-11-21T08:00:00.000Z", 1, None)
    told = machine.run("device", "list")
    assert f"{ama.device}  Ama Lindqvist <ama@harrowmere.example>\n  in use, last heard from 20" in told
    assert (
        "3 wait, the oldest since 2026-11-20T08:00:00.000Z\n  look into: 1 of its items did not come, though later ones did (20"
        in told
    )
    assert "  look into: it lost its notes (2026-11-21T08:00:00.000Z); 1 waited on it" in told
    # `fieldapp device` alone is the same, and a person's are those of theirs.
    assert machine.run("device") == told
    both: list[dict[str, Any]] = json.loads(machine.run("device", "list", "--json"))
    assert {each["device"] for each in both} == {ama.device, reece.device}
    (own,) = json.loads(machine.run("device", "list", "--json", "--person", "AMA@harrowmere.example"))
    seen = store.signers.device(ama.device)
    assert seen is not None
    assert own == {
        "device": ama.device, "people": [{"email": "ama@harrowmere.example", "name": "Ama Lindqvist"}], "state": "ok",
        "set_up_at": seen.made_at, "seen_at": seen.seen_at, "waiting": 3, "oldest_waiting_at": "2026-11-20T08:00:00.000Z",
        "alarms": [{"what": "gap", "count": 1, "at": own["alarms"][0]["at"]}],
    }  # fmt: skip
    for said in (told, json.dumps(both)):
        assert not [each for each in (*TITLES, "family", family, VISIT["purpose"]) if each in said]
    assert "There is no such phone" in machine.run("device", "list", "--person", "marian@harrowmere.example")


def test_list_names_a_phone_that_nobody_finished_setting_up_and_an_office_without_phones(machine: Machine) -> None:
    assert machine.run("device", "list") == "No phone was set up yet.\n"
    assert json.loads(machine.run("device", "list", "--json")) == []
    with machine.place.office.store.writing() as tx:
        # Whoever wrote into the database chose the id: it moves no cursor and begins no line.
        tx.signers.add_device("\x1b[2Jx\ny", "h", "2026-11-21T08:00:00.000Z")
    assert machine.run("device").splitlines()[0] == r"\x1b[2Jx\ny  set-up not finished"


def test_a_lost_phone_fetches_nothing_and_what_it_sends_waits_until_the_machine_says_it_is_in_use(
    machine: Machine, ama: Handset
) -> None:
    opening = ama.opening()
    ama.push(opening)
    told = machine.run("device", "lost", "--reason", "She left it on the bus.", "--", ama.device[:6])
    assert f"Ama Lindqvist’s phone ({ama.device}) is reported lost from now on" in told
    assert status(machine, ama) == "lost"
    assert ama.push(ama.write(opening.casefile, VISIT))[0]["status"] == "quarantined"
    assert "reported lost" in machine.run("device", "list")
    told = machine.run("device", "in-use", "--reason", "It was under the seat.", "--", ama.device)
    assert "Placed now, because they waited only for this: 1." in told
    assert status(machine, ama) == "ok"
    assert "no longer used" in machine.run("device", "ended", "--reason", "She has another one.", "--", ama.device)
    assert status(machine, ama) == "ended"
    rows = [row for row in machine.place.office.store.audit.all() if row.what.startswith("device ")]
    assert [(row.what, row.person) for row in rows] == [("device lost", ""), ("device ok", ""), ("device ended", "")]
    keys = machine.place.office.keys
    reasons = [json.loads(keys.open_secret("phone", row.detail)) for row in rows if row.detail is not None]
    assert reasons[0] == {"device": ama.device, "why": "She left it on the bus."}
    assert len(reasons) == 3
    machine.whole()


def test_what_was_said_of_a_phone_at_the_machine_and_at_the_desk_stands_on_its_page(
    machine: Machine, ama: Handset, reece: Handset
) -> None:
    # Given a phone that was found again, and is no longer used; and another that is lost
    place, page = machine.place, f"/desk/phones/{ama.device}"
    machine.run("device", "lost", "--reason", "She left it on the bus.", "--", ama.device)
    marian = place.signed_in("marian")
    form = {"status": "ok", "text-why": "She has it again, by the Tarnleys.", "was": "lost"}
    assert marian.send(page, f"{page}/status", form).status_code == 303
    form = {"whose": ama.key.kid, "text-ended": "She has another."}
    assert marian.send(page, f"{page}/people/end", form).status_code == 303
    machine.run("device", "lost", "--reason", "Of another phone.", "--", reece.device)

    # Then its page says each, the newest first, who said it and why
    said = words_of(marian.get(page))
    told = [
        "Ama Lindqvist no longer uses it: said by Marian Holt-Vane, ",
        "– She has another.",
        "In use: said by Marian Holt-Vane, ",
        "– She has it again, by the Tarnleys.",
        "Reported lost: said by the office’s own machine, ",
        "– She left it on the bus.",
    ]
    assert [each for each in told if each not in said] == [], said
    assert sorted(told, key=said.find) == told, said
    assert "Of another phone." not in said
    # And an administrator the same, but for what a supervisor wrote, which may name a family
    place.add("admin", "administrator", None)
    admin = words_of(place.signed_in("admin").get(page))
    assert "In use: said by Marian Holt-Vane, " in admin
    assert "– She left it on the bus." in admin
    assert "Tarnley" not in admin
    # And nobody walks the audit of years for it
    store = place.office.store
    plan = [row["detail"] for row in store.audit._rows(f"EXPLAIN QUERY PLAN {DECISIONS_ASKED}", "")]
    assert any("audit_decisions" in step for step in plan), plan


def test_what_the_machine_says_of_a_phone_is_noted_beside_the_key_file(
    machine: Machine, ama: Handset, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[str, int]] = []
    monkeypatch.setattr("fieldapp.epoch.EpochFile.note", lambda _file, store, kind: noted.append((kind, store.audit.next()[0])))
    machine.run("device", "lost", "--reason", "stolen", "--", ama.device)
    assert noted[-1:] == [("phones", machine.place.office.store.audit.next()[0])]


@pytest.mark.parametrize(
    ("action", "device", "reason", "said"),
    [
        ("lost", "zz", "stolen", "There is no phone zz"),
        ("lost", "", "stolen", "There is no phone"),
        ("lost", "\udcff", "stolen", r"There is no phone \udcff"),
        ("lost", "x", "stolen", "2 phones begin with x: give more of the id"),
        ("lost", "x1", " ", "Give the reason after --reason"),
        ("lost", "x1", "w" * (radar.LONGEST_WHY + 1), "Give the reason after --reason"),
        ("lost", "x1", "\udcff", "Give the reason after --reason"),
        ("in-use", "x1", "found", "A phone whose set-up was not finished (x1) is in use already"),
    ],
)
def test_phone_that_cannot_be_decided_on_so_stays_and_a_sentence_says_why(
    machine: Machine, action: str, device: str, reason: str, said: str
) -> None:
    store = machine.place.office.store
    with store.writing() as tx:
        for id in ("x1", "x2"):
            tx.signers.add_device(id, id, "2026-11-21T08:00:00.000Z")
    before = store.audit.next()[0]
    told = machine.run("device", action, device, "--reason", reason, code=1)
    assert said in told
    assert "Nothing was changed." in told
    assert [each.status for each in store.signers.devices()] == ["ok", "ok"]
    assert store.audit.next()[0] == before


def test_a_whole_id_is_that_phone_though_another_begins_with_it(machine: Machine) -> None:
    store = machine.place.office.store
    with store.writing() as tx:
        for id in ("-x", "-x2"):
            tx.signers.add_device(id, id, "2026-11-21T08:00:00.000Z")
    machine.run("device", "lost", "--reason", "stolen", "--", "-x")
    assert {each.id: each.status for each in store.signers.devices()} == {"-x": "lost", "-x2": "ok"}


@pytest.mark.parametrize("email", ["nobody@harrowmere.example", "", "\udcff", "\x1b[2J"])
def test_phones_of_nobody_here_are_refused_with_a_sentence(machine: Machine, email: str) -> None:
    assert "Nobody here has the address" in machine.run("device", "list", "--person", email, code=1)


def test_rows_that_are_no_text_are_no_traceback(machine: Machine, ama: Handset) -> None:
    store = machine.place.office.store
    raw = sqlite3.connect(store.path, isolation_level=None)
    raw.execute("UPDATE devices SET made_at = CAST(x'ff' AS TEXT)")
    raw.close()
    for command in (["list"], ["lost", "--reason", "stolen", "--", ama.device]):
        assert "StoreDamaged" in machine.run("device", *command, code=1)


@pytest.mark.parametrize("action", [[], ["list"], ["lost"], ["in-use"], ["ended"]])
def test_device_says_what_it_does_when_asked(capsys: pytest.CaptureFixture[str], action: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["device", *action, "--help"])
    assert ended.value.code == 0
    assert "phone" in capsys.readouterr().out
