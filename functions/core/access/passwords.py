"""Passwords of the hospital's staff: what one must be, and how it is kept [SEC-10].

Kept as argon2id in a PHC string, which carries its own parameters: OWASP's profile of 46 MiB and one pass, since a function has
less than one processor. Who raises them here raises the dummy's too; older strings are made anew when their owner signs in.
Source: OWASP, Password Storage Cheat Sheet; RFC 9106.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB, PASSES, LANES = 47104, 1, 1
SALT_BYTES = 16
SHORTEST, LONGEST = 8, 128
RULES = ("too_short", "too_long", "no_digit", "no_upper", "no_lower", "no_symbol", "holds_account", "as_before")
FIRST_BYTES = 16  # of a first password: one for each of its characters

# of no password: where there is no account the same work is done, and never with success
DUMMY = "$argon2id$v=19$m=47104,t=1,p=1$WFPtluA0+s4E7jcJv8moHw$0LwPYrhttG48Nvy5SPF51uAu3oN1eAKzCWW/LQrmRt0"

_UPPER, _LOWER, _DIGIT = "ABCDEFGHJKLMNPQR", "abcdefghjkmnpqrs", "23456789"  # nothing that is read as another


def hashed(password: str, salt: bytes) -> str:
    """The PHC string. salt: SALT_BYTES of chance, which the caller draws."""
    return _hasher().hash(_bytes(password), salt=salt)


def is_right(kept: str, password: str) -> bool:
    """kept: a PHC string; in the time that its own parameters take."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(kept, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether a string was made with other parameters than those above."""
    return _hasher().check_needs_rehash(kept)


def broken_rules(password: str, *, account: str, before: str = "") -> list[str]:
    """Which of RULES a new password breaks, in their order. before: the PHC string that it replaces, where there is one."""
    text = _normal(password)
    broken = {
        "too_short": len(text) < SHORTEST,
        "too_long": len(text) > LONGEST,
        "no_digit": not any(one.isdigit() for one in text),
        "no_upper": not any(one.isupper() for one in text),
        "no_lower": not any(one.islower() for one in text),
        "no_symbol": all(one.isalnum() for one in text),
        "holds_account": account.lower() in text.lower(),
    }
    found = [rule for rule in RULES if broken.get(rule)]
    return [*found, "as_before"] if before and is_right(before, text[:LONGEST]) else found


def first_password(randomness: bytes) -> str:
    """`Kfm7-Rtq3-Xwp9-Hbd4` from 16 random bytes, 60 bit: it meets every rule, and is read out and typed in once."""
    if len(randomness) != FIRST_BYTES:
        raise ValueError(f"{FIRST_BYTES} random bytes are needed, got {len(randomness)}")
    sets = (_UPPER, _LOWER, _LOWER, _DIGIT) * 4
    letters = "".join(letters[byte % len(letters)] for letters, byte in zip(sets, randomness, strict=True))
    return "-".join(letters[start : start + 4] for start in range(0, FIRST_BYTES, 4))


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, salt_len=SALT_BYTES)


def _normal(password: str) -> str:
    """What one keyboard types as one character and another as two is the same password."""
    return unicodedata.normalize("NFC", password)


def _bytes(password: str) -> bytes:
    return _normal(password).encode()
