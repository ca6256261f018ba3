"""What the pages about who may read say: ways, refusals, what was changed."""

from __future__ import annotations

from collections.abc import Sequence

WAYS = {
    "named": "Named here",
    "team": "Supervisor of the team",
    "audit": "Auditor of the team",
    "pod": "In a pod that shares this family",
    "duty": "On duty for the team",
    "emergency": "Opened in an emergency",
    "phone": "On their own phone as well",
}
WHYS = {
    "opened": "Opened this record",
    "named": "Named when it was opened",
    "assigned": "Works with the family",
    "practitioner": "Named from a partner service",
    "audit": "Auditor, named here",
}

CHANGES = {
    "reader named": "{by} named {person}",
    "reader ended": "{by} ended the reading of {person}",
    "transferred": "{by} gave the family to the team {more}",
    "family opened": "{by} opened this record",
    "private section opened": "{by} opened this private section",
    "kept out": "{by} keeps {person} out",
    "let in again": "{by} no longer keeps {person} out",
    "shared with a pod": "{by} shared it with the pod {more}",
    "taken from a pod": "{by} took it from the pod {more}",
    "put on their own phone": "{by} put it on their own phone",
    "taken off their own phone": "{by} took it off their own phone",
    "contact first said": "{by} wrote whom to speak to before any contact: {more}",
    "readers confirmed": "{by} confirmed who reads it, after the office was put back from a backup",
    "opened in an emergency": "{by} opened it in an emergency",
    "emergency looked at": "{by} looked at the emergency opening by {person}",
}

DONE = {
    "named": "Named. Their phone fetches the record the next time it is in touch.",
    "ended": "Written down. Their phone drops the record then; what they wrote and have not sent still arrives.",
    "transferred": "Given to the other team. Notes that still come from phones here go to their supervisor’s board.",
    "begun": "The record is open. Phones of those who read it have it the next time they are in touch.",
    "opened": "The private section is open. Nobody but those named here can see that it exists.",
    "on_phone": "Written down. Your phone fetches the record the next time it is in touch.",
    "off_phone": "Written down. Your phone drops the record the next time it is in touch; you go on reading it here, and what you wrote still arrives.",
    "out": "Kept out. Whatever leave they have or get, this does not open to them.",
    "in": "They are no longer kept out. They read it only if they are named, or their part in a team lets them.",
    "pod": "Written down.",
    "contact": "Written into the family’s record. Phones show it first, also without signal.",
    "arranged": "Written down, with your name and the time.",
    "asked": "Asked for. It gives them more to read, so nothing changes until another administrator or a supervisor of that team confirms it under "
    "“Resets”. It lapses in a week.",
    "confirmed": "Written down, with your name and the time. Phones of those named here are given this section again.",
    "looked": "Written down, with your name and the time.",
}

REFUSED = {
    "nobody_such": "Choose who",
    "left": "This person’s account is not open, so they cannot be named",
    "administrator": "Administrators read no family’s record, so they cannot be named",
    "auditor_end": "An auditor reads until a day: enter the last day. On a private section an auditor is named afterwards",
    "kept_out": "This person is kept out of this record. Let them in again first, if that is right",
    "named_already": "This person is named already on that day",
    "not_named": "This person is not named here, so there is nothing to end",
    "two_readers": "A private section always needs two people who may read it, one of them a supervisor. Nothing was changed; name "
    "somebody else first",
    "in_the_past": "Choose today or a later day: what somebody could read until now cannot be changed",
    "ends_first": "The end lies before the beginning. Choose a later one",
    "not_private": "This can be done with a family’s main record only",
    "no_team": "Choose the team",
    "same_team": "This family belongs to that team already",
    "alone": "Then you would be the only supervisor who sees this family. Nothing was changed; name another supervisor first",
    "yourself": "You cannot keep yourself out. Ask a colleague to do it",
    "reader_kept_out": "Somebody is chosen to read and to be kept out. Choose one of the two",
    "no_pod": "Choose a pod of this family’s team",
    "no_sheet": "The page about the family has not been written yet, so there is no place for this. Ask the keyworker to write it first",
    "stands_out": "This person is not kept out, so nothing was changed",
    "held_anyway": "Your phone holds this record because you are named here, on duty or in a pod, so nothing was changed. To end that, use “End "
    "somebody’s reading” or “Pods and duty”",
    "on_phone_already": "This record is on your phone already",
    "not_on_phone": "This record is not on your phone, so there is nothing to take off",
    "reason_missing": "Say why, in a sentence",
    "reason_for_second": "Say why, in a sentence: this gives them more to read, so somebody else has to confirm it, and sees what you write here",
    "reason_too_long": "This is longer than 1,000 letters. Shorten it; nothing has been lost",
    "day_wrong": "Enter a day, like 30 11 2026",
    "family_title_missing": "Enter what the record is called, in 120 letters at most",
    "title_missing": "Enter a name for the private section, of at most 120 letters",
    "contact_too_long": "This is longer than 120 letters. A name and a number are enough",
    "not_theirs": "Only keyworkers and supervisors can be on duty or in a pod",
    "turn_too_long": "A turn of duty lasts 31 days at most from today",
    "audit_too_long": "An auditor reads for a year at most from today. It can be made longer then",
    "name_missing": "Enter a name of at most 60 letters",
    "already": "This person is in it already",
    "over": "That had ended already, so nothing was changed",
    "time_wrong": "Enter a day and a time",
    "family_missing": "Enter the family’s name exactly as it stands in its record",
    "none_found": "No family of exactly that name can be opened this way, and nothing was opened. Check the spelling, or ring the duty "
    "supervisor",
    "which_missing": "More than one family has this name. Choose which, then send it again",
    "look_missing": "Say what you make of it, in a sentence",
    "looked_already": "A colleague looked at it meanwhile. Nothing was changed",
}

_ON_PHONE = {
    "no": "no. You read this record here; a phone holds only what its person works with, in case it is lost.",
    "put": "yes, you put it there. It goes when you take it off, or when you or the family go to another team.",
    "held": "yes, because you are {}. To end that, use “End somebody’s reading” or “Pods and duty”.",
}
_HELD_BY = {"named": "named here", "duty": "on duty for its team", "pod": "in a pod that shares it"}

WHY_UNREADABLE = "The reason cannot be read: it was changed by another hand. Take it back, and ask whoever runs the office to run fieldapp verify"


def on_phone(found: str, held_by: Sequence[str], *, has_phone: bool) -> str:
    """Says whether a phone of whoever looks holds a record, and why; "" where nothing can be said."""
    if not found:
        return ""
    whose = "On your phone" if has_phone else "You have no phone set up. On one you set up later"
    return f"{whose}: {_ON_PHONE[found].format(' and '.join(_HELD_BY[each] for each in held_by))}"


def wish(what: str, *, part: str, team: str, pod: str, from_at: str, upto_at: str) -> str:
    """Says what somebody would have from now on."""
    return {
        "part": f"To be {part}.",
        "open": "To have their account open again, as it was.",
        "duty": f"To be on duty for {team} from {from_at} until {upto_at}.",
        "pod": f"To be in the pod {pod} of {team}, and read every family on its list.",
        "audit": f"To read {team} as an auditor until the end of {upto_at}.",
    }[what]


def must_hand_over(supervisors: tuple[str, ...]) -> str:
    """Says that an account cannot end yet, or its role change, and to whom to turn; never what it is that needs them."""
    names = [name for name in supervisors if name]
    who = " or ".join(names) if names else "a supervisor of their team"
    return (
        f"This account cannot be closed or get another role yet: somebody else has to take over work of theirs first. Nothing was changed. "
        f"Ask {who}, then try again. If nobody may sign in as them meanwhile, lock the account"
    )
