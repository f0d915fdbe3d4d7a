"""When is a study complete on our side? When nothing new came for a while; then its counts are declared to the cloud.

The declaration names what this agent holds of the study, series by series, in distinct SOP instances; the cloud compares.
An image that comes later makes a new declaration. Pure decisions in `due`, the doing in `Completeness`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from edge_agent import config, log
from edge_agent.errors import SpoolUnwritable
from edge_agent.spool.model import DECLARATION, Item
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.store import Spool

_FORGET_EVERY_S = 600.0


def counts_of(items: Iterable[Item]) -> dict[str, dict[str, int]]:
    """Study UID → series UID → distinct SOP instances."""
    seen: dict[str, dict[str, set[str]]] = {}
    for item in items:
        head = item.head
        if head.kind is ObjectKind.DICOM:
            seen.setdefault(head.study_uid, {}).setdefault(head.series_uid, set()).add(head.sop_uid)
    return {study: {series: len(uids) for series, uids in by_series.items()} for study, by_series in seen.items()}


def due(
    counts: Mapping[str, Mapping[str, int]],
    declared: Mapping[str, Mapping[str, int]],
    arrived_s: Mapping[str, float],
    named: Iterable[str],
    now_s: float,
    quiet_s: float,
) -> list[str]:
    """Studies to declare: quiet, changed since they were declared, and each series named by the cloud already."""
    known = set(named)
    return [
        study
        for study, by_series in counts.items()
        if by_series != declared.get(study)
        and now_s - arrived_s.get(study, now_s) >= quiet_s
        and study in known
        and known.issuperset(by_series)
    ]


class Completeness:
    """One thread: declares studies, and forgets what was sent long ago."""

    def __init__(self, spool: Spool, settings: config.Completeness, now_s: Callable[[], float] = time.monotonic) -> None:
        self._spool, self._settings, self._now_s = spool, settings, now_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="completeness", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        step_s = min(1.0, self._settings.quiet_s / 4)
        forget_at_s = self._now_s()
        while not self._stopping.wait(step_s):
            try:
                self.declare_due()
                if self._now_s() >= forget_at_s:
                    forget_at_s = self._now_s() + _FORGET_EVERY_S
                    self._spool.forget(self._spool.now_ms() - int(self._settings.remember_days * 86400_000))
            except SpoolUnwritable as error:
                log.failure("declaring_paused", error)
            except Exception:
                log.surprise("declaring_failed")

    def declare_due(self) -> int:
        """Make a declaration shipment for each study that is due; returns how many."""
        spool = self._spool
        with spool.changed:
            quiet_s = self._settings.quiet_s
            now_s = self._now_s()
            quiet = {study for study, last_s in spool.arrived_s.items() if now_s - last_s >= quiet_s}
            open_studies = {study for study in quiet if spool.undeclared(study)}
            if not open_studies:
                return 0
            counts = counts_of(item for item in spool.items.values() if item.head.study_uid in open_studies)
            studies = due(counts, spool.declared, spool.arrived_s, spool.names, now_s, quiet_s)
            for study in open_studies:
                if counts.get(study, {}) == spool.declared.get(study, {}):
                    spool.settle(study)
            for study in studies:
                self._declare(study, counts[study])
            return len(studies)

    def _declare(self, study_uid: str, counts: dict[str, int]) -> None:
        spool = self._spool
        at = datetime.fromtimestamp(spool.now_ms() / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        series = [{"series_uid": uid, "instances": count} for uid, count in sorted(counts.items())]
        facts = {"study_uid": study_uid, "declared_at": at, "reason": "quiet", "series": series}
        spool.seal(spool.new_shipment_number(), DECLARATION, (), (), facts)
        spool.declare(study_uid, counts)
        log.info("study_declared", study_uid=study_uid, series=len(counts), instances=sum(counts.values()))
