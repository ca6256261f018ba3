"""Who may read, what opens an account and who responds to risk: the audit takes every change down, and what another hand changed stays known whatever comes after."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldapp import (
    accepting,
    accounts,
    arrangements,
    auditing,
    backups,
    checkpoints,
    cli,
    config,
    leaves,
    open_office,
    own_account,
    people,
    receipts,
    responders,
    rotas,
    signers,
    verifying,
    widening,
)
from fieldapp.epoch import EpochFile
from fieldapp.errors import FieldappError
from fieldapp.keys import Keys, new_id
from fieldapp.people import Person
from fieldapp.responders import Responder
from fieldapp.store import DatabaseIsNewer, open_still
from fieldapp.store import arrangements as kept_arrangements
from fieldapp.store import open as open_store
from fieldapp.store.arrangements import TABLES, WRITTEN_DOWN
from fieldapp.store.audit import AuditRow
from fieldapp.store.copying import copy
from fieldapp.store.second_factors import PasskeyRow
from fieldapp.verifying import Fault, sentence
from fieldapp.verifying.arrangements import PLACES, Replay
from fieldapp.widening import Wish
from sync.entry import stamp
from tests.app import harrowmere
from tests.app.another_hand import chain_anew, took_nothing_down
from tests.app.harrowmere import PASSWORD, Harrowmere, words_of
from tests.app.phone import Handset

LATER = timedelta(days=3)


def raw_of(place: Harrowmere) -> closing[sqlite3.Connection]:
    """The database as another hand has it: without the office's program."""
    raw = sqlite3.connect(place.office.store.path, isolation_level=None)
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("PRAGMA ignore_check_constraints = ON")
    return closing(raw)


def faults(place: Harrowmere) -> list[Fault]:
    return list(verifying.verify(place.office.store, place.office.keys))


def how(fault: Fault) -> str:
    """How it was changed, without what is there now."""
    return fault.detail.partition(",")[0]


def lines(place: Harrowmere) -> list[str]:
    """What verify says and nobody has let stand."""
    return [sentence(each) for each in faults(place) if not each.is_accepted]


def codes(place: Harrowmere) -> list[str]:
    return [each.code for each in faults(place)]


def taken_down(place: Harrowmere) -> list[AuditRow]:
    return [row for row in place.office.store.audit.all() if row.what == WRITTEN_DOWN]


@pytest.fixture
def tarnley(place: Harrowmere) -> str:
    return place.open_casefile("ama", "Tarnley", readers=("reece",))


# What another hand did


def test_verify_says_whom_another_hand_let_in_or_no_longer_kept_out(place: Harrowmere, tarnley: str) -> None:
    here, marian, reece = place.office, place.people["marian"], place.id("reece")
    other = place.open_casefile("ama", "Velmire")
    section = leaves.open_section(
        here.store, here.keys, here.practice, marian, tarnley, title="Safe number", readers=[place.id("ama")], kept_out=[reece],
        now=place.clock(),
    )  # fmt: skip
    assert faults(place) == []
    with raw_of(place) as raw:
        raw.execute("DELETE FROM kept_out WHERE casefile = ?", [section])
        raw.execute("INSERT INTO readers VALUES (?, ?, '2026-01-01T00:00:00.000Z', NULL, 'named')", [section, reece])
        raw.execute("UPDATE sections SET family = ? WHERE casefile = ?", [other, section])
    assert {how(each) for each in faults(place)} == {"taken out", "put in", "changed"}
    assert {each.place for each in faults(place)} == {
        f"casefile {section}, from which is kept out person {reece}",
        f"casefile {section}, reader {reece}",
        f"private section {section}, the family it belongs to",
    }


def test_change_by_another_hand_stays_named_when_the_office_changes_the_same_again(place: Harrowmere, tarnley: str) -> None:
    here, marian, jos = place.office, place.people["marian"], place.id("jos")
    with raw_of(place) as raw:
        raw.execute("INSERT INTO readers VALUES (?, ?, '2026-01-01T00:00:00.000Z', NULL, 'named')", [tarnley, jos])
    leaves.end(here.store, here.keys, marian, tarnley, jos, at_end="", reason="Who named her?", now=place.clock())
    assert [(each.code, each.place) for each in faults(place)] == [("arranged_then", f"casefile {tarnley}, reader {jos}")]


def test_second_factor_that_another_hand_exchanged_for_a_while_stays_named(place: Harrowmere) -> None:
    here = place.office
    with raw_of(place) as raw:
        (then,) = raw.execute("SELECT totp_sealed FROM people WHERE id = ?", [place.id("marian")]).fetchone()
        raw.execute("UPDATE people SET totp_sealed = NULL WHERE id = ?", [place.id("marian")])
        own_account.change_password(here.store, place.people["marian"], "three other words", place.clock())
        raw.execute("UPDATE people SET totp_sealed = ? WHERE id = ?", [then, place.id("marian")])
    assert "arranged_then" in codes(place)


def test_sign_in_that_nobody_made_stays_named_after_it_ran_out(place: Harrowmere) -> None:
    here, at = place.office, stamp(place.clock())
    with raw_of(place) as raw:
        raw.execute(
            "INSERT INTO sessions (id, person, made_at, seen_at, via) VALUES ('s', ?, ?, ?, '')", [place.id("marian"), at, at]
        )
    assert codes(place) == ["arranged"]
    place.clock.pass_by(hours=13)
    people.begin_session(here.store, place.people["jos"], place.clock())
    assert [each.code for each in faults(place)] == ["arranged_then"]


def test_sign_in_kept_awake_by_another_hand_ends_after_twelve_hours_all_the_same(place: Harrowmere) -> None:
    marian = place.signed_in("marian")
    with raw_of(place) as raw:
        raw.execute("UPDATE sessions SET seen_at = '9999-01-01T00:00:00.000Z'")
    place.clock.pass_by(hours=11, minutes=59)
    assert marian.get("/desk/board").status_code == 200
    assert faults(place) == []
    place.clock.pass_by(minutes=1)
    assert marian.get("/desk/board").status_code == 303


def name(place: Harrowmere, who: str) -> None:
    """Marian says who responds to the one questionnaire that can show risk."""
    here = place.office
    saw, named = responders.settled(here.store).hash, {"phq-9": Responder(who, "ring 01632 960 171") if who else None}
    responders.settle(here.store, here.keys, place.id("marian"), named, saw=saw, now=place.clock())


RESPONDS = "who responds when a questionnaire shows risk"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE settings SET value = replace(value, '171', '172') WHERE name = 'responders'", "changed"),
        ("DELETE FROM settings WHERE name = 'responders'", "taken out"),
        ("UPDATE settings SET name = 'former' WHERE name = 'responders'", "taken out"),
    ],
    ids=["another number", "nobody", "under another name"],
)
def test_verify_says_that_another_hand_changed_whom_a_keyworker_is_told_to_ring(
    place: Harrowmere, statement: str, said: str
) -> None:
    name(place, "Marian")
    assert faults(place) == []
    with raw_of(place) as raw:
        raw.execute(statement)
    assert [(each.code, each.place, how(each)) for each in faults(place)] == [("arranged", RESPONDS, said)]


def test_verify_says_that_another_hand_switched_on_a_questionnaire_to_which_nobody_responds(place: Harrowmere) -> None:
    name(place, "Marian")
    name(place, "")
    assert faults(place) == []
    with raw_of(place) as raw:
        raw.execute("DELETE FROM settings WHERE name = 'responders'")
        assert codes(place) == ["arranged"]
        raw.execute("""INSERT INTO settings VALUES ('responders', '{"phq-9":{"who":"Nobody","how":"ring"}}')""")
    assert [(each.code, each.place, how(each)) for each in faults(place)] == [("arranged", RESPONDS, "changed")]


def test_responder_that_another_hand_put_in_stays_named_when_a_supervisor_names_the_right_one_again(place: Harrowmere) -> None:
    name(place, "Marian")
    with raw_of(place) as raw:
        raw.execute("UPDATE settings SET value = replace(value, '171', '172') WHERE name = 'responders'")
    name(place, "Marian")
    assert [(each.code, each.place) for each in faults(place)] == [("arranged_then", RESPONDS)]


def test_settings_that_change_in_the_offices_daily_life_are_neither_taken_down_nor_named(place: Harrowmere) -> None:
    name(place, "Marian")
    before = len(taken_down(place))
    for value in ("one", "other"):
        with place.office.store.writing() as tx:
            tx.settings.put("summary_shape", value)
    with place.office.store.writing() as tx:
        tx.settings.drop("summary_shape")
    assert len(taken_down(place)) == before
    with raw_of(place) as raw:
        raw.execute("INSERT INTO settings VALUES ('summary_shape', 'another')")
    assert faults(place) == []


def backed_up(place: Harrowmere, folder: Path) -> str:
    """Makes a backup a minute later, and says until when it promises."""
    place.clock.pass_by(minutes=1)
    made = backups.make(place.office.store, place.office.keys, folder, place.clock, lambda step, done, total: None)
    assert made.faults == []
    return made.durable_through


def told_to(handset: Handset) -> str:
    """Until when a phone hears that what it sent cannot be lost."""
    found: str = handset.hello()["durable_through"]
    return found


PROMISE, SEED = (
    "until when phones were told that what they sent cannot be lost",
    "the secret by which notes are drawn for sign-off",
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE settings SET value = '2026-11-21T18:16:51.123Z' WHERE name = 'durable_through'",
        "UPDATE settings SET value = replace(value, '2026', '2027') WHERE name = 'durable_through'",
        "UPDATE settings SET value = x'ff' WHERE name = 'durable_through'",
        "UPDATE settings SET value = substr(value, 1, 24) WHERE name = 'durable_through'",
    ],
    ids=["plain", "a year later", "no text", "its seal lost"],
)
def test_promise_that_another_hand_made_frees_nothing_and_is_named_until_the_next_backup_makes_a_true_one(
    statement: str, place: Harrowmere, ama: Handset, tmp_path: Path
) -> None:
    # Given a promise that a backup stands behind
    promised = backed_up(place, tmp_path / "backups")
    assert told_to(ama) == promised
    assert faults(place) == []

    # When another hand puts another in its place, phones are promised nothing, and verify names it
    with raw_of(place) as raw:
        raw.execute(statement)
    assert told_to(ama) == "1970-01-01T00:00:00.000Z"
    assert [(each.code, each.place) for each in faults(place)] == [("arranged", PROMISE)]

    # Then the next backup makes a true one, and that it was another stays named
    assert told_to(ama) < backed_up(place, tmp_path / "backups") == told_to(ama)
    assert [(each.code, each.place) for each in faults(place)] == [("arranged_then", PROMISE)]


def test_verify_says_that_another_hand_took_out_what_phones_were_promised_or_chose_how_notes_are_drawn(
    place: Harrowmere, tmp_path: Path
) -> None:
    with place.office.store.writing() as tx:
        tx.settings.put("sample_seed", "drawn by chance")
    backed_up(place, tmp_path / "backups")
    assert faults(place) == []
    with raw_of(place) as raw:
        raw.execute("DELETE FROM settings WHERE name = 'durable_through'")
        raw.execute("UPDATE settings SET value = 'chosen' WHERE name = 'sample_seed'")
    assert {(each.place, how(each)) for each in faults(place)} == {(PROMISE, "taken out"), (SEED, "changed")}


def test_backup_that_is_put_back_brings_its_promise_without_a_fault(place: Harrowmere, tmp_path: Path) -> None:
    here = place.office
    first = backed_up(place, tmp_path / "backups")
    second = backed_up(place, tmp_path / "backups")
    newest, live = sorted((tmp_path / "backups").iterdir())[-1], tmp_path / "live.db"
    backups.restore(
        newest, str(live), here.keys, EpochFile(tmp_path / "office.key"), place.clock(), lambda step, done, total: None
    )
    opened = open_store(live)
    # A copy knows of the backup before it; of itself nobody could tell it yet.
    assert first == receipts.promised(opened, here.keys) < second
    assert list(verifying.verify(opened, here.keys)) == []
    opened.close()


# What two people let stand


def two(place: Harrowmere) -> tuple[Person, Person]:
    """The administrator there is, and one whom the office's own machine let in."""
    place.add("second", "administrator", None)
    return place.people["admin"], place.people["second"]


def test_what_two_administrators_let_stand_is_told_as_accepted_until_another_hand_changes_it_again(
    place: Harrowmere, tarnley: str
) -> None:
    here, (admin, second) = place.office, two(place)
    reader = f"casefile {tarnley}, reader {place.id('jos')}"
    with raw_of(place) as raw:
        raw.execute("INSERT INTO readers VALUES (?, ?, '2026-01-01T00:00:00.000Z', NULL, 'named')", [tarnley, place.id("jos")])
        raw.execute("UPDATE people SET name = 'Jos Other' WHERE id = ?", [place.id("jos")])
    leaves.end(
        here.store, here.keys, place.people["marian"], tarnley, place.id("reece"), at_end="", reason="x", now=place.clock()
    )
    assert codes(place) == ["arranged", "arranged"]
    (named,) = (each for each in lines(place) if each.startswith(reader))
    accepting.accept(here.store, here.keys, admin, second, named, "A test of ours", place.clock())
    # The other is named as before, and what was accepted is told apart from it.
    assert [(each.code, each.place, each.is_accepted) for each in faults(place)] == [
        (
            "arranged",
            f"the account of person {place.id('jos')}: address, name, role, password, second factor, or when it is open",
            False,
        ),
        ("accepted", reader, True),
    ]
    # Ended by the office, it was nothing else in between; by another hand, it is named again.
    leaves.end(here.store, here.keys, place.people["marian"], tarnley, place.id("jos"), at_end="", reason="x", now=place.clock())
    assert codes(place) == ["arranged", "accepted"]
    with raw_of(place) as raw:
        raw.execute("UPDATE readers SET until_at = NULL WHERE person = ?", [place.id("jos")])
    assert sorted(codes(place)) == ["accepted", "arranged", "arranged"]


def test_what_was_otherwise_once_can_be_accepted_too_and_a_row_that_another_hand_took_out(
    place: Harrowmere, tarnley: str
) -> None:
    here, (admin, second) = place.office, two(place)
    with raw_of(place) as raw:
        raw.execute("DELETE FROM readers WHERE casefile = ? AND person = ?", [tarnley, place.id("reece")])
        raw.execute("UPDATE teams SET name = 'Other' WHERE id = 'family-support'")
    with here.store.writing() as tx:
        tx.people.add_team("family-support-2", "Another")
        tx.casefiles.grant(tarnley, place.id("reece"), stamp(place.clock()), "named")
    with raw_of(place) as raw:
        raw.execute("DELETE FROM readers WHERE casefile = ? AND person = ?", [tarnley, place.id("reece")])
    assert codes(place) == ["arranged_then", "arranged", "arranged"]
    # Each is let stand by itself, though both are at one place.
    for left in (["arranged", "arranged", "accepted"], ["arranged", "accepted", "accepted"]):
        named = next(each for each in lines(place) if each.startswith("casefile"))
        accepting.accept(here.store, here.keys, admin, second, named, "Looked into", place.clock())
        assert codes(place) == left


def test_one_administrator_alone_lets_nothing_stand_nor_do_two_without_a_reason(place: Harrowmere, tarnley: str) -> None:
    here, (admin, second) = place.office, two(place)
    reader, line = f"casefile {tarnley}, reader {place.id('jos')}", put_in(place, tarnley)
    for asks, confirms, why in (
        (admin, admin, "x"), (admin, place.people["marian"], "x"), (place.people["marian"], admin, "x"), (admin, second, " "),
    ):  # fmt: skip
        with pytest.raises(accepting.NotTwo if why == "x" else accepting.NoReason):
            accepting.accept(here.store, here.keys, asks, confirms, line, why, place.clock())
    for nowhere in ("", "the database file", reader, line.rpartition(",")[0], f"{line} ", line[:-2]):
        with pytest.raises(accepting.NothingThere):
            accepting.accept(here.store, here.keys, admin, second, nowhere, "x", place.clock())
    assert codes(place) == ["arranged"]
    assert place.audited("what verify named accepted") == []
    # Neither a page nor the export says which casefile it was: it may be a private section.
    accepting.accept(here.store, here.keys, admin, second, line, "A test of ours", place.clock())
    page = words_of(place.signed_in("admin").get("/desk/what-i-did"))
    assert "Accepted what verify had named" in page
    assert "A test of ours" in page
    assert tarnley not in "".join(auditing.lines(here.store, 0, place.clock())).rpartition("what verify named accepted")[2]


def set_up(place: Harrowmere, who: str, first: str, second: str) -> Person:
    """Sets up the account of `who` with the words of two."""
    here = place.office
    begun = accounts.begin_set_up(
        here.store, here.keys, f"{who}@harrowmere.example", first, second, "192.0.2.1", "browser", place.clock
    )
    assert not isinstance(begun, people.Refused)
    place.totp[who] = begun[0].totp
    accounts.finish_set_up(here.store, here.keys, begun[0], PASSWORD, people.code_at(begun[0].totp, place.clock()), place.clock())
    place.clock.pass_by(minutes=1)
    found = people.by_id(here.store, begun[0].person.id, place.clock())
    assert found is not None
    place.people[who] = found
    return found


def let_in_by(place: Harrowmere, asks: Person, confirms: Person, who: str) -> Person:
    """Another administrator, whom these two let in."""
    here = place.office
    id, first = accounts.add(
        here.store, here.keys, asks, email=f"{who}@harrowmere.example", name=who, role="administrator", team=None, now=place.clock(),
    )  # fmt: skip
    (reset,) = (each for each in here.store.resets.standing(stamp(place.clock())) if each.person == id)
    _, second = accounts.confirm_reset(here.store, here.keys, confirms, reset.id, place.clock())
    return set_up(place, who, first, second)


def lets_stand(place: Harrowmere, asks: Person, confirms: Person, named: str) -> bool:
    """Whether these two let it stand. They are as the office has them now."""
    first, other = (people.by_id(place.office.store, each.id, place.clock()) for each in (asks, confirms))
    assert first is not None
    assert other is not None
    try:
        accepting.accept(place.office.store, place.office.keys, first, other, named, "x", place.clock())
    except accepting.InDoubt:
        return False
    return True


def put_in(place: Harrowmere, tarnley: str) -> str:
    """Another hand names a reader; gives what verify says of it."""
    with raw_of(place) as raw:
        raw.execute("INSERT INTO readers VALUES (?, ?, '2026-01-01T00:00:00.000Z', NULL, 'named')", [tarnley, place.id("jos")])
    (said,) = (sentence(each) for each in faults(place) if each.place == f"casefile {tarnley}, reader {place.id('jos')}")
    return said


def test_nobody_lets_anything_stand_with_somebody_who_let_them_in(place: Harrowmere, tarnley: str) -> None:
    here, (admin, second), line = place.office, two(place), put_in(place, tarnley)
    third = let_in_by(place, admin, second, "third")
    for asks, confirms in ((third, second), (second, third)):
        with pytest.raises(accepting.NotTwo):
            accepting.accept(here.store, here.keys, asks, confirms, line, "x", place.clock())
    assert lets_stand(place, admin, third, line)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people SET role = 'administrator' WHERE id = :reece",
        "UPDATE people SET password_hash = 'another' WHERE id = :admin",
        "INSERT INTO passkeys (id, person, name, public_key, counted, made_at) VALUES ('p', :admin, 'key', x'00', 0, '2026-01-01T00:00:00.000Z')",
        "INSERT INTO council_accounts (issuer, subject, person, bound_at) VALUES ('i', 's', :admin, '2026-01-01T00:00:00.000Z')",
        "INSERT INTO sessions (id, person, made_at, seen_at, via) VALUES ('s', :admin, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', '')",
    ],
    ids=["role", "password", "passkey", "council account", "sign-in"],
)  # fmt: skip
def test_whoever_another_hand_made_administrator_or_let_in_lets_nothing_stand(
    place: Harrowmere, tarnley: str, statement: str
) -> None:
    admin, second = two(place)
    put_in(place, tarnley)
    reece = place.people["reece"]
    with raw_of(place) as raw:
        raw.execute(statement, {"reece": reece.id, "admin": admin.id})
    named = lines(place)
    assert len(named) == 2
    other = reece if ":reece" in statement else second
    assert not any(lets_stand(place, *both, each) for each in named for both in ((admin, other), (other, admin)))
    assert lines(place) == named
    # Two whom it does not concern can: then it is what two people answer for.
    third = place.add("third", "administrator", None)
    assert all(lets_stand(place, second, third, each) for each in named)


def test_administrator_whom_another_hand_made_one_for_a_while_lets_nothing_stand(place: Harrowmere, tarnley: str) -> None:
    admin, reece, line = place.people["admin"], place.people["reece"], put_in(place, tarnley)
    with raw_of(place) as raw:
        raw.execute("UPDATE people SET role = 'administrator' WHERE id = ?", [reece.id])
    # What the office writes next into the same row vouches for nothing that stood there.
    own_account.change_password(place.office.store, reece, "three other words", place.clock())
    assert codes(place) == ["arranged_then", "arranged"]
    assert not lets_stand(place, admin, reece, line)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM resets WHERE id = ?", "UPDATE resets SET person = (SELECT max(id) FROM people WHERE role = 'keyworker') WHERE id = ?", "UPDATE resets SET confirmed_by = NULL WHERE id = ?"],
    ids=["taken out", "of another", "confirmed by nobody"],
)  # fmt: skip
def test_taking_out_who_let_somebody_in_makes_nobody_a_second_person(place: Harrowmere, tarnley: str, statement: str) -> None:
    here, (admin, second), line = place.office, two(place), put_in(place, tarnley)
    third = let_in_by(place, admin, second, "third")
    let_in = here.store.resets.newest_used(third.id)
    assert let_in is not None
    with raw_of(place) as raw:
        raw.execute(statement, [let_in.id])
    named = lines(place)
    assert len(named) == 2
    everybody = (admin, second, third)
    assert not any(
        lets_stand(place, one, other, each) for each in named for one in everybody for other in everybody if one != other
    )
    # Set up anew, with words that the office's machine gives out, it is known again who vouched for them.
    for who in ("admin", "second"):
        assert not lets_stand(place, admin, second, line)
        set_up(place, who, *accounts.give_words(here.store, here.keys, place.id(who), place.clock()))
    assert all(lets_stand(place, admin, second, each) for each in named)


def test_nothing_is_let_stand_while_a_link_of_the_audit_does_not_hold(place: Harrowmere, tarnley: str) -> None:
    here, (admin, second) = place.office, two(place)
    third = let_in_by(place, admin, second, "third")
    # Once an administrator, and made one again with the row gone that said otherwise
    accounts.change(here.store, here.keys, admin, third.id, "keyworker", None, place.clock(), asked_by=second.id)
    gone = taken_down(place)[-1]
    line = put_in(place, tarnley)
    people.begin_session(here.store, place.people["jos"], place.clock())
    with raw_of(place) as raw:
        raw.execute("DELETE FROM audit WHERE n = ?", [gone.n])
        raw.execute("UPDATE people SET role = 'administrator' WHERE id = ?", [third.id])
    assert f"the account of person {third.id}" not in "".join(each.place for each in faults(place))
    assert "audit_chain" in codes(place)
    assert not lets_stand(place, admin, third, line)
    with raw_of(place) as raw:
        chain_anew(raw)
    assert "arranged_row" in codes(place)
    assert not lets_stand(place, admin, third, line)


def test_nothing_that_was_put_there_after_it_was_looked_at_is_let_stand(place: Harrowmere) -> None:
    here, (admin, second), jos = place.office, two(place), place.id("jos")
    with raw_of(place) as raw:
        raw.execute("UPDATE people SET name = 'Jo' WHERE id = ?", [jos])
        (looked_at,) = lines(place)
        raw.execute("UPDATE people SET role = 'supervisor', password_hash = 'another' WHERE id = ?", [jos])
    with pytest.raises(accepting.NothingThere):
        accepting.accept(here.store, here.keys, admin, second, looked_at, "x", place.clock())
    assert codes(place) == ["arranged"]


def test_each_time_that_something_is_let_stand_at_one_place_is_told(place: Harrowmere) -> None:
    (admin, second), jos, told = two(place), place.id("jos"), []
    for name in ("Jo", "Joan", "Jo", "Joan"):
        with raw_of(place) as raw:
            raw.execute("UPDATE people SET name = ? WHERE id = ?", [name, jos])
        (line,) = lines(place)
        assert lets_stand(place, admin, second, line)
        told.append(f"audit row {taken_down(place)[-1].n}")
    assert [(each.code, each.detail) for each in faults(place)] == [("accepted", each) for each in told]


def test_nothing_that_was_let_stand_comes_back_when_a_release_words_its_place_anew(
    place: Harrowmere, tarnley: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, (admin, second), jos = place.office, two(place), place.id("jos")
    put_in(place, tarnley)
    leaves.end(here.store, here.keys, place.people["marian"], tarnley, jos, at_end="", reason="x", now=place.clock())
    (line,) = lines(place)
    assert lets_stand(place, admin, second, line)
    monkeypatch.setitem(PLACES, "readers", "in casefile {}, who reads: {}")
    assert [(each.code, each.place) for each in faults(place)] == [("accepted", f"in casefile {tarnley}, who reads: {jos}")]


def test_ids_that_another_hand_chose_neither_move_the_cursor_nor_read_like_others_nor_run_in_a_shell(place: Harrowmere) -> None:
    well = "\x1b[1A\x1b[2K\rWalked 3 entries in 1 casefiles: all as they were signed, numbered and chained.\n"
    with raw_of(place) as raw:
        raw.executemany(
            "INSERT INTO teams (id, name) VALUES (?, 'n')",
            [[f"x{well}"], ["\u202egnihton"], ["\\u{1b}"], ["\x1b"], ["$(reboot)`\"'!"]],
        )
        for both in (["a, casefile b", "c"], ["a", "b, casefile c"]):
            raw.execute("INSERT INTO pod_casefiles VALUES (?, ?, '2026-01-01T00:00:00.000Z', NULL)", both)
        raw.execute(f'CREATE TABLE "{well}" (id)')
    named = [sentence(each) for each in faults(place)]
    assert all(each.isprintable() for each in named)
    arranged = [sentence(each) for each in faults(place) if each.code == "arranged"]
    assert len(arranged) == len(set(arranged)) == 7
    # Pasted between quotation marks of either sort, none of it does anything in a shell.
    assert not set("$`\"'!") & set("".join(arranged))


def test_what_is_let_stand_is_never_said_to_be_written_down_where_nothing_seals_it(place: Harrowmere, tarnley: str) -> None:
    (admin, second), line = two(place), put_in(place, tarnley)
    opened = open_store(place.office.store.path)
    with pytest.raises(kept_arrangements.NotSealed):
        accepting.accept(opened, place.office.keys, admin, second, line, "x", place.clock())
    opened.close()
    assert lines(place) == [line]


def test_second_administrator_whom_one_alone_added_at_the_machine_stands_in_the_audit_as_added_there(
    place: Harrowmere, tarnley: str
) -> None:
    here, admin, line = place.office, place.people["admin"], put_in(place, tarnley)
    halves = accounts.add_at_machine(
        here.store, here.keys, email="other@harrowmere.example", name="Other", role="administrator", team=None, now=place.clock()
    )
    other = set_up(place, "other", *halves)
    # Nothing stops it (decision 33): the audit is where somebody sees it.
    assert lets_stand(place, admin, other, line)
    assert place.audited("person added") == [("", "", "")]
    assert place.audited("account made") == [(other.id, "", "")]


@pytest.mark.parametrize("deed", ["another reader", "the same reader ended", "a row that does not open"])
def test_office_writes_on_while_all_of_the_audit_is_heard_and_what_it_wrote_is_heard_too(
    place: Harrowmere, tarnley: str, deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an office that writes, from another process, while two administrators let something stand
    admin, second = two(place)
    line, other, reads = put_in(place, tarnley), open_store(place.office.store.path), arrangements.read
    other.arrangements.sealed_by(place.office.keys.seal_secret)
    wrote: list[bool] = []

    def read(*asked: Any) -> Any:
        if not wrote:
            wrote.append(True)
            # No patience: a lock that is held would be told at once.
            with other.writing(patience_s=0) as tx:
                if deed == "another reader":
                    tx.casefiles.grant(tarnley, place.id("orla"), stamp(place.clock()), "audit", stamp(place.clock() + LATER))
                elif deed == "the same reader ended":
                    tx.casefiles.end_grants(tarnley, place.id("jos"), stamp(place.clock()))
                else:
                    tx.audit.add(stamp(place.clock()), "", WRITTEN_DOWN, detail=place.office.keys.seal_secret("elsewhere", b"{}"))
        return reads(*asked)

    monkeypatch.setattr(arrangements, "read", read)

    # Then nobody waited, and what is let stand is what stood there when the lock was held
    if deed == "another reader":
        assert lets_stand(place, admin, second, line)
        assert codes(place) == ["accepted"]
    elif deed == "the same reader ended":
        with pytest.raises(accepting.NothingThere):
            lets_stand(place, admin, second, line)
        assert codes(place) == ["arranged_then"]
    else:
        assert not lets_stand(place, admin, second, line)
    assert wrote == [True]
    other.close()


def test_audit_cut_off_while_it_is_heard_lets_nothing_stand(
    place: Harrowmere, tarnley: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, second = two(place)
    line, reads, cut = put_in(place, tarnley), arrangements.read, [False]

    def read(*asked: Any) -> Any:
        if not cut[0]:
            cut[0] = True
            with raw_of(place) as raw:
                raw.execute("DELETE FROM audit WHERE n = (SELECT max(n) FROM audit)")
        return reads(*asked)

    monkeypatch.setattr(arrangements, "read", read)
    assert not lets_stand(place, admin, second, line)


def test_backup_from_before_the_audit_was_spoilt_is_the_way_out(place: Harrowmere, tarnley: str, tmp_path: Path) -> None:
    here, (admin, second), live = place.office, two(place), tmp_path / "live.db"
    backed_up(place, tmp_path / "backups")
    line = put_in(place, tarnley)
    with raw_of(place) as raw:
        raw.execute("UPDATE audit SET detail_sealed = x'00' WHERE n = ?", [taken_down(place)[-1].n])
    assert not lets_stand(place, admin, second, line)
    (whole,) = (tmp_path / "backups").iterdir()
    backups.restore(
        whole, str(live), here.keys, EpochFile(tmp_path / "office.key"), place.clock(), lambda step, done, total: None
    )
    opened = open_store(live)
    assert list(verifying.verify(opened, here.keys)) == []
    opened.close()


def test_row_that_says_something_was_accepted_counts_at_its_own_place_alone(place: Harrowmere, tarnley: str) -> None:
    here, (admin, second) = place.office, two(place)
    with raw_of(place) as raw:
        raw.execute("INSERT INTO readers VALUES (?, ?, '2026-01-01T00:00:00.000Z', NULL, 'named')", [tarnley, place.id("jos")])
    accepting.accept(here.store, here.keys, admin, second, lines(place)[0], "A test of ours", place.clock())
    row = taken_down(place)[-1]
    with raw_of(place) as raw:
        raw.execute("UPDATE readers SET why = 'team' WHERE person = ?", [place.id("jos")])
        raw.execute(
            "INSERT INTO audit SELECT n + 10, 'again', at, person, what, casefile, record, detail_sealed, prev, hash FROM audit WHERE n = ?",
            [row.n],
        )
    assert {"arranged", "arranged_row"} < set(codes(place))


def test_command_asks_both_for_password_and_code_and_verify_then_ends_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    monkeypatch.setenv("FIELDAPP_KEY_FILE", str(tmp_path / "office.key"))
    monkeypatch.setenv("FIELDAPP_DATABASE", str(tmp_path / "office.db"))
    monkeypatch.setenv("FIELDAPP_ORIGIN", "http://localhost:8000")
    assert cli.main(["init"]) == 0
    office = open_office(config.read())
    added = {
        who: people.add(
            office.store, office.keys, email=f"{who}@harrowmere.example", name=who, role="administrator", now=office.clock(), password=PASSWORD,
        )
        for who in ("ada", "ben", "cleo")
    }  # fmt: skip
    office.store.close()
    with closing(sqlite3.connect(tmp_path / "office.db")) as raw, raw:
        raw.execute("UPDATE people SET name = 'Other' WHERE id = ?", [added["cleo"].person.id])
    assert cli.main(["verify"]) == 1
    (line,) = capsys.readouterr().out.splitlines()[-1:]
    asked = [
        "accept",
        line,
        "--asks",
        "ada@harrowmere.example",
        "--confirms",
        "ben@harrowmere.example",
        "--reason",
        "Typed by hand",
    ]
    ada, ben = (added[who].totp for who in ("ada", "ben"))
    typed: list[str | timedelta] = []

    def types(prompt: str) -> str:
        assert typed, f"asked for nothing: {prompt}"
        given = typed.pop(0)
        # A code is looked up when it is asked for, however long that took.
        return given if isinstance(given, str) else people.code_at(ada if "ada@" in prompt else ben, office.clock() + given)

    monkeypatch.setattr("getpass.getpass", types)
    # Nobody types a password for a line that verify does not say, nor without a reason.
    for wrong, said in (
        (["accept", line.partition(": ")[0], *asked[2:]], "give the whole line"),
        ([*asked[:-1], "  "], "reason is missing"),
    ):
        capsys.readouterr()
        assert cli.main(wrong) == 1
        assert said in capsys.readouterr().err
    now, next_one = timedelta(0), timedelta(seconds=30)
    typed += [PASSWORD, now, PASSWORD, "no code"]
    assert cli.main(asked) == 1
    assert "ben@harrowmere.example was not let in" in capsys.readouterr().err
    assert cli.main(["verify"]) == 1
    # The first code is spent: the next one is good already.
    typed += [PASSWORD, next_one, PASSWORD, now]
    assert cli.main(asked) == 0
    capsys.readouterr()
    assert cli.main(["verify"]) == 0
    said = capsys.readouterr().out
    place = line.partition(": is not as the office")[0]
    assert f"{place}: was changed by another hand, and two administrators let it stand as it was then (audit row " in said
    assert "all as they were signed" in said
    # Nor does it keep a copy from being put back.
    (tmp_path / "copies").mkdir()
    assert cli.main(["backup", "--to", str(tmp_path / "copies")]) == 0
    (copy,) = (tmp_path / "copies").iterdir()
    assert cli.main(["restore", str(copy)]) == 0


# Phones, and what the office itself does


def test_lost_phone_that_another_hand_let_read_again_is_named(place: Harrowmere, ama: Handset) -> None:
    signers.end_device(place.office.store, ama.device, "lost", place.id("admin"), place.clock())
    assert faults(place) == []
    with raw_of(place) as raw:
        raw.execute("UPDATE devices SET status = 'ok'")
    assert [each.place for each in faults(place)] == [f"phone {ama.device}, its token, or whether it is in use"]


def test_what_was_taken_down_holds_at_its_own_place_alone(place: Harrowmere, tarnley: str) -> None:
    here, marian, jos = place.office, place.people["marian"], place.id("jos")
    leaves.name(here.store, here.keys, marian, tarnley, jos, from_at="", until_at=None, reason="", now=place.clock())
    let_in = taken_down(place)[-1]
    with raw_of(place) as raw:
        row = raw.execute("SELECT * FROM readers WHERE person = ?", [jos]).fetchone()
        leaves.end(here.store, here.keys, marian, tarnley, jos, at_end="", reason="", now=place.clock() + LATER)
        assert faults(place) == []
        # When somebody puts the reader back as they were, with the very row that took it down then, and chains the audit anew
        raw.execute("UPDATE readers SET until_at = NULL WHERE casefile = ? AND person = ?", row[:2])
        assert codes(place) == ["arranged"]
        raw.execute(
            "INSERT INTO audit VALUES (100000, 'again', ?, '', ?, '', '', ?, '', '')", [let_in.at, WRITTEN_DOWN, let_in.detail]
        )
        chain_anew(raw)
    # Then it does not open there, though every link of the chain holds
    assert codes(place) == ["arranged_row", "arranged"]


def test_what_was_taken_down_cannot_be_left_out_from_the_middle(place: Harrowmere, tarnley: str) -> None:
    with raw_of(place) as raw:
        rows = taken_down(place)
        raw.execute("DELETE FROM audit WHERE n = ?", [rows[-2].n])
        chain_anew(raw)
    # Each is sealed about all that stands before it.
    assert "arranged_row" in codes(place)


def test_end_of_the_audit_cut_off_with_what_it_took_down_is_shown_by_a_checkpoint(place: Harrowmere, tarnley: str) -> None:
    here = place.office
    with raw_of(place) as raw:
        before = raw.execute("SELECT max(n) FROM audit").fetchone()[0]
        leaves.keep_out(here.store, here.keys, place.people["marian"], tarnley, place.id("reece"), reason="", now=place.clock())
        _, exported = checkpoints.export(here.store, here.keys, place.clock() + LATER)
        raw.execute("DELETE FROM kept_out")
        raw.execute("DELETE FROM audit WHERE n > ?", [before])
    assert codes(place) == ["checkpoint_audit"]
    against = checkpoints.read_file(exported)
    assert "checkpoint_audit" in {each.code for each in verifying.verify(here.store, here.keys, against=against)}


def test_backup_is_whole_and_phones_let_go_though_another_hand_let_somebody_in(
    place: Harrowmere, tarnley: str, tmp_path: Path
) -> None:
    here = place.office
    with raw_of(place) as raw:
        raw.execute("INSERT INTO readers VALUES (?, ?, '2026-01-01T00:00:00.000Z', NULL, 'named')", [tarnley, place.id("jos")])
    made = backups.make(here.store, here.keys, tmp_path / "backups", place.clock, lambda step, done, total: None)
    assert (made.faults, receipts.promised(here.store, here.keys)) == ([], made.durable_through)
    assert codes(place) == ["arranged"]


# What the office does itself


def test_what_was_taken_back_is_not_taken_down(place: Harrowmere, tarnley: str) -> None:
    store, before = place.office.store, len(taken_down(place))
    with suppress(RuntimeError), store.writing() as tx:
        tx.casefiles.keep_out(tarnley, place.id("jos"), stamp(place.clock()))
        raise RuntimeError
    with store.writing() as tx:
        with suppress(RuntimeError), store.writing() as inner:
            inner.casefiles.keep_out(tarnley, place.id("jos"), stamp(place.clock()))
            raise RuntimeError
        tx.settings.put("name", "value")
    assert len(taken_down(place)) == before
    with store.writing() as tx:
        with suppress(RuntimeError), store.writing() as inner:
            inner.casefiles.end_grants(tarnley, place.id("reece"), stamp(place.clock()))
            raise RuntimeError
        tx.casefiles.keep_out(tarnley, place.id("jos"), stamp(place.clock()))
    assert len(taken_down(place)) == before + 1
    assert faults(place) == []


def test_passkey_that_its_owner_removed_is_no_fault_and_one_that_another_hand_removed_is(place: Harrowmere) -> None:
    here, jos = place.office, place.people["jos"]
    for name in ("one", "other"):
        with here.store.writing() as tx:
            tx.passkeys.add(PasskeyRow(name, jos.id, name, b"public", 0, stamp(place.clock()), None))
    assert own_account.remove_passkey(here.store, jos, "one", place.clock())
    assert faults(place) == []
    with raw_of(place) as raw:
        raw.execute("DELETE FROM passkeys")
    assert [(each.place, how(each)) for each in faults(place)] == [("passkey other", "taken out")]


def test_days_in_which_nothing_is_arranged_take_nothing_down(place: Harrowmere, ama: Handset) -> None:
    opening = ama.opening()
    ama.push(opening)
    marian = place.signed_in("marian")
    before = len(taken_down(place))
    ama.push(*(ama.write(opening.casefile, {}) for _ in range(3)))
    ama.pull_all()
    place.clock.pass_by(minutes=5)
    assert marian.get(f"/desk/families/{opening.casefile}").status_code == 200
    assert not marian.sign_in("marian", password="wrong").location
    assert len(taken_down(place)) == before
    assert faults(place) == []


def test_nothing_of_what_was_taken_down_can_be_read_and_nobodys_list_is_longer_for_it(place: Harrowmere, tarnley: str) -> None:
    with raw_of(place) as raw:
        told = b"".join(bytes(row.detail or b"") for row in taken_down(place))
        assert len(taken_down(place)) > 1
        assert tarnley.encode() not in told
        assert place.id("reece").encode() not in told
        rows = raw.execute("SELECT DISTINCT person, casefile, record FROM audit WHERE what = ?", [WRITTEN_DOWN]).fetchall()
    assert rows == [("", "", "")]


def test_what_a_trigger_in_the_file_changed_is_named_also_when_it_was_taken_out_again(place: Harrowmere, tarnley: str) -> None:
    jos = place.id("jos")
    with raw_of(place) as raw:
        raw.execute(
            "CREATE TRIGGER t AFTER INSERT ON audit BEGIN"
            f" INSERT OR IGNORE INTO readers VALUES ('{tarnley}', '{jos}', '2020-01-01T00:00:00.000Z', NULL, 'assigned'); END"
        )
    with place.office.store.writing() as tx:
        tx.audit.add(stamp(place.clock()), place.id("marian"), "checkpoint exported")
    with raw_of(place) as raw:
        raw.execute("DROP TRIGGER t")
    assert [(each.place, how(each)) for each in faults(place)] == [(f"casefile {tarnley}, reader {jos}", "put in")]


# Offices that were there before


def as_before(place: Harrowmere) -> None:
    """Makes the office one of a release that took nothing down."""
    with raw_of(place) as raw:
        took_nothing_down(raw)


def test_office_of_an_earlier_release_takes_stock_once(place: Harrowmere, tarnley: str) -> None:
    as_before(place)
    assert set(codes(place)) == {"arranged"}
    arrangements.take_stock(place.office.store, place.office.keys)
    assert faults(place) == []
    stock = len(taken_down(place))
    with raw_of(place) as raw:
        raw.execute("INSERT INTO readers VALUES (?, ?, '2026-01-01T00:00:00.000Z', NULL, '')", [tarnley, place.id("jos")])
    arrangements.take_stock(place.office.store, place.office.keys)
    assert len(taken_down(place)) == stock
    assert codes(place) == ["arranged"]


def test_backup_of_an_earlier_release_is_put_back_without_a_fault(place: Harrowmere, tarnley: str, tmp_path: Path) -> None:
    here = place.office
    then, live = tmp_path / "then.db", tmp_path / "live.db"
    copy(here.store.path, then)
    with closing(sqlite3.connect(then, isolation_level=None)) as raw:
        took_nothing_down(raw)
        for table in ("widenings", "refusals"):
            raw.execute(f"DROP TABLE {table}")
        raw.execute("DROP INDEX audit_decisions")
        raw.execute("PRAGMA user_version = 9")
    beside = EpochFile(tmp_path / "office.key")
    done = backups.restore(then, str(live), here.keys, beside, place.clock(), lambda step, done, total: None)
    assert done.entries == 1
    opened = open_still(live)
    assert list(verifying.verify(opened, here.keys)) == []
    opened.close()


@contextmanager
def before_version_2(place: Harrowmere, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The office under a release that had taken stock, and knew nothing of who responds."""
    with monkeypatch.context() as then:
        then.delitem(TABLES, "settings")
        with _of_version(1, place, then):
            yield


@contextmanager
def before_version_3(place: Harrowmere, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The office under a release that took down who responds, and of the settings nothing else."""
    with monkeypatch.context() as then:
        then.setitem(TABLES, "settings", replace(TABLES["settings"], only={"responders": 2}))
        with _of_version(2, place, then):
            yield


@contextmanager
def _of_version(version: int, place: Harrowmere, then: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (arrangements, kept_arrangements):
        then.setattr(module, "VERSION", version)
    place.office.store.close()
    as_before(place)
    arrangements.take_stock(place.office.store, place.office.keys)
    yield
    place.office.store.close()


def test_office_that_took_stock_before_who_responds_was_taken_down_takes_stock_of_that_once(
    place: Harrowmere, tarnley: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with before_version_2(place, monkeypatch):
        name(place, "Marian")
    with raw_of(place) as raw:
        raw.execute("INSERT INTO readers VALUES (?, ?, '2026-01-01T00:00:00.000Z', NULL, '')", [tarnley, place.id("jos")])
    assert sorted(how(each) for each in faults(place)) == ["put in", "put in"]
    arrangements.take_stock(place.office.store, place.office.keys)
    # Of nothing else: whom another hand let in before is named as ever.
    assert [each.place for each in faults(place)] == [f"casefile {tarnley}, reader {place.id('jos')}"]
    with raw_of(place) as raw:
        raw.execute("UPDATE settings SET value = '{}' WHERE name = 'responders'")
    arrangements.take_stock(place.office.store, place.office.keys)
    assert RESPONDS in {each.place for each in faults(place)}


def test_office_of_version_2_takes_stock_of_promise_and_seed_once_and_of_no_responder_again(
    place: Harrowmere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an office whose release kept the promise in plain words, and took down of the settings who responds alone
    with before_version_3(place, monkeypatch):
        name(place, "Marian")
        with place.office.store.writing() as tx:
            tx.settings.put("durable_through", "2026-11-20T00:00:00.000Z")
            tx.settings.put("sample_seed", "drawn by chance")
    with raw_of(place) as raw:
        raw.execute("UPDATE settings SET value = '{}' WHERE name = 'responders'")

    # When this release starts, whom another hand named in between is not believed anew
    arrangements.take_stock(place.office.store, place.office.keys)
    assert [each.place for each in faults(place)] == [RESPONDS]

    # And phones wait for the next backup
    assert receipts.promised(place.office.store, place.office.keys) == ""
    assert backed_up(place, tmp_path / "backups") == receipts.promised(place.office.store, place.office.keys)
    assert [each.place for each in faults(place)] == [RESPONDS]
    with raw_of(place) as raw:
        raw.execute("UPDATE settings SET value = 'chosen' WHERE name = 'sample_seed'")
    arrangements.take_stock(place.office.store, place.office.keys)
    assert {each.place for each in faults(place)} == {RESPONDS, SEED}


@contextmanager
def as_release(version: int, only: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another release, that takes down other settings."""
    with monkeypatch.context() as then:
        then.setitem(TABLES, "settings", replace(TABLES["settings"], only=only))
        for module in (arrangements, kept_arrangements):
            then.setattr(module, "VERSION", version)
        yield


def test_earlier_release_that_was_run_once_more_makes_nobody_believe_what_another_hand_changed(
    place: Harrowmere, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an office of this release, whose sample another hand chose, and on which an earlier release was run once more
    with place.office.store.writing() as tx:
        tx.settings.put("sample_seed", "drawn by chance")
    with raw_of(place) as raw:
        raw.execute("UPDATE settings SET value = 'chosen' WHERE name = 'sample_seed'")
    place.office.store.close()
    with as_release(2, {"responders": 2}, monkeypatch):
        own_account.change_password(place.office.store, place.people["marian"], "three other words", place.clock())
    place.office.store.close()

    # Then this release takes no stock again
    before = len(taken_down(place))
    arrangements.take_stock(place.office.store, place.office.keys)
    assert len(taken_down(place)) == before
    assert [each.place for each in faults(place)] == [SEED]


def test_release_that_takes_down_less_than_one_before_it_refuses_the_office(
    place: Harrowmere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, live = place.office, tmp_path / "live.db"
    here.store.close()
    with as_release(kept_arrangements.VERSION + 1, dict(TABLES["settings"].only), monkeypatch):
        own_account.change_password(here.store, place.people["marian"], "three other words", place.clock())
        backed_up(place, tmp_path / "backups")
    here.store.close()
    before = len(taken_down(place))
    with pytest.raises(DatabaseIsNewer, match="A later release of fieldapp has run on this office"):
        arrangements.take_stock(here.store, here.keys)
    # Nor is its backup put back, to be changed by a program that takes down less.
    (backup,) = (tmp_path / "backups").iterdir()
    with pytest.raises(DatabaseIsNewer):
        backups.restore(backup, str(live), here.keys, EpochFile(tmp_path / "k"), place.clock(), lambda step, done, total: None)
    assert not live.exists()
    assert len(taken_down(place)) == before


def test_office_that_had_nothing_to_take_down_takes_stock_once_too(place: Harrowmere, monkeypatch: pytest.MonkeyPatch) -> None:
    with before_version_2(place, monkeypatch):
        stock = len(taken_down(place))
    for _ in range(2):
        arrangements.take_stock(place.office.store, place.office.keys)
        assert len(taken_down(place)) == stock + 1
    with raw_of(place) as raw:
        raw.execute("INSERT INTO settings VALUES ('responders', '{}')")
    arrangements.take_stock(place.office.store, place.office.keys)
    assert [(each.place, how(each)) for each in faults(place)] == [(RESPONDS, "put in")]


def test_whom_another_hand_puts_into_an_office_without_people_is_named(tmp_path: Path) -> None:
    opened, keys = open_store(tmp_path / "office.db"), Keys(b"k" * 32)
    keys.make_office_keys(opened, stamp(harrowmere.Clock()()))
    arrangements.take_stock(opened, keys)
    with closing(sqlite3.connect(tmp_path / "office.db")) as raw, raw:
        raw.execute("INSERT INTO teams VALUES ('east', 'East')")
    arrangements.take_stock(opened, keys)
    assert [(each.place, how(each)) for each in verifying.verify(opened, keys)] == [("team east", "put in")]
    opened.close()


@pytest.mark.parametrize("which", [slice(-1, None), slice(None)], ids=["the newest", "every"])
def test_row_that_was_spoilt_gives_no_reason_to_take_stock_anew(place: Harrowmere, tarnley: str, which: slice) -> None:
    rows = taken_down(place)
    with raw_of(place) as raw:
        for row in rows[which]:
            raw.execute("UPDATE audit SET detail_sealed = x'00' WHERE n = ?", [row.n])
    arrangements.take_stock(place.office.store, place.office.keys)
    assert len(taken_down(place)) == len(rows)
    assert {"arranged_row", "arranged"} < set(codes(place))


# Laws


class Life:
    """What people may arrange, one method a deed; what is refused changes nothing."""

    def __init__(self, place: Harrowmere) -> None:
        self.place = place
        self.families = [place.open_casefile("ama", "Tarnley"), place.open_casefile("reece", "Velmire")]
        self.pods: list[str] = []

    @property
    def _both(self) -> tuple[Any, Any]:
        return self.place.office.store, self.place.office.keys

    def deeds(self, who: str, which: int) -> list[Callable[[], object]]:
        at, later = self.place.clock(), stamp(self.place.clock() + LATER)
        marian, admin = self.place.people["marian"], self.place.people["admin"]
        person, family, both = self.place.id(who), self.families[which % len(self.families)], self._both
        store = self.place.office.store
        pod = self.pods[which % len(self.pods)] if self.pods else ""
        return [
            lambda: leaves.name(*both, marian, family, person, from_at="", until_at=later, reason="", now=at),
            lambda: leaves.end(*both, marian, family, person, at_end="", reason="", now=at),
            lambda: leaves.keep_out(*both, marian, family, person, reason="", now=at),
            lambda: leaves.let_in_again(*both, marian, family, person, reason="", now=at),
            lambda: leaves.transfer(*both, marian, family, "other", keyworker=None, keep=which % 2 == 0, reason="", now=at),
            lambda: leaves.open_section(
                *both, self.place.office.practice, marian, family, title="Ours", readers=[person], kept_out=[], now=at
            ),
            lambda: self.pods.append(rotas.add_pod(*both, marian, "family-support", "Pod", at)),
            lambda: rotas.join_pod(*both, marian, pod, person, at),
            lambda: rotas.leave_pod(*both, marian, pod, person, at),
            lambda: leaves.share_with_pod(*both, marian, family, pod, is_shared=which % 2 == 0, now=at),
            lambda: rotas.add_turn(*both, marian, "family-support", person, "", later, at),
            lambda: accounts.change(*both, admin, person, "keyworker", "other" if which % 2 else "family-support", at),
            lambda: widening.do(*both, admin, Wish("part", person, "supervisor", "other" if which % 2 else "family-support"), "", at),
            lambda: self._confirm_all(marian),
            lambda: accounts.close(*both, admin, person, "", at),
            lambda: accounts.open_again(*both, admin, person, "", at),
            lambda: accounts.lock_out(*both, admin, person, "", at),
            lambda: accounts.ask_reset(*both, admin, person, "", at),
            lambda: [accounts.confirm_reset(*both, marian, each.id, at) for each, may in accounts.resets_for(store, marian, at) if may],
            lambda: accounts.add(
                *both, admin, email=f"{new_id()}@here.example", name="New", role="keyworker", team="family-support", now=at
            ),
            lambda: own_account.connect_council(store, self.place.people[who], "https://council.example", who, at),
            lambda: own_account.disconnect_council(store, self.place.people[who], at),
            lambda: self._passkey(person),
            lambda: own_account.change_password(store, self.place.people[who], "three other words", at),
            lambda: people.team_called(store, f"Team {which % 3}"),
            lambda: name(self.place, who if which % 3 else ""),
        ]  # fmt: skip

    def _confirm_all(self, by: people.Person) -> None:
        at = self.place.clock()
        for each in widening.asked_for(*self._both, by, at):
            if each.may:
                widening.confirm(*self._both, by, each.row.id, at)

    def _passkey(self, person: str) -> None:
        with self.place.office.store.writing() as tx:
            if not tx.passkeys.remove_all(person):
                tx.passkeys.add(PasskeyRow(new_id(), person, "key", b"public", 0, stamp(self.place.clock()), None))

    def faults(self) -> list[str]:
        replay, store = Replay(self.place.office.keys), self.place.office.store
        with store.reading():
            for row in store.inspection.audited([WRITTEN_DOWN]):
                replay.hear(row)
            return [each.code for each in replay.faults(store)]


@pytest.fixture
def life(place: Harrowmere) -> Life:
    return Life(place)


HOW_MANY_DEEDS = 26
DEEDS = st.lists(
    st.tuples(st.integers(0, HOW_MANY_DEEDS - 1), st.sampled_from(["ama", "reece", "jos", "orla"]), st.integers(0, 5)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=DEEDS, data=st.data())
def test_whatever_people_arrange_is_taken_down_and_whatever_another_hand_does_is_named(
    life: Life, deeds: list[tuple[int, str, int]], data: st.DataObject
) -> None:
    assert len(life.deeds("ama", 0)) == HOW_MANY_DEEDS
    for which, who, how in deeds:
        life.place.clock.pass_by(minutes=1)
        with suppress(FieldappError):
            life.deeds(who, how)[which]()
    assert life.faults() == []

    table = data.draw(st.sampled_from(sorted(TABLES)))
    each = TABLES[table]
    with raw_of(life.place) as raw:
        rows = raw.execute(f"SELECT {','.join((*each.key, *each.columns))} FROM {table} WHERE {each.where()}").fetchall()
        if not rows:
            return
        row = data.draw(st.sampled_from(rows))
        at = data.draw(st.integers(len(each.key), len(row) - 1))
        names = (*each.key, *each.columns)
        value = None if row[at] is not None and data.draw(st.booleans()) else f"{row[at]}x"
        is_this = " AND ".join(f"{name} IS ?" for name in names)
        raw.execute("BEGIN")
        try:
            raw.execute(f"UPDATE {table} SET {names[at]} = ? WHERE {is_this}", [value, *row])
            raw.execute("COMMIT")
        except sqlite3.IntegrityError:
            raw.execute("ROLLBACK")
            return
        try:
            assert life.faults() == ["arranged"], (table, names[at])
        finally:
            now = [value if place == at else told for place, told in enumerate(row)]
            raw.execute(f"UPDATE {table} SET {names[at]} = ? WHERE {is_this}", [row[at], *now])
    assert life.faults() == []
