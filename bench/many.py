"""Twenty scanners send a study each at the same moment: how long until all can be looked at, what that takes, who waits longest.

The reference is Orthanc receiving the same twenty: it indexes each image before it answers and neither packs nor uploads, so that
the ratio says what the whole way into the cloud adds. Every run checks that nothing was lost: the counts of sender, agent and
cloud agree, and each index shows every slice once.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench._cloud_agent import UploadingAgent, copies
from bench._cloud_hospital import AE_TITLE, LOOK_S, Place, running
from bench._cloud_memory import peak_mb_of_functions
from bench._cloud_orthanc import AE_TITLE as ORTHANC_TITLE
from bench._cloud_orthanc import DicomWeb, finish, start_sending
from bench.harness import Goal, Row, compare, fact, paired
from functions.core.study.records import Series
from iac.local.phantom import Identity, cached_phantom

STUDIES, SLICES = 20, 60
ROUNDS = 7
GIVEN_UP_S = 600.0
WORK = Path("build/bench")


def rows() -> Iterator[Row]:
    """Time, fairness, memory."""
    WORK.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(TemporaryDirectory(dir=WORK.resolve(), prefix="many-"))) for _ in range(3)]
        place = stack.enter_context(running())
        agent = UploadingAgent(folders[0], place)
        stack.callback(agent.stop)
        orthanc = DicomWeb(folders[1])
        stack.callback(orthanc.stop)
        many = _Many(place, agent, orthanc, cached_phantom(SLICES), folders[2])
        what = f"{STUDIES} studies of {SLICES} slices at once"
        yield compare(
            f"{what}, all viewable",
            many.viewable_s,
            many.received_s,
            unit="s",
            goal=Goal("value", "≤", 20),
            n=ROUNDS,
            note="from the first association to the last study's index; nothing lost, counts agree; reference: Orthanc has all",
        )
        yield paired(
            f"{what}, last / first",
            many.last_s[1:],
            many.first_s[1:],
            unit="s",
            goal=Goal("ratio", "≤", 3),
            note="when the last of them is viewable, beside the first",
        )
        yield fact(
            f"{what}, memory of the agent",
            agent.peak_mb(),
            unit="MB",
            reference=orthanc.peak_mb(),
            note=f"largest resident set over {ROUNDS + 1} runs; reference: Orthanc's, which does not pack",
        )
        yield fact(
            f"{what}, memory of a function",
            max(many.functions_mb),
            unit="MB",
            goal=Goal("value", "≤", 1769),
            note=f"largest resident set of any function's process in {ROUNDS + 1} runs, films among them; ingest has 1769 MB",
        )


@dataclass
class _Many:
    """Each run's studies are new, and the same for both."""

    place: Place
    agent: UploadingAgent
    orthanc: DicomWeb
    files: Sequence[Path]
    folder: Path
    first_s: list[float] = field(default_factory=list)
    last_s: list[float] = field(default_factory=list)
    functions_mb: list[float] = field(default_factory=list)
    _studies: dict[Identity, list[Path]] = field(default_factory=dict)
    _runs: int = 0

    def viewable_s(self) -> float:
        """Seconds until the last study is viewable."""
        self._make()
        indexed = sum(int(str(line["objects"])) for line in self.agent.said("shipment_indexed"))
        start = time.perf_counter()
        senders = [start_sending(self.agent.port, AE_TITLE, paths) for paths in self._studies.values()]
        at = self._when_viewable(start)
        for sender in senders:
            finish(sender)
        self.first_s.append(min(at.values()))
        self.last_s.append(max(at.values()))
        self.functions_mb.append(peak_mb_of_functions(self.place.cloud))
        self._compare_counts(indexed)
        return max(at.values())

    def received_s(self) -> float:
        """Seconds until Orthanc has all and answers the metadata of the last."""
        before = self.orthanc.received()
        start = time.perf_counter()
        senders = [start_sending(self.orthanc.port, ORTHANC_TITLE, paths) for paths in self._studies.values()]
        for sender in senders:
            finish(sender)
        who = list(self._studies)[-1]
        if len(self.orthanc.metadata(who.uid("study"), who.uid("series 2")).json()) != SLICES:
            raise RuntimeError("Orthanc answers less than it was sent")
        taken = time.perf_counter() - start
        if self.orthanc.received() - before != STUDIES * SLICES:
            raise RuntimeError("Orthanc does not hold what it was sent")
        return taken

    def _make(self) -> None:
        self._runs += 1
        shutil.rmtree(self.folder)
        self._studies = {}
        for number in range(STUDIES):
            name = f"MANY{self._runs:02d}{number:02d}"
            who = Identity(study=name, accession=name, patient_id=name)
            self._studies[who] = copies(self.files, who, self.folder / name)
        self.place.settle()

    def _row(self, who: Identity) -> Series | None:
        return self.place.series(self.agent.tenant, who.uid("study"), who.uid("series 2"))

    def _when_viewable(self, start: float) -> dict[Identity, float]:
        """Seconds after `start` at which each study's index shows all of its slices."""
        at: dict[Identity, float] = {}
        while len(at) < STUDIES:
            for who in self._studies.keys() - at.keys():
                row = self._row(who)
                if row is not None and row.index and row.frames == row.received == SLICES:
                    at[who] = time.perf_counter() - start
            if time.perf_counter() - start > GIVEN_UP_S:
                raise TimeoutError(f"{len(at)} of {STUDIES} studies are viewable after {GIVEN_UP_S:.0f} s")
            time.sleep(LOOK_S)
        return at

    def _compare_counts(self, before: int) -> None:
        """Sender, agent and cloud say the same of every study, once the agent has declared them. before: indexed objects."""
        deadline = time.monotonic() + GIVEN_UP_S
        while not all(row is not None and row.complete for row in map(self._row, self._studies)):
            if time.monotonic() > deadline:
                raise RuntimeError("a study is not complete")
            time.sleep(0.2)
        while (
            told := sum(int(str(line["objects"])) for line in self.agent.said("shipment_indexed")) - before
        ) != STUDIES * SLICES:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the agent says {told} of {STUDIES * SLICES} instances are indexed")
            time.sleep(0.2)
        for row in map(self._row, self._studies):
            assert row is not None
            frames = self.place.index(row)["columns"]["frame"]
            if not len(set(frames)) == len(frames) == row.received == row.declared == SLICES:
                raise RuntimeError(f"{len(frames)} frames, {row.received} received, {row.declared} declared, {SLICES} sent")
