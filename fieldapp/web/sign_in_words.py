"""What the pages of accounts and signing in say, written once."""

from __future__ import annotations

PROBLEMS = {
    "new_missing": "Choose a new password",
    "password_now_missing": "Enter your present password",
    "proof_refused": "That password or code is not right. Nothing has changed. A code works once: wait for the next one and try again",
    "second_factor_refused": "That code or passkey is not right. Nothing has changed. A code works once: wait for the next one and try again",
    "password_short": "Make it 12 characters or longer. Three or four words that do not belong together are easy to keep in mind",
    "password_long": "Keep it within 200 characters",
    "password_own": "Leave out your own name and email address: they are what anybody tries first",
    "password_service": "Leave out the name of this app: it is what anybody tries first",
    "password_repeats": "Use more different letters: the same few over and over are quickly guessed",
    "password_guessed": "This is made of words, rows of keys or years that are tried first. Choose words that do not belong together",
    "called_missing": "Say which device it is on, in 60 letters or fewer",
    "passkey_missing": "No passkey was made, so nothing has changed. Try again, and follow what your device asks",
    "passkey_refused": "This passkey could not be added, so nothing has changed. Load the page again and try once more",
    "first_missing": "Enter the words the first person gave you",
    "second_missing": "Enter the words the second person gave you",
    "set_up_refused": "That email address or those words are not right, or they are more than a day old. Nothing has changed; check all three and try again",
    "set_up_over": "This took more than half an hour, or the words have been used or taken back. Nothing has changed: enter both people’s words again, or ask them for new ones",
    "new_code_wrong": "That code does not fit the new key. Check that the key was added to your app, wait for the next code, and enter that",
    "account_own": "This is your own account: ask another administrator",
    "account_last": "Nobody else could then manage accounts. Make somebody else an administrator first",
    "account_already": "It is so already, so nothing has changed. Load the page again to see how things stand",
    "account_alone": "There is nobody else who could confirm it, so nothing has changed. It takes another administrator, or a supervisor of that team, whom somebody other than you let in. Whoever runs the office’s machine can add one there with “fieldapp person”, or do it for somebody who has an account with “fieldapp account”",
    "why_for_second": "Say why, in a sentence: this gives them more, so somebody else has to confirm it, and sees what you write here",
    "wider_moved": "That was confirmed or taken back meanwhile, has lapsed, or is not yours to confirm. Nothing has changed",
    "reset_moved": "That reset was confirmed, used or taken back meanwhile, or is not yours to confirm. Nothing has changed",
}

ACCOUNT_DONE = {
    "password": "Your password is changed. You are signed out on every other browser.",
    "passkey": "The passkey is added. Next time, use it in place of the six-figure code.",
    "passkey_removed": "The passkey no longer opens your account. Remove it on the device, too.",
    "elsewhere": "You are signed out on every other browser.",
    "connected": "Your council account is connected. Next time, sign in with it.",
    "disconnected": "Your council account no longer opens this one.",
}
ACCOUNTS_DONE = {
    "asked": "Asked for. It gives them more, so nothing changes until another administrator, or a supervisor of the team it is about, confirms it under “Resets”. It lapses in a week.",
    "confirmed": "Confirmed, and it holds from now on. It is written down with both your names.",
    "wider_taken_back": "Taken back. Nothing was changed.",
    "changed": "Changed. They are signed out and see the new pages when they sign in again. Duty and pods of other teams have ended.",
    "closed": "Closed. They are signed out everywhere, and their phones fetch nothing more. What still comes from them is kept, and a supervisor places it.",
    "opened": "Open again, as it was. Turns of duty and pods are not: put them back in where that is right.",
    "locked": "They are signed out everywhere, and nobody can sign in as them until two people have made a reset. Their phones go on: those below, each with when it was set up. Report each one lost that is not theirs.",
    "disconnected": "Disconnected, and signed out everywhere.",
    "taken_back": "Taken back. The words open nothing any more.",
}
THIS_BROWSER = "This browser"
OTHER_BROWSER = "Another browser"
LATELY = {
    "signed in": "Signed in",
    "signed out": "Signed out",
    "sign-in refused": "A try to sign in that was refused",
    "password changed": "Password changed",
    "set up anew after a reset": "Set up anew after a reset",
    "account set up": "Account set up",
    "phone set up": "A phone was set up",
    "passkey may be copied": "A passkey was refused because it may be a copy",
}


def passkey_facts(made: str, used: str | None) -> str:
    return f"Added {made}. " + (f"Last used {used}." if used else "Not used yet.")


def sign_in_facts(via: str, made: str, ago: str) -> str:
    how = " with your council account" if via == "council" else ""
    return f"Since {made}{how}, last used {ago} ago"


def phone_facts(made: str, heard: str | None) -> str:
    """Says when somebody's phone was set up, so that they can tell one that is not theirs."""
    return f"Set up {made}" + (f", last heard from {heard}" if heard else ", not heard from since")


def part(role: str, teams: list[str]) -> str:
    """Says what somebody is, and where."""
    return f"{role} in {', '.join(teams)}" if teams else role


def new_account(role: str, teams: str, email: str) -> str:
    """Says what kind of account somebody new is to have."""
    return f"New here: {role}{f' in {teams}' if teams else ''}, {email}."


def reset_facts(asked_by: str, asked: str, confirmed_by: str, until: str) -> str:
    """Says who asked for a reset, who agreed, and until when its words are good."""
    agreed = f" {confirmed_by} has confirmed it." if confirmed_by else ""
    return f"{asked_by} asked for it on {asked}.{agreed} It lapses {until}."
