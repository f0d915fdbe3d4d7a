"""What can go wrong with the spool."""

from __future__ import annotations

from edge_agent.errors.base import AgentError


class SpoolError(AgentError):
    dicom_status = 0xA700  # Out of Resources, PS3.4 B.2.3


class SpoolBusy(SpoolError):
    message = "Spool {folder} is in use by process {pid}."
    hint = "Stop the other agent, or give this one a spool of its own (spool.folder)."
    zh = "缓存目录 {folder} 正被进程 {pid} 使用。"
    zh_hint = "请停止另一个前置机，或另设 spool.folder。"


class AgentRuns(SpoolBusy):
    message = "The agent runs on spool {folder} (process {pid}); this command needs it stopped."
    hint = "Stop the agent first: systemctl stop lightbox-agent"
    zh = "前置机正在运行（缓存目录 {folder}，进程 {pid}），此命令须在停止后执行。"
    zh_hint = "请先停止前置机：systemctl stop lightbox-agent"


class SpoolFull(SpoolError):
    """No room: the disk's end or the settings' bound. What helps against one does not help against the other."""

    retry = True


class DiskFull(SpoolFull):
    message = (
        "The disk of spool {folder} has {free_mib} MiB free, {min_free_mib} MiB must be left (spool.min_free_gib); "
        "objects are refused."
    )
    hint = "Free disk or enlarge it; if the cloud is not reached, mend that (doctor). Receiving goes on by itself."
    zh = "缓存所在磁盘已满：{folder} 剩余 {free_mib} MiB，须保留 {min_free_mib} MiB（spool.min_free_gib）；暂停接收。"
    zh_hint = "请清理或扩大磁盘；若无法上传，请先排除故障（doctor）。有空间后自动恢复接收。"


class SpoolAtLimit(SpoolFull):
    message = "Spool {folder} holds {used_mib} MiB, its limit is {max_mib} MiB (spool.max_gib); objects are refused."
    hint = "Mend what keeps the agent from sending (doctor), or raise spool.max_gib. Receiving goes on by itself."
    zh = "缓存已达上限：{folder} 已用 {used_mib} MiB，上限 {max_mib} MiB（spool.max_gib）；暂停接收。"
    zh_hint = "请排除上传故障（doctor），或调大 spool.max_gib。有空间后自动恢复接收。"


class SpoolUnwritable(SpoolError):
    message = "The disk of spool {folder} refused a write: {reason}"
    hint = "Check the disk, its mount and its rights; senders may send again."
    zh = "缓存目录 {folder} 的磁盘拒绝写入：{reason}。"
    zh_hint = "请检查磁盘、挂载和权限；设备可重发。"
    retry = True


class ObjectDamaged(SpoolError):
    message = "Object {number} in the spool is damaged: {reason}"
    hint = "Its file is kept. Send the object again from the modality, then check the disk."
    zh = "缓存中的对象 {number} 已损坏：{reason}。"
    zh_hint = "文件已保留。请从设备重发，并检查磁盘。"


class ObjectTooLarge(SpoolError):
    message = (
        "Object {number} has {object_mib} MiB; packing it takes {need_mib} MiB of memory, this machine has {memory_mib} MiB."
    )
    hint = "Its file is kept. Give the machine more memory, then release what is parked (release, agent stopped)."
    zh = "缓存中的对象 {number} 有 {object_mib} MiB；打包需要 {need_mib} MiB 内存，本机只有 {memory_mib} MiB。"
    zh_hint = "文件已保留。请给本机增加内存，再停止前置机并执行 release。"


class ShipmentDamaged(SpoolError):
    message = "A file of shipment {number} is damaged: {reason}"
    hint = "The shipment is made anew from the received objects; check the disk."
    zh = "上传批次 {number} 的文件已损坏：{reason}。"
    zh_hint = "将由原始对象重新生成；请检查磁盘。"


class ImpossibleStep(AgentError):
    message = "{event} cannot happen to something {state}."
    hint = "A fault of the program, nothing was changed: restart the agent, and send its log to the operator of the cloud."
    zh = "状态 {state} 不可能发生 {event}。"
    zh_hint = "这是程序错误，数据未改动：请重启前置机，并把日志发给云端运维人员。"
