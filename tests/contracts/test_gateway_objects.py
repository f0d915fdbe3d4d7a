"""Storage through the gateway: ranges, conditions and headers as a browser's cache needs them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.security.gateway_cases import OBJECT, Behind, as_header, cookies_for, gateway

CACHE = "private, max-age=31536000, immutable"


def storage(request: httpx.Request) -> httpx.Response:
    """An S3 with one object of ten bytes."""
    common = {"etag": '"e"', "cache-control": CACHE, "accept-ranges": "bytes", "x-amz-request-id": "internal"}
    if request.headers.get("if-none-match") == '"e"':
        return httpx.Response(304, headers=common)
    if "range" in request.headers:
        first, last = (int(end) for end in request.headers["range"].removeprefix("bytes=").split("-"))
        if first > 9:
            return httpx.Response(416, headers={**common, "content-range": "bytes */10"}, content=b"<Error>bucket-pixels</Error>")
        part = b"0123456789"[first : last + 1]
        return httpx.Response(206, headers={**common, "content-range": f"bytes {first}-{last}/10"}, content=part)
    return httpx.Response(200, headers={**common, "content-type": "application/octet-stream"}, content=b"0123456789")


@pytest.fixture
def answer(tmp_path: Path):
    client = gateway(tmp_path, Behind(storage))
    return lambda method="GET", **headers: client.request(method, OBJECT, headers={**as_header(cookies_for()), **headers})


def test_a_range_is_answered_with_that_range(answer) -> None:
    """The viewer reads pieces of a parcel, not parcels."""
    got = answer(range="bytes=2-4")
    assert (got.status_code, got.content, got.headers["content-range"]) == (206, b"234", "bytes 2-4/10")


def test_storage_that_is_down_is_said_in_words(tmp_path: Path) -> None:
    """A viewer tries again on 502; a bare 500 says nothing to it or to who looks into it."""

    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    got = gateway(tmp_path, Behind(down)).get(OBJECT, headers=as_header(cookies_for()))
    assert (got.status_code, got.json()["code"]) == (502, "storage_unreachable")
    assert got.headers["cache-control"] == "no-store"


def test_a_range_outside_the_object_is_416_and_says_nothing_of_storage(answer) -> None:
    """An error page of storage names the bucket."""
    got = answer(range="bytes=20-30")
    assert (got.status_code, got.content, got.headers["content-range"]) == (416, b"", "bytes */10")


def test_a_cached_copy_is_confirmed_without_bytes(answer) -> None:
    """A second opening downloads no image again."""
    got = answer(**{"if-none-match": '"e"'})
    assert (got.status_code, got.content, got.headers["etag"]) == (304, b"", '"e"')


def test_head_tells_the_length_without_the_bytes(answer) -> None:
    got = answer("HEAD")
    assert (got.status_code, got.content, got.headers["content-length"]) == (200, b"", "10")


def test_cache_headers_pass_and_storages_own_do_not(answer) -> None:
    got = answer()
    assert got.headers["cache-control"] == CACHE
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "x-amz-request-id" not in got.headers


@pytest.mark.parametrize("status", [403, 404])
def test_what_storage_does_not_have_is_403_as_from_the_cdn_and_names_no_key(status: int, tmp_path: Path) -> None:
    """The CDN's identity may not list, so storage tells it 403: a viewer made against 404 would fail only in production."""
    told = f"<Error><Key>{OBJECT[1:]}</Key><BucketName>bucket-pixels</BucketName></Error>".encode()
    got = gateway(tmp_path, Behind(lambda _: httpx.Response(status, content=told))).get(OBJECT, headers=as_header(cookies_for()))
    assert (got.status_code, got.json()["code"]) == (403, "absent")
    assert "bucket-pixels" not in got.text
    assert "k1/" not in got.text


@pytest.mark.parametrize(("folder", "bucket"), [("pixels", "bucket-pixels"), ("derived", "bucket-derived")])
def test_the_path_is_the_key_in_the_bucket(folder: str, bucket: str, tmp_path: Path) -> None:
    """Nothing on a CDN's way shortens a path (docs/adr/0003); what works here works there."""
    base, behind = f"/{folder}/k1/renhe/s/", Behind()
    assert gateway(tmp_path, behind).get(base + "x", headers=as_header(cookies_for(base))).status_code == 200
    assert str(behind.requests[0].url) == f"http://storage.behind/{bucket}{base}x"


def test_an_object_cannot_be_written_through_the_gateway(tmp_path: Path) -> None:
    behind = Behind()
    for method in ("PUT", "POST", "DELETE"):
        assert gateway(tmp_path, behind).request(method, OBJECT, headers=as_header(cookies_for())).status_code == 405
    assert behind.requests == []
