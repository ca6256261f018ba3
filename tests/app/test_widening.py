"""What gives somebody more to read: one administrator asks, another person confirms, and what takes away holds at once."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from fieldapp import accounts, people, rotas, scope, widening
from fieldapp.accounts import NotThisOne
from fieldapp.vouching import TakesTwo
from fieldapp.widening import Wish
from sync.entry import stamp
from tests.app import harrowmere
from tests.app.harrowmere import Harrowmere, words_of
from tests.app.machine import Machine
from tests.app.test_accounts import add, agree, close, confirm, finish, half_on, page_of, set_up


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    """Harrowmere with a second administrator, a supervisor of the other team and a pod there."""
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    people._nobodys_hash.cache_clear()
    found = harrowmere.make(tmp_path)
    found.add("second", "administrator", None)
    found.add("olive", "supervisor", "other")
    here = found.office
    rotas.add_pod(here.store, here.keys, found.people["olive"], "other", "East", found.clock())
    return found


@contextmanager
def raw_of(office: Harrowmere) -> Iterator[sqlite3.Connection]:
    """The file as another hand changes it."""
    with closing(sqlite3.connect(office.office.store.path, isolation_level=None)) as raw:
        yield raw


def soon(office: Harrowmere, **time: float) -> str:
    return stamp(office.clock() + timedelta(**time))


def wish(office: Harrowmere, what: str) -> Wish:
    """One wish of each sort, each about the other team."""
    (pod,) = office.office.store.rotas.pods_of(["other"])
    reece = office.id("reece")
    return {
        "part": Wish("part", reece, "supervisor", "other"),
        "team": Wish("part", reece, "keyworker", "other"),
        "duty": Wish("duty", reece, team="other", from_at=soon(office), upto_at=soon(office, days=2)),
        "pod": Wish("pod", reece, pod=pod.id),
        "audit": Wish("audit", office.id("orla"), team="family-support", upto_at=soon(office, days=200)),
        "open": Wish("open", office.id("gone") if "gone" in office.people else ""),
    }[what]


def kept(office: Harrowmere) -> list[tuple[object, ...]]:
    """All that says who may read."""
    store = office.office.store.people
    tables = ("people", "memberships", "duty_turns", "pod_people", "readers")
    unread = {"people": "id, role, team, active_from, ended_at"}
    return [tuple(row) for table in tables for row in store._rows(f"SELECT {unread.get(table, '*')} FROM {table}")]


def ask(office: Harrowmere, wished: Wish, by: str = "admin", why: str = "covers for Olive") -> str:
    here = office.office
    assert not widening.do(here.store, here.keys, office.people[by], wished, why, office.clock())
    return here.store.widenings.standing(stamp(office.clock()))[-1].id


def may(office: Harrowmere, who: str, asked: str) -> bool:
    """Whether somebody may confirm; who may not is refused, too, when they try."""
    here, person = office.office, people.by_id(office.office.store, office.id(who), office.clock())
    assert person is not None
    listed = widening.asked_for(here.store, here.keys, person, office.clock())
    found = [one.may for one in listed if one.row.id == asked] == [True]
    if not found:
        before = kept(office)
        with pytest.raises(NotThisOne, match="moved"):
            widening.confirm(here.store, here.keys, person, asked, office.clock())
        assert kept(office) == before
    return found


SORTS = ("part", "team", "duty", "pod", "audit", "open")


@pytest.mark.parametrize("what", SORTS)
def test_one_administrator_alone_gives_nobody_more_and_another_confirms_it(office: Harrowmere, what: str) -> None:
    here, admin = office.office, office.people["admin"]
    if what == "open":
        gone = office.add("gone", "keyworker")
        accounts.close(here.store, here.keys, admin, gone.id, "has left", office.clock())
    wished, before = wish(office, what), kept(office)
    asked = ask(office, wished)
    assert kept(office) == before
    assert not may(office, "admin", asked)
    assert kept(office) == before
    with pytest.raises(TakesTwo):
        widening._do(here.store, here.keys, admin, wished, "", office.clock())
    assert kept(office) == before
    widening.confirm(here.store, here.keys, office.people["second"], asked, office.clock())
    assert kept(office) != before
    assert not may(office, "second", asked)
    deeds = [(row.what, row.person) for row in here.store.audit.all() if "wider access" in row.what]
    about = wished.person
    assert deeds == [
        ("wider access asked for", office.id("admin")), ("had wider access asked for", about),
        ("wider access confirmed", office.id("second")), ("had wider access confirmed", about),
    ]  # fmt: skip


@pytest.mark.parametrize("what", ["new", "part", "duty", "pod", "open"])
def test_a_new_reader_stands_on_the_page_of_each_family_it_reaches_and_of_no_private_section(
    office: Harrowmere, what: str
) -> None:
    here, second = office.office, office.people["second"]
    (pod,) = here.store.rotas.pods_of(["other"])
    gone = office.add("gone", "supervisor", "other", "Reece Oduya")
    accounts.close(here.store, here.keys, office.people["admin"], gone.id, "has left", office.clock())
    families = [office.open_casefile("olive", name, team="other") for name in ("Oakhurst", "Velmire")]
    section = office.open_casefile("olive", "Oakhurst: only for us", sort="restricted", readers=("marian",), team="other")
    elsewhere = office.open_casefile("ama", "Tarnley")
    with here.store.writing() as tx:
        for family in families:
            tx.rotas.put_in_pod(pod.id, family, stamp(office.clock()))

    def told(casefile: str, who: str = "olive") -> bool:
        browser = office.signed_in(who)
        office.clock.pass_by(seconds=60)
        page = browser.get(f"/desk/families/{casefile}/readers")
        assert page.status_code == 200
        (readers,) = re.findall(r'id="now">.*?</section>', page.text, re.S)
        return "Reece Oduya" in readers

    assert not any(told(family) for family in (*families, section))
    if what == "new":
        office.add("third", "supervisor", "other", "Reece Oduya")
    else:
        widening.confirm(here.store, here.keys, second, ask(office, wish(office, what)), office.clock())
    office.clock.pass_by(seconds=60)
    assert all(told(family) for family in families)
    assert not told(section)
    assert not told(elsewhere, "marian")


@pytest.mark.parametrize(
    ("what", "who", "may_confirm"),
    [
        ("part", "second", True),
        ("part", "olive", True),
        ("part", "marian", False),
        ("part", "reece", False),
        ("part", "orla", False),
        ("duty", "olive", True),
        ("duty", "marian", False),
        ("pod", "olive", True),
        ("pod", "jos", False),
        ("audit", "marian", True),
        ("audit", "olive", False),
        ("audit", "orla", False),
    ],
)
def test_another_administrator_or_a_supervisor_of_that_team_confirms_and_nobody_else(
    office: Harrowmere, what: str, who: str, may_confirm: bool
) -> None:
    assert may(office, who, ask(office, wish(office, what))) is may_confirm


def test_nobody_confirms_what_is_for_themselves_or_beside_whom_they_let_in(office: Harrowmere) -> None:
    here, vera = office.office, office.add("vera", "administrator", None)
    asked = ask(office, Wish("part", office.id("second"), "supervisor", "other"))
    assert not may(office, "second", asked)
    assert may(office, "vera", asked)
    with here.store.writing() as tx:  # Vera's account was set up with words that the one who asks confirmed.
        tx.resets.ask("r", vera.id, office.id("second"), soon(office), "", soon(office, days=1))
        tx.resets.confirm("r", office.id("admin"), soon(office), "", soon(office, days=1))
        tx.resets.use("r", soon(office))
    assert not may(office, "vera", asked)
    assert may(office, "olive", asked)


def test_second_person_sees_whom_it_is_about_what_they_would_have_and_why(office: Harrowmere) -> None:
    admin, reece = office.signed_in("admin"), page_of(office, "reece")
    form = {"role": "supervisor", "team": "other", "text-part": "Olive is on leave <b>"}
    answer = admin.send(reece, f"{reece}/role", form)
    page = words_of(office.signed_in("olive").get("/desk/resets"))
    assert (
        "Reece Oduya Now: Keyworker in Family support. To be Supervisor in Another team. Why: Olive is on leave <b> Ade Min asked"
        in page
    )
    assert "Confirm wider access for Reece Oduya" in page
    mine = words_of(admin.get("/desk/resets"))
    assert "Why: Olive is on leave <b>" in mine
    assert "Confirm wider access" not in mine
    assert "Reece Oduya" not in words_of(office.signed_in("marian").get("/desk/resets"))
    agree(office, answer, "olive")
    assert office.office.store.people.teams_of(office.id("reece"), stamp(office.clock())) == ["other"]
    assert not any(b"on leave" in bytes(row.detail or b"") for row in office.office.store.audit.all())
    rows = office.office.store.people._rows("SELECT why_sealed FROM widenings")
    assert not any(b"on leave" in bytes(row["why_sealed"]) for row in rows)


@pytest.mark.parametrize(
    ("why", "said"), [(" ", "Say why, in a sentence: this gives them more"), ("x" * 1001, "longer than 1,000")]
)
def test_nothing_is_asked_for_without_a_reason_and_nothing_typed_is_lost(office: Harrowmere, why: str, said: str) -> None:
    admin, reece = office.signed_in("admin"), page_of(office, "reece")
    answer = admin.send(reece, f"{reece}/role", {"role": "supervisor", "team": "other", "text-part": why})
    assert answer.status_code == 400
    assert said in words_of(answer)
    assert why.strip() in answer.text
    assert office.office.store.widenings.standing(soon(office)) == []


def test_what_takes_away_holds_at_once_and_ends_what_was_asked_for(office: Harrowmere) -> None:
    asked = ask(office, Wish("part", office.id("jos"), "supervisor", "other"))
    admin, jos = office.signed_in("admin"), page_of(office, "jos")
    answer = admin.send(jos, f"{jos}/role", {"role": "keyworker", "team": "family-support"})
    assert "Changed. They are signed out" in words_of(admin.get(answer.location))
    row = office.office.store.people.by_id(office.id("jos"))
    assert row is not None
    assert row.role == "keyworker"
    assert not may(office, "second", asked)


def test_account_confirmed_as_one_thing_is_not_set_up_as_more(office: Harrowmere) -> None:
    first = add(office, "nora", "keyworker")
    second, admin, nora = half_on(confirm(office)), office.signed_in("admin"), page_of(office, "nora")
    answer = admin.send(nora, f"{nora}/role", {"role": "supervisor", "team": "family-support", "text-part": "slip of the pen"})
    assert answer.location.endswith("asked")
    browser = office.visitor()
    assert finish(office, browser, set_up(office, first, second, "nora", browser), "nora").status_code == 200
    reader = scope.reader(office.office.store, office.id("nora"))
    assert reader is not None
    assert reader.role == "keyworker"


@pytest.mark.parametrize(
    "ended",
    [
        "taken back",
        "lapsed",
        "asker closed",
        "asker locked",
        "asker no administrator",
        "asker made less by another hand",
        "person closed",
    ],
)
def test_what_has_ended_is_confirmed_by_nobody(office: Harrowmere, ended: str) -> None:
    here, second, now = office.office, office.people["second"], office.clock()
    office.add("vera", "administrator", None)
    asked = ask(office, wish(office, "part"))
    assert may(office, "olive", asked)
    if ended == "taken back":
        widening.take_back(here.store, here.keys, second, asked, now)
        with pytest.raises(NotThisOne, match="moved"):
            widening.take_back(here.store, here.keys, second, asked, now)
    elif ended == "lapsed":
        office.clock.pass_by(days=7, seconds=1)
    elif ended == "person closed":
        accounts.close(here.store, here.keys, second, office.id("reece"), "has left", now)
    elif ended == "asker closed":
        accounts.close(here.store, here.keys, second, office.id("admin"), "has left", now)
    elif ended == "asker locked":
        accounts.lock_out(here.store, here.keys, second, office.id("admin"), "stolen", now)
    elif ended == "asker made less by another hand":
        with raw_of(office) as raw:
            raw.execute("UPDATE people SET role = 'auditor' WHERE id = ?", [office.id("admin")])
    else:
        accounts.change(here.store, here.keys, second, office.id("admin"), "auditor", None, now, asked_by=office.id("vera"))
    assert not may(office, "olive", asked)


def test_what_a_former_administrator_asked_for_has_ended_also_when_they_are_one_again(office: Harrowmere) -> None:
    here = office.office
    asked = ask(office, wish(office, "part"))
    assert accounts.ask_reset(here.store, here.keys, office.people["admin"], office.id("ama"), "She forgot.", office.clock())
    assert may(office, "second", asked)
    office.clock.pass_by(minutes=1)
    back = ask(office, Wish("part", office.id("admin"), "keyworker", "other"), by="second")
    widening.confirm(here.store, here.keys, office.people["olive"], back, office.clock())
    assert here.store.resets.standing(stamp(office.clock())) == []
    with raw_of(office) as raw:
        raw.execute("UPDATE people SET role = 'administrator' WHERE id = ?", [office.id("admin")])
    assert not may(office, "second", asked)


def test_supervisor_makes_nobody_an_administrator(office: Harrowmere) -> None:
    asked = ask(office, Wish("part", office.id("reece"), "administrator", "other"))
    assert not may(office, "olive", asked)
    assert may(office, "second", asked)


def test_reason_that_another_hand_changed_closes_no_page_and_is_confirmed_by_nobody(office: Harrowmere) -> None:
    here = office.office
    spoilt = ask(office, wish(office, "part"))
    office.clock.pass_by(minutes=1)
    whole = ask(office, wish(office, "duty"))
    with raw_of(office) as raw:
        raw.execute("UPDATE widenings SET why_sealed = x'00' WHERE id = ?", [spoilt])
    page = words_of(office.signed_in("second").get("/desk/resets"))
    assert "The reason cannot be read" in page
    assert not may(office, "second", spoilt)
    assert may(office, "second", whole)
    widening.take_back(here.store, here.keys, office.people["second"], spoilt, office.clock())
    assert [row.id for row in here.store.widenings.standing(stamp(office.clock()))] == [whole]


def test_page_says_what_to_do_when_nobody_else_could_confirm(office: Harrowmere) -> None:
    here, admin, jos = office.office, office.signed_in("admin"), page_of(office, "jos")
    close(office, admin, "second")
    answer = admin.send(jos, f"{jos}/role", {"role": "administrator", "team": "", "text-part": "a second one"})
    assert answer.status_code == 409
    assert "with “fieldapp account”" in words_of(answer)
    assert here.store.widenings.standing(soon(office)) == []


def test_pods_and_duty_take_two_for_administrators_and_one_supervisor_of_the_team(office: Harrowmere) -> None:
    page, reece = "/desk/pods-and-duty", office.id("reece")
    (pod,) = office.office.store.rotas.pods_of(["other"])
    duty = {"person": reece, "from": "2026-11-24T09:00", "until": "2026-11-24T17:00"}
    admin, olive, before = office.signed_in("admin"), office.signed_in("olive"), kept(office)
    assert "Somebody else has to confirm this" in words_of(admin.get(page))
    assert "Somebody else has to confirm this" not in words_of(olive.get(page))
    refused = admin.send(page, f"{page}/other/duty", duty)
    assert refused.status_code == 400
    assert "so somebody else has to confirm it" in words_of(refused)
    for address, form in ((f"{page}/other/duty", duty), (f"{page}/pods/{pod.id}/people", {"person": reece})):
        answer = admin.send(page, address, form | {"text-why": "Dan is ill"})
        assert "nothing changes until another administrator" in words_of(admin.get(answer.location))
    assert kept(office) == before
    shown = words_of(olive.get("/desk/resets"))
    assert "To be on duty for Another team from Tue 24 Nov, 09:00 until Tue 24 Nov, 17:00. Why: Dan is ill" in shown
    assert "To be in the pod East of Another team" in shown
    for link in re.findall(r'action="([^"]+wider-access/[^"]+/confirm)"', olive.get("/desk/resets").text):
        assert olive.send("/desk/resets", link, {}).status_code == 303
    assert [row.person for row in office.office.store.rotas.people_in(pod.id, soon(office))] == [reece]
    assert office.audited("duty arranged") == [(office.id("olive"), "", "")]
    assert admin.send(page, f"{page}/pods/{pod.id}/people", {"person": reece, "out": "yes"}).status_code == 303
    assert office.office.store.rotas.people_in(pod.id, soon(office, seconds=1)) == []
    assert olive.send(page, f"{page}/other/duty", duty).location.endswith("arranged")


def test_an_auditors_last_day_comes_nearer_at_once_and_further_only_by_two(office: Harrowmere) -> None:
    page = "/desk/pods-and-duty"
    admin, orla = office.signed_in("admin"), office.id("orla")
    address = f"{page}/family-support/auditors"
    nearer = admin.send(page, address, {"person": orla, "until": "2026-12-01"})
    assert nearer.status_code == 303
    assert nearer.location.endswith("arranged")
    further = admin.send(page, address, {"person": orla, "until": "2026-12-02", "text-why": "one day more"})
    assert further.location.endswith("asked")
    assert "To read Family support as an auditor until the end of" in words_of(office.signed_in("marian").get("/desk/resets"))
    (part,) = office.office.store.people.memberships_of(orla)
    assert part.until_at == "2026-12-02T00:00:00.000Z"


def test_what_can_be_no_more_is_told_in_words_when_somebody_confirms_it(office: Harrowmere) -> None:
    ask(office, wish(office, "duty"))
    olive, (link,) = office.signed_in("olive"), [""]
    (link,) = re.findall(r'action="([^"]+wider-access/[^"]+/confirm)"', olive.get("/desk/resets").text)
    office.clock.pass_by(days=3)
    olive = office.signed_in("olive")
    answer = olive.send("/desk/resets", link, {})
    assert answer.status_code == 409
    assert "The end lies before the beginning" in words_of(answer)
    assert len(office.office.store.widenings.standing(soon(office))) == 1
    assert olive.send("/desk/resets", "/desk/wider-access/nothing/confirm", {}).status_code == 404
    assert olive.send("/desk/resets", link.replace("confirm", "take-back"), {}).status_code == 303
    assert olive.send("/desk/resets", link.replace("confirm", "take-back"), {}).status_code == 409


def test_what_was_asked_for_before_a_restore_is_confirmed_by_nobody_after_it(office_machine: Machine) -> None:
    place = office_machine.place
    for who in ("admin", "second"):
        place.add(who, "administrator", None)
    ask(place, Wish("part", place.id("reece"), "supervisor", "family-support"))
    office_machine.run("backup")
    place.office.store.close()
    office_machine.run("restore", office_machine.newest_backup())
    here = office_machine.opened()
    assert here.store.widenings.standing(stamp(place.clock())) == []
    here.store.close()
