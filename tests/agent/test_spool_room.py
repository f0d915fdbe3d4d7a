"""A full spool says so, harms nothing, and goes on by itself; the same object twice takes no room twice."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from edge_agent.errors import DiskFull, SpoolAtLimit
from edge_agent.heartbeat import Heartbeat
from edge_agent.spool.port import RealDisk
from edge_agent.spool.room import Room
from edge_agent.spool.states import State
from edge_agent.spool.store import Spool
from edge_agent.uploader import Trouble
from tests.agent.building import image, keep, opened


def test_a_full_spool_refuses_with_out_of_resources_and_takes_again_when_there_is_room(tmp_path):
    with opened(tmp_path / "spool", max_bytes=4000) as spool:
        keep(spool, image(1))
        keep(spool, image(2))
        with pytest.raises(SpoolAtLimit) as refused:
            keep(spool, image(3))
        assert refused.value.dicom_status == 0xA700
        assert spool.room.full
        spool.room.add(-3000)
        assert keep(spool, image(3)) is not None
        assert not spool.room.full


def test_the_disk_is_left_some_room():
    free = [10 << 20]
    now = [0.0]
    room = Room(Path("."), 1 << 40, 5 << 20, free_bytes=lambda _: free[0], now_s=lambda: now[0])
    room.check()
    with pytest.raises(DiskFull):
        room.check(6 << 20)
    free[0], now[0] = 4 << 20, 1.0
    with pytest.raises(DiskFull, match="4 MiB free"):
        room.check()
    free[0], now[0] = 8 << 20, 2.0
    room.check()


def test_a_disk_that_is_full_in_the_middle_of_an_object_is_out_of_resources(tmp_path):
    """ENOSPC comes from the write, not from the look before it."""
    with opened(tmp_path / "spool") as spool:
        incoming = spool.begin()
        os.close(incoming._fd)
        incoming._fd = os.open("/dev/full", os.O_RDWR)
        with pytest.raises(DiskFull) as refused:
            incoming.write(memoryview(b"x" * 100))
        assert refused.value.dicom_status == 0xA700
        incoming.drop()
        assert not spool.items
        assert errno.ENOSPC


def test_the_same_object_again_is_held_once(tmp_path):
    """A modality that repeats a send gets success and doubles nothing."""
    with opened(tmp_path / "spool") as spool:
        assert keep(spool, image(1)) is not None
        assert keep(spool, image(1)) is None
        assert len(spool.items) == 1


def test_the_same_uid_with_other_bytes_is_a_second_object(tmp_path):
    """Which of the two is right is decided in the cloud; neither may be lost here."""
    with opened(tmp_path / "spool") as spool:
        assert keep(spool, image(1)) is not None
        assert keep(spool, image(1, shade=9)) is not None
        assert [item.state for item in spool.items.values()] == [State.SPOOLED] * 2


class OnceUnsure(RealDisk):
    """A folder's sync fails when told, after the file's name was changed."""

    fails = False

    def sync_folder(self, folder: Path) -> None:
        if self.fails:
            raise OSError(errno.EIO, "disk gone", str(folder))
        super().sync_folder(folder)


@pytest.mark.req("EDGE-10")
def test_what_status_reads_is_right_again_after_a_write_that_failed_half_way(tmp_path):
    """The file said full, was not sure to, and then nobody wrote that there is room: an alarm without end (seed 21321)."""
    disk = OnceUnsure()
    spool = Spool(tmp_path / "spool", 1 << 30, 0, disk=disk)
    heartbeat = Heartbeat(spool, cloud=None, trouble=Trouble(), every_s=60.0)
    heartbeat.write_state()
    spool.room.full, disk.fails = True, True
    with pytest.raises(OSError, match="disk gone"):
        heartbeat.write_state()
    spool.room.full, disk.fails = False, False
    heartbeat.write_state()
    assert json.loads((spool.folder / "state.json").read_text())["full"] is False
    spool.close()
