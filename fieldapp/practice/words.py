"""The words that unlock words, check words and passwords are taken from, and those that own passwords may not be made of."""

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


@cache
def guessed_first() -> tuple[str, ...]:
    """What passwords are made of that are tried first: words, names, clubs, months, in small letters without spaces."""
    return tuple((files("fieldapp.practice") / "vocabularies" / "guessed-first.txt").read_text("ascii").split())
