"""A small judge of IAM policies, apart from the emulator's own: roles as they are deployed, calls as they were recorded.

Of the policy language only what template.yaml and the grants' session policies use: Allow, Action, Resource, and `StringLike`,
`ForAllValues:StringLike` on one key. Anything else fails the reading. Source: AWS, "IAM JSON policy reference".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from iac.local.cloud import LocalCloud

CONDITIONS = {
    ("ForAllValues:StringLike", "dynamodb:LeadingKeys"): "rows",
    ("StringLike", "kms:ViaService"): "via",
}


@dataclass(frozen=True)
class Call:
    """One kind of call. detail: the partition key of a row, the service that calls KMS, else empty."""

    role: str  # logical id in template.yaml
    action: str
    resource: str
    detail: str = ""
    allowed: bool = True


@dataclass(frozen=True)
class Right:
    """One action on one resource under one pattern of one condition: the smallest thing that a policy can say too much."""

    role: str
    action: str
    resource: str
    condition: str = ""  # rows or via
    pattern: str = ""

    def covers(self, call: Call) -> bool:
        asked = self.role == call.role and self.action.lower() == call.action.lower() and like(self.resource, call.resource)
        return asked and (not self.condition or like(self.pattern, call.detail))

    def __str__(self) -> str:
        limit = f" where {self.condition} like {self.pattern}" if self.pattern else ""
        return f"{self.role}: {self.action} on {self.resource}{limit}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern), re.DOTALL)


def like(pattern: str, text: str) -> bool:
    """IAM's wildcards: `*` any characters, slashes too, `?` one; case counts."""
    return _compiled(pattern).fullmatch(text) is not None


def rights(role: str, document: Mapping[str, Any]) -> Iterator[Right]:
    """Every smallest right that the policy gives."""
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow", statement
        assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}, statement
        limits = [
            (CONDITIONS[operator, key], pattern)
            for operator, keys in statement.get("Condition", {}).items()
            for key, patterns in keys.items()
            for pattern in _list(patterns)
        ] or [("", "")]
        assert len({condition for condition, _ in limits}) == 1, statement
        for action in _list(statement["Action"]):
            for resource in _list(statement["Resource"]):
                yield from (Right(role, action, resource, condition, pattern) for condition, pattern in limits)


@dataclass(frozen=True)
class Excuse:
    """Rights that no test can see used. Fields are patterns; why: a reason that somebody can check."""

    role: str
    action: str
    resource: str
    pattern: str
    why: str

    def excuses(self, right: Right) -> bool:
        names = ("role", "action", "resource", "pattern")
        return all(like(getattr(self, name), getattr(right, name)) for name in names)


def unused(every: Iterable[Right], calls: Iterable[Call], excuses: Iterable[Excuse]) -> list[str]:
    """Rights that neither a call nor an excuse needs, as text."""
    calls, excuses = list(calls), list(excuses)
    idle = [right for right in every if not any(right.covers(call) for call in calls)]
    return sorted(str(right) for right in idle if not any(excuse.excuses(right) for excuse in excuses))


def allows(document: Mapping[str, Any], call: Call) -> bool:
    return any(right.covers(call) for right in rights(call.role, document))


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def deployed(cloud: LocalCloud) -> dict[str, list[dict[str, Any]]]:
    """Logical id of each role → its policies, everything in them resolved."""
    session = cloud.session("root")
    iam, stack = session.client("iam"), session.client("cloudformation").describe_stack_resources(StackName="lightbox")
    roles = {
        one["LogicalResourceId"]: one["PhysicalResourceId"]
        for one in stack["StackResources"]
        if one["ResourceType"] == "AWS::IAM::Role"
    }
    return {
        logical: [
            _document(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        for logical, name in roles.items()
    }


def role_names(cloud: LocalCloud) -> dict[str, str]:
    """Physical name → logical id."""
    stack = cloud.session("root").client("cloudformation").describe_stack_resources(StackName="lightbox")
    return {one["PhysicalResourceId"]: one["LogicalResourceId"] for one in stack["StackResources"]}


def _document(policy: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(policy) if isinstance(policy, str) else policy
    return document


def recorded(cloud: LocalCloud) -> list[Call]:
    """What the deployed roles asked for so far (iac/local/guarded.py writes it)."""
    names, lines = role_names(cloud), Path(cloud.state_dir / "logs" / "calls.jsonl").read_text(encoding="utf-8").splitlines()
    calls = []
    for said in map(json.loads, lines):
        found = re.fullmatch(r"arn:aws:sts::\d+:assumed-role/([^/]+)/.*", said["role"])
        if found and found[1] in names:
            detail = next(iter(said["leading_keys"]), "")
            calls.append(Call(names[found[1]], said["action"], said["resource"], detail, said["allowed"]))
    return calls


def with_keys(calls: Iterable[Call], cloud: LocalCloud) -> list[Call]:
    """The calls, and those to KMS that AWS makes in the caller's name for each, which the emulator does not.

    - S3 decrypts what it reads and asks for a data key for what it writes where the bucket has a key of its own: originals.
      Source: AWS, "Using server-side encryption with AWS KMS keys", S3 user guide.
    - DynamoDB decrypts the table's key in the name of each caller. Source: AWS, "DynamoDB encryption at rest: how it works".
    - Secrets Manager decrypts the secret. Source: AWS, "Secret encryption and decryption in AWS Secrets Manager".
    """
    session = cloud.session("root")
    stack = session.client("cloudformation").describe_stack_resources(StackName="lightbox")["StackResources"]
    (key,) = [one["PhysicalResourceId"] for one in stack if one["LogicalResourceId"] == "Key"]
    arn = session.client("kms").describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    originals = f"arn:aws:s3:::{cloud.outputs['OriginalsBucket']}/"

    def behind(call: Call) -> Call | None:
        service, _, verb = call.action.partition(":")
        via = f"{service}.us-east-1.amazonaws.com"
        if service in ("dynamodb", "secretsmanager") or (verb == "GetObject" and call.resource.startswith(originals)):
            return Call(call.role, "kms:Decrypt", arn, via)
        if verb == "PutObject" and call.resource.startswith(originals):
            return Call(call.role, "kms:GenerateDataKey", arn, via)
        return None

    found = list(calls)
    return [*found, *{call: None for one in found if (call := behind(one))}]
