"""A newcomer reads on the phone's page how to sign in to a demo; a real office's page says nothing of the kind."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from fieldapp import config, create_app, found_office


def page_of(tmp_path: Path, *, demo: bool) -> str:
    config.make_key(tmp_path / "office.key", demo=demo)
    settings = config.read({"FIELDAPP_KEY_FILE": str(tmp_path / "office.key"), "FIELDAPP_DATABASE": str(tmp_path / "office.db")})
    found_office(settings)
    return create_app(settings).test_client().get("/app").text


def test_sign_ins_stand_in_the_page_when_the_office_is_a_demo(tmp_path: Path) -> None:
    written = re.search(r'data-demo="([^"]*)"', page_of(tmp_path, demo=True))
    assert written
    assert json.loads(html.unescape(written[1])) == {
        "emails": list(config.DEMO_KEYWORKERS),
        "password": config.DEMO_PASSWORD,
        "code": config.DEMO_CODE,
    }


@pytest.mark.parametrize("secret", ["data-demo", config.DEMO_PASSWORD, config.DEMO_CODE])
def test_page_names_no_sign_in_when_the_office_is_real(tmp_path: Path, secret: str) -> None:
    assert secret not in page_of(tmp_path, demo=False)
