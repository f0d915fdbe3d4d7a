"""One film page, laid out: header panel, grid of images, corner texts, scale bars, orientation letters.

Everything is in px of an A4 page at 300 dpi. The result is a Sheet; `film_picture` makes a JPEG of it and render makes the PDF.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from functions.core.imaging.film import PAGE_HEIGHT, PAGE_WIDTH, FilmFrame, FilmHeader, FilmSeries, Page
from functions.core.imaging.film_header import HEADER_BOTTOM, draw_footer, draw_header
from functions.core.imaging.film_marks import BLACK, Box, Colour, Face, Mark, Picture, Sheet, Text
from functions.core.imaging.film_words import words

MARGIN = 40
GRID_TOP = HEADER_BOTTOM + 24
GRID_BOTTOM = PAGE_HEIGHT - 84
GRID_WIDTH = PAGE_WIDTH - 2 * MARGIN
GRID_HEIGHT = GRID_BOTTOM - GRID_TOP
GAP = 8
LINES_BESIDE_BAR = 2  # of a corner's text: the scale bar and its label are so high

CORNER_TEXT: Colour = (222, 228, 234)
LETTER: Colour = (255, 214, 102)
BAR: Colour = (255, 255, 255)


@dataclass(frozen=True)
class Tile:
    """Where one image goes: its cell, and the image in it. px."""

    x: float
    y: float
    width: float
    height: float
    image_x: float
    image_y: float
    image_width: float
    image_height: float


def lay_out(
    page: Page,
    frames: Sequence[tuple[FilmSeries, FilmFrame]],
    header: FilmHeader,
    face: Face,
    *,
    number: int,
    of: int,
) -> Sheet:
    """frames: one for each cell of the page, in their order. number, of: page numbers from 1."""
    sheet = Sheet(PAGE_WIDTH, PAGE_HEIGHT, BLACK)
    draw_header(sheet.marks, header, face)
    for place, (series, frame) in enumerate(frames):
        tile = tile_of(page, place, frame.aspect)
        sheet.marks.append(Picture(tile.image_x, tile.image_y, tile.image_width, tile.image_height, frame.pixels))
        _letters(sheet.marks, tile, frame, face)
        _corners(sheet.marks, tile, series, frame, header, face)
        _scale_bar(sheet.marks, tile, frame, header.language, face)
    draw_footer(sheet.marks, header, face, number=number, of=of)
    return sheet


def tile_of(page: Page, place: int, aspect: float) -> Tile:
    """The cell of that place, and the largest image of that aspect in its middle."""
    width = (GRID_WIDTH - GAP * (page.columns - 1)) / page.columns
    height = (GRID_HEIGHT - GAP * (page.rows - 1)) / page.rows
    x = MARGIN + (place % page.columns) * (width + GAP)
    y = GRID_TOP + (place // page.columns) * (height + GAP)
    image_width = min(width, height * aspect)
    image_height = image_width / aspect
    return Tile(x, y, width, height, x + (width - image_width) / 2, y + (height - image_height) / 2, image_width, image_height)


def text_size(tile: Tile) -> int:
    """px; 21 (1.8 mm) on a page of 20 up to 34 (2.9 mm) on a single image."""
    return max(18, min(34, round(tile.width * 0.036)))


# -- what stands on an image ----------------------------------------------------------------------------------------------------


def _corners(marks: list[Mark], tile: Tile, series: FilmSeries, frame: FilmFrame, header: FilmHeader, face: Face) -> None:
    say = words(header.language)
    person = " ".join(part for part in (header.name, header.sex, header.age) if part)
    place_in_series = " ".join(
        part for part in (f"Se {series.number}" if series.number is not None else "", _image_number(frame, series)) if part
    )
    top_left = [person, header.patient_id]
    top_right = [header.hospital, header.study_date[:10]]
    bottom_left = [series.description, place_in_series, _position(frame, say.position)]
    bottom_right = [_window(frame), _thickness(frame, say.thickness)]
    size, pad = text_size(tile), round(tile.width * 0.012) + 4
    half = tile.width * 0.5 - 2 * pad
    beside_bar = tile.width * 0.365 - 2 * pad  # the scale bar takes at most the middle quarter
    line = round(size * 1.32)

    def put(lines: list[str], *, right: bool, bottom: bool) -> None:
        wanted = [text for text in lines if text]
        low = len(wanted) - LINES_BESIDE_BAR if bottom and frame.spacing_mm is not None else len(wanted)
        shown = [face.fitted(text, size, half if row < low else beside_bar) for row, text in enumerate(wanted)]
        for row, text in enumerate(shown):
            y = (
                tile.y + tile.height - pad - line * (len(shown) - 1 - row) - size * 0.2
                if bottom
                else tile.y + pad + size + line * row
            )
            x = tile.x + tile.width - pad if right else tile.x + pad
            marks.append(Text(x, y, text, size, CORNER_TEXT, "right" if right else "left", outline=True))

    put(top_left, right=False, bottom=False)
    put(top_right, right=True, bottom=False)
    put(bottom_left, right=False, bottom=True)
    put(bottom_right, right=True, bottom=True)


def _letters(marks: list[Mark], tile: Tile, frame: FilmFrame, face: Face) -> None:
    left, top, right, bottom = frame.edges
    size = text_size(tile) + 4
    pad = round(tile.width * 0.012) + 4
    middle_x, middle_y = tile.x + tile.width / 2, tile.y + tile.height / 2 + size * 0.36
    # beside an image that is narrower than its cell, else on its edge
    left_x = max(tile.x + pad, tile.image_x - pad - face.width(left, size))
    right_x = min(tile.x + tile.width - pad, tile.image_x + tile.image_width + pad + face.width(right, size))
    if left:
        marks.append(Text(left_x, middle_y, left, size, LETTER, "left", outline=True))
    if right:
        marks.append(Text(right_x, middle_y, right, size, LETTER, "right", outline=True))
    if top:
        marks.append(Text(middle_x, tile.y + pad + size, top, size, LETTER, "middle", outline=True))
    if bottom:
        above_bar = 0 if frame.spacing_mm is None else text_size(tile) * 1.9
        marks.append(Text(middle_x, tile.y + tile.height - pad - above_bar, bottom, size, LETTER, "middle", outline=True))


def _scale_bar(marks: list[Mark], tile: Tile, frame: FilmFrame, language: str, face: Face) -> None:
    if frame.spacing_mm is None:
        return
    px_per_mm = tile.image_width / (frame.pixels.shape[1] * frame.spacing_mm[1])
    length_mm = bar_length_mm(tile.width / px_per_mm)
    length = length_mm * px_per_mm
    size, pad = round(text_size(tile) * 0.9), round(tile.width * 0.012) + 4
    thick = max(3, round(size * 0.16))
    x, y = tile.x + (tile.width - length) / 2, tile.y + tile.height - pad - thick
    tick = thick * 3
    for edge, colour in ((2, BLACK), (0, BAR)):
        marks.append(Box(x - edge, y - edge, length + 2 * edge, thick + 2 * edge, colour))
        for end in (x, x + length - thick):
            marks.append(Box(end - edge, y - tick - edge, thick + 2 * edge, tick + 2 * edge, colour))
    say = words(language)
    label = f"{length_mm / 10:g} cm" if length_mm >= 10 else f"{length_mm:g} mm"
    if frame.detector:
        label = f"{label} {say.at_detector}"
    marks.append(Text(tile.x + tile.width / 2, y - thick * 1.5 - 2, label, size, CORNER_TEXT, "middle", outline=True))


def bar_length_mm(shown_mm: float) -> float:
    """1, 2 or 5 × a power of ten mm, the longest that fits in a quarter of what is shown across."""
    limit = shown_mm / 4
    power = 10.0 ** math.floor(math.log10(limit))
    return max(step * power for step in (1, 2, 5) if step * power <= limit)


# -- texts --------------------------------------------------------------------------------------------------------------


def _image_number(frame: FilmFrame, series: FilmSeries) -> str:
    return f"Im {frame.number}/{series.frames}" if frame.number is not None else ""


def _position(frame: FilmFrame, word: str) -> str:
    return f"{word} {frame.position_mm:.1f} mm" if frame.position_mm is not None else ""


def _thickness(frame: FilmFrame, word: str) -> str:
    return f"{word} {frame.thickness_mm:g} mm" if frame.thickness_mm is not None else ""


def _window(frame: FilmFrame) -> str:
    if frame.window is None:
        return ""
    center, width = frame.window
    return f"W {width:.0f} L {center:.0f}"
