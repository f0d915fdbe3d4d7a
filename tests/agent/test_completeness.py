"""A study is declared when it has been quiet, with the counts that the agent holds, and again when more comes."""

from __future__ import annotations

from edge_agent import config
from edge_agent.completeness import Completeness, due
from edge_agent.config import Packing
from edge_agent.packer import Packer
from edge_agent.spool.states import Event, State
from tests.agent.building import SERIES, STUDY, Clock, image, keep, opened

COUNTS = {STUDY: {SERIES: 2}}
NAMED = {STUDY, SERIES}


def test_a_study_is_due_when_quiet_changed_and_named():
    """Names come with the first grants; a declaration cannot be written before."""
    assert due(COUNTS, {}, {STUDY: 0.0}, NAMED, 10.0, 10.0) == [STUDY]
    assert due(COUNTS, {}, {STUDY: 0.1}, NAMED, 10.0, 10.0) == []
    assert due(COUNTS, {}, {STUDY: 0.0}, {STUDY}, 10.0, 10.0) == []
    assert due(COUNTS, COUNTS, {STUDY: 0.0}, NAMED, 10.0, 10.0) == []
    assert due(COUNTS, {STUDY: {SERIES: 1}}, {STUDY: 0.0}, NAMED, 10.0, 10.0) == [STUDY]


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
        assert spool.declared == {STUDY: {SERIES: 2}}


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
        assert not spool.undeclared(STUDY)
