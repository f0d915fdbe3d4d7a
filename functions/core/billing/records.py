"""The rows of bills (docs/interfaces.md §4). Amounts are texts of `money.py`, months of `months.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from functions.core.study import keys
from functions.core.study.record import Record

OPEN, ORDERED, CLOSED = "open", "ordered", "closed"


@dataclass(frozen=True, eq=False, repr=False)
class Case(Record):
    """An exam on a bill. shown: what the line says of it, masked: {accession_number, item, modalities, patient}; None while the
    row is as a rebuild gave it back."""

    kind: ClassVar[str] = "case"
    tenant: str
    exam: str
    month: str  # of the bill
    at: str  # ISO UTC: when it was earned
    shown: dict[str, Any] | None = None

    def key(self) -> tuple[str, str]:
        return keys.exam_pk(self.tenant, self.exam), keys.exam_case_sk()

    def indexed(self) -> Mapping[str, Any]:
        return {"day_pk": keys.bill_pk(self.tenant, self.month), "day_sk": f"{keys.CASE_ENTRY}{self.at}#{self.exam}"}


@dataclass(frozen=True, eq=False, repr=False)
class Correction(Record):
    """A person's word on what a case costs, on the bill of the month in which it was said.

    amount: added to the bill; with `cancel` beside minus the case's price: what undoes the corrections before it.
    """

    kind: ClassVar[str] = "correction"
    tenant: str
    exam: str
    serial: int  # of the exam's corrections, from 1
    month: str  # of the bill on which it stands
    case_month: str
    amount: str
    cancel: bool
    at: str
    by: str
    reason: str
    shown: dict[str, Any] | None = None  # as `Case.shown`

    def key(self) -> tuple[str, str]:
        return keys.exam_pk(self.tenant, self.exam), keys.exam_correction_sk(self.serial)

    def indexed(self) -> Mapping[str, Any]:
        sk = f"{keys.CORRECTION_ENTRY}{self.at}#{self.exam}#{self.serial:04d}"
        return {"day_pk": keys.bill_pk(self.tenant, self.month), "day_sk": sk}


@dataclass(frozen=True, eq=False, repr=False)
class Prices(Record):
    """prices: month from which on → {price, at, by, serial}; before the first of them `money.DEFAULT_PRICE`."""

    kind: ClassVar[str] = "prices"
    tenant: str
    prices: dict[str, dict[str, Any]] = field(default_factory=dict)

    def key(self) -> tuple[str, str]:
        return keys.bills_pk(self.tenant), keys.prices_sk()


@dataclass(frozen=True, eq=False, repr=False)
class Statement(Record):
    """A month that takes no more lines. While `ordered` those on their way are waited for; `closed` it never changes."""

    kind: ClassVar[str] = "statement"
    tenant: str
    month: str
    price: str
    ordered_at: str
    by: str
    state: str = ORDERED
    closed_at: str = ""
    count: int = 0  # cases
    corrections: int = 0
    sum: str = ""
    files: dict[str, str] = field(default_factory=dict)  # xlsx, csv, pdf → name under the month's prefix in bucket derived

    def key(self) -> tuple[str, str]:
        return keys.bills_pk(self.tenant), keys.statement_sk(self.month)
