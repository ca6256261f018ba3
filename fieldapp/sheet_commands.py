"""The recovery sheet: the master key in two halves on paper, the proof that both together open this office, and a key file made of them again."""

from __future__ import annotations

import argparse
import html
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldapp import backups, config, upkeep
from fieldapp import store as stores
from fieldapp.errors import CannotStart
from fieldapp.key_source import key_text, read_key, replace_key, source_of, write_key
from fieldapp.keys import Keys, Master, halves, moving
from fieldapp.keys.halves import Half, HalvesDiffer, WrongLine
from fieldapp.store import Store, StoreFailed
from fieldapp.whole_file import make_folder
from sync import entry

AddAction = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]

_DIFFER = {
    "same_half": "These are the same half twice: the other half is needed too.",
    "other_sheet": "These halves are of two different sheets and make no key: take two that bear the same sheet's letters.",
    "other_key": "These halves do not make the key they name: one of them was not printed by this program.",
}


def add_sheet_commands(add: AddAction) -> None:
    """Adds the three actions to `fieldapp key`."""
    made = add("sheet", make_sheet, "write the master key in two halves, to be printed and kept by two people")
    made.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="where the two files go; best one that is only in memory"
    )
    made.add_argument("--html", action="store_true", help="pages for a browser to print, instead of plain text")
    checked = add("check-sheet", check_sheet, "prove that two halves open this office, without showing the key or keeping it")
    put = add("restore", restore_key, "make the key file again from the two halves, once they are proved to open this office")
    put.add_argument("--to", type=Path, metavar="FILE", help="the key file to make (default: FIELDAPP_KEY_FILE)")
    for each in (checked, put):
        each.add_argument(
            "halves", nargs="*", type=Path, metavar="HALF", help="two files with a half each; without, the lines are typed in"
        )
        each.add_argument("--against", type=Path, metavar="BACKUP", help="prove it on this backup, where there is no database")


def make_sheet(given: argparse.Namespace) -> int:
    settings = config.read()
    folder: Path = given.to
    with upkeep.held_office(settings) as office:
        master = office.keys.masters.newest
        held = office.store.office.masters()[-1]
        if master.name != held.name:
            raise CannotStart(
                f"This office is under key {held.name} and the newest one given is {master.name}: run `fieldapp rekey` first."
            )
        opened, total = moving.opens_all(office.store, master)
        if opened < total:
            raise CannotStart(
                f"Key {master.name} opens {opened:,} of {total:,} keys: the office is between two keys, or was changed. Run `fieldapp rekey` first."
            )
        pair = halves.split(settings.master_key, demo=settings.demo)
        at = entry.stamp(office.clock())
        paths = [folder / f"fieldapp-sheet-{half.sheet}-half-{half.n}.{'html' if given.html else 'txt'}" for half in pair]
        try:
            make_folder(folder)
            for half, path in zip(pair, paths, strict=True):
                text = _text(half, settings.origin, at)
                write_key(path, _page(text) if given.html else text)
            # What is on the disk, and nothing that is still in memory, has to make the key that opens this office.
            proved = Master(halves.join(*(_read_file(path) for path in paths)))
        except OSError as error:
            raise CannotStart(
                f"The halves cannot be written to {folder} ({error.strerror}): give another folder with --to."
            ) from None
        if moving.opens_all(office.store, proved) != (total, total):
            raise CannotStart(
                f"What was written to {folder} cannot be read again as it was: delete the two files and try another folder."
            )
        with office.store.writing() as tx:
            tx.settings.put("recovery_sheet", f"{master.name} {pair[0].sheet} {at}")
            tx.audit.add(at, "", "recovery sheet made")
    print(f"Wrote the two halves of sheet {pair[0].sheet} for key {master.name}:")
    for path in paths:
        print(f"  {path}")
    print(f"Read them back: together they open all {total:,} keys of this office. One half alone says nothing of the key.")
    print("Print both, delete the files, and give the halves to two people who keep them apart, and apart from the backups.")
    print("`fieldapp key check-sheet` proves the paper at any time, without showing the key.")
    return 0


def check_sheet(given: argparse.Namespace) -> int:
    raw, _ = _joined(given)
    name = Master(raw).name
    with _place(given, raw) as place:
        _require_fit(place, raw)
        opened, total = moving.opens_all(place, Master(raw))
    if opened < total:
        print(f"Key {name} opens {opened:,} of {total:,} keys: the office is between two keys, and the other one is needed too.")
        return 1
    print(f"The halves make key {name}, and it opens all {total:,} keys there are. Nothing was kept, and nothing was shown.")
    return 0


def restore_key(given: argparse.Namespace) -> int:
    path: Path = given.to or source_of().path or config.key_path()
    raw, demo = _joined(given)
    name = Master(raw).name
    with _place(given, raw) as place:
        needed = _require_fit(place, raw)
        opened, total = moving.opens_all(place, Master(raw))
    _keep(path, raw, name, needed, demo=demo)
    print(f"The halves make key {name}, which opens {opened:,} of {total:,} keys. {path} holds it, for its owner's eyes only.")
    missing = [each for each in needed if each not in _names_in(path)]
    if missing:
        print(
            f"This office was between two keys and also needs key {missing[0]}: run this again with the halves of that one's sheet."
        )
        return 1
    print(
        "Put the halves back where they were. `fieldapp verify` walks the whole office; `fieldapp restore` puts a backup back, if the database is gone."
    )
    return 0


def _keep(path: Path, raw: bytes, name: str, needed: list[str], *, demo: bool) -> None:
    """Writes the key file; puts a second key into one that holds the other of two that are needed. No other file is touched."""
    try:
        if not path.exists():
            make_folder(path.parent)
            write_key(path, key_text([raw], demo=demo))
            return
        there = _names_in(path)
        if name in there:
            return
        if len(there) != 1 or there[0] not in needed:
            raise CannotStart(f"{path} holds another key and stays as it is: move it away, or give another place with --to.")
        by_name = {name: raw, there[0]: read_key(path)[0]}
        replace_key(path, key_text([by_name[each] for each in needed], demo=demo))
    except OSError as error:
        raise CannotStart(f"{path} cannot be written ({error.strerror}): give another place with --to.") from None


def _names_in(path: Path) -> list[str]:
    source = source_of({"FIELDAPP_KEY_FILE": str(path)})
    return [Master(raw).name for raw in source.read().keys]


def _require_fit(place: Store, raw: bytes) -> list[str]:
    """The names of the master keys that this database needs, newest first; CannotStart when this is none of them."""
    master, needed = Master(raw), moving.needed(place)
    if needed and master.name not in needed:
        raise CannotStart(
            f"The halves make key {master.name}, and this office needs key {' and '.join(needed)}: they are an earlier sheet, or "
            "another office's. Nothing was written."
        )
    if moving.opens_all(place, master)[0] == 0:
        raise CannotStart(
            "The halves make a key that opens nothing of this office: they are another office's. Nothing was written."
        )
    return needed


@contextmanager
def _place(given: argparse.Namespace, raw: bytes) -> Iterator[Store]:
    """What the key is proved on: the office's database, or a backup, opened for as long as this takes."""
    database = Path(config.database_path())
    if given.against is None:
        if not database.is_file():
            raise CannotStart(
                f"There is no office at {database} to prove the halves on: set FIELDAPP_DATABASE, or give a backup with --against. Nothing was written."
            )
        try:
            opened = stores.open_still(database)
        except (StoreFailed, stores.DatabaseIsOlder, stores.DatabaseIsNewer) as error:
            raise CannotStart(f"{database} cannot be read as the database of an office ({error}).") from None
        try:
            yield opened
        finally:
            opened.close()
        return
    file: Path = given.against
    make_folder(database.parent)
    with tempfile.TemporaryDirectory(prefix=".fieldapp-sheet-", dir=database.parent) as folder:
        try:
            with upkeep.Progress() as progress:
                opened = backups.prepared(file, Path(folder) / "backup.db", Keys(raw), progress.step)
        except backups.NotABackup as error:
            told = (
                f"it needs key {error.key}" if error.key else upkeep.NOT_A_BACKUP[error.why].format(source="what the halves make")
            )
            raise CannotStart(
                f"The halves make key {Master(raw).name}, and {file} does not open with it: {told}. Nothing was written."
            ) from None
        except (StoreFailed, OSError) as error:
            raise CannotStart(f"{file} cannot be read ({error}).") from None
        try:
            yield opened
        finally:
            opened.close()


# Halves as they are printed, and as they come back


def _text(half: Half, origin: str, at: str) -> str:
    lines = "\n".join(f"    {n}   {line}" for n, line in enumerate(halves.spell(half), 1))
    return f"""fieldapp recovery sheet {half.sheet}, half {half.n} of 2

For master key {half.key} of the office at {origin}. Made {at[:10]}.

{lines}

This is one half of the key to everything this office keeps. Alone it opens nothing
and says nothing of the key. Whoever has both halves and a copy of the database or
of a backup can read every record in it.

Keep it where only you get at it, apart from the other half and from the backups.
To prove that it still works: fieldapp key check-sheet
When the key file is lost:     fieldapp key restore
Both ask for the lines above, with the holder of the other half beside you. The last
two letters of each line show a slip of the pen. Small letters will do, O is taken
for 0, I and L for 1. When the master key is replaced (fieldapp rekey), a new sheet
takes the place of this one; destroy this when no earlier backup is needed any more.
"""


def _page(text: str) -> str:
    title, _, rest = text.partition("\n")
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        "<style>body { margin: 2cm; font: 12pt/1.5 sans-serif } pre { font: 12pt/1.7 monospace; white-space: pre-wrap }</style>\n"
        f"<h1>{html.escape(title)}</h1>\n<pre>{html.escape(rest.strip(), quote=False)}</pre>\n</html>\n"
    )


def _joined(given: argparse.Namespace) -> tuple[bytes, bool]:
    """The key of the two halves, and whether it is a demo's. Raises CannotStart."""
    paths: list[Path] = given.halves
    if len(paths) not in (0, 2):
        raise CannotStart("Give two files with a half each, or none to type the lines in.")
    pair = [_read_file(path) for path in paths] if paths else [_typed("first"), _typed("other")]
    try:
        return halves.join(*pair), pair[0].demo
    except HalvesDiffer as error:
        raise CannotStart(f"{_DIFFER[error.why]} Nothing was written.") from None


def _read_file(path: Path) -> Half:
    try:
        return halves.read_text(path.read_text("utf-8", "replace"))
    except OSError as error:
        raise CannotStart(f"{path} cannot be read ({error.strerror}).") from None
    except WrongLine as error:
        raise CannotStart(
            f"{path}: {f'line {error.line} is missing or was not copied as it stands' if error.line else 'the lines do not belong together'}."
        ) from None


def _typed(which: str) -> Half:
    """Asks for one half line by line. A wrong line is asked for again; afterwards the screen is cleared, for the other half's holder to take the seat."""
    at_screen = sys.stdin.isatty()
    print(f"The {which} half: type its {halves.LINES} lines, without their numbers.", file=sys.stderr)
    lines: list[str] = []
    while len(lines) < halves.LINES:
        n = len(lines) + 1
        print(f"  {n}  ", end="", file=sys.stderr, flush=True)
        typed = sys.stdin.readline()
        if not typed:
            raise CannotStart(f"Line {n} of the {which} half is missing. Nothing was written.")
        try:
            lines.append(halves.read_line(n, typed))
        except WrongLine:
            if not at_screen:
                raise CannotStart(f"Line {n} of the {which} half was not copied as it stands. Nothing was written.") from None
            print("     There is a slip in it: look at each letter, and type the line again.", file=sys.stderr)
    if at_screen:
        print("\x1b[2J\x1b[3J\x1b[H", end="", file=sys.stderr, flush=True)
    try:
        return halves.read_lines(lines)
    except WrongLine:
        raise CannotStart(f"The lines of the {which} half do not belong together. Nothing was written.") from None
