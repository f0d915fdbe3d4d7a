"""Sending: over real HTTP to a cloud that checks every signature; nothing lost, nothing doubled, whatever it answers."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge_agent.cloud import Cloud
from edge_agent.config import Packing, Upload
from edge_agent.heartbeat import Heartbeat
from edge_agent.identity import Identity, new_key
from edge_agent.packer import Packer
from edge_agent.spool.states import Event, State
from edge_agent.uploader import ASK_SLOWEST_S, Uploader
from functions.core.imaging.parcel import open_heads, rebuild
from tests.agent.building import STUDY, Clock, encoded, image, keep, opened
from tests.agent.cloud_server import AGENT, KEY, TENANT, CloudServer, name_of, serving, validator


@pytest.fixture
def cloud():
    with serving(CloudServer()) as cloud:
        yield cloud


@contextmanager
def agent(folder: Path, cloud: CloudServer, clock: Clock | None = None, workers: int = 1):
    """A spool with packer and uploader whose steps the test takes one by one."""
    clock = clock or Clock()
    private_key = new_key()
    cloud.public_key = private_key.public_key()
    identity = Identity(TENANT, AGENT, KEY, "", "Asia/Shanghai", private_key)
    client = Cloud(f"{cloud.url}/api", identity, timeout_s=5)
    with opened(folder, clock=clock) as spool:
        packer = Packer(spool, Packing(), now_s=clock)
        uploader = Uploader(spool, client, identity, Upload(workers=workers), now_s=clock, chance=lambda: 1.0)
        try:
            yield spool, packer, uploader
        finally:
            client.close()


def spooled(spool, clock, *numbers: int):
    for number in numbers:
        keep(spool, image(number))
    clock.now += 10


def send_next(spool, uploader) -> bool:
    with spool.changed:
        shipment = uploader._pick()
    if shipment is None:
        return False
    uploader.send(shipment)
    return True


def states(spool) -> set[State]:
    return {item.state for item in spool.items.values()}


@pytest.mark.req("EDGE-15")
def test_a_study_goes_up_by_signed_requests_and_is_forgotten_when_indexed(tmp_path, cloud):
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1, 2, 3)
        packer.pack_next()
        assert send_next(spool, uploader)
        assert states(spool) == {State.UPLOADED}
        assert all(spool.object_path(number).exists() for number in spool.items)
        assert uploader.ask() == 1
        assert states(spool) == {State.SENT}
        assert not any(spool.object_path(number).exists() for number in spool.items)
        assert spool.room.used_bytes == 0
    (manifest,) = cloud.documents("manifest")
    assert (manifest["study"], manifest["tenant"]) == (name_of(STUDY), TENANT)
    assert manifest["source"] == {"kind": "dimse", "calling_ae_title": "CT1", "called_ae_title": "LIGHTBOX"}
    (parcel,) = manifest["parcels"]
    heads = open_heads(cloud.objects[f"heads/{parcel['heads']['sha256']}"])
    objects = {kind: cloud.objects[f"{kind}/{parcel[kind]['sha256']}"] for kind in ("low", "rest") if parcel[kind]}
    for instance, number in zip(heads.instances, (1, 2, 3), strict=True):
        rebuilt = rebuild(heads, instance, lambda kind, offset, count: objects[kind][offset : offset + count])
        assert rebuilt == encoded(image(number))


def test_412_counts_as_sent(tmp_path, cloud):
    """Another try has brought it there; the second must not fail for ever."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        folder = spool.shipment_folder(0)
        for path in folder.iterdir():
            cloud.objects[f"{path.suffix[1:]}/{path.stem}"] = path.read_bytes()
        send_next(spool, uploader)
        assert states(spool) == {State.UPLOADED}


@pytest.mark.req("EDGE-01")
def test_a_crash_in_the_middle_of_an_upload_sends_the_same_objects_again(tmp_path, cloud):
    """The cloud has some of them already: 412, and no second parcel of other bytes."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1, 2)
        packer.pack_next()
        cloud.refuse = lambda route, body: (503, {"code": "service_busy", "retry": True}) if route == "manifests" else None
        send_next(spool, uploader)
        assert states(spool) == {State.PACKED}
        after = shutil.copytree(spool.folder, tmp_path / "after")
    cloud.refuse = lambda route, body: None
    with agent(after, cloud, clock) as (spool, _, uploader):
        assert send_next(spool, uploader)
        assert uploader.ask() == 1
        assert states(spool) == {State.SENT}
    assert set(cloud.puts.values()) == {2}  # each object twice, by the same name
    assert len(cloud.documents("manifest")) == 1
    assert set(cloud.confirmed_instances().values()) == {1}


def test_failures_are_waited_out_with_growing_pauses(tmp_path, cloud):
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.refuse = lambda route, body: (500, {}) if route == "grants" else None
        waits = []
        for _ in range(4):
            assert send_next(spool, uploader)
            assert not send_next(spool, uploader)
            waits.append(spool.shipments[0].not_before_s - clock.now)
            clock.now = spool.shipments[0].not_before_s
        assert waits == pytest.approx([0.5, 1, 2, 4])
        assert uploader.trouble.error.code == "CloudUnreachable"
        cloud.refuse = lambda route, body: None
        assert send_next(spool, uploader)
        assert uploader.trouble.error is None
        assert states(spool) == {State.UPLOADED}


def test_a_quarantined_manifest_parks_its_objects_with_the_reason(tmp_path, cloud):
    clock = Clock()
    cloud.verdict = lambda sha256, body: {"state": "quarantined", "reason": "parcel_damaged"}
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        uploader.ask()
        assert states(spool) == {State.PARKED}
        assert spool.items[0].reason == "parcel_damaged"
        assert spool.object_path(0).exists()


def test_a_manifest_that_the_cloud_lost_is_sent_again(tmp_path, cloud):
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        cloud.states.clear()
        cloud.objects.clear()
        uploader.ask()
        assert states(spool) == {State.PACKED}
        send_next(spool, uploader)
        uploader.ask()
        assert states(spool) == {State.SENT}


def test_a_refusal_for_good_parks_and_the_next_shipment_goes_on(tmp_path, cloud):
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.refuse = lambda route, body: (400, {"code": "document_invalid"}) if route == "manifests" else None
        send_next(spool, uploader)
        assert states(spool) == {State.PARKED}
        assert spool.items[0].reason == "400 document_invalid"
        cloud.refuse = lambda route, body: None
        spooled(spool, clock, 2)
        packer.pack_next()
        send_next(spool, uploader)
        assert spool.items[max(spool.items)].state is State.UPLOADED


def test_a_damaged_parcel_file_is_made_anew_from_the_received_object(tmp_path, cloud):
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        path = next(spool.shipment_folder(0).glob("*.heads"))
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        send_next(spool, uploader)
        assert states(spool) == {State.SPOOLED}
        packer.pack_next()
        send_next(spool, uploader)
        uploader.ask()
        assert states(spool) == {State.SENT}


def test_a_damaged_object_is_parked_and_the_rest_of_its_series_goes_up(tmp_path, cloud):
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1, 2)
        path = spool.object_path(0)
        raw = bytearray(path.read_bytes())
        raw[-1] ^= 1
        path.write_bytes(raw)
        packer.pack_next()
        send_next(spool, uploader)
        assert [item.state for item in spool.items.values()] == [State.PARKED, State.UPLOADED]


# -- what the vault says


@pytest.mark.parametrize("code", ["RequestTimeout", "IncompleteBody", "ExpiredToken", ""])
def test_an_answer_of_400_that_will_pass_is_waited_out(tmp_path, cloud, code):
    """S3 says 400 to a slow link and to an expired session too; parked, it would wait for a person."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.refuse_put = lambda kind: (400, code)
        send_next(spool, uploader)
        assert states(spool) == {State.PACKED}
        cloud.refuse_put = lambda kind: None
        clock.now += 1
        send_next(spool, uploader)
        assert states(spool) == {State.UPLOADED}


@pytest.mark.parametrize("code", ["BadDigest", "EntityTooLarge"])
def test_an_object_that_the_vault_never_takes_is_parked(tmp_path, cloud, code):
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.refuse_put = lambda kind: (400, code)
        send_next(spool, uploader)
        assert states(spool) == {State.PARKED}
        assert spool.items[0].reason == f"400 {code}"


def test_nothing_is_put_to_an_address_that_others_can_listen_to(tmp_path, cloud):
    clock = Clock()
    cloud.vault_url = "http://vault.example"
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        assert states(spool) == {State.PACKED}
        assert "not https" in str(uploader.trouble.error)


# -- what the cloud does not finish


def test_what_stays_queued_is_confirmed_again_and_shown(tmp_path, cloud):
    """A message may be lost, or lie with the cloud's dead letters; asking alone would go on for ever."""
    clock = Clock()
    cloud.verdict = lambda sha256, body: {"state": "queued"}
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)

        def confirmed() -> int:
            return [route for route, _ in cloud.requests].count("manifests")

        clock.now += 599
        uploader.ask()
        assert confirmed() == 1
        clock.now += 2
        uploader.ask()
        uploader.ask()
        assert confirmed() == 2
        facts = Heartbeat(spool, None, uploader.trouble, 60.0).facts()
        assert facts["overdue"] == 1
        assert validator("edge_heartbeat_request.v1").is_valid(facts)
        clock.now += 600
        cloud.verdict = lambda sha256, body: {"state": "indexed"}
        uploader.ask()
        uploader.ask()
        assert confirmed() == 3
        assert states(spool) == {State.SENT}


def test_what_was_just_sent_is_asked_about_soon_and_never_later_because_more_is_sent(tmp_path, cloud):
    """A steady stream of uploads must not keep the agent from asking; an old straggler must not make it ask rarely."""
    clock = Clock()
    cloud.verdict = lambda sha256, body: {"state": "queued"}
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        clock.now += 100
        uploader.ask()
        assert uploader._ask_at_s == clock.now + ASK_SLOWEST_S
        for number in (2, 3, 4):
            keep(spool, image(number, series=f"1.2.3.4.{number}"))
        clock.now += 3
        due_s = clock.now + 0.5
        while packer.pack_next():
            send_next(spool, uploader)
            assert uploader._ask_at_s == due_s
            clock.now += 0.1


def test_a_second_confirmation_that_is_refused_for_good_parks(tmp_path, cloud):
    clock = Clock()
    cloud.verdict = lambda sha256, body: {"state": "queued"}
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        clock.now += 601
        cloud.refuse = lambda route, body: (400, {"code": "document_invalid"}) if route == "manifests" else None
        uploader.ask()
        assert states(spool) == {State.PARKED}


# -- who the agent is


@pytest.mark.req("EDGE-15")
@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ({"code": "key_revoked"}, "KeyRevoked", "no longer accepts"),
        ({"code": "key_unknown"}, "KeyUnknown", "does not know"),
        ({"code": "signature_wrong"}, "AgentRevoked", "signature_wrong"),
        ({"code": "clock_skewed", "now": "2001-01-01T00:00:00Z"}, "ClockSkewed", "clock is"),
    ],
)
def test_refused_identity_holds_everything_back_and_parks_nothing(tmp_path, cloud, answer, code, words):
    """It is the agent that is refused, not what it sends; all of it goes when the operator has helped."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.refuse = lambda route, body: (401, answer)
        send_next(spool, uploader)
        assert states(spool) == {State.PACKED}
        assert uploader.trouble.error.code == code
        assert words in str(uploader.trouble.error)


@pytest.mark.req("EDGE-15")
def test_a_skewed_clock_is_told_in_seconds(tmp_path, cloud):
    clock = Clock()
    cloud.now = lambda: datetime.now(UTC) + timedelta(hours=1)
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        assert abs(uploader.trouble.error.details["skew_s"] + 3600) < 5


@pytest.mark.req("EDGE-15")
def test_an_expired_token_is_renewed_once_and_the_request_repeated(tmp_path, cloud):
    clock = Clock()
    expired = iter([(401, {"code": "token_expired"})])
    cloud.refuse = lambda route, body: next(expired, None) if route == "grants" else None
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        assert states(spool) == {State.UPLOADED}
    assert [route for route, _ in cloud.requests].count("tokens") == 2


def test_no_cloud_credential_is_ever_on_the_agents_disk(tmp_path, cloud):
    """Grants and tokens live in memory; what a thief finds is the agent's own key."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        everything = b"".join(path.read_bytes() for path in spool.folder.rglob("*") if path.is_file())
    assert b"T" * 27 not in everything
    assert cloud.url.encode() not in everything


# -- many workers


@pytest.mark.req("EDGE-09")
def test_four_workers_send_at_least_twice_as_fast_as_one_over_a_slow_link(tmp_path, cloud):
    """Every put takes 80 ms on the way; only the link counts here, so the ratio holds on a busy machine."""
    clock = Clock()
    delay = threading.Event()
    cloud.before_put = lambda kind: delay.wait(0.08) or None
    took = {}
    for workers in (1, 4):
        with agent(tmp_path / f"spool-{workers}", cloud, clock, workers) as (spool, packer, uploader):
            for number in range(8):
                keep(spool, image(number + 1, series=f"1.2.3.4.{workers}.{number}"))
            clock.now += 10
            while packer.pack_next():
                pass
            start = time.perf_counter()
            uploader.start()
            with spool.changed:
                done = spool.changed.wait_for(lambda: not {State.PACKED, State.SENDING} & states(spool), timeout=60)
            took[workers] = time.perf_counter() - start
            uploader.stop()
            assert done
    assert took[1] >= 2 * took[4], took


def test_a_report_overtakes_images_that_wait(tmp_path, cloud):
    """A patient waits for it; a backlog of images must not hold it up."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        from edge_agent.spool.records import ObjectKind

        spool.put(ObjectKind.REPORT, b'{"schema":"report.v1"}')
        packer.pack_next()
        with spool.changed:
            shipment = uploader._pick()
        assert shipment.kind == "report"
        spool.advance(shipment, Event.TIMED_OUT)


def test_a_cloud_that_was_set_up_anew_is_believed_about_its_names(tmp_path, cloud):
    """Names are the cloud's; a manifest with yesterday's names would be quarantined."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spool.name({STUDY: "a" * 32, "1.2.3.4.1": "b" * 32})
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        assert states(spool) == {State.PACKED}
        assert not cloud.objects
        clock.now += 1
        send_next(spool, uploader)
        assert states(spool) == {State.UPLOADED}
        assert cloud.documents("manifest")[0]["study"] == name_of(STUDY)
