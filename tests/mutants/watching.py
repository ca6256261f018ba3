"""A plugin of pytest that writes how each test ended: a line of JSON each, in the file that MUTANTS_TOLD names."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from typing import Any

import pytest

NOTICED = (AssertionError, pytest.fail.Exception)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    if call.when == "call" or report.failed:
        error = None if call.excinfo is None else call.excinfo.value
        if error is None:
            ended = "passed"
        elif call.when == "call" and isinstance(error, NOTICED):
            ended = "failed"
        else:
            # Not an assertion: the code or the test fell over, which says nothing about the rule.
            ended = f"fell over in {call.when}: {type(error).__name__}"
        with open(os.environ["MUTANTS_TOLD"], "a", encoding="utf-8") as told:
            told.write(json.dumps({"name": item.nodeid, "ended": ended}) + "\n")
    return report
