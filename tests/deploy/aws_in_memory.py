"""CloudFormation, S3 and Secrets Manager as a deploy sees them, in memory: conditions count, resources are only names.

What the emulator cannot make (the CDN and its key) exists here, so that a first deploy's two changes can be followed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError


def refused(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")


@dataclass
class Aws:
    """One account. fail_once: the next change fails with this reason and is undone."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)  # of the stack; empty while there is none
    status: str = ""
    proposed: dict[str, dict[str, str]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)  # what was written, in order
    fail_once: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    region_name: str = "cn-northwest-1"

    def client(self, _: str) -> Aws:
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012"}

    # -- S3

    def create_bucket(self, **_: Any) -> None: ...

    def put_public_access_block(self, **_: Any) -> None: ...

    def head_object(self, *, Bucket: str, Key: str) -> None:
        if (Bucket, Key) not in self.objects:
            raise refused("404")

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: Any) -> None:
        self.objects[Bucket, Key] = Body
        self.order.append(Key)

    # -- Secrets Manager

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:
        if SecretId not in self.secrets:
            raise refused("ResourceNotFoundException")
        return {"SecretString": self.secrets[SecretId]}

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> None:
        self.secrets[SecretId] = SecretString

    @property
    def kept(self) -> dict[str, Any]:
        (value,) = self.secrets.values()
        kept: dict[str, Any] = json.loads(value)
        return kept

    # -- CloudFront

    def create_invalidation(self, *, DistributionId: str, InvalidationBatch: dict[str, Any]) -> None:
        self.order.append(f"forget {DistributionId} {InvalidationBatch['Paths']['Items']}")

    # -- CloudFormation

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        if not self.status:
            raise refused("ValidationError", f"Stack with id {StackName} does not exist")
        outputs = {"SecretsId": "lightbox/x", "WebBucket": "web"}
        if self.parameters.get("SigningPublicKey"):
            outputs |= {"CdnId": "E1", "CdnKeyId": "K1", "CdnDomain": "d1.cloudfront.cn"}
        listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()] if self.parameters else []
        return {"Stacks": [{"StackStatus": self.status, "Outputs": listed}]}

    def create_change_set(
        self, *, ChangeSetName: str, ChangeSetType: str, Parameters: list[dict[str, str]], **_: Any
    ) -> dict[str, str]:
        assert (ChangeSetType == "CREATE") == (not self.parameters)
        self.status = self.status or "REVIEW_IN_PROGRESS"
        self.proposed[ChangeSetName] = {one["ParameterKey"]: one["ParameterValue"] for one in Parameters}
        return {"Id": ChangeSetName}

    def describe_change_set(self, *, ChangeSetName: str, **_: Any) -> dict[str, Any]:
        wanted = self.proposed[ChangeSetName]
        if wanted == self.parameters:
            return {"Status": "FAILED", "StatusReason": "The submitted information didn't contain changes.", "Changes": []}
        change = {"Action": "Add", "LogicalResourceId": "Table", "ResourceType": "AWS::DynamoDB::Table"}
        return {"Status": "CREATE_COMPLETE", "Changes": [{"ResourceChange": change}]}

    def delete_change_set(self, *, ChangeSetName: str, **_: Any) -> None:
        self.proposed.pop(ChangeSetName, None)

    def delete_stack(self, **_: Any) -> None:
        self.status = ""

    def execute_change_set(self, *, ChangeSetName: str, **_: Any) -> None:
        wanted = self.proposed.pop(ChangeSetName)
        if self.fail_once:
            event = {"ResourceStatus": "CREATE_FAILED", "LogicalResourceId": "Cdn", "ResourceStatusReason": self.fail_once}
            self.told.append({"EventId": str(len(self.told)), **event})
            self.fail_once, self.status = "", "UPDATE_ROLLBACK_COMPLETE"
            return
        self.parameters, self.status = wanted, "UPDATE_COMPLETE"
        self.order.append("stack with CDN" if wanted.get("SigningPublicKey") else "stack")

    def describe_stack_events(self, **_: Any) -> dict[str, Any]:
        return {"StackEvents": list(reversed(self.told))}
