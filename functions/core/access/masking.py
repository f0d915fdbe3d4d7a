"""What may be seen of a name or a phone number where the whole is not needed [SEC-07]."""

from __future__ import annotations

import unicodedata

_COMPOUND_SURNAMES = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政"
    "濮阳公冶太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于司空令狐百里呼延东郭南门西门"
)
_SURNAMES_OF_TWO = frozenset(_COMPOUND_SURNAMES[start : start + 2] for start in range(0, len(_COMPOUND_SURNAMES), 2))


def mask_name(name: str) -> str:
    """张三丰 → 张*, 欧阳娜娜 → 欧阳*, WANG^XIAODONG → W*; empty stays empty.

    The star stands for all that follows, so that its length tells nothing.
    """
    text = unicodedata.normalize("NFC", name).strip().lstrip("^= ")
    if not text:
        return ""
    if text[:2] in _SURNAMES_OF_TWO and len(text) > 2:
        return text[:2] + "*"
    return text[0] + "*"


def mask_phone(phone: str) -> str:
    """13800001234 → 138********: the network's digits, never the tail, which is an answer at the door."""
    digits = phone.strip()
    return digits[:3] + "*" * max(0, len(digits) - 3)


def mask_id_card(number: str) -> str:
    """440601196305011234 → 440601************: the place, never birth date or tail."""
    return number[:6] + "*" * max(0, len(number) - 6)


def mask_number(number: str) -> str:
    """A hospital's own number of a patient: its last two characters, of one so short that they would be most of it, none."""
    text = number.strip()
    return "*" * (len(text) - 2) + text[-2:] if len(text) > 4 else "*" * len(text)
