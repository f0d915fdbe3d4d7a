"""A month's bill as it is handed out: what workbook, CSV and PDF have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from functions.core.billing.bill import Bill, Line
from functions.core.billing.words import StatementWords, statement_words
from functions.core.times import parse


@dataclass(frozen=True, eq=False, repr=False)
class StatementLine:
    """at: naive, on the hospital's clock, whole minutes. Texts are plain, amounts whole fen."""

    number: int
    kind: str  # in words
    at: datetime
    accession_number: str
    item: str
    modality: str
    patient: str
    amount: Decimal
    note: str


@dataclass(frozen=True, eq=False, repr=False)
class StatementDocument:
    """made_at: when the month took its last line, naive on the hospital's clock: the same however often the files are made."""

    hospital: str
    month: str
    price: Decimal
    count: int
    corrections: int
    sum: Decimal
    made_at: datetime
    language: str
    lines: tuple[StatementLine, ...]

    @property
    def words(self) -> StatementWords:
        return statement_words(self.language)

    @property
    def period(self) -> str:
        return self.words.month.format(year=int(self.month[:4]), month=int(self.month[5:]))


def document(made: Bill, *, hospital: str, time_zone: str, language: str, ordered_at: str) -> StatementDocument:
    """Every line of `made` must have its `shown`."""
    zone, say = ZoneInfo(time_zone), statement_words(language)
    return StatementDocument(
        hospital=hospital,
        month=made.month,
        price=Decimal(made.price),
        count=made.count,
        corrections=made.corrections,
        sum=made.sum,
        made_at=_local(ordered_at, zone),
        language=language,
        lines=tuple(_line(number, line, zone, say) for number, line in enumerate(made.lines, 1)),
    )


def _line(number: int, line: Line, zone: ZoneInfo, say: StatementWords) -> StatementLine:
    shown = line.shown or {}
    return StatementLine(
        number=number,
        kind=say.kinds[line.kind],
        at=_local(line.at, zone),
        accession_number=shown.get("accession_number", ""),
        item=shown.get("item", ""),
        modality="/".join(shown.get("modalities", ())),
        patient=shown.get("patient", ""),
        amount=line.amount,
        note=note(line, say),
    )


def note(line: Line, say: StatementWords) -> str:
    """Of a correction: which bill has the case, and why it was corrected."""
    if not line.case_month:
        return ""
    return (say.cancelled if line.cancel else say.correction_of).format(month=line.case_month, reason=line.reason)


def _local(time: str, zone: ZoneInfo) -> datetime:
    return parse(time).astimezone(zone).replace(second=0, tzinfo=None)
