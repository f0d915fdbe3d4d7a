"""Whole simulated days that once ended badly, by their seeds."""

from __future__ import annotations

import pytest

from tests.faults.simulation import Simulation

BAD_DAYS = (
    *(4494, 9663),  # sent, forgotten, and sent again
    *(14393, 20057, 20824),  # a torn leftover fills a tiny spool
    *(3069, 5754, 5769, 15287, 30273),  # what the cloud holds for a person fills it
    10456,  # it fills while the cloud loses a message, which is confirmed again after ten minutes
    16761,  # there is room again, and the heartbeat has not looked yet
    *(28073, 37159, 45774, 64585),  # declared while the clock was twenty years behind: forgotten before it was sent
    28650,  # the same, after it was sent
    36191,  # an image that a crash brought, sent and forgotten before its sender sent it again
    63361,  # a PDF's torn leftover
    *(78173, 81156, 99455),  # sent and forgotten before it was declared, and started again
    84079,  # a file went on the word of a record that was not stable
)


@pytest.mark.parametrize("seed", BAD_DAYS)
def test_a_day_that_once_ended_badly_ends_well(seed):
    Simulation(seed).run()
