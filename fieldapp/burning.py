"""Burns a key of the office: marks it so in the next key set, and destroys its private half. First it is weighed what that would cost.

Rotating is free: the former key goes on opening what was sealed to it, and what it signed stays good. Burning is for a key that somebody else may
have, or that nobody needs any more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime

from fieldapp import checkpoints
from fieldapp.errors import FieldappError
from fieldapp.keys import Keys
from fieldapp.store import Store
from fieldapp.store.office import OfficeKeyRow
from sync import entry


class CannotBurn(FieldappError):
    """A key that cannot be burned whatever the reason. `why`: unknown | office | burned | in_use."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class BurningCosts(FieldappError):
    """Burning would cost something, and nobody said that it is to be done all the same."""

    def __init__(self, cost: Cost) -> None:
        super().__init__("it would cost something")
        self.cost = cost


@dataclass(frozen=True, slots=True)
class Cost:
    """What burning would cost, in numbers.

    For an ingest key `signers` in use have not told of the key set with its successor and may still seal to it; `phones` told of work waiting that
    may be sealed to it; `waiting` envelopes kept here, `put_away` ones and `drafts` could never be opened again. For a desk key `reviews` were
    signed by it, and no phone believes them any more.
    """

    signers: int = 0
    phones: int = 0
    waiting: int = 0
    put_away: int = 0
    drafts: int = 0
    reviews: int = 0

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def weigh(store: Store, kid: str) -> Cost:
    """Weighs what burning this key would cost. Raises CannotBurn."""
    rows = store.office.keys()
    row = next((each for each in rows if each.kid == kid), None)
    if row is None:
        raise CannotBurn("unknown")
    if row.use == "office":
        raise CannotBurn("office")
    if row.burned_at is not None:
        raise CannotBurn("burned")
    successor = _successor(rows, row)
    if successor is None:
        raise CannotBurn("in_use")
    if row.use == "desk":
        return Cost(reviews=store.entries.count_by(kid))
    if row.use == "receipt":
        return Cost()
    known_since = _first_listing(store, successor.kid)
    raw = entry.unb64u(kid)
    waiting, put_away = store.quarantine.sealed_to(raw)
    return Cost(
        signers=len(store.signers.behind(known_since)),
        phones=len(store.signers.waiting_since(successor.from_at, known_since)),
        waiting=waiting,
        put_away=put_away,
        drafts=store.drafts.sealed_to(raw),
    )


def burn(store: Store, keys: Keys, kid: str, now: datetime, *, despite: str = "") -> Cost:
    """Burns a key and issues the next key set; returns what it cost. Raises CannotBurn, or BurningCosts unless `despite` gives the reason.

    It is weighed inside the transaction that burns: what comes meanwhile counts.
    """
    at = entry.stamp(now)
    with store.writing() as tx:
        cost = weigh(tx, kid)
        if cost and not despite:
            raise BurningCosts(cost)
        keys.burn_key(tx, kid, at)
        checkpoint = tx.office.checkpoint()
        if checkpoint is not None and entry.split_jws(checkpoint.jws, "fieldapp-checkpoint").kid == kid:
            checkpoints.anew(tx, keys.ring(tx), at)
        said = {"kid": kid, "why": despite, **{each.name: getattr(cost, each.name) for each in fields(cost)}}
        tx.audit.add(at, "", "key burned", detail=keys.seal_secret("key", entry.write_json(said)))
    return cost


def _successor(rows: list[OfficeKeyRow], row: OfficeKeyRow) -> OfficeKeyRow | None:
    """The next key of the same use; the last of its use that is not burned has none, even where burned ones came after it."""
    later = [each for each in rows[rows.index(row) + 1 :] if each.use == row.use]
    return later[0] if any(each.burned_at is None for each in later) else None


def _first_listing(store: Store, kid: str) -> int:
    """The number of the first key set that lists a key."""
    for n, jws in store.office.keysets():
        listed = json.loads(entry.split_jws(jws, "fieldapp-keyset").payload)["keys"]
        if any(each["kid"] == kid for each in listed):
            return n
    raise LookupError("a key that no key set lists")
