"""Checks an evidence file of fieldapp without fieldapp: python check_evidence.py EVIDENCE.json [CHECKPOINT.json]

Needs Python 3.11 or newer and the library joserfc (pip install joserfc), nothing else. It reads the two files, asks no network and changes
nothing. What it checks, and what follows from it, is in evidence.md; the formats are those of protocol.md, sections 1 to 6.

It prints one line for each entry, then what was found. It ends with 0 when everything holds, with 1 when something does not, and with
2 when a file cannot be read.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

Told = dict[str, Any]


class Wrong(Exception):
    """Something that does not hold."""


def line(text: str) -> str:
    """One line of what is printed. Names, kinds and days were typed or made by somebody: none of them begins a line of its own here, moves
    the cursor or turns the writing round."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def unb64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hashed(text: str | bytes) -> str:
    raw = hashlib.sha256(text.encode() if isinstance(text, str) else text).digest()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(jws: str, typ: str, jwk: Told) -> Told:
    """What a JWS says, once it is known that this key signed it as this kind of thing, and that the key has the name it goes by."""
    if (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise Wrong(f"a {typ} names a key of another kind")
    key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    try:
        found = jose.deserialize_compact(jws, key, algorithms=["ES256"])
    except (JoseError, ValueError):
        raise Wrong(f"a {typ} is not signed by the key {key.thumbprint()}") from None
    if found.headers() != {"alg": "ES256", "typ": typ, "kid": key.thumbprint()}:
        raise Wrong(f"a {typ} is signed as something else, or under another key's name")
    said: Told = json.loads(found.payload)
    return said


def unproved(jws: str) -> tuple[Told, Told]:
    """Header and payload of a JWS, of which nothing is believed yet."""
    head, payload, _ = jws.split(".")
    return json.loads(unb64u(head)), json.loads(unb64u(payload))


def office_keys(told: Told) -> dict[str, Told]:
    """The keys that the office key vouched for, by name, as the newest key set tells of them."""
    keys: dict[str, Told] = {}
    last = 0
    for jws in told["keysets"]:
        said = signed(jws, "fieldapp-keyset", told["office"])
        if said["n"] <= last:
            raise Wrong(f"key set {said['n']} comes after key set {last}")
        last = said["n"]
        for each in said["keys"]:
            if each["kid"] in keys and keys[each["kid"]]["jwk"] != each["jwk"]:
                raise Wrong(f"the key {each['kid']} is two keys")
            keys[each["kid"]] = each
    return keys


def signers(told: Told) -> tuple[dict[str, Told], dict[str, int]]:
    """Whose key is whose, by the enrolments, each signed by the key itself; and every head that their chain has had, with its number."""
    found: dict[str, Told] = {}
    heads, prev = {"": 0}, ""
    for n, link in enumerate(told["enrolments"], 1):
        jws = link.get("jws")
        digest = hashed(jws) if jws else link["jws_hash"]
        expected = hashed(f"fieldapp enrolment 1\n{prev}\n{n}\n{link['id']}\n{digest}\n{link['received_at']}\n")
        if (link["n"], link["log_hash"]) != (n, expected):
            raise Wrong(f"the chain of enrolments is broken at {n}")
        prev = expected
        heads[prev] = n
        if jws:
            head, said = unproved(jws)
            said = signed(jws, "fieldapp-enrolment", said["jwk"])
            if link["id"] != hashed(jws.rpartition(".")[0]):
                raise Wrong(f"enrolment {n} goes by another id")
            found[head["kid"]] = {**said, "n": n, "received_at": link["received_at"], "entries": 0}
    return found, heads


def audited(told: Told) -> dict[str, Told]:
    """What the office wrote down when somebody decided something at the desk, by its id. Each row is held against its own hash."""
    rows: dict[str, Told] = {}
    for row in told["audit"]:
        names = ("prev", "n", "id", "at", "person", "what", "casefile", "record", "detail_hash")
        if row["hash"] != hashed("\n".join(["fieldapp audit 1", *(str(row[name]) for name in names), ""])):
            raise Wrong(f"audit row {row['n']} is not what its hash says")
        rows[row["id"]] = row
    return rows


def author_of(entry: Told, header: Told, known: dict[str, Told], office: dict[str, Told], desk: dict[str, Told]) -> str:
    """How far the author is proved. Raises Wrong when the signature is not that of whom the entry names."""
    kid = unproved(entry["jws"])[0]["kid"]
    if header["device"]:
        signer = known.get(kid)
        if signer is None:
            raise Wrong("nobody was enrolled with the key that signed it")
        signed(entry["jws"], "fieldapp-entry", signer["jwk"])
        if (signer["person"], signer["device"]) != (header["author"], header["device"]):
            raise Wrong("the key that signed it is another person's, or another phone's")
        signer["entries"] += 1
        return f"signed on their phone with key {kid[:8]}"
    key = office.get(kid)
    if key is None or key["use"] != "desk":
        raise Wrong("it says that it was made at the desk, and no desk key signed it")
    signed(entry["jws"], "fieldapp-entry", key["jwk"])
    row = desk.get(header.get("via", ""))
    if row is None or row["person"] != header["author"]:
        raise Wrong("the office wrote down nothing that this could come from, or of somebody else")
    return "recorded by the office" + (", with a key it has burned since" if key["burned_at"] else "")


def body_of(entry: Told) -> bytes | None:
    """The text as it was signed; None when an erasure took it."""
    if "gone" in entry:
        return None
    return unb64u(entry["body_bytes"]) if "body_bytes" in entry else entry["body"].encode()


def walk(told: Told, known: dict[str, Told], office: dict[str, Told]) -> list[tuple[int, str]]:
    """Checks and prints entry after entry; returns (seq, log_hash) of each. Raises Wrong at the first that does not hold."""
    names = {each["id"]: each["name"] for each in told["people"]}
    desk, prev = audited(told), ""
    erased: dict[str, set[str]] = {}
    gone: list[tuple[int, str, str]] = []
    chain: list[tuple[int, str]] = []
    for seq, entry in enumerate(told["entries"], 1):
        try:
            _, header = unproved(entry["jws"])
            how = author_of(entry, header, known, office, desk)
            entry_id, body = hashed(entry["jws"].rpartition(".")[0]), body_of(entry)
            if header["casefile"] != told["casefile"]:
                raise Wrong("it belongs to another casefile")
            if body is None:
                gone.append((seq, entry_id, entry["gone"]))
            elif hashed(body) != header["body_hash"]:
                raise Wrong("its text is not the one that was signed")
            elif header["kind"] == "erasure":
                erased[entry_id] = set(json.loads(body)["fields"]["ids"])
            lines = ("fieldapp log 1", prev, told["casefile"], str(seq), entry_id, hashed(entry["jws"]), entry["received_at"], "")
            prev = hashed("\n".join(lines))
            if (entry["seq"], entry["log_hash"]) != (seq, prev):
                raise Wrong("the chain is broken here")
        except Wrong as wrong:
            raise Wrong(f"entry {seq}: {wrong}") from None
        chain.append((seq, prev))
        who = names.get(header["author"], header["author"])
        text = "text erased" if body is None else "text unchanged"
        when = f"came {entry['received_at']}  written {header['written_at']}"
        print(line(f"{seq:>5}  {when}  {header['kind']:<16} {who}, {how}; {text}"))
    for seq, entry_id, erasure in gone:
        if entry_id not in erased.get(erasure, ()):
            raise Wrong(f"entry {seq}: its text is gone, and no erasure names it")
    return chain


def hold_against(checkpoint: Told, told: Told, chain: list[tuple[int, str]], enrolment_heads: dict[str, int]) -> tuple[str, int]:
    """Holds the casefile against an exported checkpoint that somebody else kept. Raises Wrong; returns what it shows, and how many enrolments it covers."""
    if checkpoint["office"] != told["office"]:
        raise Wrong("the checkpoint is another office's")
    listed = {each["kid"]: each for each in signed(checkpoint["keyset"], "fieldapp-keyset", checkpoint["office"])["keys"]}
    key = listed.get(unproved(checkpoint["checkpoint"])[0]["kid"])
    if key is None or key["use"] != "receipt":
        raise Wrong("no receipt key of the office signed the checkpoint")
    said = signed(checkpoint["checkpoint"], "fieldapp-checkpoint", key["jwk"])
    lines = sorted(f"{name} {seq} {head}\n" for name, seq, head in checkpoint["casefiles"])
    if hashed("".join(lines)) != said["root"]:
        raise Wrong("the lines of the checkpoint are not the ones that were signed")
    if said["enrolment_head"] not in enrolment_heads:
        raise Wrong("the enrolments are not those that the checkpoint covers")
    enrolled = enrolment_heads[said["enrolment_head"]]
    covered = next(((seq, head) for name, seq, head in checkpoint["casefiles"] if name == hashed(told["casefile"])), None)
    if covered is None:
        return f"The checkpoint of {said['at']} does not know this casefile: all of it came later.", enrolled
    if covered not in chain:
        raise Wrong(f"entries 1 to {covered[0]} are not those that the checkpoint of {said['at']} covers")
    return f"Entries 1 to {covered[0]} are, byte for byte and in this order, those that the office had on {said['at']}.", enrolled


def tell_keys(told: Told, known: dict[str, Told], covered: int | None) -> None:
    """Prints whose keys signed, since when the office says so, and whether the checkpoint knew them."""
    names = {each["id"]: each["name"] for each in told["people"]}
    for kid, signer in known.items():
        when = "" if covered is None else ", before the checkpoint" if signer["n"] <= covered else ", AFTER the checkpoint"
        who = names.get(signer["person"], signer["person"])
        print(
            line(
                f"Key {kid[:8]}: {who}, phone {signer['device']}, set up {signer['received_at']}{when}; {signer['entries']} entries"
            )
        )


def main(paths: list[str]) -> int:
    if len(paths) not in (1, 2):
        print("python check_evidence.py EVIDENCE.json [CHECKPOINT.json]", file=sys.stderr)
        return 2
    # Where the screen lacks a letter of somebody's name, that is no fault of the file.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        told, *others = (json.loads(Path(path).read_bytes()) for path in paths)
        if told.get("file") != "fieldapp evidence file 1" or any(
            each.get("file") != "fieldapp checkpoint file 1" for each in others
        ):
            raise ValueError("of another kind")
    except (OSError, ValueError, AttributeError) as error:
        print(f"This is no evidence file with its checkpoint file: {error}", file=sys.stderr)
        return 2
    try:
        office = office_keys(told)
        known, heads = signers(told)
        key = ECKey.import_key(told["office"]).thumbprint()
        print(line(f"Casefile {told['casefile']}, exported {told['made_at']} by the office whose key is {key}"))
        chain = walk(told, known, office)
        shown, covered = "No checkpoint was given: how the office had it at another time is not shown.", None
        if others:
            shown, covered = hold_against(others[0], told, chain, heads)
        tell_keys(told, known, covered)
    except Wrong as wrong:
        print(line(f"DOES NOT HOLD: {wrong}"))
        return 1
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        print(f"DOES NOT HOLD: the file is not in the form of an evidence file ({type(error).__name__})")
        return 1
    print(line(f"All {len(chain)} entries hold. {shown}"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
