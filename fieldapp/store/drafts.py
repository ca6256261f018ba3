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
            # The same slot under a signer whose words were forgotten, or whose phone is gone: this is how its draft came back.
            self._run(
                "DELETE FROM drafts WHERE slot = ? AND kid <> ? AND n <= ? AND kid IN (SELECT kid FROM signers WHERE person ="
                " (SELECT person FROM signers WHERE kid = ?))",
                *(slot, kid, n, kid),
            )
            return True, n
        return False, int(self._value("SELECT n FROM drafts WHERE kid = ? AND slot = ?", kid, slot))

    def get(self, kid: str, slot: str) -> tuple[int, bytes] | None:
        row = self._one("SELECT n, envelope FROM drafts WHERE kid = ? AND slot = ?", kid, slot)
        return None if row is None else (row["n"], row["envelope"])

    def left_behind(self, person: str, kid: str) -> list[tuple[str, str, int, bytes]]:
        """(kid, slot, n, envelope) of this person's drafts under other signers that nobody unlocks any more, the newest of a slot last."""
        rows = self._rows(
            "SELECT d.kid, d.slot, d.n, d.envelope FROM drafts d JOIN signers s ON s.kid = d.kid JOIN devices v ON v.id = s.device"
            " WHERE s.person = ? AND s.kid <> ? AND (s.ended_at IS NOT NULL OR v.status <> 'ok') ORDER BY d.slot, d.n",
            *(person, kid),
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def sealed_to(self, ingest_kid: bytes) -> int:
        """How many drafts are sealed to this key of the office."""
        return int(self._value("SELECT count(*) FROM drafts WHERE substr(envelope, 2, 32) = ?", ingest_kid))
