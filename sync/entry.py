"""Entries as bytes: how they are named, signed and read. Twin of static/src/sync/entry.js; docs/protocol.md §1–2 settles it.

Pure: hashes are handed in, signatures are made and checked by `fieldapp.keys`.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypedDict, cast

from sync.errors import Malformed

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
Hash = Callable[[bytes], bytes]
"""SHA-256 of some bytes, 32 bytes."""

BODY_LIMIT = 262_144
HEADER_LIMIT = 16_384
SLIP_LIMIT = 1_024
DEPTH_LIMIT = 16
PARENTS_LIMIT = 64
SAFE_INTEGER = 2**53 - 1

NOT_CONTENT = frozenset({"review", "erasure", "moved"})
LOCKED_NOTE = "locked_note"
"""Kinds that say something about a record without writing a field of it."""


class Header(TypedDict, total=False):
    """The signed header of an entry. Names not listed here are kept as they came."""

    v: int
    kind: str
    schema: str
    form: str
    app: str
    casefile: str
    record: str
    parents: list[str]
    author: str
    device: str
    written_at: str
    zone: str
    mode: str
    body_hash: str
    slip_hash: str
    blobs: list[dict[str, Json]]
    via: str


class Body(TypedDict):
    """What an entry says: 16 random bytes of salt, and its fields."""

    salt: str
    fields: dict[str, Json]


class Slip(TypedDict):
    """An entry's place in its signer's own chain."""

    salt: str
    n: int
    prev: str
    clock_offset_ms: int | None
    waiting: int


class SplitJws(NamedTuple):
    """A compact JWS taken apart. `input` is what was signed and what the id is the hash of."""

    kid: str
    input: str
    payload: bytes
    signature: bytes


def b64u(data: bytes) -> str:
    """Writes bytes as base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text: str) -> bytes:
    """Reads base64url strictly: padding, white space, other characters and non-zero trailing bits are Malformed."""
    try:
        data = a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        raise Malformed("base64") from None
    # The platform forgives all of these; what does not come back as it was written was not base64url.
    if b64u(data) != text:
        raise Malformed("base64")
    return data


_HASH = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_RANDOM_ID = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")


def is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def is_random_id(value: object) -> bool:
    return isinstance(value, str) and _RANDOM_ID.fullmatch(value) is not None


def is_time(value: object) -> bool:
    """Says whether a value is a UTC time with three decimals on a day that exists."""
    return isinstance(value, str) and _TIME.fullmatch(value) is not None and is_day(value[:10])


def is_day(text: str) -> bool:
    """Says whether a date exists in the calendar, 29 February included."""
    if _DAY.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def stamp(moment: datetime) -> str:
    """Writes an aware time as the wire has it: UTC, three decimals, `Z`."""
    at = moment.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def moment(text: str) -> datetime:
    """Reads such a time; Malformed when it is none."""
    if not is_time(text):
        raise Malformed("time")
    return datetime.fromisoformat(text)


_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(text: str, depth_limit: int = DEPTH_LIMIT) -> Json:
    """Reads JSON that Python and JavaScript read alike.

    No duplicate names at any depth, no lone surrogates, only integers within ±(2⁵³−1), bounded depth.
    """
    try:
        value: Json = _DECODER.decode(text)
    except RecursionError:
        raise Malformed("too_deep") from None
    except json.JSONDecodeError:
        raise Malformed("not_json") from None
    if text.count("{") + text.count("[") > depth_limit or _ESCAPED_SURROGATE.search(text):
        _walk(value, depth_limit)
    return value


def _walk(value: Json, depth_limit: int) -> None:
    level: list[Json] = [value]
    depth = 0
    while level:
        below: list[Json] = []
        opened = False
        for item in level:
            if isinstance(item, str):
                _refuse_surrogates(item)
            elif isinstance(item, dict):
                opened = True
                for name in item:
                    _refuse_surrogates(name)
                below.extend(item.values())
            elif isinstance(item, list):
                opened = True
                below.extend(item)
        depth += opened
        if depth > depth_limit:
            raise Malformed("too_deep")
        level = below


def _refuse_surrogates(text: str) -> None:
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise Malformed("lone_surrogate")


def _names(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("duplicate_name")
    return found


def _integer(text: str) -> int:
    # Length first: Python itself refuses to turn some thousands of digits into a number.
    if len(text) > 17 or abs(number := int(text)) > SAFE_INTEGER:
        raise Malformed("integer_too_large")
    return number


def _fraction(text: str) -> Json:
    raise Malformed("not_an_integer")


def _constant(text: str) -> Json:
    # NaN and Infinity are Python's own, no JSON.
    raise Malformed("not_json")


_DECODER = json.JSONDecoder(object_pairs_hook=_names, parse_float=_fraction, parse_int=_integer, parse_constant=_constant)


def write_json(value: object) -> bytes:
    """Writes JSON as the office's own entries have it: UTF-8, no spaces, names in the order given."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def read_object(data: bytes, limit: int) -> dict[str, Json]:
    """Reads one JSON object of at most `limit` bytes."""
    if len(data) > limit:
        raise Malformed("too_large")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Malformed("not_utf8") from None
    value = read_json(text)
    if not isinstance(value, dict):
        raise Malformed("not_an_object")
    return value


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_sorted(ids: Iterable[object]) -> bool:
    before = ""
    for each in ids:
        if not (isinstance(each, str) and is_hash(each) and before < each):
            return False
        before = each
    return True


def read_header(data: bytes) -> Header:
    """Reads the header of an entry; Malformed names the first thing that is wrong. Names it does not know are kept."""
    h = read_object(data, HEADER_LIMIT)
    if wrong := _wrong_in_header(h):
        raise Malformed("header", wrong)
    return cast(Header, h)


def _wrong_in_header(h: Mapping[str, Json]) -> str:
    get = h.get
    kind, app, parents, device = get("kind"), get("app"), get("parents"), get("device")
    if type(get("v")) is not int or get("v") != 1:
        return "v"
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        return "kind"
    if not isinstance(get("schema"), str):
        return "schema"
    if get("form") != "" and not is_hash(get("form")):
        return "form"
    if not isinstance(app, str) or len(app.encode("utf-16-le")) > 80:
        return "app"
    for name in ("casefile", "record"):
        if not is_random_id(get(name)):
            return name
    if not isinstance(parents, list) or len(parents) > PARENTS_LIMIT or not _is_sorted(parents):
        return "parents"
    if not is_random_id(get("author")):
        return "author"
    if not ("via" in h if device == "" else is_random_id(device)):
        return "device"
    if not is_time(get("written_at")):
        return "written_at"
    for name in ("zone", "mode"):
        if not isinstance(get(name), str):
            return name
    if not is_hash(get("body_hash")):
        return "body_hash"
    if get("slip_hash") != "" and not is_hash(get("slip_hash")):
        return "slip_hash"
    return "" if isinstance(get("blobs"), list) else "blobs"


def read_body(data: bytes) -> Body:
    """Reads a body: salt and fields."""
    body = read_object(data, BODY_LIMIT)
    if not is_random_id(body.get("salt")):
        raise Malformed("body", "salt")
    if not isinstance(body.get("fields"), dict):
        raise Malformed("body", "fields")
    return cast(Body, body)


def read_slip(data: bytes) -> Slip:
    """Reads a slip."""
    s = read_object(data, SLIP_LIMIT)
    n, offset = s.get("n"), s.get("clock_offset_ms", "")
    if not is_random_id(s.get("salt")):
        raise Malformed("slip", "salt")
    if not _is_count(n) or n == 0:
        raise Malformed("slip", "n")
    if not (s.get("prev") == "" if n == 1 else is_hash(s.get("prev"))):
        raise Malformed("slip", "prev")
    if offset is not None and type(offset) is not int:
        raise Malformed("slip", "clock_offset_ms")
    if not _is_count(s.get("waiting")):
        raise Malformed("slip", "waiting")
    return cast(Slip, s)


def make_body(salt: bytes, fields: Mapping[str, Any]) -> bytes:
    """Writes a body; `salt` is 16 random bytes."""
    return write_json({"salt": b64u(salt), "fields": dict(fields)})


def make_slip(salt: bytes, n: int, prev: str, clock_offset_ms: int | None, waiting: int) -> bytes:
    """Writes a slip; `n` counts from 1, `prev` is the id of the signer's entry before."""
    return write_json({"salt": b64u(salt), "n": n, "prev": prev, "clock_offset_ms": clock_offset_ms, "waiting": waiting})


def make_header(
    digest: Hash,
    *,
    kind: str,
    schema: str,
    casefile: str,
    record: str,
    author: str,
    device: str,
    written_at: str,
    body: bytes,
    slip: bytes,
    parents: Iterable[str] = (),
    form: str = "",
    app: str = "",
    zone: str = "Europe/London",
    mode: str = "",
    blobs: Iterable[Mapping[str, Any]] = (),
    via: str = "",
) -> bytes:
    """Writes the header of an entry over the exact bytes of its body and slip (no slip: b"").

    Of more than 64 parents the first are named and the others stay heads: a header that names too many is never placed.
    """
    header: dict[str, object] = {
        "v": 1,
        "kind": kind,
        "schema": schema,
        "form": form,
        "app": app,
        "casefile": casefile,
        "record": record,
        "parents": sorted(set(parents))[:PARENTS_LIMIT],
        "author": author,
        "device": device,
        "written_at": written_at,
        "zone": zone,
        "mode": mode,
        "body_hash": b64u(digest(body)),
        "slip_hash": b64u(digest(slip)) if slip else "",
        "blobs": list(blobs),
    }
    if device == "":
        header["via"] = via
    return write_json(header)


def protected_header(typ: str, kid: str) -> str:
    """The protected header, byte for byte as the protocol fixes it."""
    return f'{{"alg":"ES256","typ":"{typ}","kid":"{kid}"}}'


def signing_input(typ: str, kid: str, payload: bytes) -> str:
    """What is signed, and what the id is the hash of: `protected "." payload`."""
    return f"{b64u(protected_header(typ, kid).encode())}.{b64u(payload)}"


def compact(signed: str, signature: bytes) -> str:
    """Joins a signed thing into a compact JWS."""
    return f"{signed}.{b64u(signature)}"


def id_of(digest: Hash, signed: str) -> str:
    """Names a signed thing; the signature is left out, so that a second valid one is the same thing."""
    return b64u(digest(signed.encode()))


def split_jws(jws: str, typ: str) -> SplitJws:
    """Takes a compact JWS apart, refusing any protected header but the exact one for `typ`.

    The signature is not checked here.
    """
    parts = jws.split(".")
    if len(parts) != 3:
        raise Malformed("jws")
    head = unb64u(parts[0][:400]).decode("latin-1")
    kid = head[-45:-2]
    if not is_hash(kid) or head != protected_header(typ, kid):
        raise Malformed("jws_header")
    signature = unb64u(parts[2])
    if len(signature) != 64:
        raise Malformed("jws_signature")
    return SplitJws(kid, f"{parts[0]}.{parts[1]}", unb64u(parts[1]), signature)


def thumbprint_text(x: str, y: str) -> str:
    """The exact text a P-256 public key's thumbprint (its kid) is the hash of."""
    return f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
