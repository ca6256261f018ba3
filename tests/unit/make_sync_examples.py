"""Writes sync/examples/*.json from fixed keys: `python -m tests.unit.make_sync_examples`.

Run it only to add examples. What it wrote before must not change: phones hold such bytes.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from sync import chain, entry, view, wire

EXAMPLES = Path(__file__).parents[2] / "sync" / "examples"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def random_id(word: str) -> str:
    return entry.b64u(sha(word.encode())[:16])


class FixedSigner:
    """A signer whose key and signatures are the same at every run (RFC 6979)."""

    def __init__(self, word: str) -> None:
        self.key = ec.derive_private_key(int.from_bytes(sha(word.encode())) % (ORDER - 1) + 1, ec.SECP256R1())
        numbers = self.key.private_numbers()
        public = numbers.public_numbers
        self.jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": entry.b64u(public.x.to_bytes(32)),
            "y": entry.b64u(public.y.to_bytes(32)),
        }
        self.private = {**self.jwk, "d": entry.b64u(numbers.private_value.to_bytes(32))}
        self.kid = entry.b64u(sha(entry.thumbprint_text(self.jwk["x"], self.jwk["y"]).encode()))

    def sign(self, signed: str) -> bytes:
        der = self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return r.to_bytes(32) + s.to_bytes(32)

    def jws(self, typ: str, payload: bytes) -> str:
        signed = entry.signing_input(typ, self.kid, payload)
        return entry.compact(signed, self.sign(signed))


AMA = FixedSigner("keyworker one")
REECE = FixedSigner("keyworker two")


def made_entry(signer: FixedSigner, name: str, fields: dict[str, Any], n: int, prev: str, **more: Any) -> dict[str, Any]:
    body = entry.make_body(sha(f"body {name}".encode())[:16], fields)
    slip = entry.make_slip(sha(f"slip {name}".encode())[:16], n, prev, more.pop("offset", None), more.pop("waiting", 0))
    facts: dict[str, Any] = {
        "kind": "visit_note",
        "schema": "visit-note.1",
        "casefile": random_id("casefile"),
        "record": random_id("record"),
        "author": random_id("author"),
        "device": random_id("device"),
        "written_at": "2026-11-21T18:16:51.123Z",
        "app": "examples",
        "form": entry.b64u(sha(b"form")),
        **more,
    }
    header = entry.make_header(sha, body=body, slip=slip, **facts)
    jws = signer.jws("fieldapp-entry", header)
    return {
        "name": name,
        "key": signer.private,
        "kid": signer.kid,
        "header": header.decode(),
        "body": body.decode(),
        "slip": slip.decode(),
        "body_hash": entry.b64u(sha(body)),
        "slip_hash": entry.b64u(sha(slip)),
        "input": jws.rsplit(".", 1)[0],
        "id": entry.id_of(sha, jws.rsplit(".", 1)[0]),
        "jws": jws,
    }


def entries() -> list[dict[str, Any]]:
    first = made_entry(AMA, "first note of a signer", {"purpose": "Weekly visit", "seen": 2}, 1, "")
    second = made_entry(
        AMA,
        "names with apostrophes, diacritics, right-to-left text and an emoji",
        {"who": "Siobhán O’Dálaigh, ‏יעל‏, 👶🏽", "line": 'a\tb\n"c"\\ / \u2028 \u0000'},
        2,
        first["id"],
        parents=[first["id"]],
        offset=-86_400_000,
        waiting=3,
        mode="interpreter",
    )
    third = made_entry(
        REECE,
        "two parents, names a reader does not know, nulls and whole numbers at the edge",
        {"__proto__": {"a": 1}, "constructor": None, "edge": [2**53 - 1, -(2**53 - 1), 0], "yes": True, "": "empty name"},
        1,
        "",
        parents=[second["id"], first["id"]],
        kind="something_new",
        schema="something-new.7",
        form="",
        author=random_id("author two"),
        device=random_id("device two"),
    )
    office = made_entry(REECE, "made on an office page: no slip, via", {"decision": "signed_off", "covers": [first["id"]]}, 1, "")
    header = json.loads(office["header"])
    header.update(kind="review", schema="review.1", device="", slip_hash="", via=random_id("audit row"))
    payload = entry.write_json(header)
    jws = REECE.jws("fieldapp-entry", payload)
    signed = jws.rsplit(".", 1)[0]
    office.update(header=payload.decode(), slip="", slip_hash="", jws=jws, input=signed, id=entry.id_of(sha, signed))
    return [first, second, third, office]


def signatures(first: dict[str, Any]) -> list[dict[str, Any]]:
    """One signature in many disguises. `verifies` false with an `error`: taking it apart already refuses it."""
    jws, kid = first["jws"], first["kid"]
    head, payload, signature = jws.split(".")
    raw = entry.unb64u(signature)
    r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    malleated = entry.b64u(raw[:32] + (ORDER - s).to_bytes(32))
    der = entry.b64u(encode_dss_signature(r, s))

    def with_head(text: str) -> str:
        return f"{entry.b64u(text.encode())}.{payload}.{signature}"

    usual = entry.protected_header("fieldapp-entry", kid)
    cases: list[tuple[str, str, bool, str | None]] = [
        ("as it was made", jws, True, None),
        ("malleated, r and n−s: as valid, and the same entry", f"{head}.{payload}.{malleated}", True, None),
        ("of other bytes", f"{head}.{entry.b64u(entry.unb64u(payload) + b' ')}.{signature}", False, None),
        ("all zeros", f"{head}.{payload}.{entry.b64u(bytes(64))}", False, None),
        ("DER instead of r‖s", f"{head}.{payload}.{der}", False, "jws_signature"),
        ("one byte short", f"{head}.{payload}.{entry.b64u(raw[:63])}", False, "jws_signature"),
        ("padded base64", f"{head}.{payload}.{signature}==", False, "base64"),
        ("no signature", f"{head}.{payload}", False, "jws"),
        ("another typ", with_head(usual.replace("fieldapp-entry", "fieldapp-draft")), False, "jws_header"),
        ("alg none", with_head(usual.replace("ES256", "none")), False, "jws_header"),
        ("names in another order", with_head(f'{{"typ":"fieldapp-entry","alg":"ES256","kid":"{kid}"}}'), False, "jws_header"),
        ("a space in the protected header", with_head(usual.replace(",", ", ", 1)), False, "jws_header"),
        ("one name more", with_head(usual.replace("}", ',"b64":false}')), False, "jws_header"),
        ("another signer's kid", with_head(entry.protected_header("fieldapp-entry", REECE.kid)), False, None),
    ]
    return [
        {"name": name, "typ": "fieldapp-entry", "jws": text, "key": first["kid"], "verifies": good, "error": error}
        for name, text, good, error in cases
    ]


def traps(first: dict[str, Any]) -> list[dict[str, Any]]:
    """Bytes on which two JSON readers usually disagree. `error` null: readable, with this `value`."""
    salt = '"salt":"AAAAAAAAAAAAAAAAAAAAAA"'
    found: list[dict[str, Any]] = []

    def trap(name: str, read: str, text: str | dict[str, Any], error: str | None, wrong: str = "", value: Any = None) -> None:
        case: dict[str, Any] = {"name": name, "read": read, **({"text": text} if isinstance(text, str) else text)}
        case["error"] = error
        if wrong:
            case["wrong"] = wrong
        if error is None and value is not None:
            case["value"] = value
        found.append(case)

    trap("whole numbers at the edge", "json", "[9007199254740991,-9007199254740991,0]", None, value=[2**53 - 1, 1 - 2**53, 0])
    trap("2^53", "json", '{"n":9007199254740992}', "integer_too_large")
    trap("2^53+1, which a double cannot hold", "json", '{"n":9007199254740993}', "integer_too_large")
    trap("-2^53", "json", "[-9007199254740992]", "integer_too_large")
    trap("an integer of five thousand digits", "json", {"repeat": ["[", "9", 5000, "]"]}, "integer_too_large")
    trap("1e400", "json", '{"n":1e400}', "not_an_integer")
    trap("1.0", "json", '{"n":1.0}', "not_an_integer")
    trap("1e2", "json", "[1e2]", "not_an_integer")
    trap("NaN", "json", '{"n":NaN}', "not_json")
    trap("Infinity", "json", "[Infinity]", "not_json")
    trap("-Infinity", "json", "[-Infinity]", "not_json")
    trap("a leading zero", "json", "[01]", "not_json")
    trap("a plus sign", "json", "[+1]", "not_json")
    trap("duplicate names", "json", '{"a":1,"a":1}', "duplicate_name")
    trap("duplicate names, deep", "json", '{"x":[{"a":1,"b":2,"a":3}]}', "duplicate_name")
    trap("duplicate names, one of them escaped", "json", '{"a":1,"\\u0061":2}', "duplicate_name")
    trap("the same name in two objects", "json", '[{"a":1},{"a":2}]', None, value=[{"a": 1}, {"a": 2}])
    trap("a name and a value alike", "json", '{"a":"a","b":["a"]}', None, value={"a": "a", "b": ["a"]})
    trap("__proto__ is a name like any other", "json", '{"__proto__":{"x":1}}', None, value={"__proto__": {"x": 1}})
    trap("__proto__ twice", "json", '{"__proto__":1,"__proto__":2}', "duplicate_name")
    trap(
        "names of Object's own",
        "json",
        '{"constructor":1,"hasOwnProperty":2}',
        None,
        value={"constructor": 1, "hasOwnProperty": 2},
    )
    trap("lone high surrogate, escaped", "json", '{"a":"\\ud83d"}', "lone_surrogate")
    trap("lone low surrogate, escaped", "json", '["\\ude00"]', "lone_surrogate")
    trap("lone surrogate in a name", "json", '{"\\udfff":1}', "lone_surrogate")
    trap("surrogates the wrong way round", "json", '["\\ude00\\ud83d"]', "lone_surrogate")
    trap("a pair of surrogates is one letter", "json", '["\\ud83d\\ude00"]', None, value=["😀"])
    trap("an escaped backslash before u", "json", '["\\\\ud83d"]', None, value=["\\ud83d"])
    trap("U+0000, escaped", "json", '["\\u0000"]', None, value=["\u0000"])
    trap("U+2028 as it is", "json", '["\u2028"]', None, value=["\u2028"])
    trap("a bare control character", "json", '["\u0001"]', "not_json")
    trap("a byte order mark", "json", "\ufeff{}", "not_json")
    trap("a comma too many", "json", "[1,]", "not_json")
    trap("two values", "json", "{}{}", "not_json")
    trap("a comment", "json", "{/**/}", "not_json")
    trap("single quotes", "json", "{'a':1}", "not_json")
    trap("nothing", "json", "", "not_json")
    trap("a no-break space between", "json", "[1,\u00a02]", "not_json")
    trap("brackets inside text open nothing", "json", {"repeat": ['["', "[{", 20, '"]']}, None)
    trap("16 levels", "json", {"nest": 16}, None)
    trap("17 levels", "json", {"nest": 17}, "too_deep")
    trap("100,000 levels", "json", {"nest": 100_000}, "too_deep")
    trap("16 levels of objects", "json", {"repeat": ["", '{"a":', 15, "{}" + "}" * 15]}, None)
    trap("17 levels of objects", "json", {"repeat": ["", '{"a":', 16, "{}" + "}" * 16]}, "too_deep")

    trap("a body", "body", f'{{{salt},"fields":{{}}}}', None)
    trap("a body with more names", "body", f'{{{salt},"fields":{{}},"more":1}}', None)
    trap("a body that is a list", "body", "[]", "not_an_object")
    trap("a body without salt", "body", '{"fields":{}}', "body", "salt")
    trap("a salt with trailing bits", "body", '{"salt":"AAAAAAAAAAAAAAAAAAAAAB","fields":{}}', "body", "salt")
    trap("a body without fields", "body", f"{{{salt}}}", "body", "fields")
    trap("fields that are a list", "body", f'{{{salt},"fields":[]}}', "body", "fields")
    room = entry.BODY_LIMIT - len(f'{{{salt},"fields":{{"t":""}}}}')
    trap("262,144 bytes", "body", {"repeat": [f'{{{salt},"fields":{{"t":"', "x", room, '"}}']}, None)
    trap("262,145 bytes", "body", {"repeat": [f'{{{salt},"fields":{{"t":"', "x", room + 1, '"}}']}, "too_large")
    trap(
        "too many bytes though few letters",
        "body",
        {"repeat": [f'{{{salt},"fields":{{"t":"', "é", room // 2 + 1, '"}}']},
        "too_large",
    )

    header = json.loads(first["header"])

    def header_with(**names: Any) -> str:
        return entry.write_json({**header, **names}).decode()

    def header_without(name: str) -> str:
        return entry.write_json({k: v for k, v in header.items() if k != name}).decode()

    ids = sorted(entry.b64u(sha(bytes([i]))) for i in range(65))
    trap("a header", "header", first["header"], None)
    trap("a header with a name unknown to this reader", "header", header_with(mood="calm"), None)
    trap("v 2", "header", header_with(v=2), "header", "v")
    trap("v true", "header", header_with(v=True), "header", "v")
    trap("v as text", "header", header_with(v="1"), "header", "v")
    trap("an unknown kind", "header", header_with(kind="tea_break"), None)
    trap("a kind in capitals", "header", header_with(kind="Visit"), "header", "kind")
    trap("a kind of 41 letters", "header", header_with(kind="a" * 41), "header", "kind")
    trap("a kind with a line end", "header", header_with(kind="visit_note\n"), "header", "kind")
    trap("schema null", "header", header_with(schema=None), "header", "schema")
    trap("no form was shown", "header", header_with(form=""), None)
    trap("a form that is no hash", "header", header_with(form="visit-note"), "header", "form")
    trap("an app of 41 letters", "header", header_with(app="a" * 41), "header", "app")
    trap("a casefile that is a number", "header", header_with(casefile=7), "header", "casefile")
    trap("a record of 21 letters", "header", header_with(record="A" * 21), "header", "record")
    trap("64 parents", "header", header_with(parents=ids[:64]), None)
    trap("65 parents", "header", header_with(parents=ids), "header", "parents")
    trap("parents unsorted", "header", header_with(parents=[ids[1], ids[0]]), "header", "parents")
    trap("a parent twice", "header", header_with(parents=[ids[0], ids[0]]), "header", "parents")
    trap("a parent that is no hash", "header", header_with(parents=["x"]), "header", "parents")
    trap("parents missing", "header", header_without("parents"), "header", "parents")
    trap("author empty", "header", header_with(author=""), "header", "author")
    trap("no device and no via", "header", header_with(device=""), "header", "device")
    trap("no device but via", "header", header_with(device="", via="AAAAAAAAAAAAAAAAAAAAAA"), None)
    trap("29 February in a leap year", "header", header_with(written_at="2028-02-29T00:00:00.000Z"), None)
    trap("29 February in another", "header", header_with(written_at="2026-02-29T00:00:00.000Z"), "header", "written_at")
    trap("the year 0000", "header", header_with(written_at="0000-01-01T00:00:00.000Z"), "header", "written_at")
    trap("a clock wrong by centuries blocks nothing", "header", header_with(written_at="9999-12-31T23:59:59.999Z"), None)
    trap("a time without its decimals", "header", header_with(written_at="2026-11-21T18:16:51Z"), "header", "written_at")
    trap("a time with an offset", "header", header_with(written_at="2026-11-21T18:16:51.123+00:00"), "header", "written_at")
    trap("24 o'clock", "header", header_with(written_at="2026-11-21T24:00:00.000Z"), "header", "written_at")
    trap("Arabic digits in a time", "header", header_with(written_at="٢٠٢٦-11-21T18:16:51.123Z"), "header", "written_at")
    trap("zone missing", "header", header_without("zone"), "header", "zone")
    trap("mode null", "header", header_with(mode=None), "header", "mode")
    trap("body_hash with trailing bits", "header", header_with(body_hash="A" * 42 + "B"), "header", "body_hash")
    trap("slip_hash missing", "header", header_without("slip_hash"), "header", "slip_hash")
    trap("blobs an object", "header", header_with(blobs={}), "header", "blobs")
    trap("a header over 16,384 bytes", "header", {"repeat": [header_with()[:-1] + ',"x":"', "x", 16_384, '"}']}, "too_large")
    trap("a header with a name twice", "header", header_with()[:-1] + ',"v":1}', "duplicate_name")

    slip = json.loads(first["slip"])

    def slip_with(**names: Any) -> str:
        return entry.write_json({**slip, **names}).decode()

    trap("a slip", "slip", first["slip"], None)
    trap("n 0", "slip", slip_with(n=0), "slip", "n")
    trap("n -1", "slip", slip_with(n=-1), "slip", "n")
    trap("n true", "slip", slip_with(n=True), "slip", "n")
    trap("the first slip names an entry before it", "slip", slip_with(prev=ids[0]), "slip", "prev")
    trap("a later slip names none", "slip", slip_with(n=2), "slip", "prev")
    trap("a later slip", "slip", slip_with(n=2, prev=ids[0], clock_offset_ms=-5), None)
    trap("a clock offset that is text", "slip", slip_with(clock_offset_ms="5"), "slip", "clock_offset_ms")
    trap("waiting null", "slip", slip_with(waiting=None), "slip", "waiting")
    trap("a slip over 1,024 bytes", "slip", {"repeat": [slip_with()[:-1] + ',"x":"', "x", 1024, '"}']}, "too_large")

    for name, text, good in (
        ("nothing", "", True),
        ("one byte", "_w", True),
        ("both special letters", "-_-_", True),
        ("padding", "_w==", False),
        ("trailing bits", "_x", False),
        ("one letter", "A", False),
        ("five letters", "AAAAA", False),
        ("the other alphabet", "+/+/", False),
        ("white space", "AA AA", False),
        ("a line end", "AAAA\n", False),
        ("a letter outside ASCII", "AAAÄ", False),
    ):
        trap(f"base64url: {name}", "base64", text, None if good else "base64")
    return found


def packets(made: list[dict[str, Any]]) -> dict[str, Any]:
    first = made[0]
    parts = wire.Parts(*(first[name].encode() for name in ("header", "body", "slip")))
    raw = wire.lay_parts(parts)
    deflated = wire.deflate(raw)
    kid, signature = entry.unb64u(first["kid"]), entry.unb64u(first["jws"].rsplit(".", 1)[1])
    packet = wire.lay_packet(wire.Packet(kid, signature, deflated))
    tiny = wire.lay_packet(wire.Packet(kid, signature, b"\x03\x00"))
    dirty = bytearray(packet)
    dirty[-1] = 1
    b = entry.b64u
    envelope = wire.lay_envelope(kid, bytes(range(65)) + bytes(16))
    return {
        "parts": [
            {
                "name": "an entry",
                "header": first["header"],
                "body": first["body"],
                "slip": first["slip"],
                "raw": b(raw),
                "error": None,
            },
            {"name": "three empty texts", "header": "", "body": "", "slip": "", "raw": b(bytes(8)), "error": None},
            {"name": "a header length that overruns", "raw": b(b"\x00\x00\x00\x09abc"), "error": "short"},
            {"name": "a body length that overruns", "raw": b(b"\x00\x00\x00\x01a\x00\x00\x00\x02b"), "error": "short"},
            {"name": "a length near 2^32", "raw": b(b"\xff\xff\xff\xff" + bytes(8)), "error": "short"},
            {"name": "nothing", "raw": "", "error": "short"},
        ],
        "packets": [
            {
                "name": "an entry",
                "kid": b(kid),
                "signature": b(signature),
                "deflated": b(deflated),
                "raw": b(raw),
                "packet": b(packet),
                "error": None,
            },
            {
                "name": "the smallest",
                "kid": b(kid),
                "signature": b(signature),
                "deflated": b(b"\x03\x00"),
                "packet": b(tiny),
                "error": None,
            },
            {"name": "padding that is not zeros", "packet": b(bytes(dirty)), "error": "padding"},
            {"name": "padding one byte too long", "packet": b(packet + b"\0"), "error": "padding"},
            {"name": "padding one byte too short", "packet": b(packet[:-1]), "error": "padding" if packet[-1] == 0 else "short"},
            {"name": "under 512 bytes", "packet": b(bytes(511)), "error": "short"},
            {"name": "a length that overruns", "packet": b(packet[:96] + b"\x00\x10\x00\x00" + packet[100:]), "error": "short"},
        ],
        "padme": [
            [n, wire.padme(n)]
            for n in (
                *range(10),
                15,
                16,
                17,
                31,
                33,
                100,
                127,
                128,
                129,
                255,
                256,
                257,
                511,
                512,
                513,
                544,
                545,
                1000,
                1024,
                1025,
                2047,
                2048,
                2049,
                4097,
                65_535,
                65_536,
                65_537,
                100_000,
                262_144,
                262_145,
                1_000_000,
            )
        ],
        "envelopes": [
            {
                "name": "an envelope",
                "ingest_kid": b(kid),
                "sealed": b(bytes(range(65)) + bytes(16)),
                "envelope": b(envelope),
                "error": None,
            },
            {"name": "another version", "envelope": b(b"\x02" + envelope[1:]), "error": "envelope_version"},
            {"name": "without a whole tag", "envelope": b(envelope[:-1]), "error": "short"},
        ],
        "info": [
            {"kid": first["kid"], "use": use, "text": wire.envelope_info(first["kid"], use).decode()}
            for use in ("entry", "draft")
        ],
        "frames": [
            {"name": "one", "envelopes": [b(b"abc")], "frames": b(b"\x00\x00\x00\x03abc"), "error": None},
            {
                "name": "three, one of them empty",
                "envelopes": [b(b"a"), "", b(b"bc")],
                "frames": b(b"\x00\x00\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x02bc"),
                "error": None,
            },
            {"name": "nothing", "frames": "", "error": "no_frames"},
            {"name": "cut off inside a length", "frames": b(b"\x00\x00"), "error": "short"},
            {"name": "cut off inside an envelope", "frames": b(b"\x00\x00\x00\x03ab"), "error": "short"},
            {"name": "a byte after the last", "frames": b(b"\x00\x00\x00\x01a\x00"), "error": "short"},
        ],
        "waiting": [
            {
                "name": "two that wait",
                "envelopes": [b(b"abc"), b(b"d")],
                "file": b(b"fieldapp waiting 1\n\x00\x00\x00\x03abc\x00\x00\x00\x01d"),
            },
            {"name": "nothing waits", "envelopes": [], "file": b(b"fieldapp waiting 1\n")},
        ],
    }


def chains(made: list[dict[str, Any]]) -> dict[str, Any]:
    casefile = random_id("casefile")
    links, head = [], chain.Head(0, "")
    for i, each in enumerate(made):
        at = f"2026-11-21T18:2{i}:00.000Z"
        made_hash = chain.log_hash(sha, head.log_hash, casefile, i + 1, each["id"], each["jws"], at)
        links.append({"seq": i + 1, "id": each["id"], "jws": each["jws"], "received_at": at, "log_hash": made_hash})
        head = chain.Head(i + 1, made_hash)
    moved = [dict(link) for link in links]
    moved[1], moved[2] = {**moved[2], "seq": 2}, {**moved[1], "seq": 3}
    backdated = [dict(link) for link in links]
    backdated[1]["received_at"] = "2026-11-20T18:21:00.000Z"
    enrolments, prev = [], ""
    for n, signer in enumerate((AMA, REECE), 1):
        payload = entry.write_json(
            {
                "v": 1,
                "person": random_id(f"person {n}"),
                "device": random_id(f"device {n}"),
                "jwk": signer.jwk,
                "made_at": "2026-11-21T08:00:00.000Z",
                "nonce": entry.b64u(sha(b"nonce")),
                "replaces": "",
            }
        )
        jws = signer.jws("fieldapp-enrolment", payload)
        enrolment = entry.id_of(sha, jws.rsplit(".", 1)[0])
        at = f"2026-11-21T08:0{n}:00.000Z"
        prev = chain.enrolment_hash(sha, prev, n, enrolment, jws, at)
        enrolments.append({"n": n, "id": enrolment, "jws": jws, "received_at": at, "log_hash": prev})
    heads = [[casefile, head.seq, head.log_hash], [random_id("other"), 1, links[0]["log_hash"]], [random_id("third"), 0, ""]]
    some = [(str(a), int(str(b)), str(c)) for a, b, c in heads]
    return {
        "casefile": casefile,
        "links": links,
        "head": {"seq": head.seq, "log_hash": head.log_hash},
        "broken": [
            {"name": "two entries exchanged", "links": moved, "error": "chain_broken"},
            {"name": "one received earlier than it was", "links": backdated, "error": "chain_broken"},
            {"name": "one left out", "links": [links[0], *links[2:]], "error": "chain_gap"},
            {"name": "one sent twice", "links": [links[0], *links], "error": "chain_gap"},
        ],
        "enrolments": enrolments,
        "heads": heads,
        "digest": chain.digest_of(sha, some),
        "checkpoint_root": chain.checkpoint_root(sha, some),
        "digest_of_nothing": chain.digest_of(sha, []),
    }


def views() -> list[dict[str, Any]]:
    def e(name: str, parents: str = "", /, **fields: Any) -> dict[str, Any]:
        return {"id": name, "parents": parents.split(), "fields": fields}

    a, b, c = ({"id": f"item-{x}", "text": x} for x in "abc")
    a2 = {"id": "item-a", "text": "a, done"}
    a3 = {"id": "item-a", "text": "a, put off"}
    cases: list[tuple[str, list[dict[str, Any]]]] = [
        ("nothing", []),
        ("one entry", [e("a", text="x", n=1)]),
        (
            "linear: the last word stands",
            [e("a", text="x", kept="k"), e("b", "a", text="y", kept="k"), e("c", "b", text="z", kept="k")],
        ),
        ("a value goes back to what it was", [e("a", text="x"), e("b", "a", text="y"), e("c", "b", text="x")]),
        ("a name left out is taken away", [e("a", text="x", more=1), e("b", "a", text="x")]),
        ("taken away, then never written again", [e("a", text="x", more=1), e("b", "a", text="x"), e("c", "b", text="y")]),
        ("fork: two write one field", [e("a", text="x"), e("b", "a", text="y"), e("c", "a", text="z")]),
        ("fork of a whole record: two beginnings", [e("a", text="x"), e("b", text="y")]),
        ("no fork: two write the same", [e("a", text="x"), e("b", "a", text="y"), e("c", "a", text="y")]),
        (
            "no fork: two write different fields",
            [e("a", text="x", where="home"), e("b", "a", text="y", where="home"), e("c", "a", text="x", where="school")],
        ),
        (
            "fork: one changes, the other takes away",
            [e("a", text="x", more=1), e("b", "a", text="x", more=2), e("c", "a", text="x")],
        ),
        ("both take away", [e("a", text="x", more=1), e("b", "a", text="y"), e("c", "a", text="x")]),
        (
            "fork settled by a third entry",
            [e("a", text="x"), e("b", "a", text="y"), e("c", "a", text="z"), e("d", "b c", text="z")],
        ),
        (
            "fork settled by taking the field away",
            [e("a", text="x", k=1), e("b", "a", text="y", k=1), e("c", "a", text="z", k=1), e("d", "b c", k=1)],
        ),
        (
            "a fork seen by somebody who followed one side only",
            [e("a", text="x"), e("b", "a", text="y"), e("c", "a", text="z"), e("d", "b", text="w")],
        ),
        ("three-way", [e("a", text="x"), e("b", "a", text="1"), e("c", "a", text="2"), e("d", "a", text="3")]),
        (
            "three-way, two of them settled",
            [e("a", text="x"), e("b", "a", text="1"), e("c", "a", text="2"), e("d", "a", text="3"), e("e", "b c", text="1")],
        ),
        (
            "criss-cross: two settle the same fork differently",
            [
                e("a", t="x", u="x"),
                e("b", "a", t="1", u="x"),
                e("c", "a", t="x", u="2"),
                e("d", "b c", t="1", u="9"),
                e("e", "b c", t="8", u="2"),
            ],
        ),
        (
            "criss-cross settled, then changed on one side",
            [
                e("a", t="x"),
                e("b", "a", t="1"),
                e("c", "a", t="2"),
                e("d", "b c", t="1"),
                e("e", "b c", t="2"),
                e("f", "d e", t="2"),
                e("g", "d", t="5"),
            ],
        ),
        (
            "criss-cross in which both agree",
            [e("a", t="x"), e("b", "a", t="1"), e("c", "a", t="2"), e("d", "b c", t="3"), e("e", "b c", t="3")],
        ),
        (
            "a change carried over a merge it took no part in",
            [
                e("a", t="x", u=1),
                e("b", "a", t="y", u=1),
                e("c", "a", t="x", u=2),
                e("d", "b c", t="y", u=2),
                e("e", "d", t="y", u=3),
            ],
        ),
        ("an old version amended after a later one", [e("a", t="x"), e("b", "a", t="y"), e("c", "b", t="z"), e("d", "a", t="w")]),
        ("unknown parents count as absent", [e("b", "gone", t="y"), e("c", "b gone-too", t="z")]),
        ("unknown parents on one branch make a fork until they come", [e("a", t="x"), e("c", "lost", t="x2")]),
        ("they came", [e("a", t="x"), e("c", "lost", t="x2"), e("lost", "a", t="x1")]),
        ("a parent and its own parent named together", [e("a", t="x"), e("b", "a", t="y"), e("c", "a b", t="z")]),
        ("true is not 1 and 0 is not false", [e("a", n=1, z=0), e("b", "a", n=True, z=False)]),
        ("null is a value", [e("a", n=None), e("b", "a", n=None), e("c", "a")]),
        ("objects are equal whatever the order of their names", [e("a", o={"x": 1, "y": 2}), e("b", "a", o={"y": 2, "x": 1})]),
        ("lists of text are one value", [e("a", tags=["p", "q"]), e("b", "a", tags=["q", "p"]), e("c", "a", tags=["p"])]),
        ("items added on two branches", [e("a", list=[a]), e("b", "a", list=[a, b]), e("c", "a", list=[c, a])]),
        ("items removed on two branches", [e("a", list=[a, b, c]), e("b", "a", list=[b, c]), e("c", "a", list=[a, b])]),
        ("one adds, the other removes", [e("a", list=[a, b]), e("b", "a", list=[a]), e("c", "a", list=[a, b, c])]),
        ("one removes all, the other adds", [e("a", list=[a]), e("b", "a", list=[]), e("c", "a", list=[a, c])]),
        ("fork in one item", [e("a", list=[a, b]), e("b", "a", list=[a2, b]), e("c", "a", list=[a3, b])]),
        ("fork in an item: changed and removed", [e("a", list=[a, b]), e("b", "a", list=[a2, b]), e("c", "a", list=[b])]),
        (
            "fork in an item settled",
            [e("a", list=[a, b]), e("b", "a", list=[a2, b]), e("c", "a", list=[a3, b]), e("d", "b c", list=[a3, b])],
        ),
        (
            "two changed different items",
            [e("a", list=[a, b]), e("b", "a", list=[a2, b]), e("c", "a", list=[a, {**b, "text": "bb"}])],
        ),
        ("items in another order change nothing", [e("a", list=[a, b]), e("b", "a", list=[b, a])]),
        ("the list itself left out", [e("a", list=[a], t="x"), e("b", "a", t="x")]),
        (
            "the list left out on one side, added to on the other",
            [e("a", list=[a], t="x"), e("b", "a", t="x"), e("c", "a", list=[a, b], t="x")],
        ),
        ("an empty list is not nothing", [e("a", list=[]), e("b", "a")]),
        ("an empty list that two add to", [e("a", list=[]), e("b", "a", list=[b]), e("c", "a", list=[c])]),
        ("a list on one side, text on the other", [e("a", list="none"), e("b", "a", list=[b]), e("c", "a", list="nobody")]),
        (
            "a list whose items lack ids is one value",
            [e("a", list=[{"text": "x"}]), e("b", "a", list=[{"text": "x"}, {"text": "y"}])],
        ),
        ("a list that names an id twice is one value", [e("a", list=[a, a]), e("b", "a", list=[a])]),
        ("a field called __proto__", [e("a", __proto__={"x": 1}), e("b", "a", __proto__={"x": 2})]),
        (
            "a field and an item whose names meet",
            [e("a", **{"list": [a], "list/item-a": "x"}), e("b", "a", **{"list": [a2], "list/item-a": "x"})],
        ),
        ("many heads, given out of order", [e("d", "a", t="4"), e("b", "a", t="2"), e("a", t="1"), e("c", "a", t="3")]),
    ]
    found = [{"name": name, "entries": given, **shown(given)} for name, given in cases]
    chain_of = {"length": 1000, "fork_at": [250, 500]}
    given = long_chain(1000, [250, 500])
    expected = shown(given)
    found.append(
        {
            "name": "1,000 entries long, with two old forks",
            "generate": chain_of,
            "heads": expected["heads"],
            "fields": expected["fields"],
        }
    )
    return found


def long_chain(length: int, fork_at: list[int]) -> list[dict[str, Any]]:
    """Entry i: id `e` and five digits, parent the one before; at each fork also `f` and five digits beside it."""
    given = []
    for i in range(length):
        fields = {"text": f"version {i}", "kept": "same", "every_tenth": i // 10}
        parents = [f"e{i - 1:05d}"] if i else []
        given.append({"id": f"e{i:05d}", "parents": parents, "fields": fields})
        if i in fork_at:
            given.append({"id": f"f{i:05d}", "parents": parents, "fields": {**fields, "text": "other", "kept": f"f{i}"}})
    return given


def shown(given: list[dict[str, Any]]) -> dict[str, Any]:
    seen = view.fold(view.Version(g["id"], tuple(g["parents"]), g["fields"]) for g in given)

    def values(each: tuple[view.Value, ...]) -> list[dict[str, Any]]:
        return [{"id": v.id, "absent": True} if v.value is view.ABSENT else {"id": v.id, "value": v.value} for v in each]

    return {
        "heads": list(seen.heads),
        "order": list(seen.order),
        "writes": {name: list(changed) for name, changed in seen.writes.items()},
        "fields": {
            name: {"values": values(f.values), **({"items": {i: values(v) for i, v in f.items.items()}} if f.items else {})}
            for name, f in seen.fields.items()
        },
    }


def write(name: str, content: object) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    (EXAMPLES / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    EXAMPLES.mkdir(exist_ok=True)
    made = entries()
    kids = [
        {"jwk": signer.jwk, "text": entry.thumbprint_text(signer.jwk["x"], signer.jwk["y"]), "kid": signer.kid}
        for signer in (AMA, REECE)
    ]
    write("entries", made)
    write("kids", kids)
    write("signatures", signatures(made[0]))
    write("traps", traps(made[0]))
    write("packets", packets(made))
    write("chains", chains(made))
    write("views", views())


if __name__ == "__main__":
    main()
