"""The protocol as OpenAPI 3.1, made from the structs of sync/messages.py so that the two cannot part."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from sync import messages

_REF = "#/components/schemas/{name}"
_DEVICE: list[dict[str, list[str]]] = [{"device": []}]
_READER: list[dict[str, list[str]]] = [{"device": [], "read_token": [], "proof": []}]


@cache
def document(version: str) -> bytes:
    """The whole document as JSON."""
    _, schemas = msgspec.json.schema_components([*messages.REQUESTS, *messages.ANSWERS], ref_template=_REF)
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "fieldapp sync",
            "version": version,
            "description": "What phones and the office say to each other. docs/protocol.md says what it means.",
        },
        "servers": [{"url": "/sync/v1"}],
        "paths": _paths(),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "device": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "fieldapp-device",
                    "description": "Over https its name is `__Host-fieldapp-device`, which binds it to this host. Browsers take that name over https only.",
                },
                "read_token": {"type": "http", "scheme": "bearer"},
                "proof": {"type": "apiKey", "in": "header", "name": "Fieldapp-Proof"},
            },
        },
    }
    return msgspec.json.encode(whole)


def _paths() -> dict[str, Any]:
    return {
        "/devices/passkey": {
            "post": _operation(
                "challenge",
                "Ask what a passkey is to sign in place of a code",
                messages.ChallengeRequest,
                messages.ChallengeAnswer,
                refusals=(400, 413, 415),
            )
        },
        "/devices/begin": {
            "post": _operation(
                "begin",
                "Begin to set up a phone",
                messages.BeginRequest,
                messages.BeginAnswer,
                refusals=(400, 401, 413, 415, 429),
            )
        },
        "/devices": {"post": _operation("enrol", "Finish setting it up", messages.EnrolRequest, messages.EnrolAnswer)},
        "/devices/renew": {
            "post": _operation(
                "renew",
                "Get a new device token where the browser dropped the old one",
                messages.RenewRequest,
                messages.RenewAnswer,
                security=[{"read_token": [], "proof": []}],
                refusals=(400, 401, 413, 415),
            )
        },
        "/hello": {
            "post": _operation(
                "hello",
                "Greet; with `digest` the read token and the proof are needed too",
                messages.HelloRequest,
                messages.HelloAnswer,
                security=[*_DEVICE, *_READER],
                refusals=(400, 401, 413, 415, 503),
            )
        },
        "/push": {
            "post": _operation(
                "push",
                "Send up to 64 envelopes, each behind its length",
                None,
                messages.PushAnswer,
                security=_DEVICE,
                refusals=(400, 401, 413, 415, 503),
            )
        },
        "/drafts/{slot}": {
            "put": _operation(
                "draft",
                "Send one draft envelope",
                None,
                messages.DraftAnswer,
                security=_DEVICE,
                refusals=(400, 401, 413, 415, 503),
                parameters=[_in_path("slot", 22)],
            )
        },
        "/drafts": {
            "post": _operation(
                "left_drafts",
                "Fetch one's own drafts that were left where nobody unlocks any more",
                messages.DraftsRequest,
                messages.DraftsAnswer,
                security=_READER,
                refusals=(400, 401, 413, 415),
            )
        },
        "/have": {
            "post": _operation(
                "have",
                "Ask what the office lacks",
                messages.HaveRequest,
                messages.HaveAnswer,
                security=_DEVICE,
                refusals=(400, 401, 413, 415),
            )
        },
        "/pull": {
            "post": _operation(
                "pull",
                "Fetch what is new",
                messages.PullRequest,
                messages.PullAnswer,
                security=_READER,
                refusals=(400, 401, 413, 415, 503),
            )
        },
        "/practice": {
            "post": _operation(
                "definitions",
                "Fetch many definitions",
                messages.PracticeRequest,
                messages.PracticeAnswer,
                security=_DEVICE,
                refusals=(400, 401, 413, 415),
            )
        },
        "/practice/{hash}": {
            "get": {
                "operationId": "practice",
                "summary": "Fetch a definition",
                "security": _DEVICE,
                "parameters": [_in_path("hash", 43)],
                "responses": {
                    "200": {"description": "its bytes, immutable", "content": {"application/json": {"schema": {}}}},
                    "304": {"description": "unchanged"},
                    **_refusals((401, 404)),
                },
            }
        },
        "/words": {
            "get": {
                "operationId": "words",
                "summary": "Fetch the word list",
                "responses": {
                    "200": {
                        "description": "one word a line",
                        "content": {"text/plain": {"schema": {"type": "string"}}},
                    },
                    "304": {"description": "unchanged"},
                },
            }
        },
    }


def _operation(
    name: str,
    summary: str,
    asked: type[msgspec.Struct] | None,
    answer: type[msgspec.Struct],
    *,
    security: list[dict[str, list[str]]] | None = None,
    refusals: tuple[int, ...] = (400, 401, 413, 415, 503),
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    content: dict[str, Any] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    if asked is not None:
        content = {"application/json": {"schema": _ref(asked)}}
    return {
        "operationId": name,
        "summary": summary,
        **({"security": security} if security else {}),
        **({"parameters": parameters} if parameters else {}),
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {"description": "answered", "content": {"application/json": {"schema": _ref(answer)}}},
            **_refusals(refusals),
        },
    }


def _refusals(statuses: tuple[int, ...]) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref(messages.ErrorAnswer)}}
    return {str(status): {"description": "not answered; nothing is thrown away", "content": content} for status in statuses}


def _in_path(name: str, length: int) -> dict[str, Any]:
    schema = {"type": "string", "pattern": f"^[A-Za-z0-9_-]{{{length}}}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _ref(struct: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REF.format(name=struct.__name__)}
