"""Storage SCPs as processes of their own, each fresh in a folder of its own: ours, bare pynetdicom, and (_orthanc.py) Orthanc.

All promise the same before they answer success: the object's bytes are synced. Ours also promises what finds them again.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

from bench.harness import NotHere
from edge_agent import identity
from edge_agent.spool.records import HEAD_BYTES, Head, NotAHead
from edge_agent.spool.slots import object_files
from iac.local.ports import free_port

ROOT = Path(__file__).parents[1]
ENV = os.environ | {"TCP_NODELAY": "1", "PYTHONPATH": str(ROOT)}  # dcmtk's variable; without it Orthanc waits 40 ms per image
START_S = 60.0
CALLING, CALLED = "CT1", "BENCH"  # AE titles
AGENT = """\
cloud: {{url: "http://127.0.0.1:{nobody}/api"}}
spool: {{folder: spool, min_free_gib: 0, ready_mib: {ready_mib}}}
dicom: {{host: 127.0.0.1, port: 0, check_called_ae_title: false}}
reports: {{http: false}}
packing: {packing}
"""
PACKING_LATER = "{quiet_s: 600, target_mib: 32}"


class Server:
    """A process that receives. `port` is known once it listens."""

    def __init__(self, folder: Path, command: Sequence[str]) -> None:
        self.folder, self.port = folder, 0
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, env=ENV, cwd=folder, stdout=log, stderr=log)

    def listening(self, port: Callable[[], int | None]) -> None:
        """Wait until `port` answers. Raises NotHere with the end of the log."""
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.process.poll() is None:
            if found := port():
                self.port = found
                return
            time.sleep(0.02)
        self.stop()
        raise NotHere(f"{type(self).__name__} does not start: {self.log().strip()[-300:]}")

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def peak_mb(self) -> float:
        """The most memory (resident set) that its processes had, each at its worst time."""
        pids, total = [self.process.pid], 0
        while pids:
            pid = pids.pop()
            pids += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            status = Path(f"/proc/{pid}/status").read_text()
            total += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
        return total / 1000

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Receiver(Server, ABC):
    """One that can say what it holds."""

    @abstractmethod
    def received(self) -> int:
        """How many whole objects it holds."""


class Lightbox(Receiver):
    """Our agent as `python -m edge_agent run` starts it. Nobody answers its uploads."""

    def __init__(self, folder: Path, sent: Collection[str], packing: str = PACKING_LATER, ready_mib: int = 256) -> None:
        """sent: SHA-256 of each data set that will come."""
        who = identity.Identity("t-bench", "a-bench", "k-bench", "Bench", "Asia/Shanghai", identity.new_key())
        identity.save(folder / "spool" / "identity", who)
        (folder / "agent.yaml").write_text(AGENT.format(nobody=free_port(), packing=packing, ready_mib=ready_mib), "utf-8")
        self.sent = set(sent)
        super().__init__(folder, [sys.executable, "-m", "edge_agent", "run", "--config", str(folder / "agent.yaml")])
        self.listening(self._told)

    def _told(self) -> int | None:
        told = [json.loads(line) for line in self.log().splitlines(keepends=True) if line.startswith("{") and line.endswith("\n")]
        ready = any(line["event"] == "slots_prepared" for line in told)
        return next((int(line["port"]) for line in told if ready and line["event"] == "receiver_listens"), None)

    def received(self) -> int:
        """Read back and compared by SHA-256."""
        whole = set()
        for number, path in object_files(self.folder / "spool" / "objects"):
            with path.open("rb") as file, suppress(NotAHead):  # prepared files
                head = Head.unpack(file.read(HEAD_BYTES), number)
                digest = hashlib.sha256(file.read(head.data_bytes)).hexdigest()
                whole |= {digest} if digest == head.sha256 else set()
        return len(whole & self.sent)


class Bare(Receiver):
    """bench/_receive_bare.py."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, [sys.executable, "-m", "bench._receive_bare", str(folder)])
        self.listening(lambda: int(self.log()) if self.log().strip().isdigit() else None)

    def received(self) -> int:
        return sum(1 for _ in self.folder.glob("*.dcm"))
