"""The `fieldapp measure` commands: check measure files, score answers. `cli.py` hangs them in by one call."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fieldapp.practice.library import Practice, shipped
from fieldapp.practice.measures import Measure, read_measure
from fieldapp.practice.questionnaire import Plain
from fieldapp.practice.reading import plain_json
from fieldapp.practice.refusal import DefinitionError
from fieldapp.practice.scoring import score


def add_measure_commands(subparsers: Any) -> None:
    """Adds `measure check` and `measure score` to the `fieldapp` command.

    `subparsers` is what `ArgumentParser.add_subparsers()` returned. Each command sets `command`, a
    function of the parsed arguments that returns the exit code.
    """
    measure = subparsers.add_parser("measure", help="check measure files and score answers")
    commands = measure.add_subparsers(dest="measure_command", required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="say whether measure files can be used, and if not where and why")
    check.add_argument("files", nargs="+", metavar="FILE", help="a FHIR R4 Questionnaire, with our scoring block or without")
    check.set_defaults(command=lambda arguments: check_files(arguments.files))
    scored = commands.add_parser("score", help="score answers and print scores, bands and what is missing as JSON")
    scored.add_argument("measure", metavar="ID", help="such as phq-9 or phq-9@1, or the path of a measure file")
    scored.add_argument("--answers", required=True, metavar="FILE", help='JSON {item id: value}; "-" reads the standard input')
    scored.set_defaults(command=lambda arguments: score_answers(arguments.measure, arguments.answers))


def check_files(files: list[str]) -> int:
    """Checks each file and says so; returns 1 when one cannot be used, naming file, place and reason."""
    refused = False
    for file in files:
        try:
            measure = read_measure(file, _bytes_of(file))
        except DefinitionError as error:
            refused = True
            sys.stderr.write(f"{error}\n")
            continue
        sys.stdout.write(f"{file}: {measure.id}, {_summary(measure)}\n")
    return 1 if refused else 0


def score_answers(name: str, answers_file: str) -> int:
    """Prints the result of scoring as JSON; returns 1, with a sentence, when measure or answers cannot be
    read.

    Answers may name an item by its id or by its code (LOINC), and nothing else: a mistyped id would read like an
    answer that was left out. A missing score is no error: its reason is printed.
    """
    try:
        measure = _find(name)
        raw = sys.stdin.buffer.read() if answers_file == "-" else _bytes_of(answers_file)
        answers = plain_json(answers_file, raw, decimals=True)
        if not isinstance(answers, dict):
            raise DefinitionError(answers_file, "$", "answers are one object, {item id: value}")
        result = score(measure.plain, _by_item_id(measure, answers, answers_file))
    except DefinitionError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps({"measure": measure.id, **result}, ensure_ascii=False, indent=2) + "\n")
    return 0


def newest_measure(practice: Practice, id: str) -> Measure | None:
    """Finds a measure by `phq-9@1`, or the newest version by `phq-9`."""
    if id in practice.measures:
        return practice.measures[id]
    versions = [measure for name, measure in practice.measures.items() if name.rpartition("@")[0] == id]
    return max(versions, key=lambda measure: _natural(measure.id.rpartition("@")[2])) if versions else None


def _natural(version: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (0, part) for part in version.split(".")]


def _find(name: str) -> Measure:
    found = newest_measure(shipped(), name)
    if found is not None:
        return found
    if name.endswith(".json"):
        return read_measure(name, _bytes_of(name))
    known = ", ".join(sorted(id.partition("@")[0] for id in shipped().measures))
    raise DefinitionError(name, "$", f"no measure has this id; there are {known}")


def _by_item_id(measure: Measure, answers: Plain, file: str) -> Plain:
    ids = {item["id"] for item in measure.items}
    codes = {item["code"]: item["id"] for item in measure.items if item["code"]}
    found: Plain = {}
    for name, value in answers.items():
        id = name if name in ids else codes.get(name, name)
        if id not in ids:
            known = ", ".join(item["id"] for item in measure.items)
            raise DefinitionError(file, f"$.{name}", f"{measure.id} has no item “{name}”; its items are {known}")
        if id in found:
            raise DefinitionError(file, f"$.{name}", f"item “{id}” is answered twice, by its id and by its code")
        found[id] = value
    return found


def _bytes_of(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise DefinitionError(file, "$", f"this file cannot be read: {error.strerror}") from error


def _summary(measure: Measure) -> str:
    questions = f"{len(measure.items)} question" + ("" if len(measure.items) == 1 else "s")
    if measure.scoring is None:
        return f"{questions}, no scoring rule: answers are kept without a score"
    text = "" if measure.has_text else ", without text: answers or a score from paper only"
    risk = f", asks for a person at item {', '.join(measure.risk_items)}" if measure.risk_items else ""
    return f"{questions}, {len(measure.scoring.scores)} score(s){text}{risk}"
