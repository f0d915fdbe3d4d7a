"""Lists of studies: what a search finds is what the rows say, however lines and files share them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.adapters import schemas
from functions.adapters.lake import compacting, files, lines
from functions.adapters.lake.searching import search
from functions.core.errors import ServiceBusy
from functions.core.lake.line import COLUMNS, folded, line_of
from functions.core.lake.query import Search, of_days
from functions.core.lake.records import LakeMonth, StudyLine
from functions.core.study import keys
from functions.core.study.agents import Agent
from functions.core.study.event import event
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Patient, Study
from functions.lake.following import compact_all, follow
from tests.fakes import Fakes
from tests.handlers.staff_world import OTHER, Browser, StaffWorld
from tests.handlers.uploads import TENANT

NAMES = ["张三", "欧阳娜娜", "WANG^XIAODONG", "Ｗａｎｇ 小东", "李四"]


class Hospitals:
    """Rows as ingest leaves them, by a number of the study."""

    def __init__(self) -> None:
        self.deps = Fakes()
        for tenant in (TENANT, OTHER):
            self.put(Hospital(tenant, tenant))

    def put(self, record: Any) -> None:
        row = record.to_row()
        old = self.deps.table.get(row["pk"], row["sk"])
        self.deps.table.put(row, expect=None if old is None else old["version"])

    def study(self, number: int, *, tenant: str = TENANT, month: int = 11, name: str = "", **about: Any) -> str:
        """The study's name. about: fields of exam and study."""
        naming = self.deps.naming
        study, exam = naming.study(tenant, str(number)), naming.exam(tenant, accession_number=f"A{number}", study_uid="")
        patient = naming.patient(tenant, issuer="", patient_id=f"P{number}")
        at = about.pop("at", f"2026-{month:02d}-{number % 27 + 1:02d}T03:00:00Z")
        of_exam = {key: about.pop(key) for key in ("release", "reporting", "reasons") if key in about}
        self.put(Patient(tenant, patient, id=f"P{number}", name=name or NAMES[number % len(NAMES)], birth_date="1963-05-01"))
        old = self.deps.table.get(keys.study_pk(tenant, study), "STUDY")
        made = Study(
            *(tenant, study, str(number)),
            exam=exam,
            patient=patient,
            accession_number=f"A{number}",
            description="胸部CT",
            at=at,
            modalities=about.pop("modalities", ["CT"]),
            created_at=old["created_at"] if old else at,
        )
        self.put(replace(made, **about))
        self.put(Exam(tenant, exam, accession_number=f"A{number}", patient=patient, studies={study: {}}, at=at, **of_exam))
        return study

    def report_alone(self, number: int, **fields: Any) -> str:
        """The name of an exam that has no study."""
        naming = self.deps.naming
        exam, patient = (
            naming.exam(TENANT, accession_number=f"A{number}", study_uid=""),
            naming.patient(TENANT, issuer="", patient_id=f"P{number}"),
        )
        self.put(Patient(TENANT, patient, id=f"P{number}", name=NAMES[number % len(NAMES)]))
        known = {"item": "腹部超声", "created_at": "2026-11-24T03:00:00Z", "reports": {"1": {"state": "audited"}}} | fields
        self.put(Exam(TENANT, exam, accession_number=f"A{number}", patient=patient, reporting="audited", **known))
        return exam

    def note(self, study: str, tenant: str = TENANT) -> None:
        lines.note(self.deps.table, tenant, study)

    def found(self, tenant: str = TENANT, **wanted: Any) -> list[str]:
        """Accession numbers, all pages."""
        after, listed = "", []
        while True:
            page = search(self.deps.table, self.deps.vault, tenant, Search(**{"after": after, "limit": 3, **wanted}))
            listed += [line["accession_number"] for line in page.lines]
            if page.after is None:
                assert page.total == len(listed)
                return listed
            after = page.after


@pytest.fixture
def hospital() -> Hospitals:
    return Hospitals()


def test_a_study_is_found_by_number_name_date_state_and_modality(hospital: Hospitals) -> None:
    for number in range(1, 6):
        hospital.note(hospital.study(number, release="released" if number < 3 else "held", complete=number != 4))
    study = hospital.study(9, modalities=["MR", "OT"], name="王小东", reasons=["patient_differs"])
    hospital.note(study)
    for compacted in (False, True):
        if compacted:
            assert compacting.compact(hospital.deps, TENANT) == 6
        assert sorted(hospital.found()) == ["A1", "A2", "A3", "A4", "A5", "A9"]
        assert hospital.found(text="ａ4") == ["A4"]
        assert hospital.found(text="p2") == ["A2"]
        assert sorted(hospital.found(text="wang")) == ["A2", "A3"]
        assert hospital.found(text="王 小") == ["A9"]
        assert hospital.found(text="100%'") == []
        assert hospital.found(text=study[:12]) == ["A9"]
        assert hospital.found(modality="MR") == ["A9"]
        assert hospital.found(state="released") == ["A2", "A1"]
        assert hospital.found(state="quarantined") == ["A9"]
        assert sorted(hospital.found(state="incomplete")) == ["A4", "A9"]
        since, until = of_days("2026-11-03", "2026-11-04", "Asia/Shanghai")
        assert hospital.found(since=since, until=until) == ["A3", "A2"]


def test_days_are_the_hospitals_own(hospital: Hospitals) -> None:
    """An exam at half past seven in the morning in Shanghai was yesterday in UTC."""
    hospital.note(hospital.study(1, at="2026-11-23T23:30:00Z"))
    assert of_days("2026-11-24", "2026-11-24", "Asia/Shanghai") == ("2026-11-23T16:00:00Z", "2026-11-24T16:00:00Z")
    for day, listed in (("2026-11-24", ["A1"]), ("2026-11-23", [])):
        since, until = of_days(day, day, "Asia/Shanghai")
        assert hospital.found(since=since, until=until) == listed


def test_one_hospital_never_finds_anothers_studies(hospital: Hospitals) -> None:
    hospital.note(hospital.study(1, tenant=OTHER), OTHER)
    assert hospital.found(OTHER) == ["A1"]
    assert hospital.found() == []
    compacting.compact(hospital.deps, OTHER)
    assert (hospital.found(OTHER), hospital.found()) == (["A1"], [])


STEPS = ["note", "change", "redate", "compact", "expire", "fill", "stale"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 7)), max_size=14))
def test_files_and_fresh_lines_together_say_what_the_rows_say(history: list[tuple[str, int]]) -> None:
    """For any history of changes and compactions, one of them stopped half way."""
    hospital, rows = Hospitals(), {}
    for step, number in history:
        hospital.deps.clock.advance(1)
        match step:
            case "note" | "change" | "redate":
                changed = {"received": number + len(rows)} if step == "change" else {}
                changed |= {"at": f"2025-0{number}-01T00:00:00Z"} if step == "redate" else {}
                if rows.get(number) != "gone":
                    study = hospital.study(number, month=number % 3 + 9, **changed)
                    hospital.note(study)
                    rows[number] = study
            case "compact":
                compacting.compact(hospital.deps, TENANT)
            case "fill":
                compacting.fill(hospital.deps, TENANT)
            case "expire" if rows.get(number, "gone") != "gone":
                row = hospital.deps.table.get(keys.study_pk(TENANT, rows[number]), "STUDY") or {}
                hospital.put(replace(Study.from_row(row), expired_at="2026-11-24T00:00:00Z"))
                hospital.note(rows[number])
                rows[number] = "gone"
            case "stale" if rows.get(number, "gone") != "gone":
                _compacted_half_way(hospital, lambda number=number: hospital.note(hospital.study(number, received=99)))
    found = search(hospital.deps.table, hospital.deps.vault, TENANT, Search(limit=100)).lines
    expected = []
    for study in sorted(name for name in rows.values() if name != "gone"):
        standing = Study.from_row(hospital.deps.table.get(keys.study_pk(TENANT, study), "STUDY") or {})
        exam = Exam.from_row(hospital.deps.table.get(keys.exam_pk(TENANT, standing.exam), "EXAM") or {})
        person = Patient.from_row(hospital.deps.table.get(keys.patient_pk(TENANT, exam.patient), "PATIENT") or {})
        expected.append({"declared": None, **line_of(standing, exam, person)})
    assert sorted(found, key=lambda line: line["study"]) == expected


def _compacted_half_way(hospital: Hospitals, meanwhile: Callable[[], None]) -> None:
    """A compaction that read its lines, was overtaken, and only then took their marks off."""
    read = [(StudyLine.from_row(row), row["version"]) for row in hospital.deps.table.fresh_lines(TENANT)]
    meanwhile()
    compacting.compact(hospital.deps, TENANT)
    compacting._mark(hospital.deps.table, read)


def test_of_two_compactions_at_once_none_loses_a_line(hospital: Hospitals) -> None:
    """The pointer takes one file; whoever lost begins again with that."""
    hospital.note(hospital.study(1))
    table, put, raced = hospital.deps.table, hospital.deps.table.put, []

    def racing(row: Any, **options: Any) -> Any:
        if row["kind"] == LakeMonth.kind and not raced:
            raced.append(True)
            hospital.note(hospital.study(2))
            compacting.compact(hospital.deps, TENANT)
        return put(row, **options)

    table.put = racing  # type: ignore[method-assign]
    compacting.compact(hospital.deps, TENANT)
    assert raced
    assert sorted(hospital.found()) == ["A1", "A2"]
    assert list(table.fresh_lines(TENANT)) == []


def test_what_was_erased_is_in_no_file_after_the_grace(hospital: Hospitals) -> None:
    study = hospital.study(1, name="林黛玉")
    hospital.note(study)
    hospital.note(hospital.study(2))
    compacting.compact(hospital.deps, TENANT)
    hospital.put(
        replace(
            Study.from_row(hospital.deps.table.get(keys.study_pk(TENANT, study), "STUDY") or {}),
            expired_at="2026-11-24T00:00:00Z",
        )
    )
    hospital.note(study)
    compacting.compact(hospital.deps, TENANT)
    assert hospital.found() == ["A2"]
    hospital.deps.clock.advance(compacting.GRACE.total_seconds() + 1)
    compacting.compact(hospital.deps, TENANT)
    (left,) = hospital.deps.vault.keys("originals", f"lake/{TENANT}/")
    with files.opened([files.fetched(hospital.deps.vault, TENANT, left.split("/")[2], left.split("/")[3][:64])], []) as database:
        assert [line["accession_number"] for line in files.rows(database, "SELECT * FROM files", [])] == ["A2"]
    assert (
        "林黛玉" not in str(hospital.deps.table.everything()[0]["line"])
        if "line" in hospital.deps.table.everything()[0]
        else True
    )
    assert all(row["line"] == {} for row in hospital.deps.table.everything() if row["kind"] == "lake_line" and row["gone"])
    assert hospital.found() == ["A2"]


def test_an_event_brings_the_lines_of_its_exam_and_of_its_patients_others(hospital: Hospitals) -> None:
    first, second = hospital.study(1), hospital.study(2)
    patient = hospital.deps.naming.patient(TENANT, issuer="", patient_id="P1")
    exam = hospital.deps.naming.exam(TENANT, accession_number="A2", study_uid="")
    row = hospital.deps.table.get(keys.exam_pk(TENANT, exam), "EXAM") or {}
    hospital.put(replace(Exam.from_row(row), patient=patient))
    body = {
        "exam": hospital.deps.naming.exam(TENANT, accession_number="A1", study_uid=""),
        "patient": patient,
        "studies": [first],
        "report_version": 1,
        "serial": 1,
    }
    told = event("exam_released", TENANT, f"exam/{body['exam']}", "1", "2026-11-24T06:05:00Z", body)
    follow(told, hospital.deps)
    assert {row["study"] for row in hospital.deps.table.fresh_lines(TENANT)} == {first, second}
    hospital.put(Hospital(TENANT, TENANT, rebuilding="2026-11-24T06:05:00Z"))
    with pytest.raises(ServiceBusy):
        follow(told, hospital.deps)


def follow_exam(hospital: Hospitals, exam: str, kind: str = "report_received", **body: Any) -> None:
    told = body or {"version": 1, "state": "audited", "sha256": "0" * 64, "doubted": False}
    follow(event(kind, TENANT, f"exam/{exam}", "1", "2026-11-24T06:05:00Z", {"exam": exam, **told}), hospital.deps)


def test_an_exam_with_a_report_alone_is_in_the_list_until_its_images_bring_a_line_of_their_own(hospital: Hospitals) -> None:
    """An exam is never there twice, and never not at all."""
    exam = hospital.report_alone(4)
    follow_exam(hospital, exam)
    for compacted in (False, True):
        if compacted:
            compacting.compact(hospital.deps, TENANT)
        (line,) = search(hospital.deps.table, hospital.deps.vault, TENANT, Search(text="李四", state="incomplete")).lines
        assert (line["study"], line["exam"], line["imaging"], line["item"]) == (exam, exam, "none", "腹部超声")
    study = hospital.study(4)
    follow_exam(hospital, exam, "study_viewable", study=study, received=1, declared=None)
    for compacted in (False, True):
        if compacted:
            compacting.compact(hospital.deps, TENANT)
        found = search(hospital.deps.table, hospital.deps.vault, TENANT, Search()).lines
        assert [(line["study"], line["accession_number"]) for line in found] == [(study, "A4")]


def test_an_exam_that_is_only_registered_or_was_removed_is_in_no_list(hospital: Hospitals) -> None:
    follow_exam(hospital, hospital.report_alone(1, reports={}))
    assert hospital.found() == []
    exam = hospital.report_alone(2)
    follow_exam(hospital, exam)
    assert hospital.found() == ["A2"]
    hospital.report_alone(2, removed={"at": "2030-01-01T00:00:00Z"})
    follow_exam(hospital, exam)
    assert hospital.found() == []


def test_exams_with_a_report_alone_are_filled_in_with_the_others(hospital: Hospitals) -> None:
    hospital.study(1)
    hospital.report_alone(2)
    compacting.fill(hospital.deps, TENANT)
    assert sorted(hospital.found()) == ["A1", "A2"]


def test_columns_are_those_of_a_line(hospital: Hospitals) -> None:
    hospital.study(1)
    assert {"declared", *line_of(Study(TENANT, "s", "1"), Exam(TENANT, "e"), None)} == set(COLUMNS)
    assert folded("Ｗａｎｇ^Xiao Dong") == "wangxiaodong"


# -- the route -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def staff(hospital: Hospitals) -> StaffWorld:
    for number in range(1, 4):
        hospital.note(hospital.study(number))
    return StaffWorld(hospital.deps)


def listed(browser: Browser, **query: str) -> Any:
    reply = browser.call("GET", "studies", query=query)
    assert reply.status == 200, reply.body
    schemas.check(reply.body, "staff_studies_answer.v1")
    return reply.body


def test_a_doctor_pages_through_the_studies(staff: StaffWorld) -> None:
    doctor = staff.browser("doctor")
    first = listed(doctor, limit="2")
    assert ([one["accession_number"] for one in first["studies"]], first["total"]) == (["A3", "A2"], 3)
    assert [one["accession_number"] for one in listed(doctor, limit="2", after=first["after"])["studies"]] == ["A1"]
    assert listed(doctor, text="A2")["studies"][0]["patient"] == {"name": "WANG^XIAODONG", "id": "P2", "sex": "", "age": "063Y"}


def test_a_line_without_images_names_no_study(staff: StaffWorld, hospital: Hospitals) -> None:
    """Its exam is opened by the exam's name, as all others."""
    exam = hospital.report_alone(5)
    follow_exam(hospital, exam)
    doctor = staff.browser("doctor")
    (found,) = listed(doctor, text="A5")["studies"]
    assert (found["study"], found["exam"], found["imaging"], found["received"]) == (None, exam, "none", 0)
    shown = doctor.call("GET", "exams/{exam}", params={"exam": exam})
    assert (shown.status, shown.body["studies"]) == (200, [])


@pytest.mark.req("SEC-07")
def test_an_operator_finds_by_name_and_sees_it_masked(staff: StaffWorld) -> None:
    operator = staff.browser("operator")
    (found,) = listed(operator, text="欧阳")["studies"]
    assert (found["patient"]["name"], found["patient"]["id"]) == ("欧阳*", "**")


@pytest.mark.parametrize(
    "query", [{"from": "2026-02-30"}, {"state": "lost"}, {"limit": "0"}, {"after": "x"}, {"nonsense": "1"}, {"to": "9999-12-31"}]
)
def test_a_search_that_makes_no_sense_is_refused(staff: StaffWorld, query: dict[str, str]) -> None:
    reply = staff.browser("doctor").call("GET", "studies", query=query)
    assert (reply.status, reply.code) == (400, "document_invalid")


def test_what_was_searched_for_stands_in_no_log(staff: StaffWorld, capfd: pytest.CaptureFixture[str]) -> None:
    doctor = staff.browser("doctor")
    capfd.readouterr()
    listed(doctor, text="欧阳娜娜")
    assert "欧阳" not in "".join(capfd.readouterr())


def test_all_hospitals_with_agents_are_filled_once_and_compacted(hospital: Hospitals) -> None:
    hospital.put(Agent(TENANT, "0" * 16, "LIGHTBOX", [], "2026-01-01T00:00:00Z"))
    studies = [hospital.study(number) for number in range(1, 6)]
    random.Random(1).shuffle(studies)
    compact_all(hospital.deps)  # nobody noted them: the lake is new
    assert compacting.is_filled(hospital.deps, TENANT)
    hospital.note(hospital.study(5, received=7))
    compact_all(hospital.deps)
    assert list(hospital.deps.table.fresh_lines(TENANT)) == []
    assert len(hospital.found()) == 5


def test_files_that_a_restored_table_still_names_are_made_again(hospital: Hospitals) -> None:
    """They were replaced and removed after the moment to which the table went back."""
    hospital.put(Agent(TENANT, "0" * 16, "LIGHTBOX", [], "2026-01-01T00:00:00Z"))
    for number in (1, 2):
        hospital.note(hospital.study(number))
    compact_all(hospital.deps)
    (row,) = [one for one in hospital.deps.table.rows(keys.lake_pk(TENANT)) if one["file"]]
    hospital.put(replace(LakeMonth.from_row(row), file="0" * 64))
    assert not compacting.is_filled(hospital.deps, TENANT)
    compact_all(hospital.deps)
    assert compacting.is_filled(hospital.deps, TENANT)
    assert sorted(hospital.found()) == ["A1", "A2"]
