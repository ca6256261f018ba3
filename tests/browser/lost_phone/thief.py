"""What somebody has who copied a phone's storage: its cookies, and everything in its outbox that is not sealed to anybody else."""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.client
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from fieldapp.keys import SigningKey, hash_text
from sync import entry
from tests.browser.lost_phone import sealed_by_browser
from tests.browser.phone import Phone

OUTBOX = """async () => {
  const answer = (asked) => new Promise((done, failed) => { asked.onsuccess = () => done(asked.result); asked.onerror = failed; });
  const plain = (value) => value instanceof Uint8Array ? { bytes: btoa(String.fromCharCode(...value)) }
    : Array.isArray(value) ? value.map(plain)
    : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)])) : value;
  const database = await answer(indexedDB.open("outbox"));
  const stores = [...database.objectStoreNames];
  const change = database.transaction(stores);
  const found = {};
  for (const name of stores) {
    const [keys, values] = await Promise.all([answer(change.objectStore(name).getAllKeys()), answer(change.objectStore(name).getAll())]);
    found[name] = keys.map((key, at) => [key, plain(values[at])]);
  }
  database.close();
  return found;
}"""


def copies(phone: Phone, to: Phone) -> None:
    """Takes every file of a phone that is off to another machine."""
    shutil.copytree(phone.profile, to.profile, symlinks=True, ignore=shutil.ignore_patterns("Singleton*"))


def cookies(phone: Phone) -> dict[str, str]:
    """Reads the cookies out of the files of a phone."""
    with tempfile.TemporaryDirectory() as copy:
        file = shutil.copy(phone.profile / "Default" / "Cookies", copy)
        with closing(sqlite3.connect(file)) as database:
            rows = database.execute("SELECT host_key, name, value, encrypted_value FROM cookies").fetchall()
    found = {}
    for host, name, value, sealed in rows:
        text = sealed_by_browser.open_value(sealed) if sealed else value.encode()
        found[name] = text.removeprefix(hashlib.sha256(host.encode()).digest()).decode()
    return found


@dataclass(frozen=True)
class Answer:
    status: int
    text: bytes
    """Headers and body, unpacked."""


class Thief:
    """Asks the office with what lay on a phone. Holds the device token, and the only private key that lies there open: the one for notes."""

    def __init__(self, origin: str, jar: Mapping[str, str], outbox: dict[str, Any]) -> None:
        self.host = urlsplit(origin).netloc
        self.cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
        (person,) = (row for _, row in outbox["people"])
        self.kid: str = person["kid"]
        self.pen = SigningKey.read(base64.b64decode(person["pen"]["pkcs8"]["bytes"]))
        self.certificate: str = person["pen"]["certificate"]
        self.items: dict[str, bytes] = {id: base64.b64decode(item["sealed"]["bytes"]) for id, item in outbox["items"]}
        self.nonce = ""

    def asks(self, method: str, path: str, body: bytes = b"", sort: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        """Sends one request with the cookies, follows nothing."""
        line = http.client.HTTPConnection(self.host, timeout=30)
        try:
            given = {"Cookie": self.cookie, **({"Content-Type": sort} if sort else {}), **(headers or {})}
            line.request(method, quote(path), body or None, given)
            answer = line.getresponse()
            told, read = str(answer.headers).encode(), answer.read()
        finally:
            line.close()
        if answer.headers["Content-Encoding"] == "gzip":
            read = gzip.decompress(read)
        return Answer(answer.status, told + read)

    def asks_as_if_unlocked(self, method: str, path: str, said: Any) -> list[Answer]:
        """The same with every proof that can be made without the vault: signed by the key for notes, under its name and under its person's."""
        body = entry.write_json(said)
        fresh = self.asks("POST", "/sync/v1/hello", entry.write_json(HELLO), "application/json")
        nonce = json.loads(fresh.text[fresh.text.rindex(b"\n\n") + 2 :])["nonce"]
        proof = entry.write_json({"v": 1, "method": method, "path": path, "nonce": nonce, "body": hash_text(body)})
        under_its_own = self.pen.jws("fieldapp-proof", proof)
        signed = entry.signing_input("fieldapp-proof", self.kid, proof)
        proofs = [under_its_own, entry.compact(signed, self.pen.sign(signed.encode())), self.certificate]
        found = []
        for token in ("", self.certificate, self.cookie.partition("=")[2]):
            for one in proofs:
                headers = {"Authorization": f"Bearer {token}", "Fieldapp-Proof": one}
                found.append(self.asks(method, path, body, "application/json", headers))
        return found


HELLO: dict[str, Any] = {"v": 1, "signers": [], "keyset_n": 0, "waiting": {"count": 0, "oldest_at": None}, "app": "x"}


def rows(folder: Path, ask: str) -> list[str]:
    """Reads one column of the office's database."""
    with closing(sqlite3.connect(folder / "office.db")) as database:
        return [str(value) for (value,) in database.execute(ask)]


def contents(folder: Path) -> dict[str, str]:
    """Gives every table of the office's database as one hash."""
    with closing(sqlite3.connect(folder / "office.db")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: hashlib.sha256(repr(database.execute(f'SELECT * FROM "{name}"').fetchall()).encode()).hexdigest()
            for name in names
        }
