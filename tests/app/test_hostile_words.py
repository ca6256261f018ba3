"""Words that mean something to a database, a browser, a template, a shell or a spreadsheet, typed into every form there is.

The forms are those that stand on the pages themselves: a form without a page that shows it is found by the count of the routes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldapp import auditing, people
from fieldapp.web import guards
from tests.app import harrowmere, whole
from tests.app.test_cross_site import token_on
from tests.app.test_headers import faults
from tests.app.test_leaves import FAMILY
from tests.app.whole import AT_THE_DESK, Form, Page, Whole

WORDS = {
    "sql": "Robert'); DROP TABLE people;-- \" OR 1=1 /*",
    "script": "</textarea></title></script>\"'><script>alert(1)</script><svg/onload=alert(2)><x-planted>",
    "attribute": "\" autofocus onfocus=alert(1) x=\"' onmouseover='alert(2)",
    "template": "{{7*7}}{% raw %}${7*7}#{7*7}<%= 7*7 %>{{ config }}{{ ''.__class__.__mro__ }}",
    "format": "%s%n%x%%d {0} {0.__class__} {names} %(name)s $name ${HOME} `id`",
    "path": "../../../../etc/passwd\\..\\..\\x%2e%2e%2f",
    "lines": "one\r\nSet-Cookie: planted=1\r\n\r\n<x-planted>\n\x0b\x0c\u2028\u2029",
    "nothing": "before\x00after",
    "controls": "\x01\x02\x07\x08\x1b[31m\x7f\x80\x9f",
    "directions": "\u202egpj.exe\u202c \u2066x\u2069 \u200f",
    "zero width": "\u200bTarn\u200bley\ufeff\u2060",
    "long": "x" * 100_000,
    "many": "<b>" * 30_000,
    "emoji": "👩‍👩‍👧‍👦🏴󠁧󠁢󠁷󠁬󠁳󠁿" * 20,
    "accents": "Z̸̡̛͔̪̘͓͙a͂l͝g͢o " * 50,
    "formula": "=cmd|' /C calc'!A0",
    "spaces": " \t\u00a0\u3000 ",
    "number": "9" * 5_000,
    "minus": "-1",
    "not a number": "NaN",
    "old day": "0000-00-00",
    "far day": "9999-12-31",
    "day of ten thousand": "+10000-01-01",
    "other digits": "２０２６-１１-２３",
    "surrogate": "\ud800 x",
    "bytes": "\udcff\udcfe\udc80",
    "list": "[object Object]",
}
ASKED = ("why", "done", "before", "next", "state", "code", "error")
PLANTED = re.compile(r"<x-planted|<script>alert|<svg/onload|<b><b>")
STACK = re.compile(r"Traceback|werkzeug|jinja2|sqlite3|site-packages|\.py\b")


@dataclass(frozen=True)
class Found:
    """A form, the page it stands on and who sees it."""

    who: str
    page: str
    form: Form


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Whole:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    made = whole.make(tmp_path)
    # As it is served: what breaks is an answer, not an exception in the test.
    made.app.testing = False
    return made


def forms_on_pages(office: Whole, clients: dict[str, FlaskClient]) -> list[Found]:
    """Every form on every page that somebody can open, once each."""
    found: dict[tuple[str, str, str], Found] = {}
    for who, client in clients.items():
        for method, rule, _ in office.routes():
            if method != "GET":
                continue
            page = office.address(rule)
            answer = client.get(page)
            if answer.mimetype != "text/html":
                continue
            for form in Page(answer.text).forms:
                route = route_of(office, form)
                if route != "sign_in.sign_out":
                    found.setdefault((who, route, str([name for name, *_ in form.controls])), Found(who, page, form))
    return list(found.values())


def encoded(pairs: list[tuple[str, str]]) -> bytes:
    """As a form travels; half a surrogate pair and loose bytes travel as no browser would send them."""
    return urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in pairs]).encode()


def wrong_in(answer: TestResponse, words: str, rule: str = "") -> list[str]:
    """Says what is wrong with an answer to such words."""
    found = faults(answer, rule)
    if answer.status_code == 500:
        found.append("broke")
    if "planted" in str(answer.headers):
        found.append("words in the headers")
    text = answer.text
    if answer.mimetype == "text/html":
        if PLANTED.search(text):
            found.append(f"unescaped: {PLANTED.findall(text)}")
        found += [f"control {name}" for tag, told in Page(text).elements for name in told if name in {"autofocus", "x"}]
    if STACK.search(unescape(text).replace(words, "")):
        found.append("a stack")
    return found


LAST = ("leaves.transfer", "accounts.change", "accounts.close")
"""What takes the page away from whoever sends it is sent last."""
SHOWN_LATER = (
    "account.remove_passkey", "account.sign_out_elsewhere", "accounts.disconnect", "accounts.open_again", "after_restore.tick", "council.connect",
    "council.disconnect", "council.send_code", "leaves.confirm", "phones.settle", "set_up.finish", "sorting.back",
)  # fmt: skip
"""What only stands on a page once something else was done; it is sent words as well, under every name that any form has."""


def route_of(office: Whole, form: Form) -> str:
    found = office.app.url_map.bind(whole.HOST).match(form.action, method=form.method.upper())
    return str(found[0])


def test_every_form_is_found_on_the_page_it_stands_on(office: Whole) -> None:
    clients = {who: office.client(who) for who in ("nobody", *AT_THE_DESK)}
    reached = {route_of(office, one.form) for one in forms_on_pages(office, clients)}
    changing = {rule.endpoint for _, rule, guard in office.changes() if guard.form}
    assert changing - reached == {*SHOWN_LATER, "sign_in.sign_out"}


@pytest.mark.parametrize("part", range(4))
def test_whatever_is_typed_into_any_form_breaks_nothing_and_runs_nowhere(office: Whole, part: int) -> None:
    clients = {who: office.client(who) for who in ("nobody", *AT_THE_DESK)}
    forms = forms_on_pages(office, clients)
    names = sorted({name for one in forms for name, *_ in one.form.controls} - {guards.FORM_FIELD})
    for rule in office.app.url_map.iter_rules():
        if rule.endpoint in SHOWN_LATER:
            for who, client in clients.items():
                token = (guards.FORM_FIELD, "hidden", token_on(client))
                controls = [token, *((name, "text", "") for name in names)]
                forms.append(Found(who, "", Form(office.address(rule), "post", controls)))
    forms.sort(key=lambda one: route_of(office, one.form) in LAST)
    wrong: dict[object, object] = {}
    statuses = set()
    for found in forms:
        for name in list(WORDS)[part::4]:
            body = encoded(found.form.filled(WORDS[name]))
            kind = "application/x-www-form-urlencoded"
            answer = clients[found.who].post(found.form.action, data=body, content_type=kind)
            statuses.add(answer.status_code)
            if faulty := wrong_in(answer, WORDS[name]):
                wrong[found.who, found.form.action, name] = faulty
    assert wrong == {}
    assert {200, 303, 400} <= statuses
    # Every page opens afterwards, for everybody, whatever was kept of the words.
    for who, client in clients.items():
        for method, rule, _ in office.routes():
            if method == "GET" and (faulty := wrong_in(client.get(office.address(rule)), "", rule.rule)):
                wrong[who, rule.rule] = faulty
    assert wrong == {}
    # And what the council's own logging takes in is one row a line, of this office's making.
    written = list(auditing.lines(office.place.office.store, 0, office.place.clock()))
    assert all("\n" not in line and "\r" not in line and line.isascii() for line in written)
    rows = [json.loads(line) for line in written]
    assert {frozenset(row) for row in rows} == {frozenset(rows[0])}
    assert len(rows) > 50


IN_THE_CLEAR = {
    ("admin.add_team", "text-team"), ("admin.send_person", "email"), ("admin.send_person", "name"), ("responders.send", "how-phq-9"),
    ("responders.send", "who-phq-9"), ("rotas.add_pod", "text-pod"),
}  # fmt: skip
"""What somebody types into a form and whoever has the database can read: docs/security.md says each of it."""
PROVES_ONLY = {"account.add_passkey", "account.change_password", "set_up.begin", "sign_in.send"}
"""What is typed there opens something, and is refused here: tests of their own say what is kept of it."""
DAYS = {
    "date": {"from": "2026-11-26", "until": "2026-11-27", "last": "2026-11-27"},
    "datetime-local": {"from": "2026-11-26T10:00", "until": "2026-11-27T10:00"},
}


def test_nothing_typed_at_the_desk_lies_in_the_database_but_names_of_staff_teams_and_pods_and_who_responds(office: Whole) -> None:
    place, reece = office.place, office.place.id("reece")
    fitting = {
        ("emergencies.open_now", "text-family"): "Oakhurst",
        ("leaves.name", "person"): reece,
        ("leaves.open_section", "readers"): reece,
        ("leaves.transfer", "keyworker"): "",
        ("rotas.pod_person", "person"): reece,
    }
    place.open_casefile("reece", "Oakhurst", team="other")
    place.write("ama", "family", office.named["casefile"], FAMILY)
    clients = {who: office.client(who) for who in AT_THE_DESK}
    forms = forms_on_pages(office, clients)
    forms.sort(
        key=lambda one: (route_of(office, one.form) in LAST, route_of(office, one.form) != "leaves.name", one.who != "admin")
    )
    typed: dict[str, tuple[str, str]] = {}
    taken: set[tuple[str, str]] = set()
    refused: set[tuple[str, str]] = set()
    for found in forms:
        route, said, words = route_of(office, found.form), [], set()
        for name, kind, value in found.form.controls:
            if (fit := fitting.get((route, name))) is not None:
                if (name, fit) not in said:
                    said.append((name, fit))
            elif kind in {"text", "textarea", "email"}:
                word = f"kingfisher{len(typed):03}x"
                typed[word] = (route, name)
                words.add((route, name))
                said.append((name, f"{word}@harrowmere.example" if kind == "email" else word))
            elif kind not in {"checkbox", "file", "button"}:
                said.append((name, DAYS.get(kind, {}).get(name, value)))
        answer = clients[found.who].post(found.form.action, data=encoded(said), content_type="application/x-www-form-urlencoded")
        (taken if answer.status_code in {200, 303} else refused).update(words)
    # Each was taken at least once, by whoever may: otherwise this would say nothing of it.
    assert {one for one in refused - taken if one[0] not in PROVES_ONLY} == set()
    assert len(taken - IN_THE_CLEAR) > 20
    place.office.store.close()
    folder = Path(place.office.store.path).parent
    lying = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert {typed[word] for word in typed if word.encode() in lying} == IN_THE_CLEAR


def test_whatever_stands_in_an_address_breaks_nothing_and_runs_nowhere(office: Whole) -> None:
    marian = office.client("marian")
    wrong: dict[object, object] = {}
    for k, (name, words) in enumerate(WORDS.items()):
        said = words[:1000].encode("utf-8", "surrogatepass")
        for n, (method, rule, guard) in enumerate(office.routes()):
            # Every third of the words for each route, and every word for some: all of all would take a minute.
            if method != "GET" or guard.name == "signed in: administrator" or (n + k) % 3:
                continue
            for address in {office.address(rule), office.address(rule, **dict.fromkeys(rule.arguments, quote(said, safe="")))}:
                answer = marian.get(f"{address}?{urlencode(dict.fromkeys(ASKED, said))}")
                # A stroke among the words makes it the address of no route at all.
                if faulty := min(wrong_in(answer, words, rule.rule), wrong_in(answer, words), key=len):
                    wrong[rule.rule, name] = faulty
    assert wrong == {}


def test_whatever_stands_in_a_header_or_a_cookie_breaks_nothing_and_runs_nowhere(office: Whole) -> None:
    wrong: dict[object, object] = {}
    for name, words in WORDS.items():
        raw = re.sub(r"[\r\n\0]", "", words[:4000].encode("utf-8", "surrogatepass").decode("latin-1"))
        cookies = "; ".join(f"__Host-fieldapp-{one}={raw}" for one in ("desk", "visitor", "device", "council", "named"))
        told = dict.fromkeys(
            ("Cookie", "Authorization", "Fieldapp-Proof", "Accept-Encoding", "Accept", "Range", "If-None-Match"), raw
        )
        told |= {"Cookie": cookies, "Authorization": f"Bearer {raw}"}
        for method, rule, guard in office.routes():
            if method in {"HEAD", "OPTIONS"}:
                continue
            sent: dict[str, Any] = {"data": encoded([("form_token", words)])} if guard.form else {"json": {"v": 1}}
            answer = office.app.test_client(use_cookies=False).open(
                office.address(rule), method=method, headers=told, **(sent if method != "GET" else {})
            )
            if faulty := wrong_in(answer, words, rule.rule):
                wrong[method, rule.rule, name] = faulty
    assert wrong == {}


def test_more_than_a_form_may_hold_is_refused_by_each_of_them(office: Whole) -> None:
    clients = {who: office.client(who) for who in ("nobody", *AT_THE_DESK)}
    tokens = {who: token_on(client) for who, client in clients.items()}
    wrong: dict[object, object] = {}
    for method, rule, guard in office.changes():
        if not guard.form:
            continue
        statuses = {}
        for who, client in clients.items():
            body = encoded([(guards.FORM_FIELD, tokens[who])]) + b"&why=" + b"x" * guard.limit
            answer = client.open(office.address(rule), method=method, data=body, content_type="application/x-www-form-urlencoded")
            statuses[who] = answer.status_code
            if faulty := wrong_in(answer, "", rule.rule):
                wrong[who, rule.rule] = faulty
            if answer.status_code == 413:
                assert "Nothing was saved" in answer.text or "too large" in answer.text, rule.rule
                break
        else:
            wrong[rule.rule] = statuses
    assert wrong == {}
