"""P-256 keys: whose signature this is, and what HPKE sealed to whom. Formats: docs/protocol.md §1 and §3."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from fieldapp.keys.names import hash_text
from fieldapp.keys.sealed import CannotOpen
from sync import entry, wire
from sync.errors import Malformed, Unbelievable

Jwk = dict[str, str]

_MOST_KEYS = 4096
_ECDSA = ec.ECDSA(hashes.SHA256())
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ORDER_BYTES = 32


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
