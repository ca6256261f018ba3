"""fieldapp: an offline-first field record for family-support keyworkers. Here its parts are joined, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from flask import Flask

from fieldapp import arrangements, attempts, config, people, practice, sorting, store, web
from fieldapp.config import Settings
from fieldapp.council import Council
from fieldapp.epoch import EpochFile
from fieldapp.errors import CannotStart
from fieldapp.keys import CannotOpen, Keys, NoOfficeKeys
from fieldapp.web.office import Clock, Office
from fieldapp.whole_file import make_folder
from sync import entry

__version__ = version("fieldapp")


def now() -> datetime:
    """Tell the time, aware and in UTC: the clock of every office that is not a test's or a demo's."""
    return datetime.now(UTC)


def create_app(settings: Settings, *, clock: Clock = now, dev: bool = False) -> Flask:
    """Join one office's parts into an app. Raises CannotStart, with the remedy, when something it needs is not there.

    ``dev`` looks for a new release at each request and keeps browsers from storing any.
    """
    app = Flask("fieldapp", static_folder=None, template_folder=str(_folder("templates")))
    app.config["VERSION"] = __version__
    office = open_office(settings, clock)
    # A key or an opening may have come back while nothing was served, from a backup or from another hand.
    sorting.try_again(office.store, office.keys, clock())
    web.install(app, settings, office, client=_folder("static") / "dist", dev=dev)
    return app


def create_app_anew(settings: Settings, *, dev: bool = False) -> Flask:
    """Join the app of one more server process. Its key is read anew: one that starts days later may find the office under another.

    Where the key has been taken away meanwhile, what the server was started with still serves.
    """
    try:
        return create_app(config.read(), dev=dev)
    except CannotStart:
        pass
    try:
        return create_app(settings, dev=dev)
    except CannotStart:
        # The keys may have begun to move between reading the one and asking the other.
        return create_app(config.read(), dev=dev)


def found_office(settings: Settings, clock: Clock = now) -> bool:
    """Make the database of a new office with its first keys, or finish what was cut off on the way. False, and nothing done, when one is there."""
    make_folder(Path(settings.database).parent)
    opened = _opened(settings)
    try:
        # Keys that are gone from an office with people in it are not made anew: that is damage, and a restore mends it.
        if opened.office.keyset() is not None or opened.people.all():
            return False
        office_keys(settings).make_office_keys(opened, entry.stamp(clock()))
        return True
    finally:
        opened.close()


def office_keys(settings: Settings) -> Keys:
    """Make the office's keys stand on its master key, and know where to look for another while that is replaced."""
    return Keys(settings.master_key, settings.former_key, lambda: settings.key_source.read().keys)


def open_office(settings: Settings, clock: Clock = now) -> Office:
    """Open an office's database with its key. Raises CannotStart when either is missing or they do not belong together.

    A database is never made here: an office whose path was mistyped must not start empty, with other keys.
    """
    if not Path(settings.database).is_file():
        raise CannotStart(
            f"There is no office at {settings.database}: run `fieldapp init` to make one, or set FIELDAPP_DATABASE."
        )
    opened, keys = _opened(settings), office_keys(settings)
    require_key(opened, keys, settings)
    # First of all: what is changed from here on is held against it.
    arrangements.take_stock(opened, keys)
    with opened.writing() as tx:
        if keys.settle(tx, entry.stamp(clock())):
            people.seal_codes_anew(tx, keys)
        # Every start and every command, the nightly backup for one: where nobody signs in, nothing else would.
        attempts.drop_old(tx, clock())
    epoch_file = EpochFile(settings.beside)
    keys.follow_epoch(opened, epoch_file.check(opened, entry.stamp(clock())), entry.stamp(clock()))
    return Office(
        store=opened,
        keys=keys,
        practice=practice.shipped(),
        clock=clock,
        origin=settings.origin,
        demo_code=config.DEMO_CODE if settings.demo else None,
        epoch_file=epoch_file,
        council=Council(settings.council) if settings.council else None,
    )


def _opened(settings: Settings) -> store.Store:
    try:
        return store.open(settings.database)
    except store.StoreDamaged:
        raise CannotStart(
            f"{settings.database} is not the database of an office, or it is damaged: set FIELDAPP_DATABASE, or put a backup back with "
            "`fieldapp restore`. Nothing was changed."
        ) from None


def require_key(opened: store.Store, keys: Keys, settings: Settings) -> None:
    """Make sure that this is an office and that the key opens it. Raises CannotStart, which names the key that is needed."""
    lacking = keys.lacking(opened)
    remedy = (
        "set FIELDAPP_KEY_FILE to the file that holds it, or run `fieldapp key restore` with the two halves of its sheet"
        if settings.key_source.kind == "file"
        else f"let {settings.key_source.told} give that one"
    )
    if lacking:
        raise CannotStart(
            f"{settings.key_source.told[0].upper()}{settings.key_source.told[1:]} does not open {settings.database}: it gives key "
            f"{' and '.join(keys.masters.names)}, and this office needs key {' and '.join(lacking)}: {remedy}."
        )
    try:
        keys.ring(opened)
    except NoOfficeKeys:
        raise CannotStart(f"{settings.database} is not a whole office: run `fieldapp init` to finish it.") from None
    except CannotOpen:
        raise CannotStart(
            f"The key {keys.masters.names[0]} that {settings.key_source.told} gives does not open {settings.database}, which belongs to another key "
            f"or was changed: {remedy}."
        ) from None


def _folder(name: str) -> Path:
    """Find a folder inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / name
    return inside if inside.is_dir() else Path(__file__).parent.parent / name
