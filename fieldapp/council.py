"""Signing in with a council's own account: OpenID Connect, code flow with PKCE, and the one door to `authlib`.

The provider is asked at its own address and believed only on a signed token made for this office, for this browser and for this try. What is
under way lies sealed in the browser's cookie, so that a stranger who begins a thousand sign-ins writes nothing here.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from fieldapp.config import LOCAL_HOSTS, CouncilSettings
from fieldapp.errors import FieldappError
from fieldapp.keys import CannotOpen, Keys, hash_text
from fieldapp.store import Sealed, Store
from sync.entry import b64u, stamp, unb64u, write_json
from sync.errors import Malformed

UNDER_WAY_LASTS = timedelta(minutes=10)
KEPT_LASTS = timedelta(minutes=10)
_TIMEOUT_S = 8.0
_MOST_ASKING = 3
_WAITS_S = 2.0
_KNOWN_FOR_S = 3600.0
_ASKED_AGAIN_AFTER_S = 60.0
_LONGEST_ANSWER = 512 * 1024
_LEEWAY_S = 60
_ALGORITHMS = ["RS256", "PS256", "ES256"]
"""How a token may be signed. `none` and those with a shared secret are not among them, whatever a provider's own list says."""

Use = Literal["sign-in", "connect"]


class CouncilRefused(FieldappError):
    """`code`: away (it did not answer as it should) | state (not begun on this browser, used, or too old) | refused (it said no) | token (not believed)."""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(f"{code} {why}".strip())
        self.code = code


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a provider named: `subject` is its own word for them, which never changes. `had_second_factor`: it asked for one."""

    issuer: str
    subject: str
    had_second_factor: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """Whom the provider named, what for, and for `connect` whose account here asked."""

    use: Use
    person: str
    named: Named


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in under way: where the browser is sent, and what its cookie keeps meanwhile."""

    address: str
    cookie: str


class Council:
    """One council's provider. Its addresses and keys are asked for when first needed and known for an hour."""

    def __init__(self, settings: CouncilSettings) -> None:
        self._settings = settings
        # Threads that wait for a provider serve no phone: a few may, the others are told at once.
        self._asking = threading.BoundedSemaphore(_MOST_ASKING)
        self._told: dict[str, Any] = {}
        self._told_at = 0.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0

    @property
    def issuer(self) -> str:
        return self._settings.issuer

    def begin(self, keys: Keys, use: Use, person: str, back_to: str, now: datetime) -> Begun:
        """Begins a sign-in, or for `connect` the connecting of `person`'s account. Raises CouncilRefused."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        more = {"acr_values": self._settings.acr} if self._settings.acr else {}
        with self._session(back_to) as session:
            address, _ = session.create_authorization_url(
                self._address("authorization_endpoint"), state=state, nonce=nonce, code_verifier=verifier, **more
            )
        said = {"use": use, "person": person, "state": state, "nonce": nonce, "verifier": verifier, "at": stamp(now)}
        return Begun(address, b64u(keys.seal_secret("council sign-in", write_json(said))))

    def finish(self, store: Store, keys: Keys, cookie: str, answer: Mapping[str, str], back_to: str, now: datetime) -> Kept:
        """Takes the provider's answer and says whom it named. Raises CouncilRefused."""
        begun = _opened(keys, "council sign-in", cookie, now, UNDER_WAY_LASTS)
        state = answer.get("state", "")
        if begun is None or not secrets.compare_digest(state.encode("utf-8", "replace"), str(begun["state"]).encode()):
            raise CouncilRefused("state")
        with store.writing() as tx:
            if not tx.spent.spend(hash_text(state.encode()), stamp(now), stamp(now + 2 * UNDER_WAY_LASTS)):
                raise CouncilRefused("state")
        # RFC 9207: a provider that says who it is must be the one that was asked.
        if answer.get("iss", self.issuer) != self.issuer:
            raise CouncilRefused("token", "iss of the answer")
        if "error" in answer or not answer.get("code"):
            raise CouncilRefused("refused")
        named = self._believed(self._token(answer["code"], begun["verifier"], back_to), begun["nonce"], now)
        use: Use = "connect" if begun["use"] == "connect" else "sign-in"
        return Kept(use, begun["person"], named)

    def sign_out_address(self, back_to: str) -> str | None:
        """Where a browser ends its sign-in at the council too; None when the provider names no such address or does not answer."""
        try:
            address = self._address("end_session_endpoint")
        except CouncilRefused:
            return None
        asked = requests.Request(
            "GET", address, params={"client_id": self._settings.client_id, "post_logout_redirect_uri": back_to}
        )
        return asked.prepare().url

    def _session(self, back_to: str) -> OAuth2Session:
        return OAuth2Session(
            self._settings.client_id,
            self._settings.client_secret,
            scope="openid",
            redirect_uri=back_to,
            code_challenge_method="S256",
            default_timeout=_TIMEOUT_S,
        )

    def _token(self, code: str, verifier: str, back_to: str) -> Mapping[str, Any]:
        address = self._address("token_endpoint")
        with self._turn(), self._session(back_to) as session:
            try:
                token = session.fetch_token(
                    address, code=code, code_verifier=verifier, grant_type="authorization_code", allow_redirects=False
                )
            except AuthlibBaseError:
                raise CouncilRefused("refused", "code") from None
            except (requests.RequestException, ValueError):
                raise CouncilRefused("away") from None
        if not isinstance(token, Mapping) or not isinstance(token.get("id_token"), str):
            raise CouncilRefused("token", "missing")
        return token

    def _believed(self, token: Mapping[str, Any], nonce: str, now: datetime) -> Named:
        settings = self._settings
        try:
            try:
                read = self._read(token["id_token"], self._key_set(again=False))
            except InvalidKeyIdError:
                # The provider may have begun with a new key since its keys were asked for.
                read = self._read(token["id_token"], self._key_set(again=True))
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": settings.issuer},
                    "aud": {"essential": True, "value": settings.client_id},
                    "sub": {"essential": True},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": settings.client_id, "access_token": token.get("access_token")},
            )
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_S)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as error:
            raise CouncilRefused("token", type(error).__name__) from None
        subject, amr = claims["sub"], claims.get("amr") or []
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise CouncilRefused("token", "sub")
        had = "mfa" in amr or (settings.acr != "" and claims.get("acr") == settings.acr)
        return Named(settings.issuer, subject, had)

    def _read(self, token: str, keys: KeySet) -> jwt.Token:
        return jwt.decode(token, keys, registry=JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False))

    def _address(self, name: str) -> str:
        address = self._metadata().get(name)
        if not isinstance(address, str) or not _is_safe(address):
            raise CouncilRefused("away", name)
        return address

    def _metadata(self) -> dict[str, Any]:
        if not self._told or time.monotonic() - self._told_at > _KNOWN_FOR_S:
            told = self._fetched(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
            # Exactly: a provider for many councils tells them apart by this alone.
            if told.get("issuer") != self.issuer:
                raise CouncilRefused("away", "issuer")
            self._told, self._told_at = told, time.monotonic()
        return self._told

    def _key_set(self, *, again: bool) -> KeySet:
        known, age = self._keys, time.monotonic() - self._keys_at
        if known is not None and age <= (_ASKED_AGAIN_AFTER_S if again else _KNOWN_FOR_S):
            return known
        self._keys, self._keys_at = KeySet.import_key_set(self._fetched(self._address("jwks_uri"))), time.monotonic()  # type: ignore[arg-type]
        return self._keys

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._asking.acquire(timeout=_WAITS_S):
            raise CouncilRefused("away", "others wait")
        try:
            yield
        finally:
            self._asking.release()

    def _fetched(self, address: str) -> dict[str, Any]:
        """Fetches JSON from the provider; nothing but its own address, and no more than it could need."""
        if not _is_safe(address):
            raise CouncilRefused("away", "address")
        try:
            with self._turn(), requests.get(address, timeout=_TIMEOUT_S, allow_redirects=False, stream=True) as answer:
                body = answer.raw.read(_LONGEST_ANSWER + 1, decode_content=True)
                if answer.status_code != 200 or len(body) > _LONGEST_ANSWER:
                    raise CouncilRefused("away", str(answer.status_code))
            told = json.loads(body)
        except (requests.RequestException, ValueError, OSError):
            raise CouncilRefused("away") from None
        if not isinstance(told, dict):
            raise CouncilRefused("away", "shape")
        return told


def keep(keys: Keys, kept: Kept, now: datetime) -> str:
    """Seals whom the provider named until this browser's next page."""
    said = {"use": kept.use, "person": kept.person, "at": stamp(now), "once": secrets.token_urlsafe(16), **asdict(kept.named)}
    return b64u(keys.seal_secret("council account", write_json(said)))


def kept(keys: Keys, cookie: str, now: datetime) -> Kept | None:
    """Opens what `keep` sealed; None when it is none of ours or too old."""
    said = _opened(keys, "council account", cookie, now, KEPT_LASTS)
    if said is None:
        return None
    use: Use = "connect" if said["use"] == "connect" else "sign-in"
    return Kept(use, said["person"], Named(said["issuer"], said["subject"], said["had_second_factor"]))


def spend(store: Store, cookie: str, now: datetime) -> bool:
    """Marks what `keep` sealed as used; False when it was before."""
    with store.writing() as tx:
        return tx.spent.spend(hash_text(cookie.encode()), stamp(now), stamp(now + 2 * KEPT_LASTS))


def _opened(keys: Keys, about: str, cookie: str, now: datetime, lasts: timedelta) -> dict[str, Any] | None:
    try:
        said: dict[str, Any] = json.loads(keys.open_secret(about, Sealed(unb64u(cookie))))
    except (CannotOpen, Malformed):
        return None
    return said if stamp(now - lasts) <= said["at"] <= stamp(now) else None


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
