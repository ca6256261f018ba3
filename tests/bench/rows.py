"""What is measured, in which order it is shown, and what the design allows it to cost.

A figure's key is `what@count` for CPU ×1 and `what@count@x4` for a page slowed four times.
"""

from dataclasses import dataclass

COLUMNS = {"fieldapp": "fieldapp", "floor": "raw floor", "dexie": "Dexie + WebCrypto", "pouchdb": "PouchDB + crypto-pouch"}
OURS = "fieldapp"


@dataclass(frozen=True)
class Budget:
    """`against` another column, another row of ours, or (neither) a plain number; `least` turns it round."""

    limit: float
    column: str = ""
    row: str = ""
    least: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the table. `compared` rows have a figure in every column."""

    key: str
    label: str
    unit: str
    budgets: tuple[Budget, ...] = ()
    compared: bool = True


def rows(small: int, middle: int, large: int) -> list[Row]:
    """Returns the lines for these three counts of notes (1,000, 5,000 and 10,000 unless told otherwise)."""

    def most(limit: float) -> Budget:
        return Budget(limit)

    def floor(limit: float) -> Budget:
        return Budget(limit, column="floor")

    def pouchdb(limit: float) -> Budget:
        return Budget(limit, column="pouchdb")

    def own(limit: float, row: str) -> Budget:
        return Budget(limit, row=row)

    table = []
    for count in (small, large):
        budgets = (floor(1.5), pouchdb(1.0)) if count == large else ()
        table += [
            Row(f"send_p50@{count}", f"send a note, {count:,} present, p50", "ms", budgets),
            Row(f"send_p95@{count}", "… p95", "ms", (floor(2.0),) if count == large else ()),
        ]
    table += [
        Row(f"draft_p50@{large}", f"keep a draft, {large:,} present, p50", "ms", (floor(1.5), pouchdb(1.0))),
        Row(f"draft_p95@{large}", "… p95", "ms", (floor(2.0),)),
        Row(f"send_p50@{large}@x4", f"send a note, {large:,} present, CPU ×4, p50", "ms"),
        Row(f"send_p95@{large}@x4", "… p95", "ms", (most(100),)),
        Row(f"draft_p95@{large}@x4", f"keep a draft, {large:,} present, CPU ×4, p95", "ms", (most(100),)),
        Row(f"first@{middle}", f"unlock → first 50 families on screen, {middle:,} notes", "ms", (most(300),), False),
        Row(f"open@{middle}", f"unlock → all {middle:,} notes readable", "ms", (floor(1.3), pouchdb(0.5))),
        Row(f"open@{middle}@x4", "… CPU ×4", "ms", (most(2000),)),
        Row(f"open@{large}", f"unlock → all {large:,} notes readable", "ms"),
        Row(f"search@{middle}", f"search {middle:,} notes, p50 of a query", "ms", (), False),
        Row(f"search@{middle}@x4", "… CPU ×4", "ms", (most(50),), False),
        Row(f"push@{small}", f"push {small:,}", "ms", (floor(1.5),)),
        Row(f"push@{large}", f"push {large:,}", "ms", (floor(1.5), own(11 * large / small / 10, f"push@{small}"))),
        Row(f"pull@{small}", f"pull {small:,} on a fresh device → readable", "ms", (floor(1.3), pouchdb(0.4))),
        Row(f"pull@{large}", f"pull {large:,} on a fresh device → readable", "ms", (floor(1.3), pouchdb(0.4))),
        Row(f"up@{small}", f"bytes up for {small:,}, synthetic text", "B"),
        Row(f"down@{small}", f"bytes down for {small:,}", "B"),
        Row(f"ten_push@{small}", f"push ten new, {small:,} present", "ms"),
        Row(f"ten_push@{large}", f"push ten new, {large:,} present", "ms", (own(1.3, f"ten_push@{small}"),)),
        Row(f"ten_pull@{small}", f"pull ten new, {small:,} present", "ms"),
        Row(f"ten_pull@{large}", f"pull ten new, {large:,} present", "ms", (own(1.3, f"ten_pull@{small}"),)),
        Row(f"ten_requests@{large}", "… requests for those", "", (most(2),)),
        Row(f"storage@{large}", f"storage used by {large:,} (least seen)", "B"),
        Row("script", "script, gzip (ours: the whole client, see below)", "B"),
        Row("prose_up", "bytes up ÷ plain JSON, the demo's own prose", "×", (most(0.6),), False),
        Row("slow_200", "200 notes up, 675 kbit/s, 562 ms round trip", "ms", (most(10_000),), False),
        Row("quiet_requests", "nothing new, 60 casefiles: requests", "", (most(1),), False),
        Row("quiet_up", "… bytes up", "B", (most(1024),), False),
        Row("quiet_down", "… bytes down", "B", (most(1024),), False),
        Row("client_all", "client, all JS and CSS, gzip", "B", (most(100_000),), False),
        Row("client_libraries", "… libraries and CSS", "B", (most(52_000),), False),
        Row("client_ours", "… our own", "B", (most(48_000),), False),
        Row("cold@x4", "cold offline start, CPU ×4", "ms", (most(1500),), False),
        Row("longest_task@x4", "longest main-thread task while syncing, CPU ×4", "ms", (most(50),), False),
        Row("server_rate", "server, entries a second and core, through push", "/s", (Budget(2000, least=True),), False),
        Row("server_flat", "… cost an entry, last tenth ÷ first tenth stored", "×", (most(1.3),), False),
        Row("devices_p95", "500 devices in one minute, p95 of a request", "ms", (most(3000),), False),
    ]
    return table
