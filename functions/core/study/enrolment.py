"""Enrolment codes and the ids that come of them."""

from __future__ import annotations

import hashlib

CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no I, O, 0, 1: codes are read out and typed in
CODE_BYTES = 12  # one character each, 60 bit in all
CODE_LIFE_S = 15 * 60


def code_of(randomness: bytes) -> str:
    """`ABCD-EFGH-JKMN` from 12 random bytes. 256 is a multiple of 32: every character is equally likely."""
    if len(randomness) != CODE_BYTES:
        raise ValueError(f"{CODE_BYTES} random bytes are needed, got {len(randomness)}")
    letters = "".join(CODE_ALPHABET[byte % 32] for byte in randomness)
    return "-".join(letters[start : start + 4] for start in range(0, CODE_BYTES, 4))


def code_digest(code: str) -> str:
    """What is stored of a code; case, hyphens and blanks do not matter."""
    return hashlib.sha256(code.replace("-", "").replace(" ", "").upper().encode()).hexdigest()


def agent_id(tenant: str, ae_title: str) -> str:
    """The same AE title of a hospital is the same agent, whatever key it holds."""
    return hashlib.sha256(f"{tenant}\n{ae_title}".encode()).hexdigest()[:16]


def key_id(public_key_pem: str) -> str:
    """Of a public key in its canonical PEM."""
    return hashlib.sha256(public_key_pem.encode("ascii")).hexdigest()[:32]
