"""A keyworker's phone in Python: signs, chains and seals as docs/protocol.md §2 to §4 say, with nothing of a browser."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fieldapp.keys import Jwk, SigningKey, seal_envelope, sha256
from sync import entry, messages, wire


def enrolment(key: SigningKey, *, person: str, device: str, nonce: str, at: datetime, replaces: str = "") -> str:
    """The JWS by which a key becomes a person's signer on a device."""
    said = {
        "v": 1, "person": person, "device": device, "jwk": key.jwk, "made_at": entry.stamp(at), "nonce": nonce, "replaces": replaces,
    }  # fmt: skip
    return key.jws("fieldapp-enrolment", entry.write_json(said))


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it lies in an outbox: its id, and the envelope that only the office can open."""

    id: str
    envelope: bytes


@dataclass
class Phone:
    """One signer with its own chain. Entries leave it in the order in which they were written."""

    person: str
    device: str
    ingest: Jwk
    key: SigningKey
    app: str = "demo"
    outbox: list[Written] = field(default_factory=list)
    _n: int = 0
    _last: str = ""

    def write(
        self, *, kind: str, schema: str, form: str, casefile: str, record: str, at: datetime,
        fields: Mapping[str, Any], parents: Iterable[str] = (), mode: str = "",
    ) -> Written:  # fmt: skip
        """Signs and seals one entry and keeps it until it is sent."""
        self._n += 1
        body = entry.make_body(secrets.token_bytes(16), fields)
        slip = entry.make_slip(secrets.token_bytes(16), self._n, self._last, 0, len(self.outbox))
        header = entry.make_header(
            sha256, kind=kind, schema=schema, casefile=casefile, record=record, author=self.person, device=self.device,
            written_at=entry.stamp(at), body=body, slip=slip, parents=parents, form=form, app=self.app, mode=mode,
        )  # fmt: skip
        signed = entry.signing_input("fieldapp-entry", self.key.kid, header)
        deflated = wire.deflate(wire.lay_parts(wire.Parts(header, body, slip)))
        packet = wire.lay_packet(wire.Packet(entry.unb64u(self.key.kid), self.key.sign(signed.encode()), deflated))
        written = Written(entry.id_of(sha256, signed), seal_envelope(self.ingest, packet))
        self._last = written.id
        self.outbox.append(written)
        return written

    def frames(self) -> list[bytes]:
        """The next push, within the limits of one."""
        frames: list[bytes] = []
        size = 0
        for written in self.outbox[: wire.PUSH_FRAMES]:
            size += 4 + len(written.envelope)
            if frames and size > wire.PUSH_BYTES:
                break
            frames.append(written.envelope)
        return frames

    def heard(self, answer: messages.PushAnswer) -> None:
        """Takes the office's answer to `frames`: what it keeps leaves the outbox."""
        kept = [result.status in ("stored", "duplicate", "quarantined") for result in answer.results]
        self.outbox[: len(kept)] = [written for written, is_kept in zip(self.outbox, kept, strict=False) if not is_kept]
