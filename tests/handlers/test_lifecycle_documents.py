"""Words about an exam that is gone: a RIS that sends its history again brings nobody's name back [LIFE-03]."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.core.study.changes import events
from functions.core.times import iso
from functions.lifecycle.ending import settle
from tests.fakes import Fakes
from tests.handlers.ingest_world import exam_of, receipt, take
from tests.handlers.test_lifecycle import end, everything, objects, world
from tests.handlers.uploads import registration, report

pytestmark = pytest.mark.req("LIFE-03")


@pytest.mark.parametrize("again", [lambda deps: report(deps, version=2, state="corrected"), registration])
def test_a_late_word_about_a_removed_exam_is_refused_and_swept(again: Callable[[Fakes], dict[str, Any]]) -> None:
    deps = world()
    end(deps)
    assert exam_of(deps).removed
    before = objects(deps)
    sent = again(deps)
    assert take(deps, sent) == []
    assert (receipt(deps, sent).state, receipt(deps, sent).reason) == ("quarantined", "study_expired")
    settle(told_of(deps, sent), deps)
    assert objects(deps) == before
    assert "张三" not in json.dumps(list(everything(deps).values()), ensure_ascii=False)


def told_of(deps: Fakes, sent: dict[str, Any]) -> dict[str, Any]:
    """What the table's stream makes of the refusal."""
    (event,) = events(None, receipt(deps, sent).to_row(), iso(deps.clock.now()))
    return {"detail-type": event["type"], "detail": event}
