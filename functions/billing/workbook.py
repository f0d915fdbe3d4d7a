"""A statement as a workbook: typed cells, the sum as a number and as a formula that is held against it.

The same statement makes the same bytes: neither the library's clock nor the archive's stands in them.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from functions.core.billing.statement import StatementDocument, StatementLine
from functions.core.billing.words import COLUMNS

WIDTHS = {"number": 8, "kind": 12, "at": 18, "accession_number": 24, "item": 36, "modality": 12, "patient": 14, "amount": 16}
NOTE_WIDTH = 48
MONEY, MINUTES = "#,##0.00", "yyyy-mm-dd hh:mm"
AMOUNT = get_column_letter(COLUMNS.index("amount") + 1)
LEFT = Alignment(horizontal="left")
ALIGNED = {"number": Alignment(horizontal="center"), "amount": Alignment(horizontal="right")}
BOLD, TITLE = Font(bold=True), Font(bold=True, size=16)
BAND = PatternFill("solid", fgColor="F3F6F9")
EPOCH = (2020, 1, 1, 0, 0, 0)


def workbook(made: StatementDocument) -> bytes:
    book = Workbook()
    sheet: Worksheet = book.worksheets[0]
    sheet.title = made.month
    say = made.words
    _put(sheet, 1, 1, say.title).font = TITLE
    facts: tuple[tuple[str, Any, str], ...] = (
        (say.hospital, made.hospital, ""),
        (say.period, made.period, ""),
        (say.price, made.price, "0.00##"),
        (say.cases, made.count, "0"),
        (say.corrections, made.corrections, "0"),
        (say.sum, made.sum, MONEY),
        (say.made, made.made_at, MINUTES),
    )
    for row, (label, value, form) in enumerate(facts, 2):
        _put(sheet, row, 1, label)
        _put(sheet, row, 3, value, form).alignment = LEFT
    sum_cell = f"C{2 + [label for label, _, _ in facts].index(say.sum)}"
    head = len(facts) + 3
    for column, label in enumerate(say.columns, 1):
        cell = _put(sheet, head, column, label)
        cell.font, cell.fill, cell.alignment = BOLD, BAND, _aligned(COLUMNS[column - 1])
    for row, line in enumerate(made.lines, head + 1):
        _line(sheet, row, line)
    _total(sheet, made, head + 1, head + len(made.lines), sum_cell)
    sheet.freeze_panes = sheet.cell(head + 1, 1)
    sheet.print_title_rows = f"{head}:{head}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    for column, name in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = WIDTHS.get(name, NOTE_WIDTH)
    book.properties.creator, book.properties.title = "Lightbox", f"{say.title} {made.month}"
    book.properties.created = made.made_at
    packed = io.BytesIO()
    book.save(packed)
    return _still(packed.getvalue(), made.made_at)


def _line(sheet: Worksheet, row: int, line: StatementLine) -> None:
    values: tuple[tuple[Any, str], ...] = (
        (line.number, "0"),
        (line.kind, ""),
        (line.at, MINUTES),
        (line.accession_number, ""),
        (line.item, ""),
        (line.modality, ""),
        (line.patient, ""),
        (line.amount, MONEY),
        (line.note, ""),
    )
    for column, (value, form) in enumerate(values, 1):
        _put(sheet, row, column, value, form).alignment = _aligned(COLUMNS[column - 1])


def _aligned(column: str) -> Alignment:
    return ALIGNED.get(column, LEFT)


def _total(sheet: Worksheet, made: StatementDocument, first: int, last: int, sum_cell: str) -> None:
    """Below the lines: their sum as the reader's own program adds them up, and whether it is the one above."""
    say, row = made.words, last + 1
    _put(sheet, row, 1, say.total).font = BOLD
    formula = f"=SUM({AMOUNT}{first}:{AMOUNT}{last})" if made.lines else "=0"
    cell = sheet.cell(row, COLUMNS.index("amount") + 1, formula)
    cell.number_format, cell.font = MONEY, BOLD
    sheet.cell(row, len(COLUMNS), f'=IF(ROUND({AMOUNT}{row}-{sum_cell},2)=0,"{say.agrees}","{say.differs}")')


def _put(sheet: Worksheet, row: int, column: int, value: Any, form: str = "") -> Cell:
    cell = sheet.cell(row, column, value)
    assert isinstance(cell, Cell)
    if isinstance(value, str):
        cell.data_type = "s"  # a text from outside is never a formula
    if form:
        cell.number_format = form
    return cell


def _still(data: bytes, moment: datetime) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as made, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in made.namelist():
            body = made.read(name)
            if name == "docProps/core.xml":
                body = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode(), body)
            archive.writestr(zipfile.ZipInfo(name, EPOCH), body, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
