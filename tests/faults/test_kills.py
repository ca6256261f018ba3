"""The office dies at each place that is not the same to a disk as another, and nothing it ever signed for is lost."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.kills import Trial
from tests.faults.mortal import PLACES

SEED = 1


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """One office that is killed again and again."""
    made = Trial(tmp_path_factory.mktemp("office"), random.Random(SEED))
    yield made
    made.close()


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_lost_or_twice_there_when_the_office_dies(trial: Trial, place: str) -> None:
    trial.run(place)
    assert trial.sum.lost == []


@pytest.mark.parametrize("forgotten", ["entries", "quarantine"])
def test_loss_is_noticed_when_the_office_forgets_what_it_signed_for(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    one = trial.senders[0]
    one.write()
    one.write(stray=True)
    one.send_all()
    with closing(sqlite3.connect(trial.database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    monkeypatch.setattr(trial, "database", Path(shutil.copy(trial.database, tmp_path / "forgetful.db")))
    monkeypatch.setattr(trial.sum, "lost", [])
    with closing(sqlite3.connect(trial.database)) as db:
        db.execute(f"DELETE FROM {forgotten} WHERE rowid = (SELECT max(rowid) FROM {forgotten})")
        db.commit()
    trial.look_at_receipts(one, set(one.receipts), aside=True)
    assert len(trial.sum.lost) == 1
