"""Enrolment: this machine makes a key pair and trades a one-time code for an identity."""

from __future__ import annotations

from edge_agent import identity
from edge_agent.cloud import Cloud
from edge_agent.config import Settings
from edge_agent.errors import EnrolmentRefused, NotEnrolled
from edge_agent.identity import Identity
from edge_agent.spool.disk import SpoolLock, make_folder


def enrol(settings: Settings, code: str) -> Identity:
    """Raises EnrolmentRefused, CloudUnreachable, SpoolBusy.

    A spool belongs to one hospital: a code of another one is refused while this one's identity is there.
    """
    folder = settings.spool.folder
    make_folder(folder)
    lock = SpoolLock(folder)  # not under a running agent
    cloud = Cloud.of(settings.cloud, None)
    try:
        try:
            before = identity.load(folder / "identity")
        except NotEnrolled:
            before = None
        private_key = identity.new_key()
        enrolled = cloud.enrol(code, settings.dicom.ae_title, private_key)
        if before is not None and before.tenant != enrolled.tenant:
            raise EnrolmentRefused(reason="this spool belongs to another hospital; set spool.folder to a new one")
        identity.save(folder / "identity", enrolled)
        return enrolled
    finally:
        cloud.close()
        lock.release()
