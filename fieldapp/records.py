"""Reads and writes for people at the desk: opens a casefile, folds its records, audits each reading, signs reviews.

Whoever may not read a casefile gets `NotOpen`, the same as for one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fieldapp import access, placing, scope
from fieldapp.errors import FieldappError
from fieldapp.keys import CannotOpen, CasefileKey, Keys, new_id
from fieldapp.oversight import DECISIONS, Comment, Oversight, Review, hands_in, oversight
from fieldapp.people import Person
from fieldapp.sheet import Names, Shown, settled
from fieldapp.store import Store
from fieldapp.store.casefiles import ON_OWN_PHONE, CasefileRow
from fieldapp.store.entries import EntryRow
from sync.entry import NOT_CONTENT, read_body, read_header, stamp
from sync.errors import Malformed
from sync.view import Version, View, fold, views_at

if TYPE_CHECKING:
    from fieldapp.practice import Practice

Plain = dict[str, Any]

LONGEST_REVIEW = 20_000
"""Characters of a review in all. A review is words to a colleague, not a second note."""


class NotOpen(FieldappError):
    """There is nothing here that this person may read."""


class MayNotReview(FieldappError):
    """This person may read the record but not review it."""


class HeadsMoved(FieldappError):
    """Newer versions arrived while the reviewer was reading; nothing was written."""


class ReviewedMeanwhile(FieldappError):
    """A colleague reviewed it while the reviewer was reading; nothing was written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, opened. `fields` is None when its body was erased or is nothing a form could show; then `raw` has its text."""

    id: str
    seq: int
    record: str
    kind: str
    schema: str
    author: str
    parents: tuple[str, ...]
    written_at: str
    received_at: str
    mode: str
    fields: Plain | None
    raw: str = ""
    is_gone: bool = False
    is_broken: bool = False
    """Its sealed bytes do not open: somebody changed them in the database, or the disk did."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as its entries make it, in the order the office received them."""

    id: str
    kind: str
    schema: str
    entries: tuple[Entry, ...]
    view: View
    reviews: tuple[Review, ...]
    oversight: Oversight

    @property
    def fields(self) -> Plain:
        """Its answers, the first of two versions where they differ."""
        return settled(self.view.fields)

    @property
    def heads(self) -> tuple[str, ...]:
        """What a review of it names: the entries nobody followed, readable or not."""
        followed = {parent for each in self.entries for parent in each.parents}
        return tuple(sorted(each.id for each in self.entries if each.id not in followed))

    @property
    def parents(self) -> dict[str, tuple[str, ...]]:
        return {each.id: each.parents for each in self.entries}

    @property
    def hands(self) -> frozenset[str]:
        """Everybody who wrote a part of it."""
        return hands_in(self.parents, {each.id: each.author for each in self.entries}, self.heads)

    def follows_unreadable(self, entry: Entry) -> bool:
        """Says whether what its writer had before them has not come or cannot be read: some of it may stand in what they sent."""
        return not {each.id for each in self.entries if each.fields is not None}.issuperset(entry.parents)

    def befores(self, entries: Iterable[Entry]) -> dict[str, tuple[Plain, Shown]]:
        """What the writer of each of these entries had before them, and the fields among it with two versions, by the entry's id."""
        by_id = {each.id: each for each in self.entries}
        found: dict[str, tuple[Plain, Shown]] = {}
        joined: dict[str, set[str]] = {}
        for entry in entries:
            known = [by_id[parent] for parent in entry.parents if parent in by_id]
            if len(known) == 1 and known[0].fields is not None:
                found[entry.id] = known[0].fields, {}
            elif known:
                joined[entry.id] = _readable_above(by_id, entry.parents)
        views = views_at(_versions(self.entries), joined) if joined else {}
        for entry_id, view in views.items():
            found[entry_id] = settled(view), {name: each for name, each in view.items() if each.is_forked}
        return found


@dataclass(frozen=True, slots=True)
class Casefile:
    """A casefile, opened for one person who may read it."""

    id: str
    title: str
    sort: str
    is_practice: bool
    readers: tuple[str, ...]
    records: Mapping[str, Record]
    names: Names = field(default_factory=Names)

    def of_kind(self, kind: str) -> list[Record]:
        """Its records of one kind, oldest first."""
        return [record for record in self.records.values() if record.kind == kind]

    @property
    def pages(self) -> list[Record]:
        """The records about the family itself, first the one that phones go by too: that of the smallest id in which anything can be read."""
        return sorted(self.of_kind("family"), key=lambda one: (not one.fields, one.id))

    @property
    def family(self) -> Record | None:
        """The record about the family itself that is gone by."""
        return next(iter(self.pages), None)


def open_casefile(
    store: Store, keys: Keys, practice: Practice, person: Person, casefile: str, clock: Callable[[], datetime]
) -> Casefile:
    """Opens a casefile and writes down that this person read it; raises NotOpen."""
    now = stamp(clock())
    with store.reading():
        row = readable(store, person, casefile, now)
        opened = opened_casefile(store, keys, practice, row, store.entries.in_casefile(casefile), now)
    with store.writing() as tx:
        tx.audit.add(now, person.id, "read", casefile)
    return opened


def open_record(
    store: Store, keys: Keys, practice: Practice, person: Person, record: str, clock: Callable[[], datetime]
) -> tuple[Casefile, Record]:
    """Opens one record, with as much of its casefile as names need, and writes down that it was read; raises NotOpen."""
    now = stamp(clock())
    with store.reading():
        row, opened = _record(store, keys, practice, person, record, now)
    with store.writing() as tx:
        tx.audit.add(now, person.id, "read", row.id, record)
    return opened, opened.records[record]


def may_review(store: Store, person: Person, casefile: str, record: Record, now: datetime) -> bool:
    """Says whether this person may sign this record off, ask about it or note it."""
    at = stamp(now)
    row, reader = store.casefiles.get(casefile), scope.reader(store, person.id)
    if row is None or reader is None:
        return False
    return access.may_review(reader, scope.scope(row), scope.grants_on(store, [row.id])[row.id], at, record.hands)


def review(
    store: Store,
    keys: Keys,
    practice: Practice,
    person: Person,
    record: str,
    *,
    saw: Collection[str],
    decision: str,
    text: str,
    comments: Sequence[Comment],
    clock: Callable[[], datetime],
    saw_reviews: Collection[str] | None = None,
) -> str:
    """Writes a review, signed by the desk key, and returns the id of its entry.

    `saw` are the heads that were on the reviewer's screen. If others have arrived by now it raises HeadsMoved and writes
    nothing: a signature must not cover words its owner never saw. `saw_reviews` are the reviews on that screen, None where
    nobody looked at one; another raises ReviewedMeanwhile, or a sign-off would close a question its owner never read.
    Raises NotOpen and MayNotReview.
    """
    if decision not in DECISIONS:
        raise ValueError(decision)
    now = clock()
    at = stamp(now)
    with store.reading():
        row, opened = _record(store, keys, practice, person, record, at)
    with store.writing() as tx:
        if readable(tx, person, row.id, at).seq != row.seq:
            # It was folded outside, so that phones need not wait for that; only what moved meanwhile is folded again in here.
            row, opened = _record(tx, keys, practice, person, record, at)
        found = opened.records[record]
        if not may_review(tx, person, row.id, found, now):
            raise MayNotReview(record)
        if set(saw) != set(found.heads):
            raise HeadsMoved(record)
        if saw_reviews is not None and not {each.id for each in found.reviews} <= set(saw_reviews):
            raise ReviewedMeanwhile(record)
        via = tx.audit.add(at, person.id, decision, row.id, record)
        definition = practice.newest("review")
        placed = placing.place_office_entry(
            tx, keys, author=person.id, via=via, kind="review", schema=definition.schema, form=practice.form(definition.schema),
            casefile=row.id, record=record, parents=found.heads, at=at,
            fields={
                "decision": decision,
                "covers": list(found.heads),
                "comments": [{"id": new_id(), "field": each.field, "text": each.text} for each in comments],
                "text": text,
            },
        )  # fmt: skip
    return placed.id


def readable(store: Store, person: Person, casefile: str, at: str) -> CasefileRow:
    """Gives the row of a casefile this person may open at the desk, by right or in an emergency; NotOpen otherwise."""
    row = scope.row_if(store, person.id, casefile, at, access.may_look)
    if row is None:
        raise NotOpen(casefile)
    return row


def all_readable(store: Store, person: Person, at: str) -> list[CasefileRow]:
    """Lists the casefiles this person may read, most recently active first."""
    reader = scope.reader(store, person.id)
    return scope.readable(store, reader, at) if reader is not None else []


def opened_casefile(
    store: Store, keys: Keys, practice: Practice, row: CasefileRow, rows: Iterable[EntryRow], at: str
) -> Casefile:
    """Opens these entries of a casefile and folds them record by record. Asks nobody for leave: its callers have."""
    key = keys.casefile(row.id, row.key)
    grouped: dict[str, list[Entry]] = {}
    for each in rows:
        grouped.setdefault(each.record, []).append(opened_entry(each, key))
    records = {record: folded(record, entries) for record, entries in grouped.items()}
    staff = store.people.names()
    grants = [
        each
        for each in store.casefiles.readers_of([row.id])
        if each.why != ON_OWN_PHONE and each.from_at <= at and (each.until_at is None or at < each.until_at)
    ]
    readers = tuple(sorted({staff.get(each.person, "") for each in grants} - {""}))
    opened = Casefile(row.id, title_of(keys, row), row.sort, row.practice, readers, records)
    return Casefile(opened.id, opened.title, opened.sort, opened.is_practice, readers, records, names_in(opened, practice, staff))


def title_of(keys: Keys, row: CasefileRow) -> str:
    """Gives the title of a casefile, or says that it cannot be opened."""
    try:
        return keys.casefile(row.id, row.key).open("title", row.title).decode()
    except CannotOpen:
        return "A title that cannot be opened"


def opened_entry(row: EntryRow, key: CasefileKey) -> Entry:
    """Opens one entry. A body no form could show is given raw: what somebody signed is never hidden because it is odd."""
    try:
        kept = placing.read_kept(key, row)
        header = read_header(kept.header)
    except (CannotOpen, Malformed):
        # One broken entry must not close the page on all the others; it is shown as broken, and comes up on the board.
        return Entry(
            row.id, row.seq, row.record, row.kind, row.schema, row.author, (), row.written_at, row.received_at, "", None, is_broken=True
        )  # fmt: skip
    fields, raw = None, ""
    if not kept.gone:
        try:
            fields = read_body(kept.body)["fields"]
        except Malformed:
            raw = kept.body.decode("utf-8", "replace")
    return Entry(
        row.id, row.seq, row.record, row.kind, row.schema, row.author, tuple(header["parents"]), header["written_at"],
        row.received_at, header["mode"], fields, raw, bool(kept.gone),
    )  # fmt: skip


def folded(record: str, entries: Sequence[Entry]) -> Record:
    """Folds the entries of one record, given in the order the office received them."""
    content = tuple(each for each in entries if each.kind not in NOT_CONTENT)
    reviews = tuple(_review(each) for each in entries if each.kind == "review")
    first = content[0] if content else entries[0]
    # The office goes by the opening that made the casefile; what somebody amends of it later stands among its versions only.
    view = fold(_versions(content[:1] if first.kind == "opening" else content))
    parents = {each.id: each.parents for each in content}
    return Record(
        record, first.kind, first.schema, content, view, reviews, oversight(parents, [each.id for each in content], reviews)
    )


def names_in(opened: Casefile, practice: Practice, staff: Mapping[str, str], others: Mapping[str, str] | None = None) -> Names:
    """Collects what the ids in a casefile are called."""
    family = opened.family.fields if opened.family is not None else {}
    people = dict(others or {})
    for page in reversed(opened.pages):
        people |= ever_in(page)
    return Names(
        people=people,
        staff=staff,
        records={
            record.id: words for record in opened.of_kind("goal") if isinstance(words := record.fields.get("agreed_words"), str)
        },
        measures=practice.measures,
        vocabularies=practice.plain_vocabularies(),
        programmes={name: one.title for name, one in practice.programmes.items()},
        statuses={name: {status.id: status.label for status in one.statuses} for name, one in practice.programmes.items()},
        programme=str(family.get("programme") or ""),
    )


def ever_in(family: Record) -> dict[str, str]:
    """Names everybody whom any version of a family record lists, as the newest that lists them does.

    Who is taken out of the family stays named in the notes about them: a child seen in March was somebody.
    """
    found: dict[str, str] = {}
    for each in family.entries:
        found |= people_in(each.fields or {})
    return found | people_in(family.fields)


def people_in(family: Plain) -> dict[str, str]:
    """Names the people of a family record by id, leaving out what is not written as a form would write it."""
    listed = family.get("people")
    return {
        one["id"]: one["name"]
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict) and isinstance(one.get("id"), str) and isinstance(one.get("name"), str)
    }


def _record(store: Store, keys: Keys, practice: Practice, person: Person, record: str, at: str) -> tuple[CasefileRow, Casefile]:
    summary = store.records.get(record)
    # A record that does not exist lies in a casefile that does not: both ways are as long.
    row = readable(store, person, summary.casefile if summary is not None else "", at)
    rows = [each for each in store.entries.in_casefile(row.id) if each.record == record or each.kind in {"family", "goal"}]
    return row, opened_casefile(store, keys, practice, row, rows, at)


def _readable_above(by_id: Mapping[str, Entry], parents: Collection[str]) -> set[str]:
    """Names the nearest entries above that can be read: what was erased in between hides nothing that came before it."""
    found: set[str] = set()
    passed: set[str] = set()
    waiting = [parent for parent in parents if parent in by_id]
    while waiting:
        each = waiting.pop()
        if each in passed:
            continue
        passed.add(each)
        if by_id[each].fields is not None:
            found.add(each)
        else:
            waiting.extend(parent for parent in by_id[each].parents if parent in by_id)
    return found


def _versions(entries: Iterable[Entry]) -> list[Version]:
    # What was erased or cannot be read writes nothing: left out, it takes no answer of others with it.
    return [Version(each.id, each.parents, each.fields) for each in entries if each.fields is not None]


def _review(entry: Entry) -> Review:
    """Reads a review as written by any office ever; what is missing or odd reads as nothing said."""
    fields = entry.fields or {}
    covers = fields.get("covers")
    comments = fields.get("comments")
    text = next((said for name in ("text", "question") if isinstance(said := fields.get(name), str) and said.strip()), "")
    return Review(
        entry.id,
        entry.author,
        str(fields.get("decision")),
        tuple(each for each in (covers if isinstance(covers, list) else entry.parents) if isinstance(each, str)),
        text,
        tuple(
            Comment(each["field"], each["text"])
            for each in (comments if isinstance(comments, list) else [])
            if isinstance(each, dict) and isinstance(each.get("field"), str) and isinstance(each.get("text"), str)
        ),
        entry.received_at,
    )
