"""The rules that matter and how each is broken, read from one file a side; and what is wrong with such a list."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SIDES = ("phone", "office")
ROOMS = ("docs/check_evidence.py", "fieldapp/", "sync/", "static/")
"""Where what may be broken lies: a mutant that broke a test would prove nothing."""
_TITLE = re.compile(r"""\btest\(\s*(["'`])((?:\\.|(?!\1).)*)\1""", re.S)


@dataclass(frozen=True, slots=True)
class Edit:
    """Text that stands exactly once in a file, and what is put in its place."""

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule in words, how it is broken, and the tests that must notice: all of them."""

    rule: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


class DoesNotFit(Exception):
    """The text to replace is not there, or stands more than once: this mutant no longer breaks what it says."""


def read(side: str, folder: Path = HERE) -> list[Mutant]:
    """Reads one side's list."""
    told = tomllib.loads((folder / f"{side}.toml").read_text("utf-8"))
    return [_mutant(each) for each in told["mutant"]]


def _mutant(told: dict[str, Any]) -> Mutant:
    edits = tuple(Edit(each.get("file", told["file"]), each["from"], each["to"]) for each in (told, *told.get("also", [])))
    return Mutant(told["rule"], edits, tuple(told["tests"]))


def broken(root: Path, mutant: Mutant) -> dict[str, str]:
    """The texts of the files a mutant changes, changed. Raises DoesNotFit."""
    texts: dict[str, str] = {}
    for edit in mutant.edits:
        path = root / edit.file
        text = texts.get(edit.file) or (path.read_text("utf-8") if path.is_file() else "")
        times = text.count(edit.before)
        if times != 1:
            raise DoesNotFit(f"{edit.file}: {'stands ' + str(times) + ' times' if times else 'gone'}: {edit.before}")
        texts[edit.file] = text.replace(edit.before, edit.after)
    return texts


def faults(mutants: Iterable[Mutant], root: Path) -> list[str]:
    """What is wrong with a list of mutants, in words; nothing when each still breaks something and names tests that exist."""
    found: list[str] = []
    rules: set[str] = set()
    for mutant in mutants:
        if mutant.rule in rules:
            found.append(f"{mutant.rule}: told twice")
        rules.add(mutant.rule)
        found += [f"{mutant.rule}: {edit.file} is not ours to break" for edit in mutant.edits if not edit.file.startswith(ROOMS)]
        found += [f"{mutant.rule}: nothing is changed" for edit in mutant.edits if edit.before == edit.after]
        try:
            broken(root, mutant)
        except DoesNotFit as error:
            found.append(f"{mutant.rule}: {error}")
        found += [f"{mutant.rule}: no test is named"] if not mutant.tests else []
        found += [f"{mutant.rule}: there is no {name}" for name in mutant.tests if not is_test(root, name)]
    return found


def is_test(root: Path, name: str) -> bool:
    """Is there such a test? `FILE.py::test_name[case]` or `FILE.test.js::title`, titles made from a template included."""
    file, _, title = name.partition("::")
    path = root / file
    text = path.read_text("utf-8") if path.is_file() else ""
    if file.endswith(".py"):
        return re.search(rf"^def {re.escape(title.partition('[')[0])}\(", text, re.M) is not None
    return any(_title_pattern(found[2]).fullmatch(title) for found in _TITLE.finditer(text))


def _title_pattern(template: str) -> re.Pattern[str]:
    return re.compile(".+".join(re.escape(part) for part in re.split(r"\$\{[^}]*\}", template)), re.S)
