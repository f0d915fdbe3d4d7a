"""Whether the names that reconcile is given are of one deployment: in another's table a hospital's links would open too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from functions.adapters.settings import Settings
from functions.core.errors import RequestError

STAGE, ACCOUNT, REGION = "(?P<stage>[a-z][a-z0-9]{1,11})", "(?P<account>[0-9]{12})", "(?P<region>[a-z0-9-]+)"
BUCKET = f"lightbox-{STAGE}-{{}}-{ACCOUNT}-{REGION}"
# Variable → how template.yaml names it, and what the name says. A secret may be named by its ARN; a queue's name says nothing.
NAMES: Mapping[str, str] = {
    "LIGHTBOX_STAGE": STAGE,
    "LIGHTBOX_TABLE": f"lightbox-{STAGE}(-[A-Za-z0-9_.-]+)?",  # restored: under another name
    "LIGHTBOX_ORIGINALS": BUCKET.replace("{}", "originals"),
    "LIGHTBOX_PIXELS": BUCKET.replace("{}", "pixels"),
    "LIGHTBOX_DERIVED": BUCKET.replace("{}", "derived"),
    "LIGHTBOX_BUS": f"lightbox-{STAGE}",
    "LIGHTBOX_INGEST_QUEUE_URL": f"https?://(sqs\\.{REGION}\\.amazonaws\\.com(\\.cn)?|[^/]+)/{ACCOUNT}/[^/]+",
    "LIGHTBOX_SECRETS": f"(arn:[a-z-]+:secretsmanager:{REGION}:{ACCOUNT}:secret:)?lightbox/{STAGE}(-[A-Za-z0-9]{{6}})?",
}


class DeploymentMixed(RequestError):
    message = "这些名称不属于同一个部署，什么也没有写入 · These names are not of one deployment; nothing was written: {why}."
    hint = "请导出同一个 stack 的输出与参数 Stage · Export one stack's outputs and its parameter Stage (docs/operator.md)."


def require_one(settings: Settings, region: str) -> None:
    """region: of the credentials, which is where the table is; "" when nobody knows. Raises DeploymentMixed."""
    said: dict[str, dict[str, list[str]]] = {"region": {region: ["AWS"]}} if region else {}
    for variable, name in _given(settings):
        found = re.fullmatch(NAMES[variable], name)
        if found is None:
            raise DeploymentMixed(why=f"{variable} is {name!r}, which names none")
        for fact, value in found.groupdict().items():
            if value is not None:
                said.setdefault(fact, {}).setdefault(value, []).append(variable)
    differ = [f"{fact} {_text(values)}" for fact, values in said.items() if len(values) > 1]
    if differ:
        raise DeploymentMixed(why="; ".join(differ))


def _given(settings: Settings) -> Iterator[tuple[str, str]]:
    for variable in NAMES:
        yield variable, getattr(settings, variable.removeprefix("LIGHTBOX_").lower())


def _text(values: Mapping[str, list[str]]) -> str:
    return " / ".join(f"{value} ({', '.join(variables)})" for value, variables in values.items())
