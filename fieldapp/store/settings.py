"""Small facts about this office: its epoch, whether it is a demo, what its policy says."""

from __future__ import annotations

from fieldapp.store.noun import Noun

RESPONDERS = "responders"
"""Who responds when a questionnaire shows risk: the one of these that somebody acts on in a family's home, so the audit takes it down (`arrangements`)."""


class Settings(Noun):
    """Names and text values."""

    def get(self, name: str, default: str = "") -> str:
        value = self._value("SELECT value FROM settings WHERE name = ?", name)
        return default if value is None else str(value)

    def put(self, name: str, value: str) -> None:
        self._run(
            "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name,
            value,
        )

    def drop(self, name: str) -> None:
        self._run("DELETE FROM settings WHERE name = ?", name)
