"""Where the points of a chart stand, and the same numbers as a table. Pure: the template only draws what is here.

Time runs true to scale, so that a gap in the work is a gap in the line. Raters differ by shape and label before colour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 36, 150, 14, 34
SHAPES = ("circle", "square", "triangle", "diamond")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Point:
    """One number on one day. `note` is what was said with it."""

    on: date
    value: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One rater's points, oldest first. Different raters are never joined into one line."""

    label: str
    points: tuple[Point, ...]
    verdict: str = ""
    """What the change from first to last amounts to, in words: `clear change`, `some movement`."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One point as drawn: `path` is the outline of the rater's shape."""

    path: str
    told: str


@dataclass(frozen=True, slots=True)
class Line:
    """One series as drawn, its label beside its last point."""

    n: int
    label: str
    path: str
    marks: tuple[Mark, ...]
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across or a day below. Text hangs on its baseline, so a label beside a line sits a little lower."""

    at: float
    label: str

    @property
    def label_y(self) -> float:
        return round(self.at + 5, 1)


@dataclass(frozen=True, slots=True)
class Range:
    """A named range of a score, shaded every other one so that neighbours tell apart."""

    top: float
    height: float
    label: str
    label_y: float
    is_shaded: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: the rater, a cell for each day, the change."""

    label: str
    cells: tuple[str, ...]
    verdict: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the template draws. `left`, `right`, `top`, `bottom` bound the plot."""

    left: float
    right: float
    top: float
    bottom: float
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    bands: tuple[tuple[float, float], ...]
    lines: tuple[Line, ...]
    days: tuple[str, ...]
    rows: tuple[Row, ...]
    ranges: tuple[Range, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def across_width(self) -> float:
        return self.right - self.left

    @property
    def label_x(self) -> float:
        return self.left - 8

    @property
    def range_x(self) -> float:
        return self.left + 6

    @property
    def days_y(self) -> float:
        return self.bottom + 22


def chart(
    series: Sequence[Series],
    *,
    low: float,
    high: float,
    step: float,
    band: float | None = None,
    ranges: Sequence[tuple[float, str]] = (),
) -> Chart | None:
    """Lays out a chart from `low` to `high`; None when there is not one number to draw.

    `band` shades that much on either side of the first value, when there is one rater only: two bands would hide each other.
    `ranges` are named ranges of a score as (lowest value, name), lowest first.
    """
    drawn = [one for one in series if one.points]
    if not drawn:
        return None
    days = sorted({point.on for one in drawn for point in one.points})
    first, last = days[0], days[-1]
    high = max(high, *(point.value for one in drawn for point in one.points))
    low = min(low, *(point.value for one in drawn for point in one.points))
    left, right, top, bottom = float(_LEFT), float(WIDTH - _RIGHT), float(_TOP), float(HEIGHT - _BOTTOM)
    span = max((last - first).days, 1)

    def x(on: date) -> float:
        if first == last:
            return round((left + right) / 2, 1)
        return round(left + 10 + (right - left - 20) * (on - first).days / span, 1)

    def y(value: float) -> float:
        return round(bottom - (bottom - top) * (value - low) / ((high - low) or 1), 1)

    lines = _apart([_line(n, one, x, y) for n, one in enumerate(drawn)], top, bottom)
    bands: tuple[tuple[float, float], ...] = ()
    if band is not None and len(drawn) == 1:
        base = drawn[0].points[0].value
        upper, lower = y(min(high, base + band)), y(max(low, base - band))
        bands = ((upper, round(lower - upper, 1)),)
    up = tuple(Tick(y(low + step * n), _number(low + step * n)) for n in range(int((high - low) / step) + 1))
    rows = tuple(Row(one.label, _cells(one, days), one.verdict) for one in drawn)
    ticks = tuple(Tick(x(on), short_day(on)) for on in _spread(first, last))
    named = _ranges(ranges, low, high, y)
    return Chart(left, right, top, bottom, ticks, up, bands, lines, tuple(short_day(on) for on in days), rows, named)


def _ranges(ranges: Sequence[tuple[float, str]], low: float, high: float, y: Callable[[float], float]) -> tuple[Range, ...]:
    found: list[Range] = []
    for n, (begins, label) in enumerate(ranges):
        ends = ranges[n + 1][0] if n + 1 < len(ranges) else high
        top, bottom = y(min(max(ends, low), high)), y(min(max(begins, low), high))
        found.append(Range(top, round(bottom - top, 1), label, round((top + bottom) / 2 + 4, 1), n % 2 == 0))
    return tuple(found)


def short_day(on: date) -> str:
    """Writes `21 Nov`."""
    return f"{on.day} {MONTHS[on.month - 1]}"


def _line(n: int, one: Series, x: Callable[[date], float], y: Callable[[float], float]) -> Line:
    at = [(x(point.on), y(point.value)) for point in one.points]
    shape = SHAPES[n % len(SHAPES)]
    marks = tuple(
        Mark(_outline(shape, *place), f"{one.label}, {short_day(point.on)}: {_number(point.value)}")
        for place, point in zip(at, one.points, strict=True)
    )
    path = "M" + " L".join(f"{px:g} {py:g}" for px, py in at)
    return Line(n % len(SHAPES) + 1, one.label, path, marks, at[-1][0] + 14, at[-1][1] + 5)


def _outline(shape: str, x: float, y: float) -> str:
    if shape == "square":
        return f"M{x - 5:g} {y - 5:g}h10v10h-10z"
    if shape == "triangle":
        return f"M{x:g} {y - 6:g}l6 11h-12z"
    if shape == "diamond":
        return f"M{x:g} {y - 7:g}l7 7l-7 7l-7 -7z"
    return f"M{x - 5:g} {y:g}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z"


def _apart(lines: list[Line], top: float, bottom: float) -> tuple[Line, ...]:
    """Moves labels that would cover each other 17 units apart, within the plot."""
    order = sorted(range(len(lines)), key=lambda each: lines[each].label_y)
    placed: dict[int, float] = {}
    free = top
    for index in order:
        placed[index] = max(lines[index].label_y, free)
        free = placed[index] + 17
    # What hangs out below is pushed back up, and of what stands above only as much as is in its way.
    free = bottom
    for index in reversed(order):
        placed[index] = min(placed[index], free)
        free = placed[index] - 17
    return tuple(
        Line(one.n, one.label, one.path, one.marks, one.label_x, round(placed[index], 1)) for index, one in enumerate(lines)
    )


def _cells(one: Series, days: list[date]) -> tuple[str, ...]:
    by_day: dict[date, list[str]] = {}
    for point in one.points:
        by_day.setdefault(point.on, []).append(_number(point.value))
    return tuple(", ".join(by_day.get(on, ["–"])) for on in days)


def _spread(first: date, last: date) -> list[date]:
    """Picks at most five days, evenly apart, both ends among them."""
    days = (last - first).days
    if days == 0:
        return [first]
    steps = min(4, days)
    return [first + timedelta(days=round(days * n / steps)) for n in range(steps + 1)]


def _number(value: float) -> str:
    return f"{value:g}"
