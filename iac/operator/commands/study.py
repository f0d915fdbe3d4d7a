"""Studies of a day."""

from __future__ import annotations

import argparse

from functions.adapters.wiring import Deps
from iac.operator import exams
from iac.operator.arguments import day
from iac.operator.commands.saying import add_action
from iac.operator.output import Output


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = add_action(actions, "list", _list_studies, "列出某日的检查 · List the studies that were scanned on a day.")
    listing.add_argument("--day", required=True, type=day, help="检查日期 · the scan's day, yyyy-mm-dd, UTC")


def _list_studies(chosen: argparse.Namespace, deps: Deps) -> Output:
    found = [(study, exams.state_of(deps, study).value) for study in exams.studies_of(deps, chosen.tenant, chosen.day)]
    lines = [
        f"{study.at or study.created_at}  {study.study}  {'/'.join(study.modalities):8}  {state:10}  {study.imaging:9}  "
        f"{study.received}/{study.declared if study.declared is not None else '?'}  exam {study.exam or '-'}"
        for study, state in found
    ]
    names = ("study", "exam", "at", "modalities", "imaging", "received", "declared")
    values = [{name: getattr(study, name) for name in names} | {"state": state} for study, state in found]
    return Output("\n".join(lines) or "没有检查 · No study.", values)
