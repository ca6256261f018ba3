"""Pages and protocol over HTTP: the only place that sees a request, a session or a signed-in person.

Every page leaves with the same strict headers, every answer to a phone with fewer and stricter ones. A view may loosen one
only by setting it itself.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from fieldapp.config import DEMO_CODE, DEMO_KEYWORKERS, DEMO_PASSWORD, Settings
from fieldapp.web import app_shell, desk, guards, health, protocol
from fieldapp.web.office import Office, put_office
from fieldapp.web.release import Releases

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "fieldapp",
}
_SWITCHED_OFF = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope",
    "hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb",
)  # fmt: skip


_FOR_DOCUMENTS = {"Cross-Origin-Opener-Policy", "Permissions-Policy", "Referrer-Policy"}
"""Headers that speak of a page with links, windows or scripts, of which an answer in JSON has none."""


def content_policy(**other: str) -> str:
    """Write the Content-Security-Policy; ``script_src="…"`` and the like replace a line of it."""
    lines = _POLICY | {name.replace("_", "-"): value for name, value in other.items()}
    return "; ".join(f"{name} {value}" for name, value in lines.items())


def install(app: Flask, settings: Settings, office: Office, *, client: Path, dev: bool) -> None:
    """Give the app its pages, its guards and its headers. ``client`` is where the built releases lie."""
    releases = Releases(client, dev=dev)
    releases.current()
    put_office(app, office)
    # Two strokes in an address are no page. Led to the one with one stroke, a browser would be told a whole address, made of the
    # name and port it asked under, and of http where a proxy speaks https.
    app.url_map.merge_slashes = False
    app.config["TRUSTED_HOSTS"] = [settings.host, *(["127.0.0.1"] if settings.host == "localhost" else [])]
    demo = {"emails": DEMO_KEYWORKERS, "password": DEMO_PASSWORD, "code": DEMO_CODE} if settings.demo else None
    policy = content_policy(script_src="'self' 'wasm-unsafe-eval'")
    app.register_blueprint(app_shell.pages(releases, worker_policy=policy, demo=demo))
    app.register_blueprint(health.pages)
    protocol.register(app)
    desk.install(app, lambda name: f"/dist/{releases.current().id}/{name}")
    guards.install(app)

    if settings.proxies:
        # Who asks, and nothing else: host and scheme are FIELDAPP_ORIGIN's.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=0)  # type: ignore[method-assign]
    strict = {
        "Content-Security-Policy": content_policy(),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{name}=()" for name in _SWITCHED_OFF),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    if settings.secure:
        strict["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    # Answers to phones are data in a fetch: should one ever be opened as a page, it may do nothing at all, which takes fewer
    # words than saying what a page may. On a line that gives 675 kbit/s the difference is a third of a greeting.
    told_to_phones = {name: strict[name] for name in strict if name not in _FOR_DOCUMENTS} | {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"
    }

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in (told_to_phones if request.blueprint == protocol.pages.name else strict).items():
            response.headers.setdefault(name, value)
        return response
