"""How many images a second a sender may leave with us for good: design §9's row "receive".

The same 300 CT of 0.5 MB go by dcmtk's storescu, over one association or four at a time, to all receivers in turns: our agent
in three ways, Debian's Orthanc, and pynetdicom with an fsync. The first round is thrown away. Each is started anew for each run,
in an empty folder on the disk of the checkout, and asked afterwards whether it holds all 300. What is timed is storescu, from
its start to its last success.

Ours and pynetdicom listen on loopback. Orthanc 1.10 cannot: while it runs, its two ports are open on every address. It takes
images only from a peer at 127.0.0.1 with our sender's AE title (DicomCheckModalityHost), and HTTP only from loopback
(RemoteAccessAllowed).

Needs Debian's packages orthanc and dcmtk.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.filereader import read_partial

from bench._orthanc import Orthanc
from bench._receive_servers import CALLED, CALLING, ENV, Bare, Lightbox, Receiver
from bench.harness import FEWEST, Goal, NotHere, Row, Run, fact, paired
from iac.local.phantom import cached_phantom

SERIES, SLICES = 4, 75
ROUNDS = FEWEST
PAIRS = (
    ("receive", "Orthanc"),
    ("receive", "bare pynetdicom"),
    ("receive into empty files", "Orthanc"),
    ("receive while packing", "Orthanc"),
)
NOTES = {
    "receive": "synced before success on both sides; ours with what finds the object again; nothing packed meanwhile",
    "receive into empty files": "as above without files that are kept ready: a burst of more than spool.ready_mib",
    "receive while packing": "as above, while two packers take what has come on the same cores",
}
PACKING_AT_ONCE = "{quiet_s: 0.05, target_mib: 16}"
WORK = Path("build/bench")


@dataclass
class Images:
    """What is sent. digests: SHA-256 of each data set, without the file's own head."""

    series: list[list[Path]]
    digests: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        return sum(map(len, self.series))

    def batches(self, associations: int) -> list[list[Path]]:
        """What each association sends: one sends all."""
        return [[path for series in self.series[n::associations] for path in series] for n in range(associations)]


def rows() -> Iterator[Row]:
    """Ours against the others for one association and four, then memory."""
    if shutil.which("storescu") is None:
        raise NotHere("storescu is not installed: apt install dcmtk")
    images = made()
    receivers: dict[str, Callable[[Path], Receiver]] = {
        "receive": lambda folder: Lightbox(folder, images.digests),
        "receive into empty files": lambda folder: Lightbox(folder, images.digests, ready_mib=0),
        "receive while packing": lambda folder: Lightbox(folder, images.digests, packing=PACKING_AT_ONCE),
        "Orthanc": Orthanc,
        "bare pynetdicom": Bare,
    }
    peaks: dict[str, list[float]] = {name: [] for name in receivers}
    for associations, bound in ((1, 2.5), (4, 2.0)):
        runs = {name: receiving(start, images, associations, peaks[name]) for name, start in receivers.items()}
        rates: dict[str, list[float]] = {name: [] for name in receivers}
        for _ in range(1 + ROUNDS):
            for name, run in runs.items():
                rates[name].append(run())
        for ours, other in PAIRS:
            yield paired(
                f"{ours} / {other}, {associations} association{'s' if associations > 1 else ''}",
                rates[ours][1:],
                rates[other][1:],
                unit="images/s",
                goal=Goal("ratio", "≥", bound) if (ours, other) == PAIRS[0] else None,
                note=NOTES[ours],
            )
    for ours in ("receive", "receive while packing"):
        yield fact(
            f"{ours}, peak memory / Orthanc",
            statistics.median(peaks[ours]),
            unit="MB",
            reference=statistics.median(peaks["Orthanc"]),
            goal=Goal("ratio", "≤", 0.5) if ours == "receive" else None,
            note="largest resident set of the receiving processes, medians of the runs above; ours is the whole agent",
        )


def made() -> Images:
    """Four series of one study, made once. All UIDs and pixels differ."""
    images = Images([cached_phantom(SLICES, seed=2026 + n, number=2 + n) for n in range(SERIES)])
    for paths in images.series:
        for path in paths:
            with path.open("rb") as file:
                read_partial(file, stop_when=lambda *_: True)
                images.digests.add(hashlib.sha256(file.read()).hexdigest())
    return images


def receiving(start: Callable[[Path], Receiver], images: Images, associations: int, peaks: list[float]) -> Run:
    """A run that answers images/s and appends the receiver's peak memory in MB. Raises RuntimeError when an image is missing."""

    def run() -> float:
        WORK.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=WORK.resolve(), prefix="receive-") as name:
            server = start(Path(name))
            try:
                os.sync()  # what earlier runs wrote and removed must not be paid by this one
                seconds = send(server.port, images.batches(associations))
                held = server.received()
                if held != images.count:
                    raise RuntimeError(f"{type(server).__name__} holds {held} of {images.count} images: {server.log()[-300:]}")
                peaks.append(server.peak_mb())
            finally:
                server.stop()
        return images.count / seconds

    return run


def send(port: int, batches: list[list[Path]]) -> float:
    """Seconds until every storescu has ended. Raises RuntimeError when one was refused anything."""
    start = time.perf_counter()
    senders = [
        subprocess.Popen(
            ["storescu", "--aetitle", CALLING, "--call", CALLED, "127.0.0.1", str(port), *map(str, batch)],
            env=ENV,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for batch in batches
    ]
    told = [sender.communicate()[1] for sender in senders]
    seconds = time.perf_counter() - start
    for sender, words in zip(senders, told, strict=True):
        if sender.returncode:
            raise RuntimeError(f"storescu: {words.decode('utf-8', 'replace')[-300:]}")
    return seconds
