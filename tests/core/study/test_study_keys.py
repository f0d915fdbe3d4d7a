"""Names: what they are made of, and what they tell."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from hypothesis import given
from hypothesis import strategies as st

from functions.core.study import keys
from functions.core.study.keys import Naming

KEY = bytes(range(32))
NAMING = Naming(KEY)


def test_a_name_is_the_documented_keyed_hash() -> None:
    """docs/interfaces.md §1, computed here by hand."""
    digest = hmac.new(KEY, b"study\nxiehe\n1.2.3", hashlib.sha256).digest()[:20]
    assert NAMING.study("xiehe", "1.2.3") == base64.b32encode(digest).decode().lower()
    assert re.fullmatch("[a-z2-7]{32}", NAMING.study("xiehe", "1.2.3"))
    assert re.fullmatch("[a-z2-7]{16}", NAMING.frame("xiehe", "1.2.3", 1))


def test_kinds_tenants_and_keys_give_different_names() -> None:
    names = {
        NAMING.study("a1", "1.2"),
        NAMING.series("a1", "1.2"),
        NAMING.study("a2", "1.2"),
        Naming(bytes(32)).study("a1", "1.2"),
        NAMING.exam("a1", accession_number="", study_uid="1.2"),
        NAMING.patient("a1", issuer="", patient_id="1.2"),
    }
    assert len(names) == 6


def test_an_exam_is_its_accession_number_whatever_the_study() -> None:
    one = NAMING.exam("a1", accession_number="A1", study_uid="1.2")
    assert one == NAMING.exam("a1", accession_number=" A1 ", study_uid="3.4")
    assert one != NAMING.exam("a1", accession_number="", study_uid="1.2")


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_issuer_and_patient_id_cannot_run_into_each_other(issuer: str, patient: str, issuer2: str, patient2: str) -> None:
    """Only a line break inside an id could; ids are single lines (DICOM LO, and the report's schema)."""
    if "\n" in issuer + patient + issuer2 + patient2:
        return
    same = NAMING.patient("a1", issuer=issuer, patient_id=patient) == NAMING.patient("a1", issuer=issuer2, patient_id=patient2)
    assert same == ((issuer, patient) == (issuer2, patient2))


def test_bucket_keys_are_the_documented_ones() -> None:
    sha = "a" * 64
    assert keys.parcel_object("t1", "s", "r", "heads", sha) == ("originals", f"k1/t1/s/r/{sha}.heads")
    assert keys.parcel_object("t1", "s", "r", "low", sha) == ("pixels", f"k1/t1/s/r/{sha}.low")
    assert keys.manifest_object("t1", "s", "r", sha) == f"manifests/t1/s/r/{sha}.json"
    assert keys.declaration_object("t1", "s", sha) == f"manifests/t1/s/{sha}.declaration.json"
    assert keys.journal_object("t1", "2026-11-24T06:05:00Z", sha) == f"journal/t1/2026/11/24/{sha}.json"


def test_a_days_studies_spread_over_all_shards() -> None:
    shards = {keys.day_shard(NAMING.study("t1", f"1.{number}")) for number in range(200)}
    assert shards == set(range(keys.DAY_SHARDS))
