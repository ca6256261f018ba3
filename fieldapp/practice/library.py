"""Loads every definition once, strictly, and hands them out by name and by hash."""

from __future__ import annotations

import functools
import importlib.resources
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from fieldapp.practice.definitions import Definition, Kept, Vocabulary, kept, read_definition, read_vocabulary
from fieldapp.practice.policy import Policy, read_policy
from fieldapp.practice.reading import plain_json


class Practice(msgspec.Struct, frozen=True):
    """Everything the organisation's practice says, immutable after loading."""

    definitions: dict[str, Definition]
    vocabularies: dict[str, Vocabulary]
    policy: Policy
    files: dict[str, Kept]
    """By hash: what `GET /sync/v1/practice/HASH` answers with."""
    names: dict[str, str]
    """`records/visit-note.1` and the like to the hash of the file."""

    def index(self) -> dict[str, str]:
        """Names every file with its hash, so that a phone knows what to fetch and keeps what it has."""
        return dict(sorted(self.names.items()))

    def served(self, hash: str) -> bytes | None:
        """Gives the bytes of one file, or None when no file has this hash."""
        found = self.files.get(hash)
        return None if found is None else found.raw

    def plain(self, name: str) -> dict[str, Any]:
        """Gives a file as plain JSON by its name, for templates; raises KeyError for a name never shipped."""
        return self.files[self.names[name]].plain

    def form(self, schema: str) -> str:
        """Gives the hash of a record definition: the `form` of an entry made under it."""
        return self.names[f"records/{schema}"]

    def newest(self, kind: str) -> Definition:
        """Gives the newest definition of a kind; raises KeyError for an unknown kind."""
        found = [definition for definition in self.definitions.values() if definition.kind == kind]
        if not found:
            raise KeyError(kind)
        return max(found, key=lambda definition: int(definition.schema.rpartition(".")[2]))


def load(folder: Traversable) -> Practice:
    """Reads a practice folder; raises `DefinitionError` at the first file that is wrong."""
    files: dict[str, Kept] = {}
    names: dict[str, str] = {}

    def each(room: str) -> list[tuple[str, str, bytes]]:
        found = []
        for entry in sorted((folder / room).iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith(".json"):
                found.append(
                    (f"{room}/{entry.name}", f"{room}/{entry.name.removesuffix('.json')}", entry.read_bytes())
                )
        return found

    def keep(file: str, name: str, raw: bytes) -> None:
        document = kept(name, raw, plain_json(file, raw))
        files[document.hash] = document
        names[name] = document.hash

    vocabularies: dict[str, Vocabulary] = {}
    for file, name, raw in each("vocabularies"):
        vocabulary = read_vocabulary(file, raw)
        vocabularies[vocabulary.id] = vocabulary
        keep(file, name, raw)
    definitions: dict[str, Definition] = {}
    for file, name, raw in each("records"):
        definition = read_definition(file, raw, vocabularies)
        definitions[definition.schema] = definition
        keep(file, name, raw)
    raw_policy = (folder / "policy.json").read_bytes()
    policy = read_policy("policy.json", raw_policy, {definition.kind for definition in definitions.values()})
    keep("policy.json", "policy", raw_policy)
    return Practice(definitions, vocabularies, policy, files, names)


@functools.cache
def shipped() -> Practice:
    """Loads what this package ships; done once, because the files cannot change under a running process."""
    return load(importlib.resources.files("fieldapp.practice"))
