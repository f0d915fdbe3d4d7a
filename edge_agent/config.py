"""The agent's settings: one YAML file, loaded once into one frozen object.

Each key carries its meaning, unit and default beside it; `table()` makes docs/agent.md's list from them. An error names
the file, the line, the key, and what is allowed; `check` finds all of them, so that a file is mended in one go.
"""

from __future__ import annotations

import re
import sys
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Literal, get_type_hints

import yaml

from edge_agent.errors import SettingsMalformed, SettingsUnreadable, SettingsWrong
from edge_agent.setting import Allowed, Reader, Words, between, key, matching, unit_of
from edge_agent.urls import is_private

PORT = between(0, 65535)
AE_TITLE = matching(
    r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?",
    Words("1 to 16 ASCII characters without backslash", "1 至 16 个 ASCII 字符，不含反斜杠"),
)
URL = Allowed(
    Words(
        "https://host[:port][/path]; http:// only to this machine (localhost, 127.0.0.1)",
        "https://主机[:端口][/路径]；http:// 仅限本机（localhost、127.0.0.1）",
    ),
    lambda value: re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value) is not None and is_private(value),
)
PROXY = matching(
    r"http://[^\s/?#@]+:[0-9]{1,5}/?", Words("http://host:port, without user and password", "http://主机:端口，不含用户名和口令")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    url: str = key(
        Words("where the cloud's APIs are; the agent adds /edge/v1/…", "云端接口的地址；前置机自行加上 /edge/v1/…"), allowed=URL
    )
    ca_file: Path | None = key(  # noqa: RUF009
        Words("certificates to trust instead of the system's (PEM)", "代替系统证书、用于信任的证书（PEM）"), default=None
    )
    proxy: str | None = key(
        Words(
            "proxy to go out by, for images too; none is used unless it is named here",
            "出网代理，图像也经此上传；不在此指定则不用代理",
        ),
        default=None,
        allowed=PROXY,
    )
    timeout_s: float = key(
        Words("longest wait for one answer", "等待一次应答的最长时间"), default=30.0, unit="s", allowed=between(1, 600)
    )
    heartbeat_s: float = key(
        Words("time between two signs of life", "两次心跳的间隔"), default=30.0, unit="s", allowed=between(5, 3600)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dicom:
    host: str = key(Words("address to listen on; modalities must reach it", "监听地址；影像设备须能访问"), default="0.0.0.0")  # noqa: S104
    port: int = key(
        Words("TCP port; 0 = any free one, written to the log", "TCP 端口；0 = 任一空闲端口，写入日志"),
        default=11112,
        allowed=PORT,
    )
    ae_title: str = key(
        Words("this agent's AE title; the enrolment code is tied to it", "前置机的 AE Title；登记码与它绑定"),
        default="LIGHTBOX",
        allowed=AE_TITLE,
    )
    check_called_ae_title: bool = key(
        Words("refuse associations that call another AE title", "拒绝呼叫其他 AE Title 的连接"), default=True
    )
    max_associations: int = key(
        Words("associations at the same time; more are refused for a while", "同时的连接数；超出的暂时拒绝"),
        default=64,
        allowed=between(1, 1000),
    )
    max_pdu_kib: int = key(
        Words("largest PDU offered to senders", "向发送方提供的最大 PDU"), default=1024, unit="KiB", allowed=between(4, 16384)
    )
    idle_timeout_s: float = key(
        Words("an association without a byte for so long is aborted", "连接在此时间内没有数据则中断"),
        default=60.0,
        unit="s",
        allowed=between(1, 3600),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    folder: Path = key(Words("where received objects wait; a local disk", "存放待上传数据的目录；须为本地磁盘"))  # noqa: RUF009
    max_gib: float = key(
        Words("bound of the spool; when full, senders get Out of Resources", "缓存上限；满时向发送方回答 Out of Resources"),
        default=100.0,
        unit="GiB",
        allowed=between(0.01, 1e6),
    )
    min_free_gib: float = key(
        Words("room to leave on the disk; packing and sending need some of it", "磁盘上须保留的空间；打包和上传要用到"),
        default=2.0,
        unit="GiB",
        allowed=between(0, 1e6),
    )
    ready_mib: float = key(
        Words(
            "kept in files that new images are written over, which is faster; beside max_gib, 1/64 of it at most",
            "预留的文件，新图像覆盖写入，速度更快；另计于 max_gib 之外，最多为其 1/64",
        ),
        default=256.0,
        unit="MiB",
        allowed=between(0, 65536),
    )

    @property
    def max_bytes(self) -> int:
        return int(self.max_gib * (1 << 30))

    @property
    def min_free_bytes(self) -> int:
        return int(self.min_free_gib * (1 << 30))

    @property
    def ready_bytes(self) -> int:
        return min(int(self.ready_mib * (1 << 20)), self.max_bytes // 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    quiet_s: float = key(
        Words("a series without a new image for so long is packed", "序列在此时间内没有新图像则打包"),
        default=2.0,
        unit="s",
        allowed=between(0.05, 600),
    )
    target_mib: float = key(
        Words("a parcel is sealed at about this size", "一个包约到此大小即封装"),
        default=16.0,
        unit="MiB",
        allowed=between(0.1, 32),
    )
    workers: int = key(Words("batches of a series packed at the same time", "同时打包的批数"), default=2, allowed=between(1, 64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    workers: int = key(Words("shipments sent at the same time", "同时上传的批数"), default=4, allowed=between(1, 64))
    retry_first_s: float = key(
        Words("wait after the first failure; doubles, with chance in it", "首次失败后的等待；逐次加倍，并带随机"),
        default=0.5,
        unit="s",
        allowed=between(0.01, 600),
    )
    retry_longest_s: float = key(
        Words("longest wait between two tries", "两次尝试之间的最长等待"), default=60.0, unit="s", allowed=between(0.01, 3600)
    )
    ask_s: float = key(
        Words("time between two questions whether something is indexed", "两次询问是否已入库的间隔"),
        default=0.5,
        unit="s",
        allowed=between(0.05, 600),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    quiet_s: float = key(
        Words("a study without a new image for so long is declared complete", "检查在此时间内没有新图像则申报完整"),
        default=10.0,
        unit="s",
        allowed=between(0.1, 86400),
    )
    remember_days: float = key(
        Words("how long sent images are remembered, for repeats", "已送达图像的记忆时间，用于识别重发"),
        default=7.0,
        unit="days",
        allowed=between(0.01, 365),
    )
    remember_counts_days: float = key(
        Words("how long a study's declared counts are remembered", "检查申报数量的记忆时间"),
        default=90.0,
        unit="days",
        allowed=between(1, 3650),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    http: bool = key(Words("take reports by POST /reports", "以 POST /reports 接收报告"), default=True)
    http_host: str = key(
        Words(
            "address of that endpoint; it has no password, so keep it on loopback", "该接口的地址；没有口令，请只用本机回环地址"
        ),
        default="127.0.0.1",
    )
    http_port: int = key(
        Words("its port; 0 = any free one, written to the log", "其端口；0 = 任一空闲端口，写入日志"), default=11180, allowed=PORT
    )
    folder: Path | None = key(  # noqa: RUF009
        Words("folder watched for NAME.json with NAME.pdf beside it", "监视的文件夹，内放 NAME.json 及同名的 NAME.pdf"),
        default=None,
    )
    folder_poll_s: float = key(
        Words("time between two looks into that folder", "两次查看该文件夹的间隔"),
        default=1.0,
        unit="s",
        allowed=between(0.05, 3600),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    level: str = key(
        Words("least severe line written", "写入日志的最低级别"),
        default="info",
        allowed=matching("debug|info|warning|error", Words("debug, info, warning or error", "debug、info、warning 或 error")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator may set. `Settings.spool.max_gib` is key `spool.max_gib` of the file."""

    cloud: Cloud
    dicom: Dicom
    spool: Spool
    packing: Packing
    upload: Upload
    completeness: Completeness
    reports: Reports
    log: Log


def load(path: Path) -> Settings:
    """Read and check a settings file. Raises SettingsWrong, or SettingsUnreadable: the first fault, and how many there are."""
    settings, faults = check(path)
    if settings is None:
        raise faults[0].among(len(faults))
    return settings


def check(path: Path) -> tuple[Settings | None, list[SettingsWrong]]:
    """The settings, or every fault in the order of the file."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return None, [SettingsUnreadable(file=path, line=0, problem=reason, problem_zh=reason)]
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = Words("not UTF-8; save the file in that encoding", "不是 UTF-8 编码，请另存为 UTF-8")
        return None, [SettingsMalformed(file=path, line=line, problem=problem.en, problem_zh=problem.zh)]
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        return None, [_not_yaml(path, text, error)]
    reader = Reader(path)
    settings = reader.section(Settings, node, "")
    faults = sorted(reader.faults, key=lambda fault: int(str(fault.details["line"])))
    return (None, faults) if faults else (settings, [])


def _not_yaml(path: Path, text: str, error: yaml.YAMLError) -> SettingsWrong:
    if isinstance(error, yaml.MarkedYAMLError):
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        said = Words(error.problem or "", f"（{error.problem}）")
    else:  # a character that YAML forbids, without a line
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        said = Words("a control character", "，含有控制字符")
    if "\\t" in said.en:
        said = Words(f"{said.en}; indent with spaces", "，缩进请用空格，不能用制表符")
    return SettingsMalformed(file=path, line=line, problem=f"not YAML: {said.en}", problem_zh=f"YAML 语法错误{said.zh}")


_HEADS = Words("| key | default | unit | allowed | meaning |", "| 设置项 | 默认值 | 单位 | 允许 | 含义 |")
_MUST_BE_SET = Words("**must be set**", "**必须设置**")


def table(language: Literal["en", "zh"] = "en") -> str:
    """Every key as a Markdown table, for docs/agent.md and docs/agent.zh-CN.md."""

    def said(words: Words) -> str:
        return words.zh if language == "zh" else words.en

    lines = [said(_HEADS), "|---|---|---|---|---|"]
    sections = get_type_hints(Settings)
    for section, kind in sections.items():
        for spec in fields(kind):
            default = said(_MUST_BE_SET if spec.default is MISSING else _shown(spec.default))
            meta = spec.metadata
            cells = (f"`{section}.{spec.name}`", default, said(unit_of(spec)), said(meta["allowed"].words), said(meta["meaning"]))
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _shown(default: object) -> Words:
    if default is None:
        return Words("none", "无")
    if isinstance(default, bool):
        return Words(str(default).lower(), str(default).lower())
    text = f"{default:g}" if isinstance(default, float) else str(default)
    return Words(text, text)


if __name__ == "__main__":
    print(table("zh" if "zh" in sys.argv else "en"), end="")
