"""The agent's settings: one YAML file, loaded once into one frozen object.

Each key carries its meaning, unit and default beside it; `table()` makes docs/agent.md's list from them. An error names
the file, the line, the key, and what is allowed; `check` finds all of them, so that a file is mended in one go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

import yaml

from edge_agent.errors import SettingsUnreadable, SettingsWrong
from edge_agent.urls import is_private

T = TypeVar("T")


class Words(NamedTuple):
    """One thing said in English and Chinese."""

    en: str
    zh: str


_TYPE_NAMES = {
    int: Words("a whole number", "整数"),
    float: Words("a number", "数字"),
    str: Words("text", "文本"),
    bool: Words("true or false", "true 或 false"),
    Path: Words("a path", "路径"),
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What values a key may have, in words and as a test."""

    words: str
    test: Callable[[Any], bool]


def between(low: float, high: float) -> Allowed:
    return Allowed(f"{low:g} to {high:g}", lambda value: low <= value <= high)


def matching(pattern: str, words: str) -> Allowed:
    return Allowed(words, lambda value: re.fullmatch(pattern, str(value)) is not None)


ANYTHING = Allowed("", lambda value: True)
REQUIRED: Any = MISSING


def key(meaning: str, *, default: Any = REQUIRED, unit: str = "", allowed: Allowed = ANYTHING) -> Any:
    """One setting. `default` is REQUIRED where only the operator can know."""
    return field(default=default, metadata={"meaning": meaning, "unit": unit, "allowed": allowed})


PORT = between(0, 65535)
AE_TITLE = matching(r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?", "1 to 16 ASCII characters without backslash")
URL = Allowed(
    "https://host[:port][/path]; http:// only to this machine (localhost, 127.0.0.1)",
    lambda value: re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value) is not None and is_private(value),
)
PROXY = matching(r"http://[^\s/?#@]+:[0-9]{1,5}/?", "http://host:port, without user and password")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    url: str = key("where the cloud's APIs are; the agent adds /edge/v1/…", allowed=URL)
    ca_file: Path | None = key("certificates to trust instead of the system's (PEM)", default=None)  # noqa: RUF009
    proxy: str | None = key(
        "proxy to go out by, for images too; none is used unless it is named here", default=None, allowed=PROXY
    )
    timeout_s: float = key("longest wait for one answer", default=30.0, unit="s", allowed=between(1, 600))
    heartbeat_s: float = key("time between two signs of life", default=60.0, unit="s", allowed=between(5, 3600))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dicom:
    host: str = key("address to listen on; modalities must reach it", default="0.0.0.0")  # noqa: S104
    port: int = key("TCP port; 0 = any free one, written to the log", default=11112, allowed=PORT)
    ae_title: str = key("this agent's AE title; the enrolment code is tied to it", default="LIGHTBOX", allowed=AE_TITLE)
    check_called_ae_title: bool = key("refuse associations that call another AE title", default=True)
    max_associations: int = key(
        "associations at the same time; more are refused for a while",
        default=64,
        allowed=between(1, 1000),
    )
    max_pdu_kib: int = key("largest PDU offered to senders", default=1024, unit="KiB", allowed=between(4, 16384))
    idle_timeout_s: float = key(
        "an association without a byte for so long is aborted", default=60.0, unit="s", allowed=between(1, 3600)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    folder: Path = key("where received objects wait; a local disk")  # noqa: RUF009
    max_gib: float = key(
        "bound of the spool; when full, senders get Out of Resources", default=100.0, unit="GiB", allowed=between(0.01, 1e6)
    )
    min_free_gib: float = key(
        "room to leave on the disk; packing and sending need some of it", default=2.0, unit="GiB", allowed=between(0, 1e6)
    )
    ready_mib: float = key(
        "kept in files that new images are written over, which is faster; beside max_gib, 1/64 of it at most",
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
    quiet_s: float = key("a series without a new image for so long is packed", default=2.0, unit="s", allowed=between(0.05, 600))
    target_mib: float = key("a parcel is sealed at about this size", default=16.0, unit="MiB", allowed=between(0.1, 32))
    workers: int = key("batches of a series packed at the same time", default=2, allowed=between(1, 64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    workers: int = key("shipments sent at the same time", default=4, allowed=between(1, 64))
    retry_first_s: float = key(
        "wait after the first failure; doubles, with chance in it", default=0.5, unit="s", allowed=between(0.01, 600)
    )
    retry_longest_s: float = key("longest wait between two tries", default=60.0, unit="s", allowed=between(0.01, 3600))
    ask_s: float = key(
        "time between two questions whether something is indexed", default=0.5, unit="s", allowed=between(0.05, 600)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    quiet_s: float = key(
        "a study without a new image for so long is declared complete", default=10.0, unit="s", allowed=between(0.1, 86400)
    )
    remember_days: float = key(
        "how long sent images are remembered, for repeats", default=7.0, unit="days", allowed=between(0.01, 365)
    )
    remember_counts_days: float = key(
        "how long a study's declared counts are remembered", default=90.0, unit="days", allowed=between(1, 3650)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    http: bool = key("take reports by POST /reports", default=True)
    http_host: str = key("address of that endpoint; it has no password, so keep it on loopback", default="127.0.0.1")
    http_port: int = key("its port; 0 = any free one, written to the log", default=11180, allowed=PORT)
    folder: Path | None = key("folder watched for NAME.json with NAME.pdf beside it", default=None)  # noqa: RUF009
    folder_poll_s: float = key("time between two looks into that folder", default=1.0, unit="s", allowed=between(0.05, 3600))


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    level: str = key(
        "least severe line written", default="info", allowed=matching("debug|info|warning|error", "debug, info, warning or error")
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
    """Read and check a settings file. Raises SettingsWrong, or SettingsUnreadable, at the first fault."""
    settings, faults = check(path)
    if settings is None:
        raise faults[0]
    return settings


def check(path: Path) -> tuple[Settings | None, list[SettingsWrong]]:
    """The settings, or every fault in the order of the file."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return None, [SettingsUnreadable(file=path, line=0, key="-", problem=reason, problem_zh=reason)]
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = Words("not UTF-8; save the file in that encoding", "不是 UTF-8 编码，请另存为 UTF-8")
        return None, [SettingsWrong(file=path, line=line, key="-", problem=problem.en, problem_zh=problem.zh)]
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        return None, [_not_yaml(path, text, error)]
    reader = _Reader(path)
    settings = reader.section(Settings, node, "")
    faults = sorted(reader.faults, key=lambda fault: int(str(fault.details["line"])))
    return (None, faults) if faults else (settings, [])


def _not_yaml(path: Path, text: str, error: yaml.YAMLError) -> SettingsWrong:
    if isinstance(error, yaml.MarkedYAMLError):
        line, said = (error.problem_mark.line + 1 if error.problem_mark else 0), error.problem or ""
    else:  # a character that YAML forbids, without a line
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        said = "a control character"
    if "\\t" in said:
        said += "; indent with spaces"
    return SettingsWrong(file=path, line=line, key="-", problem=f"not YAML: {said}", problem_zh=f"YAML 语法错误：{said}")


class _Reader:
    """Turns YAML nodes into settings; nodes, unlike values, know their line. What is wrong is collected, not raised."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[SettingsWrong] = []

    def wrong(self, node: yaml.Node | None, name: str, problem: Words) -> None:
        line = node.start_mark.line + 1 if node is not None else 1
        fault = SettingsWrong(file=self.path, line=line, key=name or "-", problem=problem.en, problem_zh=problem.zh)
        self.faults.append(fault)

    def section(self, kind: type[T], node: yaml.Node | None, prefix: str) -> T:
        """One dataclass from one mapping; a section that is left out has its defaults, a wrong value stands in for itself."""
        if node is not None and not isinstance(node, yaml.MappingNode):
            if not (isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"):
                self.wrong(node, prefix, Words("keys and values are needed here", "此处应为“键: 值”"))
            node = None
        specs = {spec.name: spec for spec in fields(kind)}  # type: ignore[arg-type]
        kinds = get_type_hints(kind)
        given = self.given(node, specs, prefix)
        values: dict[str, Any] = {}
        for name, spec in specs.items():
            full = f"{prefix}.{name}" if prefix else name
            if is_dataclass(kinds[name]):
                values[name] = self.section(kinds[name], given.get(name), full)
            elif name in given:
                values[name] = self.value(spec, kinds[name], given[name], full)
            else:
                values[name] = spec.default
                if spec.default is MISSING:
                    meaning = spec.metadata["meaning"]
                    self.wrong(node, full, Words(f"must be set: {meaning}", f"必须设置（{meaning}）"))
        return kind(**values)

    def given(self, node: yaml.MappingNode | None, specs: dict[str, Field[Any]], prefix: str) -> dict[str, yaml.Node]:
        """The nodes of the keys that there are; others are wrong."""
        found: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value if node is not None else ():
            name = str(key_node.value)
            full = f"{prefix}.{name}" if prefix else name
            if name not in specs:
                near = get_close_matches(name, specs, 1)
                en = f"; did you mean {near[0]}" if near else f"; allowed: {', '.join(specs)}"
                zh = f"，是否为 {near[0]}" if near else f"，可用：{'、'.join(specs)}"
                self.wrong(key_node, full, Words("no such key" + en, "没有此项" + zh))
            elif name in found:
                self.wrong(key_node, full, Words("given twice", "重复设置"))
            else:
                found[name] = value_node
        return found

    def value(self, spec: Field[Any], kind: Any, node: yaml.Node, name: str) -> Any:
        """One scalar of the declared type, within what is allowed."""
        options = get_args(kind) or (kind,)
        wanted = next(option for option in options if option is not NoneType)
        allowed: Allowed = spec.metadata["allowed"]
        needed = _TYPE_NAMES[wanted]
        if not isinstance(node, yaml.ScalarNode):
            return self.wrong(node, name, Words(f"{needed.en} is needed here", f"此处应为{needed.zh}"))
        raw = _plain(node)
        if raw is None and NoneType in options:
            return None
        if wanted is float and type(raw) is int:
            raw = float(raw)
        if wanted is str and node.value and not isinstance(raw, bool | NoneType):
            raw = node.value
        if wanted is Path and isinstance(raw, str) and raw:
            raw = (self.path.parent / Path(raw).expanduser()).resolve()
        if not isinstance(raw, wanted) or (wanted is int and isinstance(raw, bool)):
            problem = Words(f"{needed.en} is needed, not {node.value!r}", f"应为{needed.zh}，不能是 {node.value!r}")
            return self.wrong(node, name, problem)
        if not allowed.test(raw):
            words = _with_unit(spec)
            return self.wrong(
                node, name, Words(f"{node.value!r} is not allowed; allowed: {words}", f"不允许 {node.value!r}；允许：{words}")
            )
        return raw


def _plain(node: yaml.ScalarNode) -> Any:
    """What YAML makes of a scalar; its text where it makes nothing, such as of 2026-13-45."""
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError):
        return node.value


def _with_unit(spec: Field[Any]) -> str:
    words: str = spec.metadata["allowed"].words
    return f"{words} {spec.metadata['unit']}".strip() if words else ""


def table() -> str:
    """Every key as a Markdown table, for docs/agent.md."""
    lines = ["| key | default | unit | allowed | meaning |", "|---|---|---|---|---|"]
    sections = get_type_hints(Settings)
    for section, kind in sections.items():
        for spec in fields(kind):
            default = "**must be set**" if spec.default is MISSING else _shown(spec.default)
            meta = spec.metadata
            cells = (f"`{section}.{spec.name}`", default, meta["unit"], meta["allowed"].words, meta["meaning"])
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _shown(default: object) -> str:
    if default is None:
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


if __name__ == "__main__":
    print(table(), end="")
