"""What a reconciliation did, what it could not do, and what a person does about it, in Chinese and English."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

COUNTED = {  # in the order of the report
    "events": "已读日志 · journal entries read",
    "hospitals": "医院 · hospitals",
    "accounts": "员工账号 · accounts",
    "settled": "已由人处理 · settled by a person",
    "agents": "前置机 · agents",
    "agents listed": "补入前置机列表 · agents listed",
    "keys": "前置机密钥 · keys",
    "links": "患者链接与分享 · links and shares",
    "openings": "查看记录 · openings",
    "notices": "通知记录 · notices",
    "bindings": "微信绑定 · WeChat bindings",
    "exams": "检查 · exams",
    "cases": "账单病例 · cases on bills",
    "corrections": "账单更正 · corrections of bills",
    "prices": "价格 · prices",
    "statements": "对账单 · statements",
    "holds": "保存期与保留令 · ends and holds of studies",
    "studies": "影像检查 · studies",
    "series": "序列 · series",
    "manifests": "清单 · manifests",
    "declarations": "声明 · declarations",
    "reports": "报告 · reports",
    "series decided": "序列的隐藏或展示 · series hidden or shown",
    "patients corrected": "患者信息更正 · patients corrected",
    "quarantined": "待处理 · quarantined",
    "before billing": "计费首日之前，不计费 · earned before billing began, not billed",
    "told": "补发事件 · told",
    "rendered again": "重新绘制 · rendered again",
    "notices looked up": "查询短信结果 · notices looked up",
    "receipts awaited": "等待短信回执 · receipts of notices awaited",
    "requeued": "重新入队 · requeued",
}
FAILED, LACKING = 1, 3  # exit statuses: run it again; a person must look. 2 is argparse's

NOT_KNOWN = "索引与日志中都没有 · neither table nor journal knows it"
NOT_TOLD = "现在才发布，不通知患者 · released only now; its patient is not told (`link issue`)"
WITHHELD = (
    "日志中已收回或存疑，现有文件却会发布：已隐藏 · "
    "what the journal withholds, the documents at hand would release: hidden (`exam show`)"
)
REBUILDING = "{tenant}：正在重建 · rebuilding"
WAITING = (
    "{tenant}：保持关闭，直到一次没有失败的运行，或 --despite-failures · "
    "stays closed to new work until a run without failures, or --despite-failures"
)
UNREADABLE = (
    "{count} 条日志无法读取：条目可能来自更新的版本，或已损坏。请升级此命令，或从副本恢复这些对象 · "
    "{count} journal entries cannot be read: of a later version, or damaged. Update this command, or restore these objects from "
    "the bucket's replica."
)
CLOSED = (
    "{tenant}：保持关闭，因为读不出的条目可能是吊销、撤销链接或隐藏。处理后再运行；确认无妨时可用 --despite-failures 开放 · "
    "{tenant} stays closed: what cannot be read may have revoked an agent or link, or hidden an exam. Mend it and run again; "
    "--despite-failures opens it all the same, with that undone."
)


@dataclass
class Outcome:
    """done: how many of each thing; lacking: (what, why) that could not be rebuilt; failed: the same, worth another try."""

    say: Callable[[str], None] = lambda line: None
    done: Counter[str] = field(default_factory=Counter)
    lacking: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)  # tenant, name of a journal entry
    closed: list[str] = field(default_factory=list)  # hospitals that stay closed for what nobody can read
    rebuilt: list[str] = field(default_factory=list)  # hospitals whose rows lacked something
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self.done[what] += number

    def lack(self, what: str, why: str) -> None:
        with self._lock:
            self.lacking.append((what, why))

    def fail(self, what: str, error: Exception) -> None:
        with self._lock:
            self.failed.append((what, getattr(error, "code", type(error).__name__)))

    def cannot_read(self, tenant: str, entry: str) -> None:
        with self._lock:
            self.unreadable.append((tenant, entry))

    def reads_all_of(self, tenant: str) -> bool:
        return all(one != tenant for one, _ in self.unreadable)

    @property
    def status(self) -> int:
        """The exit status; what another run may heal comes before what it cannot."""
        return FAILED if self.failed or self.closed else LACKING if self.lacking or self.unreadable else 0

    def text(self) -> str:
        counts = [f"{self.done[what]:9}  {words}" for what, words in COUNTED.items() if self.done[what]]
        lines = [self._summary(), *counts]
        lines += [f"未能重建 · not rebuilt: {what}: {why}" for what, why in sorted(self.lacking)]
        lines += [f"失败，请再运行一次 · failed, run it again: {what}: {why}" for what, why in sorted(self.failed)]
        lines += [f"无法读取 · unreadable: journal entry {entry} of {tenant}" for tenant, entry in sorted(self.unreadable)]
        if self.unreadable:
            lines.append(UNREADABLE.format(count=len(self.unreadable)))
        lines += [CLOSED.format(tenant=tenant) for tenant in self.closed]
        if self.lacking:
            lines.append(
                f"{len(self.lacking)} 项未能重建，需要人处理 · {len(self.lacking)} not rebuilt: a person must look at each."
            )
        if self.failed:
            lines.append(f"{len(self.failed)} 项失败，请再运行一次 · {len(self.failed)} failed: run it again.")
        return "\n".join(lines)

    def _summary(self) -> str:
        if self.rebuilt:
            return f"已重建 · Rebuilt: {', '.join(self.rebuilt)}."
        is_whole = (
            not self.lacking and not self.failed and not self.unreadable and not self.closed and set(self.done) <= {"events"}
        )
        return "索引与存储一致 · Every row stands as the vault says." if is_whole else "没有丢失 · No row was lost."

    def value(self) -> dict[str, Any]:
        return {
            "rebuilt": self.rebuilt,
            "done": {what: self.done[what] for what in COUNTED if self.done[what]},
            "not_rebuilt": [{"what": what, "why": why} for what, why in sorted(self.lacking)],
            "failed": [{"what": what, "why": why} for what, why in sorted(self.failed)],
            "unreadable": [{"tenant": tenant, "entry": entry} for tenant, entry in sorted(self.unreadable)],
            "closed": self.closed,
        }
