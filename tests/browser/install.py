"""Finds or fetches the browser the stories run in: `python -m tests.browser.install`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

ASK_FOR_ONE = (
    "The browser stories need Chromium, and it could not be fetched: install it "
    "(Debian: apt install chromium) and run make test again, or run make test-fast."
)


def find(playwright: Playwright) -> str | None:
    """Give the path of Playwright's own Chromium, else of the system's, else None."""
    own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def there() -> bool:
    """Is there a browser to run the stories in?"""
    with sync_playwright() as playwright:
        return find(playwright) is not None


def main() -> int:
    """Make sure there is a browser; answer 1, after one plain sentence, when there cannot be."""
    if there():
        return 0
    print("Fetching a browser for the tests …", flush=True)
    if _run([sys.executable, "-m", "playwright", "install", "chromium"]) and there():
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("That download was refused; asking apt for chromium …", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        _run(["apt-get", "update", "-qq"], quiet)
        _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], quiet)
    if there():
        return 0
    print(ASK_FOR_ONE, file=sys.stderr)
    return 1


def _run(command: list[str], environment: dict[str, str] | None = None) -> bool:
    done = subprocess.run(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=600,
    )
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
