"""ministack as the local cloud runs it: with what AWS does and it does not, and a record of what was asked for.

Run by path in an interpreter that knows nothing of this project (`python -P iac/local/guarded.py`), since the functions inherit
its environment. All additions stand on names inside ministack, which is pinned; tests/security/test_policies.py fails when a new
version moves them.

- `dynamodb:LeadingKeys`, the partition keys that a request names, so that policies can say which rows a role may touch.
  Source: AWS, "Using IAM policy conditions for fine-grained access control" (DynamoDB developer guide).
- An object that is not there is 404 to a caller who may list its bucket, 403 to any other.
  Source: AWS, "GetObject" and "HeadObject" (S3 API reference), permissions.
- A list of versions to delete asks for the right to delete versions, for its first entry too.
  Source: AWS, "DeleteObjects" (S3 API reference), permissions.
- What AWS would charge for, where LIGHTBOX_METER names a file: metered.py.
- One line of JSON in the file that LIGHTBOX_CALLS names for each new kind of call by an assumed role or a user:
  {"role": …, "action": …, "resource": …, "leading_keys": […], "allowed": …}; digests and keyed names are left out.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb, s3

MOST_LINES = 10_000  # then the record ends; the kinds of calls are a few hundred
FACELESS = (
    (re.compile("[0-9a-f]{64}"), "{sha256}"),
    (re.compile("[a-z2-7]{32}"), "{name}"),
    (re.compile("(NONCE#).*"), r"\1{nonce}"),
)


def leading_keys(body: bytes) -> list[str]:
    """The partition key of a request on one item or partition; empty where there is none to be read."""
    try:
        request = json.loads(body or b"{}")
        table = dynamodb._tables.get(request["TableName"].rsplit("/", 1)[-1])
        schema = table["KeySchema"] if table else []
        for index in (table or {}).get("GlobalSecondaryIndexes") or []:
            if index["IndexName"] == request.get("IndexName"):
                schema = index["KeySchema"]
        (name,) = [part["AttributeName"] for part in schema if part["KeyType"] == "HASH"]
        return [value] if (value := _partition(request, name)) is not None else []
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


def _partition(request: Mapping[str, Any], name: str) -> str | None:
    item = request.get("Key") or request.get("Item")
    if item:
        return str(item[name]["S"])
    names = request.get("ExpressionAttributeNames") or {}
    for left, right in re.findall(r"(#?\w+)\s*=\s*(:\w+)", request.get("KeyConditionExpression", "")):
        if names.get(left, left) == name:
            return str(request["ExpressionAttributeValues"][right]["S"])
    return None


def is_absent(arn: str) -> bool:
    """Whether this is the name of an object that is not there, in a bucket that is."""
    name, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
    bucket = s3._buckets.get(name)
    return bool(key) and bucket is not None and key not in bucket["objects"]


def names_version(body: bytes) -> bool:
    """Whether the first object that a DeleteObjects lists is named with its version."""
    targets = iam_actions._s3_batch_delete_targets("", body)
    return bool(targets) and bool(targets[0][1])


def faceless(name: str) -> str:
    """A key without what makes it one of many: calls of the same kind become equal, and the record tells nothing of anybody."""
    for pattern, placeholder in FACELESS:
        name = pattern.sub(placeholder, name)
    return name


class Record:
    """Kinds of calls, each written once."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._seen: set[str] = set()

    def note(self, principal: str, action: str, resource: str, keys: list[str], *, allowed: bool) -> None:
        names = {"resource": faceless(resource), "leading_keys": [faceless(key) for key in keys]}
        line = json.dumps({"role": principal, "action": action, **names, "allowed": allowed}, ensure_ascii=False)
        if line not in self._seen and len(self._seen) < MOST_LINES:
            self._seen.add(line)
            self._file.write(line + "\n")
            self._file.flush()


def install(record: Record | None, meter: Any = None) -> None:
    """Before the server starts: it looks these names up at every request."""
    context_before, enforce_before = iam_actions.dynamodb_service_context, iam_evaluator.enforce
    action_before = iam_actions.extract_iam_action

    def context(body: bytes) -> dict[str, Any]:
        keys = leading_keys(body)
        return {**context_before(body), **({"dynamodb:LeadingKeys": keys} if keys else {})}

    def enforce(
        access_key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Any = None
    ) -> Any:
        refused = enforce_before(access_key, action, service, region, resource_arn=resource_arn, service_context=service_context)
        if refused is None and action == "s3:GetObject" and is_absent(resource_arn):
            return enforce(access_key, "s3:ListBucket", service, region, resource_arn.partition("/")[0])
        who = iam_evaluator.resolve_caller_identity(access_key) if record or meter else None
        if meter and refused is None:
            meter.called(action, str((who or {}).get("userArn", "")))
        if record and who and not str(who.get("userArn", "")).endswith(":root"):
            keys = (service_context or {}).get("dynamodb:LeadingKeys", [])
            record.note(who["userArn"], action, resource_arn, keys, allowed=refused is None)
        return refused

    def action_of(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any, **named: Any) -> Any:
        action = action_before(service, method, path, headers, body, *rest, **named)
        return "s3:DeleteObjectVersion" if action == "s3:DeleteObject" and method == "POST" and names_version(body) else action

    iam_actions.extract_iam_action = action_of
    iam_actions.dynamodb_service_context = context
    iam_evaluator.enforce = enforce


def _meter(place: str) -> Any:
    """metered.py, which lies beside this file and on no path of this interpreter."""
    spec = spec_from_file_location("metered", Path(__file__).with_name("metered.py"))
    assert spec is not None
    assert spec.loader is not None
    metered = module_from_spec(spec)
    spec.loader.exec_module(metered)
    meter = metered.Meter(Path(place))
    metered.install(meter)
    return meter


def main() -> None:
    place, metering = os.environ.pop("LIGHTBOX_CALLS", ""), os.environ.pop("LIGHTBOX_METER", "")
    install(Record(Path(place)) if place else None, _meter(metering) if metering else None)
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
