"""Settings, read once from the environment, and the refusal to start on a missing or weak key."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fieldapp.errors import CannotStart
from fieldapp.key_source import KeySource, key_path, make_key, read_key, source_of

__all__ = [
    "DEMO_CODE",
    "DEMO_KEYWORKERS",
    "DEMO_PASSWORD",
    "LOCAL_HOSTS",
    "CouncilSettings",
    "Settings",
    "database_path",
    "key_path",
    "make_key",
    "read",
    "read_key",
    "source_of",
]

DEMO_CODE = "246810"
"""The demo's second factor: published, fixed, and accepted by demo offices only."""
DEMO_PASSWORD = "harrowmere-demo-only"  # noqa: S105 - published on purpose
DEMO_KEYWORKERS = ("ama@harrowmere.example", "reece@harrowmere.example")


@dataclass(frozen=True, slots=True)
class CouncilSettings:
    """Where a council's own sign-in is (OpenID Connect), and what this office is to it.

    ``acr`` names the kind of sign-in that is asked for and that counts as one with a second factor; "" when none is.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    acr: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one office runs on.

    ``master_key`` wraps every other key and never leaves memory; ``former_key`` is the one before it, there only while
    ``fieldapp rekey`` is under way. ``demo`` is true when the key says so: only then are the published demo password
    and second factor accepted, and only on this machine. ``proxies`` is how many trusted proxies stand before the server:
    so many are believed about who is asking.
    """

    database: str
    key_source: KeySource
    master_key: bytes = field(repr=False)
    origin: str
    port: int
    demo: bool = False
    proxies: int = 0
    council: CouncilSettings | None = None
    former_key: bytes | None = field(default=None, repr=False)

    @property
    def beside(self) -> Path:
        """The file beside which the highest epoch and count are noted: the key file, or the database where the key is in no file."""
        return self.key_source.path or Path(self.database)

    @property
    def secure(self) -> bool:
        """Is the office reached over https, so that cookies may carry the ``__Host-`` prefix?"""
        return self.origin.startswith("https://")

    @property
    def host(self) -> str:
        """The host name that browsers use for the office."""
        return urlsplit(self.origin).hostname or ""


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings, or raise CannotStart with the sentence that names the remedy."""
    port = _port(environ.get("PORT", "8000"))
    source = source_of(environ)
    held = source.read()
    settings = Settings(
        database=database_path(environ),
        key_source=source,
        master_key=held.keys[0],
        origin=_origin(environ.get("FIELDAPP_ORIGIN", f"http://localhost:{port}")),
        port=port,
        demo=held.demo,
        former_key=held.keys[1] if len(held.keys) > 1 else None,
        proxies=_proxies(environ.get("FIELDAPP_PROXIES", "0")),
        council=_council(environ),
    )
    if held.demo and settings.host not in LOCAL_HOSTS:
        raise CannotStart(
            f"The key in {source.told} is a demo key, whose passwords are published, so it only serves this machine: "
            "run `fieldapp init` for a real key, or leave FIELDAPP_ORIGIN at localhost."
        )
    if not settings.secure and settings.host not in LOCAL_HOSTS:
        raise CannotStart(
            "FIELDAPP_ORIGIN must start with https://, because phones refuse to keep work from a plain http office."
        )
    return settings


def database_path(environ: Mapping[str, str] = os.environ) -> str:
    """Say where the database lies, whether or not it is there yet."""
    return environ.get("FIELDAPP_DATABASE", "var/fieldapp.db")


LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1"})


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise CannotStart(f"PORT must be a number from 1 to 65535, not {text!r}.")


def _proxies(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 10:
        return int(text)
    raise CannotStart(f"FIELDAPP_PROXIES must say how many proxies stand before the office, 0 to 9, not {text!r}.")


def _council(environ: Mapping[str, str]) -> CouncilSettings | None:
    issuer, client = environ.get("FIELDAPP_OIDC_ISSUER", ""), environ.get("FIELDAPP_OIDC_CLIENT_ID", "")
    told, path = environ.get("FIELDAPP_OIDC_CLIENT_SECRET", ""), environ.get("FIELDAPP_OIDC_CLIENT_SECRET_FILE", "")
    if not issuer and not client and not told and not path:
        return None
    parts = urlsplit(issuer)
    if (
        parts.hostname is None
        or parts.query
        or parts.fragment
        or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS))
    ):
        raise CannotStart(
            f"FIELDAPP_OIDC_ISSUER must be the https address that the council’s provider calls its issuer, not {issuer!r}."
        )
    if not client:
        raise CannotStart(
            "FIELDAPP_OIDC_CLIENT_ID is missing: set it to the name under which the council’s provider knows this office."
        )
    if bool(told) == bool(path):
        raise CannotStart("Set either FIELDAPP_OIDC_CLIENT_SECRET or FIELDAPP_OIDC_CLIENT_SECRET_FILE, and not both.")
    try:
        secret = told or Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise CannotStart(f"FIELDAPP_OIDC_CLIENT_SECRET_FILE names {path}, which cannot be read.") from None
    if not secret:
        raise CannotStart(f"The file {path} that FIELDAPP_OIDC_CLIENT_SECRET_FILE names is empty.")
    return CouncilSettings(issuer, client, secret, environ.get("FIELDAPP_OIDC_ACR", ""))


_ORIGIN = re.compile(r"(https?)://(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?")
_IMPLIED = {"http": "80", "https": "443"}


def _origin(text: str) -> str:
    """Take the origin only as browsers write it, because what they send is compared with it letter by letter."""
    found = _ORIGIN.fullmatch(text)
    if found is not None and found[2] != _IMPLIED[found[1]] and int(found[2] or 1) < 65536:
        return text
    raise CannotStart(
        "FIELDAPP_ORIGIN must look like https://records.example.org, as a browser sends it: small letters, other letters than a to z in "
        f"their xn-- form, no path, and no port where it is the usual one. It is {text!r}."
    )
