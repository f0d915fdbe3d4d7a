"""The events of bills, told by rows before and after (`functions/core/study/changes.py` asks)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from functions.core.billing.records import CLOSED
from functions.core.study.event import Event, Row, event
from functions.core.study.release import SIGNED, VIEWABLE

STATEMENT = ("month", "price", "ordered_at", "closed_at", "by", "count", "corrections", "sum", "files")
CORRECTION = ("exam", "serial", "month", "case_month", "amount", "cancel", "at", "by", "reason")


def is_earned(exam: Row | None) -> bool:
    """Whether the exam has images that can be looked at and a version of its report that was signed, whatever came of it later:
    the same, whether a retraction comes before the images or after them."""
    return exam is not None and exam["imaging"] in VIEWABLE and any(one["state"] in SIGNED for one in exam["reports"].values())


def exam_earned(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    """The same event each time: an exam that lost its images and has others is no second case."""
    if is_earned(new) and not is_earned(old):
        yield event("case_earned", new["tenant"], f"exam/{new['exam']}", "1", time, {"exam": new["exam"]})


def case(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if old is None or (old["month"], old["at"]) != (new["month"], new["at"]):
        body = {name: new[name] for name in ("exam", "month", "at")}
        yield event("case_counted", new["tenant"], f"exam/{new['exam']}", f"{new['month']}/{new['at']}", time, body)


def correction(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if old is None:
        body = {name: new[name] for name in CORRECTION}
        subject = f"exam/{new['exam']}"
        yield event("case_corrected", new["tenant"], subject, str(new["serial"]), new["at"], body, cause=new["by"])


def prices(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    before: Mapping[str, Any] = old["prices"] if old else {}
    for month, price in sorted(new["prices"].items()):
        if price != before.get(month):
            body = {"from_month": month, **price}
            yield event("price_set", new["tenant"], "prices", str(price["serial"]), price["at"], body, cause=price["by"])


def statement(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    subject = f"statement/{new['month']}"
    if old is None:
        body = {"month": new["month"], "price": new["price"], "at": new["ordered_at"], "by": new["by"]}
        yield event("statement_ordered", new["tenant"], subject, "1", new["ordered_at"], body, cause=new["by"])
    if new["state"] == CLOSED and (old is None or old["state"] != CLOSED):
        body = {name: new[name] for name in STATEMENT}
        yield event("statement_closed", new["tenant"], subject, "1", new["closed_at"], body, cause=new["by"])
