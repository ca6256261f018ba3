"""The shared examples, as the office reads them. The phone runs the same files."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sync import chain, entry, wire
from sync.errors import Malformed, Unbelievable
from tests.unit.make_sync_examples import long_chain, shown

EXAMPLES = Path(__file__).parents[2] / "sync" / "examples"


def examples(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def named(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case.get("name", str(i)) for i, case in enumerate(cases)])


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def verifies(jwk: dict[str, str], signed: str, signature: bytes) -> bool:
    x, y = (int.from_bytes(entry.unb64u(jwk[name])) for name in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    try:
        key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


KIDS = {each["kid"]: each["jwk"] for each in examples("kids")}


@named(examples("kids"))
def test_kid_is_the_thumbprint(case: dict[str, Any]) -> None:
    assert entry.thumbprint_text(case["jwk"]["x"], case["jwk"]["y"]) == case["text"]
    assert chain.hash_text(sha, case["text"]) == case["kid"]


@named(examples("entries"))
def test_entry_reads_back_when_made_elsewhere(case: dict[str, Any]) -> None:
    header = entry.read_header(case["header"].encode())
    entry.read_body(case["body"].encode())
    assert header["body_hash"] == case["body_hash"] == entry.b64u(sha(case["body"].encode()))
    assert header["slip_hash"] == case["slip_hash"]
    if case["slip"]:
        entry.read_slip(case["slip"].encode())
        assert case["slip_hash"] == entry.b64u(sha(case["slip"].encode()))
    signed = entry.signing_input("fieldapp-entry", case["kid"], case["header"].encode())
    assert signed == case["input"]
    assert entry.id_of(sha, signed) == case["id"]
    split = entry.split_jws(case["jws"], "fieldapp-entry")
    assert (split.kid, split.input, split.payload) == (case["kid"], signed, case["header"].encode())
    assert verifies(case["key"], split.input, split.signature)
    assert entry.compact(split.input, split.signature) == case["jws"]


@named(examples("signatures"))
def test_signature_is_judged_as_written(case: dict[str, Any]) -> None:
    if case["error"]:
        with pytest.raises(Malformed) as refused:
            entry.split_jws(case["jws"], case["typ"])
        assert refused.value.code == case["error"]
        return
    split = entry.split_jws(case["jws"], case["typ"])
    assert verifies(KIDS[split.kid], split.input, split.signature) is case["verifies"]


READERS: dict[str, Callable[[str], Any]] = {
    "json": entry.read_json,
    "body": lambda text: entry.read_body(text.encode()),
    "header": lambda text: entry.read_header(text.encode()),
    "slip": lambda text: entry.read_slip(text.encode()),
    "base64": entry.unb64u,
}


@named(examples("traps"))
def test_trap_is_refused_or_read(case: dict[str, Any]) -> None:
    if "repeat" in case:
        before, text, times, after = case["repeat"]
        text = before + text * times + after
    elif "nest" in case:
        text = "[" * case["nest"] + "]" * case["nest"]
    else:
        text = case["text"]
    if case["error"] is None:
        value = READERS[case["read"]](text)
        assert "value" not in case or value == case["value"]
        return
    with pytest.raises(Malformed) as refused:
        READERS[case["read"]](text)
    assert (refused.value.code, refused.value.name) == (case["error"], case.get("wrong", ""))


PACKETS = examples("packets")


@named(PACKETS["parts"])
def test_parts_lie_side_by_side(case: dict[str, Any]) -> None:
    raw = entry.unb64u(case["raw"])
    if case["error"]:
        with pytest.raises(Malformed, match=case["error"]):
            wire.read_parts(raw)
        return
    parts = wire.Parts(*(case[name].encode() for name in ("header", "body", "slip")))
    assert wire.lay_parts(parts) == raw
    assert wire.read_parts(raw) == parts


@named(PACKETS["packets"])
def test_packet_is_padded_and_read_back(case: dict[str, Any]) -> None:
    data = entry.unb64u(case["packet"])
    if case["error"]:
        with pytest.raises(Malformed, match=case["error"]):
            wire.read_packet(data)
        return
    packet = wire.Packet(*(entry.unb64u(case[name]) for name in ("kid", "signature", "deflated")))
    assert wire.lay_packet(packet) == data
    assert wire.read_packet(data) == packet
    if "raw" in case:
        assert wire.inflate(packet.deflated) == entry.unb64u(case["raw"])


def test_lengths_are_padded_as_agreed() -> None:
    assert [[length, wire.padme(length)] for length, _ in PACKETS["padme"]] == PACKETS["padme"]


@named(PACKETS["envelopes"])
def test_envelope_is_taken_apart(case: dict[str, Any]) -> None:
    envelope = entry.unb64u(case["envelope"])
    if case["error"]:
        with pytest.raises(Malformed, match=case["error"]):
            wire.read_envelope(envelope)
        return
    ingest_kid, sealed = entry.unb64u(case["ingest_kid"]), entry.unb64u(case["sealed"])
    assert wire.lay_envelope(ingest_kid, sealed) == envelope
    assert wire.read_envelope(envelope) == (ingest_kid, sealed)


@named(PACKETS["frames"])
def test_frames_are_counted_by_their_lengths(case: dict[str, Any]) -> None:
    data = entry.unb64u(case["frames"])
    if case["error"]:
        with pytest.raises(Malformed, match=case["error"]):
            wire.read_frames(data)
        return
    envelopes = [entry.unb64u(each) for each in case["envelopes"]]
    assert wire.lay_frames(envelopes) == data
    assert wire.read_frames(data) == envelopes


@named(PACKETS["waiting"])
def test_file_of_what_waits_is_a_line_and_frames(case: dict[str, Any]) -> None:
    assert wire.lay_waiting([entry.unb64u(each) for each in case["envelopes"]]) == entry.unb64u(case["file"])


def test_envelope_is_bound_to_key_and_use() -> None:
    assert all(wire.envelope_info(each["kid"], each["use"]).decode() == each["text"] for each in PACKETS["info"])


def test_inflating_stops_when_few_bytes_promise_many() -> None:
    bomb = wire.deflate(bytes(50_000_000))
    assert len(bomb) < 60_000
    with pytest.raises(Malformed, match="too_large"):
        wire.inflate(bomb)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 9, wire.deflate(b"note") + b"x", wire.deflate(b"n" * 99)[:-2]])
def test_inflating_refuses_when_the_stream_is_not_whole(data: bytes) -> None:
    with pytest.raises(Malformed, match="inflate"):
        wire.inflate(data)


CHAINS = examples("chains")


def links(cases: list[dict[str, Any]]) -> list[chain.Link]:
    return [chain.Link(**case) for case in cases]


def test_chain_is_followed_when_whole() -> None:
    head = chain.follow(sha, CHAINS["casefile"], chain.Head(0, ""), links(CHAINS["links"]))
    assert head == chain.Head(**CHAINS["head"])


def test_each_link_of_a_chain_is_the_hash_the_examples_tell() -> None:
    prev, made = "", []
    for each in links(CHAINS["links"]):
        made.append(chain.log_hash(sha, prev, CHAINS["casefile"], each.seq, each.id, each.jws, each.received_at))
        prev = each.log_hash
    assert made == [each.log_hash for each in links(CHAINS["links"])]


@named(CHAINS["broken"])
def test_chain_is_refused_when_broken(case: dict[str, Any]) -> None:
    with pytest.raises(Unbelievable) as refused:
        chain.follow(sha, CHAINS["casefile"], chain.Head(0, ""), links(case["links"]))
    assert refused.value.code == case["error"]


def test_enrolments_form_one_chain() -> None:
    prev = ""
    for each in CHAINS["enrolments"]:
        assert each["id"] == entry.id_of(sha, each["jws"].rsplit(".", 1)[0])
        prev = chain.enrolment_hash(sha, prev, each["n"], each["id"], each["jws"], each["received_at"])
        assert prev == each["log_hash"]


def test_digest_and_root_do_not_depend_on_order() -> None:
    heads = [(casefile, seq, head) for casefile, seq, head in CHAINS["heads"]]
    for some in (heads, heads[::-1]):
        assert chain.digest_of(sha, some) == CHAINS["digest"]
        assert chain.checkpoint_root(sha, some) == CHAINS["checkpoint_root"]
    assert chain.digest_of(sha, []) == CHAINS["digest_of_nothing"]


@named(examples("views"))
def test_view_is_the_same_whatever_the_order_of_arrival(case: dict[str, Any]) -> None:
    given = case["entries"] if "entries" in case else long_chain(**case["generate"])
    chance = random.Random(case["name"])
    for _ in range(3):
        seen = shown(given)
        expected = {name: case[name] for name in ("heads", "order", "writes", "fields") if name in case}
        # Compared as JSON: for Python, True equals 1.
        assert json.dumps({name: seen[name] for name in expected}) == json.dumps(expected)
        given = chance.sample(given, len(given))
