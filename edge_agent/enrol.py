"""Enrolment: this machine makes a key pair and trades a one-time code for an identity."""

from __future__ import annotations

from edge_agent import folders, identity
from edge_agent.cloud import Cloud
from edge_agent.config import Settings
from edge_agent.errors import EnrolmentRefused, NotEnrolled
from edge_agent.identity import Identity
from edge_agent.spool.disk import SpoolLock, make_folder
from edge_agent.stopped import agent_stopped


def enrol(settings: Settings, code: str) -> Identity:
    """Raises EnrolmentRefused, CloudUnreachable, FolderUnusable, AgentRuns.

    A spool belongs to one hospital: a code of another one is refused while this one's identity is there.
    """
    folder = settings.spool.folder
    folders.require("spool.folder", folder)
    make_folder(folder)
    folder.chmod(0o700)  # images lie in it, whatever the umask
    with agent_stopped():
        lock = SpoolLock(folder)
    cloud = Cloud.of(settings.cloud, None)
    try:
        try:
            before = identity.load(folder / "identity")
        except NotEnrolled:
            before = None
        private_key = identity.new_key()
        enrolled = cloud.enrol(code, settings.dicom.ae_title, private_key)
        if before is not None and before.tenant != enrolled.tenant:
            raise EnrolmentRefused(
                reason="this spool belongs to another hospital; set spool.folder to a new one",
                reason_zh="此缓存属于另一家医院，请将 spool.folder 设为新目录",
            )
        identity.save(folder / "identity", enrolled)
        return enrolled
    finally:
        cloud.close()
        lock.release()
