"""One casefile as evidence: everything a stranger needs to check, without this program and years later, who signed what and in which order it came.

The file holds the text of the casefile in the clear. docs/evidence.md says what it proves; docs/check_evidence.py checks it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from fieldapp import placing
from fieldapp.errors import FieldappError
from fieldapp.keys import Keys, hash_text
from fieldapp.store import Store
from fieldapp.store.audit import AuditRow
from fieldapp.store.signers import EnrolmentRow
from sync import entry
from sync.entry import b64u, stamp

FILE_KIND = "fieldapp evidence file 1"


class NoCasefile(FieldappError):
    """The office has no casefile of this id."""


def export(store: Store, keys: Keys, casefile: str, reason: str, now: datetime) -> bytes:
    """Gathers one casefile into the bytes of a file, and writes down that and why it was done. Raises NoCasefile, CannotOpen."""
    at = stamp(now)
    with store.writing() as tx:
        row = tx.casefiles.get(casefile) if entry.is_random_id(casefile) else None
        if row is None:
            raise NoCasefile(casefile)
        why = keys.seal_secret("evidence", entry.write_json({"reason": reason}))
        tx.audit.add(at, "", "evidence exported", casefile, detail=why)
        key = keys.casefile(casefile, row.key)
        rows = tx.entries.in_casefile(casefile)
        kept = [placing.read_kept(key, each) for each in rows]
        headers = [json.loads(each.header) for each in kept]
        met = {each.kid for each in tx.signers.enrolments_of(each.kid for each in rows)}
        authors = [each.author for each in rows]
        told: dict[str, Any] = {
            "file": FILE_KIND,
            "made_at": at,
            "casefile": casefile,
            "office": keys.ring(tx).office.jwk,
            "keysets": [jws for _, jws in tx.office.keysets()],
            "people": [{"id": one.id, "name": one.name} for one in tx.people.several(authors).values()],
            "enrolments": [_enrolment(each, is_met=each.kid in met) for each in tx.inspection.enrolments()],
            "audit": [_audited(found) for each in headers if (found := tx.audit.get(str(each.get("via", "")))) is not None],
            "entries": [
                {"seq": each.seq, "received_at": each.received_at, "log_hash": each.log_hash, "jws": whole.jws, **_body(whole)}
                for each, whole in zip(rows, kept, strict=True)
            ],
        }
    return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"


def _body(kept: placing.Kept) -> dict[str, str]:
    """The text as it was signed, letter by letter; as base64url where it is none."""
    if kept.gone:
        return {"gone": kept.gone}
    try:
        return {"body": kept.body.decode()}
    except UnicodeDecodeError:
        return {"body_bytes": b64u(kept.body)}


def _enrolment(row: EnrolmentRow, *, is_met: bool) -> dict[str, Any]:
    """A link of the chain; of people who wrote nothing here only what the chain needs, which names nobody."""
    link = {"n": row.n, "id": row.id, "received_at": row.received_at, "log_hash": row.log_hash}
    return link | ({"jws": row.jws} if is_met else {"jws_hash": hash_text(row.jws.encode())})


def _audited(row: AuditRow) -> dict[str, Any]:
    """What the office wrote down when somebody decided something at the desk; a reason only as its hash."""
    detail = "" if row.detail is None else hashlib.sha256(row.detail).hexdigest()
    return {
        "n": row.n, "id": row.id, "at": row.at, "person": row.person, "what": row.what, "casefile": row.casefile,
        "record": row.record, "detail_hash": detail, "prev": row.prev, "hash": row.hash,
    }  # fmt: skip
