"""A phone: one browser with a profile on disk, which can be closed, killed and opened again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Error, Page, Playwright, ViewportSize

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--heap-snapshot-string-limit=1048576",  # what is read of a phone's memory is not cut short
)
STARTING_MS = 120_000
SIZE = ViewportSize(width=390, height=844)
LAPTOP = ViewportSize(width=1280, height=800)


def _ids(told: dict[str, Any]) -> list[str]:
    return [one["registrationId"] for one in told["registrations"] if not one["isDeleted"]]


class Phone:
    """One person's phone, or with ``size=LAPTOP`` their laptop. ``page`` is what is on screen while it runs.

    Everything the browser writes lies under ``folder``, its temporary files and caches too: a search of the
    folder is a search of the phone. Its path is short because a socket's path has at most 107 characters.
    With ``private=True`` every window is a private one, which forgets all it kept when it is closed.
    """

    def __init__(self, playwright: Playwright, executable: str, size: ViewportSize = SIZE, *, private: bool = False) -> None:
        self._playwright = playwright
        self._executable = executable
        self._size = size
        self._private = private
        self.folder = Path(tempfile.mkdtemp(prefix="phone-"))
        self.profile = self.folder / "profile"
        self.context: BrowserContext | None = None
        self._started: Browser | None = None
        self._browser_itself: CDPSession | None = None
        self._own_lock = ""

    def switch_on(self) -> Page:
        """Start the browser on this phone's profile."""
        for name in ("tmp", "cache", "config"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        browser: dict[str, Any] = {
            "executable_path": self._executable,
            "args": list(FLAGS),
            "timeout": STARTING_MS,
            "env": {
                **os.environ,
                "TMPDIR": str(self.folder / "tmp"),
                "XDG_CACHE_HOME": str(self.folder / "cache"),
                "XDG_CONFIG_HOME": str(self.folder / "config"),
            },
        }
        window: dict[str, Any] = {
            "viewport": self._size,
            "has_touch": self._size is SIZE,
            "locale": "en-GB",
            "timezone_id": "Europe/London",
        }
        if self._private:
            self._started = self._playwright.chromium.launch(**browser)
            self.context = self._started.new_context(**window)
        else:
            self.context = self._playwright.chromium.launch_persistent_context(str(self.profile), **browser, **window)
        self.context.set_default_timeout(15_000)
        return self.page

    @property
    def page(self) -> Page:
        """The page on screen."""
        assert self.context is not None, "the phone is off"
        return self.context.pages[0] if self.context.pages else self.context.new_page()

    def shows(self) -> str:
        """What somebody reads who looks at it just now, whatever state it is in."""
        if self.context is None:
            return "(the phone is off)"
        try:
            return "\n\n".join(f"{page.url}\n{page.inner_text('body', timeout=2_000)}" for page in self.context.pages)
        except Error as why:
            return f"(it cannot be read: {why.message})"

    @property
    def browser_itself(self) -> CDPSession:
        """What only the browser can do to a page; what it is told lasts as long as this line to it."""
        assert self.context is not None, "the phone is off"
        if self._browser_itself is None:
            self._browser_itself = self.context.new_cdp_session(self.page)
        return self._browser_itself

    def is_left_for(self, elsewhere: str) -> None:
        """Close the app and look at another page; the browser stays on."""
        assert self.context is not None, "the phone is off"
        app = self.page
        self.context.new_page().goto(elsewhere)
        app.close()
        self._browser_itself = None

    def wakes_the_app_in_the_background(self, origin: str, *, waits: bool = True) -> None:
        """Let the browser find that there is signal and wake the service worker; with `waits`, come back when that has sent."""
        registered: list[str] = []
        line = self.browser_itself
        line.on("ServiceWorker.workerRegistrationUpdated", lambda told: registered.extend(_ids(told)))
        line.send("ServiceWorker.enable")
        self.page.evaluate(
            "() => { window.answered = new Promise((heard) => new BroadcastChannel('outbox').addEventListener('message', heard)); }"
        )
        # They are told when the browser has read them from its store, which may be after it said that it will.
        for _ in range(2_000):
            if registered:
                break
            self.page.evaluate("() => new Promise(requestAnimationFrame)")
        line.send(
            "ServiceWorker.dispatchSyncEvent",
            {"origin": origin, "registrationId": registered[-1], "tag": "send", "lastChance": False},
        )
        if waits:
            self.page.wait_for_function("() => window.answered.then(() => true)")

    def has_a_store_that_is_held_up(self, store: str) -> None:
        """Let something go on writing where notes or drafts are kept, so that whatever else would write there waits, until the store goes on."""
        self.page.evaluate(
            """(store) => new Promise((held, failed) => {
                const opened = indexedDB.open("outbox");
                opened.onerror = () => failed(opened.error);
                opened.onsuccess = () => {
                    window.holding = opened.result.transaction(store, "readwrite");
                    const asks = () => {
                        held();
                        if (!window.holding) return opened.result.close();
                        window.holding.objectStore(store).count().onsuccess = asks;
                    };
                    asks();
                };
            })""",
            store,
        )

    def has_a_store_that_goes_on(self) -> None:
        """Let what was held up go on."""
        self.page.evaluate("() => { window.holding = null; }")

    def has_no_signal(self) -> None:
        """Let the phone itself know that there is none."""
        assert self.context is not None, "the phone is off"
        self.context.set_offline(True)

    def has_signal_again(self) -> None:
        """Let the phone find some, and tell its pages."""
        assert self.context is not None, "the phone is off"
        self.context.set_offline(False)

    def has_no_room(self, origin: str) -> None:
        """Let the browser refuse whatever is to be stored, as on a full phone. It remembers for half a minute how much
        room it found when a store was opened: say this before the app opens."""
        self.browser_itself.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1})

    def has_room_again(self, origin: str) -> None:
        """Somebody deleted their videos."""
        self.browser_itself.send("Storage.overrideQuotaForOrigin", {"origin": origin})

    def is_an_iphone(self) -> None:
        """Let the browser say so from now on."""
        agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
        self.browser_itself.send("Emulation.setUserAgentOverride", {"userAgent": agent, "platform": "iPhone"})

    def promises_to_keep_what_is_stored(self, origin: str) -> None:
        """Let the browser say yes when it is asked."""
        self.browser_itself.send("Browser.grantPermissions", {"origin": origin, "permissions": ["durableStorage"]})

    def is_four_times_slower(self) -> None:
        """Slow the page in front down, from now on: its script and its drawing, not its worker."""
        assert self.context is not None
        self.context.new_cdp_session(self.page).send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def has_its_own_lock(self, *, answers: bool = True) -> None:
        """Give the phone a finger or a face that unlocks it, for as long as it is on; with ``answers=False`` an older one, which
        only says yes. The finger is always there."""
        self.browser_itself.send("WebAuthn.enable")
        told = self.browser_itself.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "ctap2Version": "ctap2_1",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                    "hasPrf": answers,
                }
            },
        )
        self._own_lock = told["authenticatorId"]

    def forgets_its_passkeys(self) -> None:
        """Somebody takes them off the phone's own list."""
        self.browser_itself.send("WebAuthn.clearCredentials", {"authenticatorId": self._own_lock})

    def passkeys(self) -> list[dict[str, Any]]:
        """Those the phone lists."""
        told = self.browser_itself.send("WebAuthn.getCredentials", {"authenticatorId": self._own_lock})
        return list(told["credentials"])

    def does_not_know_the_finger(self) -> None:
        """Whoever touches it now is somebody else."""
        self.browser_itself.send("WebAuthn.setUserVerified", {"authenticatorId": self._own_lock, "isUserVerified": False})

    def switch_off(self) -> None:
        """Close the browser."""
        self._browser_itself = None
        if self.context is not None:
            with contextlib.suppress(Error):
                self.context.close()
        if self._started is not None:
            with contextlib.suppress(Error):
                self._started.close()
        self.context = self._started = None

    def restart(self) -> Page:
        """Close the browser and start it again on the same profile."""
        self.switch_off()
        return self.switch_on()

    def kill(self) -> None:
        """End the browser in mid-sentence, as an empty battery does."""
        self.battery()()
        while self._processes(str(self.profile)):
            time.sleep(0.02)
        self.switch_off()

    def battery(self) -> Callable[[], None]:
        """What ends all processes of this browser at once when it is called, from whichever thread; `kill` then tidies up."""
        groups = {os.getpgid(one) for one in self._processes(f"--user-data-dir={self.profile}")} - {os.getpgrp()}

        def runs_out() -> None:
            for group in groups:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)

        return runs_out

    def _processes(self, mark: str) -> list[int]:
        """Processes of this very phone: its folder's name is random and stands in their command lines."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if mark.encode() in (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
        return found

    def has_a_damaged_disk(self) -> None:
        """Let what names the newest files of every database of this phone be nothing; say this while it is off."""
        assert self.context is None, "the phone is on"
        damaged = list(self.profile.glob("Default/IndexedDB/*.leveldb/CURRENT"))
        assert damaged, "no database was found"
        for file in damaged:
            file.write_bytes(b"\0" * file.stat().st_size)

    def throw_away(self) -> None:
        """Switch off and leave nothing on this machine."""
        self.switch_off()
        shutil.rmtree(self.folder, ignore_errors=True)
