"""What needs eyes, in fixed sections and a stated order, oldest first. Pure.

No number here ranks a family, and none may be added: a list that seems to know who is worst is believed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

Lane = Literal[
    "emergencies", "safety", "answered", "sign_off", "sample", "later", "two_versions", "asked", "unseen", "unsorted", "phones"
]
LANES: tuple[Lane, ...] = (
    "emergencies", "safety", "answered", "sign_off", "sample", "later", "two_versions", "asked", "unseen", "unsorted", "phones",
)  # fmt: skip
"""The order of the page. What was opened in an emergency first, because it is news of today; then safety; then what a worker waits for; then what policy asks; then what to look after."""

UNSEEN_AFTER_DAYS = 14
"""Days without a visit at which a child was seen before the board says so, where the programme says nothing."""

STUCK_AFTER = timedelta(hours=4)
"""How old the oldest unsent item of a phone, or its last word, must be before it is listed: a lunch without signal is no news."""

SILENT_AFTER = timedelta(days=14)
"""How long a phone in use may say nothing, holidays and all, before somebody should ask after it."""


@dataclass(frozen=True, slots=True)
class Note:
    """One record as last folded, for somebody who may read it.

    `why`: the policy's reasons; `state` and `later` as in `oversight`; `is_mine`: the reader wrote some of it.
    """

    record: str
    casefile: str
    family: str
    kind: str
    title: str
    author: str
    happened_on: str
    received_at: datetime
    waits_since: datetime
    why: tuple[str, ...]
    state: str
    later: int
    is_forked: bool
    is_mine: bool
    is_practice: bool = False
    is_restricted: bool = False
    contact_first: str = ""


@dataclass(frozen=True, slots=True)
class Child:
    """A child of a family and the last day a worker saw them.

    `since` is when the work began, for one never seen; `within` the days in which the programme wants them seen.
    """

    name: str
    casefile: str
    family: str
    last_seen: date | None
    seen_alone: date | None
    since: date | None
    within: int = UNSEEN_AFTER_DAYS
    contact_first: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone with work that has not arrived: how many items, since when; never what they say.

    `missing`: so many of its items have not come though a later one came at `missing_since`; `lost_at`: when it greeted
    without knowing of what the office has from it. `unnumbered`: so many of its items are here without their number, because
    other phones gave them back after a restore.
    """

    person: str
    waiting: int
    oldest_at: datetime | None
    seen_at: datetime
    missing: int = 0
    status: str = "ok"
    device: str = ""
    missing_since: datetime | None = None
    lost_at: datetime | None = None
    unnumbered: int = 0

    @property
    def since(self) -> datetime:
        """Since when there is something to look after."""
        told = [at for at in (self.oldest_at if self.waiting else None, self.missing_since, self.lost_at) if at is not None]
        return min(told, default=self.seen_at)


@dataclass(frozen=True, slots=True)
class Unsorted:
    """What reached the office and waits for a person to place it. Whose family it is about is not known or not told."""

    count: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A family's record that somebody opened in an emergency and nobody else has looked at."""

    emergency: str
    family: str
    person: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Section:
    """One lane of the board with what lies in it."""

    lane: Lane
    notes: tuple[Note, ...] = ()
    children: tuple[tuple[Child, int | None], ...] = ()
    phones: tuple[Phone, ...] = ()
    unsorted: Unsorted | None = None
    opened: tuple[Opened, ...] = ()

    @property
    def count(self) -> int:
        return (
            len(self.notes)
            + len(self.children)
            + len(self.phones)
            + len(self.opened)
            + (self.unsorted.count if self.unsorted else 0)
        )


def board(
    notes: Iterable[Note],
    children: Iterable[Child],
    phones: Iterable[Phone],
    unsorted: Unsorted | None,
    now: datetime,
    opened: Iterable[Opened] = (),
) -> tuple[Section, ...]:
    """Lays out the whole board: every lane, also the empty ones, so that an empty place means nothing waits there."""
    by_lane: dict[Lane, list[Note]] = {lane: [] for lane in LANES}
    for note in notes:
        lane = lane_of(note)
        if lane is not None:
            by_lane[lane].append(note)
    unseen = _unseen(children, now.date())
    silent = tuple(
        sorted(
            (phone for phone in phones if _is_silent(phone, now)),
            key=lambda phone: (phone.since, phone.person),
        )
    )
    return tuple(
        Section(
            lane,
            tuple(sorted(by_lane[lane], key=lambda note: (note.waits_since, note.record))),
            unseen if lane == "unseen" else (),
            silent if lane == "phones" else (),
            unsorted if lane == "unsorted" else None,
            tuple(sorted(opened, key=lambda one: (one.at, one.emergency))) if lane == "emergencies" else (),
        )
        for lane in LANES
    )


def lane_of(note: Note) -> Lane | None:
    """Says in which one lane a record lies, the first that applies; None when nobody need look at it again."""
    is_reviewed = note.state in {"signed_off", "noted"}
    if "risk" in note.why and note.state == "sent":
        return "safety"
    if note.state == "answered":
        return "answered"
    if note.state == "question":
        return "asked"
    # Reading is not signing off: what policy wants signed stays here after somebody has noted it.
    if set(note.why) & {"broken", "kind", "restricted", "ending", "new_worker"} and note.state != "signed_off":
        return "sign_off"
    # What came after its writer had stopped reading: whoever answers for the family now has to know that it is there.
    if "late" in note.why and not is_reviewed:
        return "later"
    if "sample" in note.why and not is_reviewed:
        return "sample"
    if is_reviewed and note.later:
        return "later"
    return "two_versions" if note.is_forked else None


def _unseen(children: Iterable[Child], today: date) -> tuple[tuple[Child, int | None], ...]:
    found: list[tuple[Child, int | None]] = []
    for child in children:
        last = child.last_seen or child.since
        days = (today - last).days if last is not None else None
        if days is None or days >= child.within:
            found.append((child, days))
    return tuple(sorted(found, key=lambda one: (-(one[1] if one[1] is not None else 10**6), one[0].family, one[0].name)))


def _is_silent(phone: Phone, now: datetime) -> bool:
    if phone.missing or phone.lost_at is not None or phone.status == "cloned":
        return True
    # Its next greeting brings the numbers; only a phone that stays away, or that never wrote them, is worth a look.
    if phone.unnumbered and now - phone.since >= STUCK_AFTER:
        return True
    # Somebody has said that it is no longer used, with what waited on it before their eyes.
    if phone.status == "ended":
        return False
    if phone.waiting > 0 and now - min(phone.oldest_at or phone.seen_at, phone.seen_at) >= STUCK_AFTER:
        return True
    # What was written since its last word is known to nobody here.
    return phone.status == "ok" and now - phone.seen_at >= SILENT_AFTER
