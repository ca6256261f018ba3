"""Draft envelopes: one slot, overwritten, readable by their author only."""

from __future__ import annotations

from fieldapp.store.noun import Noun


class Drafts(Noun):
    """The highest n of a slot stands, whatever order the network delivers in."""

    def keep(self, kid: str, slot: str, n: int, device: str, envelope: bytes, at: str) -> tuple[bool, int]:
        """Keeps the draft unless a newer one is there; returns whether it was kept and the n that stands."""
        kept = self._run(
            "INSERT INTO drafts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kid, slot) DO UPDATE SET n = excluded.n,"
            " device = excluded.device, envelope = excluded.envelope, kept_at = excluded.kept_at"
            " WHERE excluded.n >= drafts.n",
            *(kid, slot, n, device, envelope, at),
        )
        if kept:
            return True, n
        return False, int(self._value("SELECT n FROM drafts WHERE kid = ? AND slot = ?", kid, slot))

    def get(self, kid: str, slot: str) -> tuple[int, bytes] | None:
        row = self._one("SELECT n, envelope FROM drafts WHERE kid = ? AND slot = ?", kid, slot)
        return None if row is None else (row["n"], row["envelope"])

    def sealed_to(self, ingest_kid: bytes) -> int:
        """How many drafts are sealed to this key of the office."""
        return int(self._value("SELECT count(*) FROM drafts WHERE substr(envelope, 2, 32) = ?", ingest_kid))

    def drop_before(self, at: str) -> int:
        """Drops drafts not touched since `at`; returns how many."""
        return self._run("DELETE FROM drafts WHERE kept_at < ?", at)
