"""Laws and samples of the word diff."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.changes import Piece, word_changes

texts = st.text(alphabet=st.sampled_from("ab'’ \n.,éم-"), max_size=60)


@given(texts, texts)
def test_law_both_texts_can_be_read_back_from_the_changes(before: str, after: str) -> None:
    pieces = word_changes(before, after)
    assert "".join(p.text for p in pieces if p.what != "added") == before
    assert "".join(p.text for p in pieces if p.what != "removed") == after


@given(texts)
def test_law_a_text_does_not_differ_from_itself(text: str) -> None:
    assert [piece.what for piece in word_changes(text, text)] == (["same"] if text else [])


def test_changed_words_are_shown_as_one_stretch_when_they_stand_together() -> None:
    assert word_changes("She wore his old coat.", "She wore a black coat.") == [
        Piece("same", "She wore "),
        Piece("removed", "his old"),
        Piece("added", "a black"),
        Piece("same", " coat."),
    ]


def test_apostrophes_stay_inside_their_word_when_words_are_cut() -> None:
    assert word_changes("don't", "won't") == [Piece("removed", "don't"), Piece("added", "won't")]


@pytest.mark.parametrize("word", ["the cat ", "\n", "a b ", "x"])
def test_a_very_long_text_is_compared_in_no_time_when_every_word_repeats(word: str) -> None:
    before = word * (250_000 // len(word))
    started = time.process_time()
    pieces = word_changes(before, "Once " + before[: len(before) // 2] + "!" + before[len(before) // 2 :] + " end")
    assert "".join(piece.text for piece in pieces if piece.what != "added") == before
    assert time.process_time() - started < 5


def test_only_what_was_added_is_marked_when_a_long_note_grew() -> None:
    before = "She said it was fine. " * 3000
    assert word_changes(before, before + "Then she rang.")[-1] == Piece("added", "Then she rang.")
