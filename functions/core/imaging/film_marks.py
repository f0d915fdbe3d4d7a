"""What a page is drawn from: images, texts and rectangles at places in px, the same for the picture and for the PDF."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from functions.core import plain_text

Anchor = Literal["left", "middle", "right"]
Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
ELLIPSIS = "…"


@dataclass(frozen=True)
class Picture:
    """pixels: uint8 grey or RGB, stretched over x, y, width, height."""

    x: float
    y: float
    width: float
    height: float
    pixels: NDArray[np.uint8]
    smooth: bool = True


@dataclass(frozen=True)
class Text:
    """One line; x at its anchor, y on its baseline, size in px. outline: drawn with a black edge, to be read on white too.

    Whatever stands on paper is plain text: names and reports come from outside.
    """

    x: float
    y: float
    text: str
    size: int
    colour: Colour = WHITE
    anchor: Anchor = "left"
    outline: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", plain_text.line(self.text))


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    colour: Colour


Mark = Picture | Text | Box


@dataclass(frozen=True)
class Sheet:
    """One page's marks, drawn in order over the ground. Sizes in px."""

    width: int
    height: int
    ground: Colour
    marks: list[Mark] = field(default_factory=list)


class Face:
    """A type face, given as the bytes of its TrueType file, and what it measures."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._sized = lru_cache(maxsize=32)(self._load)
        self._width = lru_cache(maxsize=4096)(self._measure)

    def _load(self, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(io.BytesIO(self.data), size)

    def _measure(self, text: str, size: int) -> float:
        return float(self._sized(size).getlength(plain_text.line(text)))

    def sized(self, size: int) -> ImageFont.FreeTypeFont:
        return self._sized(size)

    def width(self, text: str, size: int) -> float:
        """px that the text takes at this size."""
        return self._width(text, size)

    def fitted(self, text: str, size: int, room: float) -> str:
        """The text, or as much of it as fits in `room` px with an ellipsis."""
        if self.width(text, size) <= room:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(text[:middle].rstrip() + ELLIPSIS, size) <= room:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + ELLIPSIS if low else ""

    def shrunk(self, text: str, size: int, smallest: int, room: float) -> tuple[str, int]:
        """The text at the largest size from `size` down to `smallest` at which it fits, cut only at the smallest."""
        size = next((one for one in range(size, smallest, -2) if self.width(text, one) <= room), smallest)
        return self.fitted(text, size, room), size
