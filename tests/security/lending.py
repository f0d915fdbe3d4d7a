"""Credentials of a role that has just the policies which a test gives it, on the local cloud."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from iac.local.cloud import LocalCloud
from iac.local.session import ACCOUNT, Credentials, LocalSession

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}],
}


@contextmanager
def lent_role(cloud: LocalCloud, policies: Sequence[dict[str, Any]]) -> Iterator[str]:
    """ARN of a role with these policies, which the emulator's root may assume."""
    iam, name = cloud.session("root").client("iam"), f"lent-{secrets.token_hex(4)}"
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    for number, document in enumerate(policies):
        iam.put_role_policy(RoleName=name, PolicyName=str(number), PolicyDocument=json.dumps(document))
    try:
        yield arn
    finally:
        for number in range(len(policies)):
            iam.delete_role_policy(RoleName=name, PolicyName=str(number))
        iam.delete_role(RoleName=name)


@contextmanager
def lent(cloud: LocalCloud, policies: Sequence[dict[str, Any]], narrowed: dict[str, Any] | None = None) -> Iterator[LocalSession]:
    """A session of such a role. narrowed: a session policy on top, as presigning uses it."""
    with lent_role(cloud, policies) as arn:
        limits = {"Policy": json.dumps(narrowed)} if narrowed else {}
        sts = cloud.session("root").client("sts")
        pair = sts.assume_role(RoleArn=arn, RoleSessionName="test", **limits)["Credentials"]
        yield LocalSession(cloud.endpoint, Credentials(pair["AccessKeyId"], pair["SecretAccessKey"], pair["SessionToken"]))


def refused(call: Callable[[], object]) -> bool:
    """Whether the cloud says that the caller may not; any other error is the test's own."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "403"):
            return True
        raise
    return False
