"""The whole way from a locked phone to a note at the office with the keyboard alone."""

from __future__ import annotations

from tests.browser.people import UNLOCKING_MS, Keyworker

MOST_STOPS = 150

# What somebody sees of the control that has the keyboard: its name, whether something is drawn round or under it, and
# whether it lies in front of everything else. A box to tick draws its ring before its label, a card's link after itself.
SEEN = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return { name: "nothing", drawn: true, inFront: true };
  const ticked = one.type === "radio" || one.type === "checkbox" ? one.labels[0] : null;
  const name = [one.labels?.[0]?.innerText, one.getAttribute("aria-label"), one.innerText].find((text) => text?.trim()) ?? one.id;
  const isDrawn = (style) =>
    (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 && !style.outlineColor.endsWith(", 0)"))
    || style.boxShadow !== "none"
    || style.backgroundColor === "rgb(255, 221, 0)";
  // The browser itself draws round the small calendar inside a day; a heading is only begun from, not stopped at.
  const drawn = one.tagName === "H1" || (one.type === "date" && !one.matches(":focus-visible"))
    || (ticked
      ? [getComputedStyle(ticked), getComputedStyle(ticked, "::before")]
      : [getComputedStyle(one), getComputedStyle(one, "::after")]).some(isDrawn);
  const { left, right, top, bottom } = (ticked ?? one).getBoundingClientRect();
  const middle = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  const inFront = middle !== null && [one, ticked].some((shown) => shown?.contains(middle) || (shown && middle.contains(shown)));
  return { name: name.trim(), drawn, inFront, checked: one.checked === true };
}"""


class Keys:
    """Somebody who never touches the screen."""

    def __init__(self, worker: Keyworker) -> None:
        self.worker = worker
        self.hidden: list[str] = []

    def press(self, key: str) -> dict[str, str | bool]:
        self.worker.page.keyboard.press(key)
        seen: dict[str, str | bool] = self.worker.page.evaluate(SEEN)
        if not (seen["drawn"] and seen["inFront"]):
            self.hidden.append(f"{key}: {seen}")
        return seen

    def goes_to(self, name: str, key: str = "Tab") -> None:
        """Goes from stop to stop until the keyboard is on something of that name."""
        been: list[str] = []
        for _ in range(MOST_STOPS):
            been.append(str(self.press(key)["name"]))
            if been[-1].split("\n")[0] == name:
                return
        raise AssertionError(f"{key} never came to {name!r}, only to {been}")

    def types(self, text: str) -> None:
        self.worker.page.keyboard.type(text)


def test_call_is_sent_with_the_keyboard_alone_from_a_locked_phone(ama: Keyworker) -> None:
    # Given a locked phone and a keyboard
    ama.restarts_the_phone()
    ama.is_at("Unlock this phone")
    keys = Keys(ama)

    # When Ama unlocks it, opens a family and begins to write down a call
    keys.goes_to("Your unlock words")
    keys.types(" ".join(ama.words))
    keys.press("Enter")
    ama.is_at("My families", timeout=UNLOCKING_MS)
    keys.goes_to("Tarnley")
    keys.press("Enter")
    ama.is_at("Notes")
    keys.goes_to("Call or text")
    keys.press("Enter")
    ama.is_at("Call, text or message")

    # And answers it with Space and the arrows, going back once to see what she chose
    keys.goes_to("Dawn Tarnley")
    keys.press("Space")
    keys.goes_to("Call")
    keys.press("Space")
    assert keys.press("ArrowDown")["checked"]
    keys.press("ArrowUp")
    keys.goes_to("We spoke")
    keys.press("Space")
    keys.goes_to("In one line")
    keys.types("Home safe by nine")
    keys.goes_to("Yes")
    keys.press("ArrowDown")
    keys.goes_to("Skip to the main part", "Shift+Tab")
    keys.goes_to("Save and send")
    keys.press("Enter")

    # Then it is sent, and at every step she saw where she was
    ama.is_at("Sent")
    ama.sees_the_note_is("Sent, the office has it")
    assert keys.hidden == [], "\n".join(keys.hidden)
