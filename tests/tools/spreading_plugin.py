"""pytest plug-in for a run over several processes by files (`-n 2 --dist loadfile`): what is costly to set up stays together, and
what takes longest begins first, so that no process works alone at the end.

A file's tests stay in one process. Files that look at the demo's journey are one group: else each process would run a journey.
All others that drive a browser are another: two browsers at once on two cores would only wait for each other, where the clouds of
the other process mostly wait for their queues.
xdist's own groups (`--dist loadgroup`) would be named by the tests' fixtures, but xdist 3.8 writes them where pytest 9.2 reads no
longer.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

JOURNEY, BROWSER = "journey", "browser"
OF_A_BROWSER = ("tests/browser/", "tests/security/test_hostile_pages.py")
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
    BROWSER,
    JOURNEY,
    "tests/e2e/test_every_event_thrice_cloud.py",
    "tests/e2e/test_demo_command.py",
    "tests/e2e/test_rebuild_sends_nothing.py",
    "tests/e2e/test_rebuild_local_cloud.py",
    "tests/handlers/test_patient_api_cloud.py",
    "tests/faults/test_real_cloud.py",
    "tests/e2e/test_local_cloud.py",
)


def group_of(nodeid: str) -> str:
    """Which tests run in one process, one after the other."""
    path = nodeid.partition("::")[0]
    if path in OF_THE_JOURNEY:
        return JOURNEY
    return BROWSER if path.startswith(OF_A_BROWSER) else path


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
    ungrouped = sorted(
        {
            f"{item.nodeid.partition('::')[0]} ({name})"
            for item in items
            for name, groups in _groups_wanted(item)
            if group_of(item.nodeid) not in groups
        }
    )
    if ungrouped:
        raise pytest.UsageError(f"these belong to a group of {__name__}, so name them there: {', '.join(ungrouped)}")
    items.sort(key=lambda item: rank(item.nodeid))


def _groups_wanted(item: pytest.Item) -> Iterator[tuple[str, set[str]]]:
    if JOURNEY in getattr(item, "fixturenames", ()):
        yield "OF_THE_JOURNEY", {JOURNEY}
    if item.get_closest_marker("browser"):
        yield "OF_A_BROWSER", {BROWSER, JOURNEY}
