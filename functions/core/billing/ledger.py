"""The bills that a hospital's journal makes: the same whatever its order, and however often an entry comes [PLUS-08].

Every rule takes the least or the greatest of what was said, so that no entry has to come before another. Entries marked as
replayed count nothing: they tell again what was told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.core.billing import money
from functions.core.billing.bill import Bill, bill
from functions.core.billing.records import CLOSED, ORDERED, Case, Correction, Statement
from functions.core.billing.telling import is_earned
from functions.core.study.event import Row
from functions.core.study.release import VIEWABLE

EVENTS = ("case_earned", "case_counted", "case_corrected", "price_set", "statement_ordered", "statement_closed")


@dataclass
class Ledger:
    tenant: str
    earned: dict[str, str] = field(default_factory=dict)  # exam → when first
    cases: dict[str, tuple[str, str]] = field(default_factory=dict)  # exam → when earned, month of its bill
    corrections: dict[tuple[str, int], Correction] = field(default_factory=dict)  # exam, serial
    prices: dict[str, dict[str, Any]] = field(default_factory=dict)  # as `Prices.prices`
    statements: dict[str, Statement] = field(default_factory=dict)  # by month

    def add(self, event: Mapping[str, Any]) -> None:
        """Entries of other kinds change nothing."""
        if event["replayed"] or event["tenant"] != self.tenant:
            return
        body = event["body"]
        match event["type"]:
            case "case_earned":
                self.earned[body["exam"]] = min(self.earned.get(body["exam"], event["time"]), event["time"])
            case "case_counted":
                said = (body["at"], body["month"])
                self.cases[body["exam"]] = min(self.cases.get(body["exam"], said), said)
            case "case_corrected":
                self.corrections[body["exam"], body["serial"]] = Correction(self.tenant, **body)
            case "price_set":
                self._price(body)
            case "statement_ordered" | "statement_closed":
                self._statement(event["type"], body)

    def _price(self, body: Mapping[str, Any]) -> None:
        month, price = body["from_month"], {name: body[name] for name in ("price", "at", "by", "serial")}
        standing = self.prices.get(month)
        if standing is None or price["serial"] > standing["serial"]:
            self.prices[month] = price

    def _statement(self, kind: str, body: Mapping[str, Any]) -> None:
        month = body["month"]
        if kind == "statement_closed":
            self.statements[month] = Statement(self.tenant, state=CLOSED, **body)
        elif month not in self.statements:
            names = {"month": month, "price": body["price"], "ordered_at": body["at"], "by": body["by"]}
            self.statements[month] = Statement(self.tenant, state=ORDERED, **names)

    def price(self, month: str) -> str:
        """That of its statement, where there is one; else as agreed so far."""
        stands = self.statements.get(month)
        return stands.price if stands else money.price_of(month, self.prices)

    def entries(self, month: str) -> Iterator[Case | Correction]:
        for exam, (at, billed) in self.cases.items():
            if billed == month:
                yield Case(self.tenant, exam, month, at)
        for correction in self.corrections.values():
            if correction.month == month:
                yield correction

    def bill(self, month: str) -> Bill:
        return bill(month, self.entries(month), self.price)


def fold(tenant: str, events: Iterable[Mapping[str, Any]]) -> Ledger:
    ledger = Ledger(tenant)
    for event in events:
        ledger.add(event)
    return ledger


def differences(ledger: Ledger, month: str, rows: Iterable[Case | Correction], exams: Iterable[Row]) -> list[tuple[str, str]]:
    """(code, exam) of each thing about a month's bill that does not agree, in order; none when all does.

    ledger: of the journal; rows: what stands in the index on that month's bill; exams: rows of all exams of the hospital.

    earned_not_counted: the journal says that it is a case, and no bill has it. counted_not_earned: a bill has it, the journal
    does not say why. row_missing, row_unknown: journal and index disagree on this bill. not_told: by its row a case, and the
    journal does not say so. images_left: on this bill, and has no images any more. sum_differs: the statement (no exam).
    """
    listed = {_identity(row): row for row in rows}
    journalled = {_identity(entry): entry for entry in ledger.entries(month)}
    standing = {row["exam"]: row for row in exams}
    found = [("row_missing", key[1]) for key in journalled.keys() - listed.keys()]
    found += [("row_unknown", key[1]) for key in listed.keys() - journalled.keys()]
    found += [("earned_not_counted", exam) for exam in ledger.earned.keys() - ledger.cases.keys()]
    found += [("counted_not_earned", key[1]) for key in journalled if key[0] == Case.kind and key[1] not in ledger.earned]
    found += _of_exams(ledger, standing, {key[1] for key in journalled if key[0] == Case.kind})
    stands = ledger.statements.get(month)
    if stands and stands.state == CLOSED and not _agrees(stands, ledger.bill(month)):
        found.append(("sum_differs", ""))
    return sorted(found)


def _identity(entry: Case | Correction) -> tuple[str, str, int]:
    return entry.kind, entry.exam, entry.serial if isinstance(entry, Correction) else 0


def _of_exams(ledger: Ledger, standing: Mapping[str, Row], billed: Iterable[str]) -> Iterator[tuple[str, str]]:
    for exam, row in standing.items():
        if is_earned(row) and exam not in ledger.earned and exam not in ledger.cases:
            yield "not_told", exam
    for exam in billed:
        if exam not in standing or standing[exam]["imaging"] not in VIEWABLE:
            yield "images_left", exam


def _agrees(statement: Statement, made: Bill) -> bool:
    return (statement.count, statement.corrections, statement.sum) == (made.count, made.corrections, money.text(made.sum))
