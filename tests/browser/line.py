"""The way between a phone and the office, and all that can happen on it.

A small proxy on a port of its own, which phones take for the office. Each fault is a function of one `Call`; whoever reads
its name knows what happens. While the line is whole everything passes unchanged.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BufferedIOBase
from threading import Condition, Event, Thread

PATIENCE_S = 45
FAR_TOO_MUCH = 1 << 20


@dataclass
class Call:
    """One request that came in, whole, and the phone that waits for an answer."""

    line: Line
    phone: socket.socket
    method: str
    path: str
    head: bytes
    body: bytes

    def reaches_the_office(self) -> bytes:
        """Hands the request on and gives back the whole answer, head and all."""
        return self.line.ask_the_office(self.head + self.body)

    def is_told(self, data: bytes) -> None:
        self.phone.sendall(data)

    def is_reset(self) -> None:
        """Breaks off without a goodbye."""
        self.phone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.phone.close()

    def hears_nothing(self) -> None:
        """Waits until the line is whole again; then it breaks, as when a phone changes from one network to another."""
        self.line.healed.wait(PATIENCE_S)
        self.is_reset()


Fault = Callable[[Call], None]


def plain(status: str, body: bytes, content_type: str = "text/html; charset=utf-8", more: str = "") -> bytes:
    """A whole answer that is not the office's."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{more}Connection: close\r\n\r\n"
    return head.encode() + body


def half(answer: bytes) -> bytes:
    """The head of an answer and the first half of its body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n" + body[: len(body) // 2]


PORTAL = plain("200 OK", b"<!DOCTYPE html><title>Welcome</title><h1>Log in to use our wifi</h1>")


def swallows_requests(call: Call) -> None:
    call.hears_nothing()


def swallows_answers(call: Call) -> None:
    call.reaches_the_office()
    call.hears_nothing()


def cuts_answers_short(call: Call) -> None:
    call.is_told(half(call.reaches_the_office()))


def resets_in_the_answer(call: Call) -> None:
    call.is_told(half(call.reaches_the_office()))
    call.is_reset()


def cuts_requests_short(call: Call) -> None:
    with call.line.to_the_office() as office:
        office.sendall(call.head + call.body[: len(call.body) // 2])
    call.is_reset()


def resets_before_the_office(call: Call) -> None:
    call.is_reset()


def resets_after_the_office(call: Call) -> None:
    call.reaches_the_office()
    call.is_reset()


def answers_with_a_page(call: Call) -> None:
    call.is_told(PORTAL)


def sends_elsewhere(call: Call) -> None:
    call.is_told(plain("302 Found", b"", more="Location: /healthz\r\n"))


def answers_with_noise(call: Call) -> None:
    call.is_told(bytes(range(256)) * 4)


def answers_with_other_json(call: Call) -> None:
    call.is_told(plain("200 OK", b'{"v":1,"ok":true}', "application/json"))


def answers_502(call: Call) -> None:
    call.is_told(plain("502 Bad Gateway", b"<h1>Bad gateway</h1>"))


def answers_503(call: Call) -> None:
    call.is_told(plain("503 Service Unavailable", b"<h1>Back soon</h1>", more="Retry-After: 2\r\n"))


def answers_429(call: Call) -> None:
    said = b'{"v":1,"error":"wait","retry_after":2}'
    call.is_told(plain("429 Too Many Requests", said, "application/json", "Retry-After: 2\r\n"))


def asks_to_wait_for_an_hour(call: Call) -> None:
    call.is_told(plain("429 Too Many Requests", b"", more="Retry-After: 3600\r\n"))


def doubles_requests(call: Call) -> None:
    call.reaches_the_office()
    call.is_told(call.reaches_the_office())


def delays_answers(call: Call) -> None:
    answer = call.reaches_the_office()
    call.line.healed.wait(PATIENCE_S)
    call.is_told(answer)


def answers_with_what_it_said_before(call: Call) -> None:
    call.is_told(call.line.answers[call.path])


def delivers_later(call: Call) -> None:
    """Loses a request, and brings it to the office after its repetition: two in another order than they were sent."""
    call.line.late.append(call.head + call.body)
    call.is_reset()


@dataclass
class Line:
    """One line. `port` is where phones find the office; `office` is where it is."""

    port: int
    office: int
    fault: Fault | None = None
    is_hit: Callable[[Call], bool] = lambda call: True
    healed: Event = field(default_factory=Event)
    late: list[bytes] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)
    """What the office said last, by path."""
    struck: int = 0
    """How many requests a fault has met since the line broke."""

    def __post_init__(self) -> None:
        self._news = Condition()
        self._listening = _Listening(self)
        self._serving = Thread(target=self._listening.serve_forever, kwargs={"poll_interval": 0.02})
        self._serving.start()

    def breaks(self, fault: Fault, is_hit: Callable[[Call], bool] = lambda call: call.path.startswith("/sync/v1/")) -> None:
        """Lets this happen to each request it hits, by default to those of the protocol."""
        self.healed.clear()
        self.is_hit, self.fault, self.struck = is_hit, fault, 0

    def heals(self) -> None:
        self.fault = None
        self.healed.set()

    def brings_what_was_late(self) -> None:
        """Delivers what lay about on the way."""
        for request in self.late:
            self.ask_the_office(request)
        self.late.clear()

    def waits_until_it_struck(self, times: int = 1) -> None:
        """Waits until the fault has met so many requests."""
        with self._news:
            if not self._news.wait_for(lambda: self.struck >= times, PATIENCE_S):
                raise AssertionError("nothing was sent over this line")

    def ends(self) -> None:
        self.heals()
        self._listening.shutdown()
        self._listening.server_close()
        self._serving.join()

    def to_the_office(self) -> socket.socket:
        return socket.create_connection(("localhost", self.office), timeout=PATIENCE_S)

    def ask_the_office(self, request: bytes) -> bytes:
        with self.to_the_office() as office:
            office.sendall(request)
            return b"".join(iter(lambda: office.recv(65_536), b""))

    def takes(self, call: Call) -> None:
        """Passes a call on, or lets the fault have it."""
        if self.fault is not None and self.is_hit(call):
            fault = self.fault
            with self._news:
                self.struck += 1
                self._news.notify_all()
            fault(call)
            return
        answer = call.reaches_the_office()
        self.answers[call.path] = answer
        call.is_told(answer)


class _Listening(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, line: Line) -> None:
        self.line = line
        super().__init__(("127.0.0.1", line.port), _Taking)

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: a phone or an office that goes away in the middle is what this is for."""


class _Taking(socketserver.StreamRequestHandler):
    """One request for each connection: what comes after a fault must not depend on what came before it."""

    def handle(self) -> None:
        assert isinstance(self.server, _Listening)
        with contextlib.suppress(OSError):
            call = _read(self.rfile, self.request, self.server.line)
            if call is not None:
                self.server.line.takes(call)


def _read(file: BufferedIOBase, phone: socket.socket, line: Line) -> Call | None:
    """Reads a whole request; None when the phone went away before its end."""
    first = file.readline(FAR_TOO_MUCH)
    if not first.strip():
        return None
    method, path, _ = first.decode("latin-1").split(" ", 2)
    lines, length = [first], 0
    while (one := file.readline(FAR_TOO_MUCH)).strip():
        name, _, value = one.decode("latin-1").partition(":")
        if name.lower() == "content-length":
            length = int(value)
        if name.lower() != "connection":
            lines.append(one)
    body = file.read(length)
    if len(body) < length:
        return None
    return Call(line, phone, method, path, b"".join([*lines, b"Connection: close\r\n\r\n"]), body)
