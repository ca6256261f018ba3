"""A real browser and a page that leaks on purpose: the search must find each leak.

Words typed in a form that asks the browser to remember nothing are the other half: its silence is real.
"""

import http.server
import threading
import time
from collections.abc import Iterator

import pytest

from tests.browser.lost_phone import find
from tests.browser.phone import Phone

OPEN = "Wendlebrackenshaw"
TITLE = "Ottermarchfield"
STATE = "Pellingtonquay"
ROW = "Harrowgatesmere"
INDEXED = "Sorrelwickham"
SHELTERED = "Fallowtidemarsh"
REST_S = 60

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>page</title>
<textarea id="open"></textarea>
<form autocomplete="off"><textarea id="sheltered"></textarea></form>"""

LEAK = """async ([title, state, row, key]) => {
  document.title = title;
  history.replaceState({ draft: state }, "");
  const asked = indexedDB.open("leak", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("rows");
  const database = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const change = database.transaction("rows", "readwrite", { durability: "strict" });
  change.objectStore("rows").put(`${"visited ".repeat(4000)}${row.slice(0, 5)} ${row}`, key);
  await new Promise((done, failed) => { change.oncomplete = done; change.onabort = failed; });
}"""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_leaks_planted_in_a_real_browser_are_found_and_a_sheltered_form_is_not(phone: Phone, address: str) -> None:
    # Given a page that leaks in five ways, and one form that does not
    wanted = {OPEN, TITLE, STATE, ROW, INDEXED}
    page = phone.page
    page.goto(address)
    page.locator("#sheltered").press_sequentially(f"She said {SHELTERED} again")
    page.locator("#open").press_sequentially(f"She said {OPEN} again")
    page.evaluate(LEAK, [TITLE, STATE, ROW, INDEXED])

    # When the phone rests until the browser has written what was typed last, and dies
    found: set[str] = set()
    end = time.monotonic() + REST_S
    while not wanted <= found and time.monotonic() < end:
        page.wait_for_timeout(2000)
        found = {hit.word for hit in find(phone.folder, sorted(wanted - found))} | found
    phone.kill()

    # Then every leak is found, the plain textarea's in the session files, and nothing of the sheltered form
    hits = find(phone.folder, [*sorted(wanted), SHELTERED])
    assert {hit.word for hit in hits} == wanted
    assert {"Sessions", "Sessions_Encrypted"} <= {hit.file.split("/")[-2] for hit in hits if hit.word == OPEN}
