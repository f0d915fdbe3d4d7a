"""What the table holds before anything is written: one scan for all hospitals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from functions.adapters.table.port import Row, Table
from functions.core.history.folding import History
from functions.ingest.messages import Ref


@dataclass
class Survey:
    """Of one hospital. settled: (subject, digest) of documents that are indexed or wait for a person → their state."""

    settled: dict[tuple[str, str], str] = field(default_factory=dict)
    queued: dict[tuple[str, str], str] = field(default_factory=dict)  # → since when
    series: set[tuple[str, str]] = field(default_factory=set)  # study, series with an index
    unlisted: set[str] = field(default_factory=set)  # agents that the index does not list
    pdfs: set[str] = field(default_factory=set)  # digests under `reports/` that were found to be no report

    def lacks(self, ref: Ref, history: History) -> bool:
        """Not settled here, or quarantined here although it was admitted later."""
        name = (ref.kind, ref.sha256)
        return name not in self.settled or self._is_older_than_its_admission(name, history)

    def is_behind(self, history: History) -> bool:
        """Whether an index, a quarantine or the end of one is lost."""
        return (
            any(one not in self.series and not history.has_ended(one[0]) for one in history.series)
            or any(past.held_for() and name not in self.settled for name, past in history.documents.items())
            or any(self._is_older_than_its_admission(name, history) for name in self.settled)
        )

    def _is_older_than_its_admission(self, name: tuple[str, str], history: History) -> bool:
        past = history.documents.get(name)
        return self.settled[name] == "quarantined" and past is not None and past.was_admitted

    def note(self, row: Row) -> None:
        if row["kind"] == "receipt":
            name = (row["subject"], row["sha256"])
            if row["state"] == "queued":
                self.queued[name] = row["at"]
            else:
                self.settled[name] = row["state"]
        elif row["kind"] == "series" and row["index"]:
            self.series.add((row["study"], row["series"]))
        elif row["kind"] == "agent" and not row.get("day_pk"):
            self.unlisted.add(row["agent"])


def survey(tenants: Iterable[str], table: Table) -> dict[str, Survey]:
    found = {tenant: Survey() for tenant in tenants}
    for row in table.scan():
        if row.get("tenant") in found:
            found[row["tenant"]].note(row)
    return found
