"""What members of staff decided of series and patients, as the journal tells it, and the rows that it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.core.study import correcting, hiding
from functions.core.study.records import Patient, Series

EVENTS = frozenset({"series_hidden", "series_shown", "patient_corrected"})


@dataclass
class StaffDecisions:
    tenant: str
    hidings: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)  # study, series → the latest decision
    corrections: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # patient → as `correcting.standing` takes them

    def add(self, event: Mapping[str, Any]) -> None:
        body = event["body"]
        if event["type"] == "patient_corrected":
            self.corrections.setdefault(body["patient"], []).extend(correcting.said_in(body))
            return
        key, decision = (body["study"], body["series"]), hiding.decision_of(event)
        before = self.hidings.get(key)
        if before is None or hiding.rank(decision) > hiding.rank(before):
            self.hidings[key] = decision

    def series(self, old: Series | None, study: str, series: str) -> Series | None:
        """None while its images have not given it a row yet."""
        decision = self.hidings.get((study, series))
        return old if old is None or decision is None else hiding.standing(old, decision)

    def patient(self, old: Patient | None, patient: str) -> Patient | None:
        """A row of the corrections alone, until reports and images say the rest."""
        said = self.corrections.get(patient, [])
        return correcting.standing(old or Patient(self.tenant, patient), said) if said else old
