"""The phone's page and the files it is made of. Nothing here is about anybody, so nothing here asks who is there."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from werkzeug.security import safe_join

from fieldapp.web.guards import open_to_all
from fieldapp.web.release import Releases, gzipped

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"


def pages(releases: Releases, *, worker_policy: str) -> Blueprint:
    """Make the pages of one built client. Only the core's own script gets ``worker_policy``, which lets it run Argon2id."""
    shell = Blueprint("app_shell", __name__)

    @shell.get("/")
    @open_to_all
    def start() -> ResponseReturnValue:
        return redirect(url_for("app_shell.app"))

    @shell.get("/app")
    @open_to_all
    def app() -> ResponseReturnValue:
        release = releases.current().id
        page = Response(render_template("app/shell.html", release=release, offline=not releases.dev))
        return _of(release, page, _ASK_FIRST)

    @shell.get("/sw.js")
    @open_to_all
    def service_worker() -> ResponseReturnValue:
        if releases.dev:
            abort(404)
        script = send_from_directory(releases.folder, "sw.js", mimetype="text/javascript", max_age=0)
        return _of(releases.current().id, script, _ASK_FIRST)

    @shell.get("/manifest.webmanifest")
    @open_to_all
    def manifest() -> ResponseReturnValue:
        release = releases.current().id
        told = send_from_directory(releases.folder / release, "manifest.webmanifest", mimetype="application/manifest+json")
        return _of(release, told, _ASK_FIRST)

    @shell.get("/dist/<release>/<path:name>")
    @open_to_all
    def file(release: str, name: str) -> ResponseReturnValue:
        if release != releases.current().id:
            abort(404)
        answer = _of(release, _compressed(releases, release, name), _FOR_EVER)
        if name == "worker.js":
            answer.headers["Content-Security-Policy"] = worker_policy
        return answer

    return shell


def _of(release: str, answer: Response, keep: str) -> Response:
    """Name the release an answer belongs to, so that a phone never keeps half of one and half of the next."""
    answer.headers["Fieldapp-Release"] = release
    answer.headers["Cache-Control"] = keep
    return answer


def _compressed(releases: Releases, release: str, name: str) -> Response:
    folder = releases.folder / release
    inside = safe_join(str(folder), name)
    kind = next((kind for end, kind in _TYPES.items() if name.endswith(end)), None)
    if inside is None or kind is None or request.accept_encodings.best_match(["gzip"]) is None:
        return send_from_directory(folder, name, mimetype=kind)
    path = folder / name
    if not path.is_file():
        abort(404)
    return Response(gzipped(path), mimetype=kind, headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
