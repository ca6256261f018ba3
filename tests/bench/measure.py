"""One round of one column at one count of notes: the same steps for everybody, with fresh folders and fresh keys."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from tests.bench.chromium import Browser, Page, folders
from tests.bench.columns import Column, Office

TEN = 10
Taken = Callable[[str, float], None]


class Round:
    """Runs the steps and hands every figure to `take(key, value)`."""

    def __init__(self, column: Column, count: int, executable: str, take: Taken, *, saves: int, opening: bool) -> None:
        self.column, self.count, self.executable, self.take = column, count, executable, take
        self.saves = saves
        self.opening = opening  # the middle count: only what concerns opening and searching

    def run(self) -> None:
        with folders("first", "second", "office") as made, self.column.office(made["office"]) as office:
            if self.opening:
                self._fill_and_pull(office, made["first"], made["second"])
            else:
                self._save_push_pull(office, made["first"], made["second"])
            self._open_again(office, made["second"])

    def _fill_and_pull(self, office: Office, first: Path, second: Path) -> None:
        with Browser(self.executable, first) as phone:
            page = self.column.page(phone, office)
            shared = page.call("setup", {"shared": None})
            self._away(office, page, lambda: page.call("saveMany", {"count": self.count, "from": 0}))
            page.call("push")
        with Browser(self.executable, second) as phone:
            page = self.column.page(phone, office)
            page.call("setup", {"shared": shared})
            page.call("pull", {"count": self.count})
            page.call("close")

    def _save_push_pull(self, office: Office, first: Path, second: Path) -> None:
        n, proxy = self.count, office.proxy
        with Browser(self.executable, first) as phone, Browser(self.executable, second) as other:
            page = self.column.page(phone, office)
            shared = page.call("setup", {"shared": None})
            self._away(office, page, lambda: page.call("saveMany", {"count": n, "from": 0}))
            proxy.count()
            pushed = page.call("push")
            if pushed["count"] != n:
                raise AssertionError(f"{self.column.name} pushed {pushed['count']} of {n}")
            self.take(f"push@{n}", pushed["ms"])
            self.take(f"up@{n}", proxy.count()["up"])

            second_page = self.column.page(other, office)
            second_page.call("setup", {"shared": shared})
            proxy.count()
            self.take(f"pull@{n}", second_page.call("pull", {"count": n})["ms"])
            self.take(f"down@{n}", proxy.count()["down"])
            self.take(f"storage@{n}", second_page.call("usage"))

            self._away(office, page, lambda: page.call("saveEach", {"count": TEN, "from": n}))
            proxy.count()
            self.take(f"ten_push@{n}", page.call("push")["ms"])
            pushing = proxy.count()["requests"]
            self.take(f"ten_pull@{n}", second_page.call("pullOnly")["ms"])
            self.take(f"ten_requests@{n}", max(pushing, proxy.count()["requests"]))

            self._away(office, page, lambda: self._saves(page, f"@{n}"))
            page.call("push")
            second_page.call("close")

    def _saves(self, page: Page, suffix: str) -> None:
        for number, what in enumerate(("send", "draft")):
            first = self.count + TEN + number * self.saves
            told = page.call("saveEach", {"count": self.saves, "from": first, "draft": what == "draft"})
            self.take(f"{what}_p50{suffix}", told["p50"])
            self.take(f"{what}_p95{suffix}", told["p95"])

    def _away(self, office: Office, page: Page, work: Callable[[], object]) -> None:
        """Does the work without signal, so that nothing is sent while saving is timed."""
        office.proxy.signal(False)
        work()
        office.proxy.signal(True)

    def _open_again(self, office: Office, second: Path) -> None:
        """The other phone after a restart; then once more with the page four times slower."""
        n = self.count
        present = n if self.opening else n + TEN
        texts = [f"mark{i:07}" for i in range(0, n, max(1, n // 20))]
        for suffix, times in (("", 1), ("@x4", 4)):
            with Browser(self.executable, second) as phone:
                page = self.column.page(phone, office, inline=times > 1)
                page.slow(times)
                told = page.call("open", {"count": present})
                self.take(f"open@{n}{suffix}", told["ms"])
                if told["first"] is not None:
                    self.take(f"first@{n}{suffix}", told["first"])
                if self.column.name == "fieldapp":
                    self.take(f"search@{n}{suffix}", page.call("search", {"texts": texts})["p50"])
                if times > 1 and not self.opening:
                    self._away(office, page, lambda page=page, suffix=suffix: self._saves(page, f"@{n}{suffix}"))  # type: ignore[misc]
                page.call("close")


class Figures:
    """Every value of every round, by row and column."""

    def __init__(self) -> None:
        self.all: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def taker(self, column: str) -> Taken:
        return lambda key, value: self.all[key][column].append(value)
