"""Everything this program raises on purpose belongs to one of three families, so that no door has to catch strangers."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType

from werkzeug.exceptions import HTTPException

import fieldapp
import sync
from fieldapp.errors import FieldappError
from sync.errors import SyncError

FAMILIES = (FieldappError, SyncError, HTTPException)


def strangers_in(module: ModuleType) -> list[str]:
    """The exceptions a module defines that belong to no family."""
    return [
        f"{module.__name__}.{name}"
        for name, found in inspect.getmembers(module, inspect.isclass)
        if found.__module__ == module.__name__ and issubclass(found, BaseException) and not issubclass(found, FAMILIES)
    ]


def modules() -> list[ModuleType]:
    names = [one.name for package in (fieldapp, sync) for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return [importlib.import_module(name) for name in names]


def test_every_error_stands_in_a_family() -> None:
    found = modules()
    assert len(found) > 40
    assert [name for module in found for name in strangers_in(module)] == []


def test_a_planted_stranger_is_found() -> None:
    planted = ModuleType("planted")
    planted.Lost = type("Lost", (RuntimeError,), {"__module__": "planted"})  # type: ignore[attr-defined]
    planted.Known = type("Known", (FieldappError,), {"__module__": "planted"})  # type: ignore[attr-defined]
    assert strangers_in(planted) == ["planted.Lost"]
