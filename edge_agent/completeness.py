"""When is a study complete on our side? When nothing new came for a while; then its counts are declared to the cloud.

The declaration names what this agent holds of the study, series by series, in distinct SOP instances; the cloud compares.
An image that comes later makes a new declaration. Images that were sent long ago are forgotten but for a mark of each, so that
a late one is told from a repeat: were it not counted, the cloud would take it for one that is missing, and the study for
complete. For the same reason less than before is never declared. Pure decisions in `due`, the doing in `Completeness`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from edge_agent import config, log
from edge_agent.errors import SpoolUnwritable
from edge_agent.limits import MAX_DECLARED, MAX_SERIES
from edge_agent.spool.model import DECLARATION, Declaration, Item, mark_of
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.store import Spool

_FORGET_EVERY_S = 600.0
DAY_MS = 86_400_000


def counts_of(items: Iterable[Item], declared: Mapping[str, Declaration]) -> dict[str, dict[str, int]]:
    """Study UID → series UID → distinct SOP instances, of the items and of those of `declared` that are forgotten."""
    seen: dict[str, dict[str, set[bytes]]] = {
        study: {series: told.marks(series) for series in told.forgotten} for study, told in declared.items()
    }
    for item in items:
        head = item.head
        if head.kind is ObjectKind.DICOM:
            seen.setdefault(head.study_uid, {}).setdefault(head.series_uid, set()).add(mark_of(head.sop_uid))
    return {study: {series: len(uids) for series, uids in by_series.items()} for study, by_series in seen.items()}


def due(counts: Mapping[str, int], told: Declaration | None) -> dict[str, int] | None:
    """What to declare of one study: per series UID the larger of what is held and what was declared. None: nothing new."""
    before = told.counts if told else {}
    wanted = {series: max(counts.get(series, 0), before.get(series, 0)) for series in {**before, **counts}}
    return None if not wanted or (told and wanted == before and not told.again) else wanted


class Completeness:
    """One thread: declares studies, and forgets what was sent long ago."""

    def __init__(
        self,
        spool: Spool,
        settings: config.Completeness,
        now_s: Callable[[], float] = time.monotonic,
        max_series: int = MAX_SERIES,
    ) -> None:
        self._spool, self._settings, self._now_s, self._max_series = spool, settings, now_s, max_series
        self._forget_at_s = now_s()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="completeness", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(min(1.0, self._settings.quiet_s / 4)):
            self.turn()

    def turn(self) -> None:
        """One turn of the thread. Never raises."""
        try:
            self.declare_due()
            if self._now_s() >= self._forget_at_s:
                self._forget_at_s = self._now_s() + _FORGET_EVERY_S
                self._forget()
        except SpoolUnwritable as error:
            log.failure("declaring_paused", error)
        except Exception:  # this thread must live: nothing else declares
            log.surprise("declaring_failed")

    def _forget(self) -> None:
        now_ms, settings = self._spool.now_ms(), self._settings
        self._spool.forget(now_ms - int(settings.remember_days * DAY_MS), now_ms - int(settings.remember_counts_days * DAY_MS))

    def declare_due(self) -> int:
        """Make a declaration shipment for each study that is due; returns how many."""
        spool = self._spool
        with spool.changed:
            latest_s = self._now_s() - self._settings.quiet_s
            quiet = {study for study in spool.undeclared() if spool.arrived_s.get(study, latest_s) <= latest_s}
            items = (item for item in spool.items.values() if item.head.study_uid in quiet) if quiet else ()
            counts = counts_of(items, {study: told for study, told in spool.declared.items() if study in quiet})
            made = 0
            for study in sorted(quiet):
                wanted = due(counts.get(study, {}), spool.declared.get(study))
                if wanted is None:
                    spool.settle(study)
                elif spool.names.keys() >= {study, *wanted}:  # names come with the first grants
                    self._declare(study, wanted)
                    made += 1
            return made

    def _declare(self, study_uid: str, counts: dict[str, int]) -> None:
        """One declaration, or several of a study of very many series: the cloud adds up what they say of each series."""
        spool = self._spool
        at = datetime.fromtimestamp(spool.now_ms() / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        series = [{"series_uid": uid, "instances": min(count, MAX_DECLARED)} for uid, count in sorted(counts.items())]
        for start in range(0, len(series), self._max_series):
            part = series[start : start + self._max_series]
            facts = {"study_uid": study_uid, "declared_at": at, "reason": "quiet", "series": part}
            spool.seal(spool.new_shipment_number(), DECLARATION, (), (), facts)
        spool.declare(study_uid, counts)
        log.info("study_declared", study_uid=study_uid, series=len(counts), instances=sum(counts.values()))
