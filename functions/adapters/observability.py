"""Logs, metrics and traces. Only keyed names, codes, sizes, counts and request ids go in here;
never what a patient or a report says."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "Lightbox"

# JSON lines; the service's name comes from POWERTOOLS_SERVICE_NAME, the level from POWERTOOLS_LOG_LEVEL
logger = Logger()


def count(name: str, value: float = 1, **dimensions: str) -> None:
    """One counted thing, in CloudWatch's embedded metric format."""
    _metric(name, MetricUnit.Count, value, dimensions)


def timed(name: str, milliseconds: float, **dimensions: str) -> None:
    _metric(name, MetricUnit.Milliseconds, milliseconds, dimensions)


def _metric(name: str, unit: MetricUnit, value: float, dimensions: dict[str, str]) -> None:
    with single_metric(name=name, unit=unit, value=value, namespace=NAMESPACE) as metric:
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
