"""A phone in Python for tests of the protocol: what a stranger would write from docs/protocol.md, over a real Flask client."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldapp import people
from fieldapp.demo.phone import enrolment
from fieldapp.keys import SigningKey, hash_text, new_id, seal_envelope, sha256, verify_jws
from fieldapp.web import protocol
from sync import chain, entry, wire
from tests.app import harrowmere
from tests.app.harrowmere import Harrowmere


def street(folder: Any) -> Harrowmere:
    """Harrowmere with its protocol for phones."""
    place = harrowmere.make(folder)
    place.app.config["VERSION"] = "test"
    protocol.register(place.app)
    return place


@dataclass(frozen=True)
class Sent:
    """One entry as a phone made it."""

    id: str
    record: str
    casefile: str
    header: bytes
    body: bytes
    envelope: bytes
    slip: bytes = b""
    packet: bytes = b""

    @property
    def jws(self) -> str:
        """As whoever reads it is served it."""
        packet = wire.read_packet(self.packet)
        return entry.compact(entry.signing_input("fieldapp-entry", entry.b64u(packet.kid), self.header), packet.signature)


@dataclass
class Handset:
    """One person's phone: signer, own chain, cursors and what it pulled."""

    place: Harrowmere
    who: str
    client: FlaskClient
    key: SigningKey = field(default_factory=SigningKey.new)
    person: str = ""
    device: str = ""
    read_token: str = ""
    nonce: str = ""
    office: dict[str, Any] = field(default_factory=dict)
    keyset: dict[str, Any] = field(default_factory=dict)
    n: int = 0
    last: str = ""
    cursors: dict[str, list[Any]] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    def post(self, path: str, said: Any, **more: Any) -> TestResponse:
        return self.client.post(f"/sync/v1{path}", json=said, **more)

    # Set-up

    def begin(self, *, password: str = harrowmere.PASSWORD, code: str | None = None) -> TestResponse:
        # Codes are good once, so each set-up happens half a minute after the one before.
        self.place.clock.pass_by(seconds=60)
        code = code or people.code_at(self.place.totp[self.who], self.place.clock())
        return self.post(
            "/devices/begin", {"v": 1, "email": f"{self.who}@harrowmere.example", "password": password, "code": code}
        )

    def set_up(self, replaces: str = "") -> Handset:
        """Goes through both requests, and checks what a phone must check."""
        begun = self.begin().get_json()
        self.person, self.device, self.office = begun["person"]["id"], begun["device"], begun["office"]
        self.keyset = json.loads(verify_jws(self.office["keyset"], "fieldapp-keyset", self.office["jwk"]))
        answer = self.enrol(begun["nonce"], replaces=replaces)
        assert answer.status_code == 200, answer.text
        self.read_token = answer.get_json()["read_token"]
        return self

    def enrol(self, nonce: str, *, replaces: str = "", replaced: str = "", **other: Any) -> TestResponse:
        said = {"person": self.person, "device": self.device, "nonce": nonce, **other}
        made = enrolment(self.key, at=self.place.clock(), replaces=replaces, **said)
        return self.post("/devices", {"v": 1, "enrolment": made, "replaced": replaced})

    # Writing

    def write(
        self,
        casefile: str,
        fields: Mapping[str, Any],
        *,
        kind: str = "visit_note",
        record: str = "",
        parents: Iterable[str] = (),
        **more: Any,
    ) -> Sent:
        """Makes the next entry of this signer's chain."""
        self.n += 1
        slip = entry.make_slip(secrets.token_bytes(16), more.pop("n", self.n), more.pop("prev", self.last), None, 0)
        body = more.pop("body", None) or entry.make_body(secrets.token_bytes(16), fields)
        facts: dict[str, Any] = {
            "kind": kind, "schema": f"{kind.replace('_', '-')}.1", "casefile": casefile, "record": record or new_id(), "author": self.person,
            "device": self.device, "written_at": entry.stamp(self.place.clock()), "parents": parents, "app": "test", **more,
        }  # fmt: skip
        header = entry.make_header(sha256, body=body, slip=slip, **facts)
        sent = self.seal(header, body, slip)
        self.last = sent.id
        return sent

    def seal(self, header: bytes, body: bytes, slip: bytes, *, key: SigningKey | None = None, kid: str | None = None) -> Sent:
        """Signs a header and seals it with whatever body and slip."""
        key = key or self.key
        kid = kid or key.kid
        signed = entry.signing_input("fieldapp-entry", kid, header)
        parts = wire.deflate(wire.lay_parts(wire.Parts(header, body, slip)))
        packet = wire.lay_packet(wire.Packet(entry.unb64u(kid), key.sign(signed.encode()), parts))
        said = json.loads(header)
        sealed = self.seal_packet(packet)
        return Sent(entry.id_of(sha256, signed), said["record"], said["casefile"], header, body, sealed, slip, packet)

    def seal_packet(self, packet: bytes, use: Any = "entry") -> bytes:
        return seal_envelope(self.ingest(), packet, use)

    def ingest(self) -> dict[str, str]:
        newest = max(
            (each for each in self.keyset["keys"] if each["use"] == "ingest" and not each["burned_at"]),
            key=lambda each: str(each["from"]),
        )
        found: dict[str, str] = newest["jwk"]
        return found

    def opening(
        self, *, sort: str = "main", readers: Iterable[str] = (), title: str = "The Tarnley family", casefile: str = ""
    ) -> Sent:
        fields = {"about": "family", "sort": sort, "readers": list(readers), "title": title}
        return self.write(casefile or new_id(), fields, kind="opening")

    # Sending

    def push_bytes(self, data: bytes, **more: Any) -> TestResponse:
        return self.client.post("/sync/v1/push", data=data, content_type="application/octet-stream", **more)

    def push(self, *sent: Sent | bytes) -> list[dict[str, Any]]:
        """Sends in one push; checks the hash and the receipt of every result."""
        envelopes = [each if isinstance(each, bytes) else each.envelope for each in sent]
        answer = self.push_bytes(wire.lay_frames(envelopes))
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.get_json()["results"]
        assert [each["hash"] for each in results] == [hash_text(envelope) for envelope in envelopes]
        for each in results:
            if each["status"] != "retry":
                said = self.receipt(each["receipt"])
                assert said["status"] == ("quarantined" if each["status"] == "quarantined" else "stored")
                assert said.get("id") == each.get("id")
        return results

    def receipt(self, receipt: str) -> dict[str, Any]:
        """What a receipt says, when it is by a receipt key of the pinned key set."""
        kid = entry.split_jws(receipt, "fieldapp-receipt").kid
        (jwk,) = (each["jwk"] for each in self.keyset["keys"] if each["kid"] == kid and each["use"] == "receipt")
        said: dict[str, Any] = json.loads(verify_jws(receipt, "fieldapp-receipt", jwk))
        return said

    # Reading

    def proof(
        self, path: str, body: bytes, *, method: str = "POST", nonce: str | None = None, key: SigningKey | None = None
    ) -> dict[str, str]:
        said = {"v": 1, "method": method, "path": path, "nonce": self.nonce if nonce is None else nonce, "body": hash_text(body)}
        proof = (key or self.key).jws("fieldapp-proof", entry.write_json(said))
        return {"Authorization": f"Bearer {self.read_token}", "Fieldapp-Proof": proof}

    def proved(self, path: str, said: Any, **more: Any) -> TestResponse:
        """A reading request; with a stale nonce it is repeated with the one that comes back."""
        body = entry.write_json(said)
        path = f"/sync/v1{path}"
        answer = self.client.post(path, data=body, content_type="application/json", headers=self.proof(path, body), **more)
        if answer.status_code == 401 and answer.get_json()["error"] == "nonce":
            self.nonce = answer.get_json()["nonce"]
            answer = self.client.post(path, data=body, content_type="application/json", headers=self.proof(path, body), **more)
        return answer

    def hello(self, *, digest: bool = False, **more: Any) -> dict[str, Any]:
        said = {
            "v": 1,
            "signers": [{"kid": self.key.kid, "n": self.n, "id": self.last}],
            "keyset_n": 1,
            "removals_done": [],
            "waiting": {"count": 0, "oldest_at": None},
            "app": "test",
            **more,
        }
        if digest:
            heads = [(casefile, seq, log_hash) for casefile, (seq, log_hash) in self.cursors.items()]
            said["digest"] = chain.digest_of(sha256, heads)
        answer = self.proved("/hello", said) if digest else self.post("/hello", said)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        self.nonce = found["nonce"]
        return found

    def pull(self, **more: Any) -> dict[str, Any]:
        """One pull; follows every chain, checks every signature, moves the cursors."""
        answer = self.proved("/pull", {"v": 1, "cursors": self.cursors, **more})
        assert answer.status_code == 200, answer.text
        return self.take(answer.get_json())

    def take(self, found: dict[str, Any]) -> dict[str, Any]:
        """Takes what a pull brought, or says where it breaks a promise."""
        self.nonce = found["nonce"]
        keys = {each["kid"]: each["jwk"] for each in self.keyset["keys"] if each["use"] == "desk"}
        for link in found["enrolments"]:
            said = json.loads(entry.split_jws(link["jws"], "fieldapp-enrolment").payload)
            keys[entry.split_jws(link["jws"], "fieldapp-enrolment").kid] = said["jwk"]
        for casefile in found["diverged"]:
            self.cursors.pop(casefile, None)
        for casefile in found["casefiles"]:
            head = chain.Head(*self.cursors.get(casefile["id"], (0, "")))
            links = []
            for each in casefile["entries"]:
                split = entry.split_jws(each["jws"], "fieldapp-entry")
                verify_jws(each["jws"], "fieldapp-entry", keys[split.kid])
                header = entry.read_header(split.payload)
                if "body" in each:
                    assert header["body_hash"] == hash_text(each["body"].encode())
                links.append(
                    chain.Link(each["seq"], entry.id_of(sha256, split.input), each["jws"], each["received_at"], each["log_hash"])
                )
                self.entries[links[-1].id] = {**each, "header": header}
            self.cursors[casefile["id"]] = list(chain.follow(sha256, casefile["id"], head, links))
        return found

    def pull_all(self) -> list[dict[str, Any]]:
        """Pulls until there is no more."""
        answers = [self.pull()]
        while answers[-1]["more"]:
            answers.append(self.pull())
        return answers


def phone(place: Harrowmere, who: str, client: FlaskClient | None = None) -> Handset:
    """Somebody's phone, set up; with `client` on the same browser as another's."""
    return Handset(place, who, client or place.app.test_client()).set_up()
