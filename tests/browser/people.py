"""The two people of the stories. Their methods are sentences; labels and roles are how they find things, as people do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from copy import copy
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.phone import Phone
from tests.browser.server import Server

PASSWORD = "harrowmere-demo-only"
CODE = "246810"
ARRIVAL_MS = 60_000  # a whole caseload, verified entry by entry, on a machine that is busy with other tests
SENDING_MS = 330_000  # with no tap at all: as long as the app's own timer may take, and some
UNLOCKING_MS = 30_000
OWN_LOCK = "Open with this phone’s own lock"

CONTROLS = """main => [...main.querySelectorAll("input, textarea, select")].map((one) => ({
  id: one.id,
  key: one.type === "radio" ? one.name : one.id,
  kind: one.tagName === "INPUT" ? one.type : one.tagName.toLowerCase(),
  mode: one.inputMode,
  value: one.type === "radio" ? (one.closest("fieldset").querySelector(":checked") ? "chosen" : "")
    : one.type === "checkbox" ? (one.checked ? "chosen" : "") : one.value,
}))"""

Answer = tuple[str, str]


def exactly(text: str) -> re.Pattern[str]:
    """A label as it is written, whether or not it says that it is optional."""
    return re.compile(rf"^\s*{re.escape(text)}(?: \(optional\))?\s*$")


def today() -> str:
    return datetime.now(UTC).date().isoformat()


class Keyworker:
    """Somebody with a phone in a family's home."""

    def __init__(self, phone: Phone, server: Server, email: str = "ama@harrowmere.example") -> None:
        self.phone, self.server, self.email = phone, server, email
        self.words: list[str] = []
        self.typed: set[str] = set()
        self._tab: Page | None = None

    @property
    def page(self) -> Page:
        return self._tab or self.phone.page

    def at_another_tab(self) -> Keyworker:
        """The same person at a second tab of the same browser; the first stays open."""
        assert self.phone.context is not None, "the phone is off"
        there = copy(self)
        there._tab = self.phone.context.new_page()
        return there

    def puts(self, control: Locator, text: str) -> None:
        """Fills a control at once. What was ever typed is remembered: nothing of it may be readable on a lost phone."""
        self.typed.add(text)
        control.fill(text)

    def puts_letter_by_letter(self, control: Locator, text: str) -> None:
        """Types as thumbs do."""
        self.typed.add(text)
        control.press_sequentially(text)

    # Setting up, unlocking, moving about

    def opens_the_app(self) -> None:
        self.page.goto(f"{self.server.origin}/app")

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follows(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def is_at(self, heading: str | re.Pattern[str], timeout: float = 15_000) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading, timeout=timeout)

    def signs_in_to_set_up(self) -> None:
        self.opens_the_app()
        self.signs_in_where_it_is_asked()

    def signs_in_where_it_is_asked(self) -> None:
        self.is_at(re.compile("Set up this phone"))
        self.puts(self.page.get_by_label("Work email"), self.email)
        self.puts(self.page.get_by_label("Password", exact=True), PASSWORD)
        self.puts(self.page.get_by_label("Code from your authenticator app"), CODE)
        self.presses("Go on")

    def sets_up_the_phone(self) -> None:
        """Password and second factor once, check words, four unlock words, and everything arrives."""
        self.sets_up_to_the_end()
        self.opens_what_arrived()

    def sets_up_to_the_end(self) -> None:
        """As far as what is offered when everything is here."""
        self.signs_in_to_set_up()
        self.goes_on_from_the_check_words()

    def sets_up_again_because_the_words_are_forgotten(self) -> None:
        """From the locked screen, with password and second factor; the new words are another four."""
        self.page.locator("summary", has_text="I have forgotten my words").click()
        self.presses("Set up again")
        self.signs_in_where_it_is_asked()
        self.goes_on_from_the_check_words()
        self.opens_what_arrived()

    def sets_up_what_was_emptied(self) -> None:
        """On a phone that dropped everything and asks to be set up."""
        self.signs_in_where_it_is_asked()
        self.goes_on_from_the_check_words()
        self.opens_what_arrived()

    def joins_this_phone(self, called: str) -> None:
        """From the screen that somebody else locked."""
        self.presses("Somebody else wants to use this phone")
        self.signs_in_where_it_is_asked()
        self.goes_on_from_the_check_words(called)
        self.opens_what_arrived()

    def opens_what_arrived(self) -> None:
        self.presses("Open my families")
        self.is_at("My families")

    def goes_on_from_the_check_words(self, called: str = "") -> None:
        self.is_at("Is this your office?")
        self.presses("The words are the same")
        self.is_at("Your unlock words")
        self.words = self.page.locator("main ol li").all_inner_texts()
        assert len(self.words) == 4
        self.presses("I have written them down")
        words = " ".join(self.words)
        self.typed.add(words)
        self.puts(self.page.get_by_label("Your four unlock words"), f"{words.capitalize()}. ")  # as a phone's keyboard has it
        if called:
            self.page.get_by_label("What should this phone call you?").fill(called)  # the locked screen shows it to anybody
        self.presses("Finish")
        self.is_at("Everything is here", timeout=ARRIVAL_MS)

    def restarts_the_phone(self) -> None:
        """Closes the browser and opens the app again, still locked."""
        self.phone.restart()
        self.opens_the_app()

    def has_bad_memory(self, store: str) -> None:
        """A part of what the phone keeps of the office's is gone; what waits to be sent lies elsewhere."""
        self.page.evaluate(
            """async (store) => {
              for (const { name } of (await indexedDB.databases()).filter((one) => one.name !== "outbox")) {
                const db = await new Promise((open) => { const asked = indexedDB.open(name); asked.onsuccess = () => open(asked.result); });
                const tx = db.transaction(store, "readwrite");
                tx.objectStore(store).clear();
                await new Promise((done) => { tx.oncomplete = done; });
                db.close();
              }
            }""",
            store,
        )

    def loses_all_power(self) -> None:
        """The phone dies in mid-sentence and is switched on again."""
        self.phone.kill()
        self.phone.switch_on()
        self.opens_the_app()

    def unlocks(self) -> None:
        self.is_at("Unlock this phone")
        self.puts(self.page.get_by_label("Your unlock words"), " ".join(self.words))
        self.presses("Unlock")
        self.is_at("My families", timeout=UNLOCKING_MS)

    def touches_the_phones_own_lock(self) -> None:
        """One touch, and the families are there."""
        self.is_at("Unlock this phone")
        self.presses(OWN_LOCK)
        self.is_at("My families", timeout=UNLOCKING_MS)

    def lets_the_phones_own_lock_open_it(self) -> None:
        """Turns it on in the settings."""
        self.goes_to_the_settings()
        self.puts(self.page.get_by_label("Your unlock words now"), " ".join(self.words))
        self.presses(OWN_LOCK)
        self.sees("This phone’s own lock opens your notes now")

    def changes_her_words(self, *, with_the_phones_own_lock: bool = False) -> None:
        """Proves who she is, writes four other words down and types them."""
        self.goes_to_the_settings()
        self.follows("Change your unlock words")
        self.is_at("Change your unlock words")
        if with_the_phones_own_lock:
            self.presses("I forgot them: use this phone’s own lock")
        else:
            self.puts(self.page.get_by_label("Your unlock words now"), " ".join(self.words))
            self.presses("Go on")
        self.is_at("Your unlock words", timeout=UNLOCKING_MS)
        self.words = self.page.locator("main ol li").all_inner_texts()
        self.presses("I have written them down")
        self.puts(self.page.get_by_label("Your four unlock words"), " ".join(self.words))
        self.presses("Finish")
        self.is_at("Settings", timeout=UNLOCKING_MS)

    def begins_to_write_without_unlocking(self, text: str) -> None:
        self.presses("Write a note now, without unlocking")
        self.puts(self.page.get_by_label("What happened?"), text)

    def writes_without_unlocking(self, text: str, *, about: str = "") -> None:
        """One tap, one box, and whom it is about in any words."""
        self.presses("Write a note now, without unlocking")
        self.puts_letter_by_letter(self.page.get_by_label("What happened?"), text)
        if about:
            self.puts(self.page.get_by_label("Whom is it about?"), about)
        self.presses("Keep and send")
        self.sees("Your note is kept")

    def unlocks_where_she_was(self) -> None:
        """Types the words; what was on screen before is there again."""
        self.is_at("Unlock this phone")
        self.puts(self.page.get_by_label("Your unlock words"), " ".join(self.words))
        self.presses("Unlock")
        expect(self.page.get_by_role("button", name="Hide screen")).to_be_visible(timeout=UNLOCKING_MS)

    def takes_a_pin(self, pin: str) -> None:
        self.goes_to_the_settings()
        self.puts(self.page.get_by_label("A PIN that brings the screen back"), pin)
        self.presses("Use this PIN")
        self.sees("A PIN brings the screen back")

    def taps_the_clock(self) -> None:
        self.page.get_by_role("button", name="Tap to go on").click()

    def tries_the_pin(self, pin: str) -> None:
        self.puts(self.page.get_by_label("PIN", exact=True), pin)
        self.presses("Go on")

    def seen_by_all(self) -> str:
        """What stands on the screen for whoever glances at it."""
        return str(self.page.locator("body").inner_text())

    def looks_away(self) -> None:
        """Another app is in front of this one."""
        self._seen("hidden")

    def looks_back(self) -> None:
        self._seen("visible")

    def _seen(self, state: str) -> None:
        self.page.evaluate(
            """(state) => {
              Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
            }""",
            state,
        )

    def is_to_be_woken_when_there_is_signal(self) -> None:
        """The browser was asked to wake the app, so that what waits is sent although nobody opens it."""
        assert self.page.evaluate(
            """async () => {
              const { sync } = await navigator.serviceWorker.ready;
              for (let tries = 0; tries < 300; tries++) {
                if ((await sync.getTags()).includes("send")) return true;
                await new Promise((later) => setTimeout(later, 50));
              }
              return false;
            }"""
        )

    def goes_to_the_settings(self) -> None:
        self.page.get_by_role("link", name="Settings", exact=True).click()
        self.is_at("Settings")

    def locks(self) -> None:
        """Taps Lock in the settings."""
        self.goes_to_the_settings()
        self.presses("Lock")
        self.is_at("Unlock this phone")

    def opens_the_family(self, name: str) -> None:
        self.page.get_by_role("link", name="fieldapp").click()
        self.is_at("My families")
        self.follows(re.compile(name))
        self.is_at("Notes")

    def opens_the_part(self, name: str) -> None:
        self.page.get_by_role("navigation", name="Parts of this record").get_by_role("link", name=name).click()

    # Writing

    def question(self, label: str, within: Locator | None = None) -> Locator:
        """Finds a question, be it one control or a group of them."""
        root = within or self.page.locator("main")
        return root.get_by_role("group", name=exactly(label)).or_(root.get_by_label(exactly(label)))

    def answers(self, label: str, answer: str, within: Locator | None = None) -> None:
        """Answers a question of any form: a tap on a choice, or typing."""
        asked = self.question(label, within).first
        if asked.evaluate("element => element.tagName") == "FIELDSET":
            asked.locator("label").filter(has_text=exactly(answer)).first.click()
        elif asked.evaluate("element => element.tagName") == "SELECT":
            asked.select_option(label=answer)
        else:
            self.puts(asked, answer)

    def answers_all(self, answers: Iterable[Answer], within: Locator | None = None) -> None:
        for label, answer in answers:
            self.answers(label, answer, within)

    def types(self, label: str, text: str) -> None:
        self.puts_letter_by_letter(self.question(label).first, text)

    def says_each_child_was_seen(self, presentation: str = "") -> None:
        children = self.question("Each child in the family").first
        for child in children.locator("> fieldset").all():
            self.answers("Did you see them?", "Yes", child)
            self.answers("Did you see them alone?", "Yes", child)
            self.answers("Did you see their bedroom?", "Not needed this time", child)
            if presentation:
                self.answers("How did they seem?", presentation, child)

    def begins_a_visit_note(self) -> None:
        self.presses("Visit note")
        self.is_at("Visit note")

    def writes_the_visit(self, seen: str, *, purpose: str = "See Kayleigh and agree tonight’s plan") -> None:
        """Fills in the whole of a visit note; what was seen and heard is the given words."""
        self.answers_all(
            [
                ("What kind of visit was it?", "Home visit"),
                ("Which day?", today()),
                ("Start", "17:40"),
                ("End", "18:35"),
                ("Where?", "At home, in the kitchen"),
                ("Was it planned?", "Not planned"),
                ("Did the family know you were coming?", "No"),
                ("Was there an interpreter?", "Not needed"),
            ]
        )
        self.question("Who was there?").locator("label").first.click()
        self.says_each_child_was_seen()
        self.answers_all(
            [
                ("What was the visit for?", purpose),
                ("What did you see and hear?", seen),
                ("The child’s own words", "“I told Mum I was out.”"),
                ("What did each parent say about it?", "Dawn: “Maybe two hours.”"),
                ("What do you make of it, and why?", "Reachable when not questioned in front of her mother."),
                ("Anything new or worrying?", "No"),
                ("Is anyone unsafe right now?", "No"),
                ("The next visit", "Still to arrange"),
                ("Where did you write this?", "In the car or outside"),
            ]
        )

    def writes_the_visit_that_did_not_happen(self) -> None:
        """Fills in the whole of a visit note that tells of nobody seen."""
        self.answers_all(
            [
                ("What kind of visit was it?", "It did not happen"),
                ("Why did it not happen?", "No reply"),
                ("What did you see, try or leave?", "Rang twice, left a card"),
                ("Which day?", today()),
                ("Start", "17:40"),
                ("Where?", "At the door"),
                ("Was it planned?", "Planned"),
                ("Did the family know you were coming?", "Yes"),
                ("Anything new or worrying?", "No"),
                ("Is anyone unsafe right now?", "No"),
                ("The next visit", "Still to arrange"),
                ("Where did you write this?", "In the car or outside"),
            ]
        )

    def fills_in_every_question(self, words: Callable[[], str]) -> None:
        """Answers whatever the form asks, opening every list once and typing fresh words into every text."""
        main = self.page.locator("main")
        expect(main.get_by_role("button", name=re.compile("^(Check|Save) and send$"))).to_be_visible()
        for name in main.get_by_role("button", name=re.compile("^Add (?!another)")).all_inner_texts():
            main.get_by_role("button", name=name, exact=True).first.click()
        done: set[str] = set()
        while found := [one for one in main.evaluate(CONTROLS) if one["key"] not in done]:
            done.add(found[0]["key"])
            self._fills_in(found[0], words)

    def _fills_in(self, told: dict[str, str], words: Callable[[], str]) -> None:
        control = self.page.locator(f"[id='{told['id']}']")
        if told["kind"] in ("radio", "checkbox"):
            if told["value"] == "":
                self.page.locator(f"label[for='{told['id']}']").click()
        elif told["kind"] == "select":
            control.select_option(index=1)
        elif told["kind"] == "date":
            control.fill(today())
        elif told["kind"] == "time":
            control.fill("10:15")
        elif told["value"] == "":
            self.puts_letter_by_letter(control, "7" if told["mode"] in ("numeric", "decimal") else words())

    def waits_for_the_draft_to_be_kept(self) -> None:
        expect(self.page.get_by_text(re.compile("Draft kept on this phone")).first).to_be_visible()

    def checks_and_sends(self) -> None:
        self.presses("Check and send")
        self.is_at("Check before you send")
        self.presses("Send")

    def writes_down_a_call(self, line: str) -> None:
        """Writes and sends the short form, in the family that is open."""
        self.presses("Call or text")
        self.tells_of_the_call(line)

    def tells_of_the_call(self, line: str) -> None:
        """Fills in the short form that is open, and sends it."""
        self.is_at("Call, text or message")
        self.question("Who with?").locator("label").first.click()
        self.answers_all(
            [
                ("How?", "Call"),
                ("What came of it?", "We spoke"),
                ("In one line", line),
                ("Anything new or worrying?", "No"),
            ]
        )
        self.presses("Save and send")

    def is_told_that_it_is_being_saved(self) -> None:
        """The button says so at once; where it takes long, the page says to stay."""
        expect(self.page.get_by_role("button", name="Saving…")).to_be_visible()
        expect(self.page.get_by_role("status").get_by_text("Stay on this page")).to_be_visible()

    def answers_an_addition(self, why: str, text: str) -> None:
        """Adds to a note that is final."""
        additions = self.page.get_by_role("group", name=exactly("What was added"))
        additions.get_by_role("button", name=re.compile("^Add")).click()
        item = additions.locator("fieldset.app-item").last
        self.answers("Why are you adding this?", why, item)
        self.answers("What do you want to add?", text, item)

    def says_who_answered(self, who: str, has: str = "") -> None:
        """Fills in the first page of a questionnaire, and goes on; of one without its text there is only the score."""
        self.question("Who answered?").locator("label", has_text=who).first.click()
        self.answers("At which point?", "In between")
        self.answers("How was it filled in?", "They filled it in themselves")
        if has:
            self.answers("What do you have?", has)
        self.presses("Go on")

    def begins_the_questionnaire(self, who: str) -> None:
        """Says who answers, and hands over the phone."""
        self.says_who_answered(who, "Answers given here")
        self.is_at("Hand over the phone")
        self.presses("Start")

    def types_the_paper_score(self, score: str) -> None:
        """Types in a score that was worked out on paper."""
        self.puts(self.page.get_by_label("The score on the paper"), score)
        self.presses("Go on")

    # Reading

    def searches_for(self, text: str) -> None:
        """Searches all notes, from the list of families."""
        self.puts_letter_by_letter(self.page.get_by_label("Search all your notes"), text)
        self.presses("Search")

    def sees(self, text: str | re.Pattern[str], timeout: float = 15_000) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=timeout)

    def finds_in_the_page(self, text: str) -> bool:
        """Says whether the page holds a text anywhere: on screen, to be read aloud, or in a field."""
        held = "() => [document.body.innerHTML, ...[...document.querySelectorAll('input, textarea')].map(one => one.value)]"
        return any(text in each for each in self.page.evaluate(held))

    def sees_the_note_is(self, standing: str, timeout: float = 15_000) -> None:
        expect(self.page.locator("main .app-standing").first).to_contain_text(standing, timeout=timeout)

    def opens_the_note(self, title: str | re.Pattern[str]) -> None:
        self.page.locator("main").get_by_role("link", name=title).first.click()

    def sends_and_receives(self) -> None:
        """Asks for it by hand, for what the office has to say."""
        self.page.locator(".app-send-line").get_by_role("link").click()
        self.is_at("Sending")
        self.presses("Send and receive")
        expect(self.page.get_by_role("button", name="Send and receive", exact=True)).to_be_enabled(timeout=SENDING_MS)

    def sends_and_receives_for_the_last_time(self) -> None:
        """Asks for it by hand, and hears that this phone is not for this person any more: the app begins anew, without them."""
        self.page.locator(".app-send-line").get_by_role("link").click()
        self.is_at("Sending")
        self.presses("Send and receive")
        expect(self.page.get_by_role("button", name="Hide screen")).to_have_count(0, timeout=SENDING_MS)
        self.opens_the_app()
        self.is_at("Unlock this phone")

    def checks_the_phone(self) -> None:
        """Follows the settings to whether the phone is ready."""
        self.page.get_by_role("link", name="Settings", exact=True).click()
        self.page.get_by_role("link", name="Check this phone").click()
        self.is_at("Is this phone ready?")

    def is_told_of(self, about: str, text: str | re.Pattern[str]) -> None:
        """Reads one line of whether the phone is ready."""
        line = self.page.locator("main li.app-row").filter(
            has=self.page.locator(".app-row__name", has_text=re.compile(f"{about}$"))
        )
        expect(line).to_contain_text(text)

    def keeps_what_waits_as_a_file(self) -> Path:
        """Takes the last resort, from the list of what waits; returns what came of it."""
        carry = self.page.locator("details", has_text="If this phone cannot reach the office any more")
        if carry.get_attribute("open") is None:
            carry.locator("summary").click()
        with self.page.expect_download() as told:
            self.presses("Keep what waits as a file")
        kept = self.phone.folder / told.value.suggested_filename
        told.value.save_as(kept)
        return kept

    def counts_taps(self, work: Callable[[], None]) -> int:
        """Counts how often a finger touches the screen during the work."""
        self.page.evaluate("() => { window.taps = 0; addEventListener('pointerdown', () => { taps += 1; }, true); }")
        work()
        return int(self.page.evaluate("() => window.taps"))


class Supervisor:
    """Somebody at a desk with a laptop."""

    def __init__(self, laptop: Phone, server: Server, email: str = "marian@harrowmere.example") -> None:
        self.laptop, self.server, self.email = laptop, server, email

    @property
    def page(self) -> Page:
        return self.laptop.page

    def signs_in(self) -> None:
        self.signs_in_as_administrator()
        self.is_at("What needs reading")

    def signs_in_as_administrator(self) -> None:
        """Signs in, wherever that leads."""
        self.types_the_sign_in()
        expect(self.page.get_by_role("navigation", name="Pages")).to_be_visible()

    def types_the_sign_in(self) -> None:
        self.page.goto(f"{self.server.origin}/desk")
        self.page.get_by_label("Email address").fill(self.email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_label("Six-figure code").fill(CODE)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def is_at(self, heading: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def goes_to(self, name: str) -> None:
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        self.page.wait_for_load_state()

    def opens_the_family(self, name: str) -> None:
        self.goes_to("Families")
        self.page.get_by_role("link", name=re.compile(name)).first.click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(re.compile(name))

    def puts_it_on_her_phone(self) -> None:
        """From the family's page, by the page that says who reads it."""
        self.page.get_by_role("link", name="Who can read this, and why").click()
        self.page.get_by_role("button", name="Put it on my phone").click()
        self.was_told(re.compile("Your phone fetches the record"))

    def opens_the_newest(self, title: str) -> None:
        """Opens the first record of that title on the family's page."""
        notes = self.page.get_by_role("region", name="Notes and other records").or_(self.page.locator("[aria-labelledby=notes]"))
        notes.get_by_role("link", name=re.compile(rf"^{title}")).first.click()

    def reads(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.locator("main").get_by_text(text).first).to_be_visible()

    def asks_about(self, answer: str, question: str) -> None:
        """Sends the note back with a question anchored to one answer."""
        self.page.get_by_label("Send back with a question").check()
        self.page.get_by_label("Which answer?").first.select_option(label=answer)
        self.page.get_by_label("Comment", exact=True).first.fill(question)
        self.page.get_by_role("button", name="Send review").click()
        self.was_told(re.compile("."))

    def signs_off(self, text: str = "") -> None:
        self.page.get_by_label("Sign off").check()
        if text:
            self.page.get_by_label("Your question, or what you want to say").fill(text)
        self.page.get_by_role("button", name="Send review").click()
        self.was_told(re.compile("."))

    def types_without_sending(self, text: str) -> None:
        """Begins to ask about the note that is open."""
        self.page.get_by_label("Comment", exact=True).first.press_sequentially(text)

    def was_told(self, text: re.Pattern[str]) -> None:
        expect(self.page.locator(".govuk-notification-banner--success")).to_contain_text(text)

    def sees_added(self, text: str) -> None:
        """Sees words marked as added by the word diff."""
        expect(self.page.locator("ins", has_text=text).first).to_be_visible()

    def may_not_review(self) -> None:
        expect(self.page.get_by_role("button", name="Send review")).to_have_count(0)

    # What waits to be sorted, and phones

    def brings_in(self, file: Path) -> None:
        """Brings in what somebody carried here from a phone."""
        self.goes_to("Being sorted")
        self.page.get_by_role("link", name="Bring in a file from a phone").click()
        self.page.get_by_label("Choose the file").set_input_files(file)
        self.page.get_by_role("button", name="Bring it in").click()

    def counts(self, what: str, count: int) -> None:
        line = self.page.locator("dl.desk-answers > div").filter(has=self.page.get_by_text(what, exact=True))
        expect(line.locator("dd")).to_have_text(str(count))

    def opens_what_waits(self, title: str, *, newest: bool = False) -> None:
        """Opens the oldest of that reason, or the newest."""
        self.goes_to("Being sorted")
        self.is_at("At the office, being sorted")
        found = self.page.get_by_role("link", name=title)
        (found.last if newest else found.first).click()
        self.is_at(title)

    def decides(self, decision: str, why: str) -> None:
        """Decides about what waits, with a reason."""
        self.page.get_by_label(decision, exact=True).check()
        self.page.get_by_label("Why?").fill(why)
        self.page.get_by_role("button", name="Write down and do it").click()

    def opens_the_phone_of(self, name: str) -> None:
        """Follows a phone from the board."""
        self.goes_to("What needs reading")
        self.page.get_by_role("link", name=re.compile(rf"^{name}.s phone")).click()
        self.is_at(re.compile(f"{name}.s phone"))

    def opens_the_newest_phone_of(self, name: str) -> None:
        """Opens the phone heard from last, from the list that begins with the longest silent."""
        self.goes_to("Phones")
        self.page.get_by_role("link", name=name).last.click()
        self.is_at(re.compile(f"{name}.*s phone"))

    def says_of_the_phone(self, what: str, why: str) -> None:
        self.page.get_by_label(what, exact=True).check()
        self.page.get_by_label("How do you know?").fill(why)
        self.page.get_by_role("button", name="Write this down").click()

    def ends_the_use_of_this_phone_by(self, name: str, why: str) -> None:
        self.page.get_by_role("group", name="Whose use of it ends?").get_by_label(name).check()
        self.page.get_by_label("Why?").fill(why)
        self.page.get_by_role("button", name="End their use of this phone").click()
        self.was_told(re.compile("."))

    def ends_the_reading_of(self, name: str, family: str, why: str) -> None:
        """Takes a family away from somebody, at once."""
        self.opens_the_family(family)
        self.page.get_by_role("link", name="Who can read this").click()
        part = self.page.locator("details", has_text="End somebody’s reading")
        part.locator("summary").click()
        who = part.get_by_label("Who?")
        who.select_option(value=who.locator("option", has_text=name).get_attribute("value"))
        part.get_by_label("Why?").fill(why)
        part.get_by_role("button", name="End it").click()
        self.was_told(re.compile("."))

    def signs_out(self) -> None:
        self.page.get_by_role("button", name="Sign out").click()
        self.is_at("Sign in")
