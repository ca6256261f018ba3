"""A newcomer is told on the phone's first screen how to sign in to a demo; a real office says nothing of the kind."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from fieldapp import config, create_app, found_office


def browser_at(tmp_path: Path, *, demo: bool) -> FlaskClient:
    config.make_key(tmp_path / "office.key", demo=demo)
    settings = config.read({"FIELDAPP_KEY_FILE": str(tmp_path / "office.key"), "FIELDAPP_DATABASE": str(tmp_path / "office.db")})
    found_office(settings)
    return create_app(settings).test_client()


def test_sign_ins_are_told_and_kept_by_no_browser_when_the_office_is_a_demo(tmp_path: Path) -> None:
    answer = browser_at(tmp_path, demo=True).get("/demo/sign-ins")
    assert answer.json == {
        "v": 1,
        "emails": list(config.DEMO_KEYWORKERS),
        "password": config.DEMO_PASSWORD,
        "code": config.DEMO_CODE,
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_page_that_phones_keep_only_says_that_the_office_is_a_demo(tmp_path: Path) -> None:
    page = browser_at(tmp_path, demo=True).get("/app").text
    assert 'data-demo="yes"' in page
    assert config.DEMO_PASSWORD not in page


def test_nothing_tells_a_sign_in_when_the_office_is_real(tmp_path: Path) -> None:
    browser = browser_at(tmp_path, demo=False)
    assert "data-demo" not in browser.get("/app").text
    assert browser.get("/demo/sign-ins").status_code == 404
