"""The words that unlock words and check words are taken from."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def word_list_bytes() -> bytes:
    """The list as it is served: one word a line, frozen (it decides the check words of every office key)."""
    return (files("fieldapp.practice") / "vocabularies" / "words.txt").read_bytes()


@cache
def words() -> tuple[str, ...]:
    """All words in their order."""
    return tuple(word_list_bytes().decode("ascii").split())
