"""Passwords: what one must be, how it is kept, and what a first one looks like [SEC-10]."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.access import passwords
from functions.core.access.passwords import (
    DUMMY,
    FIRST_BYTES,
    SALT_BYTES,
    broken_rules,
    first_password,
    hashed,
    is_outdated,
    is_right,
)

SALT = bytes(range(SALT_BYTES))
GOOD = "Rontgen-1895"

pytestmark = pytest.mark.req("SEC-10")


def test_a_kept_password_is_argon2id_with_its_own_salt_and_opens_for_itself_alone() -> None:
    kept = hashed(GOOD, SALT)
    assert kept.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert GOOD not in kept
    assert is_right(kept, GOOD)
    assert not is_right(kept, GOOD.lower())
    assert hashed(GOOD, bytes(SALT_BYTES)) != kept


def test_a_string_that_is_none_is_a_wrong_password_and_no_error() -> None:
    """An account without a password lets nobody in."""
    assert not is_right("", "")
    assert not is_right("$argon2id$torn", GOOD)


def test_a_name_without_an_account_costs_the_same_work() -> None:
    """Its string has the parameters of today's: whoever raises them makes it anew."""
    assert not is_outdated(DUMMY)
    assert not is_right(DUMMY, GOOD)


def test_weaker_parameters_are_noticed() -> None:
    assert is_outdated(hashed(GOOD, SALT).replace("m=47104", "m=8192"))


def test_one_keyboards_letter_is_anothers_two() -> None:
    """é typed as one character or as e and an accent is the same password."""
    kept = hashed("Caf\u00e9-1895", SALT)
    assert is_right(kept, "Cafe\u0301-1895")


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        (GOOD, []),
        ("Röntgen-1895", []),
        ("伦琴-Xray95", []),
        ("", ["too_short", "no_digit", "no_upper", "no_lower", "no_symbol"]),
        ("password", ["no_digit", "no_upper", "no_symbol"]),
        ("Password1", ["no_symbol"]),
        ("Wa-1", ["too_short"]),
        ("xWANGx-95", ["holds_account"]),
        ("Aa-1" * 33, ["too_long"]),
    ],
)
def test_each_rule_that_a_password_breaks_is_named(password: str, rules: list[str]) -> None:
    assert broken_rules(password, account="wang") == rules


def test_the_old_password_is_no_new_one() -> None:
    assert broken_rules(GOOD, account="wang", before=hashed(GOOD, SALT)) == ["as_before"]


@given(st.binary(min_size=FIRST_BYTES, max_size=FIRST_BYTES))
@settings(max_examples=50)
def test_a_first_password_meets_every_rule_and_is_read_as_it_is_written(randomness: bytes) -> None:
    """It is dictated once: no 0 and O, no 1, l and I."""
    first = first_password(randomness)
    assert re.fullmatch("([A-HJ-NP-R][a-hj-kmnp-s]{2}[2-9]-?){4}", first)
    assert broken_rules(first, account="wang") == []


def test_a_first_password_needs_all_its_chance() -> None:
    with pytest.raises(ValueError, match="16 random bytes"):
        first_password(b"short")
    assert passwords.first_password(bytes(16)) != passwords.first_password(bytes(range(16)))
