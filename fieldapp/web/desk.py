"""Joins the office's pages into an app."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from fieldapp.web import (
    account,
    accounts,
    admin,
    after_restore,
    audits,
    board,
    carrying,
    casefiles,
    council,
    emergencies,
    front,
    holding,
    leaves,
    pages,
    phones,
    records,
    responders,
    rotas,
    set_up,
    sign_in,
    sorting,
)


def install(app: Flask, asset: Callable[[str], str]) -> None:
    """Gives an app the front door and everything under `/desk`. `asset` turns the name of a built file into its address."""
    pages.install(app, asset)
    for part in (
        front,
        sign_in,
        set_up,
        account,
        council,
        board,
        casefiles,
        leaves,
        records,
        sorting,
        carrying,
        phones,
        holding,
        responders,
        rotas,
        emergencies,
        admin,
        after_restore,
        audits,
        accounts,
    ):
        app.register_blueprint(part.pages)
