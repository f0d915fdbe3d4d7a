"""Money in CNY: Decimal inside, text in rows, events and answers; whole fen, half a fen up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CURRENCY = "CNY"
DEFAULT_PRICE = "4.00"  # for a case, where nothing else was agreed
FEN = Decimal("0.01")
PRICE = re.compile(r"(0|[1-9][0-9]{0,5})(\.[0-9]{1,4})?", re.ASCII)


def whole_fen(amount: Decimal) -> Decimal:
    return amount.quantize(FEN, ROUND_HALF_UP)


def text(amount: Decimal) -> str:
    """`-4.00`; no minus before nothing."""
    return f"{whole_fen(amount) + 0:.2f}"


def case_amount(price: str) -> Decimal:
    """What one case costs on the bill. A price may have up to four decimals: it is rounded once, before anything is added up."""
    return whole_fen(Decimal(price))


def price_of(month: str, prices: Mapping[str, Mapping[str, Any]]) -> str:
    """prices: month from which on → {price}."""
    since = max((first for first in prices if first <= month), default=None)
    return DEFAULT_PRICE if since is None else str(prices[since]["price"])


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal("0.00"))
