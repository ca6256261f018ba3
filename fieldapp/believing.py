"""Opens what a phone sealed and says whether somebody stands behind it: the part of taking a push that needs no lock."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from fieldapp import placing
from fieldapp.keys import CannotOpen, Ring, hash_text, sha256, stored_jwk, verifies
from fieldapp.placing import Ready
from fieldapp.store import Store
from fieldapp.store.entries import Placed
from fieldapp.store.signers import SignerRow
from sync import entry, wire
from sync.errors import Malformed, Unbelievable

_log = logging.getLogger(__name__)
# Errors are logged by their type alone: a message or a traceback might quote what somebody wrote.


@dataclass(slots=True)
class Item:
    """One envelope on its way. `code` says why it is not placed; `is_believed` that its author stands behind it."""

    hash: str
    envelope: bytes
    code: str = ""
    is_believed: bool = False
    kid: str = ""
    ready: Ready | None = None
    signer: SignerRow | None = None
    placed: Placed | None = None
    is_duplicate: bool = False
    received_at: str = ""
    retry_after: int = 0

    def stands(self) -> tuple[Ready, SignerRow]:
        """The entry and its signer; only for what is believed."""
        if self.ready is None or self.signer is None or not self.is_believed:
            raise LookupError("nobody stands behind this envelope")
        return self.ready, self.signer


def opened(ring: Ring, envelope: bytes) -> Item:
    """Opens one envelope as far as no question to the store is needed."""
    item = Item(hash_text(envelope), envelope)
    try:
        if len(envelope) > wire.ALONE_BYTES:
            raise Malformed("too_large")
        packet = wire.read_packet(ring.open_envelope(envelope, "entry"))
        parts = wire.read_parts(wire.inflate(packet.deflated))
        item.kid = entry.b64u(packet.kid)
        header = entry.read_header(parts.header)
        slip = entry.read_slip(parts.slip)
        item.ready = placing.ready(packet, parts, header, slip["n"])
        if header["body_hash"] != entry.b64u(sha256(parts.body)) or header["slip_hash"] != entry.b64u(sha256(parts.slip)):
            item.code = "bad_hashes"
    except CannotOpen:
        item.code = "cannot_open"
    except Unbelievable as error:
        item.code = error.code
    except Malformed as error:
        item.code = "too_large" if error.code == "too_large" else "not_an_entry"
    except Exception as error:
        _log.error("an envelope made the office stumble (%s)", type(error).__name__)
        item.code = "not_an_entry"
    return item


def believe(store: Store, items: Sequence[Item]) -> None:
    """Checks who signed: the key, whose it is and on which device."""
    signers = store.signers.several(item.kid for item in items if item.ready is not None)
    for item in items:
        if item.ready is None:
            continue
        signer = item.signer = signers.get(item.kid)
        header = item.ready.header
        if signer is None:
            item.code = "unknown_signer"
            continue
        signed = item.ready.jws.rpartition(".")[0].encode()
        if not verifies(stored_jwk(signer.jwk), signed, item.ready.signature):
            item.code = "bad_signature"
        elif header["author"] != signer.person or header["device"] != signer.device:
            item.code = "wrong_author"
        else:
            item.is_believed = item.code == ""
