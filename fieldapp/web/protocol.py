"""`/sync/v1`: what phones speak. docs/protocol.md §7 settles it.

A device token may add, never read; reading needs a read token and a proof besides. No answer means that anything may be
thrown away, and bytes from outside never make a 5xx.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import TypeVar

import msgspec
from flask import Blueprint, Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from fieldapp import access, delivery, drafts, intake, passkeys, people, radar, signers, sorting
from fieldapp.epoch import epoch_of
from fieldapp.errors import FieldappError
from fieldapp.keys import check_words
from fieldapp.practice.words import word_list_bytes
from fieldapp.store import StoreFailed
from fieldapp.store.signers import DeviceRow, SignerRow
from fieldapp.web.guards import guarded, open_to_all, refused_for, visitor_cookie
from fieldapp.web.office import office
from fieldapp.web.openapi import document
from fieldapp.web.visitors import bound_to_visitor, set_cookie, visitor_secret
from sync import entry, messages, wire
from sync.errors import Malformed

JSON_LIMIT = 1_048_576
PUSH_LIMIT = wire.PUSH_BYTES + 4 * wire.PUSH_FRAMES
COOKIE_LASTS_S = 400 * 86_400
"""As long as browsers allow; every hello renews it."""
GZIP_FROM = 1_400

pages = Blueprint("protocol", __name__, url_prefix="/sync/v1")
_encoder = msgspec.json.Encoder()
_Request = TypeVar("_Request")


def register(app: Flask) -> None:
    """Gives an app the phones' protocol."""
    app.register_blueprint(pages)


class NotAnswered(FieldappError):
    """A request that is not answered with 200."""

    def __init__(self, status: int, error: str, *, nonce: str = "", retry_after: int = 0) -> None:
        super().__init__(error)
        self.status, self.error, self.nonce, self.retry_after = status, error, nonce, retry_after


def device_cookie() -> str:
    """Names the cookie of the device token. `__Host-` binds it to this host; browsers take that name over https only."""
    return device_name(over_https=office().over_https)


def device_name(*, over_https: bool) -> str:
    return "__Host-fieldapp-device" if over_https else "fieldapp-device"


def _check_device() -> ResponseReturnValue | None:
    g.device = signers.device_of(office().store, request.cookies.get(device_cookie()))
    return None if g.device is not None else _refusal(NotAnswered(401, "device"))


def _check_reader() -> ResponseReturnValue | None:
    refused = _check_device()
    if refused is not None:
        return refused
    try:
        g.signer = _prove()
    except NotAnswered as refusal:
        return _refusal(refusal)
    return None


def _check_proof() -> ResponseReturnValue | None:
    g.device = signers.device_of_proof(office().store, request.headers.get("Fieldapp-Proof", ""))
    if g.device is None:
        return _refusal(NotAnswered(401, "device"))
    try:
        g.signer = _prove()
    except NotAnswered as refusal:
        return _refusal(refusal)
    return None


device_only = guarded("device token", _check_device, form=False)
reader_only = guarded("device token, read token and proof", _check_reader, form=False)
proof_only = guarded("read token and proof", _check_proof, form=False)


def _prove() -> SignerRow:
    return _proof(signers.prove)


def _proof(ask: Callable[..., SignerRow]) -> SignerRow:
    here, now = office(), office().clock()
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        return ask(
            here.store,
            here.keys,
            _device(),
            read_token=token if kind == "Bearer" else "",
            proof=request.headers.get("Fieldapp-Proof", ""),
            method=request.method,
            path=request.path,
            body=_bytes("application/json", JSON_LIMIT),
            now=now,
        )
    except signers.NotProved as refused:
        nonce = here.keys.make_nonce(_device().id, now) if refused.code == "nonce" else ""
        raise NotAnswered(401, refused.code, nonce=nonce) from None


def _is_signed() -> bool:
    """Whether a key of this phone signed the request, be the phone or its signer in use or not: the last word of either is."""
    try:
        _proof(signers.believe)
    except NotAnswered:
        return False
    return True


def _device() -> DeviceRow:
    found: DeviceRow = g.device
    return found


def _bytes(content_type: str, limit: int) -> bytes:
    """The request's body, of this type and at most this long."""
    if request.mimetype != content_type or request.headers.get("Content-Encoding", "identity") != "identity":
        raise NotAnswered(415, "content_type")
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        raise NotAnswered(413, "too_large")
    return request.get_data()


def _json(kind: type[_Request]) -> _Request:
    """The request's JSON body as one of sync/messages.py's structs."""
    try:
        return msgspec.json.decode(_bytes("application/json", JSON_LIMIT), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError):
        # ValidationError is a DecodeError. What it says may quote what was sent, so it is not passed on.
        raise NotAnswered(400, "malformed") from None


def _answer(struct: msgspec.Struct, status: int = 200) -> Response:
    return current_app.response_class(_encoder.encode(struct), status, mimetype="application/json")


@pages.errorhandler(NotAnswered)
def _refusal(refusal: NotAnswered) -> Response:
    # A nonce that has run out is asked for anew every twelve hours; sign-ins that are refused have rows of their own.
    if refusal.status == 401 and refusal.error not in {"nonce", "sign_in"}:
        device: DeviceRow | None = g.get("device")
        refused_for(f"what a phone asked ({refusal.error})", device=device.id if device is not None else "")
    answer = messages.ErrorAnswer(
        error=refusal.error,
        nonce=refusal.nonce or msgspec.UNSET,
        retry_after=refusal.retry_after or msgspec.UNSET,
    )
    response = _answer(answer, refusal.status)
    if refusal.retry_after:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


@pages.errorhandler(StoreFailed)
def _busy(_: StoreFailed) -> Response:
    return _refusal(NotAnswered(503, "busy", retry_after=intake.BUSY_RETRY_S))


@pages.errorhandler(HTTPException)
def _http(error: HTTPException) -> ResponseReturnValue:
    names = {400: "malformed", 404: "not_found", 405: "method", 413: "too_large", 415: "content_type"}
    return _refusal(NotAnswered(error.code or 500, names.get(error.code or 500, "failed")))


@pages.post("/devices/passkey")
@open_to_all
def challenge() -> ResponseReturnValue:
    """Says what a passkey is to sign in place of a code. The same for everybody: whose it is, only the passkey says."""
    _json(messages.ChallengeRequest)
    here, secret = office(), visitor_secret()
    asked = passkeys.challenge_to_show(here.keys, bound_to_visitor(secret), here.clock())
    response = _answer(messages.ChallengeAnswer(challenge=asked))
    set_cookie(response, visitor_cookie(), secret)
    return response


@pages.post("/devices/begin")
@open_to_all
def begin() -> ResponseReturnValue:
    """Checks password and second factor, and says what a phone needs to make its signer."""
    asked = _json(messages.BeginRequest)
    here, now = office(), office().clock()
    bound = bound_to_visitor(visitor_secret())
    found = people.sign_in(
        here.store,
        here.keys,
        asked.email,
        asked.password,
        asked.code,
        request.remote_addr or "",
        here.clock,
        demo_code=here.demo_code,
        passkey=passkeys.Shown(asked.passkey, bound, here.origin) if asked.passkey else None,
    )
    if isinstance(found, people.Refused):
        if found.wait_s:
            raise NotAnswered(429, "wait", retry_after=found.wait_s)
        raise NotAnswered(401, "sign_in")
    if found.role not in access.PHONE_ROLES:
        raise NotAnswered(401, "role")
    begun = signers.begin(here.store, found.id, request.cookies.get(device_cookie()), now)
    ring = here.keys.ring(here.store)
    practice = here.practice
    return _answer(
        messages.BeginAnswer(
            person=messages.PersonBrief(found.id, found.name, found.role),
            device=begun.device,
            nonce=begun.nonce,
            office=messages.OfficeBrief(ring.office.jwk, ring.keyset),
            check_words=check_words(ring.office.kid),
            practice=practice.index_hash,
            policy=practice.files[practice.index["policy"]].plain,
        )
    )


@pages.post("/devices")
@open_to_all
def enrol() -> ResponseReturnValue:
    """Finishes a set-up; the nonce inside the enrolment is what lets it in."""
    asked = _json(messages.EnrolRequest)
    here, now = office(), office().clock()
    try:
        made = signers.finish(here.store, asked.enrolment, request.cookies.get(device_cookie()), now, replaced=asked.replaced)
    except signers.EnrolmentRefused as refused:
        # A nonce that is used up or too old is no fault of the request: password and second factor are asked for again.
        raise NotAnswered(401 if refused.code == "nonce" else 400, refused.code) from None
    # After a restore of the office a signer may come back whose entries came before it.
    sorting.try_again(here.store, here.keys, now)
    answer = messages.EnrolAnswer(
        read_token=made.read_token,
        proof_nonce=here.keys.make_nonce(made.device, now),
        time=entry.stamp(now),
        epoch=epoch_of(here.store),
    )
    response = _answer(answer)
    _set_cookie(response, made.device_token)
    return response


def _set_cookie(response: Response, token: str) -> None:
    response.set_cookie(
        device_cookie(),
        token,
        max_age=COOKIE_LASTS_S,
        path="/",
        secure=office().over_https,
        httponly=True,
        samesite="Strict",
    )


@pages.post("/devices/renew")
@proof_only
def renew() -> ResponseReturnValue:
    """Gives a phone whose browser dropped the device token a new one."""
    _json(messages.RenewRequest)
    here = office()
    response = _answer(messages.RenewAnswer())
    _set_cookie(response, signers.renew(here.store, g.signer, here.clock()))
    return response


@pages.post("/hello")
@device_only
def hello() -> ResponseReturnValue:
    """Greets: time, epoch, key set, heads, and whether anything is new."""
    asked = _json(messages.HelloRequest)
    here, device = office(), _device()
    wants_digest = asked.digest is not msgspec.UNSET and device.status == "ok"
    reader = _prove() if wants_digest else None
    now = here.clock()
    left = drafts.left_behind(here.store, here.keys, reader, now) if reader is not None else ()
    answer = delivery.hello(
        here.store, here.keys, device, asked, reader, here.practice.index_hash, now,
        is_signed=bool(asked.dropped) and _is_signed(), drafts=len(left),
        elsewhere=msgspec.UNSET if reader is None else radar.elsewhere(here.store, reader, now),
    )  # fmt: skip
    response = _answer(answer)
    _set_cookie(response, request.cookies[device_cookie()])
    return response


@pages.post("/push")
@device_only
def push() -> ResponseReturnValue:
    """Takes envelopes; one result for each."""
    here = office()
    try:
        frames = wire.read_frames(_bytes("application/octet-stream", PUSH_LIMIT))
    except Malformed as error:
        raise NotAnswered(400, error.code) from None
    if len(frames) > wire.PUSH_FRAMES:
        raise NotAnswered(413, "too_many")
    answer = intake.take(here.store, here.keys, _device().id, frames, here.clock())
    if here.epoch_file is not None:
        here.epoch_file.note(here.store)
    return _answer(answer)


@pages.put("/drafts/<slot>")
@device_only
def draft(slot: str) -> ResponseReturnValue:
    """Keeps one draft envelope."""
    here = office()
    if not entry.is_random_id(slot):
        raise NotAnswered(400, "slot")
    envelope = _bytes("application/octet-stream", wire.ALONE_BYTES)
    try:
        return _answer(drafts.keep(here.store, here.keys, _device().id, slot, envelope, here.clock()))
    except drafts.DraftRefused as refused:
        raise NotAnswered(400, refused.code) from None


@pages.post("/drafts")
@reader_only
def drafts_left() -> ResponseReturnValue:
    """Gives a person the drafts they left under signers that nobody unlocks any more."""
    _json(messages.DraftsRequest)
    here = office()
    return _zipped(_answer(messages.DraftsAnswer(drafts=drafts.left_behind(here.store, here.keys, g.signer, here.clock()))))


@pages.post("/have")
@device_only
def have() -> ResponseReturnValue:
    """Says which entries of this device's signers the office lacks; to a reader, which of anybody's."""
    asked = _json(messages.HaveRequest)
    here = office()
    if asked.anybody:
        _prove()
        return _answer(messages.HaveAnswer(missing=delivery.lacking(here.store, asked.ids), receipts=[]))
    return _answer(delivery.have(here.store, here.keys, _device(), asked.ids))


@pages.post("/pull")
@reader_only
def pull() -> ResponseReturnValue:
    """Gives what is new to a signer that proved itself."""
    asked = _json(messages.PullRequest)
    here = office()
    signer: SignerRow = g.signer
    response = _answer(delivery.pull(here.store, here.keys, signer, asked, here.clock()))
    return _zipped(response)


def _zipped(response: Response) -> Response:
    data = response.get_data()
    response.vary.add("Accept-Encoding")
    if len(data) >= GZIP_FROM and request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(data, compresslevel=4, mtime=0))
        response.content_encoding = "gzip"
    return response


@pages.post("/practice")
@device_only
def definitions() -> ResponseReturnValue:
    """Gives many definitions at once, for a phone that has none yet."""
    asked = _json(messages.PracticeRequest)
    kept = office().practice
    found = {each: kept.served(each) for each in asked.hashes}
    return _zipped(_answer(messages.PracticeAnswer(files={each: raw.decode() for each, raw in found.items() if raw is not None})))


@pages.get("/practice/<hash>")
@device_only
def practice(hash: str) -> ResponseReturnValue:
    """Gives the bytes of a definition; they never change under their hash."""
    found = office().practice.served(hash)
    if found is None:
        raise NotAnswered(404, "not_found")
    return _fixed(found, "application/json", "private, max-age=31536000, immutable", hash)


@pages.get("/words")
@open_to_all
def words() -> ResponseReturnValue:
    """Gives the list that unlock words and check words come from."""
    return _fixed(word_list_bytes(), "text/plain", "public, max-age=86400", "words-1")


@pages.get("/openapi.json")
@open_to_all
def openapi() -> ResponseReturnValue:
    """Gives this protocol as OpenAPI 3.1."""
    return _fixed(document(current_app.config["VERSION"]), "application/json", "no-cache", "")


def _fixed(data: bytes, mimetype: str, cache: str, etag: str) -> Response:
    response = current_app.response_class(data, mimetype=mimetype)
    response.headers["Cache-Control"] = cache
    if etag:
        response.set_etag(etag)
    else:
        response.add_etag()
    response.make_conditional(request)
    return response
