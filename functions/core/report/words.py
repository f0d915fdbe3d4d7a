"""The words of a report page, in the report's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ReportWords:
    title: str
    corrected: str  # with {version}
    name: str
    sex: str
    age: str
    findings: str
    impression: str
    examined: str
    reported: str
    audited: str
    roles: Mapping[str, str]
    caution: str


CHINESE = ReportWords(
    title="影像检查报告",
    corrected="更正报告 第 {version} 版",
    name="姓名",
    sex="性别",
    age="年龄",
    findings="影像所见",
    impression="诊断意见",
    examined="检查时间",
    reported="报告时间",
    audited="审核时间",
    roles={"reporter": "报告医师", "auditor": "审核医师", "requester": "申请医师", "performer": "检查技师"},
    caution="本报告仅供临床医师参考",
)
ENGLISH = ReportWords(
    title="Imaging report",
    corrected="Corrected report, version {version}",
    name="Name",
    sex="Sex",
    age="Age",
    findings="Findings",
    impression="Impression",
    examined="Examined",
    reported="Reported",
    audited="Approved",
    roles={"reporter": "Reported by", "auditor": "Approved by", "requester": "Requested by", "performer": "Performed by"},
    caution="For the treating physician",
)


def report_words(language: str) -> ReportWords:
    return ENGLISH if language.startswith("en") else CHINESE
