"""Why something that a sender or a source offered is not taken."""

from __future__ import annotations

from edge_agent.errors.base import AgentError


class ObjectRefused(AgentError):
    dicom_status = 0xC000  # Cannot Understand, PS3.4 B.2.3


class CommandIncomplete(ObjectRefused):
    message = "C-STORE request without {missing}."
    hint = "The sending device breaks PS3.7 9.3.1; ask its vendor."
    zh = "C-STORE 请求缺少 {missing}。"
    zh_hint = "发送设备不符合 PS3.7 9.3.1，请联系厂商。"


class ContextRefused(ObjectRefused):
    message = "{problem}"
    hint = "The sender used a presentation context for something it was not agreed for."
    zh = "表示上下文有误：{problem}"
    zh_hint = "发送设备使用了未协商的表示上下文。"
    dicom_status = 0x0122  # SOP Class not supported, PS3.7 C.5.6


class DataSetUnreadable(ObjectRefused):
    message = "Data set cannot be read: {reason}"
    hint = "The object is broken at the sender; nothing was stored."
    zh = "数据集无法读取：{reason}。"
    zh_hint = "对象在发送端已损坏，未保存。"


class DataSetMismatch(ObjectRefused):
    message = "Command and data set differ in {what}."
    hint = "The object is inconsistent at the sender; nothing was stored."
    zh = "命令与数据集的 {what} 不一致。"
    zh_hint = "对象在发送端自相矛盾，未保存。"
    dicom_status = 0xA900  # Data Set does not match SOP Class, PS3.4 B.2.3


class ProtocolBroken(AgentError):
    message = "The peer broke the DICOM protocol: {reason}"
    hint = "Its association was ended; if it is a modality, ask its vendor. Port scanners do this too."
    zh = "对方违反 DICOM 协议：{reason}。"
    zh_hint = "已中断其连接；若是影像设备，请联系厂商。端口扫描也会造成此现象。"


class ReportRefused(AgentError):
    message = "Report refused: {reason}"
    hint = "events/schemas/report.v1.json says what a report must hold."
    zh = "报告被拒绝：{reason}。"
    zh_hint = "报告的格式见 events/schemas/report.v1.json。"
