"""What is read of a page's memory is worth something only if it finds what is held there: planted in every shape a text or a key can have."""

from __future__ import annotations

from tests.browser.lost_phone import memory
from tests.browser.phone import Phone
from tests.browser.server import Server

HOLD = """([short, wide, left, right, long, key]) => {
  const at = String(performance.now());
  globalThis.planted = {
    short: `${at} ${short}`,
    wide: `${at} ${wide} \\u2013`,
    joined: (at + left.repeat(2)) + (right + at),
    cut: (at + long).slice(20),
    list: new Uint8Array(key),
    behind: new Map([["key", new Uint8Array(key).buffer]]),
    compiled: new WebAssembly.Memory({ initial: 1 }),
  };
  new Uint8Array(planted.compiled.buffer).set(key.toReversed(), 9000);
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]).then((made) => { planted.made = made; });
}"""


def test_text_of_every_shape_and_bytes_that_a_page_holds_are_found(phone: Phone, server: Server) -> None:
    # Given a page that holds a text of one byte a letter and one of two, one in two pieces, a cut one that is long, bytes, and a key
    words = ["Wendlebrackenshaw", "Ottermarchfieldë", "Pellingtonquay", "Harrowgatesmere"]
    long = "and so on " * 400 + "Sorrelwickham"
    key = bytes(range(40, 72))
    phone.page.goto(f"{server.origin}/healthz")
    (empty,) = memory.of(phone)
    phone.page.evaluate(HOLD, [*words, long, list(key)])

    # When its memory is read
    (held,) = memory.of(phone)

    # Then all of it is found, the text in two pieces whole, and none of it was found before
    pieces = words[2] * 2 + words[3]
    for each in (*words, pieces, "Sorrelwickham"):
        assert held.hits([each]), each
        assert empty.hits([each]) == []
    for bytes_held in (key, key[::-1]):
        assert any("bytes in the buffers" in hit for hit in held.hits([bytes_held]))
        assert empty.hits([bytes_held]) == []
    assert (empty.keys, held.keys) == (0, 1)
