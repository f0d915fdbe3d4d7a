"""Text in columns of a terminal, where a Chinese character takes two."""

from __future__ import annotations

import unicodedata


def padded(text: str, columns: int) -> str:
    """`text` with blanks to at least `columns`, at least one."""
    width = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(1, columns - width)
