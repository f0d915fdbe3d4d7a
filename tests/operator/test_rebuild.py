"""The index rebuilt from the vault alone: equal, silent, repeatable [PLUS-04]."""

from __future__ import annotations

from typing import Any

import pytest

from functions.adapters.table.port import Row
from functions.core.study import keys
from iac.operator.reconcile.differences import differences
from tests.handlers.uploads import TENANT, Slices, declare, report, upload
from tests.operator.small_hospital import SmallHospital

pytestmark = pytest.mark.req("PLUS-04")


def busy() -> SmallHospital:
    """Two agents, one of them revoked; exams released, retracted, in doubt, hidden, shown again; a link revoked; a quarantine."""
    here = SmallHospital()
    here.open()
    here.enrol("LIGHTBOX")
    here.enrol("OLDBOX")
    here.operator("hospital", "set", "--tenant", TENANT, "--hours", "8–18")
    here.operator("agent", "revoke", "--tenant", TENANT, "--ae-title", "OLDBOX")
    deps = here.deps
    for number in range(1, 5):
        slices, accession = Slices(number=number, count=2, accession_number=f"A{number}"), f"A{number}"
        here.deliver(
            *map(here.confirm, (upload(deps, slices), declare(deps, [(slices, 2)]), report(deps, accession_number=accession)))
        )
        here.settle()
    here.deliver(here.confirm(report(deps, accession_number="A2", version=2, state="retracted")))
    other = {"id": "P9", "issuer": "", "name": "李四", "phone": "13900000000"}
    here.deliver(here.confirm(report(deps, accession_number="A5", patient=other)))
    here.deliver(here.confirm(upload(deps, Slices(number=5, count=1, accession_number="A5"))))
    here.deliver(here.confirm(upload(deps, Slices(number=6, count=1), source={"kind": "surprise"})))
    here.deliver(here.confirm(upload(deps, Slices(number=7, count=1, accession_number=""))))
    here.settle()
    exam = ("--tenant", TENANT, "--accession-number")
    here.operator("exam", "hide", *exam, "A3")
    here.operator("exam", "hide", *exam, "A4")
    here.operator("exam", "show", *exam, "A4")
    here.operator("link", "revoke", *exam, "A1")
    here.settle()
    return here


@pytest.fixture
def here() -> SmallHospital:
    return busy()


def lost_and_found(here: SmallHospital) -> tuple[list[Row], list[Row], Any]:
    before = here.rows()
    here.lose_the_table()
    outcome = here.reconcile()
    return before, here.rows(), outcome


def test_a_lost_table_is_rebuilt_from_the_vault_alone(here: SmallHospital) -> None:
    before, after, outcome = lost_and_found(here)
    assert differences(before, after) == []
    assert outcome["not_rebuilt"] == outcome["failed"] == []
    done = outcome["done"]
    assert (done["studies"], done["reports"], done["keys"], done["links"]) == (7, 6, 2, 4)


def test_a_rebuild_sends_nothing_and_tells_nothing_twice(here: SmallHospital) -> None:
    sent, told = len(here.provider.delivered), len(here.deps.bus.events)
    journal = list(here.deps.vault.keys("originals", "journal/"))
    lost_and_found(here)
    here.settle()
    assert len(here.provider.delivered) == sent == 5
    assert [event["type"] for event in here.deps.bus.events[told:] if not event["replayed"]] == []
    assert list(here.deps.vault.keys("originals", "journal/")) == journal


def test_on_a_whole_table_nothing_is_written_and_nothing_told(here: SmallHospital) -> None:
    before, told, objects = here.rows(), len(here.deps.bus.events), len(here.deps.vault._objects)
    outcome = here.reconcile()
    assert outcome == {"rebuilt": [], "done": {"events": outcome["done"]["events"]}, "not_rebuilt": [], "failed": []}
    assert here.rows() == before
    assert (len(here.deps.bus.events), len(here.deps.vault._objects)) == (told, objects)


def test_a_second_rebuild_changes_nothing(here: SmallHospital) -> None:
    lost_and_found(here)
    before = here.rows()
    assert here.reconcile()["rebuilt"] == []
    assert here.rows() == before


def test_what_was_held_hidden_or_revoked_stays_so(here: SmallHospital) -> None:
    lost_and_found(here)
    value = {
        name: here.operator("exam", "status", "--tenant", TENANT, "--accession-number", name)["release"]
        for name in ("A1", "A2", "A3", "A4", "A5")
    }
    assert value == {"A1": "released", "A2": "hidden", "A3": "hidden", "A4": "released", "A5": "held"}
    assert here.operator("agent", "show", "--tenant", TENANT, "--ae-title", "OLDBOX")["revoked_at"]
    assert not here.operator("agent", "show", "--tenant", TENANT, "--ae-title", "LIGHTBOX")["revoked_at"]
    assert [row["revoked"] for row in here.rows() if row["kind"] == "link"].count(True) == 1
    waiting = here.operator("quarantine", "list", "--tenant", TENANT)
    assert {entry["reason"] for entry in waiting} == {"report_retracted", "patient_differs", "schema_broken"}


def test_the_hospital_is_open_again_afterwards(here: SmallHospital) -> None:
    lost_and_found(here)
    row = here.deps.table.get(keys.hospital_pk(TENANT), "HOSPITAL")
    assert row is not None
    assert row["rebuilding"] == ""
