"""Accounts and phones, for administrators. No casefile opens from here, and none is counted."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from fieldapp import accounts, after_restore, people
from fieldapp.accounts import NotThisOne
from fieldapp.keys import check_words
from fieldapp.people import ROLES
from fieldapp.web import words
from fieldapp.web.guards import me, signed_in
from fieldapp.web.office import office
from fieldapp.web.pages import show, told_of
from sync.entry import moment, stamp

pages = Blueprint("admin", __name__, url_prefix="/desk")


@pages.get("/people")
@signed_in("administrator")
def people_page() -> ResponseReturnValue:
    return _people(words.ACCOUNT_MADE.get(request.args.get("done", "")))


@pages.post("/people/teams")
@signed_in("administrator")
def add_team() -> ResponseReturnValue:
    """Makes a team, which gives nobody anything: who joins it takes two people, and a family comes into it by a supervisor's hand."""
    here = office()
    name = " ".join(request.form.get("text-team", "").split())
    if not people.is_name(name):
        return _people(typed=name, wrong=[("text-team", "team_name_missing")])
    with here.store.writing() as tx:
        if name in tx.people.teams().values():
            return _people(typed=name, wrong=[("text-team", "team_taken")])
        people.team_called(tx, name)
        tx.audit.add(stamp(here.clock()), me().id, "team made")
    return redirect(url_for("admin.people_page", done="team"), code=303)


def _people(done: str | None = None, *, typed: str = "", wrong: list[tuple[str, str]] | None = None) -> ResponseReturnValue:
    store = office().store
    teams = store.people.teams()
    listed = [
        {
            "name": row.name,
            "done": url_for("audits.person", person=row.id),
            "href": url_for("accounts.page", person=row.id),
            "email": row.email,
            "role": words.ROLES.get(row.role, row.role),
            "teams": ", ".join(teams.get(team, "") for team in store.people.teams_of(row.id, stamp(office().clock()))) or "None",
            "phones": len({signer.device for signer in store.signers.of_person(row.id) if signer.ended_at is None}),
            "ended": not people.is_open(row, office().clock()),
            "is_set_up": people.is_set_up(row),
        }
        for row in store.people.all()
    ]
    return show(
        "admin/people.html", 400 if wrong else 200, people=listed, teams=list(teams.values()), done=done, typed=typed, problems=told_of(wrong or []),
        is_restored=after_restore.are_left(store, me()),
    )  # fmt: skip


@pages.get("/people/add")
@signed_in("administrator")
def add_person() -> ResponseReturnValue:
    return _form({}, [])


@pages.post("/people/add")
@signed_in("administrator")
def send_person() -> ResponseReturnValue:
    """Adds a person and shows the first half of their words once, on the answer itself; the other half is for whoever confirms."""
    typed = {name: request.form.get(name, "").strip() for name in ("name", "email", "role", "team")}
    wrong: list[tuple[str, str]] = []
    if not people.is_name(typed["name"]):
        wrong.append(("name", "name_missing"))
    if not people.is_email(typed["email"]):
        wrong.append(("email", "new_email_missing"))
    if typed["role"] not in ROLES:
        wrong.append(("role", "role_missing"))
    if typed["role"] in {"keyworker", "supervisor"} and typed["team"] not in office().store.people.teams():
        wrong.append(("team", "team_missing"))
    if wrong:
        return _form(typed, wrong)
    here = office()
    try:
        _, half = accounts.add(
            here.store, here.keys, me(), email=typed["email"], name=typed["name"], role=typed["role"], now=here.clock(),
            team=typed["team"] if typed["team"] in here.store.people.teams() else None,
        )  # fmt: skip
    except people.AddressTaken:
        return _form(typed, [("email", "email_taken")])
    except NotThisOne as refused:
        return _form(typed, [("name", f"account_{refused.code}")])
    return show("account/half.html", half=half, name=typed["name"], is_first=True, is_new=True, back=url_for("admin.people_page"))


@pages.get("/phones")
@signed_in("administrator")
def phones() -> ResponseReturnValue:
    """Shows which phones there are and what waits on them: how much and since when, never what or whose."""
    here = office()
    now = here.clock()
    names = here.store.people.names()
    listed = []
    for device in here.store.signers.devices():
        owners = sorted({names.get(signer.person, "") for signer in here.store.signers.of_device(device.id)})
        listed.append(
            {
                "href": url_for("phones.page", device=device.id),
                "people": ", ".join(owners) or "Set-up not finished",
                "seen": words.when(moment(device.seen_at), now),
                "waiting": device.waiting,
                "since": words.when_text(device.oldest_waiting_at, now) if device.oldest_waiting_at else "–",
                "state": words.DEVICE_STATES.get(device.status, device.status),
            }
        )
    count = here.store.quarantine.count_open()
    unsorted = (
        f"{words.many(count, 'item waits', 'items wait')} for a person to place." if count else "Nothing waits to be sorted."
    )
    return show(
        "admin/phones.html", devices=listed, check_words=check_words(here.keys.ring(here.store).office.kid), unsorted=unsorted
    )


def _form(typed: dict[str, str], wrong: list[tuple[str, str]]) -> ResponseReturnValue:
    teams = [{"value": "", "text": "Choose a team"}] + [
        {"value": id, "text": name} for id, name in office().store.people.teams().items()
    ]
    roles = [{"value": role, "text": words.ROLES[role]} for role in ROLES]
    return show("admin/add_person.html", 400 if wrong else 200, typed=typed, problems=told_of(wrong), teams=teams, roles=roles)
