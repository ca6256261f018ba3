"""A phone without a screen: signs, seals and pushes from Python, so that the office can be loaded without a browser."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime
from typing import Any

from fieldapp.keys import SigningKey, new_id, seal_envelope, sha256
from sync import entry, wire

FRAMES = wire.PUSH_FRAMES


class RefusedError(Exception):
    """The office answered something else than 200."""


class Courier:
    """One device of one person, enrolled over the protocol like any other."""

    def __init__(self, port: int, person: dict[str, str]) -> None:
        self.port, self.origin = port, f"http://localhost:{port}"
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookie = ""
        self.key = SigningKey.new()
        self.last, self.n = "", 0
        begun = self.ask("POST", "/sync/v1/devices/begin", {"v": 1, **person})
        self.author, self.device = begun["person"]["id"], begun["device"]
        keyset = json.loads(entry.unb64u(begun["office"]["keyset"].split(".")[1]))
        self.ingest = max((key for key in keyset["keys"] if key["use"] == "ingest"), key=lambda key: key["from"])["jwk"]
        enrolment = {
            "v": 1,
            "person": self.author,
            "device": self.device,
            "jwk": self.key.jwk,
            "made_at": self.now(),
            "nonce": begun["nonce"],
            "replaces": "",
        }
        jws = self.key.jws("fieldapp-enrolment", entry.write_json(enrolment))
        told = self.ask("POST", "/sync/v1/devices", {"v": 1, "enrolment": jws})
        self.read_token = told["read_token"]

    @staticmethod
    def now() -> str:
        return entry.stamp(datetime.now(UTC))

    def ask(self, method: str, path: str, given: object) -> dict[str, Any]:
        """Asks once; the connection is made again when the office has closed it."""
        is_bytes = isinstance(given, bytes)
        body = given if isinstance(given, bytes) else json.dumps(given).encode()
        kind = "application/octet-stream" if is_bytes else "application/json"
        headers = {"Content-Type": kind, "Host": f"localhost:{self.port}", "Origin": self.origin}
        if self.cookie:
            headers["Cookie"] = self.cookie
        for left in (1, 0):
            try:
                self.connection.request(method, path, body, headers)
                answer = self.connection.getresponse()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.connection.close()
                if not left:
                    raise
        text = answer.read()
        if answer.status != 200:
            raise RefusedError(f"{method} {path}: {answer.status} {text[:200]!r}")
        if set_cookie := answer.getheader("Set-Cookie"):
            self.cookie = set_cookie.split(";", 1)[0]
        told: dict[str, Any] = json.loads(text)
        return told

    def seal(self, casefile: str, kind: str, schema: str, fields: dict[str, Any]) -> bytes:
        """Makes one entry of a new record, as the phone does: header, body and slip; signed, deflated, padded, sealed."""
        salt = entry.unb64u(new_id())
        body = entry.make_body(salt, fields)
        slip = entry.make_slip(entry.unb64u(new_id()), self.n + 1, self.last, 0, 0)
        header = entry.make_header(
            sha256,
            kind=kind,
            schema=schema,
            casefile=casefile,
            record=new_id(),
            author=self.author,
            device=self.device,
            written_at=self.now(),
            body=body,
            slip=slip,
        )
        signed = entry.signing_input("fieldapp-entry", self.key.kid, header)
        deflated = wire.deflate(wire.lay_parts(wire.Parts(header, body, slip)))
        packet = wire.Packet(entry.unb64u(self.key.kid), self.key.sign(signed.encode()), deflated)
        self.n, self.last = self.n + 1, entry.id_of(sha256, signed)
        return seal_envelope(self.ingest, wire.lay_packet(packet))

    def push(self, envelopes: list[bytes]) -> list[dict[str, Any]]:
        """Pushes at most 64 and returns what happened to each."""
        results: list[dict[str, Any]] = self.ask("POST", "/sync/v1/push", wire.lay_frames(envelopes))["results"]
        return results

    def hello(self) -> dict[str, Any]:
        head = {"kid": self.key.kid, "n": self.n, "id": self.last}
        return self.ask("POST", "/sync/v1/hello", {"v": 1, "signers": [head], "keyset_n": 0, "app": "bench"})
