"""The words on films and report pages, in the hospital's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    sex: Mapping[str, str]
    patient_id: str
    accession: str
    item: str
    studied: str
    position: str
    thickness: str
    at_detector: str
    scan: str
    code: str
    page: str  # with {number} and {of}
    caution: str
    incomplete: str  # with {received} and {declared}
    unfinished: str  # with {received}
    product: str
    years: str  # with {count}
    months: str
    weeks: str
    days: str


CHINESE = Words(
    sex={"M": "男", "F": "女", "O": "其他"},
    patient_id="患者编号",
    accession="检查号",
    item="检查项目",
    studied="检查时间",
    position="位置",
    thickness="层厚",
    at_detector="（探测器平面）",
    scan="扫码查看报告与图像",
    code="验证码",
    page="第 {number} 页 / 共 {of} 页",
    incomplete="图像不全：已收 {received} 幅 / 应有 {declared} 幅",
    unfinished="图像未收齐：目前已收 {received} 幅",
    caution="胶片为所选图像，完整图像请扫码查看；诊断以报告为准",
    product="云灯箱 Lightbox",
    years="{count}岁",
    months="{count}个月",
    weeks="{count}周",
    days="{count}天",
)
ENGLISH = Words(
    sex={"M": "M", "F": "F", "O": "O"},
    patient_id="Patient ID",
    accession="Accession",
    item="Exam",
    studied="Date",
    position="Pos",
    thickness="T",
    at_detector="(at detector)",
    scan="Scan for report and images",
    code="Code",
    page="Page {number} of {of}",
    incomplete="Incomplete: {received} of {declared} images",
    unfinished="Not all images are here yet: {received} so far",
    caution="A selection of the images; scan the code for all. The report alone is the diagnosis.",
    product="Lightbox",
    years="{count} y",
    months="{count} months",
    weeks="{count} weeks",
    days="{count} days",
)


def words(language: str) -> Words:
    return ENGLISH if language.startswith("en") else CHINESE


def shortage_text(received: int, declared: int | None, language: str) -> str:
    """What a film of an incomplete study says; a total is named only where it tells how much is missing."""
    say = words(language)
    if declared is None or received >= declared:
        return say.unfinished.format(received=received)
    return say.incomplete.format(received=received, declared=declared)


def age_text(age: str, language: str) -> str:
    """DICOM's age string in words: "063Y" → "63岁"; anything else as it is."""
    say = words(language)
    patterns = {"Y": say.years, "M": say.months, "W": say.weeks, "D": say.days}
    if len(age) == 4 and age[:3].isdigit() and age[3] in patterns:
        return patterns[age[3]].format(count=int(age[:3]))
    return age
