"""Object files kept ready: zeros made ahead, and files of delivered objects. An old object must never pass for a new one."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_agent.spool.model import MANIFEST, Item
from edge_agent.spool.port import RealDisk
from edge_agent.spool.records import HEAD_BYTES
from edge_agent.spool.room import REGAIN_S
from edge_agent.spool.slots import SHARE, Keeping, object_files
from edge_agent.spool.states import Event, State
from edge_agent.spool.store import Spool
from tests.agent.building import Clock, encoded, image, keep

SMALL = Keeping(budget_bytes=1 << 20, made_bytes=3000, smallest_bytes=1000, largest_bytes=20_000)
ONLY_RETURNED = Keeping(budget_bytes=10_000, made_bytes=3000, smallest_bytes=1000, largest_bytes=20_000)


class WatchedDisk(RealDisk):
    """Tells what was done to names, and fails where it is told to."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Path]] = []
        self.fails: set[str] = set()

    def _note(self, what: str, path: Path) -> None:
        if what in self.fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        self.done.append((what, path))

    def rename(self, source: Path, target: Path) -> None:
        self._note("rename", target)
        super().rename(source, target)

    def sync_folder(self, folder: Path) -> None:
        self._note("sync_folder", folder)
        super().sync_folder(folder)

    def truncate(self, fd: int, size: int) -> None:
        self.done.append(("truncate", Path(str(size))))
        super().truncate(fd, size)


class ShortDisk(RealDisk):
    """A disk of `total` bytes, for object files only."""

    total = 1 << 30

    def used_bytes(self, folder: Path) -> int:
        return sum(path.stat().st_size for _, path in object_files(folder / "objects"))

    def free_bytes(self, folder: Path) -> int:
        return self.total - self.used_bytes(folder)


@contextmanager
def kept_ready(folder: Path, keeping: Keeping, disk: RealDisk | None = None, min_free_bytes: int = 0) -> Iterator[Spool]:
    """A spool that keeps files ready; what it does in the background is done at once. Each look at its clock takes a second."""
    clock, seconds = Clock(), itertools.count()
    spool = Spool(
        folder,
        1 << 30,
        min_free_bytes,
        wall_s=clock,
        now_s=lambda: float(next(seconds)),
        disk=disk or RealDisk(),
        in_background=lambda work: work(),
    )
    spool.prepare(keeping)
    try:
        yield spool
    finally:
        spool.close()


def deliver(spool: Spool, *items: Item | None) -> None:
    """As when the cloud has indexed the manifest that names them."""
    members = [item for item in items if item is not None]
    shipment = spool.seal(spool.new_shipment_number(), MANIFEST, members, [], {})
    for event in (Event.PICKED, Event.STORED, Event.INDEXED):
        spool.advance(shipment, event)


def inode(spool: Spool, item: Item | None) -> int:
    assert item is not None
    return spool.object_path(item.number).stat().st_ino


def test_an_image_is_written_over_blocks_that_are_there(tmp_path):
    """The file keeps its length, so that its sync changes no metadata; what is read is the image alone."""
    disk = WatchedDisk()
    with kept_ready(tmp_path / "spool", SMALL, disk) as spool:
        item = keep(spool, image(1))
        assert spool.object_path(item.number).stat().st_size == SMALL.made_bytes > HEAD_BYTES + item.head.data_bytes
        assert spool.read(item) == encoded(image(1))
        assert "truncate" not in [what for what, _ in disk.done[-3:]]
        shutil.copytree(spool.folder, tmp_path / "after")
    (tmp_path / "after" / "journal").unlink()
    with kept_ready(tmp_path / "after", SMALL) as spool:
        assert spool.read(spool.items[item.number]) == encoded(image(1))


def test_the_file_of_a_delivered_image_holds_the_next_one_under_a_new_number(tmp_path):
    with kept_ready(tmp_path / "spool", ONLY_RETURNED) as spool:
        first = keep(spool, image(1))
        of_first = inode(spool, first)
        deliver(spool, first)
        second = keep(spool, image(2))
        assert (inode(spool, second), second.number != first.number) == (of_first, True)
        assert spool.read(second) == encoded(image(2))
        assert not spool.object_path(first.number).exists()
        assert spool.items[first.number].state is State.SENT


@pytest.mark.req("EDGE-01")
@pytest.mark.parametrize("journal", ["whole", "lost"])
def test_an_old_object_never_passes_for_a_new_one(tmp_path, journal):
    """A power cut after a file was renamed, or while new data is written into it: the old head in it promises nothing."""
    with kept_ready(tmp_path / "spool", ONLY_RETURNED) as spool:
        first = keep(spool, image(1))
        deliver(spool, first)
        shutil.copytree(spool.folder, tmp_path / "renamed")
        incoming = spool.begin()
        incoming.write(memoryview(encoded(image(2))[:600]))
        shutil.copytree(spool.folder, tmp_path / "half")
        incoming.drop()
    for name in ("renamed", "half"):
        assert any(path.read_bytes()[:4] == b"LBSO" for _, path in object_files(tmp_path / name / "objects"))
        if journal == "lost":
            (tmp_path / name / "journal").unlink()
        with kept_ready(tmp_path / name, ONLY_RETURNED) as spool:
            assert [item.number for item in spool.items.values() if item.state is not State.SENT] == []
            assert not list(object_files(tmp_path / name / "objects"))


@pytest.mark.req("EDGE-01")
def test_an_image_in_a_used_file_is_found_without_the_journal(tmp_path):
    with kept_ready(tmp_path / "spool", ONLY_RETURNED) as spool:
        deliver(spool, keep(spool, image(1, size=40)))
        second = keep(spool, image(2))
        shutil.copytree(spool.folder, tmp_path / "after")
    (tmp_path / "after" / "journal").unlink()
    with kept_ready(tmp_path / "after", ONLY_RETURNED) as spool:
        assert [item.head.sop_uid for item in spool.items.values()] == [image(2).SOPInstanceUID]
        assert spool.read(spool.items[second.number]) == encoded(image(2))


def test_a_new_name_is_stable_before_a_file_is_used_again(tmp_path):
    """Success is answered after one sync of the file: a power cut must not take its name back."""
    disk = WatchedDisk()
    with kept_ready(tmp_path / "spool", ONLY_RETURNED, disk) as spool:
        deliver(spool, keep(spool, image(1)))
        at = max(number for number, (what, _) in enumerate(disk.done) if what == "rename" and _.suffix == ".obj")
        assert ("sync_folder", disk.done[at][1].parent) in disk.done[at:]
        second = keep(spool, image(2))
        assert spool.object_path(second.number) == disk.done[at][1]


def test_a_file_much_longer_than_its_image_is_cut(tmp_path):
    """A spool full of small images must not take the room of large ones."""
    with kept_ready(tmp_path / "spool", ONLY_RETURNED) as spool:
        deliver(spool, keep(spool, image(1, size=64)))
        second = keep(spool, image(2))
        assert spool.object_path(second.number).stat().st_size == HEAD_BYTES + second.head.data_bytes


def test_what_is_not_worth_keeping_or_over_budget_is_removed(tmp_path):
    """A large image's file, a tiny one's, and the fifth of 2.9 kB where 10 kB are kept."""
    with kept_ready(tmp_path / "spool", ONLY_RETURNED) as spool:
        items = [keep(spool, image(number)) for number in range(1, 6)]
        large, tiny = keep(spool, image(6, size=128)), keep(spool, image(7, size=8))
        deliver(spool, *items, large, tiny)
        with_blocks = [path for _, path in object_files(spool.folder / "objects") if path.stat().st_size]
        assert len(with_blocks) == 3
        assert all(1000 <= path.stat().st_size <= 20_000 for path in with_blocks)


def test_a_file_of_the_first_version_is_not_used_again(tmp_path):
    """Its head names no number and would be valid under any."""
    with kept_ready(tmp_path / "spool", ONLY_RETURNED) as spool:
        first = keep(spool, image(1))
        with spool.object_path(first.number).open("r+b") as file:
            file.seek(4)
            file.write(b"\x01")
        deliver(spool, first)
        assert not any(path.stat().st_size for _, path in object_files(spool.folder / "objects"))


@pytest.mark.parametrize("what", ["rename", "sync_folder"])
def test_a_disk_that_fails_while_files_are_made_ready_costs_no_image(tmp_path, what):
    disk = WatchedDisk()
    with kept_ready(tmp_path / "spool", ONLY_RETURNED, disk) as spool:
        first = keep(spool, image(1))
        disk.fails = {what}
        deliver(spool, first)
        disk.fails = set()
        second = keep(spool, image(2))
        assert spool.read(second) == encoded(image(2))
        assert not spool.object_path(first.number).exists()


@pytest.mark.req("EDGE-10")
def test_a_disk_that_runs_short_gets_the_kept_files_back_before_a_sender_is_refused(tmp_path):
    """What is kept for speed must not be what makes the spool full, nor what packing lacks."""
    disk = ShortDisk()
    with kept_ready(tmp_path / "spool", SMALL, disk, min_free_bytes=1000) as spool:
        deliver(spool, keep(spool, image(1)))
        disk.total = disk.used_bytes(spool.folder) + 500
        assert keep(spool, image(2)) is not None
        with_blocks = [number for number, path in object_files(spool.folder / "objects") if path.stat().st_size]
        assert with_blocks == [number for number, item in spool.items.items() if item.state is State.SPOOLED]
        assert not spool.room.full


@pytest.mark.req("EDGE-10")
def test_a_disk_that_has_room_again_gets_files_kept_ready_again_without_a_restart(tmp_path):
    """A disk that was short for a minute must not make receiving slow until somebody restarts the agent. Nor is it filled and
    cleared all the time where it stays nearly full: ten minutes later, and only if three times as much stays free."""
    disk = ShortDisk()
    with kept_ready(tmp_path / "spool", SMALL, disk, min_free_bytes=1000) as spool:

        def ready() -> int:
            return sum(path.stat().st_size > 0 for _, path in object_files(spool.folder / "objects"))

        assert ready() > 0
        disk.total = disk.used_bytes(spool.folder) + 500
        spool.room.check()
        assert ready() == 0
        disk.total = disk.used_bytes(spool.folder) + 1000 + SHARE * SMALL.budget_bytes
        looks(spool, REGAIN_S - 10)
        assert ready() == 0
        disk.total -= 1
        looks(spool, 20)
        assert ready() == 0
        disk.total += 1
        looks(spool, 1)
        assert ready() > 0


def looks(spool: Spool, seconds: float) -> None:
    """At the spool's room, one a second."""
    for _ in range(int(seconds)):
        spool.room.check()


def test_a_disk_with_little_room_is_not_filled_with_what_only_saves_time(tmp_path):
    disk = ShortDisk()
    disk.total = 10 * SMALL.made_bytes
    with kept_ready(tmp_path / "spool", SMALL, disk) as spool:
        assert not any(path.stat().st_size for _, path in object_files(spool.folder / "objects"))


def test_a_clean_stop_leaves_promised_objects_only(tmp_path):
    with kept_ready(tmp_path / "spool", SMALL) as spool:
        deliver(spool, keep(spool, image(1)))
        kept = keep(spool, image(2))
    assert [number for number, _ in object_files(tmp_path / "spool" / "objects")] == [kept.number]
