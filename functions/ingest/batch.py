"""One batch of the ingest queue, in three passes.

First each object is taken: verified, and what it says written; what storage tells of gives way to the agent's own word. Then
each series that got something is indexed: once, however many of its manifests the batch held. Then each exam that changed is
decided. An object counts as indexed only after all three; a failure in any of them returns the records behind it to the queue,
and repeating is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from math import inf
from typing import Any

from functions.adapters.exams import place_study, settle_exam
from functions.adapters.hospitals import open_hospital
from functions.adapters.observability import count
from functions.adapters.queues import age_s, postpone, report_failure
from functions.adapters.wiring import Deps
from functions.core.errors import LightboxError, NotArrived, Poison, ServiceBusy
from functions.core.imaging.series_index import MAX_FRAMES
from functions.core.study.receipts import Receipt
from functions.core.times import parse
from functions.ingest import receipts
from functions.ingest.manifests import take_back
from functions.ingest.messages import Ref, due_exam, refs_of
from functions.ingest.series_indexing import index_series
from functions.ingest.taking import REBUILDING_S, Touched, take

PATIENCE_S = 600  # since the message was sent; then what has not arrived is quarantined. The queue gives up after some 35 minutes
CONFIRMED_S = 5  # after an object is stored: time that its agent has to confirm it
GIVES_WAY_S = 30  # after that: time that what the agent said has to be worked on, before what storage said is
SETTLED = ("indexed", "quarantined")
TAKING_S, INDEXING_S = 30, 20  # with less time left, nothing of the kind is begun

SeriesName = tuple[str, str, str]  # tenant, study, series


def ingest(
    event: Mapping[str, Any], deps: Deps, left_s: Callable[[], float] = lambda: inf, max_frames: int = MAX_FRAMES
) -> dict[str, Any]:
    """Returns the ids of the records that must come again.

    left_s: seconds until the function is stopped. max_frames: of one series; what would make more is taken back out.
    """
    batch = _Batch(deps, left_s, max_frames)
    for record in event["Records"]:
        batch.attempt({record["messageId"]}, partial(batch.take, record), needs_s=TAKING_S)
    for series, records in batch.series.items():
        batch.attempt(records, partial(batch.index, series), needs_s=INDEXING_S)
    for exam, records in batch.exams.items():
        batch.attempt(records, partial(settle_exam, *exam, deps))
    for ref, record in batch.taken:
        if record not in batch.failed and ref not in batch.poisoned:
            batch.attempt({record}, partial(receipts.note_indexed, ref, deps))
    for record in event["Records"]:
        if record["messageId"] in batch.failed:
            postpone(deps.ingest_queue, record, batch.after_s.get(record["messageId"], 0))
    return {"batchItemFailures": [{"itemIdentifier": name} for name in sorted(batch.failed)]}


class _Batch:
    """What the records of one call have touched, and which of them failed."""

    def __init__(self, deps: Deps, left_s: Callable[[], float], max_frames: int) -> None:
        self.deps = deps
        self.left_s = left_s
        self.max_frames = max_frames
        self.failed: set[str] = set()
        self.after_s: dict[str, int] = {}  # record → how long its failure says that it helps to wait
        self.poisoned: set[Ref] = set()
        self.taken: list[tuple[Ref, str]] = []
        self.touched: dict[Ref, Touched | None] = {}
        self.series: dict[SeriesName, set[str]] = {}
        self.exams: dict[tuple[str, str, str], set[str]] = {}

    def attempt(self, records: set[str], work: Callable[[], None], needs_s: float = 0) -> None:
        try:
            if self.left_s() < needs_s:  # stopped in the middle, the records that are done would come again too
                raise ServiceBusy(service="ingest")
            work()
        except Exception as error:  # what failed comes again
            for record in records:
                report_failure(error, {"messageId": record})
                self.after_s[record] = error.after_s if isinstance(error, LightboxError) else 0
            self.failed |= records

    def take(self, record: Mapping[str, Any]) -> None:
        if (due := due_exam(record["body"])) is not None:
            open_hospital(due[0], self.deps, REBUILDING_S)
            self.exams.setdefault((due[0], "", due[1]), set()).add(record["messageId"])
            return
        for ref in refs_of(record["body"]):
            receipt = receipts.standing(ref, self.deps)
            if receipt is not None and receipt.state in SETTLED:  # a redelivery; a new confirmation sets it to queued again
                continue
            if not ref.agent and self._is_the_agents(receipt, record):
                self.failed.add(record["messageId"])
                continue
            try:
                touched = self._take_once(ref)
            except Poison as poison:
                receipts.note_quarantined(ref, poison.reason, self.deps)
            except NotArrived as missing:
                if age_s(record, self.deps.clock.now()) < PATIENCE_S:
                    raise
                receipts.note_quarantined(ref, missing.reason, self.deps)
            else:
                self._note(ref, touched, record["messageId"])

    def _is_the_agents(self, receipt: Receipt | None, record: Mapping[str, Any]) -> bool:
        """Whether its agent's own word is on its way. Storage's may come while that is worked on, and two that do the same at
        once hold each other up."""
        now = self.deps.clock.now()
        if receipt is None:
            return age_s(record, now) < CONFIRMED_S
        return bool(receipt.at) and (now - parse(receipt.at)).total_seconds() < GIVES_WAY_S

    def _take_once(self, ref: Ref) -> Touched | None:
        """An object that two records of this batch tell of is read once."""
        unsigned = replace(ref, agent="")
        if unsigned not in self.touched:
            self.touched[unsigned] = take(ref, self.deps)
        return self.touched[unsigned]

    def index(self, series: SeriesName) -> None:
        """What is good alone and no index together with what came before is taken back out: the series must go on."""
        tenant, study, _ = series
        place_study(tenant, study, self.deps)  # what is told of the index names the exam
        try:
            index_series(*series, self.deps, self.max_frames)
        except Poison as poison:
            manifests = [ref for ref, _ in self.taken if (ref.tenant, ref.study, ref.series) == series]
            if not manifests:
                raise
            for ref in manifests:
                take_back(ref, self.deps)
                receipts.note_quarantined(ref, poison.reason, self.deps)
            self.poisoned.update(manifests)
            index_series(*series, self.deps, self.max_frames)

    def _note(self, ref: Ref, touched: Touched | None, record: str) -> None:
        if touched is None:  # nothing for the index
            return
        self.taken.append((replace(ref, agent=ref.agent or touched.agent), record))
        for series in touched.series:
            self.series.setdefault(series, set()).add(record)
        for exam in touched.exams:
            self.exams.setdefault(exam, set()).add(record)
        count("Taken", kind=ref.kind)
