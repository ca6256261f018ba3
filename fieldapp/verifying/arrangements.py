"""Who may read, what opens an account and who responds to risk: every row as the office last took it down in the audit, none more and none less."""

from __future__ import annotations

import string
from collections.abc import Iterator

from fieldapp import arrangements
from fieldapp.arrangements import Named
from fieldapp.keys import Keys, NoOfficeKeys
from fieldapp.store import Store
from fieldapp.store.arrangements import TABLES
from fieldapp.store.audit import AuditRow
from fieldapp.store.settings import DURABLE_THROUGH, RESPONDERS, RESTORED_AT, SAMPLE_SEED
from fieldapp.verifying.faults import Fault

_PLAIN = frozenset(string.ascii_letters + string.digits + "-_.")
PLACES = {
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
_SETTINGS = {
    RESPONDERS: "who responds when a questionnaire shows risk",
    DURABLE_THROUGH: "until when phones were told that what they sent cannot be lost",
    RESTORED_AT: "when the office was last put back from a backup, since when readers of private sections are to be confirmed",
    SAMPLE_SEED: "the secret by which notes are drawn for sign-off",
}


class Replay:
    """Hears the audit's rows in their order, and then compares. It keeps a digest for each thing arranged in memory, and nothing of entries."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._told: dict[str, dict[str, str]] = {table: {} for table in TABLES}
        self._resets: dict[str, int] = {}
        self._then: list[Named] = []
        self._accepted: list[tuple[Named, int]] = []

    def hear(self, row: AuditRow) -> None:
        """Takes up one row about arrangements. What it says was there before must be what the rows before it said."""
        try:
            found = arrangements.read(self._keys, row.n, row.prev, row.detail)
        except (NoOfficeKeys, ValueError, TypeError, KeyError):
            found = None
        if found is None:
            self._then.append(Named("arranged_row", "", "", row=row.n))
            return
        self._accepted += [(each, row.n) for each in found.accepted]
        for table, keys in found.said.items():
            then = self._told.setdefault(table, {})
            for key, (*was, now) in keys.items():
                if was and was[0] != then.get(key, ""):
                    self._then.append(Named("arranged_then", table, key, row=row.n))
                if table == "resets":
                    self._resets[key] = row.n if was else self._resets.get(key, 0)
                if now:
                    then[key] = now
                else:
                    # Sign-ins come and go: what is no more needs no memory.
                    then.pop(key, None)

    def faults(self, store: Store) -> Iterator[Fault]:
        """Compares what is there now. Call it once all of the audit was heard."""
        for each in self.named(store):
            yield told(each)
        for each, n in self._accepted:
            yield Fault("accepted", _place(each), f"audit row {n}")

    def named(self, store: Store) -> list[Named]:
        """What was otherwise once, and what is there now, that nobody let stand."""
        return [*self.then(), *self.now(store)]

    def then(self) -> list[Named]:
        """What the audit shows to have been otherwise once, but for what two people accepted: that cannot be mended any more."""
        accepted = {each for each, _ in self._accepted}
        return [each for each in self._then if each not in accepted]

    def reset_at(self, reset: str) -> int | None:
        """The number of the audit's row in which the office last changed a reset; 0 where it was found, None of one that the office never took down."""
        return self._resets.get(reset)

    def now(self, store: Store) -> Iterator[Named]:
        """What is there now and was not taken down so. What was accepted was taken down with it, as it stood: changed again, it is named again."""
        for table in TABLES:
            then = dict(self._told[table])
            for key, digest in store.arrangements.every(table):
                was = then.pop(key, "")
                if was != digest:
                    yield Named("arranged", table, key, was, digest)
            for key, was in then.items():
                yield Named("arranged", table, key, was)


def told(named: Named) -> Fault:
    """Tells it. What stands there now is told as its digest: whoever lets the line stand lets that stand, and nothing that was put in its place since."""
    if named.code != "arranged":
        return Fault(named.code, _place(named), f"audit row {named.row}" if named.code == "arranged_then" else "")
    if not named.now:
        return Fault(named.code, _place(named), "taken out")
    return Fault(named.code, _place(named), f"{'changed' if named.was else 'put in'}, now {named.now}")


def _place(named: Named) -> str:
    if not named.table:
        return f"audit row {named.row}"
    if named.table == "settings" and named.key in _SETTINGS:
        return _SETTINGS[named.key]
    if named.table not in PLACES:
        return f"{named.table} {_quoted(named.key)}"  # of an earlier release
    parts = named.key.split("|", len(TABLES[named.table].key) - 1)
    return PLACES[named.table].format(*map(_quoted, parts))


def _quoted(part: str) -> str:
    """Writes part of a key so that no two places read alike, whatever another hand called them, and a shell into which the line is pasted runs nothing of it.

    The office's own ids stay as they are.
    """
    return "".join(one if one in _PLAIN else f"\\u{{{ord(one):x}}}" for one in part)
