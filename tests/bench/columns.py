"""The columns: how each starts its office and opens its page. What they do there is `columns/*.js`."""

import contextlib
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import processes
from tests.bench.chromium import Browser, Page

BROWSER_SHIM = (
    "window.global = window;"
    "window.process = { env: {}, browser: true, nextTick: (f, ...given) => queueMicrotask(() => f(...given)) };0"
)


@dataclass
class Office:
    """A running office behind its proxy."""

    program: processes.Program
    proxy: processes.Proxy
    folder: Path
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.proxy.port}"


class Column:
    """One column. The floor and the rivals are this; the product says otherwise where it must."""

    blank = "/blank"

    def __init__(self, name: str) -> None:
        self.name = name
        self.script = processes.bundle(name)

    def script_bytes(self) -> int:
        return len(gzip.compress(self.script.encode(), 9))

    @contextlib.contextmanager
    def office(self, folder: Path) -> Iterator[Office]:
        """Runs an empty office in the folder."""
        port = processes.free_port()
        with self._server(port, folder) as program, processes.Proxy(port) as proxy:
            yield Office(program, proxy, folder)

    def _server(self, port: int, folder: Path) -> processes.Program:
        if self.name == "pouchdb":
            couch = processes.HERE / "servers" / "couch.cjs"
            return processes.Program([str(processes.NODE), str(couch), str(port), str(folder)], port=port)
        return processes.gunicorn("tests.bench.servers.flask_office:app", port, {"BENCH_DATABASE": str(folder / "office.db")})

    def page(self, browser: Browser, office: Office, *, inline: bool = False) -> Page:
        """Opens a page of the office's origin and puts the column's script into it."""
        page = browser.new_page()
        page.goto(office.origin + self.blank)
        page.run(BROWSER_SHIM)
        page.run(f"window.benchTold = {json.dumps({**office.facts, 'inline': inline})};0")
        page.run(self.script + ";0")
        return page

    def once(self, executable: str, take: Callable[[str, float], None], *, quick: bool) -> None:
        """Takes the figures that only the product has."""
