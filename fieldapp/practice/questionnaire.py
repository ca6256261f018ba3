"""Reads the items of a FHIR R4 Questionnaire, ours or a foreign one, as plain data. Twin:
`questionnaire.js`."""

from __future__ import annotations

from typing import Any, TypedDict

Plain = dict[str, Any]

ORDINAL = frozenset(
    {
        "http://hl7.org/fhir/StructureDefinition/ordinalValue",
        "http://hl7.org/fhir/StructureDefinition/itemWeight",
    }
)
SCALE_ENDS = "https://fieldapp.example/scale-ends"
MISSING_STATES = ("declined", "not_asked", "not_appropriate")
"""Why an answer is missing; kept apart because they mean different things, and none of them is a zero."""


class Choice(TypedDict):
    value: int | str
    label: str


class Item(TypedDict):
    """One question. `text` is None in a skeleton: the screen then says “Item `number`”."""

    id: str
    number: str
    text: str | None
    type: str
    choices: list[Choice]
    low_label: str | None
    high_label: str | None
    code: str | None


def items_of(definition: Plain) -> list[Item]:
    """Lists the questions in order, those inside groups too; headings and instructions are left out."""
    found: list[Item] = []
    pending = list(reversed(definition.get("item") or []))
    while pending:
        item = pending.pop()
        pending.extend(reversed(item.get("item") or []))
        if item.get("type") in {"display", "group"}:
            continue
        low, high = _ends(item)
        codes = item.get("code") or []
        found.append(
            {
                "id": item["linkId"],
                "number": item.get("prefix") or str(len(found) + 1),
                "text": item.get("text"),
                "type": item["type"],
                "choices": [_choice(option, position) for position, option in enumerate(item.get("answerOption") or [])],
                "low_label": low,
                "high_label": high,
                "code": codes[0].get("code") if codes else None,
            }
        )
    return found


def intro_of(definition: Plain) -> list[str]:
    """Lists the instructions printed above the questions."""
    return [item["text"] for item in definition.get("item") or [] if item["type"] == "display" and item.get("text")]


def measure_id(definition: Plain) -> str:
    """Names a measure with its version, such as `phq-9@1`."""
    return f"{definition.get('id') or definition.get('url')}@{definition.get('version') or '0'}"


def _ends(item: Plain) -> tuple[str | None, str | None]:
    for extension in item.get("extension") or []:
        if extension.get("url") == SCALE_ENDS:
            low, _, high = extension["valueString"].partition(" | ")
            return low, high
    return None, None


def _choice(option: Plain, position: int) -> Choice:
    if "valueInteger" in option:
        return {"value": option["valueInteger"], "label": str(option["valueInteger"])}
    coding = option.get("valueCoding") or {}
    label = coding.get("display") or coding.get("code") or option.get("valueString") or str(position)
    for extension in [*(option.get("extension") or []), *(coding.get("extension") or [])]:
        if extension.get("url") in ORDINAL and _is_whole(extension.get("valueDecimal")):
            return {"value": int(extension["valueDecimal"]), "label": label}
    return {"value": coding.get("code") or label, "label": label}


def _is_whole(value: object) -> bool:
    # A foreign file may say 2.0, which JavaScript cannot tell from 2.
    return not isinstance(value, bool) and isinstance(value, int | float) and value == int(value)
