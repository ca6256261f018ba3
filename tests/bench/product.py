"""The product's column: its real server, its real client, and the figures that only it has."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fieldapp import config, found_office, office_keys, people, store
from fieldapp.keys import new_id
from tests.bench import load, processes
from tests.bench.chromium import Browser, Page, folders
from tests.bench.columns import Column, Office
from tests.bench.courier import FRAMES, Courier
from tests.bench.prose import notes as prose

FAMILIES = 60
PERSON = {"email": "worker@bench.example", "password": "bench-bench-bench", "code": config.DEMO_CODE}
SLOW_ONE_WAY_MS, SLOW_BYTES_PER_S = 281, 675_000 // 8
DIST = processes.ROOT / "static" / "dist"


@dataclass
class ProductOffice(Office):
    """Our office, with the other phone of the same worker that opened its families."""

    courier: Courier = field(kw_only=True)
    casefiles: list[str] = field(kw_only=True)


class Product(Column):
    """Runs `fieldapp serve` behind the proxy and asks the core over its message port."""

    blank = "/healthz"

    def __init__(self) -> None:
        super().__init__("fieldapp")
        self.release = json.loads((DIST / "release.json").read_text())

    def script_bytes(self) -> int:
        return sum(self.client_bytes().values())

    @contextlib.contextmanager
    def office(self, folder: Path) -> Iterator[ProductOffice]:
        """Serves a new office with one worker and sixty families that the worker opened from another phone."""
        port, front = processes.free_port(), processes.free_port()
        environment = {
            "FIELDAPP_DATABASE": str(folder / "office.db"),
            "FIELDAPP_KEY_FILE": str(folder / "office.key"),
            "FIELDAPP_ORIGIN": f"http://localhost:{front}",
            "PORT": str(port),
        }
        found(environment)
        command = [str(Path(sys.executable).with_name("fieldapp")), "serve"]
        with (
            processes.Program(command, port=port, environment=environment) as program,
            processes.Proxy(port, front) as proxy,
        ):
            courier = Courier(front, PERSON)
            facts = {"person": PERSON, "worker": self._script("worker.js")}
            yield ProductOffice(program, proxy, folder, facts, courier=courier, casefiles=open_families(courier))

    def _script(self, ending: str) -> str:
        return next(str(name) for name in self.release["files"] if name.endswith(f"/{ending}"))

    def client_bytes(self) -> dict[str, int]:
        """Splits what a phone loads, gzip, into our own and that of libraries (all CSS counts as theirs)."""
        folder = DIST / self.release["id"]

        def zipped(path: Path) -> int:
            return len(gzip.compress(path.read_bytes(), 9))

        css = sum(zipped(path) for path in folder.glob("*.css") if path.stem != "desk")
        sizes = {"libraries": css, "ours": zipped(folder / "shared.js") + zipped(folder / "sending.js")}
        for source, built in (
            ("static/src/phone.jsx", folder / "phone.js"),
            ("static/src/core/worker.js", folder / "worker.js"),
            ("static/sw.js", DIST / "sw.js"),
        ):
            theirs = library_share(source)
            sizes["libraries"] += round(zipped(built) * theirs)
            sizes["ours"] += round(zipped(built) * (1 - theirs))
        return sizes

    def once(self, executable: str, take: Callable[[str, float], None], *, quick: bool) -> None:
        sizes = self.client_bytes()
        take("client_all", sum(sizes.values()))
        take("client_libraries", sizes["libraries"])
        take("client_ours", sizes["ours"])
        with folders("phone", "office") as made, self.office(made["office"]) as office:
            self._over_the_line(executable, office, made["phone"], take)
        with folders("phone", "office") as made, self.office(made["office"]) as office:
            self._in_the_app(executable, office, made["phone"], take, quick=quick)
        with folders("office") as made, self.office(made["office"]) as office:
            rate, flat = load.rate_and_flatness(office, office.courier, office.casefiles, 640 if quick else 20_480)
            take("server_rate", rate)
            take("server_flat", flat)
            phones = 20 if quick else 500
            take("devices_p95", load.phones_in_a_minute(office.proxy.port, PERSON, office.casefiles, phones))

    def _over_the_line(self, executable: str, office: ProductOffice, folder: Path, take: Callable[[str, float], None]) -> None:
        """Real prose up, over a fast and over a slow line; then nothing new."""
        written = prose(200)
        with Browser(executable, folder) as phone:
            page = self.page(phone, office)
            page.call("setup", {"shared": None})
            office.proxy.signal(False)
            plain = page.call("more", {"name": "saveRecords", "given": written})
            office.proxy.signal(True)
            office.proxy.slow(SLOW_ONE_WAY_MS, SLOW_BYTES_PER_S)
            office.proxy.count()
            take("slow_200", page.call("push")["ms"])
            take("prose_up", office.proxy.count()["up"] / plain)
            office.proxy.slow(0, 0)
            page.call("pullOnly")
            office.proxy.count()
            page.call("pullOnly")
            counted = office.proxy.count()
            take("quiet_requests", counted["requests"])
            take("quiet_up", counted["up"])
            take("quiet_down", counted["down"])
            page.call("close")

    def _in_the_app(
        self, executable: str, office: ProductOffice, folder: Path, take: Callable[[str, float], None], *, quick: bool
    ) -> None:
        """The app's own page, four times slower: notes arriving while the main thread is watched; a start without office."""
        load.pushes(office.courier, load.entries(office.courier, office.casefiles, 64 if quick else 2000))
        with Browser(executable, folder) as phone:
            page = phone.new_page(bypass=False)
            page.goto(f"{office.origin}/app")
            page.slow(4)
            page.run(WATCH_TASKS)
            set_up_by_hand(page)
            page.until("window.caches.keys().then((names) => names.length > 0)")
            take("longest_task@x4", page.run("Math.max(0, ...window.longTasks)"))
        office.proxy.signal(False)
        for _ in range(1 if quick else 5):
            with Browser(executable, folder) as phone:
                page = phone.new_page(bypass=False)
                page.slow(4)
                page.send("Page.addScriptToEvaluateOnNewDocument", source=WATCH_HEADING)
                page.goto(f"{office.origin}/app")
                page.until("window.firstHeading > 0")
                take("cold@x4", page.run("window.firstHeading"))


WATCH_TASKS = """window.longTasks = []; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
}).observe({ type: "longtask" }); 0"""

WATCH_HEADING = """new MutationObserver(() => {
  const heading = document.querySelector("h1");
  if (!window.firstHeading && heading && /Unlock this phone/.test(heading.textContent)) window.firstHeading = performance.now();
}).observe(document, { subtree: true, childList: true, characterData: true });"""


def set_up_by_hand(page: Page) -> None:
    """Sets the phone up through its screens, as a person would, and waits until everything is here."""

    def at(heading: str) -> None:
        page.until(f"document.querySelector('h1')?.textContent.includes({json.dumps(heading)})", 120)

    def put(selector: str, text: str) -> None:
        page.run(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.value = {json.dumps(text)};"
            " one.dispatchEvent(new InputEvent('input', { bubbles: true })); })()"
        )

    def submit() -> None:
        page.run("new Promise((done) => setTimeout(done, 100))")  # let the page draw what was typed
        page.run("document.querySelector('main button[type=submit]').click()")

    at("Set up this phone")
    for name, text in PERSON.items():
        put(f"#{name}", text)
    submit()
    at("Is this your office?")
    submit()
    at("Your unlock words")
    words = page.run("[...document.querySelectorAll('main ol li')].map((one) => one.textContent).join(' ')")
    submit()
    at("Type your unlock words")
    put("#words", words)
    page.run("window.longTasks = []; 0")  # from here on records arrive; what came before was filling in forms
    submit()
    at("Everything is here")


def found(environment: dict[str, str]) -> None:
    """Makes an office that accepts the fixed second factor, with one worker."""
    settings_of = {**os.environ, **environment}
    config.make_key(Path(environment["FIELDAPP_KEY_FILE"]), demo=True)
    settings = config.read(settings_of)
    found_office(settings)
    opened, keys = store.open(settings.database), office_keys(settings)
    keys.take_up(opened)
    people.add(
        opened,
        keys,
        email=PERSON["email"],
        name="Bench Worker",
        role="keyworker",
        now=datetime.now(UTC),
        password=PERSON["password"],
    )
    opened.close()


def open_families(courier: Courier) -> list[str]:
    """Opens sixty families over the protocol and returns their ids."""
    casefiles = [new_id() for _ in range(FAMILIES)]
    sealed = [
        courier.seal(
            casefile,
            "opening",
            "opening.1",
            {"about": "family", "sort": "main", "readers": [courier.author], "title": f"Family {number:02}"},
        )
        for number, casefile in enumerate(casefiles)
    ]
    for at in range(0, len(sealed), FRAMES):
        results = courier.push(sealed[at : at + FRAMES])
        if any(result["status"] != "stored" for result in results):
            raise AssertionError(f"a family could not be opened: {results[0]}")
    return casefiles


def library_share(source: str) -> float:
    """Returns which part of a bundle's bytes comes from node_modules."""
    with folders("built") as made:
        told = made["built"] / "meta.json"
        subprocess.run(
            [
                str(processes.ROOT / "node_modules" / ".bin" / "esbuild"),
                source,
                "--bundle",
                "--minify",
                "--format=esm",
                "--target=es2022",
                "--jsx=automatic",
                "--jsx-import-source=preact",
                "--define:RELEASE={}",
                "--loader:.wasm=binary",
                "--log-level=error",
                f"--metafile={told}",
                f"--outdir={made['built']}",
            ],
            cwd=processes.ROOT,
            env={**os.environ, "PATH": f"{processes.NODE.parent}:{os.environ['PATH']}"},
            check=True,
        )
        outputs: dict[str, Any] = json.loads(told.read_text())["outputs"]
    inputs = [one for output in outputs.values() for one in output["inputs"].items()]
    every = sum(told["bytesInOutput"] for _, told in inputs)
    theirs = sum(told["bytesInOutput"] for name, told in inputs if "node_modules" in name)
    return theirs / every if every else 0.0
