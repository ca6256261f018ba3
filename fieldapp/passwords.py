"""Which passwords there are: three words drawn at random, or one's own when it is not easily guessed. None of them runs out.

Three of 7,776 words carry 38 bits. That is enough where each guess has to pass a second factor and the waits of `attempts`; it is
why a phone's unlock words, which a thief guesses on a machine of his own, are four.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Literal

from fieldapp.practice.words import guessed_first, words

DRAWN_WORDS = 3
SHORTEST, LONGEST = 12, 200
"""Characters of an own password."""

_LEAST_LEFT = 6
"""Characters that must remain once everything was taken away that people guess first."""
_LEAST_DIFFERENT = 6

Fault = Literal["short", "long", "own", "service", "repeats", "guessed"]

_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qazwsxedcrfvtgbyhnujm",
    "1qaz2wsx3edc4rfv5tgb",
)
_SERVICE = ("fieldapp", "field", "app")
_LOOKS_LIKE = str.maketrans("013457@$!|", "oieastasii")


def drawn() -> str:
    """Draws three words, as they are written down for somebody: `rimless-harpist-upfront`."""
    while True:
        password = "-".join(secrets.choice(words()) for _ in range(DRAWN_WORDS))
        if fault_of(password, name="", email="") is None:
            return password


def drawn_half() -> str:
    """Draws one half of the words of a reset: three, like a password."""
    return drawn()


def fault_of(password: str, *, name: str, email: str) -> Fault | None:
    """Says what is wrong with somebody's own password; None when nothing is.

    What people guess first is taken away: the person's name and address, this app's name, common words, years, rows of keys,
    also when they are spelled with figures. If hardly anything is left, guessing it is easy however long it is.
    """
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    plain = unicodedata.normalize("NFKC", password).casefold()
    if len(set(plain)) < _LEAST_DIFFERENT:
        return "repeats"
    own = [part for part in re.split(r"[\W_]+", f"{name} {email}".casefold()) if len(part) > 2]
    looked_at: tuple[tuple[Fault, list[str]], ...] = (
        ("own", own),
        ("service", [*own, *_SERVICE]),
        ("guessed", [*own, *_SERVICE, *guessed_first()]),
    )
    for fault, guesses in looked_at:
        spellings = (plain, plain.translate(_LOOKS_LIKE))
        if min(_left(each, guesses, runs=fault == "guessed") for each in spellings) < _LEAST_LEFT:
            return fault
    return None


def _left(plain: str, guesses: list[str], *, runs: bool) -> int:
    """Counts the different characters that remain of a password without what is guessed first."""
    for guess in sorted(guesses, key=len, reverse=True):
        plain = plain.replace(guess, " ")
    if runs:
        plain = re.sub(r"(?:19|20)\d\d", " ", plain)
        plain = _without_runs(plain)
    return len({letter for letter in plain if letter.isalnum()})


def _without_runs(plain: str) -> str:
    """Takes away rows of four or more neighbours of the alphabet, of the figures or on a keyboard, in either direction."""
    rows = [row for run in _RUNS for row in (run, run[::-1])]
    at, kept = 0, ""
    while at < len(plain):
        length = next((n for n in range(len(plain) - at, 3, -1) if any(plain[at : at + n] in row for row in rows)), 0)
        kept += " " if length else plain[at]
        at += length or 1
    return kept
