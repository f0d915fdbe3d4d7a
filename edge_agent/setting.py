"""How a setting is declared, and read from YAML nodes into a dataclass: with line, key and what is allowed, in two languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

import yaml

from edge_agent.errors import SettingsMalformed, SettingsWrong

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

    words: Words
    test: Callable[[Any], bool]


def between(low: float, high: float) -> Allowed:
    return Allowed(Words(f"{low:g} to {high:g}", f"{low:g} 至 {high:g}"), lambda value: low <= value <= high)


def matching(pattern: str, words: Words) -> Allowed:
    return Allowed(words, lambda value: re.fullmatch(pattern, str(value)) is not None)


ANYTHING = Allowed(Words("", ""), lambda value: True)
REQUIRED: Any = MISSING


def key(meaning: Words, *, default: Any = REQUIRED, unit: str = "", allowed: Allowed = ANYTHING) -> Any:
    """One setting. `default` is REQUIRED where only the operator can know."""
    return field(default=default, metadata={"meaning": meaning, "unit": unit, "allowed": allowed})


class Reader:
    """Turns YAML nodes into settings; nodes, unlike values, know their line. What is wrong is collected, not raised."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[SettingsWrong] = []

    def wrong(self, node: yaml.Node | None, name: str, problem: Words) -> None:
        line = node.start_mark.line + 1 if node is not None else 1
        told = {"file": self.path, "line": line, "problem": problem.en, "problem_zh": problem.zh}
        self.faults.append(SettingsWrong(**told, key=name) if name else SettingsMalformed(**told))

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
                    meaning: Words = spec.metadata["meaning"]
                    self.wrong(node, full, Words(f"must be set: {meaning.en}", f"必须设置（{meaning.zh}）"))
        return kind(**values)

    def given(self, node: yaml.MappingNode | None, specs: dict[str, Field[Any]], prefix: str) -> dict[str, yaml.Node]:
        """The nodes of the keys that there are; others are wrong."""
        found: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value if node is not None else ():
            name = str(key_node.value)
            full = f"{prefix}.{name}" if prefix else name
            if name not in specs:
                near = get_close_matches(name, specs, 1)
                en = f" (did you mean {near[0]}?)" if near else f"; allowed: {', '.join(specs)}"
                zh = f"（是否为 {near[0]}？）" if near else f"，可用：{'、'.join(specs)}"
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
            en, zh = (f"{words} {unit}".strip() for words, unit in zip(allowed.words, unit_of(spec), strict=True))
            return self.wrong(
                node, name, Words(f"{node.value!r} is not allowed; allowed: {en}", f"不允许 {node.value!r}；允许：{zh}")
            )
        return raw


def _plain(node: yaml.ScalarNode) -> Any:
    """What YAML makes of a scalar; its text where it makes nothing, such as of 2026-13-45."""
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError):
        return node.value


def unit_of(spec: Field[Any]) -> Words:
    """Units are international but for days."""
    unit: str = spec.metadata["unit"]
    return Words(unit, "天" if unit == "days" else unit)
