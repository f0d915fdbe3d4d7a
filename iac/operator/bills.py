"""Bills held against the journal, and put right from it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from functions.adapters import bills
from functions.adapters.wiring import Deps
from functions.core.billing.bill import Bill
from functions.core.billing.ledger import Ledger, differences
from functions.core.billing.telling import is_earned
from functions.core.errors import RequestError
from functions.core.history.folding import History
from functions.core.study import keys
from functions.core.study.hospitals import is_closed
from iac.operator import hospitals
from iac.operator.reconcile.decisions import apply, bill_decisions
from iac.operator.reconcile.documents import is_before_billing
from iac.operator.reconcile.outcome import Outcome
from iac.operator.reconcile.reading import read_history
from iac.operator.reconcile.replaying import replaying

WORKERS = 16


class JournalUnreadable(RequestError):
    message = "{count} 条日志无法读取 · {count} journal entries cannot be read."
    hint = "`reconcile` 会列出它们 · `reconcile` names them and says what to do."
    status = 409


class HospitalClosed(RequestError):
    message = "医院已关闭，正在重建 · The hospital is closed, its rows are being rebuilt."
    hint = "请先运行 reconcile · Run `reconcile` first; it gives bills back, too."
    status = 409


@dataclass(frozen=True)
class Checked:
    """made: the month's bill as the journal makes it; found: (code, exam) of what does not agree with it."""

    made: Bill
    found: list[tuple[str, str]]


def check(deps: Deps, tenant: str, month: str) -> Checked:
    """Raises RecordMissing, JournalUnreadable."""
    hospital = hospitals.find(deps, tenant)
    history = _history(deps, tenant)
    ledger = history.bills
    billed = {entry.exam for entry in ledger.entries(month)}
    asked = chain(billed, history.exams.keys() - ledger.earned.keys() - billed)
    rows = (deps.table.get(keys.exam_pk(tenant, exam), "EXAM") for exam in asked)
    standing = [
        row
        for row in rows
        if row is not None and (row["exam"] in billed or not is_earned(row) or not is_before_billing(hospital, row["exam"], deps))
    ]
    return Checked(ledger.bill(month), differences(ledger, month, bills.entries(deps.table, tenant, month), standing))


def rebuild(deps: Deps, tenant: str) -> dict[str, int]:
    """Give back what stood on the bills, and count what was earned and never counted. Returns how many of each.

    Raises RecordMissing, JournalUnreadable, HospitalClosed.
    """
    hospital = hospitals.find(deps, tenant)
    if is_closed(hospital.to_row()):
        raise HospitalClosed()
    history = _history(deps, tenant)
    past = replaying(deps, deps.clock.now())
    done: dict[str, int] = {}
    for decision in bill_decisions(history):
        done[decision[0]] = done.get(decision[0], 0) + apply(decision, past.table)
    left = _not_counted(history.bills)
    for exam, at in left:
        bills.count_case(deps.table, hospital, exam, at)
    return {**done, "counted": len(left)}


def _not_counted(ledger: Ledger) -> list[tuple[str, str]]:
    return sorted((exam, at) for exam, at in ledger.earned.items() if exam not in ledger.cases)


def _history(deps: Deps, tenant: str) -> History:
    outcome = Outcome()
    history = read_history(tenant, deps, WORKERS, outcome)
    if outcome.unreadable:
        raise JournalUnreadable(count=len(outcome.unreadable))
    return history
