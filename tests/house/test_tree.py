"""What no file of the repository may hold. Each rule is first shown to catch a planted line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.house.tools import ROOT, tracked

RULES = {
    "a package registry's host": r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)",
    "a path of somebody's machine": r"(?<![\w.$}])/(root|opt|work|home/\w+|Users/\w+|private/tmp)/\w",
    "work put off": r"\b(TODO|FIXME|XXX|HACK)\b",
    "a test that does not run": r"pytest\.(mark\.)?(skip|xfail|importorskip)|\b(test|it|describe)\.(skip|only|todo)\(|\bunittest\.skip",
    "a merge left half done": r"^(<{7}|>{7}) ",
}
PLANTED = {
    "a package registry's host": "https://registry." + "npmjs" + ".org/preact",
    "a path of somebody's machine": "open('/root/notes.txt')",
    "work put off": "# TODO: later",
    "a test that does not run": "@pytest.mark.skip(reason='slow')",
    "a merge left half done": "<<<<<<< ours",
}
HERE = "test_tree.py"  # holds the planted lines
TEXT = {
    ".py",
    ".js",
    ".jsx",
    ".mjs",
    ".ts",
    ".json",
    ".html",
    ".scss",
    ".css",
    ".md",
    ".txt",
    ".in",
    ".cfg",
    ".toml",
    ".webmanifest",
    "",
}


def broken(rule: str, text: str) -> list[str]:
    """Give the lines that hold what the rule forbids."""
    pattern = re.compile(RULES[rule], re.MULTILINE)
    return [line for line in text.split("\n") if pattern.search(line)]


@pytest.mark.parametrize("rule", RULES)
def test_no_file_holds(rule: str) -> None:
    assert broken(rule, f"fine\n{PLANTED[rule]}\n") == [PLANTED[rule]]
    found = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if path.suffix in TEXT and path.name != HERE and (lines := broken(rule, path.read_text("utf-8")))
    }
    assert found == {}


def test_file_names_are_nouns_with_one_meaning() -> None:
    vague = re.compile(r"(^|[_.-])(utils?|helpers?|common|managers?|handlers?|misc|stuff|data)([_.-]|$)")
    assert vague.search("date_utils.py")
    assert [str(path) for path in tracked() if vague.search(path.name)] == []


NOTIFIES = re.compile(r"\b(Notification|showNotification|pushManager|PushManager)\b")
CALLS = ["new Notification('x')", "worker.registration.showNotification(title);", "await registration.pushManager.subscribe()"]


def notifying(files: Iterable[Path]) -> list[tuple[str, str]]:
    """Give (file, line) for whatever could put words on a locked phone's screen."""
    lines = ((path.name, line) for path in files for line in path.read_text("utf-8").split("\n"))
    return [(name, line) for name, line in lines if NOTIFIES.search(line)]


def test_no_phone_shows_a_notification(tmp_path: Path) -> None:
    planted = tmp_path / "planted.js"
    planted.write_text("\n".join(['import { NotificationBanner } from "govuk-frontend";', *CALLS]))
    assert notifying([planted]) == [(planted.name, line) for line in CALLS]
    sources = [path for path in tracked() if path.is_relative_to(ROOT / "static") and path.suffix in {".js", ".jsx", ".ts"}]
    assert ROOT / "static" / "sw.js" in sources
    assert len(sources) > 100
    assert notifying(sources) == []
