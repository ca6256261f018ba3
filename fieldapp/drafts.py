"""Keeps the draft a phone sends while somebody is still writing: sealed as it came, one for each slot, given back to its author alone."""

from __future__ import annotations

from datetime import datetime

from fieldapp import access, scope
from fieldapp.keys import CannotOpen, Keys, sha256, stored_jwk, verifies
from fieldapp.store import Store
from fieldapp.store.signers import SignerRow
from sync import entry, messages, wire
from sync.errors import SyncError

LEFT_BYTES = 2 * 1_048_576
"""How much of what somebody left behind is given at once; the rest once that has come back, or a phone would stop reading half-way.

In bytes, as a phone counts them, before the answer quotes them: that doubles what is all quotation marks.
"""


class DraftRefused(SyncError):
    """A draft that cannot be kept: not readable, or not by a signer of that name."""


def left_behind(store: Store, keys: Keys, signer: SignerRow, now: datetime) -> list[messages.LeftDraft]:
    """The drafts of this signer's person that lie under signers nobody unlocks any more: words forgotten, a phone lost or out of use.

    What was sent or thrown away meanwhile is no draft any more. They go to their author only, whatever else this person may read now.
    Of more than one answer carries, the first.
    """
    person = scope.reader(store, signer.person)
    rows = store.drafts.left_behind(signer.person, signer.kid)
    if not rows or person is None or not access.has_phone(person, entry.stamp(now)):
        return []
    ring = keys.ring(store)
    found: dict[str, messages.LeftDraft] = {}
    for _, slot, n, envelope in rows:
        try:
            parts = wire.read_parts(wire.inflate(wire.read_packet(ring.open_envelope(envelope, "draft")).deflated))
            header, body = parts.header.decode(), parts.body.decode()
            said = entry.read_object(parts.header, entry.HEADER_LIMIT)
        except (CannotOpen, SyncError, UnicodeDecodeError):
            continue
        if said.get("discarded") is True:
            # Its writer threw it away, and with it whatever an earlier signer left in that slot.
            found.pop(slot, None)
            continue
        if store.entries.is_written_since(str(said.get("record")), signer.person, str(said.get("written_at"))):
            continue
        found[slot] = messages.LeftDraft(slot, n, header, body)
    given, room = [], LEFT_BYTES
    for each in found.values():
        if room <= 0:
            break
        given.append(each)
        room -= len(each.header.encode()) + len(each.body.encode())
    return given


def keep(store: Store, keys: Keys, device: str, slot: str, envelope: bytes, now: datetime) -> messages.DraftAnswer:
    """Keeps one draft envelope as it came; the highest n of a slot stands. Raises DraftRefused."""
    try:
        packet = wire.read_packet(keys.ring(store).open_envelope(envelope, "draft"))
        parts = wire.read_parts(wire.inflate(packet.deflated))
        header = entry.read_object(parts.header, entry.HEADER_LIMIT)
    except CannotOpen:
        raise DraftRefused("cannot_open") from None
    except SyncError as error:
        raise DraftRefused(error.code if error.code == "unknown_key" else "not_a_draft") from None
    kid, n = entry.b64u(packet.kid), header.get("n")
    signer = store.signers.get(kid)
    if signer is None:
        raise DraftRefused("unknown_signer")
    signed = entry.signing_input("fieldapp-draft", kid, parts.header)
    if not verifies(stored_jwk(signer.jwk), signed.encode(), packet.signature):
        raise DraftRefused("bad_signature")
    if header.get("author") != signer.person or header.get("device") != signer.device:
        raise DraftRefused("wrong_author")
    if header.get("slot") != slot or type(n) is not int or n < 1:
        raise DraftRefused("not_a_draft")
    if header.get("body_hash") != entry.b64u(sha256(parts.body)):
        raise DraftRefused("bad_hashes")
    with store.writing() as tx:
        is_kept, stands = tx.drafts.keep(kid, slot, n, device, envelope, entry.stamp(now))
    return messages.DraftAnswer(status="kept" if is_kept else "older", n=stands)
