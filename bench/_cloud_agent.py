"""The agent as `python -m edge_agent run` starts it, with its default settings, enrolled in a cloud that answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pydicom
import yaml
from pydicom.uid import UID

from bench._cloud_hospital import Place
from bench._receive_servers import Server
from edge_agent import identity
from iac.local.phantom import Identity


class UploadingAgent(Server):
    """tenant: the new hospital that it belongs to."""

    def __init__(self, folder: Path, place: Place) -> None:
        who, cloud = place.enrolled()
        cloud.close()
        self.tenant = who.tenant
        identity.save(folder / "spool" / "identity", who)
        settings = {
            "cloud": {"url": f"{place.cloud.origin}/api"},
            "spool": {"folder": "spool", "min_free_gib": 0},
            "dicom": {"host": "127.0.0.1", "port": 0, "ae_title": "LIGHTBOX"},
            "reports": {"http": False},
        }
        (folder / "agent.yaml").write_text(yaml.safe_dump(settings), "utf-8")
        super().__init__(folder, [sys.executable, "-m", "edge_agent", "run", "--config", str(folder / "agent.yaml")])
        self.listening(self._told)

    def _told(self) -> int | None:
        for line in self.said("receiver_listens"):
            return int(str(line["port"]))
        return None

    def said(self, event: str) -> list[dict[str, object]]:
        """The lines of its log about one kind of event."""
        lines = (json.loads(line) for line in self.log().splitlines() if f'"{event}"' in line)
        return [line for line in lines if event in line.values()]


def copies(files: Sequence[Path], who: Identity, folder: Path) -> list[Path]:
    """The same pictures as a new series of a new study of that person, made in `folder`."""
    folder.mkdir(parents=True)
    made = []
    for number, file in enumerate(files, 1):
        ds = pydicom.dcmread(file)
        ds.StudyInstanceUID, ds.SeriesInstanceUID = who.uid("study"), who.uid("series 2")
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(who.uid(f"series 2 instance {number}"))
        ds.AccessionNumber, ds.PatientID, ds.PatientName = who.accession, who.patient_id, who.patient_name
        made.append(folder / file.name)
        ds.save_as(made[-1], enforce_file_format=True)
    return made
