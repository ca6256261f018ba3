"""What a form asks and what still lacks an answer: pure rules over a record definition and its `fields`, as
plain JSON.

Twin of `static/src/practice/forms.js`; both run `examples/forms.json`. Plain dictionaries, not structs,
because a phone has the same file and nothing else.
"""

from __future__ import annotations

import re
from typing import Any, TypedDict

LISTS = frozenset({"people", "children_seen", "actions", "risk", "list"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

Plain = dict[str, Any]
Vocabularies = dict[str, Plain]


class Problem(TypedDict):
    """`at` is an anchor: `purpose`, or `children_seen/ITEM/seen`; `reason` one of required, not_an_option,
    not_a_date, not_a_time, not_a_whole_number, out_of_range, not_text, not_a_list."""

    at: str
    reason: str


def is_answered(value: object) -> bool:
    """Tells an answer from a gap: nothing, blank text, an empty list or object are gaps; 0 and "no" are
    answers."""
    if value is None:
        return False
    if isinstance(value, str):
        return value.strip() != ""
    if isinstance(value, list | dict):
        return len(value) > 0
    return True


def holds(when: Plain | None, fields: Plain) -> bool:
    """Says whether a `when` holds; no `when` always does."""
    if when is None:
        return True
    value = fields.get(when["field"])
    values = value if isinstance(value, list) else [value]
    return any(one in when["in"] for one in values)


def shown_fields(definition: Plain, fields: Plain, *, sent: bool = False) -> list[Plain]:
    """Lists the fields to ask for, in order.

    A condition on a hidden field does not hold, whatever that field once said: who changes "visit" to "it did
    not happen" must not leave its questions standing because of an answer that nobody sees any more.
    """
    shown: list[Plain] = []
    seen: Plain = {}
    pending = [
        (section.get("when"), field)
        for section in definition["sections"]
        if sent or section.get("later") != "only"
        for field in section["fields"]
    ]
    by_id = {field["id"]: (section_when, field) for section_when, field in pending}

    def visible(id: str, asked: frozenset[str]) -> bool:
        if id in seen:
            return bool(seen[id])
        if id not in by_id or id in asked:
            return False
        section_when, field = by_id[id]
        chain = asked | {id}
        answer = all(
            when is None or (visible(when["field"], chain) and holds(when, fields)) for when in (section_when, field.get("when"))
        )
        seen[id] = answer
        return answer

    for _, field in pending:
        if visible(field["id"], frozenset()):
            shown.append(field)
    return shown


def shown_in_item(item_fields: list[Plain], item: Plain) -> list[Plain]:
    """Lists the fields to ask for inside one item of a list."""
    return shown_fields({"sections": [{"fields": item_fields}]}, item)


def problems(definition: Plain, fields: Plain, vocabularies: Vocabularies, *, sent: bool = False) -> list[Problem]:
    """Lists what stands between these answers and sending, in the order of the form."""
    found: list[Problem] = []
    for field in shown_fields(definition, fields, sent=sent):
        _judge(field, fields, field["id"], vocabularies, found)
    return found


def without_hidden(definition: Plain, fields: Plain, *, sent: bool = False) -> Plain:
    """Leaves out the answers to questions that are not shown, so that no unseen answer is ever sent.

    Names the definition does not know stay: a newer phone may have written them.
    """
    all_ids = {field["id"] for section in definition["sections"] for field in section["fields"]}
    shown = {field["id"]: field for field in shown_fields(definition, fields, sent=sent)}
    result: Plain = {}
    for name, value in fields.items():
        if name in all_ids and name not in shown:
            continue
        field = shown.get(name)
        if field is not None and field["type"] in LISTS and isinstance(value, list):
            result[name] = [_item_without_hidden(field["item"], item) for item in value]
        else:
            result[name] = value
    return result


def has_risk_answer(definition: Plain, fields: Plain) -> bool:
    """Says whether an answer is one a supervisor must see."""
    return any(holds(when, fields) for when in definition["risk_answers"])


def changes_after_sending(definition: Plain, before: Plain, after: Plain) -> list[str]:
    """Names the fields that differ though they may not change once sent: all but those of sections with
    `later`.

    Used on a record that is final: an empty list means that only additions were made. Unknown names count as
    fixed.
    """
    open_ids = {field["id"] for section in definition["sections"] if section.get("later") for field in section["fields"]}
    names = sorted({*before, *after})
    return [name for name in names if name not in open_ids and before.get(name) != after.get(name)]


def _item_without_hidden(item_fields: list[Plain], item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    known = {field["id"] for field in item_fields}
    shown = {field["id"] for field in shown_in_item(item_fields, item)}
    return {name: value for name, value in item.items() if name not in known or name in shown}


def _judge(field: Plain, fields: Plain, at: str, vocabularies: Vocabularies, found: list[Problem]) -> None:
    value = fields.get(field["id"])
    if not is_answered(value):
        if field["type"] == "children_seen":
            # The family gives this list its rows, and not the writer: in one without a born child nobody could add what is missing.
            return
        needed_because = field.get("required_when")
        if field.get("required") or (needed_because is not None and holds(needed_because, fields)):
            found.append({"at": at, "reason": "required"})
        return
    kind = field["type"]
    if kind in LISTS:
        _judge_items(field, value, at, vocabularies, found)
        return
    reason = _fault(field, value, vocabularies)
    if reason is not None:
        found.append({"at": at, "reason": reason})


def _judge_items(field: Plain, value: Any, at: str, vocabularies: Vocabularies, found: list[Problem]) -> None:
    if not isinstance(value, list) or not all(isinstance(item, dict) and is_text(item.get("id")) for item in value):
        found.append({"at": at, "reason": "not_a_list"})
        return
    for item in value:
        for inner in shown_in_item(field["item"], item):
            _judge(inner, item, f"{at}/{item['id']}/{inner['id']}", vocabularies, found)


def is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _fault(field: Plain, value: Any, vocabularies: Vocabularies) -> str | None:
    kind = field["type"]
    if kind in {"text", "long_text", "person", "record", "measure", "hash", "programme", "status", "field"}:
        return None if isinstance(value, str) else "not_text"
    if kind == "yes_no":
        return None if value in ("yes", "no") else "not_an_option"
    if kind in {"choice", "choices"}:
        options = vocabularies[field["vocabulary"]]["options"] if field.get("vocabulary") else field["options"]
        possible = {option["value"] for option in options}
        chosen = value if kind == "choices" and isinstance(value, list) else [value]
        return None if all(isinstance(one, str) and one in possible for one in chosen) else "not_an_option"
    if kind == "date":
        return None if isinstance(value, str) and is_date(value) else "not_a_date"
    if kind == "time":
        return None if is_time(value) else "not_a_time"
    if kind in {"whole_number", "scale"}:
        if isinstance(value, bool) or not isinstance(value, int):
            return "not_a_whole_number"
        low, high = field.get("min"), field.get("max")
        return "out_of_range" if (low is not None and value < low) or (high is not None and value > high) else None
    if kind in {"records", "entries", "strings", "staff", "scores"}:
        return None if isinstance(value, list) else "not_a_list"
    return None


def is_time(value: object) -> bool:
    """Says whether this is a time of day such as 17:40."""
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def is_date(text: str) -> bool:
    """Says whether text is a day that exists, such as 2028-02-29; the year 0 does not."""
    if not _DATE.fullmatch(text):
        return False
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return month != 2 or day < 29 or leap
