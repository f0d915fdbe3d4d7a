"""What is shown of a text from outside reads as it is stored, and commands nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core import plain_text
from functions.core.imaging.film_marks import Text
from functions.core.report.lines import LONGEST_WORD, broken

TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
PLAIN = [
    *("", "张三", "Muster Max", "两肺纹理清晰，未见异常。"),
    *("Ünïcödé — 3 mm × 4 mm", "אבג", "नमस्ते", "家👨\u200d👩\u200d👧", "a\u3000b\u00a0c"),
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    """Joiners, wide blanks and letters of every script among it."""
    assert plain_text.line(text) == text == plain_text.lines(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", "a[2Jb"),
        ("a\x00b\x07c\x7fd\x9be", "abcde"),
        ("no \u202ereve\u202crsal \u2066here\u2069", "no reversal here"),
        ("one\r\ntwo\u2028three\tfour", "one two three four"),
        ("\ufeffa\ud800b", "ab"),
    ],
)
def test_commands_and_overrides_are_taken_out(text: str, shown: str) -> None:
    assert plain_text.line(text) == shown


def test_lines_stay_lines() -> None:
    assert plain_text.lines("one\r\ntwo\rthree\u2029\tfour\x1b\n") == "one\ntwo\nthree\n    four\n"


@given(st.text())
def test_no_control_character_is_left_whatever_comes(text: str) -> None:
    for made in (plain_text.line(text), plain_text.lines(text).replace("\n", "")):
        assert not [one for one in made if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")]
        assert not [
            one
            for one in made
            if unicodedata.bidirectional(one) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        ]
        assert plain_text.line(made) == made


def test_what_stands_on_film_and_report_is_plain() -> None:
    assert Text(0, 0, "Max\x1b\u202eretsuM\n", 30).text == "MaxretsuM "


def test_a_word_longer_than_any_is_broken_without_measuring_all_of_it() -> None:
    """Measuring what is left of 65,536 letters at each line took minutes."""
    measured: list[int] = []

    def width(text: str) -> float:
        measured.append(len(text))
        return len(text)

    lines = broken("A" * 65_536, 45, width)
    assert "".join(lines) == "A" * 65_536
    assert max(map(len, lines)) <= 45
    assert max(measured) <= LONGEST_WORD + 45
