"""Exams: why one is held, and what a person decides about it."""

from __future__ import annotations

import argparse
import getpass
from typing import Any

from functions.adapters.wiring import Deps
from iac.operator import exams
from iac.operator.commands.naming import exam_name, which_exam
from iac.operator.commands.saying import add_action, aligned
from iac.operator.output import Output


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("status", _exam_status, "显示检查状态及未发布的原因 · Show an exam's states and why it is held."),
        ("hide", _exam_decision, "立即对患者隐藏 · Hide an exam from its patient, at once."),
        ("show", _exam_decision, "重新展示 · Show an exam again that was hidden or whose report was retracted."),
    ):
        action = add_action(actions, name, run, text)
        action.set_defaults(action=name)
        which_exam(action)


def _exam_status(chosen: argparse.Namespace, deps: Deps) -> Output:
    exam = exams.find(deps, chosen.tenant, exam_name(chosen, deps))
    return Output(_exam_text(exam), exam_value(exam))


def _exam_decision(chosen: argparse.Namespace, deps: Deps) -> Output:
    by = f"operator:{getpass.getuser()}"
    exam = exams.decide(deps, chosen.tenant, exam_name(chosen, deps), chosen.action, by)
    return Output(_exam_text(exam), exam_value(exam))


def _exam_text(exam: Any) -> str:
    return aligned(
        exam=exam.exam,
        images=exam.imaging,
        report=f"{exam.reporting} (version {exam.report_version})" if exam.report_version else exam.reporting,
        release=exam.release,
        because=", ".join(exam.reasons),
        studies=", ".join(exam.studies),
    )


def exam_value(exam: Any) -> dict[str, Any]:
    names = ("exam", "imaging", "reporting", "report_version", "release", "release_serial", "reasons")
    return {name: getattr(exam, name) for name in names} | {"studies": sorted(exam.studies)}
