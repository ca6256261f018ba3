"""The page that a worker opens in a basement, with the office's server dead."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.phone import Phone
from tests.browser.server import Server

KEPT = "() => navigator.serviceWorker.ready.then(() => true)"


def test_the_app_opens_again_after_a_restart_with_the_server_killed(server: Server, phone: Phone) -> None:
    # Given a phone that has opened the app once
    phone.page.goto(f"{server.origin}/app")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Set up this phone")
    assert phone.page.evaluate(KEPT)

    # When the office's server is dead and the browser starts anew
    server.kill()
    assert not server.answers()
    page = phone.restart()
    page.goto(f"{server.origin}/app")

    # Then the same page is there, styles and all
    again = page.get_by_role("heading", level=1)
    expect(again).to_have_text("Set up this phone")
    expect(again).to_have_css("font-weight", "700")


def test_nothing_but_the_app_is_answered_from_the_phone(server: Server, phone: Phone) -> None:
    # Given a phone that keeps the app
    phone.page.goto(f"{server.origin}/app")
    assert phone.page.evaluate(KEPT)

    # And that it is in charge of, while the office answers other things
    phone.page.reload()
    assert phone.page.evaluate("() => navigator.serviceWorker.controller !== null")
    answers = phone.page.evaluate(
        """async () => Promise.all(["/healthz", "/sync/v1/openapi.json", "/sync/v1/words", "/"].map((address) =>
             fetch(address).then((answer) => answer.ok)))"""
    )
    assert answers == [True] * 4

    # When the server is dead
    server.kill()
    phone.page.goto(f"{server.origin}/app")

    # Then every other address fails as any page without signal does
    answers = phone.page.evaluate(
        """async () => Promise.all(["/healthz", "/sync/v1/openapi.json", "/sync/v1/hello", "/", "/sw.js"].map((address) =>
             fetch(address).then((answer) => answer.status, () => "no signal")))"""
    )
    assert answers == ["no signal"] * 5
    kept = phone.page.evaluate(
        """async () => (await Promise.all((await caches.keys()).map(async (name) =>
             (await (await caches.open(name)).keys()).map((asked) => new URL(asked.url).pathname)))).flat()"""
    )
    assert kept
    assert not [address for address in kept if address != "/app" and not address.startswith("/dist/")]
    assert not [address for address in kept if "desk" in address]
