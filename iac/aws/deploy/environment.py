"""The settings of one installation: iac/aws/environments/{name}.toml, checked before anything is asked of AWS."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iac.aws.deploy.errors import EnvironmentMissing, EnvironmentWrong
from iac.local.template import Template

FOLDER = Path(__file__).resolve().parents[1] / "environments"
OURS = {"Stage", "Cloud", "SigningPublicKey"}  # parameters that the deploy itself sets
NAMES = {"stage", "region", "profile", "confirm", "cloud", "parameters"}
NOT_YOURS = re.compile(r"(^|[./])example\.(com|org|net)$|\.invalid$")  # RFC 2606: nobody can own these


@dataclass(frozen=True)
class Environment:
    """cloud: `aws`, or `local` for an emulator. confirm: a person sees the changes and says yes first."""

    name: str
    stage: str
    region: str
    parameters: Mapping[str, str]
    profile: str = ""
    confirm: bool = False
    cloud: str = "aws"

    @property
    def stack(self) -> str:
        return f"lightbox-{self.stage}"

    @property
    def is_china(self) -> bool:
        return self.region.startswith("cn-")


def known(folder: Path = FOLDER) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.toml"))


def load(name: str, template: Template, folder: Path = FOLDER) -> Environment:
    """Raises EnvironmentMissing; EnvironmentWrong with the first thing that cannot be deployed."""
    path = folder / f"{name}.toml"
    if name not in known(folder):
        raise EnvironmentMissing(name=name, known=", ".join(known(folder)))
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, "TOML", str(error), "") from None
    if unknown := set(given) - NAMES:
        raise _wrong(path, min(unknown), "未知设置 · no such setting", f"可用：{', '.join(sorted(NAMES))}")
    for needed in ("stage", "region"):
        if not isinstance(given.get(needed), str) or not given[needed]:
            raise _wrong(path, needed, "缺少 · is missing", "")
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", given["region"]):
        raise _wrong(path, "region", f"{given['region']} 不是区域 · is no region", "例 · such as cn-northwest-1")
    if given.get("cloud", "aws") not in ("aws", "local"):
        raise _wrong(path, "cloud", "aws 或 local · aws or local", "")
    environment = Environment(
        name=name,
        stage=given["stage"],
        region=given["region"],
        parameters={key: str(value) for key, value in given.get("parameters", {}).items()},
        profile=given.get("profile", ""),
        confirm=bool(given.get("confirm", False)),
        cloud=given.get("cloud", "aws"),
    )
    _check_parameters(environment, template["Parameters"], path)
    return environment


def _check_parameters(environment: Environment, declared: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    stage = {**environment.parameters, "Stage": environment.stage}
    for name, value in stage.items():
        if name not in declared or (name in OURS and name != "Stage"):
            raise _wrong(path, name, "模板中没有此参数 · template.yaml has no such parameter to set", "")
        rule = declared[name]
        if "AllowedPattern" in rule and not re.fullmatch(rule["AllowedPattern"], value):
            raise _wrong(path, name, f"{value!r} 不符合 · does not match {rule['AllowedPattern']}", rule["Description"])
        if "AllowedValues" in rule and value not in [str(one) for one in rule["AllowedValues"]]:
            raise _wrong(path, name, f"{value!r}", "可用 · may be " + ", ".join(str(one) for one in rule["AllowedValues"]))
    if environment.cloud == "local":
        return
    origin = environment.parameters.get("Origin", "")
    if not origin.startswith("https://") or NOT_YOURS.search(origin):
        raise _wrong(
            path, "Origin", f"{origin!r} 不是您的域名 · is no domain of yours", "填写 https 地址 · put your https address there"
        )
    certificate = "IamCertificateId" if environment.is_china else "CertificateArn"
    if not environment.parameters.get(certificate):
        raise _wrong(path, certificate, "缺少证书 · the certificate is missing", "见 docs/deploy.md · see docs/deploy.md")


def _wrong(path: Path, where: str, problem: str, todo: str) -> EnvironmentWrong:
    return EnvironmentWrong(file=path.name, where=where, problem=problem, todo=todo)
