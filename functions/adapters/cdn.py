"""The CDN's caches: what is gone from storage shall be gone there as well."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Cdn(Protocol):
    def forget(self, paths: Sequence[str]) -> None:
        """Let the caches ask anew for these addresses (a trailing * for all below). The same again does no harm."""


class NoCdn:
    """The gateway in its place keeps nothing."""

    def forget(self, paths: Sequence[str]) -> None:
        return


class CloudFront:
    """client: makes boto3's `cloudfront` client at first use."""

    def __init__(self, distribution: str, client: Callable[[], Any]) -> None:
        self._distribution = distribution
        self._client = client

    def forget(self, paths: Sequence[str]) -> None:
        reference = hashlib.sha256("\n".join(paths).encode()).hexdigest()  # asked for twice it is one invalidation
        batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": reference}
        self._client().create_invalidation(DistributionId=self._distribution, InvalidationBatch=batch)
