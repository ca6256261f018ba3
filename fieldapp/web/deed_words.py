"""What stands on the lists of who did what: words for each deed of the audit, written once."""

from __future__ import annotations

import re
from datetime import datetime

from fieldapp.auditing import REFUSED
from fieldapp.delivery import READ_ON_A_PHONE
from fieldapp.web import words

DEEDS = {
    # Reading and writing
    "read": "Read",
    "list read": "Read the list of families",
    "read who reads": "Read who reads",
    "read what waits": "Read what waits to be sorted",
    "wrote": "Wrote",
    "given back by a phone": "Given back by a phone after a restore",
    "practice family opened": "Opened a practice family",
    "placed by decision": "Placed what waited to be sorted",
    "put away": "Put away what waited to be sorted",
    "put back": "Put back what had been put away",
    "brought a file": "Brought a file from a phone",
    "took in a file": "Took in a file from a phone",
    "evidence exported": "Wrote out as evidence",
    **words.DECISIONS,
    # Who may read
    "reader named": "Named a reader",
    "reader ended": "Ended that somebody reads",
    "readers confirmed": "Confirmed who reads a private section, after a restore",
    "transferred": "Gave to another team or keyworker",
    "family opened": "Opened a family’s record",
    "private section opened": "Opened a private section",
    "kept out": "Kept somebody out",
    "let in again": "Let somebody in again",
    "shared with a pod": "Shared with a pod",
    "taken from a pod": "Took from a pod",
    "put on their own phone": "Put a family on their own phone",
    "taken off their own phone": "Took a family off their own phone",
    "contact first said": "Said whom to speak to before any contact",
    "duty arranged": "Put somebody on duty",
    "duty ended": "Ended a turn of duty",
    "pod made": "Made a pod",
    "joined a pod": "Put somebody into a pod",
    "left a pod": "Took somebody out of a pod",
    "auditor until": "Said until when an auditor reads",
    "searched in an emergency": "Searched in an emergency",
    "opened in an emergency": "Opened in an emergency",
    "emergency looked at": "Looked at what was opened in an emergency",
    "responder named": "Said who responds to a questionnaire",
    "responder withdrawn": "Said that nobody responds to a questionnaire",
    # Signing in, and one's own account
    "signed in": "Signed in",
    "signed out": "Signed out",
    "signed out elsewhere": "Signed out on every other browser",
    "sign-in refused": "A sign-in was refused",
    "set-up refused": "A try to set up the account was refused",
    "account set up": "Set up their account",
    "set up anew after a reset": "Set up their account anew after a reset",
    "password changed": "Changed their password",
    "passkey added": "Added a passkey",
    "passkey removed": "Removed a passkey",
    "passkey may be copied": "A passkey was refused because it may be a copy",
    "council account connected": "Connected their council account",
    # Other people's accounts: what was done, and on the list of whose account it was
    "team made": "Made a team",
    "person added": "Added a person",
    "account made": "Account made",
    "account closed": "Account closed",
    "had their account closed": "Had their account closed",
    "account locked": "Account locked",
    "had their account locked": "Had their account locked",
    "account opened again": "Account opened again",
    "had their account opened again": "Had their account opened again",
    "role or team changed": "Role or team changed",
    "was given another role or team": "Was given another role or team",
    "council account disconnected": "Council account disconnected",
    "had their council account disconnected": "Had their council account disconnected",
    "reset asked for": "Reset asked for",
    "had a reset asked for": "Had a reset asked for",
    "reset confirmed": "Reset confirmed",
    "had a reset confirmed": "Had a reset confirmed",
    "reset taken back": "Reset taken back",
    "had a reset taken back": "Had a reset taken back",
    "words given out": "Gave out words to set up an account",
    "was given words at the office’s own machine": "Was given words at the office’s own machine",
    "wider access asked for": "Wider access asked for",
    "had wider access asked for": "Had wider access asked for",
    "wider access confirmed": "Wider access confirmed",
    "had wider access confirmed": "Had wider access confirmed",
    "wider access taken back": "Wider access taken back",
    "had wider access taken back": "Had wider access taken back",
    "what verify named accepted": "Accepted what verify had named",
    "confirmed that what verify named was accepted": "Confirmed that what verify had named was accepted",
    # Phones
    "phone set up": "A phone was set up",
    "phone known again": "A phone was known again after a restore",
    "phone given a new token": "A phone was let in again that its browser had forgotten",
    "phone looked into": "Looked into what a phone told of",
    "device ok": "Said that a phone is in use",
    "device lost": "Said that a phone is lost",
    "device ended": "Said that a phone is no longer used",
    "use of a phone ended": "Ended one person’s use of a phone",
    "removed from a phone": "A phone said that it holds nothing of theirs any more",
    "removed from a phone, not signed": "A phone said, unsigned, that it holds nothing of theirs any more",
    "looked up what was on a phone": "Looked up what was on a phone",
    "exported what was on a phone": "Wrote out what was on a phone",
    # Looking over what was done, and the office's own machine
    "looked up who did what": "Looked up who did what",
    "looked up what somebody did": "Looked up what somebody did",
    "looked up what they did": "Looked up what they did",
    "recovery sheet made": "Made the key’s recovery sheet",
    "backup made": "Made a backup",
    "backup with faults made": "Made a backup that has faults",
    "database restored": "Put a backup back",
    "database found put back by hand": "Found that an older database was put back by hand",
    "accounts gone through": "Went through accounts after a restore",
    "duty gone through": "Went through duty and pods after a restore",
    "phones gone through": "Went through phones after a restore",
    "readers gone through": "Went through who reads families after a restore",
    "checkpoint exported": "Wrote a checkpoint to a file",
    "new master key begun": "Began a new master key",
    "new master key settled": "Finished a new master key",
    "key burned": "Burned a key",
}
BEGINNINGS = {
    READ_ON_A_PHONE: "Read on a phone on",
    "database restored as of ": "Put a backup back as of",
    "checkpoint ": "Checkpoint",
    REFUSED: "Was refused",
    "ingest key made": "Made a new key for what phones send",
    "receipt key made": "Made a new key for what phones are answered",
    "desk key made": "Made a new key for the desk",
}
"""Deeds that end in a day or a number, by how they begin."""


_REFUSED = re.compile(rf"{REFUSED}(?P<why>.*): .*, (?P<often>\d+(?: or more)?) in the hour from (?P<hour>[\dT-]+):00Z.*")


def deed(what: str, now: datetime) -> str:
    """Says what was done."""
    if what.startswith(READ_ON_A_PHONE):
        return f"{BEGINNINGS[READ_ON_A_PHONE]} {words.on_text(what.removeprefix(READ_ON_A_PHONE), now)}"
    if what in DEEDS:
        return DEEDS[what]
    if refused := _REFUSED.fullmatch(what):
        # Without the route, which is a word of this program's makers.
        times = "once" if refused["often"] == "1" else f"{refused['often']} times"
        return f"Was refused {refused['why']}, {times} in the hour from {words.when_text(refused['hour'] + ':00:00.000Z', now)}"
    said = next((begins for begins in BEGINNINGS if what.startswith(begins)), None)
    # A deed of an earlier release is told as it was kept.
    return what[:1].upper() + what[1:] if said is None else f"{BEGINNINGS[said]} {what.removeprefix(said)}".strip()
