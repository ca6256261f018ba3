"""Long runs of the machine: `python -m tests.machine --seed 1 --runs 200`. A failure tells its steps, the shortest that were found with --shrink."""

from __future__ import annotations

import argparse
import time

from fieldapp import people
from tests.app import harrowmere
from tests.machine.laws import run
from tests.machine.town import SEEN


def main() -> None:
    """Runs as many machines as asked and says what they came to."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--runs", type=int, default=100)
    asked.add_argument("--steps", type=int, default=60)
    asked.add_argument("--shrink", action="store_true")
    given = asked.parse_args()
    people._hasher = harrowmere.quick_hasher
    begun = time.monotonic()
    try:
        run(given.runs, given.steps, given.seed, shrink=given.shrink)
    finally:
        print(f"{time.monotonic() - begun:.0f} s; {dict(SEEN.most_common())}")
    print(f"{given.runs} machines of up to {given.steps} steps broke no law")


if __name__ == "__main__":
    main()
