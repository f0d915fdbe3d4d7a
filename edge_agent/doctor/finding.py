"""What `doctor` found out about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from edge_agent.errors import Advice, AgentError

CHECKS = {
    "tools": "运行环境",
    "settings": "设置文件",
    "identity": "登记",
    "spool": "缓存",
    "folders": "文件夹",
    "disk": "磁盘",
    "ports": "端口",
    "cloud": "云端",
    "key": "密钥",
    "clock": "时钟",
    "storage": "云存储",
}


class Level(Enum):
    """How a check ended. Only WRONG makes `doctor` fail."""

    GOOD = "good"
    ADVICE = "advice"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """check: one of CHECKS. zh, en: what was found; hints: what to do. code: the error's name, or empty."""

    check: str
    level: Level
    zh: str
    en: str
    zh_hint: str = ""
    hint: str = ""
    code: str = ""


def good(check: str, zh: str, en: str) -> Finding:
    return Finding(check, Level.GOOD, zh, en)


def wrong(check: str, error: AgentError) -> Finding:
    """An error, or an Advice, as a finding."""
    level = Level.ADVICE if isinstance(error, Advice) else Level.WRONG
    return Finding(check, level, error.zh, str(error), error.zh_hint, error.hint, error.code)


def skipped(check: str) -> Finding:
    """It cannot be looked at before something above is mended."""
    return Finding(check, Level.SKIPPED, "上面的问题解决后再检查", "to be looked at when what is wrong above is mended")
