"""Who this agent is: a P-256 key pair that never leaves the machine, and what enrolment answered. No cloud credential."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edge_agent.errors import FolderUnusable, NotEnrolled
from edge_agent.spool.disk import make_folder, write_whole


@dataclass(frozen=True, slots=True)
class Identity:
    """tenant: the hospital. agent, key: ids that the cloud gave. time_zone: IANA name of the hospital's."""

    tenant: str
    agent: str
    key: str
    hospital: str
    time_zone: str
    private_key: ec.EllipticCurvePrivateKey


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_pem(private_key: ec.EllipticCurvePrivateKey) -> str:
    raw = private_key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return raw.decode("ascii")


def save(folder: Path, identity: Identity) -> None:
    """Write key (mode 0600) and facts; facts last, so that half an identity is none."""
    make_folder(folder)
    folder.chmod(0o700)
    pem = identity.private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_whole(folder / f"{identity.key}.pem", pem, mode=0o600)
    facts = json.dumps(public_facts(identity), ensure_ascii=False)
    write_whole(folder / "identity.json", facts.encode("utf-8"), mode=0o600)


def public_facts(identity: Identity) -> dict[str, str]:
    """Everything but the private key."""
    return {name: getattr(identity, name) for name in ("tenant", "agent", "key", "hospital", "time_zone")}


def load(folder: Path) -> Identity:
    """Raises NotEnrolled, also for what a crash or a person left of an identity; FolderUnusable where this user may not look."""
    try:
        facts = json.loads((folder / "identity.json").read_text("utf-8"))
        private_key = serialization.load_pem_private_key((folder / f"{facts['key']}.pem").read_bytes(), None)
    except (FileNotFoundError, KeyError, TypeError, ValueError, UnsupportedAlgorithm):
        raise NotEnrolled(folder=folder) from None
    except OSError as error:
        raise FolderUnusable(key="spool.folder", folder=error.filename or folder, reason=error.strerror) from None
    if not isinstance(private_key, ec.EllipticCurvePrivateKey):
        raise NotEnrolled(folder=folder)
    try:
        return Identity(private_key=private_key, **facts)
    except TypeError:
        raise NotEnrolled(folder=folder) from None
