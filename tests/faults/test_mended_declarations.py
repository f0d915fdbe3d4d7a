"""What simulated faults once found about what is declared and confirmed, mostly by a wrong clock, each by the shortest way."""

from __future__ import annotations

import pytest

from edge_agent import config
from edge_agent.completeness import Completeness, counts_of
from edge_agent.spool.model import MANIFEST, Shipment
from edge_agent.spool.states import Event, State
from edge_agent.spool.store import Spool
from tests.faults.clock import Clock
from tests.faults.corpus import Thing, instances
from tests.faults.disk import Machine
from tests.faults.small_spool import deliver, machine, opened


def declared_in_2006(thing: Thing, clock: Clock) -> tuple[Machine, Spool, Shipment]:
    """Sent; its study declared while the clock was twenty years behind, and that is still to be sent; the clock is right now."""
    on = machine()
    spool = opened(on, clock=clock)
    spool.name({thing.head.study_uid: "k1/study", thing.head.series_uid: "k1/series"})
    deliver(spool, thing)
    clock.wrong_s = -20 * 365 * 86_400
    clock.passes(60.0)
    assert Completeness(spool, config.Completeness(), clock.now_s).declare_due() == 1
    clock.wrong_s = 0.0
    (shipment,) = spool.shipments.values()
    return on, spool, shipment


def days_later(days: int, spool: Spool, clock: Clock) -> None:
    """Sent images are remembered for 7 days, declared counts for 90."""
    clock.passes(days * 86_400)
    Completeness(spool, config.Completeness(), clock.now_s).turn()


@pytest.mark.req("EDGE-10")
def test_what_is_still_to_be_declared_keeps_the_names_and_counts_that_it_needs_whatever_the_clock_says():
    """Seeds 28073, 37159, 45774, 64585: without the cloud's names the declaration could never be sent, for ever PACKED."""
    thing, clock = instances()[0], Clock()
    _, spool, shipment = declared_in_2006(thing, clock)
    days_later(8, spool, clock)
    assert not spool.items
    assert spool.names.keys() == shipment.uids == {thing.head.study_uid, thing.head.series_uid}
    assert counts_of((), spool.declared) == {thing.head.study_uid: {thing.head.series_uid: 1}}


@pytest.mark.req("EDGE-10")
@pytest.mark.parametrize("restarted", [False, True])
def test_counts_that_were_declared_while_the_clock_was_wrong_are_remembered_from_when_the_cloud_took_them(restarted):
    """Seed 28650: 90 days were over at once, and an image that came late made a declaration of less than before."""
    thing, clock = instances()[0], Clock()
    on, spool, shipment = declared_in_2006(thing, clock)
    for event in (Event.PICKED, Event.STORED, Event.INDEXED):
        spool.advance(shipment, event)
    if restarted:
        spool = opened(on, clock=clock)
    days_later(8, spool, clock)
    assert counts_of((), spool.declared) == {thing.head.study_uid: {thing.head.series_uid: 1}}
    days_later(90, spool, clock)
    assert not spool.declared


@pytest.mark.req("EDGE-10")
def test_a_study_whose_images_were_forgotten_before_it_was_declared_is_declared_after_a_start_too():
    """Seeds 78173, 81156, 99455: only the memory of the process before knew that something was to be declared."""
    thing, on, clock = instances()[0], machine(), Clock()
    spool = opened(on, clock=clock)
    spool.name({thing.head.study_uid: "k1/study", thing.head.series_uid: "k1/series"})
    deliver(spool, thing)
    spool.forget(spool.now_ms() + 1)
    spool = opened(on, clock=clock)
    assert Completeness(spool, config.Completeness(), clock.now_s).declare_due() == 1
    assert spool.declared[thing.head.study_uid].counts == {thing.head.series_uid: 1}
    assert not opened(on, clock=clock).undeclared()


@pytest.mark.parametrize(("later_s", "overdue"), [(0, False), (599, False), (600, True), (-5, False), (-8 * 86_400, True)])
def test_a_clock_that_was_set_back_does_not_keep_a_lost_message_from_being_confirmed_again(later_s, overdue):
    """Uploaded while the clock was eight days ahead: it would have been asked about in vain for eight days and ten minutes."""
    at_ms = 1_800_000_000_000
    shipment = Shipment(0, MANIFEST, State.UPLOADED, at_ms)
    assert shipment.is_overdue(at_ms + later_s * 1000) is overdue
