"""The command about phones: which there are, what waits on them, and saying that one is lost, in use or no longer used. Its words are here."""

from __future__ import annotations

import argparse
import json
from typing import Any

from fieldapp import config, people, radar, upkeep
from fieldapp.errors import CannotStart
from fieldapp.radar import LONGEST_WHY, PhoneMoved, PhoneState, Status
from fieldapp.verifying import line
from fieldapp.vouching import MACHINE
from fieldapp.web import words
from fieldapp.web.office import Office

_ACTIONS: dict[str, tuple[Status, str]] = {
    "lost": ("lost", "say that a phone is lost or stolen: it removes all families the next time it is in touch, and fetches nothing any more"),
    "in-use": ("ok", "say that a phone is in use, and that there is only one: it fetches again, and what waited only because of it is placed"),
    "ended": ("ended", "say that a phone is no longer used: it removes all families the next time it is in touch, and fetches nothing any more"),
}  # fmt: skip
_STATES = {"ok": "in use", "lost": "reported lost", "ended": "no longer used", "cloned": words.TWO_ARE_ONE}
_NOTHING = "Nothing was changed."


def add_commands(add: upkeep.Add) -> None:
    """Adds `device` to a parser."""
    device = add("device", list_devices, "phones: list them, or say that one is lost, in use or no longer used")
    # `fieldapp device` alone lists them, as `fieldapp key` does its keys.
    device.set_defaults(person=None, json=False)
    add_action = upkeep.adding_to(device.add_subparsers(metavar="ACTION"))
    listed = add_action(
        "list",
        list_devices,
        "tell whose each phone is, its state, when it was last heard from, what waits on it and what is missing",
    )
    listed.add_argument("--person", metavar="EMAIL", help="only phones that this person has set up")
    listed.add_argument("--json", action="store_true", help="as one list of JSON, for a program")
    for name, (status, told) in _ACTIONS.items():
        made = add_action(name, decide, told)
        made.set_defaults(status=status)
        made.add_argument(
            "device", metavar="DEVICE", help="its id as `fieldapp device list` names it, or a beginning that no other has"
        )
        made.add_argument(
            "--reason", required=True, metavar="TEXT", help="who said so and what happened; the audit keeps it, sealed"
        )


def list_devices(given: argparse.Namespace) -> int:
    """Tells of every phone, the longest silent first, and of no family: who looks after the machine need not learn whom the office knows."""
    with upkeep.held_office(config.read()) as office, office.store.reading():
        found = radar.all_phones(office.store)
        if given.person is not None:
            person = _person(office, given.person)
            found = [state for state in found if person in state.people]
        told = [_told(office, state) for state in found]
    if given.json:
        print(json.dumps(told, indent=2))
        return 0
    for each in told:
        print("\n".join(_lines(each)))
    if not told:
        print("There is no such phone." if given.person is not None else "No phone was set up yet.")
    return 0


def decide(given: argparse.Namespace) -> int:
    """Says what a phone is from now on, as the page about it does, for an office where nobody may or can open that page."""
    why, status = given.reason.strip(), given.status
    with upkeep.held_office(config.read()) as office:
        with office.store.reading():
            state = _found(office, given.device)
            device, whose = state.device, _whose(office, state)
        if not why or len(why) > LONGEST_WHY or not why.isprintable():
            raise CannotStart(
                f"Give the reason after --reason, in one line of at most {LONGEST_WHY:,} letters that can be shown. {_NOTHING}"
            )
        if device.status == status:
            raise CannotStart(f"{whose} ({line(device.id)}) is {_STATES[status]} already. {_NOTHING}")
        try:
            placed = radar.decide(office.store, office.keys, MACHINE, device.id, device.status, status, why, office.clock())
        except PhoneMoved:
            raise CannotStart(
                f"Somebody else said just now what {line(device.id)} is: look at `fieldapp device list`. {_NOTHING}"
            ) from None
        if office.epoch_file is not None:
            office.epoch_file.note(office.store, "phones")
    print(f"{whose} ({line(device.id)}) is {_STATES[status]} from now on, and the audit has the reason.")
    if status != "ok":
        print(
            "It fetches nothing any more and removes all families the next time it is in touch. What it still sends is kept, and waits to be sorted."
        )
    elif placed:
        print(f"It fetches again. Placed now, because they waited only for this: {placed:,}.")
    else:
        print("It fetches again.")
    return 0


def _person(office: Office, email: str) -> str:
    row = office.store.people.by_email(people.folded(email)) if people.is_email(email) else None
    if row is None:
        raise CannotStart(f"Nobody here has the address {line(email)}.")
    return row.id


def _found(office: Office, said: str) -> PhoneState:
    devices = [each for each in office.store.signers.devices() if said and each.id.startswith(said)]
    if not devices:
        raise CannotStart(f"There is no phone {line(said)}: `fieldapp device list` names them all. {_NOTHING}")
    if len(devices) > 1 and all(each.id != said for each in devices):
        raise CannotStart(f"{len(devices):,} phones begin with {line(said)}: give more of the id. {_NOTHING}")
    return radar.state_of(office.store, min(devices, key=lambda each: len(each.id)))


def _whose(office: Office, state: PhoneState) -> str:
    names = office.store.people.names()
    said = " and ".join(line(names[person]) for person in state.people if person in names)
    return f"{said}’s phone" if said else "A phone whose set-up was not finished"


def _told(office: Office, state: PhoneState) -> dict[str, Any]:
    """One phone for a program; times as on the wire, in UTC."""
    device, known = state.device, office.store.people.several(state.people)
    return {
        "device": device.id,
        "people": [{"email": known[person].email, "name": known[person].name} for person in state.people if person in known],
        "state": device.status,
        "set_up_at": device.made_at,
        "seen_at": device.seen_at,
        "waiting": device.waiting,
        "oldest_waiting_at": device.oldest_waiting_at,
        "alarms": [
            *({"what": "given back" if gap.is_unnumbered else "gap", "count": gap.count, "at": gap.since} for gap in state.gaps),
            *({"what": "lost notes", "count": loss.waiting, "at": loss.at} for loss in state.losses),
        ],
    }


_ALARMS = {
    "gap": "{count:,} of its items did not come, though later ones did ({at})",
    "given back": "{count:,} of its items were given back by other phones after a restore, and it has not confirmed them ({at})",
    "lost notes": "it lost its notes ({at}); {count:,} waited on it when it was heard from before",
}


def _lines(told: dict[str, Any]) -> list[str]:
    whose = ", ".join(line(f"{each['name']} <{each['email']}>") for each in told["people"]) or "set-up not finished"
    waits = f"{told['waiting']:,} wait" + (f", the oldest since {told['oldest_waiting_at']}" if told["oldest_waiting_at"] else "")
    state = _STATES.get(told["state"], told["state"])
    return [
        f"{line(told['device'])}  {whose}",
        line(f"  {state}, last heard from {told['seen_at']}, {waits if told['waiting'] else 'nothing waits'}"),
        *(
            line("  look into: " + _ALARMS[each["what"]].format(count=each["count"], at=each["at"] or "nobody knows when"))
            for each in told["alarms"]
        ),
    ]
