"""A Sheet as a JPEG: what a phone shows and a printer prints."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

from functions.core.imaging.film import DPI
from functions.core.imaging.film_marks import BLACK, Box, Face, Picture, Sheet, Text

QUALITY = 90
_ANCHORS = {"left": "ls", "middle": "ms", "right": "rs"}


def draw(sheet: Sheet, face: Face) -> Image.Image:
    """RGB, sheet.width × sheet.height."""
    image = Image.new("RGB", (sheet.width, sheet.height), sheet.ground)
    canvas = ImageDraw.Draw(image)
    for mark in sheet.marks:
        if isinstance(mark, Picture):
            _paste(image, mark)
        elif isinstance(mark, Box):
            canvas.rectangle(
                (round(mark.x), round(mark.y), round(mark.x + mark.width) - 1, round(mark.y + mark.height) - 1), fill=mark.colour
            )
        else:
            _write(canvas, mark, face)
    return image


def jpeg(sheet: Sheet, face: Face, *, quality: int = QUALITY) -> bytes:
    """The same sheet always makes the same bytes; no metadata but the resolution."""
    buffer = io.BytesIO()
    draw(sheet, face).save(buffer, "JPEG", quality=quality, subsampling=0, optimize=True, dpi=(DPI, DPI))
    return buffer.getvalue()


def _paste(image: Image.Image, mark: Picture) -> None:
    left, top = round(mark.x), round(mark.y)
    size = (max(1, round(mark.x + mark.width) - left), max(1, round(mark.y + mark.height) - top))
    picture = Image.fromarray(np.ascontiguousarray(mark.pixels))
    picture = picture.resize(size, Image.Resampling.BICUBIC if mark.smooth else Image.Resampling.NEAREST, reducing_gap=3.0)
    image.paste(picture.convert("RGB"), (left, top))


def _write(canvas: ImageDraw.ImageDraw, mark: Text, face: Face) -> None:
    canvas.text(
        (round(mark.x), round(mark.y)),
        mark.text,
        font=face.sized(mark.size),
        fill=mark.colour,
        anchor=_ANCHORS[mark.anchor],
        stroke_width=2 if mark.outline else 0,
        stroke_fill=BLACK if mark.outline else None,
    )
