"""The office of the floor and of Dexie: Flask and sqlite3, the primitives and no rule.

`/floor/*` opens, verifies, seals, stores and receipts each entry; `/rival/*` takes sealed rows and gives them back.
Loaded before gunicorn forks, so that its processes share the keys made here.
"""

import hashlib
import hmac
import json
import os
import sqlite3
import struct
import threading
from base64 import b64decode, b64encode
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hpke, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, Response, abort, request

TOKEN = hashlib.sha256(b"bench-token").digest()
SHA = ec.ECDSA(hashes.SHA256())
PAGE_BYTES = 1 << 20
INFO = b"floor"

app = Flask(__name__)
suite = hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
ingest = ec.generate_private_key(ec.SECP256R1())
receipt_key = ec.generate_private_key(ec.SECP256R1())
casefile_key = AESGCM(AESGCM.generate_key(256))
local = threading.local()


def database() -> sqlite3.Connection:
    if not hasattr(local, "database"):
        opened = sqlite3.connect(os.environ["BENCH_DATABASE"], isolation_level=None, timeout=30)
        opened.execute("PRAGMA journal_mode=WAL")
        opened.execute("PRAGMA synchronous=FULL")
        opened.execute("CREATE TABLE IF NOT EXISTS rows(seq INTEGER PRIMARY KEY, id TEXT UNIQUE, sealed BLOB)")
        opened.execute(
            "CREATE TABLE IF NOT EXISTS entries"
            "(seq INTEGER PRIMARY KEY, id TEXT UNIQUE, kid TEXT, signature BLOB, sealed BLOB, received TEXT)"
        )
        opened.execute("CREATE TABLE IF NOT EXISTS signers(kid TEXT PRIMARY KEY, spki BLOB)")
        local.database = opened
    found: sqlite3.Connection = local.database
    return found


def point(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PublicFormat.UncompressedPoint
    return b64encode(key.public_key().public_bytes(serialization.Encoding.X962, form)).decode()


def answer(told: Any) -> Response:
    return Response(json.dumps(told), mimetype="application/json")


def signed(payload: bytes) -> str:
    r, s = decode_dss_signature(receipt_key.sign(payload, SHA))
    return b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()


@app.get("/blank")
def blank() -> Response:
    return Response("<!doctype html><title>bench</title>", mimetype="text/html")


@app.post("/floor/signer")
def floor_signer() -> Response:
    spki = b64decode(json.loads(request.data)["spki"])
    database().execute("INSERT OR IGNORE INTO signers VALUES('signer', ?)", (spki,))
    return answer({"ingest": point(ingest), "receipt": point(receipt_key)})


@app.post("/floor/push")
def floor_push() -> Response:
    data, at, rows = request.data, 0, []
    (spki,) = database().execute("SELECT spki FROM signers").fetchone()
    signer = serialization.load_der_public_key(spki)
    assert isinstance(signer, ec.EllipticCurvePublicKey)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        packet = suite.decrypt(data[at + 4 : at + 4 + length], ingest, INFO)
        at += 4 + length
        signature, text = packet[:64], packet[64:]
        der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        try:
            signer.verify(der, text, SHA)
        except InvalidSignature:
            abort(400)
        iv = os.urandom(12)
        sealed = iv + casefile_key.encrypt(iv, text, None)
        rows.append((json.loads(text)["id"], "signer", signature, sealed, "2026-11-21T18:16:51.123Z"))
    kept = database()
    kept.execute("BEGIN IMMEDIATE")
    kept.executemany(
        "INSERT INTO entries(id, kid, signature, sealed, received) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", rows
    )
    kept.execute("COMMIT")
    receipts = []
    for row in rows:
        payload = json.dumps({"v": 1, "status": "stored", "id": row[0], "received_at": row[4]})
        receipts.append({"payload": payload, "signature": signed(payload.encode())})
    return answer({"receipts": receipts})


@app.get("/floor/pull")
def floor_pull() -> Response:
    since, size, entries = int(request.args["since"]), 0, []
    for seq, kid, signature, sealed in database().execute(
        "SELECT seq, kid, signature, sealed FROM entries WHERE seq > ? ORDER BY seq", (since,)
    ):
        body = casefile_key.decrypt(sealed[:12], sealed[12:], None).decode()
        entries.append({"seq": seq, "kid": kid, "signature": b64encode(signature).decode(), "body": body})
        size += len(body) + 200
        if size > PAGE_BYTES:
            break
    (last,) = database().execute("SELECT max(seq) FROM entries").fetchone()
    signers = {kid: b64encode(spki).decode() for kid, spki in database().execute("SELECT kid, spki FROM signers")}
    more = bool(entries) and entries[-1]["seq"] < last
    return answer({"entries": entries, "signers": signers, "more": more})


def known() -> None:
    told = request.headers.get("Authorization", "")[7:].encode()
    if not hmac.compare_digest(hashlib.sha256(told).digest(), TOKEN):
        abort(401)


@app.post("/rival/push")
def rival_push() -> Response:
    known()
    rows = [(row["id"], row["ct"]) for row in json.loads(request.data)["records"]]
    kept = database()
    kept.execute("BEGIN IMMEDIATE")
    kept.executemany("INSERT INTO rows(id, sealed) VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET sealed = excluded.sealed", rows)
    kept.execute("COMMIT")
    return answer({"ok": len(rows)})


@app.get("/rival/pull")
def rival_pull() -> Response:
    known()
    since, limit = int(request.args["since"]), int(request.args["limit"])
    rows = database().execute("SELECT seq, id, sealed FROM rows WHERE seq > ? ORDER BY seq LIMIT ?", (since, limit)).fetchall()
    records = [{"seq": seq, "id": id_, "ct": sealed} for seq, id_, sealed in rows]
    return answer({"records": records, "cursor": rows[-1][0] if rows else since})
