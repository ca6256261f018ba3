"""Lets the real office live through what its model lived through, and compares their answers.

`transcripts.js` tells, line by line, what phones asked of the model and what happened at the office; here the same requests, with the same
keys, tokens and clock, go to Flask and SQLite. What cannot be equal is left out: signatures, nonces, key sets' bytes, forms. In the end an
oracle that shares no code with the office asks its tables who may read what, and the model must say the same.

    python -m tests.faults.real_office --seed 1 --runs 2000
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from fieldapp import placing, practice, receipts, store
from fieldapp.epoch import EpochFile
from fieldapp.keys import NONCE_LASTS, Keys, SigningKey, token_hash
from fieldapp.store.people import PersonRow
from fieldapp.store.signers import EnrolmentRow, SignerRow
from fieldapp.web import guards, protocol
from fieldapp.web.office import Office, put_office
from sync import entry, wire
from tests.house.tools import NODE, ROOT
from tests.machine.oracle import Oracle

Event = dict[str, Any]
_SHARE = 50
TEAM = "family-support"
"""The one team there is, whose supervisor answers for all its families."""
_LEFT_OUT = {"nonce", "checkpoint", "practice", "keyset", "time", "responders", "enrolments", "v", "total", "drafts", "elsewhere"}
"""What cannot be equal; and what the model does not know: how many drafts somebody left under an earlier signer, and what waits on another phone of theirs."""


@dataclass
class Clock:
    """Stands where the transcript says."""

    now: datetime = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class AnyNonce(Keys):
    """The office's keys, but for nonces: those in a transcript are the model's, and only it refuses old ones."""

    def is_nonce_good(self, nonce: str, device: str, now: datetime, lasts: timedelta = NONCE_LASTS) -> bool:
        return True


@dataclass
class RealOffice:
    """One office on a database of its own, put through one transcript."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    keys: Keys = field(default_factory=lambda: AnyNonce(secrets.token_bytes(32)))
    differences: list[str] = field(default_factory=list)
    requests: int = 0
    readers: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database = self.folder / "office.db"
        self.epoch_file = EpochFile(self.folder / "office.key")
        self.app = Flask("real office", static_folder=None)
        self.app.config["VERSION"] = "test"
        self.app.testing = True
        guards.install(self.app)
        protocol.register(self.app)
        self.client: FlaskClient = self.app.test_client(use_cookies=False)
        self._open()

    def _open(self) -> None:
        self.store = store.open(self.database)
        office = Office(
            store=self.store,
            keys=self.keys,
            practice=practice.shipped(),
            clock=self.clock,
            origin="http://localhost",
            epoch_file=self.epoch_file,
        )
        put_office(self.app, office)

    def close(self) -> None:
        self.store.close()

    def live_through(self, event: Event) -> None:
        """Does what one line of the transcript says."""
        self.clock.now = datetime.fromtimestamp(event["at"] / 1000, UTC)
        getattr(self, f"_{event['what']}")(event)

    @property
    def at(self) -> str:
        return entry.stamp(self.clock())

    def _setting(self, event: Event) -> None:
        with self.store.writing() as tx:
            for key in event["keys"]:
                self._add_key(tx, key["use"], key["der"])
            self.keys._issue(tx, self.at)
            tx.people.add_team(TEAM, "Family support")
            for one in event["people"]:
                tx.people.add(PersonRow(one["id"], one["email"], one["name"], one["role"], "", None, 0, "", None, TEAM))
                tx.people.join(one["id"], TEAM, one["role"], "", None)
            for one in event["devices"]:
                tx.signers.add_device(one["id"], token_hash(one["token"]), self.at)
            for n, one in enumerate(event["signers"], 1):
                jwk = entry.write_json(one["jwk"]).decode()
                kid, person, device = one["kid"], one["person"], one["device"]
                known = token_hash(one["read_token"])
                tx.signers.add(SignerRow(kid, person, device, jwk, self.at, known, "", None, "", self.at, 0, "", 0))
                tx.signers.add_enrolment(EnrolmentRow(n, f"{n}", kid, "", self.at, ""))
            for one in event["casefiles"]:
                self._place(tx, one["id"], one["entries"])
            for grant in event["grants"]:
                tx.casefiles.grant(grant["casefile"], grant["person"], grant["from_at"], "assigned", grant["until_at"])
        self.epoch_file.check(self.store, self.at)

    def _add_key(self, tx: store.Store, use: str, der: str) -> None:
        key = SigningKey.read(base64.b64decode(der))
        self.keys.keep_key(tx, use, key, self.at)

    def _place(self, tx: store.Store, casefile: str, entries: list[Event]) -> None:
        """Places entries of the model's desk as they stand."""
        for one in entries:
            split = entry.split_jws(one["jws"], "fieldapp-entry")
            parts = wire.Parts(split.payload, one["body"].encode(), b"")
            packet = wire.Packet(entry.unb64u(split.kid), split.signature, wire.deflate(wire.lay_parts(parts)))
            header = entry.read_header(parts.header)
            row = tx.casefiles.get(casefile)
            if row is None:
                opening = placing.Opening("family", "main", (), "")
                row = placing.open_casefile(
                    tx, self.keys, casefile, opening, author=header["author"], team=TEAM, at=one["received_at"]
                )
                for person in self.readers.pop(casefile, ()):
                    tx.casefiles.grant(casefile, person, one["received_at"])
                row = tx.casefiles.get(casefile)
            if row is None:
                raise LookupError("a casefile that was just made")
            placer = placing.Placer(tx, self.keys, one["received_at"])
            placer.add(placing.ready(packet, parts, header, 0), row)
            placer.write()

    def _casefile(self, event: Event) -> None:
        # Its opening follows as an entry of the desk, and makes it.
        self.readers[event["casefile"]] = event["readers"]

    def _desk(self, event: Event) -> None:
        with self.store.writing() as tx:
            self._place(tx, event["casefile"], [{**event, "received_at": self.at}])
        self.epoch_file.note(self.store)

    def _grant(self, event: Event) -> None:
        with self.store.writing() as tx:
            if tx.casefiles.get(event["casefile"]) is not None:
                tx.casefiles.grant(event["casefile"], event["person"], self.at)

    def _end(self, event: Event) -> None:
        with self.store.writing() as tx:
            tx.casefiles.end_grants(event["casefile"], event["person"], self.at)

    def _device(self, event: Event) -> None:
        with self.store.writing() as tx:
            tx.signers.set_device_status(event["device"], event["status"])

    def _rotate(self, event: Event) -> None:
        with self.store.writing() as tx:
            self._add_key(tx, "ingest", event["der"])
            self.keys._issue(tx, self.at)
        self.epoch_file.note(self.store)

    def _durable(self, event: Event) -> None:
        with self.store.writing() as tx:
            receipts.promise(tx, self.keys, event["through"])

    def _copy(self, event: Event) -> None:
        source, copy = sqlite3.connect(self.database), sqlite3.connect(self.folder / f"copy-{event['label']}.db")
        with source, copy:
            source.backup(copy)
        source.close()
        copy.close()

    def _restore(self, event: Event) -> None:
        self.store.close()
        for name in ("office.db", "office.db-wal", "office.db-shm"):
            (self.folder / name).unlink(missing_ok=True)
        shutil.copy(self.folder / f"copy-{event['label']}.db", self.database)
        self._open()
        self.keys.follow_epoch(self.store, self.epoch_file.check(self.store, self.at), self.at)

    def _request(self, event: Event) -> None:
        path, told = event["path"], json.loads(event["told"])
        if path.startswith("/sync/v1/practice") or told.get("error") == "nonce":
            return
        self.requests += 1
        answer = self.client.open(
            path,
            method="PUT" if path.startswith("/sync/v1/drafts/") else "POST",
            data=base64.b64decode(event["body"]),
            headers={**event["headers"], "Cookie": f"fieldapp-device={event['cookie']}"},
        )
        ours = (answer.status_code, _comparable(path, answer.get_json(silent=True) or {}))
        theirs = (event["status"], _comparable(path, told))
        if ours != theirs:
            self.differences.append(f"{path} at {self.at}:\n  office {_told(ours, theirs)}\n  model  {_told(theirs, ours)}")


def unlike(oracle: Oracle, over: Event) -> list[str]:
    """Says where the office's tables, asked by SQL that it shares with nobody, tell otherwise than its model who may read what in the end, and what phones may hold of it."""
    at, entries = entry.stamp(datetime.fromtimestamp(over["at"] / 1000, UTC)), oracle.entries.values()
    found = []
    for does, may, said in (("reads", oracle.readable, over["readable"]), ("carries", oracle.carried, over["carried"])):
        for person, theirs in said.items():
            ours = {casefile: [row["id"] for row in entries if row["casefile"] == casefile] for casefile in may(person, at)}
            if ours != theirs:
                odd = sorted(each for each in ours.keys() | theirs.keys() if ours.get(each) != theirs.get(each))
                found.append(f"in the end {person} {does} otherwise in {', '.join(odd)}")
    return found


def _comparable(path: str, told: Event) -> Event:
    """What both must say alike."""
    if path.startswith("/sync/v1/drafts/"):
        return {}
    said = {name: value for name, value in told.items() if name not in _LEFT_OUT}
    if said.get("error"):
        return {"error": said["error"]}
    said["has_keyset"] = "keyset" in told
    if "results" in said:
        said["results"] = [_result(one) for one in said["results"]]
    if "receipts" in said:
        said["receipts"] = sorted((_result(one) for one in said["receipts"]), key=str)
    for name in ("added", "diverged", "missing"):
        if name in said:
            said[name] = sorted(said[name])
    for name in ("removed", "people", "casefiles"):
        if name in said:
            said[name] = sorted(said[name], key=str)
    if "signers" in said:
        said["signers"] = sorted(said["signers"], key=str)
    return said


def _result(one: Event) -> Event:
    """One envelope's result, its receipt read."""
    receipt = one.get("receipt")
    payload = {} if receipt is None else json.loads(entry.split_jws(receipt, "fieldapp-receipt").payload)
    return {**{name: value for name, value in one.items() if name not in ("receipt", "retry_after")}, "payload": payload}


def _told(one: tuple[int, Event], other: tuple[int, Event]) -> str:
    """Only what differs."""
    names = {name for name in {**one[1], **other[1]} if one[1].get(name) != other[1].get(name)}
    return f"{one[0]} {json.dumps({name: one[1].get(name) for name in sorted(names)})}"


@dataclass(frozen=True)
class Sum:
    """What came of many transcripts."""

    schedules: int
    requests: int
    statuses: dict[str, int]
    differences: list[str]


def transcripts(seed: int, runs: int) -> Iterator[list[Event]]:
    """What the model lived through, schedule by schedule."""
    command = [str(NODE), str(Path(__file__).with_name("transcripts.js")), str(seed), str(runs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={"TZ": "Europe/London"}) as node:
        events: list[Event] = []
        for line in node.stdout or ():
            events.append(json.loads(line))
            if events[-1]["what"] == "over":
                yield events
                events = []
        if node.wait() != 0:
            raise RuntimeError("the simulation did not end well")


def compare(seed: int, runs: int) -> Sum:
    """Puts the real office through schedules of the model."""
    requests, schedules = 0, 0
    statuses: dict[str, int] = {}
    differences: list[str] = []
    for *events, over in transcripts(seed, runs):
        schedules += 1
        with tempfile.TemporaryDirectory() as folder:
            office = RealOffice(Path(folder))
            for event in events:
                office.live_through(event)
                if office.differences:
                    break
            else:
                office.differences += unlike(Oracle(office.database), over)
            differences += [f"seed {over['seed']}: {each}" for each in office.differences[:1]]
            office.close()
            requests += office.requests
        for event in events:
            for result in json.loads(event["told"]).get("results", ()) if event["what"] == "request" else ():
                name = f"{result['status']} {result.get('code', '')}".strip()
                statuses[name] = statuses.get(name, 0) + 1
    return Sum(schedules, requests, statuses, differences)


def compare_on_all_cores(seed: int, runs: int) -> Sum:
    """The same, a share of the seeds to each process."""
    shares = [(seed + i, min(_SHARE, runs - i)) for i in range(0, runs, _SHARE)]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        sums = list(pool.map(compare, *zip(*shares, strict=True)))
    statuses: Counter[str] = Counter()
    for each in sums:
        statuses.update(each.statuses)
    return Sum(
        sum(each.schedules for each in sums),
        sum(each.requests for each in sums),
        dict(statuses),
        [line for each in sums for line in each.differences],
    )


def main() -> int:
    """Compares as many schedules as asked, and says how long it took."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--runs", type=int, default=2000)
    given = asked.parse_args()
    begun = time.monotonic()
    found = compare_on_all_cores(given.seed, given.runs)
    for each in found.differences[:5]:
        print(f"{each}\nreplay: python -m tests.faults.real_office --seed {each.split()[1].rstrip(':')} --runs 1")
    took = time.monotonic() - begun
    print(
        f"{found.schedules} schedules, {found.requests} requests in {took:.0f} s, {len(found.differences)} differ; {found.statuses}"
    )
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main())
