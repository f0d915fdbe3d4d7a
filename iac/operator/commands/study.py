"""Studies of a day, holds that keep one beyond its retention, and where one's full images lie."""

from __future__ import annotations

import argparse
import getpass

from functions.adapters import recalls
from functions.adapters.holds import decide_hold
from functions.adapters.wiring import Deps
from functions.core.retention import tiers
from iac.operator import exams, hospitals
from iac.operator.arguments import day
from iac.operator.commands.saying import add_action
from iac.operator.output import Output


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = add_action(actions, "list", _list_studies, "列出某日的检查 · List the studies that were scanned on a day.")
    listing.add_argument("--day", required=True, type=day, help="检查日期 · the scan's day, yyyy-mm-dd, UTC")
    for name, decision, text in (
        ("hold", "place", "保留检查，保存期满也不删除 · Keep a study beyond its retention: a legal hold."),
        ("unhold", "lift", "解除保留 · End a hold: the study is removed when its retention is over."),
    ):
        action = add_action(actions, name, _hold, text)
        action.set_defaults(decision=decision)
        _add_study(action)
        action.add_argument("--reason", required=True, help="原因，记入日志 · why; the journal keeps it")
    text = "移动原图：近线、归档，或从归档取回 · Move full images to nearline or archive, or recall them: online."
    action = add_action(actions, "tier", _move, text)
    _add_study(action)
    action.add_argument("--to", required=True, choices=["nearline", "archive", "online"])


def _add_study(action: argparse.ArgumentParser) -> None:
    which = action.add_mutually_exclusive_group(required=True)
    which.add_argument("--study", help="检查在本系统中的名称 · the study's name in this system")
    which.add_argument("--study-uid")


def _name(chosen: argparse.Namespace, deps: Deps) -> str:
    return str(chosen.study or deps.naming.study(chosen.tenant, chosen.study_uid))


def _move(chosen: argparse.Namespace, deps: Deps) -> Output:
    if not deps.settings.lifecycle_queue_url:
        raise KeyError("LIGHTBOX_LIFECYCLE_QUEUE_URL")
    study = exams.study_of(deps, chosen.tenant, _name(chosen, deps))
    now = deps.clock.now()
    wanted = tiers.wanted(study, hospitals.find(deps, chosen.tenant), chosen.to, now)
    if wanted is not None:
        recalls.ask(deps, study.tenant, study.study, chosen.to, by=f"operator:{getpass.getuser()}")
    said = "已安排 · It will be." if wanted is not None else "已是如此 · It is so already."
    value = {"study": study.study, "tier": tiers.standing(study, now).value, "to": chosen.to, "asked": wanted is not None}
    return Output(said, value)


def _hold(chosen: argparse.Namespace, deps: Deps) -> Output:
    by = f"operator:{getpass.getuser()}"
    study = decide_hold(deps, chosen.tenant, _name(chosen, deps), chosen.decision, by=by, reason=chosen.reason)
    said = "已保留 · Held." if study.is_held else "已解除 · The hold has ended."
    return Output(said, {"study": study.study, "held": study.is_held})


def _list_studies(chosen: argparse.Namespace, deps: Deps) -> Output:
    now = deps.clock.now()
    found = [(study, exams.state_of(deps, study).value) for study in exams.studies_of(deps, chosen.tenant, chosen.day)]
    lines = [
        f"{study.at or study.created_at}  {study.study}  {'/'.join(study.modalities):8}  {state:10}  {study.imaging:9}  "
        f"{tiers.standing(study, now).value:9}  "
        f"{study.received}/{study.declared if study.declared is not None else '?'}  exam {study.exam or '-'}"
        for study, state in found
    ]
    names = ("study", "exam", "at", "modalities", "imaging", "received", "declared")
    values = [
        {name: getattr(study, name) for name in names} | {"state": state, "tier": tiers.standing(study, now).value}
        for study, state in found
    ]
    return Output("\n".join(lines) or "没有检查 · No study.", values)
