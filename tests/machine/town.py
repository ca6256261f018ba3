"""A town with one office that really starts and stops on a disk, the people in it, and their phones."""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from fieldapp import backups, config, create_app, found_office
from fieldapp.epoch import EpochFile
from fieldapp.keys import Keys, SigningKey, verify_jws
from fieldapp.web.office import Office
from sync import entry
from tests.app.harrowmere import Browser, Clock, Harrowmere
from tests.app.phone import Handset, Sent
from tests.machine.oracle import Notary, Oracle, Told, head_of, payload_of, sha

PEOPLE = (
    ("ama", "keyworker", "family-support"),
    ("reece", "keyworker", "family-support"),
    ("pat", "keyworker", "family-support"),
    ("marian", "supervisor", "family-support"),
    ("jos", "supervisor", "family-support"),
    ("noor", "supervisor", "other"),
    ("admin", "administrator", None),
)
WITNESSES = ("ama", "reece", "pat", "marian", "jos", "noor")
FIRST_PHONES = ("ama", "reece", "marian")


@dataclass
class Phone(Handset):
    """A phone that keeps what it wrote for as long as it lives, and talks to whatever office stands there just now."""

    written: list[Sent] = field(default_factory=list)
    waiting: list[Sent] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Casefiles it was told to drop and has not said so yet."""
    is_copy: bool = False

    def token(self) -> str:
        """The device token its browser holds. Whoever shares the browser may have set up another device on it since."""
        cookie = self.client.get_cookie("fieldapp-device")
        return "" if cookie is None else cookie.value

    def line(self) -> Handset:
        """The same phone for one request on a thread of its own: answers are taken in later."""
        client = self.place.app.test_client()
        cookie = self.client.get_cookie("fieldapp-device")
        if cookie is not None:
            client.set_cookie("fieldapp-device", cookie.value)
        return replace(self, client=client)


@dataclass
class Copy:
    """A copy of the office as it stood: a backup, or the file somebody copied by hand."""

    path: Path
    by_hand: bool
    durable_through: str


SEEN: Counter[str] = Counter()
"""What all towns of this process came to: a machine that only ever meets one answer proves little."""


class Town:
    """One office from its founding on. Whatever is done to it leaves word in `told`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fieldapp-machine-")
        self.folder = Path(self._folder.name)
        self.clock = Clock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
        config.make_key(self.folder / "office.key")
        self.settings = config.read(
            {
                "FIELDAPP_KEY_FILE": str(self.folder / "office.key"),
                "FIELDAPP_DATABASE": str(self.folder / "office.db"),
                "FIELDAPP_ORIGIN": "http://localhost",
            }
        )
        found_office(self.settings, self.clock)
        self.told = Told()
        self.notary = Notary()
        self.place = Harrowmere(None, None, self.clock)  # type: ignore[arg-type]  # there is none before it starts
        self.phones: list[Phone] = []
        self.witnesses: dict[str, Phone] = {}
        self.browsers: dict[str, Browser] = {}
        self.served: dict[str, str] = {}
        self.copies: list[Copy] = []
        self.casefiles: list[str] = []
        self.start()
        with self.office.store.writing() as tx:
            tx.people.add_team("family-support", "Family support")
            tx.people.add_team("other", "Another team")
        for who, role, team in PEOPLE:
            self.place.add(who, role, team)
        for who in WITNESSES:
            self.witnesses[who] = self.new_phone(who)
        for who in FIRST_PHONES:
            self.phones.append(self.new_phone(who))

    @property
    def office(self) -> Office:
        return self.place.office

    @property
    def keys(self) -> Keys:
        return self.place.office.keys

    @property
    def database(self) -> Path:
        return Path(self.settings.database)

    @property
    def at(self) -> str:
        return entry.stamp(self.clock())

    def oracle(self) -> Oracle:
        return Oracle(self.database)

    # Starting and stopping

    def start(self) -> None:
        app = create_app(self.settings, clock=self.clock)
        self.place.app = app
        self.place.office = app.extensions["fieldapp"]
        for phone in (*self.phones, *self.witnesses.values()):
            phone.client.application = app
        self.browsers.clear()

    def stop(self) -> None:
        self.office.store.close()

    def close(self) -> None:
        self.stop()
        self._folder.cleanup()

    def back_up(self) -> Copy | None:
        """A backup as `fieldapp backup` makes one, also while others push; None while another is being made."""
        with suppress(backups.BackupUnderWay):
            return self._backed_up()
        return None

    def _backed_up(self) -> Copy:
        made = backups.make(self.office.store, self.keys, self.folder / "backups", self.clock, lambda step, done, total: None)
        assert made.faults == [], made.faults
        return Copy(made.path, False, made.durable_through)

    def copy_by_hand(self) -> Copy:
        """What an operator gets who stops the office and copies its file."""
        path = self.folder / f"copied-{len(self.copies)}.db"
        with closing(sqlite3.connect(self.database)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)
        return Copy(path, True, "")

    def put_back(self, copy: Copy) -> None:
        """Puts a copy in the office's place, by the command or by hand, and starts the office again."""
        self.stop()
        if copy.by_hand:
            for ending in ("", "-wal", "-shm"):
                Path(f"{self.database}{ending}").unlink(missing_ok=True)
            self.database.write_bytes(copy.path.read_bytes())
        else:
            beside = EpochFile(self.settings.beside)
            backups.restore(
                copy.path, str(self.database), self.keys, beside, self.clock(), lambda step, done, total: None
            )  # fmt: skip
        self.start()

    # Phones

    def new_phone(self, who: str, *, beside: Phone | None = None, replaces: str = "") -> Phone:
        """Somebody's phone, set up; `beside` another's on the same device."""
        client = self.place.app.test_client() if beside is None else beside.client
        made = Phone(self.place, who, client)
        made.set_up(replaces)
        return made

    def set_up_again(self, phone: Phone) -> None:
        """A phone whose words were forgotten, or that the office does not know any more. What it holds it goes on holding."""
        replaces = phone.key.kid
        phone.key, phone.n, phone.last, phone.nonce = SigningKey.new(), 0, "", ""
        phone.cursors.clear()
        phone.set_up(replaces)

    def greet(self, phone: Phone, **more: Any) -> dict[str, Any]:
        """A greeting that brings the newest key set, checked by the pinned key."""
        said = {**self.greeting(phone), **more}
        answer = phone.post("/hello", said)
        assert answer.status_code == 200, answer.text
        return self.hear_greeting(phone, said, answer)

    def greeting(self, phone: Handset) -> dict[str, Any]:
        head = {"kid": phone.key.kid, "n": phone.n, "id": phone.last}
        return {"v": 1, "signers": [head], "keyset_n": phone.keyset["n"], "app": "machine"}

    def hear_greeting(self, phone: Phone, said: dict[str, Any], answer: TestResponse) -> dict[str, Any]:
        """Takes an answer; of two that crossed each other the newer key set stays."""
        found: dict[str, Any] = answer.get_json()
        phone.nonce = found["nonce"]
        if "keyset" in found:
            read = json.loads(verify_jws(found["keyset"], "fieldapp-keyset", phone.office["jwk"]))
            assert self.notary.holds(found["keyset"], "fieldapp-keyset", phone.office["jwk"])
            assert read["n"] > said["keyset_n"], "a key set that is not newer"
            phone.keyset = max(phone.keyset, read, key=lambda one: int(one["n"]))
        assert found["epoch"] == self.oracle().epoch
        return found

    def check_receipt(self, phone: Phone, receipt: str, *, is_again: bool = False) -> dict[str, Any]:
        """What a receipt says, once a library of nobody's here finds it signed by a receipt key of the office's set."""
        kid = head_of(receipt)["kid"]
        jwk = next((each["jwk"] for each in phone.keyset["keys"] if (each["kid"], each["use"]) == (kid, "receipt")), None)
        if jwk is None and not is_again:
            # A phone that does not know the key keeps the answer and asks for the set.
            self.greet(phone)
            return self.check_receipt(phone, receipt, is_again=True)
        assert jwk is not None, "no key set names the key of this receipt"
        assert self.notary.holds(receipt, "fieldapp-receipt", jwk), "a receipt that does not verify"
        return payload_of(receipt)

    def hear_results(self, phone: Phone, envelopes: Sequence[bytes], answer: TestResponse) -> list[dict[str, Any]]:
        """Takes the answer to a push: every envelope has its result, every result its receipt, and receipts of one epoch never differ."""
        told = answer.get_json()
        results: list[dict[str, Any]] = told["results"]
        assert [each["hash"] for each in results] == [sha(each) for each in envelopes]
        for envelope, result in zip(envelopes, results, strict=True):
            self.told.envelopes[result["hash"]] = envelope
            SEEN[f"{result['status']} {result.get('code') or ''}".strip()] += 1
            if result["status"] == "retry":
                continue
            said = self.check_receipt(phone, result["receipt"])
            self.hear_receipt(said)
            if result["status"] == "quarantined":
                assert (said["status"], said["hash"]) == ("quarantined", result["hash"])
            else:
                assert (said["status"], said["id"]) == ("stored", result["id"])
        return results

    def hear_receipt(self, said: dict[str, Any]) -> None:
        if said["status"] == "stored":
            first = self.told.stored.setdefault(said["id"], {}).setdefault(said["epoch"], said)
            assert first == said, "two receipts of one epoch differ"
        else:
            first_at = self.told.kept.setdefault(said["hash"], {}).setdefault(said["epoch"], said["received_at"])
            assert first_at == said["received_at"], "two receipts of one epoch differ"

    def note(self, phone: Phone, sent: Sent) -> Sent:
        """Remembers an entry as its writer made it."""
        self.told.bodies[sent.id] = sent.body
        self.told.signed.setdefault(sent.id, set()).add(sent.jws)
        self.told.sealed.setdefault(sent.id, set()).add(sha(sent.envelope))
        said = json.loads(sent.header)
        if said["kind"] == "opening":
            fields = json.loads(sent.body)["fields"]
            self.told.openings[sent.id] = (phone.person, tuple(fields["readers"]))
        if sent.casefile not in self.casefiles:
            self.casefiles.append(sent.casefile)
        phone.written.append(sent)
        phone.waiting.append(sent)
        return sent

    def seal_again(self, phone: Phone, sent: Sent) -> Sent:
        """The same entry in another envelope, to the key this phone knows by now."""
        again = replace(sent, envelope=phone.seal_packet(sent.packet))
        self.told.sealed[sent.id].add(sha(again.envelope))
        return again

    # The desk

    def desk(self, who: str) -> Browser:
        """Somebody at the desk, signed in anew when a restore or the time signed them out."""
        found = self.browsers.get(who)
        if found is None or found.get("/desk/sorting").status_code == 303:
            self.clock.pass_by(seconds=60)
            found = self.browsers[who] = self.place.signed_in(who)
        return found

    def form(self, browser: Browser, page: str, **filled: str) -> dict[str, str]:
        """The form on a page, with what it holds unseen and what somebody fills in."""
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', browser.get(page).text)
        return dict(hidden) | filled


def at_once(town: Town, deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """Lets all of them begin at the same moment, each on a thread of its own; their answers in the order of the deeds."""
    if len(deeds) == 1:
        return [deeds[0]()]
    answers: list[Any] = [None] * len(deeds)
    failures: list[BaseException] = []
    gate = threading.Barrier(len(deeds))

    def go(n: int) -> None:
        gate.wait()
        try:
            answers[n] = deeds[n]()
        except BaseException as failure:
            failures.append(failure)
        finally:
            # Each thread has its own connection, and a restore wants to be alone with the file.
            town.office.store.close()

    threads = [threading.Thread(target=go, args=(n,)) for n in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return answers
