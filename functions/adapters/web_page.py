"""The web app's page in its bucket, remembered for as long as nobody will mind that a new one is there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PAGE = "index.html"
FRESH_S = 60


@dataclass
class WebBucket:
    """client: makes the S3 client at first use; clock: seconds that only grow."""

    name: str
    client: Callable[[], Any]
    clock: Callable[[], float] = time.monotonic
    _page: str = field(default="", init=False)
    _asked_at: float = field(default=0, init=False)

    @classmethod
    def from_environment(cls) -> WebBucket:
        """Raises KeyError when LIGHTBOX_WEB is not set."""
        from functions.adapters.wiring import client

        return cls(os.environ["LIGHTBOX_WEB"], lambda: client("s3"))

    def page(self) -> str:
        """At most a minute old; the one before while storage does not answer. Raises what S3 raises when there is none yet."""
        now = self.clock()
        if not self._page or now - self._asked_at >= FRESH_S:
            self._page = self._read()
            self._asked_at = now
        return self._page

    def _read(self) -> str:
        try:
            body: bytes = self.client().get_object(Bucket=self.name, Key=PAGE)["Body"].read()
        except Exception:
            if not self._page:
                raise
            return self._page
        return body.decode("utf-8")
