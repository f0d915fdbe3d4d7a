"""What this machine lacks or refuses: settings, libraries, ports, folders, identity."""

from __future__ import annotations

from typing import Self

from edge_agent.errors.base import AgentError


class SettingsWrong(AgentError):
    message = "{file}, line {line}: {key}: {problem}."
    hint = "docs/agent.md lists every key with its meaning, unit and default."
    zh = "{file} 第 {line} 行：{key}：{problem_zh}。"
    zh_hint = "各项的含义、单位和默认值见 docs/agent.zh-CN.md。"

    def among(self, count: int) -> Self:
        """The first of `count` faults: says that `doctor` names them all."""
        if count > 1:
            self.hint = f"Run doctor for all {count} faults. {self.hint}"
            self.zh_hint = f"共 {count} 处错误，运行 doctor 可查看全部。{self.zh_hint}"
        return self


class SettingsMalformed(SettingsWrong):
    message = "{file}, line {line}: {problem}."
    zh = "{file} 第 {line} 行：{problem_zh}。"


class SettingsUnreadable(SettingsWrong):
    message = "The settings file {file} cannot be read: {problem}."
    hint = "Give its path with --config; it is UTF-8 text that the agent's user may read."
    zh = "无法读取设置文件 {file}：{problem_zh}。"
    zh_hint = "请用 --config 指定路径；文件须为 UTF-8 编码，且运行前置机的用户可读。"


class SystemUnsupported(AgentError):
    message = "The agent runs on Linux; this is {system}."
    hint = "Install it on a Linux machine (Debian 12 is what it is tested on), a virtual one too."
    zh = "前置机只能在 Linux 上运行，本机是 {system}。"
    zh_hint = "请安装在 Linux（已在 Debian 12 上测试）上，虚拟机亦可。"


class ToolMissing(AgentError):
    message = "{tool} cannot be used: {reason}; it is needed to {purpose}."
    hint = "In the agent's virtual environment: python -m pip install -r edge_agent/requirements.txt"
    zh = "{tool} 无法使用（{reason}），{purpose_zh}需要它。"
    zh_hint = "请在前置机的虚拟环境中运行：python -m pip install -r edge_agent/requirements.txt"


class PortError(AgentError):
    pass


class PortTaken(PortError):
    message = "{key}: port {port} on {host} is in use by {owner}."
    hint = "Stop that program, or choose another port in the settings file."
    zh = "{key}：{host} 的端口 {port} 已被占用（{owner_zh}）。"
    zh_hint = "请停止该程序，或在设置文件中另选端口。"


class PortForbidden(PortError):
    message = "{key}: this user may not listen on port {port}."
    hint = "Choose a port above 1023, or give the service CAP_NET_BIND_SERVICE (docs/agent.md, Service)."
    zh = "{key}：当前用户无权使用端口 {port}。"
    zh_hint = "请选用 1023 以上的端口，或授予服务 CAP_NET_BIND_SERVICE 权限（见 docs/agent.zh-CN.md）。"


class AddressNotHere(PortError):
    message = "{key}: {host} is no address of this machine ({reason})."
    hint = "Set {key} to one of this machine's addresses, or to 0.0.0.0 for all."
    zh = "{key}：{host} 不是本机地址（{reason}）。"
    zh_hint = "请改为本机的某个地址，或 0.0.0.0（全部地址）。"


class FolderUnusable(AgentError):
    message = "{key}: {folder} cannot be used: {reason}"
    hint = "The agent's user must be able to read, write and enter it with all in it (chown -R, chmod); mount it for writing."
    zh = "{key}：无法使用 {folder}：{reason}。"
    zh_hint = "运行前置机的用户须能读、写、进入该文件夹及其中内容（chown -R、chmod），所在磁盘须可写。"


class CertificatesUnreadable(AgentError):
    message = "cloud.ca_file: {file} holds no certificates that can be read: {reason}"
    hint = "It must be a PEM file (-----BEGIN CERTIFICATE-----); leave the key out to trust the system's certificates."
    zh = "cloud.ca_file：无法从 {file} 读取证书：{reason}。"
    zh_hint = "须为 PEM 文件（-----BEGIN CERTIFICATE-----）；不设此项则信任系统证书。"


class NotEnrolled(AgentError):
    message = "This agent has no identity yet: {folder} holds none."
    hint = "Get a one-time code from the operator, then: python -m edge_agent enrol --config FILE --code CODE"
    zh = "前置机尚未登记：{folder} 中没有身份。"
    zh_hint = "请向运维人员索取一次性登记码，然后运行：python -m edge_agent enrol --config FILE --code CODE"


class EnrolmentRefused(AgentError):
    message = "The enrolment code was refused: {reason}"
    hint = "A code works once, for 15 minutes, for the AE title that dicom.ae_title must have. Ask the operator for a new one."
    zh = "登记码被拒绝：{reason_zh}。"
    zh_hint = "登记码只能用一次，15 分钟内有效，且须与 dicom.ae_title 一致。请向运维人员索取新码。"
