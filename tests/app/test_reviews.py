"""Reading and reviewing at the desk: who may, what is signed, what is written down, what stays hidden."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fieldapp import people, records, store, summaries
from fieldapp.epoch import EpochFile
from fieldapp.keys import verify_jws
from fieldapp.oversight import Comment
from fieldapp.placing import read_kept
from fieldapp.store.copying import copy
from fieldapp.web.office import put_office
from sync import wire
from sync.entry import read_body, read_header
from tests.app import harrowmere
from tests.app.harrowmere import VISIT, Harrowmere, words_of


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    return harrowmere.make(tmp_path)


@pytest.fixture
def tarnley(office: Harrowmere) -> str:
    casefile = office.open_casefile("ama", "Tarnley")
    office.write("ama", "family", casefile, FAMILY)
    return casefile


FAMILY: dict[str, Any] = {
    "name_shown": "Tarnley", "programme": "staying-together@1", "status": "active", "started_on": "2026-11-01",
    "people": [
        {"id": "dawn", "name": "Dawn O’Tarnley", "group": "adult", "relation": "mother"},
        {"id": "kay", "name": "Kayleigh", "group": "child", "relation": "daughter", "birth": "known", "born_on": "2012-02-29"},
        {"id": "jay", "name": "Jayden", "group": "child", "relation": "son", "birth": "unknown"},
        {"id": "bump", "name": "Baby", "group": "unborn", "relation": "unborn", "birth": "due", "due_on": "2027-01-09"},
    ],
}  # fmt: skip


def entry_of(office: Harrowmere, id: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    here = office.office
    row = here.store.entries.get(id)
    assert row is not None
    casefile = here.store.casefiles.get(row.casefile)
    assert casefile is not None
    kept = read_kept(here.keys.casefile(casefile.id, casefile.key), row)
    return dict(read_header(kept.header)), dict(read_body(kept.body)["fields"]), kept.jws


def test_a_note_is_signed_off_when_a_supervisor_who_had_no_hand_in_it_says_so(office: Harrowmere, tarnley: str) -> None:
    note = office.note("ama", tarnley)
    browser = office.signed_in("marian")
    answer = browser.review(note.record, "signed_off", "Thank you")
    assert answer.status_code == 303
    assert "Signed off" in words_of(browser.get(answer.location))
    review = office.office.store.entries.of_record(note.record)[-1]
    header, fields, jws = entry_of(office, review.id)
    assert (header["kind"], header["author"], header["parents"], header["device"]) == (
        "review",
        office.id("marian"),
        [note.id],
        "",
    )
    assert (fields["decision"], fields["covers"], fields["text"]) == ("signed_off", [note.id], "Thank you")
    desk = office.office.keys.ring(office.office.store).desk
    assert verify_jws(jws, "fieldapp-entry", desk.jwk)
    [row] = [row for row in office.office.store.audit.all() if row.what == "signed_off"]
    assert header["via"] == row.id
    assert "Signed off by Marian Holt-Vane" in words_of(browser.get(f"/desk/records/{note.record}"))


def test_a_question_can_be_anchored_to_an_answer(office: Harrowmere, tarnley: str) -> None:
    note = office.note("ama", tarnley)
    browser = office.signed_in("marian")
    answer = browser.review(
        note.record, "question", "", (("seen_and_heard", "Which door?"), ("workers_view", "What does it rest on?"))
    )
    assert answer.status_code == 303
    page = browser.get(f"/desk/records/{note.record}")
    assert "Which door?" in page.text
    assert "Sent back with a question" in words_of(page)
    _, fields, _ = entry_of(office, office.office.store.entries.of_record(note.record)[-1].id)
    assert [(one["field"], one["text"]) for one in fields["comments"]] == [
        ("seen_and_heard", "Which door?"),
        ("workers_view", "What does it rest on?"),
    ]


def test_the_answer_to_a_question_is_shown_word_by_word_and_comes_up_on_the_board(office: Harrowmere, tarnley: str) -> None:
    note = office.note("ama", tarnley)
    browser = office.signed_in("marian")
    browser.review(note.record, "question", "Which door?")
    assert "Waiting for an answer (1)" in words_of(browser.get("/desk/board"))
    office.clock.pass_by(minutes=20)
    added = {**VISIT, "seen_and_heard": "The kitchen door has a fresh split at hand height."}
    office.write("ama", "visit_note", tarnley, added, record=note.record, parents=(note.id,))
    assert "Questions answered (1)" in words_of(browser.get("/desk/board"))
    page = browser.get(f"/desk/records/{note.record}")
    assert '<del><span class="govuk-visually-hidden">[taken out: </span>hallway' in page.text
    assert '<ins><span class="govuk-visually-hidden">[added: </span>kitchen' in page.text
    assert "added later" in words_of(page)
    browser.review(note.record, "signed_off")
    assert "Questions answered (0)" in words_of(browser.get("/desk/board"))
    assert "added later" not in words_of(browser.get(f"/desk/records/{note.record}"))


@pytest.mark.parametrize("decision", ["signed_off", "question", "noted"])
def test_nobody_reviews_what_they_had_a_hand_in(office: Harrowmere, tarnley: str, decision: str) -> None:
    note = office.note("ama", tarnley)
    second = office.write(
        "marian", "visit_note", tarnley, {**VISIT, "strengths": "She came."}, record=note.record, parents=(note.id,)
    )
    third = office.write(
        "ama", "visit_note", tarnley, {**VISIT, "strengths": "They came."}, record=note.record, parents=(second.id,)
    )
    browser = office.signed_in("marian")
    page = browser.get(f"/desk/records/{note.record}")
    assert "You wrote some of this yourself" in words_of(page)
    assert "Send review" not in words_of(page)
    assert browser.review(note.record, decision, "Fine", heads=[third.id]).status_code == 400
    assert [row.kind for row in office.office.store.entries.of_record(note.record)] == ["visit_note"] * 3
    assert office.audited(decision) == []
    assert office.signed_in("jos").review(note.record, decision, "Fine").status_code == 303


@pytest.mark.parametrize("who", ["orla", "admin"])
def test_only_a_supervisor_reviews(office: Harrowmere, tarnley: str, who: str) -> None:
    note = office.note("ama", tarnley)
    browser = office.signed_in(who)
    token_page = {"orla": "/desk/families", "admin": "/desk/people/add"}[who]
    answer = browser.send(token_page, f"/desk/records/{note.record}/review", {"decision": "signed_off", "head": note.id})
    assert answer.status_code == 404
    with pytest.raises((records.MayNotReview, records.NotOpen)):
        records.review(
            office.office.store, office.office.keys, office.office.practice, office.people[who], note.record,
            saw=[note.id], decision="signed_off", text="", comments=[Comment("purpose", "x")], clock=office.clock,
        )  # fmt: skip
    assert len(office.office.store.entries.of_record(note.record)) == 1


def test_a_review_is_not_written_when_newer_words_came_while_it_was_typed(office: Harrowmere, tarnley: str) -> None:
    note = office.note("ama", tarnley)
    browser = office.signed_in("marian")
    browser.get(f"/desk/records/{note.record}")
    office.write("ama", "visit_note", tarnley, {**VISIT, "strengths": "Something new."}, record=note.record, parents=(note.id,))
    answer = browser.review(note.record, "signed_off", "I read <all> of it", heads=[note.id])
    assert answer.status_code == 409
    assert "While you were reading, a newer version arrived" in words_of(answer)
    assert "I read &lt;all&gt; of it" in answer.text
    assert "Something new." in words_of(answer)
    assert "added later" in words_of(answer)
    assert office.audited("signed_off") == []
    assert browser.review(note.record, "signed_off").status_code == 303


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"decision": ""}, "Choose what you want to do"),
        ({"decision": "approve"}, "Choose what you want to do"),
        ({"decision": "question", "text": "  "}, "Write your question"),
        ({"decision": "noted", "field": "purpose", "comment": " "}, "Write what you want to say about this answer"),
        ({"decision": "noted", "field": "", "comment": "Which?"}, "Choose the answer this comment is about"),
        ({"decision": "noted", "text": "x" * 20_001}, "This is longer than a review can be"),
    ],
)
def test_nothing_typed_is_lost_when_a_review_is_not_complete(
    office: Harrowmere, tarnley: str, form: dict[str, str], said: str
) -> None:
    note = office.note("ama", tarnley)
    browser = office.signed_in("marian")
    path = f"/desk/records/{note.record}"
    answer = browser.send(path, f"{path}/review", {"head": note.id, "text": "Kept <words>"} | form)
    assert answer.status_code == 400
    assert "There is a problem" in words_of(answer)
    assert said in words_of(answer)
    assert "Please check: Visit note" in answer.text
    if "text" not in form:
        assert "Kept &lt;words&gt;" in answer.text
    assert form.get("comment", "").strip() in answer.text
    assert len(office.office.store.entries.of_record(note.record)) == 1


def test_every_reading_is_written_down_once(office: Harrowmere, tarnley: str) -> None:
    note = office.note("ama", tarnley)
    browser = office.signed_in("orla")
    browser.get(f"/desk/families/{tarnley}")
    browser.get(f"/desk/records/{note.record}")
    assert office.audited("read") == [(office.id("orla"), tarnley, ""), (office.id("orla"), tarnley, note.record)]


def test_a_private_section_does_not_exist_for_those_not_named(office: Harrowmere, tarnley: str) -> None:
    office.note("ama", tarnley)
    private = office.open_casefile("ama", "Secret refuge", sort="restricted", readers=("jos",))
    hidden = office.note("ama", private, seen_and_heard="Canary at the refuge", anything_worrying="yes")
    marian, jos, orla = (office.signed_in(who) for who in ("marian", "jos", "orla"))
    before = [words_of(one.get(path)) for one in (marian, orla) for path in ("/desk/families",)]
    for one in (marian, orla):
        for path in (f"/desk/families/{private}", f"/desk/records/{hidden.record}"):
            answer = one.get(path)
            assert answer.status_code == 404
            assert words_of(answer) == words_of(one.get(path.rpartition("/")[0] + "/AAAAAAAAAAAAAAAAAAAAAA"))
        assert "Secret refuge" not in one.get("/desk/families").text
    board = marian.get("/desk/board").text
    assert "Secret refuge" not in board
    assert 'Safety answers <span class="desk-quiet">(0)' in board
    assert marian.review(hidden.record, "signed_off", heads=[hidden.id]).status_code == 404
    assert all("Secret" not in page for page in before)
    assert "Secret refuge" in jos.get("/desk/families").text
    assert "Canary at the refuge" in jos.get(f"/desk/records/{hidden.record}").text
    assert 'Safety answers <span class="desk-quiet">(1)' in jos.get("/desk/board").text
    assert all(casefile != private for person, casefile, _ in office.audited("read") if person != office.id("jos"))


def test_another_teams_family_does_not_exist_for_a_supervisor(office: Harrowmere) -> None:
    other = office.open_casefile("reece", "Velmire", team="other")
    browser = office.signed_in("marian")
    assert browser.get(f"/desk/families/{other}").status_code == 404
    assert "Velmire" not in browser.get("/desk/families").text


def test_a_practice_family_comes_up_on_no_board(office: Harrowmere) -> None:
    practice = office.open_casefile("ama", "Practice family", readers=("marian",), practice=True)
    office.note("ama", practice, anything_worrying="yes")
    browser = office.signed_in("marian")
    assert "Practice family" not in browser.get("/desk/board").text
    assert "Practice, not real" in words_of(browser.get("/desk/families"))


def test_the_board_brings_up_what_the_policy_asks_for(office: Harrowmere, tarnley: str) -> None:
    office.note(
        "ama",
        tarnley,
        anything_worrying="yes",
        risks=[],
        children_seen=[{"id": "s1", "person": "kay", "seen": "yes", "seen_alone": "no", "bedroom": "no"}],
    )
    office.note("ama", tarnley)
    board = words_of(office.signed_in("marian").get("/desk/board"))
    assert "Safety answers (1)" in board
    assert "To sign off (1)" in board
    assert "Children not seen (1)" in board
    assert "Jayden · Tarnley Not seen yet, 22 days after the work began" in board
    assert "Kayleigh" not in board


@pytest.mark.parametrize(("status", "listed"), [("active", True), ("closed", False), ("allocated", False)])
def test_a_child_is_unseen_only_while_the_programme_visits(office: Harrowmere, status: str, listed: bool) -> None:
    casefile = office.open_casefile("ama", "Tarnley")
    office.write("ama", "family", casefile, {**FAMILY, "status": status})
    assert ("Jayden" in words_of(office.signed_in("marian").get("/desk/board"))) is listed


def test_summaries_are_folded_again_when_a_release_shapes_them_otherwise(
    office: Harrowmere, tarnley: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.note("ama", tarnley)
    here = office.office
    assert summaries.refresh(here.store, here.keys, here.practice) == 3
    assert summaries.refresh(here.store, here.keys, here.practice) == 0
    monkeypatch.setattr(summaries, "SHAPE", f"{summaries.SHAPE} and another")
    assert summaries.refresh(here.store, here.keys, here.practice) == 3


@pytest.mark.parametrize("choice", ["Ama’s view, and Reece agrees", "Ama’s view", "Reece’s view"])
def test_two_versions_stand_as_two_cards_when_two_people_wrote_at_once(office: Harrowmere, tarnley: str, choice: str) -> None:
    first = office.note("ama", tarnley)
    hers, his = (
        office.write(who, "visit_note", tarnley, {**VISIT, "workers_view": view}, record=first.record, parents=(first.id,))
        for who, view in (("ama", "Ama’s view"), ("reece", "Reece’s view"))
    )
    marian = office.signed_in("marian")
    page = words_of(marian.get(f"/desk/records/{first.record}"))
    assert "Both stand until one of them chooses" in page
    assert "Ama’s view" in page
    assert "Reece’s view" in page
    assert "Two versions of this record stand beside each other" in page

    # When one of them has chosen
    office.clock.pass_by(minutes=20)
    one = {**VISIT, "workers_view": choice}
    office.write("ama", "visit_note", tarnley, one, record=first.record, parents=(hers.id, his.id))

    # Then one stands, and the supervisor sees who settled it, when, and out of what
    page = words_of(marian.get(f"/desk/records/{first.record}"))
    assert "Two versions of this record" not in page
    _, _, told = page.partition("There were two versions: ")
    between, _, chosen = told.partition(" Chosen or put together from them: ")
    both = ("Ama Lindqvist, Mon 23 Nov, 09:30 Ama’s view", "Reece Oduya, Mon 23 Nov, 09:30 Reece’s view")
    assert between in (" ".join(both), " ".join(reversed(both)))
    assert chosen.startswith(choice)
    assert "Version 4, Ama Lindqvist Happened Tue 17 Nov, 17:40 Written Mon 23 Nov, 09:50" in page


def test_family_page_shows_every_version_of_what_keeps_people_safe(office: Harrowmere) -> None:
    casefile = office.open_casefile("ama", "Tarnley")
    family = office.write("ama", "family", casefile, FAMILY | {"warning": "Dog in the yard"})
    jayden = next(one for one in FAMILY["people"] if one["name"] == "Jayden")
    others = [one for one in FAMILY["people"] if one is not jayden]
    for more in (
        {"warning": "Speak to Jos before any contact.", "safe_contact": "Ring Nan", "status": "closed"},
        {"safe_contact": "Never ring the house", "people": [*others, {**jayden, "relation": "nephew"}]},
        {"warning": "", "people": [*others, {**jayden, "relation": "stepson"}], "status": "crisis"},
    ):
        office.write(
            "ama",
            "family",
            casefile,
            {**FAMILY, "warning": "Dog in the yard", **more},
            record=family.record,
            parents=(family.id,),
        )
    said = words_of(office.signed_in("marian").get(f"/desk/families/{casefile}"))
    told = (
        "Speak to Jos before any contact.",
        "Go by all of it",
        "Ring Nan",
        "Never ring the house",
        "nephew",
        "stepson",
        "Ended",
        "Crisis",
    )
    assert [one for one in told if one not in said] == []
    assert said.count("Jayden Two versions") == 2
    assert "Kayleigh Two versions" not in said
    assert "Dog in the yard" not in said


def test_person_whose_versions_differ_elsewhere_has_one_line_on_the_family_page(office: Harrowmere) -> None:
    casefile = office.open_casefile("ama", "Tarnley")
    family = office.write("ama", "family", casefile, FAMILY)
    for phone in ("07700 900101", "07700 900102"):
        people = [{**one, "phone": phone} if one["id"] == "jay" else one for one in FAMILY["people"]]
        office.write("ama", "family", casefile, {**FAMILY, "people": people}, record=family.record, parents=(family.id,))
    assert words_of(office.signed_in("marian").get(f"/desk/families/{casefile}")).count("Jayden Two versions") == 1


def test_page_of_a_private_section_names_whom_only_the_familys_record_lists(office: Harrowmere, tarnley: str) -> None:
    private = office.open_casefile("ama", "For Jayden", sort="restricted", readers=("marian", "ama"))
    response = {"measure": "phq-9@1", "answered_by": "jay", "completed_on": "2026-11-16", "entry": "here", "scores": []}
    office.write("ama", "measure_response", private, response)
    said = words_of(office.signed_in("marian").get(f"/desk/families/{private}"))
    assert "Monday 16 November 2026 Jayden" in said


def test_goal_and_questionnaire_with_two_versions_say_so_on_the_family_page(office: Harrowmere, tarnley: str) -> None:
    goal = {"agreed_words": "One tea without shouting", "status": "active"}
    response = {"measure": "phq-9@1", "answered_by": "dawn", "completed_on": "2026-11-16", "entry": "here", "scores": []}
    marian = office.signed_in("marian")
    for kind, fields, name in (("goal", goal, "status"), ("measure_response", response, "no_score_reason")):
        first = office.write("ama", kind, tarnley, fields)
        counted = words_of(marian.get(f"/desk/families/{tarnley}")).count("Two versions")
        for value in ("achieved", "paused"):
            office.write("ama", kind, tarnley, {**fields, name: value}, record=first.record, parents=(first.id,))
        assert words_of(marian.get(f"/desk/families/{tarnley}")).count("Two versions") == counted + 1


def test_visit_that_did_not_happen_is_no_last_visit_and_nobody_is_seen_by_it(office: Harrowmere, tarnley: str) -> None:
    seen = [{"id": "s", "person": "jay", "seen": "yes", "seen_alone": "yes"}]
    office.note("ama", tarnley, contact_type="failed_visit", happened_on="2026-11-20", children_seen=seen)
    marian = office.signed_in("marian")
    assert "None yet" in words_of(marian.get("/desk/families"))
    assert "Jayden · Tarnley Not seen yet" in words_of(marian.get("/desk/board"))
    # One that did is, also where no child is listed
    office.note("ama", tarnley, happened_on="2026-11-17", children_seen=[])
    assert "Tue 17 Nov" in words_of(marian.get("/desk/families"))


def test_one_person_who_wrote_on_two_phones_is_not_told_of_as_two(office: Harrowmere, tarnley: str) -> None:
    first = office.write("ama", "visit_note", tarnley, VISIT)
    for view in ("The first phone’s view", "The second phone’s view"):
        note = {**VISIT, "workers_view": view}
        office.write("ama", "visit_note", tarnley, note, record=first.record, parents=(first.id,))
    marian = office.signed_in("marian")
    page = words_of(marian.get(f"/desk/records/{first.record}"))
    assert "Ama Lindqvist wrote two versions of this, perhaps on two phones. Each stands until somebody chooses." in page
    assert "Two people wrote" not in page


def test_rest_of_a_list_is_shown_with_the_versions_of_one_of_its_items(office: Harrowmere, tarnley: str) -> None:
    def present(**names: str) -> dict[str, Any]:
        return {**VISIT, "people_present": [{"id": id, "name": name} for id, name in names.items()]}

    first = office.write("ama", "visit_note", tarnley, present(a="Nan", b="Neighbour"))
    hers, his = (
        office.write(who, "visit_note", tarnley, present(a=nan, b="Neighbour"), record=first.record, parents=(first.id,))
        for who, nan in (("ama", "Nan Ivy"), ("reece", "Nan Joan"))
    )
    marian = office.signed_in("marian")
    page = words_of(marian.get(f"/desk/records/{first.record}"))
    _, _, told = page.partition("Who was there? ")
    assert "Two versions of this record stand beside each other" in page
    assert told.startswith("Neighbour Two people wrote this")
    assert all(name in told.partition("Versions")[0] for name in ("Nan Ivy", "Nan Joan"))

    # When somebody settles who she was, takes one out and adds another
    office.write(
        "ama", "visit_note", tarnley, present(a="Nan Joan", c="Stranger"), record=first.record, parents=(hers.id, his.id)
    )

    # Then the supervisor sees all three
    page = words_of(marian.get(f"/desk/records/{first.record}"))
    _, _, told = page.partition("There were two versions: ")
    between, _, chosen = told.partition(" Chosen or put together from them: ")
    assert all(name in between for name in ("Nan Ivy", "Nan Joan"))
    assert chosen.startswith("Nan Joan")
    assert "[taken out: Neighbour ]" in chosen
    assert "[added: Stranger ]" in chosen


def test_the_family_page_shows_who_works_with_them_goals_and_measures(office: Harrowmere, tarnley: str) -> None:
    goal = office.write(
        "ama",
        "goal",
        tarnley,
        {
            "agreed_words": "Let someone know where I am",
            "owner": "kay",
            "status": "active",
            "bottom_line": "no",
            "type": "safety",
        },
    )
    for on, value in (("2026-09-07", 2), ("2026-10-05", 4), ("2026-11-16", 6)):
        office.write(
            "ama",
            "rating",
            tarnley,
            {"goal": goal.record, "rater": "kay", "rater_name": "Kayleigh", "value": value, "rated_on": on},
        )
    for on, value, band in (("2026-09-07", 16, "Moderately severe"), ("2026-11-16", 9, "Mild")):
        response = {
            "measure": "phq-9@1",
            "answered_by": "dawn",
            "answered_by_name": "Dawn",
            "point": "mid",
            "mode": "alone",
            "completed_on": on,
            "entry": "here",
            "answers": {},
            "scores": [{"id": "total", "value": value, "band": band, "prorated": False, "missing": []}],
        }
        office.write("ama", "measure_response", tarnley, response)
    page = office.signed_in("marian").get(f"/desk/families/{tarnley}")
    said = words_of(page)
    assert "Let someone know where I am" in said
    assert "Kayleigh, 16 Nov: 6" in said
    assert "Clear change for the better" in said
    assert "Moderately severe" in said
    assert "Sat 29 Feb 2012" not in said
    assert "29 Feb 2012 (14)" in said
    assert "Expected Sat 9 Jan 2027" in said
    assert "Ama Lindqvist" in said


def test_a_version_changed_in_the_database_is_told_and_closes_no_other_page(office: Harrowmere, tarnley: str) -> None:
    note = office.note("ama", tarnley)
    second = office.write(
        "ama", "visit_note", tarnley, {**VISIT, "strengths": "They laughed."}, record=note.record, parents=(note.id,)
    )
    with office.office.store.writing() as tx:
        tx.entries._run("UPDATE entries SET sealed = zeroblob(300) WHERE id = ?", note.id)
    browser = office.signed_in("marian")
    page = words_of(browser.get(f"/desk/records/{note.record}"))
    assert "This version cannot be opened" in page
    assert "They laughed." in page
    assert second.id
    assert "Cannot be opened" in words_of(browser.get("/desk/board"))
    assert browser.get(f"/desk/families/{tarnley}").status_code == 200


def test_nobody_is_said_to_have_written_what_stood_before_a_version_that_can_no_longer_be_read() -> None:
    def version(id: str, parents: tuple[str, ...], fields: dict[str, Any] | None) -> records.Entry:
        at = "2026-11-20T10:00:00Z"
        return records.Entry(id, 1, "r", "plan", "plan.1", id, parents, at, at, "alone", fields, is_gone=fields is None)

    first = {"family_words": "One tea without shouting", "safety_plan": "Ring Nan"}
    third = {**first, "safety_plan": "Ring Nan first"}
    record = records.folded("r", [version("1", (), first), version("2", ("1",), None), version("3", ("2",), third)])
    assert record.befores(record.entries)["3"] == (first, {})
    assert [record.follows_unreadable(each) for each in record.entries] == [False, False, True]


def test_page_says_so_when_the_version_before_cannot_be_read_and_the_changes_may_be_its_writers(
    office: Harrowmere, tarnley: str
) -> None:
    note = office.note("ama", tarnley)
    second = office.write("ama", "visit_note", tarnley, {**VISIT, "strengths": "x"}, record=note.record, parents=(note.id,))
    changed = {**VISIT, "strengths": "They laughed."}
    office.write("reece", "visit_note", tarnley, changed, record=note.record, parents=(second.id,))
    marian = office.signed_in("marian")
    assert "The version before this one" not in words_of(marian.get(f"/desk/records/{note.record}"))
    with office.office.store.writing() as tx:
        tx.entries._run("UPDATE entries SET sealed = zeroblob(300) WHERE id = ?", second.id)
    page = words_of(marian.get(f"/desk/records/{note.record}"))
    assert "What changed The version before this one has not come yet, or can no longer be read." in page


def test_page_says_so_when_the_version_before_has_not_come_and_all_looks_like_the_next_writers(
    office: Harrowmere, tarnley: str
) -> None:
    note = office.note("ama", tarnley)
    changed = {**VISIT, "strengths": "They laughed."}
    office.write("reece", "visit_note", tarnley, changed, record=note.record, parents=("Q" * 43,))
    page = words_of(office.signed_in("marian").get(f"/desk/records/{note.record}"))
    assert "What changed The version before this one has not come yet" in page


def test_whoever_was_taken_out_of_the_family_stays_named_in_the_notes_about_them(office: Harrowmere) -> None:
    casefile = office.open_casefile("ama", "Tarnley")
    private = office.open_casefile("ama", "Tarnley, private section", sort="restricted", readers=("marian", "ama"))
    family = office.write("ama", "family", casefile, FAMILY)
    seen = [{"id": "s", "person": "jay", "seen": "yes", "seen_alone": "yes", "bedroom": "no"}]
    notes = [office.note("ama", each, children_seen=seen) for each in (casefile, private)]
    left = [one for one in FAMILY["people"] if one["id"] != "jay"]
    office.write("ama", "family", casefile, {**FAMILY, "people": left}, record=family.record, parents=(family.id,))
    marian = office.signed_in("marian")
    pages = [words_of(marian.get(f"/desk/records/{note.record}")) for note in notes]
    assert ["Child Jayden" in page for page in pages] == [True, True]
    assert "not listed" not in "".join(pages)


def test_rating_names_who_rated_when_they_are_nobody_of_the_family(office: Harrowmere, tarnley: str) -> None:
    rated = {"goal": "g", "rater": "who", "rater_name": "Mrs Hale, school", "value": 4, "rated_on": "2026-11-16"}
    rating = office.write("ama", "rating", tarnley, rated)
    assert "Who is rating? Mrs Hale, school" in words_of(office.signed_in("marian").get(f"/desk/records/{rating.record}"))


def test_lists_open_when_a_title_or_a_summary_was_changed_in_the_database(office: Harrowmere, tarnley: str) -> None:
    office.note("ama", tarnley, anything_worrying="yes")
    browser = office.signed_in("marian")
    browser.get("/desk/board")
    with office.office.store.writing() as tx:
        tx.records._run("UPDATE records SET summary_sealed = zeroblob(100)")
        tx.casefiles._run("UPDATE casefiles SET title_sealed = zeroblob(100)")
    for path in ("/desk/board", "/desk/families", f"/desk/families/{tarnley}"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "cannot be opened" in words_of(page)


def test_a_body_no_form_could_show_is_shown_raw(office: Harrowmere, tarnley: str) -> None:
    here = office.office
    note = office.note("ama", tarnley)
    row = here.store.entries.get(note.id)
    casefile = here.store.casefiles.get(tarnley)
    assert row is not None
    assert casefile is not None
    key = here.keys.casefile(tarnley, casefile.key)
    kept = read_kept(key, row)
    parts = wire.Parts(kept.header, b'{"salt":"x","fields":"<b>Not a form</b>"}', kept.slip)
    deflated = wire.deflate(wire.lay_parts(parts))
    data = key.open(row.id, row.sealed)[:97] + len(deflated).to_bytes(4) + deflated
    with here.store.writing() as tx:
        tx.entries._run("UPDATE entries SET sealed = ? WHERE id = ?", key.seal(row.id, data), note.id)
    page = office.signed_in("marian").get(f"/desk/records/{note.record}")
    assert "could not be read as a form" in page.text
    assert "&lt;b&gt;Not a form&lt;/b&gt;" in page.text


HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    '" onmouseover="x',
    "' OR 1=1 --",
    "‮evil",
    "\u0000\u0007",
    "a" * 5000,
    "=cmd()",
    "😀\u200d👩",
]


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_words_are_shown_as_words(office: Harrowmere, evil: str) -> None:
    casefile = office.open_casefile("ama", evil)
    office.write(
        "ama",
        "family",
        casefile,
        {
            **FAMILY,
            "name_shown": evil,
            "warning": evil,
            "people": [{"id": "x", "name": evil, "group": "child", "relation": evil}],
        },
    )
    note = office.note(
        "ama",
        casefile,
        seen_and_heard=evil,
        children_seen=[{"id": "s", "person": "x", "seen": "yes", "why_not_seen": evil}],
        unknown_field=evil,
    )
    browser = office.signed_in("marian")
    for path in ("/desk/board", "/desk/families", f"/desk/families/{casefile}", f"/desk/records/{note.record}"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "<script>alert(1)" not in page.text
        assert '" onmouseover="x' not in page.text
        assert evil not in page.text.partition("</title>")[0]
    assert browser.review(note.record, "question", evil, (("seen_and_heard", evil),)).status_code in {303, 400}
    assert browser.get(f"/desk/records/{note.record}").status_code == 200


ODD: list[object] = [
    None,
    7,
    "text",
    [],
    {},
    [None],
    [{"id": 5}],
    {"id": []},
    [[["deep"]]],
    True,
    -1,
    [{"id": "a", "person": ["x"], "name": 3}],
]


@pytest.mark.parametrize("odd", ODD)
def test_a_record_of_any_shape_is_shown_and_never_breaks_a_page(office: Harrowmere, odd: object) -> None:
    casefile = office.open_casefile("ama", "Odd")
    written = []
    for kind in ("family", "visit_note", "contact", "goal", "rating", "measure_response", "incident", "plan"):
        definition = office.office.practice.newest(kind)
        fields = {field.id: odd for section in definition.sections for field in section.fields}
        written.append(office.write("ama", kind, casefile, fields))
        written.append(office.write("ama", kind, casefile, {}, record=written[-1].record, parents=(written[-1].id,)))
    browser = office.signed_in("marian")
    for path in (
        "/desk/board",
        "/desk/families",
        f"/desk/families/{casefile}",
        *(f"/desk/records/{one.record}" for one in written[::2]),
    ):
        assert browser.get(path).status_code == 200
    browser.review(written[2].record, "question", "?")
    assert browser.get(f"/desk/records/{written[2].record}").status_code == 200


def test_a_questionnaire_bears_its_measures_title_on_every_page(office: Harrowmere, tarnley: str) -> None:
    fields = {"measure": "phq-9@1", "completed_on": "2026-11-20", "risk_shown": "yes"}
    written = office.write("ama", "measure_response", tarnley, fields)
    browser = office.signed_in("marian")
    for path in ("/desk/board", f"/desk/families/{tarnley}", f"/desk/records/{written.record}"):
        page = words_of(browser.get(path))
        assert "PHQ-9: low mood" in page
        assert "Questionnaire," not in page
    assert "PHQ-9: low mood, Fri 20 Nov" in words_of(browser.get("/desk/board"))


def test_a_sign_off_does_not_close_a_colleagues_question_that_came_while_reading(office: Harrowmere, tarnley: str) -> None:
    office.add("noor", "supervisor")
    note = office.note("ama", tarnley)
    marian, noor = office.signed_in("marian"), office.signed_in("noor")
    page = marian.get(f"/desk/records/{note.record}").text
    assert 'name="reviewed"' not in page
    noor.review(note.record, "question", "Which door?")
    form = {"decision": "signed_off", "text": "Fine by me", "head": [note.id]}
    answer = marian.send(f"/desk/records/{note.record}", f"/desk/records/{note.record}/review", form)
    assert answer.status_code == 409
    assert "a colleague reviewed this" in words_of(answer)
    assert "Which door?" in answer.text
    assert "Fine by me" in answer.text
    assert "Waiting for an answer (1)" in words_of(marian.get("/desk/board"))
    assert marian.review(note.record, "signed_off", "Fine by me").status_code == 303


def test_a_review_is_missed_when_the_database_is_put_back_by_hand(office: Harrowmere, tarnley: str, tmp_path: Path) -> None:
    # Given an office that notes beside its key how much it holds, and a copy of it from before a review
    beside = EpochFile(tmp_path / "office.key")
    put_office(office.app, replace(office.office, epoch_file=beside))
    note = office.note("ama", tarnley)
    assert beside.check(office.office.store, "2026-11-23T00:00:00.000Z") == 1
    copy(office.office.store.path, tmp_path / "before.db")

    office.signed_in("marian").review(note.record, "signed_off", "Thank you")

    before = store.open(tmp_path / "before.db")
    assert beside.check(before, "2026-11-23T00:00:00.000Z") == 2
    before.close()


def test_family_that_two_people_described_shows_both_descriptions(office: Harrowmere) -> None:
    casefile = office.open_casefile("ama", "Tarnley")
    hers = {**FAMILY, "warning": "Dog in the yard", "people": [{"id": "a", "name": "Dawn", "group": "adult"}]}
    his = {
        **FAMILY,
        "warning": "Speak to Jos before any contact.",
        "people": [{"id": "kay", "name": "Kayleigh", "group": "child"}],
    }
    # The smaller id is gone by
    written = (("ama", hers, "A" * 22), ("reece", his, "B" * 21 + "A"))
    records = [office.write(who, "family", casefile, fields, record=record).record for who, fields, record in written]
    seen = [{"id": "kay", "person": "kay", "seen": "no"}]
    note = office.note("ama", casefile, children_seen=seen, anything_worrying="yes")
    marian = office.signed_in("marian")
    page = marian.get(f"/desk/families/{casefile}")
    said = words_of(page)
    assert "Dog in the yard" in said
    assert "Speak to Jos before any contact." in said
    assert [f"/desk/records/{one}" in page.text for one in records] == [True, True]
    assert "described more than once" in said
    assert "Child Kayleigh" in words_of(marian.get(f"/desk/records/{note.record}"))
    board = words_of(marian.get("/desk/board"))
    assert "Kayleigh · Tarnley Speak to Jos before any contact. Not seen yet" in board
    assert "Two versions (1)" in board
    assert marian.review(records[1], "noted").status_code == 303
    assert "Two versions (0)" in words_of(marian.get("/desk/board"))


def test_family_is_shown_by_the_page_that_can_be_read_when_nothing_is_left_of_another(office: Harrowmere) -> None:
    casefile = office.open_casefile("ama", "Tarnley")
    gone = office.write("ama", "family", casefile, {**FAMILY, "home_language": "Welsh"}, record="A" * 22)
    kept = office.write("reece", "family", casefile, {**FAMILY, "home_language": "Romanian"}, record="B" * 21 + "A")
    with office.office.store.writing() as tx:
        tx.entries._run("UPDATE entries SET sealed = zeroblob(300) WHERE id = ?", gone.id)
    marian = office.signed_in("marian")
    page = marian.get(f"/desk/families/{casefile}")
    assert "Romanian" in words_of(page)
    assert f"/desk/records/{gone.record}" in page.text
    found = summaries._pages_in(briefs_of(office, casefile))
    assert [one.row.id for one in found] == [kept.record, gone.record]


def briefs_of(office: Harrowmere, casefile: str) -> list[summaries.Brief]:
    here = office.office
    summaries.refresh(here.store, here.keys, here.practice)
    row = here.store.casefiles.get(casefile)
    assert row is not None
    return summaries.briefs(here.store, here.keys, row)
