"""A record as a sheet: the questions of its definition with the answers under them, and how each version differs. Pure.

Everything here is text or lists of text, ready to be shown; templates decide nothing and add nothing up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from fieldapp.changes import Piece, word_changes
from fieldapp.practice import forms
from fieldapp.practice.measures import Measure
from sync.view import ABSENT, Field, Value

Plain = dict[str, Any]

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FACTS, VIEW = frozenset({"facts", "children"}), frozenset({"view"})
"""Sections that stand side by side on wide screens: what was seen and heard, and what the worker makes of it."""

_NAMED_BESIDE = ("rater", "answered_by")
"""Fields with somebody's id beside which the name was written down, for when nobody of that id is listed."""

_HIDDEN = frozenset({"hash", "entries"})
"""Types that only machines read."""


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called: people of the family, people of the service, records, measures, programmes, levels."""

    people: Mapping[str, str] = field(default_factory=dict)
    staff: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    vocabularies: Mapping[str, Plain] = field(default_factory=dict)
    programmes: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Labels by programme: another may call the same status something else."""
    measure: Measure | None = None
    """The measure this very record was filled in with."""
    programme: str = ""
    """The programme this very record names."""

    def person(self, id: str) -> str:
        return self.people.get(id) or self.staff.get(id) or "somebody not listed"

    def status(self, id: str) -> str:
        """Says where the work stands, in words also when the status is of a programme from before."""
        known = (self.statuses.get(self.programme, {}), *self.statuses.values())
        return next((labels[id] for labels in known if id in labels), id)

    def within(self, fields: Plain) -> Names:
        """Narrows the names to one record: an item of a questionnaire is only known inside its own."""
        measure, programme = fields.get("measure"), fields.get("programme")
        beside = {
            id: name
            for of in _NAMED_BESIDE
            if isinstance(id := fields.get(of), str) and isinstance(name := fields.get(f"{of}_name"), str) and name.strip()
        }
        return replace(
            self,
            people={**beside, **self.people},
            measure=self.measures.get(measure) if isinstance(measure, str) else None,
            programme=programme if isinstance(programme, str) else self.programme,
        )


@dataclass(frozen=True, slots=True)
class Card:
    """One of several versions that nobody has chosen between."""

    text: str
    entry: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Fork:
    """The versions of one answer, or of one item of a list, that stand beside each other."""

    cards: tuple[Card, ...]
    folded: int = 0
    """How many of its cards the page leaves out."""

    @property
    def count(self) -> int:
        """How many versions there are, shown or not."""
        return len(self.cards) + self.folded


@dataclass(frozen=True, slots=True)
class Comment:
    text: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and what stands under it: text, the items of a list, and versions that nobody has chosen between."""

    id: str
    label: str
    text: str = ""
    items: tuple[tuple[Answer, ...], ...] = ()
    forks: tuple[Fork, ...] = ()
    comments: tuple[Comment, ...] = ()
    is_long: bool = False
    folded: int = 0
    """How many of its items and cards the page leaves out."""

    @property
    def is_answered(self) -> bool:
        return bool(self.text or self.items or self.forks)

    @property
    def is_wide(self) -> bool:
        """Says whether it needs the width of the page: long words, lists, versions, comments."""
        return self.is_long or bool(self.items or self.forks or self.comments)


@dataclass(frozen=True, slots=True)
class Part:
    """One section of the form, with the side of the page it belongs to."""

    id: str
    title: str
    side: Literal["facts", "view", "both"]
    answers: tuple[Answer, ...]
    worker_only: bool = False
    folded: int = 0
    """How many of its answers the page leaves out."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field that a version changed, as words that stayed, went and came; where it chose between versions, those and what stands since."""

    label: str
    pieces: tuple[Piece, ...]
    forks: tuple[Fork, ...] = ()
    folded: int = 0
    """How many of its cards the page leaves out."""


Shown = Mapping[str, Field]
"""The fields of a view."""

Told = Callable[[str], tuple[str, str]]
"""Who wrote an entry, and when, in words."""


def parts(
    definition: Plain, shown: Shown, names: Names, told: Told, comments: Mapping[str, tuple[Comment, ...]] | None = None
) -> tuple[Part, ...]:
    """Lays a view out under its questions.

    A question that its own conditions hide is left out when it has no answer; an answer is always shown, whoever hid the
    question. Fields this definition does not know come last, as they were sent: a newer phone may have written them.
    """
    said = comments or {}
    plain = settled(shown)
    names = names.within(plain)
    asked = {one["id"] for one in forms.shown_fields(definition, plain, sent=True)}
    known: set[str] = set()
    found: list[Part] = []
    for section in definition["sections"]:
        answers: list[Answer] = []
        for one in section["fields"]:
            known.add(one["id"])
            if one["type"] in _HIDDEN or (one["id"] not in asked and one["id"] not in shown):
                continue
            if section.get("later") == "only" and one["id"] not in shown:
                continue
            answer = _answer(one, shown.get(one["id"]), names, told, said.get(one["id"], ()))
            # A gap where an answer was wanted is news to a reviewer; a gap where none was is noise.
            if answer.is_answered or answer.comments or one.get("required"):
                answers.append(answer)
        if answers:
            title = section.get("title_read") or section["title"]
            found.append(Part(section["id"], title, _side(section["id"]), tuple(answers), bool(section.get("worker_only"))))
    unknown = [name for name in sorted(shown) if name not in known]
    if unknown:
        rest = tuple(
            _answer({"id": name, "type": "raw", "label": name}, shown[name], names, told, said.get(name, ())) for name in unknown
        )
        found.append(Part("other", "Other answers, as they were sent", "both", rest))
    return tuple(found)


def settled(shown: Shown) -> Plain:
    """Gives the plain fields of a view, taking the first of two versions, for rules that need one value."""
    return {name: values[0] for name in shown if (values := every_value(shown, name))}


def every_value(shown: Shown, name: str) -> list[Any]:
    """Gives every value a field has, one for each version that nobody has chosen between; that it was taken away is none.

    For rules that must not rest on whichever version has the smaller id: a warning, a safety answer, where work stands.
    """
    return [each.value for each in shown[name].values if each.value is not ABSENT] if name in shown else []


def every_item(shown: Shown, name: str) -> list[tuple[Any, ...]]:
    """Gives the items of a list, each with all its versions; ABSENT stands for a version in which it is not listed."""
    if name not in shown:
        return []
    found = shown[name]
    beside = (ABSENT,) if len(found.values) > 1 else ()
    return [
        (*(each.value for each in found.items[item["id"]]), *beside) if _is_forked_item(item, found) else (item, *beside)
        for listed in every_value(shown, name)
        if isinstance(listed, list)
        for item in listed
    ]


def answers(definition: Plain, shown: Shown, names: Names, told: Told, wanted: Sequence[str]) -> tuple[Answer, ...]:
    """Lays out these answers of a view, in the order given, with all their versions; those without an answer are left out."""
    names = names.within(settled(shown))
    asked = {one["id"]: one for section in definition["sections"] for one in section["fields"]}
    found = [_answer(asked[name], shown[name], names, told, ()) for name in wanted if name in asked and name in shown]
    return tuple(answer for answer in found if answer.is_answered)


def changes(
    definition: Plain,
    before: Plain,
    after: Plain,
    names: Names,
    at_most: int | None = None,
    *,
    forks: Shown | None = None,
    told: Told = lambda entry: ("", ""),
) -> tuple[tuple[Change, ...], int]:
    """Lists the fields that differ between two versions, word by word, in the order of the form; and how many more there are.

    `forks`: the fields of which the writer had several versions. What they made of them is listed also where it is one of these, and
    beside all of them: compared with one alone, the others would seem never to have been. Where only items of a list had several,
    the list is compared all the same: what else went or came with the choice is no part of it. What was chosen of such an item is
    neither: it would read as if whoever chose had struck out the words of one and written those of the other.
    """
    forks = forks or {}
    was, names = names.within({**after, **before}), names.within({**before, **after})
    fields = {one["id"]: one for section in definition["sections"] for one in section["fields"]}
    order = [*fields, *sorted({*before, *after, *forks} - fields.keys())]
    found: list[Change] = []
    more = 0
    for name in order:
        old, new = before.get(name), after.get(name)
        one = fields.get(name, {"id": name, "type": "raw", "label": name})
        if (old == new and name not in forks) or one["type"] in _HIDDEN:
            continue
        if at_most is not None and len(found) >= at_most:
            more += 1
            continue
        fork, text = forks.get(name), text_of(one, new, names)
        is_whole = fork is not None and len(fork.values) > 1
        pieces = [] if is_whole else word_changes(text_of(one, _as_settled(old, new, fork), was), text)
        beside = _forks(one, fork, names, told) if fork is not None else ()
        found.append(Change(one["label"], tuple(pieces) or (Piece("same", text or "No answer"),), beside))
    return tuple(found), more


def _as_settled(old: Any, new: Any, fork: Field | None) -> Any:
    """Puts what stands of the items that had several versions into the list as it was before; one that went stays to be marked."""
    if fork is None or not isinstance(old, list) or not isinstance(new, list):
        return old
    stands = {each["id"]: each for each in new if _is_forked_item(each, fork)}
    return [stands.get(each["id"], each) if _is_forked_item(each, fork) else each for each in old]


def text_of(one: Plain, value: Any, names: Names) -> str:
    """Says a value in words. Whatever a phone may have sent, this gives text and never fails."""
    if value is None or value is ABSENT or value == "" or value == []:
        return ""
    kind = one["type"]
    if kind in forms.LISTS and isinstance(value, list):
        return "\n".join(_line_of(one, item, names) for item in value)
    if kind in {"choice", "choices"}:
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(_option(one, each, names) for each in chosen)
    if kind == "yes_no":
        return {"yes": "Yes", "no": "No"}.get(value, _raw(value)) if isinstance(value, str) else _raw(value)
    if kind == "date" and isinstance(value, str):
        return day(value)
    if kind == "person" and isinstance(value, str):
        return names.person(value)
    if kind == "staff" and isinstance(value, list):
        return ", ".join(names.staff.get(each, "somebody not listed") for each in value if isinstance(each, str))
    if kind == "record" and isinstance(value, str):
        return names.records.get(value, "a record not listed")
    if kind == "records" and isinstance(value, list):
        return "\n".join(names.records.get(each, "a record not listed") for each in value if isinstance(each, str))
    if kind == "measure" and isinstance(value, str):
        return names.measures[value].title if value in names.measures else value
    if kind == "programme" and isinstance(value, str):
        return names.programmes.get(value, value)
    if kind == "status" and isinstance(value, str):
        return names.status(value)
    if kind == "scale" and isinstance(value, int) and not isinstance(value, bool):
        return f"{value} out of {one.get('max', 10)}"
    if kind == "scores" and isinstance(value, list):
        return "\n".join(score_text(each, names.measure) for each in value)
    if kind == "paper_score" and isinstance(value, dict):
        return _paper_score(value, names)
    if kind == "answers" and isinstance(value, dict):
        return "\n".join(f"{answer.label}: {answer.text}" for answer in _measure_answers(value, names))
    if kind == "strings" and isinstance(value, list):
        return ", ".join(_raw(each) for each in value)
    return _raw(value)


def day(text: str) -> str:
    """Writes a date as people say it: `2026-11-21` as `Saturday 21 November 2026`."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{DAYS[found.weekday()]} {found.day} {MONTHS[found.month - 1]} {found.year}"


def _side(section: str) -> Literal["facts", "view", "both"]:
    if section in FACTS:
        return "facts"
    return "view" if section in VIEW else "both"


def _answer(one: Plain, found: Field | None, names: Names, told: Told, comments: tuple[Comment, ...]) -> Answer:
    is_long = one["type"] in {"long_text", "raw"}
    if found is None:
        return Answer(one["id"], one["label"], comments=comments)
    forks = _forks(one, found, names, told)
    if len(found.values) > 1:
        return Answer(one["id"], one["label"], forks=forks, comments=comments)
    value = found.value
    if found.items:
        value = [each for each in value if not _is_forked_item(each, found)]
    if one["type"] in forms.LISTS - {"people"} and isinstance(value, list) and (value or forks):
        items = tuple(_item(one, each, names) for each in value)
        return Answer(one["id"], one["label"], items=items, forks=forks, comments=comments)
    if one["type"] == "answers" and isinstance(value, dict):
        return Answer(one["id"], one["label"], items=(_measure_answers(value, names),), comments=comments)
    return Answer(one["id"], one["label"], text=text_of(one, value, names), forks=forks, comments=comments, is_long=is_long)


def _is_forked_item(item: Any, found: Field) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str) and item["id"] in found.items


def _item(one: Plain, value: Any, names: Names) -> tuple[Answer, ...]:
    if not isinstance(value, dict):
        return (Answer(f"{one['id']}/", one["label"], text=_raw(value)),)
    here = f"{one['id']}/{value.get('id', '')}"
    fields = one.get("item", [])
    asked = {each["id"] for each in forms.shown_in_item(fields, value)}
    known = {each["id"] for each in fields} | {"id"}
    # Where a name stands beside the id of a person, the id would say the same twice.
    twice = {"person"} if value.get("name") else set()
    found = [
        Answer(f"{here}/{each['id']}", each["label"], text=text_of(each, value.get(each["id"]), names), is_long=each["type"] == "long_text")
        for each in fields
        if each["id"] not in twice
        and (forms.is_answered(value.get(each["id"])) or (each["id"] in asked and each.get("required")))
    ]  # fmt: skip
    found += [Answer(f"{here}/{name}", name, text=_raw(value[name])) for name in sorted(value.keys() - known)]
    return tuple(found)


def _forks(one: Plain, found: Field, names: Names, told: Told) -> tuple[Fork, ...]:
    """Puts what differs beside each other: versions of the answer, then those of each item, which is said as a list of one."""
    whole = [found.values] if len(found.values) > 1 else []
    items = [[Value(_alone(each.value), each.id) for each in forked] for forked in found.items.values()]
    return tuple(
        Fork(tuple(Card(_card_text(one, each.value, names), each.id, *told(each.id)) for each in values))
        for values in (*whole, *items)
    )


def _alone(item: Any) -> Any:
    return ABSENT if item is ABSENT else [item]


def _card_text(one: Plain, value: Any, names: Names) -> str:
    if value is ABSENT or value == []:
        return "Taken out"
    return text_of(one, value, names) or "No answer"


def _line_of(one: Plain, item: Any, names: Names) -> str:
    if not isinstance(item, dict):
        return _raw(item)
    fields = one.get("item", [])
    known = {each["id"] for each in fields} | {"id"}
    twice = {"person"} if item.get("name") else set()
    # Without its question a “No” may answer any of them; only who somebody is needs none.
    bare = one["type"] == "people"
    said = [
        text if bare or each["id"] in {"person", "name"} else f"{each['label'].rstrip('?')}: {text}"
        for each in fields
        if each["id"] not in twice and (text := text_of(each, item.get(each["id"]), names))
    ]
    said += [f"{name}: {_raw(item[name])}" for name in sorted(item.keys() - known)]
    return " · ".join(text for text in said if text)


def _option(one: Plain, value: Any, names: Names) -> str:
    options = one.get("options") or names.vocabularies.get(one.get("vocabulary", ""), {}).get("options", [])
    return next((str(option["label"]) for option in options if option["value"] == value), _raw(value))


MISSING = {"declined": "Did not want to answer", "not_asked": "Not asked", "not_appropriate": "Not fitting"}


def score_text(value: Any, measure: Measure | None) -> str:
    """Says one score in words: `PHQ-9: 16, moderately severe`."""
    told, band = score_and_band(value, measure)
    return f"{told}, {band}" if band else told


def score_and_band(value: Any, measure: Measure | None) -> tuple[str, str]:
    """Says one score and, apart, what it means; an estimated one says so."""
    if not isinstance(value, dict):
        return _raw(value), ""
    rules = measure.scoring.scores if measure is not None and measure.scoring is not None else []
    title = next((rule.title for rule in rules if rule.id == value.get("id")), None) or _raw(value.get("id") or "Score")
    if value.get("value") is None:
        return f"{title}: no score", "Too many answers are missing"
    missing = value.get("missing")
    count = len(missing) if isinstance(missing, list) else 0
    guessed = f" ({'one answer' if count == 1 else f'{count} answers'} missing, estimated)" if value.get("prorated") else ""
    return f"{title}: {_raw(value['value'])}{guessed}", _raw(value.get("band"))


def _paper_score(value: Plain, names: Names) -> str:
    told = score_text(
        {"id": value.get("score_id") or "Score", "value": value.get("score"), "band": value.get("band")}, names.measure
    )
    day_of = value.get("completed_on")
    lines = [
        told,
        f"On paper of {day(day_of)}" if isinstance(day_of, str) else "",
        f"Scored by {_raw(value['scored_by'])}" if value.get("scored_by") else "",
    ]
    known = {"score", "score_id", "band", "completed_on", "scored_by"}
    return "\n".join([line for line in lines if line] + [f"{name}: {_raw(value[name])}" for name in sorted(value.keys() - known)])


def _measure_answers(value: Plain, names: Names) -> tuple[Answer, ...]:
    found: list[Answer] = []
    items = names.measure.items if names.measure is not None else []
    for item in items:
        given = value.get(item["id"])
        label = item["text"] or f"Item {item['number']}"
        words = next((choice["label"] for choice in item["choices"] if choice["value"] == given), None)
        told = MISSING.get(given, given) if isinstance(given, str) else _raw(given)
        found.append(Answer(f"answers/{item['id']}", label, text=f"{words} ({told})" if words else told))
    known = {item["id"] for item in items}
    return (*found, *(Answer(f"answers/{name}", name, text=_raw(value[name])) for name in sorted(value.keys() - known)))


def _raw(value: Any) -> str:
    """Says anything at all as text: what somebody sent is shown, however odd."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(_raw(each) for each in value)
    if isinstance(value, dict):
        return " · ".join(f"{name}: {_raw(each)}" for name, each in value.items() if name != "id")
    return "" if value is None else str(value)
