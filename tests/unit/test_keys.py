"""The one door to cryptography, and an independent JOSE library on the other side of it."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws as jose
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey

from fieldapp import store
from fieldapp.keys import (
    CannotOpen,
    Keys,
    NoOfficeKeys,
    SigningKey,
    check_words,
    kid_of,
    read_jwk,
    seal_envelope,
    stored_jwk,
    verifies,
    verify_jws,
)
from fieldapp.store import Sealed
from sync import entry
from sync.errors import Malformed, SyncError, Unbelievable
from tests.house.tools import NODE

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
AT = "2026-11-23T09:30:00.000Z"


@pytest.fixture
def office(tmp_path: Path) -> Any:
    opened = store.open(tmp_path / "office.db")
    keys = Keys(bytes(range(32)))
    keys.make_office_keys(opened, AT)
    return keys, opened


def jose_key(key: SigningKey) -> ECKey:
    """The public half as the other library has it."""
    jwk: dict[str, str | list[str]] = {**key.jwk}
    return ECKey.import_key(jwk)


def test_joserfc_reads_what_we_signed() -> None:
    key = SigningKey.new()
    signed = key.jws("fieldapp-entry", b'{"v":1}')
    read = jose.deserialize_compact(signed, jose_key(key), algorithms=["ES256"])
    assert read.payload == b'{"v":1}'
    assert read.headers() == {"alg": "ES256", "typ": "fieldapp-entry", "kid": key.kid}
    assert jose_key(key).thumbprint() == key.kid


def test_joserfc_refuses_what_was_changed() -> None:
    key = SigningKey.new()
    head, _, signature = key.jws("fieldapp-entry", b'{"v":1}').split(".")
    changed = f"{head}.{entry.b64u(b'{}')}.{signature}"
    with pytest.raises(BadSignatureError):
        jose.deserialize_compact(changed, jose_key(key), algorithms=["ES256"])
    with pytest.raises(Unbelievable):
        verify_jws(changed, "fieldapp-entry", key.jwk)


def test_we_read_what_joserfc_signed() -> None:
    key = ECKey.generate_key("P-256")
    jwk = read_jwk(key.as_dict(private=False))
    signed = jose.serialize_compact({"alg": "ES256", "typ": "fieldapp-entry", "kid": kid_of(jwk)}, b"payload", key)
    assert kid_of(jwk) == key.thumbprint()
    assert verify_jws(signed, "fieldapp-entry", jwk) == b"payload"
    with pytest.raises(Malformed):
        verify_jws(signed, "fieldapp-draft", jwk)


def test_every_signature_has_sixty_four_bytes() -> None:
    key = SigningKey.new()
    assert {len(key.sign(bytes([n]))) for n in range(200)} == {64}


@pytest.mark.parametrize(
    "spoil",
    [{"x": "A" * 43}, {"x": "A"}, {"y": None}, {"crv": "P-384"}, {"kty": "RSA"}, {"d": "A" * 43}],
)
def test_key_is_refused_when_it_is_no_public_point_on_the_curve(spoil: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_jwk({**SigningKey.new().jwk, **spoil})


def test_stored_key_is_read_as_it_was_written() -> None:
    jwk = SigningKey.new().jwk
    assert stored_jwk(json.dumps(jwk)) == jwk


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64, bytes(63) + b"\1"])
def test_nonsense_is_no_signature(signature: bytes) -> None:
    assert verifies(SigningKey.new().jwk, b"x", signature) is False


def test_content_opens_only_where_it_was_sealed(office: Any) -> None:
    keys, opened = office
    wrapped = keys.new_casefile(opened, "one")
    key = keys.casefile("one", wrapped)
    sealed = key.seal("entry", b"words")
    assert key.open("entry", sealed) == b"words"
    assert Keys(bytes(range(32))).casefile("one", wrapped).open("entry", sealed) == b"words"
    with pytest.raises(CannotOpen):
        key.open("another entry", sealed)
    with pytest.raises(CannotOpen):
        keys.casefile("two", wrapped)
    with pytest.raises(CannotOpen):
        Keys(bytes(31) + b"\1").casefile("one", wrapped)
    with pytest.raises(CannotOpen):
        keys.casefile("two", keys.new_casefile(opened, "two")).open("entry", sealed)
    for spoiled in (b"", sealed[:-1], sealed[:20], b"\2" + sealed[1:], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(CannotOpen):
            key.open("entry", Sealed(spoiled))


def test_same_words_never_look_alike(office: Any) -> None:
    keys, _ = office
    assert keys.seal_secret("a", b"words") != keys.seal_secret("a", b"words")
    assert keys.open_secret("a", keys.seal_secret("a", b"words")) == b"words"
    with pytest.raises(CannotOpen):
        keys.open_secret("b", keys.seal_secret("a", b"words"))


def test_no_secret_is_sealed_for_an_office_that_was_not_taken_up() -> None:
    with pytest.raises(NoOfficeKeys):
        Keys(bytes(range(32))).seal_secret("a", b"words")


def test_key_set_names_every_key_for_ever(office: Any) -> None:
    keys, opened = office
    first = keys.ring(opened)
    said = json.loads(verify_jws(first.keyset, "fieldapp-keyset", first.office.jwk))
    assert sorted(each["use"] for each in said["keys"]) == ["desk", "ingest", "receipt"]
    envelope = seal_envelope(next(iter(first.ingest.values())).jwk, b"packet")
    kid = keys.renew_key(opened, "ingest", "2026-11-24T09:30:00.000Z")
    second = keys.ring(opened)
    said = json.loads(verify_jws(second.keyset, "fieldapp-keyset", first.office.jwk))
    assert (said["n"], len(said["keys"])) == (2, 4)
    assert entry.unb64u(kid) in second.ingest
    assert second.open_envelope(envelope, "entry") == b"packet"
    keys.make_office_keys(opened, AT)
    assert keys.ring(opened).n == 2


def test_new_receipt_key_signs_at_once(office: Any) -> None:
    keys, opened = office
    kid = keys.renew_key(opened, "receipt", AT)
    assert keys.ring(opened).receipt.kid == kid


def test_envelope_opens_for_its_own_use_only(office: Any) -> None:
    keys, opened = office
    ring = keys.ring(opened)
    jwk = next(iter(ring.ingest.values())).jwk
    assert ring.open_envelope(seal_envelope(jwk, b"packet", "draft"), "draft") == b"packet"
    with pytest.raises(CannotOpen):
        ring.open_envelope(seal_envelope(jwk, b"packet", "draft"), "entry")
    with pytest.raises(SyncError):
        ring.open_envelope(b"\1" + bytes(200), "entry")


def test_cryptography_opens_what_a_phone_seals(office: Any) -> None:
    keys, opened = office
    ring = keys.ring(opened)
    jwk = next(iter(ring.ingest.values())).jwk
    to = {"kid": kid_of(jwk), "use": "ingest", "jwk": jwk, "from": AT, "until": None}
    packets = [(use, bytes([n]) * (512 + n)) for use in ("entry", "draft") for n in range(3)]
    asked = "\n".join(json.dumps({"to": to, "packet": entry.b64u(packet), "use": use}) for use, packet in packets)
    sealer = Path(__file__).parents[1] / "js" / "sealing.js"
    done = subprocess.run([NODE, sealer], input=asked, capture_output=True, text=True, check=True, timeout=60)
    envelopes = [entry.unb64u(line) for line in done.stdout.split()]
    assert len({envelope[33:98] for envelope in envelopes}) == len(packets), "every message has an ephemeral key of its own"
    for (use, packet), envelope in zip(packets, envelopes, strict=True):
        assert ring.open_envelope(envelope, use) == packet
        with pytest.raises(CannotOpen):
            ring.open_envelope(envelope, "draft" if use == "entry" else "entry")


def test_office_without_keys_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoOfficeKeys):
        Keys(bytes(range(32))).ring(store.open(tmp_path / "empty.db"))


def test_check_words_are_eleven_bits_each() -> None:
    # The first 44 bits of SHA-256("fieldapp check words 1\n" + 43 times A): 1446, 268, 1062, 773.
    assert check_words("A" * 43) == ["crumpled", "applicant", "citrus", "cable"]


def test_nonce_is_good_on_its_device_for_twelve_hours(office: Any, tmp_path: Path) -> None:
    keys, _ = office
    other = Keys(bytes(range(1, 33)))
    other.make_office_keys(store.open(tmp_path / "other.db"), AT)
    nonce = keys.make_nonce("device", NOW)
    assert keys.is_nonce_good(nonce, "device", NOW + timedelta(hours=12))
    assert not keys.is_nonce_good(nonce, "device", NOW + timedelta(hours=12, seconds=2))
    assert not keys.is_nonce_good(nonce, "device", NOW - timedelta(minutes=5))
    assert not keys.is_nonce_good(nonce, "another", NOW)
    assert not other.is_nonce_good(nonce, "device", NOW)
    assert not any(keys.is_nonce_good(bad, "device", NOW) for bad in ("", "x", "A" * 43, nonce + "A"))
