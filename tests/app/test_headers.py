"""What every answer of every route carries, from the app's own map: right requests, wrong ones, and ones on which the code breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Response
from flask.typing import ResponseReturnValue
from werkzeug.test import TestResponse

from fieldapp import people
from fieldapp.web import guards
from fieldapp.web.guards import open_to_all
from tests.app import harrowmere, whole
from tests.app.whole import AT_THE_DESK, HOST, Page, Whole

ASK_FIRST, FOR_EVER = "no-cache", "public, max-age=31536000, immutable"
KEPT = {
    "/app": ASK_FIRST, "/sw.js": ASK_FIRST, "/manifest.webmanifest": ASK_FIRST, "/dist/<release>/<path:name>": FOR_EVER,
    "/sync/v1/openapi.json": ASK_FIRST, "/sync/v1/words": "public, max-age=86400",
    "/sync/v1/practice/<hash>": "private, max-age=31536000, immutable",
}  # fmt: skip
"""The only answers that a browser may keep. Nothing in them is about anybody: the same bytes for everybody who gets any."""
FOR_DOCUMENTS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
FOR_ALL = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}
TO_PHONES = {"default-src": "'none'", "frame-ancestors": "'none'"}
COUNCILS_COOKIE = "__Host-fieldapp-council"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Whole:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    return whole.make(tmp_path)


def faults(answer: TestResponse, rule: str) -> list[str]:
    """Says in what an answer of that route ("" where none was found) is looser than it may be."""
    headers = answer.headers
    found = [f"{name}: {headers.getlist(name)}" for name in FOR_ALL if headers.getlist(name) != [FOR_ALL[name]]]
    found += _faults_of_policy(headers.getlist("Content-Security-Policy"), rule)
    if not rule.startswith("/sync/v1/"):
        found += [f"{name}: {headers.get(name)}" for name, value in FOR_DOCUMENTS.items() if headers.getlist(name) != [value]]
        off = dict(one.split("=") for one in headers.get("Permissions-Policy", "x=y").split(", "))
        if set(off.values()) != {"()"} or not {"camera", "microphone", "geolocation", "payment", "usb"} <= set(off):
            found.append("Permissions-Policy")
    allowed = {"no-store", KEPT.get(rule, "no-store")} if answer.status_code in {200, 304} else {"no-store"}
    if headers.get("Cache-Control") not in allowed or len(headers.getlist("Cache-Control")) != 1:
        found.append(f"Cache-Control: {headers.get('Cache-Control')}")
    if headers.get("Cache-Control") != "no-store" and "Set-Cookie" in headers:
        found.append("a cookie in what is kept")
    # At sign-out what the browser's cache holds of the desk goes; what a phone keeps, unsent work with it, is never an answer's to delete.
    found += [f"deletes: {told}" for told in headers.getlist("Clear-Site-Data") if told != '"cache"']
    found += [f"lets others in: {name}" for name, _ in headers if name.lower().startswith("access-control-")]
    found += [f"cookie: {one}" for one in headers.getlist("Set-Cookie") if not _is_strict(one)]
    if "Location" in headers and not re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", headers["Location"]):
        found.append(f"leads elsewhere: {headers['Location']}")
    if "Content-Disposition" in headers and not re.fullmatch(
        r'attachment; filename="[a-z0-9-]+\.[a-z]+"', headers["Content-Disposition"]
    ):
        found.append(f"file name: {headers['Content-Disposition']}")
    if answer.mimetype == "text/html" and answer.data:
        page = Page(answer.text)
        # Every field inherits it: a browser's own spelling service may send what is typed to whoever runs it.
        if answer.status_code not in {301, 303, 308} and not re.search(r'<body[^>]* spellcheck="false"', answer.text):
            found.append("a spelling service reads along")
        found += page.faults
        found += [f"another origin: {one}" for one in page.addresses if not re.match(r"(/(?!/)|#|$)", one)]
    return found


def _faults_of_policy(told: list[str], rule: str) -> list[str]:
    if len(told) != 1:
        return [f"{len(told)} policies"]
    policy = dict([*line.strip().split(" ", 1), ""][:2] for line in told[0].split(";"))
    if rule.startswith("/sync/v1/"):
        return [] if policy == TO_PHONES else [f"policy: {told[0]}"]
    required = {
        "default-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'", "form-action": "'self'",
        "require-trusted-types-for": "'script'", "trusted-types": "fieldapp",
    }  # fmt: skip
    found = [f"policy: {name} {policy.get(name)}" for name, value in required.items() if policy.get(name) != value]
    rest = {source for name, value in policy.items() if name not in required for source in value.split()}
    own = {"'self'", "'wasm-unsafe-eval'"} if rule == "the worker" else {"'self'"}
    return found + [f"policy allows {one}" for one in rest - own]


def _is_strict(cookie: str) -> bool:
    named, *told = (one.strip() for one in cookie.split(";"))
    lines = {one.split("=")[0].lower(): one for one in told}
    # The way back from the council is a request from there, with which no strict cookie comes along.
    site = "SameSite=Lax" if named.startswith(COUNCILS_COOKIE) and "Max-Age=0" not in told else "SameSite=Strict"
    return (
        named.startswith("__Host-fieldapp-")
        and {"secure", "httponly"} <= set(lines)
        and "domain" not in lines
        and lines.get("path") == "Path=/"
        and lines.get("samesite") == site
    )


def asked(office: Whole, who: str) -> Iterator[tuple[TestResponse, str]]:
    """Asks somebody's way through every route: as it is meant, about things that are not there, and with a method it has not."""
    client = office.client(who)
    page = client.get("/desk", follow_redirects=True).text
    token = (re.findall(r'name="form_token" value="([^"]+)"', page) or [""])[0]
    for method, rule, guard in office.routes():
        form: dict[str, Any] = {"data": {"form_token": token}} if guard.form and method not in guards.READ_ONLY else {}
        yield client.open(office.address(rule), method=method, **form), rule.rule
        if rule.arguments:
            nowhere = office.address(rule, **dict.fromkeys(rule.arguments, "nowhere"))
            yield client.open(nowhere, method=method, **form), rule.rule
    for rule in office.app.url_map.iter_rules():
        wrong = next(one for one in ("DELETE", "PATCH", "GET") if one not in (rule.methods or set()))
        yield client.open(office.address(rule), method=wrong), ""


@pytest.mark.parametrize("who", ["nobody", "phone", "marian", "admin"])
def test_every_answer_of_every_route_is_as_strict_as_can_be(office: Whole, who: str) -> None:
    loose, statuses = {}, set()
    for answer, rule in asked(office, who):
        statuses.add(answer.status_code)
        found = faults(answer, rule)
        if found:
            loose[answer.request.method, answer.request.path, answer.status_code] = found
    assert loose == {}
    assert statuses >= ({200, 400, 401, 404, 405, 415} if who == "phone" else {200, 303, 400, 401, 404, 405})


def test_every_route_that_breaks_answers_as_strictly(office: Whole) -> None:
    office.app.testing = False

    @open_to_all
    def breaks(**_: object) -> ResponseReturnValue:
        raise RuntimeError("Kayleigh was seen at 14 Canal Street")

    office.app.view_functions.update(dict.fromkeys(office.app.view_functions, breaks))
    client = office.app.test_client()
    for method, rule, _ in office.routes():
        answer = client.open(office.address(rule), method=method)
        if method != "OPTIONS":
            assert answer.status_code == 500, rule
        assert faults(answer, rule.rule) == [], (method, rule)
        assert "Kayleigh" not in answer.text
        assert "Traceback" not in answer.text


def test_what_is_too_large_too_often_or_asked_under_another_name_is_refused_as_strictly(office: Whole) -> None:
    client, marian = office.client("nobody"), office.client("marian")
    large = b"x" * (2 * 1024 * 1024)
    # Without a session nothing of a form is read.
    sent = [
        (marian.post("/desk/emergencies", data=large, content_type="application/x-www-form-urlencoded"), 413),
        (client.post("/sync/v1/devices/begin", data=large, content_type="application/json"), 413),
        (client.post("/sync/v1/devices/begin", data=b"{}", content_type="text/plain"), 415),
        (client.get("/app", headers={"Host": "elsewhere.example"}), 400),
        (client.get("/desk//board"), 404),
        (client.get("/nowhere"), 404),
        (marian.post("/desk/emergencies", headers={"Sec-Fetch-Site": "cross-site"}), 400),
    ]
    guess = {"v": 1, "email": "marian@harrowmere.example", "password": "not it at all", "code": "000000"}
    sent += [(client.post("/sync/v1/devices/begin", json=guess), 0) for _ in range(30)]
    assert sent[-1][0].status_code == 429
    form = {"email": "marian@harrowmere.example", "password": "not it at all", "code": "000000"}
    sent.append((harrowmere.Browser(office.place, client).send("/desk/sign-in", "/desk/sign-in", form), 429))
    for answer, status in sent:
        assert answer.status_code == (status or answer.status_code)
        matched = answer.request.path if answer.request.path.startswith("/sync/") else ""
        assert faults(answer, matched) == [], answer.request.path


def test_only_the_cores_own_script_may_run_web_assembly(office: Whole) -> None:
    client = office.app.test_client()
    folder = Path(__file__).parents[2] / "static" / "dist" / office.named["release"]
    names = [str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()]
    assert "worker.js" in names
    for name in names:
        answer = client.get(f"/dist/{office.named['release']}/{name}")
        assert faults(answer, "the worker" if name == "worker.js" else "/dist") == (
            ["Cache-Control: public, max-age=31536000, immutable"]
        ), name
        assert ("'wasm-unsafe-eval'" in answer.headers["Content-Security-Policy"]) == (name == "worker.js")


def test_what_a_browser_may_keep_is_the_same_for_everybody(office: Whole) -> None:
    clients = [office.client(who) for who in ("nobody", "phone", *AT_THE_DESK)]
    for rule in office.app.url_map.iter_rules():
        if rule.rule in KEPT:
            answers = [client.get(office.address(rule)) for client in clients]
            assert answers[1].headers["Cache-Control"] == KEPT[rule.rule]
            assert len({answer.data for answer in answers if answer.status_code == 200}) == 1, rule.rule


def _answers(**headers: str) -> Callable[..., Response]:
    return lambda **_: Response("<p>Tarnley</p>", headers=headers, mimetype="text/html")


def _with_cookie(**other: Any) -> Callable[[], Response]:
    def answers() -> Response:
        answer = Response()
        told: dict[str, Any] = {"key": "__Host-fieldapp-x", "secure": True, "httponly": True, "samesite": "Strict", **other}
        answer.set_cookie(**told)
        return answer

    return answers


@pytest.mark.parametrize(
    "bad",
    [
        _answers(**{"Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'"}),
        _answers(**{"Content-Security-Policy": "default-src *"}),
        _answers(**{"Cache-Control": "private, max-age=60"}),
        _answers(**{"X-Content-Type-Options": "sniff"}),
        _answers(**{"Clear-Site-Data": '"cache", "storage"'}),
        _answers(**{"Clear-Site-Data": '"*"'}),
        _answers(**{"Referrer-Policy": "unsafe-url"}),
        _answers(**{"Access-Control-Allow-Origin": "*"}),
        _answers(Location="https://elsewhere.example/"),
        _answers(Location="//elsewhere.example/"),
        _answers(**{"Content-Disposition": 'inline; filename="Tarnley.html"'}),
        _with_cookie(key="fieldapp-x"),
        _with_cookie(secure=False),
        _with_cookie(httponly=False),
        _with_cookie(samesite="Lax"),
        _with_cookie(domain=HOST),
        lambda: Response("<script>alert(1)</script>", mimetype="text/html"),
        lambda: Response('<img src="https://elsewhere.example/x.png">', mimetype="text/html"),
        lambda: Response('<p onclick="x()">', mimetype="text/html"),
        lambda: Response('<p style="color:red">', mimetype="text/html"),
        lambda: Response('<form action="//elsewhere.example"></form>', mimetype="text/html"),
    ],
)
def test_a_planted_loose_answer_is_found(office: Whole, bad: Callable[[], Response]) -> None:
    office.app.view_functions["front.page"] = open_to_all(bad)
    assert faults(office.app.test_client().get("/"), "/") != []


def test_a_planted_loose_route_is_found_on_the_walk(office: Whole) -> None:
    views = office.app.view_functions
    loose = _answers(**{"Cache-Control": "public"})
    loose.guard = guards.guard_of(views["holding.table"])  # type: ignore[attr-defined]
    views["holding.table"] = loose
    found = {rule for answer, rule in asked(office, "admin") if faults(answer, rule)}
    assert found == {"/desk/phones/<device>/held.csv"}
