"""What phones, desks and operators do. A deed is made ready where nothing else moves, done on any thread, and heard out afterwards.

make ready:  what is written, which form was on screen      (nobody else acts)
do:          one request, or one command                    (others may act at the same moment)
hear:        what the answer makes of the phone, and facts that hold in whatever order the office took them
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from werkzeug.test import TestResponse

from fieldapp import burning, leaves
from fieldapp.keys import SigningKey, new_id
from fieldapp.records import NotOpen
from sync import entry, wire
from tests.app.phone import Sent
from tests.machine.oracle import id_of, sha
from tests.machine.town import SEEN, Copy, Phone, Town

T = TypeVar("T")
_ID = re.compile(r"[\w-]{22,43}")
READERS = ("ama", "reece", "pat", "marian", "jos", "noor")


class Dice:
    """Choices out of drawn bytes, so that a failing run shrinks to the smallest ones and can be told again."""

    def __init__(self, faces: bytes) -> None:
        self._faces = faces or b"\0"
        self._at = 0

    def roll(self, sides: int) -> int:
        face = self._faces[self._at % len(self._faces)] + 31 * (self._at // len(self._faces))
        self._at += 1
        return face % sides

    def pick(self, several: Sequence[T]) -> T:
        return several[self.roll(len(several))]

    def some(self, several: Sequence[T], most: int) -> list[T]:
        """Up to `most` of them, at least one where there is one, in any order and some twice."""
        return [self.pick(several) for _ in range(1 + self.roll(most))] if several else []


@dataclass(frozen=True)
class Deed:
    """`do` returns what `hear` is given; it must not touch what other deeds of the same moment touch."""

    do: Callable[[], Any]
    hear: Callable[[Any], None]


Ready = Callable[[Town, Dice], "Deed | None"]


def fine(answer: TestResponse, *statuses: int) -> TestResponse:
    SEEN[f"{_ID.sub('…', answer.request.path)} {answer.status_code}"] += 1
    assert answer.status_code < 500, f"{answer.request.path}: {answer.status_code} {answer.text[:300]}"
    assert not statuses or answer.status_code in statuses, f"{answer.request.path}: {answer.status_code} {answer.text[:300]}"
    return answer


# Writing


def write(town: Town, dice: Dice) -> None:
    """Somebody saves up to four things on a phone; nothing is sent yet."""
    phone = dice.pick(town.phones)
    for _ in range(1 + dice.roll(4)):
        town.note(phone, _written(town, phone, dice))
        town.clock.pass_by(seconds=1)


def _written(town: Town, phone: Phone, dice: Dice) -> Sent:
    what = dice.roll(16)
    readers = [town.place.id(dice.pick(READERS)) for _ in range(dice.roll(4))]
    if what == 0 or not town.casefiles:
        return phone.opening(readers=readers)
    if what == 1:
        return phone.opening(sort="restricted", readers=readers)
    casefile = dice.pick(town.casefiles)
    words = f"{phone.who} wrote {secrets.token_hex(4)}"
    if what == 2:
        # A casefile whose opening nobody has sent, or ever will.
        return phone.write(new_id(), {"purpose": words})
    near = [sent for other in town.phones for sent in other.written if sent.casefile == casefile]
    if what < 8 and near:
        before = dice.pick(near)
        known = sorted({sent.id for sent in near if sent.record == before.record})
        parents = [each for each in known if dice.roll(2)] + [sha(words)] * (dice.roll(4) == 0)
        kind = json.loads(before.header)["kind"]
        fields = json.loads(before.body)["fields"] if kind == "opening" else {"purpose": words}
        strays = dice.roll(8) == 0
        where = dice.pick(town.casefiles) if strays else casefile
        return phone.write(where, fields, kind=kind, record=before.record, parents=sorted(parents))
    if what == 8:
        return phone.write(casefile, {"decision": "signed_off", "covers": [], "comments": [], "text": words}, kind="review")
    if what == 9:
        return phone.write(casefile, {}, body=b'{"salt":"x","fields":{"a":1,"a":1.5}}')
    if what == 10:
        # The first opening of a casefile that has one, or of one that others write to already.
        return phone.opening(casefile=casefile, readers=readers)
    return phone.write(casefile, {"purpose": words})


def begin(town: Town) -> None:
    """A first morning: two families, one with a private section, and a note in each."""
    ama, reece, marian = (phone for phone in town.phones)
    for phone, sort, readers in ((ama, "main", [reece, marian]), (reece, "main", []), (marian, "restricted", [ama])):
        opening = town.note(phone, phone.opening(sort=sort, readers=[each.person for each in readers]))
        town.note(phone, phone.write(opening.casefile, {"purpose": f"{phone.who} began"}))
        pushed = push(town, phone, [sent.envelope for sent in phone.waiting])
        pushed.hear(pushed.do())
    # Something is sorted from the first day on: bytes nobody can read, and a note from somebody who never had a say.
    stray = town.note(reece, reece.write(marian.written[0].casefile, {"purpose": "Not reece's to write"}))
    for carrier, envelope in ((ama, b"\x01" + b"j" * 300), (reece, stray.envelope)):
        pushed = push(town, carrier, [envelope])
        pushed.hear(pushed.do())
    town.copies.append(town.copy_by_hand())


# Sending


def send(town: Town, dice: Dice) -> Deed | None:
    """A push of what waits, of what was sent long ago, in any order and twice; carried by the writer's phone or another's."""
    carrier = dice.pick(town.phones)
    writer = carrier if dice.roll(4) else dice.pick(town.phones)
    chosen = dice.some(writer.waiting, 6) + (dice.some(writer.written, 2) if dice.roll(3) == 0 else [])
    if not chosen:
        return None
    if dice.roll(4) == 0:
        chosen = [town.seal_again(carrier, sent) for sent in chosen]
    return push(town, carrier, [sent.envelope for sent in chosen])


def send_junk(town: Town, dice: Dice) -> Deed | None:
    """Envelopes nobody can believe, some of them under the id of what a colleague saved and has not sent yet."""
    carrier, colleague = dice.pick(town.phones), dice.pick(town.phones)
    return push(town, carrier, [_junk(town, carrier, colleague, dice) for _ in range(1 + dice.roll(3))])


def _junk(town: Town, carrier: Phone, colleague: Phone, dice: Dice) -> bytes:
    what = dice.roll(8)
    if what == 0 or not colleague.written:
        return secrets.token_bytes(1 + dice.roll(200))
    casefile = dice.pick(colleague.written).casefile
    if what == 1 and carrier.person != colleague.person:
        # In the colleague's name, by a key and under a number that are the carrier's own.
        forged = carrier.write(casefile, {"purpose": "forged"}, author=colleague.person, device=colleague.device)
        return forged.envelope
    sent = town.note(colleague, colleague.write(casefile, {"purpose": f"{colleague.who} saved {secrets.token_hex(4)}"}))
    if what == 2:
        return sent.envelope[:-1] + bytes([sent.envelope[-1] ^ 1])
    if what == 3:
        again = carrier.seal(sent.header, sent.body, sent.slip)
        if again.id == sent.id:
            # No junk at all: the same key signed the same words twice.
            town.told.signed[sent.id].add(again.jws)
            town.told.sealed[sent.id].add(sha(again.envelope))
        return again.envelope
    if what == 4:
        return carrier.seal(sent.header, sent.body, sent.slip, key=SigningKey.new()).envelope
    if what == 5:
        return carrier.seal(sent.header, sent.body + b" ", sent.slip, key=colleague.key).envelope
    # The colleague's very words and so their very id, signed by nobody.
    return _signed_by_nobody(carrier, sent)


def _signed_by_nobody(carrier: Phone, sent: Sent) -> bytes:
    packet = wire.read_packet(sent.packet)
    return carrier.seal_packet(wire.lay_packet(packet._replace(signature=secrets.token_bytes(64))))


def push(town: Town, carrier: Phone, envelopes: list[bytes]) -> Deed:
    line = carrier.line()

    def hear(answer: TestResponse) -> None:
        fine(answer, 200, 401)
        if answer.status_code == 401:
            assert answer.get_json()["error"] == "device"
            come_back(town, carrier)
            return
        results = town.hear_results(carrier, envelopes, answer)
        # What the office has no key for is kept there, and sealed anew by the phone that has the words.
        taken = {each["hash"] for each in results if each["status"] != "retry" and each.get("code") != "unknown_key"}
        for phone in town.phones:
            phone.waiting = [sent for sent in phone.waiting if sha(sent.envelope) not in taken]

    return Deed(lambda: line.push_bytes(wire.lay_frames(envelopes)), hear)


def come_back(town: Town, phone: Phone) -> None:
    """A phone whose device token is not known any more: a new one on its proof, or a set-up anew."""
    answer = fine(phone.proved("/devices/renew", {"v": 1}))
    if answer.status_code != 200:
        town.set_up_again(phone)


# Reading


def pull(town: Town, dice: Dice) -> Deed | None:
    """A phone fetches from where it stands; while others act it is given no more than it might read before or after."""
    phone = dice.pick(town.phones)
    line, cursors = phone.line(), dict(phone.cursors)
    before = town.oracle()
    allowed = before.entries_of(before.served_to(phone.person, town.at))

    def hear(answer: TestResponse) -> None:
        fine(answer, 200, 401)
        if answer.status_code == 401:
            _refused(town, phone, answer)
            return
        found = answer.get_json()
        after = town.oracle()
        given = {id_of(one["jws"]) for casefile in found["casefiles"] for one in casefile["entries"]}
        assert given <= allowed | after.entries_of(after.served_to(phone.person, town.at)), (
            "somebody was given what is not theirs"
        )
        town.greet(phone)
        # An answer continues what was asked with, also where another came in meanwhile.
        phone.cursors = dict(cursors)
        phone.take(found)
        for each in found["removed"]:
            if not found["confirm"]:
                phone.cursors.pop(each["casefile"], None)
                phone.gone.append(each["casefile"])

    return Deed(lambda: line.proved("/pull", {"v": 1, "cursors": cursors}), hear)


def _refused(town: Town, phone: Phone, answer: TestResponse) -> None:
    oracle = town.oracle()
    signer = oracle.signers.get(phone.key.kid)
    error = answer.get_json()["error"]
    if signer is None or oracle.device_of(phone.token()) not in (None, phone.device):
        town.set_up_again(phone)
    elif error == "device" and oracle.devices.get(phone.device) == "ok":
        come_back(town, phone)
    else:
        # Fetching ends for a phone that is lost, ended or cloned, and for a signer that another replaced.
        assert oracle.devices.get(phone.device) != "ok" or signer["ended_at"] is not None, f"reading refused: {error}"


def greet(town: Town, dice: Dice) -> Deed | None:
    """A greeting, with what the phone dropped since the last one."""
    phone = dice.pick(town.phones)
    line = phone.line()
    said = {"removals_done": list(phone.gone), "digest": sha(""), **town.greeting(phone)}

    def hear(answer: TestResponse) -> None:
        fine(answer, 200, 401)
        if answer.status_code == 401:
            _refused(town, phone, answer)
            return
        town.hear_greeting(phone, said, answer)
        phone.gone.clear()

    return Deed(lambda: line.proved("/hello", said), hear)


def ask(town: Town, dice: Dice) -> Deed | None:
    """A phone asks what the office has of it; what is missing waits again."""
    phone = dice.pick(town.phones)
    line = phone.line()
    ids = [sent.id for other in town.phones for sent in other.written][:2000]

    def hear(answer: TestResponse) -> None:
        fine(answer, 200, 401)
        if answer.status_code == 401:
            come_back(town, phone)
            return
        offer_again(town, phone, answer.get_json())

    return Deed(lambda: line.post("/have", {"v": 1, "ids": ids}), hear)


def offer_again(town: Town, phone: Phone, found: dict[str, Any]) -> None:
    for each in found["receipts"]:
        said = town.check_receipt(phone, each["receipt"])
        assert (said["status"], said["id"]) == ("stored", each["id"])
        town.hear_receipt(said)
    missing = set(found["missing"])
    known = {sent.id for sent in phone.waiting}
    phone.waiting += [town.seal_again(phone, sent) for sent in phone.written if sent.id in missing - known]


# Access


def name_reader(town: Town, dice: Dice) -> Deed | None:
    """Somebody is named on a casefile, or named again."""
    return _on_a_casefile(town, dice, lambda tx, casefile, person, at: tx.casefiles.grant(casefile, person, at))


def end_reading(town: Town, dice: Dice) -> Deed | None:
    """Somebody is taken off a casefile."""
    return _on_a_casefile(town, dice, lambda tx, casefile, person, at: tx.casefiles.end_grants(casefile, person, at))


def transfer(town: Town, dice: Dice) -> Deed | None:
    """A casefile goes to another team and to another worker of it."""
    team = dice.pick(("other", "family-support"))
    former = town.place.id(dice.pick(READERS))

    def go(tx: Any, casefile: str, person: str, at: str) -> None:
        tx.casefiles.end_grants(casefile, former, at)
        tx.casefiles.grant(casefile, person, at)
        tx.casefiles.set_team(casefile, team)

    return _on_a_casefile(town, dice, go)


def put_on_phone(town: Town, dice: Dice) -> Deed | None:
    """A supervisor puts a family on their own phone, or takes it off, where the office lets them."""
    if not town.casefiles:
        return None
    casefile, who, is_on = dice.pick(town.casefiles), dice.pick(("marian", "jos", "noor")), dice.roll(3) > 0

    def do() -> None:
        with suppress(leaves.CannotChange, NotOpen):
            leaves.carry(
                town.office.store, town.office.keys, town.place.people[who], casefile, is_on=is_on, now=town.place.clock()
            )

    return Deed(do, lambda _: None)


def _on_a_casefile(town: Town, dice: Dice, go: Callable[[Any, str, str, str], object]) -> Deed | None:
    if not town.casefiles:
        return None
    casefile, person, at = dice.pick(town.casefiles), town.place.id(dice.pick(READERS)), town.at

    def do() -> None:
        with town.office.store.writing() as tx:
            if tx.casefiles.get(casefile) is not None:
                go(tx, casefile, person, at)

    return Deed(do, lambda _: None)


def leave(town: Town, dice: Dice) -> Deed | None:
    """Pat's account ends, or is opened again."""
    ended_at = town.at if dice.roll(2) == 0 else None

    def do() -> None:
        with town.office.store.writing() as tx:
            tx.people._run("UPDATE people SET ended_at = ? WHERE id = ?", ended_at, town.place.id("pat"))

    return Deed(do, lambda _: None)


# Phones


def set_up(town: Town, dice: Dice) -> Deed | None:
    """Another phone, another person on the same phone, or the same person whose unlock words were forgotten."""
    what = dice.roll(3)
    if what == 2:
        phone = dice.pick(town.phones)
        if not phone.is_copy:
            town.set_up_again(phone)
        return None
    who = dice.pick(("ama", "reece", "marian", "jos", "noor"))
    if len(town.phones) < 8:
        town.phones.append(town.new_phone(who, beside=dice.pick(town.phones) if what else None))
    return None


def copy_phone(town: Town, dice: Dice) -> Deed | None:
    """A phone put back from its maker's own backup, or copied by a thief: two that count on from one number."""
    phone = dice.pick(town.phones)
    if len(town.phones) < 8:
        twin = phone.line()
        assert isinstance(twin, Phone)
        twin = replace(twin, cursors=dict(phone.cursors), entries=dict(phone.entries))
        town.phones.append(replace(twin, written=[], waiting=[], gone=[], is_copy=True))
    return None


def tell_of_phone(town: Town, dice: Dice) -> Deed | None:
    """The administrator, or a supervisor, says what a phone is from now on."""
    phone, status = dice.pick(town.phones), dice.pick(("ok", "lost", "ended", "ok"))
    browser = town.desk(dice.pick(("admin", "marian")))
    page = f"/desk/phones/{phone.device}"
    client = browser.client
    form = town.form(browser, page, status=status) | {"text-why": "Rang them."}
    return Deed(lambda: client.post(f"{page}/status", data=form), lambda answer: seen_answer(answer, 303, 400, 404, 409))


def seen_answer(answer: TestResponse, *statuses: int) -> None:
    fine(answer, *statuses)
    if answer.location:
        SEEN[f"desk {answer.location.partition('?')[2]}"] += 1


# The desk


def sort(town: Town, dice: Dice) -> Deed | None:
    """Somebody at the desk places what waits, puts it away, or puts it back."""
    who = dice.pick(("marian", "admin", "jos", "noor"))
    what = dice.pick(("put_away", "place", "back", "place"))
    kept = sorted(town.oracle().quarantine.values(), key=lambda row: (str(row["received_at"]), str(row["reason"])))
    # Once in a while somebody decides about what is decided already.
    rows = kept if dice.roll(6) == 5 else [row for row in kept if (row["discarded_at"] is not None) == (what == "back")]
    rows = [row for row in rows if row["placed_at"] is None]
    if not rows:
        return None
    row = dice.pick(rows)
    browser = town.desk(who)
    page = f"/desk/sorting/{row['hash']}"
    shown = browser.get(page)
    fine(shown, 200, 303, 404)
    form = town.form(browser, page, decision=what) | {"text-why": "Rang them; it is theirs."}
    if what == "put_away":
        town.told.put_away.setdefault(row["hash"], set()).add(town.place.id(who))
    to = f"{page}/back" if what == "back" else page
    client = browser.client
    return Deed(lambda: client.post(to, data=form), lambda answer: seen_answer(answer, 303, 400, 404, 409))


def review(town: Town, dice: Dice) -> Deed | None:
    """A supervisor reads any record and says something about it; whoever may not read it finds nothing there."""
    records = sorted({row["record"] for row in town.oracle().entries.values() if row["kind"] != "opening"})
    if not records:
        return None
    record, who = dice.pick(records), dice.pick(("marian", "jos", "noor"))
    browser = town.desk(who)
    oracle = town.oracle()
    casefile = next(row["casefile"] for row in oracle.entries.values() if row["record"] == record)
    may = casefile in oracle.readable(town.place.id(who), town.at)
    page = browser.get(f"/desk/records/{record}")
    fine(page, 200 if may else 404)
    return Deed(lambda: browser.review(record, "noted", "Read."), lambda answer: seen_answer(answer, 303, 400, 404, 409))


# Operators


def new_office_key(town: Town, dice: Dice) -> Deed | None:
    """The office gets another key to seal to, to sign receipts with or to speak for the desk, or burns a former one that costs nothing to burn."""
    use: Any = dice.pick(("ingest", "receipt", "desk"))
    former = [kid for kid, row in town.oracle().office_keys.items() if row["use"] == use]
    kid, at, burns = former[0], town.at, dice.roll(3) == 0

    def do() -> None:
        store = town.office.store
        if burns:
            with suppress(burning.CannotBurn, burning.BurningCosts):
                burning.burn(store, town.keys, kid, town.clock())
        else:
            town.keys.renew_key(store, use, at)
        assert town.office.epoch_file is not None
        town.office.epoch_file.note(store)

    return Deed(do, lambda _: None)


def back_up(town: Town, dice: Dice) -> Deed | None:
    """A backup while everybody goes on."""

    def hear(copy: Copy | None) -> None:
        if copy is not None:
            town.copies.append(copy)

    return Deed(town.back_up, hear)


def put_back(town: Town, dice: Dice) -> None:
    """Puts a backup back, or a file somebody copied by hand: phones hear of a higher epoch when anything they were told is gone."""
    if dice.roll(4) == 0:
        town.copies.append(town.copy_by_hand())
    copy = town.copies[-1] if dice.roll(2) == 0 else dice.pick(town.copies)
    before = town.oracle()
    town.put_back(copy)
    after = town.oracle()
    lost = [id for id in before.entries if id not in after.entries]
    lost_aside = [hash for hash in before.quarantine if hash not in after.quarantine]
    if not copy.by_hand or lost or lost_aside:
        assert after.epoch > before.epoch, f"{len(lost)} entries and {len(lost_aside)} kept aside are gone, in the same epoch"
    too_early = [id for id in lost if copy.durable_through and before.entries[id]["received_at"] <= copy.durable_through]
    assert too_early == [], "phones were told that these could be let go of"


def start_again(town: Town, dice: Dice) -> None:
    """The office's machine starts anew."""
    town.stop()
    town.start()


def time_passes(town: Town, dice: Dice) -> None:
    minutes = dice.pick((0, 1, 5, 59, 24 * 60, 8 * 24 * 60))
    town.clock.pass_by(minutes=minutes)


def read_anew(town: Town, who: str) -> dict[str, Any]:
    """All that somebody may read, to a phone that holds nothing."""
    witness = town.witnesses[who]
    witness.cursors, witness.entries = {}, {}
    answer = fine(witness.proved("/pull", {"v": 1, "cursors": {}}))
    if answer.status_code == 401:
        come_back(town, witness)
        answer = fine(witness.proved("/pull", {"v": 1, "cursors": {}}))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    witness.nonce = found["nonce"]
    assert not found["more"], "the machine writes less than a mebibyte"
    keys = {head_kid(each["jws"]): jwk_of(each["jws"]) for each in found["enrolments"]}
    keys |= {kid: json.loads(row["jwk"]) for kid, row in town.oracle().office_keys.items() if row["use"] == "desk"}
    for casefile in found["casefiles"]:
        for one in casefile["entries"]:
            town.served[id_of(one["jws"])] = one["jws"]
            assert town.notary.holds(one["jws"], "fieldapp-entry", keys[head_kid(one["jws"])]), "an entry that does not verify"
    return found


def head_kid(jws: str) -> str:
    return entry.split_jws(jws, json.loads(entry.unb64u(jws.split(".", 1)[0]))["typ"]).kid


def jwk_of(enrolment: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(entry.unb64u(enrolment.split(".")[1]))["jwk"]
    return found
