"""Goal attainment scaling: one T score from goals rated -2 (much less than expected) to +2 (much more).

T = 50 + 10·Σwx / √(0.7·Σw² + 0.3·(Σw)²), the formula with ρ = 0.30. Twin: `gas.js`. Report it with the levels
themselves: they are ranks, and two families with one T may have little in common.
"""

from __future__ import annotations

from math import isqrt

from fieldapp.practice.decimals import Value, written

PLACES = 4


def t_score(levels: list[int], weights: list[int] | None = None) -> Value | None:
    """Gives T rounded to four places, or None without goals; raises ValueError outside -2…2 and weights 1…4.

    Worked out with whole-number square roots, so that both languages agree to the last digit.
    """
    weighing = [1] * len(levels) if weights is None else weights
    if len(weighing) != len(levels):
        raise ValueError("as many weights as levels are needed")
    if any(level not in range(-2, 3) for level in levels) or any(weight not in range(1, 5) for weight in weighing):
        raise ValueError("levels go from -2 to 2 and weights from 1 to 4")
    if not levels:
        return None
    weighted = sum(weight * level for weight, level in zip(weighing, levels, strict=True))
    spread = 7 * sum(weight * weight for weight in weighing) + 3 * sum(weighing) ** 2
    twice = isqrt(4 * 10 ** (2 * PLACES) * 1000 * weighted * weighted // spread)
    distance = (twice + 1) // 2
    return written(50 * 10**PLACES + (distance if weighted >= 0 else -distance), PLACES)
