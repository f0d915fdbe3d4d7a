"""Lines of Chinese and Latin text: nothing lost, nothing too wide, marks where they may stand."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.report.lines import NOT_FIRST, NOT_LAST, broken


def cells(text: str) -> int:
    """A terminal's measure: a Chinese character is two wide."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("双肺纹理清晰，未见异常。", ["双肺纹理", "清晰，未", "见异常。"]),
        ("见结节（6 mm）。", ["见结节（6", "mm）。"]),
        ("a\n\nb", ["a", "", "b"]),
        ("", [""]),
        ("CT 增强", ["CT 增强"]),
        ("low-dose CT", ["low-dose", "CT"]),
        ("abcdefghijklm", ["abcdefgh", "ijklm"]),
    ],
)
def test_lines_break_where_readers_expect_it(text, lines):
    assert broken(text, 9 if "（" in text else 8, cells) == lines


@given(st.text(st.sampled_from("肺未见异常CT12 ，。（）、\n-a"), max_size=80), st.integers(6, 20))
def test_nothing_is_lost_and_no_line_is_too_wide(text, room):
    lines = broken(text, room, cells)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert len(lines) >= text.count("\n") + 1
    assert all(cells(line) <= room for line in lines)


def test_no_line_begins_with_a_stop_or_ends_with_an_opening_mark():
    text = "双肺纹理清晰，走行自然。（右肺上叶）见结节；余未见。" * 6
    for room in range(10, 40):
        lines = broken(text, room, cells)
        assert not any(line[0] in NOT_FIRST for line in lines if line)
        assert not any(line[-1] in NOT_LAST for line in lines if line)
