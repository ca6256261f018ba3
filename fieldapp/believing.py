"""Opens what a phone sealed and says whether somebody stands behind it: the part of taking a push that needs no lock."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from fieldapp import placing
from fieldapp.keys import CannotOpen, Ring, hash_text, kid_of, read_jwk, stored_jwk, verifies, verify_jws
from fieldapp.placing import Ready
from fieldapp.store import Store
from fieldapp.store.entries import Placed
from fieldapp.store.signers import SignerRow
from sync import entry, wire
from sync.errors import Malformed, SyncError, Unbelievable

BEFORE_UNLOCKING = "before_unlocking"
"""Why a note waits that somebody wrote on a locked phone: only its author can confirm it."""

_log = logging.getLogger(__name__)
# Errors are logged by their type alone: a message or a traceback might quote what somebody wrote.


@dataclass(slots=True)
class Item:
    """One envelope on its way. `code` says why it is not placed; `is_believed` that its author stands behind it, `is_desk` that
    the office itself signed it and a phone gives it back."""

    hash: str
    envelope: bytes
    code: str = ""
    is_believed: bool = False
    kid: str = ""
    ready: Ready | None = None
    signer: SignerRow | None = None
    is_desk: bool = False
    placed: Placed | None = None
    is_duplicate: bool = False
    received_at: str = ""
    retry_after: int = 0

    @property
    def names(self) -> str:
        """The id of the entry inside, as far as quarantine may note it: of one by an unknown signer too, so that not every phone that
        holds it brings it, and of a note written before unlocking, which its author confirms by that id; of one that is not believed
        for another reason not, because its id is somebody else's."""
        is_named = self.is_believed or self.code in {"unknown_signer", BEFORE_UNLOCKING}
        return self.ready.id if self.ready is not None and is_named else ""

    def stands(self) -> tuple[Ready, SignerRow | None]:
        """The entry and its signer, None for the desk; only for what is believed."""
        if self.ready is None or not self.is_believed or (self.signer is None and not self.is_desk):
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
        item.ready = placing.ready(packet, parts, header, _number(header, parts.slip))
        if header["body_hash"] != hash_text(parts.body) or (parts.slip and header["slip_hash"] != hash_text(parts.slip)):
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


def _number(header: entry.Header, slip: bytes) -> int:
    """The number in its signer's own chain: none at the desk, unknown where a phone gives back what it was served without slip."""
    if slip:
        return entry.read_slip(slip)["n"]
    if header["device"] == "" or header["kind"] == entry.LOCKED_NOTE:
        return 0
    if header["slip_hash"] == "":
        # Signed to have none for ever: only the desk writes so, and a phone that did could hide how much it wrote.
        raise Malformed("slip")
    return placing.UNNUMBERED


def believe(store: Store, ring: Ring, items: Sequence[Item]) -> None:
    """Checks who signed: the key, whose it is and on which device."""
    signers = store.signers.several(item.kid for item in items if item.ready is not None)
    for item in items:
        if item.ready is None:
            continue
        signer = item.signer = signers.get(item.kid)
        header = item.ready.header
        if header["kind"] == entry.LOCKED_NOTE and item.ready.n == 0:
            _weigh_note(store, item, item.ready)
            continue
        item.is_desk = signer is None and header["device"] == ""
        jwk = ring.desk_key(item.kid, header["written_at"]) if item.is_desk else None
        if signer is not None:
            jwk = stored_jwk(signer.jwk)
        if jwk is None:
            # Other words than were signed are nobody's, known or not: they must not pass for the entry whose id they bear.
            item.code = item.code or "unknown_signer"
            continue
        signed = item.ready.jws.rpartition(".")[0].encode()
        if not verifies(jwk, signed, item.ready.signature):
            item.code = "bad_signature"
        elif signer is not None and (header["author"] != signer.person or header["device"] != signer.device):
            item.code = "wrong_author"
        else:
            item.is_believed = item.code == ""


def _weigh_note(store: Store, item: Item, ready: Ready) -> None:
    """Says of a note written on a locked phone whose phone that was. Its key lies there for whoever holds the phone, so that it
    proves the phone and not the person: it is never believed, and waits under the name of the signer that vouches for the key."""
    # What an ordinary key signs has a number in its own chain, of whatever kind it is.
    item.code = item.code or ("unknown_signer" if item.signer is None else "not_an_entry")
    try:
        certificate = str(ready.header.get("certificate"))
        signer = store.signers.get(entry.split_jws(certificate, "fieldapp-note-key").kid)
        if signer is None:
            return
        said = entry.read_object(verify_jws(certificate, "fieldapp-note-key", stored_jwk(signer.jwk)), entry.HEADER_LIMIT)
        jwk = read_jwk(said.get("jwk"))
    except SyncError:
        return
    if item.code != "unknown_signer":
        return
    signed = ready.jws.rpartition(".")[0].encode()
    if kid_of(jwk) != item.kid or not verifies(jwk, signed, ready.signature):
        item.code = "bad_signature"
    elif (ready.header["author"], ready.header["device"]) != (signer.person, signer.device):
        item.code = "wrong_author"
    else:
        item.code, item.kid = BEFORE_UNLOCKING, signer.kid
