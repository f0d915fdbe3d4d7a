"""The way of an object through the real parts: C-STORE into the receiver, the packer, the vault, ingest."""

from __future__ import annotations

from typing import Any

from edge_agent.config import Packing
from edge_agent.packer import Packer
from edge_agent.spool.recovery import file_name
from edge_agent.spool.store import Spool
from functions.core.imaging.heads import Instance
from functions.core.imaging.parcel import open_heads
from functions.core.study import keys
from tests.agent.building import Clock
from tests.fakes import Fakes
from tests.handlers.uploads import TENANT, put_json


def packed(spool: Spool, clock: Clock) -> None:
    """Everything that the spool holds, into shipments."""
    packer = Packer(spool, Packing(), now_s=clock)
    clock.now += 60
    while packer.pack_next():
        pass


def carried(spool: Spool, deps: Fakes, tenant: str = TENANT) -> dict[str, dict[str, Any]]:
    """The shipments into the vault as the uploader names them; ingest's message of each by study UID."""
    messages = {}
    for shipment in spool.shipments.values():
        facts = shipment.facts
        study, series = deps.naming.study(tenant, facts["study_uid"]), deps.naming.series(tenant, facts["series_uid"])
        for file in shipment.files:
            bucket, key = keys.parcel_object(tenant, study, series, file.kind, file.sha256)  # type: ignore[arg-type]
            path = spool.shipment_folder(shipment.number) / file_name(file.kind, file.sha256)
            deps.vault.put(bucket, key, path.read_bytes(), content_type="application/octet-stream")
        about = {"schema": "manifest.v1", "tenant": tenant, "agent": "agent-1", "study": study, "series": series}
        sha256 = put_json(deps.vault, lambda name, at=(study, series): keys.manifest_object(tenant, *at, name), about | facts)
        about = {"kind": "manifest", "tenant": tenant, "study": study, "series": series, "sha256": sha256, "agent": "agent-1"}
        messages[facts["study_uid"]] = about
    return messages


def instances(spool: Spool, study_uid: str) -> list[Instance]:
    """What the parcels of a study hold."""
    found: list[Instance] = []
    for shipment in spool.shipments.values():
        if shipment.facts["study_uid"] == study_uid:
            for file in shipment.files:
                if file.kind == "heads":
                    path = spool.shipment_folder(shipment.number) / file_name(file.kind, file.sha256)
                    found += open_heads(path.read_bytes()).instances
    return found
