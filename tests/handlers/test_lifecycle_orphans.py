"""A removal seen from outside: what is left where one of two exams ended is what was there without it [LIFE-03]."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest

from functions.adapters.vault.memory import MemoryVault
from functions.core.access.agreements import Consent
from functions.core.notice.records import EXAM, Binding, Bound, Due
from functions.core.retention.removal import Version
from functions.core.study import keys
from functions.core.study.keys import Bucket
from iac.operator import hospitals
from tests.fakes import Fakes, MemoryCdn
from tests.handlers.ingest_world import cloud, exam_of, receipt, take
from tests.handlers.test_lifecycle import MINE, OTHERS, end, everything, message, objects
from tests.handlers.uploads import TENANT, Slices, declare, registration, report, upload

pytestmark = pytest.mark.req("LIFE-03")
KEPT = ("journal/", "removals/")  # what is left of an exam that ended, and proves it
CHANGES = {"changed_at": "2026-11-24T05:50:00Z", "item": "胸部CT增强"}


def world_of(*whose: Slices) -> Fakes:
    """All that stands of an exam: registered twice, images, a report of two versions, films, a bound account, consent."""
    deps = cloud()
    hospitals.amend(deps, TENANT, retention={"default": 3})
    for slices in whose:
        about = {"accession_number": slices.accession_number}
        person = {"id": slices.patient_id, "issuer": "", "name": slices.name, "phone": "13900000000"}
        registered = {**about, "patient": {**person, "sex": "M", "birth_date": "1980-01-02"}}
        said = [registration(deps, **registered), registration(deps, **registered, **CHANGES)]
        versions = [report(deps, **about, patient=person), report(deps, **about, patient=person, version=2)]
        assert take(deps, *said, upload(deps, slices), declare(deps, [(slices, 3)]), *versions) == []
        exam = exam_of(deps, slices.accession_number)
        study = deps.naming.study(TENANT, slices.study_uid)
        for of in (study, exam.exam):
            deps.vault.put("derived", keys.derived_prefix(TENANT, of) + "film/1.jpg", b"jpeg", content_type="image/jpeg")
        binding = Binding(TENANT, exam.patient, "w" * 32, "wx1", "open-id", 1)
        consent = Consent(TENANT, exam.patient, exam.exam, 1, "a" * 64, True, "patient", "b" * 64, "2026-11-24T06:00:00Z")
        bound, due = Bound(TENANT, exam.patient, binding.wechat), Due(TENANT, exam.exam, EXAM, "2026-11-24T06:00:00Z")
        for record in (binding, bound, consent, due):
            deps.table.put(record.to_row(), expect=None)
    return deps


def standing(deps: Fakes) -> set[tuple[str, str]]:
    return {place for place in objects(deps) if not place[1].startswith(KEPT)}


def test_what_is_left_is_what_was_there_without_it():
    """Every object and every row: nothing but the two rows that say that there was one, and what of it was removed."""
    deps, without = world_of(MINE, OTHERS), world_of(OTHERS)
    assert standing(without) < standing(deps)
    exam, study = exam_of(deps), message(deps)["study"]
    end(deps)
    assert standing(deps) == standing(without)
    tombs = {(keys.exam_pk(TENANT, exam.exam), "EXAM"), (keys.study_pk(TENANT, study), "STUDY")}
    assert set(everything(deps)) - set(everything(without)) == tombs
    assert set(everything(without)) <= set(everything(deps))


def test_who_has_another_exam_stays_known():
    """The account that they bound and what they agreed to are theirs, not the exam's."""
    second = Slices(number=3, accession_number="A3")
    deps = world_of(MINE)
    assert take(deps, upload(deps, second), report(deps, accession_number="A3", patient={"id": "P1", "issuer": ""})) == []
    patient = exam_of(deps, "A3").patient
    assert patient == exam_of(deps).patient
    end(deps)
    assert {row["kind"] for row in deps.table.rows(keys.patient_pk(TENANT, patient))} == {"patient", "wechat_binding"}
    assert list(deps.table.rows(keys.consents_pk(TENANT, patient)))


def test_words_about_a_removed_exam_that_come_again_are_refused():
    deps = world_of(MINE)
    end(deps)
    person = {"id": "P1", "issuer": "", "name": MINE.name, "phone": "13900000000"}
    for again in (report(deps, accession_number="A1", patient=person), registration(deps)):
        take(deps, again)
        assert (receipt(deps, again).state, receipt(deps, again).reason) == ("quarantined", "study_expired")


class Told:
    """What a removal does, in its order."""

    def __init__(self, deps: Fakes) -> None:
        self.order: list[str] = []
        deps.vault, deps.cdn = _Vault(deps.vault, self.order), _Cdn(self.order)
        put, delete = deps.table.put, deps.table.delete

        def noted_put(row: Any, **named: Any) -> Any:
            self.order += ["access"] if row.get("expired_at") and not row.get("removed") else []
            return put(row, **named)

        def noted_delete(pk: str, sk: str, **named: Any) -> Any:
            self.order.append("index")
            return delete(pk, sk, **named)

        deps.table.put, deps.table.delete = noted_put, noted_delete  # type: ignore[method-assign]

    def firsts(self) -> list[str]:
        return list(dict.fromkeys(self.order))


class _Vault(MemoryVault):
    def __init__(self, calm: MemoryVault, order: list[str]) -> None:
        super().__init__()
        self._objects, self.order = calm._objects, order

    def remove(self, bucket: Bucket, versions: Sequence[Version]) -> None:
        self.order.append("versions")
        super().remove(bucket, versions)


class _Cdn(MemoryCdn):
    def __init__(self, order: list[str]) -> None:
        super().__init__()
        self.order = order

    def forget(self, paths: Sequence[str]) -> None:
        self.order.append("caches")
        super().forget(paths)


def test_access_ends_first_then_caches_the_index_and_last_every_version():
    """A version that is gone while a cache or a row still names it would be an error that somebody sees."""
    deps = world_of(MINE)
    told = Told(deps)
    end(deps)
    assert told.firsts() == ["access", "caches", "index", "versions"]
    study = message(deps)["study"]
    assert any(study in path and path.startswith("/pixels/") for path in deps.cdn.forgotten)
    assert any(study in path and path.startswith("/derived/") for path in deps.cdn.forgotten)
    assert any(exam_of(deps).exam in path for path in deps.cdn.forgotten)


def test_a_pdf_that_two_exams_name_goes_with_the_last_of_them() -> None:
    """One scan, one signed PDF, two accession numbers: the longer kept exam must not lose its report."""
    deps = cloud()
    hospitals.amend(deps, TENANT, retention={"default": 3})
    body = b"%PDF-1.7 of both"
    pdf = {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
    place = ("originals", keys.report_object(TENANT, pdf["sha256"]))
    deps.vault.put(*place, body, content_type="application/pdf")
    for slices in (MINE, OTHERS):
        person = {"id": slices.patient_id, "issuer": "", "name": slices.name, "phone": "13900000000"}
        said = report(deps, accession_number=slices.accession_number, patient=person, pdf=pdf)
        assert take(deps, upload(deps, slices), declare(deps, [(slices, 3)]), said) == []
    end(deps, MINE)
    assert place in objects(deps)
    end(deps, OTHERS)
    assert place not in objects(deps)
    assert not [key for key in everything(deps) if pdf["sha256"] in key[0]]
