"""The bill of materials names what the locks hold, all of it, and what is not there is seen to be missing."""

from __future__ import annotations

import configparser
import json

from tests.house.materials import bill
from tests.house.test_locks import ALL, LOCK, PACKAGE, RUN, pinned
from tests.house.tools import ROOT

LOCKED = (
    "flask==3.1.0 \\\n    --hash=sha256:" + "a" * 64 + "\n    # via -r requirements.in\n"
    "werkzeug==3.1.0 \\\n    --hash=sha256:" + "b" * 64 + " \\\n    --hash=sha256:" + "c" * 64 + "\n    # via\n    #   -r requirements-dev.in\n    #   flask\n"
)  # fmt: skip


def test_bill_names_every_locked_library_with_version_hashes_and_licence() -> None:
    made = bill(ALL, RUN)
    named = {each["name"]: each for each in made["components"]}
    assert {name: (one["version"], len(one["externalReferences"][0]["hashes"])) for name, one in named.items()} == pinned(ALL)
    assert {name for name, one in named.items() if one["scope"] == "required"} == set(pinned(RUN))
    # One of them ships a licence and does not say its name.
    assert {name for name, one in named.items() if one["scope"] == "required" and "licenses" not in one} <= {
        "click-default-group"
    }


def test_bill_says_who_asked_for_what() -> None:
    made = bill(LOCKED, LOCKED.partition("werkzeug")[0])
    assert [(each["name"], each["scope"]) for each in made["components"]] == [("flask", "required"), ("werkzeug", "excluded")]
    _, flask, werkzeug = made["dependencies"]
    assert flask == {"ref": "pkg:pypi/flask@3.1.0", "dependsOn": ["pkg:pypi/werkzeug@3.1.0"]}
    assert werkzeug["dependsOn"] == []
    assert [each["content"][0] for each in made["components"][1]["externalReferences"][0]["hashes"]] == ["b", "c"]
    references = {each["bom-ref"] for each in bill(ALL, RUN)["components"]}
    assert {ref for each in bill(ALL, RUN)["dependencies"] for ref in each["dependsOn"]} <= references


def test_same_locks_give_the_same_bill_and_others_another() -> None:
    assert json.dumps(bill(LOCKED, LOCKED)) == json.dumps(bill(LOCKED, LOCKED))
    assert bill(LOCKED, LOCKED)["serialNumber"] != bill(LOCKED.replace("3.1.0", "3.1.1"), LOCKED)["serialNumber"]


def test_client_has_the_version_of_the_package() -> None:
    told = configparser.ConfigParser()
    told.read(ROOT / "setup.cfg")
    # npm writes no bill for a package without a version.
    assert PACKAGE["version"] == LOCK["version"] == LOCK["packages"][""]["version"] == told["metadata"]["version"]
