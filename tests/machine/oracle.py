"""What must be true of an office, asked of its database by somebody who shares no code with it.

Everything here is written anew from docs/protocol.md and the tables: SQL over a connection of its own, hashes by hashlib,
signatures by joserfc. Each law returns sentences about what breaks it, so that a planted fault shows which one notices.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

OFFICE_ONLY = ("review", "erasure", "moved")
Faults = list[str]


@dataclass
class Told:
    """What the office answered so far. Receipts are kept by epoch: a restore takes back what it does not remember, and says so by a higher one."""

    stored: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    kept: dict[str, dict[int, str]] = field(default_factory=dict)
    envelopes: dict[str, bytes] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    signed: dict[str, set[str]] = field(default_factory=dict)
    """By id: the body its writer made, and every JWS over it by its writer's key. A second signature is the same entry."""
    sealed: dict[str, set[str]] = field(default_factory=dict)
    """By id: the hashes of the envelopes it was sealed in."""
    openings: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    """Author and named readers of each opening, by its id."""
    put_away: dict[str, set[str]] = field(default_factory=dict)
    """Who was seen to put an envelope away."""


def sha(text: str | bytes) -> str:
    raw = hashlib.sha256(text.encode() if isinstance(text, str) else text).digest()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def id_of(jws: str) -> str:
    """The hash of what is signed, without the signature."""
    return sha(jws.rpartition(".")[0])


def payload_of(jws: str) -> dict[str, Any]:
    part = jws.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said


def head_of(jws: str) -> dict[str, Any]:
    part = jws.split(".", 1)[0]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said


class Notary:
    """Checks signatures with a library that the office does not use; one it has checked before it remembers."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def holds(self, jws: str, typ: str, jwk: Mapping[str, str]) -> bool:
        asked = (jws, json.dumps(jwk, sort_keys=True))
        if asked not in self._known:
            try:
                found = jose.deserialize_compact(jws, ECKey.import_key(dict(jwk)), algorithms=["ES256"])
            except (JoseError, ValueError):
                return False
            if found.headers().get("typ") != typ:
                return False
            self._known.add(asked)
        return True


class Oracle:
    """One unmoving state of the database."""

    def __init__(self, database: Path) -> None:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None)) as raw:
            raw.row_factory = sqlite3.Row
            raw.execute("BEGIN")
            self.casefiles = {row["id"]: row for row in raw.execute("SELECT * FROM casefiles")}
            self.entries = {row["id"]: row for row in raw.execute("SELECT * FROM entries ORDER BY casefile, seq")}
            self.quarantine = {row["hash"]: row for row in raw.execute("SELECT * FROM quarantine")}
            self.readers = raw.execute("SELECT * FROM readers").fetchall()
            self.people = {row["id"]: row for row in raw.execute("SELECT * FROM people")}
            self.memberships = raw.execute("SELECT * FROM memberships").fetchall()
            self.signers = {row["kid"]: row for row in raw.execute("SELECT * FROM signers")}
            self.devices = {row["id"]: row["status"] for row in raw.execute("SELECT id, status FROM devices")}
            self.tokens = {row["token_hash"]: row["id"] for row in raw.execute("SELECT id, token_hash FROM devices")}
            self.enrolments = raw.execute("SELECT * FROM enrolments ORDER BY n").fetchall()
            self.office_keys = {row["kid"]: row for row in raw.execute("SELECT kid, use, jwk FROM office_keys")}
            self.decisions = raw.execute("SELECT person, what, casefile, record FROM audit").fetchall()
            found = raw.execute("SELECT value FROM settings WHERE name = 'epoch'").fetchone()
            self.epoch = 1 if found is None else int(found[0])
            found = raw.execute("SELECT value FROM settings WHERE name = 'restored_at'").fetchone()
            self.restored_at = "" if found is None else str(found[0])
            said = "SELECT casefile FROM audit WHERE what IN ('private section opened', 'readers confirmed') AND at >= ?"
            self.said_who_reads = {row["casefile"] for row in raw.execute(said, [self.restored_at])}

    def device_of(self, token: str) -> str | None:
        """The device a token stands for."""
        return self.tokens.get(sha(f"fieldapp token 1\n{token}"))

    # Who may read what, from the tables of assignments alone

    def carried(self, person: str, at: str) -> set[str]:
        """The casefiles a phone of theirs may hold at this moment: what they are named on, and of what their team has only what they put there."""
        put = {row["casefile"] for row in self.readers if row["person"] == person and row["why"] == "phone" and _lasts(row, at)}
        by_team = self._by_team(person, at) if self.people[person]["role"] == "supervisor" else set()
        return self._named(person, at) | (put & by_team)

    def readable(self, person: str, at: str) -> set[str]:
        """The casefiles somebody may read at this moment, at the desk or on a phone."""
        return self._named(person, at) | self._by_team(person, at)

    def _by_team(self, person: str, at: str) -> set[str]:
        if self.people[person]["role"] not in ("supervisor", "auditor") or not self._is_active(person, at):
            return set()
        teams = {row["team"] for row in self.memberships if row["person"] == person and _lasts(row, at)}
        return {
            row["id"] for row in self.casefiles.values() if row["sort"] == "main" and not row["practice"] and row["team"] in teams
        }

    def _named(self, person: str, at: str) -> set[str]:
        if self.people[person]["role"] == "administrator" or not self._is_active(person, at):
            return set()
        return {row["casefile"] for row in self.readers if row["person"] == person and row["why"] != "phone" and _lasts(row, at)}

    def _is_active(self, person: str, at: str) -> bool:
        who = self.people[person]
        return bool(who["active_from"] <= at and (who["ended_at"] is None or at < who["ended_at"]))

    def served_to(self, person: str, at: str) -> set[str]:
        """What a phone of theirs is given of it: since a restore no private section of which no supervisor said who reads it."""
        first = {row["casefile"]: row["written_at"] for row in self.entries.values() if row["seq"] == 1}
        return {
            each for each in self.carried(person, at)
            if self.casefiles[each]["sort"] == "main" or first.get(each, "") >= self.restored_at or each in self.said_who_reads
        }  # fmt: skip

    def entries_of(self, casefiles: Iterable[str]) -> set[str]:
        wanted = set(casefiles)
        return {id for id, row in self.entries.items() if row["casefile"] in wanted}

    # The laws

    def numbers(self) -> Faults:
        """Numbers run from 1 without gaps, the casefile's head is its last entry, a record lies in one casefile, the first entry opens it."""
        faults: Faults = []
        by_casefile: dict[str, list[sqlite3.Row]] = {each: [] for each in self.casefiles}
        homes: dict[str, str] = {}
        for row in self.entries.values():
            by_casefile.setdefault(row["casefile"], []).append(row)
            if homes.setdefault(row["record"], row["casefile"]) != row["casefile"]:
                faults.append(f"record {row['record']} lies in two casefiles")
        for casefile, rows in by_casefile.items():
            if [row["seq"] for row in rows] != list(range(1, len(rows) + 1)):
                faults.append(f"numbers of {casefile} are {[row['seq'] for row in rows]}")
            head = self.casefiles[casefile]
            last = (rows[-1]["seq"], rows[-1]["log_hash"]) if rows else (0, "")
            if (head["seq"], head["log_hash"]) != last:
                faults.append(f"the head of {casefile} is not its last entry")
            openings = {row["record"] for row in rows if row["kind"] == "opening"}
            if rows and (rows[0]["kind"] != "opening" or len(openings) != 1):
                faults.append(f"{casefile} has {len(openings)} openings and begins with {rows[0]['kind']}")
        return faults

    def chains(self, told: Told, served: Mapping[str, str]) -> Faults:
        """Every log_hash follows from the one before, over the bytes their writer signed. `served`: jws by id of what only the office made."""
        faults: Faults = []
        prev = dict.fromkeys(self.casefiles, "")
        for id, row in self.entries.items():
            known = told.signed.get(id) or ({served[id]} if id in served else set())
            above = ("fieldapp log 1", prev[row["casefile"]], row["casefile"], row["seq"], id)
            links = {sha("".join(f"{line}\n" for line in (*above, sha(jws), row["received_at"]))) for jws in known}
            if known and row["log_hash"] not in links:
                faults.append(f"the chain of {row['casefile']} breaks at {row['seq']}")
            prev[row["casefile"]] = row["log_hash"]
        before = ""
        for n, row in enumerate(self.enrolments, 1):
            lines = ("fieldapp enrolment 1", before, str(n), id_of(row["jws"]), sha(row["jws"]), row["received_at"])
            if row["n"] != n or sha("".join(f"{line}\n" for line in lines)) != row["log_hash"]:
                faults.append(f"the chain of enrolments breaks at {n}")
            before = row["log_hash"]
        return faults

    def receipts(self, told: Told) -> Faults:
        """What a receipt of this epoch says is stored lies there, as it says."""
        faults: Faults = []
        for id, by_epoch in told.stored.items():
            said = by_epoch.get(self.epoch)
            if said is None:
                continue
            row = self.entries.get(id)
            facts = None if row is None else (row["casefile"], row["seq"], row["received_at"], row["log_hash"])
            if facts != (said["casefile"], said["seq"], said["received_at"], said["log_hash"]):
                faults.append(f"a receipt tells of {id}, and the office has {facts}")
        return faults

    def kept(self, told: Told) -> Faults:
        """What was answered with a quarantine receipt is kept byte for byte; it is settled by its placing or by somebody who was seen to decide."""
        faults: Faults = []
        for hash, by_epoch in told.kept.items():
            if self.epoch in by_epoch and hash not in self.quarantine:
                faults.append(f"{hash} was said to be kept and is not")
            elif self.epoch in by_epoch and self.quarantine[hash]["received_at"] != by_epoch[self.epoch]:
                faults.append(f"{hash} came at another time than its receipt says")
        for hash, row in self.quarantine.items():
            if row["envelope"] != told.envelopes.get(hash) or sha(row["envelope"]) != hash:
                faults.append(f"{hash} is not kept as it came")
            if row["placed_at"] is not None and row["entry"] not in self.entries:
                faults.append(f"{hash} is said to be placed and is not")
            if row["discarded_at"] is not None and row["discarded_by"] not in told.put_away.get(hash, ()):
                faults.append(f"nobody was seen to put {hash} away")
            is_waiting = row["placed_at"] is None and row["discarded_at"] is None
            if is_waiting and row["entry"] in self.entries:
                faults.append(f"{hash} waits ({row['reason']}), and its entry {row['entry']} is placed")
        return faults

    def says(self) -> Faults:
        """Nothing stands in a casefile whose author never had a say there, unless somebody answered for it; what office pages make, no phone made."""
        faults: Faults = []
        answered = {(row["casefile"], row["record"]) for row in self.decisions if row["what"] == "placed by decision"}
        desk = {kid for kid, row in self.office_keys.items() if row["use"] == "desk"}
        for id, row in self.entries.items():
            author, casefile = row["author"], row["casefile"]
            if (row["kind"] in OFFICE_ONLY) != (row["kid"] in desk):
                faults.append(f"{row['kind']} {id} is by the wrong hand")
            if row["kid"] not in desk and (row["kid"] not in self.signers or self.signers[row["kid"]]["person"] != author):
                faults.append(f"{id} is not by its author's key")
            named = any(
                each["person"] == author and each["casefile"] == casefile and each["why"] != "phone" for each in self.readers
            )
            about = self.casefiles[casefile]
            in_team = about["sort"] == "main" and any(each["person"] == author for each in self.memberships)
            is_supervisor = self.people[author]["role"] == "supervisor"
            if not named and not (in_team and is_supervisor) and (casefile, row["record"]) not in answered:
                faults.append(f"{id} was placed for somebody who never had a say")
        return faults

    def first_readers(self, told: Told) -> Faults:
        """Whoever opened a casefile, and whom its first entry names, are its first readers: nobody else, nobody less."""
        faults: Faults = []
        for id, (author, named) in told.openings.items():
            row = self.entries.get(id)
            if row is None or row["seq"] != 1:
                continue
            expected = {author, *(each for each in named if each in self.people)}
            # Two leaves that begin at one moment are one row, and the later word about it stands.
            begun = {
                each["person"]
                for each in self.readers
                if each["casefile"] == row["casefile"] and each["from_at"] == self.casefiles[row["casefile"]]["opened_at"]
            }
            given = {
                each["person"]
                for each in self.readers
                if each["casefile"] == row["casefile"] and each["why"] not in ("assigned", "phone")
            }
            if not expected <= begun or not given <= expected:
                faults.append(f"{row['casefile']} began with other readers than its opening names")
        return faults

    def served(self, told: Told, person: str, at: str, answer: Mapping[str, Any]) -> Faults:
        """An answer to somebody who holds nothing yet has exactly what their phone may hold, whole, in order, and no word more about anybody."""
        faults: Faults = []
        mine = self.served_to(person, at)
        expected = {each: self.casefiles[each]["seq"] for each in mine if self.casefiles[each]["seq"]}
        given = {each["id"]: [one["seq"] for one in each["entries"]] for each in answer["casefiles"]}
        if given != {each: list(range(1, seq + 1)) for each, seq in expected.items()}:
            faults.append(f"{person} is given {given} and may hold {expected}")
        if set(answer["added"]) != mine or answer["removed"] or answer["diverged"]:
            faults.append(f"{person} is told of other casefiles than their phone may hold")
        authors, kids = {person}, set()
        for casefile in answer["casefiles"]:
            for one in casefile["entries"]:
                id = id_of(one["jws"])
                row = self.entries.get(id)
                if row is None or (row["seq"], row["received_at"], row["log_hash"], row["casefile"]) != (
                    one["seq"], one["received_at"], one["log_hash"], casefile["id"]
                ):  # fmt: skip
                    faults.append(f"{id} is served otherwise than it lies")
                    continue
                authors.add(row["author"])
                kids.add(row["kid"])
                if set(one) - {"gone"} != {"seq", "received_at", "log_hash", "jws", "body"}:
                    faults.append(f"{id} is served with {sorted(one)}")
                if id in told.bodies and (one["jws"] not in told.signed[id] or one["body"].encode() != told.bodies[id]):
                    faults.append(f"{id} is served with other words than were written")
        if {each["id"] for each in answer["people"]} != authors:
            faults.append(f"{person} is told of people they did not meet")
        if {head_of(each["jws"])["kid"] for each in answer["enrolments"]} != kids & set(self.signers):
            faults.append(f"{person} is told of keys they did not meet")
        return faults

    def have(self, device: str, asked: Iterable[str], answer: Mapping[str, Any]) -> Faults:
        """What a phone is told of its own is so: placed with a receipt, kept aside, or missing, and of nobody else's anything but missing."""
        mine = {kid for kid, row in self.signers.items() if row["device"] == device}
        asked = set(asked)
        placed = {id for id in asked if id in self.entries and self.entries[id]["kid"] in mine}
        held = {row["entry"] for row in self.quarantine.values() if row["kid"] in mine and row["placed_at"] is None} & asked
        faults: Faults = []
        if {each["id"] for each in answer["receipts"]} != placed:
            faults.append("receipts are given for other entries than lie there")
        if set(answer["missing"]) != asked - placed - held:
            faults.append(f"said to be missing: {answer['missing']}; placed {placed}, held {held}")
        return faults

    def came_home(self, id: str, told: Told) -> bool:
        """Is this entry at the office: placed, or kept in an envelope that the office can open?"""
        kept = (self.quarantine[each] for each in told.sealed[id] if each in self.quarantine)
        return id in self.entries or any(row["reason"] not in ("unknown_key", "cannot_open") for row in kept)


def _lasts(row: sqlite3.Row, at: str) -> bool:
    return bool(row["from_at"] <= at and (row["until_at"] is None or at < row["until_at"]))
