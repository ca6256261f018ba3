"""The ``fieldapp`` command. Each subcommand is one function here; what it does lives in the part it belongs to."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from fieldapp import (
    __version__,
    accounts,
    config,
    create_app,
    create_app_anew,
    demo,
    device_commands,
    found_office,
    key_commands,
    leaves,
    open_office,
    people,
    serving,
    upkeep,
)
from fieldapp.demo import sign_ins
from fieldapp.errors import CannotStart, FieldappError
from fieldapp.practice.commands import add_measure_commands
from fieldapp.vouching import MACHINE
from fieldapp.web.office import Office

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand. Answers 0 when it did what was asked; 1, after one sentence on stderr, when it could not."""
    given = _parser().parse_args(argv)
    command: Command = given.command
    try:
        _require_reason_in_text(given)
        return command(given)
    except CannotStart as refused:
        print(refused.sentence, file=sys.stderr)
        return 1
    except FieldappError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


def _require_reason_in_text(given: argparse.Namespace) -> None:
    """A reason is kept sealed, as text: one with bytes that are none ended a command when all else was done and asked."""
    for name in ("reason", "despite"):
        if any("\ud800" <= one <= "\udfff" for one in getattr(given, name, None) or ""):
            raise CannotStart(f"Give the reason after --{name} in letters that can be shown. Nothing was changed.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fieldapp", description="An offline-first field record for keyworkers.")
    parser.add_argument("--version", action="version", version=f"fieldapp {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    add = upkeep.adding_to(commands)
    add("init", init, "make the key file and the database of a new office")
    demos = add("demo", make_demo, "make the demo office, if it is not there yet, and say how to sign in")
    demos.add_argument("--fresh", action="store_true", help="throw the demo office away first")
    server = add("serve", serve, "serve the office on PORT")
    server.add_argument("--bind", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    server.add_argument("--dev", action="store_true", help="pick up changes; nothing is kept for offline use")
    add("doctor", doctor, "check that this machine has what the office needs")
    adding = add("person", add_person, "add a person and print the words with which they set up their account, once")
    adding.add_argument("name")
    adding.add_argument("email")
    adding.add_argument("role", choices=people.ROLES)
    adding.add_argument("--team", help="the team's name; a team of a new name is made")
    account = add("account", change_account, "do for an account at the office's own machine what takes two people on a page")
    account.add_argument("email")
    account.add_argument("--role", choices=people.ROLES, help="give them another role; --team goes with it")
    account.add_argument("--team", help="the team they are to be in; without it, with --role, none")
    account.add_argument("--open", action="store_true", help="open it again, if it was closed")
    account.add_argument("--words", action="store_true", help="print words with which they set it up anew, once")
    upkeep.add_commands(add)
    key_commands.add_commands(add)
    device_commands.add_commands(add)
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
    if not people.is_name(given.name) or not people.is_email(given.email):
        raise CannotStart("Give a name and an address, like “Noor Abara” noor@office.example. Nothing was changed.")
    _require_team(given)
    team = people.team_called(office.store, given.team) if given.team else None
    try:
        halves = accounts.add_at_machine(
            office.store, office.keys, email=given.email, name=given.name, role=given.role, team=team, now=office.clock()
        )
    except people.AddressTaken:
        raise CannotStart(f"{given.email} has an account already; nothing was changed.") from None
    print(f"Added {given.name} as {given.role}.")
    _tell_words(office, halves)
    return 0


def _tell_words(office: Office, halves: tuple[str, str]) -> None:
    print(f"Within a day they choose a password and set up an authenticator at {office.origin}/desk/set-up, with these words.")
    print("They are good once and shown only now:")
    print(f"  first words   {halves[0]}")
    print(f"  second words  {halves[1]}")


def change_account(given: argparse.Namespace) -> int:
    """Do what a page asks two people for: whoever has this machine has the office's key and needs no account to read."""
    with upkeep.held_office(config.read()) as office:
        return _change_account(office, given)


def _change_account(office: Office, given: argparse.Namespace) -> int:
    store, keys, now = office.store, office.keys, office.clock()
    row = store.people.by_email(people.folded(given.email))
    if row is None:
        raise CannotStart(f"Nobody here has the address {given.email}; nothing was changed. `fieldapp person` adds somebody.")
    if not (given.role or given.open or given.words) or (given.team and not given.role):
        raise CannotStart("Say what to do: --role ROLE with --team TEAM, --open, or --words. Nothing was changed.")
    _require_team(given)
    try:
        with store.writing():
            if given.open:
                accounts.open_again(store, keys, MACHINE, row.id, "", now)
            if given.role:
                team = people.team_called(store, given.team) if given.team else None
                accounts.change(store, keys, MACHINE, row.id, given.role, team, now)
            halves = accounts.give_words(store, keys, row.id, now) if given.words else None
    except accounts.NotThisOne as refused:
        raise CannotStart(f"{_REFUSED[refused.code]} Nothing was changed.") from None
    except leaves.MustHandOver:
        raise CannotStart("Somebody else has to take over work of theirs first. Nothing was changed.") from None
    if office.epoch_file is not None:
        # Turns of duty and pods end with a part.
        office.epoch_file.note(store, *(("accounts", "duty") if given.role else ("accounts",)))
    if given.open:
        print(f"{row.name}’s account is open again.")
    if given.role:
        print(f"{row.name} is {given.role}{f' in {given.team}' if given.team else ''} from now on, and signed out.")
    if halves is not None:
        _tell_words(office, halves)
    return 0


def _require_team(given: argparse.Namespace) -> None:
    if given.team is not None and not people.is_name(given.team):
        raise CannotStart("Give the team’s name after --team, in one line, or leave --team out. Nothing was changed.")


_REFUSED = {
    "already": "That is so already, or the account is closed.",
    "last": "Nobody else could then manage accounts: make somebody else an administrator first.",
}


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
