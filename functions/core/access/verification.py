"""Who holds the link shows that it is theirs: the last four digits of the phone or of the ID card, or the exam's code [PAT-03].

Nothing here tells whether a person, a phone or an exam exists: a missing phone answers as a wrong one does, in the same time.
"""

from __future__ import annotations

import hmac
import re
import unicodedata

PHONE_TAIL = "phone_tail"
CODE = "code"
ID_TAIL = "id_tail"
MODES = (PHONE_TAIL, CODE)
TAIL_LENGTH = 4
MAX_ANSWER_LENGTH = 32

_NOT_A_DIGIT = re.compile(r"\D", re.ASCII)


def normalised(answer: str) -> str:
    """What was typed, as digits: full-width digits, spaces and hyphens are no mistakes."""
    text = unicodedata.normalize("NFKC", answer[:MAX_ANSWER_LENGTH])
    return re.sub(r"[\s-]", "", text).upper()


def phone_tail(phone: str) -> str | None:
    """The last four digits of a phone number; None where fewer are known."""
    digits = _NOT_A_DIGIT.sub("", phone)
    return digits[-TAIL_LENGTH:] if len(digits) >= TAIL_LENGTH else None


def id_tail(id_card: str) -> str | None:
    """The last four characters of an ID card's number; None where none is known."""
    return id_card[-TAIL_LENGTH:].upper() if len(id_card) >= TAIL_LENGTH else None


def modes(id_card: str) -> list[str]:
    """What may be asked for: the ID card only where one is known, which a hospital corrected or gave."""
    return [*MODES, ID_TAIL] if id_tail(id_card) else list(MODES)


def is_right(mode: str, answer: str, *, phone: str, code: str, id_card: str = "") -> bool:
    """Compare in constant time. phone: as the report gave it or staff corrected it, may be empty; code: six digits.

    An unknown mode is a wrong answer.
    """
    expected = {PHONE_TAIL: phone_tail(phone), CODE: code, ID_TAIL: id_tail(id_card)}.get(mode)
    given = normalised(answer).encode()
    # Where nothing is known the comparison still runs, against a value that no answer can have.
    known = (expected or "\0" * TAIL_LENGTH).encode()
    return hmac.compare_digest(given, known) and bool(expected)
