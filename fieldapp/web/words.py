"""What the office's pages say, written once: times, roles, states, the sections of the board, what went wrong."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fieldapp.carrying import Taken
from sync.entry import is_time, moment
from sync.view import ABSENT, Value

ZONE = ZoneInfo("Europe/London")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

ROLES = {
    "keyworker": "Keyworker",
    "practitioner": "Practitioner of a partner service",
    "supervisor": "Supervisor",
    "administrator": "Administrator",
    "auditor": "Auditor",
}

LANES = {
    "emergencies": (
        "Opened in an emergency",
        "A colleague who does not work with this family opened its record. Read why, and write down what you make of it.",
    ),
    "safety": ("Safety answers", "The keyworker answered that something is new, worrying or unsafe, and nobody has read it yet."),
    "answered": ("Questions answered", "You or a colleague asked, and the keyworker has added or changed something since."),
    "sign_off": ("To sign off", "Plans, private sections, endings and a new keyworker’s first notes."),
    "sample": ("Picked by chance", "A few of the notes that need no sign-off. Nobody knows beforehand which."),
    "later": (
        "Added later",
        "Something was added after the record was read, or by somebody who no longer works with the family.",
    ),
    "two_versions": ("Two versions", "Each was written without seeing the other’s words. The keyworker chooses."),
    "asked": ("Waiting for an answer", "Sent back with a question that the keyworker has not answered yet."),
    "unseen": (
        "Children not seen",
        "No visit says that a worker saw them within the days their programme allows, or 14 where it names none.",
    ),
    "unsorted": ("At the office, being sorted", "It arrived and is safe, but a person has to decide where it belongs."),
    "phones": (
        "Phones with unsent work",
        "Written on a phone and not here yet, or a phone that has lost something or said nothing for two weeks. Ring the "
        "keyworker: often it only needs signal.",
    ),
}
"""Title and explanation of each section of the board."""

STATES = {
    "sent": ("Sent", "govuk-tag--grey"),
    "question": ("Sent back with a question", "govuk-tag--yellow"),
    "answered": ("Question answered", "govuk-tag--blue"),
    "noted": ("Read and noted", "govuk-tag--grey"),
    "signed_off": ("Signed off", "govuk-tag--green"),
}

REASONS = {
    "broken": ("Cannot be opened", "govuk-tag--red"),
    "risk": ("Safety answer", "govuk-tag--red"),
    "kind": ("Needs sign-off", "govuk-tag--blue"),
    "restricted": ("Private section", "govuk-tag--purple"),
    "ending": ("Ending", "govuk-tag--blue"),
    "new_worker": ("New keyworker", "govuk-tag--blue"),
    "sample": ("Picked by chance", "govuk-tag--grey"),
    "late": ("Written by somebody who no longer reads this", "govuk-tag--orange"),
}

DECISIONS = {"signed_off": "Signed off", "question": "Sent back with a question", "noted": "Read and noted"}
REVIEW_SENT = {
    "signed_off": "Signed off. The keyworker’s phone will show it.",
    "question": "Sent back. Your question goes to the keyworker’s phone.",
    "noted": "Noted, with your name and the time.",
}

ARRIVED_MEANWHILE = (
    "While you were reading, a newer version arrived. Nothing was sent. Read what is marked “added later” below, "
    "then send your review again: what you typed is still in the form."
)
REVIEWED_MEANWHILE = (
    "While you were reading, a colleague reviewed this. Nothing was sent. Read their review below, "
    "then send yours again if it still holds: what you typed is still in the form."
)
RESPONDERS_SAVED = "Saved. Phones hear it the next time they are in touch."

MODES = {
    # Written alone is how it nearly always is, and goes without saying.
    "together": "together with the family",
    "read_aloud": "read aloud by the worker",
    "interpreter": "with an interpreter",
    "paper": "copied from paper",
}


@dataclass(frozen=True, slots=True)
class WaitsFor:
    """One reason for which something could not be placed: a title, what happened, and what happens next."""

    title: str
    explained: str
    next: str


_BY_ITSELF = "The phone keeps its own copy and sends it again by itself the next time it is unlocked. Ring the worker if this stays for days."
_NOT_BELIEVED = (
    "The phone keeps its own copy. Ask the worker whether a note of theirs is missing; if so, they can write it again."
)

WAITS_FOR = {
    "unknown_key": WaitsFor(
        "Locked for a key this office does not have",
        "The phone locked it for a key that this office has withdrawn, lost or never had, as can happen after the office was put back from a backup.",
        "If the key comes back, it is placed by itself. " + _BY_ITSELF,
    ),
    "cannot_open": WaitsFor("Damaged on its way", "It arrived damaged, or somebody sent bytes that are no note.", _BY_ITSELF),
    "not_an_entry": WaitsFor(
        "Not readable as a note", "It opens, but what is inside is nothing this office can read as a note.", _BY_ITSELF
    ),
    "too_large": WaitsFor("Too large", "It is larger than anything this app writes.", _BY_ITSELF),
    "unknown_signer": WaitsFor(
        "From a phone that is not set up here",
        "It is signed by a phone this office does not know, as can happen after the office was put back from a backup.",
        "If that phone becomes known again, it is placed by itself. Until then nobody can vouch for who wrote it.",
    ),
    "before_unlocking": WaitsFor(
        "Written before unlocking, not yet confirmed",
        "Somebody wrote this on the worker’s phone without unlocking it. That proves the phone, and not who held it.",
        "If it is urgent, act on it now and ring the worker. Once they have unlocked the phone they make it a note of theirs,"
        " and it leaves this list by itself.",
    ),
    "bad_signature": WaitsFor(
        "Signature does not fit", "It names a phone this office knows, but that phone did not sign it.", _NOT_BELIEVED
    ),
    "wrong_author": WaitsFor(
        "Not signed by the person it names",
        "It names one person as its writer, and the phone of another signed it.",
        _NOT_BELIEVED,
    ),
    "bad_hashes": WaitsFor(
        "Parts do not belong together", "What is inside is not what was signed: part of it was changed or lost.", _NOT_BELIEVED
    ),
    "no_opening": WaitsFor(
        "Waits for a family that has not come",
        "It was written about a family whose first page is still on a phone.",
        "It is placed by itself as soon as that arrives. If it waits for days, ask the worker whose phone has unsent work.",
    ),
    "wrong_casefile": WaitsFor(
        "Belongs to another family’s record",
        "It adds to something that is kept with another family, or begins a family that has been begun already.",
        "Read it and ask the worker to write it again where it belongs.",
    ),
    "not_allowed": WaitsFor(
        "The writer has no say there",
        "Whoever wrote it may not write in that record any more and their phone knew so, or it is something that only office pages do.",
        "If it belongs to the record all the same, a supervisor places it.",
    ),
    "device_ended": WaitsFor(
        "From a phone that was lost or is no longer used",
        "The phone was reported lost or taken out of use before this came. It may be what the worker had written and not sent, or somebody else may hold the phone.",
        "Read it, and ask the worker whether it is theirs. If it is, place it.",
    ),
    "clone": WaitsFor(
        "Two phones say they are one",
        "Two phones wrote with the same signature, as happens when a phone is copied or put back from its own backup. Both wrote something, and both are kept.",
        "Read it and ask the worker. Place what they wrote, and say on the page of the phone what it is from now on.",
    ),
}
"""What the office says of each reason that intake can give."""

UNKNOWN_RECORD = "A record this office does not know yet"
NO_FAMILY_YET = "Not yet in any family’s record"
LOCKED_NOTE = "A note written before unlocking"
LOCKED_NOTE_FORM: dict[str, Any] = {
    "sections": [
        {
            "id": "note",
            "title": "",
            "fields": [
                {"id": "about", "type": "text", "label": "Whom it is about", "required": True},
                {"id": "text", "type": "long_text", "label": "What was written", "required": True},
            ],
        }
    ]
}
CLOSED = {
    "role": "You see that it waits, not what it says: administrators read no family’s record.",
    "unreadable": "The office cannot open it, so nobody here can read it.",
    "no_family": "It stays closed until the office knows that you may read about this family.",
}
NOT_PLACEABLE = {
    "role": "A supervisor who may read that family decides whether it is placed.",
    "own": "You wrote this yourself, so somebody else decides.",
    "unreadable": "Nobody can place what cannot be opened.",
    "not_believed": "It cannot be placed under a name, because nobody can vouch for who wrote it.",
    "no_opening": "There is no record yet to place it in.",
    "wrong_casefile": "It cannot be placed in two families.",
    "office_only": "Signing off, taking out and moving are done on office pages only. It cannot be placed.",
}
SORTING_DECISIONS = (
    ("place", "Place it", "It joins the record under its writer’s name, and the phone hears that it was sent."),
    ("put_away", "Put it away", "It joins no record. It is kept as it came, and can be put back."),
)
SORTED = {
    "place": "Placed. The worker’s phone hears it the next time it is in touch.",
    "put_away": "Put away, with your name, the time and your reason. It is kept as it came.",
    "back": "Put back. It waits for a decision again.",
    "already": "That was decided or placed meanwhile. Nothing else has changed.",
}

DECIDED_MEANWHILE = {
    "heading": "That was decided meanwhile",
    "sentence": "Somebody else decided about it, or it was placed by itself, so nothing was changed and your reason was not written down.",
    "remedy": "copy it if you still need it.",
}

DEVICE_EXPLAINED = {
    "ok": "It sends and fetches as usual.",
    "lost": "It fetches nothing any more. What it still sends is kept and waits here to be sorted.",
    "ended": "It fetches nothing any more. What it still sends is kept and waits here to be sorted.",
    "cloned": "Two phones wrote with this phone’s signature: it was copied, or put back from its own backup. Both histories are kept, and "
    "what came since waits here to be sorted. It fetches nothing until somebody has looked. If only one is in use and the "
    "copy is gone, let it go on. Otherwise take it out of use, and let the worker set up the phone anew.",
}
STATUS_CHOICES = {
    "ok": ("It is in use, and there is only one", "It fetches again. What waited only because of this phone is placed."),
    "lost": (
        "It is lost or stolen",
        "It removes all families the next time it is in touch, and fetches nothing any more. What it sends waits to be sorted.",
    ),
    "ended": (
        "It is no longer used",
        "It removes all families the next time it is in touch, and fetches nothing any more. What it sends waits to be sorted.",
    ),
}
OWN_PHONE = (
    "This is your own phone, so somebody else says whether it is in use again: another supervisor of your team, or an "
    "administrator. What you wrote on it is kept here until then."
)
OWN_PHONE_ALARMS = "This is your own phone, so somebody else looks into this: another supervisor of your team, or an administrator. Tell them what you know."
PHONE_DONE = {
    "looked": "Written down, with your name and the time.",
    "ok": "The phone may fetch again.",
    "lost": "The phone fetches nothing any more.",
    "ended": "The phone fetches nothing any more.",
    "person": "Ended. The phone removes what it holds for them the next time it is in touch.",
}
ACCOUNT_MADE = {"team": "The team is there. Nobody is in it yet."}
TWO_ARE_ONE = "two phones say they are this one"

DEVICE_STATES = {"ok": "In use", "lost": "Reported lost", "cloned": "Two phones say they are this one", "ended": "Ended"}
IN_NOBODYS_USE = "In nobody’s use any more"

PROBLEMS = {
    "email_missing": "Enter your email address",
    "password_missing": "Enter your password",
    "code_missing": "Enter the six figures from your authenticator app",
    "sign_in_refused": "That email address, password or code is not right. Nothing has changed; check all three and try again",
    "decision_missing": "Choose what you want to do",
    "question_missing": "Write your question, here or beside one of the answers",
    "comment_missing": "Write what you want to say about this answer, or choose no answer",
    "field_missing": "Choose the answer this comment is about",
    "text_too_long": "This is longer than a review can be. Shorten it; nothing has been lost",
    "responder_missing": "Say who is told, or leave how they are reached empty too",
    "responder_how_missing": "Say how they are reached, or leave who is told empty too",
    "responder_too_long": "Who is told is too long for a phone’s screen: keep it within 120 letters",
    "responder_how_too_long": "How they are reached is too long for a phone’s screen: keep it within 400 letters",
    "why_missing": "Say why, in a sentence",
    "why_too_long": "This is longer than 1,000 letters. Shorten it; nothing has been lost",
    "done_missing": "Say what you did, in a sentence",
    "alarms_moved": "Something changed while you were typing, so nothing was written down. Read the list again, then send it once more",
    "phone_moved": "Somebody else said meanwhile what this phone is, so nothing was written down. Read what is there now, then decide again",
    "own_phone": "This is your own phone, so somebody else says whether it is in use again. Nothing was written down",
    "own_phone_alarms": "This is your own phone, so somebody else looks into this. Nothing was written down",
    "cannot_place": "This cannot be placed as things stand, so nothing was done. What it waits for must be there first, "
    "and a private section needs two people who may read it, one of them a supervisor",
    "file_missing": "Choose the file first",
    "file_not_ours": "This is not what a phone keeps for carrying. Such a file has a name like fieldapp-waiting-2026-11-22.sealed. "
    "Nothing was taken in, and nothing has changed",
    "file_too_large": "This file is too large to be what a phone keeps for carrying. Such a file has a name like "
    "fieldapp-waiting-2026-11-22.sealed. Nothing was taken in, and nothing has changed",
    "status_missing": "Choose what you know about the phone",
    "whose_missing": "Choose whose use of this phone ends",
    "name_missing": "Enter a name",
    "new_email_missing": "Enter an email address, like name@example.org",
    "email_taken": "Somebody has this email address already",
    "role_missing": "Choose a role",
    "team_name_missing": "Enter a name for the team, of 120 letters at most",
    "team_taken": "There is a team of this name already",
    "team_missing": "Choose a team: a supervisor or keyworker without one would see no family",
}

BROKEN = (
    "This version cannot be opened: it was changed in the office’s database, or its disk is failing. "
    "Tell whoever looks after this office today. The phone that wrote it may still have it."
)

WHY_NO_REVIEW = {
    "own": "You wrote some of this yourself, so somebody else reviews it.",
    "role": "You may read this record, but not review it.",
    "kind": "This needs no review.",
}

SIGN_IN_WHY = {
    "closed": "You were signed out because nobody used the page for a while. Nothing was lost.",
    "out": "You are signed out.",
    "out_council": "You are signed out here. On a shared computer, sign out at the council too.",
}


def too_often(wait_s: int) -> str:
    """Says how long no sign-in is looked at."""
    minutes = (wait_s + 59) // 60
    return f"Too many tries. Wait {minutes} minute{'' if minutes == 1 else 's'}, then try again; until then nothing you send here is looked at"


def when(at: datetime, now: datetime) -> str:
    """Writes a moment as people here read it: `Fri 21 Nov, 14:02`, with the year when it is another one."""
    here = _here(at)
    year = "" if here.year == now.astimezone(ZONE).year else f" {here.year}"
    return f"{DAYS[here.weekday()]} {here.day} {MONTHS[here.month - 1]}{year}, {here:%H:%M}"


def _here(at: datetime) -> datetime:
    try:
        return at.astimezone(ZONE)
    except OverflowError:
        # A phone's clock may stand at the first or the last hour there is.
        return at


def when_text(at: str, now: datetime) -> str:
    """The same for a time as on the wire; anything else is shown as it came."""
    return when(moment(at), now) if is_time(at) else at


def on(day: date, now: datetime) -> str:
    """Writes a day: `Fri 21 Nov`."""
    year = "" if day.year == now.astimezone(ZONE).year else f" {day.year}"
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}{year}"


def on_text(day: str, now: datetime) -> str:
    """The same for a date in a record, which may hold anything."""
    try:
        return on(date.fromisoformat(day[:10]), now)
    except ValueError:
        return day


def ago(at: datetime, now: datetime) -> str:
    """Says how long something has waited, roughly: `2 hours`, `3 days`."""
    seconds = max(0, int((now - at).total_seconds()))
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {word}{'' if count == 1 else 's'}"
    return "a moment"


def today(now: datetime) -> date:
    return now.astimezone(ZONE).date()


NOT_ALL_THEIRS = "The version before this one has not come yet, or can no longer be read. Some of what is marked here may have come with that version, from its writer."


def warnings_apart(versions: Collection[Value]) -> str:
    """Says that a warning has several versions, and whether one of them took it out; "" where it has one, or all took it out."""
    standing = [each for each in versions if each.value is not ABSENT and each.value != ""]
    if len(versions) < 2 or not standing:
        return ""
    gone = "In one of them it was taken out. " if len(standing) < len(versions) else ""
    return f"Several versions of this warning were written without seeing each other’s words. {gone}Go by all of it until the keyworker has chosen."


def many(count: int, one: str, more: str) -> str:
    """Writes `1 item`, `3 items`."""
    return f"{count} {one if count == 1 else more}"


def since(at: datetime, now: datetime) -> str:
    """Writes a moment with how long ago it was: `Fri 21 Nov, 14:02, 3 days ago`."""
    return f"{when(at, now)}, {ago(at, now)} ago"


def whose(name: str) -> str:
    """Writes a name as the owner of something: `Ama Lindqvist’s`."""
    return f"{name}’s" if name else "Somebody’s"


def phone_of(people: list[str]) -> str:
    """Names a phone after those who use it."""
    return f"{whose(' and '.join(name for name in people if name))} phone" if people else "A phone whose set-up was not finished"


def sent_by(author: str, carriers: list[str], carried_by: str = "") -> str:
    """Says who wrote something, as far as anybody knows, and how it came when not by the writer's own phone."""
    if carried_by:
        return f"{author or 'Nobody knows whose'}, brought in a file by {carried_by}"
    names = [name for name in carriers if name]
    if not author:
        return f"Came from {phone_of(names)}" if names else "Nobody knows whose"
    return author if author in names or not names else f"{author}, carried by {phone_of(names)}"


def size(count: int) -> str:
    """Writes a size as people know it."""
    return f"{max(1, round(count / 1024))} kB"


def came(at: str, now: datetime) -> str:
    return f"{ago(moment(at), now)}, since {when_text(at, now)}"


def carried(taken: Taken) -> tuple[list[tuple[str, int]], list[str]]:
    """Says what was in a file that somebody brought: how many of what, and what that means."""
    counts = [
        ("New, and placed", taken.new),
        ("Here already", taken.here),
        ("Kept to be sorted", taken.sorting),
        ("Could not be read", taken.unreadable),
    ]
    counts += [("Not taken in yet", taken.later)] if taken.later else []
    said = []
    if taken.count == 0 and not taken.is_cut:
        said.append("The file is empty: nothing waited on the phone when it was kept.")
    if taken.sorting:
        said.append("What is kept to be sorted is safe. A person decides where it belongs.")
    if taken.unreadable:
        said.append(
            "What could not be read is kept as it came, among what is being sorted. The phone has its own copy of each. If it "
            "still works, keep a new file there and bring that in, too."
        )
    if taken.unwritten:
        said.append(
            "The office could not write all of it down: its disk may be full. Ask whoever runs the office’s computer to make room, then "
            "bring in the same file again."
        )
    if taken.beyond:
        said.append(
            "There was more that nobody can vouch for than the office takes from one person in a day. Bring in the same file again tomorrow."
        )
    if taken.later > taken.unwritten + taken.beyond:
        said.append("The office was busy and could not take in all of it now. Bring in the same file again in a few minutes.")
    if taken.is_cut:
        said.append(
            "The file is damaged or ends too early. What was whole before that was taken in, and something may be missing. If "
            "the phone still works, keep the file there once more and bring that in, too."
        )
    return counts, said


def sorting_more(count: int) -> str:
    return f"And {many(count, 'more', 'more')}, which came later." if count > 0 else ""


def waiting_there(count: int, oldest_at: str | None, now: datetime) -> str:
    """Says how much waits on a phone and since when."""
    if count == 0:
        return "Nothing, when it was last heard from"
    since_when = f", the oldest since {since(moment(oldest_at), now)}" if oldest_at and is_time(oldest_at) else ""
    return many(count, "item", "items") + since_when


def not_come(count: int) -> str:
    return many(count, "item has not come", "items have not come") + ", though later ones have"


def gap(count: int, at: str | None, now: datetime) -> str:
    """Says that numbers are missing from a phone's own chain: how many and since when, never where."""
    since_when = f" A later one came {since(moment(at), now)}." if at else ""
    return (
        not_come(count)[0].upper()
        + not_come(count)[1:]
        + f".{since_when} Ask the worker to unlock the phone and look at what waits to be sent."
    )


def unnumbered(count: int) -> str:
    return many(count, "item was", "items were") + " given back by other phones"


def given_back(count: int, at: str | None, now: datetime) -> str:
    """Says that entries came back from readers' phones after a restore, and that their own phone has not confirmed them."""
    since_when = f", the first {since(moment(at), now)}" if at else ""
    what = many(count, "item of this phone was", "items of this phone were")
    return (
        f"{what} given back to the office by other phones{since_when}, after the office was put back from a backup. What they say is "
        "signed and safe here. This phone has not confirmed how many it wrote: until it does, nobody can say whether any more are "
        "missing. Ask the worker to unlock it where there is signal."
    )


def lost_briefly(at: datetime, now: datetime) -> str:
    return f"it lost its notes {ago(at, now)} ago"


def lost_notes(at: str, waiting: int, oldest_at: str | None, now: datetime) -> str:
    """Says that a phone no longer knew of what it had sent, and how much it had told of that was not here."""
    told = f"This phone lost its notes: on {when_text(at, now)} it no longer knew of what the office has from it. What was sent is safe here. "
    if waiting == 0:
        return (
            told
            + "When it was heard from before that, nothing waited on it; what was written after that and not sent is gone. Ask the worker."
        )
    what = many(waiting, "item waited", "items waited")
    return (
        told
        + f"When it was heard from before that, {what} on it"
        + (f", the oldest since {when_text(oldest_at, now)}" if oldest_at else "")
        + ". If they are not here, they are gone: ask the worker what they were, and to write them again."
    )


MACHINE = "the office’s own machine"
"""Who did what nobody did who was signed in."""
AFTER_A_RESTORE = {
    "accounts": {
        "title": "Accounts",
        "what": "Who left, was given another part, or was locked out since the backup can sign in as before. Passwords, passkeys and authenticators are as they were then: whoever changed one because somebody knew it must change it again.",
    },
    "duty": {
        "title": "Pods, duty and auditors",
        "what": "Turns of duty that were ended, people taken out of a pod, and earlier last days of auditors are as they were before, and their phones are given those families again.",
    },
    "phones": {
        "title": "Phones",
        "what": "A phone that was reported lost or no longer used since the backup is in use again: report it again first of all, because it fetches from now on. One whose person no longer uses it is theirs again, too.",
    },
    "readers": {
        "title": "Who reads your families, and who responds",
        "what": "Look at “Who responds” first of all: whom a worker is told to ring when a questionnaire shows risk is as it was then. Whoever was taken off a family or kept out of it since the backup reads it again, and their phone is given it. Look at “Who can read” of each family where you took somebody off. Private sections wait on your board until you have confirmed who reads them.",
    },
}
LOOK_THERE = {
    "accounts": [("admin.people_page", "People")],
    "duty": [("rotas.page", "Pods and duty")],
    "phones": [("admin.phones", "Phones")],
    "readers": [("responders.page", "Who responds"), ("casefiles.families", "Families")],
}
_SAID_OF_PHONE = {"device ok": "In use", "device lost": "Reported lost", "device ended": "No longer used"}


def said_of_phone(what: str, by: str, of: str, why: str, at: str, now: datetime) -> str:
    """Says what somebody said of a phone, and why."""
    said = _SAID_OF_PHONE.get(what) or f"{of or 'Somebody'} no longer uses it"
    return f"{said}: said by {by}, {when_text(at, now)}" + (f" – {why}" if why else "")


def gone_through(name: str, at: str, now: datetime) -> str:
    """Says who went through it after a restore."""
    return f"Gone through by {name or 'somebody who has left'}, {when_text(at, now)}."


def looked_into(what: str, name: str, at: str, now: datetime) -> str:
    """Says who settled an alarm."""
    of = "Lost notes" if what == "lost" else "Items that had not come"
    return f"{of}: looked into by {name}, {when_text(at, now)}"
