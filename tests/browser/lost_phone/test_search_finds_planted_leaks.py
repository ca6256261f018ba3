"""The search is worth something only if it finds what is there: leaks planted in every wrapping."""

import base64
import gzip
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.lost_phone import find, layers, needles, sealed_by_browser, snappy
from tests.browser.lost_phone.leveldb import TABLE_MAGIC

Encode = Callable[[bytes], bytes]
WORD = "Quillfennimore"
CHAFF = bytes(range(256)) * 40


def literal(text: bytes) -> bytes:
    assert len(text) <= 256
    return bytes([60 << 2, len(text) - 1]) + text


def copy(back: int, size: int) -> bytes:
    return bytes([((size - 1) << 2) | 2]) + struct.pack("<H", back)


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def hidden_by_snappy(word: bytes) -> bytes:
    """A stream in which the word stands nowhere in one piece: its second half refers to what came before."""
    first, second = word[: len(word) // 2], word[len(word) // 2 :]
    stream = varint(len(second + b"...." + word)) + literal(second + b"...." + first)
    stream += copy(len(second + b"...." + first), len(second))
    assert word not in stream
    return stream


def block(entries: list[tuple[bytes, bytes]]) -> bytes:
    body, before = b"", b""
    for key, value in entries:
        shared = 0
        while shared < min(len(key), len(before)) and key[shared] == before[shared]:
            shared += 1
        body += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return body + struct.pack("<II", 0, 1)


def table(inner: bytes, kind: int = 0) -> bytes:
    data = inner + bytes([kind]) + bytes(4)
    index = block([(b"\xff", varint(0) + varint(len(inner)))])
    footer = varint(0) + varint(0) + varint(len(data)) + varint(len(index))
    return data + index + bytes(5) + footer.ljust(40, b"\0") + TABLE_MAGIC


def log(record: bytes) -> bytes:
    """One record cut in two by a block border."""
    pad = 32768 - 7 - 7 - 40
    cut = 33 + len(record) // 2
    whole = bytes(33) + record
    head = bytes(4) + struct.pack("<HB", pad, 1) + bytes(pad)
    first = bytes(4) + struct.pack("<HB", 40, 2) + whole[:40]
    rest = bytes(4) + struct.pack("<HB", len(whole) - 40, 4) + whole[40:]
    assert cut > 33
    return head + first + rest


def test_a_word_is_found_in_every_plain_encoding(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        (tmp_path / "leak").write_bytes(CHAFF + WORD.encode(encoding) + CHAFF)
        assert find(tmp_path, [WORD]), encoding
    (tmp_path / "leak").write_bytes(CHAFF + WORD.lower().encode("utf-16-le"))
    assert find(tmp_path, [WORD])


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("text", [WORD.encode(), WORD.encode("utf-16-le"), "Zoë–Quillfënnimóre".encode()])
def test_a_word_is_found_in_base64_at_every_alignment(tmp_path: Path, before: int, encode: Encode, text: bytes) -> None:
    (tmp_path / "leak").write_bytes(b"x=" + encode(b"\xfb\xff\xbf"[:before] + text + b"\xff and more"))
    assert find(tmp_path, [WORD, "Zoë–Quillfënnimóre"])


def test_a_word_is_found_in_a_file_name_and_a_link(tmp_path: Path) -> None:
    (tmp_path / f"{WORD}.txt").touch()
    assert [hit.file for hit in find(tmp_path, [WORD])] == [f"{WORD}.txt"]
    (tmp_path / f"{WORD}.txt").unlink()
    (tmp_path / "lock").symlink_to(f"host-{WORD}")
    assert find(tmp_path, [WORD])


def test_a_word_is_found_inside_a_compressed_leveldb_block(tmp_path: Path) -> None:
    plain = block([(b"key", b"...." + WORD.encode())])
    at = plain.index(WORD.encode()) + 5
    stream = varint(len(plain)) + literal(plain[:at] + b"") + literal(plain[at:])
    (tmp_path / "000007.ldb").write_bytes(table(stream, kind=1))
    assert WORD.encode() not in (tmp_path / "000007.ldb").read_bytes()
    assert any("value" in hit.layer for hit in find(tmp_path, [WORD]))


def test_a_word_is_found_in_keys_that_share_a_prefix(tmp_path: Path) -> None:
    (tmp_path / "000005.ldb").write_bytes(table(block([(b"Quillfell", b"1"), (WORD.encode(), b"2")])))
    assert WORD.encode() not in (tmp_path / "000005.ldb").read_bytes()
    assert any("key" in hit.layer for hit in find(tmp_path, [WORD]))


def test_a_word_is_found_when_a_log_block_border_cuts_it(tmp_path: Path) -> None:
    (tmp_path / "000003.log").write_bytes(log(WORD.encode() + b"tail"))
    assert WORD.encode() not in (tmp_path / "000003.log").read_bytes()
    assert find(tmp_path, [WORD])


def test_a_word_is_found_in_a_value_the_browser_compressed(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"\xff\x11\x02" + hidden_by_snappy(WORD.encode("utf-16-le")) + CHAFF)
    assert find(tmp_path, [WORD])


def test_a_word_is_found_in_gzip_at_any_offset(tmp_path: Path) -> None:
    (tmp_path / "cache_0").write_bytes(CHAFF + gzip.compress(b"some text " * 20 + WORD.encode()) + CHAFF)
    assert find(tmp_path, [WORD])


def test_a_word_is_found_across_two_pages_of_a_database_and_in_its_write_ahead_log(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "History")
    database.execute("PRAGMA page_size = 512")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE visits(title)")
    database.executemany("INSERT INTO visits VALUES(?)", [("x" * n + WORD,) for n in range(420, 530)])
    database.commit()
    copied = tmp_path / "copied"
    copied.mkdir()
    for name in ("History", "History-wal"):
        (copied / name).write_bytes((tmp_path / name).read_bytes())
    database.close()
    rows = [hit for hit in find(copied, [WORD]) if "› visits" in hit.layer]
    assert len(rows) == 110


def test_a_word_is_found_in_a_session_file_and_a_cookie_sealed_with_the_known_key(tmp_path: Path) -> None:
    sealed = sealed_by_browser.seal_value(b"\x06" + WORD.encode("utf-16-le"))
    torn = struct.pack("<I", 35) + b"v10"
    (tmp_path / "Session_1").write_bytes(b"SNSS" + struct.pack("<II", 5, len(sealed)) + sealed + torn)
    assert find(tmp_path, [WORD])
    (tmp_path / "Session_1").unlink()
    database = sqlite3.connect(tmp_path / "Cookies")
    database.execute("CREATE TABLE cookies(value BLOB)")
    database.execute("INSERT INTO cookies VALUES(?)", (sealed_by_browser.seal_value(WORD.encode()),))
    database.commit()
    database.close()
    assert any("unsealed" in hit.layer for hit in find(tmp_path, [WORD]))


def test_the_search_speaks_up_when_it_cannot_see(tmp_path: Path) -> None:
    (tmp_path / "Session_1").write_bytes(b"SNSS" + struct.pack("<I", 2) + CHAFF)
    with pytest.raises(layers.UnreadableError):
        find(tmp_path, [WORD])
    stranger = b"v10" + bytes(range(16))
    (tmp_path / "Session_1").write_bytes(b"SNSS" + struct.pack("<II", 5, len(stranger)) + stranger)
    with pytest.raises(layers.UnreadableError):
        find(tmp_path, [WORD])
    (tmp_path / "Session_1").unlink()
    (tmp_path / "000009.ldb").write_bytes(table(b"\x28\xb5\x2f\xfd", kind=2))
    with pytest.raises(layers.UnreadableError):
        find(tmp_path, [WORD])


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "clean").write_bytes(CHAFF)
    (tmp_path / "000003.log").write_bytes(log(b"harmless"))
    (tmp_path / "000005.ldb").write_bytes(table(block([(b"k", b"v")])))
    assert find(tmp_path, [WORD]) == []


def test_a_code_is_found_by_itself_and_not_in_longer_figures(tmp_path: Path) -> None:
    code = "246810"
    for leak in (b'"code":"246810"', b'"\x06246810o', "246810".encode("utf-16-le"), CHAFF + b"246810"):
        (tmp_path / "leak").write_bytes(leak)
        assert find(tmp_path, [code]), leak
    (tmp_path / "leak").write_bytes(b"13439246810477 a246810f" + "1246810".encode("utf-16-le"))
    assert find(tmp_path, [code]) == []


def test_a_word_too_short_to_be_a_canary_is_refused() -> None:
    with pytest.raises(ValueError, match="letters"):
        needles.of("short")


def test_broken_streams_are_refused_and_overlapping_copies_are_read() -> None:
    assert snappy.decompress(varint(9) + literal(b"ab") + copy(2, 7)) == b"ababababa"
    for broken in (
        b"",
        b"\x05",
        varint(9) + copy(4, 4),
        varint(9) + literal(b"ab"),
        varint(3) + literal(b"abcd"),
    ):
        with pytest.raises(snappy.BrokenStreamError):
            snappy.decompress(broken)
