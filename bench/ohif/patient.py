"""The patient whose images are looked at: from the scanner to the SMS through the whole chain, then a browser that is signed in.

Nothing stands in for anything: agent, local cloud, gateway and patient_api are those of `make demo`, and each visit has a session
of its own.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext

from bench.harness import NotHere
from functions.core.access.sessions import COOKIE
from iac.local.demo.console import Console
from iac.local.demo.journey import Journey, Wish
from iac.local.errors import LocalError
from iac.local.quiet import wait_until_quiet
from tests.e2e.patient_client import PatientClient

QUIET_S = 120


@dataclass(frozen=True)
class SentStudy:
    """origin: of the gateway. files: what the scanner sent. series: keyed name. base, index: as the page gets them."""

    origin: str
    files: tuple[Path, ...]
    study_uid: str
    series: str
    base: str
    index: dict[str, Any]
    link: str
    phone_tail: str

    @property
    def port(self) -> int:
        """Of the gateway."""
        return urlsplit(self.origin).port or 0

    def sign_in(self, context: BrowserContext) -> None:
        """Give the browser a session's cookie, as if its patient had answered the question there."""
        client = PatientClient(self.origin)
        client.sign_in(self.link, self.phone_tail)
        # https, since the cookie is Secure; what the browser keeps of the address is host and path
        address = self.origin.replace("http:", "https:")
        context.add_cookies([{"name": COOKIE, "value": client.cookie(COOKIE), "url": address, "httpOnly": True}])


@contextmanager
def sent_study(slices: int) -> Iterator[SentStudy]:
    """The phantom sent, reported, released and announced; the cloud runs until the block is left. Raises NotHere."""
    with TemporaryDirectory(prefix="lightbox-ohif-") as folder:
        wish = Wish(Path(folder), folder=None, port=0, cloud_port=0, slices=slices, real=False)
        try:
            with Journey(wish, Console(io.StringIO())) as journey:
                outcome = journey.run()
                journey.wait_for_films()
                cloud, images = journey.cloud, journey.images
                assert cloud is not None
                assert images is not None
                client = PatientClient(cloud.origin)
                client.sign_in(outcome.link, outcome.phone_tail)
                series = client.exam()["studies"][0]["series"][0]["series"]
                base, index = client.series_index(series)
                if not wait_until_quiet(cloud.session("root"), cloud.outputs, QUIET_S):
                    raise NotHere(f"the cloud is still at work after {QUIET_S} s")
                uid = images.facts.study_uids[0]
                link, tail = outcome.link, outcome.phone_tail
                yield SentStudy(cloud.origin, images.files, uid, series, base, index, link, tail)
        except LocalError as error:
            raise NotHere(str(error)) from error
