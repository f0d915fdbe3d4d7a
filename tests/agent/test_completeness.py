"""A study is declared when it has been quiet, with the counts that the agent holds, and again when more comes."""

from __future__ import annotations

import pytest

from edge_agent import config
from edge_agent.completeness import DAY_MS, Completeness, due
from edge_agent.config import Packing
from edge_agent.packer import Packer
from edge_agent.spool.model import Declaration
from edge_agent.spool.states import Event, State
from tests.agent.building import SERIES, STUDY, Clock, image, keep, opened

CT = {STUDY: "s", SERIES: "t"}


def test_what_is_due_is_never_less_than_what_was_declared():
    """The cloud compares with the declaration; a smaller one would make a partial study complete."""
    assert due({SERIES: 2}, None) == {SERIES: 2}
    assert due({SERIES: 2}, Declaration({SERIES: 2}, 0)) is None
    assert due({SERIES: 2}, Declaration({SERIES: 1}, 0)) == {SERIES: 2}
    assert due({SERIES: 1}, Declaration({SERIES: 2}, 0)) is None
    assert due({SERIES: 1, "1.9": 4}, Declaration({SERIES: 2}, 0)) == {SERIES: 2, "1.9": 4}
    assert due({}, Declaration({SERIES: 2}, 0, again=True)) == {SERIES: 2}
    assert due({}, None) is None


def test_a_study_is_declared_when_each_series_has_its_name(tmp_path):
    """Names come with the first grants; a declaration cannot be written before."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        completeness = Completeness(spool, config.Completeness(), now_s=clock)
        keep(spool, image(1))
        clock.now += 11
        spool.name({STUDY: "s"})
        assert completeness.declare_due() == 0
        spool.name(CT)
        assert completeness.declare_due() == 1


def sent(spool, *shipments: int) -> None:
    for number in shipments:
        for event in (Event.PICKED, Event.STORED, Event.INDEXED):
            spool.advance(spool.shipments[number], event)


def forget_all(spool, clock) -> int:
    clock.now += 7 * 86_400
    return spool.forget(spool.now_ms(), spool.now_ms() - 90 * DAY_MS)


def test_a_partial_study_stays_partial_after_its_sent_images_are_forgotten(tmp_path):
    """Nine of ten are indexed, one is parked. A week and a restart later the agent must not declare one image: the cloud
    would call the study complete."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        for number in range(1, 11):
            keep(spool, image(number))
        spool.park(spool.items[9], "damaged")
        clock.now += 11
        Packer(spool, Packing(), now_s=clock).pack_next()
        spool.name(CT)
        assert Completeness(spool, config.Completeness(), now_s=clock).declare_due() == 1
        sent(spool, 0, 1)
        assert forget_all(spool, clock) == 9
    for _ in range(2):
        with opened(tmp_path / "spool", clock=clock) as spool:
            clock.now += 11
            assert Completeness(spool, config.Completeness(), now_s=clock).declare_due() == 0
            assert spool.declared[STUDY].counts == {SERIES: 10}


def test_a_late_series_is_declared_together_with_the_forgotten_ones(tmp_path):
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        keep(spool, image(2))
        clock.now += 11
        Packer(spool, Packing(), now_s=clock).pack_next()
        spool.name(CT)
        completeness = Completeness(spool, config.Completeness(), now_s=clock)
        completeness.declare_due()
        sent(spool, 0, 1)
        assert forget_all(spool, clock) == 2
        keep(spool, image(1))
        keep(spool, image(1, series="1.2.3.4.2"))
        spool.name({"1.2.3.4.2": "u"})
        clock.now += 11
        assert completeness.declare_due() == 1
        assert spool.declared[STUDY].counts == {SERIES: 2, "1.2.3.4.2": 1}


@pytest.mark.parametrize("is_compacted", [False, True])
def test_a_late_image_raises_the_count_of_forgotten_ones_and_a_repeat_does_not(tmp_path, is_compacted):
    """One of ten is parked and nine are forgotten. Were a new image not counted, ten would be there of ten declared and the study
    be whole without the parked one; were a repeat counted, it would never be whole again."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        for number in range(1, 11):
            keep(spool, image(number))
        spool.park(spool.items[9], "damaged")
        clock.now += 11
        Packer(spool, Packing(), now_s=clock).pack_next()
        spool.name(CT)
        Completeness(spool, config.Completeness(), now_s=clock).declare_due()
        sent(spool, 0, 1)
        assert forget_all(spool, clock) == 9
        if not is_compacted:
            assert declared_with(spool, clock, image(3)) == 10
            assert declared_with(spool, clock, image(11)) == 11
            return
    for number, count in ((3, 10), (11, 11), (11, 11)):  # starting compacts the journal
        with opened(tmp_path / "spool", clock=clock) as spool:
            assert declared_with(spool, clock, image(number)) == count


def declared_with(spool, clock, late) -> int:
    keep(spool, late)
    clock.now += 11
    Completeness(spool, config.Completeness(), now_s=clock).declare_due()
    return spool.declared[STUDY].counts[SERIES]


def test_images_forgotten_before_their_study_was_declared_count_when_it_is(tmp_path):
    """Of one series nothing can go up for a week, and so the study has no names to be declared by."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        keep(spool, image(2))
        clock.now += 11
        Packer(spool, Packing(), now_s=clock).pack_next()
        sent(spool, 0)
        assert forget_all(spool, clock) == 2
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1, series="1.2.3.4.2"))
        spool.name({**CT, "1.2.3.4.2": "u"})
        clock.now += 11
        assert Completeness(spool, config.Completeness(), now_s=clock).declare_due() == 1
        assert spool.declared[STUDY].counts == {SERIES: 2, "1.2.3.4.2": 1}


def test_counts_are_forgotten_in_the_end(tmp_path):
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        spool.name(CT)
        spool.declare(STUDY, {SERIES: 2})
        clock.now += 89 * 86_400
        forget_all(spool, clock)
        assert not spool.declared
        assert not spool.names


def test_a_declaration_that_was_parked_is_declared_again_after_release_and_restart(tmp_path):
    """`release` is a process of its own: what it decided must be in the journal."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        spool.name(CT)
        clock.now += 11
        Completeness(spool, config.Completeness(), now_s=clock).declare_due()
        for event in (Event.PICKED, Event.STORED, Event.QUARANTINED):
            spool.advance(spool.shipments[0], event)
    with opened(tmp_path / "spool", clock=clock) as spool:
        assert spool.release_parked() == 1
    for _ in range(2):  # over a compaction too
        with opened(tmp_path / "spool", clock=clock) as spool:
            assert spool.undeclared() == {STUDY}
            assert spool.declared[STUDY].counts == {SERIES: 1}
    with opened(tmp_path / "spool", clock=clock) as spool:
        clock.now += 11
        completeness = Completeness(spool, config.Completeness(), now_s=clock)
        assert completeness.declare_due() == 1
        assert completeness.declare_due() == 0


def test_a_late_image_makes_a_new_declaration_with_the_new_count(tmp_path):
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        completeness = Completeness(spool, config.Completeness(), now_s=clock)
        keep(spool, image(1))
        keep(spool, image(1, shade=5))  # the same instance, in conflict: counted once
        keep(spool, image(2))
        spool.name({STUDY: "s", SERIES: "t"})
        clock.now += 9
        assert completeness.declare_due() == 0
        clock.now += 2
        assert completeness.declare_due() == 1
        assert completeness.declare_due() == 0
        keep(spool, image(3))
        clock.now += 11
        assert completeness.declare_due() == 1
        declared = [shipment.facts["series"] for shipment in spool.shipments.values()]
        assert declared == [[{"series_uid": SERIES, "instances": 2}], [{"series_uid": SERIES, "instances": 3}]]


def test_counts_reach_back_over_what_was_sent_and_over_a_restart(tmp_path):
    """One image that comes after the others were sent must not make the study look like one image."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        clock.now += 5
        Packer(spool, Packing(), now_s=clock).pack_next()
        for event in (Event.PICKED, Event.STORED, Event.INDEXED):
            spool.advance(spool.shipments[0], event)
        spool.name({STUDY: "s", SERIES: "t"})
    with opened(tmp_path / "spool", clock=clock) as spool:
        assert [item.state for item in spool.items.values()] == [State.SENT]
        keep(spool, image(2))
        clock.now += 11
        assert Completeness(spool, config.Completeness(), now_s=clock).declare_due() == 1
        assert spool.declared[STUDY].counts == {SERIES: 2}


def test_a_study_of_more_series_than_a_declaration_holds_is_declared_in_several(tmp_path):
    """All of them would be refused by the cloud, and the study never be whole."""
    clock = Clock()
    uids = [f"1.2.3.4.{number}" for number in range(1, 6)]
    with opened(tmp_path / "spool", clock=clock) as spool:
        for uid in uids:
            keep(spool, image(1, series=uid))
        spool.name({STUDY: "s", **dict.fromkeys(uids, "t")})
        clock.now += 11
        completeness = Completeness(spool, config.Completeness(), now_s=clock, max_series=2)
        assert completeness.declare_due() == 1
        told = [[entry["series_uid"] for entry in shipment.facts["series"]] for shipment in spool.shipments.values()]
        assert told == [uids[:2], uids[2:4], uids[4:]]
        assert completeness.declare_due() == 0


def test_a_declared_study_is_not_declared_again_after_a_restart(tmp_path):
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        spool.name({STUDY: "s", SERIES: "t"})
        clock.now += 11
        assert Completeness(spool, config.Completeness(), now_s=clock).declare_due() == 1
    with opened(tmp_path / "spool", clock=clock) as spool:
        clock.now += 11
        assert Completeness(spool, config.Completeness(), now_s=clock).declare_due() == 0
        assert STUDY not in spool.undeclared()
