"""Who may read a family's record: named, ended, kept apart, given to another team; and that what was written still arrives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from fieldapp import accounts, leaves, rotas, scope, verifying
from fieldapp.store import Store
from fieldapp.store.settings import RESTORED_AT
from sync.entry import stamp
from tests.app.harrowmere import VISIT, Browser, Harrowmere, words_of
from tests.app.phone import Handset, phone

FAMILY = {
    "name_shown": "Tarnley",
    "programme": "staying-together.1",
    "status": "active",
    "people": [{"id": "k", "name": "Kayleigh", "group": "child", "relation": "child"}],
}


@pytest.fixture
def tarnley(place: Harrowmere) -> str:
    return place.open_casefile("ama", "Tarnley")


@pytest.fixture
def marian(place: Harrowmere) -> Browser:
    return place.signed_in("marian")


def change(browser: Browser, casefile: str, to: str, form: Mapping[str, object]) -> TestResponse:
    return browser.send(f"/desk/families/{casefile}/readers", f"/desk/families/{casefile}/{to}", form)


def who_reads(place: Harrowmere, casefile: str, who: str = "marian") -> set[tuple[str, str]]:
    here = place.office
    found = leaves.who_reads(here.store, here.keys, place.people[who], casefile, place.clock())
    names = here.store.people.names()
    return {(names[one.person].split()[0], one.way) for one in found.leaves if one.is_now}


def holds(handset: Handset, casefile: str) -> bool:
    handset.pull()
    return casefile in handset.cursors


def opens(browser: Browser, **form: str) -> TestResponse:
    return browser.send("/desk/families", "/desk/families", {"text-title": "The Quorn family", "team": "family-support"} | form)


def test_supervisor_opens_a_familys_record_and_its_keyworker_writes_the_first_page(
    place: Harrowmere, marian: Browser, ama: Handset, reece: Handset
) -> None:
    answer = opens(marian, **{"text-title": " The   Quorn family ", "keyworker": place.id("ama")})
    assert answer.status_code == 303
    casefile = answer.location.split("/")[3]
    assert who_reads(place, casefile) == {("Ama", "named"), ("Marian", "team"), ("Jos", "team"), ("Orla", "audit")}
    assert holds(ama, casefile)
    assert not holds(reece, casefile)
    assert "Kayleigh" not in marian.get(f"/desk/families/{casefile}").text
    ama.push(ama.write(casefile, FAMILY, kind="family", schema="family.1"))
    assert "Kayleigh" in words_of(marian.get(f"/desk/families/{casefile}"))
    # Her phone and the list at the desk call it something else: both are there, or nobody knew that they are one.
    for page in ("families", f"families/{casefile}"):
        assert "The Quorn family On phones: Tarnley" in words_of(marian.get(f"/desk/{page}"))
    assert "Marian Holt-Vane opened this record" in words_of(marian.get(f"/desk/families/{casefile}/readers"))
    # She reads it as one of the team, and takes it nowhere.
    place.clock.pass_by(minutes=1)
    admin = place.people["admin"]
    place.add("second", "administrator", None)
    accounts.change(
        place.office.store, place.office.keys, place.people["second"], place.id("marian"), "supervisor", "other", place.clock(), asked_by=admin.id
    )  # fmt: skip
    assert {name for name, _ in who_reads(place, casefile, "jos")} == {"Ama", "Jos", "Orla"}
    assert list(verifying.verify(place.office.store, place.office.keys)) == []


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"text-title": " "}, "Enter what the record is called"),
        ({"text-title": "x" * 121}, "Enter what the record is called"),
        ({"team": "other"}, "Choose the team"),
        ({"team": ""}, "Choose the team"),
        ({"keyworker": "nobody"}, "Choose who"),
        ({"keyworker": "olive"}, "Choose who"),
    ],
)
def test_no_record_is_opened_without_a_name_a_team_of_ones_own_and_a_keyworker(
    place: Harrowmere, marian: Browser, form: dict[str, str], said: str
) -> None:
    place.add("olive", "supervisor", "other")
    before = {row.id for row in place.office.store.casefiles.all()}
    answer = opens(marian, **{name: place.id(value) if value == "olive" else value for name, value in form.items()})
    assert answer.status_code == 400
    assert said in words_of(answer)
    assert {row.id for row in place.office.store.casefiles.all()} == before
    assert place.audited("family opened") == []


def test_family_that_has_one_name_shows_it_once(place: Harrowmere, marian: Browser, ama: Handset) -> None:
    casefile = opens(marian, keyworker=place.id("ama")).location.split("/")[3]
    ama.push(ama.write(casefile, FAMILY | {"name_shown": "the  Quorn family "}, kind="family", schema="family.1"))
    for page in ("families", f"families/{casefile}"):
        assert "On phones" not in words_of(marian.get(f"/desk/{page}"))


def test_whoever_has_no_family_yet_is_told_what_they_can_do(place: Harrowmere) -> None:
    said = words_of(place.signed_in("marian").get("/desk/families"))
    assert "No family’s record is open to you yet. Open the first one below" in said
    said = words_of(place.signed_in("orla").get("/desk/families"))
    assert "No family’s record is open to you yet. Ask an administrator" in said


def test_nobody_but_a_supervisor_opens_a_familys_record(place: Harrowmere) -> None:
    for who in ("orla", "admin"):
        browser = place.signed_in(who)
        token = re.search(r'name="form_token" value="([^"]+)"', browser.get("/desk/account").text)
        assert token is not None
        form = {"form_token": token[1], "text-title": "Quorn", "team": "family-support"}
        assert browser.client.post("/desk/families", data=form).status_code == 404
        assert "Open a record for another family" not in browser.get("/desk/families").text


def test_page_says_who_reads_and_why(place: Harrowmere, marian: Browser, tarnley: str) -> None:
    assert who_reads(place, tarnley) == {("Ama", "named"), ("Marian", "team"), ("Jos", "team"), ("Orla", "audit")}
    said = words_of(marian.get(f"/desk/families/{tarnley}/readers"))
    assert "Ama Lindqvist Keyworker Opened this record since" in said
    assert "Orla Audit Auditor Auditor of the team since" in said
    assert ("read who reads", tarnley) in {(what, row.casefile) for row in place.office.store.audit.all() for what in (row.what,)}


def test_keyworker_named_from_a_day_reads_from_that_day_until_the_last(
    place: Harrowmere, marian: Browser, reece: Handset, tarnley: str
) -> None:
    form = {"person": place.id("reece"), "from": "2026-11-25", "until": "2026-11-26", "text-why-name": "Ama is on leave"}
    assert change(marian, tarnley, "readers", form).status_code == 303
    assert "To come" in words_of(marian.get(f"/desk/families/{tarnley}/readers"))
    seen = []
    for day in range(23, 29):
        place.clock.now = place.clock.now.replace(day=day, hour=9)
        reece.pull()
        seen += [day] if reece.pull()["added"] or (tarnley in reece.cursors and not reece.pull()["removed"]) else []
    assert seen == [25, 26]


def test_reason_is_on_the_page_and_nowhere_in_the_clear(place: Harrowmere, marian: Browser, tarnley: str) -> None:
    form = {"person": place.id("reece"), "text-why-name": "Kingfisher told me so"}
    change(marian, tarnley, "readers", form)
    assert "Marian Holt-Vane named Reece Oduya Kingfisher told me so" in words_of(marian.get(f"/desk/families/{tarnley}/readers"))
    assert "Kingfisher" not in str([tuple(row) for row in place.office.store.people._rows("SELECT * FROM audit")])


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"person": ""}, "Choose who"),
        ({"person": "ADMIN"}, "Administrators read no family’s record"),
        ({"person": "ORLA"}, "An auditor reads until a day"),
        ({"person": "AMA"}, "named already"),
        ({"person": "REECE", "text-why-name": " "}, "Say why, in a sentence"),
        ({"person": "REECE", "text-why-name": "x" * 1001}, "longer than 1,000 letters"),
        ({"person": "REECE", "from": "30th"}, "Enter a day"),
        ({"person": "REECE", "from": "2026-12-02", "until": "2026-12-01"}, "The end lies before the beginning"),
    ],
)
def test_nothing_is_changed_and_nothing_typed_lost_when_somebody_cannot_be_named(
    place: Harrowmere, marian: Browser, tarnley: str, form: dict[str, str], said: str
) -> None:
    before = who_reads(place, tarnley)
    ids = {name.upper(): person.id for name, person in place.people.items()}
    answer = change(
        marian, tarnley, "readers", {"text-why-name": "Because of the <move>"} | form | {"person": ids.get(form["person"], "")}
    )
    assert answer.status_code == 400
    assert said in words_of(answer)
    if "text-why-name" not in form:
        assert "Because of the &lt;move&gt;" in answer.text
    assert who_reads(place, tarnley) == before


def test_what_was_written_before_the_end_was_heard_arrives_and_comes_up_on_the_board(
    place: Harrowmere, marian: Browser, reece: Handset, tarnley: str
) -> None:
    change(marian, tarnley, "readers", {"person": place.id("reece"), "text-why-name": "To help"})
    assert holds(reece, tarnley)
    change(marian, tarnley, "readers/end", {"person": place.id("reece"), "text-why-end": "Helped enough"})
    place.clock.pass_by(minutes=1)
    assert [one["status"] for one in reece.push(reece.write(tarnley, VISIT))] == ["stored"]
    assert "Written by somebody who no longer reads this" in words_of(marian.get("/desk/board"))
    assert [one["casefile"] for one in reece.pull()["removed"]] == [tarnley]
    reece.pull(removals={tarnley: [0, ""]})
    place.clock.pass_by(minutes=1)
    assert [one["status"] for one in reece.push(reece.write(tarnley, VISIT))] == ["quarantined"]


def test_end_heard_before_says_nothing_of_the_end_of_a_later_turn(place: Harrowmere, reece: Handset, tarnley: str) -> None:
    here, marian = place.office, place.people["marian"]

    def on_duty(hours: int) -> None:
        now = place.clock()
        rotas.add_turn(
            here.store,
            here.keys,
            marian,
            "family-support",
            place.id("reece"),
            stamp(now),
            stamp(now + timedelta(hours=hours)),
            now,
        )

    on_duty(1)
    assert holds(reece, tarnley)
    place.clock.pass_by(hours=2)
    assert [one["casefile"] for one in reece.pull()["removed"]] == [tarnley]
    reece.pull(removals={tarnley: [0, ""]})
    assert [one["code"] for one in reece.push(reece.write(tarnley, VISIT))] == ["not_allowed"]
    place.clock.pass_by(seconds=1)
    on_duty(1)
    reece.cursors.pop(tarnley)
    assert holds(reece, tarnley)
    place.clock.pass_by(hours=2)
    assert [one["status"] for one in reece.push(reece.write(tarnley, VISIT))] == ["stored"], "of this end the phone has not heard"


@pytest.mark.parametrize("is_put_on", [True, False], ids=["taken off", "never put on"])
def test_what_was_written_before_a_supervisor_left_the_team_is_placed_although_her_phone_had_dropped_the_family(
    place: Harrowmere, tarnley: str, *, is_put_on: bool
) -> None:
    # Given a supervisor who took a family off her phone, which says that it dropped it, and goes on answering for it
    handset = phone(place, "jos")
    place.clock.pass_by(minutes=1)
    jos = place.signed_in("jos")
    if is_put_on:
        assert change(jos, tarnley, "phone", {}).status_code == 303
        assert holds(handset, tarnley)
        place.clock.pass_by(minutes=1)
        change(jos, tarnley, "phone", {"off": "yes"})
    handset.cursors.pop(tarnley, None)
    handset.pull(removals={tarnley: "dropped"})
    assert list(place.office.store.holdings.removals(handset.key.kid)) == [tarnley], (
        "what is gone from it is told, should it be lost"
    )
    written = handset.write(tarnley, VISIT)

    # When it is sent after she went to another team
    place.clock.pass_by(hours=1)
    moves(place, "jos", "supervisor", "other")

    # Then it is placed, until her phone hears that she reads it no more
    assert [one["status"] for one in handset.push(written)] == ["stored"]
    place.clock.pass_by(minutes=1)
    handset.pull(removals={tarnley: "dropped"})
    assert [one["code"] for one in handset.push(handset.write(tarnley, VISIT))] == ["not_allowed"]


def test_family_given_to_another_team_is_that_teams_at_once_with_what_still_arrives(
    place: Harrowmere, marian: Browser, ama: Handset, tarnley: str
) -> None:
    place.add("olive", "supervisor", "other")
    place.add("omar", "keyworker", "other")
    assert holds(ama, tarnley)
    before = ama.write(tarnley, VISIT)
    form = {"team": "other", "keyworker": place.id("omar"), "text-why-transfer": "They moved"}
    assert change(marian, tarnley, "transfer", form).location == "/desk/families?done=transferred"
    assert "Given to the other team" in words_of(marian.get("/desk/families?done=transferred"))
    assert who_reads(place, tarnley, "olive") == {("Omar", "named"), ("Olive", "team")}
    assert marian.get(f"/desk/families/{tarnley}").status_code == 404
    place.clock.pass_by(minutes=1)
    late = (before, ama.write(tarnley, VISIT))
    assert [one["status"] for one in ama.push(*late)] == ["stored", "stored"]
    board = place.signed_in("olive").get("/desk/board")
    assert words_of(board).count("Written by somebody who no longer reads this") == 2
    assert all(f"/desk/records/{one.record}" in board.text for one in late)
    assert "Written by somebody" not in words_of(marian.get("/desk/board"))


def test_those_named_go_on_reading_after_a_transfer_when_the_supervisor_says_so(
    place: Harrowmere, marian: Browser, tarnley: str
) -> None:
    place.add("olive", "supervisor", "other")
    change(marian, tarnley, "transfer", {"team": "other", "keep": "yes", "text-why-transfer": "They moved"})
    assert ("Ama", "named") in who_reads(place, tarnley, "olive")


def section(
    place: Harrowmere, browser: Browser, family: str, readers: list[str], out: list[str] | None = None, title: str = "Safe number"
) -> str:
    form = {"text-title": title, "readers": [place.id(one) for one in readers], "out": [place.id(one) for one in out or []]}
    answer = change(browser, family, "sections", form)
    assert answer.status_code == 303
    return str(answer.location.split("/")[3])


def test_private_section_reaches_its_readers_and_exists_for_nobody_else(
    place: Harrowmere, marian: Browser, ama: Handset, reece: Handset, tarnley: str
) -> None:
    private = section(place, marian, tarnley, ["ama"])
    assert holds(ama, private)
    assert not holds(reece, private)
    assert "Safe number" in words_of(marian.get(f"/desk/families/{tarnley}"))
    assert "Safe number" in words_of(marian.get("/desk/families"))
    jos = place.signed_in("jos")
    for address in (f"/desk/families/{tarnley}", f"/desk/families/{tarnley}/readers", "/desk/families", "/desk/board"):
        assert "Safe number" not in jos.get(address).text
    assert jos.get(f"/desk/families/{private}/readers").status_code == 404


@pytest.mark.parametrize(
    ("readers", "said"), [([], "two people who may read it"), (["orla"], "An auditor"), (["admin"], "Administrators")]
)
def test_private_section_is_not_opened_without_its_readers(
    place: Harrowmere, marian: Browser, tarnley: str, readers: list[str], said: str
) -> None:
    before = place.office.store.casefiles.count()
    answer = change(marian, tarnley, "sections", {"text-title": "Safe number", "readers": [place.id(one) for one in readers]})
    assert answer.status_code == 400
    assert said in words_of(answer)
    assert place.office.store.casefiles.count() == before


def test_somebody_who_has_not_set_up_their_account_is_no_reader_that_a_section_could_rest_on(
    place: Harrowmere, marian: Browser, tarnley: str
) -> None:
    here = place.office
    new, _ = accounts.add(
        here.store, here.keys, place.people["admin"], email="nia@harrowmere.example", name="Nia New", role="supervisor",
        team="family-support", now=place.clock(),
    )  # fmt: skip
    refused = change(marian, tarnley, "sections", {"text-title": "Safe number", "readers": [new]})
    assert refused.status_code == 400
    assert "account is not open" in words_of(refused)


def test_last_two_readers_of_a_private_section_stay_until_another_is_named(
    place: Harrowmere, marian: Browser, tarnley: str
) -> None:
    private = section(place, marian, tarnley, ["ama"])
    gone = {"person": place.id("ama"), "text-why-end": "Leaves us"}
    refused = change(marian, private, "readers/end", gone)
    assert refused.status_code == 400
    assert "always needs two people who may read it" in words_of(refused)
    assert change(marian, private, "readers/end", gone | {"person": place.id("marian")}).status_code == 400
    assert change(marian, private, "kept-out", {"person": place.id("ama"), "text-why-out": "A friend"}).status_code == 400
    assert who_reads(place, private) == {("Ama", "named"), ("Marian", "named")}
    change(marian, private, "readers", {"person": place.id("jos"), "text-why-name": "Instead of Ama"})
    assert change(marian, private, "readers/end", gone).status_code == 303
    assert who_reads(place, private) == {("Jos", "named"), ("Marian", "named")}


def test_reader_to_come_does_not_free_one_of_the_last_two_before_that_day(
    place: Harrowmere, marian: Browser, tarnley: str
) -> None:
    private = section(place, marian, tarnley, ["ama"])
    change(marian, private, "readers", {"person": place.id("jos"), "from": "2026-12-01", "text-why-name": "Instead of Ama"})
    gone = {"person": place.id("ama"), "text-why-end": "Leaves us"}
    assert change(marian, private, "readers/end", gone | {"last": "2026-11-29"}).status_code == 400
    assert change(marian, private, "readers/end", gone | {"last": "2026-11-30"}).status_code == 303


def test_account_of_one_of_the_last_two_does_not_end_before_somebody_took_over(
    place: Harrowmere, marian: Browser, tarnley: str
) -> None:
    store: Store = place.office.store
    at = stamp(place.clock())
    leaves.require_handed_over(store, place.id("ama"), at)
    private = section(place, marian, tarnley, ["ama"])
    assert scope.left_without(store, place.id("ama"), at) == [private]
    with pytest.raises(leaves.MustHandOver) as refused:
        leaves.require_handed_over(store, place.id("ama"), at)
    assert refused.value.supervisors == ("Marian Holt-Vane",)
    change(marian, private, "readers", {"person": place.id("reece"), "text-why-name": "Instead of Ama"})
    leaves.require_handed_over(store, place.id("ama"), at)


def test_two_parents_workers_are_kept_apart_inside_one_family(
    place: Harrowmere, marian: Browser, ama: Handset, reece: Handset, tarnley: str
) -> None:
    change(marian, tarnley, "readers", {"person": place.id("reece"), "text-why-name": "Works with Dano"})
    mirelas = section(place, marian, tarnley, ["ama"], ["reece"], "Mirela")
    danos = section(place, marian, tarnley, ["reece"], ["ama"], "Dano")
    assert holds(ama, mirelas)
    assert holds(reece, danos)
    assert not holds(ama, danos)
    assert not holds(reece, mirelas)
    refused = change(marian, mirelas, "readers", {"person": place.id("reece"), "text-why-name": "A slip"})
    assert refused.status_code == 400
    assert "kept out of this record" in words_of(refused)
    with place.office.store.writing() as tx:
        tx.casefiles.grant(mirelas, place.id("reece"), stamp(place.clock()), "named")
    assert not holds(reece, mirelas), "a leave that got there by another way does not beat the wall"
    assert (
        change(
            marian, mirelas, "kept-out", {"back": "yes", "person": place.id("reece"), "text-why-in": "They are one couple again"}
        ).status_code
        == 303
    )
    assert holds(reece, mirelas)


def test_nobody_is_chosen_to_read_and_to_be_kept_out(place: Harrowmere, marian: Browser, tarnley: str) -> None:
    form = {"text-title": "x", "readers": [place.id("ama")], "out": [place.id("ama")]}
    assert "Choose one of the two" in words_of(change(marian, tarnley, "sections", form))


def test_supervisor_does_not_keep_a_family_to_themselves(place: Harrowmere, marian: Browser, tarnley: str) -> None:
    refused = change(marian, tarnley, "kept-out", {"person": place.id("jos"), "text-why-out": "Knows them"})
    assert refused.status_code == 400
    assert "only supervisor who sees this family" in words_of(refused)
    place.add("outi", "supervisor")
    assert change(marian, tarnley, "kept-out", {"person": place.id("jos"), "text-why-out": "Knows them"}).status_code == 303
    assert place.signed_in("jos").get(f"/desk/families/{tarnley}").status_code == 404


def test_whom_to_speak_to_first_stands_on_the_page_the_board_and_the_phone(
    place: Harrowmere, marian: Browser, ama: Handset, tarnley: str
) -> None:
    family = place.write("ama", "family", tarnley, FAMILY | {"warning": "Dog in the yard"})
    place.note("ama", tarnley, anything_worrying="yes")
    assert change(marian, tarnley, "contact-first", {"text-contact": "Marian, 0113 496 0000."}).status_code == 303
    said = "Speak to Marian, 0113 496 0000 before any contact."
    assert f"{said} Dog in the yard" in words_of(marian.get(f"/desk/families/{tarnley}"))
    assert said in words_of(marian.get("/desk/board"))
    ama.pull()
    newest = [one for one in ama.entries.values() if one["header"]["record"] == family.record][-1]
    assert said in newest["body"]
    assert newest["header"]["parents"] == [family.id]
    change(marian, tarnley, "contact-first", {"text-contact": ""})
    assert "before any contact" not in words_of(marian.get("/desk/board"))
    assert "Dog in the yard" in words_of(marian.get(f"/desk/families/{tarnley}"))


def test_two_versions_stay_two_when_somebody_says_whom_to_speak_to(place: Harrowmere, marian: Browser, tarnley: str) -> None:
    family = place.write("ama", "family", tarnley, FAMILY)
    for language in ("Romanes", "Romanian"):
        place.write("ama", "family", tarnley, FAMILY | {"home_language": language}, record=family.record, parents=(family.id,))
    change(marian, tarnley, "contact-first", {"text-contact": "Jos"})
    page = words_of(marian.get(f"/desk/records/{family.record}"))
    assert "Romanes" in page
    assert "Romanian" in page


def test_whom_to_speak_to_first_is_taken_away_from_every_page_about_a_family(
    place: Harrowmere, marian: Browser, tarnley: str
) -> None:
    place.write("ama", "family", tarnley, FAMILY, record="B" * 21 + "A")
    change(marian, tarnley, "contact-first", {"text-contact": "Jos"})
    # Written without signal by somebody who had not seen the first, and gone by from now on
    place.write("reece", "family", tarnley, {**FAMILY, "warning": "Dog in the yard"}, record="A" * 22)
    change(marian, tarnley, "contact-first", {"text-contact": "Dev"})
    page = words_of(marian.get(f"/desk/families/{tarnley}"))
    assert ("Speak to Dev before any contact. Dog in the yard" in page, "Jos" in page) == (True, False)
    change(marian, tarnley, "contact-first", {"text-contact": ""})
    page = words_of(marian.get(f"/desk/families/{tarnley}"))
    assert ("Dog in the yard" in page, "before any contact" in page) == (True, False)


def test_nothing_is_said_of_a_warning_that_supervisor_and_keyworker_both_took_out(
    place: Harrowmere, marian: Browser, tarnley: str
) -> None:
    family = place.write("ama", "family", tarnley, FAMILY)
    change(marian, tarnley, "contact-first", {"text-contact": "Jos"})
    said = place.office.store.entries.of_record(family.record)[-1].id
    change(marian, tarnley, "contact-first", {"text-contact": ""})
    place.write("ama", "family", tarnley, FAMILY, record=family.record, parents=(said,))
    assert "this warning" not in words_of(marian.get(f"/desk/families/{tarnley}"))
    assert "Two versions (0)" in words_of(marian.get("/desk/board"))


def test_nothing_is_written_where_the_familys_page_does_not_exist(marian: Browser, tarnley: str) -> None:
    answer = change(marian, tarnley, "contact-first", {"text-contact": "Jos"})
    assert answer.status_code == 400
    assert "has not been written yet" in words_of(answer)


def test_pod_shares_what_a_supervisor_put_on_its_list(place: Harrowmere, marian: Browser, reece: Handset, tarnley: str) -> None:
    marian.send("/desk/pods-and-duty", "/desk/pods-and-duty/family-support/pods", {"text-pod": "North"})
    pod = place.office.store.rotas.pods_of(["family-support"])[0].id
    marian.send("/desk/pods-and-duty", f"/desk/pods-and-duty/pods/{pod}/people", {"person": place.id("reece")})
    assert not holds(reece, tarnley)
    assert change(marian, tarnley, "pods", {"pod": pod}).status_code == 303
    assert holds(reece, tarnley)
    assert ("Reece", "pod") in who_reads(place, tarnley)
    place.clock.pass_by(minutes=5)
    change(marian, tarnley, "pods", {"pod": pod, "off": "yes"})
    assert [one["casefile"] for one in reece.pull()["removed"]] == [tarnley]


def test_duty_reads_the_teams_families_for_its_time_and_no_private_section(
    place: Harrowmere, marian: Browser, tarnley: str
) -> None:
    place.add("dan", "keyworker", "other")
    dan = phone(place, "dan")
    private = section(place, marian, tarnley, ["ama"])
    now = place.clock()
    form = {"person": place.id("dan"), "from": f"{now:%Y-%m-%dT%H:%M}", "until": f"{now + timedelta(hours=8):%Y-%m-%dT%H:%M}"}
    assert marian.send("/desk/pods-and-duty", "/desk/pods-and-duty/family-support/duty", form).status_code == 303
    assert holds(dan, tarnley)
    assert private not in dan.cursors
    assert "Dan Now" in words_of(marian.get("/desk/pods-and-duty"))
    place.clock.pass_by(hours=9)
    assert [one["casefile"] for one in dan.pull()["removed"]] == [tarnley]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"person": "REECE", "from": "", "until": ""}, "Enter a day and a time"),
        ({"person": "", "from": "2026-11-24T09:00", "until": "2026-11-24T17:00"}, "Choose who"),
        ({"person": "ORLA", "from": "2026-11-24T09:00", "until": "2026-11-24T17:00"}, "Only keyworkers and supervisors"),
        ({"person": "REECE", "from": "2026-11-24T17:00", "until": "2026-11-24T09:00"}, "The end lies before the beginning"),
        ({"person": "REECE", "from": "2026-11-24T09:00", "until": "2027-01-24T09:00"}, "31 days at most"),
    ],
)
def test_duty_that_cannot_be_is_refused_in_words(place: Harrowmere, marian: Browser, form: dict[str, str], said: str) -> None:
    ids = {name.upper(): person.id for name, person in place.people.items()}
    answer = marian.send(
        "/desk/pods-and-duty", "/desk/pods-and-duty/family-support/duty", form | {"person": ids.get(form["person"], "")}
    )
    assert answer.status_code == 400
    assert said in words_of(answer)
    assert place.office.store.rotas.turns_for(["family-support"], "") == []


def test_administrators_arrange_duty_without_seeing_a_family(place: Harrowmere, tarnley: str) -> None:
    admin = place.signed_in("admin")
    page = admin.get("/desk/pods-and-duty")
    assert "Family support" in words_of(page)
    assert "Another team" in words_of(page)
    assert "Tarnley" not in page.text


def test_auditor_reads_until_the_day_and_every_view_is_written_down(place: Harrowmere, marian: Browser, tarnley: str) -> None:
    orla = place.signed_in("orla")
    orla.get("/desk/families")
    orla.get(f"/desk/families/{tarnley}")
    assert (place.id("orla"), "", "") in place.audited("list read")
    assert (place.id("orla"), tarnley, "") in place.audited("read")
    form = {"person": place.id("orla"), "until": "2026-11-24"}
    assert marian.send("/desk/pods-and-duty", "/desk/pods-and-duty/family-support/auditors", form).status_code == 303
    place.clock.pass_by(days=1)
    assert place.signed_in("orla").get(f"/desk/families/{tarnley}").status_code == 200
    place.clock.pass_by(days=1)
    assert place.signed_in("orla").get(f"/desk/families/{tarnley}").status_code == 404


def test_supervisor_puts_a_family_of_their_team_on_their_own_phone_and_takes_it_off_again(
    place: Harrowmere, ama: Handset, tarnley: str
) -> None:
    handset = phone(place, "marian")
    place.clock.pass_by(minutes=1)
    marian, page = place.signed_in("marian"), f"/desk/families/{tarnley}/readers"
    assert not holds(handset, tarnley)
    assert "On your phone: no." in words_of(marian.get(page))

    # When she puts it there
    answer = change(marian, tarnley, "phone", {})
    assert answer.status_code == 303
    assert "Your phone fetches the record" in words_of(marian.get(answer.location))
    assert {way for name, way in who_reads(place, tarnley) if name == "Marian"} == {"team", "phone"}

    # Then it is there, her colleagues see since when, and it is not put there twice
    assert holds(handset, tarnley)
    shown = words_of(place.signed_in("jos").get(page))
    assert "Marian Holt-Vane put it on their own phone" in shown
    assert "Marian Holt-Vane Supervisor On their own phone as well" in shown
    assert "You have no phone set up. On one you set up later: no." in shown
    again = change(marian, tarnley, "phone", {})
    assert (again.status_code, "on your phone already" in words_of(again)) == (400, True)

    # When she takes it off
    place.clock.pass_by(minutes=1)
    assert "Take it off my phone" in marian.get(page).text
    answer = change(marian, tarnley, "phone", {"off": "yes"})
    assert "Your phone drops the record" in words_of(marian.get(answer.location))

    # Then it is told to go, and she reads it at the desk as before
    assert handset.pull()["removed"] == [{"casefile": tarnley, "reason": "ended"}]
    assert marian.get(f"/desk/families/{tarnley}").status_code == 200
    again = change(marian, tarnley, "phone", {"off": "yes"})
    assert (again.status_code, "there is nothing to take off" in words_of(again)) == (400, True)
    assert "Marian Holt-Vane took it off their own phone" in words_of(marian.get(page))
    assert list(verifying.verify(place.office.store, place.office.keys)) == []


def names_marian(place: Harrowmere, casefile: str, *, days: int = 0) -> None:
    """Has a colleague of hers name her, from a day to come or at once."""
    here, now = place.office, place.clock()
    leaves.name(
        here.store, here.keys, place.people["jos"], casefile, place.id("marian"), from_at=stamp(now + timedelta(days=days)),
        until_at=stamp(now + timedelta(days=60)), reason="Covers Ama", now=now,
    )  # fmt: skip


def shares_with_marian(place: Harrowmere, casefile: str) -> None:
    here, marian = place.office, place.people["marian"]
    pod = rotas.add_pod(here.store, here.keys, marian, "family-support", "North", place.clock())
    rotas.join_pod(here.store, here.keys, marian, pod, marian.id, place.clock())
    leaves.share_with_pod(here.store, here.keys, marian, casefile, pod, is_shared=True, now=place.clock())


def put_on_duty(place: Harrowmere, casefile: str) -> None:
    here, now = place.office, place.clock()
    rotas.add_turn(
        here.store, here.keys, place.people["marian"], "family-support", place.id("marian"), stamp(now), stamp(now + timedelta(hours=8)), now
    )  # fmt: skip


@pytest.mark.parametrize("is_first", [True, False], ids=["put there first", "never put there"])
@pytest.mark.parametrize(
    ("decides", "said"),
    [(names_marian, "named here"), (shares_with_marian, "in a pod that shares it"), (put_on_duty, "on duty for its team")],
)
def test_what_somebody_decided_is_not_ended_by_a_supervisor_at_the_button_about_her_phone(
    place: Harrowmere, ama: Handset, tarnley: str, decides: Callable[[Harrowmere, str], None], said: str, *, is_first: bool
) -> None:
    handset = phone(place, "marian")
    place.clock.pass_by(minutes=1)
    marian, page = place.signed_in("marian"), f"/desk/families/{tarnley}/readers"
    if is_first:
        assert change(marian, tarnley, "phone", {}).status_code == 303
    decides(place, tarnley)
    place.clock.pass_by(minutes=1)
    before = {each for each in who_reads(place, tarnley) if each[0] == "Marian"}
    assert f"On your phone: yes, because you are {said}." in words_of(marian.get(page))
    assert "on my phone" not in marian.get(page).text
    assert "off my phone" not in marian.get(page).text
    for form in ({}, {"off": "yes"}):
        answer = change(marian, tarnley, "phone", form)
        assert (answer.status_code, "Your phone holds this record because" in words_of(answer)) == (400, True)
    assert {each for each in who_reads(place, tarnley) if each[0] == "Marian"} == before
    assert holds(handset, tarnley)


def test_naming_from_a_later_day_stays_when_the_supervisor_takes_the_family_off_her_phone_before(
    place: Harrowmere, tarnley: str
) -> None:
    place.clock.pass_by(minutes=1)
    names_marian(place, tarnley, days=7)
    marian = place.signed_in("marian")
    for form in ({}, {"off": "yes"}):
        assert change(marian, tarnley, "phone", form).status_code == 303
        place.clock.pass_by(minutes=1)
    place.clock.pass_by(days=8)
    assert ("Marian", "named") in who_reads(place, tarnley)


def test_ending_a_naming_and_taking_a_family_off_a_phone_are_two_things(place: Harrowmere, tarnley: str) -> None:
    handset = phone(place, "marian")
    place.clock.pass_by(minutes=1)
    marian, jos = place.signed_in("marian"), place.signed_in("jos")
    change(marian, tarnley, "phone", {})
    # A mark is no naming that a colleague could end, and one that comes beside it ends for itself.
    ended = {"person": place.id("marian"), "text-why-end": "Not hers"}
    assert change(jos, tarnley, "readers/end", ended).status_code == 400
    place.clock.pass_by(minutes=1)
    names_marian(place, tarnley)
    place.clock.pass_by(minutes=1)
    assert change(jos, tarnley, "readers/end", ended).status_code == 303
    assert {way for name, way in who_reads(place, tarnley) if name == "Marian"} == {"team", "phone"}
    assert "On your phone: yes, you put it there." in words_of(marian.get(f"/desk/families/{tarnley}/readers"))
    assert holds(handset, tarnley)


def test_family_whose_keyworker_has_gone_shows_so_although_a_supervisor_has_it_on_her_phone(
    place: Harrowmere, tarnley: str
) -> None:
    place.clock.pass_by(minutes=1)
    marian = place.signed_in("marian")
    change(marian, tarnley, "readers/end", {"person": place.id("ama"), "text-why-end": "Left"})
    change(marian, tarnley, "phone", {})
    assert ("Marian", "phone") in who_reads(place, tarnley)
    assert "Nobody named" in words_of(marian.get("/desk/families"))
    assert "Nobody is named." in words_of(marian.get(f"/desk/families/{tarnley}"))


def moves(place: Harrowmere, who: str, role: str, team: str) -> None:
    here = place.office
    if "second" not in place.people:
        place.add("second", "administrator", None)
    accounts.change(
        here.store, here.keys, place.people["second"], place.id(who), role, team, place.clock(), asked_by=place.people["admin"].id
    )


def gives_away(place: Harrowmere, casefile: str, by: str, team: str) -> None:
    here = place.office
    leaves.transfer(
        here.store, here.keys, place.people[by], casefile, team, keyworker=None, keep=True, reason="Moved", now=place.clock()
    )


ENDS = {
    "she goes to another team": (
        lambda place, _: moves(place, "marian", "supervisor", "other"),
        lambda place, _: moves(place, "marian", "supervisor", "family-support"),
    ),
    "she is a keyworker meanwhile": (
        lambda place, _: moves(place, "marian", "keyworker", "family-support"),
        lambda place, _: moves(place, "marian", "supervisor", "family-support"),
    ),
    "the family goes to another team": (
        lambda place, casefile: gives_away(place, casefile, "marian", "other"),
        lambda place, casefile: gives_away(place, casefile, "olive", "family-support"),
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_family_on_a_supervisors_phone_goes_with_her_answering_for_it_and_does_not_come_back(
    place: Harrowmere, tarnley: str, how: str
) -> None:
    goes, comes_back = ENDS[how]
    place.add("olive", "supervisor", "other")
    handset = phone(place, "marian")
    place.clock.pass_by(minutes=1)
    assert change(place.signed_in("marian"), tarnley, "phone", {}).status_code == 303
    assert holds(handset, tarnley)

    # When she does not answer for it any more
    place.clock.pass_by(minutes=1)
    goes(place, tarnley)

    # Then she reads and steers nothing, and her phone gives it up
    who = "olive" if how.startswith("the family") else "jos"
    assert "Marian" not in {name for name, _ in who_reads(place, tarnley, who)}
    assert handset.pull()["removed"] == [{"casefile": tarnley, "reason": "ended"}]
    del handset.cursors[tarnley]
    if how != "she is a keyworker meanwhile":
        assert place.signed_in("marian").get(f"/desk/families/{tarnley}/readers").status_code == 404

    # And coming back she reads it again, at the desk
    place.clock.pass_by(minutes=1)
    comes_back(place, tarnley)
    assert {way for name, way in who_reads(place, tarnley) if name == "Marian"} == {"team"}
    assert not holds(handset, tarnley)


def test_supervisor_who_reads_only_as_somebody_named_does_not_lose_it_by_taking_it_off_their_phone(
    place: Harrowmere, marian: Browser, tarnley: str
) -> None:
    place.add("olive", "supervisor", "other")
    phone(place, "olive")
    place.clock.pass_by(minutes=1)
    assert change(marian, tarnley, "readers", {"person": place.id("olive"), "text-why-name": "Covers"}).status_code == 303
    olive = place.signed_in("olive")
    page = olive.get(f"/desk/families/{tarnley}/readers")
    assert "On your phone: yes, because you are named here" in words_of(page)
    assert "my phone" not in page.text
    answer = change(olive, tarnley, "phone", {"off": "yes"})
    assert (answer.status_code, "Your phone holds this record because" in words_of(answer)) == (400, True)
    assert olive.get(f"/desk/families/{tarnley}").status_code == 200


def test_nothing_is_said_of_a_phone_about_a_private_section_that_waits_to_be_confirmed(
    place: Harrowmere, marian: Browser, tarnley: str
) -> None:
    private = section(place, marian, tarnley, ["ama"])
    handset = phone(place, "marian")
    page = f"/desk/families/{private}/readers"
    place.clock.pass_by(minutes=1)
    assert "On your phone: yes, because you are named here." in words_of(place.signed_in("marian").get(page))
    with place.office.store.writing() as tx:
        tx.settings.put(RESTORED_AT, stamp(place.clock()))
    place.clock.pass_by(minutes=1)
    marian = place.signed_in("marian")
    assert "On your phone" not in words_of(marian.get(page))
    assert handset.pull()["casefiles"] == []
    assert change(marian, private, "confirm", {}).status_code == 303
    assert "On your phone: yes, because you are named here." in words_of(marian.get(page))
    assert change(marian, private, "phone", {}).status_code == 400


def test_auditor_is_told_nothing_of_a_phone(place: Harrowmere, tarnley: str) -> None:
    assert "On your phone" not in words_of(place.signed_in("orla").get(f"/desk/families/{tarnley}/readers"))


def test_hostile_names_and_reasons_are_shown_as_text(place: Harrowmere, marian: Browser, tarnley: str) -> None:
    evil = "<img src=x onerror=alert(1)>"
    private = section(place, marian, tarnley, ["ama"], title=evil)
    change(marian, private, "readers", {"person": place.id("jos"), "text-why-name": evil})
    marian.send("/desk/pods-and-duty", "/desk/pods-and-duty/family-support/pods", {"text-pod": evil})
    for address in (f"/desk/families/{private}/readers", f"/desk/families/{tarnley}", "/desk/pods-and-duty"):
        page = marian.get(address).text
        assert "<img" not in page
        assert "&lt;img" in page


def test_ids_on_the_page_are_each_once(place: Harrowmere, marian: Browser, tarnley: str) -> None:
    private = section(place, marian, tarnley, ["ama"], ["reece"])
    for casefile in (tarnley, private):
        ids = re.findall(r'\sid="([^"]+)"', marian.get(f"/desk/families/{casefile}/readers").text)
        assert len(ids) == len(set(ids))
