"""The served OpenAPI document, and a stranger's random requests made from it."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

from tests.app.harrowmere import Harrowmere
from tests.app.phone import Handset


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


def test_no_request_made_from_the_document_makes_the_office_stumble(place: Harrowmere, ama: Handset) -> None:
    place.app.config["PROPAGATE_EXCEPTIONS"] = False
    place.app.testing = False
    schema = schemathesis.openapi.from_wsgi("/sync/v1/openapi.json", place.app)
    cookie = ama.client.get_cookie("fieldapp-device")
    assert cookie is not None
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == 13
    seen: set[int] = set()

    for operation in operations:

        @settings(
            max_examples=25,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), with_token=st.booleans())
        def ask(case: Any, with_token: bool) -> None:
            request = case.as_transport_kwargs()
            headers = dict(request.get("headers") or {})
            client = place.app.test_client()
            if with_token:
                client.set_cookie("fieldapp-device", cookie.value)
            json_body = request.get("json")
            data = json.dumps(json_body) if json_body is not None else request.get("data")
            content_type = headers.pop("Content-Type", None) or ("application/json" if json_body is not None else None)
            if isinstance(data, list | dict):
                data = json.dumps(data)
            usable = {
                name: value
                for name, value in headers.items()
                if isinstance(value, str) and value.isascii() and value.isprintable()
            }
            answer = client.open(
                f"/sync/v1{case.formatted_path}", method=case.method, data=data, content_type=content_type, headers=usable
            )
            assert answer.status_code < 500, (case.method, case.formatted_path)
            assert answer.status_code != 403
            seen.add(answer.status_code)

        ask()
    # It is not all refused at the door: some of what was made up is answered.
    assert seen >= {200, 400, 401}
