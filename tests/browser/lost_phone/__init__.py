"""Searches what a lost phone would give away: every byte of a browser profile or of a server's folder."""

from dataclasses import dataclass
from pathlib import Path

from tests.browser.lost_phone import layers, needles


@dataclass(frozen=True)
class Hit:
    """One place where a word can be read."""

    file: str
    layer: str
    word: str
    encoding: str
    around: bytes

    def __str__(self) -> str:
        return f"{self.word} as {self.encoding} in {self.layer}: {self.around.decode()}"


def _readable(text: bytes) -> bytes:
    return bytes(byte for byte in text if 32 <= byte < 127)


def find(folder: Path, words: list[str]) -> list[Hit]:
    """Returns every hit of every word under the folder, file names included.

    Looks for UTF-8, UTF-16, hex and base64 in any alignment, in the raw files and inside LevelDB, Snappy,
    gzip, SQLite and what the browser seals with a key that everybody knows.
    """
    hits: list[Hit] = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        seen = [(name, name.encode())]
        if path.is_file() or path.is_symlink():
            seen += layers.of(path, name)
        for layer, text in seen:
            for word in words:
                for encoding, begin, end in needles.first(word, text):
                    around = _readable(text[max(0, begin - 80) : end + 80])
                    hits.append(Hit(name, layer, word, encoding, around))
    return hits
