"""A copy of the tree in which rules are broken and named tests run. The working tree is only read."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from tests.house.tools import NODE, ROOT, copy

LIMIT_S = 120.0
LIMIT_OF_ALL_S = 600.0
_LENT = ("node_modules", "static/dist")
"""Large, read by tests and written by none: lent to the copy, not copied."""
_LARGEST_FILE = 2_097_152
"""In blocks of 512 bytes: a rule that is broken must not fill anybody's disk."""


class Scratch:
    """One copy of the tree, for one test process at a time."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        self._told = folder / "told.jsonl"
        self._home = folder / "home"
        self._home.mkdir(parents=True)
        copy(_tree(), self.root)
        for name in _LENT:
            (self.root / name).symlink_to(ROOT / name)
        # By content and not by time: a rule is broken and mended within one second.
        compiling = ["-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "fieldapp", "sync"]
        subprocess.run([sys.executable, *compiling], cwd=self.root, check=True)

    def run(self, tests: Iterable[str], texts: Mapping[str, str] | None = None, limit_s: float = LIMIT_S) -> dict[str, str]:
        """Puts `texts` in the place of files, runs these tests, and puts the files back; tells how each test ended.

        "passed" and "failed" (by an assertion) are what a test says; whatever else comes back says nothing about a rule.
        """
        before = {name: (self.root / name).read_text("utf-8") for name in texts or {}}
        for name, text in (texts or {}).items():
            (self.root / name).write_text(text, "utf-8")
        try:
            wanted = list(dict.fromkeys(tests))
            ended = dict.fromkeys(wanted, "did not run")
            for command, names in self._commands(wanted):
                self._told.write_text("")
                self._finish(command, limit_s)
                # Whoever is ended by the limit of time may leave half a line, which tells nothing.
                lines = self._told.read_text("utf-8").split("\n")[:-1]
                told = {each["name"]: str(each["ended"]) for each in map(json.loads, lines)}
                ended.update({name: told[said] for name, said in names.items() if said in told})
            return ended
        finally:
            for name, text in before.items():
                (self.root / name).write_text(text, "utf-8")

    def _commands(self, wanted: list[str]) -> list[tuple[list[str], dict[str, str]]]:
        """The processes to run, each with the tests it answers for and what it calls them."""
        commands: list[tuple[list[str], dict[str, str]]] = []
        python = [name for name in wanted if name.partition("::")[0].endswith(".py")]
        if python:
            asked = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.mutants.watching", *python]
            commands.append(([sys.executable, *asked], {name: name for name in python}))
        by_file: dict[str, list[str]] = {}
        for name in wanted:
            if name not in python:
                by_file.setdefault(name.partition("::")[0], []).append(name)
        for file, names in by_file.items():
            titles = {name: name.partition("::")[2] for name in names}
            only = [f"--test-name-pattern={_literally(title)}" for title in titles.values()]
            told = ["--test-reporter=./tests/mutants/watching.js", f"--test-reporter-destination={self._told}"]
            commands.append(([str(NODE), "--test", *told, *only, file], titles))
        return commands

    def _finish(self, command: list[str], limit_s: float) -> None:
        """Runs to the end or to the limit of time; then whatever it started ends with it."""
        environment = {
            "PATH": os.pathsep.join([str(NODE.parent), os.environ.get("PATH", "")]),
            "HOME": str(self._home),
            "TMPDIR": str(self._home),
            "LANG": "C.UTF-8",
            "MUTANTS_TOLD": str(self._told),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self._home / "hypothesis"),
        }
        limited = ["sh", "-c", f'ulimit -f {_LARGEST_FILE}; exec "$@"', "sh", *command]
        process = subprocess.Popen(
            limited,
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for left in self._home.glob("*"):
                shutil.rmtree(left, ignore_errors=True)


def _tree() -> list[str]:
    """Every file of the working tree that is or may become part of the repository: what was just written is tried as well."""
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _literally(title: str) -> str:
    """A pattern of JavaScript that finds this title."""
    return re.sub(r"([\\^$.*+?()\[\]{}|/])", r"\\\1", title)
