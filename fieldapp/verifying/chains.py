"""The office's own chains: its keys and key sets, who was enrolled, what people did, and the checkpoints over them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fieldapp.checkpoints import CheckpointFile
from fieldapp.keys import CannotOpen, Jwk, Keys, NoOfficeKeys, Ring, hash_text, kid_of, read_jwk, sha256, verify_jws
from fieldapp.store import Store
from fieldapp.store.arrangements import WRITTEN_DOWN
from fieldapp.store.audit import AuditRow
from fieldapp.store.office import OfficeKeyRow
from fieldapp.store.signers import EnrolmentRow, SignerRow
from fieldapp.verifying.arrangements import Replay
from fieldapp.verifying.casefiles import PublicKey
from fieldapp.verifying.faults import Fault
from sync import chain, entry
from sync.errors import SyncError

_WRONG = (SyncError, ValueError, TypeError, KeyError, AttributeError)
"""What reading a row that somebody changed can raise."""


def linked(store: Store, n: int = 0, head: str = "") -> Iterator[tuple[AuditRow, bool]]:
    """Every row of the audit after row `n`, whose hash is `head`, and whether its link to the one before it holds."""
    for row in store.inspection.audit(n):
        try:
            holds = (row.n, row.prev, row.hash) == (n + 1, head, row.expected_hash())
        except _WRONG:
            holds = False
        yield row, holds
        n, head = row.n, row.hash


class Chains:
    """Walks what is not a casefile. `public` and `ring` are filled by `faults` and hold what later checks stand on; `arranged` hears what the audit took down."""

    def __init__(self, store: Store, keys: Keys, arranged: Replay | None) -> None:
        self._store, self._keys, self._arranged = store, keys, arranged
        self.public: dict[str, PublicKey] = {}
        self.ring: Ring | None = None
        self._office: dict[str, Jwk] = {}
        self._receipt: dict[str, Jwk] = {}

    def faults(self, against: CheckpointFile | None) -> Iterator[Fault]:
        """Walks keys, enrolments, audit and checkpoints, in this order: each stands on those before it."""
        yield from self._keys_held()
        yield from self._keysets()
        enrolment_heads = {""}
        yield from self._enrolments(enrolment_heads)
        # Of the audit only the hashes that a checkpoint names are remembered: it has a row for every reading.
        named = dict.fromkeys(self._named_audit_heads(against), -1)
        yield from self._audit(named)
        yield from self._checkpoints(enrolment_heads, named)
        if against is not None:
            yield from self._exported(against, enrolment_heads, named)

    def _keys_held(self) -> Iterator[Fault]:
        try:
            self.ring = self._keys.ring(self._store)
        except (CannotOpen, NoOfficeKeys, *_WRONG):
            yield Fault("no_keys", "the office")
        yield from self._wrapping_keys_held()
        held = self._store.office.keys()
        for row in held:
            if not self._keys.is_whole(row):
                yield Fault("office_key", f"{row.use} key {row.kid}")
            try:
                jwk = read_jwk(json.loads(row.jwk))
            except _WRONG:
                continue
            # A private half that does not open is a fault of its own; what the public half signed can be checked still.
            if kid_of(jwk) == row.kid:
                self._hold(row, jwk)

    def _wrapping_keys_held(self) -> Iterator[Fault]:
        for name in self._keys.lacking(self._store):
            yield Fault("master_key", "the office", name)
        secret = self._store.office.secret_keys()
        # An office that no start has brought to its present shape yet has neither.
        if bool(secret) != bool(self._store.office.masters()):
            yield Fault("secret_keys_gone", "the office")
        for row in secret:
            if not self._keys.is_secret_key_whole(row):
                yield Fault("secret_key", f"secret key {row.n}")

    def _hold(self, row: OfficeKeyRow, jwk: Jwk) -> None:
        if row.use == "office":
            self._office[row.kid] = jwk
        elif row.use == "receipt":
            self._receipt[row.kid] = jwk
        elif row.use == "desk":
            self.public[row.kid] = PublicKey(row.jwk)

    def _keysets(self) -> Iterator[Fault]:
        newest: dict[str, Any] = {}
        n, founded_at = 0, ""
        for n, jws, issued_at in self._store.inspection.keysets():
            said = self._said(jws, "fieldapp-keyset", self._office)
            if (said.get("n"), said.get("issued_at")) != (n, issued_at):
                yield Fault("keyset", f"key set {n}")
            newest, founded_at = said, founded_at or str(said.get("issued_at"))
        held = self._store.office.keys()
        for row in held:
            # No key set lists the office key itself. It was made with the first one, and is never replaced.
            if row.use == "office" and (row.from_at, row.until_at, row.burned_at) != (founded_at, None, None):
                yield Fault("office_dates", f"office key {row.kid}")
        listed = [
            {
                "kid": row.kid,
                "use": row.use,
                "jwk": _json(row.jwk),
                "from": row.from_at,
                "until": row.until_at,
                "burned_at": row.burned_at,
            }
            for row in held
            if row.use != "office"
        ]
        if newest.get("keys") != listed:
            yield Fault("keyset_rows", f"key set {n}")

    def _enrolments(self, heads: set[str]) -> Iterator[Fault]:
        signers = {row.kid: row for row in self._store.inspection.signers()}
        enrolled: set[str] = set()
        n, head = 0, ""
        for row in self._store.inspection.enrolments():
            place = f"enrolment {row.n}"
            expected = chain.enrolment_hash(sha256, head, n + 1, row.id, row.jws, row.received_at)
            if (row.n, row.log_hash) != (n + 1, expected):
                yield Fault("enrolment_chain", place)
            n, head = row.n, row.log_hash
            heads.add(head)
            enrolled.add(row.kid)
            said = _enrolled(row)
            if said is None:
                yield Fault("enrolment", place)
                continue
            jwk = entry.write_json(said["jwk"]).decode()
            self.public[row.kid] = PublicKey(jwk, str(said["person"]), str(said["device"]))
            signer = signers.get(row.kid)
            if signer is None:
                yield Fault("signer_gone", f"signer {row.kid}")
            elif not _agree(signer, said, row.received_at):
                yield Fault("signer", f"signer {row.kid}")
        for kid in signers.keys() - enrolled:
            yield Fault("signer_strange", f"signer {kid}")

    def _audit(self, named: dict[str, int]) -> Iterator[Fault]:
        for row, holds in linked(self._store):
            if not holds:
                yield Fault("audit_chain", f"audit row {row.n}")
            if self._arranged is not None and row.what == WRITTEN_DOWN:
                self._arranged.hear(row)
            if row.hash in named:
                named[row.hash] = row.n

    def _named_audit_heads(self, against: CheckpointFile | None) -> Iterator[str]:
        for row in self._store.inspection.checkpoints():
            head = self._said(row.jws, "fieldapp-checkpoint", self._receipt).get("audit_head")
            if isinstance(head, str):
                yield head
        if against is not None:
            yield against.audit_head

    def _checkpoints(self, enrolment_heads: set[str], audit: dict[str, int]) -> Iterator[Fault]:
        n, prev, audited, epoch = 0, "", 0, 0
        for row in self._store.inspection.checkpoints():
            place = f"checkpoint {row.n}"
            said = self._said(row.jws, "fieldapp-checkpoint", self._receipt)
            if (said.get("n"), said.get("at"), said.get("root")) != (row.n, row.at, row.root):
                yield Fault("checkpoint", place)
                n, prev = row.n, hash_text(str(row.jws).encode())
                continue
            if (row.n, said.get("prev")) != (n + 1, prev) or said.get("epoch", 0) < epoch:
                yield Fault("checkpoint_chain", place)
            n, prev, epoch = row.n, hash_text(row.jws.encode()), said.get("epoch", 0)
            if said.get("enrolment_head") not in enrolment_heads:
                yield Fault("checkpoint_enrolments", place)
            at = 0 if said.get("audit_head") == "" else audit.get(str(said.get("audit_head")), -1)
            if at < audited:
                yield Fault("checkpoint_audit", place)
            audited = max(audited, at)

    def _exported(self, against: CheckpointFile, enrolment_heads: set[str], audit: dict[str, int]) -> Iterator[Fault]:
        place = f"exported checkpoint {against.n}"
        if kid_of(against.office) not in self._office:
            yield Fault("against_office", place)
        ours = self._store.office.checkpoint_at(against.n)
        if ours is None or ours.jws != against.jws:
            restored = int(self._store.settings.get("epoch", "1")) > against.epoch
            yield Fault("against_restored" if restored else "against_checkpoint", place)
        if against.enrolment_head not in enrolment_heads:
            yield Fault("checkpoint_enrolments", place)
        if against.audit_head != "" and audit.get(against.audit_head, -1) < 0:
            yield Fault("checkpoint_audit", place)

    def _said(self, jws: str, typ: str, keys: dict[str, Jwk]) -> dict[str, Any]:
        """The payload of what the office signed, {} when it did not."""
        try:
            jwk = keys[entry.split_jws(jws, typ).kid]
            said: dict[str, Any] = json.loads(verify_jws(jws, typ, jwk))
        except _WRONG:
            return {}
        return said


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except _WRONG:
        return None


def _enrolled(row: EnrolmentRow) -> dict[str, Any] | None:
    """What an enrolment says, None when it is not by the key it enrols or is not the one its row names."""
    try:
        split = entry.split_jws(row.jws, "fieldapp-enrolment")
        said: dict[str, Any] = json.loads(split.payload)
        jwk = read_jwk(said["jwk"])
        verify_jws(row.jws, "fieldapp-enrolment", jwk)
        named = (kid_of(jwk), entry.id_of(sha256, split.input))
        said["jwk"] = jwk
        return said if named == (row.kid, row.id) and "person" in said and "device" in said else None
    except _WRONG:
        return None


def _agree(signer: SignerRow, said: dict[str, Any], received_at: str) -> bool:
    told = (said["jwk"], said["person"], said["device"], str(said.get("replaces", "")), received_at)
    return told == (_json(signer.jwk), signer.person, signer.device, signer.replaces, signer.enrolled_at)
