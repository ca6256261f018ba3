"""What every page may reach of the office that serves it. `create_app` puts it there once; nothing else is global."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, current_app, request

if TYPE_CHECKING:
    from fieldapp.council import Council
    from fieldapp.epoch import EpochFile, Kind
    from fieldapp.keys import Keys
    from fieldapp.practice import Practice
    from fieldapp.store import Store

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Office:
    """The joined parts of one running office.

    `clock` gives aware UTC times; tests and the demo hand in another. `demo_code` is the fixed second factor of the
    demo and None everywhere else. `epoch_file` lies beside the key file; tests of single pages go without. `council` is the council's own sign-in, None where the office knows none.
    """

    store: Store
    keys: Keys
    practice: Practice
    clock: Clock
    origin: str
    demo_code: str | None = None
    epoch_file: EpochFile | None = None
    council: Council | None = None

    @property
    def over_https(self) -> bool:
        """Says whether cookies can be bound to this host with `__Host-`; plain http is only for localhost."""
        return self.origin.startswith("https://")


def noting(*kinds: Kind) -> Callable[[Response], Response]:
    """Makes what follows each answer of some pages: after a form was taken, how far the audit has come is noted beside the key file, as a change of these kinds."""

    def note(answer: Response) -> Response:
        here = office()
        if here.epoch_file is not None and request.method == "POST" and answer.status_code < 400:
            here.epoch_file.note(here.store, *kinds)
        return answer

    return note


def put_office(app: Flask, office: Office) -> None:
    """Gives an app its office."""
    app.extensions["fieldapp"] = office


def office() -> Office:
    """Gives the office of the app that answers this request."""
    return cast("Office", current_app.extensions["fieldapp"])
