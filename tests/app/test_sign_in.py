"""Signing in and out of the office's pages."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fieldapp import attempts, config, create_app, found_office, open_office, people, store
from fieldapp.store.arrangements import WRITTEN_DOWN
from tests.app import harrowmere
from tests.app.harrowmere import Harrowmere, words_of


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    people._nobodys_hash.cache_clear()
    return harrowmere.make(tmp_path)


def test_a_supervisor_reaches_the_board_when_password_and_code_are_right(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    assert "What needs reading" in words_of(browser.get("/desk", follow_redirects=True))
    assert office.audited("signed in") == [(office.id("marian"), "", "")]


def test_the_answer_is_the_same_when_address_password_or_code_is_wrong(office: Harrowmere) -> None:
    answers = [
        office.visitor().sign_in("marian", password="wrong", email="marian@harrowmere.example"),
        office.visitor().sign_in("marian", code="000000"),
        office.visitor().sign_in("nobody", code="000000"),
    ]
    said = {words_of(answer).replace("marian", "nobody") for answer in answers}
    assert [answer.status_code for answer in answers] == [401] * 3
    assert len(said) == 1
    assert all("Set-Cookie" not in answer.headers or "fieldapp-desk" not in answer.headers["Set-Cookie"] for answer in answers)


def test_an_unknown_address_takes_as_long_as_a_wrong_password(tmp_path: Path) -> None:
    people._nobodys_hash.cache_clear()
    slow = harrowmere.make(tmp_path)

    def takes(email: str) -> float:
        here = slow.office
        people.sign_in(here.store, here.keys, email, "wrong", "000000", email, here.clock)
        started = time.perf_counter()
        people.sign_in(here.store, here.keys, email, "wrong", "000000", email + "2", here.clock)
        return time.perf_counter() - started

    # The least of several, taken in turn: what else the machine does only ever adds.
    names = ("marian", "ama", "jos")
    taken = [(takes(f"{name}@harrowmere.example"), takes(f"no-{name}@harrowmere.example")) for name in names]
    known, unknown = (min(times) for times in zip(*taken, strict=True))
    assert unknown > known / 3


def test_passwords_are_kept_as_argon2id_at_its_full_price(tmp_path: Path) -> None:
    slow = harrowmere.make(tmp_path)
    kept = {row["password_hash"] for row in slow.office.store.people._rows("SELECT password_hash FROM people")}
    assert len(kept) == len(slow.people)
    assert all(each.startswith("$argon2id$v=19$m=65536,t=3,p=4$") for each in kept)


def test_a_refusal_is_written_down_whoever_it_was(office: Harrowmere) -> None:
    office.visitor().sign_in("marian", password="wrong")
    office.visitor().sign_in("nobody")
    assert office.audited("sign-in refused") == [(office.id("marian"), "", ""), ("", "", "")]
    assert {row.what for row in office.office.store.audit.all() if row.detail is not None} <= {WRITTEN_DOWN}


def test_a_code_is_accepted_once(office: Harrowmere) -> None:
    code = people.code_at(office.totp["marian"], office.clock())
    assert office.visitor().sign_in("marian", code=code).status_code == 303
    assert office.visitor().sign_in("marian", code=code).status_code == 401
    office.clock.pass_by(seconds=30)
    assert office.visitor().sign_in("marian").status_code == 303


def test_a_code_is_accepted_when_the_phone_is_half_a_minute_off_and_not_when_it_is_two(office: Harrowmere) -> None:
    secret = office.totp["marian"]
    assert office.visitor().sign_in("marian", code=people.code_at(secret, office.clock(), steps=-4)).status_code == 401
    assert office.visitor().sign_in("marian", code=people.code_at(secret, office.clock(), steps=-1)).status_code == 303


def test_codes_are_those_of_rfc_6238() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    at = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}
    assert {seconds: people.code_at(secret, datetime.fromtimestamp(seconds, UTC)) for seconds in at} == at


def test_waiting_grows_when_tries_go_on_and_even_the_right_words_wait(office: Harrowmere) -> None:
    for _ in range(5):
        assert office.visitor().sign_in("marian", password="wrong", code="000000").status_code == 401
    assert office.visitor().sign_in("marian", password="wrong", code="000000").status_code == 401
    waits = []
    for _ in range(3):
        answer = office.visitor().sign_in("marian")
        assert answer.status_code == 429
        waits.append(int(answer.headers["Retry-After"]))
        assert "Too many tries" in words_of(answer)
        office.clock.pass_by(seconds=waits[-1])
        assert office.visitor().sign_in("marian", password="wrong", code="000000").status_code == 401
    assert waits == sorted(waits)
    assert waits[-1] >= 4 * waits[0] - 4
    office.clock.pass_by(minutes=16)
    assert office.visitor().sign_in("marian").status_code == 303


def test_a_colleague_can_sign_in_when_another_account_is_being_guessed(office: Harrowmere) -> None:
    for _ in range(8):
        office.visitor().sign_in("marian", password="wrong", code="000000")
    assert office.visitor().sign_in("jos").status_code == 303


def waits_after(office: Harrowmere, tries: list[tuple[str, str]]) -> int:
    """Tries (email, address) one after the other with wrong words; how many of them were looked at before one waits."""
    here = office.office
    found = [people.sign_in(here.store, here.keys, email, "wrong", "000000", address, here.clock) for email, address in tries]
    return sum(isinstance(each, people.Refused) and not each.wait_s for each in found)


def test_an_account_that_is_guessed_from_everywhere_waits_and_so_does_an_address_that_guesses_everybodys(
    office: Harrowmere,
) -> None:
    assert waits_after(office, [("marian@harrowmere.example", f"198.51.100.{n}") for n in range(100)]) == 21
    assert waits_after(office, [(f"{n}@harrowmere.example", "203.0.113.1") for n in range(100)]) == 51


def test_right_sign_ins_never_make_an_office_wait(office: Harrowmere) -> None:
    for _ in range(60):
        office.clock.pass_by(seconds=30)
        assert office.visitor().sign_in("jos").status_code == 303


def test_counters_and_old_sign_ins_are_dropped_after_a_day(office: Harrowmere) -> None:
    office.visitor().sign_in("marian", password="wrong")
    office.signed_in("jos")
    office.clock.pass_by(hours=25)
    office.signed_in("marian")
    here = office.office.store.people
    assert len(here._rows("SELECT * FROM sessions")) == 1
    assert [row["count"] for row in here._rows("SELECT count FROM sign_in_attempts")] == [0]


def test_a_try_is_counted_for_a_day_and_gone_with_the_first_one_after_that(office: Harrowmere) -> None:
    office.visitor().sign_in("nobody", password="wrong")
    theirs = {
        name
        for name, kind in attempts.counters(office.office.keys, "nobody@harrowmere.example", "127.0.0.1")
        if kind != "address"
    }

    def kept() -> set[str]:
        return theirs & {row["key"] for row in office.office.store.people._rows("SELECT key FROM sign_in_attempts")}

    office.clock.pass_by(hours=23, minutes=59)
    office.signed_in("jos")
    assert kept() == theirs
    office.clock.pass_by(minutes=2)
    office.signed_in("jos")
    assert kept() == set()


def test_tries_are_gone_after_a_day_where_nobody_signs_in_with_the_next_command_or_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    config.make_key(tmp_path / "office.key")
    settings = config.read(
        {
            "FIELDAPP_KEY_FILE": str(tmp_path / "office.key"),
            "FIELDAPP_DATABASE": str(tmp_path / "office.db"),
            "FIELDAPP_ORIGIN": "https://office.example",
        }
    )
    found_office(settings)
    clock = harrowmere.Clock()

    def kept() -> int:
        here = open_office(settings, clock)
        found = len(here.store.people._rows("SELECT key FROM sign_in_attempts"))
        here.store.close()
        return found

    here = open_office(settings, clock)
    people.sign_in(here.store, here.keys, "nobody@office.example", "wrong", "000000", "192.0.2.7", clock)
    here.store.close()
    clock.pass_by(hours=23, minutes=59)
    assert kept() == 3
    clock.pass_by(minutes=2)
    assert kept() == 0


def test_the_table_of_tries_names_nobody(office: Harrowmere, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    office.visitor().sign_in("marian", password="wrong", code="000000")
    rows = office.office.store.people._rows("SELECT key FROM sign_in_attempts")
    assert len(rows) == 3
    assert not any("marian" in row["key"] or "127.0.0.1" in row["key"] for row in rows)
    # Nor by a hash that whoever has the database could find by trying all addresses there are: another office names them otherwise.
    named = {row["key"] for row in rows}
    email = "marian@harrowmere.example"
    here, other = (
        {name for name, _ in attempts.counters(keys, email, "127.0.0.1")}
        for keys in (office.office.keys, harrowmere.make(tmp_path / "other").office.keys)
    )
    assert named == here
    assert not named & other


@pytest.mark.parametrize("wrong", ["\ud800", "\x00", "a" * 50_000, "' OR 1=1 --", "<script>alert(1)</script>", "Ⅷ😀"])
def test_a_hostile_sign_in_is_refused_like_any_other_and_shown_as_text(office: Harrowmere, wrong: str) -> None:
    told = wrong.encode("utf-8", "replace").decode()
    answer = office.visitor().sign_in("x", email=told, password=told, code=told)
    assert answer.status_code in {400, 401}
    assert "<script>alert" not in answer.text


def test_strings_a_form_cannot_send_are_refused_too(office: Harrowmere) -> None:
    here = office.office
    found = people.sign_in(here.store, here.keys, "\ud800", "\ud800", "\ud800", "\ud800", here.clock, demo_code="246810")
    assert found == people.Refused(0)


def test_nothing_typed_is_lost_when_a_field_is_empty(office: Harrowmere) -> None:
    answer = office.visitor().send(
        "/desk/sign-in", "/desk/sign-in", {"email": "marian@harrowmere.example", "password": "", "code": ""}
    )
    assert answer.status_code == 400
    assert "Enter your password" in words_of(answer)
    assert 'value="marian@harrowmere.example"' in answer.text
    assert 'href="#password"' in answer.text


@pytest.mark.parametrize("who", ["ama"])
def test_a_keyworker_is_led_to_the_phone_app_and_gets_no_session(office: Harrowmere, who: str) -> None:
    browser = office.visitor()
    answer = browser.sign_in(who)
    assert "Your work is in the phone app" in words_of(answer)
    assert 'href="/app"' in answer.text
    assert browser.get("/desk/families").status_code == 303
    assert office.office.store.people._rows("SELECT * FROM sessions") == []


def test_somebody_who_has_left_cannot_sign_in_and_is_signed_out(office: Harrowmere) -> None:
    browser = office.signed_in("jos")
    with office.office.store.writing() as tx:
        tx.people._run("UPDATE people SET ended_at='2026-11-23T09:31:00.000Z' WHERE id=?", office.id("jos"))
    office.clock.pass_by(minutes=2)
    assert browser.get("/desk/board").status_code == 303
    assert office.visitor().sign_in("jos").status_code == 401


def test_the_session_is_new_with_every_sign_in_and_never_one_that_was_planted(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    first = browser.client.get_cookie("fieldapp-desk")
    office.clock.pass_by(minutes=1)
    token = browser.get("/desk/board").text
    assert token
    other = office.visitor()
    other.client.set_cookie("fieldapp-desk", "planted-by-somebody")
    assert other.sign_in("marian").status_code == 303
    second = other.client.get_cookie("fieldapp-desk")
    assert first is not None
    assert second is not None
    assert len({first.value, second.value, "planted-by-somebody"}) == 3


def test_the_store_holds_no_cookie(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    cookie = browser.client.get_cookie("fieldapp-desk")
    assert cookie is not None
    assert cookie.value not in str([tuple(row) for row in office.office.store.people._rows("SELECT * FROM sessions")])


def test_a_page_closes_after_thirty_minutes_without_use(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    for _ in range(3):
        office.clock.pass_by(minutes=29)
        assert browser.get("/desk/board").status_code == 200
    office.clock.pass_by(minutes=30)
    answer = browser.get("/desk/board")
    assert answer.status_code == 303
    assert "nobody used the page" in words_of(browser.get(answer.location))


def test_a_sign_in_ends_after_twelve_hours_however_busy(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    for _ in range(29):
        office.clock.pass_by(minutes=24)
        assert browser.get("/desk/board").status_code == 200
    office.clock.pass_by(minutes=24)
    assert browser.get("/desk/board").status_code == 303


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    cookie = browser.client.get_cookie("fieldapp-desk")
    assert cookie is not None
    out = browser.send("/desk/board", "/desk/sign-out", {})
    assert out.status_code == 303
    # Nor does the browser keep a page in memory, for its back button.
    assert out.headers["Clear-Site-Data"] == '"cache"'
    thief = office.visitor()
    thief.client.set_cookie("fieldapp-desk", cookie.value)
    assert thief.get("/desk/board").status_code == 303
    assert office.audited("signed out") == [(office.id("marian"), "", "")]


def test_cookies_are_bound_to_the_host_when_the_office_is_on_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    secure = harrowmere.make(tmp_path, origin="https://records.harrowmere.example")
    browser = secure.visitor()
    form = browser.client.get("/desk/sign-in", base_url="https://records.harrowmere.example")
    cookie = form.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Strict"):
        assert part in cookie
    assert "Domain" not in cookie
    assert "Max-Age" not in cookie


def test_a_remember_me_cookie_is_never_looked_at(office: Harrowmere) -> None:
    browser = office.visitor()
    browser.client.set_cookie("remember_token", f"{office.id('marian')}|abc")
    assert browser.get("/desk/board").status_code == 303


def test_the_fixed_code_is_accepted_in_a_demo_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    (tmp_path / "demo").mkdir()
    (tmp_path / "real").mkdir()
    demo = harrowmere.make(tmp_path / "demo", demo_code="246810")
    real = harrowmere.make(tmp_path / "real")
    assert demo.visitor().sign_in("marian", code="246810").status_code == 303
    assert demo.visitor().sign_in("marian", code="246810").status_code == 303
    assert real.visitor().sign_in("marian", code="246810").status_code == 401


def counted(folder: Path, proxies: int, said: list[str]) -> int:
    """Wrong tries behind proxies that say from whom each came; how many addresses were counted."""
    folder.mkdir()
    config.make_key(folder / "office.key")
    told = {"FIELDAPP_KEY_FILE": str(folder / "office.key"), "FIELDAPP_DATABASE": str(folder / "office.db")}
    settings = config.read(told | {"FIELDAPP_PROXIES": str(proxies)})
    found_office(settings)
    client = create_app(settings).test_client()
    for forwarded in said:
        token = re.search(r'name="form_token" value="([^"]+)"', client.get("/desk/sign-in").text)
        assert token is not None
        form = {"form_token": token[1], "email": "x@x.example", "password": "wrong", "code": "000000"}
        headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
        assert client.post("/desk/sign-in", data=form, headers=headers).status_code == 401
    opened = store.open(settings.database)
    rows = opened.people._rows("SELECT key FROM sign_in_attempts")
    opened.close()
    # One row for the account, and two for each address it was tried from.
    return (len(rows) - 1) // 2


def test_tries_are_counted_by_the_address_that_trusted_proxies_give_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    two = ["198.51.100.1", "198.51.100.2"]
    # Whoever claims another address with every try is still one, where no proxy is trusted …
    assert counted(tmp_path / "none", 0, two) == 1
    # … and behind one that is trusted only what that proxy itself wrote counts, which comes last.
    assert counted(tmp_path / "one", 1, two) == 2
    assert counted(tmp_path / "claimed", 1, [f"{each}, 203.0.113.9" for each in two]) == 1
    assert counted(tmp_path / "behind two", 2, [f"{each}, 203.0.113.9" for each in two]) == 2
    # One line at home has 2⁶⁴ addresses of IPv6, and an address of IPv4 may be written in the other way.
    assert counted(tmp_path / "one line", 1, ["2001:db8:7:9::1", "2001:0DB8:7:9:ffff:a:b:c"]) == 1
    assert counted(tmp_path / "two lines", 1, ["2001:db8:7:9::1", "2001:db8:7:a::1"]) == 2
    assert counted(tmp_path / "mapped", 1, [two[0], f"::ffff:{two[0]}"]) == 1
    assert counted(tmp_path / "two mapped", 1, [f"::ffff:{each}" for each in two]) == 2
    assert counted(tmp_path / "translated", 1, [two[0], f"64:ff9b::{two[0]}"]) == 1
    assert counted(tmp_path / "two translated", 1, [f"64:ff9b::{each}" for each in two]) == 2
