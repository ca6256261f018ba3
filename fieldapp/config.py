"""Settings, read once from the environment, and the refusal to start on a missing or weak key."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fieldapp.errors import CannotStart

KEY_BYTES = 32
DEMO_CODE = "246810"
"""The demo's second factor: published, fixed, and accepted by demo offices only."""
DEMO_PASSWORD = "harrowmere-demo-only"  # noqa: S105 - published on purpose
DEMO_KEYWORKERS = ("ama@harrowmere.example", "reece@harrowmere.example")
_LABEL, _DEMO_LABEL = "fieldapp-key-1", "fieldapp-demo-key-1"
_FEWEST_DIFFERENT_BYTES = 16  # 32 random bytes have fewer about once in 10**16 keys; typed-in keys nearly always do


@dataclass(frozen=True, slots=True)
class Settings:
    """What one office runs on.

    ``master_key`` wraps every other key and never leaves memory; ``key_file`` is where it came from, because the
    highest epoch and count of the office lie beside it. ``demo`` is true when the key file says so: only then are
    the published demo password and second factor accepted, and only on this machine.
    """

    database: str
    key_file: Path
    master_key: bytes = field(repr=False)
    origin: str
    port: int
    demo: bool = False

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
    key_file = key_path(environ)
    master_key, demo = read_key(key_file)
    settings = Settings(
        database=environ.get("FIELDAPP_DATABASE", "var/fieldapp.db"),
        key_file=key_file,
        master_key=master_key,
        origin=_origin(environ.get("FIELDAPP_ORIGIN", f"http://localhost:{port}")),
        port=port,
        demo=demo,
    )
    if demo and settings.host not in LOCAL_HOSTS:
        raise CannotStart(
            f"The key file {key_file} is a demo key, whose passwords are published, so it only serves this machine: "
            "run `fieldapp init` for a real key, or leave FIELDAPP_ORIGIN at localhost."
        )
    if not settings.secure and settings.host not in LOCAL_HOSTS:
        raise CannotStart(
            "FIELDAPP_ORIGIN must start with https://, because phones refuse to keep work from a plain http office."
        )
    return settings


LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1"})


def key_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Say where the key file lies, whether or not it is there yet."""
    return Path(environ.get("FIELDAPP_KEY_FILE", "var/fieldapp.key"))


def read_key(path: Path) -> tuple[bytes, bool]:
    """Read a key file and say whether it is a demo's. Raises CannotStart for one that is missing, open to others or weak."""
    try:
        words = path.read_text("ascii").split()
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise CannotStart(f"There is no key file at {path}: run `fieldapp init` to make one, or set FIELDAPP_KEY_FILE.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"The key file {path} cannot be read ({type(error).__name__}): check FIELDAPP_KEY_FILE.") from error
    if len(words) != 2 or words[0] not in (_LABEL, _DEMO_LABEL):
        raise CannotStart(f"{path} is not a fieldapp key file: run `fieldapp init`, or set FIELDAPP_KEY_FILE to the right one.")
    try:
        key = base64.b64decode(words[1], altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES or len(set(key)) < _FEWEST_DIFFERENT_BYTES:
        raise CannotStart(
            f"The key in {path} is weak (it must be {KEY_BYTES} random bytes): run `fieldapp init` with another "
            "FIELDAPP_KEY_FILE to make a strong one."
        )
    if mode & 0o077:
        raise CannotStart(f"The key file {path} can be read by other accounts: run `chmod 600 {path}`.")
    return key, words[0] == _DEMO_LABEL


def make_key(path: Path, *, demo: bool = False) -> None:
    """Write a new random key file that only its owner can read. Raises FileExistsError rather than replace one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f"{_DEMO_LABEL if demo else _LABEL} {base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise CannotStart(f"PORT must be a number from 1 to 65535, not {text!r}.")


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme in ("http", "https") and parts.hostname and text == f"{parts.scheme}://{parts.netloc}":
        return text
    raise CannotStart(f"FIELDAPP_ORIGIN must look like https://records.example.org without a path, not {text!r}.")
