"""When the local cloud counts as quiet: which messages are work, and which wait for an hour of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from iac.local import quiet
from iac.local.quiet import AT_WORK_S, DELAYED, LOOK_S, MOVING, READY, TAKEN, wait_until_quiet

OUTPUTS = {name: name for name in MOVING}
Held = Callable[[float], int]


class Cloud:
    """Queues that hold what a test says at a second of the wait; publish silent for long."""

    def __init__(self, queue: str, count: str, held: Held) -> None:
        self._where, self._held = (queue, count), held
        self._began = time.monotonic()

    def client(self, _service: str) -> Cloud:
        return self

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        now = time.monotonic() - self._began
        return {"Attributes": {name: str(self._held(now) if self._where == (QueueUrl, name) else 0) for name in AttributeNames}}

    def describe_log_streams(self, logGroupName: str) -> dict[str, Any]:
        assert logGroupName == quiet.PUBLISH_LOG
        return {"logStreams": [{"lastEventTimestamp": 0}]}


def waited(queue: str, count: str, held: Held, seconds: float = 5 * LOOK_S) -> bool:
    return wait_until_quiet(Cloud(queue, count, held), OUTPUTS, seconds)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [READY, TAKEN])
@pytest.mark.parametrize("queue", sorted(set(MOVING) - {"LifecycleQueueUrl"}))
def test_a_message_that_waits_or_is_worked_on_is_waited_for(queue: str, count: str) -> None:
    assert not waited(queue, count, lambda _: 1)


@pytest.mark.parametrize(
    ("queue", "count"), [("LakeQueueUrl", DELAYED), ("LifecycleQueueUrl", READY), ("LifecycleQueueUrl", TAKEN)]
)
def test_so_are_the_lakes_and_lifecycles(queue: str, count: str) -> None:
    """The lake's messages lie hidden for two seconds before anybody may take them."""
    assert not waited(queue, count, lambda _: 1)
    assert waited(queue, count, lambda now: int(now < 2 * LOOK_S))


def test_what_waits_for_an_hour_of_its_own_holds_nobody_up() -> None:
    """A recall is looked at in minutes; a study is removed ten minutes after its end. A stop keeps both, and need not wait."""
    assert waited("LifecycleQueueUrl", DELAYED, lambda _: 1)
    assert waited("LifecycleQueueUrl", TAKEN, lambda _: 1, seconds=AT_WORK_S + 10 * LOOK_S)
