"""Changing one's own account, closing and changing other people's, and resets that take two people."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from fieldapp import accounts, leaves, people, rotas
from fieldapp.accounts import NotThisOne
from fieldapp.store.migrations import m009_who_vouched
from sync.entry import stamp
from tests.app import harrowmere
from tests.app.harrowmere import PASSWORD, Browser, Harrowmere, words_of
from tests.app.phone import Handset, phone

NEW = "kettle plum orbiting"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    people._nobodys_hash.cache_clear()
    return harrowmere.make(tmp_path)


def code_of(office: Harrowmere, who: str) -> str:
    """The next code of somebody's authenticator."""
    office.clock.pass_by(seconds=60)
    return people.code_at(office.totp[who], office.clock())


def change_password(office: Harrowmere, browser: Browser, who: str = "marian", new: str = NEW, **other: str) -> TestResponse:
    form = {"email": f"{who}@harrowmere.example", "password": PASSWORD, "new": new, "code": code_of(office, who)} | other
    return browser.send("/desk/password", "/desk/password", form)


def test_a_changed_password_opens_and_the_old_one_does_not(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    answer = change_password(office, browser)
    assert answer.status_code == 303
    assert "Your password is changed" in words_of(browser.get(answer.location))
    office.clock.pass_by(seconds=60)
    assert office.visitor().sign_in("marian").status_code == 401
    assert office.visitor().sign_in("marian", password=NEW).status_code == 303
    assert office.audited("password changed") == [(office.id("marian"), "", "")]


def test_every_other_sign_in_ends_with_the_password_and_this_one_gets_another_cookie(office: Harrowmere) -> None:
    browser, other, colleague = office.signed_in("marian"), office.visitor(), office.signed_in("jos")
    office.clock.pass_by(seconds=60)
    assert other.sign_in("marian").status_code == 303
    before = browser.client.get_cookie("fieldapp-desk")
    assert change_password(office, browser).status_code == 303
    after = browser.client.get_cookie("fieldapp-desk")
    assert browser.get("/desk/board").status_code == colleague.get("/desk/board").status_code == 200
    assert other.get("/desk/board").status_code == 303
    assert before is not None
    assert after is not None
    assert before.value != after.value
    thief = office.visitor()
    thief.client.set_cookie("fieldapp-desk", before.value)
    assert thief.get("/desk/board").status_code == 303


@pytest.mark.parametrize(
    ("other", "status", "said"),
    [
        ({"password": "wrong"}, 401, "That password or code is not right"),
        ({"code": "000000"}, 401, "That password or code is not right"),
        ({"password": ""}, 400, "Enter your present password"),
        ({"code": ""}, 400, "Enter the six figures"),
        ({"new": ""}, 400, "Choose a new password"),
        ({"new": "short"}, 400, "Make it 12 characters or longer"),
        ({"new": "Password2026!"}, 400, "tried first"),
        ({"new": "Marian-Holt-Vane"}, 400, "Leave out your own name"),
        ({"new": "fieldapp-fieldapp"}, 400, "Leave out the name of this app"),
        ({"new": "x" * 20}, 400, "Use more different letters"),
        ({"new": "abc def " * 40}, 400, "Keep it within 200"),
    ],
)
def test_a_password_stays_when_something_is_wrong_and_the_page_says_what(
    office: Harrowmere, other: dict[str, str], status: int, said: str
) -> None:
    browser = office.signed_in("marian")
    answer = change_password(office, browser, **other)
    assert answer.status_code == status
    assert said in words_of(answer)
    assert browser.get("/desk/board").status_code == 200
    office.clock.pass_by(seconds=60)
    assert office.visitor().sign_in("marian").status_code == 303


def test_guessing_the_present_password_waits_like_signing_in(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    form = {"password": "wrong", "new": NEW, "code": "000000"}
    statuses = [browser.send("/desk/password", "/desk/password", form).status_code for _ in range(8)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_a_keyworker_changes_the_password_without_a_sign_in_and_a_guesser_learns_nothing(office: Harrowmere) -> None:
    browser = office.visitor()
    answer = change_password(office, browser, "ama")
    assert "Your password is changed" in words_of(answer)
    assert browser.get("/desk/board").status_code == 303
    refused = [
        words_of(change_password(office, office.visitor(), "reece", email=email, password="wrong")).replace(email, "")
        for email in ("reece@harrowmere.example", "nobody@harrowmere.example")
    ]
    assert refused[0] == refused[1]


def test_signing_out_everywhere_else_leaves_this_browser_signed_in(office: Harrowmere) -> None:
    first = office.signed_in("marian")
    office.clock.pass_by(minutes=2)
    here = office.signed_in("marian")
    page = words_of(here.get("/desk/account"))
    assert page.count("Another browser") == 1
    assert "Sign out everywhere else" in page
    answer = here.send("/desk/account", "/desk/account/elsewhere", {})
    assert "signed out on every other browser" in words_of(here.get(answer.location))
    assert first.get("/desk/board").status_code == 303
    assert "Another browser" not in words_of(here.get("/desk/account"))


def test_a_refused_try_is_shown_to_whose_account_it_was(office: Harrowmere) -> None:
    office.visitor().sign_in("marian", password="wrong")
    office.clock.pass_by(seconds=60)
    assert "A try to sign in that was refused" in words_of(office.signed_in("marian").get("/desk/account"))
    assert "refused" not in words_of(office.signed_in("jos").get("/desk/account"))


# Closing, opening, role and team


def page_of(office: Harrowmere, who: str) -> str:
    return f"/desk/people/{office.id(who)}"


def agree(office: Harrowmere, asked: TestResponse, by: str = "second") -> None:
    """Another one confirms the only thing that was asked for."""
    assert (asked.status_code, asked.location.split("=")[-1]) == (303, "asked")
    browser = office.visitor()
    office.clock.pass_by(seconds=60)
    assert browser.sign_in(by).status_code == 303
    (link,) = re.findall(r'action="([^"]+wider-access/[^"]+/confirm)"', browser.get("/desk/resets").text)
    answer = browser.send("/desk/resets", link, {})
    assert answer.status_code == 303
    assert "Confirmed, and it holds from now on" in words_of(browser.get(answer.location))
    office.clock.pass_by(seconds=60)


def close(office: Harrowmere, browser: Browser, who: str, why: str = "has left") -> TestResponse:
    return browser.send("/desk/people/add", f"{page_of(office, who)}/close", {"text-why": why})


def test_a_closed_account_is_signed_out_at_once_and_opens_as_it_was(office: Harrowmere) -> None:
    admin, marian = office.signed_in("admin"), office.signed_in("marian")
    assert close(office, admin, "marian").status_code == 303
    assert marian.get("/desk/board").status_code == 303
    office.clock.pass_by(seconds=60)
    assert office.visitor().sign_in("marian").status_code == 401
    assert "Closed since" in words_of(admin.get(page_of(office, "marian")))
    assert "Closed" in words_of(admin.get("/desk/people"))
    agree(office, admin.send(page_of(office, "marian"), f"{page_of(office, 'marian')}/open", {"text-why": "is back"}), "jos")
    assert office.signed_in("marian").get("/desk/board").status_code == 200
    assert office.audited("account closed") == [(office.id("admin"), "", "")]
    assert office.audited("account opened again") == [(office.id("jos"), "", "")]
    assert not any(b"has left" in bytes(row.detail or b"") for row in office.office.store.audit.all())


def test_what_is_done_to_an_account_stands_on_both_lists_with_the_reason(office: Harrowmere) -> None:
    office.add("second", "administrator", None)
    admin, jos = office.signed_in("admin"), page_of(office, "jos")
    ask(office, "jos")
    half_on(confirm(office))
    agree(office, admin.send(jos, f"{jos}/role", {"role": "supervisor", "team": "other", "text-part": "covers for Olive"}))
    close(office, admin, "jos", "has left")
    agree(office, admin.send(jos, f"{jos}/open", {"text-why": "is back"}))
    names = {who: office.people[who].name for who in ("admin", "jos", "marian")}
    mine = words_of(admin.get(f"{page_of(office, 'admin')}/who-did-what"))
    theirs = words_of(admin.get(f"{jos}/who-did-what"))
    for done, done_to, why in (
        ("Reset asked for", "Had a reset asked for", " – rang me, I know the voice"),
        ("Wider access asked for", "Had wider access asked for", " – supervisor in Another team: covers for Olive"),
        ("Account closed", "Had their account closed", " – has left"),
        ("Wider access asked for", "Had wider access asked for", " – account open again: is back"),
    ):
        assert f"{done}: {names['jos']}{why}" in mine
        assert f"{done_to}, by {names['admin']}{why}" in theirs
    for done_to, why in (
        ("Had wider access confirmed", "supervisor in Another team"),
        ("Was given another role or team", "supervisor in Family support to supervisor in Another team"),
        ("Had wider access confirmed", "account open again"),
        ("Had their account opened again", "is back"),
    ):
        assert f"{done_to}, by Second – {why}" in theirs
    assert f"Had a reset confirmed, by {names['marian']}" in theirs
    office.clock.pass_by(seconds=60)
    own = words_of(office.signed_in("jos").get("/desk/what-i-did"))
    assert f"Had their account closed, by {names['admin']} – has" in own
    admin = office.signed_in("admin")
    assert admin.send(jos, f"{jos}/lock", {"text-lock": "stolen laptop"}).status_code == 303
    assert f"Had their account locked, by {names['admin']} – stolen laptop" in words_of(admin.get(f"{jos}/who-did-what"))


def test_a_closed_persons_phone_fetches_nothing_and_what_it_sends_is_kept(place: Harrowmere, ama: Handset) -> None:
    casefile = place.open_casefile("ama", "Tarnley")
    ama.pull()
    assert casefile in ama.cursors
    assert close(place, place.signed_in("admin"), "ama").status_code == 303
    note = ama.write(casefile, harrowmere.VISIT)
    (result,) = ama.push(note)
    assert result["status"] == "quarantined"
    assert ama.receipt(result["receipt"])
    assert place.office.store.quarantine.count_open() == 1
    # Whoever writes the report of a breach reads that it is all still there, until the phone has said otherwise.
    report, marian = f"/desk/phones/{ama.device}/held", place.signed_in("marian")
    page = words_of(marian.get(report))
    assert "The phone has not confirmed that what it holds was removed" in page
    assert "To be removed; not confirmed yet" in page
    assert "in use" not in page.casefold()
    assert "end their use of it on the phone’s page" in page
    ama.hello()
    answer = ama.pull()
    assert answer["casefiles"] == []
    assert answer["removed"] == [{"casefile": casefile, "reason": "ended"}]
    ama.hello(digest=True, removals_done=[casefile])
    assert "Removed from this phone, confirmed" in words_of(marian.get(report))
    assert ama.begin().status_code == 401


def test_nobody_closes_or_changes_their_own_account(office: Harrowmere) -> None:
    admin = office.signed_in("admin")
    assert "your own account" in words_of(admin.get(page_of(office, "admin")))
    for answer in (
        close(office, admin, "admin"),
        admin.send("/desk/people/add", f"{page_of(office, 'admin')}/role", {"role": "auditor", "team": ""}),
        admin.send("/desk/people/add", f"{page_of(office, 'admin')}/reset", {"text-reset": "mine"}),
    ):
        assert answer.status_code == 409
        assert "ask another administrator" in words_of(answer)
    assert admin.get("/desk/people").status_code == 200


def test_two_administrators_who_close_each_other_leave_one(office: Harrowmere) -> None:
    office.add("second", "administrator", None)
    one, two = office.signed_in("admin"), office.signed_in("second")
    token = re.search(r'name="form_token" value="([^"]+)"', two.get("/desk/people/add").text)
    assert token is not None
    assert close(office, one, "second").status_code == 303
    answer = two.client.post(f"{page_of(office, 'admin')}/close", data={"form_token": token[1], "text-why": "too late"})
    assert answer.status_code in {303, 401}
    assert office.office.store.people.open_administrators("2026-11-23T12:00:00.000Z") == [office.id("admin")]


def test_the_last_administrator_is_neither_closed_nor_given_another_role(office: Harrowmere) -> None:
    here = office.office
    gone = office.add("gone", "administrator", None)
    accounts.close(here.store, here.keys, office.people["admin"], gone.id, "has left", office.clock())
    # Somebody closed a moment ago still holds a form.
    for act in (
        lambda: accounts.close(here.store, here.keys, gone, office.id("admin"), "spite", office.clock()),
        lambda: accounts.change(here.store, here.keys, gone, office.id("admin"), "auditor", None, office.clock()),
    ):
        with pytest.raises(NotThisOne, match="last"):
            act()


def test_another_role_and_team_hold_from_now_on_and_end_the_sign_in(office: Harrowmere) -> None:
    office.add("second", "administrator", None)
    admin, jos = office.signed_in("admin"), office.signed_in("jos")
    office.open_casefile("ama", "Tarnley")
    assert "Tarnley" in words_of(jos.get("/desk/families"))
    asked = {"role": "supervisor", "team": "other", "text-part": "covers for Olive"}
    answer = admin.send(page_of(office, "jos"), f"{page_of(office, 'jos')}/role", asked)
    assert "nothing changes until another administrator" in words_of(admin.get(answer.location))
    assert "Tarnley" in words_of(jos.get("/desk/families"))
    agree(office, answer)
    assert jos.get("/desk/families").status_code == 303
    again = office.signed_in("jos")
    assert "Tarnley" not in words_of(again.get("/desk/families"))
    assert "Another team" in words_of(admin.get(page_of(office, "jos")))
    asked = {"role": "administrator", "team": "", "text-part": "keeps accounts from now on"}
    agree(office, admin.send(page_of(office, "jos"), f"{page_of(office, 'jos')}/role", asked))
    assert office.signed_in("jos").get("/desk/people").status_code == 200


def test_somebody_made_an_auditor_reads_until_a_day(office: Harrowmere) -> None:
    admin = office.signed_in("admin")
    form = {"role": "auditor", "team": "family-support"}
    assert admin.send(page_of(office, "jos"), f"{page_of(office, 'jos')}/role", form).status_code == 303
    parts = office.office.store.people.memberships_of(office.id("jos"))
    assert all(part.until_at is not None for part in parts)
    assert [part.role for part in parts if (part.until_at or "") > "2026-11-24"] == ["auditor"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"role": "owner", "team": "other"}, "Choose a role"),
        ({"role": "supervisor", "team": ""}, "Choose a team"),
        ({"role": "supervisor", "team": "family-support"}, "It is so already"),
    ],
)
def test_a_role_stays_when_the_form_makes_no_sense(office: Harrowmere, form: dict[str, str], said: str) -> None:
    admin = office.signed_in("admin")
    assert said in words_of(admin.send(page_of(office, "jos"), f"{page_of(office, 'jos')}/role", form))
    row = office.office.store.people.by_id(office.id("jos"))
    assert row is not None
    assert row.role == "supervisor"


def test_closing_needs_a_reason_and_a_person(office: Harrowmere) -> None:
    admin = office.signed_in("admin")
    assert "Say why" in words_of(close(office, admin, "jos", " "))
    assert admin.send("/desk/people/add", "/desk/people/nobody/close", {"text-why": "x"}).status_code == 404
    assert admin.send("/desk/people/add", "/desk/people/nobody/reset", {"text-reset": "x"}).status_code == 404
    assert office.signed_in("jos").get("/desk/board").status_code == 200


def is_open(office: Harrowmere, who: str) -> bool:
    row = office.office.store.people.by_id(office.id(who))
    return row is not None and people.is_open(row, office.clock())


def private_section(office: Harrowmere) -> str:
    """A private section that Marian opened for herself and Ama."""
    here = office.office
    family = office.open_casefile("ama", "Tarnley")
    return leaves.open_section(
        here.store, here.keys, here.practice, office.people["marian"], family, title="Safe number", readers=[office.id("ama")], kept_out=[],
        now=office.clock(),
    )  # fmt: skip


def test_an_account_that_a_private_section_needs_is_closed_after_somebody_took_over_and_not_before(office: Harrowmere) -> None:
    private, admin, here = private_section(office), office.signed_in("admin"), office.office
    for who in ("ama", "marian"):
        answer = close(office, admin, who)
        assert answer.status_code == 409
        said = words_of(answer)
        assert "somebody else has to take over work of theirs first" in said
        assert "Ask Marian Holt-Vane, then try again" in said
        assert "private" not in said.lower()
        assert "has left" in said
        assert is_open(office, who)
    leaves.name(
        here.store, here.keys, office.people["marian"], private, office.id("jos"), from_at=stamp(office.clock()), until_at=None,
        reason="Instead of Ama", now=office.clock(),
    )  # fmt: skip
    assert close(office, admin, "ama").status_code == 303
    assert close(office, admin, "marian").status_code == 409


@pytest.mark.parametrize(
    ("who", "role", "team", "status"),
    [
        ("marian", "keyworker", "family-support", 409),
        ("marian", "administrator", "", 409),
        ("ama", "auditor", "family-support", 409),
        ("ama", "supervisor", "other", 303),
        ("marian", "supervisor", "other", 303),
    ],
)
def test_a_role_with_which_a_private_section_would_lack_a_reader_is_refused_and_another_team_is_not(
    office: Harrowmere, who: str, role: str, team: str, status: int
) -> None:
    private_section(office)
    admin = office.signed_in("admin")
    office.add("second", "administrator", None)
    form = {"role": role, "team": team, "text-part": "covers for Olive"}
    answer = admin.send(page_of(office, who), f"{page_of(office, who)}/role", form)
    assert answer.status_code == status
    assert ("take over work of theirs" in words_of(answer)) == (status == 409)


def stand_in(office: Harrowmere) -> dict[str, str]:
    """Puts Reece on duty for, and into a pod of, both teams."""
    here, now = office.office, office.clock()
    office.add("olive", "supervisor", "other")
    pods = {}
    for team, by in (("family-support", office.people["marian"]), ("other", office.people["olive"])):
        until_at = stamp(now + timedelta(days=7))
        rotas.add_turn(here.store, here.keys, by, team, office.id("reece"), stamp(now), until_at, now)
        pods[team] = rotas.add_pod(here.store, here.keys, by, team, "East", now)
        rotas.join_pod(here.store, here.keys, by, pods[team], office.id("reece"), now)
    return pods


def standing(office: Harrowmere, pods: dict[str, str]) -> list[str]:
    """The teams Reece still stands in for, by duty and by pod."""
    store, at = office.office.store, stamp(office.clock())
    duty = [f"duty {turn.team}" for turn in store.rotas.turns_for(list(pods), at) if turn.person == office.id("reece")]
    return sorted([*duty, *(f"pod {team}" for team, pod in pods.items() if store.rotas.people_in(pod, at))])


@pytest.mark.parametrize(
    ("role", "team", "left"),
    [
        ("keyworker", "other", ["duty other", "pod other"]),
        ("supervisor", "family-support", ["duty family-support", "pod family-support"]),
        ("practitioner", "family-support", []),
        ("administrator", "", []),
    ],
)
def test_duty_and_pods_of_other_teams_end_with_the_team_and_all_of_them_with_a_role_that_stands_in_for_nobody(
    office: Harrowmere, role: str, team: str, left: list[str]
) -> None:
    office.add("second", "administrator", None)
    pods, admin = stand_in(office), office.signed_in("admin")
    assert len(standing(office, pods)) == 4
    office.clock.pass_by(minutes=5)
    asked = {"role": role, "team": team, "text-part": "from this week on"}
    answer = admin.send(page_of(office, "reece"), f"{page_of(office, 'reece')}/role", asked)
    if "asked" in answer.location:
        assert len(standing(office, pods)) == 4
        agree(office, answer)
    else:
        assert role == "practitioner"
        assert "Duty and pods of other teams have ended" in words_of(admin.get(answer.location))
    assert standing(office, pods) == left


def test_nobody_whose_account_is_closed_stays_on_duty_and_opening_it_again_brings_no_duty_back(office: Harrowmere) -> None:
    office.add("second", "administrator", None)
    pods, admin = stand_in(office), office.signed_in("admin")
    office.clock.pass_by(minutes=5)
    assert close(office, admin, "reece").status_code == 303
    assert standing(office, pods) == []
    agree(office, admin.send(page_of(office, "reece"), f"{page_of(office, 'reece')}/open", {"text-why": "is back"}))
    assert "Open" in words_of(admin.get(page_of(office, "reece")))
    assert standing(office, pods) == []


def test_nobody_signs_in_to_a_locked_account_until_two_people_made_a_reset(office: Harrowmere) -> None:
    private_section(office)
    admin, marian = office.signed_in("admin"), office.signed_in("marian")
    lock = f"{page_of(office, 'marian')}/lock"
    assert "Say why" in words_of(admin.send(page_of(office, "marian"), lock, {"text-lock": " "}))
    assert marian.get("/desk/board").status_code == 200
    assert admin.send(page_of(office, "marian"), lock, {"text-lock": "her bag is gone"}).status_code == 303
    assert marian.get("/desk/board").status_code == 303
    office.clock.pass_by(seconds=60)
    assert office.visitor().sign_in("marian").status_code == 401
    assert is_open(office, "marian")
    assert admin.send(page_of(office, "admin"), f"{page_of(office, 'admin')}/lock", {"text-lock": "me"}).status_code == 409
    first, second, browser = ask(office, "marian"), half_on(confirm(office, "jos")), office.visitor()
    assert finish(office, browser, set_up(office, first, second, "marian", browser), "marian").status_code == 200
    office.clock.pass_by(seconds=60)
    assert office.visitor().sign_in("marian", password=NEW).status_code == 303


@pytest.mark.parametrize("way", ["close", "lock"])
def test_words_of_a_reset_open_nothing_when_the_account_of_whoever_gave_them_out_has_ended(office: Harrowmere, way: str) -> None:
    first, second, browser = ask(office, "ama"), half_on(confirm(office, "jos")), office.visitor()
    field = "text-lock" if way == "lock" else "text-why"
    admin = office.signed_in("admin")
    assert admin.send(page_of(office, "jos"), f"{page_of(office, 'jos')}/{way}", {field: "it was not Jos"}).status_code == 303
    assert set_up(office, first, second, "ama", browser).status_code == 401


# Resets


def ask(office: Harrowmere, who: str = "ama") -> str:
    """An administrator asks; gives the first words."""
    admin = office.visitor()
    office.clock.pass_by(seconds=60)
    assert admin.sign_in("admin").status_code == 303
    page = admin.send(page_of(office, who), f"{page_of(office, who)}/reset", {"text-reset": "rang me, I know the voice"})
    return half_on(page)


def half_on(page: TestResponse) -> str:
    found = re.search(r'desk-secret">([^<]+)<', page.text)
    assert found is not None
    return found[1]


def confirm(office: Harrowmere, by: str = "marian", n: int = 0) -> TestResponse:
    browser = office.visitor()
    office.clock.pass_by(seconds=60)
    assert browser.sign_in(by).status_code == 303
    links = re.findall(r'action="([^"]+/confirm)"', browser.get("/desk/resets").text)
    return browser.send("/desk/resets", links[n], {})


def set_up(office: Harrowmere, first: str, second: str, who: str = "ama", browser: Browser | None = None) -> TestResponse:
    form = {"email": f"{who}@harrowmere.example", "first": first, "second": second}
    return (browser or office.visitor()).send("/desk/set-up", "/desk/set-up", form)


def finish(office: Harrowmere, browser: Browser, page: TestResponse, who: str = "ama", **other: str) -> TestResponse:
    secret = re.findall(r'desk-secret">([^<]+)<', page.text)[1]
    fields = dict(re.findall(r'name="(ticket|form_token)" value="([^"]*)"', page.text))
    form = fields | {"new": NEW, "code": people.code_at(secret, office.clock())} | other
    answer = browser.client.post("/desk/set-up/finish", data=form)
    if answer.status_code == 200:
        office.totp[who] = secret
    return answer


def test_two_people_give_somebody_their_account_back(office: Harrowmere) -> None:
    first = ask(office, "jos")
    second = half_on(confirm(office))
    browser, old = office.visitor(), office.signed_in("jos")
    page = set_up(office, first.upper().replace("-", "  "), f" {second} ", "jos", browser)
    assert "Welcome back, Jos Ferrow" in words_of(page)
    answer = finish(office, browser, page, "jos")
    assert "Your account is set up" in words_of(answer)
    assert old.get("/desk/board").status_code == 303
    assert office.visitor().sign_in("jos").status_code == 401
    office.clock.pass_by(seconds=60)
    assert office.visitor().sign_in("jos", password=NEW).status_code == 303
    for what, who in (("reset asked for", "admin"), ("reset confirmed", "marian"), ("set up anew after a reset", "jos")):
        assert office.audited(what) == [(office.id(who), "", "")]


def test_phones_that_a_thief_may_have_set_up_are_listed_after_a_lock_and_after_a_set_up_anew(
    place: Harrowmere, ama: Handset
) -> None:
    thiefs = phone(place, "ama")
    admin, about = place.signed_in("admin"), page_of(place, "ama")
    begun = Handset(place, "ama", place.app.test_client())
    said = begun.begin().get_json()
    locked = admin.send(about, f"{about}/lock", {"text-lock": "stolen laptop"})
    page = admin.get(locked.location)
    assert "Their phones go on: those below" in words_of(page)
    listed = re.findall(r'href="(/desk/phones/[^"]+)">(Set up Mon 23 Nov, [^<,]+)', page.text)
    assert listed == [
        (f"/desk/phones/{thiefs.device}", "Set up Mon 23 Nov, 09:32"),
        (f"/desk/phones/{ama.device}", "Set up Mon 23 Nov, 09:31"),
    ]
    # What was begun with the old password is not finished behind the lock.
    begun.person, begun.device = said["person"]["id"], said["device"]
    answer = begun.enrol(said["nonce"])
    assert (answer.status_code, answer.get_json()["error"]) == (401, "nonce")
    first, second = ask(place), half_on(confirm(place))
    browser = place.visitor()
    done = finish(place, browser, set_up(place, first, second, browser=browser))
    assert "ring your supervisor or administrator at once" in words_of(done)
    assert re.findall(r"<li>(Set up [^<]+?), last", done.text) == [text for _, text in listed]
    # What was reported lost is on neither list.
    marked = admin.send(listed[0][0], f"{listed[0][0]}/status", {"was": "ok", "status": "lost", "text-why": "not hers"})
    assert marked.status_code == 303
    assert re.findall(r'href="(/desk/phones/[^"]+)">Set up', admin.get(about).text) == [listed[1][0]]


def test_set_up_that_was_begun_with_the_old_password_ends_with_it(place: Harrowmere) -> None:
    begun = Handset(place, "ama", place.app.test_client())
    said = begun.begin().get_json()
    assert change_password(place, place.visitor(), "ama").status_code == 200
    begun.person, begun.device = said["person"]["id"], said["device"]
    assert begun.enrol(said["nonce"]).status_code == 401


def test_words_are_good_once_and_the_old_code_of_the_new_authenticator_too(office: Harrowmere) -> None:
    first, second = ask(office), half_on(confirm(office))
    browser = office.visitor()
    page = set_up(office, first, second, browser=browser)
    assert finish(office, browser, page).status_code == 200
    assert set_up(office, first, second).status_code == 401
    assert finish(office, browser, page).status_code == 409
    used = office.visitor().sign_in("ama", password=NEW)
    assert used.status_code == 401


def add(office: Harrowmere, who: str, role: str = "supervisor", team: str = "family-support", by: str = "admin") -> str:
    """An administrator adds somebody; gives the first words."""
    browser = office.visitor()
    office.clock.pass_by(seconds=60)
    assert browser.sign_in(by).status_code == 303
    form = {"name": who.capitalize(), "email": f"{who}@harrowmere.example", "role": role, "team": team}
    half = half_on(browser.send("/desk/people/add", "/desk/people/add", form))
    row = office.office.store.people.by_email(f"{who}@harrowmere.example")
    assert row is not None
    found = people.by_id(office.office.store, row.id, office.clock())
    assert found is not None
    office.people[who] = found
    return half


def vouch(office: Harrowmere, first: str, who: str, by: str = "marian") -> None:
    """Another one confirms, and somebody sets up their account with the words of both."""
    browser = office.visitor()
    page = set_up(office, first, half_on(confirm(office, by)), who, browser)
    assert finish(office, browser, page, who).status_code == 200
    office.clock.pass_by(seconds=60)


def may_confirm(office: Harrowmere, by: str) -> bool:
    """Whether the one reset there is may be confirmed by somebody."""
    here = office.office
    (reset,) = here.store.resets.standing("2026-11-23T09:00:00.000Z")
    person = people.by_id(here.store, office.id(by), office.clock())
    assert person is not None
    may = [may for each, may in accounts.resets_for(here.store, person, office.clock()) if each.id == reset.id] == [True]
    if not may:
        with pytest.raises(NotThisOne, match="moved"):
            accounts.confirm_reset(here.store, here.keys, person, reset.id, office.clock())
    return may


def test_new_account_is_set_up_with_the_words_of_two_people(office: Harrowmere) -> None:
    first = add(office, "nora")
    second = half_on(confirm(office))
    assert set_up(office, first, first, "nora").status_code == 401
    browser = office.visitor()
    page = set_up(office, first, second, "nora", browser)
    assert "Welcome, Nora" in words_of(page)
    assert "Passkeys" not in words_of(page)
    answer = finish(office, browser, page, "nora")
    assert "Your account is set up" in words_of(answer)
    assert "before" not in words_of(answer)
    office.clock.pass_by(seconds=60)
    assert office.visitor().sign_in("nora", password=NEW).status_code == 303
    assert office.audited("account set up") == [(office.id("nora"), "", "")]


def test_one_administrator_does_not_become_two_people(office: Harrowmere) -> None:
    add(office, "nora")
    assert not may_confirm(office, "admin")
    assert not may_confirm(office, "nora")
    assert may_confirm(office, "marian")
    assert "New here: Supervisor in Family support, nora@harrowmere.example." in words_of(
        office.signed_in("marian").get("/desk/resets")
    )


def test_whoever_let_somebody_in_is_no_second_person_beside_them(office: Harrowmere) -> None:
    office.add("second", "administrator", None)
    vouch(office, add(office, "nora", "administrator", "family-support", by="second"), "nora", by="admin")
    ask(office)
    assert not may_confirm(office, "nora")
    assert may_confirm(office, "marian")
    assert may_confirm(office, "second")
    nora, here = office.people["nora"], office.office
    accounts.ask_reset(here.store, here.keys, nora, office.id("ama"), "rang me", office.clock())
    assert not may_confirm(office, "admin")
    assert may_confirm(office, "marian")


def test_who_was_once_added_by_one_administrator_alone_confirms_nothing_until_two_have_vouched(office: Harrowmere) -> None:
    here, made = office.office, timedelta(seconds=1)
    for who, by in (("lone", office.id("admin")), ("sure", "")):
        office.clock.now += made
        email, now = f"{who}@harrowmere.example", office.clock()
        added = people.add(here.store, here.keys, email=email, name=who, role="administrator", now=now, by=by, password=PASSWORD)
        office.people[who], office.totp[who] = added.person, added.totp
    # A database of the release before.
    with here.store.writing() as tx:
        tx.resets._run("ALTER TABLE resets DROP COLUMN used_at")
        m009_who_vouched(tx.resets._connections)
    ask(office)
    assert not may_confirm(office, "lone")
    assert may_confirm(office, "sure")
    accounts.ask_reset(here.store, here.keys, office.people["sure"], office.id("ama"), "rang me", office.clock())
    assert not may_confirm(office, "lone")
    with here.store.writing() as tx:
        tx.resets.end_every(stamp(office.clock()))
    vouch(office, ask(office, "lone"), "lone", by="sure")
    ask(office)
    assert may_confirm(office, "lone")


def test_administrator_who_has_not_set_up_the_account_is_not_one_who_is_left(office: Harrowmere) -> None:
    here = office.office
    gone = office.add("gone", "administrator", None)
    add(office, "nora", "administrator")
    accounts.close(here.store, here.keys, office.people["admin"], gone.id, "has left", office.clock())
    with pytest.raises(NotThisOne, match="last"):
        accounts.close(here.store, here.keys, gone, office.id("admin"), "spite", office.clock())


@pytest.mark.parametrize("by", ["admin", "ama", "orla", "stranger"])
def test_nobody_confirms_alone_for_themselves_or_from_another_team(office: Harrowmere, by: str) -> None:
    office.add("stranger", "supervisor", "other", "Sten Ranger")
    ask(office)
    (reset,) = office.office.store.resets.standing("2026-11-23T09:40:00.000Z")
    browser = office.visitor()
    office.clock.pass_by(seconds=60)
    browser.sign_in(by)
    page = "/desk/account" if by != "ama" else "/desk/sign-in"
    assert browser.send(page, f"/desk/resets/{reset.id}/confirm", {}).status_code in {404, 409, 303}
    (still,) = office.office.store.resets.standing("2026-11-23T09:40:00.000Z")
    assert still == reset
    if by == "stranger":
        assert "Nothing waits for you" in words_of(browser.get("/desk/resets"))


def test_half_the_words_open_nothing(office: Harrowmere) -> None:
    first = ask(office)
    assert set_up(office, first, first).status_code == 401
    second = half_on(confirm(office))
    for one, other in ((first, first), (second, second), (second, first), ("", second)):
        assert set_up(office, one, other).status_code in {400, 401}
    assert "Welcome back" in words_of(set_up(office, first, second))


def test_the_answer_is_the_same_whatever_is_wrong_with_the_words(office: Harrowmere) -> None:
    first, second = ask(office), half_on(confirm(office))
    answers = [
        set_up(office, first, "wrong wrong wrong"),
        set_up(office, "wrong wrong wrong", second),
        set_up(office, first, second, "reece"),
        set_up(office, first, second, "nobody"),
    ]
    said = {re.sub(r"value=\"[^\"]*\"", "", answer.text) for answer in answers}
    assert [answer.status_code for answer in answers] == [401] * 4
    assert len(said) == 1


def test_guessing_words_waits_like_signing_in(office: Harrowmere) -> None:
    ask(office)
    confirm(office)
    statuses = [set_up(office, f"wrong {n}", f"wrong {n}").status_code for n in range(8)]
    assert statuses[-1] == 429


def test_words_lapse_after_a_day_and_the_page_after_half_an_hour(office: Harrowmere) -> None:
    first, second = ask(office), half_on(confirm(office))
    browser = office.visitor()
    page = set_up(office, first, second, browser=browser)
    office.clock.pass_by(minutes=31)
    assert finish(office, browser, page).status_code == 409
    office.clock.pass_by(hours=24)
    assert set_up(office, first, second).status_code == 401


def test_a_page_of_one_browser_finishes_nothing_on_another(office: Harrowmere) -> None:
    first, second = ask(office), half_on(confirm(office))
    page = set_up(office, first, second)
    thief = office.visitor()
    token = re.search(r'name="form_token" value="([^"]+)"', thief.get("/desk/set-up").text)
    assert token is not None
    assert finish(office, thief, page, form_token=token[1]).status_code == 409


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"code": "000000"}, "does not fit the new key"),
        ({"code": ""}, "Enter the six figures"),
        ({"new": ""}, "Choose a new password"),
        ({"new": "password1234"}, "tried first"),
    ],
)
def test_nothing_is_lost_when_the_last_step_goes_wrong(office: Harrowmere, other: dict[str, str], said: str) -> None:
    first, second = ask(office), half_on(confirm(office))
    browser = office.visitor()
    page = set_up(office, first, second, browser=browser)
    wrong = finish(office, browser, page, **other)
    assert wrong.status_code == 400
    assert said in words_of(wrong)
    assert re.findall(r'desk-secret">([^<]+)<', wrong.text)[1] == re.findall(r'desk-secret">([^<]+)<', page.text)[1]
    assert finish(office, browser, wrong).status_code == 200


def test_a_reset_taken_back_or_asked_for_again_ends_the_words_before(office: Harrowmere) -> None:
    first, second = ask(office), half_on(confirm(office))
    again = ask(office)
    assert set_up(office, first, second).status_code == 401
    (reset,) = office.office.store.resets.standing("2026-11-23T09:40:00.000Z")
    later = half_on(confirm(office))
    office.clock.pass_by(seconds=60)
    taken = office.signed_in("admin").send("/desk/resets", f"/desk/resets/{reset.id}/take-back", {})
    assert taken.status_code == 303
    assert set_up(office, again, later).status_code == 401


def test_closing_an_account_ends_its_reset(office: Harrowmere) -> None:
    first, second = ask(office), half_on(confirm(office))
    browser = office.visitor()
    page = set_up(office, first, second, browser=browser)
    office.clock.pass_by(seconds=60)
    assert close(office, office.signed_in("admin"), "ama").status_code == 303
    assert finish(office, browser, page).status_code == 409


def test_no_words_of_a_reset_lie_in_the_database(office: Harrowmere) -> None:
    first, second = ask(office), half_on(confirm(office))
    everything = str(
        [
            tuple(row)
            for table in ("resets", "audit", "people", "sessions")
            for row in office.office.store.people._rows(f"SELECT * FROM {table}")
        ]
    )
    assert first not in everything
    assert second not in everything
    assert "know the voice" not in everything
