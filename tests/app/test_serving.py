"""What never reaches a page: requests that are none, that are too long, or that never end, at the real server."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.server import free_port

PATIENCE_S = 1
LONGEST_S = 20
PROGRAM = """
import sys
from flask import Flask, request
from fieldapp import serving

def make_app():
    app = Flask("small")
    app.add_url_rule("/", "page", lambda: f"read {len(request.get_data())}", methods=["GET", "POST"])
    return app

serving.run(make_app, bind=sys.argv[1], patience_s=int(sys.argv[2]))
"""


@dataclass
class Served:
    """A small app under the real server, and what that wrote down."""

    port: int
    said: Path

    def line(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=LONGEST_S)

    def answers(self, raw: bytes) -> str:
        """Sends bytes and gives all that came back."""
        with closing(self.line()) as line:
            line.sendall(raw)
            answer = b""
            while part := line.recv(65536):
                answer += part
        return answer.decode()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    found = Served(free_port(), tmp_path_factory.mktemp("served") / "said.txt")
    with found.said.open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, f"127.0.0.1:{found.port}", str(PATIENCE_S)], stdout=said, stderr=said
        )
    try:
        while True:
            try:
                found.line().close()
                break
            except ConnectionRefusedError:
                assert server.poll() is None, found.said.read_text()
        yield found
    finally:
        server.terminate()
        server.wait(LONGEST_S)


def head(*lines: str, first: str = "GET / HTTP/1.1") -> bytes:
    return "\r\n".join([first, "Host: localhost", "Connection: close", *lines, "", ""]).encode("latin-1")


MARK = "<script>planted</script>"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (head(first=f"GET /{MARK} HTTP/9.9"), "400"),
        (head(first=f"G{MARK} / HTTP/1.1"), "400"),
        (head(first="GET /" + "x" * 2100 + " HTTP/1.1"), "414"),
        (head(*(f"X-{n}: y" for n in range(70))), "431"),
        (head("X-Long: " + "x" * 9000), "431"),
        (head(f"{MARK}: y"), "400"),
        (head("X-Folded: a", f" {MARK}"), "400"),
        (head("Content-Length: 3", "Content-Length: 5"), "400"),
        (head("Content-Length: -1"), "400"),
        (head(f"Transfer-Encoding: {MARK}"), "501"),
        (head("Transfer-Encoding: chunked", "Content-Length: 5"), "400"),
        (head(f"Expect: {MARK}"), "417"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n", "400"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_in_plain_words_and_repeated_nowhere(served: Served, raw: bytes, status: str) -> None:
    answer = served.answers(raw)
    assert answer.startswith(f"HTTP/1.1 {status} "), answer
    assert "This could not be read. Nothing has changed." in answer
    for line in (
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
        "Content-Type: text/plain; charset=utf-8",
    ):
        assert f"\r\n{line}\r\n" in answer
    assert "planted" not in answer + served.said.read_text()
    assert "127.0.0.1" not in served.said.read_text().replace(f"127.0.0.1:{served.port}", "")


def test_requests_that_never_end_keep_nobody_out(served: Served) -> None:
    with ExitStack() as lines:
        for begun in (
            b"G",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
            head("Content-Length: 9", first="POST / HTTP/1.1") + b"a",
        ):
            for _ in range(8):
                line = lines.enter_context(closing(served.line()))
                line.sendall(begun)
        assert served.answers(head()).endswith("read 0")


def test_a_request_that_goes_on_slowly_is_read_to_its_end(served: Served) -> None:
    with closing(served.line()) as line:
        for part in (head("Content-Length: 6", first="POST / HTTP/1.1"), b"ab", b"cd", b"ef"):
            line.sendall(part)
        assert line.recv(4096).startswith(b"HTTP/1.1 200")
