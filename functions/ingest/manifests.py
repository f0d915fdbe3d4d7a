"""A manifest arrived: are its parcels here and what they say they are? Then study, series and patient learn of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from functions.adapters.table.changing import change
from functions.adapters.wiring import Deps
from functions.core.errors import NotArrived, Poison
from functions.core.imaging.parcel import Heads, Instance
from functions.core.study import keys, merge, people
from functions.core.study.bookkeeping import ManifestSeen
from functions.core.study.facts import InstanceFacts, facts_of
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Patient, Series, Study
from functions.core.times import iso
from functions.ingest.building import build, rows_by_heads
from functions.ingest.heads import look_through, read_heads
from functions.ingest.messages import Ref
from functions.ingest.taking import Touched

if TYPE_CHECKING:
    import pydicom


def take_manifest(ref: Ref, manifest: dict[str, Any], hospital: Hospital, deps: Deps) -> Touched:
    facts: list[InstanceFacts] = []
    stored = 0
    for parcel in manifest["parcels"]:
        stored += _verify_objects(ref, parcel, deps)
        heads = read_heads(ref.tenant, ref.study, ref.series, parcel["heads"]["sha256"], deps)
        _verify_instances(heads, parcel)
        facts += _verified_facts(ref, parcel["heads"]["sha256"], manifest, deps)
    # tried alone before it counts: what cannot be indexed would else keep the whole series from it
    names = [parcel["heads"]["sha256"] for parcel in manifest["parcels"]]
    rows = rows_by_heads(ref.tenant, ref.study, ref.series, names, deps)
    build(Series(ref.tenant, ref.study, ref.series, manifest["series_uid"]), rows.values(), 0)
    if facts:
        _write(ref, facts, hospital, deps)
    else:
        _write_without_facts(ref, manifest, deps)
    seen = ManifestSeen(
        ref.tenant,
        ref.study,
        ref.series,
        ref.sha256,
        agent=manifest["agent"],
        packed_at=manifest["packed_at"],
        heads=names,
        bytes_stored=stored,
    )
    change(deps.table, *seen.key(), lambda row: row or seen.to_row())
    return Touched([(ref.tenant, ref.study, ref.series)], [(ref.tenant, ref.study, "")], manifest["agent"])


def take_back(ref: Ref, deps: Deps) -> None:
    """The series' index is built without this manifest from now on."""
    row = deps.table.get(*ManifestSeen(ref.tenant, ref.study, ref.series, ref.sha256).key())
    if row is not None:
        deps.table.delete(row["pk"], row["sk"], expect=row["version"])


def _verify_objects(ref: Ref, parcel: Mapping[str, Any], deps: Deps) -> int:
    """Storage's own word on each object: there, of this size, with this checksum. Returns their bytes."""
    total = 0
    for kind in ("heads", "low", "rest"):
        blob = parcel[kind]
        if blob is None:
            continue
        bucket, key = keys.parcel_object(ref.tenant, ref.study, ref.series, kind, blob["sha256"])
        facts = deps.vault.head(bucket, key)
        if facts is None:
            raise NotArrived(reason="parcel_missing")
        if facts.bytes != blob["bytes"]:
            raise Poison(reason="size_wrong")
        if facts.sha256 != blob["sha256"]:
            raise Poison(reason="checksum_wrong")
        total += facts.bytes
    return total


def _verify_instances(heads: Heads, parcel: Mapping[str, Any]) -> None:
    """The manifest lists exactly what the heads object holds, and the same pixel objects."""
    listed = Counter(tuple(one[name] for name in ("sop_uid", "sha256", "bytes", "part", "parts")) for one in parcel["instances"])
    held = Counter((one.sop_uid, one.sha256, one.bytes, one.part, one.parts) for one in heads.instances)
    if listed != held:
        raise Poison(reason="instances_differ")
    for kind, home in (("low", heads.low), ("rest", heads.rest)):
        blob = parcel[kind]
        named = None if blob is None else (blob["sha256"], blob["bytes"])
        if named != (None if home is None else (home.sha256, home.bytes)):
            raise Poison(reason="instances_differ")


def _verified_facts(ref: Ref, sha256: str, manifest: Mapping[str, Any], deps: Deps) -> list[InstanceFacts]:
    """Facts of every instance, and part of one, that can be read; one that cannot is kept as it came and says nothing.

    A part that has frames has the attributes beside them: whose they are is asked of each.
    """
    found: list[InstanceFacts] = []

    def look(instance: Instance, ds: pydicom.Dataset) -> None:
        facts = facts_of(ds, instance.sop_uid, instance.sha256)
        if (facts.study_uid, facts.series_uid) != (manifest["study_uid"], manifest["series_uid"]):
            raise Poison(reason="uid_differs")
        found.append(facts)

    look_through(ref.tenant, ref.study, ref.series, sha256, deps, look)
    return found


def _write(ref: Ref, facts: Sequence[InstanceFacts], hospital: Hospital, deps: Deps) -> None:
    now = iso(deps.clock.now())
    came = merge.arrival(ref.tenant, facts, deps.naming, hospital.issuer)
    if came.patient:
        pk, sk = keys.patient_pk(ref.tenant, came.patient), "PATIENT"
        words = people.words_in_images(came.first, hospital.issuer)
        change(
            deps.table,
            pk,
            sk,
            lambda row: people.with_images(Patient.from_row(row) if row else None, ref.tenant, came.patient, words).to_row(),
        )
    change(
        deps.table,
        keys.study_pk(ref.tenant, ref.study),
        "STUDY",
        lambda row: merge.study_with_images(
            Study.from_row(row) if row else None, ref.tenant, ref.study, came, time_zone=hospital.time_zone, now=now
        ).to_row(),
    )
    change(
        deps.table,
        keys.study_pk(ref.tenant, ref.study),
        keys.series_sk(ref.series),
        lambda row: merge.series_with_images(
            Series.from_row(row) if row else None, ref.tenant, ref.study, ref.series, came, now
        ).to_row(),
    )


def _write_without_facts(ref: Ref, manifest: Mapping[str, Any], deps: Deps) -> None:
    """Nothing readable in it, or only later parts of large instances: the rows exist, the words come with the first part."""
    now = iso(deps.clock.now())
    study = Study(ref.tenant, ref.study, manifest["study_uid"], imaging="receiving", created_at=now, updated_at=now)
    series = Series(ref.tenant, ref.study, ref.series, manifest["series_uid"], updated_at=now)
    change(deps.table, *study.key(), lambda row: row or study.to_row())
    change(deps.table, *series.key(), lambda row: row or series.to_row())
