"""The one door to `cryptography`: seals, opens, signs and verifies.

`Keys` stands on the 32-byte master key alone: it wraps casefile keys, secrets and the office's private keys. `Ring` is what
it unwrapped of the office's keys for one key set. Formats: docs/protocol.md §1, §3 and §5.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from fieldapp.errors import FieldappError
from fieldapp.practice.words import words
from fieldapp.store import Sealed, Store
from fieldapp.store.office import OfficeKeyRow
from sync import entry, wire
from sync.errors import Malformed, Unbelievable

Use = Literal["office", "ingest", "receipt", "desk"]
Jwk = dict[str, str]

NONCE_LASTS = timedelta(hours=12)
MOST_KEYSETS_LOST = 100
"""Key sets that a restore may lose. Keys are renewed a few times a year."""
_SEALED_1 = b"\x01"
_NONCE = 12
_MOST_KEYS = 4096
_ECDSA = ec.ECDSA(hashes.SHA256())
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ORDER_BYTES = 32


class CannotOpen(FieldappError):
    """Sealed bytes did not open: another key, another place, or changed since."""


class NoOfficeKeys(FieldappError):
    """This database has no office keys yet: `make_office_keys` was never called."""


def sha256(data: bytes) -> bytes:
    """The hash that `sync` is handed."""
    return hashlib.sha256(data).digest()


def hash_text(data: bytes) -> str:
    """SHA-256 as 43 characters."""
    return entry.b64u(sha256(data))


def new_id() -> str:
    """A random id: 22 characters."""
    return entry.b64u(secrets.token_bytes(16))


def new_token() -> str:
    """A bearer token of 256 bits; only its hash is ever kept."""
    return entry.b64u(secrets.token_bytes(32))


def token_hash(token: str) -> str:
    """What is kept of a token. A plain hash is enough: there is nothing to guess in 256 random bits."""
    return hash_text(b"fieldapp token 1\n" + token.encode("utf-8", "replace"))


def check_words(office_kid: str) -> list[str]:
    """The four words by which people compare office keys: 44 bits of a hash, 11 for each word."""
    bits = int.from_bytes(sha256(f"fieldapp check words 1\n{office_kid}".encode())) >> (256 - 44)
    return [words()[bits >> shift & 2047] for shift in (33, 22, 11, 0)]


# Public keys


def kid_of(jwk: Jwk) -> str:
    """The RFC 7638 thumbprint of a P-256 public key."""
    return hash_text(entry.thumbprint_text(jwk["x"], jwk["y"]).encode())


def read_jwk(value: object) -> Jwk:
    """Reads a public P-256 JWK strictly and checks that its point lies on the curve."""
    if not isinstance(value, dict) or value.get("kty") != "EC" or value.get("crv") != "P-256":
        raise Malformed("jwk")
    x, y = value.get("x"), value.get("y")
    if not isinstance(x, str) or not isinstance(y, str) or "d" in value:
        raise Malformed("jwk")
    jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    _public_key(x, y)
    return jwk


@lru_cache(maxsize=_MOST_KEYS)
def stored_jwk(text: str) -> Jwk:
    """Reads a public key that the store keeps as JSON text."""
    return read_jwk(json.loads(text))


@lru_cache(maxsize=_MOST_KEYS)
def _public_key(x: str, y: str) -> ec.EllipticCurvePublicKey:
    raw_x, raw_y = entry.unb64u(x), entry.unb64u(y)
    if len(raw_x) != _ORDER_BYTES or len(raw_y) != _ORDER_BYTES:
        raise Malformed("jwk")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + raw_x + raw_y)
    except ValueError:
        raise Malformed("jwk") from None


def verifies(jwk: Jwk, signed: bytes, signature: bytes) -> bool:
    """Says whether `signature` (r‖s, 64 bytes) over `signed` is by this key."""
    der = encode_dss_signature(int.from_bytes(signature[:_ORDER_BYTES]), int.from_bytes(signature[_ORDER_BYTES:]))
    try:
        _public_key(jwk["x"], jwk["y"]).verify(der, signed, _ECDSA)
    except InvalidSignature:
        return False
    return True


def verify_jws(jws: str, typ: str, jwk: Jwk) -> bytes:
    """The payload of a JWS of this `typ` by this key; Malformed or Unbelievable otherwise."""
    split = entry.split_jws(jws, typ)
    if split.kid != kid_of(jwk) or not verifies(jwk, split.input.encode(), split.signature):
        raise Unbelievable("bad_signature")
    return split.payload


# Private keys


class SigningKey:
    """A P-256 key pair that signs JWS. `jwk` is the public half."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        numbers = private.public_key().public_numbers()
        self.jwk: Jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": entry.b64u(numbers.x.to_bytes(_ORDER_BYTES)),
            "y": entry.b64u(numbers.y.to_bytes(_ORDER_BYTES)),
        }
        self.kid = kid_of(self.jwk)
        self._heads: dict[str, str] = {}

    @classmethod
    def new(cls) -> SigningKey:
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def read(cls, der: bytes) -> SigningKey:
        key = load_der_private_key(der, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise CannotOpen("not an elliptic curve key")
        return cls(key)

    def der(self) -> bytes:
        """The private half, for wrapping only."""
        return self._private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, signed: bytes) -> bytes:
        """Signs; r‖s, 64 bytes."""
        r, s = decode_dss_signature(self._private.sign(signed, _ECDSA))
        return r.to_bytes(_ORDER_BYTES) + s.to_bytes(_ORDER_BYTES)

    def jws(self, typ: str, payload: bytes) -> str:
        """Signs `payload` as a compact JWS of this `typ`."""
        head = self._heads.get(typ)
        if head is None:
            head = self._heads[typ] = entry.b64u(entry.protected_header(typ, self.kid).encode())
        signed = f"{head}.{entry.b64u(payload)}"
        return entry.compact(signed, self.sign(signed.encode()))

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Opens what HPKE sealed to this key; CannotOpen otherwise."""
        try:
            return _SUITE.decrypt(sealed, self._private, info)
        except Exception as error:
            # The library says InvalidTag, ValueError or its own error, by what a stranger sent.
            raise CannotOpen(type(error).__name__) from None


def seal_envelope(ingest_jwk: Jwk, packet: bytes, use: Literal["entry", "draft"] = "entry") -> bytes:
    """Seals a packet to an ingest key: what a phone does."""
    kid = kid_of(ingest_jwk)
    public = _public_key(ingest_jwk["x"], ingest_jwk["y"])
    return wire.lay_envelope(entry.unb64u(kid), _SUITE.encrypt(packet, public, wire.envelope_info(kid, use)))


# What lies in the store


class CasefileKey:
    """The key of one casefile's content. Every sealing is bound to the casefile and to what it is about."""

    def __init__(self, casefile: str, raw: bytes) -> None:
        self._prefix = f"fieldapp sealed 1\n{casefile}\n".encode()
        self._aes = AESGCM(raw)

    def seal(self, about: str, content: bytes) -> Sealed:
        """Seals content; it opens only under the same casefile and `about` (an entry's id, "title")."""
        return _seal(self._aes, self._prefix + about.encode(), content)

    def open(self, about: str, sealed: Sealed) -> bytes:
        return _open(self._aes, self._prefix + about.encode(), sealed)


def _seal(aes: AESGCM, bound: bytes, content: bytes) -> Sealed:
    nonce = secrets.token_bytes(_NONCE)
    return Sealed(_SEALED_1 + nonce + aes.encrypt(nonce, content, bound))


def _open(aes: AESGCM, bound: bytes, sealed: bytes) -> bytes:
    if sealed[:1] != _SEALED_1 or len(sealed) < 1 + _NONCE + 16:
        raise CannotOpen("not sealed")
    try:
        return aes.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], bound)
    except InvalidTag:
        raise CannotOpen("sealed under another key or for another place") from None


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
        return _seal(self._secrets, f"fieldapp secret 1\n{about}".encode(), secret)

    def open_secret(self, about: str, sealed: Sealed) -> bytes:
        return _open(self._secrets, f"fieldapp secret 1\n{about}".encode(), sealed)

    def new_casefile(self, casefile: str) -> Sealed:
        """Makes a key for a new casefile; returns it wrapped."""
        return _seal(self._wrapping, f"fieldapp casefile 1\n{casefile}".encode(), secrets.token_bytes(32))

    def casefile(self, casefile: str, wrapped: Sealed) -> CasefileKey:
        """The key of a casefile. A bounded number of unwrapped keys stays in memory; no other state does."""
        key = self._casefiles.get((casefile, wrapped))
        if key is None:
            key = CasefileKey(casefile, _open(self._wrapping, f"fieldapp casefile 1\n{casefile}".encode(), wrapped))
            self._casefiles[casefile, wrapped] = key
            if len(self._casefiles) > _MOST_KEYS:
                self._casefiles.popitem(last=False)
        return key

    def rewrap(self, old: Keys, casefile: str, wrapped: Sealed) -> Sealed:
        """Wraps a casefile's key under this master key instead of the old one."""
        bound = f"fieldapp casefile 1\n{casefile}".encode()
        return _seal(self._wrapping, bound, _open(old._wrapping, bound, wrapped))

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
        wrapped = _seal(self._wrapping, f"fieldapp office key 1\n{use}\n{key.kid}".encode(), key.der())
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
        return SigningKey.read(_open(self._wrapping, bound, row.private_wrapped))

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
