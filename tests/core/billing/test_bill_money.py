"""Amounts: whole fen, half a fen up, and sums that are the sums of what is shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.billing import money
from functions.core.billing.bill import bill, undone
from functions.core.billing.records import Case, Correction

AMOUNTS = st.decimals(-1000, 1000, places=2, allow_nan=False)


@pytest.mark.parametrize(
    ("price", "amount"), [("4.00", "4.00"), ("4", "4.00"), ("3.995", "4.00"), ("0.125", "0.13"), ("0.1249", "0.12")]
)
def test_a_price_is_rounded_once_half_a_fen_up(price: str, amount: str) -> None:
    assert money.text(money.case_amount(price)) == amount


@pytest.mark.parametrize(("amount", "text"), [("-0.001", "0.00"), ("0", "0.00"), ("-4", "-4.00"), ("1234567.891", "1234567.89")])
def test_amounts_are_texts_with_two_decimals_and_no_negative_nothing(amount: str, text: str) -> None:
    assert money.text(Decimal(amount)) == text


@pytest.mark.req("LIFE-07")
def test_a_case_costs_four_yuan_until_another_price_is_agreed() -> None:
    prices = {"2026-03": {"price": "3.50"}, "2026-09": {"price": "3.00"}}
    assert [money.price_of(month, prices) for month in ("2026-02", "2026-03", "2026-08", "2026-09", "2027-01")] == [
        *("4.00", "3.50", "3.50", "3.00", "3.00")
    ]


def correction(serial: int, amount: str, *, cancel: bool = False, month: str = "2026-11") -> Correction:
    return Correction("t", "e", serial, month, "2026-11", amount, cancel, "2026-11-24T06:05:00Z", "staff:a", "why")


@given(st.lists(AMOUNTS, max_size=6))
def test_a_cancelled_case_costs_nothing_whatever_was_corrected_before(amounts: list[Decimal]) -> None:
    earlier = [correction(serial, money.text(amount)) for serial, amount in enumerate(amounts, 1)]
    last = correction(len(amounts) + 1, undone(earlier), cancel=True)
    made = bill("2026-11", [Case("t", "e", "2026-11", "2026-11-24T06:05:00Z"), *earlier, last], lambda month: "3.995")
    assert made.sum == 0
    assert (made.count, made.corrections) == (1, len(amounts) + 1)


@given(st.integers(0, 300), st.sampled_from(["4.00", "3.333", "0.005", "0"]), st.lists(AMOUNTS, max_size=5))
def test_the_sum_is_the_sum_of_the_lines_that_are_shown(cases: int, price: str, amounts: list[Decimal]) -> None:
    entries = [Case("t", f"{place:032d}", "2026-11", "2026-11-24T06:05:00Z") for place in range(cases)]
    more = [correction(serial, money.text(amount)) for serial, amount in enumerate(amounts, 1)]
    made = bill("2026-11", [*entries, *more], lambda month: price)
    assert sum((Decimal(money.text(line.amount)) for line in made.lines), Decimal()) == made.sum
    assert len(made.lines) == cases + len(amounts)
