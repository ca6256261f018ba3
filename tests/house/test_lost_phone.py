"""After everything that can have happened to a phone some story searches it, by name: none of these can silently drop out."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from tests.browser.lost_phone.situations import SEARCHED, SITUATIONS, Situation

STORIES = Path(__file__).parents[1] / "browser"
SEARCH = "the_lost_phone_tells_nothing"


def searches(source: str) -> set[tuple[str, str]]:
    """Gives every (story, situation) of a file: the tests that search, and after what."""
    found = set()
    for story in ast.walk(ast.parse(source)):
        if not isinstance(story, ast.FunctionDef) or not story.name.startswith("test_"):
            continue
        for call in ast.walk(story):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == SEARCH:
                found |= {(story.name, str(ast.literal_eval(given.value))) for given in call.keywords if given.arg == "after"}
    return found


def faults(listed: Mapping[Situation, str], done: set[tuple[str, str]]) -> list[str]:
    """Says which situations nobody searches after, and which searches are not on the list."""
    found = [f"no story is named for: {one}" for one in SITUATIONS if one not in listed]
    found += [f"{story} does not search after: {after}" for after, story in listed.items() if (story, after) not in done]
    return found + [
        f"not on the list: {story} after: {after}" for story, after in sorted(done) if (after, story) not in listed.items()
    ]


def all_searches() -> set[tuple[str, str]]:
    return set[tuple[str, str]]().union(*(searches(file.read_text()) for file in STORIES.rglob("test_*.py")))


def test_a_phone_is_searched_after_everything_that_can_have_happened_to_it() -> None:
    assert faults(SEARCHED, all_searches()) == []


def test_a_search_that_went_missing_or_has_another_name_is_found() -> None:
    planted = """
def test_somebody_locks(ama):
    the_lost_phone_tells_nothing(ama.phone, ama, after="it was locked")

def begins():
    the_lost_phone_tells_nothing(ama.phone, ama, after="it was marked lost")
"""
    assert searches(planted) == {("test_somebody_locks", "it was locked")}
    listed: dict[Situation, str] = dict.fromkeys(SITUATIONS, "test_somebody_locks")
    told = faults(listed, searches(planted))
    assert "test_somebody_locks does not search after: it was marked lost" in told
    assert not any("it was locked" in one for one in told)
    del listed["it was locked"]
    assert "no story is named for: it was locked" in faults(listed, searches(planted))
    assert "not on the list: test_somebody_locks after: it was locked" in faults(listed, searches(planted))
