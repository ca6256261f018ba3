"""Rooms of the browser see only their own world, held twice: by the linter and by the compiler."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.tools import BESIDE_NODE, ROOT, copy, plant, run

LINT: list[str | Path] = [BESIDE_NODE / "biome", "lint", "--reporter=github"]
COMPILE: list[str | Path] = [BESIDE_NODE / "tsc", "-b"]
CONFIGS = [path.name for path in ROOT.glob("tsconfig*.json")]

OUT_OF_ROOM = [
    ("static/src/screens/planted.jsx", "export const title = () => document.title;", "noRestrictedGlobals"),
    ("static/src/screens/planted.jsx", "export const go = () => window.close();", "noRestrictedGlobals"),
    ("static/src/parts/planted.jsx", "export const near = () => navigator.onLine;", "noRestrictedGlobals"),
    ("static/src/parts/planted.jsx", "export const get = () => fetch('/x');", "noRestrictedGlobals"),
    ("static/src/parts/planted.jsx", "export const keep = () => localStorage.length;", "noRestrictedGlobals"),
    ("static/src/screens/planted.jsx", "export const all = () => globalThis;", "noRestrictedGlobals"),
    ("static/src/screens/planted.jsx", "export * from '../core/outbox.js';", "noRestrictedImports"),
    ("static/src/screens/planted.jsx", "export { openDB } from 'idb';", "noRestrictedImports"),
    ("static/src/page.js", "export const open = () => indexedDB.open('x');", "noRestrictedGlobals"),
    ("static/src/core/planted.js", "export const get = () => fetch('/x');", "noRestrictedGlobals"),
    ("static/src/core/planted.js", "export const open = () => indexedDB.open('x');", "noRestrictedGlobals"),
    ("static/src/core/planted.js", "export const now = () => Date.now();", "noRestrictedGlobals"),
    ("static/src/core/planted.js", "export const later = (f) => setTimeout(f, 1);", "noRestrictedGlobals"),
    ("static/src/core/planted.js", "export const lock = () => navigator.locks.request('x', () => 1);", "noRestrictedGlobals"),
    ("static/src/core/planted.js", "export const hash = (b) => crypto.subtle.digest('SHA-256', b);", "noRestrictedGlobals"),
    ("static/src/core/planted.js", "export { default } from 'argon2id/lib/setup.js';", "noRestrictedImports"),
    ("static/src/core/planted.js", "export { CipherSuite } from '@hpke/core';", "noRestrictedImports"),
    ("static/src/core/planted.js", "export * from '../screens/family.jsx';", "noRestrictedImports"),
    ("static/src/core/outbox.js", "export const open = () => indexedDB.open('x');", "noRestrictedGlobals"),
    ("static/src/core/keys.js", "export const now = () => Date.now();", "noRestrictedGlobals"),
    ("static/src/core/outside.js", "export * from './outbox.js';", "noRestrictedImports"),
    ("static/src/sync/planted.js", "export const hash = (b) => crypto.subtle.digest('SHA-256', b);", "noRestrictedGlobals"),
    ("static/src/sync/planted.js", "export const now = () => Date.now();", "noRestrictedGlobals"),
    ("static/src/sync/planted.js", "export * from '../core/keys.js';", "noRestrictedImports"),
    ("static/src/practice/planted.js", "export const get = () => fetch('/x');", "noRestrictedGlobals"),
    ("static/src/parts/planted.jsx", "export const Raw = () => <p dangerouslySetInnerHTML={{ __html: '' }} />;", "noDangerously"),
    ("static/src/parts/planted.jsx", "export const Picture = () => <img src='/x.png' />;", "a11y/useAltText"),
    ("static/src/parts/planted.jsx", "export const Tap = () => <div onClick={() => 1}>x</div>;", "lint/a11y/"),
]
UNKNOWN_THERE = [
    ("static/src/sync/planted.js", "export const get = () => fetch('/x');", "fetch"),
    ("static/src/practice/planted.js", "export const title = () => document.title;", "document"),
    ("static/src/core/planted.js", "export const title = () => document.title;", "document"),
    ("static/src/core/planted.js", "export const close = () => window.close();", "window"),
    ("static/src/screens/planted.js", "export const take = () => importScripts('/x.js');", "importScripts"),
    ("static/sw.js", "export const title = () => document.title;", "document"),
]
EMPTY = ["sync", "practice", "core", "screens"]


def test_every_room_keeps_the_linters_rules() -> None:
    ended, said = run(LINT, ROOT)
    assert ended == 0, said


def test_every_room_compiles_in_its_own_world(tmp_path: Path) -> None:
    copy([*CONFIGS, "static/src", "static/sw.js", "static/release.d.ts", "tests/js", "package.json"], tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    ended, said = run(COMPILE, tmp_path)
    assert ended == 0, said


@pytest.mark.parametrize(("name", "code", "rule"), OUT_OF_ROOM, ids=[f"{name}: {code}" for name, code, _ in OUT_OF_ROOM])
def test_the_linter_stops_a_reach_out_of_the_room(tmp_path: Path, name: str, code: str, rule: str) -> None:
    copy(["biome.json"], tmp_path)
    plant(tmp_path, name, code + "\n")

    ended, said = run(LINT, tmp_path)

    assert ended == 1, said
    assert rule in said, said


@pytest.mark.parametrize(("name", "code", "unknown"), UNKNOWN_THERE, ids=[f"{name}: {code}" for name, code, _ in UNKNOWN_THERE])
def test_the_compiler_knows_nothing_outside_the_room(tmp_path: Path, name: str, code: str, unknown: str) -> None:
    copy([*CONFIGS, "static/release.d.ts", "package.json"], tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    for room in EMPTY:
        plant(tmp_path, f"static/src/{room}/empty.js", "export {};\n")
    plant(tmp_path, "static/sw.js", "export {};\n")
    plant(tmp_path, "tests/js/empty.test.js", "export {};\n")
    before, said_before = run(COMPILE, tmp_path)
    plant(tmp_path, name, code + "\n")

    ended, said = run(COMPILE, tmp_path)

    assert before == 0, said_before
    assert ended != 0
    assert f"Cannot find name '{unknown}'" in said, said
