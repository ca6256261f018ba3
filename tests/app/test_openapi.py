"""The served OpenAPI document, a stranger's random requests made from it, and every answer held against it."""

from __future__ import annotations

import gzip
import json
import re
import time
import zlib
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from werkzeug.test import TestResponse

from fieldapp.web import protocol
from sync import entry, wire
from tests.app.harrowmere import VISIT, Harrowmere
from tests.app.phone import Handset
from tests.app.test_push import opened

FEW = settings(
    max_examples=25, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)  # fmt: skip
BINARY = {"/push", "/drafts/{slot}"}
PROVED = {"/devices/renew", "/drafts", "/pull"}


def document(place: Harrowmere) -> dict[str, Any]:
    found: dict[str, Any] = place.app.test_client().get("/sync/v1/openapi.json").get_json()
    return found


def test_every_route_of_the_protocol_is_in_the_document(place: Harrowmere) -> None:
    said = {(method.upper(), f"/sync/v1{path}") for path, methods in document(place)["paths"].items() for method in methods}
    served = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in place.app.url_map.iter_rules()
        if rule.endpoint.startswith("protocol.") and rule.endpoint != "protocol.openapi"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert said == served
    assert document(place)["openapi"] == "3.1.0"
    cookie = document(place)["components"]["securitySchemes"]["device"]
    assert cookie["name"] == protocol.device_name(over_https=False)
    assert f"`{protocol.device_name(over_https=True)}`" in cookie["description"]


class Documented:
    """Says whether an answer is one that the document promises."""

    def __init__(self, place: Harrowmere) -> None:
        self.whole = document(place)

    def holds(self, method: str, path: str, answer: TestResponse) -> None:
        promised = self.whole["paths"][path][method.lower()]["responses"]
        assert str(answer.status_code) in promised, (method, path, answer.status_code, answer.text[:200])
        content = promised[str(answer.status_code)].get("content")
        if content is not None:
            assert answer.mimetype in content, (method, path, answer.mimetype)
            schema = content[answer.mimetype]["schema"] | {"components": self.whole["components"]}
            if answer.mimetype == "application/json":
                raw = gzip.decompress(answer.data) if answer.content_encoding == "gzip" else answer.data
                jsonschema_rs.validate(schema, json.loads(raw))


def as_served(place: Harrowmere) -> None:
    """What breaks is an answer, not an exception in the test."""
    place.app.config["PROPAGATE_EXCEPTIONS"] = False
    place.app.testing = False


def ask(ama: Handset, method: str, path: str, data: bytes, how: str, **more: Any) -> TestResponse:
    """Asks as a stranger, with the phone's token, or with a proof as well that fits what is sent."""
    address = f"/sync/v1{path}"
    client = ama.client if how != "nobody" else ama.place.app.test_client()
    kind = "application/octet-stream" if path == "/push" or (path.startswith("/drafts/")) else "application/json"
    headers = ama.proof(address, data, method=method) if how == "proof" else {}
    answer = client.open(address, method=method, data=data, content_type=kind, headers=headers | more)
    if answer.status_code == 401 and (answer.get_json() or {}).get("error") == "nonce":
        ama.nonce = answer.get_json()["nonce"]
        answer = client.open(
            address, method=method, data=data, content_type=kind, headers=ama.proof(address, data, method=method) | more
        )
    return answer


def test_no_request_made_from_the_document_makes_the_office_stumble(place: Harrowmere, ama: Handset) -> None:
    as_served(place)
    documented, casefile = Documented(place), opened(ama)
    note = ama.write(casefile, VISIT)
    assert ama.push(note)[0]["status"] == "stored"
    schema = schemathesis.openapi.from_wsgi("/sync/v1/openapi.json", place.app)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == 13
    seen: set[tuple[str, int]] = set()

    for operation in operations:

        @FEW
        @given(
            case=operation.as_strategy(),
            how=st.sampled_from(["nobody", "token", "proof", "proof"]),
            is_real=st.booleans(),
            raw=st.binary(max_size=400),
        )
        def asks(case: Any, how: str, is_real: bool, raw: bytes) -> None:
            body = case.as_transport_kwargs().get("json")
            if isinstance(body, dict) and is_real:
                # Shapes made up, about things that are there.
                body |= {"v": 1}
                body |= {"ids": [note.id, "A" * 43]} if "ids" in body else {}
                body |= {"cursors": {casefile: [0, ""]}} if "cursors" in body else {}
                body |= {"signers": [{"kid": ama.key.kid, "n": ama.n, "id": ama.last}]} if "signers" in body else {}
            data = raw if case.path in BINARY else b"" if case.method == "GET" else json.dumps(body).encode()
            answer = ask(ama, case.method.upper(), str(case.formatted_path), data, how)
            documented.holds(case.method, case.path, answer)
            seen.add((case.path, answer.status_code))

        asks()
    # It is not all refused at the door: what may be read is read, and what is proved is believed.
    assert {path for path, status in seen if status == 200} >= {
        "/hello",
        "/have",
        "/pull",
        "/practice",
        "/words",
        "/drafts",
        "/devices/renew",
    }
    assert {status for _, status in seen} >= {200, 400, 401}


STEPS = (
    "hello",
    "proved hello",
    "push",
    "push again",
    "push junk",
    "draft",
    "drafts",
    "have",
    "pull",
    "pull anew",
    "renew",
    "practice",
    "set up",
)


@settings(FEW, max_examples=12)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=4, max_size=14))
def test_whatever_a_phone_asks_in_whatever_order_it_is_answered_as_the_document_says(
    place: Harrowmere, ama: Handset, steps: list[str]
) -> None:
    as_served(place)
    documented, casefile = Documented(place), opened(ama)
    notes = [ama.write(casefile, VISIT)]
    pushed: set[str] = set()
    for n, step in enumerate(steps):
        said: dict[str, Any] = {"v": 1}
        method, path, how = "POST", "/push", "token"
        if step in {"hello", "proved hello"}:
            path, how = "/hello", "proof" if step == "proved hello" else "token"
            said |= {"signers": [{"kid": ama.key.kid, "n": ama.n, "id": ama.last}]}
            said |= {"digest": "A" * 43} if how == "proof" else {}
        elif step == "push":
            notes.append(ama.write(casefile, VISIT | {"purpose": str(n)}))
        elif step in {"drafts", "renew", "pull", "pull anew"}:
            path, how = {"drafts": "/drafts", "renew": "/devices/renew"}.get(step, "/pull"), "proof"
            said |= {"cursors": {casefile: [n, "A" * 43]} if step == "pull" else {}} if path == "/pull" else {}
        elif step == "have":
            path, said = "/have", said | {"ids": [one.id for one in notes]}
        elif step == "practice":
            path, said = "/practice", said | {"hashes": [place.office.practice.index_hash, "A" * 43]}
        elif step == "set up":
            path, how = "/devices/begin", "nobody"
            said |= {"email": "ama@harrowmere.example", "password": "x", "code": str(n)}
        data = entry.write_json(said)
        if path == "/push":
            data = wire.lay_frames([b"junk" * 30] if step == "push junk" else [notes[-1].envelope])
        if step == "draft":
            method, path, data = "PUT", "/drafts/{slot}", notes[-1].envelope
        answer = ask(ama, method, path.replace("{slot}", "A" * 22), data, how)
        documented.holds(method, path, answer)
        pushed |= {notes[-1].id} if path == "/push" and step != "push junk" else set()
    # And what was sent is there, whatever was asked besides.
    ama.cursors = {}
    ama.pull_all()
    assert pushed <= set(ama.entries)


DEEP = b"[" * 200_000
MALFORMED = {
    "nothing": b"",
    "not json": b"\xff\xfe{\x00",
    "deep lists": DEEP,
    "deep objects": b'{"v":' * 100_000,
    "deep and whole": b'{"v":1,"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "not a number": b'{"v":NaN}',
    "infinity": b'{"v":1,"keyset_n":Infinity}',
    "beyond doubles": b'{"v":1e999}',
    "a huge whole number": b'{"v":' + b"9" * 100_000 + b"}",
    "a long fraction": b'{"v":1.' + b"0" * 100_000 + b"1}",
    "half a pair": b'{"v":1,"email":"\\ud800","ids":["\\udfff"]}',
    "raw half a pair": b'{"v":1,"email":"\xed\xa0\x80"}',
    "names twice": b'{"v":2,"v":1,"v":"x"}',
    "a mark before it": b'\xef\xbb\xbf{"v":1}',
    "two bytes a letter": '{"v":1}'.encode("utf-16"),
    "something after it": b'{"v":1}{"v":1}',
    "a comment": b'{"v":1/* */}',
    "NUL": b'{"v":1,"email":"\\u0000","cursors":{"\\u0000":[0,""]}}',
    "packed": gzip.compress(b'{"v":1}'),
    "many names": b'{"v":1,' + b",".join(b'"%d":1' % n for n in range(80_000)) + b"}",
    "too large": b'{"v":1,"email":"' + b"x" * (protocol.JSON_LIMIT + 1) + b'"}',
}
PASSED_OVER = {"names twice", "NUL", "many names", "raw half a pair"}
"""What is only wrong with names that a request does not have, or is text all the same."""


@pytest.mark.parametrize("name", MALFORMED)
def test_json_that_is_none_or_has_no_end_is_refused_as_the_document_says(place: Harrowmere, ama: Handset, name: str) -> None:
    as_served(place)
    documented = Documented(place)
    for path, methods in documented.whole["paths"].items():
        if path in BINARY or "post" not in methods:
            continue
        answer = ask(ama, "POST", path, MALFORMED[name], "proof" if path in PROVED else "token")
        documented.holds("POST", path, answer)
        assert answer.status_code in ({413} if name == "too large" else {200, 400} if name in PASSED_OVER else {400}), path


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_travels_packed_is_not_unpacked(place: Harrowmere, ama: Handset, encoding: str) -> None:
    as_served(place)
    documented = Documented(place)
    bomb = gzip.compress(bytes(100_000_000), 9) if encoding == "gzip" else zlib.compress(bytes(1_000_000))
    for path, methods in documented.whole["paths"].items():
        method = next(iter(methods)).upper()
        if method != "GET":
            how = "proof" if path in PROVED else "token"
            answer = ask(ama, method, path.replace("{slot}", "A" * 22), bomb, how, **{"Content-Encoding": encoding})
            documented.holds(method, path, answer)
            assert answer.status_code == 415, path


def test_an_envelope_that_swells_is_kept_aside_without_swelling(place: Harrowmere, ama: Handset) -> None:
    casefile = opened(ama)
    bombs = []
    for size in (2 * 1024 * 1024, 100_000_000, 400_000_000):
        note = ama.write(casefile, VISIT)
        packed = wire.deflate(bytes(size))
        signed = ama.key.sign(entry.signing_input("fieldapp-entry", ama.key.kid, note.header).encode())
        packet = wire.lay_packet(wire.Packet(entry.unb64u(ama.key.kid), signed, packed))
        bombs.append(ama.seal_packet(packet))
    began = time.process_time()
    results = [ama.push(bomb)[0] for bomb in bombs]
    assert {(each["status"], each["code"]) for each in results} == {("quarantined", "too_large")}
    assert time.process_time() - began < 2
    assert place.office.store.quarantine.open()


BODIES = {
    "not a number": b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA","fields":{"purpose":NaN}}',
    "infinite": b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA","fields":{"purpose":-Infinity}}',
    "huge": b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA","fields":{"purpose":' + b"9" * 5_000 + b"}}",
    "beyond": b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA","fields":{"purpose":1e99999}}',
    "deep": b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA","fields":{"purpose":' + b"[" * 60_000 + b"]" * 60_000 + b"}}",
    "names twice": b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA","fields":{"purpose":"a","purpose":"<script>alert(1)</script>"}}',
    "half a pair": b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA","fields":{"purpose":"\\ud800","\\udfff":1}}',
    "raw half a pair": b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA","fields":{"purpose":"\xed\xa0\x80"}}',
    "NUL": b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA","fields":{"purpose":"a\\u0000b","\\u0000":"c"}}',
    "no object": b'["<script>alert(1)</script>"]',
    "bytes": bytes(range(256)),
    "the prototype": b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA","fields":{"__proto__":{"purpose":"x"},"constructor":"y"}}',
    "script": b'</textarea><script>alert(1)</script>',
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_whatever_a_signed_body_holds_is_kept_and_every_page_about_it_opens(place: Harrowmere, ama: Handset, name: str) -> None:
    as_served(place)
    note = ama.write(opened(ama), {}, body=BODIES[name])
    (result,) = ama.push(note)
    assert result["status"] in {"stored", "quarantined"}
    place.clock.pass_by(seconds=60)
    marian = place.signed_in("marian")
    shown = [
        "board",
        "families",
        f"families/{note.casefile}",
        "sorting",
        *([f"records/{note.record}"] if result["status"] == "stored" else []),
    ]
    shown += [f"sorting/{row.hash}" for row in place.office.store.quarantine.open()]
    for path in shown:
        answer = marian.get(f"/desk/{path}")
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text, path
    answer = ask(ama, "POST", "/pull", entry.write_json({"v": 1, "cursors": {}}), "proof")
    Documented(place).holds("POST", "/pull", answer)


def test_everything_the_document_points_at_is_in_it(place: Harrowmere) -> None:
    whole = document(place)
    pointed = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(whole)))
    assert pointed == set(whole["components"]["schemas"])
