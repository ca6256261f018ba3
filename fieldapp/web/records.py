"""One record: its answers, its versions with three times each, its reviews, and the form for another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import excerpt, records, sheet, summaries
from fieldapp.oversight import DECISIONS, Comment, Review, with_ancestors
from fieldapp.records import Casefile, Entry, Record
from fieldapp.web import words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show, told_of
from sync.entry import stamp

pages = Blueprint("records", __name__, url_prefix="/desk")

Typed = dict[str, Any]
_UNREVIEWED = {"opening", "rating"}
"""Kinds that are facts of the moment: there is nothing to sign off, and a question goes to the goal instead."""


@pages.get("/records/<record>")
@signed_in("supervisor", "auditor")
def page(record: str) -> ResponseReturnValue:
    opened, found = _opened(record)
    return _page(opened, found, {"comments": [{}]}, done=words.REVIEW_SENT.get(request.args.get("done", "")))


@pages.post("/records/<record>/review")
@signed_in("supervisor")
def review(record: str) -> ResponseReturnValue:
    """Writes a review, or shows the page again with everything that was typed and what is still missing."""
    typed = _typed()
    if request.form.get("more"):
        opened, found = _opened(record)
        return _page(opened, found, {**typed, "comments": [*typed["comments"], {}]})
    wrong = _problems(typed)
    if wrong:
        opened, found = _opened(record)
        return _page(opened, found, {**typed, "comments": typed["comments"] or [{}]}, wrong=wrong, status=400)
    here = office()
    try:
        records.review(
            here.store, here.keys, here.practice, me(), record, saw=request.form.getlist("head"), decision=typed["decision"],
            text=typed["text"].strip(), comments=[Comment(one["field"], one["text"].strip()) for one in typed["comments"]], clock=here.clock,
            saw_reviews=request.form.getlist("reviewed"),
        )  # fmt: skip
    except records.NotOpen:
        abort(404)
    except records.MayNotReview:
        opened, found = _opened(record)
        return _page(opened, found, typed, status=400)
    except (records.HeadsMoved, records.ReviewedMeanwhile) as moved:
        opened, found = _opened(record)
        return _page(
            opened, found, {**typed, "comments": typed["comments"] or [{}]}, saw=request.form.getlist("head"),
            meanwhile=words.REVIEWED_MEANWHILE if isinstance(moved, records.ReviewedMeanwhile) else words.ARRIVED_MEANWHILE, status=409,
        )  # fmt: skip
    if here.epoch_file is not None:
        here.epoch_file.note(here.store)
    if typed["decision"] == "question":
        return redirect(url_for("records.page", record=record, done="question"), code=303)
    return redirect(url_for("board.page", done=typed["decision"]), code=303)


def _opened(record: str) -> tuple[Casefile, Record]:
    here = office()
    try:
        return records.open_record(here.store, here.keys, here.practice, me(), record, here.clock)
    except records.NotOpen:
        abort(404)


def _typed() -> Typed:
    fields, texts = request.form.getlist("field"), request.form.getlist("comment")
    pairs = [{"field": field, "text": text} for field, text in zip(fields, texts, strict=False)]
    return {
        "decision": request.form.get("decision", ""),
        "text": request.form.get("text", ""),
        "comments": [one for one in pairs if one["field"] or one["text"].strip()],
    }


def _problems(typed: Typed) -> list[tuple[str, str]]:
    wrong: list[tuple[str, str]] = []
    if typed["decision"] not in DECISIONS:
        wrong.append(("decision", "decision_missing"))
    if (
        typed["decision"] == "question"
        and not typed["text"].strip()
        and not any(one["text"].strip() for one in typed["comments"])
    ):
        wrong.append(("text", "question_missing"))
    for n, one in enumerate(typed["comments"], 1):
        if not one["text"].strip():
            wrong.append((f"comment-{n}", "comment_missing"))
        if not one["field"]:
            wrong.append((f"field-{n}", "field_missing"))
    if len(typed["text"]) + sum(len(one["text"]) for one in typed["comments"]) > records.LONGEST_REVIEW:
        wrong.append(("text", "text_too_long"))
    return wrong


def _page(
    opened: Casefile,
    found: Record,
    typed: Typed,
    *,
    wrong: list[tuple[str, str]] | None = None,
    saw: list[str] | None = None,
    meanwhile: str = "",
    done: str | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    shown = _sheet(opened, found, saw)
    return show(
        "records/page.html", status, sheet=shown, typed=typed, problems=told_of(wrong or []), meanwhile=meanwhile, done=done
    )


def _sheet(opened: Casefile, record: Record, saw: list[str] | None) -> dict[str, Any]:
    here = office()
    now = here.clock()
    definition = here.practice.definitions.get(record.schema)
    form = here.practice.plain("records", record.schema) if definition else {"sections": []}
    names = summaries.names_known_to(here.store, here.keys, here.practice, me(), opened, stamp(now))
    by_id = {each.id: each for each in record.entries}

    def told(entry: str) -> tuple[str, str]:
        found = by_id[entry]
        return _name(names, found.author), words.when_text(found.written_at, now)

    asked: dict[str, tuple[sheet.Comment, ...]] = {}
    for review in record.reviews:
        for comment in review.comments:
            top = comment.field.partition("/")[0]
            said = sheet.Comment(comment.text, _name(names, review.author), words.when_text(review.received_at, now))
            asked[top] = (*asked.get(top, ()), said)
    whole = sheet.parts(form, record.view.fields, names, told, asked)
    parts = whole if request.args.get("whole") == "yes" else excerpt.excerpt(whole)
    later = _later(record, saw)
    window = _window(len(record.entries))
    on, at = summaries.happened(record.fields)
    first = record.entries[0] if record.entries else None
    return {
        "record": record.id,
        "casefile": opened.id,
        "family": opened.title,
        "kind_title": summaries.title_of(here.practice, record.schema, record.fields) or "A record this office does not know yet",
        "happened": (words.on_text(on, now) + (f", {at}" if at else "")) if on else "",
        "written_by": f"Written by {_name(names, first.author)}." if first else "",
        "tags": _tags(opened, record, later),
        "beside": _beside(record),
        "gone": [
            f"What {_name(names, each.author)} wrote {words.when_text(each.written_at, now)} has been taken out."
            for each in record.entries
            if each.is_gone
        ],
        "rows": _rows(parts),
        "is_cut": excerpt.is_cut(parts),
        "versions": _versions(record, window, form, names, told, later, now),
        "window": window,
        "later_before": sum(1 for each in record.entries[: window.earlier] if each.id in later),
        "reviews": [_review(each, form, names, now) for each in record.reviews],
        "heads": record.heads,
        "reviewed": [each.id for each in record.reviews],
        "anchors": [
            {"value": "", "text": "No answer in particular"},
            *({"value": a.id, "text": a.label} for part in parts for a in part.answers),
        ],
        "why_no_review": _why_no_review(opened, record, now),
    }


def _later(record: Record, saw: list[str] | None) -> set[str]:
    """Marks what nobody has covered; and, after a review was refused, what came while the reviewer was reading."""
    found = set(record.oversight.later)
    if saw is not None:
        found |= set(record.parents) - with_ancestors(record.parents, saw)
    return found


def _beside(record: Record) -> int:
    """Counts the versions where most of them stand beside each other; 0 where nothing differs."""
    forked = [each for each in record.view.fields.values() if each.is_forked]
    return max((len(values) for each in forked for values in (each.values, *each.items.values())), default=0)


def _rows(parts: tuple[sheet.Part, ...]) -> list[dict[str, Any]]:
    """Puts what was seen beside what the worker makes of it; everything else takes the whole width, in the order of the form."""
    facts = [part for part in parts if part.side == "facts"]
    view = [part for part in parts if part.side == "view"]
    rows: list[dict[str, Any]] = []
    placed = False
    for part in parts:
        if part.side == "both":
            rows.append({"two": False, "sides": [{"name": "both", "parts": [part]}]})
        elif not placed:
            placed = True
            sides = [{"name": "facts", "parts": facts}] if facts else []
            sides += [{"name": "view", "parts": view}] if view else []
            rows.append({"two": len(sides) == 2, "sides": sides})
    return rows


def _window(total: int) -> excerpt.Window:
    """Finds which versions the address asks for: `?version=7` alone, `?upto=40` a pageful, else the newest."""
    alone = request.args.get("version", type=int)
    found = excerpt.only(total, alone) if alone is not None else None
    return found or excerpt.window(total, excerpt.VERSIONS, request.args.get("upto", type=int))


def _versions(
    record: Record,
    window: excerpt.Window,
    form: dict[str, Any],
    names: sheet.Names,
    told: sheet.Told,
    later: set[str],
    now: datetime,
) -> list[dict[str, Any]]:
    shown = record.entries[window.earlier : window.last]
    befores = record.befores(shown)
    at_most = None if len(shown) == 1 < window.total else excerpt.CHANGES
    return [
        {
            **_version(each, n, befores.get(each.id, ({}, {})), form, names, told, each.id in later, now, at_most),
            "not_all_theirs": words.NOT_ALL_THEIRS if record.follows_unreadable(each) else "",
        }
        for n, each in enumerate(shown, window.first)
    ]


def _version(
    each: Entry,
    n: int,
    before: tuple[dict[str, Any], sheet.Shown],
    form: dict[str, Any],
    names: sheet.Names,
    told: sheet.Told,
    is_later: bool,
    now: datetime,
    at_most: int | None,
) -> dict[str, Any]:
    on, at = summaries.happened(each.fields or {})
    fields, forks = before
    changed, more = (
        sheet.changes(form, fields, each.fields, names, at_most, forks=forks, told=told)
        if each.parents and each.fields is not None
        else ((), 0)
    )
    return {
        "n": n,
        "title": f"Version {n}, {_name(names, each.author)}",
        "is_later": is_later,
        "happened": (words.on_text(on, now) + (f", {at}" if at else "")) if on else "",
        "written": words.when_text(each.written_at, now) + _slow(each),
        "received": words.when_text(each.received_at, now),
        "how": words.MODES.get(each.mode, ""),
        "raw": each.raw,
        "broken": words.BROKEN if each.is_broken else "",
        "changes": changed if at_most is None else [excerpt.change(one) for one in changed],
        "more_changes": more,
    }


def _slow(each: Entry) -> str:
    """Says when a phone's clock cannot be right: nothing is written after it arrived."""
    return " by the phone’s clock, which was wrong" if each.written_at[:16] > each.received_at[:16] else ""


def _review(each: Review, form: dict[str, Any], names: sheet.Names, now: datetime) -> dict[str, Any]:
    labels = {one["id"]: one["label"] for section in form["sections"] for one in section["fields"]}
    decision = words.DECISIONS.get(each.decision, "Reviewed")
    return {
        "title": f"{decision} by {_name(names, each.author)}, {words.when_text(each.received_at, now)}",
        "text": each.text,
        "comments": [{"label": labels.get(one.field.partition("/")[0], one.field), "text": one.text} for one in each.comments],
    }


def _tags(opened: Casefile, record: Record, later: set[str]) -> list[dict[str, str]]:
    state = record.oversight.state
    summary = office().store.records.get(record.id)
    found = [words.REASONS[why] for why in (summary.why.split(",") if summary is not None else ()) if why in words.REASONS]
    found += [words.STATES[state]] if state != "sent" else []
    if later:
        found.append(("Added later", "govuk-tag--orange"))
    if opened.sort == "restricted" and words.REASONS["restricted"] not in found:
        found.append(words.REASONS["restricted"])
    if opened.is_practice:
        found.append(("Practice, not real", "govuk-tag--grey"))
    return [{"text": text, "look": look} for text, look in found]


def _why_no_review(opened: Casefile, record: Record, now: datetime) -> str:
    if record.kind in _UNREVIEWED:
        return words.WHY_NO_REVIEW["kind"]
    if me().id in record.hands:
        return words.WHY_NO_REVIEW["own"]
    if not records.may_review(office().store, me(), opened.id, record, now):
        return words.WHY_NO_REVIEW["role"]
    return ""


def _name(names: sheet.Names, person: str) -> str:
    return names.staff.get(person, "somebody who has left")
