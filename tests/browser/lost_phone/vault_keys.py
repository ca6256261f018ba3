"""The secrets behind a phone's lock, worked out as docs/protocol.md §11 says: from what lies on the phone and the unlock words."""

from __future__ import annotations

import base64
import json
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.entry import b64u, unb64u
from tests.browser.phone import Phone

LIES_THERE = """async () => {
  const answer = (asked) => new Promise((done, failed) => { asked.onsuccess = () => done(asked.result); asked.onerror = failed; });
  const plain = (value) => value instanceof Uint8Array ? btoa(String.fromCharCode(...value))
    : Array.isArray(value) ? value.map(plain)
    : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)])) : value;
  const found = [];
  for (const { name } of (await indexedDB.databases()).filter((one) => one.name.startsWith("v"))) {
    const database = await answer(indexedDB.open(name));
    const meta = database.transaction(["meta"]).objectStore("meta");
    const [wraps, self] = await Promise.all([answer(meta.get("wraps")), answer(meta.get("self"))]);
    database.close();
    found.push({ name, wraps: plain(wraps), self: plain(self) });
  }
  return found;
}"""


def _expanded(material: bytes, info: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"", info=info.encode()).derive(material)


def _opened(key: bytes, sealed: bytes, place: str) -> bytes:
    assert sealed[0] == 1
    return AESGCM(key).decrypt(sealed[1:13], sealed[13:], place.encode())


def of(phone: Phone, words: list[str]) -> dict[str, bytes | str]:
    """Opens the only vault on a phone with its words; gives each secret by what it is."""
    (vault,) = phone.page.evaluate(LIES_THERE)
    return _secrets(vault, " ".join(words))


def _secrets(vault: dict[str, Any], words: str) -> dict[str, bytes | str]:
    (wrap,) = (one for one in vault["wraps"] if one["sort"] == "words")
    kdf, salt = wrap["kdf"], base64.b64decode(wrap["kdf"]["salt"])
    stretched = hash_secret_raw(words.encode(), salt, kdf["t"], kdf["m"], kdf["p"], 32, Type.ID)
    wrapping = _expanded(stretched, "fieldapp words 1")
    assert _expanded(stretched, "fieldapp words commit 1") == base64.b64decode(wrap["commit"])
    place = f"fieldapp wrap 1\n{vault['name']}\nwords\nargon2id {kdf['m']} {kdf['t']} {kdf['p']}\n{b64u(salt)}"
    vault_key = _opened(wrapping, base64.b64decode(wrap["sealed"]), place)
    local = _expanded(vault_key, "fieldapp local 1")
    self = json.loads(_opened(local, base64.b64decode(vault["self"]), f"fieldapp row 1\n{vault['name']}\n\nmeta\nself"))
    return {
        "what the words are stretched to": stretched,
        "wrapping key": wrapping,
        "vault key": vault_key,
        "local key": local,
        "signing key": unb64u(self["pkcs8"]),
        "read token": str(self["read_token"]),
    }
