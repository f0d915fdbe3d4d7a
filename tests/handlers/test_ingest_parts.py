"""Parts of an instance: whose each is, is asked of each; and none is shown without the first, nor before what came whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.core.imaging import series_index
from functions.core.imaging.heads import pack_heads
from functions.core.imaging.parcel import open_heads, pack
from functions.core.study import keys
from tests.fakes import Fakes
from tests.handlers.ingest_world import cloud, exam_of, receipt, series_of, take
from tests.handlers.uploads import TENANT, Slices, report, upload


@pytest.fixture
def deps() -> Fakes:
    return cloud()


def second_part(deps: Fakes, content: Slices, claimed: Slices) -> dict[str, Any]:
    """Put an image as the second part of two, under the study and series of another; returns the ingest message."""
    study, series = deps.naming.study(TENANT, claimed.study_uid), deps.naming.series(TENANT, claimed.series_uid)
    (parcel,) = pack(content.received())
    opened = open_heads(parcel.heads.data)
    (whole,) = opened.instances
    part = replace(whole, part=1, parts=2)
    heads = pack_heads([part], opened.blob, opened.low, opened.rest)
    blobs = {"heads": heads} | {blob.kind: blob.data for blob in (parcel.low, parcel.rest) if blob is not None}
    entry: dict[str, Any] = {"heads": None, "low": None, "rest": None}
    for kind, data in blobs.items():
        sha256 = keys.sha256_hex(data)
        bucket, key = keys.parcel_object(TENANT, study, series, kind, sha256)  # type: ignore[arg-type]
        deps.vault.put(bucket, key, data, content_type="application/octet-stream")
        entry[kind] = {"sha256": sha256, "bytes": len(data)}
    entry["instances"] = [{name: getattr(part, name) for name in ("sop_uid", "sha256", "bytes", "part", "parts")}]
    return upload(deps, claimed, parcels=[entry])


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (Slices(number=2, first=5, count=1, patient_id="P9", accession_number="A9"), "uid_differs"),
        (Slices(series=2, first=5, count=1), "uid_differs"),
    ],
)
def test_a_later_part_of_another_study_or_series_is_refused(deps: Fakes, other: Slices, reason: str) -> None:
    """What nobody looks at could be another patient's image in this one's index."""
    mine = Slices(count=1)
    take(deps, upload(deps, mine), report(deps))
    message = second_part(deps, other, claimed=mine)
    take(deps, message)
    assert (receipt(deps, message).state, receipt(deps, message).reason) == ("quarantined", reason)
    assert (series_of(deps, mine).frames, exam_of(deps).release) == (1, "released")


def test_a_later_part_that_names_another_patient_holds_the_exam(deps: Fakes) -> None:
    mine = Slices(count=1)
    take(deps, upload(deps, mine), report(deps))
    take(deps, second_part(deps, Slices(first=5, count=1, patient_id="P9"), claimed=mine))
    assert (exam_of(deps).release, exam_of(deps).reasons) == ("held", ["identities_differ"])


def test_an_instance_is_shown_only_with_its_first_part(deps: Fakes) -> None:
    mine = Slices(count=1)
    take(deps, upload(deps, mine))
    take(deps, second_part(deps, Slices(first=5, count=1), claimed=mine))
    assert (series_of(deps, mine).received, series_of(deps, mine).frames) == (1, 1)


def test_what_came_whole_is_shown_before_another_version_of_which_only_the_first_part_came() -> None:
    """One agent died after the first part; what another sends whole must not be an empty place in a series that is complete."""
    begun, whole = (open_heads(next(iter(pack(one.received()))).heads.data) for one in (Slices(count=1), changed()))
    begun = replace(begun, instances=(replace(begun.instances[0], part=0, parts=2, frames=()),))
    rows = [series_index.rows_of(one, lambda _, number: f"{number:016d}") for one in (begun, whole)]
    for order in (rows, rows[::-1]):
        (page,) = series_index.build_rows(order, series="a" * 32, version=1, declared=1, complete=True)
        assert (page["received"], page["page"]["frames"], page["columns"]["full"]["bytes"][0] > 0) == (1, 1, True)


def changed() -> Slices:
    return Slices(count=1, changes={"InstitutionName": "X"})
