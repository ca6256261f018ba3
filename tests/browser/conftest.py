"""What every browser story stands on: a real browser, the real server, and phones with their own profiles."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, ViewportSize, expect, sync_playwright

from tests.browser import install
from tests.browser.people import Keyworker
from tests.browser.phone import LAPTOP, SIZE, Phone
from tests.browser.server import Server

HERE = Path(__file__).parent
# What is waited for comes or does not; how long it takes on a busy machine proves nothing. Stories about time measure it.
expect.set_options(timeout=30_000)

NewPhone = Callable[..., Phone]
PHONES = pytest.StashKey[list[Phone]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows what was on every screen when a story failed: all of it is invented, and it says what the person was told."""
    report = yield
    if report.failed:
        for phone in item.stash.get(PHONES, []):
            report.sections.append(("on the screen", phone.shows()))
    return report


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def executable(playwright: Playwright) -> str:
    """The browser's program."""
    found = install.find(playwright)
    assert found, install.ASK_FOR_ONE
    return found


@pytest.fixture(scope="session")
def new_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo office as it was made, to be copied."""
    made = Server(tmp_path_factory.mktemp("office"))
    made.make_demo()
    return made.folder


@pytest.fixture
def server(tmp_path: Path, new_office: Path) -> Iterator[Server]:
    """A running demo office of this story's own."""
    folder = shutil.copytree(new_office, tmp_path / "office")
    made = Server(folder)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def new_phone(request: pytest.FixtureRequest, playwright: Playwright, executable: str) -> Iterator[NewPhone]:
    """Makes phones, switched off, each with its own profile; nothing of them is left at the end."""
    made = request.node.stash[PHONES] = []

    def make(size: ViewportSize = SIZE, *, private: bool = False) -> Phone:
        made.append(Phone(playwright, executable, size, private=private))
        return made[-1]

    yield make
    for phone in made:
        phone.throw_away()


@pytest.fixture
def phone(new_phone: NewPhone) -> Phone:
    """One phone, switched on."""
    one = new_phone()
    one.switch_on()
    return one


@pytest.fixture
def ama(phone: Phone, server: Server) -> Keyworker:
    """A keyworker whose phone is set up, holds the app and is open."""
    worker = Keyworker(phone, server)
    worker.sets_up_the_phone()
    phone.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    return worker


@pytest.fixture
def laptop(new_phone: NewPhone) -> Phone:
    """One laptop, switched on."""
    one = new_phone(LAPTOP)
    one.switch_on()
    return one
