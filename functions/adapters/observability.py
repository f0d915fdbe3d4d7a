"""Logs, metrics and traces. Only keyed names, codes, sizes, counts and request ids go in here;
never what a patient or a report says."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

NAMESPACE = "Lightbox"


class _LoggerAtFirstUse:
    """Powertools' logger, made when first asked for anything: importing it is a third of an API function's init."""

    @cached_property
    def _logger(self) -> Logger:
        from aws_lambda_powertools import Logger

        return Logger()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logger, name)


# JSON lines; the service's name comes from POWERTOOLS_SERVICE_NAME, the level from POWERTOOLS_LOG_LEVEL
logger = cast("Logger", _LoggerAtFirstUse())


def count(name: str, value: float = 1, **dimensions: str) -> None:
    """One counted thing, in CloudWatch's embedded metric format."""
    _metric(name, "Count", value, dimensions)


def timed(name: str, milliseconds: float, **dimensions: str) -> None:
    _metric(name, "Milliseconds", milliseconds, dimensions)


def _metric(name: str, unit: str, value: float, dimensions: dict[str, str]) -> None:
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=name, unit=MetricUnit(unit), value=value, namespace=NAMESPACE) as metric:
        for dimension, text in dimensions.items():
            metric.add_dimension(name=dimension, value=text)


class Tracer:
    """Spans of work, or nothing at all where tracing is off. X-Ray's SDK is imported only when it is on."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        if enabled:
            from aws_xray_sdk.core import patch

            patch(("botocore",))

    @contextlib.contextmanager
    def span(self, name: str, **annotations: str | int) -> Iterator[None]:
        """annotations: keyed names and counts only."""
        if not self._enabled:
            yield
            return
        from aws_xray_sdk.core import xray_recorder

        with xray_recorder.in_subsegment(name) as segment:
            if segment is not None:  # Lambda began no trace for this call
                for key, value in annotations.items():
                    segment.put_annotation(key, value)
            yield
