"""Reads one definition file strictly: UTF-8, no name twice, no decimal number, no field that nobody knows."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, TypeVar

import msgspec

from fieldapp.practice.refusal import DefinitionError

T = TypeVar("T")

LARGEST_WHOLE_NUMBER = 2**53 - 1
"""Beyond it Python and JavaScript no longer read the same number."""


def hash_of(raw: bytes) -> str:
    """Names bytes by their SHA-256 as base64url without padding: the `form` of an entry header."""
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode("ascii")


def plain_json(file: str, raw: bytes, *, decimals: bool = False) -> Any:
    """Parses JSON that both languages read alike; raises `DefinitionError` naming the reason.

    `decimals` lets decimal numbers through, for files in a format that is not ours.
    """

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in found]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DefinitionError(file, "$", f"the name “{twice[0]}” stands twice in one object")
        return dict(found)

    def whole(text: str) -> int:
        number = int(text)
        if abs(number) > LARGEST_WHOLE_NUMBER:
            raise DefinitionError(file, "$", f"the number {text} is too large to be read alike everywhere")
        return number

    def decimal(text: str) -> float:
        if decimals:
            return float(text)
        return unreadable(text)

    def unreadable(text: str) -> float:
        reason = f'the number {text} must be written as text, "{text}": decimals are not read alike everywhere'
        raise DefinitionError(file, "$", reason)

    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=pairs,
            parse_int=whole,
            parse_float=decimal,
            parse_constant=unreadable,
        )
    except DefinitionError:
        raise
    except UnicodeDecodeError as error:
        raise DefinitionError(file, f"byte {error.start}", "this is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise DefinitionError(file, f"line {error.lineno}, column {error.colno}", f"this is not JSON: {error.msg}") from error
    except (RecursionError, ValueError) as error:
        raise DefinitionError(file, "$", "this is nested too deeply or holds a number nobody can read") from error


def shaped(file: str, found: Any, shape: type[T]) -> T:
    """Turns plain JSON into `shape`; raises `DefinitionError` with the place msgspec points at."""
    try:
        return msgspec.convert(found, shape)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at ")
        raise DefinitionError(file, place.strip("`") or "$", reason) from error
