"""Kills a real browser with SIGKILL while somebody types and while it sends, again and again on one profile, and counts what was lost.

    python -m tests.browser.killed_browsers --seed 1 --runs 50

A seed fixes what is done and when the battery runs out; the machine decides how far the browser had come by then. What the
screen had said is known from the page itself: it tells each new heading before it dies.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer

from playwright.sync_api import Error, Playwright, expect, sync_playwright

from fieldapp import config, office_keys, records, store
from tests.browser import install
from tests.browser.line import Call, Line, half
from tests.browser.people import SENDING_MS, Keyworker
from tests.browser.phone import Phone
from tests.browser.server import Server, free_port

MOMENTS = (
    "while typing",
    "after the tap on Send",
    "before a push reaches the office",
    "before its answer",
    "half-way through its answer",
    "after its answer",
)
WORDS = [
    "Kayleigh",
    "was",
    "home",
    "by",
    "nine",
    "and",
    "Nan",
    "has",
    "the",
    "spare",
    "key",
    "so",
    "we",
    "agreed",
    "to",
    "ring",
    "before",
    "school",
]
MOST_TYPED_S = 4.0
MOST_SAVING_S = 0.25
"""From the tap to the word `saved`, and from an answer to the word `sent`, and somewhat more."""
MAY_BE_BEHIND_S = 2.0
"""A draft is kept after 0.9 s of typing at the latest; the rest is for a machine that is busy with other things."""
TAG = len("Call 0000")
SAVED = {"Saved, waiting to send", "Sent"}
TELL_HEADINGS = """() => new MutationObserver(() => {
  const said = document.querySelector("h1")?.textContent;
  if (said && said !== window.told) console.log("heading: " + (window.told = said));
}).observe(document.body, {childList: true, subtree: true, characterData: true})"""


@dataclass
class Sum:
    """What came of many killed browsers."""

    kills: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    """What there was afterwards: a draft, or a note."""
    called_saved: int = 0
    """How often the screen had called it saved before it died."""
    behind_s: list[float] = field(default_factory=list)
    """By how many seconds of typing each draft was behind."""
    lost: list[str] = field(default_factory=list)


class Trial:
    """One phone that dies again and again, and its office at the other end of a line."""

    def __init__(self, playwright: Playwright, executable: str, folder: Path, chance: random.Random) -> None:
        self.chance = chance
        self.sum = Sum()
        self.said: list[str] = []
        self.server = Server(folder, origin=f"http://localhost:{free_port()}")
        self.server.make_demo()
        self.line = Line(int(self.server.origin.rpartition(":")[2]), self.server.port)
        self.server.start()
        self.phone = Phone(playwright, executable)
        self.phone.switch_on()
        self.ama = Keyworker(self.phone, self.server)
        self.ama.sets_up_the_phone()
        self.lines: list[str] = []

    def close(self) -> None:
        self.phone.throw_away()
        self.line.ends()
        self.server.kill()

    def run(self, moment: str) -> None:
        """Writes a note, dies at this moment, and looks at what is left after unlocking."""
        self.said.clear()
        words = f"Call {len(self.lines):04}: {' '.join(self.chance.choices(WORDS, k=20))}"
        self.lines.append(words)
        self.ama.opens_the_family("Tarnley")
        self.phone.page.on("console", lambda told: self.said.append(told.text.removeprefix("heading: ")))
        self.phone.page.evaluate(TELL_HEADINGS)
        self.ama.presses("Call or text")
        self.ama.is_at("Call, text or message")
        letters, died = (self._types if moment == "while typing" else self._sends)(words, moment)
        self.line.heals()
        self.phone.kill()
        self.phone.switch_on()
        self.ama.opens_the_app()
        self.ama.unlocks()
        self.ama.opens_the_family("Tarnley")
        self.sum.kills[moment] += 1
        self.looks_at_what_is_left(words, [at for at in letters if at < died], died)
        expect(self.phone.page.locator(".app-send-line")).to_contain_text("All sent", timeout=SENDING_MS)
        if (there := self._at_the_office()) != Counter(self.lines):
            self.sum.lost.append(f"{moment}: the office has {there}, and written was {Counter(self.lines)}")

    def _types(self, words: str, moment: str) -> tuple[list[float], float]:
        """Types until the battery is empty: when each letter was on screen, and when the end came."""
        died, runs_out = self._battery()
        self.ama.question("In one line").first.focus()
        letters: list[float] = []
        with self._until_it_is_gone():
            Timer(self.chance.uniform(0.1, MOST_TYPED_S), runs_out).start()
            for letter in words:
                self.phone.page.keyboard.type(letter, delay=self.chance.uniform(20, 120))
                letters.append(time.monotonic())
        return letters, died[0]

    def _sends(self, words: str, moment: str) -> tuple[list[float], float]:
        """The same for somebody who fills in all, sees that the draft is kept, and taps on Send."""
        died, runs_out = self._battery()
        self.ama.answers("In one line", words)
        letters = [float("-inf")] * len(words)
        self._fills_in_the_rest()
        self.ama.waits_for_the_draft_to_be_kept()
        delay = self.chance.uniform(0, MOST_SAVING_S)
        with self._until_it_is_gone():
            if moment == "after the tap on Send":
                Timer(delay, runs_out).start()
            else:
                self.line.breaks(_dying(moment, runs_out, delay), lambda call: call.path == "/sync/v1/push")
            self.ama.presses("Save and send")
        return letters, died[0]

    def _battery(self) -> tuple[list[float], Callable[[], None]]:
        """What ends the browser, and where it writes down when."""
        died: list[float] = []
        empty = self.phone.battery()

        def runs_out() -> None:
            died.append(time.monotonic())
            empty()

        return died, runs_out

    @contextmanager
    def _until_it_is_gone(self) -> Iterator[None]:
        """Goes on until the browser is no more, whatever was being done."""
        with suppress(Error):
            yield
            self.phone.page.wait_for_event("close")

    def looks_at_what_is_left(self, words: str, letters: list[float], died: float) -> None:
        """Finds the note, or the draft with all but the last second when nobody had called it saved; and sends it."""
        page = self.phone.page
        note = page.locator("main .app-row").filter(has_text=words[:TAG])
        draft = page.get_by_role("link", name=re.compile("^Carry on with"))
        certain = sum(died - at > MAY_BE_BEHIND_S for at in letters)
        is_called_saved = not SAVED.isdisjoint(self.said)
        self.sum.called_saved += is_called_saved
        if certain or is_called_saved:
            expect(note.or_(draft).first).to_be_visible()
        found = (note.count(), draft.count())
        self.sum.found[{(1, 0): "notes", (0, 1): "drafts", (0, 0): "not begun"}.get(found, "both")] += 1
        if sum(found) > 1 or (is_called_saved and found != (1, 0)):
            self.sum.lost.append(f"{words!r}: {found[0]} notes and {found[1]} drafts; the screen had said {self.said}")
        if found[0]:
            return
        if found[1]:
            draft.click()
        else:
            self.ama.presses("Call or text")
        self.ama.is_at("Call, text or message")
        kept = self.ama.question("In one line").first.input_value()
        missing = letters[len(kept) :]
        self.sum.behind_s.append(died - missing[0] if missing else 0.0)
        if not words.startswith(kept) or len(kept) < certain:
            self.sum.lost.append(f"of {words[: len(letters)]!r} the draft has {kept!r}, {self.sum.behind_s[-1]:.1f} s behind")
        self.ama.answers("In one line", words)
        self._fills_in_the_rest()
        self.ama.presses("Save and send")
        self.ama.is_at(re.compile("Saved, waiting to send|Sent"))

    def _fills_in_the_rest(self) -> None:
        who = self.ama.question("Who with?").locator("label").first
        if not self.ama.question("Who with?").locator("input").first.is_checked():
            who.click()
        self.ama.answers_all([("How?", "Call"), ("What came of it?", "We spoke"), ("Anything new or worrying?", "No")])

    def _at_the_office(self) -> Counter[str]:
        """Every line of a call that came from this phone, as often as it is there."""
        settings = config.read(self.server.environment)
        keys, opened = office_keys(settings), store.open_still(settings.database)
        found: Counter[str] = Counter()
        with opened.reading():
            for row in opened.casefiles.all():
                key = keys.casefile(row.id, row.key)
                for one in opened.entries.in_casefile(row.id):
                    fields = records.opened_entry(one, key).fields or {}
                    if one.kind == "contact" and fields.get("line") in self.lines:
                        found[str(fields["line"])] += 1
        opened.close()
        return found


def _dying(moment: str, runs_out: Callable[[], None], delay: float) -> Callable[[Call], None]:
    """A line on which the phone's battery runs out."""

    def strikes(call: Call) -> None:
        if moment == "before a push reaches the office":
            runs_out()
            return
        answer = call.reaches_the_office()
        if moment == "half-way through its answer":
            call.is_told(half(answer))
        if moment == "after its answer":
            call.is_told(answer)
            Timer(delay, runs_out).start()
            return
        runs_out()

    return strikes


def main() -> int:
    """Kills as often as asked, each moment as often as any other, and prints a table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--runs", type=int, default=50)
    given = asked.parse_args()
    begun = time.monotonic()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        executable = install.find(playwright)
        if executable is None:
            raise SystemExit(install.ASK_FOR_ONE)
        trial = Trial(playwright, executable, Path(folder), random.Random(given.seed))
        try:
            for n in range(given.runs):
                trial.run(MOMENTS[n % len(MOMENTS)])
                if trial.sum.lost:
                    print(f"after run {n + 1} (seed {given.seed}):", *trial.sum.lost, sep="\n  ")
                    break
        except KeyboardInterrupt:
            print("ended by hand")
        finally:
            trial.close()
    print(told(trial.sum, time.monotonic() - begun))
    return 1 if trial.sum.lost else 0


def told(found: Sum, took_s: float) -> str:
    """The table of a document."""
    behind = sorted(found.behind_s) or [0.0]
    kinds = ", ".join(f"{count} {what}" for what, count in sorted(found.found.items()))
    return "\n".join(
        [
            "| killed | runs |",
            "|---|---|",
            *(f"| {moment} | {found.kills[moment]} |" for moment in MOMENTS),
            f"{sum(found.kills.values())} killed browsers in {took_s:.0f} s on one profile; there was {kinds}; {found.called_saved} had been called saved; "
            f"drafts were behind by {behind[len(behind) // 2]:.2f} s of typing in the median and {behind[-1]:.2f} s at most; {len(found.lost)} losses",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
