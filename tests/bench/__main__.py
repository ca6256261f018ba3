"""`python -m tests.bench`: the app, the raw floor, Dexie and PouchDB on the same notes, one table in one run."""

import argparse
import json
import random
import signal
import sys
import time

from tests.bench import chromium, machine, processes, table
from tests.bench.columns import Column
from tests.bench.measure import Figures, Round
from tests.bench.rows import COLUMNS, OURS, rows


def asked() -> argparse.Namespace:
    wanted = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    wanted.add_argument("--json", action="store_true", help="print the figures for programs instead of the table")
    wanted.add_argument("--n", type=int, default=10_000, help="the large count; small is a tenth, middle is half")
    wanted.add_argument("--rounds", type=int, default=5, help="medians are of this many rounds")
    wanted.add_argument("--quick", action="store_true", help="small counts, one round: is the table complete?")
    wanted.add_argument("--columns", default=",".join(COLUMNS), help="only these, with commas")
    wanted.add_argument("--strict", action="store_true", help="exit 1 when a budget is missed")
    return wanted.parse_args()


def columns(names: list[str]) -> list[Column]:
    from tests.bench.product import Product

    return [Product() if name == OURS else Column(name) for name in names]


def main() -> int:
    told = asked()
    large, rounds, saves = (200, 1, 20) if told.quick else (told.n, told.rounds, 100)
    if told.quick:
        chromium.Browser.settle_s = 0.2
    small, middle = large // 10, large // 2
    executable = chromium.program()
    facts = machine.facts(executable)
    figures = Figures()
    names = [name for name in COLUMNS if name in told.columns.split(",")]
    if {"dexie", "pouchdb"} & set(names):
        processes.npm_ci()
    chosen = columns(names)
    for column in chosen:
        figures.taker(column.name)("script", column.script_bytes())
        column.once(executable, figures.taker(column.name), quick=told.quick)
    done = 0
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells give what they start in the background a deaf ear
    try:
        for number in range(rounds):
            for count in (small, middle, large):
                for column in random.sample(chosen, len(chosen)):  # a new order each round spreads the machine's noise
                    start = time.monotonic()
                    take = figures.taker(column.name)
                    Round(column, count, executable, take, saves=saves, opening=count == middle).run()
                    took = time.monotonic() - start
                    print(f"round {number + 1}/{rounds}, {count:,}: {column.name} {took:.0f} s", file=sys.stderr, flush=True)
            done += 1
    except KeyboardInterrupt:
        print("stopped: the table is of what was measured until now", file=sys.stderr, flush=True)
    lines = rows(small, middle, large)
    if told.json:
        print(json.dumps(table.as_json(lines, figures.all, facts, names), indent=1))
    else:
        print("\n".join(f"{name}: {value}" for name, value in facts.items()))
        print(f"medians of {done} rounds [least..most], all columns in this one run; CPU ×1 unless said\n")
        print(table.render(lines, figures.all))
        missed = table.misses(lines, figures.all, names)
        print(f"\n{len(missed)} missed" + "".join(f"\n- {line}" for line in missed) if missed else "\nall budgets kept")
    return int(told.strict and bool(table.misses(lines, figures.all, names)))


if __name__ == "__main__":
    sys.exit(main())
