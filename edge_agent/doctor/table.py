"""Findings as a person and as a program reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from edge_agent.columns import padded
from edge_agent.doctor.finding import CHECKS, Finding, Level
from edge_agent.errors import sentences

_MARKS = {Level.GOOD: "✓", Level.ADVICE: "!", Level.WRONG: "✗", Level.SKIPPED: "–"}
_INDENT = 22


def is_well(findings: Sequence[Finding]) -> bool:
    return all(finding.level is not Level.WRONG for finding in findings)


def as_json(findings: Sequence[Finding]) -> str:
    told = [asdict(finding) | {"level": finding.level.value} for finding in findings]
    return json.dumps({"well": is_well(findings), "findings": told}, ensure_ascii=False, indent=2)


def as_text(findings: Sequence[Finding]) -> str:
    """A line or two for each finding: Chinese, then English; what is wrong with what to do and the error's name."""
    lines = []
    for finding in findings:
        title = f"{_MARKS[finding.level]} {CHECKS[finding.check]} · {finding.check}"
        zh, en = f"{finding.zh}{finding.zh_hint}", sentences(finding.en, finding.hint)
        if finding.level in (Level.WRONG, Level.ADVICE):
            lines += [padded(title, _INDENT) + zh, " " * _INDENT + f"{en} [{finding.code}]"]
        else:
            lines.append(padded(title, _INDENT) + (zh if zh == finding.en else f"{zh} · {finding.en}"))
    wrong = sum(finding.level is Level.WRONG for finding in findings)
    lines.append(_verdict(wrong, sum(finding.level is Level.ADVICE for finding in findings)))
    return "\n".join(lines)


def _verdict(errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return "一切正常 · nothing wrong"
    counted = f"{errors} error{'' if errors == 1 else 's'}" if errors else "no errors"
    warned = f", {warnings} warning{'' if warnings == 1 else 's'}" if warnings else ""
    return (f"{errors} 个错误" if errors else "没有错误") + (f"，{warnings} 项提醒" if warnings else "") + f" · {counted}{warned}"
