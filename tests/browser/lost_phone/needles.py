"""Every way one word can lie in a file."""

import base64
import math
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
