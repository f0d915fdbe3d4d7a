"""A credential narrowed to one hospital, as presigning uses it, writes there and does nothing anywhere else [SEC-04, PLUS-11].

Each try is made for real on the local cloud and judged by iam.py as well: should the emulator be laxer than AWS in some corner,
or stricter, the two disagree and the test says where.
"""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from botocore.exceptions import ClientError

from functions.adapters.clock import SystemClock
from functions.adapters.settings import Settings, from_environment
from functions.adapters.vault.presign import S3Presigner, Upload, session_policy
from functions.core.study import keys
from iac.local.cloud import LocalCloud
from iac.local.session import Credentials, LocalSession
from tests.cloud import new_tenant
from tests.security.iam import Call, allows, deployed
from tests.security.lending import lent, lent_role, refused

pytestmark = [pytest.mark.cloud, pytest.mark.req("SEC-04", "PLUS-11")]

S, D = "a" * 32, "0" * 64
BODY = b"pixels"
PLACES = {  # bucket, key of an object that an agent may write
    "heads": ("OriginalsBucket", "k1/{tenant}/" + f"{S}/{S}/{D}.heads"),
    "manifest": ("OriginalsBucket", "manifests/{tenant}/" + f"{S}/{S}/{D}.json"),
    "declaration": ("OriginalsBucket", "manifests/{tenant}/" + f"{S}/{D}.declaration.json"),
    "report": ("OriginalsBucket", "reports/{tenant}/" + D),
    "low": ("PixelsBucket", "pixels/k1/{tenant}/" + f"{S}/{S}/{D}.low"),
    "rest": ("PixelsBucket", "pixels/k1/{tenant}/" + f"{S}/{S}/{D}.rest"),
}
FORBIDDEN = {  # also under one's own name: an agent writes images and reports, the rest is the cloud's
    "journal": ("OriginalsBucket", "journal/{tenant}/2026/11/24/" + f"{D}.json"),
    "index": ("PixelsBucket", "pixels/k1/{tenant}/" + f"{S}/{S}/{D}.index"),
    "film": ("DerivedBucket", "derived/{tenant}/" + f"{S}/film/{D}.jpg"),
}


@dataclass(frozen=True)
class Wall:
    """Hospital A's credential, and what stands on the other side."""

    cloud: LocalCloud
    mine: LocalSession
    a: str
    b: str
    policies: list[dict[str, Any]]
    narrowed: dict[str, Any]

    def place(self, name: str, tenant: str) -> tuple[str, str]:
        bucket, key = (PLACES | FORBIDDEN)[name]
        return self.cloud.outputs[bucket], key.format(tenant=tenant)

    def judged(self, action: str, resource: str, detail: str = "") -> bool:
        """What AWS would say: the role and the session policy must both allow."""
        call = Call("Presign", action, resource, detail)
        return any(allows(document, call) for document in self.policies) and allows(self.narrowed, call)

    def refuses(self, action: str, resource: str, call: Callable[[], object], detail: str = "") -> bool:
        """Both the local cloud and the judge; they must agree."""
        emulator, judge = refused(call), not self.judged(action, resource, detail)
        assert emulator == judge, f"{action} on {resource}: refused by the local cloud: {emulator}, by AWS: {judge}"
        return emulator


@pytest.fixture(scope="module")
def wall(local_cloud: LocalCloud) -> Iterator[Wall]:
    a = new_tenant()
    b = f"{a}b"  # begins with the other's name
    settings = settings_of(local_cloud)
    policies, narrowed = deployed(local_cloud)["PresignRole"], session_policy(settings, a)
    root = local_cloud.session("root").client("s3")
    with lent(local_cloud, policies, narrowed) as mine:
        made = Wall(local_cloud, mine, a, b, policies, narrowed)
        for name in PLACES | FORBIDDEN:
            for tenant in (a, b):
                bucket, key = made.place(name, tenant)
                root.put_object(Bucket=bucket, Key=key, Body=BODY)
        yield made


def settings_of(cloud: LocalCloud) -> Settings:
    role = "arn:aws:iam::000000000000:role/lightbox-local-presign-us-east-1"
    return replace(from_environment(cloud.environment("operator")), presign_role=role)


def arn(bucket: str, key: str = "") -> str:
    return f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")


@pytest.mark.parametrize("name", PLACES)
def test_a_hospital_writes_its_own_and_can_read_or_remove_nothing(wall: Wall, name: str) -> None:
    """A stolen grant's credential neither reads images back nor takes any away."""
    s3, (bucket, key) = wall.mine.client("s3"), wall.place(name, wall.a)
    assert not wall.refuses("s3:PutObject", arn(bucket, key), lambda: s3.put_object(Bucket=bucket, Key=key, Body=BODY))
    assert wall.refuses("s3:GetObject", arn(bucket, key), lambda: s3.get_object(Bucket=bucket, Key=key))
    assert wall.refuses("s3:GetObject", arn(bucket, key), lambda: s3.head_object(Bucket=bucket, Key=key))
    assert wall.refuses("s3:DeleteObject", arn(bucket, key), lambda: s3.delete_object(Bucket=bucket, Key=key))
    assert wall.refuses("s3:ListBucket", arn(bucket), lambda: s3.list_objects_v2(Bucket=bucket, Prefix=key.partition(S)[0]))


@pytest.mark.parametrize("name", [*PLACES, *FORBIDDEN])
def test_nothing_of_another_hospital_is_written_read_listed_copied_or_removed(wall: Wall, name: str) -> None:
    """Also of one whose name begins with one's own."""
    s3, (bucket, key) = wall.mine.client("s3"), wall.place(name, wall.b)
    home, own = wall.place("low", wall.a)
    theirs, mine = {"Bucket": bucket, "Key": key}, {"Bucket": home, "Key": own}
    there = arn(bucket, key)
    tries: list[tuple[str, str, Callable[[], object]]] = [
        ("s3:PutObject", there, lambda: s3.put_object(**theirs, Body=b"other")),
        ("s3:PutObject", there, lambda: s3.create_multipart_upload(**theirs)),
        ("s3:PutObjectTagging", there, lambda: s3.put_object_tagging(**theirs, Tagging={"TagSet": []})),
        ("s3:PutObjectAcl", there, lambda: s3.put_object_acl(**theirs, ACL="private")),
        ("s3:GetObject", there, lambda: s3.get_object(**theirs)),
        ("s3:GetObject", there, lambda: s3.get_object(**theirs, Range="bytes=0-1")),
        ("s3:GetObject", there, lambda: s3.head_object(**theirs)),
        ("s3:GetObjectTagging", there, lambda: s3.get_object_tagging(**theirs)),
        ("s3:DeleteObject", there, lambda: s3.delete_object(**theirs)),
        ("s3:ListBucket", arn(bucket), lambda: s3.list_objects_v2(Bucket=bucket, Prefix=key.partition(S)[0])),
        ("s3:ListBucketVersions", arn(bucket), lambda: s3.list_object_versions(Bucket=bucket)),
        ("s3:ListBucketMultipartUploads", arn(bucket), lambda: s3.list_multipart_uploads(Bucket=bucket)),
        ("s3:GetObject", there, lambda: s3.copy_object(**mine, CopySource=theirs)),  # in: reading theirs
        ("s3:PutObject", there, lambda: s3.copy_object(**theirs, CopySource=mine)),  # out: writing theirs
    ]
    for action, resource, call in tries:
        assert wall.refuses(action, resource, call), action
    with contextlib.suppress(ClientError):  # S3 answers 200 and names what it did not do
        assert "Deleted" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    assert wall.cloud.session("root").client("s3").get_object(**theirs)["Body"].read() == BODY


@pytest.mark.parametrize("name", FORBIDDEN)
def test_not_even_under_its_own_name_does_an_agent_write_what_the_cloud_makes(wall: Wall, name: str) -> None:
    """The journal above all: it is what everything is rebuilt from."""
    s3, (bucket, key) = wall.mine.client("s3"), wall.place(name, wall.a)
    assert wall.refuses("s3:PutObject", arn(bucket, key), lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"other"))


@pytest.mark.parametrize(
    "trick",
    [
        "pixels/k1/{a}/../{b}/x.low",
        "pixels/k1/{a}/../../k1/{b}/x.low",
        "pixels/k1/{a}/%2e%2e/{b}/x.low",
        "pixels/k1/{a}/..%2f{b}/x.low",
        "pixels/k1/./{b}/x.low",
        "pixels/k1//{b}/x.low",
        "pixels/k1/{a}b/x.low",
        "pixels/k1/{a}\u0000/../{b}/x.low",
        "pixels/K1/{a}/x.low",
        "/pixels/k1/{a}/x.low",
        "pixels/k1/{a}",
        "k1/{a}/x.low",
    ],
)
def test_no_spelling_of_a_path_leads_into_another_hospital(wall: Wall, trick: str) -> None:
    """Keys are names, not paths: nothing resolves dots, and where a spelling is refused is of no matter."""
    bucket, own = wall.cloud.outputs["PixelsBucket"], f"pixels/k1/{wall.a}/"
    before = everything(wall)
    key = trick.format(a=wall.a, b=wall.b)
    assert wall.judged("s3:PutObject", arn(bucket, key)) == key.startswith(own)
    client = wall.mine.client("s3")
    with contextlib.suppress(ClientError):
        client.put_object(Bucket=bucket, Key=key, Body=b"other")
    signed = urlsplit(client.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key}))
    raw_put(wall.cloud, f"{signed.path}?{signed.query}")
    raw_put(wall.cloud, f"/{bucket}/{quote(key, safe='/%')}?{signed.query}")
    changed = {name for name, digest in everything(wall).items() if before.get(name) != digest}
    # laxer than AWS: the emulator takes slashes at the start of a key away before it judges
    assert [name for name in changed if not name.lstrip("/").startswith(own)] == []


def everything(wall: Wall) -> dict[str, str]:
    """Key → digest of all of the pixels bucket, as its owner sees it."""
    pages = wall.cloud.session("root").client("s3").get_paginator("list_objects_v2")
    return {
        entry["Key"]: entry["ETag"]
        for page in pages.paginate(Bucket=wall.cloud.outputs["PixelsBucket"])
        for entry in page.get("Contents", [])
    }


def raw_put(cloud: LocalCloud, target: str) -> int:
    """PUT exactly this target: HTTP libraries tidy paths up."""
    parts = urlsplit(cloud.endpoint)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.putrequest("PUT", target.replace(" ", "%20"), skip_accept_encoding=True)
        connection.putheader("Content-Length", "5")
        connection.endheaders(b"other")
        return connection.getresponse().status
    finally:
        connection.close()


def test_table_queues_bus_secrets_keys_and_other_roles_are_closed(wall: Wall) -> None:
    """A credential for uploads is one for uploads."""
    made, mine = wall.cloud.outputs, wall.mine
    table = f"arn:aws:dynamodb:us-east-1:000000000000:table/{made['TableName']}"
    db, sqs = mine.client("dynamodb"), mine.client("sqs")
    key = {"pk": {"S": keys.hospital_pk(wall.a)}, "sk": {"S": "HOSPITAL"}}
    tries: list[tuple[str, str, Callable[[], object]]] = [
        ("dynamodb:GetItem", table, lambda: db.get_item(TableName=made["TableName"], Key=key)),
        ("dynamodb:PutItem", table, lambda: db.put_item(TableName=made["TableName"], Item=key)),
        ("dynamodb:DeleteItem", table, lambda: db.delete_item(TableName=made["TableName"], Key=key)),
        ("dynamodb:Scan", table, lambda: db.scan(TableName=made["TableName"])),
        ("sqs:SendMessage", "ingest", lambda: sqs.send_message(QueueUrl=made["IngestQueueUrl"], MessageBody="{}")),
        ("sqs:ReceiveMessage", "ingest", lambda: sqs.receive_message(QueueUrl=made["IngestQueueUrl"])),
        ("events:PutEvents", "bus", lambda: put_event(mine, made["BusName"])),
        ("secretsmanager:GetSecretValue", "secret", lambda: get_secret(mine, made["SecretsId"])),
        ("sts:AssumeRole", "role", lambda: assume(mine, settings_of(wall.cloud).presign_role)),
        ("iam:ListRoles", "*", lambda: mine.client("iam").list_roles()),
        ("s3:ListAllMyBuckets", "*", lambda: mine.client("s3").list_buckets()),
    ]
    for action, resource, call in tries:
        assert wall.refuses(action, resource, call), action


def put_event(session: LocalSession, bus: str) -> object:
    entry = {"EventBusName": bus, "Source": "lightbox", "DetailType": "exam_released", "Detail": "{}"}
    return session.client("events").put_events(Entries=[entry])


def get_secret(session: LocalSession, name: str) -> object:
    return session.client("secretsmanager").get_secret_value(SecretId=name)


def assume(session: LocalSession, role: str) -> object:
    return session.client("sts").assume_role(RoleArn=role, RoleSessionName="again")


def test_what_the_presigner_signs_for_another_hospitals_key_is_refused_by_storage(wall: Wall) -> None:
    """Even if our code above it asked for the wrong name."""
    digest = keys.sha256_hex(BODY)
    with lent_role(wall.cloud, wall.policies) as role:
        presigner = S3Presigner(replace(settings_of(wall.cloud), presign_role=role), SystemClock(), clients_of(wall.cloud))
        answers = {}
        for owner in (wall.a, wall.b):
            key = f"k1/{owner}/{S}/{S}/{digest}.low"
            upload = Upload("pixels", key, digest, len(BODY), "application/octet-stream")
            url = presigner.put(wall.a, upload)
            answers[owner] = httpx.put(url, content=BODY, headers=upload.headers(), trust_env=False).status_code
    assert answers == {wall.a: 200, wall.b: 403}


def clients_of(cloud: LocalCloud) -> Callable[..., Any]:
    """Clients as the emulator's root, which may assume the role, or with the credentials that are given."""

    def make(service: str, **given: str) -> Any:
        if not given:
            return cloud.session("root").client(service)
        pair = Credentials(given["aws_access_key_id"], given["aws_secret_access_key"], given["aws_session_token"])
        return LocalSession(cloud.endpoint, pair).client(service)

    return make
