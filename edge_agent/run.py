"""The running agent: builds its parts once, starts them in order, and stops them without losing anything."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import ExitStack

from edge_agent import __version__, folders, identity, log
from edge_agent.cloud import Cloud
from edge_agent.completeness import Completeness
from edge_agent.config import Settings
from edge_agent.heartbeat import Heartbeat
from edge_agent.packer import Packer
from edge_agent.receiver.association import Terms
from edge_agent.receiver.server import Receiver
from edge_agent.sources.folder import ReportFolder
from edge_agent.sources.http import ReportEndpoint
from edge_agent.sources.intake import Intake
from edge_agent.spool.slots import Keeping
from edge_agent.spool.store import Spool
from edge_agent.uploader import Uploader


def run(settings: Settings, stop: threading.Event | None = None) -> None:
    """Run until SIGTERM or SIGINT (or `stop`).

    Raises FolderUnusable, NotEnrolled, SpoolBusy, CertificatesUnreadable, PortError.
    """
    for key, folder in folders.needed(settings).items():
        folders.require(key, folder)
    who = identity.load(settings.spool.folder / "identity")
    log.set_up(settings.log.level)
    stop = stop or _stop_on_signals()
    dicom, reports = settings.dicom, settings.reports
    with ExitStack() as stack:
        spool = Spool(settings.spool.folder, settings.spool.max_bytes, settings.spool.min_free_bytes)
        stack.callback(spool.close)
        spool.prepare(Keeping(settings.spool.ready_bytes))
        cloud = Cloud.of(settings.cloud, who)
        stack.callback(cloud.close)
        terms = Terms(dicom.ae_title, dicom.check_called_ae_title, dicom.max_pdu_kib << 10, dicom.idle_timeout_s)
        uploader = Uploader(spool, cloud, who, settings.upload)
        parts: list[Receiver | ReportEndpoint | ReportFolder | Packer | Uploader | Completeness | Heartbeat] = [
            uploader,
            Packer(spool, settings.packing),
            Completeness(spool, settings.completeness),
            Heartbeat(spool, cloud, uploader.trouble, settings.cloud.heartbeat_s),
        ]
        intake = Intake(spool, who.tenant)
        if reports.folder is not None:
            parts.append(ReportFolder(reports.folder, reports.folder_poll_s, intake))
        if reports.http:
            parts.append(ReportEndpoint(reports.http_host, reports.http_port, intake))
        parts.append(Receiver(dicom.host, dicom.port, dicom.max_associations, terms, spool))
        for part in parts:
            part.start()
            stack.callback(part.stop)
        log.info("agent_started", version=__version__, tenant=who.tenant, agent=who.agent, held=len(spool.items))
        stop.wait()
        log.info("agent_stopping")
    log.info("agent_stopped", at=round(time.time()))


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
