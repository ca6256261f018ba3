"""The office's signed word about all it holds: made hourly, kept by phones, exported to be held against the database later.

A checkpoint signs only a root. The exported file adds the lines under that root, so that a difference can be named by
casefile years later, and the keys to check it with; it holds no casefile's id, no name and no key that opens anything.
Format: docs/protocol.md §6.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldapp.epoch import epoch_of
from fieldapp.errors import FieldappError
from fieldapp.keys import Jwk, Keys, Ring, hash_text, read_jwk, sha256, verify_jws
from fieldapp.store import Store
from fieldapp.store.office import CheckpointRow
from sync import chain, entry
from sync.errors import SyncError

CHECKPOINT_EVERY = timedelta(hours=1)
"""Between two checkpoints, when there is news at all."""
FILE_LIMIT = 256 * 1_048_576
_FILE_KIND = "fieldapp checkpoint file 1"
_LINE_VALUES = 3


class NotACheckpoint(FieldappError):
    """A file that is no exported checkpoint, or was changed since. `code`: file | office | keyset | checkpoint | root."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """An exported checkpoint whose signatures and root hold. `heads`: hash of a casefile → (seq, log_hash) at that moment."""

    n: int
    at: str
    epoch: int
    jws: str
    office: Jwk
    enrolment_head: str
    audit_head: str
    heads: dict[str, tuple[int, str]]


def hourly(tx: Store, ring: Ring, now: datetime) -> CheckpointRow | None:
    """The newest checkpoint; a new one is made when the last is an hour old and something came since."""
    last = tx.office.checkpoint()
    if last is not None and now - entry.moment(last.at) < CHECKPOINT_EVERY:
        return last
    root = chain.checkpoint_root(sha256, tx.casefiles.heads())
    if last is not None and last.root == root:
        return last
    return _make(tx, ring, root, last, entry.stamp(now))


def anew(tx: Store, ring: Ring, at: str) -> CheckpointRow:
    """A checkpoint now, news or not: when the key that signed the last one is believed no more, phones need another at once."""
    return _make(tx, ring, chain.checkpoint_root(sha256, tx.casefiles.heads()), tx.office.checkpoint(), at)


def _make(tx: Store, ring: Ring, root: str, last: CheckpointRow | None, at: str) -> CheckpointRow:
    n = 1 if last is None else last.n + 1
    payload = entry.write_json(
        {
            "v": 1,
            "n": n,
            "prev": "" if last is None else hash_text(last.jws.encode()),
            "at": at,
            "epoch": epoch_of(tx),
            "root": root,
            "enrolment_head": tx.signers.enrolment_head()[1],
            "audit_head": tx.audit.head(),
        }
    )
    made = CheckpointRow(n, at, root, ring.receipt.jws("fieldapp-checkpoint", payload))
    tx.office.add_checkpoint(made)
    return made


def note_strange(tx: Store, ring: Ring, device: str, shown: str, at: str) -> None:
    """Holds the checkpoint a phone kept against our own: one we signed but do not have means that history was rewritten."""
    try:
        use, jwk = ring.public.get(entry.split_jws(shown, "fieldapp-checkpoint").kid, ("", {}))
        if use != "receipt":
            return
        n = json.loads(verify_jws(shown, "fieldapp-checkpoint", jwk))["n"]
    except SyncError:
        return
    ours = tx.office.checkpoint_at(n)
    if ours is None or ours.jws != shown:
        tx.audit.add(at, "", f"checkpoint {n} shown by device {device} is not ours")


def export(store: Store, keys: Keys, now: datetime) -> tuple[CheckpointRow, bytes]:
    """Makes a checkpoint now, news or not, and returns it with the bytes of its file. The audit tells of it first."""
    at = entry.stamp(now)
    ring = keys.ring(store)
    with store.writing() as tx:
        tx.audit.add(at, "", "checkpoint exported")
        heads = tx.casefiles.heads()
        made = _make(tx, ring, chain.checkpoint_root(sha256, heads), tx.office.checkpoint(), at)
    lines = sorted([hash_text(casefile.encode()), seq, log_hash] for casefile, seq, log_hash in heads)
    told = {"file": _FILE_KIND, "checkpoint": made.jws, "office": ring.office.jwk, "keyset": ring.keyset, "casefiles": lines}
    return made, entry.write_json(told).replace(b"],[", b"],\n[") + b"\n"


def read_file(data: bytes) -> CheckpointFile:
    """Reads an exported checkpoint and checks it by what it carries. Raises NotACheckpoint.

    That its office key is this office's own is for whoever holds it against a database.
    """
    try:
        told = entry.read_object(data, FILE_LIMIT)
    except SyncError:
        raise NotACheckpoint("file") from None
    jws, keyset = told.get("checkpoint"), told.get("keyset")
    if told.get("file") != _FILE_KIND or not isinstance(jws, str) or not isinstance(keyset, str):
        raise NotACheckpoint("file")
    try:
        office = read_jwk(told.get("office"))
    except SyncError:
        raise NotACheckpoint("office") from None
    try:
        listed = json.loads(verify_jws(keyset, "fieldapp-keyset", office))["keys"]
    except SyncError:
        raise NotACheckpoint("keyset") from None
    try:
        kid = entry.split_jws(jws, "fieldapp-checkpoint").kid
        receipt = next((each["jwk"] for each in listed if each["kid"] == kid and each["use"] == "receipt"), None)
        said = json.loads(verify_jws(jws, "fieldapp-checkpoint", read_jwk(receipt)))
    except SyncError:
        raise NotACheckpoint("checkpoint") from None
    heads = _read_lines(told.get("casefiles"))
    text = "".join(sorted(f"{name} {seq} {log_hash}\n" for name, (seq, log_hash) in heads.items()))
    if chain.hash_text(sha256, text) != said["root"]:
        raise NotACheckpoint("root")
    return CheckpointFile(said["n"], said["at"], said["epoch"], jws, office, said["enrolment_head"], said["audit_head"], heads)


def _read_lines(lines: object) -> dict[str, tuple[int, str]]:
    heads: dict[str, tuple[int, str]] = {}
    if not isinstance(lines, list):
        raise NotACheckpoint("file")
    for line in lines:
        if not isinstance(line, list) or len(line) != _LINE_VALUES:
            raise NotACheckpoint("file")
        name, seq, log_hash = line
        if not isinstance(name, str) or type(seq) is not int or not isinstance(log_hash, str) or name in heads:
            raise NotACheckpoint("file")
        heads[name] = (seq, log_hash)
    return heads
