"""Sheets as a PDF: images as images, text as text that can be selected and searched, the Chinese face embedded as a subset.

The same sheets and time always make the same bytes, so that a repeated event makes the same object.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from fpdf import FPDF
from fpdf.enums import TextMode
from PIL import Image

from functions.core.imaging.film import DPI
from functions.core.imaging.film_marks import BLACK, Box, Colour, Face, Picture, Sheet, Text

POINTS_PER_PX = 72 / DPI
JPEG_QUALITY = 92
OUTLINE_PT = 0.9
FAMILY = "noto"


def pdf(sheets: Sequence[Sheet], face: Face, font: Path, *, title: str, created: datetime, language: str) -> bytes:
    """One page a sheet. created: aware; stands in the PDF as its date, so it must come from the record, not from a clock."""
    document = FPDF(unit="pt")
    document.set_auto_page_break(auto=False)
    document.set_margin(0)
    document.c_margin = 0
    document.set_creation_date(created)
    document.set_title(title)
    document.set_lang(language)
    document.set_producer("Lightbox")
    document.add_font(FAMILY, fname=font)
    for sheet in sheets:
        size = (sheet.width * POINTS_PER_PX, sheet.height * POINTS_PER_PX)
        document.add_page(format=size)
        _box(document, Box(0, 0, sheet.width, sheet.height, sheet.ground))
        for mark in sheet.marks:
            if isinstance(mark, Picture):
                _picture(document, mark)
            elif isinstance(mark, Box):
                _box(document, mark)
            else:
                _text(document, mark, face)
    return bytes(document.output())


def _box(document: FPDF, mark: Box) -> None:
    document.set_fill_color(*mark.colour)
    document.rect(
        mark.x * POINTS_PER_PX, mark.y * POINTS_PER_PX, mark.width * POINTS_PER_PX, mark.height * POINTS_PER_PX, style="F"
    )


def _picture(document: FPDF, mark: Picture) -> None:
    image = Image.fromarray(np.ascontiguousarray(mark.pixels))
    buffer = io.BytesIO()
    if mark.smooth:
        limit = (max(1, round(mark.width)), max(1, round(mark.height)))
        if image.width > limit[0]:
            image = image.resize(limit, Image.Resampling.BICUBIC, reducing_gap=3.0)
        image.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0, optimize=True)
    else:
        # Readers smooth what they enlarge; a code must keep its edges.
        factor = max(1, round(mark.width / image.width))
        image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST).save(buffer, "PNG")
    document.image(
        buffer,
        x=mark.x * POINTS_PER_PX,
        y=mark.y * POINTS_PER_PX,
        w=mark.width * POINTS_PER_PX,
        h=mark.height * POINTS_PER_PX,
    )


def _text(document: FPDF, mark: Text, face: Face) -> None:
    document.set_font(FAMILY, size=mark.size * POINTS_PER_PX)
    shift = {"left": 0.0, "middle": 0.5, "right": 1.0}[mark.anchor] * face.width(mark.text, mark.size)
    x, y = (mark.x - shift) * POINTS_PER_PX, mark.y * POINTS_PER_PX
    if mark.outline:
        _draw(document, x, y, mark.text, BLACK, TextMode.STROKE)
    _draw(document, x, y, mark.text, mark.colour, TextMode.FILL)


def _draw(document: FPDF, x: float, y: float, text: str, colour: Colour, mode: TextMode) -> None:
    with document.local_context(text_mode=mode):
        if mode is TextMode.STROKE:
            document.set_draw_color(*colour)
            document.set_line_width(OUTLINE_PT)
        else:
            document.set_text_color(*colour)
        document.text(x, y, text)
