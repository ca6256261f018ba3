"""Loads every definition once, strictly, and hands them out by name and by hash."""

from __future__ import annotations

import functools
import importlib.resources
import json
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from fieldapp.practice.definitions import Definition, Kept, Vocabulary, kept, read_definition, read_vocabulary
from fieldapp.practice.measures import Measure, read_measure
from fieldapp.practice.policy import Policy, read_policy
from fieldapp.practice.programmes import Programme, read_programme
from fieldapp.practice.reading import plain_json
from fieldapp.practice.refusal import DefinitionError

Index = dict[str, Any]
"""`{"records": {schema: hash}, "measures": {id: hash}, "programmes": {…}, "vocabularies": {…}, "policy":
hash}`"""


class Practice(msgspec.Struct, frozen=True):
    """Everything the organisation's practice says, immutable after loading."""

    definitions: dict[str, Definition]
    measures: dict[str, Measure]
    """By id and version, such as `phq-9@1`."""
    programmes: dict[str, Programme]
    """By id and version, such as `staying-together@1`."""
    vocabularies: dict[str, Vocabulary]
    policy: Policy
    index: Index
    index_hash: str
    """The `practice` of `hello`; the index is served under it, like every file under its own."""
    files: dict[str, Kept]
    """By hash: what `GET /sync/v1/practice/HASH` answers with."""

    def served(self, hash: str) -> bytes | None:
        """Gives the bytes of one file, or None when no file has this hash."""
        found = self.files.get(hash)
        return None if found is None else found.raw

    def plain(self, room: str, name: str) -> dict[str, Any]:
        """Gives a file as plain JSON, such as `plain("records", "visit-note.1")`; KeyError for one never
        shipped."""
        return self.files[self.index[room][name]].plain

    def plain_vocabularies(self) -> dict[str, Any]:
        """Gives all vocabularies as `forms.problems` wants them."""
        return {name: self.plain("vocabularies", name) for name in self.vocabularies}

    def form(self, schema: str) -> str:
        """Gives the hash of a record definition: the `form` of an entry made under it."""
        return str(self.index["records"][schema])

    def newest(self, kind: str) -> Definition:
        """Gives the newest definition of a kind; raises KeyError for an unknown kind."""
        found = [definition for definition in self.definitions.values() if definition.kind == kind]
        if not found:
            raise KeyError(kind)
        return max(found, key=lambda definition: int(definition.schema.rpartition(".")[2]))


def load(folder: Traversable) -> Practice:
    """Reads a practice folder; raises `DefinitionError` at the first file that is wrong."""
    vocabularies: dict[str, Vocabulary] = {}
    definitions: dict[str, Definition] = {}
    measures: dict[str, Measure] = {}
    programmes: dict[str, Programme] = {}
    files: dict[str, Kept] = {}
    index: Index = {"records": {}, "measures": {}, "programmes": {}, "vocabularies": {}}

    def keep(file: str, raw: bytes, plain: dict[str, Any]) -> str:
        document = kept(file, raw, plain)
        files[document.hash] = document
        return document.hash

    for file, raw in _each(folder, "vocabularies"):
        vocabulary = read_vocabulary(file, raw)
        vocabularies[vocabulary.id] = vocabulary
        index["vocabularies"][vocabulary.id] = keep(file, raw, plain_json(file, raw))
    for file, raw in _each(folder, "records"):
        definition = read_definition(file, raw, vocabularies)
        definitions[definition.schema] = definition
        index["records"][definition.schema] = keep(file, raw, plain_json(file, raw))
    for file, raw in _each(folder, "measures"):
        measure = read_measure(file, raw)
        if measure.id in measures:
            raise DefinitionError(file, "$.id", f"another file is {measure.id} already")
        measures[measure.id] = measure
        index["measures"][measure.id] = keep(file, raw, measure.plain)
    for file, raw in _each(folder, "programmes"):
        programme = read_programme(
            file,
            raw,
            schemas={schema: definition.kind for schema, definition in definitions.items()},
            measures=set(measures),
            vocabularies=set(vocabularies),
        )
        programmes[programme.name] = programme
        index["programmes"][programme.name] = keep(file, raw, plain_json(file, raw))
    raw = (folder / "policy.json").read_bytes()
    policy = read_policy("policy.json", raw, {definition.kind for definition in definitions.values()})
    index["policy"] = keep("policy.json", raw, plain_json("policy.json", raw))
    index_raw = json.dumps(index, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
    index_hash = keep("index", index_raw, index)
    return Practice(definitions, measures, programmes, vocabularies, policy, index, index_hash, files)


def _each(folder: Traversable, room: str) -> list[tuple[str, bytes]]:
    entries = sorted((folder / room).iterdir(), key=lambda entry: entry.name)
    return [(f"{room}/{entry.name}", entry.read_bytes()) for entry in entries if entry.name.endswith(".json")]


@functools.cache
def shipped() -> Practice:
    """Loads what this package ships; done once, because the files cannot change under a running process."""
    return load(importlib.resources.files("fieldapp.practice"))
