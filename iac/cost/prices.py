"""The dated list prices of prices.toml, in CNY a unit."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

FILE = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Price:
    cny: Decimal
    source: str
    quoted: str  # as the source has it: "USD 0.023"


@dataclass(frozen=True)
class Prices:
    read: date
    cny_per_usd: Decimal
    by_unit: Mapping[str, Price]

    def __getitem__(self, unit: str) -> Decimal:
        return self.by_unit[unit].cny


def load(path: Path = FILE) -> Prices:
    """Raises KeyError for a price without an amount."""
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    rate = Decimal(given["cny_per_usd"])
    found = {}
    for unit, one in given["price"].items():
        if "cny" in one:
            found[unit] = Price(Decimal(one["cny"]), one["source"], f"CNY {one['cny']}")
        else:
            found[unit] = Price(Decimal(one["usd"]) * rate, one["source"], f"USD {one['usd']}")
    return Prices(given["read"], rate, found)
