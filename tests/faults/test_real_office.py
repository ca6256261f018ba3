"""The model that the simulation trusts answers as the real office does, through crashes, removals and restores; and what the simulation found of the office."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldapp import store
from fieldapp.epoch import EpochFile
from fieldapp.store.quarantine import QuarantineRow
from tests.faults.real_office import compare
from tests.machine.oracle import Oracle

RUNS = 24


def test_real_office_answers_as_its_model_when_both_live_through_the_same() -> None:
    found = compare(seed=1000, runs=RUNS)
    assert found.differences == []
    assert found.schedules == RUNS
    assert found.requests > 10 * RUNS
    assert {"stored", "duplicate"} <= set(found.statuses)


@pytest.mark.parametrize(("question", "said"), [("readable", "reads otherwise in"), ("carried", "carries otherwise in")])
def test_another_word_on_who_may_read_or_carry_what_is_noticed_in_the_end(
    monkeypatch: pytest.MonkeyPatch, question: str, said: str
) -> None:
    monkeypatch.setattr(Oracle, question, lambda self, person, at: set())
    assert any(said in each for each in compare(seed=1000, runs=1).differences)


@pytest.mark.parametrize(
    ("seed", "why"),
    [
        (9078, "an opening that a phone gives back names its readers, and what waited for it is placed with it"),
        (9021, "a draft sealed to a key that a restore lost is refused, and sealed anew at the next unlocking"),
    ],
)
def test_real_office_answers_as_its_model_in_a_schedule_where_they_once_differed(seed: int, why: str) -> None:
    assert compare(seed=seed, runs=1).differences == [], why


def test_epoch_rises_when_what_a_restore_lost_was_only_kept_aside(tmp_path: Path) -> None:
    beside = EpochFile(tmp_path / "office.key")
    before, after = store.open(tmp_path / "before.db"), store.open(tmp_path / "after.db")
    assert beside.check(after, "2026-11-23T00:00:00.000Z") == 1
    at = "2026-11-21T09:00:00.000Z"
    with after.writing() as tx:
        tx.quarantine.add(
            QuarantineRow(
                hash="h", device="d", kid="", entry="", casefile="", reason="cannot_open", is_believed=False,
                received_at=at, day=at[:10], size=1, envelope=b"x",
            )
        )  # fmt: skip
    beside.note(after)
    assert beside.check(before, "2026-11-23T00:00:00.000Z") == 2
    before.close()
    after.close()
