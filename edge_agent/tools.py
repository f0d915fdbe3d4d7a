"""What must be installed for the agent to run, and what for. Standard library only: it must run where the rest is missing."""

from __future__ import annotations

import platform
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from edge_agent.errors import AgentError, SystemUnsupported, ToolMissing


class Tool(NamedTuple):
    """module: what is imported; purpose, zh: what for, as it stands in ToolMissing's sentence.

    part: what it loads only when used, and knows whether it could.
    """

    module: str
    purpose: str
    zh: str
    part: str = ""


TOOLS = (
    Tool("yaml", "read the settings file", "读取设置文件"),
    Tool("cryptography", "sign requests", "请求签名"),
    Tool("httpx", "talk to the cloud", "与云端通信"),
    Tool("jsonschema", "check reports", "校验报告"),
    Tool("rfc3339_validator", "check reports", "校验报告"),
    Tool("numpy", "compress images", "压缩影像"),
    Tool("pydicom", "read images", "读取影像"),
    Tool("imagecodecs", "compress images", "压缩影像", part="HTJ2K"),
    Tool("zstandard", "compress images", "压缩影像"),
)


def faults(*, load: bool = False) -> list[AgentError]:
    """What is missing. load: also import each, which finds broken ones and takes about a second."""
    if sys.platform != "linux":
        return [SystemUnsupported(system=platform.system() or sys.platform)]
    found = []
    for tool in TOOLS:
        reason = _fault(tool, load)
        if reason:
            found.append(ToolMissing(tool=tool.module, reason=reason, purpose=tool.purpose, purpose_zh=tool.zh))
    return list(found)


def require() -> None:
    """Raises SystemUnsupported or ToolMissing for the first thing that is missing."""
    for fault in faults():
        raise fault


def _fault(tool: Tool, load: bool) -> str:
    if find_spec(tool.module) is None:
        return "not installed"
    if not load:
        return ""
    try:
        module = import_module(tool.module)
        works = not tool.part or getattr(module, tool.part).available
    except ImportError as error:
        return f"{type(error).__name__} in {error.name or tool.module}"
    return "" if works else f"its part {tool.part} does not load"
