"""The office's own keys, and everything else that the master key wraps. Formats: docs/protocol.md §5."""

from __future__ import annotations

import hmac
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fieldapp.errors import FieldappError
from fieldapp.keys.master import Master, Masters, Reread, casefile_place, derive, office_place, secret_place
from fieldapp.keys.moving import needed
from fieldapp.keys.sealed import CannotOpen, CasefileKey, open_sealed, seal
from fieldapp.keys.sealed_file import seal_file
from fieldapp.keys.signing import Jwk, SigningKey, kid_of, read_jwk
from fieldapp.store import Sealed, Store
from fieldapp.store.office import OfficeKeyRow, SecretKeyRow
from sync import entry, wire
from sync.errors import Malformed, SyncError, Unbelievable

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
    desks: dict[str, OfficeKeyRow]

    def desk_key(self, kid: str, at: str) -> Jwk | None:
        """The public half of a desk key that was in use at that time. One that was burned vouches for nothing any more, whenever
        it is said to have signed: whoever has it can write any time into what they sign."""
        row = self.desks.get(kid)
        if row is None or row.burned_at is not None or not row.from_at <= at or (row.until_at is not None and at > row.until_at):
            return None
        return self.public[kid][1]

    def open_envelope(self, envelope: bytes, use: Literal["entry", "draft"]) -> bytes:
        """The packet inside an envelope; Malformed, Unbelievable("unknown_key") or CannotOpen."""
        kid, sealed = wire.read_envelope(envelope)
        key = self.ingest.get(kid)
        if key is None:
            raise Unbelievable("unknown_key")
        return key.open(sealed, wire.envelope_info(key.kid, use))


class Keys:
    """Everything under the master key. `former` is the one before it, `reread` reads both anew: only while keys move from one to the other."""

    def __init__(self, master: bytes, former: bytes | None = None, reread: Reread | None = None) -> None:
        self.masters = Masters([master] if former is None else [master, former], reread)
        self._secrets: list[AESGCM] = []
        self._nonces = b""
        self._counters = b""
        self._casefiles: OrderedDict[tuple[str, bytes], CasefileKey] = OrderedDict()
        self._rings: dict[str, Ring] = {}

    def lacking(self, store: Store) -> list[str]:
        """The names of master keys that this office needs and this process does not hold."""
        return [name for name in needed(store) if name not in self.masters.names]

    def take_up(self, store: Store) -> None:
        """Unwraps what seals secrets, and lets the store have sealed what it takes down of arrangements. Raises CannotOpen, NoOfficeKeys."""
        if not self._secrets:
            self._unwrap_secrets(store)
        store.arrangements.sealed_by(self.seal_secret)

    def _unwrap_secrets(self, store: Store) -> None:
        found = [self.masters.unwrap(secret_place(row.n), row.key_wrapped) for row in store.office.secret_keys()]
        # Founded before secrets had keys of their own: the master key was theirs too.
        found = found or [self._founding(store).first_secrets]
        self._nonces = derive(found[-1], "nonces")
        self._counters = derive(found[-1], "counters")
        self._secrets = [AESGCM(raw) for raw in reversed(found)]

    def settle(self, tx: Store, at: str) -> bool:
        """Notes the name of the master key, once. True when secrets got a key of their own by it: what was sealed before opens still, and is better sealed anew."""
        if tx.office.master() is not None:
            return False
        founding = self._founding(tx)
        tx.office.begin_master(founding.name, at, at)
        raws = [founding.first_secrets, secrets.token_bytes(32)]
        for n, raw in enumerate(raws, 1):
            tx.office.add_secret_key(SecretKeyRow(n, founding.wrap(secret_place(n), raw), at))
        self._secrets = []
        self.take_up(tx)
        return True

    def _founding(self, store: Store) -> Master:
        row = _newest(store.office.keys(), "office")
        return self.masters.opening(office_place(row.use, row.kid), row.private_wrapped)

    def _wrapping(self, tx: Store) -> Master:
        """The master key under which this office wraps what is new. Asked inside the transaction: while keys move, the answer changes."""
        row = tx.office.master()
        return self.masters.newest if row is None else self.masters.named(row.name)

    def seal_secret(self, about: str, secret: bytes) -> Sealed:
        """Seals something that belongs to no casefile: a second factor, an audit detail."""
        return seal(self._taken_up()[0], f"fieldapp secret 1\n{about}".encode(), secret)

    def open_secret(self, about: str, sealed: Sealed) -> bytes:
        bound = f"fieldapp secret 1\n{about}".encode()
        *newer, oldest = self._taken_up()
        for aes in newer:
            try:
                return open_sealed(aes, bound, sealed)
            except CannotOpen:
                continue
        return open_sealed(oldest, bound, sealed)

    def _taken_up(self) -> list[AESGCM]:
        if not self._secrets:
            raise NoOfficeKeys("no office was taken up with this master key yet")
        return self._secrets

    def seal_file(self, store: Store, about: str, source: BinaryIO, target: BinaryIO, tell: Callable[[int], None]) -> bytes:
        """Seals a whole file for this office: `sealed_file.seal_file`."""
        return seal_file(self.masters, self._wrapping(store).name, about, source, target, tell)

    def new_casefile(self, tx: Store, casefile: str) -> Sealed:
        """Makes a key for a new casefile; returns it wrapped. Raises KeyMissing."""
        return self._wrapping(tx).wrap(casefile_place(casefile), secrets.token_bytes(32))

    def casefile(self, casefile: str, wrapped: Sealed) -> CasefileKey:
        """The key of a casefile. A bounded number of unwrapped keys stays in memory; no other state does."""
        key = self._casefiles.get((casefile, wrapped))
        if key is None:
            key = CasefileKey(casefile, self.masters.unwrap(casefile_place(casefile), wrapped))
            self._casefiles[casefile, wrapped] = key
            if len(self._casefiles) > _MOST_KEYS:
                self._casefiles.popitem(last=False)
        return key

    def make_nonce(self, device: str, now: datetime) -> str:
        """A nonce for reading proofs, good for 12 hours on one device, kept nowhere."""
        made = int(now.timestamp()).to_bytes(8) + secrets.token_bytes(8)
        return entry.b64u(made + self._nonce_tag(made, device))

    def is_nonce_good(self, nonce: str, device: str, now: datetime, lasts: timedelta = NONCE_LASTS) -> bool:
        try:
            raw = entry.unb64u(nonce)
        except Malformed:
            return False
        if len(raw) != 32 or not hmac.compare_digest(raw[16:], self._nonce_tag(raw[:16], device)):
            return False
        age = now.timestamp() - int.from_bytes(raw[:8])
        return -60 <= age <= lasts.total_seconds()

    def _nonce_tag(self, made: bytes, device: str) -> bytes:
        # Not by the master key: processes that hold different ones while it is replaced must take each other's nonces.
        self._taken_up()
        return hmac.digest(self._nonces, made + device.encode(), "sha256")[:16]

    def counter_name(self, counted: str) -> str:
        """Names a counter of tries without saying what it counts: under a plain hash, all network addresses could be tried until one fits."""
        self._taken_up()
        return entry.b64u(hmac.digest(self._counters, counted.encode("utf-8", "replace"), "sha256"))

    # The office's own keys

    def make_office_keys(self, store: Store, at: str) -> None:
        """Makes the office's keys and first key set, unless they are there."""
        with store.writing() as tx:
            if tx.office.keyset() is not None:
                self.take_up(tx)
                return
            master = self.masters.newest
            tx.office.begin_master(master.name, at, at)
            tx.office.add_secret_key(SecretKeyRow(1, master.wrap(secret_place(1), secrets.token_bytes(32)), at))
            for use in ("office", "ingest", "receipt", "desk"):
                self._add_key(tx, use, at)
            self._issue(tx, at)

    def renew_key(self, store: Store, use: Use, at: str) -> str:
        """Adds a new ingest, receipt or desk key and issues the next key set; returns its kid. The old stay readable."""
        with store.writing() as tx:
            # Phones seal to the key with the latest `from`: no two may share a moment.
            rows = tx.office.keys()
            at = max([at, *(_just_after(row.from_at) for row in rows if row.use == use)])
            tx.office.follow_key(use, at)
            kid = self._add_key(tx, use, at)
            self._issue(tx, at)
        return kid

    def burn_key(self, store: Store, kid: str, at: str) -> None:
        """Marks a key burned, destroys its private half and issues the next key set. What it costs is the caller's to weigh: `fieldapp.burning`."""
        with store.writing() as tx:
            tx.office.burn_key(kid, at)
            self._issue(tx, at)

    def _add_key(self, tx: Store, use: str, at: str) -> str:
        key = SigningKey.new()
        self.keep_key(tx, use, key, at)
        return key.kid

    def keep_key(self, tx: Store, use: str, key: SigningKey, at: str) -> None:
        """Keeps a key pair of the office, its private half wrapped."""
        wrapped = self._wrapping(tx).wrap(office_place(use, key.kid), key.der())
        tx.office.add_key(OfficeKeyRow(key.kid, use, wrapped, json.dumps(key.jwk), at, None, None))

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
        self.take_up(tx)

    def _unwrap(self, row: OfficeKeyRow) -> SigningKey:
        return SigningKey.read(self.masters.unwrap(office_place(row.use, row.kid), row.private_wrapped))

    def is_whole(self, row: OfficeKeyRow) -> bool:
        """Does this key open, and is it the one whose public half and name stand beside it? Of a burned one only the public half is left."""
        try:
            if row.burned_at is not None:
                return not row.private_wrapped and kid_of(read_jwk(json.loads(row.jwk))) == row.kid
            key = self._unwrap(row)
            return (key.kid, key.jwk) == (row.kid, json.loads(row.jwk))
        except (CannotOpen, SyncError, ValueError, TypeError):
            return False

    def is_secret_key_whole(self, row: SecretKeyRow) -> bool:
        """Does this key of secrets open?"""
        try:
            return len(self.masters.unwrap(secret_place(row.n), row.key_wrapped)) == 32
        except (CannotOpen, TypeError):
            return False

    def ring(self, store: Store) -> Ring:
        """The office's keys as of the newest key set; kept in memory until there is a newer one."""
        newest = store.office.keyset()
        if newest is None:
            raise NoOfficeKeys("this database has no office keys yet")
        n, keyset = newest
        self.take_up(store)
        ring = self._rings.get(keyset)
        if ring is None:
            rows = store.office.keys()
            ring = Ring(
                n=n,
                keyset=keyset,
                office=self._unwrap(_newest(rows, "office")),
                ingest={
                    entry.unb64u(row.kid): self._unwrap(row) for row in rows if row.use == "ingest" and row.burned_at is None
                },
                receipt=self._unwrap(_newest(rows, "receipt")),
                desk=self._unwrap(_newest(rows, "desk")),
                public={row.kid: (row.use, json.loads(row.jwk)) for row in rows},
                desks={row.kid: row for row in rows if row.use == "desk"},
            )
            # Only the newest is ever asked for: an older one would keep a burned key in memory.
            self._rings = {keyset: ring}
        return ring


def _just_after(at: str) -> str:
    return entry.stamp(entry.moment(at) + timedelta(milliseconds=1))


def _newest(rows: Iterable[OfficeKeyRow], use: str) -> OfficeKeyRow:
    # Rows come oldest first.
    found = [row for row in rows if row.use == use and row.burned_at is None]
    if not found:
        raise NoOfficeKeys(f"no {use} key is left that is not burned")
    return found[-1]
