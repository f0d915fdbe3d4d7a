"""The people and programs outside the functions: each an IAM user with its own key pair and a policy no wider than its work."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from iac.local.session import ACCOUNT, REGION, Credentials, LocalSession


def policies(made: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """User name → policy document. made: the stack's outputs."""
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{made['TableName']}"
    pixels, derived, originals = (f"arn:aws:s3:::{made[name]}" for name in ("PixelsBucket", "DerivedBucket", "OriginalsBucket"))
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{made['BusName']}"
    queue, lifecycle = (
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:{made[name].rsplit('/', 1)[1]}" for name in ("IngestQueueUrl", "LifecycleQueueUrl")
    )
    secret = {
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{made['SecretsId']}-??????",
    }
    return {
        "operator": _policy(
            {
                "Effect": "Allow",
                "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:Query"],
                "Resource": [table, f"{table}/index/*"],
            },
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": originals},
            {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": f"{originals}/journal/*"},
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{originals}/agreements/*"},
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": lifecycle},
            secret,
        ),
        "reconcile": _policy(
            {
                "Effect": "Allow",
                "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:Query", "dynamodb:Scan"],
                "Resource": table,
            },
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": [originals, pixels]},
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": [f"{originals}/{folder}/*" for folder in ("k1", "manifests", "reports", "journal")]
                + [f"{pixels}/pixels/k1/*"],
            },
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": [f"{originals}/journal/*", f"{pixels}/pixels/k1/*.index"]},
            {
                "Effect": "Allow",
                "Action": "events:PutEvents",
                "Resource": bus,
            },
            {
                "Effect": "Allow",
                "Action": "sqs:SendMessage",
                "Resource": queue,
            },
            secret,
        ),
        "gateway": _policy(
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [f"{pixels}/pixels/k1/*", f"{derived}/derived/*"]}
        ),
    }


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def ensure_users(session: LocalSession, made: Mapping[str, str], kept: Path) -> dict[str, Credentials]:
    """Make the users that are missing and set their policies; key pairs are kept in `kept`, readable by its owner only.

    A kept pair that IAM has forgotten (the cloud was killed) is replaced.
    """
    iam = session.client("iam")
    known = load_users(kept)
    for name, document in policies(made).items():
        try:
            iam.create_user(UserName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityAlreadyExists":
                raise
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(document))
        standing = [old["AccessKeyId"] for old in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]]
        if name not in known or known[name].access_key not in standing:
            for old in standing:
                iam.delete_access_key(UserName=name, AccessKeyId=old)
            key = iam.create_access_key(UserName=name)["AccessKey"]
            known[name] = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    _save(known, kept)
    return known


def load_users(kept: Path) -> dict[str, Credentials]:
    """The key pairs of an earlier run; none when there was none."""
    if not kept.is_file():
        return {}
    return {name: Credentials(**pair) for name, pair in json.loads(kept.read_text()).items()}


def _save(users: Mapping[str, Credentials], kept: Path) -> None:
    with open(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({name: vars(pair) for name, pair in users.items()}, file)
