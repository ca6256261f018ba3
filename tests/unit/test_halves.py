"""Two halves make the key, one says nothing, and a slip of the pen is named by its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.keys import Master, halves, letters, read_letters
from fieldapp.keys.halves import HalvesDiffer, WrongLine, join, read_line, read_text, spell, split

MASTER = bytes(range(100, 132))


def printed(half: halves.Half) -> str:
    return "\n".join(
        ["A sheet. 3 words, 1 half.", *(f"   {n}   {line}" for n, line in enumerate(spell(half), 1)), "", "7 days a week"]
    )


@given(master=st.binary(min_size=32, max_size=32), demo=st.booleans())
def test_law_halves_that_were_printed_and_read_again_make_the_key(master: bytes, demo: bool) -> None:
    one, other = (read_text(printed(half)) for half in split(master, demo=demo))
    assert join(one, other) == join(other, one) == master
    assert one.demo == other.demo == demo
    assert one.key == Master(master).name


@given(data=st.binary(max_size=60))
def test_law_letters_are_read_as_they_were_spelled(data: bytes) -> None:
    assert read_letters(letters(data)) == data
    assert not set(letters(data)) & set("ILOU")


def test_half_is_random_whatever_the_key() -> None:
    shares = [half.share for _ in range(50) for half in split(MASTER, demo=False)]
    assert len(set(shares)) == len(shares)
    assert MASTER not in shares
    # Each bit of a share is set about as often as not, the same in both halves.
    for n in (0, 1):
        ones = sum(int.from_bytes(share).bit_count() for share in shares[n::2])
        assert 0.45 < ones / (50 * 256) < 0.55


def test_line_is_read_however_it_was_typed() -> None:
    for n, line in enumerate(spell(split(MASTER, demo=False)[0]), 1):
        plain = line.replace(" ", "")
        assert read_line(n, line.lower().replace("0", "o").replace("1", "l")) == plain[:12]
        assert read_line(n, f"{plain[:3]}-{plain[3:9]} {plain[9:]}\n") == plain[:12]


def is_noticed(n: int, typed: str) -> bool:
    try:
        read_line(n, typed)
    except WrongLine as error:
        return error.line == n
    return False


def test_nearly_every_slip_in_a_line_is_noticed() -> None:
    line = spell(split(MASTER, demo=False)[0])[0].replace(" ", "")
    slips = [
        line[:at] + other + line[at + 1 :]
        for at in range(len(line))
        for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ!"
        if other != line[at]
    ]
    assert sum(not is_noticed(1, typed) for typed in slips) <= len(slips) // 50
    assert all(is_noticed(1, typed) for typed in ("", line[:-1], line + "0", "no line at all"))
    assert is_noticed(2, line), "a line in the place of another"


def test_missing_line_is_named() -> None:
    text = printed(split(MASTER, demo=False)[0]).splitlines()
    with pytest.raises(WrongLine) as missing:
        read_text("\n".join(line for line in text if not line.startswith("   4 ")))
    assert missing.value.line == 4


def test_lines_of_two_halves_do_not_belong_together() -> None:
    one, other = ([read_line(n, line) for n, line in enumerate(spell(half), 1)] for half in split(MASTER, demo=False))
    with pytest.raises(WrongLine) as mixed:
        halves.read_lines([*one[:3], *other[3:]])
    assert mixed.value.line == 0


def test_halves_that_do_not_go_together_are_refused() -> None:
    one, other = split(MASTER, demo=False)
    again = split(MASTER, demo=False)[1]
    for pair, why in (((one, one), "same_half"), ((one, again), "other_sheet")):
        with pytest.raises(HalvesDiffer) as refused:
            join(*pair)
        assert refused.value.why == why
    forged = halves.Half(2, one.sheet, one.key, False, bytes(32))
    with pytest.raises(HalvesDiffer) as refused:
        join(one, forged)
    assert refused.value.why == "other_key"
    assert other.n == 2
