"""Who may read and what opens an account: every row as the office last took it down in the audit, none more and none less."""

from __future__ import annotations

from collections.abc import Iterator

from fieldapp import arrangements
from fieldapp.keys import Keys, NoOfficeKeys
from fieldapp.store import Store
from fieldapp.store.arrangements import TABLES
from fieldapp.store.audit import AuditRow
from fieldapp.verifying.faults import Fault

_PLACES = {
    "casefiles": "the team of casefile {}, or whether it is for practice",
    "council_accounts": "the council account of person {}",
    "devices": "phone {}, its token, or whether it is in use",
    "duty_turns": "turn of duty {}",
    "kept_out": "casefile {}, from which is kept out person {}",
    "memberships": "person {}, their part in team {}",
    "passkeys": "passkey {}",
    "people": "the account of person {}: address, name, role, password, second factor, or when it is open",
    "pod_casefiles": "pod {}, casefile {}",
    "pod_people": "pod {}, person {}",
    "pods": "pod {}",
    "readers": "casefile {}, reader {}",
    "resets": "reset {}",
    "sections": "private section {}, the family it belongs to",
    "sessions": "a sign-in at the desk, {}",
    "setup_nonces": "the set-up of a phone under way, {}",
    "signers": "signer {}, its leave to read or its end",
    "teams": "team {}",
    "widenings": "what was asked for to give somebody more to read, {}",
}


class Replay:
    """Hears the audit's rows in their order, and then compares. It keeps a digest for each thing arranged in memory, and nothing of entries."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._told: dict[str, dict[str, str]] = {table: {} for table in TABLES}

    def hear(self, row: AuditRow) -> Iterator[Fault]:
        """Takes up one row about arrangements. What it says was there before must be what the rows before it said."""
        place = f"audit row {row.n}"
        try:
            found = arrangements.read(self._keys, row.n, row.prev, row.detail)
        except (NoOfficeKeys, ValueError, TypeError, KeyError):
            found = None
        if found is None:
            yield Fault("arranged_row", place)
            return
        for table, keys in found[1].items():
            told = self._told.setdefault(table, {})
            for key, (*was, now) in keys.items():
                if was and was[0] != told.get(key, ""):
                    yield Fault("arranged_then", _place(table, key), place)
                if now:
                    told[key] = now
                else:
                    # Sign-ins come and go: what is no more needs no memory.
                    told.pop(key, None)

    def faults(self, store: Store) -> Iterator[Fault]:
        """Compares what is there now. Call it once all of the audit was heard."""
        for table in TABLES:
            told = self._told[table]
            for key, digest in store.arrangements.every(table):
                then = told.pop(key, "")
                if then != digest:
                    yield Fault("arranged", _place(table, key), "changed" if then else "put in")
            for key in told:
                yield Fault("arranged", _place(table, key), "taken out")


def _place(table: str, key: str) -> str:
    if table not in TABLES:
        return f"{table} {key}"  # of an earlier release
    return _PLACES[table].format(*key.split("|", len(TABLES[table].key) - 1))
