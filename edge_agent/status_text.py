"""What `status` shows a person: one screen, Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge_agent.columns import padded
from edge_agent.errors import sentences
from edge_agent.status import StudyCounts, View, waiting

_INDENT = 20
_MOST_STUDIES = 20
_STATES = {
    "spooled": "待打包",
    "packed": "待上传",
    "sending": "上传中",
    "uploaded": "待入库",
    "sent": "已送达",
    "parked": "已搁置",
}


def as_text(view: View) -> str:
    """Delivered studies are only counted: a week's would fill many screens."""
    running = f"运行中，进程 {view.running} · running (process {view.running})" if view.running else "未运行 · not running"
    lines = [_line("前置机 · Agent", f"{view.version} {running}")]
    if view.identity:
        who = view.identity
        lines.append(_line("医院 · Hospital", f"{who['hospital']} (tenant {who['tenant']}), agent {who['agent']}"))
    else:
        lines.append(_line("医院 · Hospital", "尚未登记 · not enrolled yet"))
    used, limit, free = view.spool_bytes >> 20, view.max_bytes >> 20, f"{view.free_bytes / 2**30:.1f} GiB"
    sizes = f"缓存 {used} / {limit} MiB，磁盘剩余 {free} · spool {used} of {limit} MiB, disk {free} free"
    lines.append(_line("磁盘 · Disk", sizes))
    if view.full:
        zh, en = ("磁盘已满", "disk") if view.disk_full else ("缓存已达上限", "spool.max_gib")
        lines.append(_line("", f"{zh}，暂停接收 · {en} FULL: senders are refused"))
    lines.append(_line("影像 · Objects", _counts(view.states)))
    lines.append(_line("报告 · Reports", _counts(view.reports)))
    if view.trouble:
        lines.append(_line("故障 · Trouble", view.trouble.get("zh", "")))
        lines.append(_line("", sentences(view.trouble["message"], view.trouble["hint"])))
    lines += [_line("搁置 · Parked", _facts(entry)) for entry in view.parked]
    lines += [_line("逾期 · Overdue", _facts(entry)) for entry in view.overdue]
    return "\n".join(lines + _studies(view.studies))


def as_waiting(view: View) -> str:
    """One sentence: whether the cloud has everything."""
    counts = waiting(view)
    if not any(counts.values()):
        return "全部已送达云端 · the cloud has everything"
    return (
        "尚未送达：对象 {objects}、报告 {reports}、批次 {shipments}，未申报完整的检查 {studies} · "
        "still here: {objects} objects, {reports} reports, {shipments} shipments, {studies} studies not declared complete"
    ).format(**counts)


def _studies(studies: list[StudyCounts]) -> list[str]:
    open_ones = [study for study in studies if not study.is_delivered]
    shown = open_ones[:_MOST_STUDIES]
    lines = []
    if studies:
        delivered, more = len(studies) - len(open_ones), len(open_ones) - len(shown)
        hidden = f"，另有 {more} 个未列出 · {more} more are not listed" if more else ""
        text = f"{delivered} 个已送达，{len(open_ones)} 个未完成 · {delivered} delivered, {len(open_ones)} under way{hidden}"
        lines.append(_line("检查 · Studies", text))
    if shown:
        lines.append(f"{'Study Instance UID':64} received  packed    sent indexed declared")
    for study in shown:
        declared = "-" if study.declared is None else study.declared
        lines.append(f"{study.study_uid:64} {study.received:8} {study.packed:7} {study.sent:7} {study.indexed:7} {declared:>8}")
    return lines


def _line(title: str, text: str) -> str:
    return padded(title, _INDENT) + text


def _counts(states: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {_STATES.get(state, '')} {state}" for state, count in states.items()) or "无 · none"


def _facts(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.items())
