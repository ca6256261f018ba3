"""Which passwords people may have."""

from __future__ import annotations

import itertools
import math

import pytest

from fieldapp import passwords
from fieldapp.passwords import fault_of
from fieldapp.practice.words import guessed_first, words


def is_three_words(password: str) -> bool:
    """Some words of the list are written with a dash themselves."""
    parts, known = password.split("-"), set(words())
    cuts = itertools.combinations(range(1, len(parts)), 2)
    return any({"-".join(parts[:a]), "-".join(parts[a:b]), "-".join(parts[b:])} <= known for a, b in cuts)


def test_a_drawn_password_is_three_words_of_the_list_and_carries_38_bits() -> None:
    drawn = [passwords.drawn() for _ in range(200)]
    assert all(is_three_words(each) for each in drawn)
    assert not is_three_words("rimless-harpist")
    assert len(set(drawn)) == 200
    assert all(fault_of(each, name="Ama Lindqvist", email="ama@harrowmere.example") is None for each in drawn)
    assert math.floor(passwords.DRAWN_WORDS * math.log2(len(words()))) == 38


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", "short"),
        ("elevenchars", "short"),
        ("x" * 201, "long"),
        ("aaaaaaaaaaaaaa", "repeats"),
        ("abababababab", "repeats"),
        ("Ama-Lindqvist-1", "own"),
        ("ama@harrowmere.example", "own"),
        ("lindqvistLINDQVIST", "own"),
        ("4m4.L1ndqv1st!", "own"),
        ("fieldapp-fieldapp", "service"),
        ("FieldApp!2026", "service"),
        ("password1234", "guessed"),
        ("P@ssw0rd2026!", "guessed"),
        ("Summer2025!!!", "guessed"),
        ("qwertyuiop123", "guessed"),
        ("0987654321098", "guessed"),
        ("letmeinletmein1", "guessed"),
        ("Liverpool1987", "guessed"),
        ("correcthorsebatterystaple", "guessed"),
        ("abcdefghijklmnop", "guessed"),
        ("ten green kettles", None),
        ("rimless-harpist-upfront", None),
        ("Kräuter und Rüben 7", None),
    ],
)
def test_an_own_password_is_refused_when_it_is_guessed_first(password: str, fault: str | None) -> None:
    assert fault_of(password, name="Ama Lindqvist", email="ama@harrowmere.example") == fault


def test_short_parts_of_a_name_forbid_nothing() -> None:
    assert fault_of("joyful-maple-thunder", name="Jo Ma", email="jo@x.example") is None


def test_the_words_guessed_first_are_written_as_they_are_compared() -> None:
    assert all(each == each.casefold() and each.isalnum() for each in guessed_first())
    assert len(set(guessed_first())) == len(guessed_first()) > 100


@pytest.mark.parametrize(
    "password",
    [
        "quietlantern",
        "QUIETLANTERN",
        "quiet lantern over moss",
        "тихийфонарьнадмхом",
        "🦔 under the 🪨 sleeps",
        "'; -- \" <lantern> \\ moss",
        "quiet lantern over moss and stone " * 2,
        ("quiet lantern over moss and stone " * 6)[:200],
    ],
)
def test_an_own_password_may_be_of_any_letters_and_as_long_as_a_sentence(password: str) -> None:
    assert fault_of(password, name="Marian Holt-Vane", email="marian@harrowmere.example") is None
