"""Senders as hospitals have them: pynetdicom and dcmtk's storescu. What was not acknowledged is sent again until it is."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from pydicom import dcmread, dcmwrite, uid
from pydicom.dataset import FileMetaDataset
from pynetdicom import AE

from tests.agent.building import encoded, image

logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)  # it would tell of each try to reach a dead agent

PAUSE_S = 0.1  # before a sender tries again


@dataclass(frozen=True)
class Instance:
    """One object to send. sha256: of its data set in explicit VR little endian, which is what goes over the wire."""

    path: Path
    sop_uid: str
    series_uid: str
    sha256: str


def make_study(folder: Path, study_uid: str, images: int, sizes: Sequence[int], chance: Random) -> list[Instance]:
    """A study of two series, as files. sizes: rows and columns to choose from."""
    folder.mkdir(parents=True)
    made = []
    for number in range(images):
        series_uid = f"{study_uid}.{number % 2 + 1}"
        ds = image(number + 1, study=study_uid, series=series_uid, size=chance.choice(sizes), shade=chance.randrange(4096))
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
        path = folder / f"{number:04}.dcm"
        dcmwrite(path, ds, enforce_file_format=True)
        made.append(Instance(path, str(ds.SOPInstanceUID), series_uid, hashlib.sha256(encoded(ds)).hexdigest()))
    return made


@dataclass
class Sender(ABC):
    """One modality. acknowledged: SOP Instance UIDs that were answered with success; refused: other answers."""

    name: str
    instances: list[Instance]
    port: int
    chance: Random
    acknowledged: set[str] = field(default_factory=set)
    refused: list[int] = field(default_factory=list)
    repeats: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until everything is acknowledged, or `stop`."""
        while not self.stop.is_set():
            pending = [instance for instance in self.instances if instance.sop_uid not in self.acknowledged]
            if not pending:
                return
            again = [instance for instance in self.instances if instance.sop_uid in self.acknowledged]
            if again and self.chance.random() < 0.5:  # a technician sends the study once more
                self.repeats += 1
                pending = [self.chance.choice(again), *pending]
            self.send(pending)
            self.stop.wait(PAUSE_S * self.chance.random())

    @abstractmethod
    def send(self, instances: list[Instance]) -> None:
        """One association, as far as it goes."""


class PynetdicomSender(Sender):
    def send(self, instances: list[Instance]) -> None:
        ae = AE(self.name)
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 20
        ae.add_requested_context(uid.CTImageStorage, uid.ExplicitVRLittleEndian)
        assoc = ae.associate("127.0.0.1", self.port, ae_title="LIGHTBOX")
        if not assoc.is_established:
            return
        for instance in instances:
            try:
                answer = assoc.send_c_store(dcmread(instance.path))
            except (RuntimeError, ValueError):  # the association is gone
                return
            if "Status" not in answer:
                return
            if answer.Status == 0:
                self.acknowledged.add(instance.sop_uid)
            else:
                self.refused.append(answer.Status)
        if assoc.is_established:
            assoc.release()


class StorescuSender(Sender):
    def send(self, instances: list[Instance]) -> None:
        """Files are named in the order in which they are sent, each with its answer; storescu stops at the first failure."""
        line = ["storescu", "-v", "-xe", "-aet", self.name, "-aec", "LIGHTBOX", "127.0.0.1", str(self.port)]
        env = {"PATH": os.environ["PATH"], "TCP_NODELAY": "1"}
        files = {str(instance.path): instance.sop_uid for instance in instances}
        done = subprocess.run([*line, *files], env=env, capture_output=True, text=True, timeout=60)
        sending = ""
        for said in (done.stdout + done.stderr).splitlines():
            if match := re.search(r"Sending file: (\S+)", said):
                sending = match[1]
            elif "Received Store Response (Success)" in said:
                self.acknowledged.add(files[sending])
            elif match := re.search(r"Received Store Response \((.*)\)", said):
                self.refused.append(0xA700 if "Resources" in match[1] else -1)


KINDS = (PynetdicomSender, StorescuSender, PynetdicomSender, StorescuSender)
