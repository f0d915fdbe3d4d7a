"""What ingest keeps of heads while it is warm: the rows of each are made once, and never is more kept than may be."""

from __future__ import annotations

import pytest

from functions.core.errors import Poison
from functions.core.study import keys
from functions.core.study.keys import Naming
from functions.ingest.building import rows_by_heads
from functions.ingest.heads import Kept, memory_of, read_heads, read_rows
from tests.fakes import NAMING_KEY, Fakes
from tests.handlers.ingest_world import cloud
from tests.handlers.uploads import TENANT, Slices, upload


class CountedNames(Naming):
    """Tells how many frames were named: each row of an index has one name."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key)
        object.__setattr__(self, "asked", [])

    def frame(self, tenant: str, sop_uid: str, number: int) -> str:
        self.asked.append(sop_uid)  # type: ignore[attr-defined]
        return super().frame(tenant, sop_uid, number)


class CountingCloud(Fakes):
    names = CountedNames(NAMING_KEY)

    @property
    def naming(self) -> Naming:
        return self.names


def heads_names(deps: Fakes, slices: Slices) -> list[str]:
    """Upload; returns the names of its heads objects."""
    message = upload(deps, slices)
    prefix = keys.parcel_prefix(TENANT, message["study"], message["series"])
    found = [key.removeprefix(prefix) for key in deps.vault.keys("originals", prefix)]
    return sorted(name.removesuffix(".heads") for name in found if name.endswith(".heads"))


def where(deps: Fakes, slices: Slices) -> tuple[str, str, str]:
    return TENANT, deps.naming.study(TENANT, slices.study_uid), deps.naming.series(TENANT, slices.series_uid)


def test_rows_are_made_once_however_often_their_series_is_indexed() -> None:
    """A series of a hundred manifests would else be read ten thousand times."""
    deps = CountingCloud()
    slices = Slices(number=71, count=3)
    (name,) = heads_names(deps, slices)
    first = read_rows(*where(deps, slices), name, deps)
    assert read_rows(*where(deps, slices), name, deps) is first
    assert deps.names.asked == slices.sop_uids()  # type: ignore[attr-defined]


def test_opened_heads_are_let_go_of_beyond_the_bound() -> None:
    """One manifest may name 64 parcels of 32 MiB each."""
    deps = cloud()
    parts = [Slices(number=72, first=first, count=1) for first in range(3)]
    names = list(dict.fromkeys(name for part in parts for name in heads_names(deps, part)))
    opened = [read_heads(*where(deps, parts[0]), name, deps) for name in names]
    kept = Kept(2 * max(map(memory_of, opened)), memory_of)
    for name, heads in zip(names, opened, strict=True):
        kept.put(name, heads)
    assert [kept.get(name) is not None for name in names] == [False, True, True]


def test_a_series_of_too_many_frames_is_refused_before_they_are_all_in_memory() -> None:
    deps = cloud()
    parts = [Slices(number=73, first=first, count=2) for first in (0, 2)]
    names = list(dict.fromkeys(name for part in parts for name in heads_names(deps, part)))
    assert len(rows_by_heads(*where(deps, parts[0]), names, deps, max_frames=4)) == 2
    with pytest.raises(Poison) as refused:
        rows_by_heads(*where(deps, parts[0]), [*names, "0" * 64], deps, max_frames=3)
    assert refused.value.reason == "series_too_large"
