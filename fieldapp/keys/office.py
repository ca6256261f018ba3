"""The office's own keys, and everything else that the master key wraps. Formats: docs/protocol.md §5."""

from __future__ import annotations

import hmac
import json
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fieldapp.errors import FieldappError
from fieldapp.keys.sealed import CannotOpen, CasefileKey, open_sealed, seal
from fieldapp.keys.signing import Jwk, SigningKey
from fieldapp.store import Sealed, Store
from fieldapp.store.office import OfficeKeyRow
from sync import entry, wire
from sync.errors import Malformed, Unbelievable

Use = Literal["office", "ingest", "receipt", "desk"]

NONCE_LASTS = timedelta(hours=12)
MOST_KEYSETS_LOST = 100
"""Key sets that a restore may lose. Keys are renewed a few times a year."""
_MOST_KEYS = 4096
_KEYSET_EPOCH = "keyset_epoch"


class NoOfficeKeys(FieldappError):
    """This database has no office keys yet: `make_office_keys` was never called."""


@dataclass(frozen=True, slots=True)
class Ring:
    """The office's keys, unwrapped, as of one key set. `ingest` by raw kid; the others are those in use now."""

    n: int
    keyset: str
    office: SigningKey
    ingest: dict[bytes, SigningKey]
    receipt: SigningKey
    desk: SigningKey
    public: dict[str, tuple[str, Jwk]]

    def open_envelope(self, envelope: bytes, use: Literal["entry", "draft"]) -> bytes:
        """The packet inside an envelope; Malformed, Unbelievable("unknown_key") or CannotOpen."""
        kid, sealed = wire.read_envelope(envelope)
        key = self.ingest.get(kid)
        if key is None:
            raise Unbelievable("unknown_key")
        return key.open(sealed, wire.envelope_info(key.kid, use))


class Keys:
    """Everything under the master key."""

    def __init__(self, master: bytes) -> None:
        if len(master) != 32:
            raise ValueError("the master key is 32 bytes")
        self._wrapping = AESGCM(_derive(master, "wrapping"))
        self._secrets = AESGCM(_derive(master, "secrets"))
        self._nonces = _derive(master, "nonces")
        self._casefiles: OrderedDict[tuple[str, bytes], CasefileKey] = OrderedDict()
        self._rings: OrderedDict[str, Ring] = OrderedDict()

    def seal_secret(self, about: str, secret: bytes) -> Sealed:
        """Seals something that belongs to no casefile: a second factor, an audit detail."""
        return seal(self._secrets, f"fieldapp secret 1\n{about}".encode(), secret)

    def open_secret(self, about: str, sealed: Sealed) -> bytes:
        return open_sealed(self._secrets, f"fieldapp secret 1\n{about}".encode(), sealed)

    def new_casefile(self, casefile: str) -> Sealed:
        """Makes a key for a new casefile; returns it wrapped."""
        return seal(self._wrapping, f"fieldapp casefile 1\n{casefile}".encode(), secrets.token_bytes(32))

    def casefile(self, casefile: str, wrapped: Sealed) -> CasefileKey:
        """The key of a casefile. A bounded number of unwrapped keys stays in memory; no other state does."""
        key = self._casefiles.get((casefile, wrapped))
        if key is None:
            key = CasefileKey(casefile, open_sealed(self._wrapping, f"fieldapp casefile 1\n{casefile}".encode(), wrapped))
            self._casefiles[casefile, wrapped] = key
            if len(self._casefiles) > _MOST_KEYS:
                self._casefiles.popitem(last=False)
        return key

    def rewrap(self, old: Keys, casefile: str, wrapped: Sealed) -> Sealed:
        """Wraps a casefile's key under this master key instead of the old one."""
        bound = f"fieldapp casefile 1\n{casefile}".encode()
        return seal(self._wrapping, bound, open_sealed(old._wrapping, bound, wrapped))

    def make_nonce(self, device: str, now: datetime) -> str:
        """A nonce for reading proofs, good for 12 hours on one device, kept nowhere."""
        made = int(now.timestamp()).to_bytes(8) + secrets.token_bytes(8)
        return entry.b64u(made + self._nonce_tag(made, device))

    def is_nonce_good(self, nonce: str, device: str, now: datetime) -> bool:
        try:
            raw = entry.unb64u(nonce)
        except Malformed:
            return False
        if len(raw) != 32 or not hmac.compare_digest(raw[16:], self._nonce_tag(raw[:16], device)):
            return False
        age = now.timestamp() - int.from_bytes(raw[:8])
        return -60 <= age <= NONCE_LASTS.total_seconds()

    def _nonce_tag(self, made: bytes, device: str) -> bytes:
        return hmac.digest(self._nonces, made + device.encode(), "sha256")[:16]

    # The office's own keys

    def make_office_keys(self, store: Store, at: str) -> None:
        """Makes the office's keys and first key set, unless they are there."""
        with store.writing() as tx:
            if tx.office.keyset() is not None:
                return
            for use in ("office", "ingest", "receipt", "desk"):
                self._add_key(tx, use, at)
            self._issue(tx, at)

    def renew_key(self, store: Store, use: Use, at: str) -> str:
        """Adds a new ingest, receipt or desk key and issues the next key set; returns its kid. The old stay readable."""
        with store.writing() as tx:
            kid = self._add_key(tx, use, at)
            self._issue(tx, at)
        return kid

    def _add_key(self, tx: Store, use: str, at: str) -> str:
        key = SigningKey.new()
        wrapped = seal(self._wrapping, f"fieldapp office key 1\n{use}\n{key.kid}".encode(), key.der())
        tx.office.add_key(OfficeKeyRow(key.kid, use, wrapped, json.dumps(key.jwk), at, None, None))
        return key.kid

    def overtake(self, store: Store, n: int, at: str) -> None:
        """Issues the key set again above `n`, which a phone has seen: after a restore ours is older, and phones take no falling one.

        Without it a phone would go on sealing to a key that the restore lost. Far larger numbers are nobody's memory but an
        attempt to use the numbers up, and are passed over.
        """
        with store.writing() as tx:
            newest = tx.office.keyset()
            if newest is not None and newest[0] < n <= newest[0] + MOST_KEYSETS_LOST:
                self._issue(tx, at, above=n)

    def follow_epoch(self, store: Store, epoch: int, at: str) -> None:
        """Issues the key set far above its number, once in each epoch after the first.

        A restore may have lost sets of the very numbers that come next, with other keys in them. A phone that has seen one would hear of nothing new under
        the same number, and go on sealing to a key that nobody has any more. Each epoch has numbers of its own: counted from the database's own last number,
        two restores of one backup would end at the same, with what was issued between them lost.
        """
        if store.settings.get(_KEYSET_EPOCH, "1") == str(epoch):
            return
        with store.writing() as tx:
            newest = tx.office.keyset()
            if newest is None or tx.settings.get(_KEYSET_EPOCH, "1") == str(epoch):
                return
            own = (epoch - 1) * MOST_KEYSETS_LOST
            self._issue(tx, at, above=own if newest[0] < own else newest[0] + MOST_KEYSETS_LOST)
            tx.settings.put(_KEYSET_EPOCH, str(epoch))

    def _issue(self, tx: Store, at: str, above: int = 0) -> None:
        rows = tx.office.keys()
        last = tx.office.keyset()
        n = max(above, 0 if last is None else last[0]) + 1
        listed = [
            {
                "kid": row.kid,
                "use": row.use,
                "jwk": json.loads(row.jwk),
                "from": row.from_at,
                "until": row.until_at,
                "burned_at": row.burned_at,
            }
            for row in rows
            if row.use != "office"
        ]
        payload = entry.write_json({"v": 1, "n": n, "issued_at": at, "keys": listed})
        office = self._unwrap(_newest(rows, "office"))
        tx.office.add_keyset(n, office.jws("fieldapp-keyset", payload), at)

    def _unwrap(self, row: OfficeKeyRow) -> SigningKey:
        bound = f"fieldapp office key 1\n{row.use}\n{row.kid}".encode()
        return SigningKey.read(open_sealed(self._wrapping, bound, row.private_wrapped))

    def is_whole(self, row: OfficeKeyRow) -> bool:
        """Does this key open, and is it the one whose public half and name stand beside it?"""
        try:
            key = self._unwrap(row)
            return (key.kid, key.jwk) == (row.kid, json.loads(row.jwk))
        except (CannotOpen, ValueError, TypeError):
            return False

    def ring(self, store: Store) -> Ring:
        """The office's keys as of the newest key set; kept in memory until there is a newer one."""
        newest = store.office.keyset()
        if newest is None:
            raise NoOfficeKeys("this database has no office keys yet")
        n, keyset = newest
        ring = self._rings.get(keyset)
        if ring is None:
            rows = store.office.keys()
            ring = Ring(
                n=n,
                keyset=keyset,
                office=self._unwrap(_newest(rows, "office")),
                ingest={entry.unb64u(row.kid): self._unwrap(row) for row in rows if row.use == "ingest"},
                receipt=self._unwrap(_newest(rows, "receipt")),
                desk=self._unwrap(_newest(rows, "desk")),
                public={row.kid: (row.use, json.loads(row.jwk)) for row in rows},
            )
            self._rings[keyset] = ring
            if len(self._rings) > 4:
                self._rings.popitem(last=False)
        return ring


def _derive(master: bytes, use: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, None, f"fieldapp server 1\n{use}".encode()).derive(master)


def _newest(rows: Iterable[OfficeKeyRow], use: str) -> OfficeKeyRow:
    # Rows come oldest first.
    found = [row for row in rows if row.use == use and row.burned_at is None]
    if not found:
        raise NoOfficeKeys(f"no {use} key is left that is not burned")
    return found[-1]
