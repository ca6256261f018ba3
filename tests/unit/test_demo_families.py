"""The demo's families: complete forms, the figures and dates of their stories, and nobody's real number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from fieldapp.demo import filling, rounds, script
from fieldapp.demo.calendar import Calendar, ordinal
from fieldapp.demo.script import Casefile, Step
from fieldapp.practice import forms, shipped

TODAY = date(2026, 11, 21)
CALENDAR = Calendar.ending(TODAY)
NEVER_IN_MAIN = re.compile(
    r"refuge\b|\bMARAC\b|safe number|07700 900377|cousin’s, forty miles|Darren Voss|Ilford-Moss|next county", re.IGNORECASE
)
PROSE = re.compile(
    r"purpose|seen_and_heard|childs_words|parents_views|workers_view|strengths|changed|home_conditions|failed_tried|came_or_left"
    r"|presentation|why_not_\w+|evidence|done|what|unsafe_steps|interpreter_why|line|worry|more|how_heard"
)


@cache
def families() -> dict[str, list[Casefile]]:
    practice = shipped()
    return {
        name: script.casefiles(told, name, seed="test", calendar=CALENDAR, practice=practice)
        for name, told in script.told_families().items()
    }


def all_casefiles() -> Iterator[Casefile]:
    for each in families().values():
        yield from each


def steps_of(name: str, kind: str = "", sort: str = "main") -> list[Step]:
    casefile = next(each for each in families()[name] if each.sort == sort)
    return [step for step in casefile.steps if kind in ("", step.kind)]


def strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from strings(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part, key)


def words_in(fields: Mapping[str, Any]) -> int:
    return sum(len(text.split()) for key, text in strings(fields) if PROSE.fullmatch(key))


def missing_from(step: Step) -> list[Any]:
    practice = shipped()
    definition = practice.plain("records", step.schema)
    problems: list[Any] = list(forms.problems(definition, step.fields, practice.plain_vocabularies(), sent=True))
    known = {field["id"] for section in definition["sections"] for field in section["fields"]}
    problems += sorted(set(step.fields) - known)
    shown = forms.without_hidden(definition, step.fields, sent=True)
    # Intake reads the readers of every opening; its form asks for them only where they make a difference.
    problems += [name for name in step.fields if name not in shown and (step.kind, name) != ("opening", "readers")]
    return problems


def test_every_record_passes_its_form_when_the_families_are_read() -> None:
    wrong = {
        f"{casefile.title}: {step.key}": found
        for casefile in all_casefiles()
        for step in casefile.steps
        if step.kind != "review" and (found := missing_from(step))
    }
    assert wrong == {}


def test_a_gap_is_found_when_a_form_lacks_an_answer_or_has_one_too_many() -> None:
    step = steps_of("tarnley", "visit_note")[0]
    fields = {name: value for name, value in step.fields.items() if name != "childs_words"} | {
        "failed_reason": "refused",
        "mood": "x",
    }
    assert missing_from(Step(**{**vars(step), "fields": fields})) == [
        {"at": "childs_words", "reason": "required"},
        "mood",
        "failed_reason",
    ]


def test_every_family_has_a_status_and_people_its_programme_knows_when_read() -> None:
    for casefile in all_casefiles():
        fields = casefile.steps[1].fields
        programme = shipped().programmes[fields["programme"]]
        assert fields["status"] in {status.id for status in programme.statuses}, casefile.title
        people = {person["id"] for person in fields["people"]}
        assert {level["person"] for level in fields["levels"]} <= people


def scores_of(name: str, measure: str) -> list[str]:
    found: list[tuple[str, str]] = []
    for step in steps_of(name, "measure_response"):
        if step.fields["measure"] == f"{measure}@1":
            score = step.fields["score_only"]["score"] if "score_only" in step.fields else step.fields["scores"][0]["value"]
            found.append((step.fields["completed_on"], str(score)))
    return [score for _, score in sorted(found)]


@pytest.mark.parametrize(
    ("family", "measure", "scores"),
    [
        ("tarnley", "phq-9", ["16", "12", "9"]),
        ("tarnley", "gad-7", ["14", "11"]),
        ("tarnley", "sdq-p-4-17", ["22", "17"]),
        ("velmire", "audit-c", ["10", "6", "4"]),
        ("velmire", "phq-9", ["14", "10"]),
        ("lakatera", "phq-9", ["9", "13", "17"]),
        ("lakatera", "gad-7", ["8", "13"]),
        ("lakatera", "pbq", ["24", "31"]),
    ],
)
def test_scores_are_those_of_the_story_when_answers_are_scored(family: str, measure: str, scores: list[str]) -> None:
    assert scores_of(family, measure) == scores


def test_wellbeing_is_told_in_four_numbers_when_it_is_asked() -> None:
    told = [
        [score["value"] for score in step.fields["scores"]]
        for step in steps_of("tarnley", "measure_response")
        if step.fields["measure"] == "ons4@1"
    ]
    assert told == [[4, 5, 3, 8], [6, 6, 6, 5]]


def test_item_nine_brings_up_the_prompt_when_it_is_not_nought_and_only_then() -> None:
    for name in ("tarnley", "velmire", "lakatera"):
        for step in steps_of(name, "measure_response"):
            if step.fields["measure"] == "phq-9@1":
                is_asked = step.fields["answers"]["9"] >= 1
                assert (step.fields["risk_shown"] == "yes") == is_asked == ("risk_done" in step.fields)


def ratings(name: str, goal: str, rater: str, sort: str = "main") -> list[int]:
    steps = [step for step in steps_of(name, "rating", sort) if step.key.startswith(f"{goal} {rater} ")]
    return [step.fields["value"] for step in sorted(steps, key=lambda step: step.fields["rated_on"])]


@pytest.mark.parametrize(
    ("family", "goal", "rater", "sort", "values"),
    [
        ("tarnley", "k1", "kayleigh", "main", [2, 2, 3, 4, 5, 6, 6]),
        ("tarnley", "k2", "kayleigh", "main", [3, 3, 3, 4, 5, 5, 5]),
        ("tarnley", "d1", "dawn", "main", [1, 2, 4, 5, 6, 6, 7]),
        ("tarnley", "d1", "kayleigh", "main", [3, 3, 3, 4, 4, 5, 5]),
        ("velmire", "l1", "lorna", "main", [3, 5, 6, 7, 8]),
        ("velmire", "l1", "iris", "main", [2, 4, 5, 6]),
        ("velmire", "l2", "lorna", "main", [1, 2, 3, 3, 3]),
        ("velmire", "t1", "lorna", "main", [4, 6, 7, 8, 9]),
        ("lakatera", "f1", "dano", "main", [4, 5, 6, 7]),
        ("lakatera", "mf1", "mirela", "restricted", [4, 4, 3]),
        ("lakatera", "mm1", "mirela", "restricted", [2, 3, 2]),
    ],
)
def test_ratings_are_those_of_the_story_when_put_in_order(
    family: str, goal: str, rater: str, sort: str, values: list[int]
) -> None:
    assert ratings(family, goal, rater, sort) == values


def missing_episodes() -> list[Mapping[str, Any]]:
    last: dict[str, Mapping[str, Any]] = {}
    for step in steps_of("tarnley", "incident"):
        last[step.record] = step.fields
    return list(last.values())


def test_missing_episodes_fall_as_told_when_counted_by_four_weeks() -> None:
    weeks = [(date.fromisoformat(each["ended_on"]) - CALENDAR.week0).days // 7 for each in missing_episodes()]
    assert [sum(low <= week <= high for week in weeks) for low, high in ((0, 4), (5, 8), (9, 12))] == [5, 2, 1]


def test_four_of_eight_interviews_are_in_time_when_counted_in_hours() -> None:
    hours = []
    for each in missing_episodes():
        assert each["interview_offered"] == "yes"
        if each["interview_accepted"] == "yes":
            back = datetime.fromisoformat(f"{each['ended_on']}T{each['ended_at']}")
            held = datetime.fromisoformat(f"{each['interview_on']}T{each['interview_at']}")
            hours.append((held - back) / timedelta(hours=1))
    assert len(missing_episodes()) == 8
    assert sum(each <= 72 for each in hours) == 4
    assert min(hours) > 0


def test_conference_is_held_after_both_parents_had_the_offer_when_the_dates_are_read() -> None:
    notes = {step.key: step for step in steps_of("velmire")}
    told = notes["v1"].fields["more"]
    offered, accepted = (CALENDAR.read(when).on for when in ("W-2 tue", "W-1 thu"))
    held = date.fromisoformat(notes["v7"].fields["happened_on"])
    assert offered < accepted < held
    assert f"{offered:%A} {offered.day} {offered:%B}" in told
    assert "Callum Rook by recorded post" in told
    assert "No application to court has been made" in told
    levels = [(level["level"], level["from_on"]) for level in notes["family"].fields["levels"]]
    assert levels == sorted(levels, key=lambda level: level[1])
    assert [level for level, _ in levels] == ["child_protection", "pre_proceedings", "child_in_need"]


LENGTHS = {
    "tarnley": {"n01": 320, "n02": 240, "n03": 150, "n04": 280, "n05": 260, "n06": 60, "n07": 350, "n08": 300, "n09": 420, "n10": 250,
                "n11": 380, "n12": 220, "n13": 450},
    "velmire": {"v1": 210, "v2": 240, "v3": 200, "v4": 200, "v5": 250, "v6": 220, "v7": 500, "v8": 400, "v9": 430},
    "lakatera": {"k1": 150, "k2": 180, "k3": 170, "k4": 300, "k5": 300, "k6": 280, "k7": 95, "k8": 600, "k9": 550},
}  # fmt: skip


@pytest.mark.parametrize(("family", "note", "words"), [(f, n, w) for f, notes in LENGTHS.items() for n, w in notes.items()])
def test_note_has_the_length_of_a_real_one_when_its_words_are_counted(family: str, note: str, words: int) -> None:
    found = next(step for step in steps_of(family) if step.key == note)
    assert words * 0.8 <= words_in(found.fields) <= words * 1.45


def test_private_notes_have_their_lengths_when_counted() -> None:
    private = {
        step.key: words_in(step.fields) for name in ("tarnley", "lakatera") for step in steps_of(name, "visit_note", "restricted")
    }
    assert 80 <= private["r04"] <= 130
    assert 400 <= private["kr1"] <= 560


def test_a_history_of_twelve_thousand_words_is_there_when_counted() -> None:
    assert sum(words_in(step.fields) for step in steps_of("hartnoll")) >= 12_000


def test_the_cast_has_what_lists_stumble_over_when_read() -> None:
    names = [person["name"] for casefile in all_casefiles() for person in casefile.steps[1].fields["people"]]
    people = [person for casefile in all_casefiles() for person in casefile.steps[1].fields["people"]]
    assert any("'" in name for name in names)
    assert {"Zoë Adeyinka-Thwaite", "Łukasz Wiśniewiecki"} <= set(names)
    assert any("\u0600" <= letter <= "\u06ff" for name in names for letter in name)
    assert any(person.get("group") == "unborn" and "due_on" in person for person in people)
    assert any(person.get("birth") == "unknown" for person in people)
    assert any(str(person.get("born_on", "")).endswith("-02-29") for person in people)
    mains = [casefile for casefile in all_casefiles() if casefile.sort == "main"]
    assert len([casefile for casefile in mains if not casefile.is_practice]) == 30
    assert {casefile.readers for casefile in mains if casefile.is_practice} == {("ama",), ("reece",)}


def forked_records() -> set[str]:
    forked = set()
    for casefile in all_casefiles():
        children: dict[str, list[str]] = defaultdict(list)
        for step in casefile.steps:
            for parent in step.parents:
                children[parent].append(step.record)
        forked |= {record for records in children.values() if len(records) > 1 for record in records}
    return forked


def test_two_workers_wrote_at_once_when_neither_had_signal() -> None:
    kinds = {step.kind for step in steps_of("dunmere") if step.kind != "review" and step.record in forked_records()}
    assert kinds == {"visit_note", "plan"}


def texts() -> Iterator[tuple[str, str]]:
    for casefile in all_casefiles():
        for step in casefile.steps:
            for _, text in strings(step.fields):
                yield f"{casefile.title}: {step.key}", text


PHONE = re.compile(r"(?<!\d)0\d{2,4}[ -]?\d{3}[ -]?\d{3,4}(?!\d)|\+44")
POSTCODE = re.compile(r"\b(?!ZZ99)[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2}\b")
NHS = re.compile(r"\b\d{3} \d{3} \d{4}\b")
MAIL = re.compile(r"[\w.]+@[a-z]\S*")


def real_looking(text: str) -> list[str]:
    found = [each for each in PHONE.findall(text) if not each.startswith("07700 900")]
    found += POSTCODE.findall(text)
    found += [each for each in NHS.findall(text) if not each.startswith("999 ")]
    return found + [each for each in MAIL.findall(text) if not each.endswith((".example", "@example.org"))]


def test_nobodys_real_number_is_in_the_demo_when_searched() -> None:
    assert {where: found for where, text in texts() if (found := real_looking(text))} == {}


def test_a_real_looking_number_is_found_when_one_is_planted() -> None:
    planted = "Ring 07911 123456 or 01632 960 001, LS1 4AP, 943 476 5919, dawn@mail.test"
    assert len(real_looking(planted)) == 5


def test_what_is_private_stays_in_the_private_section_when_all_else_is_searched() -> None:
    told_in = {
        casefile.sort
        for casefile in all_casefiles()
        for step in casefile.steps
        for _, text in strings(step.fields)
        if NEVER_IN_MAIN.search(text)
    }
    titles = [casefile.title for casefile in all_casefiles() if NEVER_IN_MAIN.search(casefile.title)]
    assert told_in == {"restricted"}
    assert titles == []


def test_private_readers_leave_out_the_fathers_worker_when_named() -> None:
    private = next(each for each in families()["lakatera"] if each.sort == "restricted")
    assert private.readers == ("ama", "marian")


def test_every_entry_stands_on_earlier_ones_when_ordered_by_time() -> None:
    for casefile in all_casefiles():
        at = {step.key: step.at for step in casefile.steps}
        for step in casefile.steps:
            assert all(at[parent] < step.at for parent in (*step.parents, *step.covers)), (casefile.title, step.key)
            assert step.at >= casefile.steps[0].at


@pytest.mark.parametrize("today", [TODAY + timedelta(days=day) for day in range(7)] + [date(2028, 2, 29), date(2027, 1, 1)])
def test_everything_lies_in_the_past_when_the_demo_is_made_on_any_day(today: date) -> None:
    calendar = Calendar.ending(today)
    midnight = datetime.combine(today, datetime.min.time(), UTC)
    assert calendar.week0.weekday() == 0
    assert timedelta(0) < midnight - calendar.at("W12 fri 22:00") < timedelta(days=8)


def test_ids_and_words_are_the_same_when_read_twice_with_one_seed() -> None:
    told = script.told_families()["tarnley"]
    once, again, other = (
        script.casefiles(told, "tarnley", seed=seed, calendar=CALENDAR, practice=shipped())[0].steps for seed in ("a", "a", "b")
    )
    assert once == again
    assert {step.record for step in once}.isdisjoint(step.record for step in other)


def test_sign_offs_leave_the_last_week_for_the_board_when_policy_brings_it_up() -> None:
    found = list(rounds.sign_offs(all_casefiles(), shipped(), CALENDAR))
    last = {
        step.record
        for name in ("tarnley", "brokelmann")
        for step in steps_of(name, "visit_note")
        if step.at > CALENDAR.at("W12 mon 10:00")
    }
    assert len(found) > 30
    assert last.isdisjoint(step.record for step in found)


@pytest.mark.parametrize(
    ("day", "said"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"), (30, "30th")]
)
def test_day_is_said_as_people_say_it_when_written_out(day: int, said: str) -> None:
    assert ordinal(day) == said


def test_unknown_day_is_refused_when_a_file_has_a_slip() -> None:
    with pytest.raises(ValueError, match="W1 Monday"):
        CALENDAR.read("W1 Monday")


def test_every_verb_of_a_file_has_its_form_when_filled() -> None:
    assert set(filling.BY_KIND) == set(script.SCHEMAS)
