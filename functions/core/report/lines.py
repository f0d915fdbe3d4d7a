"""Breaking text into lines, Chinese and Latin mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from functions.core import plain_text

# Marks that may not begin or end a line (after GB/T 15834-2011, 5.1).
NOT_FIRST = frozenset("，。、；：？！）》】」』”’％%…—·,.;:?!)]}°℃")
NOT_LAST = frozenset("（《【「『“‘([{")
LONGEST_WORD = 200  # characters; no word is longer, and measuring one of 65,536 again and again would take minutes


def broken(text: str, room: float, width: Callable[[str], float]) -> list[str]:
    """The text's lines, each at most `room` wide; an empty line stays one. width: of a text, in the unit of `room`.

    Latin words and numbers stay whole unless one alone is wider than a line.
    """
    paragraphs = plain_text.lines(text).split("\n")
    return [line for paragraph in paragraphs for line in _paragraph(paragraph.rstrip(), room, width)]


def _paragraph(text: str, room: float, width: Callable[[str], float]) -> Iterator[str]:
    line = ""
    for word in _words(text):
        if line and width(line + word.rstrip()) > room:
            yield line.rstrip()
            line = ""
            word = word.lstrip()
        while width(word.rstrip()) > room and len(word) > 1:
            cut = _longest(word, room, width)
            yield word[:cut]
            word = word[cut:]
        line += word
    yield line.rstrip()


def _words(text: str) -> Iterator[str]:
    """Pieces that stay together: a Latin word, or a character with the marks that cling to it, of at most `LONGEST_WORD`."""
    piece = ""
    for character in text:
        if piece and (_may_break(piece[-1], character) or len(piece) == LONGEST_WORD):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after in NOT_FIRST or before in NOT_LAST:
        return False
    if before.isspace():
        return not after.isspace()
    if after.isspace():
        return False
    return not (_is_latin(before) and _is_latin(after))


def _is_latin(character: str) -> bool:
    return ord(character) < 0x2E80


def _longest(word: str, room: float, width: Callable[[str], float]) -> int:
    return next(cut for cut in range(len(word) - 1, 0, -1) if cut == 1 or width(word[:cut]) <= room)
