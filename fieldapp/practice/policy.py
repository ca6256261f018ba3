"""Which records a supervisor signs off: a policy per kind, read from `policy.json` and judged by pure
functions."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from fieldapp.practice.definitions import Strict
from fieldapp.practice.reading import plain_json, shaped
from fieldapp.practice.refusal import DefinitionError

Count = Annotated[int, msgspec.Meta(ge=1)]
WORDS = ("keyworker", "supervisor", "administrator", "signed_off", "question", "noted")
"""Roles and answers of a review whose words an organisation may choose."""

Reason = Literal["kind", "risk", "restricted", "ending", "new_worker", "sample"]
"""Why a record is on the sign-off list; the first that applies, in this order."""


class Rule(Strict, frozen=True, kw_only=True):
    """`sign_off`: every one, and not final before · `sample`: one in N, final when sent · `nothing`."""

    needs: Literal["sign_off", "sample", "nothing"]
    one_in: Count | None = None


class Policy(Strict, frozen=True, kw_only=True):
    version: int
    words: dict[str, str]
    sign_off: dict[str, Rule]
    always_when_risk_answered: bool
    always_when_restricted: bool
    always_when_ending: bool
    new_worker_first_notes: int
    new_worker_kinds: list[str]
    cache_kept_days: Count
    hide_after_seconds: Count
    """How long somebody may look away from the app on their phone before its screen stays hidden."""
    lock_after_minutes: Count
    """How long a phone may lie untouched before it locks."""


def read_policy(file: str, raw: bytes, kinds: set[str]) -> Policy:
    """Reads the sign-off policy; a kind without a rule is refused, because nobody would ever see its
    records."""
    policy = shaped(file, plain_json(file, raw), Policy)
    without = sorted(kinds - set(policy.sign_off))
    if without:
        raise DefinitionError(file, "$.sign_off", f"there is no rule for {without[0]}")
    for kind, rule in policy.sign_off.items():
        if kind not in kinds:
            raise DefinitionError(file, f"$.sign_off.{kind}", "no record has this kind")
        if (rule.needs == "sample") != (rule.one_in is not None):
            raise DefinitionError(file, f"$.sign_off.{kind}", "one_in belongs to a sample, and a sample needs it")
    wordless = sorted(set(WORDS) - set(policy.words))
    if wordless:
        raise DefinitionError(file, "$.words", f"there is no word for {wordless[0]}")
    return policy


def why_sign_off(
    policy: Policy,
    kind: str,
    *,
    risk_answered: bool,
    restricted: bool,
    ending: bool,
    notes_before: int,
    draw: int,
) -> Reason | None:
    """Says why a record comes up for sign-off, or None.

    `notes_before` counts the author's earlier records of the kinds in `new_worker_kinds`. `draw` is a number
    that nobody can choose: the caller takes the first bytes of SHA-256(seed, record), so that a sample can be
    drawn again and a worker cannot tell which note will be looked at. `ending` is true for what closes the
    work with a family.
    """
    rule = policy.sign_off.get(kind)
    if rule is None or rule.needs == "sign_off":
        return "kind"
    if risk_answered and policy.always_when_risk_answered:
        return "risk"
    if rule.needs == "nothing":
        return None
    if restricted and policy.always_when_restricted:
        return "restricted"
    if ending and policy.always_when_ending:
        return "ending"
    if kind in policy.new_worker_kinds and notes_before < policy.new_worker_first_notes:
        return "new_worker"
    if rule.one_in is not None and draw % rule.one_in == 0:
        return "sample"
    return None


def is_final_when_sent(policy: Policy, kind: str, reason: Reason | None) -> bool:
    """Says whether a sent record may only be added to.

    A sample and a risk answer leave it final: looking again at what was written must not give leave to
    rewrite it.
    """
    rule = policy.sign_off.get(kind)
    if rule is None or rule.needs == "sign_off":
        return False
    return reason not in {"restricted", "ending", "new_worker"}
