"""A month's bill: its lines, in one order, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from functions.core.billing import money
from functions.core.billing.records import Case, Correction

Price = Callable[[str], str]  # of a month


@dataclass(frozen=True, eq=False, repr=False)
class Line:
    """One entry as it stands on the bill. shown: as `Case.shown`. reason, by, case_month, cancel, serial: of corrections."""

    kind: str  # case or correction
    exam: str
    at: str
    amount: Decimal
    shown: Mapping[str, Any] | None
    reason: str = ""
    by: str = ""
    case_month: str = ""
    cancel: bool = False
    serial: int = 0


@dataclass(frozen=True, eq=False, repr=False)
class Bill:
    month: str
    price: str
    lines: tuple[Line, ...]

    @property
    def count(self) -> int:
        """Of cases."""
        return sum(line.kind == Case.kind for line in self.lines)

    @property
    def corrections(self) -> int:
        return len(self.lines) - self.count

    @property
    def sum(self) -> Decimal:
        return money.total(line.amount for line in self.lines)


def bill(month: str, entries: Iterable[Case | Correction], price: Price) -> Bill:
    """entries: what stands on the month's bill, in whatever order."""
    lines = [line_of(entry, price) for entry in entries]
    return Bill(month, price(month), tuple(sorted(lines, key=_place)))


def line_of(entry: Case | Correction, price: Price) -> Line:
    if isinstance(entry, Case):
        return Line(entry.kind, entry.exam, entry.at, money.case_amount(price(entry.month)), entry.shown)
    return Line(
        entry.kind,
        entry.exam,
        entry.at,
        correction_amount(entry, price),
        entry.shown,
        reason=entry.reason,
        by=entry.by,
        case_month=entry.case_month,
        cancel=entry.cancel,
        serial=entry.serial,
    )


def correction_amount(entry: Correction, price: Price) -> Decimal:
    """What it adds to its bill. The price of an open month may change yet: a cancelled case gives back whatever it will be."""
    given = Decimal(entry.amount)
    return given - money.case_amount(price(entry.case_month)) if entry.cancel else given


def undone(earlier: Iterable[Correction]) -> str:
    """The amount of the correction that cancels a case: minus what was added to it before."""
    return money.text(-money.total(Decimal(one.amount) for one in earlier))


def _place(line: Line) -> tuple[bool, str, str, int]:
    return line.kind != Case.kind, line.at, line.exam, line.serial
