"""The user agreement of a hospital, and who agreed to which version of it [PAT-05].

A hospital's row says which text is in force: {version, sha256, forced}; `sha256` names the object in the vault, "" when there is
none any more. Its version is one more at each other text, so that whoever agreed to the one before is asked again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from functions.core import plain_text
from functions.core.study import keys
from functions.core.study.record import Record

LANGUAGES = ("zh-CN", "en")
LONGEST = 50_000  # characters of a text

HEADING = re.compile(r"#{1,3}\s+(.+)")
ITEM = re.compile(r"[-*]\s+(.+)")


@dataclass(frozen=True, eq=False, repr=False)
class Consent(Record):
    """One person's word on one version, never changed: a patient's once for all their exams there, a guest's in each session."""

    kind: ClassVar[str] = "consent"
    tenant: str
    patient: str  # name: whose exam it was given for
    exam: str
    version: int
    sha256: str  # of the text
    forced: bool  # whether nothing opened before
    by: str  # patient or share
    link: str  # digest of the link, or of the share
    at: str  # ISO UTC
    number: str = ""  # hex, tells a share's sessions apart

    def key(self) -> tuple[str, str]:
        return keys.consents_pk(self.tenant, self.patient), keys.consent_sk(self.version, self.number)


def body(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of the event `consent_given`, from a consent's row."""
    names = ("patient", "exam", "version", "sha256", "forced", "by", "link", "at", "number")
    return {name: row[name] for name in names if row[name] != ""}


def succeeding(before: Mapping[str, Any], sha256: str, *, forced: bool) -> dict[str, Any]:
    """What a hospital's row says after a text was set; the same text keeps its version. sha256: "" takes the agreement back."""
    version = before.get("version", 0)
    is_other = sha256 not in ("", before.get("sha256"))
    return {"version": version + is_other, "sha256": sha256, "forced": forced and sha256 != ""}


def blocks(text: str) -> list[dict[str, str]]:
    """A text as the page shows it: headings, paragraphs, list items. Of Markdown `#`, `-` and empty lines; the rest is text."""
    shown: list[dict[str, str]] = []
    goes_on = False
    for line in plain_text.lines(text).split("\n"):
        heading, item = HEADING.fullmatch(line.strip()), ITEM.fullmatch(line.strip())
        found = heading or item
        if found:
            shown.append({"kind": "heading" if heading else "item", "text": found[1]})
        elif line.strip() and goes_on:
            shown[-1] = {**shown[-1], "text": f"{shown[-1]['text']}\n{line.strip()}"}
        elif line.strip():
            shown.append({"kind": "paragraph", "text": line.strip()})
        goes_on = bool(line.strip()) and not heading
    return shown
