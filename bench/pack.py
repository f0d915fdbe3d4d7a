"""What packing costs over bare encoding, per core: design §9's row "pack vs bare encode"."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bench.harness import Goal, Row, Run, compare
from functions.core.imaging import native
from functions.core.imaging.parcel import Received, pack

if TYPE_CHECKING:
    from numpy.typing import NDArray


def rows() -> Iterator[Row]:
    """One row for each real series. CPU seconds, not the clock's: other programs on the machine do not count."""
    from bench._reference_series import real_ct, real_mr

    for name, items in (("CT 512×512", real_ct()), ("MR 256×256", real_mr())):
        yield row(f"pack / bare encode, {name}", items)


def row(name: str, items: Sequence[Received]) -> Row:
    """Packing (walk, encode, decode again, compare, seal, read back) against htj2k_encode of the same pixels."""
    import imagecodecs

    frames = [image for item in items for image in images(item)]
    megabytes = sum(frame.nbytes for frame in frames) / 1e6

    def packed() -> None:
        for _ in pack([fresh(item) for item in items]):
            pass

    def bare() -> None:
        for frame in frames:
            imagecodecs.htj2k_encode(frame, reversible=True, resolutions=5, tlm=True, tilepart=1)

    return compare(
        name,
        cpu_rate(megabytes, packed),
        cpu_rate(megabytes, bare),
        unit="MB/s",
        goal=Goal("ratio", "≥", 0.5),
        n=9,
        warm_up=2,
        note="one thread, CPU time; every instance decoded again and compared (encode + decode alone: 0.60); digests are given",
    )


def fresh(item: Received) -> Received:
    """The instance with a digest that its reader has just compared, and nothing else known: what reading costs is not packing."""
    return Received(item.sop_uid, item.sop_class_uid, item.transfer_syntax_uid, item.data_set, checked_sha256=item.sha256)


def images(item: Received) -> Iterator[NDArray[Any]]:
    layout = native.layout_of(item.walked)
    for words in native.frames_of(memoryview(item.data_set), item.walked, layout)[1]:
        yield native.to_image(words, layout)


def cpu_rate(amount: float, work: Callable[[], None]) -> Run:
    """A run that answers `amount` per second of this process's CPU time."""

    def run() -> float:
        start = time.process_time()
        work()
        return amount / (time.process_time() - start)

    return run
