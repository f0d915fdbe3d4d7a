"""Tokens, codes, sessions and masks: what they promise."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.access import sessions
from functions.core.access.masking import mask_name, mask_phone
from functions.core.access.tokens import TOKEN_LENGTH, base62, exam_code, is_token, link_token, session_token, token_digest

KEY = bytes(range(32))
OTHER_KEY = bytes(32)
LINK = {"tenant": "shiyi", "exam": "e" * 32, "patient": "p" * 32, "channel": "sms", "serial": 1}


@pytest.mark.req("NTF-05")
def test_the_same_link_always_has_the_same_token():
    """A redelivered event makes the same SMS and the same QR."""
    assert link_token(KEY, **LINK) == link_token(KEY, **LINK)


@pytest.mark.parametrize(
    "change", [{"tenant": "other"}, {"exam": "f" * 32}, {"patient": "q" * 32}, {"channel": "paper"}, {"serial": 2}]
)
def test_whatever_changes_in_a_link_changes_its_token(change):
    assert link_token(KEY, **LINK) != link_token(KEY, **{**LINK, **change})


def test_another_key_makes_other_tokens_and_codes():
    assert link_token(KEY, **LINK) != link_token(OTHER_KEY, **LINK)
    assert exam_code(KEY, tenant="shiyi", exam="e") != exam_code(OTHER_KEY, tenant="shiyi", exam="e")


def test_parts_cannot_be_shifted_into_one_another():
    """Tenant 'ab' with exam 'c' is not tenant 'a' with exam 'bc'."""
    one = link_token(KEY, tenant="ab", exam="c", patient="p", channel="sms", serial=1)
    assert one != link_token(KEY, tenant="a", exam="bc", patient="p", channel="sms", serial=1)


@given(st.binary(min_size=20, max_size=20))
def test_a_token_holds_160_bits_in_27_characters(randomness):
    token = base62(randomness)
    assert len(token) == TOKEN_LENGTH
    assert is_token(token)
    number = 0
    for character in token:
        number = number * 62 + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".index(character)
    assert number.to_bytes(20, "big") == randomness


@pytest.mark.parametrize("text", ["", "short", "x" * 28, "é" * 27, "a" * 26 + "\n", None, 5, "a" * 26 + "-"])
def test_what_is_no_token_is_seen_before_anything_is_looked_up(text):
    assert not is_token(text)


def test_a_session_needs_exactly_20_random_bytes():
    with pytest.raises(ValueError, match="20 random bytes"):
        session_token(b"short")


def test_only_the_digest_of_a_token_is_stored():
    token = link_token(KEY, **LINK)
    assert token_digest(token) == hashlib.sha256(token.encode()).hexdigest()


def test_codes_are_six_digits_spread_over_all_of_them():
    codes = [exam_code(KEY, tenant="shiyi", exam=str(number)) for number in range(3000)]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(set(codes)) > 2980
    assert any(code.startswith("0") for code in codes)


def test_a_session_slides_by_use_and_ends_after_eight_hours_whatever_happens():
    session = sessions.start(digest="d", tenant="t", exam="e", patient="p", link="l", now=0)
    assert session.expires_at == 1800
    assert sessions.renewed(session, 60) is None, "a poll a minute later is not worth a write"
    slid = sessions.renewed(session, 1000)
    assert slid is not None
    assert slid.expires_at == 2800
    now = 1000
    while now < slid.expires_at:
        slid = sessions.renewed(slid, now) or slid
        now += 200
    assert slid.expires_at == 8 * 3600


def test_a_session_and_its_row_are_one():
    session = sessions.start(digest="d", tenant="t", exam="e", patient="p", link="l", now=5)
    row = session.to_row()
    assert row["ttl"] == session.expires_at
    assert sessions.Session.from_row(row) == session


def test_the_session_cookie_is_bound_to_this_host_and_hidden_from_scripts():
    line = sessions.set_cookie("T")
    assert line.startswith("__Host-lightbox=T; ")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
    assert "Domain" not in line
    assert "Max-Age=0" in sessions.clear_cookie()


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("张三", "张*"),
        ("张三丰", "张*"),
        ("欧阳娜娜", "欧阳*"),
        ("欧阳", "欧*"),
        ("Zhang^San", "Z*"),
        ("", ""),
        ("  ", ""),
        ("^Li", "L*"),
    ],
)
@pytest.mark.req("SEC-07")
def test_a_name_shows_its_first_character_only(name, seen):
    assert mask_name(name) == seen


def test_a_masked_phone_never_shows_the_tail_that_opens_the_link():
    assert mask_phone("13800001234") == "138********"
    assert mask_phone("") == ""
