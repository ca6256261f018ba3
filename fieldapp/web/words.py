"""What the office's pages say, written once: times, roles, states, the sections of the board, what went wrong."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sync.entry import is_time, moment

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
    "safety": ("Safety answers", "The keyworker answered that something is new, worrying or unsafe, and nobody has read it yet."),
    "answered": ("Questions answered", "You or a colleague asked, and the keyworker has added or changed something since."),
    "sign_off": ("To sign off", "Plans, private sections, endings and a new keyworker’s first notes."),
    "sample": ("Picked by chance", "A few of the notes that need no sign-off. Nobody knows beforehand which."),
    "later": ("Added later", "Something was added after the record was read."),
    "two_versions": ("Two versions", "Two people wrote without seeing each other’s words. The keyworker chooses."),
    "asked": ("Waiting for an answer", "Sent back with a question that the keyworker has not answered yet."),
    "unseen": (
        "Children not seen",
        "No visit says that a worker saw them within the days their programme allows, or 14 where it names none.",
    ),
    "unsorted": ("At the office, being sorted", "It arrived and is safe, but a person has to decide where it belongs."),
    "phones": ("Phones with unsent work", "Written on a phone and not here yet. Ring the keyworker: often it only needs signal."),
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

DEVICE_STATES = {"ok": "In use", "lost": "Reported lost", "cloned": "Two phones say they are this one", "ended": "Ended"}

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
    "name_missing": "Enter a name",
    "new_email_missing": "Enter an email address, like name@example.org",
    "email_taken": "Somebody has this email address already",
    "role_missing": "Choose a role",
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


def many(count: int, one: str, more: str) -> str:
    """Writes `1 item`, `3 items`."""
    return f"{count} {one if count == 1 else more}"
