"""What can go wrong in the agent: what happened, what to do, whether waiting helps. `run`, `status`, `doctor`, log and senders
all tell it in these words, in Chinese and English.

AgentError
├── SettingsWrong           the settings file cannot be used (file, line, key, what is allowed)
│   └── SettingsUnreadable  it cannot be read at all
├── SystemUnsupported       this operating system is not Linux
├── ToolMissing             a library that the agent needs is not installed, or does not work
├── PortError
│   ├── PortTaken           another program listens there
│   ├── PortForbidden       this user may not listen there
│   └── AddressNotHere      the address is none of this machine's
├── FolderUnusable          a folder cannot be read or written
├── CertificatesUnreadable  cloud.ca_file is not a file of certificates
├── NotEnrolled             no key pair and tenant yet
├── EnrolmentRefused        the one-time code was not taken
├── SpoolError
│   ├── SpoolBusy           another agent holds this spool
│   ├── SpoolFull           no room for another object
│   ├── SpoolUnwritable     the disk refused a write
│   ├── ObjectDamaged       a stored object is not what its head says
│   └── ShipmentDamaged     a file made for upload is not what it was
├── ImpossibleStep          a state and an event that do not belong together
├── ObjectRefused           an object that a sender offered is not taken
│   ├── CommandIncomplete   C-STORE without SOP UIDs
│   ├── ContextRefused      presentation context not agreed for this
│   ├── DataSetUnreadable   truncated, lying lengths, or UIDs missing
│   └── DataSetMismatch     command and data set name different objects
├── ProtocolBroken          a peer broke the upper layer protocol; its association is aborted
├── ReportRefused           a report that a source offered is not taken
├── CloudError
│   ├── CloudUnreachable    no answer, or an answer that means "later"
│   │   ├── NameUnknown         DNS does not know the host
│   │   ├── ConnectionRefused   nobody listens there, or a firewall says no
│   │   ├── NoRoute             no way to that network
│   │   ├── AnswerLate          nothing within the time
│   │   ├── ConnectionCut       it began and was cut
│   │   ├── CertificateUntrusted    the other side cannot prove who it is
│   │   ├── TlsFailed           no TLS could be agreed
│   │   ├── ProxyFailed         the proxy on the way did not let it through
│   │   └── NotTheCloud         something else answered
│   ├── ClockSkewed         this machine's clock is off
│   ├── TokenExpired        a new token is needed
│   ├── AgentRevoked        the cloud does not believe that it is this agent
│   │   ├── KeyUnknown      nobody enrolled this key pair there
│   │   └── KeyRevoked      the hospital or the operator ended this key pair's rights
│   └── CloudRefused        the cloud says no, and will say no again
└── Advice                  nothing fails yet
    ├── ClockDrifts         still believed, not for long
    ├── DiskUnsuited        the spool's file system may forget what it promised
    ├── RoomSmall           the disk is full before the spool is
    ├── ProxyNotUsed        the environment names a proxy, the settings do not
    └── WaitsForPerson      parked or overdue things
"""

from __future__ import annotations

from typing import ClassVar


class AgentError(Exception):
    """Base. Keyword arguments fill the words; none of them may hold patient data.

    message, hint: what happened, what to do; zh, zh_hint: the same in Chinese.
    """

    message: ClassVar[str] = "The agent failed."
    hint: str = ""
    zh: str = "前置机出错。"
    zh_hint: str = ""
    retry: ClassVar[bool] = False
    dicom_status: ClassVar[int] = 0x0110  # Processing failure, PS3.7 C.5.11

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(self.message.format(**details))
        self.hint, self.zh, self.zh_hint = (words.format(**details) for words in (self.hint, self.zh, self.zh_hint))

    @property
    def code(self) -> str:
        """Stable name for logs: the class name."""
        return type(self).__name__

    def facts(self) -> dict[str, str]:
        """For log, state.json and programs."""
        return {"error": self.code, "message": str(self), "hint": self.hint, "zh": f"{self.zh}{self.zh_hint}"}

    def line(self) -> str:
        """For a terminal: Chinese, then English, on one line."""
        return " ".join(f"{self.zh}{self.zh_hint} · {self} {self.hint}".split())


# -- this machine ------------------------------------------------------------------------------------------------------


class SettingsWrong(AgentError):
    message = "{file}, line {line}: {key}: {problem}."
    hint = "docs/agent.md lists every key with its meaning, unit and default."
    zh = "{file} 第 {line} 行：{key}：{problem_zh}。"
    zh_hint = "各项的含义、单位和默认值见 docs/agent.md。"


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
    zh_hint = "请选用 1023 以上的端口，或授予服务 CAP_NET_BIND_SERVICE 权限（见 docs/agent.md）。"


class AddressNotHere(PortError):
    message = "{key}: {host} is no address of this machine ({reason})."
    hint = "Set {key} to one of this machine's addresses, or to 0.0.0.0 for all."
    zh = "{key}：{host} 不是本机地址（{reason}）。"
    zh_hint = "请改为本机的某个地址，或 0.0.0.0（全部地址）。"


class FolderUnusable(AgentError):
    message = "{key}: {folder} cannot be used: {reason}"
    hint = "It must be a folder that the agent's user may read, write and enter (chown, chmod), on a disk mounted for writing."
    zh = "{key}：无法使用 {folder}：{reason}。"
    zh_hint = "它须为文件夹，运行前置机的用户可读、可写、可进入（chown、chmod），所在磁盘须可写。"


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
    hint = "A code works once, for 15 minutes, for one AE title. Ask the operator for a new one."
    zh = "登记码被拒绝：{reason}。"
    zh_hint = "登记码只能用一次，15 分钟内有效，且只对应一个 AE Title。请向运维人员索取新码。"


# -- the spool ---------------------------------------------------------------------------------------------------------


class SpoolError(AgentError):
    dicom_status = 0xA700  # Out of Resources, PS3.4 B.2.3


class SpoolBusy(SpoolError):
    message = "Spool {folder} is in use by process {pid}."
    hint = "Stop the other agent, or give this one a spool of its own (spool.folder)."
    zh = "缓存目录 {folder} 正被进程 {pid} 使用。"
    zh_hint = "请停止另一个前置机，或另设 spool.folder。"


class SpoolFull(SpoolError):
    message = (
        "Spool {folder} holds {used_mib} MiB of {max_mib} MiB, disk has {free_mib} MiB free of {min_free_mib} MiB to leave; "
        "objects are refused."
    )
    hint = (
        "Free disk, raise spool.max_gib, or mend what keeps the agent from sending (doctor); "
        "receiving goes on by itself as soon as there is room."
    )
    zh = (
        "缓存已满：{folder} 已用 {used_mib} MiB（上限 {max_mib} MiB），"
        "磁盘剩余 {free_mib} MiB（须保留 {min_free_mib} MiB）；暂停接收。"
    )
    zh_hint = "请清理磁盘、调大 spool.max_gib，或排除上传故障（doctor）；有空间后自动恢复接收。"
    retry = True


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


class ShipmentDamaged(SpoolError):
    message = "A file of shipment {number} is damaged: {reason}"
    hint = "The shipment is made anew from the received objects; check the disk."
    zh = "上传批次 {number} 的文件已损坏：{reason}。"
    zh_hint = "将由原始对象重新生成；请检查磁盘。"


class ImpossibleStep(AgentError):
    message = "{event} cannot happen to something {state}."
    zh = "状态 {state} 不可能发生 {event}。"


# -- senders -----------------------------------------------------------------------------------------------------------


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
    zh = "对方违反 DICOM 协议：{reason}。"


class ReportRefused(AgentError):
    message = "Report refused: {reason}"
    hint = "events/schemas/report.v1.json says what a report must hold."
    zh = "报告被拒绝：{reason}。"
    zh_hint = "报告的格式见 events/schemas/report.v1.json。"


# -- the cloud ---------------------------------------------------------------------------------------------------------


class CloudError(AgentError):
    pass


class CloudUnreachable(CloudError):
    message = "The cloud did not answer {route}: {reason}"
    hint = "Objects stay in the spool; sending goes on by itself."
    zh = "云端未应答 {route}：{reason}。"
    zh_hint = "数据保留在缓存中，恢复后自动续传。"
    retry = True


class NameUnknown(CloudUnreachable):
    message = "No DNS server knows the name {host}."
    hint = "Check this machine's DNS servers, and the spelling in {key}. Objects stay in the spool until then."
    zh = "DNS 无法解析 {host}。"
    zh_hint = "请检查本机的 DNS 服务器和 {key} 的拼写。数据保留在缓存中。"


class ConnectionRefused(CloudUnreachable):
    message = "{host} refuses connections on port {port}."
    hint = "Let the hospital's firewall allow TCP to it; if it does, ask the operator of the cloud. Check {key}."
    zh = "{host} 拒绝端口 {port} 的连接。"
    zh_hint = "请在医院防火墙放行到它的 TCP 连接；若已放行，请联系云端运维人员。请检查 {key}。"


class NoRoute(CloudUnreachable):
    message = "There is no way to {host}: {reason}."
    hint = "Check this machine's cable, address and default gateway."
    zh = "无法到达 {host}：{reason}。"
    zh_hint = "请检查本机的网线、地址和默认网关。"


class AnswerLate(CloudUnreachable):
    message = "{host} did not answer on port {port} within {timeout_s:g} s."
    hint = "A firewall drops the packets, or the line is very slow: allow TCP to it, or raise cloud.timeout_s."
    zh = "{host} 的端口 {port} 在 {timeout_s:g} 秒内没有应答。"
    zh_hint = "防火墙可能丢弃了数据包，或线路过慢：请放行到它的 TCP 连接，或调大 cloud.timeout_s。"


class ConnectionCut(CloudUnreachable):
    message = "The connection to {host} was cut: {reason}."
    hint = "Sending goes on by itself; if this stays, something on the way (firewall, proxy) cuts connections."
    zh = "与 {host} 的连接中断：{reason}。"
    zh_hint = "恢复后自动续传；若持续出现，则途中有设备（防火墙、代理）切断连接。"


class CertificateUntrusted(CloudUnreachable):
    message = "The certificate of {host} is not trusted: {reason}."
    hint = (
        "If the hospital's proxy opens TLS, let it leave {host} alone, or set cloud.ca_file to its certificate (PEM). "
        "If the certificate seems expired or not yet valid, check this machine's date."
    )
    zh = "{host} 的证书不受信任：{reason}。"
    zh_hint = (
        "若医院代理解密 TLS，请将 {host} 排除，或将 cloud.ca_file 设为其证书（PEM）。若提示证书过期或尚未生效，请检查本机日期。"
    )


class TlsFailed(CloudUnreachable):
    message = "No TLS with {host} on port {port}: {reason}."
    hint = "Check address and port in {key}: what answers there speaks another protocol, or only an old TLS."
    zh = "无法与 {host} 的端口 {port} 建立 TLS：{reason}。"
    zh_hint = "请检查 {key} 的地址和端口：对方使用其他协议，或 TLS 版本过旧。"


class ProxyFailed(CloudUnreachable):
    message = "The proxy {proxy} did not let the request to {host} through: {reason}."
    hint = "Check cloud.proxy, and let the proxy admit this machine to {host} without a password (the agent sends none)."
    zh = "代理 {proxy} 未放行到 {host} 的请求：{reason}。"
    zh_hint = "请检查 cloud.proxy，并让代理对本机免密放行 {host}（前置机不发送代理密码）。"


class NotTheCloud(CloudUnreachable):
    message = "{host} answered {route} with {status} and no words of the cloud's."
    hint = "A proxy's or portal's page, or a wrong path in cloud.url: what the operator gave ends in /api."
    zh = "{host} 对 {route} 的应答（{status}）并非来自云端。"
    zh_hint = "可能是代理或认证页面，或 cloud.url 的路径有误：运维人员给出的地址以 /api 结尾。"


class ClockSkewed(CloudError):
    message = "This machine's clock is {skew_s} s off; the cloud refuses its requests."
    hint = "Set the clock or turn on time synchronisation (NTP): timedatectl set-ntp true"
    zh = "本机时钟偏差 {skew_s} 秒，云端拒绝其请求。"
    zh_hint = "请校正时钟或启用时间同步（NTP）：timedatectl set-ntp true"
    retry = True


class TokenExpired(CloudError):
    message = "The access token has expired."
    zh = "访问令牌已过期。"
    retry = True


class AgentRevoked(CloudError):
    message = "The cloud no longer accepts this agent: {reason}"
    hint = "Ask the operator; a new enrolment code makes a new identity. Received objects are kept and sent then."
    zh = "云端不再接受本前置机：{reason}。"
    zh_hint = "请联系运维人员；用新的登记码重新登记。已接收的数据保留，登记后自动上传。"
    retry = True


class KeyUnknown(AgentRevoked):
    message = "The cloud does not know this agent's key pair ({key})."
    hint = "Is cloud.url the cloud it was enrolled at? If so, ask the operator for a new code and enrol again; nothing is lost."
    zh = "云端不认识本前置机的密钥（{key}）。"
    zh_hint = "请核对 cloud.url 是否为登记时的云端；若是，请向运维人员索取新登记码并重新登记，数据不会丢失。"


class KeyRevoked(AgentRevoked):
    message = "The cloud no longer accepts this agent: its key pair ({key}) was revoked."
    zh = "云端不再接受本前置机：其密钥（{key}）已被吊销。"


class CloudRefused(CloudError):
    message = "The cloud refused {route}: {status} {reason}"
    hint = "Waiting does not help; the item is parked for a person to look at."
    zh = "云端拒绝 {route}：{status} {reason}。"
    zh_hint = "等待无用；已搁置，待人工处理。"


# -- nothing fails yet -------------------------------------------------------------------------------------------------


class Advice(AgentError):
    """What `doctor` warns of."""


class ClockDrifts(Advice):
    message = "This machine's clock is {skew_s} s off; beyond 300 s the cloud refuses its requests."
    hint = ClockSkewed.hint
    zh = "本机时钟偏差 {skew_s} 秒；超过 300 秒云端将拒绝其请求。"
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
    zh_hint = "用 status 查看原因；处理方法见 docs/agent.md。"
