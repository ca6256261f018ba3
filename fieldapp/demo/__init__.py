"""The invented service of Harrowmere, and the program that plays its families through intake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fieldapp import config, found_office
from fieldapp.errors import CannotStart


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
    if not key_file.exists():
        config.make_key(key_file, demo=True)
    settings = config.read(environ)
    if fresh:
        for ending in ("", "-wal", "-shm"):
            Path(settings.database + ending).unlink(missing_ok=True)
    if not Path(settings.database).exists():
        found_office(settings)
