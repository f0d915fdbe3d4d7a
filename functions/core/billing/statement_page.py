"""A statement as A4 pages, in px at 300 dpi as films and reports are; `functions/adapters/pdf.py` makes the PDF of it."""

from __future__ import annotations

from collections.abc import Sequence

from functions.core.billing.statement import StatementDocument, StatementLine
from functions.core.imaging.film import PAGE_HEIGHT, PAGE_WIDTH
from functions.core.imaging.film_marks import WHITE, Anchor, Box, Colour, Face, Mark, Sheet, Text

MARGIN = 150
RIGHT = PAGE_WIDTH - MARGIN
SIZE = 34  # 8 pt
ROW = 62
FIRST_TOP, TOP = 640, 300  # of the table on the first page and on the others
BOTTOM = PAGE_HEIGHT - 230
GAP = 20

INK: Colour = (23, 32, 43)
QUIET_INK: Colour = (90, 102, 117)
RULE: Colour = (170, 180, 190)
BAND: Colour = (243, 246, 249)

# column of words.COLUMNS → x, width, anchor; a note has a line of its own
PLACES: Sequence[tuple[int, int, int, Anchor]] = (
    (0, MARGIN, 110, "left"),
    (1, 260, 170, "left"),
    (2, 430, 330, "left"),
    (3, 760, 420, "left"),
    (4, 1180, 560, "left"),
    (5, 1740, 150, "left"),
    (6, 1890, 190, "left"),
    (7, 2080, RIGHT - 2080, "right"),
)


def lay_out(made: StatementDocument, face: Face) -> list[Sheet]:
    """As many sheets as the lines take; the sum stands below the last line."""
    sheets = [Sheet(PAGE_WIDTH, PAGE_HEIGHT, WHITE)]
    _head(sheets[0].marks, made, face)
    y = _columns(sheets[0].marks, FIRST_TOP, made, face)
    for line in made.lines:
        needed = ROW * (2 if line.note else 1)
        if y + needed > BOTTOM:
            y = _next(sheets, made, face)
        y = _line(sheets[-1].marks, y, line, face)
    if y + 2 * ROW > BOTTOM:
        y = _next(sheets, made, face)
    _foot(sheets[-1].marks, y, made)
    for number, sheet in enumerate(sheets, 1):
        text = made.words.page.format(number=number, of=len(sheets))
        sheet.marks.append(Text(PAGE_WIDTH / 2, PAGE_HEIGHT - 110, text, SIZE, QUIET_INK, "middle"))
    return sheets


def _next(sheets: list[Sheet], made: StatementDocument, face: Face) -> float:
    """A sheet that comes loose still says whose it is, and of which month."""
    sheets.append(Sheet(PAGE_WIDTH, PAGE_HEIGHT, WHITE))
    marks = sheets[-1].marks
    about = f"{made.words.title}  {made.period}"
    marks.append(Text(MARGIN, 170, face.fitted(made.hospital, SIZE, (RIGHT - MARGIN) / 2), SIZE, QUIET_INK))
    marks.append(Text(RIGHT, 170, about, SIZE, QUIET_INK, "right"))
    return _columns(marks, TOP, made, face)


def _head(marks: list[Mark], made: StatementDocument, face: Face) -> None:
    say = made.words
    marks.append(Text(PAGE_WIDTH / 2, 230, say.title, 68, INK, "middle"))
    hospital, size = face.shrunk(made.hospital, 50, 36, RIGHT - MARGIN)
    marks.append(Text(PAGE_WIDTH / 2, 320, hospital, size, INK, "middle"))
    facts = (
        (say.period, made.period),
        (say.price, f"{made.price:f}"),
        (say.cases, str(made.count)),
        (say.corrections, str(made.corrections)),
        (say.sum, f"{made.sum:,.2f}"),
        (say.made, f"{made.made_at:%Y-%m-%d %H:%M}"),
    )
    third = (RIGHT - MARGIN) / 3
    for place, (label, value) in enumerate(facts):
        x, y = MARGIN + third * (place % 3), 430 + 76 * (place // 3)
        marks.append(Text(x, y, label, 38, QUIET_INK))
        marks.append(Text(x + face.width(label, 38) + GAP, y, value, 38, INK))


def _columns(marks: list[Mark], y: float, made: StatementDocument, face: Face) -> float:
    marks.append(Box(MARGIN, y - 46, RIGHT - MARGIN, ROW + 4, BAND))
    for column, x, width, anchor in PLACES:
        _cell(marks, face, x, y, width, anchor, made.words.columns[column], QUIET_INK)
    marks.append(Box(MARGIN, y + 18, RIGHT - MARGIN, 3, INK))
    return y + ROW + 12


def _line(marks: list[Mark], y: float, line: StatementLine, face: Face) -> float:
    texts = (
        str(line.number),
        line.kind,
        f"{line.at:%Y-%m-%d %H:%M}",
        line.accession_number,
        line.item,
        line.modality,
        line.patient,
        f"{line.amount:,.2f}",
    )
    for column, x, width, anchor in PLACES:
        _cell(marks, face, x, y, width, anchor, texts[column], INK)
    if line.note:
        y += ROW
        _cell(marks, face, PLACES[1][1], y, RIGHT - PLACES[1][1], "left", line.note, QUIET_INK)
    marks.append(Box(MARGIN, y + 18, RIGHT - MARGIN, 1, RULE))
    return y + ROW


def _cell(marks: list[Mark], face: Face, x: float, y: float, width: float, anchor: Anchor, text: str, colour: Colour) -> None:
    if text:
        fitted = face.fitted(text, SIZE, width - GAP)
        marks.append(Text(x + width if anchor == "right" else x, y, fitted, SIZE, colour, anchor))


def _foot(marks: list[Mark], y: float, made: StatementDocument) -> None:
    say = made.words
    if not made.lines:
        marks.append(Text(MARGIN, y, say.none, SIZE, QUIET_INK))
        y += ROW
    marks.append(Box(MARGIN, y - 40, RIGHT - MARGIN, 3, INK))
    marks.append(Text(MARGIN, y + 20, say.total, 42, INK))
    marks.append(Text(RIGHT, y + 20, f"{made.sum:,.2f}", 42, INK, "right"))
