"""The panel at the head of a film page: hospital, person, exam; the QR of the exam's link with the code beside it."""

from __future__ import annotations

import numpy as np

from functions.core.imaging.film import PAGE_HEIGHT, PAGE_WIDTH, FilmHeader, Shortage
from functions.core.imaging.film_marks import BLACK, WHITE, Box, Colour, Face, Mark, Picture, Text
from functions.core.imaging.film_words import shortage_text, words
from functions.core.imaging.qr import matrix

MARGIN = 40
HEADER_BOTTOM = 344
QR_SIZE = 268
QUIET = 4  # modules of white around the code (ISO/IEC 18004)

TITLE: Colour = (255, 255, 255)
LABEL: Colour = (148, 160, 172)
VALUE: Colour = (240, 243, 246)
LINE: Colour = (58, 66, 76)
WARNING: Colour = (255, 196, 61)
WARNING_SIZE = 44
WARNING_PAD = 18


def draw_header(marks: list[Mark], header: FilmHeader, face: Face) -> None:
    say = words(header.language)
    right: float = PAGE_WIDTH - MARGIN
    if header.link is not None:
        right = _draw_qr(marks, header, face) - 48
    hospital, size = face.shrunk(header.hospital, 60, 32, right - MARGIN)
    marks.append(Text(MARGIN, 104, hospital, size, TITLE))
    person = "  ".join(part for part in (header.name, header.sex, header.age) if part)
    room = right - MARGIN
    if header.shortage is not None:
        room = _draw_shortage(marks, header.shortage, header.language, face, right) - 40 - MARGIN
    person, size = face.shrunk(person, 46, 30, room)
    marks.append(Text(MARGIN, 188, person, size, VALUE))
    pairs = [
        (say.patient_id, header.patient_id, say.accession, header.accession_number),
        (say.item, header.item, say.studied, header.study_date),
    ]
    second = MARGIN + (right - MARGIN) * 0.52
    for row, (label, value, label2, value2) in enumerate(pairs):
        y = 256 + row * 56
        _pair(marks, face, MARGIN, y, label, value, second - 24)
        _pair(marks, face, second, y, label2, value2, right)
    marks.append(Box(MARGIN, HEADER_BOTTOM, PAGE_WIDTH - 2 * MARGIN, 2, LINE))


def draw_footer(marks: list[Mark], header: FilmHeader, face: Face, *, number: int, of: int) -> None:
    say = words(header.language)
    y, size = PAGE_HEIGHT - 32, 26
    marks.append(Text(MARGIN, y, say.caution, size, LABEL))
    marks.append(Text(PAGE_WIDTH - MARGIN, y, f"{say.product}   {say.page.format(number=number, of=of)}", size, LABEL, "right"))


def _draw_shortage(marks: list[Mark], shortage: Shortage, language: str, face: Face, right: float) -> float:
    """Black on yellow at the right end of the person's line: a part must not pass for the whole. Returns where it begins."""
    text = shortage_text(shortage.received, shortage.declared, language)
    width = face.width(text, WARNING_SIZE) + 2 * WARNING_PAD
    marks.append(Box(right - width, 188 - WARNING_SIZE - 2, width, WARNING_SIZE + 20, WARNING))
    marks.append(Text(right - WARNING_PAD, 188, text, WARNING_SIZE, BLACK, "right"))
    return right - width


def _pair(marks: list[Mark], face: Face, x: float, y: float, label: str, value: str, end: float) -> None:
    if not value:
        return
    marks.append(Text(x, y, label, 32, LABEL))
    start = x + face.width(label, 32) + 20
    marks.append(Text(start, y, face.fitted(value, 34, end - start), 34, VALUE))


def _draw_qr(marks: list[Mark], header: FilmHeader, face: Face) -> float:
    """Draws QR and code at the right end; returns the x where they begin."""
    say = words(header.language)
    left = PAGE_WIDTH - MARGIN - QR_SIZE
    modules = matrix(header.link or "")
    pixels = np.where(np.pad(modules, QUIET), 0, 255).astype(np.uint8)
    marks.append(Picture(left, MARGIN + 8, QR_SIZE, QR_SIZE, pixels, smooth=False))
    text_right = left - 32
    marks.append(Text(text_right, 210, say.scan, 30, LABEL, "right"))
    begin = text_right - face.width(say.scan, 30)
    if header.code:
        spaced = f"{header.code[:3]} {header.code[3:]}"
        marks.append(Text(text_right, 296, spaced, 60, WHITE, "right"))
        label_right = text_right - face.width(spaced, 60) - 20
        marks.append(Text(label_right, 296, say.code, 30, LABEL, "right"))
        begin = min(begin, label_right - face.width(say.code, 30))
    return begin
