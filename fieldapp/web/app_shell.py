"""The phone's page and the files it is made of. Nothing here is about anybody, so nothing here asks who is there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.security import safe_join

from fieldapp.web.guards import open_to_all
from fieldapp.web.release import Releases, gzipped

_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".map": "application/json",
}
_PICTURES = {".png": "image/png"}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"


def pages(releases: Releases, *, worker_policy: str, demo: Mapping[str, object] | None = None) -> Blueprint:
    """Make the pages of one built client. Only the core's own script gets ``worker_policy``, which lets it run Argon2id.

    ``demo`` is how to sign in to a demo office, told to whoever asks. It never stands in the page itself: phones keep that, and a
    phone keeps no password, not even a published one. A real office has none and answers 404.
    """
    shell = Blueprint("app_shell", __name__)

    @shell.get("/app")
    @open_to_all
    def app() -> ResponseReturnValue:
        release = releases.current().id
        page = Response(render_template("app/shell.html", release=release, offline=not releases.dev, demo=demo is not None))
        return _of(release, page, _ASK_FIRST)

    @shell.get("/demo/sign-ins")
    @open_to_all
    def sign_ins() -> ResponseReturnValue:
        if demo is None:
            abort(404)
        return jsonify(v=1, **demo)

    @shell.get("/sw.js")
    @open_to_all
    def service_worker() -> ResponseReturnValue:
        if releases.dev:
            abort(404)
        script = Response((releases.folder / "sw.js").read_bytes(), mimetype="text/javascript")
        return _of(releases.current().id, script, _ASK_FIRST)

    @shell.get("/manifest.webmanifest")
    @open_to_all
    def manifest() -> ResponseReturnValue:
        release = releases.current().id
        told = _file(releases.folder / release / "manifest.webmanifest")
        return _of(release, told, _ASK_FIRST)

    @shell.get("/dist/<release>/<path:name>")
    @open_to_all
    def file(release: str, name: str) -> ResponseReturnValue:
        inside = safe_join(str(releases.folder / release), name)
        if release != releases.current().id or inside is None:
            abort(404)
        answer = _of(release, _file(Path(inside)), _FOR_EVER)
        if name == "worker.js":
            answer.headers["Content-Security-Policy"] = worker_policy
        return answer

    return shell


def _of(release: str, answer: Response, keep: str) -> Response:
    """Name the release an answer belongs to, so that a phone never keeps half of one and half of the next."""
    answer.headers["Fieldapp-Release"] = release
    answer.headers["Cache-Control"] = keep
    return answer


def _file(path: Path) -> Response:
    """Answer with a file, compressed where that helps and the browser takes it."""
    if not path.is_file():
        abort(404)
    kind = _TYPES.get(path.suffix)
    if kind is None:
        return Response(path.read_bytes(), mimetype=_PICTURES.get(path.suffix, "application/octet-stream"))
    if request.accept_encodings.best_match(["gzip"]) is None:
        return Response(path.read_bytes(), mimetype=kind, headers={"Vary": "Accept-Encoding"})
    return Response(gzipped(path), mimetype=kind, headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
