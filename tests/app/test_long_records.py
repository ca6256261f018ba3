"""Records and casefiles far longer than anybody writes: their pages stay quick and whole, and phones need not wait."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import pytest

from fieldapp import excerpt, people, records, summaries
from fieldapp.records import Entry, Record
from fieldapp.store import Store
from tests.app import harrowmere
from tests.app.harrowmere import VISIT, Browser, Harrowmere, Written, words_of

VERSIONS = re.compile(r'id="version-(\d+)"')
LONG = 45


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harrowmere:
    monkeypatch.setattr(people, "_hasher", harrowmere.quick_hasher)
    return harrowmere.make(tmp_path)


@pytest.fixture
def casefile(office: Harrowmere) -> str:
    return office.open_casefile("ama", "Tarnley")


def entangled(office: Harrowmere, casefile: str, versions: int = LONG) -> Written:
    """A note each of whose versions names the three before it."""
    first = office.note("ama", casefile, purpose="0")
    ids = [first.id]
    with office.office.store.writing():
        for n in range(1, versions):
            fields = {**VISIT, "purpose": str(n)}
            ids.append(
                office.write("ama", "visit_note", casefile, fields, record=first.record, parents=tuple(sorted(ids[-3:]))).id
            )
    return first


def numbers(browser: Browser, path: str) -> list[int]:
    return [int(each) for each in VERSIONS.findall(browser.get(path).text)]


def test_a_page_shows_the_newest_versions_and_leads_to_every_other(office: Harrowmere, casefile: str) -> None:
    note = entangled(office, casefile)
    browser = office.signed_in("marian")
    path: str | None = f"/desk/records/{note.record}"
    seen: list[int] = []

    while path:
        page = browser.get(path)
        seen += [int(each) for each in VERSIONS.findall(page.text)]
        more = re.search(r'href="([^"]*upto=\d+)#versions"', page.text)
        path = more[1] if more else None

    assert seen[0] == LONG - 19
    assert set(seen) == set(range(1, LONG + 1))
    assert "Show earlier versions (25)" in words_of(browser.get(f"/desk/records/{note.record}"))


@pytest.mark.parametrize("asked", ["upto=x", "upto=-3", "upto=99999999999999999999", "version=0", "version=x", "whole=maybe"])
def test_a_page_shows_versions_whatever_its_address_asks_for(office: Harrowmere, casefile: str, asked: str) -> None:
    note = entangled(office, casefile)
    assert len(numbers(office.signed_in("marian"), f"/desk/records/{note.record}?{asked}")) == 20


def test_a_version_that_changed_very_much_says_how_much_more_and_shows_it_alone(office: Harrowmere, casefile: str) -> None:
    first = office.note("ama", casefile)
    office.write(
        "ama", "visit_note", casefile, {**VISIT, **{f"odd{n:03d}": "new" for n in range(300)}}, record=first.record, parents=(first.id,)
    )  # fmt: skip
    browser = office.signed_in("marian")

    short, alone = browser.get(f"/desk/records/{first.record}"), browser.get(f"/desk/records/{first.record}?version=2")
    whole = browser.get(f"/desk/records/{first.record}?whole=yes")

    assert "Show the other answers that changed (260)" in words_of(short)
    assert "And 100 more answers." in words_of(short)
    assert short.text.count("odd299") == 0
    assert alone.text.count("<ins>") == 300
    assert "odd299" in whole.text


@pytest.mark.parametrize(("count", "said"), [(3, "three"), (9, "nine"), (12, "12")])
def test_versions_between_which_somebody_chose_are_counted_and_every_one_can_be_read(
    office: Harrowmere, casefile: str, count: int, said: str
) -> None:
    first = office.note("ama", casefile)
    texts = [f"[view {n:02d}]" for n in range(count)]
    with office.office.store.writing():
        beside = [
            office.write(
                "ama", "visit_note", casefile, {**VISIT, "workers_view": text}, record=first.record, parents=(first.id,)
            ).id
            for text in texts
        ]
    browser = office.signed_in("marian")
    forked = words_of(browser.get(f"/desk/records/{first.record}"))
    office.write("ama", "visit_note", casefile, VISIT, record=first.record, parents=tuple(beside))

    short = browser.get(f"/desk/records/{first.record}")
    link = re.search(r'href="([^"]*)">Show the versions left out here \((\d+)\)', short.text)
    whole = browser.get(link[1].partition("#")[0]) if link else short

    assert f"{said.capitalize()} versions of this record stand beside each other." in forked
    # Of those that the page leaves out it does not say whose they are.
    by_one = (
        f"Ama Lindqvist wrote {said} versions of this"
        if count <= excerpt.CARDS
        else f"{said.capitalize()} versions of this were written"
    )
    assert by_one in forked
    assert f"There were {said} versions: Ama Lindqvist" in words_of(short)
    assert (int(link[2]) if link else 0) == max(count - excerpt.CARDS, 0)
    _, _, told = words_of(whole).partition(f"There were {said} versions: ")
    between, _, _ = told.partition(" Chosen or put together from them: ")
    assert all(text in between for text in texts)


def test_a_family_with_many_notes_shows_the_newest_and_leads_to_the_rest(office: Harrowmere, casefile: str) -> None:
    with office.office.store.writing():
        for _ in range(103):
            office.note("ama", casefile)
    browser = office.signed_in("marian")

    newest, rest = (browser.get(f"/desk/families/{casefile}{more}") for more in ("", "?after=100"))
    beyond = browser.get(f"/desk/families/{casefile}?after=5000")

    assert newest.text.count("/desk/records/") == 100
    assert "Show older notes (3)" in words_of(newest)
    assert rest.text.count("/desk/records/") == 3
    assert "Show the newest notes" in words_of(beyond)


def test_phones_need_not_wait_while_a_record_is_folded(
    office: Harrowmere, casefile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = office.note("ama", casefile)
    here = office.office
    fold = records.folded
    came: list[str] = []

    def fold_while_another_writes(record: str, entries: Sequence[Entry]) -> Record:
        if record == note.record and not came:
            other = Thread(target=_write_more, args=(office, casefile, note, came))
            other.start()
            other.join(timeout=60)
            assert came, "another writer had to wait for the fold"
        return fold(record, entries)

    monkeypatch.setattr(records, "folded", fold_while_another_writes)
    summaries.refresh(here.store, here.keys, here.practice)

    summary = here.store.records.get(note.record)
    assert summary is not None
    assert not summary.is_stale
    assert summary.entries == 2
    assert line(here.store, office, casefile) == "second"


def _write_more(office: Harrowmere, casefile: str, note: Written, came: list[str]) -> None:
    fields = {**VISIT, "seen_and_heard": "second"}
    came.append(office.write("ama", "visit_note", casefile, fields, record=note.record, parents=(note.id,)).id)
    office.office.store.close()


def line(store: Store, office: Harrowmere, casefile: str) -> str:
    """The line by which lists show the casefile's newest record."""
    row = store.casefiles.get(casefile)
    assert row is not None
    return summaries.briefs(store, office.office.keys, row)[0].line


def test_a_review_of_what_moved_meanwhile_is_judged_by_what_is_there(
    office: Harrowmere, casefile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = office.note("ama", casefile)
    here = office.office
    fold = records.folded
    came: list[str] = []

    def fold_then_another_writes(record: str, entries: Sequence[Entry]) -> Record:
        found = fold(record, entries)
        if record == note.record and not came:
            other = Thread(target=_write_more, args=(office, casefile, note, came))
            other.start()
            other.join(timeout=60)
        return found

    monkeypatch.setattr(records, "folded", fold_then_another_writes)
    with pytest.raises(records.HeadsMoved):
        records.review(
            here.store, here.keys, here.practice, office.people["marian"], note.record,
            saw=[note.id], decision="noted", text="", comments=[], clock=office.clock,
        )  # fmt: skip
    assert came
