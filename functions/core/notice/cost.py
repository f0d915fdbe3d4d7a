"""What messages cost: a price for each part of a message, yuan as Decimal, stored as text."""

from __future__ import annotations

from decimal import Decimal

ALONE, IN_PARTS = 70, 67  # characters of an SMS in UCS-2, and of each part of a longer one (3GPP TS 23.040)


def parts_of(text: str) -> int:
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= ALONE else -(-units // IN_PARTS)


def cost(price: str, parts: int) -> str:
    """Empty where no price is known. Raises decimal.InvalidOperation on what is no number."""
    return str(Decimal(price) * parts) if price else ""
