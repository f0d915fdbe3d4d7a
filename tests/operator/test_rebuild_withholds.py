"""What a rebuild must never do: show what was withheld, tell a patient twice, close a door that was open [PLUS-04]."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from functions.adapters.table.port import Row
from functions.core.errors import HospitalRebuilding, ServiceBusy
from functions.core.study import keys
from functions.core.times import iso
from functions.patient_api import door
from functions.render.handler import render
from iac.operator.reconcile.differences import differences
from tests.handlers.uploads import TENANT, Slices, declare, report, upload
from tests.operator.small_hospital import SmallHospital
from tests.operator.test_rebuild import restore
from tests.operator.test_reconcile_tells import NOTHING_IN_FLIGHT

pytestmark = pytest.mark.req("PLUS-04", "NTF-05", "EDGE-07")

HOUR, DAY = 3600, 86400


@pytest.fixture
def here() -> SmallHospital:
    here = SmallHospital()
    here.open()
    here.settle()
    return here


def publish_exam(here: SmallHospital) -> None:
    slices = Slices(count=2)
    here.deliver(*map(here.confirm, (upload(here.deps, slices), declare(here.deps, [(slices, 2)]), report(here.deps))))
    here.settle()


def come(here: SmallHospital, **version: Any) -> dict[str, Any]:
    message = here.confirm(report(here.deps, **version))
    here.deliver(message)
    here.settle()
    return message


def exam(here: SmallHospital) -> tuple[str, int, list[str]]:
    (row,) = (row for row in here.rows() if row["kind"] == "exam")
    return row["release"], row["release_serial"], row["reasons"]


def hospital_is_closed(here: SmallHospital) -> bool:
    (row,) = (row for row in here.rows() if row["kind"] == "hospital")
    return bool(row["rebuilding"])


class Unreadable:
    """Storage is busy whenever a chosen object is read."""

    def __init__(self, here: SmallHospital, chosen: Callable[[str], bool]) -> None:
        self.vault: Any = here.deps.vault
        self.get: Callable[[Any, str], bytes] = self.vault.get

        def busy(bucket: Any, key: str) -> bytes:
            if chosen(key):
                raise ServiceBusy(service="storage")
            return self.get(bucket, key)

        self.vault.get = busy  # type: ignore[method-assign]

    def end(self) -> None:
        self.vault.get = self.get


@pytest.mark.parametrize("age_s", [0, 5 * DAY])
def test_the_rule_an_exam_was_held_by_holds_it_after_a_rebuild(here: SmallHospital, age_s: int) -> None:
    """Images required, then not, then again: the third word is not the first."""
    come(here, state="preliminary", version=1)
    for rule, version in (("report_alone", 2), ("report_and_images", 3)):
        here.operator("hospital", "set", "--tenant", TENANT, "--release-rule", rule)
        state, now = ("preliminary", "") if version == 2 else ("audited", iso(here.clock.now()))
        come(here, state=state, version=version, **({"audited_at": now} if now else {}))
    assert exam(here) == ("held", 0, ["no_images"])
    here.lose_the_table()
    here.clock.advance(age_s)
    here.reconcile()
    here.settle()
    assert exam(here) == ("held", 0, ["no_images"])
    assert here.provider.delivered == []
    assert here.reconcile()["rebuilt"] == []


@pytest.mark.parametrize(("state", "release"), [("retracted", "hidden"), ("corrected", "released")])
def test_a_report_written_after_its_audit_is_good_in_a_rebuild_too(here: SmallHospital, state: str, release: str) -> None:
    """Its times are held against today, not against the day that it stands for."""
    publish_exam(here)
    here.clock.advance(3 * DAY)
    come(here, state=state, version=2, reported_at="2026-11-26T09:00:00Z")
    before = exam(here)
    assert before[0] == release
    here.lose_the_table()
    assert here.reconcile()["not_rebuilt"] == []
    here.settle()
    assert exam(here) == before
    assert len(here.provider.delivered) == 1


@pytest.mark.parametrize("age_s", [0, 5 * DAY])
def test_one_object_that_could_not_be_read_moves_no_exam(here: SmallHospital, age_s: int) -> None:
    """Decided on half of its documents it would be held, and told to its patient anew by the run that heals it."""
    publish_exam(here)
    before = exam(here)
    here.lose_the_table()
    here.clock.advance(age_s)
    busy = Unreadable(here, lambda key: key.startswith("manifests/"))
    assert not here.reconcile()
    assert hospital_is_closed(here)
    busy.end()
    here.reconcile()
    here.settle()
    assert exam(here) == before
    assert not hospital_is_closed(here)
    assert len(here.provider.delivered) == 1


def test_an_exam_that_was_taken_back_stays_hidden_while_its_retraction_cannot_be_read(here: SmallHospital) -> None:
    publish_exam(here)
    retraction = come(here, state="retracted", version=2)
    here.lose_the_table()
    busy = Unreadable(here, lambda key: key.endswith(retraction["sha256"]))
    assert not here.reconcile()
    assert exam(here)[0] == "hidden"
    here.reconcile("--despite-failures")
    assert exam(here)[0] == "hidden"
    busy.end()
    here.reconcile()
    here.settle()
    assert exam(here)[0] == "hidden"
    assert len(here.provider.delivered) == 1


def test_an_exam_whose_retraction_the_vault_has_lost_is_hidden_and_named(here: SmallHospital) -> None:
    """The journal withholds it; that no document says why is no reason to show it, now or when the next one comes."""
    publish_exam(here)
    retraction = come(here, state="retracted", version=2)
    objects: Any = here.deps.vault._objects
    for key in [key for key in objects if key[1].startswith("reports/") and key[1].endswith(retraction["sha256"])]:
        del objects[key]
    here.lose_the_table()
    (lacking,) = here.reconcile()["not_rebuilt"]
    assert "journal withholds" in lacking["why"]
    slices = Slices(first=2, count=1)
    here.deliver(here.confirm(upload(here.deps, slices)))
    here.settle()
    assert exam(here)[0] == "hidden"
    assert len(here.provider.delivered) == 1
    assert here.reconcile()["rebuilt"] == []
    here.operator("exam", "show", "--tenant", TENANT, "--accession-number", "A1")
    assert exam(here)[0] == "released"


def test_a_run_that_ends_while_it_tells_leaves_no_patient_told_twice(here: SmallHospital) -> None:
    """The fate of the SMS is lost with the table: whichever run offers it anew must have it looked up first."""
    publish_exam(here)
    objects: Any = here.deps.vault._objects
    for key in [key for key, stored in objects.items() if b'"notice_sent"' in stored.body]:
        del objects[key]
    here.lose_the_table()
    table: Any = here.deps.table
    scan = table.scan
    scans: list[int] = []

    def until_the_rows_are_told() -> Any:
        scans.append(1)
        if len(scans) == 3:
            raise ServiceBusy(service="the table")
        return scan()

    table.scan = until_the_rows_are_told
    assert not here.reconcile()
    assert len(scans) == 3
    table.scan = scan
    assert hospital_is_closed(here)
    here.stream.records.clear()
    here.clock.advance(2 * HOUR)
    assert here.reconcile()["done"]["notices looked up"] == 1
    here.settle()
    assert len(here.provider.looked_up) == len(here.provider.delivered) == 1


def test_what_only_a_rebuild_released_is_not_told_by_a_later_run_either(here: SmallHospital) -> None:
    slices = Slices(count=2)
    here.deliver(*map(here.confirm, (upload(here.deps, slices), declare(here.deps, [(slices, 2)]), report(here.deps))))
    here.lose_the_table()
    here.clock.advance(30 * DAY)
    assert len(here.reconcile()["not_rebuilt"]) == 1
    for _ in range(2):
        here.clock.advance(2 * HOUR)
        here.reconcile()
        here.settle()
    assert here.provider.delivered == []


@pytest.mark.parametrize("more_came", [False, True])
def test_a_table_restored_to_before_an_admission_admits_the_document_again(here: SmallHospital, more_came: bool) -> None:
    pdf = b"%PDF-1.4 late"
    digest = keys.sha256_hex(pdf)
    late = here.confirm(report(here.deps, accession_number="A8", pdf={"sha256": digest, "bytes": len(pdf)}))
    here.deliver(late)
    here.settle()
    then = here.rows()
    place = keys.report_object(TENANT, digest)
    here.deps.vault.put("originals", place, pdf, content_type="application/pdf")
    here.deliver(here.confirm(late))
    here.settle()
    if more_came:
        publish_exam(here)

    def stands() -> list[Any]:
        rows = [row for row in here.rows() if row["kind"] in ("receipt", "quarantine", "report")]
        return [(row["kind"], row.get("sha256"), row.get("state"), row.get("open")) for row in rows]

    before = stands()
    here.lose_the_table()
    restore(here, then)
    assert here.reconcile(*NOTHING_IN_FLIGHT)["rebuilt"] == [TENANT]
    assert stands() == before
    assert ("quarantine", None, None, False) in before
    assert here.reconcile(*NOTHING_IN_FLIGHT)["rebuilt"] == []


def test_a_patient_who_answers_while_the_rows_come_back_is_not_locked_out(here: SmallHospital) -> None:
    """Nothing says yet who the patient is: a right answer would count as wrong, and one is all that a rebuilt link has."""
    publish_exam(here)
    token = here.provider.delivered[0].text.split("#t=")[1][:27]
    here.lose_the_table()
    table: Any = here.deps.table
    put = table.put
    answers: list[str] = []

    def while_a_patient_answers(row: Row, **options: Any) -> Row:
        if row["kind"] == "series" and not answers:
            request: Any = SimpleNamespace(
                json={"token": token, "mode": "phone_tail", "answer": "1234"}, note=lambda **_: None, cookie=lambda _: None
            )
            with pytest.raises(HospitalRebuilding):
                door.start_session(request, here.deps)
            answers.append(token)
        stands: Row = put(row, **options)
        return stands

    table.put = while_a_patient_answers
    here.reconcile("--workers", "1")
    assert answers
    (link,) = (row for row in here.rows() if row["kind"] == "link")
    assert (link["locked_until"], link["lock_level"], link["shut_until"]) == (0, 0, 0)


def test_the_table_is_surveyed_once_for_all_hospitals(here: SmallHospital) -> None:
    for name in ("second", "third"):
        here.operator("hospital", "add", "--tenant", name, "--name", name, "--phone", "010-1")
    here.settle()
    table: Any = here.deps.table
    scan = table.scan
    scans: list[int] = []

    def counted() -> Any:
        scans.append(1)
        return scan()

    table.scan = counted
    here.reconcile()
    assert len(scans) == 1 + 3  # and one for each, to tell of its rows


def draw(here: SmallHospital) -> None:
    """The thumbnail of the newest index, as render makes it."""
    (event,) = [one for one in here.deps.bus.events if one["type"] == "series_indexed"][-1:]
    render(event, here.deps)
    here.settle()


def test_no_thumbnail_of_an_image_that_is_withheld_comes_back(here: SmallHospital) -> None:
    """The journal names the one that was made before another version of the image came."""
    here.deliver(here.confirm(upload(here.deps, Slices(count=1))))
    here.settle()
    draw(here)
    here.deliver(here.confirm(upload(here.deps, Slices(count=1, changes={"RescaleIntercept": 0}))))
    here.settle()
    draw(here)
    before = here.rows()
    here.lose_the_table()
    here.reconcile()
    assert differences(before, here.rows()) == []
    (series,) = (row for row in here.rows() if row["kind"] == "series")
    assert (series["thumbnail"], series["conflicts"]["withheld"]) == (None, 1)
    (waiting,) = here.operator("quarantine", "list", "--tenant", TENANT)
    assert (waiting["reason"], waiting["count"], waiting["study"]) == ("instance_conflict", 1, series["study"])
