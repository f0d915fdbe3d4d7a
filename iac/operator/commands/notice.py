"""Messages about exams, and what became of them."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import asdict

from functions.adapters.wiring import Deps
from functions.core.access.masking import mask_phone
from functions.core.notice.notices import Notice
from iac.operator import exams, notices
from iac.operator.commands.naming import exam_name, which_exam
from iac.operator.commands.saying import add_action
from iac.operator.output import Output


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    which_exam(
        add_action(actions, "show", _show_notices, "显示检查的短信 · Show the messages about an exam and what became of them.")
    )
    settle = add_action(
        actions, "settle", _settle_notice, "处理结果不明的短信 · Say what became of a held message, or send it once more."
    )
    which_exam(settle)
    settle.add_argument(
        "--outcome", required=True, choices=list(notices.OUTCOMES), help="请先询问患者或短信商 · ask patient or provider first"
    )


def _show_notices(chosen: argparse.Namespace, deps: Deps) -> Output:
    exam = exams.find(deps, chosen.tenant, exam_name(chosen, deps))
    return _notices_output(deps, notices.of_exam(deps, exam.tenant, exam.exam))


def _settle_notice(chosen: argparse.Namespace, deps: Deps) -> Output:
    by = f"operator:{getpass.getuser()}"
    return _notices_output(deps, [notices.settle(deps, chosen.tenant, exam_name(chosen, deps), chosen.outcome, by)])


def _notices_output(deps: Deps, found: list[Notice]) -> Output:
    patients = [exams.patient_of(deps, exams.find(deps, notice.tenant, notice.exam)) for notice in found]
    phones = [mask_phone(patient.phone) if patient else "" for patient in patients]  # as registered now
    lines = [
        f"{notice.channel} {notice.event[:12]}  {phone or 'no phone'}  {_standing(notice)}"
        for notice, phone in zip(found, phones, strict=True)
    ]
    values = [{**asdict(notice), "phone": phone} for notice, phone in zip(found, phones, strict=True)]
    return Output("\n".join(lines) or "没有短信 · No message.", values)


def _standing(notice: Notice) -> str:
    code = f" ({notice.delivery_code})" if notice.delivery_code else ""
    delivery = f", {notice.delivery}{code}" if notice.delivery else ""
    return f"{notice.state}, {notice.attempts} attempts{delivery}"
