"""What a device calls a body part is a word of the standard's, or nothing [SHR-03]."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from functions.core.imaging.body_parts import WORDS, code_word

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("CHEST", "CHEST"),
        ("C-Spine ", "CSPINE"),
        ("WHOLE_BODY", "WHOLEBODY"),
        ("ZHANG SANFENG", ""),
        ("CHEST ZHANG", ""),
        ("张三胸部", ""),
        ("", ""),
    ],
)
@pytest.mark.req("SHR-03")
def test_free_text_is_no_body_part(typed: str, word: str) -> None:
    assert code_word(typed) == word


def test_whatever_the_pages_have_a_name_for_is_let_through() -> None:
    names = re.search(r"\n    part: \{(.*?)\}", (ROOT / "web/src/text/zh-CN.ts").read_text(), re.DOTALL)
    assert names is not None
    named = set(re.findall(r"^\s+([A-Z]+):", names[1], re.MULTILINE))
    assert len(named) > 20
    assert named <= WORDS
