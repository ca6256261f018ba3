"""Bytes that are nearly right: headers, bodies, slips, packets, frames and histories, each bent a little by a seeded chance."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from random import Random
from typing import Any

from sync import entry, wire

Sample = dict[str, Any]
"""What to read it as, and either `bytes` (base64), `versions` or `length`."""

STRINGS = (
    "", "a", '"', "\\", "\u2028", "é", "\U0001f600", "\x7f", "\ufeff", "\ud800", "__proto__", "constructor", "1", "0", "toString", "e\u0301",
    " ", "\x00", "{", "[", "\\u",
)  # fmt: skip
SPLICES = (
    "", '"', ",", "0", "-", "-0", "1e5", ".0", "E", "\\ud800", "\\ud83d\\ude00", "\\u0041", "\t", "\n", "\x0b", "\u00a0", "\ufeff", "{}", "[]",
    "null", "NaN", "Infinity", "9007199254740993", "00", "+1", "[" * 17 + "1" + "]" * 17, "\\", "\\x", "\x1f", '{"a":1,"\\u0061":2}',
)  # fmt: skip
NUMBERS = (0, 1, -1, 2**53 - 1, -(2**53 - 1), 2**53, -(2**53), 1.5, 1e5)
TIMES = (
    "2026-11-21T18:16:51.123Z", "2024-02-29T00:00:00.000Z", "2023-02-29T00:00:00.000Z", "0000-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z",
    "2026-13-01T00:00:00.000Z", "2026-11-21T24:00:00.000Z", "2026-11-21T18:16:60.123Z", "2026-11-21T18:16:51.123Z\n",
    "\uff12026-11-21T18:16:51.123Z", "1900-02-29T00:00:00.000Z", "2000-02-29T00:00:00.000Z",
)  # fmt: skip
FIELD_NAMES = ("a", "b", "10", "9", "__proto__", "é", "\U0001f600", "\uffff")
PLAIN_VALUES = (
    1,
    True,
    "1",
    None,
    {"a": 1, "b": 2},
    {"b": 2, "a": 1},
    {"a": True, "b": 2},
    [1],
    [True],
    0,
    False,
    "",
    {"__proto__": 1},
)


class Stranger:
    """Somebody who nearly knows the protocol. The same seed sends the same."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)

    def samples(self, rounds: int) -> Iterator[Sample]:
        """One of everything in each round."""
        for _ in range(rounds):
            for read, data in (
                ("header", self.header()),
                ("slip", self.slip()),
                ("body", self.body()),
                ("base64", self.base64()),
                ("jws", self.jws()),
            ):
                yield _bytes(read, self._bent(data.encode("utf-8", "surrogatepass")))
            yield _bytes("packet", self.packet())
            yield _bytes("parts", self.parts())
            yield _bytes("frames", self.frames())
            yield _bytes("envelope", bytes([self.pick(1, 1, 1, 2)]) + self.random(self.pick(112, 113, 114, 300)))
            yield {"read": "view", "versions": self.versions()}
            yield {"read": "padme", "length": self.chance.randrange(self.pick(3_000, 10**6))}

    def pick(self, *several: Any) -> Any:
        return self.chance.choice(several)

    def seldom(self, share: float) -> bool:
        return self.chance.random() < share

    def random(self, size: int) -> bytes:
        return self.chance.randbytes(size)

    def id(self) -> str:
        return entry.b64u(self.random(16))

    def hash(self) -> str:
        return entry.b64u(self.random(32))

    def value(self, depth: int = 0) -> Any:
        which = self.chance.random()
        if depth > 3 or which < 0.45:
            return self.pick(None, True, False, *NUMBERS, self.pick(*STRINGS), self.pick(*STRINGS) + self.pick(*STRINGS))
        if which < 0.7:
            return [self.value(depth + 1) for _ in range(self.chance.randrange(4))]
        return {self.pick(*STRINGS) + self.pick(*STRINGS): self.value(depth + 1) for _ in range(self.chance.randrange(4))}

    def written(self, value: Any) -> str:
        """JSON by any program, with up to two splices by none."""
        text = json.dumps(value, ensure_ascii=self.seldom(0.5), separators=self.pick((",", ":"), (", ", ": ")))
        for _ in range(self.pick(0, 0, 0, 1, 1, 2)):
            at = self.chance.randrange(len(text) + 1)
            text = text[:at] + self.pick(*SPLICES) + text[at + self.chance.randrange(2) :]
        return text

    def header(self) -> str:
        is_kind = self.seldom(0.4)
        header = {
            "v": 1, "kind": "visit_note", "schema": "visit-note.1", "form": self.pick("", self.hash()),
            "app": "x" if is_kind else self.pick("a" * 40, "a" * 41, "\U0001f600" * 20, "\U0001f600" * 21), "casefile": self.id(), "record": self.id(),
            "parents": sorted(self.hash() for _ in range(self.pick(0, 1, 2) if is_kind else self.pick(63, 64, 65))), "author": self.id(),
            "device": self.id() if is_kind else self.pick(self.id(), ""), "written_at": TIMES[0] if is_kind else self.pick(*TIMES),
            "zone": "Europe/London", "mode": "", "body_hash": self.hash(), "slip_hash": self.pick(self.hash(), ""), "blobs": [],
        }  # fmt: skip
        if self.seldom(0.3):
            header["via"] = self.value()
        for _ in range(self.pick(0, 0, 0, 1) if is_kind else self.pick(0, 0, 1, 1, 2)):
            name = self.pick(*header)
            which = self.chance.random()
            if which < 0.3:
                del header[name]
            elif which < 0.8:
                header[name] = self.pick(
                    self.value(), self.id(), self.hash(), self.hash()[:-1] + "B", self.id()[:-1] + "B", self.id() + "\n", "visit_note", "_x",
                    "x" * 41, "a" * 40, True, 1.0, [self.hash()] * 2, {},
                )  # fmt: skip
            else:
                header["__proto__"] = self.value()
        return self.written(header) if self.seldom(0.5) else json.dumps(header, ensure_ascii=False)

    def slip(self) -> str:
        n = self.pick(1, 1, 2, 5, 2, 7, 9, 8, 0, -1, 2**53 - 1, 2**53, True, None, "1")
        slip = {
            "salt": self.id(), "n": n, "prev": "" if n == 1 and self.seldom(0.8) else self.pick("", self.hash(), self.hash()),
            "clock_offset_ms": self.pick(None, 0, -5, 12, 7, None, True, "", 2**53), "waiting": self.pick(0, 1, 5, -1, True, None),
        }  # fmt: skip
        if self.seldom(0.2):
            del slip[self.pick(*slip)]
        return json.dumps(slip) if self.seldom(0.8) else self.written(slip)

    def body(self) -> str:
        fields = self.pick(self.value(), {"a": self.value(), "b": self.value()}, {"a": self.value()})
        return self.written({"salt": self.pick(self.id(), self.id(), self.id()[:-1] + "B"), "fields": fields})

    def base64(self) -> str:
        def character() -> str:
            return str(self.pick(*"ABCabc019-_+/= \n=é") if self.seldom(0.1) else self.pick(*"ABCDwxyz0189-_AQgw"))

        return "".join(character() for _ in range(self.chance.randrange(9)))

    def jws(self) -> str:
        protected = entry.protected_header(self.pick("fieldapp-entry", "fieldapp-entry", "fieldapp-draft"), self.hash())
        if self.seldom(0.3):
            protected = protected.replace('"alg"', self.pick(' "alg"', '"alg" ', '"x":1,"alg"'))
        head, signature = entry.b64u(protected.encode()), entry.b64u(self.random(self.pick(64, 64, 64, 63, 65)))
        if self.seldom(0.2):
            head = head[:-1] + self.pick(*"ABCDwxyz09-_=")
        if self.seldom(0.2):
            signature = signature[:-1] + self.pick(*"ABCDwxyz09-_=")
        return ".".join([head, entry.b64u(self.random(self.chance.randrange(9))), signature, *([""] if self.seldom(0.1) else [])])

    def packet(self) -> bytes:
        deflated = self.random(self.pick(0, 1, 10, 412, 413, 900, 1000, 5000))
        packet = wire.lay_packet(wire.Packet(self.random(32), self.random(64), deflated))
        near = ((len(deflated) + self.chance.randrange(-3, 4)) & 0xFFFFFFFF).to_bytes(4)
        bent = (
            packet + b"\0", packet[:-1], packet[:-1] + b"\1", packet[:96] + self.random(4) + packet[100:], packet[:96] + near + packet[100:],
        )  # fmt: skip
        return bytes(self.pick(*bent)) if self.seldom(0.6) else packet

    def parts(self) -> bytes:
        header, body, slip = (self.random(self.chance.randrange(5)) for _ in range(3))
        return self._bent(wire.lay_parts(wire.Parts(header, body, slip)), 0.5)

    def frames(self) -> bytes:
        frames = wire.lay_frames([self.random(self.chance.randrange(4)) for _ in range(self.chance.randrange(4))])
        return self._bent(frames, 0.5)

    def versions(self) -> list[Sample]:
        """A history in the order it happened to arrive."""
        ids = [self.hash() for _ in range(self.chance.randrange(1, 9))]
        made = [
            {
                "id": each,
                "parents": sorted(self.chance.sample([*ids[:n], self.hash()], self.chance.randrange(min(3, n + 1) + 1)))
                if n
                else [],
                "fields": {self.pick(*FIELD_NAMES): self.field() for _ in range(self.chance.randrange(4))},
            }
            for n, each in enumerate(ids)
        ]
        self.chance.shuffle(made)
        return made

    def field(self) -> Any:
        which = self.chance.random()
        if which < 0.5:
            return [
                {"id": self.pick(*"abcdé1"), "t": self.pick(1, True, "1", 2, {"x": 1}, {"x": True})}
                for _ in range(self.chance.randrange(4))
            ]
        if which < 0.6:
            return [{"id": self.pick("", 1, None, "a")}]
        return [] if which < 0.7 else self.pick(*PLAIN_VALUES)

    def _bent(self, data: bytes, share: float = 0.03) -> bytes:
        """Puts one byte that nobody meant somewhere."""
        if not data or not self.seldom(share):
            return data
        at = self.chance.randrange(len(data))
        return data[:at] + self.random(1) + data[at + self.chance.randrange(2) :]


def _bytes(read: str, data: bytes) -> Sample:
    return {"read": read, "bytes": b64encode(data).decode()}
