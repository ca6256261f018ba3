"""Known advisories against the locked Python libraries, asked of the Open Source Vulnerabilities service.

Run by `make audit`; not a test, because it needs the network and its answer changes with the day.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request

from tests.house.test_locks import ALL, pinned

SERVICE = "https://api.osv.dev/v1/querybatch"


def main() -> int:
    """Print each advisory. Answers 1 when there is one, 2 when the service cannot be asked."""
    locked = [(name, version) for name, (version, _) in sorted(pinned(ALL).items())]
    asked = {"queries": [{"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in locked]}
    request = urllib.request.Request(SERVICE, json.dumps(asked).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            results = json.load(answer)["results"]
    except (urllib.error.URLError, OSError) as error:
        print(f"The advisory service cannot be asked ({error}): nothing is known of Python libraries.", file=sys.stderr)
        return 2
    found = [(*lock, one["id"]) for lock, result in zip(locked, results, strict=True) for one in result.get("vulns", [])]
    for name, version, advisory in found:
        print(f"{name} {version}: {advisory}")
    print(f"{len(found)} advisories against {len(locked)} locked Python libraries")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
