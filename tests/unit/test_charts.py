"""Where points of a chart stand, and that the table beside it says the same."""

from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fieldapp.charts import Point, Series, chart

points = st.lists(
    st.builds(Point, st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 10).map(float)), min_size=1, max_size=12
).map(lambda found: tuple(sorted(found, key=lambda point: point.on)))
raters = st.lists(st.builds(Series, st.sampled_from(["Dawn", "Kayleigh", "Ama"]), points), min_size=1, max_size=4)


@given(raters)
def test_law_everything_drawn_lies_inside_the_picture(series: list[Series]) -> None:
    drawn = chart(series, low=0, high=10, step=1)
    assert drawn is not None
    for line in drawn.lines:
        assert drawn.left <= line.label_x <= drawn.width
        assert drawn.top - 6 <= line.label_y <= drawn.height
    assert all(drawn.top <= tick.at <= drawn.bottom for tick in drawn.up)


@given(raters)
def test_law_the_table_holds_every_number_that_is_drawn(series: list[Series]) -> None:
    drawn = chart(series, low=0, high=10, step=1)
    assert drawn is not None
    for one, row in zip(series, drawn.rows, strict=True):
        told = sorted(number for cell in row.cells if cell != "–" for number in cell.split(", "))
        assert told == sorted(f"{point.value:g}" for point in one.points)


def test_a_gap_in_the_work_is_a_gap_in_the_line_when_weeks_pass_without_a_number() -> None:
    days = (date(2026, 9, 7), date(2026, 9, 14), date(2026, 10, 5))
    drawn = chart([Series("Dawn", tuple(Point(on, 5) for on in days))], low=0, high=10, step=2)
    assert drawn is not None
    near, far = (float(part.split()[0]) for part in drawn.lines[0].path[1:].split(" L")[1:])
    start = float(drawn.lines[0].path[1:].split()[0])
    assert abs((far - start) - 4 * (near - start)) < 0.5


def test_nothing_is_drawn_when_there_is_no_number() -> None:
    assert chart([Series("Dawn", ())], low=0, high=10, step=1) is None


def test_raters_have_shapes_of_their_own_when_they_rate_the_same() -> None:
    same = (Point(date(2026, 9, 7), 4),)
    drawn = chart([Series("Dawn", same), Series("Kayleigh", same)], low=0, high=10, step=1)
    assert drawn is not None
    assert drawn.lines[0].marks[0].path != drawn.lines[1].marks[0].path
    assert abs(drawn.lines[0].label_y - drawn.lines[1].label_y) >= 17


def test_a_label_at_the_top_stays_inside_when_labels_crowd_at_the_bottom() -> None:
    on = date(2026, 1, 1)
    drawn = chart([Series("Dawn", (Point(on, value),)) for value in (0, 0, 10)], low=0, high=10, step=1)
    assert drawn is not None
    low, lower, high = (line.label_y for line in drawn.lines)
    assert high >= drawn.top - 6
    assert abs(low - lower) >= 17


def test_named_ranges_cover_the_scale_without_a_gap() -> None:
    ranges = [(0, "minimal"), (5, "mild"), (10, "moderate"), (20, "severe")]
    drawn = chart([Series("Dawn", (Point(date(2026, 9, 7), 16),))], low=0, high=27, step=5, ranges=ranges)
    assert drawn is not None
    edges = [(one.top, round(one.top + one.height, 1)) for one in drawn.ranges]
    assert edges[0][1] == drawn.bottom
    assert edges[-1][0] == drawn.top
    assert all(abs(lower[0] - upper[1]) < 0.2 for lower, upper in pairwise(edges))
    assert [one.label for one in drawn.ranges] == ["minimal", "mild", "moderate", "severe"]
