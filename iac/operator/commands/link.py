"""Patients' links."""

from __future__ import annotations

import argparse
import getpass

from functions.adapters.wiring import Deps
from iac.operator import exams
from iac.operator.commands.exam import exam_value
from iac.operator.commands.naming import exam_name, which_exam
from iac.operator.commands.saying import add_action
from iac.operator.output import Output


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("unlock", _unlock_link, "解锁链接 · Open a link again that wrong answers have locked."),
        ("revoke", _revoke_link, "撤销链接 · End a link and the sessions that it opened."),
    ):
        action = add_action(actions, name, run, text)
        which_exam(action)
        action.add_argument("--channel", choices=["sms", "paper"], default="sms")
        action.add_argument("--serial", type=int, default=1, help="链接序号 · 1 unless a second link was made")
    issue = add_action(
        actions,
        "issue",
        _issue_link,
        "重发链接短信 · Send a published exam's link by SMS once more, a new one if the old one ended.",
    )
    which_exam(issue)


def _issue_link(chosen: argparse.Namespace, deps: Deps) -> Output:
    exam = exams.tell_again(deps, chosen.tenant, exam_name(chosen, deps), f"operator:{getpass.getuser()}")
    return Output(
        "短信将发往登记的手机 · An SMS goes to the registered phone; `notice show` says what became of it.", exam_value(exam)
    )


def _unlock_link(chosen: argparse.Namespace, deps: Deps) -> Output:
    link = exams.find_link(deps, chosen.tenant, exam_name(chosen, deps), chosen.channel, chosen.serial)
    link = exams.unlock_link(deps, link)
    return Output(
        "链接已解锁，可试五次 · The link is open: five tries.",
        {"link": link.digest, "exam": link.exam, "locked_until": link.locked_until},
    )


def _revoke_link(chosen: argparse.Namespace, deps: Deps) -> Output:
    link = exams.find_link(deps, chosen.tenant, exam_name(chosen, deps), chosen.channel, chosen.serial)
    link = exams.revoke_link(deps, link)
    return Output("链接已撤销 · The link is revoked.", {"link": link.digest, "exam": link.exam, "revoked": link.revoked})
