"""The invented service of Harrowmere, and the program that plays its families through intake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fieldapp import config
from fieldapp.errors import CannotStart

PASSWORD = "harrowmere-demo-only"  # noqa: S105 - published on purpose, and refused outside a demo
CODE = "246810"
PEOPLE = (
    ("keyworker", "ama@harrowmere.example"),
    ("keyworker", "reece@harrowmere.example"),
    ("supervisor", "marian@harrowmere.example"),
    ("administrator", "admin@harrowmere.example"),
)


def make(environ: Mapping[str, str], *, fresh: bool) -> None:
    """Make the demo office when it is not there; with ``fresh``, throw the old one away first.

    Raises CannotStart where the key file is a real office's: a demo is never made over one, nor one thrown away.
    """
    key_file = config.key_path(environ)
    if key_file.exists() and not config.read_key(key_file)[1]:
        raise CannotStart(
            f"{key_file} is the key of a real office, so no demo is made there: "
            "set FIELDAPP_KEY_FILE and FIELDAPP_DATABASE to other places."
        )
    if fresh:
        _throw_away(key_file)
    if not key_file.exists():
        config.make_key(key_file, demo=True)


def sign_ins() -> str:
    """Say how to sign in to the demo, one person a line."""
    people = "\n".join(f"  {role:<14} {email}" for role, email in PEOPLE)
    return f"Sign in with the password {PASSWORD} and the code {CODE} as one of\n{people}"


def _throw_away(key_file: Path) -> None:
    key_file.unlink(missing_ok=True)
