"""Who opened an exam and when: one row a session, never changed [SHR-07, PLUS-07]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from functions.core.study import keys
from functions.core.study.record import Record

KINDS = ("patient", "share", "staff")


@dataclass(frozen=True, eq=False, repr=False)
class Opening(Record):
    """kind: one of KINDS. number: hex, tells openings of one second apart. share: digest and serial, of kind share; account: of
    kind staff."""

    kind: ClassVar[str] = "opening"
    tenant: str
    exam: str
    at: str  # ISO UTC
    number: str
    by: str  # one of KINDS
    share: str = ""
    serial: int = 0
    account: str = ""
    patient: str = ""  # keyed name: whose the exam was then

    def key(self) -> tuple[str, str]:
        return keys.opened_pk(self.tenant, self.exam), keys.opened_sk(self.at, self.number)


def body(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of the event `exam_opened`, from an opening's row."""
    names = ("exam", "at", "number", "by", "share", "serial", "account", "patient")
    return {name: row[name] for name in names if row[name]}
