"""What the office notices that a copy put back lacks, and what people go through then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fieldapp import accounts, leaves, people, rotas, verifying
from fieldapp.epoch import KINDS, EpochFile, Noted, epoch_of
from fieldapp.errors import CannotStart
from fieldapp.store.settings import RESTORED_LACKS
from fieldapp.web.office import put_office
from fieldapp.widening import Wish, confirm, do
from sync.entry import stamp
from tests.app import test_restores as restores
from tests.app.harrowmere import PASSWORD, Browser, Harrowmere, words_of
from tests.app.phone import Handset
from tests.app.test_restores import copied

PAGE = "/desk/after-a-restore"


@pytest.fixture
def beside(place: Harrowmere, tmp_path: Path) -> EpochFile:
    """The file beside the key file, as the office that runs has it."""
    found = EpochFile(tmp_path / "office.key")
    place.office = replace(place.office, epoch_file=found)
    put_office(place.app, place.office)
    found.check(place.office.store, stamp(place.clock()))
    return found


def put_back(place: Harrowmere, copy: Path) -> None:
    """Puts a copy in place by hand; the office that starts on it notes beside the key file as the one before did."""
    noting = place.office.epoch_file
    restores.put_back(place, copy)
    place.office = replace(place.office, epoch_file=noting)
    put_office(place.app, place.office)


def starts(place: Harrowmere, beside: EpochFile) -> int:
    return beside.check(place.office.store, stamp(place.clock()))


def behind(place: Harrowmere, beside: EpochFile) -> list[str]:
    """What verify says of a copy that was put back, before the office is started."""
    found = verifying.verify(place.office.store, place.office.keys, noted=beside.noted())
    return [each.place for each in found if each.code == "behind_changes"]


def code_of(place: Harrowmere, who: str) -> str:
    place.clock.pass_by(seconds=60)
    return people.code_at(place.totp[who], place.clock())


def person(place: Harrowmere, what: str, **form: str) -> None:
    one = f"/desk/people/{place.id('reece')}"
    assert place.signed_in("admin").send(one, f"{one}/{what}", form).status_code == 303


def changes_password(place: Harrowmere) -> None:
    form = {"password": PASSWORD, "code": code_of(place, "marian"), "new": "walnut harbour quilt seven"}
    assert (
        place.visitor().send("/desk/password", "/desk/password", {"email": "marian@harrowmere.example"} | form).status_code == 200
    )


def rota(place: Harrowmere, to: str, **form: str) -> None:
    page = "/desk/pods-and-duty"
    assert place.signed_in("marian").send(page, f"{page}/{to}", form).status_code == 303


def turn(place: Harrowmere) -> str:
    here, at = place.office, stamp(place.clock())
    (found,) = here.store.rotas.turns_for(["family-support"], at)
    return f"duty/{found.id}/end"


def pod(place: Harrowmere) -> str:
    (found,) = place.office.store.rotas.pods_of(["family-support"])
    return f"pods/{found.id}/people"


def decides(place: Harrowmere, to: str, **form: str) -> None:
    page = f"/desk/phones/{place.office.store.signers.devices()[0].id}"
    assert place.signed_in("marian").send(page, f"{page}/{to}", form).status_code == 303


def signer(place: Harrowmere) -> str:
    store = place.office.store
    return store.signers.of_device(store.signers.devices()[0].id)[0].kid


TAKEN_AWAY: dict[str, tuple[str, Callable[[Harrowmere], None]]] = {
    "an account is closed": ("accounts duty", lambda place: person(place, "close", **{"text-why": "Left."})),
    "somebody is given another part": (
        "accounts duty",
        lambda place: person(place, "role", role="practitioner", team="family-support"),
    ),
    "an account is locked": ("accounts", lambda place: person(place, "lock", **{"text-lock": "Stolen."})),
    "a password is changed": ("accounts", changes_password),
    "a turn of duty is ended": ("duty", lambda place: rota(place, turn(place))),
    "somebody is taken out of a pod": ("duty", lambda place: rota(place, pod(place), person=place.id("reece"), out="yes")),
    "a phone is lost": ("phones", lambda place: decides(place, "status", status="lost", was="ok", **{"text-why": "Bus."})),
    "use of a phone ends": (
        "phones",
        lambda place: decides(place, "people/end", whose=signer(place), **{"text-ended": "Has another."}),
    ),
}


@pytest.mark.parametrize("what", TAKEN_AWAY)
def test_copy_that_lacks_only_what_was_taken_away_is_noticed_and_its_kind_is_said(
    what: str, ama: Handset, place: Harrowmere, beside: EpochFile, tmp_path: Path
) -> None:
    # Given a copy, and something that was taken away after it, of which no entry tells
    here, marian = place.office, place.people["marian"]
    now = place.clock()
    until = stamp(now.replace(hour=23))
    rotas.add_turn(here.store, here.keys, marian, "family-support", place.id("reece"), stamp(now), until, now)
    made = rotas.add_pod(here.store, here.keys, marian, "family-support", "North", now)
    rotas.join_pod(here.store, here.keys, marian, made, place.id("reece"), now)
    copy = copied(place, tmp_path)
    kind, take_away = TAKEN_AWAY[what]
    take_away(place)
    assert starts(place, beside) == 1
    assert behind(place, beside) == []

    # When the copy is put back by hand
    put_back(place, copy)

    # Then verify says what lacks, and so does the next start, which notices once
    assert len(behind(place, beside)) == len(kind.split())
    assert [starts(place, beside), starts(place, beside)] == [2, 2]
    assert behind(place, beside) == []
    assert place.office.store.settings.get(RESTORED_LACKS) == kind
    assert [row.what for row in place.office.store.audit.all() if "by hand" in row.what] == ["database found put back by hand"]


def test_whoever_was_signed_out_and_what_was_ended_since_is_not_let_in_by_a_copy_put_back_by_hand(
    ama: Handset, place: Harrowmere, beside: EpochFile, tmp_path: Path
) -> None:
    # Given a copy in which somebody is signed in, and a reset and a wider part are asked for
    here, browser = place.office, place.signed_in("marian")
    place.add("second", "administrator", None)
    admin = place.people["admin"]
    accounts.ask_reset(here.store, here.keys, admin, place.id("reece"), "Lost it.", place.clock())
    wish = Wish("part", place.id("reece"), "supervisor", "family-support")
    assert not do(here.store, here.keys, admin, wish, "Covers.", place.clock())
    copy = copied(place, tmp_path)
    person(place, "close", **{"text-why": "Left."})

    # When it is put back
    put_back(place, copy)
    assert browser.get("/desk/board").status_code == 200
    assert starts(place, beside) == 2

    # Then all of it has ended, and the audit, which took it down, agrees
    store, at = place.office.store, stamp(place.clock())
    assert browser.get("/desk/board").status_code == 303
    assert store.resets.standing(at) == []
    assert store.widenings.standing(at) == []
    assert [each.code for each in verifying.verify(store, place.office.keys)] == []


def put_back_lacking(place: Harrowmere, beside: EpochFile, tmp_path: Path) -> None:
    copy = copied(place, tmp_path)
    decides(place, "status", status="lost", was="ok", **{"text-why": "Bus."})
    put_back(place, copy)
    starts(place, beside)
    place.clock.pass_by(minutes=1)


def goes_through(browser: Browser, kind: str) -> str:
    assert browser.send(PAGE, PAGE, {"kind": kind}).status_code == 303
    return words_of(browser.get(PAGE))


def test_what_to_go_through_after_a_restore_is_listed_until_somebody_has(
    ama: Handset, place: Harrowmere, beside: EpochFile, tmp_path: Path
) -> None:
    # Given an office that was never put back
    admin = place.signed_in("admin")
    assert "There is nothing to go through" in words_of(admin.get(PAGE))
    assert "put back from a backup" not in words_of(admin.get("/desk/people"))

    # When a copy is put back that lacks that a phone was lost
    put_back_lacking(place, beside, tmp_path)
    admin, marian = place.signed_in("admin"), place.signed_in("marian")

    # Then administrators are led to it, and of what is known to lack it is said
    assert "Go through it" in words_of(admin.get("/desk/people"))
    said = words_of(admin.get(PAGE))
    assert said.count("Something here was changed after the backup") == 1
    assert "Phones Something here was changed after the backup" in said
    assert said.index("Phones Something") < said.index("Who left, was given another part") < said.index("Turns of duty")
    assert "Who reads your families" not in said
    # And supervisors to who reads their families, which each of them goes through
    assert "Go through it" in words_of(marian.get("/desk/board"))
    said = words_of(marian.get(PAGE))
    assert "Who reads your families" in said
    assert "Something here was changed" not in said

    # When they have gone through it
    for kind in ("accounts", "duty", "phones"):
        said = goes_through(admin, kind)
    assert said.count("Gone through by") == 3
    assert "Gone through by" not in goes_through(marian, "phones"), "not theirs"
    assert "Gone through by Marian" in goes_through(marian, "readers")
    assert goes_through(marian, "readers").count("Gone through by") == 1

    # Then nobody is led there any more, but for another supervisor; and the audit says who did it, once
    assert "Go through it" not in words_of(admin.get("/desk/people"))
    assert "Go through it" not in words_of(marian.get("/desk/board"))
    assert "Go through it" in words_of(place.signed_in("jos").get("/desk/board"))
    assert place.audited("phones gone through") == [(place.id("admin"), "", "")]
    assert place.audited("readers gone through") == [(place.id("marian"), "", "")]


def test_what_nobody_went_through_is_still_said_to_lack_after_the_next_restore(
    ama: Handset, place: Harrowmere, beside: EpochFile, tmp_path: Path
) -> None:
    put_back_lacking(place, beside, tmp_path)
    for also in ("", "phones"):
        if also:
            goes_through(place.signed_in("admin"), also)
        copy = copied(place, tmp_path)
        place.clock.pass_by(minutes=1)
        person(place, "close", **{"text-why": "Left."})
        put_back(place, copy)
        place.clock.pass_by(minutes=1)
        starts(place, beside)
        assert place.office.store.settings.get(RESTORED_LACKS) == ("accounts duty" if also else "accounts duty phones")
    assert epoch_of(place.office.store) == 4


def test_part_that_somebody_else_confirmed_is_noticed_with_the_duty_that_it_may_have_ended_and_its_asking_without(
    ama: Handset, place: Harrowmere, beside: EpochFile
) -> None:
    reece = place.id("reece")
    person(place, "role", role="supervisor", team="family-support", **{"text-part": "Covers."})
    assert beside.noted().accounts > 0
    assert beside.noted().duty == 0
    (asked,) = place.office.store.widenings.standing(stamp(place.clock()))
    page = "/desk/resets"
    assert place.signed_in("jos").send(page, f"/desk/wider-access/{asked.id}/confirm", {}).status_code == 303
    row = place.office.store.people.by_id(reece)
    assert row is not None
    assert row.role == "supervisor"
    assert beside.noted().duty == beside.noted().accounts > 0


def known(place: Harrowmere) -> str:
    return place.office.store.settings.get(RESTORED_LACKS)


def test_what_lacks_is_not_forgotten_when_the_same_or_an_earlier_copy_is_put_back_once_more(
    ama: Handset, place: Harrowmere, beside: EpochFile, tmp_path: Path
) -> None:
    # Given two copies, from before and after an account was closed, that both lack that a phone was lost
    folders = [tmp_path / name for name in ("first", "second", "third")]
    for folder in folders:
        folder.mkdir()
    first = copied(place, folders[0])
    person(place, "close", **{"text-why": "Left."})
    second, third = (copied(place, folder) for folder in folders[1:])
    decides(place, "status", status="lost", was="ok", **{"text-why": "Bus."})

    # When the second is put back, and nobody goes through anything before it is put back again
    for copy, epoch in ((second, 2), (third, 3)):
        place.clock.pass_by(minutes=1)
        put_back(place, copy)
        assert starts(place, beside) == epoch
        assert known(place) == "phones"

    # Then it is said still, until somebody has gone through it; a start on the way forgets nothing
    place.clock.pass_by(minutes=1)
    assert starts(place, beside) == 3
    assert beside.noted().lacks == ("phones",)
    goes_through(place.signed_in("admin"), "phones")
    assert beside.noted().lacks == ()

    # And an earlier copy lacks what that one had, too
    place.clock.pass_by(minutes=1)
    put_back(place, first)
    assert starts(place, beside) == 4
    assert "accounts" in known(place)


def test_what_lacks_is_known_again_at_the_next_start_where_the_file_was_lost_or_written_by_an_earlier_release(
    ama: Handset, place: Harrowmere, beside: EpochFile, tmp_path: Path
) -> None:
    put_back_lacking(place, beside, tmp_path)
    beside.path.unlink()
    starts(place, beside)
    assert beside.noted().lacks == ("phones",)


def test_who_reads_is_said_to_lack_until_every_supervisor_has_gone_through_it(
    ama: Handset, place: Harrowmere, beside: EpochFile, tmp_path: Path
) -> None:
    # Given a copy that lacks who reads a family
    family = restores.opened(ama)
    copy = copied(place, tmp_path)
    page, form = f"/desk/families/{family}", {"person": place.id("reece"), "text-why-name": "Covers."}
    assert place.signed_in("marian").send(f"{page}/readers", f"{page}/readers", form).status_code == 303
    put_back(place, copy)
    starts(place, beside)
    assert known(place) == "readers"

    # When one supervisor has gone through it, then another is told still after the next restore
    everybody = [row.id for row in place.office.store.people.all() if row.role == "supervisor"]
    assert len(everybody) > 1
    place.clock.pass_by(minutes=1)
    goes_through(place.signed_in("marian"), "readers")
    assert beside.noted().lacks == ("readers",)
    copy = copied(place, tmp_path)
    place.clock.pass_by(minutes=1)
    person(place, "lock", **{"text-lock": "Stolen."})
    put_back(place, copy)
    place.clock.pass_by(minutes=1)
    starts(place, beside)
    assert known(place) == "accounts readers"
    assert "Something here was changed" in words_of(place.signed_in("jos").get(PAGE))

    # When each of them has, one who has left since apart, then it is not said any more
    place.clock.pass_by(minutes=1)
    for who in ("marian", "jos"):
        assert "readers" in beside.noted().lacks
        goes_through(place.signed_in(who), "readers")
    assert beside.noted().lacks == ("accounts",)


def test_whoever_came_to_their_part_after_a_restore_is_not_led_to_what_was_before(
    ama: Handset, place: Harrowmere, beside: EpochFile, tmp_path: Path
) -> None:
    put_back_lacking(place, beside, tmp_path)
    place.clock.pass_by(days=900)
    place.add("nina", "supervisor", "family-support")
    place.add("second", "administrator", None)
    for who, page in (("nina", "/desk/board"), ("second", "/desk/people")):
        browser = place.signed_in(who)
        assert "Go through it" not in words_of(browser.get(page))
        assert browser.get(PAGE).status_code == 200
    place.clock.pass_by(minutes=1)
    assert "Go through it" in words_of(place.signed_in("marian").get("/desk/board"))
    assert "Go through it" in words_of(place.signed_in("admin").get("/desk/people"))

    # And goes through it all the same where they like to: whoever was there then may be gone
    place.clock.pass_by(minutes=1)
    second = place.signed_in("second")
    for kind in ("accounts", "duty", "phones"):
        goes_through(second, kind)
    assert "Go through it" not in words_of(place.signed_in("admin").get("/desk/people"))


def test_file_of_an_earlier_release_is_read_and_none_of_what_is_noted_ever_falls(tmp_path: Path, place: Harrowmere) -> None:
    beside = EpochFile(tmp_path / "office.key")
    beside.path.write_text('{"epoch": 3, "entries": 7, "audit": 5}'.ljust(80) + "\n")
    assert beside.noted() == Noted(3, 7, 5, 0, 0, 0)
    for kind in KINDS:
        beside.note(place.office.store, kind)
    audit = place.office.store.audit.next()[0] - 1
    assert beside.noted() == Noted(3, 7, max(audit, 5), audit, audit, audit)
    # An earlier release reads the first 200 bytes of it, whatever the numbers are.
    most = Noted(2**31, 2**31, 2**31, 2**31, 2**31, 2**31, KINDS)
    beside.settle(most)
    assert len(beside.path.read_bytes()) == 200
    assert beside.noted() == most


def test_file_over_which_an_earlier_release_wrote_is_read_as_far_as_that_release_wrote(tmp_path: Path) -> None:
    beside = EpochFile(tmp_path / "office.key")
    beside.settle(Noted(1, 2580, 12901, 12950, 12800, 12700, ("phones",)))
    with beside.path.open("r+") as file:
        file.write('{"epoch": 1, "entries": 2581, "audit": 12000}'.ljust(80) + "\n")
    assert beside.noted() == Noted(1, 2581, 12000)


@pytest.mark.parametrize("left", ['{"epoch": 3, "entr', "[1]", '{"epoch": "many"}', "\0" * 200, "\ufffd"])
def test_file_that_is_cut_off_or_damaged_is_told_in_a_sentence_with_what_to_do(
    left: str, tmp_path: Path, place: Harrowmere
) -> None:
    beside = EpochFile(tmp_path / "office.key")
    beside.path.write_text(left)
    with pytest.raises(CannotStart) as refused:
        beside.check(place.office.store, stamp(place.clock()))
    assert str(beside.path) in refused.value.sentence
    assert "move that file away and start again" in refused.value.sentence
    assert beside.path.read_text() == left
    beside.path.unlink()
    assert beside.check(place.office.store, stamp(place.clock())) == 1


def test_section_of_which_the_backup_knows_no_supervisor_is_confirmed_by_a_reader_whom_two_people_make_one(
    ama: Handset, reece: Handset, place: Harrowmere, beside: EpochFile, tmp_path: Path
) -> None:
    # Given a section of two workers, whose only supervisor the office that is put back does not have any more
    here = place.office
    family = restores.opened(ama, readers=[place.id("reece")])
    readers = [place.id("ama"), place.id("reece")]
    private = leaves.open_section(
        here.store, here.keys, here.practice, place.people["marian"], family, title="Safe number", readers=readers, kept_out=[],
        now=place.clock(),
    )  # fmt: skip
    with here.store.writing() as tx:
        tx.people.end(place.id("marian"), stamp(place.clock()))
    copy = copied(place, tmp_path)
    person(place, "lock", **{"text-lock": "Stolen."})
    place.clock.pass_by(minutes=1)
    put_back(place, copy)
    assert starts(place, beside) == 2
    assert not restores.reached(ama, private)
    jos = place.signed_in("jos")
    assert "Who reads these private sections?" not in words_of(jos.get("/desk/board"))
    assert jos.get(f"/desk/families/{private}/readers").status_code == 404

    # When an administrator asks that one of its readers be a supervisor, and one of the team's confirms it
    wish = Wish("part", place.id("reece"), "supervisor", "family-support")
    store, keys = place.office.store, place.office.keys
    assert not do(store, keys, place.people["admin"], wish, "Names a supervisor on what they read.", place.clock())
    (asked,) = store.widenings.standing(stamp(place.clock()))
    confirm(store, keys, place.people["jos"], asked.id, place.clock())

    # Then they find it on their board, name a supervisor of the team, and confirm who reads it
    place.clock.pass_by(minutes=1)
    own = place.signed_in("reece")
    assert "Who reads these private sections? (1)" in words_of(own.get("/desk/board"))
    page = f"/desk/families/{private}"
    form = {"person": place.id("jos"), "why": "supervisor", "text-why-name": "Marian has left."}
    assert own.send(f"{page}/readers", f"{page}/readers", form).status_code == 303
    assert own.send(f"{page}/readers", f"{page}/confirm", {}).status_code == 303
    assert restores.reached(ama, private)
    assert jos.get(f"{page}/readers").status_code == 200

    # And are a keyworker again from then on, who reads it as before
    accounts.change(store, keys, place.people["admin"], place.id("reece"), "keyworker", "family-support", place.clock())
    assert "reece" in restores.may_read(place, private)
