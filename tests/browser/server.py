"""The real server, `fieldapp serve`, as a process that a story can start, kill and start again on the same data."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

PATIENCE_S = 10
COMMAND = Path(sys.executable).with_name("fieldapp")


class Server:
    """One demo office in its own folder, on its own port."""

    def __init__(self, folder: Path, *, port: int | None = None, command: Sequence[str | Path] = (COMMAND,)) -> None:
        self.folder = folder
        self.command = command
        self.port = port or free_port()
        self.origin = f"http://localhost:{self.port}"
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
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended at once:\n{self.said.read_text()}")

    def answers(self) -> bool:
        """Does anything answer at its port?"""
        try:
            with urllib.request.urlopen(f"{self.origin}/healthz", timeout=1) as answer:
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


class _LogInFirst(BaseHTTPRequestHandler):
    """What a hotel's network answers to whatever is asked: 200, and a page."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        page = b"<!DOCTYPE html><title>Welcome</title><h1>Log in to use our wifi</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def _portal_at(port: int) -> ThreadingHTTPServer:
    """Takes a port whose owner has just been killed: the last of its processes lets go a moment later."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ThreadingHTTPServer(("127.0.0.1", port), _LogInFirst)
        except OSError:
            if time.monotonic() > end:
                raise


@contextmanager
def captive_portal(server: Server) -> Iterator[None]:
    """Stands where the office stood, and answers everything with a page of its own; afterwards the office is back."""
    server.kill()
    with _portal_at(server.port) as portal:
        answering = Thread(target=portal.serve_forever, kwargs={"poll_interval": 0.02})
        answering.start()
        try:
            yield
        finally:
            portal.shutdown()
            answering.join()
    server.start()


def free_port() -> int:
    """Give a port nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
