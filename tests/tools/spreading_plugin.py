"""pytest plug-in for a run over several processes by files (`-n 2 --dist loadfile`): what is costly to set up stays together, and
what takes longest begins first, so that no process works alone at the end.

A file's tests stay in one process. Files that look at the demo's journey are one group: else each process would run a journey.
xdist's own groups (`--dist loadgroup`) would be named by the tests' fixtures, but xdist 3.8 writes them where pytest 9.2 reads no
longer.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

JOURNEY = "journey"
OF_THE_JOURNEY = frozenset(
    {
        "tests/browser/test_after_sign_out.py",
        "tests/browser/test_patient_journey.py",
        "tests/browser/test_sharing_journey.py",
        "tests/browser/test_staff_journey.py",
        "tests/contracts/test_openapi_cloud.py",
        "tests/cost/test_cost_measured.py",
        "tests/e2e/test_journey.py",
        "tests/e2e/test_notices_cloud.py",
        "tests/security/test_no_patient_data.py",
        "tests/security/test_policies.py",
    }
)
LONGEST_FIRST = (  # groups of more than half a minute, as measured by `--durations`; the others follow in their order
    JOURNEY,
    "tests/e2e/test_every_event_thrice_cloud.py",
    "tests/browser/test_patient_states.py",
    "tests/e2e/test_demo_command.py",
    "tests/e2e/test_rebuild_sends_nothing.py",
    "tests/e2e/test_rebuild_local_cloud.py",
    "tests/browser/test_viewer_corruption.py",
    "tests/handlers/test_patient_api_cloud.py",
    "tests/faults/test_real_cloud.py",
    "tests/e2e/test_local_cloud.py",
)


def group_of(nodeid: str) -> str:
    """Which tests run in one process, one after the other."""
    path = nodeid.partition("::")[0]
    return JOURNEY if path in OF_THE_JOURNEY else path


def rank(nodeid: str) -> int:
    """Lower begins earlier."""
    group = group_of(nodeid)
    return LONGEST_FIRST.index(group) if group in LONGEST_FIRST else len(LONGEST_FIRST)


class Spreading(LoadFileScheduling):
    """Groups in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False  # by number of tests, where one test may take longer than a hundred
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Spreading | None:
    return Spreading(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Longest first, also in a run of one process: the order is then the same everywhere."""
    here = {item.nodeid.partition("::")[0] for item in items if JOURNEY in getattr(item, "fixturenames", ())}
    if unnamed := sorted(here - OF_THE_JOURNEY):
        raise pytest.UsageError(f"who looks at the journey is named in OF_THE_JOURNEY of {__name__}: {', '.join(unnamed)}")
    items.sort(key=lambda item: rank(item.nodeid))
