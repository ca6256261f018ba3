"""Opening a family's record in an emergency: exact name, reason, a day, seen by others at once and looked at afterwards."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from fieldapp import emergencies
from fieldapp.records import NotOpen
from sync.entry import stamp
from tests.app.harrowmere import Browser, Harrowmere, words_of
from tests.app.phone import phone

WHY = "The police rang: the mother is in hospital"


@pytest.fixture
def tarnley(place: Harrowmere) -> str:
    place.add("olive", "supervisor", "other")
    casefile = place.open_casefile("ama", "Tarnley")
    place.note("ama", casefile)
    return casefile


@pytest.fixture
def olive(place: Harrowmere, tarnley: str) -> Browser:
    return place.signed_in("olive")


def ask(browser: Browser, family: str, why: str = WHY, **more: str) -> TestResponse:
    return browser.send("/desk/emergencies", "/desk/emergencies", {"text-family": family, "text-why": why} | more)


def test_record_opens_for_a_day_and_stays_out_of_every_list(place: Harrowmere, olive: Browser, tarnley: str) -> None:
    assert olive.get(f"/desk/families/{tarnley}").status_code == 404
    assert ask(olive, "  tarnley ").location == f"/desk/families/{tarnley}"
    page = words_of(olive.get(f"/desk/families/{tarnley}"))
    assert "You opened this in an emergency. It stays open to you until Tue 24 Nov, 09:30" in page
    assert "Tarnley" not in olive.get("/desk/families").text
    assert "Tarnley" not in olive.get("/desk/board").text
    assert olive.get(f"/desk/families/{tarnley}/readers").status_code == 404
    place.clock.pass_by(hours=24)
    assert place.signed_in("olive").get(f"/desk/families/{tarnley}").status_code == 404


def test_phone_of_whoever_opened_it_is_given_nothing(place: Harrowmere, tarnley: str) -> None:
    handset = phone(place, "olive")
    place.clock.pass_by(seconds=60)
    ask(place.signed_in("olive"), "Tarnley")
    assert handset.pull()["added"] == []


def test_familys_supervisors_see_it_at_once_and_administrators_only_the_fact(
    place: Harrowmere, olive: Browser, tarnley: str
) -> None:
    ask(olive, "Tarnley")
    marian = place.signed_in("marian")
    board = words_of(marian.get("/desk/board"))
    assert f"Olive opened this record · Tarnley Mon 23 Nov, 09:30, a moment ago. “{WHY}”" in board
    admin = place.signed_in("admin").get("/desk/emergencies")
    assert "Olive" in words_of(admin)
    assert "Tarnley" not in admin.text
    assert "hospital" not in admin.text


def test_somebody_else_looks_at_it_and_it_leaves_the_board(place: Harrowmere, olive: Browser, tarnley: str) -> None:
    ask(olive, "Tarnley")
    emergency = place.office.store.emergencies.all()[0].id
    looked = f"/desk/emergencies/{emergency}/looked-at"
    assert olive.send("/desk/emergencies", looked, {"text-word": "I was right"}).status_code == 404
    marian = place.signed_in("marian")
    assert "Say what you make of it" in words_of(marian.send("/desk/emergencies", looked, {"text-word": " "}))
    assert marian.send("/desk/emergencies", looked, {"text-word": "Right to do so"}).status_code == 303
    assert "opened this record" not in words_of(marian.get("/desk/board"))
    assert "Looked at by Marian Holt-Vane" in words_of(marian.get("/desk/emergencies"))
    assert "looked at it meanwhile" in words_of(place.signed_in("jos").send("/desk/emergencies", looked, {"text-word": "Me too"}))


def test_nobody_looks_at_their_own_though_they_answer_for_the_family_by_now(
    place: Harrowmere, olive: Browser, tarnley: str
) -> None:
    here, at = place.office, stamp(place.clock())
    ask(olive, "Tarnley")
    emergency = here.store.emergencies.all()[0].id
    with here.store.writing() as tx:
        tx.people.join(place.id("olive"), "family-support", "supervisor", at)
    assert "Yours: a supervisor of the family’s team looks at it" in words_of(olive.get("/desk/emergencies"))
    assert "opened this record" not in words_of(olive.get("/desk/board"))
    assert olive.send("/desk/emergencies", f"/desk/emergencies/{emergency}/looked-at", {"text-word": "Right"}).status_code == 404
    with pytest.raises(NotOpen):
        emergencies.look_at(here.store, here.keys, place.people["olive"], emergency, "Right", place.clock())


def test_what_nobody_looked_at_stays_on_the_list_however_old(place: Harrowmere, olive: Browser, tarnley: str) -> None:
    ask(olive, "Tarnley")
    place.clock.pass_by(days=90)
    assert "Tarnley" in words_of(place.signed_in("marian").get("/desk/emergencies"))


def test_every_step_is_in_the_audit(place: Harrowmere, olive: Browser, tarnley: str) -> None:
    ask(olive, "Nowhere")
    ask(olive, "Tarnley")
    olive.get(f"/desk/families/{tarnley}")
    assert len(place.audited("searched in an emergency")) == 2
    assert place.audited("opened in an emergency") == [(place.id("olive"), tarnley, "")]
    assert (place.id("olive"), tarnley, "") in place.audited("read")
    kept = str(
        [tuple(row) for table in ("audit", "emergencies") for row in place.office.store.people._rows(f"SELECT * FROM {table}")]
    )
    assert "hospital" not in kept
    assert "Nowhere" not in kept


@pytest.mark.parametrize("family", ["Tarn", "Tarnleys", "", "Only for us", "Practice", "Velmire"])
def test_nothing_else_is_found_than_the_exact_name_of_what_may_be_opened(place: Harrowmere, olive: Browser, family: str) -> None:
    place.open_casefile("ama", "Only for us", sort="restricted", readers=("marian",))
    place.open_casefile("ama", "Practice", practice=True)
    velmire = place.open_casefile("reece", "Velmire")
    with place.office.store.writing() as tx:
        tx.casefiles.keep_out(velmire, place.id("olive"), "2026-11-01T00:00:00.000Z")
    answer = ask(olive, family)
    assert answer.status_code == 400
    said = "Enter the family’s name exactly" if not family else "No family of exactly that name can be opened this way"
    assert said in words_of(answer)
    assert WHY in answer.text, "what was typed is not lost"
    assert place.office.store.emergencies.all() == []


def test_family_is_found_by_the_name_that_phones_show_as_well(place: Harrowmere, olive: Browser, tarnley: str) -> None:
    about = {
        "name_shown": "the  Quorns",
        "programme": "staying-together@1",
        "status": "active",
        "started_on": "2026-11-01",
        "people": [],
    }
    place.write("ama", "family", tarnley, about)
    assert ask(olive, "The Quorns").status_code == 303
    assert [each.casefile for each in place.office.store.emergencies.all()] == [tarnley]


def test_family_is_found_by_either_name_when_nobody_has_chosen_between_two(
    place: Harrowmere, olive: Browser, tarnley: str
) -> None:
    names = ("Quorn", "Ashby")
    first = place.write("ama", "family", tarnley, {"name_shown": "Tarnley", "people": []})
    for each in names:
        place.write("ama", "family", tarnley, {"name_shown": each, "people": []}, record=first.record, parents=(first.id,))
    assert [ask(olive, each).status_code for each in names] == [303, 303]
    marian = place.signed_in("marian")
    for page in ("/desk/families", f"/desk/families/{tarnley}"):
        said = words_of(marian.get(page))
        assert "On phones: Quorn or Ashby" in said or "On phones: Ashby or Quorn" in said


def test_reason_is_required(place: Harrowmere, olive: Browser) -> None:
    answer = ask(olive, "Tarnley", " ")
    assert answer.status_code == 400
    assert "Say why, in a sentence" in words_of(answer)
    assert place.office.store.emergencies.all() == []


def test_two_of_one_name_are_told_apart_by_who_works_with_them(place: Harrowmere, olive: Browser, tarnley: str) -> None:
    other = place.open_casefile("reece", "Tarnley")
    answer = ask(olive, "Tarnley")
    assert answer.status_code == 400
    assert "Tarnley, Ama Lindqvist" in words_of(answer)
    assert "Tarnley, Reece Oduya" in words_of(answer)
    assert ask(olive, "Tarnley", which=other).location == f"/desk/families/{other}"


def test_family_found_by_its_reference_opens_too(olive: Browser, tarnley: str) -> None:
    assert ask(olive, tarnley).status_code == 303


def test_who_reads_it_anyway_is_led_there_and_no_alarm_is_raised(place: Harrowmere, tarnley: str) -> None:
    assert ask(place.signed_in("marian"), "Tarnley").location == f"/desk/families/{tarnley}"
    assert place.office.store.emergencies.all() == []


def test_nobody_reviews_what_they_opened_in_an_emergency(place: Harrowmere, olive: Browser) -> None:
    note = place.note("ama", place.open_casefile("ama", "Oakhurst"))
    ask(olive, "Oakhurst")
    assert "You may read this record, but not review it" in words_of(olive.get(f"/desk/records/{note.record}"))
