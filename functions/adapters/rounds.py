"""What a schedule does for every hospital."""

from __future__ import annotations

from collections.abc import Callable

from functions.adapters.observability import count, logger
from functions.adapters.wiring import Deps
from functions.core.errors import LightboxError
from functions.core.study import keys
from functions.core.study.hospitals import Hospital, is_closed


def each_hospital(deps: Deps, work: Callable[[Hospital, Deps], None], *, failed: str) -> None:
    """Those that have an agent, without one nothing ever came; not those whose rows are lost or being rebuilt.

    What fails for one hospital is logged, counted in metric `failed`, and does not keep the others waiting: the next round
    tries it again.
    """
    failures = 0
    for tenant in sorted({row["tenant"] for row in deps.table.agents()}):
        row = deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")
        if row is None or is_closed(row):
            continue
        try:
            work(Hospital.from_row(row), deps)
        except Exception as error:  # of one hospital: the others have theirs all the same
            failures += 1
            code = error.code if isinstance(error, LightboxError) else type(error).__name__
            logger.warning("round failed", extra={"tenant": tenant, "failed": failed, "code": code})
    count(failed, failures)
