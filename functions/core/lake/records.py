"""Rows of a hospital's lake: lines that changed since its files were written, and which file of a month counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from functions.core.study import keys
from functions.core.study.record import Record


@dataclass(frozen=True, eq=False, repr=False)
class StudyLine(Record):
    """A study's line as it stands. fresh: newer than the file of its month; gone: the study is no more.

    study: the exam's name for the line of an exam without one.

    The row stays when its line is compacted, so that its version never begins again: who compacts takes the mark off a line that
    it has read, and never off a later one.
    """

    kind: ClassVar[str] = "lake_line"
    tenant: str
    study: str
    month: str
    line: dict[str, Any] = field(default_factory=dict)  # `line.Line`; empty when gone
    gone: bool = False
    fresh: bool = True

    def key(self) -> tuple[str, str]:
        return keys.lake_line_pk(self.tenant, self.study), "LINE"

    def indexed(self) -> Mapping[str, Any]:
        return {"day_pk": keys.lake_pk(self.tenant), "day_sk": self.study} if self.fresh else {}


@dataclass(frozen=True, eq=False, repr=False)
class LakeMonth(Record):
    """file: SHA-256 of the month's Parquet file, "" when it has no line. first, last: times of its oldest and newest study.

    serial: +1 with each file. before: [{file, at}]: earlier files and when each was replaced, until they are removed.
    """

    kind: ClassVar[str] = "lake_month"
    tenant: str
    month: str
    file: str = ""
    lines: int = 0
    first: str = ""
    last: str = ""
    serial: int = 0
    before: list[dict[str, str]] = field(default_factory=list)

    def key(self) -> tuple[str, str]:
        return keys.lake_pk(self.tenant), keys.lake_month_sk(self.month)
