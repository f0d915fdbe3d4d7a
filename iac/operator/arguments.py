"""Kinds of arguments that several commands take."""

from __future__ import annotations

import argparse
import re


def tenant(text: str) -> str:
    if not re.fullmatch("[a-z0-9-]{2,32}", text):
        raise argparse.ArgumentTypeError("2 to 32 of a-z, 0-9 and -")
    return text


def ae_title(text: str) -> str:
    if not re.fullmatch(r"[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?", text):
        raise argparse.ArgumentTypeError("1 to 16 printable characters without backslash")
    return text
