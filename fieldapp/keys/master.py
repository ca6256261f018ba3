"""The master key: it wraps every other key of an office, has a name that tells nothing of it, and can be replaced while the office serves."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fieldapp.errors import FieldappError
from fieldapp.keys.names import letters
from fieldapp.keys.sealed import CannotOpen, open_sealed, seal
from fieldapp.store import Sealed

MASTER_BYTES = 32
_NAME_BYTES = 5
_LOOK_AGAIN_AFTER_S = 10.0
_MOST_LOOKED_FOR = 256

Reread = Callable[[], Sequence[bytes]]
"""Reads the office's master keys anew from where they come from, the newest first."""


class KeyMissing(FieldappError):
    """The office is under a master key that this process does not have. `name` is that key's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"master key {name} is needed")
        self.name = name


class Master:
    """One master key, 32 random bytes. `name` is a hash of it in eight letters and figures: enough to tell keys apart, of no use to a thief."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != MASTER_BYTES:
            raise ValueError("the master key is 32 bytes")
        spelled = letters(derive(raw, "name")[:_NAME_BYTES])
        self.name = f"{spelled[:4]}-{spelled[4:]}"
        self.first_secrets = derive(raw, "secrets")
        """The key of secrets in offices that were founded before those had keys of their own."""
        self._wrapping = AESGCM(derive(raw, "wrapping"))

    def wrap(self, bound: bytes, raw: bytes) -> Sealed:
        """Wraps a key for the place that `bound` names."""
        return seal(self._wrapping, bound, raw)

    def unwrap(self, bound: bytes, wrapped: bytes) -> bytes:
        """The key that was wrapped for this place; CannotOpen otherwise."""
        return open_sealed(self._wrapping, bound, wrapped)

    def opens(self, bound: bytes, wrapped: bytes) -> bool:
        try:
            self.unwrap(bound, wrapped)
        except CannotOpen:
            return False
        return True


class Masters:
    """The master keys a process holds: one, or two while `fieldapp rekey` moves the office from one to the other.

    A process that serves meanwhile was started with the former alone. When it meets what that one does not open, it reads the keys
    anew from where they come from. For one and the same thing it does so at most every ten seconds: what is broken stays broken, and a
    command may be slow.
    """

    def __init__(self, keys: Sequence[bytes], reread: Reread | None = None) -> None:
        self._held = [Master(raw) for raw in keys]
        self._reread = reread
        self._looked: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def names(self) -> list[str]:
        """The names of those held, the newest first."""
        return [master.name for master in self._held]

    @property
    def newest(self) -> Master:
        return self._held[0]

    def named(self, name: str) -> Master:
        """The master key of this name. Raises KeyMissing."""
        found = self._find(name)
        if found is None and self._looked_again(name.encode()):
            found = self._find(name)
        if found is None:
            raise KeyMissing(name)
        return found

    def opening(self, bound: bytes, wrapped: bytes) -> Master:
        """The master key that wraps this. Raises CannotOpen."""
        found = self._opener(bound, wrapped)
        if found is None and self._looked_again(bytes(wrapped)):
            found = self._opener(bound, wrapped)
        if found is None:
            raise CannotOpen("wrapped by another master key, or for another place")
        return found

    def unwrap(self, bound: bytes, wrapped: bytes) -> bytes:
        """What any of them wrapped for this place. Raises CannotOpen."""
        return self.opening(bound, wrapped).unwrap(bound, wrapped)

    def _find(self, name: str) -> Master | None:
        return next((master for master in self._held if master.name == name), None)

    def _opener(self, bound: bytes, wrapped: bytes) -> Master | None:
        return next((master for master in self._held if master.opens(bound, wrapped)), None)

    def _looked_again(self, wanted: bytes) -> bool:
        """Reads the keys anew, unless that was done for the same thing just now. Keys once held are kept: a source that is set wrongly must not stop what serves."""
        if self._reread is None:
            return False
        with self._lock:
            now = time.monotonic()
            if now - self._looked.get(wanted, -_LOOK_AGAIN_AFTER_S) >= _LOOK_AGAIN_AFTER_S:
                self._looked[wanted] = now
                self._looked.move_to_end(wanted)
                if len(self._looked) > _MOST_LOOKED_FOR:
                    self._looked.popitem(last=False)
                self._take(self._reread)
            # Also where another thread looked a moment ago: it may have found what this one wants.
            return True

    def _take(self, reread: Reread) -> None:
        try:
            found = [Master(raw) for raw in reread()]
        except FieldappError:
            return  # the source says nothing now; what is held still serves
        names = {master.name for master in found}
        self._held = [*found, *(master for master in self._held if master.name not in names)]


def derive(raw: bytes, use: str) -> bytes:
    """A key for one use from another."""
    return HKDF(hashes.SHA256(), 32, None, f"fieldapp server 1\n{use}".encode()).derive(raw)


def casefile_place(casefile: str) -> bytes:
    """What binds a casefile's key to its casefile."""
    return f"fieldapp casefile 1\n{casefile}".encode()


def office_place(use: str, kid: str) -> bytes:
    """What binds a private half to its use and public half."""
    return f"fieldapp office key 1\n{use}\n{kid}".encode()


def secret_place(n: int) -> bytes:
    """What binds a key of secrets to its number."""
    return f"fieldapp secret key 1\n{n}".encode()
