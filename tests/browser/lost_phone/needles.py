"""Every way one word can lie in a file."""

import base64
import math
import re
from collections.abc import Iterator
from functools import lru_cache

SHORTEST = 7


def _base64(raw: bytes) -> Iterator[bytes]:
    """Gives, for each of the three alignments, the characters that do not depend on the neighbours."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw)
        sure = text[math.ceil(before * 8 / 6) : (before + len(raw)) * 8 // 6]
        yield sure
        yield sure.translate(bytes.maketrans(b"+/", b"-_"))


@lru_cache
def of(word: str) -> tuple[tuple[str, bytes], ...]:
    """Returns (encoding, bytes) pairs to look for; refuses a word so short that chance would find it."""
    if len(word) < SHORTEST:
        raise ValueError(f"a canary needs at least {SHORTEST} letters")
    found: dict[bytes, str] = {}
    for text in (word, word.lower(), word.upper()):
        for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
            raw = text.encode(encoding, "ignore")
            found.setdefault(raw, encoding)
            found.setdefault(raw.hex().encode(), f"hex of {encoding}")
            found.setdefault(raw.hex().upper().encode(), f"hex of {encoding}")
            for sure in _base64(raw):
                found.setdefault(sure, f"base64 of {encoding}")
        escaped = text.encode("ascii", "backslashreplace")
        found.setdefault(escaped, "escaped")
    return tuple((encoding, raw) for raw, encoding in found.items())


def is_code(word: str) -> bool:
    """Is it a code: figures alone, as many as an authenticator shows? Fewer are found anywhere."""
    return re.fullmatch(r"\d{6,}", word) is not None


@lru_cache
def _codes(word: str) -> tuple[tuple[str, re.Pattern[bytes]], ...]:
    """Gives a code as it lies by itself: inside longer figures, or letters that may be hex, chance would find it."""
    found = []
    for encoding, after in (("utf-8", b""), ("utf-16-le", b"\0")):
        figure = b"[0-9a-fA-F]" + after
        found.append((encoding, re.compile(b"(?<!" + figure + b")" + word.encode(encoding) + b"(?!" + figure + b")")))
    return tuple(found)


def first(word: str, text: bytes) -> Iterator[tuple[str, int, int]]:
    """Yields (encoding, from, to) where a word lies first in a text, for each way in which it does."""
    if is_code(word):
        for encoding, pattern in _codes(word):
            match = pattern.search(text)
            if match:
                yield encoding, *match.span()
        return
    for encoding, needle in of(word):
        at = text.find(needle)
        if at >= 0:
            yield encoding, at, at + len(needle)


def first_bytes(key: bytes, text: bytes) -> Iterator[tuple[str, int, int]]:
    """The same of bytes that are no text: as they are, in hex, in base64."""
    ways = [("bytes", key), ("hex", key.hex().encode()), ("hex", key.hex().upper().encode())]
    for encoding, needle in [*ways, *(("base64", sure) for sure in _base64(key))]:
        at = text.find(needle)
        if at >= 0:
            yield encoding, at, at + len(needle)
