"""The service worker sends what is sealed: it comes to no key and gives no verdict, because nothing it imports does."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.tools import ROOT, plant

ENTRY = "static/sw.js"
#: What opens, seals, signs or judges, and whatever else names the platform's cryptography or a library of it.
KEPT_OUT = {
    f"static/src/core/{name}.js" for name in ("keys", "hpke", "argon2id", "settle", "vault", "unlock", "wraps", "packets")
}
CRYPTOGRAPHY = re.compile(r"\bsubtle\b|['\"](?:@hpke/|argon2id|hash-wasm)")
COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*$", re.M | re.S)
IMPORTS = re.compile(r"(?:\bfrom|\bimport)\s*\(?\s*['\"](\.[^'\"]+)['\"]")


def reached(root: Path) -> set[str]:
    """Every file that the service worker's entry comes to, itself among them."""
    found: set[str] = set()
    rest = [ENTRY]
    while rest:
        name = rest.pop()
        if name in found:
            continue
        found.add(name)
        path = root / name
        for to in IMPORTS.findall(COMMENT.sub("", path.read_text())):
            rest.append((path.parent / to).resolve().relative_to(root.resolve()).as_posix())
    return found


def faults(root: Path) -> set[str]:
    files = reached(root)
    return {name for name in files if name in KEPT_OUT or CRYPTOGRAPHY.search(COMMENT.sub("", (root / name).read_text()))}


def test_service_worker_comes_to_no_cryptography() -> None:
    assert {"static/src/core/background.js", "static/src/core/push.js", "static/src/core/outbox.js"} <= reached(ROOT)
    assert faults(ROOT) == set()


def test_planted_cryptography_is_found_however_far_away_it_is(tmp_path: Path) -> None:
    plant(tmp_path, ENTRY, 'import { near } from "./src/core/near.js";\n// import "./src/core/keys.js";\n')
    plant(tmp_path, "static/src/core/near.js", 'export { far } from "../sync/far.js";\nimport "./keys.js";\n')
    plant(tmp_path, "static/src/core/keys.js", "export const open = 1;\n")
    plant(tmp_path, "static/src/sync/far.js", "export const far = () => crypto.subtle.digest('SHA-256', new Uint8Array());\n")
    plant(tmp_path, "static/src/core/beside.js", "export const beside = crypto.subtle;\n")

    assert faults(tmp_path) == {"static/src/core/keys.js", "static/src/sync/far.js"}
