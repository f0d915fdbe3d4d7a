"""Sending while all goes well or the agent itself fails: nothing lost, nothing doubled, nothing held up."""

from __future__ import annotations

import shutil
import threading
import time

import pytest

from edge_agent.spool.records import ObjectKind
from edge_agent.spool.states import Event, State
from functions.core.imaging.parcel import open_heads, rebuild
from tests.agent.building import STUDY, Clock, encoded, image, keep
from tests.agent.cloud_server import TENANT, name_of
from tests.agent.uploading import agent, send_next, spooled, states


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


def test_a_report_overtakes_images_that_wait(tmp_path, cloud):
    """A patient waits for it; a backlog of images must not hold it up."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        spool.put(ObjectKind.REPORT, b'{"schema":"report.v1"}')
        packer.pack_next()
        with spool.changed:
            shipment = uploader._pick()
        assert shipment.kind == "report"
        spool.advance(shipment, Event.TIMED_OUT)


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
