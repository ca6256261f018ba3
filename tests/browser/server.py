"""The real server, `fieldapp serve`, as a process that a story can start, kill and start again on the same data."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

COMMAND = Path(sys.executable).with_name("fieldapp")


class Server:
    """One demo office in its own folder, on its own port. `origin` is where phones find it: there, unless a line lies between."""

    def __init__(
        self, folder: Path, *, port: int | None = None, origin: str | None = None, command: Sequence[str | Path] = (COMMAND,)
    ) -> None:
        self.folder = folder
        self.command = command
        self.port = port or free_port()
        self.address = f"http://localhost:{self.port}"
        self.origin = origin or self.address
        self.said = folder / "server.txt"
        self.environment = {
            **os.environ,
            "FIELDAPP_DATABASE": str(folder / "office.db"),
            "FIELDAPP_KEY_FILE": str(folder / "office.key"),
            "FIELDAPP_ORIGIN": self.origin,
            "PORT": str(self.port),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def make_demo(self) -> None:
        """Make the office that is served."""
        subprocess.run([COMMAND, "demo"], env=self.environment, check=True, capture_output=True, timeout=300)

    def start(self) -> None:
        """Start, and come back when it answers."""
        with self.said.open("ab") as said:
            self._process = subprocess.Popen(
                [*self.command, "serve"], env=self.environment, stdout=said, stderr=said, start_new_session=True
            )
        while not self.answers():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.05)
                raise AssertionError(f"the server ended at once:\n{self.said.read_text()}")

    def answers(self) -> bool:
        """Does anything answer at its port?"""
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """End it the hard way, all its processes at once, as a power cut would."""
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def entries(self) -> int:
        """How many entries it has placed, whoever wrote them."""
        with closing(sqlite3.connect(self.folder / "office.db")) as db:
            return int(db.execute("SELECT count(*) FROM entries").fetchone()[0])


def free_port() -> int:
    """Give a port nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
