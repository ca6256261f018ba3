"""A thief's copy: every file of a locked phone, its cookies too, put into another browser and into a program that asks for everything."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fieldapp import config, create_app, found_office
from fieldapp.keys import SigningKey
from sync import wire
from tests.browser.conftest import NewPhone
from tests.browser.lost_phone import needles, thief
from tests.browser.lost_phone.situations import NAMES, secrets
from tests.browser.lost_phone.thief import HELLO, Thief
from tests.browser.people import Keyworker
from tests.browser.server import Server

SENT, WAITS, BEGUN = "Quorvexil sent by nine", "Quorvexil waits since ten", "Quorvexil begun at eleven"
PUBLIC = re.compile(r"/dist/|/demo/sign-ins$")
"""The app's own files, and what is published of a demo and refused outside one (test_demo_door.py)."""
ADDED = {
    "audit",
    "casefiles",
    "checkpoints",
    "devices",
    "entries",
    "quarantine",
    "records",
    "refusals",
    "sign_in_attempts",
    "slips",
}
"""What may have other rows afterwards: what was sent, and what the office writes down of who asked."""


STATUSES = "SELECT status FROM devices ORDER BY id"


def routes(folder: Path) -> list[tuple[str, str]]:
    """The whole app's own map."""
    config.make_key(folder / "map.key", demo=True)
    settings = config.read({"FIELDAPP_KEY_FILE": str(folder / "map.key"), "FIELDAPP_DATABASE": str(folder / "map.db")})
    found_office(settings)
    rules = create_app(settings).url_map.iter_rules()
    return sorted(
        (method, rule.rule) for rule in rules for method in {"GET", "POST", *(rule.methods or ())} - {"HEAD", "OPTIONS"}
    )


def leaks(answer: thief.Answer, words: list[str]) -> list[str]:
    return [word for word in words if any(True for _ in needles.first(word, answer.text))]


def test_a_leak_in_an_answer_is_found_plain_and_in_what_is_signed() -> None:
    planted = thief.Answer(200, b"Content-Type: text/html\n\n<h1>The Tarnley record</h1>")
    assert leaks(planted, ["Tarnley", "Kayleigh"]) == ["Tarnley"]
    signed = SigningKey.new().jws("fieldapp-receipt", b'{"casefile":"Wq3_casefile-of-somebody"}')
    assert leaks(thief.Answer(200, signed.encode()), ["Wq3_casefile-of-somebody"]) != []


def test_copy_of_a_locked_phone_may_add_and_gets_nothing_from_any_route(
    ama: Keyworker, server: Server, new_phone: NewPhone, tmp_path: Path
) -> None:
    # Given Ama's locked phone with a note that was sent, one that waits and a draft, its battery dead
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call(SENT)
    ama.is_at("Sent")
    server.kill()
    ama.opens_the_family("Tarnley")
    ama.writes_down_a_call(WAITS)
    ama.is_at("Saved, waiting to send")
    ama.opens_the_family("Tarnley")
    ama.begins_a_visit_note()
    ama.answers("What kind of visit was it?", "Home visit")
    ama.types("What did you see and hear?", BEGUN)
    ama.waits_for_the_draft_to_be_kept()
    ama.locks()
    ama.phone.switch_off()

    # When a thief starts another browser on every file of it
    other = new_phone()
    thief.copies(ama.phone, other)
    other.switch_on()
    looks = Keyworker(other, server)
    looks.opens_the_app()
    looks.is_at("Unlock this phone")
    secret = [*secrets(ama), *NAMES]
    assert [word for word in secret if looks.finds_in_the_page(word)] == []
    outbox = other.page.evaluate(thief.OUTBOX)
    assert [word for word in secret if any(True for _ in needles.first(word, json.dumps(outbox).encode()))] == []
    other.switch_off()

    # And asks every route of the office with the cookies, naming whatever there is, as it is and with every proof the copy can make
    server.start()
    jar = thief.cookies(ama.phone)
    assert set(jar) == {"fieldapp-device"}
    asking = Thief(server.origin, jar, outbox)
    assert len(asking.items) >= 1
    there = {name: thief.rows(server.folder, ask) for name, ask in THERE.items()}
    before, statuses = thief.contents(server.folder), thief.rows(server.folder, STATUSES)
    secret += [*there["person"], *there["name"], *there["email"]]
    walked = opened = 0
    for method, rule in routes(tmp_path):
        for path in addresses(rule, there):
            said = fitting(path, there, asking)
            answers = [asking.asks(method, path, b"" if method == "GET" else one, sort) for one, sort in said]
            if path.startswith("/sync/v1/") and method != "GET":
                proved = {"v": 1, "cursors": {}} if path.endswith("/pull") else {"v": 1}
                answers += asking.asks_as_if_unlocked(method, path, proved)
            for answer in answers:
                walked += 1
                assert answer.status < 500, (method, path, answer.status)
                if PUBLIC.search(path):
                    continue
                own = [path, *(body.decode("latin-1") for body, _ in said)]
                words = [
                    word for word in [*secret, *there["casefile"], *there["record"][:40]] if not any(word in one for one in own)
                ]
                told = leaks(answer, words)
                if path in ("/sync/v1/push", "/sync/v1/have"):
                    told = [word for word in told if word not in there["mine"]]
                assert told == [], (method, path, answer.status)
                if path in FOR_READERS:
                    assert answer.status in {400, 401, 405, 415}, (method, path, answer.text)
                elif path.startswith("/desk/") and answer.status == 200:
                    opened += 1
                    assert path in FOR_ALL, path

    # Then nothing of anybody came back from any, and the office is as it was but for what was added
    assert walked > 300
    assert opened >= 2
    after = thief.contents(server.folder)
    assert {name for name in after if after[name] != before.get(name)} <= ADDED
    assert thief.rows(server.folder, STATUSES) == statuses


FOR_READERS = {"/sync/v1/pull", "/sync/v1/drafts", "/sync/v1/devices/renew"}
FOR_ALL = {"/desk/sign-in", "/desk/password", "/desk/set-up", "/desk/sign-in/passkey"}
"""The only pages of the desk that answer somebody who is not signed in."""

THERE = {
    "casefile": "SELECT id FROM casefiles ORDER BY id",
    "record": "SELECT id FROM records ORDER BY id",
    "person": "SELECT id FROM people ORDER BY id",
    "name": "SELECT name FROM people",
    "email": "SELECT email FROM people",
    "device": "SELECT id FROM devices ORDER BY id",
    "item": "SELECT hash FROM quarantine",
    "team": "SELECT id FROM teams",
    "kid": "SELECT kid FROM signers",
    "entry": "SELECT id FROM entries",
    "mine": "SELECT DISTINCT casefile FROM entries JOIN signers USING (kid) JOIN people ON people.id = person WHERE email = 'ama@harrowmere.example'",
}
NOTHING_THERE = ("emergency", "turn", "pod", "reset", "asked", "id", "slot", "hash")
"""A demo has none of these, or they name nobody: any random id will do."""


def addresses(rule: str, there: dict[str, list[str]]) -> list[str]:
    """Every rule with up to three things that there are."""
    (name, *more) = re.findall(r"<(?:\w+:)?(\w+)>", rule) or [""]
    if name == "":
        return [rule]
    if name == "release":
        return ["/dist/none/phone.js"]
    assert more == []
    fitting = ["AAAAAAAAAAAAAAAAAAAAAA"] if name in NOTHING_THERE else there[name][:3]
    assert fitting, f"nothing fits <{name}>"
    return [re.sub(r"<[^>]+>", one, rule) for one in fitting]


def fitting(path: str, there: dict[str, list[str]], asking: Thief) -> list[tuple[bytes, str]]:
    """What a phone or a form would send there, so that no answer is only about what was missing."""
    json_ = "application/json"

    def said(*given: dict[str, Any]) -> list[tuple[bytes, str]]:
        return [(json.dumps({"v": 1, **one}).encode(), json_) for one in given]

    if path == "/sync/v1/hello":
        heads = [{"kid": kid, "n": 0, "id": ""} for kid in there["kid"]]
        return said(
            HELLO,
            {**HELLO, "signers": heads},
            {**HELLO, "digest": "A" * 43},
            {**HELLO, "responders": "", "reads": []},
            {**HELLO, "dropped": there["kid"], "removals_done": there["casefile"]},
        )
    if path == "/sync/v1/have":
        return said({"ids": there["entry"]}, {"ids": there["entry"], "anybody": True}, {"ids": [*asking.items]})
    if path == "/sync/v1/push":
        return [
            (wire.lay_frames([*asking.items.values()]), "application/octet-stream"),
            (b"\0\0\0\4junk", "application/octet-stream"),
        ]
    if path == "/sync/v1/pull":
        return said({"cursors": {}}, {"cursors": {one: [0, ""] for one in there["casefile"]}})
    if path.startswith("/sync/v1/drafts/"):
        return [(each, "application/octet-stream") for each in [*asking.items.values()][:1]]
    if path.startswith("/sync/v1/"):
        return said(
            {},
            {"hashes": ["A" * 43]},
            {"email": "ama@harrowmere.example", "password": "", "code": ""},
            {"enrolment": asking.certificate},
        )
    form = f"form_token=x&email=ama%40harrowmere.example&password=x&code=000000&person={there['person'][0]}&text-family=Tarnley&text-why=x"
    return [(form.encode(), "application/x-www-form-urlencoded")]
