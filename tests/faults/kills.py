"""Kills the real office with SIGKILL at named places, run after run on one database, and counts what was lost.

    python -m tests.faults.kills --seed 1 --runs 200

Phones send over HTTP to `fieldapp serve`, which dies at its place (`mortal.py`). After each death the office starts again, is
walked by `fieldapp verify`, and is held against every receipt that any phone ever got; the phones send again, and everything
they wrote must be there exactly once. A seed fixes which places, when and how; threads and the kernel still choose the moment
within a place. SIGKILL is no power cut: what the kernel had taken reaches the disk. That SQLite is told to flush is another test.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldapp import backups
from sync import entry
from tests.browser.server import COMMAND, Server
from tests.faults.mortal import PLACES
from tests.faults.senders import NoAnswer, Sender, sender

MORTAL = (sys.executable, "-m", "tests.faults.mortal")
MOST_PUSHES = 60
SERVING_PROCESSES = 2
"""A place that was not reached by then is not on the way."""
BETWEEN_RUNS_S = 45
AFTER = {
    "inside the transaction": 8,
    "while copying": 2,
    "while it is read again": 3,
    "while SQLite writes its log back": 4,
    "while SQLite writes its log": 4,
}
"""How often a place may be passed before it is deadly; elsewhere twice at most."""


@dataclass
class Sum:
    """What came of many kills."""

    kills: Counter[str] = field(default_factory=Counter)
    whole: int = 0
    """Pushes without an answer of which the office had everything; of the others, nothing."""
    none: int = 0
    lost: list[str] = field(default_factory=list)


class Trial:
    """One office, its phones, and all that was ever promised to them."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance = folder, chance
        self.sum = Sum()
        self.ahead = 0
        self.server = Server(folder, command=MORTAL)
        self.server.make_demo()
        self.database = folder / "office.db"
        self.orders = folder / "orders.json"
        self.backups = folder / "backups"
        self.begin()
        # Two people in one family, one phone more in another: pushes that meet in one casefile, and some that do not.
        self.senders = [sender(self.server.port, who) for who in ("ama", "reece", "ama")]
        people = {one.phone.person for one in self.senders}
        for one in self.senders[::2]:
            one.open_casefile(people)
            one.send_all()
        self.senders[1].casefile = self.senders[0].casefile
        self.command("backup")

    def close(self) -> None:
        self.server.kill()

    # What is done

    def run(self, place: str) -> None:
        """Dies once at this place and looks at what is left."""
        deed, _, where = place.partition(": ")
        after = self.chance.randrange(AFTER.get(where, 2))
        for one in self.senders:
            for _ in range(self.chance.randint(1, 12)):
                one.write()
            if self.chance.random() < 0.2:
                one.write(stray=True)
        {
            "push": self._killed_while_phones_send, "hello": self._killed_while_phones_send, "migration": self._killed_at_its_start,
            "restore": self._killed_while_stopped, "backup": self._killed_beside, "rekey": self._killed_beside, "checkpoint": self._killed_beside,
        }[deed](place, after)  # fmt: skip
        self.sum.kills[place] += 1
        self.begin()
        self.look(place)

    def _killed_while_phones_send(self, place: str, after: int) -> None:
        alone = self.chance.random() < 0.3
        self._order({"place": place, "after": after, "alone": alone})
        if not self._all_send_until_the_line_breaks():
            raise AssertionError(f"nobody died: {place} (passed {after} times) is not on the way")
        if alone:
            # Its other processes go on; the rest of the push comes to them while a new one is being started.
            self.orders.unlink()
            for one in self.senders:
                self._send_all_past_the_dying(one)
        self.server.kill()

    def _send_all_past_the_dying(self, one: Sender) -> None:
        """Sends all. Another process may have come to the same place before the order was taken back, and dies over what it is asked next."""
        for _ in range(SERVING_PROCESSES):
            with contextlib.suppress(NoAnswer):
                one.send_all()
                return
        one.send_all()

    def _all_send_until_the_line_breaks(self) -> bool:
        broken = threading.Event()
        failed: list[BaseException] = []

        def go_on(one: Sender) -> None:
            try:
                for _ in range(MOST_PUSHES):
                    if broken.is_set():
                        return
                    one.greet()
                    one.send(again=True)
                    one.write()
                    one.write()
            except NoAnswer:
                broken.set()
            except BaseException as error:
                failed.append(error)
                broken.set()

        threads = [threading.Thread(target=go_on, args=(one,)) for one in self.senders]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        if failed:
            raise failed[0]
        return broken.is_set()

    def _killed_at_its_start(self, place: str, after: int) -> None:
        """Dies as a next release that changes the shape of the database, which then begins again; afterwards this one is back."""
        self.server.kill()
        before = shape(self.database)
        self._order({"place": place, "after": after % 3 if place.endswith("inside the transaction") else 0, "alone": False})
        self.server.environment["MORTAL_NEXT"] = "1"
        self._dies("serve")
        found = shape(self.database)
        self.begin()
        self.server.kill()
        if found not in (before, shape(self.database)):
            raise AssertionError("a migration was half done")
        del self.server.environment["MORTAL_NEXT"]
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            (missing,) = db.execute(
                "SELECT count(*) FROM casefiles WHERE id NOT IN (SELECT casefile FROM next_release)"
            ).fetchone()
            db.execute("DROP TABLE next_release")
            db.execute(f"PRAGMA user_version = {before[0]}")
        if missing or shape(self.database) != before:
            raise AssertionError("a migration did not do its work when it was begun again")

    def _killed_beside(self, place: str, after: int) -> None:
        """Dies in a command while the office serves and phones send."""
        deed = place.partition(":")[0]
        many = deed == "rekey" or place.endswith(("copying", "again"))
        told = {"place": place, "after": after if many else 0, "alone": False}
        dead = threading.Event()

        def send_meanwhile() -> None:
            while not dead.is_set():
                for one in self.senders:
                    one.write()
                    # A command that holds the file up for longer than a phone waits loses nothing: it is sent again.
                    with contextlib.suppress(NoAnswer):
                        one.send()

        sending = threading.Thread(target=send_meanwhile)
        sending.start()
        try:
            apart = self.folder / "orders-beside.json"
            apart.write_text(json.dumps(told))
            self._dies(deed, *(["--to", str(self.folder / "checkpoint.json")] if deed == "checkpoint" else []), orders=apart)
        finally:
            dead.set()
            sending.join()
        self._look_at_promises()
        if deed == "backup":
            self.command("verify", "--backup", str(self.newest_backup()))
        if deed == "rekey":
            # Cut off, it goes on when it is run again; what was copied before opens with the former key only.
            self.command("rekey")
        if deed in ("backup", "rekey"):
            self.command("backup")
            if left := [*self.backups.glob("*.partial*"), *self.folder.glob("*.backing-up"), *self.folder.glob("*.coming")]:
                raise AssertionError(f"what a dead command left is still there: {left}")
        (self.folder / "checkpoint.json").unlink(missing_ok=True)
        self.server.kill()

    def _killed_while_stopped(self, place: str, after: int) -> None:
        self.server.kill()
        self._order({"place": place, "after": after if place.endswith("again") else 0, "alone": False})
        self._dies("restore", str(self.newest_backup()))
        self.orders.unlink()

    def _dies(self, *command: str, orders: Path | None = None) -> None:
        """Runs a mortal command to its death."""
        environment = {**self.server.environment, **({"MORTAL_ORDERS": str(orders)} if orders else {})}
        done = subprocess.run([*MORTAL, *command], env=environment, capture_output=True, timeout=60, check=False)
        if done.returncode >= 0:
            raise AssertionError(f"{command} did not die: {done.stdout!r} {done.stderr!r}")

    def _order(self, told: dict[str, Any]) -> None:
        # In one step, so that nobody reads half an order.
        made = self.orders.with_suffix(".new")
        made.write_text(json.dumps(told))
        made.replace(self.orders)

    def begin(self) -> None:
        """Starts the office again, a little later."""
        self.orders.unlink(missing_ok=True)
        self.ahead += BETWEEN_RUNS_S
        self.server.environment |= {"MORTAL_ORDERS": str(self.orders), "MORTAL_AHEAD_S": str(self.ahead)}
        self.server.start()

    def command(self, *command: str) -> None:
        """Runs a command that must do what it was asked; by the office's clock, and immortal."""
        environment = {**self.server.environment, "MORTAL_ORDERS": ""}
        real = [COMMAND] if command[0] == "verify" else MORTAL
        done = subprocess.run([*real, *command], env=environment, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(f"fieldapp {' '.join(command)}: {done.stdout}{done.stderr}")

    def newest_backup(self) -> Path:
        return max(self.backups.glob("*Z.sealed"))

    # What must be so

    def look(self, place: str) -> None:
        """Holds the office against everything it ever said, lets the phones send again, and holds it once more."""
        self.command("verify")
        self._look_at_promises()
        self._look_at_pushes_without_answer()
        for one in self.senders:
            # After a restore the office must have what phones have let go of; the rest comes back when they are heard.
            is_restored = place.startswith("restore")
            self.look_at_receipts(one, {id for id in one.receipts if not (is_restored and id in one.kept)}, aside=not is_restored)
            one.send_all()
        for one in self.senders:
            self.look_at_receipts(one, set(one.receipts), aside=True)
            self.look_at_everything_written(one)
        for old in sorted(self.backups.glob("*.sealed"))[:-2]:
            old.unlink()
        for old in self.folder.glob("*.replaced-*"):
            old.unlink()

    def look_at_receipts(self, one: Sender, ids: set[str], *, aside: bool) -> None:
        """Finds what was signed for where it was said to be; with `aside` also what is kept until a person sorts it."""
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            rows = {id: tuple(rest) for id, *rest in db.execute("SELECT id, casefile, seq, received_at, log_hash FROM entries")}
            kept = dict(db.execute("SELECT hash, received_at FROM quarantine WHERE discarded_at IS NULL"))
        for id in ids:
            said = one.receipts[id]
            if rows.get(id) != (said["casefile"], said["seq"], said["received_at"], said["log_hash"]):
                self.sum.lost.append(f"{id} of {one.who}: {said} was signed for, and there is {rows.get(id)}")
        for hash, said in one.aside.items() if aside else ():
            if kept.get(hash) != said["received_at"]:
                self.sum.lost.append(f"{hash} of {one.who} was kept aside, and is not there")

    def look_at_everything_written(self, one: Sender) -> None:
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            (count,) = db.execute("SELECT count(*) FROM entries WHERE kid = ?", (one.phone.key.kid,)).fetchone()
            ids = Counter(id for (id,) in db.execute("SELECT id FROM entries WHERE kid = ?", (one.phone.key.kid,)))
            aside = dict(db.execute("SELECT entry, count(*) FROM quarantine WHERE kid = ? GROUP BY entry", (one.phone.key.kid,)))
        if one.unsent or one.written.keys() - one.receipts.keys():
            self.sum.lost.append(f"{one.who} has {len(one.unsent)} that the office does not sign for")
        for id in one.written:
            if ids[id] != 1:
                self.sum.lost.append(f"{id} of {one.who} is there {ids[id]} times")
        for id in one.strays:
            if aside.get(id) != 1:
                self.sum.lost.append(f"{id} of {one.who}, for a casefile that is not there, is kept {aside.get(id)} times")
        if count != len(one.written):
            self.sum.lost.append(f"{one.who} wrote {len(one.written)}, and the office has {count}")

    def _look_at_pushes_without_answer(self) -> None:
        """One push is one transaction: after a death all of it is there, or nothing."""
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            there = {id for (id,) in db.execute("SELECT id FROM entries UNION SELECT entry FROM quarantine")}
        for one in self.senders:
            found = [id in there for id in one.in_flight]
            if found and any(found) != all(found):
                self.sum.lost.append(f"of a push of {one.who} {sum(found)} of {len(found)} are there")
            self.sum.whole += bool(found) and all(found)
            self.sum.none += bool(found) and not any(found)
            one.in_flight = []

    def _look_at_promises(self) -> None:
        """Phones let go of a copy only for a backup that bears its name, is whole, and began a minute later."""
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            (kept,) = db.execute("SELECT value FROM settings WHERE name = 'durable_through'").fetchone() or ("",)
        if not kept:
            return
        durable = kept.partition(" ")[0]
        at = self.newest_backup().stem.removeprefix("fieldapp-")
        began = f"{at[:13]}:{at[13:15]}:{at[15:]}"
        if entry.moment(durable) + backups.SAFETY > entry.moment(began):
            self.sum.lost.append(f"phones were promised {durable}, and the newest backup began at {began}")


def shape(path: Path) -> tuple[int, list[tuple[str, str]]]:
    """Which migrations a database says it went through, and what is in it."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        (done,) = db.execute("PRAGMA user_version").fetchone()
        return int(done), db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()


def main() -> int:
    """Kills as often as asked, each place as often as any other, and prints a table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--runs", type=int, default=200)
    asked.add_argument("--place", choices=PLACES, action="append", help="only here")
    given = asked.parse_args()
    chance, places = random.Random(given.seed), given.place or PLACES
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder), chance)
        try:
            for n in range(given.runs):
                place = places[n % len(places)]
                trial.run(place)
                if sys.stderr.isatty():
                    print(f"\r{n + 1} of {given.runs}", end="", file=sys.stderr, flush=True)
                if trial.sum.lost:
                    print(f"after run {n + 1}, {place} (seed {given.seed}):", *trial.sum.lost[:5], sep="\n  ")
                    break
        except KeyboardInterrupt:
            print("ended by hand")
        finally:
            trial.close()
    print(told(trial, time.monotonic() - begun))
    return 1 if trial.sum.lost else 0


def told(trial: Trial, took_s: float) -> str:
    """The table of a document."""
    lines = ["| killed | runs |", "|---|---|", *(f"| {place} | {count} |" for place, count in sorted(trial.sum.kills.items()))]
    written = sum(len(one.written) + len(one.strays) for one in trial.senders)
    return "\n".join(
        [
            *lines,
            f"{sum(trial.sum.kills.values())} kills in {took_s:.0f} s on one database; {written} notes written, {sum(one.let_go for one in trial.senders)} let go of by their "
            f"phones after a backup; of pushes without an answer {trial.sum.whole} were there as a whole and {trial.sum.none} not at all; {len(trial.sum.lost)} losses",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
