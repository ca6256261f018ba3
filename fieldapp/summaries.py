"""What lists and boards know of each record: folded when somebody looks, never while a phone is pushing.

A summary is derived and may be thrown away: folding again gives the same. Its telling part lies sealed under the key of its
casefile, so that a list shows no more than its casefile does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from fieldapp import emergencies, leaves, radar, records, sheet, sorting
from fieldapp.board import UNSEEN_AFTER_DAYS, Child, Note, Opened, Section, Unsorted, board, lane_of
from fieldapp.keys import CannotOpen, CasefileKey, Keys, new_token
from fieldapp.people import Person
from fieldapp.practice import forms
from fieldapp.practice.due import in_force
from fieldapp.practice.policy import why_sign_off
from fieldapp.records import Casefile, Record
from fieldapp.sheet import Names
from fieldapp.store import Store
from fieldapp.store.casefiles import ON_OWN_PHONE, CasefileRow
from fieldapp.store.entries import AFTER_ACCESS_ENDED
from fieldapp.store.records import RecordRow, RecordState
from fieldapp.store.settings import SAMPLE_SEED
from sync.entry import moment, read_json, stamp, write_json

if TYPE_CHECKING:
    from fieldapp.practice import Practice

Plain = dict[str, Any]

SHAPE = "6"
"""Raised by a release whose summaries hold something else, so that old ones are folded again rather than misread."""

FOLDED_AT_ONCE = 200
"""Records folded before what was found is written, so that a long wait is not begun anew when it is given up."""

LINE = 90
_MAIN_TEXT = ("seen_and_heard", "line", "failed_tried", "agreed_words", "family_words", "purpose", "notes", "text")
_WHEN = ("happened_on", "rated_on", "completed_on", "started_on", "agreed_on", "status_on")
_AT_TIME = ("started_at", "happened_at")
LISTED = ("visit_note", "contact", "incident", "plan", "measure_response", "rating", "goal")
"""Kinds that are notes and records of their own; others are shown as part of the family."""


@dataclass(frozen=True, slots=True)
class Brief:
    """One record in a list. `fields` holds what lists need of its answers, nothing more."""

    row: RecordRow
    line: str
    happened_on: str
    happened_at: str
    hands: frozenset[str]
    fields: Plain


@dataclass(frozen=True, slots=True)
class Family:
    """One casefile in the list of families. `shown_as`: what its keyworkers call it on their phones, where that is something else."""

    casefile: str
    title: str
    shown_as: str
    is_restricted: bool
    is_practice: bool
    readers: tuple[str, ...]
    last_visit_on: str
    to_read: int


def refresh(store: Store, keys: Keys, practice: Practice) -> int:
    """Folds again whatever has had entries since it was last folded; returns how many records that were.

    Opening and folding happen outside the transaction, or every phone would wait while one long record is folded. What has
    had another entry meanwhile is not kept and stays for the next time.
    """
    done = 0
    if store.settings.get("summary_shape") != SHAPE:
        with store.writing() as tx:
            tx.records.make_all_stale()
            tx.settings.put("summary_shape", SHAPE)
    seed = _seed(store)
    while stale := store.records.stale(FOLDED_AT_ONCE):
        casefiles = store.casefiles.several(row.casefile for row in stale)
        found = [_folded(store, keys, practice, casefiles[row.casefile], row, seed) for row in stale]
        with store.writing() as tx:
            settled = sum(tx.records.settle(row.id, row.last_seq, state) for row, state in zip(stale, found, strict=True))
        done += settled
        if settled == 0:
            break
    return done


def board_for(store: Store, keys: Keys, practice: Practice, person: Person, clock: Callable[[], datetime]) -> tuple[Section, ...]:
    """Lays out the board of one person: only casefiles they may read, their teams' phones. Practice families stay out."""
    refresh(store, keys, practice)
    now = clock()
    with store.reading():
        rows = [row for row in records.all_readable(store, person, stamp(now)) if not row.practice]
        staff = store.people.names()
        notes: list[Note] = []
        children: list[Child] = []
        for row in rows:
            title = records.title_of(keys, row)
            found = briefs(store, keys, row)
            first = contact_first_of(found)
            # Until somebody has read it: it stays where it is, also once its words stand in the other.
            beside = {each.row.id for each in _pages_in(found)[1:] if not each.row.reviewed_at}
            notes += [
                replace(
                    _note(each, row, title, practice, staff, person),
                    contact_first=first,
                    is_forked=each.row.is_forked or each.row.id in beside,
                )
                for each in found
                if each.row.kind in practice.policy.sign_off or "late" in each.row.why.split(",")
            ]
            # A private section may repeat the family's children; listed twice they would look like more.
            if row.sort == "main":
                children += [replace(one, contact_first=first) for one in children_of(found, row.id, title, practice, now.date())]
        phones = [radar.on_board(state, staff) for state in radar.phones_of(store, person, now)]
        opened = [
            Opened(one.id, one.title, staff.get(one.person, ""), moment(one.from_at), one.reason)
            for one in emergencies.waiting(store, keys, person, now)
        ]
        return board(notes, children, phones, _unsorted(store, keys, person, now), now, opened)


def families_for(
    store: Store, keys: Keys, practice: Practice, person: Person, clock: Callable[[], datetime]
) -> tuple[Family, ...]:
    """Lists the casefiles somebody may read, by title; nothing tells of the others, not even a count."""
    refresh(store, keys, practice)
    now = stamp(clock())
    with store.reading():
        rows = records.all_readable(store, person, now)
        staff = store.people.names()
        readers: dict[str, set[str]] = {}
        for grant in store.casefiles.readers_of([row.id for row in rows]):
            if grant.why != ON_OWN_PHONE and grant.from_at <= now and (grant.until_at is None or now < grant.until_at):
                readers.setdefault(grant.casefile, set()).add(staff.get(grant.person, ""))
        listed = []
        for row in rows:
            title = records.title_of(keys, row)
            found = briefs(store, keys, row)
            visits = [each.fields.get("on", "") for each in found if each.row.kind == "visit_note" and each.fields.get("met")]
            notes = [
                _note(each, row, title, practice, staff, person) for each in found if each.row.kind in practice.policy.sign_off
            ]
            to_read = sum(1 for note in notes if lane_of(note) in {"safety", "answered", "sign_off", "sample", "later"})
            names = tuple(sorted(readers.get(row.id, set()) - {""}))
            listed.append(
                Family(
                    row.id, title, shown_as(_names_shown(found), title), row.sort == "restricted", row.practice, names,
                    max(visits, default=""), to_read,
                )
            )  # fmt: skip
    return tuple(sorted(listed, key=lambda one: (one.is_practice, one.title.casefold(), one.casefile)))


def briefs(store: Store, keys: Keys, row: CasefileRow, kind: str = "") -> list[Brief]:
    """Reads the summaries of a casefile's records, of one kind alone where it is given, newest first. Its callers have asked for leave."""
    key = keys.casefile(row.id, row.key)
    found = []
    for each in store.records.in_casefile(row.id):
        if kind not in {"", each.kind}:
            continue
        told = _told(key, each)
        on = told.get("on", "")
        found.append(
            Brief(
                each,
                told.get("line", ""),
                on,
                told.get("at", ""),
                frozenset(told.get("hands", [each.author])),
                told.get("fields", {}),
            )
        )
    return found


def called(store: Store, keys: Keys, practice: Practice) -> dict[str, list[str]]:
    """Tells by casefile what phones call the family of each main record. Asks for no leave: for looking a name up, never for a page."""
    refresh(store, keys, practice)
    with store.reading():
        return {row.id: _names_shown(briefs(store, keys, row, "family")) for row in store.casefiles.mains()}


def contact_first_of(found: Iterable[Brief]) -> str:
    """Whom to speak to before any contact with this family; "" where nobody is named."""
    told = [str(each.fields.get("contact_first", "")) for each in _pages_in(found)]
    return " and ".join(dict.fromkeys(each for each in told if each))


def shown_as(names: Iterable[Any], title: str) -> str:
    """What phones call a family, by every version of its record; "" where that is the title it was opened under, which the office goes by."""
    told = [" ".join(each.split()) for each in names if isinstance(each, str)]
    name = " or ".join(dict.fromkeys(each for each in told if each and each.casefold() != title.casefold()))
    return name if len(name) <= LINE else f"{name[: LINE - 1]}…"


def _pages_in(found: Iterable[Brief]) -> list[Brief]:
    """The briefs about the family itself, the one that is gone by first (records.Casefile.pages)."""
    pages = (each for each in found if each.row.kind == "family")
    return sorted(pages, key=lambda one: (not any(one.fields.values()), one.row.id))


def _names_shown(found: Iterable[Brief]) -> list[str]:
    return [name for each in _pages_in(found) for name in each.fields.get("name_shown", [])]


def _told(key: CasefileKey, row: RecordRow) -> Plain:
    """Opens a summary; one that does not open is derived and tells nothing, and is no reason to show no list."""
    if row.summary is None:
        return {}
    try:
        found: Any = read_json(key.open(f"summary|{row.id}", row.summary).decode())
    except CannotOpen:
        return {}
    return found if isinstance(found, dict) else {}


def names_known_to(store: Store, keys: Keys, practice: Practice, person: Person, opened: Casefile, at: str) -> Names:
    """Collects what the ids in a casefile are called: a private section has people whom only their family's record lists."""
    if opened.sort != "restricted":
        return opened.names
    # What came since somebody last looked at a list is in no summary yet.
    refresh(store, keys, practice)
    return records.names_in(opened, practice, opened.names.staff, people_known_to(store, keys, person, at))


def people_known_to(store: Store, keys: Keys, person: Person, at: str) -> dict[str, str]:
    """Names by id from every family record this person may read: a private section knows ids only."""
    former: dict[str, str] = {}
    names: dict[str, str] = {}
    for row in records.all_readable(store, person, at):
        for each in briefs(store, keys, row, "family"):
            former |= each.fields.get("former", {})
            names |= {one["id"]: one["name"] for one in each.fields.get("people", [])}
    return former | names


def children_of(found: Iterable[Brief], casefile: str, title: str, practice: Practice, today: date) -> list[Child]:
    """Lists the children of a casefile's family with the last day each was seen, and seen alone.

    None where the programme says that no visits fall due: work that ended or has not begun leaves nobody unseen. A status
    that the programme does not have, as one from before another programme was chosen, says neither: they stay listed.
    """
    listed = list(found)
    pages = _pages_in(listed)
    named = [name for page in pages for name in page.fields.get("programme", [])]
    if not pages or not _may_visit(practice, named, [status for page in pages for status in page.fields.get("status", [])]):
        return []
    within = min((_within(practice, each, today) for each in named), default=UNSEEN_AFTER_DAYS)
    seen: dict[str, list[date]] = {}
    alone: dict[str, list[date]] = {}
    for each in listed:
        on = _day(each.fields.get("on"))
        if on is None:
            continue
        for child in each.fields.get("children", []):
            if child.get("seen") == "yes":
                seen.setdefault(child["person"], []).append(on)
            if child.get("alone") == "yes":
                alone.setdefault(child["person"], []).append(on)
    since = _day(min((on for page in pages if (on := page.fields.get("since"))), default=""))
    return [
        Child(
            one["name"],
            casefile,
            title,
            max(seen.get(one["id"], []), default=None),
            max(alone.get(one["id"], []), default=None),
            since,
            within,
        )
        for one in _listed_on(pages)
        if one.get("group") == "child"
    ]


def _listed_on(pages: Iterable[Brief]) -> Iterable[Plain]:
    """Who is listed on any page about a family. Two who wrote one each gave the same child two ids: of the others only who is not named yet."""
    named: set[str] = set()
    for page in pages:
        people = [one for one in page.fields.get("people", []) if one["name"].casefold() not in named]
        yield from people
        named |= {one["name"].casefold() for one in people}


def happened(fields: Plain) -> tuple[str, str]:
    """Finds when a record's matter happened: day and time, "" where it does not say."""
    on = next((value for name in _WHEN if isinstance(value := fields.get(name), str) and forms.is_date(value)), "")
    at = next((value for name in _AT_TIME if isinstance(value := fields.get(name), str) and len(value) == 5), "")
    return on, at


def title_of(practice: Practice, schema: str, fields: Plain) -> str:
    """Names a record: a questionnaire by its measure's own title, anything else by its form's; "" where neither is known."""
    definition = practice.definitions.get(schema)
    measure = fields.get("measure")
    if definition is not None and definition.kind == "measure_response" and isinstance(measure, str):
        return practice.measures[measure].title if measure in practice.measures else measure
    return definition.title if definition is not None else ""


def line_of(fields: Plain) -> str:
    """Gives the first words of a record's main text."""
    text = next((value for name in _MAIN_TEXT if isinstance(value := fields.get(name), str) and value.strip()), "")
    text = " ".join(text.split())
    return text if len(text) <= LINE else text[: LINE - 1].rsplit(" ", 1)[0] + "…"


def reasons(
    practice: Practice, record: Record, *, author: str, restricted: bool, notes_before: int, seed: str
) -> tuple[str, ...]:
    """Says why a record comes up: the policy's reason, and a safety answer whatever else holds."""
    definition = practice.definitions.get(record.schema)
    risk = definition is not None and is_risk(practice.plain("records", definition.schema), record.view.fields)
    draw = int.from_bytes(sha256(f"{seed}\n{record.id}".encode()).digest()[:8])
    why = why_sign_off(
        practice.policy, record.kind, risk_answered=risk, restricted=restricted, ending="none" in sheet.every_value(record.view.fields, "next_visit"),
        notes_before=notes_before, draw=draw,
    )  # fmt: skip
    found = ["broken"] if any(each.is_broken for each in record.entries) else []
    found += ["risk"] if risk and practice.policy.always_when_risk_answered else []
    return tuple(dict.fromkeys([*found, *([why] if why is not None else [])]))


def is_risk(definition: Plain, shown: sheet.Shown) -> bool:
    """Says whether a supervisor must see it: whatever one version says of a risk, another beside it does not take back."""
    return any(
        forms.holds(when, {when["field"]: value})
        for when in definition["risk_answers"]
        for value in sheet.every_value(shown, when["field"])
    )


def _folded(store: Store, keys: Keys, practice: Practice, casefile: CasefileRow, row: RecordRow, seed: str) -> RecordState:
    """Folds a record up to the entry its row was read with; later ones belong to a later row."""
    key = keys.casefile(casefile.id, casefile.key)
    rows = [each for each in store.entries.of_record(row.id) if each.seq <= row.last_seq]
    record = records.folded(row.id, [records.opened_entry(each, key) for each in rows])
    before = 0
    if record.kind in practice.policy.new_worker_kinds:
        before = store.records.count_earlier(row.author, practice.policy.new_worker_kinds, row.first_received_at)
    why = reasons(practice, record, author=row.author, restricted=casefile.sort == "restricted", notes_before=before, seed=seed)
    why += ("late",) if any(each.flags == AFTER_ACCESS_ENDED for each in rows) else ()
    fields = record.fields
    on, at = happened(fields)
    told = {
        "line": line_of(fields),
        "on": on,
        "at": at,
        "hands": sorted(record.hands),
        "fields": kept(record),
    }
    seen = record.oversight
    return RecordState(
        standing=seen.state, why=",".join(why), is_forked=record.view.is_forked, later=len(seen.later),
        asked_at=seen.asked_at, reviewed_at=seen.reviewed_at, happened_at=on or None, summary=key.seal(f"summary|{row.id}", write_json(told)),
    )  # fmt: skip


def kept(record: Record) -> Plain:
    """Picks what lists need: who was seen, who belongs to the family, which questionnaire it was.

    Of versions that nobody has chosen between it keeps what leaves least unseen: who was seen in one alone was not seen.
    """
    fields, shown = record.fields, record.view.fields
    if record.kind == "visit_note":
        met = "failed_visit" not in sheet.every_value(shown, "contact_type")
        children = _seen_in(sheet.every_item(shown, "children_seen")) if met else []
        return {"met": met, "on": min(_days(shown, "happened_on"), default=""), "children": children}
    if record.kind == "family":
        since = _days(shown, "started_on")
        told: Plain = {
            name: [each for each in sheet.every_value(shown, name) if isinstance(each, str)]
            for name in ("name_shown", "programme", "status")
        }
        told["contact_first"] = leaves.contact_first(shown)
        people = _people_in(sheet.every_item(shown, "people"))
        listed = {one["id"] for one in people}
        former = {id: name for id, name in records.ever_in(record).items() if id not in listed}
        return {"people": people, "former": former, "since": min(since, default=""), **told}
    if record.kind == "measure_response":
        measure = fields.get("measure")
        return {"measure": measure} if isinstance(measure, str) else {}
    return {}


def _days(shown: sheet.Shown, name: str) -> list[str]:
    return [each for each in sheet.every_value(shown, name) if isinstance(each, str) and forms.is_date(each)]


def _seen_in(items: Iterable[tuple[Any, ...]]) -> list[Plain]:
    """Tells of each child whether every version of the item says that they were seen, and seen alone."""

    def says(versions: tuple[Any, ...], person: str, name: str) -> bool:
        return all(isinstance(one, dict) and one.get("person") == person and one.get(name) == "yes" for one in versions)

    return [
        {
            "person": person,
            "seen": says(versions, person, "seen") and "yes",
            "alone": says(versions, person, "seen_alone") and "yes",
        }
        for versions in items
        for person in dict.fromkeys(one["person"] for one in _objects(list(versions)) if isinstance(one.get("person"), str))
    ]


def _people_in(items: Iterable[tuple[Any, ...]]) -> list[Plain]:
    """Names who is listed; whom one version calls a child is one, whatever another says."""
    found = []
    for versions in items:
        named = [one for one in _objects(list(versions)) if isinstance(one.get("id"), str) and isinstance(one.get("name"), str)]
        groups = [one["group"] for one in named if isinstance(one.get("group"), str)]
        if named:
            group = "child" if "child" in groups else next(iter(groups), "")
            found.append({"id": named[0]["id"], "name": named[0]["name"], "group": group})
    return found


def _may_visit(practice: Practice, programmes: Iterable[str], statuses: Iterable[str]) -> bool:
    """Says whether visits may fall due: no only where every version of where the work stands says that it does not go on."""
    known = [
        {one.id: bool(one.works) for one in practice.programmes[each].statuses} if each in practice.programmes else {}
        for each in programmes
    ]
    return not known or any(one.get(status, True) for one in known for status in (*statuses,) or ("",))


def _within(practice: Practice, programme: object, today: date) -> int:
    """Gives the days in which the programme in force wants a child seen alone: the longest gap it allows."""
    if not isinstance(programme, str) or programme not in practice.programmes:
        return UNSEEN_AFTER_DAYS
    cadence = in_force(practice.plain("programmes", programme)["cadence"], today.isoformat())
    return int((cadence or {}).get("seen_alone_days") or UNSEEN_AFTER_DAYS)


def _objects(value: Any) -> list[Plain]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _note(each: Brief, casefile: CasefileRow, title: str, practice: Practice, staff: Mapping[str, str], person: Person) -> Note:
    row = each.row
    waits = (
        row.asked_at
        if row.standing == "question" and row.asked_at
        else row.last_received_at
        if row.reviewed_at
        else row.first_received_at
    )
    return Note(
        record=row.id, casefile=casefile.id, family=title, kind=row.kind, title=title_of(practice, row.schema, each.fields) or "Record",
        author=staff.get(row.author, "somebody who has left"), happened_on=each.happened_on, received_at=moment(row.last_received_at),
        waits_since=moment(waits), why=tuple(row.why.split(",")) if row.why else (), state=row.standing, later=row.later,
        is_forked=row.is_forked, is_mine=person.id in each.hands, is_practice=casefile.practice, is_restricted=casefile.sort == "restricted",
    )  # fmt: skip


def _unsorted(store: Store, keys: Keys, person: Person, now: datetime) -> Unsorted | None:
    """Counts what waits to be placed and is this person's to know of."""
    found = sorting.waiting(store, keys, person, now)
    return Unsorted(len(found), moment(found[0].received_at)) if found else None


def _seed(store: Store) -> str:
    """Gives the office's secret for drawing samples: without it nobody could say beforehand which note is drawn."""
    seed = store.settings.get(SAMPLE_SEED)
    if seed:
        return seed
    with store.writing() as tx:
        # Two may begin at once; the first one's stands.
        seed = tx.settings.get(SAMPLE_SEED) or new_token()
        tx.settings.put(SAMPLE_SEED, seed)
    return seed


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) and forms.is_date(text) else None
