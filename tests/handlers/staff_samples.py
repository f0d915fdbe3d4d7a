"""What a hospital's staff does, for the recorded samples (record_samples.py)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from functions.adapters import accounts
from functions.core.access.tries import MAX_TRIES
from tests.handlers.staff_world import PASSWORD, Browser, StaffWorld
from tests.handlers.uploads import TENANT

if TYPE_CHECKING:
    from tests.handlers.record_samples import Recorder

BY = "operator:test"
JOURNALLED = ("account_locked", "account_unlocked", "staff_refused")  # no row tells of these


def sign_in(recorder: Recorder) -> None:
    """An account from its first password to its end."""
    deps, world = recorder.deps, StaffWorld(recorder.deps)
    asked = {"hospital": TENANT, "account": "wang", "password": PASSWORD}
    recorder.keep("staff_session_request.v1", asked)
    recorder.keep("staff_password_request.v1", {"old": "Fad2-Jgh5-Dpb5-Hkr5", "new": PASSWORD})
    doctor = world.browser("doctor", account="wang")
    recorder.keep("staff_me.v1", doctor.call("GET", "me").body)
    doctor.call("GET", "agents")
    for _ in range(MAX_TRIES):
        Browser(world).sign_in("wang", "Wrong-1895")
    accounts.unlock(deps, TENANT, "wang", by=BY)
    accounts.amend(deps, TENANT, "wang", by=BY, disabled=True)
    recorder.events()
    for event in _journal(deps):
        if event["type"] in JOURNALLED:
            recorder.keep(f"{event['type']}.v1", event)


def _journal(deps: Any) -> list[dict[str, Any]]:
    return [json.loads(deps.vault.get("originals", key)) for key in deps.vault.keys("originals", f"journal/{TENANT}/")]
