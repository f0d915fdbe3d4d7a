"""What the local cloud makes of reconcile's exit status after a kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from iac.local.errors import RebuildFailed
from iac.local.process import python
from iac.local.rebuild import rebuild
from iac.operator.reconcile.outcome import FAILED, LACKING

pytestmark = pytest.mark.req("PLUS-04")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "tmp").mkdir()
    return tmp_path


def ending(status: int) -> list[str]:
    return python("-c", f"print('not rebuilt: series'); raise SystemExit({status})")


def test_a_whole_rebuild_says_nothing(state: Path) -> None:
    assert rebuild(state, {}, ending(0)) is None


def test_one_damaged_object_does_not_keep_the_cloud_from_starting_and_is_said(state: Path) -> None:
    log = rebuild(state, {}, ending(LACKING))
    assert log is not None
    assert "not rebuilt: series" in log.read_text("utf-8")


@pytest.mark.parametrize("status", [FAILED, 2, -9])
def test_what_failed_names_its_log(state: Path, status: int) -> None:
    with pytest.raises(RebuildFailed, match=r"reconcile\.log"):
        rebuild(state, {}, ending(status))
