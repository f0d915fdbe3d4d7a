"""Rows changed: write what happened into the journal, then tell the bus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from functions.adapters import wiring
from functions.adapters.observability import logger
from functions.publish.stream import publish

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return publish(event, wiring.production())  # the first failed sequence number goes back
