"""Full images that lie in the archive are asked for when somebody opens their study, whoever it is [LIFE-01]."""

from __future__ import annotations

from functions.adapters.wiring import Deps
from functions.core.retention.tiers import needs_asking, standing
from functions.core.study.records import Study


def tier_for(study: Study, deps: Deps, *, by: str) -> str:
    """Its tier for the answer. by: who opens it, for the journal of what is asked for."""
    now = deps.clock.now()
    if needs_asking(study, now):
        ask(deps, study.tenant, study.study, "online", by=by)
    return standing(study, now).value


def ask(deps: Deps, tenant: str, study: str, to: str, *, by: str) -> None:
    """to: nearline, archive or online. Lifecycle does it, once, however often it is asked."""
    deps.lifecycle_queue.send({"tenant": tenant, "study": study, "to": to, "by": by})
