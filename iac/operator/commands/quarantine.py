"""What waits for a person."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from functions.adapters import quarantine
from functions.adapters.wiring import Deps
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.quarantine import advice
from iac.operator import exams
from iac.operator.commands.saying import add_action
from iac.operator.output import Output


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    show = add_action(
        actions, "list", _list_quarantine, "列出待处理的事项和办法 · List what waits for a person, and what to do about it."
    )
    show.add_argument("--closed", action="store_true", help="包括已处理的 · also what was settled")


def _list_quarantine(chosen: argparse.Namespace, deps: Deps) -> Output:
    found = list(quarantine.waiting(deps, chosen.tenant, closed=chosen.closed))
    lines = [f"{entry.at}  {_what_waits(entry, deps)}\n    {entry.reason}: {advice(entry.reason)}" for entry in found]
    return Output(
        "\n".join(lines) or "没有待处理的事项 · Nothing waits.",
        [{**asdict(entry), "advice": advice(entry.reason)} for entry in found],
    )


def _what_waits(entry: QuarantineEntry, deps: Deps) -> str:
    """By name; of a series also what a radiographer finds it by, none of it a person's."""
    text = f"{entry.subject} {entry.name}"
    found = exams.series_in_conflict(deps, entry) if entry.subject == "series" else None
    if found is None:
        return text
    study, series = found
    where = f"{study.at or '?'} {series.modality}, 序列 · series {series.number if series.number is not None else '?'}"
    return f"{text} of study {entry.study}: {where}, 影像 · images {entry.count}"
