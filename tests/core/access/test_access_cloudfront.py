"""Signed cookies open one prefix for a while and nothing else [SEC-04]."""

from __future__ import annotations

import base64
import json

import pytest
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from functions.core.access.cloudfront import (
    HASH_COOKIE,
    KEY_COOKIE,
    POLICY_COOKIE,
    SIGNATURE_COOKIE,
    CookieRefused,
    Policy,
    covers,
    sign_cookies,
    verify_cookies,
)

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
PUBLIC = {"K1": KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)}
ORIGIN = "https://film.example.cn"
BASE = f"{ORIGIN}/pixels/k1/shiyi/{'s' * 32}/{'a' * 32}/"
POLICY = Policy(resource=f"{BASE}*", expires_at=1300)
PIECE = f"{BASE}{'0' * 64}.rest"


def cookies(policy: Policy = POLICY) -> dict[str, str]:
    return sign_cookies(policy, private_key_pem=PRIVATE, key_id="K1")


def refusal(given: dict[str, str], url: str = PIECE, now: float = 1000) -> str:
    with pytest.raises(CookieRefused) as refused:
        verify_cookies(given, url, now=now, public_keys=PUBLIC)
    assert refused.value.reason in CookieRefused.REASONS
    return refused.value.reason


@pytest.mark.req("SEC-04")
def test_a_series_is_open_until_the_policy_ends():
    assert verify_cookies(cookies(), PIECE, now=1299.9, public_keys=PUBLIC) == POLICY
    assert refusal(cookies(), now=1300) == "expired"


def test_what_is_signed_here_is_what_botocore_signs():
    """An independent implementation of CloudFront's own rules makes the very same cookies."""
    signer = CloudFrontSigner("K1", lambda message: KEY.sign(message, padding.PKCS1v15(), hashes.SHA1()))
    document = POLICY.to_json().decode()
    url = signer.generate_presigned_url(f"{ORIGIN}/x", policy=document)
    query = dict(part.split("=", 1) for part in url.split("?", 1)[1].split("&"))
    ours = cookies()
    assert query["Policy"] == ours[POLICY_COOKIE]
    assert query["Signature"] == ours[SIGNATURE_COOKIE]
    assert query["Key-Pair-Id"] == ours[KEY_COOKIE]


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize(
    "url",
    [
        f"{ORIGIN}/pixels/k1/shiyi/{'s' * 32}/{'b' * 32}/x.low",
        f"{ORIGIN}/pixels/k1/shiyi/{'s' * 32}/",
        f"{ORIGIN}/derived/shiyi/x",
        BASE.replace("https:", "http:") + "x",
        BASE.replace("film.example.cn", "film.example.cn.evil.example") + "x",
        f"{BASE}../{'b' * 32}/x.low",
        f"{BASE}%2e%2e/{'b' * 32}/x.low",
        f"{BASE}..%2f{'b' * 32}/x.low",
        f"{BASE}..\\{'b' * 32}",
        f"{ORIGIN}/other?{BASE}x",
    ],
)
def test_another_series_tenant_folder_or_host_is_refused(url):
    assert refusal(cookies(), url=url) == "other_resource"


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("name", [POLICY_COOKIE, SIGNATURE_COOKIE, KEY_COOKIE])
def test_a_request_without_all_three_cookies_is_refused(name):
    given = cookies()
    del given[name]
    assert refusal(given) == "missing"
    assert refusal({}) == "missing"


@pytest.mark.req("SEC-04")
@given(position=st.integers(0, 10_000), bit=st.integers(0, 7), name=st.sampled_from([POLICY_COOKIE, SIGNATURE_COOKIE]))
def test_one_changed_bit_anywhere_is_refused(position, bit, name):
    given = cookies()
    data = bytearray(base64.b64decode(given[name].translate(str.maketrans("-_~", "+=/"))))
    data[position % len(data)] ^= 1 << bit
    given[name] = base64.b64encode(data).decode().translate(str.maketrans("+=/", "-_~"))
    assert refusal(given) == "signature_wrong"


def test_a_policy_of_another_key_or_an_unknown_key_is_refused():
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = stranger.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    assert refusal(sign_cookies(POLICY, private_key_pem=pem, key_id="K1")) == "signature_wrong"
    assert refusal({**cookies(), KEY_COOKIE: "K2"}) == "key_unknown"


def test_a_longer_policy_cannot_be_put_on_an_old_signature():
    longer = sign_cookies(Policy(POLICY.resource, 10**9), private_key_pem=PRIVATE, key_id="K1")
    assert refusal({**cookies(), POLICY_COOKIE: longer[POLICY_COOKIE]}) == "signature_wrong"


def signed_text(document: bytes, algorithm: hashes.HashAlgorithm) -> dict[str, str]:
    def encode(data: bytes) -> str:
        return base64.b64encode(data).decode().translate(str.maketrans("+=/", "-_~"))

    signature = KEY.sign(document, padding.PKCS1v15(), algorithm)
    return {POLICY_COOKIE: encode(document), SIGNATURE_COOKIE: encode(signature), KEY_COOKIE: "K1"}


def test_sha256_is_accepted_where_the_cookie_says_so_and_only_there():
    given = signed_text(POLICY.to_json(), hashes.SHA256())
    assert refusal(given) == "signature_wrong"
    assert verify_cookies({**given, HASH_COOKIE: "SHA256"}, PIECE, now=1000, public_keys=PUBLIC)
    assert refusal({**given, HASH_COOKIE: "MD5"}) == "key_unknown"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff",
        json.dumps({"Statement": []}).encode(),
        json.dumps({"Statement": [{"Resource": f"{BASE}*"}]}).encode(),
        json.dumps({"Statement": [{"Resource": f"{BASE}*", "Condition": {"DateLessThan": {"AWS:EpochTime": "soon"}}}]}).encode(),
        json.dumps(
            {
                "Statement": [
                    {
                        "Resource": f"{BASE}*",
                        "Condition": {
                            "DateLessThan": {"AWS:EpochTime": 1300},
                            "IpAddress": {"AWS:SourceIp": "10.0.0.0/8"},
                        },
                    }
                ]
            }
        ).encode(),
    ],
)
def test_a_signed_policy_that_is_not_understood_opens_nothing(document):
    assert refusal(signed_text(document, hashes.SHA1())) == "policy_malformed"


def test_a_policy_may_begin_later():
    assert refusal(cookies(Policy(POLICY.resource, 1300, starts_at=1100))) == "too_early"
    assert verify_cookies(cookies(Policy(POLICY.resource, 1300, starts_at=1100)), PIECE, now=1101, public_keys=PUBLIC)


@pytest.mark.parametrize("text", ["!!!", "é", "A", "x" * 9000])
def test_garbage_in_a_cookie_is_a_refusal_not_a_crash(text):
    assert refusal({**cookies(), POLICY_COOKIE: text}) == "policy_malformed"


def test_wildcards_are_cloudfronts_and_dots_are_only_dots():
    assert covers("https://a/b/*", "https://a/b/c/d")
    assert covers("https://a/b/?.jpg", "https://a/b/c.jpg")
    assert not covers("https://a.b/*", "https://axb/c")
    assert not covers("https://a/b/*", "https://a/b")
