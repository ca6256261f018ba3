"""Record definitions and vocabularies: what one form on the phone and one macro at the desk both render.

See README.md in this folder for the shape in words. A definition never changes once it is released, because
entries name it by the hash of its bytes; a better one is a new file with the next number.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from fieldapp.practice.reading import hash_of, plain_json, shaped
from fieldapp.practice.refusal import DefinitionError

FieldType = Literal[
    "date", "time", "text", "long_text", "choice", "choices", "yes_no", "whole_number", "scale",
    "person", "people", "children_seen", "actions", "risk", "list",
    "measure", "hash", "answers", "paper_score", "scores", "strings",
    "record", "records", "entries", "field", "staff", "programme", "status",
]  # fmt: skip

LISTS = frozenset({"people", "children_seen", "actions", "risk", "list"})
"""Types whose value is a list of objects, each with its own random `id`, shaped by the field's `item`."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a definition file; a name nobody knows is refused, because it is most often a misspelt
    one."""


class Option(Strict, frozen=True, kw_only=True):
    value: str
    label: str
    hint: str | None = None
    group: str | None = None
    factors: list[str] = []


class When(Strict, frozen=True, kw_only=True):
    """Shows something only while another answer is one of these; inside an item it means a field of the same
    item."""

    field: str
    any_of: list[str] = msgspec.field(name="in")


class Field(Strict, frozen=True, kw_only=True):
    id: str
    type: FieldType
    label: str
    hint: str | None = None
    required: bool = False
    required_when: When | None = None
    when: When | None = None
    options: list[Option] = []
    vocabulary: str | None = None
    min: int | None = None
    max: int | None = None
    low_label: str | None = None
    middle_label: str | None = None
    high_label: str | None = None
    rows: int | None = None
    suggest_merge: bool = False
    starts_as: Literal["today", "now"] | None = None
    item: list[Field] = []


class Section(Strict, frozen=True, kw_only=True):
    id: str
    title: str
    title_read: str | None = None
    """The heading for readers, where `title` speaks to whoever writes."""
    hint: str | None = None
    when: When | None = None
    later: Literal["only", "also"] | None = None
    worker_only: bool = False
    fields: list[Field]


class Definition(Strict, frozen=True, kw_only=True):
    schema: str
    kind: str
    title: str
    insert_only: bool
    final_when_sent: bool
    risk_answers: list[When]
    sections: list[Section]


class Vocabulary(Strict, frozen=True, kw_only=True):
    id: str
    title: str
    source: str
    options: list[Option]


class Kept(msgspec.Struct, frozen=True):
    """A definition as it is served: its bytes, their hash, and the same as plain JSON for pages that render
    it."""

    name: str
    hash: str
    raw: bytes
    plain: dict[str, Any]


def kept(name: str, raw: bytes, plain: dict[str, Any]) -> Kept:
    return Kept(name, hash_of(raw), raw, plain)


def read_definition(file: str, raw: bytes, vocabularies: dict[str, Vocabulary]) -> Definition:
    """Reads `visit-note.1.json` and the like; raises `DefinitionError` when it could not be rendered or
    answered."""
    definition = shaped(file, plain_json(file, raw), Definition)
    if file.rsplit("/", 1)[-1] != f"{definition.schema}.json":
        raise DefinitionError(file, "$.schema", f"the file must be called {definition.schema}.json")
    everything = [field for section in definition.sections for field in section.fields]
    _check_fields(file, "$", everything, vocabularies)
    known = {field.id: field for field in everything}
    for index, section in enumerate(definition.sections):
        _check_when(file, f"$.sections[{index}]", section.when, known, vocabularies)
    for index, when in enumerate(definition.risk_answers):
        _check_when(file, f"$.risk_answers[{index}]", when, known, vocabularies)
    return definition


def read_vocabulary(file: str, raw: bytes) -> Vocabulary:
    """Reads a list of options that several definitions share."""
    vocabulary = shaped(file, plain_json(file, raw), Vocabulary)
    if file.rsplit("/", 1)[-1] != f"{vocabulary.id}.json":
        raise DefinitionError(file, "$.id", f"the file must be called {vocabulary.id}.json")
    _check_options(file, "$", vocabulary.options)
    return vocabulary


def _check_fields(file: str, place: str, fields: list[Field], vocabularies: dict[str, Vocabulary]) -> None:
    known = {field.id: field for field in fields}
    if len(known) != len(fields):
        ids = [field.id for field in fields]
        twice = next(id for id in ids if ids.count(id) > 1)
        raise DefinitionError(file, place, f"two fields are called “{twice}”")
    for field in fields:
        here = f"{place} field {field.id}"
        if field.id == "id" and place != "$":
            raise DefinitionError(file, here, "“id” is kept for the item's own random id")
        if (field.type in LISTS) != bool(field.item):
            raise DefinitionError(
                file,
                here,
                f"a field of type {field.type} {'needs' if field.type in LISTS else 'has no'} item",
            )
        if field.type in {"choice", "choices"}:
            if bool(field.options) == bool(field.vocabulary):
                raise DefinitionError(file, here, "a choice needs either options or a vocabulary")
            if field.vocabulary is not None and field.vocabulary not in vocabularies:
                raise DefinitionError(file, here, f"there is no vocabulary {field.vocabulary}")
            _check_options(file, here, field.options)
        elif field.options or field.vocabulary:
            raise DefinitionError(file, here, "only a choice has options")
        if field.type == "scale" and (field.min is None or field.max is None or field.min >= field.max):
            raise DefinitionError(file, here, "a scale needs min below max")
        if field.starts_as is not None and field.type not in {"date", "time"}:
            raise DefinitionError(file, here, "only a date or a time may start filled in; anything else would be evidence")
        _check_when(file, here, field.when, known, vocabularies)
        _check_when(file, here, field.required_when, known, vocabularies)
        if field.item:
            _check_fields(file, here, field.item, vocabularies)


def _check_options(file: str, place: str, options: list[Option]) -> None:
    values = [option.value for option in options]
    if len(set(values)) != len(values):
        raise DefinitionError(file, place, "two options have the same value")


def _check_when(file: str, place: str, when: When | None, known: dict[str, Field], vocabularies: dict[str, Vocabulary]) -> None:
    if when is None:
        return
    field = known.get(when.field)
    if field is None:
        raise DefinitionError(file, f"{place}.when", f"there is no field “{when.field}” to look at")
    possible = answers_of(field, vocabularies)
    wrong = [value for value in when.any_of if value not in possible]
    if wrong:
        raise DefinitionError(file, f"{place}.when", f"“{wrong[0]}” is no answer to “{when.field}”")


def answers_of(field: Field, vocabularies: dict[str, Vocabulary]) -> list[str]:
    """Lists the values a choice or a yes-or-no may have; empty for every other type."""
    if field.type == "yes_no":
        return ["yes", "no"]
    if field.vocabulary is not None:
        return [option.value for option in vocabularies[field.vocabulary].options]
    return [option.value for option in field.options]
