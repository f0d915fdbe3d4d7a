"""The demo's last lines: what this study cost, what it will cost, and that nothing beside the vault names its patient."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from iac.cost.bill import Stored, View, case, kept, lines, total, viewed
from iac.cost.measuring import Measured, stored_of
from iac.cost.page import MONTHS
from iac.cost.prices import load
from iac.cost.usage import Usage
from iac.local.cloud import LocalCloud
from iac.local.demo.privacy import searched

MEASURED = Path(__file__).resolve().parents[2] / "cost" / "measured.json"


def cost_line(cloud: LocalCloud, used: Usage, *, tenant: str, studies: list[str]) -> str:
    """used: since the study was sent. Of a view the requests are those that were measured once, the bytes this study's."""
    prices, held = load(), stored_of(cloud, tenant, studies)
    arriving, keeping = total(lines(used, prices)), total(kept(held, MONTHS, prices))
    view = _view(held)
    once = total(viewed(view, prices, cooled=False))
    three_years = case(used, held, view, MONTHS, prices)
    return (
        f"  成本 · cost         入库 {_cny(arriving)}，存三年 {_cny(keeping)}，看一次 {_cny(once)}\n"
        "                      to take it in, to keep it for three years, to see it once\n"
        f"                      三年并看三次共 {_cny(three_years)} · three years with three views"
    )


def privacy_line(logs: Path, looked_for: Mapping[str, str]) -> str:
    searched_lines, found = searched(logs, looked_for)
    if found:
        return f"  隐私 · privacy      日志中发现患者信息 · the logs name the patient:\n{'':22}{', '.join(found)}"
    said = f"  隐私 · privacy      {searched_lines:,} 行日志中没有患者信息"
    return f"{said}\n{'':22}no line of the logs names the patient"


def _view(held: Stored) -> View:
    once = Measured.from_json(json.loads(MEASURED.read_text(encoding="utf-8"))).view
    beside = once.cdn_bytes - once.rest_bytes
    carried = held.rest + held.low + min(beside, held.films + 10**6)
    return replace(once, cdn_bytes=carried, rest_bytes=held.rest)


def _cny(amount: Decimal) -> str:
    return f"¥{amount:.3f}"
