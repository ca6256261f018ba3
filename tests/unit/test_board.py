"""The order of the board."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fieldapp.board import LANES, SILENT_AFTER, UNSEEN_AFTER_DAYS, Child, Note, Opened, Phone, Unsorted, board, lane_of

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
NOTE = Note(
    record="r", casefile="c", family="Tarnley", kind="visit_note", title="Visit note", author="Ama Lindqvist", happened_on="2026-11-17",
    received_at=NOW, waits_since=NOW, why=(), state="sent", later=0, is_forked=False, is_mine=False,
)  # fmt: skip
reasons = st.lists(st.sampled_from(["risk", "kind", "restricted", "ending", "new_worker", "sample"]), unique=True).map(tuple)
notes = st.builds(
    replace, st.just(NOTE), record=st.text("abc", min_size=1, max_size=4), why=reasons, state=st.sampled_from(["sent", "question", "answered", "noted", "signed_off"]),
    later=st.integers(0, 2), is_forked=st.booleans(), waits_since=st.integers(0, 300).map(lambda days: NOW - timedelta(days=days)),
)  # fmt: skip


@given(st.lists(notes, max_size=20, unique_by=lambda note: note.record))
def test_law_every_note_lies_in_one_place_at_most_and_the_oldest_comes_first(drawn: list[Note]) -> None:
    sections = board(drawn, [], [], None, NOW)
    assert tuple(section.lane for section in sections) == LANES
    listed = [note.record for section in sections for note in section.notes]
    assert len(listed) == len(set(listed))
    assert set(listed) == {note.record for note in drawn if lane_of(note)}
    for section in sections:
        times = [note.waits_since for note in section.notes]
        assert times == sorted(times)


def test_a_safety_answer_comes_first_until_somebody_has_read_it() -> None:
    note = replace(NOTE, why=("risk", "new_worker"))
    assert lane_of(note) == "safety"
    assert lane_of(replace(note, state="noted")) == "sign_off"
    assert lane_of(replace(note, state="signed_off")) is None


def test_a_note_that_needs_signing_stays_when_it_was_only_read() -> None:
    assert lane_of(replace(NOTE, why=("kind",), state="noted")) == "sign_off"
    assert lane_of(replace(NOTE, why=("sample",), state="noted")) is None


def test_what_came_after_its_writer_stopped_reading_waits_until_somebody_has_read_it() -> None:
    assert lane_of(replace(NOTE, why=("late",))) == "later"
    assert lane_of(replace(NOTE, why=("late", "risk"))) == "safety"
    assert lane_of(replace(NOTE, why=("late",), state="noted")) is None


def test_what_was_opened_in_an_emergency_comes_first_and_the_oldest_of_it() -> None:
    new, old = (Opened(id, "Tarnley", "Olive", NOW - timedelta(hours=hours), "Why") for id, hours in (("b", 1), ("a", 9)))
    first = board([NOTE], [], [], None, NOW, [new, old])[0]
    assert (first.lane, first.count) == ("emergencies", 2)
    assert first.opened == (old, new)


def test_something_added_to_a_signed_record_comes_up_again() -> None:
    assert lane_of(replace(NOTE, why=("kind",), state="signed_off", later=1)) == "later"


def test_a_child_is_listed_when_fourteen_days_passed_without_being_seen() -> None:
    today = NOW.date()
    seen = Child("Jayden", "c", "Tarnley", today - timedelta(days=UNSEEN_AFTER_DAYS - 1), None, None)
    unseen = replace(seen, name="Kayleigh", last_seen=today - timedelta(days=UNSEEN_AFTER_DAYS))
    never = Child("Toby", "c", "Velmire", None, None, None)
    section = next(one for one in board([], [seen, unseen, never], [], None, NOW) if one.lane == "unseen")
    assert [child.name for child, _ in section.children] == ["Toby", "Kayleigh"]


def test_a_child_of_new_work_is_not_listed_before_the_first_visit_could_be() -> None:
    new = Child("Toby", "c", "Velmire", None, None, date(2026, 11, 16))
    assert next(one for one in board([], [new], [], None, NOW) if one.lane == "unseen").children == ()


def test_a_phone_is_listed_when_work_waits_on_it_for_longer_than_a_lunch() -> None:
    lunch = Phone("Ama", 2, NOW - timedelta(hours=1), NOW - timedelta(hours=1))
    stuck = Phone("Reece", 2, NOW - timedelta(hours=30), NOW)
    gap = Phone("Jos", 0, None, NOW, missing=1)
    section = next(one for one in board([], [], [lunch, stuck, gap], None, NOW) if one.lane == "phones")
    assert [phone.person for phone in section.phones] == ["Reece", "Jos"]


def test_what_waits_to_be_sorted_is_counted_without_saying_whose_it_is() -> None:
    section = next(one for one in board([], [], [], Unsorted(3, NOW), NOW) if one.lane == "unsorted")
    assert section.count == 3


def test_phones_are_listed_oldest_first_whatever_is_wrong_with_them() -> None:
    hour = timedelta(hours=1)
    lost = Phone("Lost", 0, None, NOW, lost_at=NOW - 9 * hour)
    gap = Phone("Gap", 0, None, NOW, missing=2, missing_since=NOW - 7 * hour)
    waits = Phone("Waits", 1, NOW - 8 * hour, NOW - 5 * hour)
    cloned = Phone("Two", 0, None, NOW - 6 * hour, status="cloned")
    silent = Phone("Silent", 0, None, NOW - SILENT_AFTER)
    ended = Phone("Ended", 3, NOW - SILENT_AFTER, NOW - SILENT_AFTER, status="ended")
    well = Phone("Well", 0, None, NOW)
    section = next(
        one for one in board([], [], [ended, gap, cloned, well, waits, silent, lost], None, NOW) if one.lane == "phones"
    )
    assert [phone.person for phone in section.phones] == ["Silent", "Lost", "Waits", "Gap", "Two"]
