"""What every answer carries, what the phone's page is made of, and what other sites may not do."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp import config, create_app, found_office, people
from fieldapp.errors import CannotStart
from fieldapp.keys import sha256
from fieldapp.web.office import office
from fieldapp.web.release import Releases
from sync import chain, entry
from tests.app import harrowmere
from tests.app.phone import phone


@pytest.fixture
def settings(tmp_path: Path) -> config.Settings:
    config.make_key(tmp_path / "office.key", demo=True)
    made = config.read({"FIELDAPP_KEY_FILE": str(tmp_path / "office.key"), "FIELDAPP_DATABASE": str(tmp_path / "office.db")})
    found_office(made)
    return made


@pytest.fixture
def office_app(settings: config.Settings) -> Flask:
    return create_app(settings)


@pytest.fixture
def browser(office_app: Flask) -> FlaskClient:
    return office_app.test_client()


def release_of(browser: FlaskClient) -> str:
    return browser.get("/app").headers["Fieldapp-Release"]


@pytest.mark.parametrize("address", ["/app", "/healthz", "/nowhere", "/sw.js", "/dist/000000000000/phone.js"])
def test_every_answer_carries_the_strict_headers(browser: FlaskClient, address: str) -> None:
    headers = browser.get(address).headers
    policy = dict(line.split(" ", 1) for line in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == "fieldapp"
    assert "http" not in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("address", ["/sync/v1/words", "/sync/v1/openapi.json", "/sync/v1/practice/none"])
def test_an_answer_to_a_phone_may_do_nothing_when_it_is_opened_as_a_page(browser: FlaskClient, address: str) -> None:
    headers = browser.get(address).headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Permissions-Policy" not in headers


def test_a_greeting_without_news_takes_less_than_a_kilobyte_with_its_headers(
    settings: config.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    clock = harrowmere.Clock()
    app = create_app(settings, clock=clock)
    with app.app_context():
        place = harrowmere.Harrowmere(office(), app, clock)
    with place.office.store.writing() as tx:
        tx.people.add_team("family-support", "Family support")
    place.add("ama", "keyworker")
    ama = phone(place, "ama")
    for _ in range(4):
        ama.push(*(ama.opening() for _ in range(15)))
    ama.pull_all()
    shown = ama.hello()["checkpoint"]
    body = entry.write_json(
        {
            "v": 1,
            "signers": [{"kid": ama.key.kid, "n": ama.n, "id": ama.last}],
            "keyset_n": 1,
            "removals_done": [],
            "waiting": {"count": 0, "oldest_at": None},
            "app": "000000000000",
            "digest": chain.digest_of(sha256, [(each, *head) for each, head in ama.cursors.items()]),
            "checkpoint": shown,
        }
    )

    answer = ama.client.post(
        "/sync/v1/hello", data=body, content_type="application/json", headers=ama.proof("/sync/v1/hello", body)
    )

    assert answer.get_json()["same"] is True
    # gunicorn adds its name, the date and whether the connection stays.
    sent = len("HTTP/1.1 200 OK\r\nServer: gunicorn\r\nDate: Sat, 21 Nov 2026 21:51:17 GMT\r\nConnection: keep-alive\r\n\r\n")
    sent += sum(len(f"{name}: {value}\r\n") for name, value in answer.headers) + len(answer.data)
    assert sent <= 1024


def test_only_the_cores_own_script_may_run_web_assembly(browser: FlaskClient) -> None:
    release = release_of(browser)
    core = browser.get(f"/dist/{release}/worker.js").headers["Content-Security-Policy"]
    page = browser.get(f"/dist/{release}/phone.js").headers["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in core
    assert "wasm" not in page


def test_answers_are_kept_nowhere_unless_they_say_so(browser: FlaskClient) -> None:
    release = release_of(browser)
    kept = {
        address: browser.get(address).headers["Cache-Control"]
        for address in ("/healthz", "/nowhere", "/app", "/sw.js", "/manifest.webmanifest", f"/dist/{release}/phone.js")
    }
    assert kept == {
        "/healthz": "no-store",
        "/nowhere": "no-store",
        "/app": "no-cache",
        "/sw.js": "no-cache",
        "/manifest.webmanifest": "no-cache",
        f"/dist/{release}/phone.js": "public, max-age=31536000, immutable",
    }


def test_everything_a_phone_keeps_is_served_and_names_its_release(
    office_app: Flask, browser: FlaskClient, settings: config.Settings
) -> None:
    release = release_of(browser)
    script = browser.get("/sw.js").get_data(as_text=True)
    files = re.findall(rf'"(/app|/dist/{release}/[^"]+)"', script)
    assert "/app" in files
    assert f"/dist/{release}/worker.js" in files
    assert not [file for file in files if "desk" in file or file.endswith(".map")]
    for file in files:
        answer = browser.get(file)
        assert (answer.status_code, answer.headers["Fieldapp-Release"]) == (200, release), file


def test_a_file_of_another_release_or_outside_it_is_not_there(browser: FlaskClient) -> None:
    release = release_of(browser)
    for address in (
        "/dist/000000000000/phone.js",
        f"/dist/{release}/none.js",
        f"/dist/{release}/../release.json",
        f"/dist/{release}/..%2frelease.json",
        f"/dist/{release}/../../src/phone.jsx",
    ):
        for encoding in ("gzip", "identity"):
            assert browser.get(address, headers={"Accept-Encoding": encoding}).status_code == 404, address


def test_scripts_travel_compressed_and_whole(browser: FlaskClient) -> None:
    import gzip

    address = f"/dist/{release_of(browser)}/phone.js"
    plain = browser.get(address, headers={"Accept-Encoding": "identity"})
    packed = browser.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data


def test_the_manifest_lets_the_app_be_installed(browser: FlaskClient) -> None:
    told = browser.get("/manifest.webmanifest").get_json(force=True)
    assert (told["start_url"], told["display"], told["scope"]) == ("/app", "standalone", "/app")
    assert {"any", "maskable"} <= {icon["purpose"] for icon in told["icons"]}
    for icon in told["icons"]:
        assert browser.get(icon["src"]).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://elsewhere.example"}]
)
def test_a_change_that_another_site_asks_for_is_refused(browser: FlaskClient, headers: dict[str, str]) -> None:
    assert browser.post("/app", headers=headers).status_code == 400
    assert browser.get("/app", headers=headers).status_code == 200


def test_a_name_that_is_not_ours_is_refused(browser: FlaskClient) -> None:
    assert browser.get("/app", headers={"Host": "elsewhere.example"}).status_code == 400


def test_health_says_status_version_and_epoch(browser: FlaskClient) -> None:
    told = browser.get("/healthz").get_json()
    assert told["status"] == "ok"
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["version"])
    assert told["epoch"] >= 1


def test_an_office_without_a_built_client_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="make run"):
        Releases(tmp_path, dev=False).current()


def test_an_office_that_was_never_made_does_not_start(tmp_path: Path, settings: config.Settings) -> None:
    with pytest.raises(CannotStart, match="fieldapp init"):
        create_app(dataclasses.replace(settings, database=str(tmp_path / "elsewhere.db")))
    assert not (tmp_path / "elsewhere.db").exists()


def test_an_office_does_not_start_on_another_offices_key(tmp_path: Path, settings: config.Settings) -> None:
    config.make_key(tmp_path / "other.key")
    with pytest.raises(CannotStart, match="FIELDAPP_KEY_FILE"):
        create_app(dataclasses.replace(settings, master_key=config.read_key(tmp_path / "other.key")[0]))


def test_in_development_nothing_is_kept_for_offline_use(settings: config.Settings) -> None:
    browser = create_app(settings, dev=True).test_client()
    assert browser.get("/sw.js").status_code == 404
    assert 'data-offline="no"' in browser.get("/app").get_data(as_text=True)
