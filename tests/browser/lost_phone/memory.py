"""What a page, its worker and the service worker still hold in memory: every text, every buffer, every key.

It is read over the browser's own debugging line, as somebody would who got hold of a phone that is on. The line to a worker runs
through the page's. What cannot be seen this way: texts that only the browser's drawing holds (what stands on screen or in a field),
the inside of a key that cannot be exported, bytes that only a function's variables hold, copies that the collector has freed and
nobody has written over, and other processes.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession

from tests.browser.lost_phone import needles
from tests.browser.phone import Phone

ANSWER_S = 300
LONGEST = 1 << 20
"""Of a text put together from pieces; longer ones are read piece by piece as well."""

BYTES = """function () {
  const found = new Set();
  const look = (value) => {
    if (ArrayBuffer.isView(value)) found.add(value.buffer);
    else if (value instanceof ArrayBuffer) found.add(value);
  };
  for (const held of this) {
    look(held);
    if (ArrayBuffer.isView(held)) continue;
    if (held instanceof WebAssembly.Memory && held !== WebAssembly.Memory.prototype) look(held.buffer);
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(held))) look(value);
    if (held instanceof Map && !Object.hasOwn(held, "constructor")) for (const pair of held) pair.forEach(look);
    if (held instanceof Set && !Object.hasOwn(held, "constructor")) held.forEach(look);
  }
  return [...found].map((buffer) => {
    let text = "";
    const bytes = new Uint8Array(buffer);
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
  });
}"""


@dataclass(frozen=True)
class Memory:
    """Of one thread: every text on its heap, the bytes of its buffers, and how many secret keys it holds."""

    where: str
    texts: bytes
    buffers: bytes
    keys: int

    def hits(self, words: list[str | bytes]) -> list[str]:
        """Says where a word can be read, in any of the encodings of a file; bytes as they are, in hex and in base64."""
        found = []
        for word in words:
            for sort, held in (("texts", self.texts), ("buffers", self.buffers)):
                ways = needles.first(word, held) if isinstance(word, str) else needles.first_bytes(word, held)
                found += [f"{word!r} as {encoding} in the {sort} of {self.where}" for encoding, _, _ in ways]
        return found


def of(phone: Phone) -> list[Memory]:
    """Reads the page, its worker and the service worker, after the collector has run in each."""
    assert phone.context is not None
    line = phone.context.new_cdp_session(phone.page)
    below: dict[str, str] = {}
    told: dict[str, list[dict[str, Any]]] = {}

    def attached(event: dict[str, Any]) -> None:
        below[event["sessionId"]] = f"the {event['targetInfo']['type'].replace('_', ' ')}"

    def said(event: dict[str, Any]) -> None:
        told.setdefault(event["sessionId"], []).append(json.loads(event["message"]))

    line.on("Target.attachedToTarget", attached)
    line.on("Target.receivedMessageFromTarget", said)
    line.send("Target.setAutoAttach", {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False})
    try:
        heard: list[dict[str, Any]] = []
        line.on("HeapProfiler.addHeapSnapshotChunk", lambda event: heard.append({"method": "chunk", "params": event}))
        found = [_read("the page", line.send, heard)]
        for session, name in below.items():
            found.append(_read(name, _speaker(line, session, told), told.setdefault(session, [])))
        return [found[0], *sorted(found[1:], key=lambda one: one.where)]
    finally:
        line.detach()


Send = Callable[..., Any]


def _speaker(line: CDPSession, session: str, told: dict[str, list[dict[str, Any]]]) -> Send:
    """Gives what asks a worker, through the page's line."""
    asked = 0

    def send(method: str, params: dict[str, Any] | None = None) -> Any:
        nonlocal asked
        asked += 1
        line.send("Target.sendMessageToTarget", {"sessionId": session, "message": json.dumps({"id": asked, "method": method, "params": params or {}})})  # fmt: skip
        end = time.monotonic() + ANSWER_S
        while time.monotonic() < end:
            for one in told.get(session, []):
                if one.get("id") == asked:
                    assert "error" not in one, one
                    return one["result"]
            line.send("Runtime.evaluate", {"expression": "0"})  # lets the line bring what there is
        raise AssertionError(f"{method} was not answered")

    return send


def _read(where: str, send: Send, heard: list[dict[str, Any]]) -> Memory:
    send("HeapProfiler.enable")
    send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    snapshot = "".join(
        one["params"]["chunk"] for one in heard if one.get("method") in ("chunk", "HeapProfiler.addHeapSnapshotChunk")
    )
    read = json.loads(snapshot)
    buffers = _asked(send, BYTES, "Object.prototype")
    keys = _asked(send, "function () { return this.filter((key) => key.type !== 'public').length; }", "CryptoKey.prototype")
    send("Runtime.releaseObjectGroup", {"objectGroup": "memory"})
    send("HeapProfiler.disable")
    texts = "\n".join(texts_of(read)).encode("utf-8", "surrogatepass")
    return Memory(where, texts, b"\n".join(map(base64.b64decode, buffers)), keys)


def _asked(send: Send, ask: str, of_sort: str) -> Any:
    """Asks of all living objects of a sort."""
    sort = send("Runtime.evaluate", {"expression": of_sort, "objectGroup": "memory"})["result"]["objectId"]
    found = send("Runtime.queryObjects", {"prototypeObjectId": sort, "objectGroup": "memory"})["objects"]["objectId"]
    answer = send("Runtime.callFunctionOn", {"functionDeclaration": ask, "objectId": found, "returnByValue": True})
    assert "exceptionDetails" not in answer, answer
    return answer["result"]["value"]


def texts_of(snapshot: dict[str, Any]) -> list[str]:
    """Gives every text of a heap snapshot. One that V8 still holds in two pieces has no text there and is put together."""
    meta, nodes, edges, strings = snapshot["snapshot"]["meta"], snapshot["nodes"], snapshot["edges"], snapshot["strings"]
    fields, edge_fields = meta["node_fields"], meta["edge_fields"]
    width, edge_width = len(fields), len(edge_fields)
    sort, name, count = fields.index("type"), fields.index("name"), fields.index("edge_count")
    edge_name, to = edge_fields.index("name_or_index"), edge_fields.index("to_node")
    edge_sort, internal = edge_fields.index("type"), meta["edge_types"][0].index("internal")
    cut = meta["node_types"][0].index("concatenated string")
    halves: dict[int, dict[str, int]] = {}
    at = 0
    for node in range(0, len(nodes), width):
        many = nodes[node + count]
        if nodes[node + sort] == cut:
            mine = range(at, at + many * edge_width, edge_width)
            halves[node] = {
                strings[edges[one + edge_name]]: edges[one + to] for one in mine if edges[one + edge_sort] == internal
            }
        at += many * edge_width
    inner = {half for both in halves.values() for half in both.values()}
    return [*strings, *(_together(node, halves, nodes, strings, name) for node in halves if node not in inner)]


def _together(root: int, halves: dict[int, dict[str, int]], nodes: list[int], strings: list[str], name: int) -> str:
    pieces, left, length = [], [root], 0
    while left and length < LONGEST:
        node = left.pop()
        if node in halves:
            left += [halves[node][half] for half in ("second", "first") if half in halves[node]]
        else:
            pieces.append(strings[nodes[node + name]])
            length += len(pieces[-1])
    return "".join(pieces)
