"""Bring template.yaml and the functions' code into the running emulator."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from iac.local.bundles import bundle
from iac.local.errors import DeployFailed
from iac.local.session import REGION, LocalSession
from iac.local.template import function_folders, localize, read, translate, with_code

STACK = "lightbox"
CODE_BUCKET = "lightbox-code"
DONE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def deploy(root: Path, session: LocalSession, parameters: Mapping[str, str], log: Path) -> None:
    """Create or update the stack. Raises DeployFailed with the first reason the emulator gives."""
    source = read(root / "template.yaml")
    keys = _upload(root, session, sorted(set(function_folders(source).values())))
    template = localize(translate(with_code(source, CODE_BUCKET, keys), parameters, REGION))
    client = session.client("cloudformation")
    request: dict[str, Any] = {
        "StackName": STACK,
        "TemplateURL": _stored(session, template),
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    try:
        if stack_status(session) is None:
            client.create_stack(**request)
        else:
            client.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise DeployFailed(reason=str(error), log=log) from error
    _await_stack(session, log)
    _after(session, outputs(session))
    _set_tiers(session, outputs(session), template)


def _upload(root: Path, session: LocalSession, folders: list[str]) -> dict[str, str]:
    """Zip and store each function's code under its digest; folder name → key."""
    s3 = session.client("s3")
    try:
        s3.create_bucket(Bucket=CODE_BUCKET)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    keys: dict[str, str] = {}
    for folder in folders:
        packed = bundle(root, folder)
        keys[folder] = f"{folder}/{packed.digest}.zip"
        s3.put_object(Bucket=CODE_BUCKET, Key=keys[folder], Body=packed.data)
    return keys


def _stored(session: LocalSession, template: Mapping[str, Any]) -> str:
    """Address of the template in storage: a request takes no more than 51,200 bytes of it."""
    key, body = "template.json", json.dumps(template, separators=(",", ":")).encode()
    session.client("s3").put_object(Bucket=CODE_BUCKET, Key=key, Body=body)
    return f"{session.endpoint}/{CODE_BUCKET}/{key}"


def stack_status(session: LocalSession) -> str | None:
    """The stack's status, None when there is none."""
    try:
        stacks = session.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    except ClientError:
        return None
    return str(stacks[0]["StackStatus"]) if stacks else None


def outputs(session: LocalSession) -> dict[str, str]:
    """The stack's outputs by name."""
    stack = session.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}


def _await_stack(session: LocalSession, log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = stack_status(session)
        if status in DONE:
            return
        if status is None or status.endswith(("FAILED", "ROLLBACK_COMPLETE")):
            raise DeployFailed(reason=_first_reason(session) or status or "the stack vanished", log=log)
        time.sleep(0.05)
    raise DeployFailed(reason=f"not done after {seconds:.0f} s", log=log)


def _first_reason(session: LocalSession) -> str | None:
    """Why the deploy failed: the oldest failure is the cause, later ones follow from it."""
    events = session.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [
        event for event in events if str(event.get("ResourceStatus", "")).endswith("FAILED") and event.get("ResourceStatusReason")
    ]
    return f"{failed[-1]['LogicalResourceId']}: {failed[-1]['ResourceStatusReason']}" if failed else None


def _set_tiers(session: LocalSession, made: Mapping[str, str], template: Mapping[str, Any]) -> None:
    """The rules by which storage moves objects, which the emulator's CloudFormation leaves out and its storage only keeps: who
    moves by them is `iac/local/tiers.py`."""
    rules = template["Resources"]["Pixels"]["Properties"]["LifecycleConfiguration"]["Rules"]
    listed: list[Any] = [
        {
            "ID": rule["Id"],
            "Status": rule["Status"],
            "Filter": {"And": {"Prefix": rule["Prefix"], "Tags": rule["TagFilters"]}},
            "Transitions": [
                {"Days": one["TransitionInDays"], "StorageClass": one["StorageClass"]} for one in rule["Transitions"]
            ],
        }
        for rule in rules
    ]
    session.client("s3").put_bucket_lifecycle_configuration(Bucket=made["PixelsBucket"], LifecycleConfiguration={"Rules": listed})


def _after(session: LocalSession, made: Mapping[str, str]) -> None:
    """What the emulator's CloudFormation silently leaves out, set through the API."""
    dynamodb = session.client("dynamodb")
    table = made["TableName"]
    if dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"].get("TimeToLiveStatus") != "ENABLED":
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
