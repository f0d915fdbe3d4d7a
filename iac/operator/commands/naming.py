"""How a command's arguments name an exam."""

from __future__ import annotations

import argparse

from functions.adapters.wiring import Deps
from iac.operator import exams


def which_exam(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--exam", help="检查在本系统中的名称 · the exam's name in this system")
    which.add_argument("--accession-number")
    which.add_argument("--study-uid", help="没有检查号时 · of an exam without accession number")


def exam_name(chosen: argparse.Namespace, deps: Deps) -> str:
    if chosen.exam:
        return str(chosen.exam)
    return exams.exam_name(deps, chosen.tenant, accession_number=chosen.accession_number or "", study_uid=chosen.study_uid or "")
