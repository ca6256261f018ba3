"""The invented service of Harrowmere, and the program that plays its families through intake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from fieldapp import config, found_office, now, office_keys, store
from fieldapp.config import Settings
from fieldapp.demo import play
from fieldapp.epoch import EpochFile
from fieldapp.errors import CannotStart
from fieldapp.practice import shipped


def make(environ: Mapping[str, str], *, fresh: bool, clock: Callable[[], datetime] = now) -> None:
    """Make the demo office when it is not there; with ``fresh``, throw the old one away first.

    Raises CannotStart where the key file is a real office's: a demo is never made over one, nor one thrown away.
    """
    if config.source_of(environ).kind != "file":
        raise CannotStart("A demo has a key file of its own: unset FIELDAPP_KEY and FIELDAPP_KEY_COMMAND to make one.")
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
        _throw_away(settings.database)
        EpochFile(key_file).path.unlink(missing_ok=True)
    if not Path(settings.database).exists():
        _play(settings, clock)


def _play(settings: Settings, clock: Callable[[], datetime]) -> None:
    """Plays beside the place where the office will lie and moves it there when it is whole: a demo cut short is never served."""
    making = replace(settings, database=settings.database + ".making")
    _throw_away(making.database)
    today = clock().date()
    found_office(making, lambda: play.founded(today))
    opened, keys = store.open(making.database), office_keys(making)
    keys.take_up(opened)
    play.play(opened, keys, shipped(), today=today)
    opened.close()
    Path(making.database).replace(settings.database)


def _throw_away(database: str) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(database + ending).unlink(missing_ok=True)
