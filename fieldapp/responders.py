"""Who responds when a questionnaire shows risk, and how. Until a supervisor has said so, that questionnaire is not offered.

One answer for the whole office, kept in its settings. Phones keep it sealed, because names of staff are names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec import convert

from fieldapp.errors import FieldappError
from fieldapp.keys import Keys, hash_text
from fieldapp.store import Store
from fieldapp.store.settings import RESPONDERS
from sync.entry import read_json, stamp, write_json
from sync.errors import SyncError

LONGEST_WHO = 120
LONGEST_HOW = 400


class SomebodyElseSettled(FieldappError):
    """Another supervisor changed this since the page was opened; nothing was written."""


@dataclass(frozen=True, slots=True)
class Responder:
    """Who responds to an answer that shows risk, and how they are reached."""

    who: str
    how: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What holds now: by id of the questionnaire without its version. `hash` names this state, "" where nothing was ever said."""

    named: Mapping[str, Responder]
    hash: str

    def plain(self) -> dict[str, dict[str, str]]:
        """The shape that `practice.measures.may_be_used` and the phones take."""
        return {measure: {"who": one.who, "how": one.how} for measure, one in self.named.items()}


def settled(store: Store) -> Settled:
    """Reads what holds now.

    Where another hand left what no supervisor can have said, nobody is named and those questionnaires are off: phones must go on
    greeting, and a supervisor must be able to put it right.
    """
    kept = store.settings.get(RESPONDERS)
    return Settled(_named(kept) if kept else {}, _hash(kept))


def settle(store: Store, keys: Keys, person: str, named: Mapping[str, Responder | None], *, saw: str, now: datetime) -> Settled:
    """Names who responds for some questionnaires, or with None for nobody any more, and writes down who said so.

    `saw` is the hash of what was on the screen; raises SomebodyElseSettled when that no longer holds. Others stay as
    they are. Each change is a row of the audit, whose sealed detail has the words.
    """
    with store.writing():
        before = settled(store)
        if saw != before.hash:
            raise SomebodyElseSettled
        after = {**before.named}
        for measure, one in named.items():
            if one == before.named.get(measure):
                continue
            after.pop(measure, None)
            if one is not None:
                after[measure] = one
            words = {"measure": measure, **({"who": one.who, "how": one.how} if one else {})}
            detail = keys.seal_secret("responder", write_json(words))
            store.audit.add(stamp(now), person, "responder named" if one else "responder withdrawn", detail=detail)
        if after != before.named:
            plain = Settled(dict(sorted(after.items())), "").plain()
            store.settings.put(RESPONDERS, write_json(plain).decode())
        return settled(store)


def _named(kept: str) -> dict[str, Responder]:
    try:
        return {measure: Responder(**one) for measure, one in convert(read_json(kept), dict[str, dict[str, str]]).items()}
    except (SyncError, ValueError, TypeError):
        return {}


def _hash(kept: str) -> str:
    return hash_text(kept.encode()) if kept else ""
