"""Signing in with an account at the council, against a provider that the test starts and that lies where it can."""

from __future__ import annotations

import dataclasses
import hmac
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.test import TestResponse

from fieldapp import people
from fieldapp.config import CouncilSettings
from fieldapp.council import Council
from fieldapp.web.office import put_office
from sync.entry import b64u
from tests.app import harrowmere
from tests.app import provider as providers
from tests.app.harrowmere import PASSWORD, Browser, Harrowmere, words_of
from tests.app.provider import CLIENT, SECRET, Provider

BEGIN, CONNECT, CONNECT_PAGE = "/desk/sign-in/council", "/desk/account/council/begin", "/desk/account/council"
DISCONNECT = f"{CONNECT_PAGE}/disconnect"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    people._nobodys_hash.cache_clear()
    return harrowmere.make(tmp_path)


@pytest.fixture
def provider(office: Harrowmere) -> Iterator[Provider]:
    """The council's provider, known to the office."""
    with providers.serving(lambda: office.clock().timestamp()) as found:
        know(office, found)
        yield found


def know(office: Harrowmere, provider: Provider, **settings: Any) -> None:
    told = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET} | settings
    put_office(office.app, dataclasses.replace(office.office, council=Council(CouncilSettings(**told))))


def back(browser: Browser, provider: Provider, begin: str = BEGIN) -> str:
    """Goes to the council and signs in there; gives the address the browser is sent back to, on this office."""
    sent = browser.get(begin)
    assert sent.status_code == 303, words_of(sent)
    return provider.agree(sent.location).removeprefix("http://localhost")


def onward(browser: Browser, page: TestResponse) -> TestResponse:
    """Follows the page that leads on from the council."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.text)
    assert found is not None, words_of(page)
    return browser.get(found[1])


def through(browser: Browser, provider: Provider, begin: str = BEGIN) -> TestResponse:
    return onward(browser, browser.get(back(browser, provider, begin)))


def connected(office: Harrowmere, provider: Provider, who: str = "marian") -> Browser:
    """Connects somebody's council account, on a browser where they are signed in."""
    office.clock.pass_by(seconds=60)
    browser = office.signed_in(who)
    assert "will be let in here as" in words_of(through(browser, provider, CONNECT))
    office.clock.pass_by(seconds=60)
    form = {"password": PASSWORD, "code": people.code_at(office.totp[who], office.clock())}
    answer = browser.send(CONNECT_PAGE, CONNECT_PAGE, form)
    assert answer.status_code == 303, words_of(answer)
    return browser


def test_somebody_connects_their_council_account_and_signs_in_with_it(office: Harrowmere, provider: Provider) -> None:
    own = connected(office, provider)
    assert "Connected since Mon 23 Nov" in words_of(own.get("/desk/account"))
    browser = office.visitor()
    assert "Sign in with your council account" in words_of(browser.get("/desk/sign-in"))
    assert through(browser, provider).status_code == 303
    assert browser.get("/desk/board").status_code == 200
    assert "with your council account" in words_of(browser.get("/desk/account"))
    assert office.audited("council account connected") == [(office.id("marian"), "", "")]


def test_an_office_without_a_council_offers_none(office: Harrowmere) -> None:
    browser = office.signed_in("marian")
    assert "council" not in words_of(browser.get("/desk/account"))
    assert "council" not in words_of(office.visitor().get("/desk/sign-in"))
    assert browser.get(CONNECT).status_code == 404
    for path in (BEGIN, f"{BEGIN}/back", f"{BEGIN}/out"):
        assert office.visitor().get(path).status_code == 404


def test_the_pages_of_connecting_are_for_those_who_signed_in(office: Harrowmere, provider: Provider) -> None:
    for path in (CONNECT, CONNECT_PAGE):
        assert office.visitor().get(path).location.startswith("/desk/sign-in")
    assert "begun on another browser" in words_of(office.signed_in("orla").get(CONNECT_PAGE))


def test_our_own_second_factor_is_asked_for_when_the_council_asked_for_none(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    provider.amr = ["pwd"]
    browser = office.visitor()
    page = through(browser, provider)
    assert page.status_code == 200
    assert "One more step" in words_of(page)
    assert browser.get("/desk/board").status_code == 303
    go_on = f"{BEGIN}/go-on"
    assert browser.send(go_on, go_on, {"code": "000000"}).status_code == 401
    assert browser.send(go_on, go_on, {"code": ""}).status_code == 400
    office.clock.pass_by(seconds=60)
    assert browser.send(go_on, go_on, {"code": people.code_at(office.totp["marian"], office.clock())}).status_code == 303
    assert browser.get("/desk/board").status_code == 200


def test_guessing_the_second_factor_waits_like_signing_in(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    provider.amr = []
    browser = office.visitor()
    through(browser, provider)
    go_on = f"{BEGIN}/go-on"
    assert [browser.send(go_on, go_on, {"code": "000000"}).status_code for _ in range(8)][-1] == 429


def test_the_named_kind_of_sign_in_counts_as_a_second_factor_and_is_asked_for(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    know(office, provider, acr="urn:council:two")
    provider.amr = []
    browser = office.visitor()
    assert parse_qs(urlsplit(browser.get(BEGIN).location).query)["acr_values"] == ["urn:council:two"]
    provider.claims = {"acr": "urn:council:one"}
    assert "One more step" in words_of(through(browser, provider))
    provider.claims = {"acr": "urn:council:two"}
    assert through(office.visitor(), provider).status_code == 303


def test_an_account_the_office_does_not_know_opens_nothing_whatever_its_address(office: Harrowmere, provider: Provider) -> None:
    provider.claims = {"email": "marian@harrowmere.example", "email_verified": True}
    browser = office.visitor()
    page = through(browser, provider)
    assert page.status_code == 403
    assert "opens none here yet" in words_of(page)
    assert browser.get("/desk/board").status_code == 303


def test_a_keyworker_is_led_to_the_phone_app(office: Harrowmere, provider: Provider) -> None:
    with office.office.store.writing() as tx:
        tx.council_accounts.bind(provider.issuer, provider.subject, office.id("ama"), "2026-11-23T09:30:00.000Z")
    browser = office.visitor()
    assert "Your work is in the phone app" in words_of(through(browser, provider))
    assert browser.get("/desk/board").status_code == 303


def test_a_closed_account_is_not_opened_from_the_council(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    with office.office.store.writing() as tx:
        tx.people.end(office.id("marian"), "2026-11-23T09:31:00.000Z")
    assert through(office.visitor(), provider).status_code == 403


def test_connecting_needs_the_password_here_too(office: Harrowmere, provider: Provider) -> None:
    browser = office.signed_in("marian")
    through(browser, provider, CONNECT)
    office.clock.pass_by(seconds=60)
    answer = browser.send(
        CONNECT_PAGE, CONNECT_PAGE, {"password": "wrong", "code": people.code_at(office.totp["marian"], office.clock())}
    )
    assert answer.status_code == 401
    assert office.office.store.council_accounts.bound_at(office.id("marian")) is None


def test_one_council_account_opens_one_account_here(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    office.clock.pass_by(seconds=60)
    browser = office.signed_in("jos")
    through(browser, provider, CONNECT)
    office.clock.pass_by(seconds=60)
    answer = browser.send(
        CONNECT_PAGE, CONNECT_PAGE, {"password": PASSWORD, "code": people.code_at(office.totp["jos"], office.clock())}
    )
    assert "connected with another already" in words_of(answer)
    assert office.office.store.council_accounts.person(provider.issuer, provider.subject) == office.id("marian")


def test_what_was_begun_for_one_person_connects_no_other(office: Harrowmere, provider: Provider) -> None:
    browser = office.signed_in("marian")
    page = browser.get(back(browser, provider, CONNECT))
    office.clock.pass_by(seconds=60)
    assert browser.sign_in("jos", password=PASSWORD).status_code in {303, 400}
    browser.client.delete_cookie("fieldapp-desk")
    assert browser.sign_in("jos").status_code == 303
    assert "begun on another browser" in words_of(onward(browser, page))


def test_connecting_is_no_way_to_sign_in_nor_the_other_way_round(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    office.clock.pass_by(seconds=60)
    browser = office.signed_in("jos")
    through(browser, provider, CONNECT)
    browser.client.delete_cookie("fieldapp-desk")
    assert "begun on another browser" in words_of(browser.get(f"{BEGIN}/go-on"))
    office.clock.pass_by(seconds=60)
    other = office.signed_in("jos")
    other.get(back(other, provider))
    assert "begun on another browser" in words_of(other.get(CONNECT_PAGE))


def test_a_disconnected_account_opens_nothing(office: Harrowmere, provider: Provider) -> None:
    own = connected(office, provider)
    office.clock.pass_by(seconds=60)
    proof = {"password": PASSWORD, "code": people.code_at(office.totp["marian"], office.clock())}
    assert "will no longer sign you in" in words_of(own.get(DISCONNECT))
    assert own.send(DISCONNECT, DISCONNECT, proof).status_code == 303
    assert own.get(DISCONNECT).location == "/desk/account"
    assert through(office.visitor(), provider).status_code == 403
    connected(office, provider)
    signed = office.visitor()
    through(signed, provider)
    admin = office.signed_in("admin")
    person = f"/desk/people/{office.id('marian')}"
    assert admin.send(person, f"{person}/disconnect", {}).status_code == 303
    assert signed.get("/desk/board").status_code == 303
    assert through(office.visitor(), provider).status_code == 403


@pytest.mark.parametrize("other", [{"password": "wrong"}, {"code": "000000"}, {"password": ""}, {"code": ""}])
def test_a_browser_left_open_disconnects_no_council_account(
    office: Harrowmere, provider: Provider, other: dict[str, str]
) -> None:
    browser = connected(office, provider)
    office.clock.pass_by(seconds=60)
    right = {"password": PASSWORD, "code": people.code_at(office.totp["marian"], office.clock())}
    answer = browser.send(DISCONNECT, DISCONNECT, right | other)
    assert answer.status_code == (401 if all(other.values()) else 400)
    assert office.office.store.council_accounts.person(provider.issuer, provider.subject) == office.id("marian")
    assert office.audited("council account disconnected") == []


# What is not believed


def resigned(other: RSAKey | OctKey, alg: str, kid: str = "first") -> Any:
    return lambda claims, _: jwt.encode({"alg": alg, "kid": kid}, claims, other, algorithms=[alg])


def brings_its_own_key(claims: dict[str, Any], _: Provider) -> str:
    """Signed by somebody who sends along the key to check it with."""
    other = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "jwk": other.as_dict(private=False)}, claims, other, algorithms=["RS256"])


def hashed_with_the_public_key(claims: dict[str, Any], provider: Provider) -> str:
    """The provider's public key taken for a shared secret."""
    head = {"alg": "HS256", "kid": "first"}
    signed = ".".join(b64u(json.dumps(part).encode()) for part in (head, claims))
    return f"{signed}.{b64u(hmac.digest(provider.key.as_pem(private=False), signed.encode(), 'sha256'))}"


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"iss": "https://other.example"}},
        {"claims": {"iss": None}},
        {"claims": {"aud": "another-office"}},
        {"claims": {"aud": [CLIENT, "another-office"]}},
        {"claims": {"aud": [CLIENT, "another-office"], "azp": "another-office"}},
        {"claims": {"aud": None}},
        {"claims": {"nonce": "of-another-try"}},
        {"claims": {"nonce": None}},
        {"claims": {"sub": None}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": 7}},
        {"claims": {"exp": 1}},
        {"claims": {"exp": None}},
        {"claims": {"nbf": 4_000_000_000}},
        {"claims": {"iat": 4_000_000_000}},
        {"claims": {"amr": "mfa"}},
        {"claims": {"at_hash": "bm90IHRoaXMgb25l"}},
        {"lie": providers.unsigned},
        {"lie": resigned(RSAKey.generate_key(2048), "RS256")},
        {"lie": resigned(OctKey.import_key(SECRET), "HS256")},
        {"lie": hashed_with_the_public_key},
        {"lie": brings_its_own_key},
        {"lie": lambda claims, provider: "not a token"},
        {"lie": lambda claims, provider: 7},
        {"answers": {"iss": "https://other.example"}},
    ],
)
def test_a_token_that_is_not_for_this_try_at_this_office_opens_nothing(
    office: Harrowmere, provider: Provider, lie: dict[str, Any]
) -> None:
    connected(office, provider)
    for name, value in lie.items():
        setattr(provider, name, value)
    browser = office.visitor()
    page = browser.get(back(browser, provider))
    assert page.status_code == 400
    assert "cannot be trusted" in words_of(page)
    assert browser.get("/desk/board").status_code == 303
    assert browser.get(f"{BEGIN}/go-on").status_code == 400


def test_a_token_is_refused_an_hour_late_and_taken_when_clocks_differ_a_little(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    provider.claims = {"exp": int(office.clock().timestamp()) - 30}
    assert through(office.visitor(), provider).status_code == 303
    provider.claims = {"exp": int(office.clock().timestamp()) - 3600}
    browser = office.visitor()
    assert browser.get(back(browser, provider)).status_code == 400


def test_an_answer_is_good_once_on_the_browser_that_asked(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    browser, other = office.visitor(), office.visitor()
    address = back(browser, provider)
    other.get(BEGIN)
    assert other.get(address).status_code == 400
    cookie = browser.client.get_cookie("fieldapp-council")
    assert browser.get(address).status_code == 200
    assert browser.get(address).status_code == 400
    assert cookie is not None
    browser.client.set_cookie("fieldapp-council", cookie.value)
    again = browser.get(address)
    assert again.status_code == 400
    assert "used already" in words_of(again)


def test_a_code_of_another_try_is_refused(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    mine, theirs = office.visitor(), office.visitor()
    code = parse_qs(urlsplit(back(theirs, provider)).query)["code"][0]
    own = back(mine, provider)
    page = mine.get(re.sub(r"code=[^&]+", f"code={code}", own))
    assert page.status_code == 403
    assert "broken off or said no" in words_of(page)
    late = office.visitor()
    address = back(late, provider)
    provider.codes.clear()
    assert late.get(address).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_begins_no_sign_in(office: Harrowmere, provider: Provider, site: str) -> None:
    connected(office, provider)
    browser = office.visitor()
    sent = browser.get(BEGIN, headers={"Sec-Fetch-Site": site})
    assert sent.location == "/desk/sign-in"
    assert browser.client.get_cookie("fieldapp-council") is None
    assert browser.get(BEGIN, headers={"Sec-Fetch-Site": "same-origin"}).location.startswith(provider.issuer)


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied", "?code=y"])
def test_an_answer_nobody_asked_for_opens_nothing(office: Harrowmere, provider: Provider, query: str) -> None:
    assert office.visitor().get(f"{BEGIN}/back{query}").status_code == 400
    begun = office.visitor()
    begun.get(BEGIN)
    assert begun.get(f"{BEGIN}/back{query}").status_code == 400


def test_a_try_that_was_broken_off_at_the_council_says_so(office: Harrowmere, provider: Provider) -> None:
    browser = office.visitor()
    state = parse_qs(urlsplit(browser.get(BEGIN).location).query)["state"][0]
    page = browser.get(f"{BEGIN}/back?error=access_denied&state={state}")
    assert page.status_code == 403
    assert "broken off or said no" in words_of(page)


def test_a_try_lapses_after_ten_minutes(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    browser = office.visitor()
    address = back(browser, provider)
    office.clock.pass_by(minutes=10, seconds=1)
    assert browser.get(address).status_code == 400
    browser = office.visitor()
    page = browser.get(back(browser, provider))
    office.clock.pass_by(minutes=10, seconds=1)
    assert onward(browser, page).status_code == 400


def test_what_the_council_said_lets_a_browser_in_once(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    browser = office.visitor()
    page = browser.get(back(browser, provider))
    named = browser.client.get_cookie("fieldapp-named")
    assert onward(browser, page).status_code == 303
    assert named is not None
    thief = office.visitor()
    thief.client.set_cookie("fieldapp-named", named.value)
    assert thief.get(f"{BEGIN}/go-on").status_code == 400


def test_a_planted_session_cookie_is_replaced_and_the_one_before_ends(office: Harrowmere, provider: Provider) -> None:
    before = connected(office, provider).client.get_cookie("fieldapp-desk")
    browser = office.visitor()
    assert before is not None
    browser.client.set_cookie("fieldapp-desk", before.value)
    through(browser, provider)
    after = browser.client.get_cookie("fieldapp-desk")
    assert after is not None
    assert after.value != before.value
    thief = office.visitor()
    thief.client.set_cookie("fieldapp-desk", before.value)
    assert thief.get("/desk/board").status_code == 303


def test_the_cookie_that_comes_back_from_the_council_is_lax_and_every_other_strict(
    office: Harrowmere, provider: Provider
) -> None:
    connected(office, provider)
    browser = office.visitor()
    sent = browser.get(BEGIN)
    assert "SameSite=Lax" in sent.headers["Set-Cookie"]
    page = browser.get(provider.agree(sent.location).removeprefix("http://localhost"))
    assert all("SameSite=Strict" in each for each in page.headers.getlist("Set-Cookie"))
    assert all("HttpOnly" in each for each in [sent.headers["Set-Cookie"], *page.headers.getlist("Set-Cookie")])
    assert "nonce" not in sent.headers["Set-Cookie"]


# When the provider is not as it should be


def test_a_provider_that_is_down_is_said_so_and_passwords_go_on_working(office: Harrowmere, provider: Provider) -> None:
    provider.is_down = True
    page = office.visitor().get(BEGIN)
    assert page.status_code == 503
    assert "use the password of this office" in words_of(page)
    assert office.visitor().sign_in("marian").status_code == 303


def test_a_provider_that_goes_down_half_way_is_said_so(office: Harrowmere, provider: Provider) -> None:
    browser = office.visitor()
    address = back(browser, provider)
    provider.is_down = True
    assert browser.get(address).status_code == 503


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"issuer": "a stroke more"},
        {"authorization_endpoint": "http://elsewhere.example/authorize"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_says_strange_things_of_itself_is_not_asked(
    office: Harrowmere, provider: Provider, metadata: dict[str, Any]
) -> None:
    near = {"issuer": f"{provider.issuer}/"}
    provider.metadata = near if metadata == {"issuer": "a stroke more"} else metadata
    assert office.visitor().get(BEGIN).status_code == 503


@pytest.mark.parametrize("name", ["jwks_uri", "token_endpoint"])
def test_keys_and_tokens_are_not_asked_for_where_anybody_can_listen(office: Harrowmere, provider: Provider, name: str) -> None:
    connected(office, provider)
    know(office, provider)
    # An address under which it does answer, so that nothing but the want of https stops the office.
    provider.metadata = {name: provider.told()[name].replace("127.0.0.1", "127.1")}
    browser = office.visitor()
    assert browser.get(back(browser, provider)).status_code == 503
    assert browser.get("/desk/board").status_code == 303


def test_another_issuer_with_the_same_name_for_somebody_opens_nothing(office: Harrowmere, provider: Provider) -> None:
    with office.office.store.writing() as tx:
        tx.council_accounts.bind("https://other.example", provider.subject, office.id("marian"), "2026-11-23T09:30:00.000Z")
    assert through(office.visitor(), provider).status_code == 403


def test_a_providers_addresses_and_keys_are_asked_for_once(office: Harrowmere, provider: Provider) -> None:
    connected(office, provider)
    for _ in range(3):
        assert through(office.visitor(), provider).status_code == 303
    assert provider.asked.count("/.well-known/openid-configuration") == 1
    assert provider.asked.count("/keys") == 1


def test_a_new_key_of_the_provider_is_asked_for_when_it_is_met(
    office: Harrowmere, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(office, provider)
    old, provider.key = provider.key, RSAKey.generate_key(2048, {"kid": "second"})
    provider.published = [old, provider.key]
    browser = office.visitor()
    # Whoever sends tokens with made-up names of keys makes the office ask once a minute and no more.
    assert browser.get(back(browser, provider)).status_code == 400
    assert provider.asked.count("/keys") == 1
    monkeypatch.setattr("fieldapp.council._ASKED_AGAIN_AFTER_S", -1.0)
    assert through(office.visitor(), provider).status_code == 303
    assert provider.asked.count("/keys") == 2


def test_signing_out_offers_to_sign_out_at_the_council_too(office: Harrowmere, provider: Provider) -> None:
    own = connected(office, provider)
    browser = office.visitor()
    through(browser, provider)
    page = browser.get(browser.send("/desk/account", "/desk/sign-out", {}).location)
    assert "Sign out at the council too" in words_of(page)
    there = browser.get(f"{BEGIN}/out")
    assert there.location.startswith(f"{provider.issuer}/out?")
    assert parse_qs(urlsplit(there.location).query)["post_logout_redirect_uri"] == ["http://localhost/desk/sign-in"]
    assert browser.get("/desk/board").status_code == 303
    said = words_of(own.get(own.send("/desk/account", "/desk/sign-out", {}).location))
    assert "at the council too" not in said
