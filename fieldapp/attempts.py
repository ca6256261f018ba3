"""How often somebody tried to get in, and how long the next try waits.

Counted on three counters, before the try is looked at: for one account from one address, for one account from anywhere,
and for one address. Whether there is such an account makes no difference.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sync.entry import moment, stamp

if TYPE_CHECKING:
    from fieldapp.keys import Keys
    from fieldapp.store import Store

LONGEST_WAIT_S = 900
FORGOTTEN_AFTER = timedelta(hours=24)
_FREE = {"pair": 5, "account": 20, "address": 50}
"""Failures in a row before waiting begins. A whole office may share one address."""

Counters = Sequence[tuple[str, str]]


def counters(keys: Keys, email: str, address: str) -> Counters:
    """Names the three counters of a try on the account with this folded address, from this network address."""
    address = _place(address)
    return [
        (_counter(keys, "pair", email, address), "pair"),
        (_counter(keys, "account", email), "account"),
        (_counter(keys, "address", address), "address"),
    ]


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""Where a network that has IPv6 alone writes addresses of IPv4, in the last 32 bits."""


def _place(address: str) -> str:
    """Where a try comes from, as far as whoever is there cannot choose it: one line at home gives 2⁶⁴ IPv6 addresses, which count as one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found in _NAT64:
        return str(ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF))
    return str(found.ipv4_mapped or ipaddress.IPv6Address(int(found) >> 64 << 64))


def _counter(keys: Keys, *parts: str) -> str:
    """Names a counter without saying whose it is: people type passwords into the address field."""
    return keys.counter_name("\n".join(("fieldapp attempts 1", *parts)))


def count(store: Store, counters: Counters, now: datetime) -> int:
    """Counts one attempt on each counter, unless one of them is waiting; returns the seconds still to wait."""
    with store.writing():
        drop_old(store, now)
        waits, counts = [], []
        for key, _ in counters:
            row = store.people.attempts(key)
            counts.append(0 if row is None else row.count)
            if row is not None and row.next_at is not None:
                waits.append((moment(row.next_at) - now).total_seconds())
        longest = max(waits, default=0.0)
        if longest > 0:
            return int(longest) + 1
        for (key, kind), count in zip(counters, counts, strict=True):
            over = count + 1 - _FREE[kind]
            wait = 0 if over <= 0 else min(LONGEST_WAIT_S, 5 * 2 ** min(over - 1, 20))
            store.people.note_attempts(key, count + 1, stamp(now), stamp(now + timedelta(seconds=wait)) if wait else None)
        return 0


def drop_old(tx: Store, now: datetime) -> None:
    """Drops counters that nobody moved for a day: also where nobody signs in, whom somebody tried to be is not kept."""
    tx.people.drop_attempts(stamp(now - FORGOTTEN_AFTER))


def forget(store: Store, counters: Counters, now: datetime) -> None:
    """Takes a right attempt off the counters. Of an address only this one: its other failures may be somebody else's."""
    for key, kind in counters:
        row = store.people.attempts(key)
        if kind == "address" and row is not None:
            store.people.note_attempts(key, row.count - 1, stamp(now), None)
        else:
            store.people.forget_attempts(key)
