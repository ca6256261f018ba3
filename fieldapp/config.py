"""Settings, read once from the environment, and the refusal to start on a missing or weak key."""

from __future__ import annotations

import os
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
class Settings:
    """What one office runs on.

    ``master_key`` wraps every other key and never leaves memory; ``former_key`` is the one before it, there only while
    ``fieldapp rekey`` is under way. ``demo`` is true when the key says so: only then are the published demo password
    and second factor accepted, and only on this machine.
    """

    database: str
    key_source: KeySource
    master_key: bytes = field(repr=False)
    origin: str
    port: int
    demo: bool = False
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


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme in ("http", "https") and parts.hostname and text == f"{parts.scheme}://{parts.netloc}":
        return text
    raise CannotStart(f"FIELDAPP_ORIGIN must look like https://records.example.org without a path, not {text!r}.")
