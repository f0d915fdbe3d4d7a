"""Storage and the AWS API themselves refuse who has no signature, whatever our code would think."""

from __future__ import annotations

import httpx
import pytest

from iac.local.cloud import LocalCloud

pytestmark = [pytest.mark.cloud, pytest.mark.req("SEC-04")]

KEY = "pixels/k1/t-storage/s/x.low"


@pytest.fixture
def url(local_cloud: LocalCloud) -> str:
    bucket = local_cloud.outputs["PixelsBucket"]
    local_cloud.session("root").client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"pixels")
    return f"{local_cloud.endpoint}/{bucket}/{KEY}"


def test_an_object_without_signature_is_refused_by_storage(url: str) -> None:
    """Around the gateway there is no open door."""
    assert httpx.get(url, trust_env=False).status_code == 403
    assert httpx.put(url, content=b"other", trust_env=False).status_code == 403


def test_a_presigned_address_opens_one_object_and_only_unaltered(local_cloud: LocalCloud, url: str) -> None:
    """The form that uploads use: one object, one verb, one span of time."""
    bucket = local_cloud.outputs["PixelsBucket"]
    client = local_cloud.session("gateway").client("s3")
    signed = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": KEY}, ExpiresIn=60)
    assert httpx.get(signed, trust_env=False).content == b"pixels"
    assert httpx.get(signed.replace("x.low", "y.low"), trust_env=False).status_code == 403
    assert httpx.get(signed.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"), trust_env=False).status_code == 403
    assert httpx.put(signed, content=b"other", trust_env=False).status_code == 403


def test_the_gateway_refuses_the_same_object_without_cookies(local_cloud: LocalCloud, url: str) -> None:
    """Its own credential could read it; that is not for strangers."""
    assert httpx.get(url, trust_env=False).status_code == 403
    assert httpx.get(f"{local_cloud.origin}/{KEY}", trust_env=False).status_code == 403
