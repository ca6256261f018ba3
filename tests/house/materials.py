"""What the office and its tools are made of in Python, from the locks: a CycloneDX 1.5 bill of materials. Run by `make sbom`.

The locks know every name, version, hash and who asked for it; the licence is what the installed library says of itself. What only
tests and tools need has the scope `excluded`. The same locks give the same bytes.
"""

from __future__ import annotations

import configparser
import json
import re
import sys
import uuid
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

from tests.house.test_locks import ALL, HASH, RUN
from tests.house.tools import ROOT

_ASKED_BY = re.compile(r"^\s+#(?: via)?\s+(?!via$)([a-z0-9][a-z0-9._-]*)$", re.M)


def blocks(lock: str) -> dict[tuple[str, str], str]:
    """Split a lock: (name, version) → all that stands there about it."""
    found = {}
    for block in re.split(r"\n(?=[a-z0-9])", lock):
        if match := re.match(r"([a-z0-9._-]+)==([^\s;]+)", block):
            found[match[1], match[2]] = block
    return found


def bill(everything: str, run: str) -> dict[str, Any]:
    """Write the bill. `everything` is the lock of all libraries, `run` of those an office runs with."""
    wanted = {name for name, _ in blocks(run)}
    listed = blocks(everything)
    reference = {name: f"pkg:pypi/{name}@{version}" for name, version in listed}
    needs: dict[str, list[str]] = {name: [] for name in reference}
    for (name, _), block in listed.items():
        for asker in _ASKED_BY.findall(block):
            needs[asker].append(reference[name])
    told = configparser.ConfigParser()
    told.read(ROOT / "setup.cfg")
    version = told["metadata"]["version"]
    own = f"pkg:pypi/fieldapp@{version}"
    made: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": own, "name": "fieldapp", "version": version}},
        "components": [
            _component(name, version, block, is_run=name in wanted) for (name, version), block in sorted(listed.items())
        ],
        "dependencies": [
            {
                "ref": own,
                "dependsOn": sorted(reference[name] for (name, _), block in listed.items() if "-r requirements" in block),
            },
            *({"ref": reference[name], "dependsOn": sorted(needs[name])} for name in sorted(reference)),
        ],
    }
    made["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(made, sort_keys=True))}"
    return made


def _component(name: str, version: str, block: str, *, is_run: bool) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    hashes = [{"alg": "SHA-256", "content": each.removeprefix("--hash=sha256:")} for each in HASH.findall(block)]
    licence = _licence(name, version)
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "scope": "required" if is_run else "excluded",
        "purl": purl,
        # One package is many files, one for each platform, and each has a hash of its own.
        "externalReferences": [{"type": "distribution", "url": purl, "hashes": hashes}],
        **({"licenses": [licence]} if licence else {}),
    }


def _licence(name: str, version: str) -> dict[str, Any] | None:
    """What the installed library says of its licence; None where this one is not installed, or says nothing."""
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return None
    if said["Version"] != version:
        return None
    if said["License-Expression"]:
        return {"expression": said["License-Expression"]}
    classes = [
        each.split(" :: ")[-1] for each in said.get_all("Classifier", []) if each.startswith("License :: OSI Approved :: ")
    ]
    named = " / ".join(classes) or (said["License"] or "").strip().split("\n")[0]
    return {"license": {"name": named}} if named else None


if __name__ == "__main__":
    json.dump(bill(ALL, RUN), sys.stdout, indent=1)
    sys.stdout.write("\n")
