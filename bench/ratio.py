"""Lossless compression: data set bytes received over all bytes stored, heads included (design §12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bench.harness import Goal, Row, fact
from functions.core.imaging.parcel import Received, open_heads, pack, rebuild


def rows() -> Iterator[Row]:
    """Real CT (decoded first), real MR, both together."""
    from bench._reference_series import real_ct, real_mr

    series = {"real CT": real_ct(), "real MR": real_mr()}
    for name, items in series.items():
        yield row(name, items, Goal("value", ">", 2))
    yield row("CT and MR together", [item for items in series.values() for item in items], Goal("value", "≥", 2.2))


def row(name: str, items: Sequence[Received], goal: Goal) -> Row:
    received = sum(len(item.data_set) for item in items)
    stored = stored_bytes(items)
    return fact(
        f"lossless ratio, {name}",
        received / stored,
        unit=": 1",
        goal=goal,
        note=f"{len(items)} instances, {received} bytes received, {stored} stored; every data set's SHA-256 equal",
    )


def stored_bytes(items: Sequence[Received]) -> int:
    """Bytes of all objects, after every data set was rebuilt from them and met its SHA-256 (else ParcelDamaged)."""
    total = 0
    for parcel in pack(items):
        objects = {blob.kind: blob.data for blob in parcel.blobs}
        rebuild_all(objects)
        total += sum(map(len, objects.values()))
    return total


def rebuild_all(objects: Mapping[str, bytes]) -> None:
    heads = open_heads(objects["heads"])
    for instance in heads.instances:
        rebuild(heads, instance, lambda kind, offset, length: objects[kind][offset : offset + length])
