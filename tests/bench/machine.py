"""The facts about the machine without which a figure means nothing."""

import os
import platform
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def fsync_us() -> float:
    """Measures what it costs here to be sure that 4 KiB are on the disk: on a phone or a spinning disk far more."""
    with tempfile.NamedTemporaryFile() as file:
        times = []
        for _ in range(200):
            start = time.perf_counter()
            os.pwrite(file.fileno(), b"x" * 4096, 0)
            os.fsync(file.fileno())
            times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)


def facts(browser: str) -> dict[str, str]:
    """Returns what to print above the table."""
    version = subprocess.run([browser, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "browser": version,
        "fsync": f"{fsync_us():.0f} µs",
        "load": f"{os.getloadavg()[0]:.1f}",
    }
