"""Bills: what they say, whether the journal says the same, and how they are put right."""

from __future__ import annotations

import argparse

from functions.adapters import bills as rows
from functions.adapters.wiring import Deps
from functions.core.billing import money
from functions.core.billing.months import is_month
from iac.operator import bills, hospitals
from iac.operator.commands.saying import add_action, aligned
from iac.operator.output import Output

DIFFERS = 1  # exit status
WORDS = {
    "counted_not_earned": "账单有，日志无依据 · on the bill, and the journal does not say why",
    "earned_not_counted": "应计未计，请运行 bill rebuild · earned, and on no bill: `bill rebuild` counts it",
    "images_left": "图像已归入其他检查，请财务核对是否取消 · its images belong to another exam now: finance may cancel it",
    "not_told": "已有报告与图像，日志未记，请运行 reconcile · has report and images, not in the journal: `reconcile` tells it",
    "row_missing": "索引缺少，请运行 bill rebuild · lost in the index: `bill rebuild` gives it back",
    "row_unknown": "索引有，日志没有，请运行 reconcile · in the index, not in the journal: `reconcile` tells it",
    "sum_differs": "对账单合计与日志不一致 · the statement's sum is not what the journal makes",
}
REBUILT = {
    "prices": "价格 · prices",
    "statements": "对账单 · statements",
    "cases": "病例 · cases",
    "corrections": "更正 · corrections",
    "counted": "补计病例 · cases counted now",
}


def month(text: str) -> str:
    if not is_month(text):
        raise argparse.ArgumentTypeError(f"{text!r} 不是月份 · is no month; yyyy-mm, such as 2026-11")
    return text


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add_action(actions, "list", _list, "列出账单 · List a hospital's bills, the newest first.")
    check = add_action(
        actions,
        "check",
        _check,
        "按日志核对一个月的账单 · Hold a month's bill against the journal; exit status 1 when they differ.",
    )
    check.add_argument("--month", required=True, type=month, help="yyyy-mm")
    text = "按日志恢复账单，补计漏计病例 · Give lost lines back from the journal, and count what was earned and never counted."
    add_action(actions, "rebuild", _rebuild, text)


def _list(chosen: argparse.Namespace, deps: Deps) -> Output:
    found = rows.summaries(deps.table, hospitals.find(deps, chosen.tenant), deps.clock.now())
    lines = [f"{one['month']}  {one['state']:8}{one['count']:7} × {one['price']:>6}  {one['sum']:>12} CNY" for one in found]
    return Output("\n".join(lines), found)


def _check(chosen: argparse.Namespace, deps: Deps) -> Output:
    checked = bills.check(deps, chosen.tenant, chosen.month)
    made = checked.made
    facts = aligned(month=made.month, cases=str(made.count), corrections=str(made.corrections), sum=money.text(made.sum))
    lines = [f"{exam or made.month}  {WORDS[code]}" for code, exam in checked.found] or ["一致 · Journal and bill agree."]
    value = {
        "month": made.month,
        "cases": made.count,
        "corrections": made.corrections,
        "sum": money.text(made.sum),
        "differences": [{"code": code, "exam": exam} for code, exam in checked.found],
    }
    return Output("\n".join([facts, *lines]), value, DIFFERS if checked.found else 0)


def _rebuild(chosen: argparse.Namespace, deps: Deps) -> Output:
    done = bills.rebuild(deps, chosen.tenant)
    lines = [f"{done[what]:9}  {words}" for what, words in REBUILT.items() if done.get(what)]
    return Output("\n".join(lines) or "没有缺失 · Nothing was lacking.", {what: done.get(what, 0) for what in REBUILT})
