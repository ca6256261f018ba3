"""Who may read, what opens an account and who responds to risk: every row as the office last took it down in the audit, none more and none less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
    "settings": "who responds when a questionnaire shows risk",
    "setup_nonces": "the set-up of a phone under way, {}",
    "signers": "signer {}, its leave to read or its end",
    "teams": "team {}",
    "widenings": "what was asked for to give somebody more to read, {}",
}


@dataclass(frozen=True, slots=True)
class Strange:
    """What is not, or once was not, as it was taken down. `digest`: of what is there now; "" where it was taken out, or where it is about what once was.

    `table` is "" of a row of the audit that does not open: nobody knows what it took down.
    """

    fault: Fault
    table: str
    key: str
    digest: str


class Replay:
    """Hears the audit's rows in their order, and then compares. It keeps a digest for each thing arranged in memory, and nothing of entries."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._told: dict[str, dict[str, str]] = {table: {} for table in TABLES}
        self._resets: dict[str, int] = {}
        self._then: list[Strange] = []
        self._accepted: dict[Fault, int] = {}

    def hear(self, row: AuditRow) -> None:
        """Takes up one row about arrangements. What it says was there before must be what the rows before it said."""
        place = f"audit row {row.n}"
        try:
            found = arrangements.read(self._keys, row.n, row.prev, row.detail)
        except (NoOfficeKeys, ValueError, TypeError, KeyError):
            found = None
        if found is None:
            self._then.append(Strange(Fault("arranged_row", place), "", str(row.n), ""))
            return
        self._accepted |= dict.fromkeys((Fault(*each) for each in found.accepted), row.n)
        for table, keys in found.said.items():
            told = self._told.setdefault(table, {})
            for key, (*was, now) in keys.items():
                if was and was[0] != told.get(key, ""):
                    self._then.append(Strange(Fault("arranged_then", _place(table, key), place), table, key, ""))
                if table == "resets":
                    self._resets[key] = row.n if was else self._resets.get(key, 0)
                if now:
                    told[key] = now
                else:
                    # Sign-ins come and go: what is no more needs no memory.
                    told.pop(key, None)

    def faults(self, store: Store) -> Iterator[Fault]:
        """Compares what is there now. Call it once all of the audit was heard."""
        for each in (*self.then(), *self.now(store)):
            yield each.fault
        for fault, n in self._accepted.items():
            yield Fault("accepted", fault.place, f"audit row {n}")

    def then(self) -> list[Strange]:
        """What the audit shows to have been otherwise once, but for what two people accepted: that cannot be mended any more."""
        return [each for each in self._then if each.fault not in self._accepted]

    def reset_at(self, reset: str) -> int | None:
        """The number of the audit's row in which the office last changed a reset; 0 where it was found, None of one that the office never took down."""
        return self._resets.get(reset)

    def now(self, store: Store) -> Iterator[Strange]:
        """What is there now and was not taken down so. What was accepted was taken down with it, as it stood: changed again, it is named again."""
        for table in TABLES:
            told = dict(self._told[table])
            for key, digest in store.arrangements.every(table):
                then = told.pop(key, "")
                if then != digest:
                    yield Strange(Fault("arranged", _place(table, key), "changed" if then else "put in"), table, key, digest)
            for key in told:
                yield Strange(Fault("arranged", _place(table, key), "taken out"), table, key, "")


def _place(table: str, key: str) -> str:
    if table not in TABLES:
        return f"{table} {key}"  # of an earlier release
    return _PLACES[table].format(*key.split("|", len(TABLES[table].key) - 1))
