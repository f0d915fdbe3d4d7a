"""What `doctor` warns of before it fails."""

from __future__ import annotations

from edge_agent.errors.base import AgentError
from edge_agent.errors.cloud import ClockSkewed


class Advice(AgentError):
    """What `doctor` warns of."""


class ClockDrifts(Advice):
    message = "This machine's clock is {off_s} s {side}; beyond 300 s the cloud refuses its requests."
    hint = ClockSkewed.hint
    zh = "本机时钟{side_zh} {off_s} 秒；超过 300 秒云端将拒绝其请求。"
    zh_hint = ClockSkewed.zh_hint


class DiskUnsuited(Advice):
    message = "spool.folder: {folder} lies on {kind}, which may lose what was promised to senders when power or network fails."
    hint = "Put it on a local disk (ext4, xfs)."
    zh = "spool.folder：{folder} 位于 {kind}，断电或断网时可能丢失已确认的数据。"
    zh_hint = "请放在本地磁盘（ext4、xfs）上。"


class RoomSmall(Advice):
    message = "The disk of {folder} has {free_mib} MiB free, less than the {max_mib} MiB that spool.max_gib lets the spool hold."
    hint = "Free disk, or lower spool.max_gib, so that the spool and not the disk is full first."
    zh = "{folder} 所在磁盘剩余 {free_mib} MiB，少于 spool.max_gib 允许的 {max_mib} MiB。"
    zh_hint = "请清理磁盘，或调小 spool.max_gib。"


class ProxyNotUsed(Advice):
    message = "{variable} names a proxy; the agent does not use it."
    hint = "If only the proxy may go out, set cloud.proxy."
    zh = "环境变量 {variable} 指定了代理，前置机不使用它。"
    zh_hint = "若只能经代理出网，请设置 cloud.proxy。"


class WaitsForPerson(Advice):
    message = "{parked} parked, {overdue} overdue."
    hint = "`status` lists them with their reasons; docs/agent.md says what to do."
    zh = "{parked} 项已搁置，{overdue} 项逾期。"
    zh_hint = "用 status 查看原因；处理方法见 docs/agent.zh-CN.md。"
