"""What reviews make of a record."""

from hypothesis import given
from hypothesis import strategies as st

from fieldapp.oversight import DECISIONS, Review, hands_in, oversight, with_ancestors

LINE = {"a": (), "b": ("a",), "c": ("b",)}


def review(decision: str, *covers: str, at: str = "2026-11-21T10:00:00.000Z") -> Review:
    return Review("r" + "".join(covers), "marian", decision, covers, "", (), at)


def test_nothing_is_added_later_when_nobody_has_reviewed() -> None:
    found = oversight(LINE, ["a", "b", "c"], [])
    assert (found.state, found.later, found.reviewed_at) == ("sent", (), None)


def test_an_entry_is_added_later_when_no_review_saw_it() -> None:
    found = oversight(LINE, ["a", "b", "c"], [review("signed_off", "b")])
    assert (found.state, found.later) == ("signed_off", ("c",))


def test_what_a_review_saw_covers_all_it_was_written_upon() -> None:
    assert oversight(LINE, ["a", "b", "c"], [review("signed_off", "c")]).later == ()


def test_a_question_is_answered_when_something_came_after_it() -> None:
    asked = [review("question", "a", at="2026-11-21T09:00:00.000Z")]
    assert oversight({"a": ()}, ["a"], asked).state == "question"
    found = oversight({"a": (), "b": ("a",)}, ["a", "b"], asked)
    assert (found.state, found.asked_at) == ("answered", "2026-11-21T09:00:00.000Z")


def test_a_question_stays_open_when_a_colleague_only_noted_the_same_words() -> None:
    assert oversight({"a": ()}, ["a"], [review("question", "a"), review("noted", "a")]).state == "question"


def test_a_question_is_closed_when_the_answer_is_noted() -> None:
    assert oversight(LINE, ["a", "b", "c"], [review("question", "a"), review("noted", "c")]).state == "noted"


def test_a_record_stays_signed_off_when_somebody_notes_it_afterwards() -> None:
    assert oversight(LINE, ["a", "b", "c"], [review("signed_off", "c"), review("noted", "c")]).state == "signed_off"


def test_whoever_wrote_any_part_had_a_hand_in_it_also_when_others_wrote_the_rest() -> None:
    authors = {"a": "marian", "b": "ama", "c": "ama"}
    assert hands_in(LINE, authors, ["c"]) == {"marian", "ama"}
    assert hands_in(LINE, authors, ["a"]) == {"marian"}


def test_a_circle_of_parents_ends_when_it_is_walked() -> None:
    assert with_ancestors({"a": ("b",), "b": ("a",)}, ["a"]) == {"a", "b"}


@given(st.lists(st.tuples(st.sampled_from(DECISIONS), st.sets(st.sampled_from("abcx"))), max_size=6))
def test_law_what_is_later_was_seen_by_no_review(drawn: list[tuple[str, set[str]]]) -> None:
    reviews = [review(decision, *sorted(covers)) for decision, covers in drawn]
    seen = with_ancestors(LINE, {each for _, covers in drawn for each in covers})
    found = oversight(LINE, ["a", "b", "c"], reviews)
    assert set(found.later) == ({"a", "b", "c"} - seen if reviews else set())
