"""docs/backup.md tells of every reason in quarantine, of everything a rebuild may leave out, and the right permissions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from functions.core.study.quarantine import REASONS
from iac.local.users import policies
from iac.operator.reconcile.differences import GONE

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "backup.md").read_text(encoding="utf-8")
OUTPUTS = {
    name: name.lower() for name in ("TableName", "PixelsBucket", "DerivedBucket", "OriginalsBucket", "BusName", "SecretsId")
} | {name: f"http://127.0.0.1/000000000000/{name.lower()}" for name in ("IngestQueueUrl", "LifecycleQueueUrl")}


def test_every_reason_stands_there_and_no_other() -> None:
    assert re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE) == list(REASONS)


@pytest.mark.parametrize("kind", GONE)
def test_every_kind_of_row_that_is_not_rebuilt_stands_there(kind: str) -> None:
    section = PAGE.partition("### What a rebuilt table may differ in")[2].partition("\n## ")[0]
    assert kind.replace("_", " ") in section.lower()


def test_every_permission_that_the_local_user_has_stands_there() -> None:
    statements = policies(OUTPUTS)["reconcile"]["Statement"]
    actions = [one["Action"] if isinstance(one["Action"], list) else [one["Action"]] for one in statements]
    named = PAGE.partition("Permissions:")[2].partition("\n\n")[0]
    assert [name for some in actions for name in some if name.split(":")[1] not in named] == []
