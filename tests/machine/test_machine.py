"""Laws that hold for a real office whatever is done to it, in any order and at once; and that the oracle sees what breaks them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from fieldapp import people
from tests.app import harrowmere
from tests.machine import deeds
from tests.machine.laws import look, run
from tests.machine.oracle import Oracle
from tests.machine.town import SEEN, Town

RUNS, STEPS = 8, 45


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)


def test_law_nothing_told_is_untrue_and_nothing_kept_is_lost_whatever_is_done_at_once() -> None:
    SEEN.clear()
    run(RUNS, STEPS)
    # A machine that only ever meets one answer would prove little.
    came_to = {
        "stored",
        "duplicate",
        "quarantined no_opening",
        "quarantined not_allowed",
        "/sync/v1/pull 200",
        "desk done=put_away",
    }
    assert came_to - set(SEEN) == set()


@pytest.fixture
def town() -> Iterator[Town]:
    """A first morning, with an envelope kept aside and one put away."""
    made = Town()
    deeds.begin(made)
    phone = made.phones[0]
    for junk in (b"\x01" + b"j" * 300, b"k" * 300):
        pushed = deeds.push(made, phone, [junk])
        pushed.hear(pushed.do())
    look(made, phone)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM entries WHERE seq = 1", "numbers of"),
        ("UPDATE entries SET seq = seq + 7 WHERE seq = 2", "numbers of"),
        ("UPDATE casefiles SET seq = 1", "is not its last entry"),
        ("UPDATE entries SET log_hash = 'x' WHERE seq = 2", "breaks at 2"),
        ("UPDATE entries SET received_at = '2026-01-01T00:00:00.000Z'", "a receipt tells of"),
        ("UPDATE entries SET kind = 'review' WHERE seq = 2", "by the wrong hand"),
        ("UPDATE entries SET record = (SELECT record FROM entries WHERE seq = 1 LIMIT 1)", "lies in two casefiles"),
        ("DELETE FROM quarantine", "was said to be kept"),
        ("UPDATE quarantine SET envelope = x'00'", "not kept as it came"),
        ("UPDATE quarantine SET discarded_at = received_at, discarded_by = 'somebody'", "nobody was seen"),
        ("UPDATE quarantine SET placed_at = received_at", "said to be placed"),
        ("DELETE FROM readers", "who never had a say"),
        ("INSERT INTO readers SELECT id, (SELECT id FROM people WHERE name = 'Pat'), opened_at, NULL, 'named' FROM casefiles", "other readers"),
        ("UPDATE enrolments SET received_at = '2026-01-01T00:00:00.000Z' WHERE n = 2", "chain of enrolments breaks at 2"),
    ],
)  # fmt: skip
def test_the_oracle_sees_it_when_the_database_was_changed(town: Town, change: str, said: str) -> None:
    with closing(sqlite3.connect(town.database)) as raw, raw:
        raw.execute(change)
    with pytest.raises(AssertionError, match=said):
        look(town, town.phones[0])


def test_the_oracle_sees_it_when_an_answer_holds_more_or_less_than_may_be_read(town: Town) -> None:
    ama, noor = town.place.id("ama"), town.place.id("noor")
    whole, nothing, oracle = deeds.read_anew(town, "ama"), deeds.read_anew(town, "noor"), Oracle(town.database)
    assert oracle.served(town.told, ama, town.at, whole) == oracle.served(town.told, noor, town.at, nothing) == []

    assert oracle.served(town.told, noor, town.at, whole) != []
    assert oracle.served(town.told, ama, town.at, nothing) != []
    whole["casefiles"][0]["entries"].pop()
    assert oracle.served(town.told, ama, town.at, whole) != []


def test_the_oracle_sees_it_when_something_saved_never_came(town: Town) -> None:
    phone = town.phones[0]
    sent = town.note(phone, phone.opening())
    assert not town.oracle().came_home(sent.id, town.told)


def test_a_receipt_by_another_key_is_none(town: Town) -> None:
    phone, other = town.phones[0], town.phones[1]
    forged = other.key.jws("fieldapp-receipt", b'{"v":1,"status":"stored"}')
    with pytest.raises(AssertionError, match="no key set names"):
        town.check_receipt(phone, forged)
    known = next(each for each in phone.keyset["keys"] if each["use"] == "receipt")
    assert not town.notary.holds(forged, "fieldapp-receipt", known["jwk"])
