"""Debian's Orthanc as a process of its own, fresh in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from bench._receive_servers import CALLED, CALLING, Receiver
from bench.harness import NotHere
from iac.local.ports import LOOPBACK, free_port


class Orthanc(Receiver):
    """With its defaults: every file is synced (SyncStorageArea) before success. No plugins but those that `more` names.

    1.10 has no setting for the address of its ports: it listens on all of them. Both serve this machine only.
    """

    def __init__(self, folder: Path, more: Mapping[str, Any] | None = None) -> None:
        http, dicom = free_port(), free_port()
        settings = {
            "Name": "bench",
            "StorageDirectory": str(folder),
            "IndexDirectory": str(folder),
            "HttpPort": http,
            "RemoteAccessAllowed": False,
            "DicomAet": CALLED,
            "DicomPort": dicom,
            "DicomCheckCalledAet": True,
            "DicomAlwaysAllowEcho": False,
            "DicomAlwaysAllowStore": False,
            "DicomCheckModalityHost": True,
            "DicomModalities": {"sender": [CALLING, LOOPBACK, 104]},
            "Plugins": [],
            **(more or {}),
        }
        (folder / "orthanc.json").write_text(json.dumps(settings), "utf-8")
        try:
            super().__init__(folder, ["Orthanc", str(folder / "orthanc.json")])
        except FileNotFoundError:
            raise NotHere("Orthanc is not installed: apt install orthanc") from None
        self.listening(lambda: dicom if "Orthanc has started" in self.log() else None)
        self.http = httpx.Client(base_url=f"http://{LOOPBACK}:{http}", timeout=120)

    def received(self) -> int:
        return int(self.http.get("/statistics").json()["CountInstances"])
