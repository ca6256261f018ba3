"""The office's own keys (private halves wrapped), the key sets it issued and its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass

from fieldapp.store.noun import Noun, Sealed


@dataclass(frozen=True, slots=True)
class OfficeKeyRow:
    """One key pair of the office. `use`: office | ingest | receipt | desk."""

    kid: str
    use: str
    private_wrapped: Sealed
    jwk: str
    from_at: str
    until_at: str | None
    burned_at: str | None


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """One signed word about everything the office holds."""

    n: int
    at: str
    root: str
    jws: str


class Office(Noun):
    """Keys are added and burned, never deleted: old signatures must stay checkable for ever."""

    def keys(self) -> list[OfficeKeyRow]:
        """All keys, oldest first."""
        return [OfficeKeyRow(*tuple(row)) for row in self._rows("SELECT * FROM office_keys ORDER BY from_at, rowid")]

    def add_key(self, row: OfficeKeyRow) -> None:
        self._run(
            "INSERT INTO office_keys VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(row.kid, row.use, row.private_wrapped, row.jwk, row.from_at, row.until_at, row.burned_at),
        )

    def burn_key(self, kid: str, at: str) -> None:
        self._run("UPDATE office_keys SET burned_at = ? WHERE kid = ?", at, kid)

    def rewrap_key(self, kid: str, private_wrapped: Sealed) -> None:
        """For `fieldapp rekey`."""
        self._run("UPDATE office_keys SET private_wrapped = ? WHERE kid = ?", private_wrapped, kid)

    def keyset(self) -> tuple[int, str] | None:
        """The newest key set: its n and JWS."""
        row = self._one("SELECT n, jws FROM keysets ORDER BY n DESC LIMIT 1")
        return None if row is None else (row["n"], row["jws"])

    def add_keyset(self, n: int, jws: str, issued_at: str) -> None:
        self._run("INSERT INTO keysets VALUES (?, ?, ?)", n, jws, issued_at)

    def checkpoint(self) -> CheckpointRow | None:
        """The newest checkpoint."""
        row = self._one("SELECT n, at, root, jws FROM checkpoints ORDER BY n DESC LIMIT 1")
        return None if row is None else CheckpointRow(*tuple(row))

    def checkpoint_at(self, n: int) -> CheckpointRow | None:
        row = self._one("SELECT n, at, root, jws FROM checkpoints WHERE n = ?", n)
        return None if row is None else CheckpointRow(*tuple(row))

    def add_checkpoint(self, row: CheckpointRow) -> None:
        self._run("INSERT INTO checkpoints VALUES (?, ?, ?, ?)", row.n, row.at, row.root, row.jws)
