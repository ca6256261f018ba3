"""`make mutants`: breaks one rule after the other in a copy of the tree and runs the tests named for it. One that nothing notices fails the run.

MUTANT takes part of a rule's words and runs only those.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import rules
from tests.mutants.rules import Mutant
from tests.mutants.scratch import LIMIT_OF_ALL_S, Scratch

AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a mutant fared: `ended` says of each of its tests how it ended."""

    mutant: Mutant
    ended: dict[str, str]
    seconds: float

    @property
    def is_caught(self) -> bool:
        return bool(self.ended) and all(ended == "failed" for ended in self.ended.values())


def main() -> int:
    wanted = os.environ.get("MUTANT", "").lower()
    mutants = [each for side in rules.SIDES for each in rules.read(side) if wanted in each.rule.lower()]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fieldapp-mutants-") as folder:
        free: SimpleQueue[Scratch] = SimpleQueue()
        for number in range(AT_ONCE):
            free.put(Scratch(Path(folder) / str(number)))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            # A test that fails anyway notices nothing.
            whole = _unbroken(pool, free, mutants)
            if whole:
                print("Not begun: these fail although no rule is broken:", *whole, sep="\n  ")
                return 1
            verdicts = list(pool.map(lambda mutant: _try(free, mutant), mutants))
    survived = [each for each in verdicts if not each.is_caught]
    caught = len(mutants) - len(survived)
    print(f"{caught} of {len(mutants)} broken rules were noticed, in {time.monotonic() - began:.0f} s.")
    for verdict in survived:
        print(f"\nSURVIVED: {verdict.mutant.rule}", *(f"  {name}: {how}" for name, how in verdict.ended.items()), sep="\n")
    return 1 if survived or not mutants else 0


def _unbroken(pool: ThreadPoolExecutor, free: SimpleQueue[Scratch], mutants: Sequence[Mutant]) -> list[str]:
    tests = sorted({name for mutant in mutants for name in mutant.tests})
    parts = [[name for name in tests if name.partition("::")[0].endswith(ending)] for ending in (".py", ".js")]

    def run(part: list[str]) -> dict[str, str]:
        scratch = free.get()
        try:
            return scratch.run(part, limit_s=LIMIT_OF_ALL_S)
        finally:
            free.put(scratch)

    return [f"{name}: {how}" for ended in pool.map(run, parts) for name, how in ended.items() if how != "passed"]


def _try(free: SimpleQueue[Scratch], mutant: Mutant) -> Verdict:
    scratch = free.get()
    began = time.monotonic()
    try:
        ended = scratch.run(mutant.tests, rules.broken(scratch.root, mutant))
    finally:
        free.put(scratch)
    verdict = Verdict(mutant, ended, time.monotonic() - began)
    by = ", ".join(name.partition("::")[2] for name, how in ended.items() if how == "failed")
    print(f"{verdict.seconds:5.1f} s  {mutant.rule}  →  {by if verdict.is_caught else 'NOTHING NOTICED'}", flush=True)
    return verdict


if __name__ == "__main__":
    sys.exit(main())
