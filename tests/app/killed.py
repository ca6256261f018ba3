"""Commands in a process of their own, killed on the way as a power cut would."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from fieldapp import cli
from fieldapp.store.noun import Noun

_CALLS = ("fsync", "fdatasync", "rename", "replace", "link", "unlink", "pwrite", "open", "fdopen")


def killed_at(call: int, command: list[str], *, also_sql: bool = False) -> bool:
    """Runs a command in a process of its own that is killed -9 at its n-th call of the system; False when it came to its end.

    With `also_sql` each statement that changes a row counts as well.
    """
    child = os.fork()
    if child == 0:
        left = call

        def counted(real: Callable[..., object]) -> Callable[..., object]:
            def wrapped(*given: object, **more: object) -> object:
                nonlocal left
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*given, **more)

            return wrapped

        for name in _CALLS:
            setattr(os, name, counted(getattr(os, name)))
        if also_sql:
            Noun._run = counted(Noun._run)  # type: ignore[method-assign, assignment]
        os._exit(cli.main(command))
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)
