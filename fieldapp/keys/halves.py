"""The master key in two halves on paper. One half says nothing of the key, in the strictest sense: it is 32 random bytes. Both together are the key.

A half is 45 bytes, spelled in six lines of twelve letters (`names.letters`), each with two letters of its own that show a slip of the pen:
half and whether it is a demo's [1] ‖ sheet [3] ‖ name of the key [5] ‖ share [32] ‖ check [4].
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from fieldapp.errors import FieldappError
from fieldapp.keys.master import MASTER_BYTES, Master
from fieldapp.keys.names import letters, plain, read_letters

LINES = 6
_IN_LINE, _GROUP, _LINE_CHECK = 12, 4, 2
_SHEET, _NAME, _CHECK = 3, 5, 4
_DEMO = 0x80
_PRINTED = re.compile(rf"^\s*([1-{LINES}])[.):]?\s+(\S.*)$")


class WrongLine(FieldappError):
    """A line of a half is missing or was not copied as it stands. `line` counts from 1; 0 means the half as a whole."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


class HalvesDiffer(FieldappError):
    """Two halves that do not make a key. `why`: same_half | other_sheet | other_key."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Half:
    """One half. `sheet` names the sheet, `key` the master key; both are the same on the other half."""

    n: int
    sheet: str
    key: str
    demo: bool
    share: bytes = field(repr=False)


def split(master: bytes, *, demo: bool) -> tuple[Half, Half]:
    """Splits a master key, each time anew: halves of two sheets do not go together."""
    share = secrets.token_bytes(MASTER_BYTES)
    sheet, name = letters(secrets.token_bytes(_SHEET)), Master(master).name
    return Half(1, sheet, name, demo, share), Half(2, sheet, name, demo, _xor(master, share))


def join(one: Half, other: Half) -> bytes:
    """The master key of two halves, in any order. Raises HalvesDiffer."""
    if one.n == other.n:
        raise HalvesDiffer("same_half")
    if (one.sheet, one.key, one.demo) != (other.sheet, other.key, other.demo):
        raise HalvesDiffer("other_sheet")
    master = _xor(one.share, other.share)
    if Master(master).name != one.key:
        raise HalvesDiffer("other_key")
    return master


def spell(half: Half) -> list[str]:
    """The lines of a half as they are printed, without their numbers."""
    said = bytes([half.n | (_DEMO if half.demo else 0)]) + read_letters(half.sheet) + read_letters(half.key) + half.share
    spelled = letters(said + _check(said))
    lines = [spelled[at : at + _IN_LINE] for at in range(0, len(spelled), _IN_LINE)]
    return [f"{_grouped(line)}  {_line_check(n, line)}" for n, line in enumerate(lines, 1)]


def read_line(n: int, typed: str) -> str:
    """The letters of line `n` without its check, however they were typed. Raises WrongLine."""
    found = plain(typed)
    line, check = found[:_IN_LINE], found[_IN_LINE:]
    if len(found) != _IN_LINE + _LINE_CHECK or check != _line_check(n, line):
        raise WrongLine(n)
    return line


def read_lines(lines: list[str]) -> Half:
    """The half that these lines spell, each as `read_line` gave it. Raises WrongLine."""
    try:
        raw = read_letters("".join(lines))
    except ValueError:
        raise WrongLine(0) from None
    said, check = raw[:-_CHECK], raw[-_CHECK:]
    if len(raw) != 1 + _SHEET + _NAME + MASTER_BYTES + _CHECK or check != _check(said) or said[0] & ~_DEMO not in (1, 2):
        raise WrongLine(0)
    name = letters(said[1 + _SHEET : 1 + _SHEET + _NAME])
    sheet = letters(said[1 : 1 + _SHEET])
    return Half(said[0] & ~_DEMO, sheet, f"{name[:4]}-{name[4:]}", bool(said[0] & _DEMO), said[1 + _SHEET + _NAME :])


def read_text(text: str) -> Half:
    """The half in a text, as the sheet's file has it: whatever else stands there, its lines begin with their number. Raises WrongLine."""
    found: dict[int, str] = {}
    for each in text.splitlines():
        printed = _PRINTED.match(each)
        if printed is None:
            continue
        n = int(printed[1])
        try:
            found.setdefault(n, read_line(n, printed[2]))
        except WrongLine:
            continue
    for n in range(1, LINES + 1):
        if n not in found:
            raise WrongLine(n)
    return read_lines([found[n] for n in range(1, LINES + 1)])


def _grouped(line: str) -> str:
    return " ".join(line[at : at + _GROUP] for at in range(0, len(line), _GROUP))


def _line_check(n: int, line: str) -> str:
    return letters(sha256(f"fieldapp sheet line 1\n{n}\n{line}".encode()).digest()[:2])[:_LINE_CHECK]


def _check(said: bytes) -> bytes:
    return sha256(b"fieldapp sheet 1\n" + said).digest()[:_CHECK]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
