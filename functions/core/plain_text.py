"""Texts from outside as people may safely read them, on a page, on paper or in a terminal.

Taken out: control characters (in a terminal they are commands), and the bidirectional overrides and isolates of Unicode, with
which a text reads otherwise than it is stored (UAX #9; "Trojan Source", CVE-2021-42574). What letters need stays: joiners, blanks
of any width. Stored documents stay as they came; only what is shown is made plain.
"""

from __future__ import annotations

import re

BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
NOT_SHOWN = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufff9-\ufffb\ufeff{BIDI}]")
LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
BLANKS = re.compile("[\t\n\r\x0b\x0c\x85\u2028\u2029]+")


def line(text: str) -> str:
    """One line of plain text; line ends and tabs become blanks."""
    return text if text.isprintable() else NOT_SHOWN.sub("", BLANKS.sub(" ", text))


def lines(text: str) -> str:
    """Plain text that keeps its lines, ended by LF, and its tabs as blanks."""
    ended = LINE_ENDS.sub("\n", text).replace("\t", "    ")
    return "\n".join(map(line, ended.split("\n")))
