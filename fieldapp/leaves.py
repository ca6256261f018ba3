"""Who may read a family's record and why, and what a supervisor who answers for it changes about that.

Every change is one transaction with its audit row, whose reason lies sealed under the casefile's own key: who may not read the
casefile learns neither that somebody was named nor why. Whoever may not steer it gets `NotOpen`, as for one that does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from fieldapp import access, people, placing, records, scope
from fieldapp.errors import FieldappError
from fieldapp.keys import CannotOpen, Keys, new_id
from fieldapp.people import Person
from fieldapp.records import NotOpen, title_of
from fieldapp.sheet import Shown, every_value
from fieldapp.store import Store
from fieldapp.store.casefiles import ON_OWN_PHONE, CasefileRow
from sync.entry import read_json, stamp, write_json

if TYPE_CHECKING:
    from fieldapp.practice import Practice

LONGEST_REASON = 1_000
LONGEST_TITLE = 120
LONGEST_CONTACT = 120

Refusal = Literal[
    "nobody_such", "left", "administrator", "auditor_end", "kept_out", "named_already", "not_named", "two_readers", "in_the_past", "ends_first",
    "not_private", "no_team", "same_team", "alone", "yourself", "reader_kept_out", "no_pod", "no_sheet", "stands_out", "held_anyway", "on_phone_already", "not_on_phone",
]  # fmt: skip

OnPhone = Literal["", "no", "put", "held"]
"""Does a phone of whoever looks hold it: nothing can be said, as of a private section that nobody has confirmed · no · they put it there, and can
take it off again · it does, as somebody named, on duty or in a pod."""

_CONTACT_FIRST = re.compile(r"^Speak to ([^\n]+?) before any contact\.\s*")


class CannotChange(FieldappError):
    """The change would break a rule; nothing was done. `why` names the rule."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


class MustHandOver(FieldappError):
    """An account cannot end yet, or its role change: something that always has two readers would be left with fewer.

    It says no more than that, because whoever ends accounts may not know what there is. `supervisors` can name somebody else.
    """

    def __init__(self, supervisors: tuple[str, ...]) -> None:
        super().__init__("must hand over first")
        self.supervisors = supervisors


@dataclass(frozen=True, slots=True)
class Leave:
    """One line of who reads: the person, how, and the time it holds. `until_at` None: until somebody ends it."""

    person: str
    role: str
    way: access.Way
    why: str
    from_at: str
    until_at: str | None
    is_now: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One change that was made, as the audit has it."""

    at: str
    by: str
    what: str
    person: str
    reason: str
    more: str


@dataclass(frozen=True, slots=True)
class Readers:
    """Everything the page about one casefile's readers says."""

    row: CasefileRow
    title: str
    may_steer: bool
    leaves: tuple[Leave, ...]
    kept_out: tuple[str, ...]
    sections: tuple[tuple[str, str], ...]
    family: tuple[str, str] | None
    pods: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    is_unconfirmed: bool
    """A private section of which nobody has said who reads it since the office was put back from a backup."""
    on_phone: OnPhone
    held_by: tuple[access.Way, ...]
    """What has it on a phone of whoever looks, where that is `held`."""
    has_phone: bool


CHANGES = (
    "reader named", "reader ended", "transferred", "family opened", "private section opened", "kept out", "let in again", "shared with a pod",
    "taken from a pod", "put on their own phone", "taken off their own phone", "contact first said", "readers confirmed", "opened in an emergency", "emergency looked at",
)  # fmt: skip
"""What of the audit is about who reads: shown to those who may read the casefile, and to nobody else."""


def who_reads(store: Store, keys: Keys, person: Person, casefile: str, now: datetime) -> Readers:
    """Tells who reads a casefile now or will, how and since when, and what was changed about it; raises NotOpen."""
    at = stamp(now)
    with store.reading():
        row = _by_right(store, person, casefile, at)
        me = scope.reader(store, person.id)
        grants = scope.grants_on(store, [casefile])[casefile]
        about = scope.scope(row)
        # A team's supervisors and auditors and whoever is on duty read without being named: they are asked for by their part in it.
        parts = (
            set(store.people.ever_in(row.team)) | {turn.person for turn in store.rotas.turns_for([row.team], at)}
            if row.team
            else set()
        )
        people = scope.readers(store, {each.person for each in grants} | parts)
        leaves = [
            leave for one in sorted(people) for leave in _leaves_of(store, people[one], about, grants, at) if leave.until_at is None or leave.until_at > at
        ]  # fmt: skip
        family = store.casefiles.family_of(casefile)
        is_unconfirmed = bool(scope.unconfirmed(store, [row]))
        on_phone, held_by = _on_phone(me, about, grants, at)
        return Readers(
            row, title_of(keys, row), me is not None and access.may_steer(me, about, grants, at), tuple(leaves),
            tuple(sorted({each.person for each in grants if each.way == "kept_out" and access.holds(each.from_at, each.until_at, at)})),
            _readable_titles(store, keys, person, store.casefiles.sections_of(casefile), at),
            next(iter(_readable_titles(store, keys, person, [family], at)), None) if family is not None else None,
            tuple((pod.id, pod.name) for pod in store.rotas.pods_with(casefile, at)),
            _steps(store, keys, row), is_unconfirmed, "" if is_unconfirmed else on_phone, held_by,
            any(each.ended_at is None for each in store.signers.of_person(person.id)),
        )  # fmt: skip


def sections_for(store: Store, keys: Keys, person: Person, family: str, now: datetime) -> tuple[tuple[str, str], ...]:
    """The private sections of a family that this person is named on, as (casefile, title). Of the others, not even how many."""
    return _readable_titles(store, keys, person, store.casefiles.sections_of(family), stamp(now))


def name(
    store: Store, keys: Keys, person: Person, casefile: str, reader: str, *, from_at: str, until_at: str | None, reason: str, now: datetime
) -> None:  # fmt: skip
    """Names a reader: assigns a keyworker, lets in a partner agency's practitioner, an auditor until a day. Raises CannotChange."""
    at = stamp(now)
    from_at = max(from_at, at)
    with store.writing() as tx:
        row = _steered(tx, person, casefile, at)
        other = _may_be_named(tx, reader, from_at)
        if until_at is not None and until_at <= from_at:
            raise CannotChange("ends_first")
        if other.role == "auditor" and until_at is None:
            raise CannotChange("auditor_end")
        grants = scope.grants_on(tx, [casefile])[casefile]
        mine = [each for each in grants if each.person == reader]
        if any(each.way == "kept_out" and (each.until_at is None or each.until_at > from_at) for each in mine):
            raise CannotChange("kept_out")
        if any(each.way == "named" and access.holds(each.from_at, each.until_at, from_at) for each in mine):
            raise CannotChange("named_already")
        why = {"practitioner": "practitioner", "auditor": "audit"}.get(other.role, "assigned")
        tx.casefiles.grant(casefile, reader, from_at, why, until_at)
        _write_down(
            tx, keys, row, person, "reader named", at, person=reader, reason=reason, from_at=from_at, until_at=until_at or ""
        )


def end(store: Store, keys: Keys, person: Person, casefile: str, reader: str, *, at_end: str, reason: str, now: datetime) -> None:
    """Ends somebody's leave at a moment that has not gone by. Raises CannotChange, also for one of the last two on a private section."""
    at = stamp(now)
    at_end = max(at_end, at)
    with store.writing() as tx:
        row = _steered(tx, person, casefile, at)
        if not tx.casefiles.end_grants(casefile, reader, at_end):
            raise CannotChange("not_named")
        _keep_two(tx, row, at)
        _write_down(tx, keys, row, person, "reader ended", at, person=reader, reason=reason, until_at=at_end)


def carry(store: Store, keys: Keys, person: Person, casefile: str, *, is_on: bool, now: datetime) -> None:
    """Puts a family of this supervisor's team on their own phone, or takes it off again: they read it at the desk either way. Raises CannotChange.

    It is a mark and no naming: it gives nothing to read or to sign off, is worth nothing without their team, and ends nothing that anybody
    decided. Whoever reads the family sees it, and the audit tells it: what lies on a phone can be lost with it.
    """
    at = stamp(now)
    with store.writing() as tx:
        row = _steered(tx, person, casefile, at)
        found, _ = _on_phone(scope.reader(tx, person.id), scope.scope(row), scope.grants_on(tx, [casefile])[casefile], at)
        if found == "held":
            raise CannotChange("held_anyway")
        if (found == "put") == is_on:
            raise CannotChange("on_phone_already" if is_on else "not_on_phone")
        if is_on:
            tx.casefiles.grant(casefile, person.id, at, ON_OWN_PHONE)
        else:
            tx.casefiles.take_off_phones(at, casefile=casefile, person=person.id)
        _write_down(tx, keys, row, person, "put on their own phone" if is_on else "taken off their own phone", at)


def transfer(
    store: Store, keys: Keys, person: Person, casefile: str, team: str, *, keyworker: str | None, keep: bool, reason: str, now: datetime
) -> None:  # fmt: skip
    """Gives a family to another team, at once. What its former readers' phones still send is placed, and comes up on the new
    team's board; `keep` lets those named so far go on reading. Raises CannotChange."""
    at = stamp(now)
    with store.writing() as tx:
        row = _steered(tx, person, casefile, at)
        if row.sort != "main":
            raise CannotChange("not_private")
        if team not in tx.people.teams():
            raise CannotChange("no_team")
        if team == row.team:
            raise CannotChange("same_team")
        if keyworker is not None:
            _may_be_named(tx, keyworker, at)
            if any(each.person == keyworker and each.until_at is None for each in tx.casefiles.kept_out_of([casefile])):
                raise CannotChange("kept_out")
        if not keep:
            named = {each.person for each in tx.casefiles.readers_of([casefile]) if each.until_at is None or each.until_at > at}
            for reader in named - {keyworker}:
                tx.casefiles.end_grants(casefile, reader, at)
        for pod in tx.rotas.pods_with(casefile, at):
            tx.rotas.take_from_pod(pod.id, casefile, at)
        # Who answered for it in the other team has no more to do with it: nor again, should it ever come back there.
        tx.casefiles.take_off_phones(at, casefile=casefile)
        tx.casefiles.set_team(casefile, team)
        if keyworker is not None:
            tx.casefiles.grant(casefile, keyworker, at, "assigned")
        _write_down(tx, keys, row, person, "transferred", at, person=keyworker or "", reason=reason, team=team)


def open_family(
    store: Store, keys: Keys, practice: Practice, person: Person, team: str, *, title: str, keyworker: str | None, now: datetime
) -> str:  # fmt: skip
    """Opens a family's record in a team that this person answers for, and names its first keyworker. Raises NotOpen and CannotChange.

    The supervisor reads it as one of the team and is not named: whoever goes to another team takes no family along.
    """
    at = stamp(now)
    with store.writing() as tx:
        me = scope.reader(tx, person.id)
        mine = (
            {each.team for each in me.memberships if not each.on_duty and access.holds(each.from_at, each.until_at, at)}
            if me
            else set()
        )
        if me is None or me.role != "supervisor" or team not in mine:
            raise NotOpen(team)
        if keyworker is not None and _may_be_named(tx, keyworker, at).role != "keyworker":
            raise CannotChange("nobody_such")
        casefile, definition = new_id(), practice.newest("opening")
        via = tx.audit.add(at, person.id, "family opened", casefile)
        fields = {"about": "family", "sort": "main", "readers": [keyworker] if keyworker else [], "title": title}
        placing.place_office_entry(
            tx, keys, author=person.id, via=via, kind="opening", schema=definition.schema, form=practice.form(definition.schema),
            casefile=casefile, fields=fields, at=at, team=team,
        )  # fmt: skip
        tx.casefiles.end_grants(casefile, person.id, at)
        return casefile


def open_section(
    store: Store, keys: Keys, practice: Practice, person: Person, family: str, *, title: str, readers: Sequence[str], kept_out: Sequence[str],
    now: datetime,
) -> str:  # fmt: skip
    """Opens a private section of a family, read by this person and `readers`; `kept_out` can never be let in by mistake.

    Two parents' workers are kept apart by two sections, each of which keeps the other's worker out. Raises CannotChange.
    """
    at = stamp(now)
    with store.writing() as tx:
        row = _steered(tx, person, family, at)
        if row.sort != "main":
            raise CannotChange("not_private")
        if set(kept_out) & {person.id, *readers}:
            raise CannotChange("reader_kept_out")
        if len(tx.people.several(kept_out)) < len(set(kept_out)):
            raise CannotChange("nobody_such")
        named = {reader: _may_be_named(tx, reader, at) for reader in dict.fromkeys(readers)}
        me = scope.reader(tx, person.id)
        if any(each.role == "auditor" for each in named.values()):
            raise CannotChange("auditor_end")
        if me is None or not access.may_open(me, "restricted", named.values(), at):
            raise CannotChange("two_readers")
        section = new_id()
        via = tx.audit.add(at, person.id, "private section opened", section)
        definition = practice.newest("opening")
        # Said in the section's own opening, which only its readers are ever given: so a restore that lost the section gets both back.
        fields = {
            "about": row.about, "sort": "restricted", "readers": sorted(named), "title": title, "family": family,
            "kept_out": sorted(set(kept_out)),
        }  # fmt: skip
        placing.place_office_entry(
            tx, keys, author=person.id, via=via, kind="opening", schema=definition.schema, form=practice.form(definition.schema),
            casefile=section, fields=fields, at=at, team=row.team, practice=row.practice,
        )  # fmt: skip
        return section


def confirm(store: Store, keys: Keys, person: Person, casefile: str, now: datetime) -> None:
    """Says that those who stand there, and nobody else, read a private section that a restore brought back. Phones are given it again then.

    Where nothing is to be confirmed any more, it does nothing: two supervisors may have it on screen.
    """
    at = stamp(now)
    with store.writing() as tx:
        row = _steered(tx, person, casefile, at)
        if scope.unconfirmed(tx, [row]):
            _write_down(tx, keys, row, person, "readers confirmed", at)


def to_confirm(store: Store, keys: Keys, person: Person, now: datetime) -> tuple[tuple[str, str], ...]:
    """The private sections of which this person has to say who reads them, as (casefile, title)."""
    at = stamp(now)
    with store.reading():
        rows = {row.id: row for row in records.all_readable(store, person, at)}
        return _readable_titles(store, keys, person, sorted(scope.unconfirmed(store, rows.values())), at)


def keep_out(store: Store, keys: Keys, person: Person, casefile: str, other: str, *, reason: str, now: datetime) -> None:
    """Keeps somebody out, whatever leave they have or get: the other parent's worker, or who knows the family personally."""
    at = stamp(now)
    with store.writing() as tx:
        row = _steered(tx, person, casefile, at)
        if other == person.id:
            raise CannotChange("yourself")
        found = scope.reader(tx, other)
        if found is None:
            raise CannotChange("nobody_such")
        tx.casefiles.keep_out(casefile, other, at)
        _keep_two(tx, row, at)
        if row.sort == "main" and found.role == "supervisor" and len(_who_steer(tx, row, at)) < 2:
            # Nobody keeps a family to themselves by keeping out whoever else would see what they do.
            raise CannotChange("alone")
        _write_down(tx, keys, row, person, "kept out", at, person=other, reason=reason)


def let_in_again(store: Store, keys: Keys, person: Person, casefile: str, other: str, *, reason: str, now: datetime) -> None:
    """Takes back that somebody is kept out. They read again only if some leave lets them."""
    at = stamp(now)
    with store.writing() as tx:
        row = _steered(tx, person, casefile, at)
        if not tx.casefiles.stop_keeping_out(casefile, other, at):
            raise CannotChange("stands_out")
        _write_down(tx, keys, row, person, "let in again", at, person=other, reason=reason)


def share_with_pod(store: Store, keys: Keys, person: Person, casefile: str, pod: str, *, is_shared: bool, now: datetime) -> None:
    """Puts a family on a pod's list, or takes it off. Only a pod of the family's own team."""
    at = stamp(now)
    with store.writing() as tx:
        row = _steered(tx, person, casefile, at)
        found = tx.rotas.pod(pod)
        if found is None or found.team != row.team:
            raise CannotChange("no_pod")
        if row.sort != "main":
            raise CannotChange("not_private")
        tx.rotas.take_from_pod(pod, casefile, at)
        if is_shared:
            tx.rotas.put_in_pod(pod, casefile, at)
        _write_down(tx, keys, row, person, "shared with a pod" if is_shared else "taken from a pod", at, pod=found.name)


def contact_first(family: Shown) -> str:
    """Whom to speak to before any contact, as any version of the family's record says; "" where none names anybody.

    Where versions name different people it names them all: nobody has chosen yet, and whoever is left out may be the one who knows.
    """
    warnings = [each for each in every_value(family, "warning") if isinstance(each, str)]
    return " and ".join(dict.fromkeys(found[1] for each in warnings if (found := _CONTACT_FIRST.match(each)) is not None))


def say_contact_first(
    store: Store, keys: Keys, practice: Practice, person: Person, casefile: str, who: str, now: datetime
) -> None:
    """Writes "Speak to … before any contact" before what the family's record says to read first; "" takes it away.

    It is a version of that record like any other, signed by the desk: so phones show it, also without signal, and who
    changed it stays known. One head is followed as it is, and where there are two, both stay for their writers to choose.
    Other records about the family name nobody any more.
    """
    at = stamp(now)
    with store.writing() as tx:
        row = _steered(tx, person, casefile, at)
        opened = records.opened_casefile(
            tx, keys, practice, row, [each for each in tx.entries.in_casefile(casefile) if each.kind == "family"], at
        )
        family = opened.family
        if family is None or not _readable_heads(family) or row.sort != "main":
            raise CannotChange("no_sheet")
        via = _write_down(tx, keys, row, person, "contact first said", at, record=family.id, contact=who)
        # Of several pages about a family all are read before any contact: whom another names would go on standing there.
        others = [page for page in opened.pages[1:] if contact_first(page.view.fields) and _readable_heads(page)]
        for page, first in ((family, who), *((page, "") for page in others)):
            head = _readable_heads(page)[-1]
            placing.place_office_entry(
                tx, keys, author=person.id, via=via, kind="family", schema=head.schema, form=practice.form(head.schema),
                casefile=casefile, record=page.id, parents=(head.id,), fields=_with_contact_first(head.fields or {}, first), at=at,
            )  # fmt: skip


def _readable_heads(page: records.Record) -> list[records.Entry]:
    return [each for each in page.entries if each.id in page.heads and each.fields is not None]


def _with_contact_first(fields: Mapping[str, Any], who: str) -> dict[str, Any]:
    """These answers with whom to speak to before the rest of the warning, in the place of whom it named; "" names nobody."""
    said = fields.get("warning")
    rest = _CONTACT_FIRST.sub("", said) if isinstance(said, str) else ""
    warning = " ".join(part for part in (f"Speak to {who} before any contact." if who else "", rest) if part)
    others = {name: value for name, value in fields.items() if name != "warning"}
    # As a phone that empties it: an empty warning beside one that was taken out would be two versions of nothing.
    return {**others, "warning": warning} if warning else others


def require_handed_over(tx: Store, person: str, at: str, role: str | None = None) -> None:
    """Asked inside the transaction that ends an account at `at`, or gives it `role`: raises MustHandOver while a private section
    needs them as they are. Whom it names can name somebody else, which may be this person, and nobody else.
    """
    sections = scope.left_without(tx, person, at, role)
    if not sections:
        return
    steer = {one for row in tx.casefiles.several(sections).values() for one in _who_steer(tx, row, at)}
    names = tx.people.names()
    raise MustHandOver(tuple(sorted(names.get(one, "") for one in steer)))


def candidates(store: Store, roles: Iterable[str], now: datetime) -> list[tuple[str, str, str]]:
    """Everybody of these roles whose account is open and set up: (id, name, role), by name."""
    wanted = set(roles)
    return [
        (row.id, row.name, row.role)
        for row in store.people.all()
        if row.role in wanted and people.is_open(row, now) and people.is_set_up(row)
    ]


def _by_right(store: Store, person: Person, casefile: str, at: str) -> CasefileRow:
    row = scope.row_if(store, person.id, casefile, at, access.may_read)
    if row is None:
        raise NotOpen(casefile)
    return row


def _steered(tx: Store, person: Person, casefile: str, at: str) -> CasefileRow:
    row = scope.row_if(tx, person.id, casefile, at, access.may_steer)
    if row is None:
        raise NotOpen(casefile)
    return row


def _may_be_named(tx: Store, reader: str, at: str) -> access.Reader:
    found = scope.reader(tx, reader)
    if found is None:
        raise CannotChange("nobody_such")
    row = tx.people.by_id(reader)
    # Whoever has not set up their account reads nothing yet, so they are no reader that a private section could rest on.
    if not access.is_active(found, at) or row is None or not people.is_set_up(row):
        raise CannotChange("left")
    if found.role not in access.READS_WHEN_NAMED:
        raise CannotChange("administrator")
    return found


def _keep_two(tx: Store, row: CasefileRow, at: str) -> None:
    grants = scope.grants_on(tx, [row.id])[row.id]
    if not access.keeps_two_readers(scope.scope(row), scope.people_on(tx, grants), grants, at):
        raise CannotChange("two_readers")


def _who_steer(tx: Store, row: CasefileRow, at: str) -> list[str]:
    grants = scope.grants_on(tx, [row.id])[row.id]
    near = {each.person for each in grants} | set(tx.people.members_of([row.team], at) if row.team else ())
    return [id for id, one in scope.readers(tx, near).items() if access.may_steer(one, scope.scope(row), grants, at)]


def _on_phone(
    me: access.Reader | None, about: access.Scope, grants: Sequence[access.Grant], at: str
) -> tuple[OnPhone, tuple[access.Way, ...]]:
    if me is None or not access.may_carry(me, about, grants, at):
        return "no", ()
    # What somebody decided, this person among them, ends where that was decided: a button about a phone neither ends it nor does without.
    held_by = access.ways(me, about, grants, at) & access.WORKS_WITH
    return ("held", tuple(sorted(held_by))) if held_by else ("put", ())


def _leaves_of(store: Store, person: access.Reader, about: access.Scope, grants: list[access.Grant], at: str) -> list[Leave]:
    """This person's lines: each leave that lets them in now, and each that will."""
    now = access.ways(person, about, grants, at)
    if any(
        each.person == person.id and each.way == "kept_out" and access.holds(each.from_at, each.until_at, at) for each in grants
    ):
        return []
    whys = {(row.person, row.from_at): row.why for row in store.casefiles.readers_of([about.id])}
    found: list[Leave] = []

    def add(way: access.Way, why: str, from_at: str, until_at: str | None) -> None:
        is_now = access.holds(from_at, until_at, at)
        later = max(from_at, at)
        if (way in now) if is_now else way in access.ways(person, about, grants, later):
            found.append(Leave(person.id, person.role, way, why, from_at, until_at, is_now))

    for each in grants:
        if each.person == person.id and each.way != "kept_out" and (each.until_at is None or each.until_at > at):
            add(each.way, whys.get((each.person, each.from_at), "") if each.way == "named" else "", each.from_at, each.until_at)
    for part in person.memberships:
        if part.team == about.team and (part.until_at is None or part.until_at > at):
            add("duty" if part.on_duty else "audit" if person.role == "auditor" else "team", "", part.from_at, part.until_at)
    return found


def _readable_titles(store: Store, keys: Keys, person: Person, casefiles: Iterable[str], at: str) -> tuple[tuple[str, str], ...]:
    me = scope.reader(store, person.id)
    wanted = list(casefiles)
    grants = scope.grants_on(store, wanted)
    if me is None:
        return ()
    rows = [row for row in store.casefiles.several(wanted).values() if access.may_read(me, scope.scope(row), grants[row.id], at)]
    found = [(row.id, title_of(keys, row)) for row in scope.not_held(store, me, rows)]
    return tuple(sorted(found, key=lambda one: (one[1].casefold(), one[0])))


def _write_down(tx: Store, keys: Keys, row: CasefileRow, by: Person, what: str, at: str, *, record: str = "", **told: str) -> str:
    detail = keys.casefile(row.id, row.key).seal("leave", write_json(told))
    return tx.audit.add(at, by.id, what, row.id, record, detail)


def _steps(store: Store, keys: Keys, row: CasefileRow) -> tuple[Step, ...]:
    """What was changed about who reads, newest first. A detail that does not open tells nothing and hides no step."""
    found = []
    key = keys.casefile(row.id, row.key)
    for each in store.audit.all(row.id):
        if each.what not in CHANGES:
            continue
        told: Any = {}
        if each.detail is not None:
            try:
                told = read_json(key.open("leave", each.detail).decode())
            except CannotOpen:
                told = {}
        more = next((str(told[name]) for name in ("pod", "contact", "team") if isinstance(told.get(name), str)), "")
        found.append(Step(each.at, each.person, each.what, str(told.get("person", "")), str(told.get("reason", "")), more))
    return tuple(reversed(found))
