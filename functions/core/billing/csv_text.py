"""A statement as CSV (RFC 4180): UTF-8 with a byte order mark, without which Excel takes it for GBK."""

from __future__ import annotations

import csv
import io

from functions.core.billing.statement import StatementDocument

BOM = "\ufeff"
COMMANDS = "=+-@＝＋－＠"  # what a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)


def csv_text(made: StatementDocument) -> bytes:
    """One header line, the lines, and the sum."""
    say, buffer = made.words, io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(say.columns)
    for line in made.lines:
        texts = (line.accession_number, line.item, line.modality, line.patient)
        writer.writerow(
            (line.number, line.kind, f"{line.at:%Y-%m-%d %H:%M}", *map(tame, texts), f"{line.amount:.2f}", tame(line.note))
        )
    writer.writerow(("", say.total, made.month, "", tame(made.hospital), "", "", f"{made.sum:.2f}", ""))
    return (BOM + buffer.getvalue()).encode()


def tame(text: str) -> str:
    """A text that no spreadsheet runs: such a one gets an apostrophe in front."""
    return f"'{text}" if text.lstrip()[:1] in COMMANDS and text.strip() else text
