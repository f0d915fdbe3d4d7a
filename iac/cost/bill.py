"""From usage and prices to money: one study's arrival, its keeping over years, one view. Pure, Decimal, CNY."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from iac.cost.prices import Prices
from iac.cost.usage import Usage

GB = Decimal(10**9)
COOL_AFTER_MONTHS = 1  # `rest` moves to instant retrieval, design §3
CENT = Decimal("0.0001")


@dataclass(frozen=True)
class Stored:
    """Bytes of one study by where they lie: heads and index and low stay in standard storage, `rest` cools."""

    heads: int
    low: int
    rest: int
    other: int  # indexes, thumbnails, manifests, reports and their PDF
    films: int
    rows: int
    objects_cooled: int  # how many `rest` objects

    @property
    def standard(self) -> int:
        return self.heads + self.low + self.other + self.films


@dataclass(frozen=True)
class Line:
    what: str
    units: Decimal
    cny: Decimal


def lines(used: Usage, prices: Prices) -> list[Line]:
    """One line for each unit that was used, dearest first."""
    counts = {unit: Decimal(repr(float(count))) for unit, count in used.items() if count}
    found = [Line(unit, count, count * prices[unit]) for unit, count in counts.items()]
    return sorted(found, key=lambda line: -line.cny)


def kept(stored: Stored, months: int, prices: Prices) -> list[Line]:
    """Keeping one study for so many months from its first day."""
    warm = min(months, COOL_AFTER_MONTHS)
    cool = max(0, months - COOL_AFTER_MONTHS)
    standard = Decimal(stored.standard) / GB * months + Decimal(stored.rest) / GB * warm
    instant = Decimal(stored.rest) / GB * cool
    rows = Decimal(stored.rows) / GB * months
    transitions = Decimal(stored.objects_cooled if cool else 0)
    parts = {
        "s3_standard_gb_month": standard,
        "s3_instant_gb_month": instant,
        "s3_instant_transition": transitions,
        "dynamodb_gb_month": rows,
    }
    return [Line(unit, count, count * prices[unit]) for unit, count in parts.items() if count]


@dataclass(frozen=True)
class View:
    """One patient's view: sign-in, report, a film page, every slice of the largest series in full. rest: asked for by ranges."""

    used: Usage
    cdn_bytes: int
    cdn_requests: int
    rest_reads: int
    rest_bytes: int


def viewed(view: View, prices: Prices, *, cooled: bool) -> list[Line]:
    """One view. cooled: the study's `rest` lies in instant retrieval already, whose reads cost more."""
    carried: dict[str, float] = {"cdn_gb": view.cdn_bytes / 1e9, "cdn_request": view.cdn_requests}
    if cooled:
        carried |= {"s3_instant_get": view.rest_reads, "s3_instant_retrieval_gb": view.rest_bytes / 1e9}
    return lines({**view.used, **carried}, prices)


VIEWS_WARM, VIEWS_COOLED = 2, 1  # of the three that a case has: the patient's and a doctor's in the first month, one more later


def case(arrived: Usage, stored: Stored, view: View, months: int, prices: Prices) -> Decimal:
    """All that one case costs in so many months: its way in, its keeping, its three views. CNY, without SMS."""
    warm, cooled = (total(viewed(view, prices, cooled=cooled)) for cooled in (False, True))
    return total(lines(arrived, prices)) + total(kept(stored, months, prices)) + VIEWS_WARM * warm + VIEWS_COOLED * cooled


def total(found: list[Line]) -> Decimal:
    return sum((line.cny for line in found), Decimal(0))


def shown(amount: Decimal) -> str:
    """`¥0.0123`: four digits, since a view costs less than a cent."""
    return f"¥{amount.quantize(CENT, ROUND_HALF_UP)}"
