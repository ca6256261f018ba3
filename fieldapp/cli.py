"""The ``fieldapp`` command. Each subcommand is one function here; what it does lives in the part it belongs to."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from fieldapp import (
    __version__,
    config,
    create_app,
    create_app_anew,
    demo,
    found_office,
    key_commands,
    open_office,
    people,
    serving,
    upkeep,
)
from fieldapp.demo import sign_ins
from fieldapp.errors import CannotStart, FieldappError
from fieldapp.practice.commands import add_measure_commands
from fieldapp.web.office import Office

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand. Answers 0 when it did what was asked; 1, after one sentence on stderr, when it could not."""
    given = _parser().parse_args(argv)
    command: Command = given.command
    try:
        return command(given)
    except CannotStart as refused:
        print(refused.sentence, file=sys.stderr)
        return 1
    except FieldappError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fieldapp", description="An offline-first field record for keyworkers.")
    parser.add_argument("--version", action="version", version=f"fieldapp {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, told: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=told, description=told)
        made.set_defaults(command=command)
        return made

    add("init", init, "make the key file and the database of a new office")
    demos = add("demo", make_demo, "make the demo office, if it is not there yet, and say how to sign in")
    demos.add_argument("--fresh", action="store_true", help="throw the demo office away first")
    server = add("serve", serve, "serve the office on PORT")
    server.add_argument("--bind", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    server.add_argument("--dev", action="store_true", help="pick up changes; nothing is kept for offline use")
    add("doctor", doctor, "check that this machine has what the office needs")
    adding = add("person", add_person, "add a person and print their password and authenticator link, once")
    adding.add_argument("name")
    adding.add_argument("email")
    adding.add_argument("role", choices=people.ROLES)
    adding.add_argument("--team", help="the team's name; a team of a new name is made")
    upkeep.add_commands(add)
    key_commands.add_commands(add)
    add_measure_commands(commands)
    return parser


def init(given: argparse.Namespace) -> int:
    """Make the key file and the database of a new office; finish what an earlier run left half done."""
    path = config.source_of().path
    if path is not None and not path.exists():
        if Path(config.database_path()).exists():
            raise CannotStart(
                f"There is an office at {config.database_path()}, but no key file at {path}: set FIELDAPP_KEY_FILE to where it lies, or run "
                "`fieldapp key restore` with the two halves of its sheet. A new key would not open it."
            )
        config.make_key(path)
        print(
            f"Made {path}. Copy it to a safe place now, or run `fieldapp key sheet`: without it nothing of this office can be read."
        )
    settings = config.read()
    if not found_office(settings):
        open_office(settings)
        print(f"The office at {settings.database} is there already, and stays as it is.")
        return 0
    print(f"Made the office at {settings.database}.")
    return 0


def add_person(given: argparse.Namespace) -> int:
    """Add a person from the office's own machine: the way in for the first administrator, who adds the others on a page."""
    with upkeep.held_office(config.read()) as office:
        return _add_person(office, given)


def _add_person(office: Office, given: argparse.Namespace) -> int:
    team = people.team_called(office.store, given.team) if given.team else None
    try:
        added = people.add(
            office.store, office.keys, email=given.email, name=given.name, role=given.role, team=team, now=office.clock(), by=""
        )
    except people.AddressTaken:
        raise CannotStart(f"{given.email} has an account already; nothing was changed.") from None
    print(f"Added {added.person.name} as {added.person.role}. These are shown only now:")
    print(f"  password           {added.password}")
    print(f"  authenticator app  {people.authenticator_link(added.person, added.totp)}")
    return 0


def make_demo(given: argparse.Namespace) -> int:
    demo.make(os.environ, fresh=given.fresh)
    print(sign_ins.told())
    return 0


def serve(given: argparse.Namespace) -> int:
    settings = config.read()
    # Held by every process the server forks, however this one ends: nobody restores under a serving office.
    with upkeep.held(settings):
        return _serve(settings, given)


def _serve(settings: config.Settings, given: argparse.Namespace) -> int:
    create_app(settings, dev=given.dev)  # refuses here, in one sentence, rather than in every server process
    print(f"fieldapp is at {settings.origin}" + (" (a demo: nothing real belongs in it)" if settings.demo else ""))
    if settings.demo:
        print(sign_ins.told())
    sys.stdout.flush()
    serving.run(lambda: create_app_anew(settings, dev=given.dev), bind=f"{given.bind}:{settings.port}", dev=given.dev)
    return 0


def doctor(given: argparse.Namespace) -> int:
    try:
        settings = config.read()
        create_app(settings)
    except CannotStart as refused:
        print(f"needs attention: {refused.sentence}")
        return 1
    print(f"ready: {settings.key_source.told}, database {settings.database}, served at {settings.origin}")
    return 0
