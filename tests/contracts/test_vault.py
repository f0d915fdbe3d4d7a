"""The contract of functions/adapters/vault/port.py, met by the vault in memory and by S3."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Iterator

import pytest

from functions.adapters.settings import from_environment
from functions.adapters.vault.memory import MemoryVault
from functions.adapters.vault.port import ObjectFacts, Vault
from functions.adapters.vault.s3 import S3Vault
from functions.core.errors import ObjectArchived, ObjectMissing
from functions.core.study.keys import Bucket
from functions.core.times import parse
from iac.local import tiers
from iac.local.cloud import LocalCloud
from tests.cloud import eventually


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.cloud)])
def vault(request: pytest.FixtureRequest) -> Iterator[Vault]:
    if request.param == "memory":
        yield MemoryVault()
        return
    cloud = request.getfixturevalue("local_cloud")
    settings = from_environment(cloud.environment("operator"))
    yield S3Vault(settings, lambda: cloud.session("root").client("s3"))


@pytest.fixture
def prefix() -> str:
    return f"journal/t-test/{uuid.uuid4().hex}/"


def test_an_object_comes_back_with_what_storage_says_of_it(vault: Vault, prefix: str) -> None:
    body = b"\x00pixels" * 1000
    assert vault.put("originals", prefix + "a", body, content_type="application/json") is True
    assert vault.get("originals", prefix + "a") == body
    facts = ObjectFacts(len(body), hashlib.sha256(body).hexdigest(), "application/json")
    assert vault.head("originals", prefix + "a") == facts


def test_an_object_is_written_once(vault: Vault, prefix: str) -> None:
    vault.put("originals", prefix + "a", b"first", content_type="text/plain")
    assert vault.put("originals", prefix + "a", b"second", content_type="text/plain") is False
    assert vault.get("originals", prefix + "a") == b"first"


def test_of_many_writers_at_once_exactly_one_writes(vault: Vault, prefix: str) -> None:
    wrote: list[bool] = []

    def write(number: int) -> None:
        wrote.append(vault.put("originals", prefix + "a", str(number).encode(), content_type="text/plain"))

    workers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(wrote) == [False] * 7 + [True]


def test_a_range_is_read_alone(vault: Vault, prefix: str) -> None:
    vault.put("pixels", prefix + "a", bytes(range(100)), content_type="application/octet-stream")
    assert vault.get_range("pixels", prefix + "a", 10, 5) == bytes(range(10, 15))


def test_a_missing_object_is_told_as_missing_and_worth_waiting_for(vault: Vault, prefix: str) -> None:
    assert vault.head("derived", prefix + "no") is None
    with pytest.raises(ObjectMissing) as caught:
        vault.get("derived", prefix + "no")
    assert caught.value.retry


def test_keys_are_listed_by_prefix_in_order_over_pages(vault: Vault, prefix: str) -> None:
    for number in range(1005):
        vault.put("originals", f"{prefix}{number:04d}", b"x", content_type="text/plain")
    assert list(vault.keys("originals", prefix)) == [f"{prefix}{number:04d}" for number in range(1005)]
    assert list(vault.keys("originals", prefix + "0999")) == [prefix + "0999"]


def test_buckets_are_apart(vault: Vault, prefix: str) -> None:
    vault.put("originals", prefix + "a", b"x", content_type="text/plain")
    assert vault.head("pixels", prefix + "a") is None


@pytest.mark.req("LIFE-01")
def test_what_lies_in_no_archive_needs_no_recall(vault: Vault, prefix: str) -> None:
    """Storage moves by tag in its own time: what it has not moved yet is read as before."""
    vault.put("pixels", prefix + "a.rest", b"x", content_type="text/plain")
    vault.tag("pixels", prefix + "a.rest", {"tier": "archive"})
    vault.restore("pixels", [prefix + "a.rest"], 7)
    facts = vault.head("pixels", prefix + "a.rest")
    assert facts is not None
    assert (facts.archived, facts.coming, facts.until, facts.is_readable) == (False, False, "", True)
    with pytest.raises(ObjectMissing):
        vault.tag("pixels", prefix + "no.rest", {"tier": "archive"})


@pytest.mark.req("LIFE-01")
def test_what_is_archived_is_refused_until_its_recall_has_come(vault: Vault, prefix: str, request: pytest.FixtureRequest) -> None:
    """Asked for twice it comes once; until then storage says that it is on its way, and afterwards until when it is there."""
    keys = [prefix.replace("journal/", "k1/") + name for name in ("a.rest", "b.rest")]  # where the bucket's rules look
    for key in keys:
        vault.put("pixels", key, b"pixels", content_type="text/plain")
        vault.tag("pixels", key, {"tier": "archive"})
    if isinstance(vault, MemoryVault):
        vault.pass_night()
    else:
        cloud = request.getfixturevalue("local_cloud")
        tiers.pass_night(cloud.session("root"), cloud.outputs)
    for key in keys:
        with pytest.raises(ObjectArchived):
            vault.get("pixels", key)
    vault.restore("pixels", keys[:1], 7)
    vault.restore("pixels", keys, 7)
    facts = [vault.head("pixels", key) for key in keys]
    assert [(one.archived, one.coming, one.is_readable) for one in facts if one] == [(True, True, False)] * 2
    if isinstance(vault, MemoryVault):
        vault.bring("2026-12-01T00:00:00Z")
    eventually(lambda: all((vault.head("pixels", key) or facts[0]).is_readable for key in keys), 20)
    assert [vault.get("pixels", key) for key in keys] == [b"pixels"] * 2
    found = [vault.head("pixels", key) for key in keys]
    assert all(parse(one.until) for one in found if one)


@pytest.mark.cloud
def test_in_s3_what_a_cdn_serves_lies_under_its_path(local_cloud: LocalCloud, prefix: str) -> None:
    """A CDN asks for `/pixels/…` and gets the key `pixels/…`; originals, which it must never reach, stay as they are."""
    settings = from_environment(local_cloud.environment("operator"))
    s3 = local_cloud.session("root").client("s3")
    vault = S3Vault(settings, lambda: s3)
    places: tuple[tuple[Bucket, str], ...] = (("pixels", "pixels/"), ("derived", "derived/"), ("originals", ""))
    for bucket, folder in places:
        vault.put(bucket, prefix + "a", b"x", content_type="text/plain")
        assert s3.head_object(Bucket=settings.bucket(bucket), Key=folder + prefix + "a")["ContentLength"] == 1
        assert list(vault.keys(bucket, prefix)) == [prefix + "a"]


def test_folders_directly_under_a_prefix_are_named_once_each(vault: Vault, prefix: str) -> None:
    for name in ("b/2/x", "a/1", "b/1", "c"):
        vault.put("originals", prefix + name, b"x", content_type="text/plain")
    assert list(vault.folders("originals", prefix)) == ["a", "b"]
