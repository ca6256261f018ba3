"""A browser that is killed keeps what its screen called saved, and the office gets it once. `make faults BROWSERS=50` kills more."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright

from tests.browser.killed_browsers import Trial

SEED = 1


@pytest.fixture(scope="module")
def trial(playwright: Playwright, executable: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """One phone that is killed again and again."""
    made = Trial(playwright, executable, tmp_path_factory.mktemp("office"), random.Random(SEED))
    yield made
    made.close()


@pytest.mark.parametrize("moment", ["after the tap on Send", "before its answer"])
def test_nothing_called_saved_is_lost_or_sent_twice_when_the_browser_is_killed(trial: Trial, moment: str) -> None:
    trial.run(moment)
    assert trial.sum.lost == []


def test_loss_is_noticed_when_the_screen_had_called_it_saved(trial: Trial) -> None:
    trial.ama.opens_the_family("Tarnley")
    trial.said[:] = ["Saved, waiting to send"]
    with pytest.raises(AssertionError, match="to be visible"):
        trial.looks_at_what_is_left("Call 9999: never written", [], time.monotonic())
