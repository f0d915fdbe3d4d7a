"""Kinds of arguments that several commands take."""

from __future__ import annotations

import argparse
import re
from datetime import date


def tenant(text: str) -> str:
    if not re.fullmatch("[a-z0-9-]{2,32}", text):
        raise argparse.ArgumentTypeError("2 to 32 of a-z, 0-9 and -")
    return text


def ae_title(text: str) -> str:
    if not re.fullmatch(r"[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?", text):
        raise argparse.ArgumentTypeError("1 to 16 printable characters without backslash")
    return text


def retention(text: str) -> tuple[str, int]:
    """`CT=15`; whether so many years may be is the policy's to say."""
    found = re.fullmatch(r"([A-Z]{2,8}|default)=([0-9]{1,3})", text, re.ASCII)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r}: 例 · such as CT=15 or default=10")
    return found[1], int(found[2])


def day(text: str) -> str:
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} 不是日期 · is no day; yyyy-mm-dd, such as 2026-11-24")
