"""Small facts about this office: its epoch, whether it is a demo, what its policy says."""

from __future__ import annotations

from fieldapp.store.noun import Noun

RESPONDERS = "responders"
"""Who responds when a questionnaire shows risk: somebody acts on it in a family's home, so the audit takes it down (`arrangements`)."""

DURABLE_THROUGH = "durable_through"
"""Until when phones were told that what they sent cannot be lost, sealed (`receipts`): they let go of their copies for it."""

RESTORED_AT = "restored_at"
"""When this office was last put back from a backup: since then nobody may have said who reads a private section (`scope.unconfirmed`)."""

RESTORED_LACKS = "restored_lacks"
"""Of what it is known that the backup lacks changes, by name (`epoch.KINDS`): those who go through it are told."""

SAMPLE_SEED = "sample_seed"
"""The secret by which notes are drawn for sign-off: who chooses it chooses which are not."""


NO_TEXT = "\ufffd"
"""What is read where another hand left bytes that are no text: nothing that the office ever writes, so whoever reads it takes it for nothing known."""


class Settings(Noun):
    """Names and text values."""

    def get(self, name: str, default: str = "") -> str:
        """Reads a value. One that is no text must not close the page that puts it right, nor keep phones from greeting."""
        value = self._value("SELECT CAST(value AS BLOB) FROM settings WHERE name = ?", name)
        try:
            return default if value is None else bytes(value).decode()
        except UnicodeDecodeError:
            return NO_TEXT

    def put(self, name: str, value: str) -> None:
        self._run(
            "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name,
            value,
        )

    def drop(self, name: str) -> None:
        self._run("DELETE FROM settings WHERE name = ?", name)
