"""Fixtures of the office and its phones."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldapp import people
from tests.app import harrowmere
from tests.app import machine as machines
from tests.app.harrowmere import Harrowmere
from tests.app.machine import Machine
from tests.app.phone import Handset, phone, street


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    """Harrowmere, with phones."""
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    return street(tmp_path)


@pytest.fixture
def ama(place: Harrowmere) -> Handset:
    """Ama's phone, set up."""
    return phone(place, "ama")


@pytest.fixture
def reece(place: Harrowmere) -> Handset:
    """Reece's phone, set up."""
    return phone(place, "reece")


@pytest.fixture
def office_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Machine:
    """An office on its own machine."""
    return machines.make(tmp_path, monkeypatch, capsys)
