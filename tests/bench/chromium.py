"""Chromium over bare CDP, by pipe, with the Network domain off.

Playwright keeps that domain on, and it makes uploads two to six times dearer (seen by switching it on and off in one
page): what is timed is driven through this instead. A pipe needs no WebSocket library.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser import install

FLAGS = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--mute-audio",
    "--password-store=basic",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
]


class PageError(Exception):
    """What the page's own code threw."""


def program() -> str:
    """Names the browser that the stories run in too."""
    with sync_playwright() as playwright:
        found = install.find(playwright)
    if not found:
        raise SystemExit(install.ASK_FOR_ONE)
    return found


class Page:
    """One tab. `evaluate` runs a function in it and returns what it resolves to."""

    def __init__(self, browser: "Browser", session: str, *, bypass: bool) -> None:
        self.browser, self.session = browser, session
        self.send("Page.enable")
        if bypass:  # the bench's own script is put into a page whose policy would refuse its worker
            self.send("Page.setBypassCSP", enabled=True)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        return self.browser.send(method, params, self.session)

    def run(self, source: str) -> Any:
        """Evaluates an expression; a promise is waited for."""
        told = self.send("Runtime.evaluate", expression=source, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            thrown = told["exceptionDetails"].get("exception", {})
            raise PageError(str(thrown.get("description", told["exceptionDetails"]))[:800])
        return told["result"].get("value")

    def call(self, name: str, given: Any = None) -> Any:
        """Calls `bench.name(given)`, the column under test."""
        return self.run(f"bench.{name}({json.dumps(given)})")

    def goto(self, url: str) -> None:
        self.send("Page.navigate", url=url)
        self.until(f"document.readyState === 'complete' && location.href.startsWith({json.dumps(url)})")

    def until(self, expression: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(PageError):
                if self.run(expression):
                    return
            time.sleep(0.02)
        raise TimeoutError(expression)

    def slow(self, times: float) -> None:
        """Slows the page's own thread. Workers are not reached, so what is slowed must run on the page."""
        self.send("Emulation.setCPUThrottlingRate", rate=times)


class Browser:
    """One Chromium on one profile folder."""

    settle_s = 1.5  # a fresh browser is still starting up during its first second, on two cores

    def __init__(self, executable: str, folder: Path) -> None:
        here, theirs = os.pipe(), os.pipe()
        asks = fcntl.fcntl(here[0], fcntl.F_DUPFD, 20)
        answers = fcntl.fcntl(theirs[1], fcntl.F_DUPFD, 20)
        self._out, self._in = here[1], theirs[0]
        self._rest, self._last = b"", 0

        def numbered() -> None:  # Chromium reads descriptor 3 and writes descriptor 4
            os.dup2(asks, 3)
            os.dup2(answers, 4)

        self.process = subprocess.Popen(
            [executable, *FLAGS, f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=numbered,
            pass_fds=(3, 4),
            start_new_session=True,
        )
        for end in (here[0], theirs[1], asks, answers):
            os.close(end)
        try:
            self.version = str(self.send("Browser.getVersion")["product"])
        except BaseException:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        time.sleep(self.settle_s)

    def send(self, method: str, params: dict[str, Any] | None = None, session: str = "") -> dict[str, Any]:
        self._last += 1
        message = {"id": self._last, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        while True:
            told = self._message()
            if told.get("id") == self._last:
                if "error" in told:
                    raise PageError(f"{method}: {told['error']}")
                found: dict[str, Any] = told["result"]
                return found

    def _message(self) -> dict[str, Any]:
        parts = [self._rest]
        while b"\0" not in parts[-1]:
            chunk = os.read(self._in, 1 << 20)
            if not chunk:
                raise PageError("the browser went away")
            parts.append(chunk)
        message, self._rest = b"".join(parts).split(b"\0", 1)
        found: dict[str, Any] = json.loads(message)
        return found

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        """Closes in an orderly way, so that IndexedDB is flushed as when a person closes it."""
        with contextlib.suppress(PageError, OSError):
            self.send("Browser.close")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._out)
        os.close(self._in)

    def new_page(self, *, bypass: bool = True) -> Page:
        target = self.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        return Page(self, session, bypass=bypass)

    def close_page(self, page: Page) -> None:
        target = page.send("Target.getTargetInfo")["targetInfo"]["targetId"]
        self.send("Target.closeTarget", {"targetId": target})


@contextlib.contextmanager
def folders(*names: str) -> Iterator[dict[str, Path]]:
    """Makes fresh folders and leaves none behind."""
    base = Path(os.environ.get("TMPDIR", "/tmp"), f"bench-{os.getpid()}-{time.monotonic_ns()}")
    try:
        made = {name: base / name for name in names}
        for folder in made.values():
            folder.mkdir(parents=True)
        yield made
    finally:
        shutil.rmtree(base, ignore_errors=True)
