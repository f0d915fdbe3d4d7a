"""A report as A4 pages: the hospital's name, whose report it is, findings, impression, who signed it, and the QR of the exam.

Everything is in px of an A4 page at 300 dpi, as films are; render makes the PDF of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.core.imaging.film import PAGE_HEIGHT, PAGE_WIDTH
from functions.core.imaging.film_marks import WHITE, Box, Colour, Face, Mark, Picture, Sheet, Text
from functions.core.imaging.film_words import words
from functions.core.imaging.qr import matrix
from functions.core.report.lines import broken
from functions.core.report.words import report_words

MARGIN = 190
RIGHT = PAGE_WIDTH - MARGIN
BODY_SIZE = 46  # 11 pt
LINE_HEIGHT = 74
LABEL_SIZE = 42
QR_SIZE = 330
QUIET = 4  # modules of white around the code
FOOT_HEIGHT = 420  # signatures and QR
BOTTOM = PAGE_HEIGHT - 190

INK: Colour = (23, 32, 43)
QUIET_INK: Colour = (90, 102, 117)
RULE: Colour = (170, 180, 190)


@dataclass(frozen=True)
class Signature:
    """role: as in report.v1; name: as the hospital wrote it."""

    role: str
    name: str


@dataclass(frozen=True)
class ReportPage:
    """All that stands on a report; times are texts on the hospital's clock."""

    hospital: str
    name: str
    sex: str
    age: str
    patient_id: str
    accession_number: str
    item: str
    examined_at: str
    reported_at: str
    audited_at: str
    findings: str
    impression: str
    signatures: tuple[Signature, ...]
    state: str
    version: int
    language: str
    link: str | None
    code: str | None


def lay_out(page: ReportPage, face: Face) -> list[Sheet]:
    """As many A4 sheets as the text takes; signatures and QR stand at the foot of the last."""
    sheets = [Sheet(PAGE_WIDTH, PAGE_HEIGHT, WHITE)]
    y = _head(sheets[0].marks, page, face)
    say = report_words(page.language)
    for title, text in ((say.findings, page.findings), (say.impression, page.impression)):
        y = _section(sheets, y, title, text, face)
    if y > BOTTOM - FOOT_HEIGHT:
        sheets.append(Sheet(PAGE_WIDTH, PAGE_HEIGHT, WHITE))
    _foot(sheets[-1].marks, page, face)
    for number, sheet in enumerate(sheets, 1):
        if number > 1:
            _running_head(sheet.marks, page, face)
        _page_number(sheet.marks, page, number, len(sheets))
    return sheets


def _head(marks: list[Mark], page: ReportPage, face: Face) -> float:
    say = report_words(page.language)
    middle = PAGE_WIDTH / 2
    hospital, size = face.shrunk(page.hospital, 84, 48, RIGHT - MARGIN)
    marks.append(Text(middle, 280, hospital, size, INK, "middle"))
    marks.append(Text(middle, 390, say.title, 62, INK, "middle"))
    if page.state == "corrected":
        marks.append(Text(RIGHT, 390, say.corrected.format(version=page.version), LABEL_SIZE, QUIET_INK, "right"))
    marks.append(Box(MARGIN, 440, RIGHT - MARGIN, 4, INK))
    shared = words(page.language)
    rows = (
        ((say.name, page.name), (say.sex, page.sex), (say.age, page.age)),
        ((shared.patient_id, page.patient_id), (shared.accession, page.accession_number), (say.examined, page.examined_at)),
        ((shared.item, page.item),),
    )
    third = (RIGHT - MARGIN) / 3
    y = 530.0
    for row in rows:
        for place, (label, value) in enumerate(row):
            end = RIGHT if place == len(row) - 1 else MARGIN + third * (place + 1) - 24
            _pair(marks, face, MARGIN + third * place, y, label, value, end)
        y += 80
    marks.append(Box(MARGIN, y - 36, RIGHT - MARGIN, 2, RULE))
    return y + 60


def _running_head(marks: list[Mark], page: ReportPage, face: Face) -> None:
    """A sheet that comes loose still says whose it is."""
    say = words(page.language)
    half = (RIGHT - MARGIN) / 2 - 40
    person = "  ".join(part for part in (page.name, page.sex, page.age, page.patient_id) if part)
    marks.append(Text(MARGIN, 140, face.fitted(person, 38, half), 38, QUIET_INK))
    about = f"{page.hospital}  {say.accession} {page.accession_number}"
    marks.append(Text(RIGHT, 140, face.fitted(about, 38, half), 38, QUIET_INK, "right"))
    marks.append(Box(MARGIN, 166, RIGHT - MARGIN, 2, RULE))


def _pair(marks: list[Mark], face: Face, x: float, y: float, label: str, value: str, end: float) -> None:
    marks.append(Text(x, y, label, LABEL_SIZE, QUIET_INK))
    start = x + face.width(label, LABEL_SIZE) + 24
    if value:
        marks.append(Text(start, y, face.fitted(value, LABEL_SIZE, end - start), LABEL_SIZE, INK))


def _section(sheets: list[Sheet], y: float, title: str, text: str, face: Face) -> float:
    """Returns the y below it; begins new sheets as it goes, never leaving a title alone at the foot of one."""
    y = _room(sheets, y, 3 * LINE_HEIGHT)
    sheets[-1].marks.append(Text(MARGIN, y, title, 52, INK))
    y += 96
    for line in broken(text.strip(), RIGHT - MARGIN, lambda part: face.width(part, BODY_SIZE)):
        y = _room(sheets, y, LINE_HEIGHT)
        if line:
            sheets[-1].marks.append(Text(MARGIN, y, line, BODY_SIZE, INK))
        y += LINE_HEIGHT
    return y + 56


def _room(sheets: list[Sheet], y: float, needed: float) -> float:
    if y + needed <= BOTTOM:
        return y
    sheets.append(Sheet(PAGE_WIDTH, PAGE_HEIGHT, WHITE))
    return 260.0


def _foot(marks: list[Mark], page: ReportPage, face: Face) -> None:
    say = report_words(page.language)
    top = BOTTOM - FOOT_HEIGHT + 60
    marks.append(Box(MARGIN, top - 50, RIGHT - MARGIN, 2, RULE))
    end: float = RIGHT
    if page.link is not None:
        end = _qr(marks, page, top) - 60
    half = (end - MARGIN) / 2
    people = [(say.roles[one.role], one.name) for one in page.signatures]
    times = [(say.reported, page.reported_at), (say.audited, page.audited_at)]
    for row, (label, value) in enumerate(_signing_order(people)):
        _pair(marks, face, MARGIN, top + 40 + row * 84, label, value, MARGIN + half - 24)
    for row, (label, value) in enumerate(pair for pair in times if pair[1]):
        _pair(marks, face, MARGIN + half, top + 40 + row * 84, label, value, end)
    marks.append(Text(MARGIN, BOTTOM, say.caution, 34, QUIET_INK))


def _signing_order(people: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """One line for each role, its people together, in the order in which they came; four lines fit."""
    joined: dict[str, str] = {}
    for role, name in people:
        joined[role] = f"{joined[role]}、{name}" if role in joined else name
    return list(joined.items())[:4]


def _qr(marks: list[Mark], page: ReportPage, top: float) -> float:
    """QR with scan word and code below; returns the x where it begins."""
    say = words(page.language)
    left = RIGHT - QR_SIZE
    modules = matrix(page.link or "")
    pixels = np.where(np.pad(modules, QUIET), 0, 255).astype(np.uint8)
    marks.append(Picture(left, top - 40, QR_SIZE, QR_SIZE, pixels, smooth=False))
    middle = left + QR_SIZE / 2
    marks.append(Text(middle, top + QR_SIZE - 10, say.scan, 32, QUIET_INK, "middle"))
    if page.code:
        spaced = f"{page.code[:3]} {page.code[3:]}"
        marks.append(Text(middle, top + QR_SIZE + 44, f"{say.code} {spaced}", 40, INK, "middle"))
    return left


def _page_number(marks: list[Mark], page: ReportPage, number: int, of: int) -> None:
    marks.append(
        Text(PAGE_WIDTH / 2, PAGE_HEIGHT - 90, words(page.language).page.format(number=number, of=of), 34, QUIET_INK, "middle")
    )
