"""Debian's Orthanc with its DICOMweb plugin: what holds the same studies where our cloud is measured."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import httpx

from bench._orthanc import Orthanc
from bench._receive_servers import CALLED, CALLING, ENV
from bench.harness import NotHere

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
AE_TITLE = CALLED


class DicomWeb(Orthanc):
    """metadata: Orthanc's setting SeriesMetadata. `Full`, its default, answers all attributes of every instance; `MainDicomTags`
    those in its database, without what a viewer needs to draw (rows, columns, pixel spacing, window, rescale)."""

    def __init__(self, folder: Path, metadata: str = "Full") -> None:
        if not PLUGIN.exists():
            raise NotHere(f"no {PLUGIN}: apt install orthanc orthanc-dicomweb")
        super().__init__(
            folder,
            {
                "HttpCompressionEnabled": True,
                "KeepAlive": True,
                "TcpNoDelay": True,
                "Plugins": [str(PLUGIN)],
                "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "SeriesMetadata": metadata},
            },
        )

    @property
    def version(self) -> str:
        """Of Orthanc and of its plugin."""
        core, plugin = (self.http.get(path).json()["Version"] for path in ("/system", "/plugins/dicom-web"))
        return f"Orthanc {core} with DICOMweb {plugin}"

    def metadata(self, study_uid: str, series_uid: str) -> httpx.Response:
        """DICOM JSON of every instance of a series, as OHIF asks for it; gzip where the client takes it."""
        return self.http.get(f"/dicom-web/studies/{study_uid}/series/{series_uid}/metadata")


def send(port: int, called: str, files: Sequence[Path]) -> None:
    """C-STORE the files over one association; returns when the last was answered. Raises RuntimeError when one was refused."""
    with start_sending(port, called, files) as sender:
        finish(sender)


def start_sending(port: int, called: str, files: Sequence[Path]) -> subprocess.Popen[bytes]:
    """dcmtk's storescu at work."""
    command = ["storescu", "-aet", CALLING, "-aec", called, "127.0.0.1", str(port), *map(str, files)]
    try:
        return subprocess.Popen(command, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise NotHere("storescu is not installed: apt install dcmtk") from None


def finish(sender: subprocess.Popen[bytes]) -> None:
    """Wait for it. Raises RuntimeError."""
    words = sender.communicate()[1]
    if sender.returncode:
        raise RuntimeError(f"storescu: {words.decode('utf-8', 'replace')[-300:]}")
