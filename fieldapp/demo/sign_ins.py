"""How to sign in to the demo. All of it is published, so a server accepts none of it outside a demo."""

from __future__ import annotations

from fieldapp.config import DEMO_CODE, DEMO_KEYWORKERS, DEMO_PASSWORD

PASSWORD = DEMO_PASSWORD
CODE = DEMO_CODE
PEOPLE = (
    *(("keyworker", email) for email in DEMO_KEYWORKERS),
    ("supervisor", "marian@harrowmere.example"),
    ("administrator", "admin@harrowmere.example"),
)


def told() -> str:
    """Say it in words, one person a line."""
    people = "\n".join(f"  {role:<14} {email}" for role, email in PEOPLE)
    return (
        f"Sign in with the password {PASSWORD} and the code {CODE} as one of\n{people}\n"
        "Keyworkers set up their phone at /app; the others sign in at /desk."
    )
