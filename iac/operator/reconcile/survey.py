"""What the table holds before anything is written: one scan."""

from __future__ import annotations

from dataclasses import dataclass, field

from functions.adapters.table.port import Table
from functions.core.history.folding import History
from functions.ingest.messages import Ref


@dataclass
class Survey:
    """Of one hospital. settled: (subject, digest) of documents that are indexed or wait for a person → their state."""

    settled: dict[tuple[str, str], str] = field(default_factory=dict)
    queued: dict[tuple[str, str], str] = field(default_factory=dict)  # → since when
    series: set[tuple[str, str]] = field(default_factory=set)  # study, series with an index

    def lacks(self, ref: Ref, history: History) -> bool:
        """Not settled here, or quarantined here although it was admitted later."""
        name = (ref.kind, ref.sha256)
        state = self.settled.get(name)
        if state != "quarantined":
            return state is None
        past = history.documents.get(name)
        return past is not None and past.held_for() is None


def survey(tenant: str, table: Table) -> Survey:
    found = Survey()
    for row in table.scan():
        if row.get("tenant") != tenant:
            continue
        if row["kind"] == "receipt":
            name = (row["subject"], row["sha256"])
            if row["state"] == "queued":
                found.queued[name] = row["at"]
            else:
                found.settled[name] = row["state"]
        elif row["kind"] == "series" and row["index"]:
            found.series.add((row["study"], row["series"]))
    return found
