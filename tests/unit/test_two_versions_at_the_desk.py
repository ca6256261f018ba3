"""What lists, boards and rules make of a record with versions that nobody has chosen between: never only one of them."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import pytest

from fieldapp import leaves, sheet, summaries
from fieldapp.board import Child
from fieldapp.practice import shipped
from fieldapp.records import Entry, Record, folded
from fieldapp.store.records import RecordRow

PRACTICE = shipped()
TODAY = date(2026, 11, 23)

both_orders = pytest.mark.parametrize("first", ["hers", "his"])
"""Versions sort by id: what holds only while one of them comes first holds half the time."""

FAMILY: dict[str, Any] = {
    "name_shown": "Tarnley",
    "programme": "staying-together@1",
    "status": "active",
    "started_on": "2026-11-01",
    "people": [{"id": "kay", "name": "Kayleigh", "group": "child"}],
}
VISIT: dict[str, Any] = {"contact_type": "home_visit", "happened_on": "2026-11-20"}
MISSING: dict[str, Any] = {"person": "kay", "type": "M", "returned": "yes"}


def entry(kind: str, id: str, fields: dict[str, Any], *parents: str) -> Entry:
    return Entry(id, 1, "r", kind, f"{kind}.1", "ama", parents, "2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z", "alone", fields)


def two(kind: str, first: str, base: dict[str, Any], hers: dict[str, Any], his: dict[str, Any]) -> Record:
    """A record that two people changed at once; `first` says whose version sorts first."""
    names = ("A", "B") if first == "hers" else ("B", "A")
    changed = [entry(kind, id, {**base, **fields}, "0") for id, fields in zip(names, (hers, his), strict=True)]
    gone = [{name: value for name, value in (each.fields or {}).items() if value is not None} for each in changed]
    return folded(
        "r", [entry(kind, "0", base), *(entry(kind, each.id, fields, "0") for each, fields in zip(changed, gone, strict=True))]
    )


def one(kind: str, fields: dict[str, Any]) -> Record:
    return folded("r", [entry(kind, "0", fields)])


def brief(record: Record) -> summaries.Brief:
    row = cast(RecordRow, type("Row", (), {"kind": record.kind, "id": record.id}))
    on, at = summaries.happened(record.fields)
    return summaries.Brief(row, "", on, at, frozenset(), summaries.kept(record))


def children(*records: Record) -> list[Child]:
    return summaries.children_of([brief(each) for each in records], "c", "Tarnley", PRACTICE, TODAY)


def why(record: Record) -> tuple[str, ...]:
    return summaries.reasons(PRACTICE, record, author="ama", restricted=False, notes_before=99, seed="")


@both_orders
def test_safety_answer_comes_up_when_the_other_version_says_there_is_none(first: str) -> None:
    assert "risk" in why(two("incident", first, MISSING, {"harm": "no"}, {"harm": "yes"}))
    assert "risk" not in why(two("incident", first, MISSING, {"harm": "no"}, {"notes": "She rang."}))


@both_orders
def test_ending_is_to_be_signed_off_when_the_other_version_goes_on(first: str) -> None:
    assert "ending" in why(two("visit_note", first, VISIT, {"next_visit": "none"}, {"next_visit": "to_arrange"}))


@both_orders
def test_warning_stands_when_somebody_took_an_earlier_one_out_meanwhile(first: str) -> None:
    dog, machete = "Dog in the yard", "Speak to Jos before any contact. Do not go alone."
    record = two("family", first, {**FAMILY, "warning": dog}, {"warning": None}, {"warning": machete})
    assert sheet.every_value(record.view.fields, "warning") == [machete]
    assert record.fields["warning"] == machete
    assert leaves.contact_first(record.view.fields) == "Jos"


@both_orders
def test_everybody_to_speak_to_first_is_named_when_versions_name_different_people(first: str) -> None:
    hers, his = ({"warning": f"Speak to {name} before any contact."} for name in ("Marian", "Jos"))
    record = two("family", first, FAMILY, hers, his)
    assert set(leaves.contact_first(record.view.fields).split(" and ")) == {"Marian", "Jos"}
    assert leaves.contact_first(two("family", first, FAMILY, hers, hers).view.fields) == "Marian"


@both_orders
def test_child_is_not_seen_when_one_version_says_they_were_not(first: str) -> None:
    def saw(seen: str, alone: str) -> dict[str, Any]:
        return {"children_seen": [{"id": "s", "person": "kay", "seen": seen, "seen_alone": alone}]}

    [child] = children(one("family", FAMILY), two("visit_note", first, VISIT, saw("yes", "yes"), saw("no", "")))
    assert (child.last_seen, child.seen_alone) == (None, None)
    [child] = children(one("family", FAMILY), two("visit_note", first, {**VISIT, **saw("yes", "yes")}, saw("yes", "no"), {}))
    assert (child.last_seen, child.seen_alone) == (date(2026, 11, 20), None)
    [child] = children(
        one("family", FAMILY),
        two("visit_note", first, {**VISIT, **saw("yes", "yes")}, {"happened_on": "2026-11-19"}, {"happened_on": "2026-11-21"}),
    )
    assert child.last_seen == date(2026, 11, 19)


@both_orders
def test_visit_that_did_not_happen_by_one_version_counts_nobody_as_seen(first: str) -> None:
    seen = {"children_seen": [{"id": "s", "person": "kay", "seen": "yes", "seen_alone": "yes"}]}
    record = two("visit_note", first, {**VISIT, **seen}, {"contact_type": "failed_visit"}, {"contact_type": "school"})
    assert [each.last_seen for each in children(one("family", FAMILY), record)] == [None]
    assert summaries.kept(record)["met"] is False


@both_orders
def test_child_stays_on_the_board_when_one_version_says_that_the_work_ended(first: str) -> None:
    assert children(two("family", first, FAMILY, {"status": "closed"}, {"status": "crisis"}))
    assert children(two("family", first, FAMILY, {"status": "closed"}, {"programme": "joint-team@1", "status": "crisis"}))
    assert children(two("family", first, {**FAMILY, "status": "crisis"}, {"status": "closed"}, {"status": "disengaged"})) == []


@both_orders
def test_whom_one_version_calls_a_child_is_listed(first: str) -> None:
    def called(group: str) -> dict[str, Any]:
        return {"people": [{"id": "kay", "name": "Kayleigh", "group": group}]}

    assert [each.name for each in children(two("family", first, FAMILY, called("adult"), called("professional")))] == []
    assert [
        each.name for each in children(two("family", first, {**FAMILY, **called("unborn")}, called("adult"), called("child")))
    ]


@pytest.mark.parametrize(("programme", "status"), [("family-group-conference@1", "active"), ("joint-team@1", None)])
def test_child_stays_on_the_board_when_the_programme_does_not_have_the_status(programme: str, status: str | None) -> None:
    assert children(one("family", {**FAMILY, "programme": programme, "status": status}))


@both_orders
def test_person_on_whom_versions_differ_is_given_with_every_version_of_them(first: str) -> None:
    def safely(said: str) -> dict[str, Any]:
        return {"people": [{"id": "kay", "name": "Kayleigh", "group": "child", "safe_contact": said}]}

    record = two("family", first, FAMILY, safely("Ring Nan"), safely("Never ring the house"))
    [versions] = sheet.every_item(record.view.fields, "people")
    assert {each["safe_contact"] for each in versions} == {"Ring Nan", "Never ring the house"}


@both_orders
def test_nobody_was_seen_where_one_version_names_somebody_else_or_has_no_list(first: str) -> None:
    def saw(person: str) -> dict[str, Any]:
        return {"children_seen": [{"id": "s", "person": person, "seen": "yes", "seen_alone": "yes"}]}

    for his in (saw("jay"), {"children_seen": "as last time"}):
        [child] = children(one("family", FAMILY), two("visit_note", first, VISIT, saw("kay"), his))
        assert (child.last_seen, child.seen_alone) == (None, None)
