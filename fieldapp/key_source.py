"""Where the master key comes from: a file, the environment or a command. And the refusal of one that is missing, weak or open to others."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from fieldapp.errors import CannotStart
from fieldapp.whole_file import make_file, make_folder, replace_file

KEY_BYTES = 32
FILE, VARIABLE, COMMAND = "FIELDAPP_KEY_FILE", "FIELDAPP_KEY", "FIELDAPP_KEY_COMMAND"
_USUAL_FILE = "var/fieldapp.key"
_LABEL, _DEMO_LABEL = "fieldapp-key-1", "fieldapp-demo-key-1"
_FEWEST_DIFFERENT_BYTES = 16  # 32 random bytes have fewer about once in 10**16 keys; typed-in keys nearly always do
_COMMAND_MAY_TAKE_S = 30


@dataclass(frozen=True, slots=True)
class HeldKeys:
    """The keys a source gives, the newest first. A second one is there only while `fieldapp rekey` moves an office from it to the first."""

    keys: tuple[bytes, ...] = field(repr=False)
    demo: bool


@dataclass(frozen=True, slots=True)
class KeySource:
    """One place a key comes from. `place` is the path, the variable's name or the command, which may hold a password."""

    kind: Literal["file", "variable", "command"]
    place: str = field(repr=False)
    _given: str = field(default="", repr=False)

    @property
    def told(self) -> str:
        """The source in the words of a sentence. A command is never quoted: it may hold a password."""
        if self.kind == "file":
            return f"the key file {self.place}"
        return VARIABLE if self.kind == "variable" else f"the command in {COMMAND}"

    @property
    def path(self) -> Path | None:
        """The key file, None when the key comes from elsewhere."""
        return Path(self.place) if self.kind == "file" else None

    def read(self) -> HeldKeys:
        """Reads the keys now. Raises CannotStart with the sentence that names the remedy."""
        if self.kind == "file":
            return _read_file(Path(self.place))
        if self.kind == "variable":
            return read_text(self._given, VARIABLE, f"give {VARIABLE} what `fieldapp key new` prints")
        return read_text(_output_of(self.place), self.told, f"let the command in {COMMAND} print what `fieldapp key new` printed")


def source_of(environ: Mapping[str, str] = os.environ) -> KeySource:
    """Says where the key comes from, whether or not it is there. Raises CannotStart when two places are named."""
    named = [name for name in (FILE, VARIABLE, COMMAND) if environ.get(name)]
    if len(named) > 1:
        raise CannotStart(f"{' and '.join(named)} are both set, and only one may say where the key comes from: unset the others.")
    if named == [VARIABLE]:
        return KeySource("variable", VARIABLE, environ[VARIABLE])
    if named == [COMMAND]:
        return KeySource("command", environ[COMMAND])
    return KeySource("file", environ.get(FILE) or _USUAL_FILE)


def key_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Says where the key file lies, whether or not it is there yet."""
    return Path(environ.get(FILE) or _USUAL_FILE)


def read_key(path: Path) -> tuple[bytes, bool]:
    """Reads the newest key of a key file and says whether it is a demo's. Raises CannotStart."""
    held = _read_file(path)
    return held.keys[0], held.demo


def new_key_text(*, demo: bool = False) -> str:
    """One line with a new random key, as a key file holds it."""
    return key_text([secrets.token_bytes(KEY_BYTES)], demo=demo)


def key_text(keys: list[bytes], *, demo: bool) -> str:
    """The lines of a key file."""
    label = _DEMO_LABEL if demo else _LABEL
    return "".join(f"{label} {base64.urlsafe_b64encode(key).decode()}\n" for key in keys)


def make_key(path: Path, *, demo: bool = False) -> None:
    """Writes a new random key file that only its owner can read. Raises FileExistsError rather than replace one."""
    make_folder(path.parent)
    write_key(path, new_key_text(demo=demo))


def write_key(path: Path, text: str) -> None:
    """Writes a key file that only its owner can read, whole or not at all. Raises FileExistsError rather than replace one."""
    make_file(path, text.encode())


def replace_key(path: Path, text: str) -> None:
    """Puts another text in the place of a key file in one step: at no moment is there half of one."""
    replace_file(path, text.encode())


def read_text(text: str, told: str, remedy: str) -> HeldKeys:
    """Reads the lines of a key. `told` names the source, `remedy` what to do about one that gives none. Raises CannotStart; no sentence quotes a key."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if not lines:
        raise CannotStart(f"There is no key in {told}: {remedy}.")
    labels = {words[0] for words in lines}
    if any(len(words) != 2 for words in lines) or len(labels) != 1 or not labels <= {_LABEL, _DEMO_LABEL} or len(lines) > 2:
        raise CannotStart(f"What {told} holds is not a fieldapp key: {remedy}.")
    keys = [_decoded(words[1]) for words in lines]
    if any(len(key) != KEY_BYTES or len(set(key)) < _FEWEST_DIFFERENT_BYTES for key in keys) or len(set(keys)) < len(keys):
        raise CannotStart(f"The key in {told} is weak (it must be {KEY_BYTES} random bytes): {remedy}.")
    return HeldKeys(tuple(keys), labels == {_DEMO_LABEL})


def _read_file(path: Path) -> HeldKeys:
    try:
        text = path.read_text("ascii")
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise CannotStart(
            f"There is no key file at {path}: set {FILE} to where it lies; if it is lost, `fieldapp key restore` makes it again from the two "
            "halves of its sheet; for a new office run `fieldapp init`."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"The key file {path} cannot be read ({type(error).__name__}): check {FILE}.") from error
    held = read_text(
        text, str(path), f"run `fieldapp init` with another {FILE} to make a strong one, or set {FILE} to the right file"
    )
    if mode & 0o077:
        raise CannotStart(f"The key file {path} can be read by other accounts: run `chmod 600 {path}`.")
    return held


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""


def _output_of(command: str) -> str:
    try:
        # No shell: what the setting says is one program with its arguments, and nothing in it is expanded.
        done = subprocess.run(
            shlex.split(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=_COMMAND_MAY_TAKE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise CannotStart(
            f"The command in {COMMAND} gave no key within {_COMMAND_MAY_TAKE_S} seconds: run it by hand to see what it waits for."
        ) from None
    except (OSError, ValueError) as error:
        raise CannotStart(f"The command in {COMMAND} cannot be run ({type(error).__name__}): check how it is written.") from None
    if done.returncode != 0:
        raise CannotStart(f"The command in {COMMAND} ended with {done.returncode} and gave no key: run it by hand to see why.")
    return done.stdout.decode("ascii", "replace")
