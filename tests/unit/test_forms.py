"""What a form asks and what still lacks an answer; the same examples run in tests/js/forms.test.js."""

import json
from pathlib import Path

import pytest

from fieldapp.practice import forms, shipped

EXAMPLES = json.loads(Path("fieldapp/practice/examples/forms.json").read_text(encoding="utf-8"))
DEFINITION = EXAMPLES["definition"]
VOCABULARIES = EXAMPLES["vocabularies"]


@pytest.mark.parametrize("example", EXAMPLES["examples"], ids=lambda example: example["name"])
def test_form_agrees_with_example(example):
    fields = example["fields"]
    assert [field["id"] for field in forms.shown_fields(DEFINITION, fields)] == example["shown"]
    assert forms.problems(DEFINITION, fields, VOCABULARIES) == example["problems"]
    assert forms.has_risk_answer(DEFINITION, fields) is example["risk"]
    assert forms.without_hidden(DEFINITION, fields) == example["sent"]


@pytest.mark.parametrize("example", EXAMPLES["after_sending"], ids=lambda example: example["name"])
def test_changes_after_sending_agree_with_example(example):
    assert forms.changes_after_sending(DEFINITION, example["before"], example["after"]) == example["closed"]


def test_additions_are_asked_for_only_after_sending():
    assert "added" not in [field["id"] for field in forms.shown_fields(DEFINITION, {})]
    assert "added" in [field["id"] for field in forms.shown_fields(DEFINITION, {}, sent=True)]


def test_failed_visit_is_sent_without_the_questions_of_a_visit():
    plain = shipped().plain("records", "visit-note.1")
    vocabularies = shipped().plain_vocabularies()
    fields = {
        "contact_type": "failed_visit",
        "failed_reason": "no_reply",
        "failed_tried": "Rang twice, left a card.",
        "happened_on": "2026-03-18",
        "started_at": "16:00",
        "place": "At home",
        "planned": "planned",
        "announced": "yes",
        "anything_worrying": "no",
        "unsafe_now": "no",
        "next_visit": "to_arrange",
        "written_where": "in_car",
    }
    assert forms.problems(plain, fields, vocabularies) == []


def test_contact_is_one_screen_of_five_answers():
    plain = shipped().plain("records", "contact.1")
    shown = [field["id"] for field in forms.shown_fields(plain, {}) if field.get("required")]
    asked = [id for id in shown if id not in {"happened_on", "happened_at"}]
    assert asked == ["with_whom", "how", "outcome", "line", "anything_worrying"]
