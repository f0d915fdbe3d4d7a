"""A local cloud for a measurement: hospitals with enrolled agents in it, and what a viewer would find there."""

from __future__ import annotations

import gzip
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from edge_agent import identity
from edge_agent.cloud import Cloud
from edge_agent.identity import Identity
from functions.adapters import agents
from functions.adapters.vault.s3 import S3Vault
from functions.adapters.wiring import Production
from functions.core.access.cloudfront import Policy, sign_cookies
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Series
from iac.local.cloud import LocalCloud
from iac.local.quiet import wait_until_quiet
from iac.operator import hospitals
from tests.handlers.operator_deps import operator_deps

AE_TITLE = "LIGHTBOX"
LOOK_S = 0.02
GIVEN_UP_S = 600.0


@dataclass(frozen=True)
class Place:
    """cloud: running. deps: the operator's adapters on it. http: a viewer's connections to the gateway."""

    cloud: LocalCloud
    deps: Production
    http: httpx.Client

    def new_hospital(self) -> tuple[str, str]:
        """(tenant, one-time code) of a hospital that nothing else uses: the same study sent to another is another study."""
        tenant = f"b-{secrets.token_hex(6)}"
        hospitals.add(self.deps, Hospital(tenant=tenant, name="基准医院", phone="010-5550 0199"))
        return tenant, agents.new_code(self.deps, tenant, AE_TITLE).code

    def enrolled(self) -> tuple[Identity, Cloud]:
        """An agent of a new hospital, and its way to the edge API. Close the latter."""
        _, code = self.new_hospital()
        url = f"{self.cloud.origin}/api"
        stranger = Cloud(url, None)
        who = stranger.enrol(code, AE_TITLE, identity.new_key())
        stranger.close()
        return who, Cloud(url, who)

    def series(self, tenant: str, study_uid: str, series_uid: str) -> Series | None:
        """The series' row; None before it is known."""
        naming = self.deps.naming
        pk = keys.study_pk(tenant, naming.study(tenant, study_uid))
        row = self.deps.table.get(pk, keys.series_sk(naming.series(tenant, series_uid)))
        return Series.from_row(row) if row else None

    def when_viewable(self, tenant: str, study_uid: str, series_uid: str, slices: int) -> Series:
        """The series' row as soon as its index shows all slices. Raises TimeoutError."""
        deadline = time.monotonic() + GIVEN_UP_S
        while time.monotonic() < deadline:
            row = self.series(tenant, study_uid, series_uid)
            if row is not None and row.index and row.received == slices and row.frames == slices:
                return row
            time.sleep(LOOK_S)
        raise TimeoutError(f"{slices} slices are not viewable after {GIVEN_UP_S:.0f} s")

    def address(self, series: Series, name: str) -> str:
        """Of an object of the series behind the gateway."""
        return f"{self.cloud.origin}/pixels/{keys.parcel_prefix(series.tenant, series.study, series.series)}{name}"

    def cookie(self, series: Series) -> dict[str, str]:
        """The header that opens the study's pixels for five minutes, as patient_api signs it."""
        secret, folder = self.cloud.secrets, f"{self.cloud.origin}/pixels/k1/{series.tenant}/{series.study}/*"
        policy = Policy(resource=folder, expires_at=int(time.time()) + 300)
        cookies = sign_cookies(policy, private_key_pem=secret["signing_key"].encode(), key_id=secret["signing_key_id"])
        return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}

    def index(self, series: Series) -> dict[str, Any]:
        """The first page of the series' index, fetched through the gateway, checked and parsed."""
        if series.index is None:
            raise ValueError("the series has no index yet")
        answer = self.http.get(self.address(series, series.index), headers=self.cookie(series)).raise_for_status()
        page: dict[str, Any] = json.loads(page_text(series.index, answer.content))
        return page

    @property
    def vault(self) -> S3Vault:
        """Everything in the vault, as nobody in production may read it."""
        return S3Vault(self.deps.settings, lambda: self.cloud.session("root").client("s3"))

    def forget_pixels(self, tenant: str) -> None:
        """The emulator keeps what is stored in memory."""
        bucket = self.cloud.session("root").resource("s3").Bucket(self.cloud.outputs["PixelsBucket"])
        bucket.objects.filter(Prefix=f"pixels/k1/{tenant}/").delete()

    def settle(self) -> None:
        """Until nothing is under way: thumbnails and films of what came before would take the next run's time. Those that nobody
        has begun are not made."""
        session, outputs = self.cloud.session("root"), self.cloud.outputs
        session.client("sqs").purge_queue(QueueUrl=outputs["RenderQueueUrl"])
        if not wait_until_quiet(session, outputs, 120):
            raise TimeoutError("the cloud is still at work after 120 s")


def page_text(name: str, body: bytes) -> bytes:
    """JSON text of an index page, as a viewer makes it. Raises ValueError when the bytes are not those of its name."""
    if keys.index_name(hashlib.sha256(body).hexdigest()) != name:
        raise ValueError(f"{name} holds other bytes")
    return gzip.decompress(body)


@contextmanager
def running() -> Iterator[Place]:
    """A cloud of its own on an empty state folder, stopped and removed afterwards."""
    with (
        TemporaryDirectory(prefix="lightbox-bench-") as folder,
        LocalCloud.start(Path(folder)) as cloud,
        contextmanager(operator_deps)(cloud) as deps,
        httpx.Client(timeout=60) as http,
    ):
        yield Place(cloud, deps, http)
