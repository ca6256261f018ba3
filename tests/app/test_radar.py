"""Unsent work as the office sees it: what waits where, what is missing, which phone lost its notes, two phones that are one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from fieldapp.keys import hash_text
from tests.app.harrowmere import VISIT, Browser, Harrowmere, words_of
from tests.app.phone import Handset, phone

NOTE: dict[str, Any] = {**VISIT, "seen_and_heard": "The back door was off its hinges."}


def page_of(handset: Handset) -> str:
    return f"/desk/phones/{handset.device}"


def opened(handset: Handset, **more: Any) -> str:
    opening = handset.opening(**more)
    assert handset.push(opening)[0]["status"] == "stored"
    return opening.casefile


def looks_into(browser: Browser, handset: Handset, done: str, saw: str | None = None) -> TestResponse:
    page = page_of(handset)
    if saw is None:
        found = re.search(r'name="saw" value="([^"]*)"', browser.get(page).text)
        assert found is not None
        saw = found[1]
    return browser.send(page, f"{page}/looked-into", {"text-done": done, "saw": saw})


def says(
    browser: Browser, handset: Handset, status: str, why: str = "She has it in her hand.", was: str | None = None
) -> TestResponse:
    """Says what a phone is, looking at its page as it is now, or as it `was`."""
    page = page_of(handset)
    if was is None:
        found = re.search(r'name="was" value="([^"]*)"', browser.get(page).text)
        assert found is not None
        was = found[1]
    return browser.send(page, f"{page}/status", {"status": status, "text-why": why, "was": was})


def test_what_waits_on_a_phone_is_told_with_since_when(ama: Handset, place: Harrowmere) -> None:
    ama.hello(digest=True, waiting={"count": 3, "oldest_at": "2026-11-20T08:00:00.000Z"})
    place.clock.pass_by(hours=5)
    marian = place.signed_in("marian")
    board = marian.get("/desk/board")
    assert "Ama Lindqvist’s phone: 3 items wait" in words_of(board)
    assert "Since Fri 20 Nov, 08:00" in words_of(board)
    assert page_of(ama) in board.text
    assert "3 items, the oldest since Fri 20 Nov, 08:00, 3 days ago" in words_of(marian.get(page_of(ama)))


def test_gap_in_a_phones_own_chain_names_device_and_age_and_no_family(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    missing, later = ama.write(casefile, NOTE), ama.write(casefile, NOTE)
    ama.push(later)
    place.clock.pass_by(days=2)
    marian = place.signed_in("marian")
    assert "Ama Lindqvist’s phone: 1 item has not come, though later ones have" in words_of(marian.get("/desk/board"))
    page = words_of(marian.get(page_of(ama)))
    assert "1 item has not come, though later ones have. A later one came Mon 23 Nov, 09:31, 2 days ago" in page
    assert "Tarnley" not in page
    ama.push(missing)
    assert "To look into Nothing." in words_of(marian.get(page_of(ama)))


def test_gap_leaves_the_board_when_somebody_has_looked_into_it_and_a_new_one_comes_back(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    ama.write(casefile, NOTE)
    ama.push(ama.write(casefile, NOTE))
    marian = place.signed_in("marian")
    assert looks_into(marian, ama, "").status_code == 400
    assert looks_into(marian, ama, "Rang Ama", saw="").status_code == 409
    assert looks_into(marian, ama, "Rang Ama: it was written again.").status_code == 303
    assert "has not come" not in words_of(marian.get("/desk/board"))
    page = words_of(marian.get(page_of(ama)))
    assert "Items that had not come: looked into by Marian Holt-Vane" in page
    row = next(row for row in place.office.store.audit.all() if row.what == "phone looked into")
    assert row.detail is not None
    assert json.loads(place.office.keys.open_secret("phone", row.detail))["why"] == "Rang Ama: it was written again."
    ama.write(casefile, NOTE)
    ama.push(ama.write(casefile, NOTE))
    assert "1 item has not come" in words_of(marian.get("/desk/board"))


def test_phone_lost_its_notes_when_it_greets_behind_what_the_office_has(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    ama.push(*(ama.write(casefile, NOTE) for _ in range(4)))
    ama.hello(digest=True, waiting={"count": 2, "oldest_at": "2026-11-22T08:00:00.000Z"})
    heads = (ama.n, ama.last)
    ama.n, ama.last = 0, ""
    place.clock.pass_by(hours=1)
    ama.hello(digest=True)
    ama.n, ama.last = heads
    ama.hello(digest=True)

    marian = place.signed_in("marian")
    assert "Ama Lindqvist’s phone: it lost its notes" in words_of(marian.get("/desk/board"))
    page = words_of(marian.get(page_of(ama)))
    assert "2 items waited on it, the oldest since Sun 22 Nov, 08:00" in page
    assert looks_into(marian, ama, "Rang Ama; she writes both again.").status_code == 303
    assert "lost its notes" not in words_of(marian.get("/desk/board"))
    assert "Lost notes: looked into by Marian Holt-Vane" in words_of(marian.get(page_of(ama)))

    ama.n, ama.last = 0, ""
    ama.hello(digest=True)
    assert "lost its notes" in words_of(marian.get("/desk/board")), "the same loss once more is news"


def test_phone_lost_its_notes_when_it_is_set_up_again_and_no_words_were_forgotten(ama: Handset, place: Harrowmere) -> None:
    ama.push(ama.opening())
    ama.hello(digest=True, waiting={"count": 1, "oldest_at": "2026-11-22T08:00:00.000Z"})
    again = Handset(place, "ama", ama.client).set_up()
    assert again.device == ama.device
    assert "lost its notes" in words_of(place.signed_in("marian").get(page_of(ama)))


def test_what_waits_in_the_browser_stays_on_the_board_when_the_app_was_set_up_beside_it(ama: Handset, place: Harrowmere) -> None:
    # Given notes that wait in a browser, and the same phone's home-screen app with a store of its own, as after the browser was cleared
    casefile = opened(ama)
    notes = [ama.write(casefile, {**NOTE, "n": n}) for n in range(2)]
    ama.hello(digest=True, waiting={"count": 2, "oldest_at": "2026-11-23T08:00:00.000Z"})
    app = phone(place, "ama")
    assert app.device != ama.device
    own = app.write(casefile, NOTE)
    assert app.push(own)[0]["status"] == "stored"

    # When only the app is used, with nothing waiting in it, then it hears of the other, by its owner's key alone
    assert "elsewhere" not in app.hello(digest=True), "whoever uses both is told nothing"
    heard = place.office.store.signers.device(ama.device)
    assert heard is not None
    place.clock.pass_by(days=3)
    assert "elsewhere" not in app.hello()
    assert app.hello(digest=True)["elsewhere"] == {"count": 2, "seen_at": heard.seen_at}
    assert "elsewhere" not in phone(place, "reece").hello(digest=True)
    marian = place.signed_in("marian")

    # Then the board goes on naming the one where two wait, and since when, and calls neither copied nor emptied
    board = marian.get("/desk/board")
    assert "Ama Lindqvist’s phone: 2 items wait" in words_of(board)
    assert page_of(ama) in board.text
    assert page_of(app) not in board.text
    for each in (ama, app):
        page = words_of(marian.get(page_of(each)))
        assert "lost its notes" not in page
        assert "Two phones" not in page

    # When the browser is opened again, then what waited there is placed beside the rest, and the app reads it
    assert {each["status"] for each in ama.push(*notes)} == {"stored"}
    ama.hello(digest=True)
    assert "items wait" not in words_of(marian.get("/desk/board"))
    assert "elsewhere" not in app.hello(digest=True)
    app.pull_all()
    assert {own.id, *(note.id for note in notes)} <= set(app.entries)


def test_nobody_hears_how_much_a_colleague_has_waiting_on_a_phone_they_share_or_used_to(ama: Handset, place: Harrowmere) -> None:
    # Given a phone of Ama's alone where one waits, and another that she opens later
    own = phone(place, "ama")
    waits = {"count": 1, "oldest_at": "2026-11-22T08:00:00.000Z"}
    ama.hello(digest=True, waiting=waits)
    place.clock.pass_by(days=1)
    assert own.hello(digest=True)["elsewhere"]["count"] == 1

    # When Reece sets it up too, and what waits there is his
    reece = Handset(place, "reece", ama.client).set_up()
    assert reece.device == ama.device
    reece.hello(digest=True, waiting=waits | {"count": 3})
    place.clock.pass_by(days=1)

    # Then Ama hears nothing of it, while she uses it and once her use of it has ended
    assert "elsewhere" not in own.hello(digest=True)
    marian = place.signed_in("marian")
    form = {"whose": ama.key.kid, "text-ended": "Has another."}
    assert marian.send(page_of(ama), f"{page_of(ama)}/people/end", form).status_code == 303
    reece.hello(digest=True, waiting=waits | {"count": 5})
    place.clock.pass_by(days=1)
    assert "elsewhere" not in own.hello(digest=True)
    # And Reece, who uses it alone now, hears it of a phone of his own
    assert phone(place, "reece").hello(digest=True).get("elsewhere", {}).get("count") == 5


def test_what_others_wrote_about_a_phone_is_not_shown_to_the_supervisor_whose_own_it_is(place: Harrowmere) -> None:
    # Given reasons that an administrator, a colleague and its owner wrote about a supervisor's own phone
    own = phone(place, "marian")
    page = page_of(own)
    written = {"admin": ("ok", "lost", "Suspected of passing things on."), "jos": ("lost", "ended", "Told me so.")}
    written["marian"] = ("ended", "lost", "Left on the bus.")
    for who, (was, status, why) in written.items():
        place.clock.pass_by(minutes=1)
        form = {"was": was, "status": status, "text-why": why}
        assert place.signed_in(who).send(page, f"{page}/status", form).status_code == 303

    # Then its owner reads what was said and by whom, and of the reasons only their own; a colleague reads them all
    place.clock.pass_by(minutes=1)
    read = words_of(place.signed_in("marian").get(page))
    assert "Reported lost: said by " in read
    assert "No longer used: said by " in read
    assert [why in read for _, _, why in written.values()] == [False, False, True]
    read = words_of(place.signed_in("jos").get(page))
    assert [why in read for _, _, why in written.values()] == [True, True, True]
    read = words_of(place.signed_in("admin").get(page))
    assert [why in read for _, _, why in written.values()] == [True, False, False]


def test_no_notes_were_lost_when_words_were_forgotten_or_a_colleague_joins(ama: Handset, place: Harrowmere) -> None:
    Handset(place, "ama", ama.client).set_up(replaces=ama.key.kid)
    Handset(place, "reece", ama.client).set_up()
    page = words_of(place.signed_in("marian").get(page_of(ama)))
    assert "Ama Lindqvist and Reece Oduya’s phone" in page
    assert "lost its notes" not in page


def test_stolen_cookie_hides_no_unsent_work_and_no_loss(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    ama.push(ama.write(casefile, NOTE))
    ama.hello(digest=True, waiting={"count": 3, "oldest_at": "2026-11-20T08:00:00.000Z"})
    store, heads = place.office.store, (ama.n, ama.last)
    before = store.signers.get(ama.key.kid)

    ama.n, ama.last = 0, ""
    ama.hello(waiting={"count": 0, "oldest_at": None}, keyset_n=9, removals_done=[casefile])
    ama.hello(waiting={"count": 1, "oldest_at": "2026-11-22T08:00:00.000Z"})

    device = store.signers.device(ama.device)
    assert device is not None
    assert (device.waiting, device.oldest_waiting_at) == (3, "2026-11-20T08:00:00.000Z")
    assert store.signers.get(ama.key.kid) == before
    assert store.alarms.of_device(ama.device) == []
    ama.hello(waiting={"count": 4, "oldest_at": "2026-11-19T08:00:00.000Z"})
    device = store.signers.device(ama.device)
    assert device is not None
    assert (device.waiting, device.oldest_waiting_at) == (4, "2026-11-19T08:00:00.000Z")
    ama.n, ama.last = heads
    ama.hello(digest=True)
    device = store.signers.device(ama.device)
    assert device is not None
    assert (device.waiting, device.oldest_waiting_at) == (0, None)


def test_a_signer_tells_only_of_itself_when_two_share_a_phone(ama: Handset, place: Harrowmere) -> None:
    reece = Handset(place, "reece", ama.client).set_up()
    opened(ama)
    heads = [{"kid": ama.key.kid, "n": 0, "id": ""}, {"kid": reece.key.kid, "n": 0, "id": ""}]
    reece.hello(digest=True, signers=heads)
    assert place.office.store.alarms.of_device(ama.device) == []


def test_phone_that_says_nothing_for_two_weeks_is_on_the_board(ama: Handset, place: Harrowmere) -> None:
    ama.hello(digest=True)
    place.clock.pass_by(days=13)
    assert "it has said nothing" not in words_of(place.signed_in("marian").get("/desk/board"))
    place.clock.pass_by(days=1)
    board = words_of(place.signed_in("marian").get("/desk/board"))
    assert "Ama Lindqvist’s phone: it has said nothing for a long time" in board
    assert "14 days ago" in board


def test_two_phones_that_are_one_are_explained_and_go_on_when_a_person_says_so(ama: Handset, place: Harrowmere) -> None:
    casefile = opened(ama)
    first = ama.write(casefile, NOTE)
    copy = ama.write(casefile, {**NOTE, "purpose": "from the copy"}, n=2, prev=first.id)
    after = ama.write(casefile, {**NOTE, "purpose": "after it was noticed"}, n=3, prev=first.id)
    assert [each.get("code") for each in ama.push(first, copy, after)] == [None, "clone", "clone"]
    marian = place.signed_in("marian")
    assert "Ama Lindqvist’s phone: two phones say they are this one" in words_of(marian.get("/desk/board"))
    page = words_of(marian.get(page_of(ama)))
    assert "it was copied, or put back from its own backup" in page
    assert page.count("Two phones say they are one ") == 2
    assert "To look into Nothing." in page, "what waits to be sorted is not missing"

    assert says(marian, ama, "cloned").status_code == 400
    assert says(marian, ama, "ok", " ").status_code == 400
    assert says(marian, ama, "ok").status_code == 303

    store = place.office.store
    assert store.entries.get(after.id) is not None, "only its phone was in its way"
    assert store.entries.get(copy.id) is None, "its number stands for another: a person reads it first"
    assert ama.hello(digest=True)["device"]["status"] == "ok"
    item = f"/desk/sorting/{hash_text(copy.envelope)}"
    assert "from the copy" in words_of(marian.get(item))
    assert marian.send(item, item, {"decision": "place", "text-why": "Ama wrote both."}).status_code == 303
    assert store.entries.get(copy.id) is not None
    assert ama.hello(digest=True)["device"]["status"] == "ok", "placing old news stops nobody"
    again = ama.write(casefile, NOTE, n=3, prev=first.id)
    assert ama.push(again)[0]["code"] == "clone"
    assert ama.hello()["device"]["status"] == "cloned"


def test_copied_phone_that_is_set_up_anew_sends_again_and_both_histories_are_kept(ama: Handset, place: Harrowmere) -> None:
    # Given a phone and its copy, each of which wrote a note under the same number
    casefile = opened(ama)
    copy = replace(ama)
    mine, theirs = ama.write(casefile, NOTE), copy.write(casefile, {**NOTE, "purpose": "from the copy"})
    assert [each.get("code") for each in (*ama.push(mine), *copy.push(theirs))] == [None, "clone"]

    # Then the office believes neither: nothing is fetched by either, and what they still send is kept for a person
    assert ama.hello()["device"]["status"] == "cloned"
    assert ama.proved("/pull", {"v": 1, "cursors": {}}).get_json()["error"] == "device"
    waiting = ama.write(casefile, NOTE)
    assert ama.push(waiting)[0]["code"] == "clone"

    # When its person sets it up anew, then it is another device with a signer of its own, whose notes are placed, and which reads
    place.clock.pass_by(minutes=1)
    anew = Handset(place, "ama", ama.client).set_up(replaces=ama.key.kid)
    assert anew.device != ama.device
    note = anew.write(casefile, NOTE)
    assert anew.push(note)[0]["status"] == "stored"
    anew.pull_all()
    assert {mine.id, note.id} <= set(anew.entries)
    assert anew.hello(digest=True)["device"]["status"] == "ok"

    # And both histories of the old one are kept to the byte, and a supervisor can place what the copy wrote
    for one in (theirs, waiting):
        kept = place.office.store.quarantine.get(hash_text(one.envelope))
        assert kept is not None
        assert kept.envelope == one.envelope
    marian = place.signed_in("marian")
    item = f"/desk/sorting/{hash_text(theirs.envelope)}"
    assert "from the copy" in words_of(marian.get(item))
    assert marian.send(item, item, {"decision": "place", "text-why": "Ama wrote both."}).status_code == 303
    anew.pull_all()
    assert {mine.id, note.id, theirs.id} <= set(anew.entries)
    again = anew.write(casefile, NOTE)
    assert anew.push(again)[0]["status"] == "stored", "what is said of the old one stops nobody on the new one"


def test_what_came_from_a_phone_reported_lost_by_mistake_is_placed_when_it_is_in_use_again(
    ama: Handset, place: Harrowmere
) -> None:
    casefile = opened(ama)
    admin = place.signed_in("admin")
    assert says(admin, ama, "lost", "Left on the bus").status_code == 303
    note = ama.write(casefile, NOTE)
    assert ama.push(note)[0]["code"] == "device_ended"
    assert says(admin, ama, "ok", "The driver handed it in").status_code == 303
    assert place.office.store.entries.get(note.id) is not None
    assert place.audited("device lost") == place.audited("device ok") == [(place.id("admin"), "", "")]


@pytest.mark.parametrize("status", ["lost", "cloned"])
def test_nobody_says_of_their_own_phone_that_it_is_in_use_again(place: Harrowmere, status: str) -> None:
    # Given a supervisor's own phone that is believed no more, and what came from it since
    own = phone(place, "marian")
    casefile = opened(own)
    with place.office.store.writing() as tx:
        tx.signers.set_device_status(own.device, status)
    note = own.write(casefile, NOTE)
    own.push(note)
    place.clock.pass_by(minutes=1)

    # Then she cannot free her own words; a colleague can
    marian = place.signed_in("marian")
    assert "It is in use, and there is only one" not in words_of(marian.get(page_of(own)))
    assert "This is your own phone, so somebody else says whether it is in use again" in words_of(marian.get(page_of(own)))
    answer = says(marian, own, "ok", "I have it <b>here")
    assert answer.status_code == 409
    assert "I have it &lt;b&gt;here" in answer.text, "what was typed is still there"
    assert place.office.store.entries.get(note.id) is None
    assert says(place.signed_in("admin"), own, "ok").status_code == 303
    assert place.office.store.entries.get(note.id) is not None


def test_nobody_says_of_what_is_missing_from_their_own_phone_that_it_was_looked_into(place: Harrowmere) -> None:
    own = phone(place, "marian")
    casefile = opened(own)
    own.write(casefile, NOTE)
    own.push(own.write(casefile, NOTE))
    place.clock.pass_by(minutes=1)
    marian, jos = place.signed_in("marian"), place.signed_in("jos")
    page = words_of(marian.get(page_of(own)))
    assert "1 item has not come" in page
    assert "somebody else looks into this" in page
    assert "I have looked into it" not in page
    saw = re.search(r'name="saw" value="([^"]*)"', jos.get(page_of(own)).text)
    assert saw is not None
    answer = looks_into(marian, own, "It was <b>nothing", saw=saw[1])
    assert answer.status_code == 409
    assert "It was &lt;b&gt;nothing" in answer.text, "what was typed is still there"
    assert "1 item has not come" in words_of(jos.get("/desk/board"))
    assert looks_into(jos, own, "Asked Marian").status_code == 303
    assert "has not come" not in words_of(jos.get("/desk/board"))


def test_anybody_says_of_their_own_phone_that_it_is_lost(place: Harrowmere) -> None:
    own = phone(place, "marian")
    place.clock.pass_by(minutes=1)
    assert says(place.signed_in("marian"), own, "lost").status_code == 303


def test_a_phone_reported_lost_stays_lost_when_somebody_decides_on_an_older_page(ama: Handset, place: Harrowmere) -> None:
    with place.office.store.writing() as tx:
        tx.signers.set_device_status(ama.device, "cloned")
    assert says(place.signed_in("admin"), ama, "lost", "Stolen from the car").status_code == 303
    answer = says(place.signed_in("marian"), ama, "ok", "It is <b>hers</b>", was="cloned")
    assert answer.status_code == 409
    assert "Somebody else said meanwhile" in words_of(answer)
    assert "It is &lt;b&gt;hers" in answer.text, "what was typed is still there, as text"
    device = place.office.store.signers.device(ama.device)
    assert device is not None
    assert device.status == "lost"
    assert place.audited("device ok") == []


@pytest.mark.parametrize(("who", "status"), [("marian", 200), ("admin", 200), ("noor", 404), ("orla", 404)])
def test_a_phone_is_for_administrators_and_its_peoples_supervisors(
    ama: Handset, place: Harrowmere, who: str, status: int
) -> None:
    place.add("noor", "supervisor", "other")
    browser = place.signed_in(who)
    assert browser.get(page_of(ama)).status_code == status
    for form, to in (({"text-done": "x", "saw": ""}, "looked-into"), ({"status": "lost", "text-why": "x"}, "status")):
        if status == 404:
            token = re.search(r'name="form_token" value="([^"]*)"', browser.get("/desk/families").text)
            assert token is not None
            answer = browser.client.post(f"{page_of(ama)}/{to}", data={"form_token": token[1], **form})
            assert answer.status_code == 404
    device = place.office.store.signers.device(ama.device)
    assert device is not None
    assert device.status == "ok"
