"""The words of access: link tokens, session tokens and the six-digit code.

A link's token is a function of the link key and of what it opens, so that a redelivered event makes the same SMS and the
same QR (design §6). Only its SHA-256 is stored: who reads the table can open nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN_BYTES = 20  # 160 bit
TOKEN_LENGTH = 27  # 62**27 > 2**160
CODE_LENGTH = 6
CHANNELS = ("sms", "paper")

_TOKEN = re.compile(rf"[0-9A-Za-z]{{{TOKEN_LENGTH}}}", re.ASCII)


def link_token(link_key: bytes, *, tenant: str, exam: str, patient: str, channel: str, serial: int) -> str:
    """The token of one link: 27 characters base62 of HMAC-SHA-256(link key; tenant, exam, patient, channel, serial).

    patient: keyed name, so that an exam that turns out to be another's has other links. channel: "sms" or "paper".
    serial: 1, 2, …: a new one makes a new link and leaves the old one to be revoked.
    """
    return base62(_keyed(link_key, "link", tenant, exam, patient, channel, str(serial))[:TOKEN_BYTES])


def share_token(link_key: bytes, *, tenant: str, exam: str, patient: str, serial: int) -> str:
    """The token of one share, made as a link's, so that its patient can see link and QR again; serial: 1, 2, … of the exam."""
    return base62(_keyed(link_key, "share", tenant, exam, patient, str(serial))[:TOKEN_BYTES])


def pass_code_hash(link_key: bytes, *, share: str, code: str) -> str:
    """What is stored of a share's pass code: its hash under the link key and the share's digest, hex."""
    return _keyed(link_key, "pass_code", share, code).hex()


def pass_code(randomness: int) -> str:
    """Six digits of a random number below 10**CODE_LENGTH, which the caller draws."""
    return f"{randomness:0{CODE_LENGTH}d}"


def exam_code(link_key: bytes, *, tenant: str, exam: str) -> str:
    """The exam's six digits, for paper and staff; never sent together with a link (design §12)."""
    number = int.from_bytes(_keyed(link_key, "code", tenant, exam)[:16], "big")
    return f"{number % 10**CODE_LENGTH:0{CODE_LENGTH}d}"


def phone_name(link_key: bytes, *, tenant: str, phone: str) -> str:
    """A phone's keyed name within a hospital, hex: it tells whether two numbers are the same and stands in rows in the number's
    place."""
    return _keyed(link_key, "phone", tenant, phone).hex()


def session_token(randomness: bytes) -> str:
    """An opaque session token from 20 random bytes, which the caller draws."""
    if len(randomness) != TOKEN_BYTES:
        raise ValueError(f"{TOKEN_BYTES} random bytes are needed, got {len(randomness)}")
    return base62(randomness)


def token_digest(token: str) -> str:
    """What is stored in a token's place: SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(text: object) -> bool:
    """True when the text has the form of a token; says nothing about whether it opens anything."""
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None


def base62(data: bytes) -> str:
    """Big-endian base62 of 20 bytes, padded with zeros to 27 characters."""
    number = int.from_bytes(data, "big")
    digits = []
    for _ in range(TOKEN_LENGTH):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def _keyed(key: bytes, *parts: str) -> bytes:
    # The length before each part keeps ("a", "bc") and ("ab", "c") apart.
    message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hmac.digest(key, message, "sha256")
