"""The screen speaks plain English: our own words for how things work stay in the code, and sentences have one home."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tools import ROOT, tracked

OURS = re.compile(
    r"\b(casefiles?|entry|entries|signers?|vaults?|outbox|envelopes?|receipts?|quarantined?|sync(?:ed|ing|hronis\w+)?|"
    r"fork(?:s|ed)?|heads|payloads?|queued?|acks?|keystore|logout|users?|clients?|agents?|conflicts?|merged?|server|"
    r"ciphertext|plaintext|schema|hash(?:es)?|tokens?|null|undefined|invalid|failed)\b",
    re.IGNORECASE,
)
"""Words of ours that say nothing to a tired person in a car. `record`, `view` and `parents` are plain English where they stand."""

COMMENT = re.compile(r"/\*.*?\*/|(?<![:\w\"'`])//[^\n]*", re.DOTALL)
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
IN_JSX = re.compile(r">\s*([A-Z][a-z]+(?:[ ’'–-][a-z]+)+[^<>{}]*)<")
ATTRIBUTE = re.compile(r"\b(?:aria-label|title|placeholder|alt|label)=\"([^\"{}]+)\"")


def sentences(source: str) -> list[str]:
    """Text of a JavaScript file that somebody may read on screen: strings that are more than one bare name."""
    found = []
    for match in STRING.finditer(COMMENT.sub("", source)):
        text = re.sub(r"\$\{(?:[^{}]|\{[^{}]*\})*\}", " ", match[1] or match[2] or "")
        if re.search(r"[A-Z ]", text) and not text.startswith(("./", "../")):
            found.append(text)
    return found


def shown(template: str) -> list[str]:
    """Text of a template that somebody may read on screen."""
    bare = re.sub(r"\{#.*?#\}|<!--.*?-->", " ", template, flags=re.DOTALL)
    quoted = [
        text for expression in re.findall(r"\{[{%].*?[%}]\}", bare, re.DOTALL) for text in re.findall(r'"([^"]*)"', expression)
    ]
    quoted = [text for text in quoted if re.search(r"[A-Z ]", text)]
    bare = re.sub(r"\{[{%].*?[%}]\}", " ", bare, flags=re.DOTALL)
    attributes = ATTRIBUTE.findall(bare)
    return [*quoted, *attributes, *re.split(r"<[^>]*>", bare)]


def ours_in(texts: list[str]) -> list[str]:
    """Our own words that stand in texts for the screen."""
    return [f"{found[0]}: {' '.join(text.split())[:90]}" for text in texts if (found := OURS.search(text))]


def straight_quotes(texts: list[str]) -> list[str]:
    """Texts with a typewriter apostrophe where a curly one belongs."""
    return [text for text in texts if re.search(r"[A-Za-z]'[A-Za-z]", text)]


def screens() -> list[Path]:
    """Every file that draws for the phone."""
    return [path for path in tracked() if re.search(r"static/src/(screens|parts)/.*\.jsx$|static/src/phone\.jsx$", str(path))]


def said() -> list[str]:
    """Every sentence of the phone, whichever screen says it."""
    found = [
        text for path in tracked() if re.search(r"static/src/words/.*\.js$", str(path)) for text in sentences(path.read_text())
    ]
    assert len(found) > 300
    return found


def test_our_own_words_stay_out_of_the_phones_sentences() -> None:
    assert ours_in(said()) == []


def test_apostrophes_are_curly_in_the_phones_sentences() -> None:
    assert straight_quotes(said()) == []


def test_our_own_words_stay_out_of_the_offices_pages() -> None:
    found = {str(path.relative_to(ROOT)): ours_in(shown(path.read_text())) for path in tracked() if path.suffix == ".html"}
    assert {name: words for name, words in found.items() if words} == {}


def test_our_own_words_stay_out_of_questions() -> None:
    for path in tracked():
        if path.match("fieldapp/practice/records/*.json"):
            texts = re.findall(r'"(?:label|hint|title)": "([^"]*)"', path.read_text())
            assert ours_in(texts) == [], path


def test_every_sentence_of_the_phone_lives_in_one_file() -> None:
    found = {
        path.name: [*IN_JSX.findall(source), *ATTRIBUTE.findall(source)]
        for path in screens()
        if (source := COMMENT.sub("", path.read_text()))
    }
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_every_text_control_keeps_its_typing_to_itself() -> None:
    """Spell-checking sends text to its maker; a plain control's text reaches the browser's own files."""
    for path in screens():
        for control in re.findall(r"<(?:textarea|input)\b(?:[^<>]|=>)*?/>", path.read_text()):
            if re.search(r'type="(?:radio|checkbox)"', control):
                continue
            assert re.search(r"\{\.\.\.(TYPING|UNKEPT|\(.* \? UNKEPT : TYPING\))\}", control), f"{path.name}: {control}"
            # What is covered while it is typed, or may be: browsers offer to keep it, and note whose it is.
            if re.search(r'"password"|\btype=\{', control):
                assert "UNKEPT" in control, f"{path.name}: {control}"
    for path in screens():
        assert len(re.findall(r"<form\b", path.read_text())) == (1 if path.name == "basic.jsx" else 0), path.name


@pytest.mark.parametrize(
    ("planted", "word"),
    [
        ('export const say = { a: "Your outbox is empty" };', "outbox"),
        ("export const a = (n) => `${n} entries synced`;", "entries"),
        ('export const b = "The Casefile is in quarantine";', "Casefile"),
        ("export const c = `Two ${n} forked versions`;", "forked"),
    ],
)
def test_a_planted_word_of_ours_is_found(planted: str, word: str) -> None:
    assert any(word in found for found in ours_in(sentences(planted)))


@pytest.mark.parametrize(
    "planted",
    [
        '<p class="sync">Your vault is open</p>',
        '<button aria-label="Empty the outbox">x</button>',
        '{{ govukButton({"text": "Show all entries"}) }}',
    ],
)
def test_a_planted_word_of_ours_is_found_in_a_template(planted: str) -> None:
    assert ours_in(shown(planted))


def test_names_and_comments_are_no_sentences() -> None:
    assert (
        ours_in(sentences('/** The outbox. */ import { outbox } from "./outbox.js"; // The vault is here\nask("outbox");')) == []
    )
    assert ours_in(shown('<p class="entry sync">{# the vault #}{{ entry.fork }} Your note</p>')) == []


def test_a_planted_sentence_outside_its_home_is_found() -> None:
    assert IN_JSX.findall("<p>Your note is safe</p>") == ["Your note is safe"]
    assert ATTRIBUTE.findall('<nav aria-label="Parts of it">') == ["Parts of it"]


def test_a_planted_straight_apostrophe_is_found() -> None:
    assert straight_quotes(["The phone's notes"])
