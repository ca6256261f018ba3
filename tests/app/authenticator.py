"""An authenticator in Python: makes passkeys and signs with them, byte by byte from the standard, and lies where a test asks it to."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from sync.entry import b64u, unb64u

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One device with one passkey. `counted` grows with each use; 0 for ever on one that `counts` not."""

    origin: str = "http://localhost"
    host: str = "localhost"
    counts: bool = True
    flags: int = PRESENT | VERIFIED
    counted: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    owner: str = ""

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, options: dict[str, Any]) -> str:
        """Answers what `navigator.credentials.create` is asked."""
        self.owner = options["user"]["id"]
        numbers = self._key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        told = self._told(HAS_KEY) + bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(key)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": told})
        return self._answer(
            {"clientDataJSON": b64u(self._said("webauthn.create", options["challenge"])), "attestationObject": b64u(attested)}
        )

    def show(self, options: dict[str, Any]) -> str:
        """Answers what `navigator.credentials.get` is asked."""
        if self.counts:
            self.counted += 1
        said, told = self._said("webauthn.get", options["challenge"]), self._told(0)
        signature = self._key.sign(told + sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": b64u(said),
                "authenticatorData": b64u(told),
                "signature": b64u(signature),
                "userHandle": self.owner,
            }
        )

    def _told(self, flags: int) -> bytes:
        return sha256(self.host.encode()).digest() + bytes([self.flags | flags]) + self.counted.to_bytes(4)

    def _said(self, what: str, challenge: str) -> bytes:
        return json.dumps({"type": what, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, str]) -> str:
        id = b64u(self.id)
        return json.dumps({"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}})


def changed(answer: str, part: str, at: int) -> str:
    """The same answer with one bit of one part turned over."""
    said = json.loads(answer)
    raw = bytearray(unb64u(said["response"][part]))
    raw[at] ^= 1
    said["response"][part] = b64u(bytes(raw))
    return json.dumps(said)
