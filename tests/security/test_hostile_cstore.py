"""Hostile objects by C-STORE: refused with a reason, or kept and harmless, in bounded memory and time; the next study goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.spool.store import Spool
from functions.core.study import keys
from functions.core.study.records import Patient, Series
from functions.render.films import render_films
from functions.render.thumbnails import render_thumbnail
from tests.agent.building import SERIES, STUDY, Clock, encoded, image, opened, receiving
from tests.agent.senders import Raw
from tests.fakes import Fakes
from tests.handlers.ingest_world import cloud, receipt, take
from tests.handlers.uploads import TENANT, report
from tests.security.hostile.bounds import bounded
from tests.security.hostile.data_sets import DATA_SETS, UNREADABLE, Hostile, written
from tests.security.hostile.way import carried, instances, packed

MIB, SECONDS = 320, 30  # what an unbounded one asks for is gigabytes, or minutes
NEXT_STUDY, NEXT_SERIES = "1.2.3.5", "1.2.3.5.1"
REFUSED = [name for name, one in DATA_SETS.items() if one.refused]
KEPT = [name for name, one in DATA_SETS.items() if not one.refused]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spool(tmp_path: Path, clock: Clock) -> Iterator[Spool]:
    with opened(tmp_path / "spool", clock=clock) as spool:
        yield spool


def next_image() -> Any:
    return image(1, study=NEXT_STUDY, series=NEXT_SERIES)


def sent(port: int, hostile: Hostile) -> tuple[int, str]:
    """Status and comment of the hostile object; then an object of the next study goes through on the same association."""
    data, peer = hostile.make(), Raw(port, hostile.syntax)
    with bounded(mib=MIB, seconds=SECONDS):
        status = peer.store(image(), data)
        comment = peer.answer.decode("latin-1")
    peer.close()
    good = Raw(port)
    assert good.store(next_image()) == 0
    good.close()
    return status, comment


@pytest.mark.req("EDGE-01")
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_an_image_is_refused_with_a_reason(spool: Spool, name: str) -> None:
    hostile = DATA_SETS[name]
    with receiving(spool) as receiver:
        status, comment = sent(receiver.port, hostile)
    assert status == UNREADABLE
    assert hostile.says in comment
    assert [item.head.study_uid for item in spool.items.values()] == [NEXT_STUDY]


@pytest.mark.parametrize("name", KEPT)
def test_what_is_odd_is_kept_and_harms_nothing_on_its_way(spool: Spool, clock: Clock, name: str) -> None:
    """Receiver, packer, ingest, thumbnail and film: each within its bounds, and the next study is indexed beside it."""
    hostile, deps = DATA_SETS[name], cloud()
    with receiving(spool) as receiver:
        assert sent(receiver.port, hostile)[0] == 0
    with bounded(mib=MIB, seconds=SECONDS):
        packed(spool, clock)
    (kept,) = instances(spool, STUDY)
    assert (kept.mode == "verbatim" and kept.reason != "") == (hostile.says != "")
    assert hostile.says in kept.reason

    messages = carried(spool, deps)
    person = {"id": "P-1", "issuer": "", "name": "", "phone": "13800001234"}
    told = report(deps, patient=person, study_uids=[STUDY])  # so that it is released, and its film drawn
    with bounded(mib=MIB, seconds=SECONDS):
        assert take(deps, *messages.values(), told) == []
    assert {uid: receipt(deps, message).state for uid, message in messages.items()} == {STUDY: "indexed", NEXT_STUDY: "indexed"}
    study, series = deps.naming.study(TENANT, STUDY), deps.naming.series(TENANT, SERIES)
    row = Series.from_row(deps.table.get(keys.study_pk(TENANT, study), keys.series_sk(series)) or {})
    assert row.received == 1
    assert hostile.frames is None or row.frames == hostile.frames
    with bounded(mib=MIB, seconds=SECONDS):
        render_thumbnail(TENANT, study, series, row.index or "", deps)
        render_films(TENANT, study, deps)
    assert deps.table.get(keys.study_pk(TENANT, study), "STUDY")["films"] or not shown_frames(deps, row)


def shown_frames(deps: Fakes, row: Series) -> bool:
    """Whether the exam is released and a frame of the series could be on a film."""
    released = any(one["kind"] == "exam" and one["release"] == "released" for one in deps.table.everything())
    return released and row.frames > 0


def shown(deps: Fakes) -> Patient:
    return Patient.from_row(next(row for row in deps.table.everything() if row["kind"] == "patient"))


@pytest.mark.req("SEC-07")
def test_no_control_character_of_an_image_reaches_a_row(spool: Spool, clock: Clock) -> None:
    """In a terminal ESC is a command, and an override turns a name round: rows are what pages, paper and commands are made of."""
    trick = "a\x1b]0;x\x07\x00b\u202ec\u2066d\x9b31m"
    data = written(
        SpecificCharacterSet="ISO_IR 192",
        PatientName=trick,
        StudyDescription=trick,
        SeriesDescription=trick,
        BodyPartExamined="\x1b[2J",
        Modality="\x1b[31m",
    )
    deps = cloud()
    with receiving(spool) as receiver:
        peer = Raw(receiver.port)
        assert peer.store(image(), data) == 0
        peer.close()
    packed(spool, clock)
    assert take(deps, *carried(spool, deps).values()) == []
    texts = repr([list(row.values()) for row in deps.table.everything()])
    assert not [text for text in ("\\x1b", "\\x07", "\\x00", "\\x9b", "\\u202e", "\\u2066") if text in texts]
    assert shown(deps).name == "a]0;xbcd31m"


def test_the_same_sop_instance_with_other_pixels_changes_nothing_that_is_there(spool: Spool, clock: Clock) -> None:
    """Both are kept, the first stays what is shown: nobody can replace an image by sending another under its name."""
    deps = cloud()
    for shade in (0, 7):
        with receiving(spool) as receiver:
            peer = Raw(receiver.port)
            assert peer.store(image(shade=shade)) == 0
            peer.close()
        packed(spool, clock)
    first, second = instances(spool, STUDY)
    assert (first.sop_uid, first.sha256 != second.sha256) == (second.sop_uid, True)
    assert len(encoded(image())) == first.bytes
    shipments = list(spool.shipments.values())
    assert len(shipments) == 2
    for message in _one_by_one(spool, deps):
        assert take(deps, message) == []
    study, series = deps.naming.study(TENANT, STUDY), deps.naming.series(TENANT, SERIES)
    row = Series.from_row(deps.table.get(keys.study_pk(TENANT, study), keys.series_sk(series)) or {})
    assert (row.received, row.frames, row.manifests) == (1, 1, 2)


def _one_by_one(spool: Spool, deps: Fakes) -> Iterator[dict[str, Any]]:
    everything = dict(spool.shipments)
    for number, shipment in everything.items():
        spool.shipments.clear()
        spool.shipments[number] = shipment
        yield from carried(spool, deps).values()
    spool.shipments.update(everything)
