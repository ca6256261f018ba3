"""One family of errors. Each class carries fields; the words for people are written near the screen that shows them."""

from __future__ import annotations


class FieldappError(Exception):
    """Stands at the root of everything this program raises on purpose."""


class CannotStart(FieldappError):
    """Says, in one sentence with its remedy, why the server or a command will not begin."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
