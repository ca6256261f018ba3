"""The commands about the office's keys: which there are, making successors, burning, and moving to another master key. Their words are here."""

from __future__ import annotations

import argparse
import secrets
import sys
from dataclasses import dataclass

from fieldapp import burning, config, hold, open_office, upkeep
from fieldapp.burning import BurningCosts, CannotBurn, Cost
from fieldapp.config import Settings
from fieldapp.errors import CannotStart
from fieldapp.key_source import COMMAND, KEY_BYTES, VARIABLE, key_text, new_key_text, replace_key, write_key
from fieldapp.keys import KeyMissing, Master, moving
from fieldapp.sheet_commands import add_sheet_commands
from fieldapp.store import StoreFailed
from fieldapp.web.office import Office
from sync import entry

_CANNOT_BURN = {
    "unknown": "There is no key {kid}: `fieldapp key list` names them all.",
    "office": "{kid} is the office key, which every phone has pinned: without it no phone would believe this office any more. It is not burned.",
    "burned": "{kid} is burned already; nothing was changed.",
    "in_use": "{kid} is in use now: make its successor first, with `fieldapp key rotate`. Nothing was changed.",
}
_COSTS = {
    "signers": "{n} phones in use have not said that they know its successor: what they send until they do is kept, but cannot be read before they are "
    "unlocked again and seal it anew",
    "phones": "{n} phones told of work waiting that may be sealed to it: what a lost phone sends, or one whose words were forgotten, could never be read",
    "waiting": "{n} envelopes that wait to be sorted could never be opened",
    "put_away": "{n} envelopes that were put away could never be opened",
    "drafts": "{n} drafts kept for phones could never be opened",
    "reviews": "{n} entries made at a desk were signed by it: phones that fetch them anew will not believe them",
}


def add_commands(add: upkeep.Add) -> None:
    """Adds `rekey` and `key` to a parser."""
    add("rekey", rekey, "move the office to a new master key while it serves; cut off, it goes on when it is run again")
    key = add("key", list_keys, "the office's keys: list, rotate, burn, sheet, check-sheet, restore, new")
    add_action = upkeep.adding_to(key.add_subparsers(metavar="ACTION"))
    add_action("list", list_keys, "name the master key and every key of the office, and say what is in use")
    rotated = add_action("rotate", rotate, "make the successor of a key; what the former sealed or signed stays good")
    rotated.add_argument("use", choices=("ingest", "receipt", "desk"))
    burned = add_action("burn", burn, "destroy the private half of a former key and tell every phone")
    burned.add_argument("kid", help="as `fieldapp key list` names it")
    burned.add_argument(
        "--despite", metavar="REASON", default="", help="burn it although it costs something; the reason is kept in the audit"
    )
    add_action("new", print_new, "print a new master key, for a program that keeps secrets")
    add_sheet_commands(add_action)


def list_keys(given: argparse.Namespace) -> int:
    settings = config.read()
    with upkeep.held_office(settings) as office:
        master = office.store.office.masters()[-1]
        print(f"master key  {master.name}  since {master.from_at}, from {settings.key_source.told}")
        if master.settled_at is None:
            print("            The office is still being moved to it: run `fieldapp rekey`.")
        sheet = office.store.settings.get("recovery_sheet").split()
        if sheet[:1] == [master.name]:
            print(f"            recovery sheet {sheet[1]}, made {sheet[2]}")
        else:
            print("            There is no recovery sheet of it: make one with `fieldapp key sheet`.")
        rows = office.store.office.keys()
        for row in rows:
            state = f"burned {row.burned_at}" if row.burned_at else f"until {row.until_at}" if row.until_at else "in use"
            print(f"{row.use:<10}  {row.kid}  from {row.from_at}, {state}")
    return 0


def rotate(given: argparse.Namespace) -> int:
    with upkeep.held_office(config.read()) as office:
        at = entry.stamp(office.clock())
        with office.store.writing() as tx:
            kid = office.keys.renew_key(tx, given.use, at)
            tx.audit.add(at, "", f"{given.use} key made")
        _note(office)
        n = office.keys.ring(office.store).n
    print(f"Made {given.use} key {kid}, and key set {n}. Phones take it with their next greeting; nobody need do anything.")
    print("The former key goes on opening what was sealed to it. `fieldapp key burn` destroys it once no phone needs it.")
    return 0


def burn(given: argparse.Namespace) -> int:
    kid: str = given.kid
    with upkeep.held_office(config.read()) as office:
        try:
            cost = burning.burn(office.store, office.keys, kid, office.clock(), despite=given.despite.strip())
        except CannotBurn as error:
            raise CannotStart(_CANNOT_BURN[error.why].format(kid=kid)) from None
        except BurningCosts as error:
            told = "; ".join(_told(error.cost))
            raise CannotStart(
                f"{kid} was not burned: {told}. Wait until that has passed, or give --despite with the reason, if somebody else may have the key."
            ) from None
        _note(office)
        n = office.keys.ring(office.store).n
        _tell_log(office, "its private half, sealed")
    print(f"Burned {kid}: its private half is destroyed here, and key set {n} says so. Earlier backups still hold it, sealed.")
    for each in _told(cost):
        print(f"  - {each}")
    return 0


def _note(office: Office) -> None:
    """Lets a database that lacks this key set be known as one that was put back."""
    if office.epoch_file is not None:
        office.epoch_file.note(office.store)


def _told(cost: Cost) -> list[str]:
    return [told.format(n=getattr(cost, name)) for name, told in _COSTS.items() if getattr(cost, name)]


def print_new(given: argparse.Namespace) -> int:
    if sys.stdout.isatty():
        raise CannotStart(
            "A key is not shown on a screen: send it on, as in `fieldapp key new | your-secret-manager put fieldapp`."
        )
    print(new_key_text(), end="")
    return 0


# Moving to another master key


@dataclass(frozen=True, slots=True)
class _Move:
    """From which master key to which; `is_settled` says that nothing needs the former any more, and only the key file is left to be tidied."""

    to: str
    former: str
    is_settled: bool


def rekey(given: argparse.Namespace) -> int:
    settings = config.read()
    # What a process was started with in its environment cannot change while it runs.
    serving = hold.alone if settings.key_source.kind == "variable" else hold.among_others
    try:
        with hold.for_keys(settings.database), serving(settings.database):
            return _rekey(config.read())
    except hold.Held:
        raise CannotStart(
            f"The office at {settings.database} is being restored or moved to another key just now, or it is served with its key in {VARIABLE}, which "
            "cannot change while it runs: wait, or stop it first. Nothing was changed."
        ) from None


def _rekey(settings: Settings) -> int:
    office = open_office(settings)
    try:
        move = _what_to_do(office, settings)
        if move is None:
            # Both keys are in the file before anything is wrapped by the new one: no cut leaves an office without its key.
            settings = _with_new_key(settings)
            office.store.close()
            office = open_office(settings)
            move = _what_to_do(office, settings)
        if move is None:
            raise CannotStart(f"{settings.key_source.told} gives one key only; nothing was changed.")
        if not move.is_settled:
            _move(office, settings, move)
        _tell_log(office, f"what key {move.former} opens")
        _tidy(settings, move)
    finally:
        office.store.close()
    return 0


def _tell_log(office: Office, what: str) -> None:
    """Empties the database's log: what was overwritten must not lie there for whoever copies the files."""
    if not office.store.empty_log():
        print(
            f"Somebody read on for so long that {office.store.path}-wal still holds {what}: it is gone when the office was stopped and started once.",
            file=sys.stderr,
        )


def _what_to_do(office: Office, settings: Settings) -> _Move | None:
    """None when there is no second key to move to yet."""
    rows, names = office.store.office.masters(), _names(settings)
    if rows[-1].settled_at is None:
        return _Move(rows[-1].name, rows[-2].name, False)
    if len(names) < 2:
        return None
    newest, former = names
    return _Move(newest, former, rows[-1].name == newest)


def _names(settings: Settings) -> list[str]:
    return [Master(raw).name for raw in (settings.master_key, settings.former_key) if raw is not None]


def _with_new_key(settings: Settings) -> Settings:
    path = settings.key_source.path
    if path is None:
        raise CannotStart(
            f"{settings.key_source.told[0].upper()}{settings.key_source.told[1:]} gives one key, and it is not for fieldapp to change that: let it give "
            "what `fieldapp key new` prints on its first line and the present key on the second, then run `fieldapp rekey` again."
        )
    held = settings.key_source.read()
    new = secrets.token_bytes(KEY_BYTES)
    try:
        replace_key(path, key_text([new, held.keys[0]], demo=held.demo))
    except OSError as error:
        raise CannotStart(f"{path} cannot be replaced ({error.strerror}): nothing was changed.") from None
    print(f"Made master key {Master(new).name}. {path} holds it above the former one until everything has moved.")
    return config.read()


def _move(office: Office, settings: Settings, move: _Move) -> None:
    masters = office.keys.masters
    try:
        moving.begin(office.store, masters, move.to, entry.stamp(office.clock()))
        with upkeep.Progress() as progress:
            total = moving.move(office.store, masters, office.clock, lambda done, of: progress.step("rekey", done, of))
    except moving.KeysLeft as error:
        raise CannotStart(
            f"{len(error.places)} keys open under neither master key ({', '.join(error.places[:3])}), so both are still needed and nothing was taken away. "
            "Run `fieldapp verify`: what it names was changed in the database."
        ) from None
    except KeyMissing as error:
        raise CannotStart(
            f"{settings.key_source.told[0].upper()}{settings.key_source.told[1:]} does not give key {error.name}: put its line back."
        ) from None
    except StoreFailed as error:
        raise CannotStart(
            f"The database could not be written ({error}). The office goes on with both keys; run `fieldapp rekey` again."
        ) from None
    print(f"Wrapped {total:,} keys by master key {move.to}, and opened each of them again with it alone.")


def _tidy(settings: Settings, move: _Move) -> None:
    """Takes the former key out of the key file; it stays in a file of its own for as long as somebody wants it."""
    path = settings.key_source.path
    if path is None:
        place = (
            f"the second line of {settings.key_source.told}"
            if settings.key_source.kind == "variable"
            else f"the second line that {COMMAND} gives"
        )
        print(f"Nothing of this office needs key {move.former} any more: take out {place}.")
        _tell_rest(settings, move, place)
        return
    held = settings.key_source.read()
    former = path.with_name(f"{path.name}.former-{move.former}")
    by_name = {Master(raw).name: raw for raw in held.keys}
    if move.former in by_name and not former.exists():
        write_key(former, key_text([by_name[move.former]], demo=held.demo))
    if len(by_name) > 1:
        replace_key(path, key_text([by_name[move.to]], demo=held.demo))
    print(f"{path} holds key {move.to} alone. Key {move.former} lies in {former}.")
    _tell_rest(settings, move, str(former))


def _tell_rest(settings: Settings, move: _Move, place: str) -> None:
    print("What is left to do:")
    print("  1. `fieldapp backup`: earlier backups open with the former key only.")
    print(f"  2. `fieldapp key sheet`: halves of earlier sheets make key {move.former}, not this one.")
    print("  3. Copy the new key to where you keep it, as you did with the former.")
    print(f"  4. Once no earlier backup is needed, destroy key {move.former}: {place}, its copies and its sheets.")
    print(
        "Whoever had the former key together with a copy of the database can go on reading what that copy held, and what is written later into the same "
        "casefiles if they get another copy. No new key takes that back."
    )
