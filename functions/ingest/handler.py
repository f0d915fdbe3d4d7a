"""Something was confirmed, or appeared in the vault: put what it says into the index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from functions.adapters import wiring
from functions.adapters.observability import logger
from functions.ingest.batch import ingest

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return ingest(event, wiring.production(), lambda: context.get_remaining_time_in_millis() / 1000)  # failed ids go back
