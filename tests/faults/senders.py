"""Phones in Python that send over real HTTP and remember every word the office ever gave them."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fieldapp.config import DEMO_CODE, DEMO_PASSWORD
from fieldapp.demo.phone import Phone, Written, enrolment
from fieldapp.keys import SigningKey, hash_text, new_id, verify_jws
from sync import entry, wire

PATIENCE_S = 20
LINE = "Home safe by nine. Nan has the spare key."
AGAIN = 6
"""Of what the office has signed for, how many are sent once more now and then."""


class NoAnswer(Exception):
    """The line broke before there was a whole answer."""


@dataclass
class Sender:
    """One phone. What it may let go of, it does: after a restore the office must do without."""

    port: int
    who: str
    phone: Phone
    receipt_keys: dict[str, Any]
    cookie: str
    casefile: str = ""
    epoch: int = 0
    unsent: dict[str, Written] = field(default_factory=dict)
    kept: dict[str, Written] = field(default_factory=dict)
    """Signed for, and not yet told that a backup has it."""
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The newest word of the office on each entry it calls stored."""
    aside: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The same of each envelope it keeps aside, by hash."""
    written: dict[str, str] = field(default_factory=dict)
    """Everything ever written that has a place to go to, with the hash of its envelope."""
    strays: dict[str, str] = field(default_factory=dict)
    """Everything written for a casefile the office does not have."""
    in_flight: list[str] = field(default_factory=list)
    """What was sent last, when nothing came back."""
    let_go: int = 0

    def write(self, *, stray: bool = False) -> None:
        """Writes one note and keeps it until it is signed for; a stray one is about a family the office never heard of."""
        made = self._make("contact", new_id() if stray else self.casefile, {"line": f"{LINE} {secrets.token_hex(40)}"})
        (self.strays if stray else self.written)[made.id] = hash_text(made.envelope)

    def open_casefile(self, readers: Iterable[str]) -> None:
        self.casefile = new_id()
        fields = {"about": "family", "sort": "main", "readers": list(readers), "title": f"The family {self.who} visits"}
        made = self._make("opening", self.casefile, fields)
        self.written[made.id] = hash_text(made.envelope)

    def _make(self, kind: str, casefile: str, fields: dict[str, Any]) -> Written:
        self.phone.outbox.clear()
        made = self.phone.write(
            kind=kind, schema=f"{kind}.1", form="", casefile=casefile, record=new_id(), at=datetime.now(UTC), fields=fields
        )
        self.unsent[made.id] = made
        return made

    def greet(self) -> dict[str, Any]:
        """Says hello, and lets go of what the office promises to have for good."""
        told = self._ask("hello", entry.write_json({"v": 1, "signers": [], "keyset_n": 1, "app": "kills"}), "application/json")
        self._hear_of(told["epoch"], told["durable_through"])
        return told

    def send(self, *, again: bool = False) -> None:
        """Sends one push of what waits; with `again` also some of what the office has signed for already."""
        batch = list(self.unsent.values())[: wire.PUSH_FRAMES - AGAIN]
        batch += list(self.kept.values())[-AGAIN:] if again else []
        self.in_flight = [one.id for one in batch if one.id in self.unsent]
        told = self._ask("push", wire.lay_frames([one.envelope for one in batch]), "application/octet-stream")
        for one, result in zip(batch, told["results"], strict=True):
            if result["hash"] != hash_text(one.envelope):
                raise AssertionError("an answer is about something else")
            self._take(one, result)
        self.in_flight = []
        self._hear_of(told["epoch"], told["durable_through"])

    def send_all(self) -> None:
        """Sends until nothing waits."""
        self.greet()
        while self.unsent:
            self.send(again=True)

    def _take(self, one: Written, result: dict[str, Any]) -> None:
        if result["status"] == "retry":
            raise AssertionError(f"the office cannot take an envelope: {result}")
        kid = entry.split_jws(result["receipt"], "fieldapp-receipt").kid
        said = json.loads(verify_jws(result["receipt"], "fieldapp-receipt", self.receipt_keys[kid]))
        if said["status"] == "stored":
            if said["id"] != one.id:
                raise AssertionError("a receipt is for something else")
            self.receipts[one.id] = said
        else:
            self.aside[said["hash"]] = said
        self.unsent.pop(one.id, None)
        self.kept[one.id] = one

    def _hear_of(self, epoch: int, durable_through: str) -> None:
        if epoch != self.epoch:
            # The office was restored: everything still here is offered again.
            self.unsent = {**self.kept, **self.unsent}
            self.kept = {}
            self.epoch = epoch
        for id in list(self.kept):
            said = self.receipts.get(id)
            if said is not None and said["epoch"] == epoch and said["received_at"] <= durable_through:
                del self.kept[id]
                self.let_go += 1

    def _ask(self, path: str, body: bytes, content_type: str) -> dict[str, Any]:
        headers = {"Content-Type": content_type, "Cookie": self.cookie}
        status, _, told = _ask(self.port, path, body, headers)
        if status != 200:
            raise AssertionError(f"{path} was answered {status}: {told}")
        return told


def _ask(port: int, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, dict[str, Any]]:
    line = http.client.HTTPConnection("localhost", port, timeout=PATIENCE_S)
    try:
        line.request("POST", f"/sync/v1/{path}", body, headers)
        answer = line.getresponse()
        return answer.status, answer.headers.get("Set-Cookie", ""), json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(type(error).__name__) from None
    finally:
        line.close()


def sender(port: int, who: str) -> Sender:
    """Sets up a phone of one of the demo's keyworkers, over HTTP."""
    headers = {"Content-Type": "application/json"}
    said = {"v": 1, "email": f"{who}@harrowmere.example", "password": DEMO_PASSWORD, "code": DEMO_CODE}
    _, _, begun = _ask(port, "devices/begin", entry.write_json(said), headers)
    keyset = json.loads(verify_jws(begun["office"]["keyset"], "fieldapp-keyset", begun["office"]["jwk"]))
    by_use = {use: [one for one in keyset["keys"] if one["use"] == use] for use in ("ingest", "receipt")}
    key = SigningKey.new()
    made = enrolment(key, person=begun["person"]["id"], device=begun["device"], nonce=begun["nonce"], at=datetime.now(UTC))
    status, cookie, told = _ask(port, "devices", entry.write_json({"v": 1, "enrolment": made}), headers)
    if status != 200:
        raise AssertionError(f"a phone could not be set up: {told}")
    phone = Phone(begun["person"]["id"], begun["device"], by_use["ingest"][-1]["jwk"], key, app="kills")
    return Sender(
        port=port, who=who, phone=phone, receipt_keys={one["kid"]: one["jwk"] for one in by_use["receipt"]},
        cookie=cookie.partition(";")[0], epoch=told["epoch"],
    )  # fmt: skip
