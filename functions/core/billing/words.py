"""The words of a statement, in the hospital's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class StatementWords:
    title: str
    month: str  # with {year} and {month}
    hospital: str
    period: str
    price: str
    cases: str
    corrections: str
    sum: str
    made: str
    columns: tuple[str, ...]  # of the lines: `COLUMNS`
    kinds: Mapping[str, str]
    correction_of: str  # with {month} and {reason}
    cancelled: str  # with {month} and {reason}
    total: str
    agrees: str
    differs: str
    check: str
    page: str  # with {number} and {of}
    none: str
    currency: str


COLUMNS = ("number", "kind", "at", "accession_number", "item", "modality", "patient", "amount", "note")

CHINESE = StatementWords(
    title="云胶片服务对账单",
    month="{year} 年 {month} 月",
    hospital="医院",
    period="账期",
    price="单价（元/例）",
    cases="病例数",
    corrections="更正笔数",
    sum="合计（元）",
    made="出账时间",
    columns=("序号", "类别", "时间", "检查号", "检查项目", "设备", "患者", "金额（元）", "说明"),
    kinds={"case": "病例", "correction": "更正"},
    correction_of="更正 {month} 病例：{reason}",
    cancelled="取消 {month} 病例：{reason}",
    total="合计",
    agrees="一致",
    differs="不一致",
    check="核对",
    page="第 {number} 页 / 共 {of} 页",
    none="本月没有病例",
    currency="人民币",
)
ENGLISH = StatementWords(
    title="Statement for cloud film",
    month="{year}-{month:02d}",
    hospital="Hospital",
    period="Month",
    price="Price (CNY per case)",
    cases="Cases",
    corrections="Corrections",
    sum="Sum (CNY)",
    made="Made at",
    columns=("No.", "Kind", "Time", "Accession", "Exam", "Type", "Patient", "Amount (CNY)", "Note"),
    kinds={"case": "case", "correction": "change"},
    correction_of="corrects a case of {month}: {reason}",
    cancelled="cancels a case of {month}: {reason}",
    total="Sum",
    agrees="agrees",
    differs="differs",
    check="Check",
    page="Page {number} of {of}",
    none="No case in this month",
    currency="CNY",
)


def statement_words(language: str) -> StatementWords:
    return ENGLISH if language.startswith("en") else CHINESE
