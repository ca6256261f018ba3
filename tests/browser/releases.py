"""An office whose client can be replaced by another release, without building one: a copy of the checkout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.browser.server import Server

CHECKOUT = Path(__file__).parents[2]

CLOCK_THAT_IS_OFF = """{
  const Right = Date;
  globalThis.Date = class extends Right {
    constructor(...given) { given.length ? super(...given) : super(Right.now() + OFF); }
    static now() { return Right.now() + OFF; }
  };
}
"""


class Releases:
    """What one server serves. The first release is the one that was built."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.folder = server.folder / "checkout"
        for name in ("fieldapp", "sync", "templates", "static/dist"):
            shutil.copytree(CHECKOUT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.dist = self.folder / "static" / "dist"
        server.environment["PYTHONPATH"] = str(self.folder)

    def publish(self, id: str, old: str, new: str) -> None:
        """Replaces the release by one of another name whose phone says `new` where it said `old`, and restarts."""
        before = str(json.loads((self.dist / "release.json").read_text())["id"])
        shutil.move(self.dist / before, self.dist / id)
        phone = self.dist / id / "phone.js"
        assert old in phone.read_text()
        phone.write_text(phone.read_text().replace(old, new))
        for path in (self.dist / "release.json", self.dist / "sw.js", self.dist / id / "manifest.webmanifest"):
            path.write_text(path.read_text().replace(before, id))
        self.restart()

    def runs_by_a_clock_that_is_off(self, ms: int) -> None:
        """Has every part of the phone's app, its worker and service worker too, read a clock that is off, and restarts.
        Browsers move a page's clock and not a worker's; the browser's own, by which cookies lapse, stays right."""
        id = str(json.loads((self.dist / "release.json").read_text())["id"])
        for path in (self.dist / id / "phone.js", self.dist / id / "worker.js", self.dist / "sw.js"):
            path.write_text(CLOCK_THAT_IS_OFF.replace("OFF", str(ms)) + path.read_text())
        self.restart()

    def loses(self, name: str) -> Path:
        """Takes one file of the current release away, as a half finished deployment does; returns where it is."""
        id = json.loads((self.dist / "release.json").read_text())["id"]
        lost = self.folder / name
        shutil.move(self.dist / id / name, lost)
        self.restart()
        return lost

    def restart(self) -> None:
        self.server.kill()
        self.server.start()
