"""The commands that keep an office safe over the years: checkpoint, backup, restore, export, verify. Their words for people are here."""

from __future__ import annotations

import argparse
import getpass
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fieldapp import accepting, auditing, backups, checkpoints, config, evidence, hold, now, office_keys, open_office, people
from fieldapp import store as stores
from fieldapp.checkpoints import CheckpointFile
from fieldapp.config import Settings
from fieldapp.epoch import EpochFile, Noted
from fieldapp.errors import CannotStart
from fieldapp.people import Person
from fieldapp.store import StoreFailed
from fieldapp.store.copying import DatabaseInUse
from fieldapp.verifying import Fault, line, sentence, verify
from fieldapp.web.office import Office
from fieldapp.whole_file import make_file, make_folder

Add = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]

_BROKEN_CHECKPOINT = {
    "file": "is not an exported checkpoint",
    "office": "does not hold the office's key as it was exported",
    "keyset": "holds keys that its office key did not sign",
    "checkpoint": "holds a checkpoint that the office did not sign",
    "root": "was changed: its lines are not the ones that were signed",
}
NOT_A_BACKUP = {
    "missing": "there is no such file",
    "not_an_office": "it is not the database of an office, or it is damaged",
    "damaged": "it was changed or cut off since it was made",
    "other_key": "the key that {source} gives does not open it: it belongs to another office, or was changed",
}
_NEEDS_KEY = (
    "it needs key {key}, which {source} does not give: it belongs to another office, or to a former key of this one. For a former key, put "
    "its line below the one in the key file, try again, and then run `fieldapp rekey`"
)
_STEPS = {"copy": "copying", "check": "checking", "seal": "sealing", "open": "opening", "rekey": "moving keys"}


def adding_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> Add:
    """Gives what adds one command to these: its name, what it does, and what its --help says."""

    def add(name: str, command: Callable[[argparse.Namespace], int], told: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=told, description=told)
        made.set_defaults(command=command)
        return made

    return add


def add_commands(add: Add) -> None:
    """Adds the four commands to a parser."""
    made = add("checkpoint", make_checkpoint, "sign what the office holds now, and write it to a file to keep elsewhere")
    made.add_argument("--to", type=Path, metavar="FILE", help="the file to write (default: a dated name in this folder)")
    saved = add("backup", back_up, "copy the office while it serves, and check the copy")
    saved.add_argument("--to", type=Path, metavar="FOLDER", help="where copies lie (default: backups, beside the database)")
    put = add(
        "restore", restore, "put a backup in the place of the database, which is kept beside it; the office must be stopped"
    )
    put.add_argument("file", type=Path, metavar="FILE", help="a file made by `fieldapp backup`")
    put.add_argument("--despite-faults", action="store_true", help="also a copy with faults, when there is none without")
    exported = add("export", export, "write what people did as lines of JSON, or one casefile as evidence that others can check")
    exported.add_argument(
        "what",
        choices=["audit", "evidence"],
        help="audit: who did what and when, ids only, to stdout; evidence: one casefile with its text and its signatures, to a file",
    )
    exported.add_argument("--since", type=_number, default=0, metavar="N", help="audit: only rows after number N (default: all)")
    exported.add_argument(
        "--casefile", metavar="ID", help="evidence: which; the id stands in the address of its page at the desk"
    )
    exported.add_argument("--to", type=Path, metavar="FILE", help="evidence: the file to write")
    exported.add_argument(
        "--reason", default="", metavar="TEXT", help="evidence: who asked for it and why; the audit keeps it, sealed"
    )
    walked = add("verify", check, "walk everything the office keeps, and name what is not as it was signed")
    walked.add_argument("--backup", type=Path, metavar="FILE", help="walk this backup instead of the office")
    walked.add_argument("--against", type=Path, metavar="FILE", help="an exported checkpoint: is all there that it covers?")
    let = add(
        "accept",
        let_stand,
        "let stand what verify names of who reads, signs in or responds to risk: two administrators, each with password and code",
    )
    let.add_argument("line", metavar="LINE", help="a whole line as `fieldapp verify` prints it, between quotation marks")
    let.add_argument("--asks", required=True, metavar="EMAIL", help="the administrator who asks for it")
    let.add_argument("--confirms", required=True, metavar="EMAIL", help="another one, whom the first did not let in")
    let.add_argument("--reason", required=True, metavar="TEXT", help="what was found out; the audit keeps it, sealed")


def make_checkpoint(given: argparse.Namespace) -> int:
    settings = config.read()
    with held_office(settings) as office:
        at = office.clock()
        path: Path = given.to or Path(f"fieldapp-checkpoint-{at:%Y-%m-%dT%H%M%S}Z.json")
        if path.exists():
            raise CannotStart(f"{path} is there already and stays as it is: give another name with --to.")
        made, data = checkpoints.export(office.store, office.keys, at)
        try:
            make_file(path, data)
        except OSError as error:
            raise CannotStart(f"{path} cannot be written ({error.strerror}): give another place with --to.") from None
    print(f"Wrote checkpoint {made.n} of {made.at} to {path}.")
    print("It names no family and opens nothing. Keep it where nobody who can change the office can change it too.")
    print(f"Later, `fieldapp verify --against {path}` shows whether anything it covers was changed or taken out since.")
    return 0


def _number(said: str) -> int:
    """Reads the number of a row; beyond what the store can count to there is none, and argparse says so."""
    number = int(said)
    if not 0 <= number < 2**63:
        raise ValueError
    return number


def export(given: argparse.Namespace) -> int:
    """Writes lines to stdout and nothing else, so that a program can read them; the last line's `n` is the next `--since`."""
    if given.what == "evidence":
        return _export_evidence(given.casefile, given.to, given.reason.strip())
    with held_office(config.read()) as office:
        for line in auditing.lines(office.store, given.since, office.clock()):
            print(line)
    return 0


def _export_evidence(casefile: str | None, path: Path | None, reason: str) -> int:
    if not casefile or path is None or not reason:
        raise CannotStart(
            "Say which casefile, where to and why: `fieldapp export evidence --casefile=ID --to FILE --reason TEXT`. Nothing was written."
        )
    if path.exists():
        raise CannotStart(f"{path} is there already and stays as it is: give another name with --to.")
    with held_office(config.read()) as office:
        try:
            data = evidence.export(office.store, office.keys, casefile, reason, office.clock())
        except evidence.NoCasefile:
            raise CannotStart(
                f"This office has no casefile {casefile}: the id stands in the address of its page at the desk."
            ) from None
        try:
            make_file(path, data)
        except OSError as error:
            raise CannotStart(f"{path} cannot be written ({error.strerror}): give another place with --to.") from None
    print(
        f"Wrote {path}. Only this account can read it, and it holds the family’s record in the clear: keep and hand it over as such."
    )
    print(
        "docs/check_evidence.py checks it, with a checkpoint file beside it where there is one. The audit says that it was made."
    )
    return 0


def back_up(given: argparse.Namespace) -> int:
    settings = config.read()
    folder: Path = given.to or Path(settings.database).parent / "backups"
    if settings.key_source.path is not None and settings.key_source.path.resolve().parent == folder.resolve():
        raise CannotStart(
            f"The key file lies in {folder}: whoever took that folder could read everything. Give another folder with --to."
        )
    with held_office(settings) as office:
        try:
            with Progress() as progress:
                made = backups.make(office.store, office.keys, folder, office.clock, progress.step)
        except backups.BackupUnderWay:
            raise CannotStart(f"Another backup is being written to {folder}: wait until it is done.") from None
        except backups.NotNoted as found:
            _tell_faults(found.faults)
            raise CannotStart(
                f"Made {found.path}{', which has faults' if found.faults else ', and it is whole'}, but the office could not write down that it was made: its disk may be full. Keep the "
                "copy, make room, and back up again; until then phones go on keeping what they sent."
            ) from None
        except (StoreFailed, OSError) as error:
            raise CannotStart(
                f"No backup was made in {folder} ({_reason(error)}): see that it can be written to and has room. The office is as it was."
            ) from None
    if made.faults:
        _tell_faults(made.faults)
        print(
            f"Kept the copy as {made.path}, but it has faults, and the office has them too: run `fieldapp verify`. "
            "Keep your earlier backups. Phones go on keeping what they sent.",
            file=sys.stderr,
        )
        return 1
    print(f"Made {made.path} ({made.entries:,} entries, {made.size / 1_000_000:,.1f} MB), opened it again and checked it.")
    print(f"Phones may now let go of what came until {made.durable_through}.")
    print(f"It is sealed and holds no key: without {settings.key_source.told} nothing in it can be read. Keep both, apart.")
    return 0


def restore(given: argparse.Namespace) -> int:
    settings = config.read()
    file: Path = given.file
    try:
        with hold.alone(settings.database), Progress() as progress:
            done = backups.restore(
                file,
                settings.database,
                office_keys(settings),
                EpochFile(settings.beside),
                now(),
                progress.step,
                despite_faults=given.despite_faults,
            )
    except hold.Held:
        raise CannotStart(
            f"The office at {settings.database} is being served or backed up (it holds {settings.database}.hold): "
            "stop it first. Nothing was changed."
        ) from None
    except DatabaseInUse:
        raise CannotStart(
            f"Another program has {settings.database} open (SQLite says so): stop it first. Nothing was changed."
        ) from None
    except backups.NotABackup as error:
        raise CannotStart(f"{file} cannot be put back: {_why(error, settings)}. Nothing was changed.") from None
    except backups.BackupHasFaults as error:
        _tell_faults(error.faults)
        raise CannotStart(
            f"{file} does not verify, so it was not put back and nothing was changed. Take another backup; if this is the best "
            "there is, --despite-faults puts it back with what is named above."
        ) from None
    except (StoreFailed, OSError) as error:
        raise CannotStart(f"{file} was not put back ({_reason(error)}). The office is as it was.") from None
    _tell_restored(done, settings, file)
    return 0


def _why(error: backups.NotABackup, settings: Settings) -> str:
    told = _NEEDS_KEY if error.key else NOT_A_BACKUP[error.why]
    return told.format(source=settings.key_source.told, key=error.key)


def check(given: argparse.Namespace) -> int:
    settings = config.read()
    against = _read_checkpoint(given.against) if given.against else None
    if given.backup is not None:
        return _check_backup(settings, given.backup, against)
    return _check(settings, against, EpochFile(settings.beside).noted())


def let_stand(given: argparse.Namespace) -> int:
    """Asks both for password and code on this machine, one after the other."""
    named, why = " ".join(given.line.split()), given.reason.strip()
    with held_office(config.read()) as office:
        try:
            if not why:
                raise accepting.NoReason
            accepting.require_named(office.store, office.keys, named)
            asks, confirms = (_let_in(office, email) for email in (given.asks, given.confirms))
            accepting.accept(office.store, office.keys, asks, confirms, named, why, office.clock())
        except accepting.NoReason:
            raise CannotStart("The reason is missing: say with --reason what was found out. Nothing was written.") from None
        except accepting.NothingThere:
            raise CannotStart(
                "verify says no such line of who reads, signs in or responds to risk as it stands now. Run `fieldapp verify` again, look at what it "
                "names, and give the whole line as it is printed. Nothing was written."
            ) from None
        except accepting.InDoubt:
            raise CannotStart(
                "Another hand may have made one of the two what they seem to be: verify names something of their accounts, of a reset or of the audit "
                "itself. Of an account: have two others let that stand first. Of a reset: give both new words (`fieldapp account EMAIL --words`). Of "
                "the audit: nothing can be accepted, because what cannot be read there may hide who let whom in. The way out is a backup from before it: "
                "`fieldapp verify --backup FILE` finds nothing in a whole one, and after `fieldapp restore FILE` phones bring back what came since. "
                "Nothing was written."
            ) from None
        except accepting.NotTwo:
            raise CannotStart(
                "It takes two different administrators, neither of whom let the other in. Nothing was written; "
                "`fieldapp verify` goes on naming it."
            ) from None
    print("Written down, with both names and the reason. `fieldapp verify` tells of it as accepted from now on.")
    return 0


def _let_in(office: Office, email: str) -> Person:
    password, code = getpass.getpass(f"Password of {email}: "), getpass.getpass(f"Code of {email}: ")
    found = people.sign_in(office.store, office.keys, email, password, code, "", office.clock, demo_code=office.demo_code)
    if isinstance(found, people.Refused):
        raise CannotStart(
            f"{email} was not let in: address, password or code is not right, or there were too many tries. Nothing was written."
        )
    return found


def _check_backup(settings: Settings, file: Path, against: CheckpointFile | None) -> int:
    """Walks a backup, opened beside the database for as long as that takes. It knows less than was noted since: no fault."""
    beside = Path(settings.database).parent
    make_folder(beside)
    with tempfile.TemporaryDirectory(prefix=".fieldapp-verify-", dir=beside) as folder:
        opened = Path(folder) / "backup.db"
        try:
            with Progress() as progress:
                backups.prepared(file, opened, office_keys(settings), progress.step).close()
        except backups.NotABackup as error:
            raise CannotStart(f"{file} cannot be read: {_why(error, settings)}.") from None
        except (StoreFailed, OSError) as error:
            raise CannotStart(f"{file} cannot be read ({_reason(error)}).") from None
        return _check(replace(settings, database=str(opened)), against, None)


def _check(settings: Settings, against: CheckpointFile | None, noted: Noted | None) -> int:
    if not Path(settings.database).is_file():
        raise CannotStart(f"There is no office at {settings.database}: set FIELDAPP_DATABASE.")
    # Not held: it changes nothing, and also reads a copy in a folder where nothing can be written.
    with Progress() as progress:
        try:
            opened = stores.open_still(settings.database)
        except StoreFailed as error:
            raise CannotStart(f"{settings.database} cannot be read as the database of an office ({line(str(error))}).") from None
        except stores.DatabaseIsOlder as error:
            raise CannotStart(str(error)) from None
        walk = verify(
            opened,
            office_keys(settings),
            against=against,
            noted=noted,
            tell=lambda done, total: progress.step("check", done, total),
        )
        found = 0
        try:
            for fault in walk:
                found += not fault.is_accepted
                progress.clear()
                print(sentence(fault))
        except StoreFailed as error:
            found += 1
            print(line(f"the database file: it is too damaged to read on ({error})"))
        entries, casefiles = opened.entries.count(), len(opened.casefiles.heads()) if not found else 0
        opened.close()
    if found:
        print(f"{found:,} faults. Change nothing; keep a copy of the database and of this list.", file=sys.stderr)
        return 1
    print(f"Walked {entries:,} entries in {casefiles:,} casefiles: all as they were signed, numbered and chained.")
    if against is not None:
        count = sum(seq for seq, _ in against.heads.values())
        print(f"All that checkpoint {against.n} of {against.at} covers is there unchanged: {count:,} entries.")
    return 0


def _tell_restored(done: backups.Restored, settings: Settings, file: Path) -> None:
    made = f", as it was at {done.made_at}" if done.made_at else ""
    print(f"Put {file} back as {settings.database}{made}: {done.entries:,} entries, epoch {done.epoch}.")
    if done.replaced is not None:
        print(f"The database that was there lies at {done.replaced}. Keep it until you are sure.")
    if done.made_at and done.promised > done.made_at:
        print(
            f"Note: phones were told that all until {done.promised} is safe, and may have let go of it. What came between "
            f"{done.made_at} and then comes back only from phones that had fetched it. A newer backup would be better."
        )
    print("What happens next, once `fieldapp serve` runs again:")
    print("  - Phones notice the new epoch and offer again what this database lacks, whoever wrote it. Nobody need do anything.")
    print(
        "  - People, passwords, rights and lost phones are as they were then. Administrators and supervisors are led at the desk to *After a restore*: "
        "what to go through, first of all phones that were lost since."
    )
    print(
        "  - No phone is given anything of a private section until one of its supervisors has confirmed who reads it. Ask them to look at their board."
    )
    print("  - Everybody signs in again at the desk. A phone set up since then is set up again; what it has waiting is not lost.")
    print("  - Sign-offs and questions made at a desk since then are not in it: look through what was signed off since.")


def _read_checkpoint(path: Path) -> CheckpointFile:
    try:
        return checkpoints.read_file(path.read_bytes())
    except OSError as error:
        raise CannotStart(f"{path} cannot be read ({error.strerror}).") from None
    except checkpoints.NotACheckpoint as error:
        raise CannotStart(f"{path} {_BROKEN_CHECKPOINT[error.code]}. Nothing was held against it.") from None


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Holds the office together with others, or says that it is being put back just now."""
    try:
        with hold.among_others(settings.database):
            yield
    except hold.Held:
        raise CannotStart(f"The office at {settings.database} is being restored: wait until that is done.") from None


@contextmanager
def held_office(settings: Settings) -> Iterator[Office]:
    """Opens the office, held together with others, and closes it again."""
    with held(settings):
        office = open_office(settings)
        try:
            yield office
        finally:
            office.store.close()


def _reason(error: Exception) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)


def _tell_faults(faults: list[Fault]) -> None:
    for fault in faults:
        print(sentence(fault), file=sys.stderr)


class Progress:
    """One line on a terminal that says how far long work is; nothing anywhere else."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._told = ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def step(self, step: str, done: int, total: int) -> None:
        told = f"{_STEPS[step]}: {100 * done // max(total, 1)} %"
        if self._is_shown and told != self._told:
            self._told = told
            print(f"\r{told:<20}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._told:
            print(f"\r{'':<20}\r", end="", file=sys.stderr, flush=True)
            self._told = ""
