"""The office's own keys (private halves wrapped), which master key wraps them, the key sets it issued and its checkpoints."""

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
class MasterRow:
    """One master key, by its name. `settled_at`: since when nothing of the office needs the one before; None while keys move."""

    n: int
    name: str
    from_at: str
    settled_at: str | None


@dataclass(frozen=True, slots=True)
class SecretKeyRow:
    """One key of what belongs to no casefile (second factors, reasons in the audit). The newest seals, all open."""

    n: int
    key_wrapped: Sealed
    from_at: str


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
        """Marks a key burned and destroys its private half. The public half stays: what it signed can be checked for ever."""
        self._run("UPDATE office_keys SET burned_at = ?, private_wrapped = x'' WHERE kid = ?", at, kid)

    def follow_key(self, use: str, at: str) -> None:
        """Notes that the keys of one use have a successor from now on."""
        self._run("UPDATE office_keys SET until_at = ? WHERE use = ? AND until_at IS NULL", at, use)

    def rewrap_key(self, kid: str, private_wrapped: Sealed) -> None:
        """For `fieldapp rekey`."""
        self._run("UPDATE office_keys SET private_wrapped = ? WHERE kid = ?", private_wrapped, kid)

    def masters(self) -> list[MasterRow]:
        """The master keys this office was ever under, oldest first; none before an office was opened by a release that knew their names."""
        return [MasterRow(*tuple(row)) for row in self._rows("SELECT n, name, from_at, settled_at FROM master_keys ORDER BY n")]

    def master(self) -> MasterRow | None:
        """The newest of them."""
        row = self._one("SELECT n, name, from_at, settled_at FROM master_keys WHERE n = (SELECT max(n) FROM master_keys)")
        return None if row is None else MasterRow(*tuple(row))

    def begin_master(self, name: str, from_at: str, settled_at: str | None) -> None:
        """From now on what is new is wrapped by this master key."""
        self._run("INSERT INTO master_keys (name, from_at, settled_at) VALUES (?, ?, ?)", name, from_at, settled_at)

    def settle_master(self, n: int, at: str) -> None:
        """Notes that everything is wrapped by this master key."""
        self._run("UPDATE master_keys SET settled_at = ? WHERE n = ?", at, n)

    def secret_keys(self) -> list[SecretKeyRow]:
        """The keys of secrets, oldest first."""
        return [SecretKeyRow(*tuple(row)) for row in self._rows("SELECT n, key_wrapped, from_at FROM secret_keys ORDER BY n")]

    def add_secret_key(self, row: SecretKeyRow) -> None:
        self._run("INSERT INTO secret_keys VALUES (?, ?, ?)", row.n, row.key_wrapped, row.from_at)

    def rewrap_secret_key(self, n: int, key_wrapped: Sealed) -> None:
        """For `fieldapp rekey`."""
        self._run("UPDATE secret_keys SET key_wrapped = ? WHERE n = ?", key_wrapped, n)

    def count_keysets(self) -> int:
        """How many key sets were ever issued."""
        return int(self._value("SELECT count(*) FROM keysets"))

    def keyset(self) -> tuple[int, str] | None:
        """The newest key set: its n and JWS."""
        row = self._one("SELECT n, jws FROM keysets ORDER BY n DESC LIMIT 1")
        return None if row is None else (row["n"], row["jws"])

    def keysets(self) -> list[tuple[int, str]]:
        """Every key set, oldest first: its n and JWS."""
        return [(row["n"], row["jws"]) for row in self._rows("SELECT n, jws FROM keysets ORDER BY n")]

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
