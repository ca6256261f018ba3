"""Plays the families' steps into an empty office, week by week: phones write without signal and send later, the desk reviews.

Everything passes the doors a real phone and a real supervisor use; only the clock is handed in. Ids of people, casefiles and
records, all words and all times are the same for one seed and date; keys, salts and signatures are new each time, so that
no key of any demo is known beforehand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from fieldapp import intake, people, placing, records, responders, signers, summaries
from fieldapp.demo import loose_ends, rounds, script, sign_ins
from fieldapp.demo.calendar import LAST_WEEK, Calendar
from fieldapp.demo.phone import Phone, enrolment
from fieldapp.demo.script import Casefile, Step
from fieldapp.errors import FieldappError
from fieldapp.keys import Keys, SigningKey
from fieldapp.oversight import Comment
from fieldapp.people import Person
from fieldapp.practice.library import Practice
from fieldapp.responders import Responder
from fieldapp.store import Store
from sync.entry import stamp

SEED = "steady ground"
SERVICE = "Steady Ground"
RESPONDER = Responder(
    "Marian Holt-Vane",
    "ring 01632 960 171, day or evening; if she does not answer, the duty desk on 01632 960 170",
)
"""Who responds to an answer that shows risk; the numbers lie in a range that is kept free for stories."""
FOUNDED = "W-108 mon 09:00"


class NotPlaced(FieldappError):
    """The office did not place what the demo wrote: its files contradict themselves, or the rules have changed."""

    def __init__(self, codes: list[object], at: datetime) -> None:
        super().__init__(f"{codes} at {at}")
        self.codes = codes
        self.at = at


@dataclass(frozen=True, slots=True)
class Played:
    """What a demo is made of."""

    casefiles: int
    entries: int


@dataclass(frozen=True)
class Staff:
    """Somebody of the service."""

    key: str
    name: str
    role: str

    @property
    def email(self) -> str:
        return f"{self.key}@harrowmere.example"

    @property
    def has_phone(self) -> bool:
        return self.role in ("keyworker", "practitioner")


STAFF = (
    Staff("ama", "Ama Lindqvist", "keyworker"),
    Staff("reece", "Reece Oduya", "keyworker"),
    Staff("jos", "Jos Ferrow", "practitioner"),
    Staff("marian", "Marian Holt-Vane", "supervisor"),
    Staff("admin", "Harrowmere office", "administrator"),
)


def founded(today: date) -> datetime:
    """When the demo's office began: some weeks before its first family, whose history is two years long."""
    return Calendar.ending(today).at(FOUNDED)


def play(store: Store, keys: Keys, practice: Practice, *, today: date, seed: str = SEED) -> Played:
    """Fills an office that has its keys and nobody in it. All or nothing."""
    calendar = Calendar.ending(today)
    families = [
        casefile
        for name, told in script.told_families().items()
        for casefile in script.casefiles(told, name, seed=seed, calendar=calendar, practice=practice)
    ]
    steps = [step for casefile in families for step in casefile.steps]
    steps += rounds.sign_offs(families, practice, calendar)
    with store.writing():
        stage = _Stage(store, keys, practice, seed, calendar, {each.id: each for each in families})
        sampling: datetime | None = calendar.at("W12 tue 09:30")
        sampled_until = calendar.at("W11 fri 00:00")
        for step in sorted(steps, key=lambda step: step.at):
            if sampling is not None and step.at >= sampling:
                stage.reads_samples(sampling, sampled_until)
                sampling = None
            stage.perform(step)
        stage.everybody_sends()
        stage.leaves_loose_ends(calendar)
    return Played(len(families), sum(seq for _, seq, _ in store.casefiles.heads()))


@dataclass
class _Carried:
    """A worker's phone, and when it will next have signal."""

    phone: Phone
    sends_at: datetime | None = None
    records: set[str] = field(default_factory=set)


class _Stage:
    """The office, its people and their phones, as far as the play has come."""

    def __init__(
        self, store: Store, keys: Keys, practice: Practice, seed: str, calendar: Calendar, families: dict[str, Casefile]
    ) -> None:
        self._store, self._keys, self._practice, self._seed = store, keys, practice, seed
        self._families = families
        self._ids: dict[tuple[str, str], str] = {}
        self._heads: dict[str, set[str]] = {}
        self._all_in = calendar.at(f"W{LAST_WEEK} fri 22:00")
        began = calendar.at(FOUNDED)
        team = script.person_id(seed, "team")
        store.people.add_team(team, SERVICE)
        self._staff: dict[str, Person] = {}
        self._phones: dict[str, _Carried] = {}
        for each in STAFF:
            added = people.add(
                store, keys, email=each.email, name=each.name, role=each.role, now=began, team=team,
                password=sign_ins.PASSWORD, id=script.person_id(seed, each.key),
            )  # fmt: skip
            self._staff[each.key] = added.person
            if each.has_phone:
                self._phones[each.key] = _Carried(self._new_phone(added.person, began + timedelta(days=1)))
        by = self._staff[script.SUPERVISOR].id
        named = {id.partition("@")[0]: RESPONDER for id, measure in practice.measures.items() if measure.risk_items}
        saw = responders.settled(store).hash
        responders.settle(store, keys, by, named, saw=saw, now=began + timedelta(days=1))

    def perform(self, step: Step) -> None:
        """Does one step, once everything that was to be sent before it has been."""
        self._send_until(step.at)
        if step.kind == "review":
            self._review(step)
        elif step.kind == "opening" and self._families[step.casefile].is_practice:
            self._open_practice(step)
        else:
            self._write(step)

    def reads_samples(self, at: datetime, until: datetime) -> None:
        """The supervisor reads what the office drew at random until then. Nobody can tell beforehand which notes that is."""
        self._send_until(at)
        summaries.refresh(self._store, self._keys, self._practice)
        unsent = {record for carried in self._phones.values() for record in carried.records}
        for casefile in self._families.values():
            if casefile.is_practice:
                continue
            for row in self._store.records.in_casefile(casefile.id):
                is_due = row.why == "sample" and row.standing == "sent" and row.last_received_at < stamp(until)
                if is_due and row.id not in unsent:
                    self._sign(row.id, at, self._heads[row.id], "signed_off", rounds.WORDS["sample"])

    def everybody_sends(self) -> None:
        """The last Friday evening: nothing stays on any phone."""
        self._send_until(datetime.max.replace(tzinfo=UTC))

    def leaves_loose_ends(self, calendar: Calendar) -> None:
        """Not everything is in order anywhere."""
        old = self._new_phone(self._staff["ama"], calendar.at(FOUNDED) + timedelta(days=1))
        people = loose_ends.People(old, self._staff["admin"].id, self._phones["reece"].phone, self._phones["jos"].phone)
        family = next(each.id for each in self._families.values() if each.title == "Tarnley")
        loose_ends.leave(self._store, self._keys, self._practice, calendar, people, family)

    def _new_phone(self, person: Person, at: datetime) -> Phone:
        begun = signers.begin(self._store, person.id, None, at)
        key = SigningKey.new()
        signers.finish(self._store, enrolment(key, person=person.id, device=begun.device, nonce=begun.nonce, at=at), None, at)
        ring = self._keys.ring(self._store)
        ingest = next(jwk for use, jwk in ring.public.values() if use == "ingest")
        return Phone(person.id, begun.device, ingest, key)

    def _write(self, step: Step) -> None:
        carried = self._phones[step.by]
        parents = [self._ids[step.casefile, parent] for parent in step.parents]
        written = carried.phone.write(
            kind=step.kind, schema=step.schema, form=self._practice.form(step.schema), casefile=step.casefile,
            record=step.record, at=step.at, fields=step.fields, mode=step.mode, parents=parents,
        )  # fmt: skip
        self._ids[step.casefile, step.key] = written.id
        self._heads[step.record] = self._heads.get(step.record, set()) - set(parents) | {written.id}
        carried.records.add(step.record)
        if step.kind == "opening":
            # Made at the office, with signal; a colleague may write in it the same hour.
            carried.sends_at = step.at
        elif carried.sends_at is None:
            carried.sends_at = min(self._all_in, step.at + _until_signal(f"{self._seed}/{step.casefile}/{step.key}"))

    def _send_until(self, at: datetime) -> None:
        due = [each for each in self._phones.values() if each.sends_at is not None and each.sends_at <= at]
        for carried in sorted(due, key=lambda each: each.sends_at or at):
            self._send(carried, carried.sends_at or at)

    def _send(self, carried: _Carried, at: datetime) -> None:
        while carried.phone.outbox:
            answer = intake.take(self._store, self._keys, carried.phone.device, carried.phone.frames(), at)
            refused: list[object] = [result.code for result in answer.results if result.status != "stored"]
            if refused:
                raise NotPlaced(refused, at)
            carried.phone.heard(answer)
        self._store.signers.see_device(carried.phone.device, stamp(at), 0, None, "")
        carried.sends_at = None
        carried.records.clear()

    def _review(self, step: Step) -> None:
        for carried in self._phones.values():
            if step.record in carried.records:
                self._send(carried, step.at - timedelta(minutes=1))
        said = step.fields
        self._sign(
            step.record,
            step.at,
            {self._ids[step.casefile, key] for key in step.covers},
            said["decision"],
            "\n\n".join(part for part in (said["text"], said["question"]) if part),
            [Comment(each["field"], each["text"]) for each in said["comments"]],
        )

    def _sign(self, record: str, at: datetime, saw: set[str], decision: str, text: str, comments: Sequence[Comment] = ()) -> None:
        by = self._staff[script.SUPERVISOR]
        records.review(
            self._store, self._keys, self._practice, by, record, saw=saw, decision=decision, text=text, comments=comments, clock=lambda: at
        )  # fmt: skip

    def _open_practice(self, step: Step) -> None:
        """A practice casefile is flagged by the office, so it is the desk that opens it, and then leaves it to its worker."""
        by, at = self._staff[script.SUPERVISOR], stamp(step.at)
        with self._store.writing() as tx:
            via = tx.audit.add(at, by.id, "practice family opened", step.casefile)
            placed = placing.place_office_entry(
                tx, self._keys, author=by.id, via=via, kind=step.kind, schema=step.schema, form=self._practice.form(step.schema),
                casefile=step.casefile, record=step.record, fields=step.fields, at=at, practice=True,
            )  # fmt: skip
            tx.casefiles.end_grants(step.casefile, by.id, stamp(step.at + timedelta(minutes=1)))
        self._ids[step.casefile, step.key] = placed.id


def _until_signal(named: str) -> timedelta:
    """How long a phone waits for signal: mostly minutes, sometimes most of a day."""
    drawn = hashlib.sha256(named.encode()).digest()
    minutes = 2 + drawn[0] % 40
    if drawn[1] < 40:
        minutes = 120 + drawn[0]
    return timedelta(minutes=minutes, seconds=drawn[2] % 60, milliseconds=drawn[3])
