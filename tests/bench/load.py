"""What the office bears: entries a second and core, whether it slows as it fills, and five hundred phones in one minute."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.bench.columns import Office
from tests.bench.courier import FRAMES, Courier

TEXT = "Planned visit. Two clean bottles drying; flat cold, meter at one pound twenty. " * 22  # about 1.8 KB
PHONES_A_SECOND = 500 / 60


def fields(number: int) -> dict[str, str]:
    return {"contact_type": "failed_visit", "failed_tried": f"{number} {TEXT}", "place": "At home"}


def entries(courier: Courier, casefiles: list[str], count: int) -> list[bytes]:
    return [
        courier.seal(casefiles[number % len(casefiles)], "visit_note", "visit-note.1", fields(number)) for number in range(count)
    ]


def pushes(courier: Courier, envelopes: list[bytes]) -> list[float]:
    """Pushes all, 64 at a time, and returns how long each push took; every one must be stored."""
    times = []
    for at in range(0, len(envelopes), FRAMES):
        start = time.perf_counter()
        results = courier.push(envelopes[at : at + FRAMES])
        times.append(time.perf_counter() - start)
        unstored = [result for result in results if result["status"] != "stored"]
        if unstored:
            raise AssertionError(f"not stored: {unstored[0]}")
    return times


def rate_and_flatness(office: Office, courier: Courier, casefiles: list[str], count: int) -> tuple[float, float]:
    """Returns entries per CPU second of the office, and the cost of the last tenth over that of the first."""
    sealed = entries(courier, casefiles, count)
    before = office.program.cpu_s()
    times = pushes(courier, sealed)
    rate = count / (office.program.cpu_s() - before)
    tenth = max(1, len(times) // 10)
    return rate, statistics.median(times[-tenth:]) / statistics.median(times[1 : tenth + 1])


def phones_in_a_minute(port: int, person: dict[str, str], casefiles: list[str], phones: int, enrolled: int = 8) -> float:
    """Lets phones come at the pace of 500 a minute, each with a greeting and three notes; p95 of a request in ms.

    They come on time whether or not earlier ones were answered, as phones do. A few signers take turns, because
    setting up is not what is measured.
    """
    couriers = [Courier(port, person) for _ in range(enrolled)]
    locks = [threading.Lock() for _ in couriers]
    waiting = [[entries(courier, casefiles, 3) for _ in range(-(-phones // enrolled))] for courier in couriers]
    taken: list[float] = []

    def timed(work: Callable[[], object]) -> None:
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)

    def comes(number: int, due: float) -> None:
        turn = number % enrolled
        time.sleep(max(0.0, due - time.perf_counter()))
        with locks[turn]:  # one connection is one phone at a time; its wait is not the office's
            timed(couriers[turn].hello)
            timed(lambda: pushes(couriers[turn], waiting[turn].pop()))

    start = time.perf_counter() + 0.2
    with ThreadPoolExecutor(32) as pool:
        for done in [pool.submit(comes, number, start + number / PHONES_A_SECOND) for number in range(phones)]:
            done.result()
    return statistics.quantiles(taken, n=20)[-1]
