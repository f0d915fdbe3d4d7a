"""A stack's next change: what it would do, and doing it. CloudFormation's change sets, so that what was shown is what is done."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from iac.aws.deploy.errors import ChangeRefused
from iac.local.template import Template

POLL_S = 3.0
NO_CHANGE = ("didn't contain changes", "no updates are to be performed", "no changes")
DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@dataclass(frozen=True)
class Change:
    """action: Add, Modify, Remove; replaced: it is made anew, and what the old one held is not in the new one."""

    action: str
    resource: str
    kind: str
    replaced: bool
    details: tuple[str, ...]

    @property
    def is_risky(self) -> bool:
        """What holds data goes or is made anew."""
        holds = self.kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::SecretsManager::Secret")
        return holds and (self.action == "Remove" or self.replaced)


@dataclass(frozen=True)
class Stack:
    """One stack through `client` (boto3's cloudformation). pause: waits so many seconds; said: told of progress, line by line."""

    name: str
    client: Any
    pause: Callable[[float], None] = time.sleep
    said: Callable[[str], None] = print

    def exists(self) -> bool:
        """False also for one that was only reviewed: nothing was made yet."""
        try:
            (stack,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return False
            raise
        return bool(stack["StackStatus"] != "REVIEW_IN_PROGRESS")

    def outputs(self) -> dict[str, str]:
        """Empty while there is no stack."""
        if not self.exists():
            return {}
        (stack,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}

    def propose(self, template_url: str, parameters: Mapping[str, str]) -> str | None:
        """Make a change set; its id, or None when nothing would change. Raises ChangeRefused."""
        request = {
            "StackName": self.name,
            "ChangeSetName": f"lightbox-{time.time_ns()}",
            "ChangeSetType": "UPDATE" if self.exists() else "CREATE",
            "TemplateURL": template_url,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }
        try:
            made: str = self.client.create_change_set(**request)["Id"]
        except ClientError as error:
            raise ChangeRefused(reason=str(error)) from error
        while True:
            found = self.client.describe_change_set(ChangeSetName=made, StackName=self.name)
            match found["Status"]:
                case "CREATE_COMPLETE" if found["Changes"]:
                    return made
                case "CREATE_COMPLETE":
                    self.discard(made)
                    return None
                case "FAILED":
                    reason = found.get("StatusReason", "")
                    self.discard(made)
                    if any(words in reason.lower() for words in NO_CHANGE):
                        return None
                    raise ChangeRefused(reason=reason)
            self.pause(POLL_S)

    def changes(self, change_set: str) -> list[Change]:
        """What the change set would do, page by page."""
        found: list[Change] = []
        token: dict[str, str] = {}
        while True:
            page = self.client.describe_change_set(ChangeSetName=change_set, StackName=self.name, **token)
            found += [_change(one["ResourceChange"]) for one in page["Changes"]]
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    def discard(self, change_set: str) -> None:
        """Leave everything as it was: a stack that was only reviewed goes, too."""
        self.client.delete_change_set(ChangeSetName=change_set, StackName=self.name)
        try:
            (stack,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError:
            return
        if stack["StackStatus"] == "REVIEW_IN_PROGRESS":
            self.client.delete_stack(StackName=self.name)

    def execute(self, change_set: str) -> None:
        """Do it, and say each resource's progress. Raises ChangeRefused with the first cause; CloudFormation undoes the rest."""
        seen = {event["EventId"] for event in self._events()}
        self.client.execute_change_set(ChangeSetName=change_set, StackName=self.name)
        failed: list[str] = []
        while True:
            for event in reversed(self._events()):
                if event["EventId"] in seen:
                    continue
                seen.add(event["EventId"])
                status, reason = str(event.get("ResourceStatus", "")), event.get("ResourceStatusReason", "")
                self.said(f"  {status:24} {event['LogicalResourceId']}")
                if status.endswith("FAILED") and reason and "cancelled" not in reason:
                    failed.append(f"{event['LogicalResourceId']}: {reason}")
            status = self.client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]
            if status in DONE:
                return
            if status.endswith(("FAILED", "ROLLBACK_COMPLETE")):
                raise ChangeRefused(reason=failed[0] if failed else status)
            self.pause(POLL_S)

    def _events(self) -> list[dict[str, Any]]:
        try:
            events: list[dict[str, Any]] = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        except ClientError:
            return []
        return events


def store_template(s3: Any, place: str, template: Template, region: str, *, endpoint: str = "") -> str:
    """The template beside the code, since a body in the request ends at 51,200 bytes; its URL."""
    body = json.dumps(template, sort_keys=True).encode()
    key = f"templates/{hashlib.sha256(body).hexdigest()}.json"
    s3.put_object(Bucket=place, Key=key, Body=body, ContentType="application/json")
    host = f"https://{place}.s3.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")
    return f"{endpoint}/{place}/{key}" if endpoint else f"{host}/{key}"


def _change(one: Mapping[str, Any]) -> Change:
    targets = [detail.get("Target", {}) for detail in one.get("Details", [])]
    named = {str(target.get("Name") or target.get("Attribute", "")) for target in targets}
    return Change(
        action=one["Action"],
        resource=one["LogicalResourceId"],
        kind=one["ResourceType"],
        replaced=one.get("Replacement") == "True",
        details=tuple(sorted(named - {""})),
    )
