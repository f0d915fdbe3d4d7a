"""The vendors' own worked examples: their documents print request, key and signature."""

from __future__ import annotations

import json

from functions.core.signing import acs3, tc3


def test_alibabas_published_example_of_signature_v3():
    """help.aliyun.com, "V3 request syntax and signature": RunInstances of 2023-10-26."""
    query = acs3.query_text({"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"})
    headers = acs3.headers(
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        query=query,
        time="2023-10-26T10:22:32Z",
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_what_alibaba_encodes_is_encoded_as_it_says():
    """Space, star and tilde are where encoders differ."""
    assert acs3.query_text({"b": "a b*~", "a": "张"}) == "a=%E5%BC%A0&b=a%20b%2A~"


def test_tencents_published_example_of_signature_v3():
    """cloud.tencent.com, "Signature method v3": DescribeInstances of 2019-02-25, its keys blotted out with stars."""
    body = json.dumps({"Limit": 1, "Filters": [{"Values": ["未命名"], "Name": "instance-name"}]}).encode()
    signed = tc3.authorization(
        secret_id="*" * 36,
        secret_key="*" * 32,
        host="cvm.tencentcloudapi.com",
        service="cvm",
        action="DescribeInstances",
        body=body,
        at=1551113065,
    )
    assert signed.endswith("Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f")
    assert "/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host;x-tc-action, " in signed
