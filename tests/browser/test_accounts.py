"""People and their accounts at the desk: passkeys, another password, and a reset that takes two people."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from fieldapp import people
from tests.app import provider as providers
from tests.app.provider import CLIENT, SECRET, Provider
from tests.browser.conftest import NewPhone
from tests.browser.people import CODE, PASSWORD, Supervisor
from tests.browser.phone import LAPTOP, Phone
from tests.browser.server import Server
from tests.browser.test_accessible import Eye

NEW = "kettle plum orbiting"


class Member(Supervisor):
    """Somebody at a desk who sees to their own account, on a laptop with a fingerprint reader."""

    def has_a_fingerprint_reader(self, *, knows_them: bool = True) -> None:
        """Gives the laptop an authenticator that verifies its owner. `knows_them`: they put the right finger on it."""
        assert self.laptop.context is not None
        line = self.laptop.context.new_cdp_session(self.page)
        line.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": knows_them, "automaticPresenceSimulation": True,
        }  # fmt: skip
        self._reader = line.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
        self._line = line

    def puts_the_wrong_finger_on_it(self) -> None:
        self._line.send("WebAuthn.setUserVerified", {"authenticatorId": self._reader, "isUserVerified": False})

    def puts_the_right_finger_on_it(self) -> None:
        self._line.send("WebAuthn.setUserVerified", {"authenticatorId": self._reader, "isUserVerified": True})

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def follows(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).click()

    def follows_the_button(self, name: str) -> None:
        """Follows a link that looks like a button."""
        self.presses(name)

    def fills(self, **typed: str) -> None:
        """Types into the fields with these labels; `_` for a space."""
        for label, text in typed.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(text)

    def adds_a_keyworker(self, name: str, email: str) -> None:
        self.goes_to("People")
        self.follows_the_button("Add a person")
        self.fills(Name=name, Email_address=email)
        self.page.get_by_label("Keyworker").check()
        self.page.get_by_label("Team").select_option(index=1)
        self.presses("Add this person")

    def opens_their_account(self) -> None:
        self.page.get_by_role("link", name=re.compile("Your account")).click()
        self.is_at("Your account")

    def adds_a_passkey(self, called: str) -> None:
        self.follows("Add a passkey")
        self.is_at("Add a passkey")
        expect(self.page.get_by_text("This browser cannot make passkeys")).to_be_hidden()
        self.page.get_by_label("Which device is it on?").fill(called)
        self.fills(Password=PASSWORD)
        self.page.get_by_label("Six-figure code").fill(CODE)
        self.presses("Add it")

    def signs_out(self) -> None:
        self.presses("Sign out")
        self.is_at("Sign in")

    def signs_in_with_the_passkey(self, password: str = PASSWORD) -> None:
        self.fills(Email_address=self.email, Password=password)
        self.presses("Use a passkey in place of the code")

    def begins_to_set_up_a_phone_with_the_passkey(self) -> None:
        """On the same device, without a code."""
        self.page.goto(f"{self.server.origin}/app")
        self.fills(Work_email=self.email, Password=PASSWORD)
        self.presses("Use a passkey in place of the code")


def test_passkey_stands_in_for_the_code(server: Server, laptop: Phone) -> None:
    # Given a supervisor who adds a passkey to her account
    marian = Member(laptop, server)
    marian.has_a_fingerprint_reader()
    complaints: list[str] = []
    laptop.page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    marian.signs_in()
    marian.opens_their_account()
    marian.adds_a_passkey("office laptop")
    marian.is_at("Your account")
    marian.reads("The passkey is added.")
    marian.reads("Not used yet.")

    # When she signs in with it
    marian.signs_out()
    marian.signs_in_with_the_passkey()

    # Then she is in, and her account says when it was used
    marian.is_at("What needs reading")
    marian.opens_their_account()
    marian.reads(re.compile(r"Last used"))
    # And with it she sets up a phone, once it knows her
    marian.puts_the_wrong_finger_on_it()
    marian.begins_to_set_up_a_phone_with_the_passkey()
    expect(laptop.page.get_by_role("alert")).to_contain_text("No passkey was used")
    marian.puts_the_right_finger_on_it()
    marian.presses("Use a passkey in place of the code")
    marian.is_at("Is this your office?")
    marian.reads("Hello Marian")

    # And nothing on the way broke the page's policy
    assert complaints == []

    # When she removes it and tries once more
    laptop.page.goto(f"{server.origin}/desk/board")
    marian.opens_their_account()
    marian.follows("Remove office laptop")
    marian.is_at("Remove a passkey")
    marian.fills(Password=PASSWORD)
    marian.page.get_by_label("Six-figure code").fill(CODE)
    marian.presses("Remove it")
    marian.reads("The passkey no longer opens your account.")
    marian.signs_out()
    marian.signs_in_with_the_passkey()

    # Then it opens nothing
    expect(laptop.page.get_by_role("alert")).to_contain_text("is not right")


def test_passkey_asks_whose_finger_it_is(server: Server, laptop: Phone) -> None:
    # Given a passkey, and somebody else at the laptop who knows the password
    marian = Member(laptop, server)
    marian.has_a_fingerprint_reader()
    marian.signs_in()
    marian.opens_their_account()
    marian.adds_a_passkey("office laptop")
    marian.is_at("Your account")
    marian.signs_out()
    marian.puts_the_wrong_finger_on_it()

    # When they try
    marian.signs_in_with_the_passkey()

    # Then nothing is sent, and what was typed is still there
    expect(laptop.page.get_by_text("No passkey was used, and nothing was sent.")).to_be_visible()
    expect(laptop.page.get_by_label("Email address")).to_have_value(marian.email)

    # And with the right finger it opens
    marian.puts_the_right_finger_on_it()
    marian.presses("Use a passkey in place of the code")
    marian.is_at("What needs reading")


def test_changed_password_opens_from_then_on(server: Server, laptop: Phone) -> None:
    # Given a supervisor who chooses a password that everybody tries first
    marian = Member(laptop, server)
    marian.signs_in()
    marian.opens_their_account()
    marian.follows("Change your password")
    marian.fills(Present_password=PASSWORD, New_password="Password2026!")
    laptop.page.get_by_label("Six-figure code").fill(CODE)
    marian.presses("Change it")

    # Then she is told why not
    expect(laptop.page.get_by_role("alert")).to_contain_text("tried first")

    # And when she chooses three words, they open from then on
    marian.fills(Present_password=PASSWORD, New_password=NEW)
    laptop.page.get_by_label("Six-figure code").fill(CODE)
    marian.presses("Change it")
    marian.reads("Your password is changed.")
    marian.signs_out()
    marian.fills(Email_address=marian.email, Password=NEW)
    laptop.page.get_by_label("Six-figure code").fill(CODE)
    laptop.page.get_by_role("button", name="Sign in", exact=True).click()
    marian.is_at("What needs reading")


def test_two_people_give_a_keyworker_her_account_back(server: Server, new_phone: NewPhone, laptop: Phone) -> None:
    # Given an administrator who asks for a reset, and a supervisor of the keyworker's team who confirms it
    admin = Member(laptop, server, "admin@harrowmere.example")
    admin.signs_in_as_administrator()
    admin.goes_to("People")
    admin.follows("Ama Lindqvist")
    laptop.page.get_by_label("Why, and how do you know it is them?").fill("She rang; I know her voice")
    admin.presses("Ask for a reset")
    admin.is_at("The first words for Ama Lindqvist")
    first = laptop.page.locator(".desk-secret").inner_text()
    # and who adds somebody new, whom nothing lets in before she has confirmed that, too
    admin.adds_a_keyworker("Nora Quill", "nora@harrowmere.example")
    admin.is_at("The first words for Nora Quill")
    admin.reads("Nobody can sign in as Nora Quill yet.")
    # and who asks that a colleague may read more, which changes nothing yet
    admin.goes_to("People")
    admin.follows("Reece Oduya")
    laptop.page.get_by_label("Supervisor", exact=True).check()
    laptop.page.locator("#text-part").fill("Covers for Jos from Monday")
    admin.presses("Change this")
    admin.reads(re.compile("nothing changes until another administrator, or a supervisor"))

    other = new_phone(LAPTOP)
    other.switch_on()
    marian = Member(other, server)
    marian.signs_in()
    marian.goes_to("Resets")
    marian.reads(re.compile(r"New here: Keyworker in .+, nora@harrowmere\.example\."))
    marian.reads(re.compile(r"Now: Keyworker in .+\. ?To be Supervisor in .+\. ?Why: Covers for Jos from Monday"))
    marian.presses("Confirm wider access for Reece Oduya")
    marian.reads(re.compile("Confirmed, and it holds from now on"))
    marian.presses("I have spoken to them: confirm for Ama Lindqvist")
    marian.is_at("The second words for Ama Lindqvist")
    second = other.page.locator(".desk-secret").inner_text()

    # When she enters the words of both, chooses a password and adds the key to her authenticator
    phone = new_phone()
    phone.switch_on()
    ama = Member(phone, server, "ama@harrowmere.example")
    phone.page.goto(f"{server.origin}/desk/sign-in")
    ama.follows("set up your account")
    ama.fills(Email_address=ama.email, The_first_words=first, The_second_words=second)
    ama.presses("Go on")
    ama.is_at("Welcome back, Ama Lindqvist")
    secret = phone.page.locator(".desk-secret").nth(1).inner_text()
    ama.fills(New_password=NEW)
    phone.page.get_by_label("Six-figure code").fill(code_now(secret))
    ama.presses("Finish")

    # Then her account is set up, and her old password opens nothing
    ama.is_at("Your account is set up")
    ama.types_the_sign_in()
    expect(phone.page.get_by_role("alert")).to_contain_text("is not right")
    ama.fills(Email_address=ama.email, Password=NEW)
    phone.page.get_by_label("Six-figure code").fill(CODE)
    ama.presses("Sign in")
    ama.is_at("Your work is in the phone app")


@pytest.fixture
def council(server: Server) -> Iterator[Provider]:
    """The council's own sign-in, and the office started anew so that it knows it."""
    with providers.serving(time.time) as found:
        server.kill()
        server.environment |= {
            "FIELDAPP_OIDC_ISSUER": found.issuer, "FIELDAPP_OIDC_CLIENT_ID": CLIENT, "FIELDAPP_OIDC_CLIENT_SECRET": SECRET,
        }  # fmt: skip
        server.start()
        yield found


def test_council_account_is_connected_once_and_opens_from_then_on(server: Server, council: Provider, laptop: Phone) -> None:
    # Given a supervisor who connects her council account
    marian = Member(laptop, server)
    eye = Eye(laptop.page)
    marian.signs_in()
    marian.opens_their_account()
    marian.follows("Connect your council account")
    marian.is_at("The council")
    marian.follows("It is me")
    marian.is_at("Connect your council account")
    eye.looks("connecting a council account")
    marian.fills(Password=PASSWORD)
    laptop.page.get_by_label("Six-figure code").fill(CODE)
    marian.presses("Connect it")
    marian.reads("Your council account is connected.")
    marian.signs_out()

    # When she signs in with it
    eye.looks("sign in, with a council")
    marian.follows_the_button("Sign in with your council account")
    marian.is_at("The council")
    marian.follows("It is me")

    # Then she is in without a password of this office
    marian.is_at("What needs reading")
    marian.signs_out()
    marian.reads("You are signed out here.")

    # And where the council asked for one thing only, ours is asked for too
    council.amr = ["pwd"]
    marian.follows_the_button("Sign in with your council account")
    marian.follows("It is me")
    marian.is_at("One more step")
    eye.looks("one more step")
    laptop.page.get_by_label("Six-figure code").fill(CODE)
    laptop.page.get_by_role("button", name="Sign in", exact=True).click()
    marian.is_at("What needs reading")

    # And when the council names somebody else, nobody is let in
    marian.signs_out()
    council.subject = "somebody-else"
    marian.follows_the_button("Sign in with your council account")
    marian.follows("It is me")
    marian.is_at("You are not signed in")
    eye.looks("not let in")
    assert eye.objections == [], "\n".join(eye.objections)


def code_now(secret: str) -> str:
    """What an authenticator app shows for this key at this moment."""
    return people.code_at(secret, datetime.now(UTC))
