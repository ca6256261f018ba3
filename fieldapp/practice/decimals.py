"""Exact sums on whole numbers and decimal text, so that Python and JavaScript agree to the last byte.

A value is an int or decimal text with at most six places, such as "8.89" or "-2.5". Twin: `decimals.js`.
"""

from __future__ import annotations

import re

PLACES = 6
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)

Value = int | str
_UNIT: int = 10**PLACES


def is_value(value: object) -> bool:
    """Says whether this is a whole number or decimal text."""
    if isinstance(value, str):
        return _DECIMAL.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool)


def scaled(value: Value) -> int:
    """Reads a value as a whole number of millionths; raises ValueError for anything else."""
    if not is_value(value):
        raise ValueError("neither a whole number nor decimal text")
    if isinstance(value, int):
        return value * _UNIT
    whole, _, rest = value.lstrip("-").partition(".")
    size = int(whole) * _UNIT + int(rest.ljust(PLACES, "0") or "0")
    return -size if value.startswith("-") else size


def written(number: int, places: int) -> Value:
    """Writes a whole number of 10^-places as a value: an int when nothing is left after the point."""
    unit: int = 10**places
    if number % unit == 0:
        return number // unit
    sign, size = ("-", -number) if number < 0 else ("", number)
    return f"{sign}{size // unit}.{size % unit:0{places}d}"


def rounded(numerator: int, denominator: int, places: int) -> Value:
    """Divides two whole numbers, half rounded up, to so many places: 13/2 is 7, not the 6 of
    round-half-even."""
    unit: int = 10**places
    return written((2 * numerator * unit + denominator) // (2 * denominator), places)


def minus(left: Value, right: Value) -> Value:
    """Subtracts exactly and drops needless zeros."""
    number = scaled(left) - scaled(right)
    places = PLACES
    while places > 0 and number % 10 == 0:
        number //= 10
        places -= 1
    return written(number, places)
