"""What is installed is the whole of it: a wheel without the client, the templates or the definitions looks fine and is not."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

from tests.house.tools import ROOT, copy, run

TO_BUILD = ["fieldapp", "sync", "templates", "static/dist", "setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md"]


def missing(inside: set[str], tree: Path = ROOT) -> list[str]:
    """Name what a wheel with these files lacks, measured against the tree it was built from."""
    release = json.loads((tree / "static/dist/release.json").read_text())
    wanted = {f"fieldapp/static{file}" for file in release["files"] if file != "/app"}
    wanted |= {"fieldapp/static/dist/release.json", "fieldapp/static/dist/sw.js", f"fieldapp/static/dist/{release['id']}/desk.js"}
    wanted |= {f"fieldapp/{path.relative_to(tree)}" for path in (tree / "templates").rglob("*.html")}
    for package in ("fieldapp", "sync"):
        found = [path for path in (tree / package).rglob("*") if path.suffix in {".py", ".json"}]
        wanted |= {str(path.relative_to(tree)) for path in found if "__pycache__" not in path.parts}
    return sorted(wanted - inside)


def test_the_wheel_holds_client_templates_and_definitions(tmp_path: Path) -> None:
    copy([name for name in TO_BUILD if (ROOT / name).exists()], tmp_path)

    ended, said = run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", "made", "."], tmp_path)

    assert ended == 0, said
    (wheel,) = (tmp_path / "made").glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        inside = set(opened.namelist())
    assert missing(inside, tmp_path) == []
    assert not [name for name in inside if name.startswith(("static/", "templates/", "tests/"))]
    assert not [name for name in inside if "/src/" in name]


def test_a_wheel_without_the_client_is_noticed() -> None:
    assert "fieldapp/static/dist/release.json" in missing({"fieldapp/__init__.py"})
    assert "fieldapp/templates/app/shell.html" in missing({"fieldapp/__init__.py"})
